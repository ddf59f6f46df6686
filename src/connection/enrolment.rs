//! What makes a connection one of the process: its number, its limits, and its place in `TcpConnection::$connections`.

use ext_php_rs::types::Zval;

use super::{
    connection_interface::{self, Counter},
    state::TcpState,
    tcp_connection::{class, is_native, slots},
};
use crate::zend::{Late, Object, array, statics::StaticSlot, value};

static ID_RECORDER: StaticSlot = StaticSlot::new(class, "idRecorder");
static CONNECTIONS: StaticSlot = StaticSlot::new(class, "connections");
static MAX_SEND_BUFFER_SIZE: StaticSlot = StaticSlot::new(class, "defaultMaxSendBufferSize");
pub(super) static MAX_PACKAGE_SIZE: StaticSlot = StaticSlot::new(class, "defaultMaxPackageSize");
pub(super) static LINGER_TIMEOUT: StaticSlot = StaticSlot::new(class, "defaultLingerTimeout");

/// `$context`, an empty object.
pub(super) static CONTEXT: Late = Late::new("context", context);

fn context(_: &Object) -> Zval {
    // A plain object can always be made.
    Object::new(ext_php_rs::zend::ce::stdclass()).map_or_else(|_| Zval::null(), Object::into_zval)
}

/// Gives a new connection its number, its limits and its place among all connections.
pub(super) fn enrol(this: &Object) {
    let slots = slots();
    if let Some(state) = this.state::<TcpState>() {
        state.counted.set(true);
    }
    connection_interface::count(Counter::ConnectionCount, 1);
    let id = ID_RECORDER.with(|recorder| {
        let id = recorder.long().unwrap_or(1);
        *recorder = value::long(if id == i64::MAX { 1 } else { id + 1 });
        id
    });
    let id = id.unwrap_or_default();
    this.set(slots.id, value::long(id));
    this.set(slots.real_id, value::long(id));
    this.set(slots.max_send_buffer_size, MAX_SEND_BUFFER_SIZE.get());
    this.set(slots.max_package_size, MAX_PACKAGE_SIZE.get());
    // A subclass may declare it anew, in its own way.
    if is_native(this) {
        CONTEXT.put_off(this, slots.context);
    } else {
        this.set(slots.context, context(this));
    }
    publish(this);
}

/// Takes the connection out of `TcpConnection::$connections`. What was there comes back, to be dropped.
pub(super) fn unpublish(id: i64) -> Option<Zval> {
    CONNECTIONS.with(|all| array::take_index(all, id)).flatten()
}

/// Puts the connection into `TcpConnection::$connections`.
pub(super) fn publish(this: &Object) {
    let id = this.long(slots().real_id);
    let old = CONNECTIONS.with(|all| array::replace_index(all, id, this.to_zval()));
    drop(old);
}
