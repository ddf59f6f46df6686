//! What a connection object holds of the network: the state of a `TcpConnection` in Rust.

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Weak,
    sync::Arc,
};

use ouvrier_net::{Connection, ControlFrames, Events, Protocol};
use ouvrier_protocol::http::{ChunkedLength, Terms, conditional::Conditions};

use super::{
    address,
    connection_interface::{self, Counter},
    enrolment,
};
use crate::{
    protocols::websocket::OwnCallbacks,
    worker::reactor::Reactor,
    zend::{
        Late,
        object::{Handlers, State},
    },
};

/// What a connection object holds of the network. With it, the object is to fit into 640 bytes, which PHP's allocator has room for.
#[derive(Default)]
pub(super) struct TcpState {
    connection: Cell<Option<Arc<Connection>>>,
    /// Its place in the census, and one; 0 where it need not be known.
    place: Cell<u32>,
    /// What was received and waits for its turn.
    unseen: Cell<Events>,
    /// What the script wanted of the network when it was last told.
    pub(super) wishes: Cell<Option<Wishes>>,
    seldom: OnceCell<Box<Seldom>>,
    pub(super) owed: Cell<Owed>,
    /// The answer goes on until the script says so in `$context->streamSending`.
    pub(super) streaming: Cell<bool>,
    /// The client of that request takes gzip.
    pub(super) gzip: Cell<bool>,
    /// The object counts in `$statistics['connection_count']`.
    pub(super) counted: Cell<bool>,
    /// What the request says about its answer that was handed to the script last.
    pub(super) terms: Cell<Terms>,
}

const _: () = assert!(size_of::<TcpState>() <= 48);

/// What the peer is owed before anything that it has sent behind it is handled.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Owed {
    #[default]
    Nothing,
    /// The answer to a request that was handed to the script.
    Answer,
    /// That to a handshake which a class of the application deals with.
    Handshake,
}

/// What few connections have.
#[derive(Default)]
pub(super) struct Seldom {
    /// The identity of the name of the application's class that is the protocol, as the network was last told.
    pub(super) class: Cell<Option<usize>>,
    /// There is something in `$recvBuffer` to be cut although nothing more was received.
    pub(super) interrupted: Cell<bool>,
    /// The pings and pongs of a websocket client that a class of the application reads.
    pub(super) control_frames: Cell<ControlFrames>,
    /// How often `$recvBuffer` was given another beginning.
    pub(super) beginnings: Cell<u32>,
    /// How much was measured of a chunked request in `$recvBuffer`.
    pub(super) measured: Cell<Option<Box<ChunkedLength>>>,
    /// How many events of `unseen` wait for the answer to a request; the network knows their weight.
    pub(super) held: Cell<usize>,
    /// The conditions of the request that was handed to the script last.
    pub(super) conditions: Cell<Option<Box<Conditions>>>,
    /// What was sent before there was a network connection, encoded.
    pub(super) unsent: RefCell<Vec<u8>>,
    /// What the connection runs on, if that need not be the reactor of the process.
    pub(super) reactor: RefCell<Weak<Reactor>>,
}

impl TcpState {
    /// The network's side.
    pub(super) fn network(&self) -> Option<Arc<Connection>> {
        self.look_at_network(|connection| connection.cloned())
    }

    /// Looks at the network's side. `look` must not ask for it itself.
    pub(super) fn look_at_network<T>(&self, look: impl FnOnce(Option<&Arc<Connection>>) -> T) -> T {
        let connection = self.connection.take();
        let result = look(connection.as_ref());
        self.connection.set(connection);
        result
    }

    /// Where the network's side is, for [`Runtime::write`](ouvrier_net::Runtime::write); `None` where it was heard of since it was sent to.
    pub(super) fn place(&self) -> Option<u32> {
        let place = self.place.get();
        (place > 0).then(|| place - 1)
    }

    /// The network's side was sent to.
    pub(super) fn note_sent(&self, connection: &Connection) {
        self.place.set(connection.place().wrapping_add(1));
    }

    /// Something was heard of the network's side.
    pub(super) fn note_heard(&self) {
        self.place.set(0);
    }

    /// Whether `connection` is the network's side; it may have been given up, or replaced by another.
    pub(super) fn speaks_through(&self, connection: &Arc<Connection>) -> bool {
        self.look_at_network(|own| own.is_some_and(|own| Arc::ptr_eq(own, connection)))
    }

    /// Takes the network's side, or replaces it.
    pub(super) fn replace_network(&self, by: Option<Arc<Connection>>) -> Option<Arc<Connection>> {
        self.note_heard();
        self.connection.replace(by)
    }

    /// Takes everything that waits for its turn.
    pub(super) fn take_unseen(&self) -> Events {
        self.unseen.take()
    }

    /// Looks at what waits for its turn, and changes it. `f` must not run PHP.
    pub(super) fn with_unseen<T>(&self, f: impl FnOnce(&mut Events) -> T) -> T {
        let mut unseen = self.unseen.take();
        let result = f(&mut unseen);
        self.unseen.set(unseen);
        result
    }

    /// What few connections have; from now on this one does.
    pub(super) fn seldom(&self) -> &Seldom {
        self.seldom.get_or_init(Box::default)
    }

    /// The same, if this one does.
    pub(super) fn seldom_if_any(&self) -> Option<&Seldom> {
        self.seldom.get().map(|seldom| &**seldom)
    }

    /// Whether there is something to be handled: an event, or what is in `$recvBuffer`.
    pub(super) fn has_unseen(&self) -> bool {
        self.with_unseen(|unseen| !unseen.is_empty()) || self.is_interrupted()
    }

    /// Whether there is something in `$recvBuffer` to be cut although nothing more was received.
    #[inline]
    pub(super) fn is_interrupted(&self) -> bool {
        self.seldom_if_any()
            .is_some_and(|seldom| seldom.interrupted.get())
    }

    /// Notes whether `$recvBuffer` is to be cut although nothing more was received.
    pub(super) fn interrupt(&self, interrupted: bool) {
        if interrupted || self.seldom_if_any().is_some() {
            self.seldom().interrupted.set(interrupted);
        }
    }

    /// Whether that was noted, once.
    pub(super) fn take_interrupted(&self) -> bool {
        self.seldom_if_any()
            .is_some_and(|seldom| seldom.interrupted.take())
    }

    /// How many bytes wait for a network connection.
    pub(super) fn unsent_bytes(&self) -> usize {
        self.seldom_if_any()
            .map_or(0, |seldom| seldom.unsent.borrow().len())
    }

    /// Takes what waits for a network connection.
    pub(super) fn take_unsent(&self) -> Vec<u8> {
        self.seldom_if_any()
            .map(|seldom| seldom.unsent.take())
            .unwrap_or_default()
    }

    /// The object counts in the statistics no longer, if it did.
    pub(super) fn leave_statistics(&self) {
        if self.counted.replace(false) {
            connection_interface::count(Counter::ConnectionCount, -1);
        }
    }

    /// Nothing waits for an answer any more.
    pub(super) fn let_through(&self, connection: &Arc<Connection>) {
        let Some(seldom) = self.seldom_if_any() else {
            return;
        };
        if seldom.held.take() > 0 {
            connection.release();
        } else if seldom.interrupted.get() {
            connection.call_owner();
        }
    }

    /// Forgets what was received, and that an answer is owed.
    pub(super) fn forget_received(&self) {
        drop(self.unseen.take());
        self.owed.set(Owed::Nothing);
        self.streaming.set(false);
        if let Some(seldom) = self.seldom_if_any() {
            seldom.held.set(0);
            seldom.interrupted.set(false);
        }
    }
}

/// What a script wants of the network for a connection, and what it was read from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Wishes {
    pub(super) max_package_size: u32,
    /// Which callbacks for a websocket the object had.
    pub(super) callbacks: OwnCallbacks,
    pub(super) protocol: Protocol,
    /// Whether the protocol is a class of the application; which one is noted in [`Seldom`].
    pub(super) speaks_class: bool,
    /// Whether the transport is TLS.
    pub(super) secure: bool,
}

impl Wishes {
    /// A size as it is noted: beyond 4 GiB there is none.
    pub(super) fn size(bytes: usize) -> u32 {
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }
}

static HANDLERS: Handlers = Handlers::new();

impl State for TcpState {
    const SETS_ASIDE: bool = true;
    const LATE: &'static [&'static Late] = &[&enrolment::CONTEXT, &address::REMOTE];
    const DESTRUCT: Option<fn(&Self)> = Some(Self::leave_statistics);

    fn handlers() -> &'static Handlers {
        &HANDLERS
    }
}
