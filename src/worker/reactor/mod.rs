//! What an event loop has once it runs: its runtime, listeners and connections, and what it is to do. That of a worker process knows its master too.
//!
//! Nothing in here calls PHP, and nothing that is borrowed here is still borrowed when PHP runs: what a table gives up is handed out, to be
//! dropped by the caller.

mod connections;

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeMap,
    io,
    os::fd::OwnedFd,
    process,
    rc::Rc,
    time::{Duration, Instant},
};

use ouvrier_net::{Datagrams, Runtime, tls};
use ouvrier_process::master::Place;

use self::connections::Connections;
use super::{
    drain::{Drain, Reason},
    serving::Serving,
    udp_clients::UdpClients,
};
use crate::{
    connection::dispatch,
    events::agenda::Agenda,
    zend::{Object, library},
};

/// The reactor of an event loop.
pub(crate) struct Reactor {
    pub(crate) runtime: Runtime,
    /// The process that it is of.
    process: u32,
    pub(crate) agenda: Rc<Agenda>,
    /// The object of the loop, once the process has one.
    event_loop: RefCell<Option<Object>>,
    /// Revolt's driver, where Revolt runs the loop.
    driver: RefCell<Option<Object>>,
    listeners: RefCell<BTreeMap<u64, Serving>>,
    last_number: Cell<u64>,
    udp_clients: RefCell<UdpClients>,
    connections: RefCell<Connections>,
    draining: RefCell<Option<Drain>>,
    /// What a worker process has from its master and its predecessor.
    place: OnceCell<Place>,
    /// The loop turns, or is about to.
    turning: Cell<bool>,
    stopping: Cell<Option<Stopping>>,
    /// `onWorkerStart` has begun and not returned.
    beginning: Cell<bool>,
    /// The process does not end before this moment.
    stays_until: Cell<Option<Instant>>,
}

/// The process is on its way out.
#[derive(Clone, Copy)]
pub(crate) struct Stopping {
    pub(crate) code: i32,
    /// At this moment whatever is still open is given up.
    pub(crate) deadline: Option<Instant>,
}

thread_local! {
    static REACTOR: RefCell<Option<Rc<Reactor>>> = const { RefCell::new(None) };
}

/// The reactor of this process; `None` outside of worker processes.
pub(crate) fn current() -> Option<Rc<Reactor>> {
    REACTOR.with_borrow(Clone::clone)
}

/// Looks at the reactor of this process, if there is one. `look` must not run PHP.
pub(crate) fn with_current<T>(look: impl FnOnce(&Reactor) -> T) -> Option<T> {
    REACTOR.with_borrow(|reactor| reactor.as_deref().map(look))
}

/// Makes `reactor` the one of this process. Only after the fork: threads do not survive one.
pub(super) fn adopt(reactor: &Rc<Reactor>) {
    REACTOR.set(Some(Rc::clone(reactor)));
}

/// Ends the reactor: flushes what can be written at once, and stops its thread, whoever may still hold it.
pub(crate) fn finish() {
    if let Some(reactor) = REACTOR.take() {
        if reactor.process != process::id() {
            // A child that the script has forked: the thread is not there, and what the network holds is still its parent's.
            std::mem::forget(reactor);
            return;
        }
        reactor.runtime.shut_down();
        reactor.agenda.clear();
        drop((reactor.event_loop.take(), reactor.driver.take()));
    }
}

/// How long a callback may run before the network goes on without it.
fn relief_after() -> Duration {
    let milliseconds = u64::try_from(library::ini_long("ouvrier.relief_ms"));
    Duration::from_millis(milliseconds.unwrap_or(5).max(1))
}

impl Reactor {
    /// Builds a reactor, which has a runtime and a thread.
    ///
    /// # Errors
    /// When the system refuses what a runtime needs.
    pub(crate) fn new(agenda: Rc<Agenda>) -> io::Result<Rc<Self>> {
        Ok(Rc::new(Self {
            runtime: Runtime::new(relief_after())?,
            process: process::id(),
            agenda,
            event_loop: RefCell::default(),
            driver: RefCell::default(),
            listeners: RefCell::default(),
            last_number: Cell::new(0),
            udp_clients: RefCell::default(),
            connections: RefCell::default(),
            draining: RefCell::default(),
            place: OnceCell::new(),
            turning: Cell::new(false),
            stopping: Cell::new(None),
            beginning: Cell::new(false),
            stays_until: Cell::new(None),
        }))
    }

    /// `$connection->eventLoop` of the connections of this reactor.
    pub(crate) fn event_loop(&self) -> Option<Object> {
        self.event_loop.borrow().clone()
    }

    pub(super) fn set_event_loop(&self, event_loop: Object, driver: Option<Object>) {
        self.event_loop.replace(Some(event_loop));
        self.driver.replace(driver);
    }

    pub(super) fn driver(&self) -> Option<Object> {
        self.driver.borrow().clone()
    }

    /// The number of the next socket: a listener or a UDP socket.
    pub(crate) fn next_number(&self) -> u64 {
        self.last_number.set(self.last_number.get() + 1);
        self.last_number.get()
    }

    pub(super) fn serve(&self, number: u64, serving: Serving) {
        self.listeners.borrow_mut().insert(number, serving);
    }

    /// Ends a listener and returns its worker.
    pub(super) fn unserve(&self, number: u64) -> Option<Object> {
        let serving = self.listeners.borrow_mut().remove(&number);
        serving.map(|serving| serving.worker.clone())
    }

    /// Nothing is accepted before the loop turns: were the process to fail at start, its clients would have to pay for that.
    pub(super) fn set_accepting(&self, number: u64, accepting: bool) {
        if let Some(serving) = self.listeners.borrow().get(&number) {
            serving.set_accepting(accepting && self.turning.get());
        }
    }

    /// Gives a listener what its connections prove themselves with from now on.
    pub(super) fn secure(&self, number: u64, server: tls::Server) {
        if let Some(serving) = self.listeners.borrow().get(&number) {
            serving.secure(server);
        }
    }

    /// The worker behind a listener.
    pub(crate) fn serving(&self, number: u64) -> Option<Object> {
        self.listeners
            .borrow()
            .get(&number)
            .map(|serving| serving.worker.clone())
    }

    /// A second descriptor of a listener's socket.
    pub(super) fn listening_socket(&self, number: u64) -> Option<OwnedFd> {
        self.listeners.borrow().get(&number)?.duplicate_socket()
    }

    /// The UDP socket that a worker serves, and the worker.
    pub(crate) fn served_datagrams(&self, number: u64) -> Option<(Object, Rc<Datagrams>)> {
        let listeners = self.listeners.borrow();
        let serving = listeners.get(&number)?;
        Some((serving.worker.clone(), Rc::clone(serving.datagrams()?)))
    }

    /// Keeps the object of a UDP client alive until it is forgotten. Returns the clients that nobody needs any more, to be dropped.
    pub(crate) fn remember_udp_client(&self, number: u64, client: &Object) -> impl Sized + use<> {
        let client = client.clone();
        self.udp_clients.borrow_mut().insert(number, client)
    }

    pub(crate) fn udp_client(&self, number: u64) -> Option<Object> {
        self.udp_clients.borrow().get(number)
    }

    pub(crate) fn has_no_udp_clients(&self) -> bool {
        self.udp_clients.borrow().is_empty()
    }

    pub(crate) fn forget_udp_client(&self, number: u64) -> Option<Object> {
        let forgotten = self.udp_clients.borrow_mut().remove(number);
        self.ring_when_idle();
        forgotten
    }

    /// Tells the listeners what the script may have changed on their workers, and connections what they have from there.
    pub(super) fn follow_workers(&self) {
        let mut are_new = false;
        for serving in self.listeners.borrow_mut().values_mut() {
            are_new |= serving.follow_worker();
        }
        if are_new {
            self.clients().iter().for_each(dispatch::follow_worker);
        }
    }

    /// Makes this the reactor of a worker process.
    pub(super) fn take_place(&self, place: Place) {
        // There is one place for a process.
        let _ = self.place.set(place);
    }

    /// The place of the worker process.
    pub(super) fn place(&self) -> Option<&Place> {
        self.place.get()
    }

    /// The loop is about to turn; the process accepts connections from now on, and serves if `onWorkerStart` has returned.
    pub(super) fn begin_turning(&self) {
        self.turning.set(true);
        for serving in self.listeners.borrow().values() {
            serving.set_accepting(super::accepts(&serving.worker));
        }
        self.tell_serving();
    }

    /// `onWorkerStart` begins, or has returned. It may be suspended in between.
    pub(super) fn set_beginning(&self, beginning: bool) {
        self.beginning.set(beginning);
        self.tell_serving();
    }

    /// Tells the master that the process serves, if it does. What it has not taken of its predecessor is closed then.
    fn tell_serving(&self) {
        if let Some(place) = self.place.get()
            && self.serves()
            && !self.is_stopping()
        {
            place.sockets.borrow_mut().clear();
            place.channel.serving();
        }
    }

    fn serves(&self) -> bool {
        self.turning.get() && !self.beginning.get()
    }

    /// Begins to part from the clients; the master may start the replacement.
    pub(super) fn drain(&self, drain: Drain) {
        self.draining.replace(Some(drain));
        self.tell_draining();
    }

    /// Tells the master that the process accepts no more, so that another may take its place.
    fn tell_draining(&self) {
        if let Some(place) = self.place.get()
            && self.serves()
        {
            place.channel.draining();
        }
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.borrow().is_some()
    }

    /// Whether the process parts from its clients because another takes its place.
    pub(super) fn is_being_replaced(&self) -> bool {
        let draining = self.draining.borrow();
        draining
            .as_ref()
            .is_some_and(|drain| drain.reason == Reason::Reload)
    }

    /// Looks at what is left to do of a drain.
    pub(super) fn with_drain<T>(&self, look: impl FnOnce(&mut Drain) -> Option<T>) -> Option<T> {
        self.draining.borrow_mut().as_mut().and_then(look)
    }

    /// When the process has something to do about its end, even if nothing happens on the network.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let stop = self.stopping.get().and_then(|stopping| {
            if self.has_no_connections() {
                Some(self.stays_until.get().unwrap_or_else(Instant::now))
            } else {
                stopping.deadline
            }
        });
        let drain = self.with_drain(|drain| drain.deadline(Instant::now()));
        [stop, drain].into_iter().flatten().min()
    }

    /// The process does not end before this moment, so that one which fails at start does not do so all the time.
    pub(super) fn stay_until(&self, moment: Instant) {
        self.stays_until.set(Some(moment));
    }

    /// Lets the process end, unless it is about to already.
    pub(super) fn stop(&self, stopping: Stopping) {
        if self.stopping.get().is_none() {
            self.stopping.set(Some(stopping));
            self.tell_draining();
            // Whoever waits in a loop of the script's own has not heard of it.
            self.runtime.ring();
        }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.get().is_some()
    }

    /// The exit code, once everything is done that was to be done before the end.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        let stopping = self.stopping.get()?;
        let now = Instant::now();
        let done =
            self.has_no_connections() || stopping.deadline.is_some_and(|deadline| deadline <= now);
        (done && self.stays_until.get().is_none_or(|moment| moment <= now)).then_some(stopping.code)
    }
}
