//! A connection at one moment.

use std::sync::atomic::Ordering::Relaxed;

use super::{Connection, life::Phase};
use crate::{address::Peer, event::Protocol};

/// A connection at one moment, for reports.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The number that the owner gave it.
    pub number: u64,
    /// Its bytes are encrypted.
    pub secure: bool,
    /// How its bytes are cut into messages.
    pub protocol: Protocol,
    /// Bytes that were received and not handled yet.
    pub received: usize,
    /// Bytes that wait to be written.
    pub queued: usize,
    /// The peer does not read as fast as it is sent to.
    pub slow: bool,
    /// Bytes read from the socket so far.
    pub bytes_read: u64,
    /// Bytes written to the socket so far.
    pub bytes_written: u64,
    /// `CONNECTING`, `ESTABLISHED`, `ENDING`, `CLOSING` or `CLOSED`.
    pub stage: &'static str,
    /// Our own address.
    pub local: Option<Peer>,
}

impl Connection {
    /// What a report says of the connection.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let state = self.lock();
        Summary {
            number: self.number.load(Relaxed),
            secure: state.tls.is_some(),
            protocol: state.protocol,
            received: state.inbox_weight + state.pending,
            queued: state.queued(),
            slow: state.blocked,
            bytes_read: state.bytes_read,
            bytes_written: state.bytes_written,
            stage: match state.phase {
                Phase::Open if state.writer.is_none() => "CONNECTING",
                Phase::Open => "ESTABLISHED",
                Phase::Closing => "CLOSING",
                Phase::Ending => "ENDING",
                Phase::Closed => "CLOSED",
            },
            local: state.writer.as_ref().and_then(|writer| writer.local().ok()),
        }
    }
}
