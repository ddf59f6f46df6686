use std::{rc::Rc, time::Instant};

use super::{
    Meter,
    stream::{Stream, frame},
};
use crate::Result;

pub async fn echo(meter: Rc<Meter>, port: u16) -> Result {
    let mut stream = Stream::websocket(port).await?;
    let message = frame(&[b'x'; 125]);
    loop {
        let sent = Instant::now();
        stream.send(&message).await?;
        stream.skip_frame().await?;
        meter.count(sent);
    }
}
