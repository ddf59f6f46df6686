use std::rc::Rc;

use super::{
    Meter, gather, run, spawn,
    stream::{Stream, Target, frame},
};
use crate::Result;

/// Connections of the back-end.
const BACK_ENDS: usize = 16;

/// The back-end pushes to one client after the other, in no order.
pub async fn start(
    meter: &Rc<Meter>,
    target: &Target,
    back_end: &Target,
    clients: usize,
) -> Result {
    for mut stream in gather(clients, |client| named(target.clone(), client)).await? {
        run(meter, async move {
            loop {
                stream.skip_frame().await?;
            }
        });
    }
    spawn(meter, BACK_ENDS, |_| {
        push(meter.clone(), back_end.clone(), clients)
    });
    Ok(())
}

/// A client that has said who it is.
async fn named(target: Target, client: usize) -> Result<Stream> {
    let mut stream = Stream::websocket(target).await?;
    let name = frame(format!("uid{client}").as_bytes());
    stream.send(&name).await?;
    Ok(stream)
}

async fn push(meter: Rc<Meter>, back_end: Target, clients: usize) -> Result {
    let mut stream = Stream::connect(&back_end).await?;
    loop {
        let line = format!(
            "{{\"uid\":\"uid{}\",\"percent\":\"{}%\"}}\n",
            fastrand::usize(..clients),
            fastrand::u8(..100)
        );
        let sent = meter.admit().await;
        stream.send(line.as_bytes()).await?;
        stream.skip_until(b"ok\n").await?;
        meter.count(sent);
    }
}
