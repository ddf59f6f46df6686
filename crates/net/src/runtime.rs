//! The turn of the runtime: one thread owns the runtime and lets it run between two visits to what is ready.

use std::{
    cell::RefCell,
    collections::{BTreeSet, VecDeque},
    future::Future,
    io,
    os::fd::OwnedFd,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::{AbortHandle, yield_now},
    time::{sleep, timeout_at},
};

use crate::{
    census::{Census, Question},
    connection::{Connection, EAGER_FLUSH},
    relief::Relief,
    shared::Shared,
    watch::WatchSet,
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
    /// A listener cannot accept: its tag, and why. It tries again by itself, and tells no more until it has accepted something, and some seconds have passed.
    AcceptFailed(u64, io::Error),
}

/// A tokio runtime, owned by the thread that calls [`Runtime::turn`].
pub struct Runtime {
    tokio: Arc<tokio::runtime::Runtime>,
    /// What was ready when the owner looked last, and waits for its turn.
    ready: RefCell<VecDeque<Ready>>,
    shared: Arc<Shared>,
    relief: Relief,
    watched: RefCell<Option<Rc<WatchSet>>>,
    /// Signals that go to the queue of the ready.
    signals: RefCell<BTreeSet<i32>>,
}

impl Runtime {
    /// The least limit of those who may [write](Self::write).
    pub const LEAST_LIMIT: usize = EAGER_FLUSH;

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
        let shared = Arc::new(Shared::new());
        let relief = Relief::start(Arc::clone(&tokio), Arc::clone(&shared), relief_after)?;
        Ok(Self {
            tokio,
            ready: RefCell::default(),
            shared,
            relief,
            watched: RefCell::default(),
            signals: RefCell::default(),
        })
    }

    /// Flushes what was sent, and drives the network until something is ready or `deadline` has come.
    ///
    /// The network moves a little in every turn, also when something is ready at once or the deadline has passed: an owner that never
    /// runs out of work, or whose timers are always late, does not starve it.
    pub fn turn(&self, deadline: Option<Instant>) {
        self.shared.bell().owner_came();
        self.shared.begin_turn();
        self.relief.owner_left();
        self.tokio.block_on(self.drive(deadline));
        self.relief.owner_came();
    }

    async fn drive(&self, deadline: Option<Instant>) {
        self.shared.visit_outbox();
        if self.is_something_ready() || deadline.is_some_and(|deadline| deadline <= Instant::now())
        {
            return yield_now().await;
        }
        let watched = self.watched.borrow().clone();
        let ready = async {
            let Some(watched) = watched else {
                return self.shared.wait().await;
            };
            tokio::select! {
                biased;
                () = self.shared.wait() => {}
                () = watch(&watched) => {}
            }
        };
        match deadline {
            None => ready.await,
            Some(deadline) => drop(timeout_at(deadline.into(), ready).await),
        }
    }

    /// The owner's descriptors that a turn waits for as well.
    ///
    /// # Errors
    /// When the system refuses an epoll instance.
    pub fn watched(&self) -> io::Result<Rc<WatchSet>> {
        if let Some(set) = &*self.watched.borrow() {
            return Ok(Rc::clone(set));
        }
        let set = Rc::new(self.enter(WatchSet::new)?);
        self.watched.replace(Some(Rc::clone(&set)));
        Ok(set)
    }

    /// Watches none of the owner's descriptors any more, also those that cannot be taken out of the set one by one.
    pub fn forget_watched(&self) {
        let forgotten = self.watched.take();
        drop(forgotten);
    }

    /// A descriptor that becomes readable when something is ready while the owner is [away](Self::leave).
    ///
    /// # Errors
    /// The system's, when there are no descriptors left.
    pub fn bell(&self) -> io::Result<OwnedFd> {
        self.shared.bell().descriptor()
    }

    /// The owner goes to wait elsewhere, until the next turn. Meanwhile the relief driver drives the network, at once.
    pub fn leave(&self) {
        self.shared.bell().owner_left();
        if self.is_something_ready() {
            self.shared.bell().ring();
        }
        self.relief.owner_waits_elsewhere();
    }

    /// Rings the bell, if the owner is away: there is something for it to look at.
    pub fn ring(&self) {
        self.shared.bell().ring();
    }

    /// The next thing that is ready, without waiting.
    #[must_use]
    pub fn next(&self) -> Option<Ready> {
        let mut ready = self.ready.borrow_mut();
        if ready.is_empty() {
            self.shared.take_ready(&mut ready);
        }
        ready.pop_front()
    }

    fn is_something_ready(&self) -> bool {
        !self.ready.borrow().is_empty() || !self.shared.is_nothing_ready()
    }

    /// Puts `signals` into the queue of the ready when the process receives them, instead of their default action. Those that are
    /// watched already are so once.
    ///
    /// # Errors
    /// When a signal cannot be caught.
    pub fn watch_signals(&self, signals: &[i32]) -> io::Result<()> {
        let _context = self.tokio.enter();
        for &number in signals {
            if self.signals.borrow().contains(&number) {
                continue;
            }
            let mut stream = catch(number)?;
            let shared = Arc::clone(&self.shared);
            self.tokio.spawn(async move {
                while stream.recv().await.is_some() {
                    shared.announce(Ready::Signal(number));
                }
            });
            self.signals.borrow_mut().insert(number);
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
        let mut stream = catch(number)?;
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
        self.tokio.block_on(async { self.shared.close() });
    }

    /// Sends what `encode` appends, about `length` bytes, as [`Connection::send`] does with a `limit` of 64 KiB or more, and with the outcome
    /// [`Sent::Written`](crate::Sent::Written). It does not look at the connection, which has `place`: false where something may have happened on it since it was
    /// written to last, or where it is none of this runtime. Then nothing is sent.
    pub fn write(
        &self,
        connection: &Arc<Connection>,
        place: u32,
        length: usize,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        self.shared
            .letters()
            .write(connection, place, length, encode)
    }

    /// The connections of the runtime, for reports.
    #[must_use]
    pub fn census(&self) -> &Census {
        self.shared.census()
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Returns what ends the future before its time.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.tokio.spawn(future).abort_handle()
    }

    /// Runs `f` where sockets can be registered with the runtime.
    pub(crate) fn enter<T>(&self, f: impl FnOnce() -> T) -> T {
        let _context = self.tokio.enter();
        f()
    }
}

/// Signals that the runtimes of this process have caught, one bit for each. They stay caught.
static CAUGHT: AtomicU64 = AtomicU64::new(0);

fn catch(number: i32) -> io::Result<Signal> {
    let stream = signal(SignalKind::from_raw(number))?;
    CAUGHT.fetch_or(bit(number), Relaxed);
    Ok(stream)
}

/// Whether a runtime of this process has caught a signal. One that has not been calls the handler that was there before as well.
#[must_use]
pub fn is_caught(signal: i32) -> bool {
    CAUGHT.load(Relaxed) & bit(signal) != 0
}

fn bit(signal: i32) -> u64 {
    u32::try_from(signal - 1)
        .ok()
        .and_then(|place| 1_u64.checked_shl(place))
        .unwrap_or_default()
}

/// Whether a signal can be watched: not those that cannot be caught, nor those that tell of a fault of the program itself.
#[must_use]
pub const fn can_watch(signal: i32) -> bool {
    const SIGILL: i32 = 4;
    const SIGFPE: i32 = 8;
    const SIGKILL: i32 = 9;
    const SIGSEGV: i32 = 11;
    const SIGSTOP: i32 = 19;
    const HIGHEST: i32 = 64;
    1 <= signal
        && signal <= HIGHEST
        && !matches!(signal, SIGILL | SIGFPE | SIGKILL | SIGSEGV | SIGSTOP)
}

/// Completes when something in the set is ready.
async fn watch(set: &WatchSet) {
    set.wait().await;
    // What stays ready must not keep the network from moving.
    yield_now().await;
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.shut_down();
    }
}
