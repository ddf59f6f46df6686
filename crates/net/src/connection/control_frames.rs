//! How many pings and pongs a websocket client may send.

use std::{sync::LazyLock, time::Instant};

use super::Connection;

/// The pings and pongs of a client in the current second.
#[derive(Debug, Clone, Copy, Default)]
pub struct ControlFrames {
    second: u32,
    count: u32,
}

impl ControlFrames {
    /// Counts one that has come on `connection`. Returns whether there have been too many in this second: then the client has broken a rule, and is
    /// to be parted from with close code 1008.
    pub fn are_too_many(&mut self, connection: &Connection) -> bool {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        let limit = connection.policy().limits.control_frames;
        if limit == 0 {
            return false;
        }
        let now = u32::try_from(START.elapsed().as_secs()).unwrap_or(u32::MAX);
        if self.second != now {
            *self = Self {
                second: now,
                count: 0,
            };
        }
        self.count += 1;
        let are_too_many = self.count > limit;
        if are_too_many {
            connection.count(|ledger| &ledger.faulty);
        }
        are_too_many
    }
}
