use std::{rc::Rc, time::Instant};

use super::{Meter, stream::Stream};
use crate::Result;

pub async fn echo(meter: Rc<Meter>, port: u16) -> Result {
    let mut stream = Stream::connect(port).await?;
    loop {
        let sent = Instant::now();
        stream.send(b"sixteen bytes...\n").await?;
        stream.skip_until(b"\n").await?;
        meter.count(sent);
    }
}
