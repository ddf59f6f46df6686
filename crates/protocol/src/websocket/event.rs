/// What a decoder found in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A whole message, joined from its fragments.
    Message {
        /// Text is valid UTF-8.
        kind: Kind,
        /// The payload, unmasked.
        data: Vec<u8>,
    },
    /// To be answered with a pong that carries the same payload, 125 bytes at most.
    Ping(Vec<u8>),
    /// An answer to a ping, or an unasked sign of life.
    Pong(Vec<u8>),
    /// The peer says its last word, with or without a reason. It is to be answered with a close
    /// frame unless one was sent already; the decoder discards whatever follows.
    Close(Option<CloseFrame>),
}

/// The type of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Binary,
}

/// Why the peer closes (RFC 6455 section 7.1.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseFrame {
    /// A code that may stand on the wire.
    pub code: u16,
    /// Valid UTF-8, 123 bytes at most.
    pub reason: Vec<u8>,
}
