use std::{cell::Cell, rc::Rc, time::Instant};

use tokio::sync::Notify;

use super::{
    Meter, gather, run,
    stream::{Stream, Target, frame},
};
use crate::Result;

/// One client speaks as soon as all have heard what it said before. Each that hears it is a message, with a latency of its own.
pub async fn start(meter: &Rc<Meter>, target: &Target, clients: usize) -> Result {
    let round = Rc::new(Round {
        meter: meter.clone(),
        began: Cell::new(Instant::now()),
        missing: Cell::new(0),
        all_heard: Notify::new(),
    });
    for mut stream in gather(clients - 1, |_| Stream::websocket(target.clone())).await? {
        let round = round.clone();
        run(meter, async move {
            loop {
                stream.skip_frame().await?;
                round.hear();
            }
        });
    }
    let mut speaker = Stream::websocket(target.clone()).await?;
    run(meter, async move {
        let word = frame(b"go");
        loop {
            round.began.set(round.meter.admit().await);
            round.missing.set(clients);
            speaker.send(&word).await?;
            speaker.skip_frame().await?;
            round.hear();
            round.all_heard.notified().await;
            round.meter.finish(clients as u64);
        }
    });
    Ok(())
}

/// What the clients wait for together.
struct Round {
    meter: Rc<Meter>,
    began: Cell<Instant>,
    missing: Cell<usize>,
    all_heard: Notify,
}

impl Round {
    fn hear(&self) {
        self.meter.sample(self.began.get());
        self.missing.set(self.missing.get() - 1);
        if self.missing.get() == 0 {
            self.all_heard.notify_one();
        }
    }
}
