use std::time::Duration;

use tokio::time::sleep;

use super::{
    Outcome, gather,
    stream::{Stream, Target, frame},
};
use crate::{Result, server::Server};

/// Each client says one thing and hears the answer, so that everything a connection needs is there. The first ones do not count.
pub async fn measure(server: &Server, clients: usize) -> Result<Outcome> {
    let first = gather(clients / 10, |_| heard(server.target())).await?;
    let before = server.resident_bytes();
    let others = gather(clients, |_| heard(server.target())).await?;
    sleep(Duration::from_millis(500)).await;
    let resident_bytes = server.resident_bytes();
    drop((first, others));
    Ok(Outcome {
        resident_bytes,
        bytes_per_client: resident_bytes.saturating_sub(before) as f64 / clients as f64,
        ..Outcome::default()
    })
}

/// A client that has been heard.
async fn heard(target: Target) -> Result<Stream> {
    let mut stream = Stream::websocket(target).await?;
    stream.send(&frame(b"hello")).await?;
    stream.skip_frame().await?;
    Ok(stream)
}
