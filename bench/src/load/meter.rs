use std::{
    cell::{Cell, RefCell},
    time::Instant,
};

/// Latencies are kept of at most so many messages.
const MOST_SAMPLES: usize = 2_000_000;

/// Counts messages while it runs.
#[derive(Default)]
pub struct Meter {
    is_running: Cell<bool>,
    messages: Cell<u64>,
    /// Seconds.
    latencies: RefCell<Vec<f32>>,
}

impl Meter {
    pub fn start(&self) -> Instant {
        self.is_running.set(true);
        Instant::now()
    }

    /// One message was answered that was sent then.
    pub fn count(&self, sent: Instant) {
        self.count_many(sent, 1);
    }

    /// So many messages arrived at once.
    pub fn count_many(&self, sent: Instant, messages: u64) {
        if !self.is_running.get() {
            return;
        }
        self.messages.set(self.messages.get() + messages);
        let mut latencies = self.latencies.borrow_mut();
        if latencies.len() < MOST_SAMPLES {
            latencies.push(sent.elapsed().as_secs_f32());
        }
    }

    /// The number of messages, and their latencies in seconds, the shortest first.
    pub fn stop(&self) -> (u64, Vec<f64>) {
        self.is_running.set(false);
        let mut latencies = self.latencies.take();
        latencies.sort_by(f32::total_cmp);
        let latencies = latencies.into_iter().map(f64::from).collect();
        (self.messages.get(), latencies)
    }
}
