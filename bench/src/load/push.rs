use std::{rc::Rc, time::Instant};

use tokio::task::spawn_local;

use super::{
    Meter, start as start_clients,
    stream::{Stream, frame},
};
use crate::{Result, server::Server};

/// Connections of the back-end.
const BACK_ENDS: usize = 16;

/// The back-end pushes to one client after the other, in no order.
pub async fn start(meter: &Rc<Meter>, server: &Server, clients: usize) -> Result {
    for client in 0..clients {
        let mut stream = Stream::websocket(server.port).await?;
        stream
            .send(&frame(format!("uid{client}").as_bytes()))
            .await?;
        spawn_local(async move { while stream.skip_frame().await.is_ok() {} });
    }
    let port = server.back_port;
    start_clients(BACK_ENDS, |_| push(meter.clone(), port, clients));
    Ok(())
}

async fn push(meter: Rc<Meter>, port: u16, clients: usize) -> Result {
    let mut stream = Stream::connect(port).await?;
    loop {
        let line = format!(
            "{{\"uid\":\"uid{}\",\"percent\":\"{}%\"}}\n",
            fastrand::usize(..clients),
            fastrand::u8(..100)
        );
        let sent = Instant::now();
        stream.send(line.as_bytes()).await?;
        stream.skip_until(b"ok\n").await?;
        meter.count(sent);
    }
}
