//! The owner of a runtime, as tests want it: it waits for what happens next, and gives up after [`PATIENCE`].

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use ouvrier_net::{
    Address, BindOptions, BoundSocket, Connection, Event, Listener, Payload, Policy, Protocol,
    Ready, Runtime, Sent, Settings, event::Closed, tls,
};

use crate::client::Client;

/// Longer than anything takes that works.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Send limit of connections that are not meant to reach it.
pub(crate) const ROOM: usize = 1 << 30;
const RELIEF_AFTER: Duration = Duration::from_millis(1);

pub(crate) const OPTIONS: BindOptions = BindOptions::DEFAULT;

pub(crate) const SETTINGS: Settings = Settings {
    max_package_size: 1 << 20,
    ask_upgrade: false,
    tell_ping: false,
    tell_close: false,
};

#[derive(Debug)]
pub(crate) enum Happening {
    Event(Event),
    Drained,
    Over(Closed),
}

pub(crate) struct Owner {
    pub(crate) runtime: Runtime,
    pub(crate) listener: Listener,
    pub(crate) address: SocketAddr,
    happenings: VecDeque<(Arc<Connection>, Happening)>,
}

impl Owner {
    pub(crate) fn new(protocol: Protocol) -> Self {
        Self::with(protocol, SETTINGS)
    }

    pub(crate) fn with(protocol: Protocol, settings: Settings) -> Self {
        Self::relieved_after(RELIEF_AFTER, protocol, settings)
    }

    /// An owner whom nobody relieves, however long it takes between two turns.
    pub(crate) fn unrelieved(protocol: Protocol) -> Self {
        Self::relieved_after(PATIENCE, protocol, SETTINGS)
    }

    fn relieved_after(relief_after: Duration, protocol: Protocol, settings: Settings) -> Self {
        let bound = BoundSocket::bind(&Address::tcp("127.0.0.1:0").unwrap(), OPTIONS).unwrap();
        let address = bound.local().unwrap();
        let runtime = Runtime::new(relief_after).unwrap();
        let listener = Listener::new(&runtime, bound, 1, protocol, settings).unwrap();
        listener.resume();
        Self {
            runtime,
            listener,
            address,
            happenings: VecDeque::new(),
        }
    }

    /// An owner with another policy than by default.
    pub(crate) fn with_policy(protocol: Protocol, change: impl FnOnce(&mut Policy)) -> Self {
        let owner = Self::new(protocol);
        let mut policy = Policy::default();
        change(&mut policy);
        owner.listener.set_policy(&owner.runtime, policy);
        owner
    }

    /// An owner whose clients are to speak TLS.
    pub(crate) fn secure(protocol: Protocol, server: tls::Server) -> Self {
        let owner = Self::new(protocol);
        owner.listener.secure(server);
        owner
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address)
    }

    /// A client, and our side of its connection.
    pub(crate) fn accept(&mut self) -> (Client, Arc<Connection>) {
        let client = self.client();
        let (connection, happening) = self.next();
        assert!(
            matches!(happening, Happening::Event(Event::Opened)),
            "{happening:?}"
        );
        (client, connection)
    }

    /// What happens next.
    pub(crate) fn next(&mut self) -> (Arc<Connection>, Happening) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(next) = self.happenings.pop_front() {
                return next;
            }
            assert!(Instant::now() < end, "nothing happened");
            self.runtime.turn(Some(end));
            self.gather();
        }
    }

    pub(crate) fn next_event(&mut self) -> (Arc<Connection>, Event) {
        match self.next() {
            (connection, Happening::Event(event)) => (connection, event),
            (_, other) => panic!("an event is expected, not {other:?}"),
        }
    }

    /// The next message; everything else before it is skipped.
    pub(crate) fn next_message(&mut self) -> (Arc<Connection>, Vec<u8>) {
        loop {
            if let (connection, Happening::Event(Event::Message(payload))) = self.next() {
                return (connection, bytes(payload));
            }
        }
    }

    /// Why the next connection is over; everything before that is skipped.
    pub(crate) fn next_over(&mut self) -> Closed {
        loop {
            if let (_, Happening::Over(reason)) = self.next() {
                return reason;
            }
        }
    }

    /// Moves the network without waiting for anything.
    pub(crate) fn step(&mut self) {
        self.runtime.turn(Some(Instant::now()));
        self.gather();
    }

    /// Turns until `done` says so.
    pub(crate) fn turn_until(&mut self, mut done: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done() {
            assert!(Instant::now() < end, "what was waited for did not happen");
            self.runtime
                .turn(Some(Instant::now() + Duration::from_millis(5)));
            self.gather();
        }
    }

    /// Whether something has happened that nobody asked for yet.
    pub(crate) fn has_news(&self) -> bool {
        !self.happenings.is_empty()
    }

    fn gather(&mut self) {
        while let Some(ready) = self.runtime.next() {
            let Ready::Connection(connection) = ready else {
                panic!("only connections are expected to be ready");
            };
            let taken = connection.take();
            let events = taken.events.map(Happening::Event);
            let drained = taken.drained.then_some(Happening::Drained);
            for happening in events.chain(drained).chain(taken.over.map(Happening::Over)) {
                if matches!(happening, Happening::Event(Event::Opened)) {
                    self.listener.seen();
                }
                self.happenings
                    .push_back((Arc::clone(&connection), happening));
            }
        }
    }
}

pub(crate) fn bytes(payload: Payload) -> Vec<u8> {
    match payload {
        Payload::Bytes(bytes) | Payload::Websocket(_, bytes) => bytes.to_vec(),
        Payload::Framed(message) => message.content().to_vec(),
        Payload::Http(message, _) => message.raw.to_vec(),
    }
}

pub(crate) fn send(connection: &Arc<Connection>, bytes: &[u8]) -> Sent {
    connection.send(ROOM, |out| out.extend_from_slice(bytes))
}
