//! Where a connection stands: in sending, with those who have to do with it, in its websocket handshake, and in the turn.

use crate::event::Protocol;

/// The life of the sending side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Bytes are taken.
    Open,
    /// The socket is given up as soon as the send buffer is empty.
    Closing,
    /// The sending side is shut as soon as the send buffer is empty; received bytes are thrown away.
    Ending,
    /// The socket is given up.
    Closed,
}

/// Who has to do with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// The task alone: the owner has not heard that there is a connection, which comes before everything in the inbox.
    New,
    /// The task and the owner, as far as it has not destroyed the connection.
    Both,
    /// The owner alone: the peer has reset the connection, which the owner hears as the last event.
    Left,
}

impl Presence {
    /// The owner need not be told any more that there is a connection. Whether it had to be comes back.
    pub(super) fn introduce(&mut self) -> bool {
        let is_new = *self == Self::New;
        if is_new {
            *self = Self::Both;
        }
        is_new
    }
}

/// The life of a websocket handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upgrade {
    /// No request yet; as a client, no answer yet.
    Expected,
    /// It is the owner's turn: the request waits for its verdict or, as a client, for being made.
    Asked,
    /// Answered, or not a websocket connection.
    Done,
}

impl Upgrade {
    pub(super) const fn first(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Websocket => Self::Expected,
            Protocol::WebsocketClient => Self::Asked,
            _ => Self::Done,
        }
    }
}

/// What the next turn does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// Nothing.
    Idle,
    /// It visits it: the connection is in the outbox.
    Posted,
    /// It writes letters to it, see [`letters`](crate::letters): nothing else happens to the connection meanwhile. What was written since it began is not
    /// counted here.
    Still,
}
