use std::time::Duration;

use tokio::time::sleep;

use super::{
    Outcome,
    stream::{Stream, Target, frame},
};
use crate::{Result, server::Server};

/// Each client says one thing and hears the answer, so that everything a connection needs is there. The first ones do not count.
pub async fn measure(server: &Server, clients: usize) -> Result<Outcome> {
    let (target, mut open) = (server.target(), Vec::new());
    connect(&target, clients / 10, &mut open).await?;
    let before = server.resident_bytes();
    connect(&target, clients, &mut open).await?;
    sleep(Duration::from_millis(500)).await;
    let resident_bytes = server.resident_bytes();
    Ok(Outcome {
        resident_bytes,
        bytes_per_client: resident_bytes.saturating_sub(before) as f64 / clients as f64,
        ..Outcome::default()
    })
}

async fn connect(target: &Target, clients: usize, open: &mut Vec<Stream>) -> Result {
    for _ in 0..clients {
        let mut stream = Stream::websocket(target).await?;
        stream.send(&frame(b"hello")).await?;
        stream.skip_frame().await?;
        open.push(stream);
    }
    Ok(())
}
