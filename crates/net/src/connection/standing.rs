//! How a connection stands: what its owner looks at before it handles an event.

use super::{Connection, sending::EAGER_FLUSH, state::State};
use crate::event::Protocol;

/// How a connection stood at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// More answers would only pile up: a file goes out, or an http client does not take what it was sent.
    pub is_behind: bool,
    /// Bytes read from and written to the socket so far.
    pub traffic: (u64, u64),
}

impl Connection {
    /// How the connection stands now.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.lock().standing()
    }

    /// Bytes read from and written to the socket so far.
    #[must_use]
    pub fn traffic(&self) -> (u64, u64) {
        self.standing().traffic
    }
}

impl State {
    pub(super) fn standing(&self) -> Standing {
        let is_slow = self.protocol == Protocol::Http && self.blocked;
        Standing {
            is_behind: self.send.has_file() || is_slow && self.queued() >= EAGER_FLUSH,
            traffic: (self.bytes_read, self.bytes_written),
        }
    }
}
