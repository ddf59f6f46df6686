use std::rc::Rc;

use super::{
    Meter, gather, run,
    stream::{Stream, Target, compressed_frame, frame, ping},
};
use crate::{
    Result,
    deflate::{self, Codec},
};

/// A message of so many bytes, and back.
pub async fn echo(meter: Rc<Meter>, target: Target, length: usize) -> Result {
    repeat(meter, target, frame(&vec![b'x'; length])).await
}

/// A compressed message, and back.
pub async fn compressed_echo(meter: Rc<Meter>, target: Target) -> Result {
    let message = Codec::new().compress(deflate::text().as_bytes())?;
    repeat(meter, target, compressed_frame(&message)).await
}

async fn repeat(meter: Rc<Meter>, target: Target, message: Vec<u8>) -> Result {
    let mut stream = Stream::websocket(target).await?;
    loop {
        let sent = meter.admit().await;
        stream.send(&message).await?;
        stream.skip_frame().await?;
        meter.count(sent);
    }
}

/// Pings and their answers, over connections that are there before the first ping.
pub async fn pings(meter: &Rc<Meter>, target: &Target, clients: usize) -> Result {
    for stream in gather(clients, |_| Stream::websocket(target.clone())).await? {
        run(meter, send_pings(meter.clone(), stream));
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
pub async fn block(target: Target) -> Result {
    let mut stream = Stream::websocket(target).await?;
    loop {
        stream.send(&frame(b"wait")).await?;
        stream.skip_frame().await?;
    }
}
