//! What the owner, the tasks and the relief driver of a runtime share.

use std::{
    collections::VecDeque,
    future::poll_fn,
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    task::{Poll, Waker},
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    alarms::Alarms, bell::Bell, census::Census, connection::Connection, letters::Letters,
    runtime::Ready,
};

/// How many connections of the outbox are fetched from memory at the same time.
const AT_ONCE: usize = 16;

/// The meeting point of a runtime's threads and tasks. Its locks are leaves: nothing else is locked, and nobody woken, under them.
pub(crate) struct Shared {
    queue: Mutex<Queue>,
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
    alarms: Alarms,
    census: Arc<Census>,
    letters: Letters,
}

/// What is ready, and who waits for that.
#[derive(Default)]
struct Queue {
    ready: VecDeque<Ready>,
    /// The owner, while it waits in its turn.
    waiting: Option<Waker>,
    /// The runtime is gone, and nobody looks any more.
    closed: bool,
}

impl Shared {
    pub(crate) fn new() -> Self {
        let census = Arc::<Census>::default();
        Self {
            queue: Mutex::default(),
            outbox: Mutex::new(Some(Vec::new())),
            relieved: AtomicBool::new(false),
            posted: Notify::new(),
            after_relief: Mutex::default(),
            turns: AtomicU64::new(0),
            bell: Bell::default(),
            alarms: Alarms::default(),
            letters: Letters::new(Arc::clone(census.ledger())),
            census,
        }
    }

    pub(crate) const fn census(&self) -> &Arc<Census> {
        &self.census
    }

    /// Puts something into the queue of the ready.
    pub(crate) fn announce(&self, ready: Ready) {
        let mut queue = self.queue.lock();
        if queue.closed {
            return;
        }
        queue.ready.push_back(ready);
        let owner = queue.waiting.take();
        drop(queue);
        if let Some(owner) = owner {
            owner.wake();
        }
        self.bell.ring();
    }

    /// Whether nothing is in the queue of the ready.
    pub(crate) fn is_nothing_ready(&self) -> bool {
        self.queue.lock().ready.is_empty()
    }

    /// Takes the whole queue of the ready, in exchange for an empty one.
    pub(crate) fn take_ready(&self, empty: &mut VecDeque<Ready>) {
        mem::swap(&mut self.queue.lock().ready, empty);
    }

    pub(crate) const fn alarms(&self) -> &Alarms {
        &self.alarms
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

    pub(crate) const fn letters(&self) -> &Letters {
        &self.letters
    }

    /// Has the letters come into the send buffers. With `write`, those leave at once that can be written as they are.
    pub(crate) fn deliver_letters(&self, write: bool) {
        self.letters
            .deliver(write, |place, rest| self.hand_over(place, rest));
    }

    /// Queues a letter, or the rest of one.
    fn hand_over(&self, place: u32, rest: &[u8]) {
        if let Some(connection) = self.census.in_place(place) {
            connection.receive_letter(rest);
        }
    }

    /// Flushes connections that were sent to, and wakes tasks that have something new to do. From within the runtime.
    pub(crate) fn visit_outbox(&self) {
        self.deliver_letters(true);
        let Some(mut posted) = self.outbox.lock().as_mut().map(mem::take) else {
            return;
        };
        let mut waiting = posted.drain(..);
        while !waiting.as_slice().is_empty() {
            let soon = waiting.as_slice().iter().take(AT_ONCE);
            soon.for_each(|connection| connection.touch());
            let group = waiting.by_ref().take(AT_ONCE);
            group.for_each(|connection| connection.visit());
        }
        drop(waiting);
        // The next turn finds the room that this one has made.
        match self.outbox.lock().as_mut() {
            Some(outbox) if outbox.capacity() == 0 => *outbox = posted,
            Some(_) | None => {}
        }
    }

    /// The last visit; nothing is posted or announced any more.
    pub(crate) fn close(&self) {
        self.letters
            .set_closed(true, |place, rest| self.hand_over(place, rest));
        self.visit_outbox();
        let posted = self.outbox.lock().take();
        let mut queue = self.queue.lock();
        queue.closed = true;
        let ready = mem::take(&mut queue.ready);
        drop(queue);
        drop((posted, ready));
    }

    /// The owner is done with what it took before.
    pub(crate) fn begin_turn(&self) {
        self.turns.fetch_add(1, SeqCst);
    }

    /// The number of the turn that began last.
    pub(crate) fn turn(&self) -> u64 {
        self.turns.load(SeqCst)
    }

    /// Completes when something is in the queue of the ready.
    pub(crate) async fn wait(&self) {
        poll_fn(|cx| {
            let mut queue = self.queue.lock();
            if !queue.ready.is_empty() {
                return Poll::Ready(());
            }
            queue.waiting = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Drives the network on behalf of a busy owner until `returned` holds; looks again when told by [`Shared::owner_returned`].
    pub(crate) async fn relieve(&self, returned: impl Fn() -> bool) {
        self.set_relieved(true);
        while !returned() {
            self.visit_outbox();
            self.posted.notified().await;
        }
        self.set_relieved(false);
        let waiting = mem::take(&mut *self.after_relief.lock());
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Notes who drives the network. While the relief driver does, there are no letters.
    fn set_relieved(&self, relieved: bool) {
        self.relieved.store(relieved, SeqCst);
        self.letters
            .set_closed(relieved, |place, rest| self.hand_over(place, rest));
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
