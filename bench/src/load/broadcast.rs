use std::{cell::Cell, rc::Rc};

use tokio::sync::Notify;

use super::{
    Meter, run,
    stream::{Stream, Target, frame},
};
use crate::Result;

/// One client speaks as soon as all have heard what it said before.
pub async fn start(meter: &Rc<Meter>, target: &Target, clients: usize) -> Result {
    let missing = Rc::new(Cell::new(0));
    let all_heard = Rc::new(Notify::new());
    for _ in 1..clients {
        let mut stream = Stream::websocket(target).await?;
        let (missing, all_heard) = (missing.clone(), all_heard.clone());
        run(meter, async move {
            loop {
                stream.skip_frame().await?;
                hear(&missing, &all_heard);
            }
        });
    }
    let mut speaker = Stream::websocket(target).await?;
    let counting = meter.clone();
    run(meter, async move {
        let word = frame(b"go");
        loop {
            let sent = counting.admit().await;
            missing.set(clients);
            speaker.send(&word).await?;
            speaker.skip_frame().await?;
            hear(&missing, &all_heard);
            all_heard.notified().await;
            counting.count_many(sent, clients as u64);
        }
    });
    Ok(())
}

fn hear(missing: &Cell<usize>, all_heard: &Notify) {
    missing.set(missing.get() - 1);
    if missing.get() == 0 {
        all_heard.notify_one();
    }
}
