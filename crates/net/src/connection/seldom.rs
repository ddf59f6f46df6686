//! What few connections have, or none for long: kept apart, so that an idle one is small.

use std::time::Duration;

use ouvrier_protocol::websocket::client;
use tokio::task::AbortHandle;

use super::state::State;

/// What few connections have, or none for long.
#[derive(Default)]
pub(super) struct Seldom {
    /// Reads the answer to our own handshake, until the task takes it.
    pub(super) answer: Option<Box<client::Decoder>>,
    /// How long an ending connection waits for its peer.
    pub(super) linger: Duration,
    /// The peer was told that nothing more will come.
    pub(super) shut_down: bool,
    /// Bytes have waited for the end of the TLS handshake.
    pub(super) waited: bool,
    /// The time to linger has begun, although not everything is written.
    pub(super) hurried: bool,
    /// There are descriptors of the socket that are not ours to close.
    pub(super) duplicated: bool,
    /// Encoded messages that wait for the end of a websocket handshake.
    pub(super) early: Vec<u8>,
    /// Weight of events that the owner has taken and cannot handle yet.
    pub(super) held: usize,
    /// Sends pings, and ends with the task.
    pub(super) heartbeat: Option<AbortHandle>,
}

impl State {
    /// What few connections have; from now on this one does.
    pub(super) fn seldom(&mut self) -> &mut Seldom {
        self.seldom.get_or_insert_default()
    }

    /// The same, if this one does.
    pub(super) fn seldom_if_any(&mut self) -> Option<&mut Seldom> {
        self.seldom.as_deref_mut()
    }

    /// Whether there are descriptors of the socket that are not ours to close.
    pub(super) fn is_duplicated(&self) -> bool {
        self.seldom.as_ref().is_some_and(|seldom| seldom.duplicated)
    }

    /// Whether the peer's time has begun although not everything is written.
    pub(super) fn is_hurried(&self) -> bool {
        self.seldom.as_ref().is_some_and(|seldom| seldom.hurried)
    }

    /// Messages that wait for the end of a websocket handshake.
    pub(super) fn early(&self) -> &[u8] {
        self.seldom.as_ref().map_or(&[], |seldom| &seldom.early)
    }

    pub(super) fn take_early(&mut self) -> Vec<u8> {
        let seldom = self.seldom_if_any();
        seldom.map_or_else(Vec::new, |seldom| std::mem::take(&mut seldom.early))
    }
}
