use std::{fmt::Write, rc::Rc};

use super::{
    Meter, gather, run, spawn,
    stream::{Stream, Target, frame},
};
use crate::Result;

/// Connections of the back-end.
const BACK_ENDS: usize = 16;

/// The back-end pushes to one client after the other, in no order, on each connection so many lines at a time.
pub async fn start(
    meter: &Rc<Meter>,
    target: &Target,
    back_end: &Target,
    clients: usize,
    depth: u64,
) -> Result {
    for mut stream in gather(clients, |client| named(target.clone(), client)).await? {
        run(meter, async move {
            loop {
                stream.skip_frame().await?;
            }
        });
    }
    spawn(meter, BACK_ENDS, |_| {
        push(meter.clone(), back_end.clone(), clients, depth)
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

async fn push(meter: Rc<Meter>, back_end: Target, clients: usize, depth: u64) -> Result {
    let mut stream = Stream::connect(&back_end).await?;
    let mut lines = String::new();
    loop {
        lines.clear();
        for _ in 0..depth {
            let (client, percent) = (fastrand::usize(..clients), fastrand::u8(..100));
            writeln!(lines, r#"{{"uid":"uid{client}","percent":"{percent}%"}}"#)?;
        }
        let sent = meter.admit().await;
        stream.send(lines.as_bytes()).await?;
        for _ in 0..depth {
            stream.skip_until(b"ok\n").await?;
        }
        meter.count_many(sent, depth);
    }
}
