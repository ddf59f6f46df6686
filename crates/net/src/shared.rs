//! What the owner, the tasks and the relief driver of a runtime share.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    task::{Poll, Waker},
};

use crossbeam_channel::Sender;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{bell::Bell, census::Census, connection::Connection, runtime::Ready};

/// The meeting point of a runtime's threads and tasks. Its locks are leaves: nothing else is locked, and nobody woken, under them.
pub(crate) struct Shared {
    ready: Sender<Ready>,
    /// The owner waits in its turn: what is announced must wake it.
    waiting: AtomicBool,
    waker: Mutex<Option<Waker>>,
    /// Connections to visit; `None` once the runtime is gone, so that nothing is kept for a visit that never comes.
    outbox: Mutex<Option<Vec<Arc<Connection>>>>,
    /// The relief driver drives the network and wants to know what is posted.
    relieved: AtomicBool,
    posted: Notify,
    /// Tasks that do nothing for a busy owner.
    after_relief: Mutex<Vec<Waker>>,
    /// How many turns have begun.
    turns: AtomicU64,
    bell: Bell,
    census: Arc<Census>,
}

impl Shared {
    pub(crate) fn new(ready: Sender<Ready>) -> Self {
        Self {
            ready,
            waiting: AtomicBool::new(false),
            waker: Mutex::new(None),
            outbox: Mutex::new(Some(Vec::new())),
            relieved: AtomicBool::new(false),
            posted: Notify::new(),
            after_relief: Mutex::default(),
            turns: AtomicU64::new(0),
            bell: Bell::default(),
            census: Arc::default(),
        }
    }

    pub(crate) const fn census(&self) -> &Arc<Census> {
        &self.census
    }

    /// Puts something into the queue of the ready.
    pub(crate) fn announce(&self, ready: Ready) {
        // The owner holds the receiver for as long as it turns the runtime; afterwards nobody cares.
        let _ = self.ready.send(ready);
        if self.waiting.swap(false, SeqCst) {
            let waker = self.waker.lock().take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        self.bell.ring();
    }

    pub(crate) const fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Has a connection visited when the network is driven next.
    pub(crate) fn post(&self, connection: Arc<Connection>) {
        if let Some(outbox) = self.outbox.lock().as_mut() {
            outbox.push(connection);
        }
        if self.relieved.load(SeqCst) {
            self.posted.notify_one();
        }
    }

    /// Flushes connections that were sent to, and wakes tasks that have something new to do. From within the runtime.
    pub(crate) fn visit_outbox(&self) {
        let outbox = self.outbox.lock().as_mut().map(std::mem::take);
        for connection in outbox.iter().flatten() {
            connection.visit();
        }
    }

    /// The last visit; nothing is posted any more.
    pub(crate) fn close_outbox(&self) {
        self.visit_outbox();
        let rest = self.outbox.lock().take();
        drop(rest);
    }

    /// The owner is done with what it took before.
    pub(crate) fn begin_turn(&self) {
        self.turns.fetch_add(1, SeqCst);
    }

    /// The number of the turn that began last.
    pub(crate) fn turn(&self) -> u64 {
        self.turns.load(SeqCst)
    }

    /// Completes when `ready` holds; looks again after every announcement.
    pub(crate) async fn wait(&self, ready: impl Fn() -> bool) {
        poll_fn(|cx| {
            *self.waker.lock() = Some(cx.waker().clone());
            self.waiting.store(true, SeqCst);
            if ready() {
                self.waiting.store(false, SeqCst);
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
    }

    /// Drives the network on behalf of a busy owner until `returned` holds; looks again when told by [`Shared::owner_returned`].
    pub(crate) async fn relieve(&self, returned: impl Fn() -> bool) {
        self.relieved.store(true, SeqCst);
        while !returned() {
            self.visit_outbox();
            self.posted.notified().await;
        }
        self.relieved.store(false, SeqCst);
        let waiting = std::mem::take(&mut *self.after_relief.lock());
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Whether the relief driver drives for an owner that is busy, and not one that waits elsewhere. Inside of the runtime the answer stays true for as long as the caller runs.
    pub(crate) fn is_relieved(&self) -> bool {
        self.relieved.load(SeqCst) && !self.bell.is_away()
    }

    /// Wakes a task when the owner drives the network itself again. From a task that the relief driver runs.
    pub(crate) fn wake_after_relief(&self, task: Waker) {
        self.after_relief.lock().push(task);
    }

    /// The owner is back: the relief driver, if it drives, shall leave.
    pub(crate) fn owner_returned(&self) {
        if self.relieved.load(SeqCst) {
            self.posted.notify_one();
        }
    }
}
