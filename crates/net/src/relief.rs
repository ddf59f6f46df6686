//! The relief driver: a second thread that drives the network while the owner is busy.
//!
//! A current-thread runtime may be driven by any thread, one at a time. The owner counts its comings and goings in `phase`; when the
//! relief thread finds it in the same busy phase for `after`, it takes the runtime's place in `block_on` until the owner returns.
//!
//! The thread sleeps for as long as the owner is idle, and costs the hot path two additions: it looks at the clock every `after` only
//! while there are turns to look at.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread::{Builder, JoinHandle, Thread, park, park_timeout},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::shared::Shared;

/// The owner's handle on the relief thread.
pub(crate) struct Relief {
    watch: Arc<Watch>,
    shared: Arc<Shared>,
    sleeper: Thread,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the owner tells the relief thread.
struct Watch {
    /// Odd while the owner is busy; grows with every coming and going.
    phase: AtomicU64,
    /// The relief thread sleeps until it is woken.
    asleep: AtomicBool,
    stopped: AtomicBool,
}

impl Relief {
    pub(crate) fn start(
        tokio: Arc<tokio::runtime::Runtime>,
        shared: Arc<Shared>,
        after: Duration,
    ) -> io::Result<Self> {
        // The owner is busy from the start: whatever it does before its first turn counts.
        let watch = Arc::new(Watch {
            phase: AtomicU64::new(1),
            asleep: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        });
        let thread = {
            let (watch, shared) = (Arc::clone(&watch), Arc::clone(&shared));
            Builder::new()
                .name("ouvrier-relief".to_owned())
                .spawn(move || watch.run(&tokio, &shared, after))?
        };
        Ok(Self {
            watch,
            shared,
            sleeper: thread.thread().clone(),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// The owner goes to drive the network itself.
    pub(crate) fn owner_left(&self) {
        self.watch.phase.fetch_add(1, SeqCst);
        self.shared.owner_returned();
    }

    /// The owner comes back to its own work.
    pub(crate) fn owner_came(&self) {
        self.watch.phase.fetch_add(1, SeqCst);
        if self.watch.asleep.swap(false, SeqCst) {
            self.unpark();
        }
    }

    /// The owner waits for something else than the network, for as long as its bell says that it is away.
    pub(crate) fn owner_waits_elsewhere(&self) {
        self.watch.asleep.store(false, SeqCst);
        self.unpark();
    }

    /// Ends the thread and waits for it.
    pub(crate) fn stop(&self) {
        self.watch.stopped.store(true, SeqCst);
        self.watch.phase.fetch_add(2, SeqCst);
        self.shared.owner_returned();
        self.unpark();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            // A panic of the relief thread has been reported by the panic hook; there is nothing left to do about it.
            let _ = thread.join();
        }
    }

    fn unpark(&self) {
        self.sleeper.unpark();
    }
}

impl Watch {
    fn run(&self, tokio: &tokio::runtime::Runtime, shared: &Shared, after: Duration) {
        while !self.stopped.load(SeqCst) {
            let seen = self.phase.load(SeqCst);
            let unchanged = || self.phase.load(SeqCst) == seen && !self.stopped.load(SeqCst);
            self.pause(after, shared);
            if !unchanged() {
                continue;
            }
            if seen % 2 == 1 {
                if !shared.bell().is_away() {
                    let since = Instant::now().checked_sub(after);
                    shared.census().set_busy_since(since);
                }
                tokio.block_on(shared.relieve(|| !unchanged()));
                shared.census().set_busy_since(None);
            } else {
                self.sleep_while(unchanged);
            }
        }
    }

    /// Lets `after` pass, whatever wakes the thread meanwhile, unless the owner is away.
    fn pause(&self, after: Duration, shared: &Shared) {
        let end = Instant::now() + after;
        while !self.stopped.load(SeqCst) && !shared.bell().is_away() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            park_timeout(left);
        }
    }

    /// Sleeps until the owner's phase changes.
    fn sleep_while(&self, unchanged: impl Fn() -> bool) {
        self.asleep.store(true, SeqCst);
        while unchanged() && self.asleep.load(SeqCst) {
            park();
        }
        self.asleep.store(false, SeqCst);
    }
}
