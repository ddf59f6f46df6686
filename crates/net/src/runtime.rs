//! The turn of the runtime: one thread owns the runtime and lets it run between two visits to what is ready.

use std::{
    future::Future,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, unbounded};
use tokio::{
    signal::unix::{SignalKind, signal},
    task::yield_now,
    time::{sleep, timeout_at},
};

use crate::{
    census::{Census, Question},
    connection::Connection,
    relief::Relief,
    shared::Shared,
};

/// Something that wants the owner's attention.
pub enum Ready {
    /// A connection has something in its inbox. It is in the queue at most once, so the queue is as long as there are connections.
    Connection(Arc<Connection>),
    /// A UDP socket, by its tag, has received something. It is in the queue at most once.
    Datagrams(u64),
    /// The process received a signal that is watched.
    Signal(i32),
    /// The process was asked something by a signal: the first who claims the question answers it.
    Question(Question),
    /// A listener cannot accept: its tag, and why. It tries again by itself, and tells no more until it has accepted something.
    AcceptFailed(u64, io::Error),
}

/// A tokio runtime, owned by the thread that calls [`Runtime::turn`].
pub struct Runtime {
    tokio: Arc<tokio::runtime::Runtime>,
    ready: Receiver<Ready>,
    shared: Arc<Shared>,
    relief: Relief,
}

impl Runtime {
    /// Builds a runtime. `relief_after` is how long the owner may be busy between two turns before a second thread drives the network.
    ///
    /// # Errors
    /// When the system refuses an epoll instance or a thread.
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place that builds a runtime"
    )]
    pub fn new(relief_after: Duration) -> io::Result<Self> {
        let tokio = Arc::new(
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
        );
        let (sender, ready) = unbounded();
        let shared = Arc::new(Shared::new(sender));
        let relief = Relief::start(Arc::clone(&tokio), Arc::clone(&shared), relief_after)?;
        Ok(Self {
            tokio,
            ready,
            shared,
            relief,
        })
    }

    /// Flushes what was sent, and drives the network until something is ready or `deadline` has come.
    ///
    /// The network moves a little in every turn, also when something is ready at once or the deadline has passed: an owner that never
    /// runs out of work, or whose timers are always late, does not starve it.
    pub fn turn(&self, deadline: Option<Instant>) {
        self.shared.begin_turn();
        self.relief.owner_left();
        self.tokio.block_on(self.drive(deadline));
        self.relief.owner_came();
    }

    async fn drive(&self, deadline: Option<Instant>) {
        self.shared.visit_outbox();
        if !self.ready.is_empty() || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return yield_now().await;
        }
        let ready = self.shared.wait(|| !self.ready.is_empty());
        match deadline {
            None => ready.await,
            Some(deadline) => drop(timeout_at(deadline.into(), ready).await),
        }
    }

    /// The next thing that is ready, without waiting.
    #[must_use]
    pub fn next(&self) -> Option<Ready> {
        self.ready.try_recv().ok()
    }

    /// Puts `signals` into the queue of the ready when the process receives them, instead of their default action.
    ///
    /// # Errors
    /// When a signal cannot be caught.
    pub fn watch_signals(&self, signals: &[i32]) -> io::Result<()> {
        let _context = self.tokio.enter();
        for &number in signals {
            let mut stream = signal(SignalKind::from_raw(number))?;
            let shared = Arc::clone(&self.shared);
            self.tokio.spawn(async move {
                while stream.recv().await.is_some() {
                    shared.announce(Ready::Signal(number));
                }
            });
        }
        Ok(())
    }

    /// Puts a question into the queue of the ready when the process receives `signal`. If the owner has not claimed it after `patience`,
    /// `stand_in` answers, inside of the turn or of the relief driver.
    ///
    /// # Errors
    /// When the signal cannot be caught.
    pub fn answer_signal(
        &self,
        number: i32,
        patience: Duration,
        stand_in: impl Fn(&Census) + Send + 'static,
    ) -> io::Result<()> {
        let _context = self.tokio.enter();
        let mut stream = signal(SignalKind::from_raw(number))?;
        let shared = Arc::clone(&self.shared);
        self.tokio.spawn(async move {
            while stream.recv().await.is_some() {
                let question = Question::new(number);
                shared.announce(Ready::Question(question.clone()));
                sleep(patience).await;
                if question.claim() {
                    stand_in(shared.census());
                }
            }
        });
        Ok(())
    }

    /// Writes what can be written at once, and ends the relief thread. The network does not move any more after that; dropping the runtime
    /// closes everything, also what the owner still holds.
    pub fn shut_down(&self) {
        self.relief.stop();
        self.tokio.block_on(async { self.shared.close_outbox() });
    }

    /// The connections of the runtime, for reports.
    #[must_use]
    pub fn census(&self) -> &Census {
        self.shared.census()
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.tokio.spawn(future);
    }

    /// Runs `f` where sockets can be registered with the runtime.
    pub(crate) fn enter<T>(&self, f: impl FnOnce() -> T) -> T {
        let _context = self.tokio.enter();
        f()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.shut_down();
    }
}
