//! Bytes that wait in many queues at once.

use std::ops::Deref;

use crate::ledger::Permit;

/// Bytes that may wait in many queues. The books of the process have them once, until nobody holds them any more.
#[derive(Debug)]
pub struct SharedBytes {
    bytes: Vec<u8>,
    _permit: Permit,
}

impl SharedBytes {
    pub(crate) const fn new(bytes: Vec<u8>, permit: Permit) -> Self {
        Self {
            bytes,
            _permit: permit,
        }
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}
