//! permessage-deflate of one websocket connection: what is wanted, what was agreed upon, and what compresses.

pub use ouvrier_protocol::websocket::deflate::Level;
use ouvrier_protocol::websocket::{
    Role,
    deflate::{Agreement, Deflater, Parameters, Preference, RSV1},
};
use parking_lot::Mutex;

use crate::frame::{BINARY, TEXT};

/// How websocket messages are to be compressed, if the peer agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression {
    /// Messages of fewer bytes go out as they are, unless RSV1 asks for more.
    pub threshold: usize,
    /// How hard to try.
    pub level: Level,
    /// Whether both ends may keep their windows between messages. It makes messages that are alike much smaller, and costs each connection
    /// some 330 KiB; what is sent to many is compressed for each of them.
    pub context_takeover: bool,
}

impl Default for Compression {
    /// What needs no memory between messages, and spares those that would not shrink by much.
    fn default() -> Self {
        Self {
            threshold: 512,
            level: Level::default(),
            context_takeover: false,
        }
    }
}

impl Compression {
    /// What the handshake says of it.
    #[must_use]
    pub fn preference(&self) -> Preference {
        Preference {
            server_context_takeover: self.context_takeover,
            client_context_takeover: self.context_takeover,
            ..Preference::default()
        }
    }
}

/// What was agreed upon with a peer, and what compresses the messages to it.
pub(crate) struct Compressor {
    agreement: Agreement,
    threshold: usize,
    parameters: Parameters,
    is_stateless: bool,
    /// Only the owner's thread uses it.
    deflater: Mutex<Deflater>,
}

impl Compressor {
    pub(crate) fn new(wanted: &Compression, agreement: Agreement, role: Role) -> Self {
        let deflater = agreement.deflater(role, wanted.level);
        Self {
            agreement,
            threshold: wanted.threshold,
            parameters: deflater.parameters(),
            is_stateless: deflater.is_stateless(),
            deflater: Mutex::new(deflater),
        }
    }

    pub(crate) const fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// Whether a message of `length` bytes is to be compressed. Only whole messages can be, and control frames never are.
    pub(crate) const fn wants(&self, first_byte: u8, length: usize) -> bool {
        matches!(first_byte & !RSV1, TEXT | BINARY)
            && (first_byte & RSV1 != 0 || length >= self.threshold)
    }

    /// What the compressed payload depends on, if it depends on nothing that was sent before.
    pub(crate) fn shareable(&self) -> Option<Parameters> {
        self.is_stateless.then_some(self.parameters)
    }

    /// The compressed payload. With context takeover it has to be sent, or the peer cannot read what follows.
    pub(crate) fn compress(&self, payload: &[u8]) -> Vec<u8> {
        let mut compressed = Vec::new();
        self.deflater.lock().message(payload, &mut compressed);
        compressed
    }
}
