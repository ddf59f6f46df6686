//! What the owner of a connection is told.

use std::ops::Range;

use ouvrier_protocol::{
    Received, http,
    websocket::{CloseFrame, Kind, Role},
};

use crate::{connector::ConnectError, spool::Spool, tls::TlsError};

/// How the bytes of a connection are cut into messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// No protocol: what one read brings is one message.
    #[default]
    Raw,
    /// Lines.
    Text,
    /// Packages behind a 32-bit length (Workerman's `frame`).
    LengthPrefixed,
    /// HTTP/1.x requests.
    Http,
    /// Websocket, server side: a handshake, then RFC 6455 messages.
    Websocket,
    /// Websocket, client side. The owner asks for the handshake, see [`Connection::request_upgrade`](crate::Connection::request_upgrade).
    WebsocketClient,
}

impl Protocol {
    /// Which end of a websocket connection we are; `None` for other protocols.
    #[must_use]
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::Websocket => Some(Role::Server),
            Self::WebsocketClient => Some(Role::Client),
            Self::Raw | Self::Text | Self::LengthPrefixed | Self::Http => None,
        }
    }
}

/// One entry of a connection's inbox, in the order in which it happened.
#[derive(Debug)]
pub enum Event {
    /// The connection was accepted. Always the first event, and told even of a connection that is over by then. With TLS the handshake
    /// comes after it.
    Opened,
    /// The connection that was asked for is there. It is paused; [`Connection::resume`](crate::Connection::resume) begins to read.
    Connected,
    /// The connection that was asked for does not come about, or its websocket handshake failed. Always the last event.
    ConnectFailed(Box<ConnectError>),
    /// A websocket handshake waits for [`Connection::accept_upgrade`](crate::Connection::accept_upgrade) or a refusal. Holds the request head.
    Upgrade(Vec<u8>),
    /// A websocket handshake was answered without asking; as a client, the server let us in. Holds the head that the peer sent.
    Upgraded(Vec<u8>),
    /// A whole message arrived.
    Message(Payload),
    /// A client waits to be told that the body of its request is wanted (RFC 9110 section 10.1.1). Told when the owner has an earlier request of it to
    /// answer; otherwise it was answered.
    Continue,
    /// A websocket ping arrived; only told when [`Settings::tell_ping`](crate::Settings::tell_ping) is set, otherwise it was answered.
    Ping(Vec<u8>),
    /// A websocket pong arrived.
    Pong(Vec<u8>),
    /// A websocket close frame arrived. The owner answers it and closes.
    ///
    /// Told when [`Settings::tell_close`](crate::Settings::tell_close) is set, or when something that came before it waits for the owner or is
    /// in its hands: an answer after the close frame would reach nobody. Otherwise it was answered, and the connection is over.
    CloseFrame(Option<CloseFrame>),
    /// The peer broke the protocol. Holds what the protocol wants answered before the end; empty where it has no words for it. Always the last event.
    Fault(Vec<u8>),
    /// The TLS handshake is done.
    Secured,
    /// The TLS handshake came to nothing. Always the last event; the peer has been told why, if it speaks TLS at all.
    Insecure(TlsError),
    /// Nothing more can be received. Always the last event.
    Closed(Closed),
}

/// Why a connection is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The peer closed its side. What is in the send buffer may still reach it.
    ByPeer,
    /// The close that was asked for has been carried out: the send buffer is flushed.
    Done,
    /// Writing or reading failed; queued bytes are lost.
    Failed,
}

/// The content of a message.
#[derive(Debug)]
pub enum Payload {
    /// What one read brought.
    Bytes(Received),
    /// A line or a package.
    Framed(Framed),
    /// A websocket message.
    Websocket(Kind, Received),
    /// An HTTP request. What of its body is not in memory is in a file.
    Http(http::Message, Option<Spool>),
}

/// A message with what sets it off from the next one on the wire.
#[derive(Debug)]
pub struct Framed {
    pub(crate) wire: Received,
    pub(crate) content: Range<usize>,
}

impl Framed {
    /// The message itself.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.wire[self.content.clone()]
    }
}

impl Event {
    /// Roughly what the event costs while it waits, in bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        size_of::<Self>()
            + self.received_bytes()
            + match self {
                Self::Fault(answer) => answer.len(),
                Self::Message(Payload::Http(message, _)) => trailers_weight(&message.trailers),
                _ => 0,
            }
    }

    /// How many bytes the peer has sent for the event, apart from what only frames them.
    #[must_use]
    pub fn received_bytes(&self) -> usize {
        match self {
            Self::Upgrade(bytes)
            | Self::Upgraded(bytes)
            | Self::Ping(bytes)
            | Self::Pong(bytes) => bytes.len(),
            Self::Message(Payload::Bytes(bytes) | Payload::Websocket(_, bytes)) => bytes.len(),
            Self::Message(Payload::Framed(message)) => message.wire.len(),
            Self::Message(Payload::Http(message, _)) => message.raw.len(),
            Self::Opened
            | Self::Connected
            | Self::ConnectFailed(_)
            | Self::Continue
            | Self::Fault(_)
            | Self::CloseFrame(_)
            | Self::Secured
            | Self::Insecure(_)
            | Self::Closed(_) => 0,
        }
    }
}

/// Many small trailers weigh more than their bytes: each has two allocations.
fn trailers_weight(trailers: &[(Vec<u8>, Vec<u8>)]) -> usize {
    const TRAILER: usize = size_of::<(Vec<u8>, Vec<u8>)>() + 64;
    trailers
        .iter()
        .map(|(name, value)| TRAILER + name.len() + value.len())
        .sum()
}
