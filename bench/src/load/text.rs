use std::rc::Rc;

use super::{
    Meter,
    stream::{Stream, Target},
};
use crate::Result;

pub async fn echo(meter: Rc<Meter>, target: Target) -> Result {
    let mut stream = Stream::connect(&target).await?;
    loop {
        let sent = meter.admit().await;
        stream.send(b"sixteen bytes...\n").await?;
        stream.skip_until(b"\n").await?;
        meter.count(sent);
    }
}
