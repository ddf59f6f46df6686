//! The limit of what may wait to be written, and those who have a say in it: `bufferIsFull()` and `checkBufferWillFull()` of subclasses.

use ouvrier_net::Sent;

use super::{
    connection_interface::{self, Counter, notify},
    send,
    state::TcpState,
    tcp_connection::{slots, with_network},
};
use crate::{
    worker,
    zend::{Object, Result},
};

/// The bytes at which a connection's queue is full.
pub(super) fn limit(this: &Object) -> usize {
    usize::try_from(this.long(slots().max_send_buffer_size)).unwrap_or_default()
}

/// The limit that holds for the next message; `None` when it is to be dropped. A subclass that decides for itself knows no limit.
#[inline]
pub(super) fn admit(this: &Object) -> Result<Option<usize>> {
    if this.has_native_method("bufferIsFull") {
        return Ok(Some(limit(this)));
    }
    ask_whether_full(this)
}

#[cold]
fn ask_whether_full(this: &Object) -> Result<Option<usize>> {
    if waiting(this).is_none() {
        return Ok(Some(limit(this)));
    }
    let is_full = this.call("bufferIsFull", &mut [])?;
    if is_full.bool().unwrap_or_default() {
        count_loss();
        return Ok(None);
    }
    Ok(Some(usize::MAX))
}

/// Counts a message that was dropped.
#[cold]
pub(super) fn count_loss() {
    worker::report::count_dropped();
    connection_interface::count(Counter::SendFail, 1);
}

/// A message has to wait: the script may want to know.
#[cold]
pub(super) fn kept_waiting(this: &Object, sent: Sent) -> Result<()> {
    let is_native =
        this.has_native_method("checkBufferWillFull") && this.has_native_method("bufferIsFull");
    if !is_native {
        return this.call("checkBufferWillFull", &mut []).map(drop);
    }
    if sent == Sent::Filled {
        tell_full(this)?;
    }
    Ok(())
}

/// `$this->checkBufferWillFull()`.
pub(super) fn check_buffer_will_full(this: &Object) -> Result<()> {
    if is_full(this) {
        tell_full(this)
    } else {
        Ok(())
    }
}

/// `$this->bufferIsFull()`.
pub(super) fn buffer_is_full(this: &Object) -> Result<bool> {
    let is_full = is_full(this);
    if is_full {
        send::tell_loss(this, "send buffer full and drop package")?;
    }
    Ok(is_full)
}

fn tell_full(this: &Object) -> Result<()> {
    notify(
        this,
        &this.get(slots().on_buffer_full),
        &mut [this.to_zval()],
    )
}

fn is_full(this: &Object) -> bool {
    waiting(this).is_some_and(|waiting| waiting >= limit(this))
}

/// How many bytes wait because they cannot be written yet; `None` when there are none. Files are not among them.
fn waiting(this: &Object) -> Option<usize> {
    let waiting = match with_network(this, |connection| connection.held_up_bytes()) {
        Some(held_up) => held_up?,
        None => this.state::<TcpState>()?.unsent_bytes(),
    };
    (waiting > 0).then_some(waiting)
}
