//! What a listener asks of its clients, beyond what their protocol does. One value for all connections of the listener.

use std::{
    env,
    future::Future,
    path::PathBuf,
    sync::{Arc, LazyLock, Weak},
    time::Duration,
};

use ouvrier_protocol::{
    forwarded::Trusted,
    websocket::{self, Origins},
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    address::Peer,
    connection::{Connection, pulse},
};

use crate::compression::Compression;

/// What a listener asks of its clients, in groups. Durations of zero and counts of zero mean: no limit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// For websocket clients.
    pub websocket: Websocket,
    /// For http clients.
    pub http: Http,
    /// What a client may cost.
    pub limits: Limits,
    /// Who speaks for others.
    pub proxy: Proxy,
}

/// What is asked of websocket clients.
#[derive(Debug, Clone, PartialEq)]
pub struct Websocket {
    /// How messages are compressed, if the peer can do it; `None` for not at all.
    pub compression: Option<Compression>,
    /// The owner answers in kind: it notes of each message whether it is text or binary.
    pub follow_type: bool,
    /// Where pages that connect may be from; `None` for anywhere.
    pub origins: Option<Origins>,
    /// The time that a client has for its handshake, once it could begin.
    pub handshake_timeout: Duration,
    /// The time that it then has for its first message.
    pub first_message_timeout: Duration,
    /// How long a client may be silent before it is sent a ping.
    pub ping_interval: Duration,
    /// How long it may be silent after that.
    pub pong_timeout: Duration,
    /// How long there may be no message to or from a client.
    pub idle_timeout: Duration,
}

impl Websocket {
    /// Whether clients are to be watched for as long as they are there.
    fn watches(&self) -> bool {
        !self.ping_interval.is_zero() || !self.idle_timeout.is_zero()
    }
}

impl Default for Websocket {
    fn default() -> Self {
        Self {
            compression: None,
            follow_type: false,
            origins: None,
            handshake_timeout: Duration::from_secs(10),
            first_message_timeout: Duration::ZERO,
            ping_interval: Duration::ZERO,
            pong_timeout: Duration::from_secs(10),
            idle_timeout: Duration::ZERO,
        }
    }
}

/// What is asked of http clients.
#[derive(Debug, Clone, PartialEq)]
pub struct Http {
    /// Bytes of a request body beyond which it goes to a file while it arrives.
    pub body_in_memory: usize,
    /// Where that file is.
    pub folder: PathBuf,
    /// The time that a client has for the head of a request, the first one included.
    pub header_timeout: Duration,
    /// While a body arrives, at least `body_rate` bytes a second have to come in each period of this length, or one byte where the rate is 0.
    pub body_timeout: Duration,
    /// See [`body_timeout`](Self::body_timeout).
    pub body_rate: u32,
    /// While an answer waits for the client to read, it has to take at least `write_rate` bytes a second in each period of this length, or
    /// some where the rate is 0.
    pub write_timeout: Duration,
    /// See [`write_timeout`](Self::write_timeout).
    pub write_rate: u32,
    /// A client that says nothing for so long between two requests is parted from, at the latest after twice the time.
    pub idle_timeout: Duration,
    /// Whether responses are compressed for clients that accept it.
    pub compression: bool,
    /// Bytes of a response from which that is worth it.
    pub compression_least: usize,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            body_in_memory: 1024 * 1024,
            folder: env::temp_dir(),
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            body_rate: 240,
            write_timeout: Duration::from_secs(60),
            write_rate: 0,
            idle_timeout: Duration::from_secs(75),
            compression: false,
            compression_least: 1024,
        }
    }
}

/// What a client may cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Most bytes of a websocket handshake, and of the head of an http request.
    pub head_size: usize,
    /// Most bytes of the target of an http request; 0 for as many as the head has room for.
    pub uri_size: usize,
    /// Most fields of the head of an http request, and most trailers behind its body.
    pub header_count: usize,
    /// Most bytes of the payload of one websocket frame.
    pub frame_size: usize,
    /// Most frames of one websocket message.
    pub fragments: u32,
    /// Most pings and pongs of a websocket client in one second.
    pub control_frames: u32,
    /// Most connections that listeners of the process have accepted.
    pub connections: usize,
    /// Most of them from one address.
    pub connections_per_address: u32,
    /// Most bytes that wait in the process for peers to take them.
    pub queued_bytes: usize,
    /// What becomes of a client that does not take what is sent to it.
    pub slow_consumer: SlowConsumer,
    /// How long a connection that is to be closed waits for a peer that takes nothing of what stands before that.
    pub close_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_size: 16 * 1024,
            uri_size: 0,
            header_count: 100,
            frame_size: 0,
            fragments: 100_000,
            control_frames: 1000,
            connections: 0,
            connections_per_address: 0,
            queued_bytes: 512 << 20,
            slow_consumer: SlowConsumer::Drop,
            close_timeout: Duration::from_secs(60),
        }
    }
}

impl Limits {
    /// What a decoder of websocket messages is to keep to.
    pub(crate) const fn of_messages(&self, max_message: usize) -> websocket::Limits {
        let limits = websocket::Limits::of_messages(max_message);
        websocket::Limits {
            max_frame: match self.frame_size {
                0 => limits.max_frame,
                size => size,
            },
            max_fragments: match self.fragments {
                0 => limits.max_fragments,
                count => count,
            },
            ..limits
        }
    }
}

/// What becomes of a client for which there is no more room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlowConsumer {
    /// The newest message is dropped.
    Drop,
    /// It is parted from; a websocket client with this close code.
    Close(u16),
}

/// Who speaks for others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Proxy {
    /// Whose word is taken on who a client is.
    pub trusted: Trusted,
    /// They introduce each client by the PROXY protocol.
    pub protocol: bool,
}

impl Proxy {
    /// Whether the word of a peer is taken.
    #[must_use]
    pub fn trusts(&self, peer: &Peer) -> bool {
        match peer {
            Peer::Ip(address) => self.trusted.contains(address.ip()),
            Peer::Unix(_) => self.trusted.contains_unix(),
        }
    }
}

/// Where a connection comes from.
pub(crate) struct Origin {
    /// The tag of the listener that accepted it; 0 for one that we made.
    pub(crate) listener: u64,
    pub(crate) policy: Policy,
    /// Accepted since the watch looked last, if there is one.
    newcomers: Mutex<Vec<Weak<Connection>>>,
    /// Tells the watch that there are newcomers, or that the listener and its connections are gone.
    arrived: Arc<Notify>,
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.arrived.notify_one();
    }
}

impl Origin {
    /// Of connections that no listener accepted.
    pub(crate) fn ours() -> Arc<Self> {
        static OURS: LazyLock<Arc<Origin>> = LazyLock::new(|| Origin::new(0, Policy::default()));
        Arc::clone(&OURS)
    }

    pub(crate) fn new(listener: u64, policy: Policy) -> Arc<Self> {
        Arc::new(Self {
            listener,
            policy,
            newcomers: Mutex::default(),
            arrived: Arc::default(),
        })
    }

    /// The watch over the connections to come, if the policy asks for one.
    pub(crate) fn watch(self: &Arc<Self>) -> Option<impl Future<Output = ()> + Send + use<>> {
        let arrived = Arc::clone(&self.arrived);
        let watches = self.policy.websocket.watches();
        watches.then(|| pulse::watch(Arc::downgrade(self), arrived))
    }

    /// Has a new connection watched, if the policy asks for that.
    pub(crate) fn arrive(&self, connection: &Arc<Connection>) {
        if self.policy.websocket.watches() {
            self.newcomers.lock().push(Arc::downgrade(connection));
            self.arrived.notify_one();
        }
    }

    pub(crate) fn take_newcomers(&self) -> Vec<Weak<Connection>> {
        std::mem::take(&mut *self.newcomers.lock())
    }
}
