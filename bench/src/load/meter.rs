use std::{
    cell::{Cell, RefCell},
    error::Error,
    time::{Duration, Instant},
};

use tokio::{sync::Notify, task::yield_now};

use super::latencies::Latencies;
use crate::Result;

/// Says when clients may send, and counts what they hear.
#[derive(Default)]
pub struct Meter {
    pace: Cell<Pace>,
    pace_changed: Notify,
    messages: Cell<u64>,
    /// While it counts.
    latencies: RefCell<Option<Latencies>>,
    /// What was admitted and not counted yet.
    under_way: Cell<u64>,
    /// Wakes who waits for everything to be answered: nothing is under way, or something went wrong.
    over: Notify,
    /// What went wrong first.
    failure: RefCell<Option<String>>,
}

/// When clients send.
#[derive(Debug, Clone, Copy, Default)]
pub enum Pace {
    /// As soon as they have heard the answer: the server is as busy as it can be.
    #[default]
    AtOnce,
    /// At fixed moments, whoever is free then. Latency counts from the moment, so that a client which had to wait is not forgotten.
    Every { interval: Duration, next: Instant },
    /// So many times, and then no more.
    Times(u64),
}

impl Meter {
    pub fn set_pace(&self, pace: Pace) {
        self.pace.set(pace);
        self.pace_changed.notify_waiters();
    }

    /// From now on so many times a second.
    pub fn set_rate(&self, sendings: f64) {
        self.set_pace(Pace::Every {
            interval: Duration::from_secs_f64(1.0 / sendings),
            next: Instant::now(),
        });
    }

    /// Waits until a client may send, and returns the moment from which its latency counts.
    pub async fn admit(&self) -> Instant {
        let moment = self.turn().await;
        self.under_way.set(self.under_way.get() + 1);
        moment
    }

    async fn turn(&self) -> Instant {
        loop {
            match self.pace.get() {
                Pace::AtOnce => return Instant::now(),
                Pace::Every { interval, next } => {
                    self.pace.set(Pace::Every {
                        interval,
                        next: next + interval,
                    });
                    // A timer would be too coarse; the core is there for this alone.
                    while Instant::now() < next {
                        yield_now().await;
                    }
                    return next;
                }
                Pace::Times(0) => self.pace_changed.notified().await,
                Pace::Times(left) => {
                    self.pace.set(Pace::Times(left - 1));
                    return Instant::now();
                }
            }
        }
    }

    /// Waits until everything was answered that may be sent.
    pub async fn all_answered(&self) -> Result {
        while self.under_way.get() > 0 || matches!(self.pace.get(), Pace::Times(1..)) {
            self.over.notified().await;
            self.check()?;
        }
        Ok(())
    }

    /// A client can not go on.
    pub fn fail(&self, reason: &dyn Error) {
        let mut failure = self.failure.borrow_mut();
        failure.get_or_insert_with(|| format!("a client failed: {reason}"));
        self.over.notify_one();
    }

    /// Whether all clients go on.
    pub fn check(&self) -> Result {
        match &*self.failure.borrow() {
            Some(failure) => Err(failure.clone().into()),
            None => Ok(()),
        }
    }

    pub fn start(&self) -> Instant {
        self.messages.set(0);
        self.latencies.replace(Some(Latencies::default()));
        Instant::now()
    }

    /// One message was answered that was admitted then.
    pub fn count(&self, admitted: Instant) {
        self.count_many(admitted, 1);
    }

    /// So many messages arrived at once.
    pub fn count_many(&self, admitted: Instant, messages: u64) {
        self.sample(admitted);
        self.finish(messages);
    }

    /// Keeps the latency of something that was admitted then and has arrived.
    pub fn sample(&self, admitted: Instant) {
        if let Some(latencies) = &mut *self.latencies.borrow_mut() {
            latencies.push(admitted);
        }
    }

    /// What was admitted was answered with so many messages.
    pub fn finish(&self, messages: u64) {
        self.under_way.set(self.under_way.get().saturating_sub(1));
        if self.under_way.get() == 0 {
            self.over.notify_one();
        }
        if self.latencies.borrow().is_some() {
            self.messages.set(self.messages.get() + messages);
        }
    }

    /// The number of messages since it was started, and their latencies.
    pub fn stop(&self) -> (u64, Latencies) {
        let latencies = self.latencies.take().unwrap_or_default();
        (self.messages.get(), latencies)
    }
}
