//! What waits on a connection: bytes that were sent and are not written, and those that were received and not handled.

use ouvrier_net::Event;

use super::{
    answer,
    state::TcpState,
    tcp_connection::{slots, with_network},
};
use crate::zend::Object;

/// Bytes that were sent and are not written.
pub(crate) fn unwritten(this: &Object) -> usize {
    let unsent = this.state::<TcpState>().map_or(0, TcpState::unsent_bytes);
    unsent + with_network(this, |connection| connection.queued_bytes()).unwrap_or_default()
}

/// Bytes that were received and not handled yet, wherever they wait.
pub(super) fn received_bytes(this: &Object) -> usize {
    let network = with_network(this, |connection| connection.received_bytes()).unwrap_or_default();
    let unseen = this.state::<TcpState>().map_or(0, |state| {
        state.with_unseen(|unseen| unseen.iter().map(Event::received_bytes).sum())
    });
    network + unseen + this.length(slots().recv_buffer)
}

/// Whether nothing has been received that was not handled.
pub(crate) fn has_received_nothing(this: &Object) -> bool {
    received_bytes(this) == 0
}

/// Whether nothing is owed: no request is unanswered, nothing is half received, nothing waits to be written.
pub(crate) fn is_idle(this: &Object) -> bool {
    !answer::is_owed(this) && unwritten(this) == 0 && has_received_nothing(this)
}

/// Whether the peer has sent what the network has not read, and is going to. That asks the system.
pub(crate) fn has_arrived(this: &Object) -> bool {
    with_network(this, |connection| connection.has_unread()).unwrap_or_default()
}
