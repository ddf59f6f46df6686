use std::rc::Rc;

use tokio::task::spawn_local;

use super::{
    Meter, spawn,
    stream::{Stream, Target, frame, ping},
};
use crate::Result;

/// A message of so many bytes, and back.
pub async fn echo(meter: Rc<Meter>, target: Target, length: usize) -> Result {
    let mut stream = Stream::websocket(&target).await?;
    let message = frame(&vec![b'x'; length]);
    loop {
        let sent = meter.admit().await;
        stream.send(&message).await?;
        stream.skip_frame().await?;
        meter.count(sent);
    }
}

/// Pings and their answers, over connections that are there before the first ping.
pub async fn pings(meter: &Rc<Meter>, target: &Target, clients: usize) -> Result {
    let mut streams = Vec::new();
    for _ in 0..clients {
        streams.push(Stream::websocket(target).await?);
    }
    for stream in streams {
        let meter = meter.clone();
        spawn_local(async move {
            let _ = send_pings(meter, stream).await;
        });
    }
    Ok(())
}

async fn send_pings(meter: Rc<Meter>, mut stream: Stream) -> Result {
    loop {
        let sent = meter.admit().await;
        stream.send(&ping()).await?;
        stream.skip_frame().await?;
        meter.count(sent);
    }
}

/// A client whose messages hold the callback up all the time.
pub fn block(target: &Target) {
    spawn(1, |_| {
        let target = target.clone();
        async move {
            let mut stream = Stream::websocket(&target).await?;
            loop {
                stream.send(&frame(b"wait")).await?;
                stream.skip_frame().await?;
            }
        }
    });
}
