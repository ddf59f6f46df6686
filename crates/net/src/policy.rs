//! What a listener asks of its clients, beyond what their protocol does. One value for all connections of the listener.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use ouvrier_protocol::websocket::{self, Origins};

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
    /// Where pages that connect may be from; `None` for anywhere.
    pub origins: Option<Origins>,
    /// The time that a client has for its handshake, once it could begin.
    pub handshake_timeout: Duration,
    /// The time that it then has for its first message.
    pub first_message_timeout: Duration,
}

impl Default for Websocket {
    fn default() -> Self {
        Self {
            origins: None,
            handshake_timeout: Duration::from_secs(10),
            first_message_timeout: Duration::ZERO,
        }
    }
}

/// What is asked of http clients.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Http {}

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

/// Who speaks for others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Proxy {}

/// Where a connection comes from.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The tag of the listener that accepted it; 0 for one that we made.
    pub(crate) listener: u64,
    pub(crate) policy: Arc<Policy>,
}

impl Origin {
    /// Of connections that no listener accepted.
    pub(crate) fn ours() -> Arc<Self> {
        static OURS: LazyLock<Arc<Origin>> = LazyLock::new(|| {
            Arc::new(Origin {
                listener: 0,
                policy: Arc::default(),
            })
        });
        Arc::clone(&OURS)
    }
}
