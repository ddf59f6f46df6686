//! `Workerman\Connection\TcpConnection`.

use std::{rc::Rc, sync::Arc};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_net::{Connection, policy::Proxy};
use ouvrier_protocol::forwarded;

use super::{
    address, adoption, close, enrolment, flow, limits, packages, send, starttls, state::TcpState,
    waiting,
};
use crate::{
    protocols,
    worker::reactor::{self, Reactor},
    zend::{Call, Class, Name, Object, Registration, Result, array, slots, stream, value},
};

slots! {
    /// Properties of a TCP connection.
    Slots {
        on_connect: "onConnect",
        on_web_socket_connect: "onWebSocketConnect",
        on_web_socket_connected: "onWebSocketConnected",
        on_web_socket_close: "onWebSocketClose",
        on_buffer_full: "onBufferFull",
        on_buffer_drain: "onBufferDrain",
        transport: "transport",
        worker: "worker",
        bytes_read: "bytesRead",
        bytes_written: "bytesWritten",
        id: "id",
        max_send_buffer_size: "maxSendBufferSize",
        context: "context",
        headers: "headers",
        max_package_size: "maxPackageSize",
        linger_timeout: "lingerTimeout",
        real_id: "realId",
        is_safe: "isSafe",
        status: "status",
        remote_address: "remoteAddress",
        is_paused: "isPaused",
        end_write_shutdown: "endWriteShutdown",
        recv_buffer: "recvBuffer",
        current_package_length: "currentPackageLength",
        socket: "socket",
        ssl_handshake_completed: "sslHandshakeCompleted",
    }
}

static CLASS: Registration<Slots> = Registration::new();

/// The usual transport.
static TCP: Name = Name::new("tcp");

/// The `STATUS_*` constants.
pub(super) mod status {
    /// Not connected, and about to be: what is sent waits.
    pub(crate) const INITIAL: i64 = 0;
    pub(crate) const CONNECTING: i64 = 1;
    pub(crate) const ESTABLISHED: i64 = 2;
    pub(crate) const ENDING: i64 = 4;
    pub(crate) const CLOSING: i64 = 8;
    pub(crate) const CLOSED: i64 = 16;
}

pub(super) fn register() {
    TCP.prepare();
    let class = Class::declared(include_str!("tcp_connection.stub.php"))
        .carrying::<TcpState>()
        .method("__construct", adoption::construct)
        .method("getStatus", get_status)
        .method("send", send)
        .method("getRemoteIp", |call: &mut Call| remote(call, address::ip))
        .method("getRemotePort", |call: &mut Call| {
            remote(call, address::port)
        })
        .method("getRemoteAddress", get_remote_address)
        .method("getLocalIp", |call: &mut Call| local(call, address::ip))
        .method("getLocalPort", |call: &mut Call| local(call, address::port))
        .method("getLocalAddress", |call: &mut Call| {
            local(call, ToOwned::to_owned)
        })
        .method("getSendBufferQueueSize", |call: &mut Call| {
            Ok(value::long(waiting::unwritten(&call.this()?)))
        })
        .method("getRecvBufferQueueSize", |call: &mut Call| {
            Ok(value::long(waiting::received_bytes(&call.this()?)))
        })
        .method("pauseRecv", flow::pause_recv)
        .method("resumeRecv", flow::resume_recv)
        .method("baseRead", flow::base_read)
        .method("baseWrite", flow::base_write)
        .method("doSslHandshake", starttls::do_ssl_handshake)
        .method("consumeRecvBuffer", consume_recv_buffer)
        .method("getSocket", get_socket)
        .method("pipe", flow::pipe)
        .method("close", |call: &mut Call| {
            close::close(&call.this()?, &call.value(0), call.bool_or(1, false))
        })
        .method("end", |call: &mut Call| {
            close::end(&call.this()?, &call.value(0), call.bool_or(1, false))
        })
        .method("isIpV4", |call: &mut Call| remote(call, address::is_v4))
        .method("isIpV6", |call: &mut Call| remote(call, address::is_v6))
        .method("bufferIsEmpty", |call: &mut Call| {
            Ok(waiting::unwritten(&call.this()?) == 0)
        })
        .method("bufferIsFull", |call: &mut Call| {
            limits::buffer_is_full(&call.this()?)
        })
        .method("checkBufferWillFull", |call: &mut Call| {
            limits::check_buffer_will_full(&call.this()?)
        })
        .method("endMaybeShutdownWrite", |call: &mut Call| {
            close::end_maybe_shutdown_write(&call.this()?)
        })
        .method("destroy", |call: &mut Call| close::destroy(&call.this()?))
        .method("jsonSerialize", json_serialize)
        .method("__unserialize", unserialize)
        .method("__destruct", destruct);
    CLASS.register(class, Slots::of);
}

pub(crate) fn class() -> &'static ClassEntry {
    CLASS.class()
}

pub(crate) fn slots() -> &'static Slots {
    CLASS.slots()
}

/// The network's side of a connection object; `None` before it has one, for mocks, and once it is destroyed.
pub(crate) fn network(this: &Object) -> Option<Arc<Connection>> {
    this.state::<TcpState>()?.network()
}

/// Looks at the network's side of a connection object, where there is one. `look` must not run PHP.
pub(super) fn with_network<T>(
    this: &Object,
    look: impl FnOnce(&Arc<Connection>) -> T,
) -> Option<T> {
    this.state::<TcpState>()?
        .look_at_network(|network| network.map(look))
}

/// A new object for an accepted connection, with the defaults that the class has for new connections.
pub(super) fn adopt(connection: &Arc<Connection>) -> Result<Object> {
    let this = Object::new(class())?;
    enrolment::enrol(&this);
    attach(&this, connection);
    let slots = slots();
    address::REMOTE.put_off(&this, slots.remote_address);
    this.set(slots.linger_timeout, enrolment::LINGER_TIMEOUT.get());
    Ok(this)
}

/// Gives the object its network connection, and that what was sent already.
pub(super) fn attach(this: &Object, connection: &Arc<Connection>) {
    let Some(state) = this.state::<TcpState>() else {
        return;
    };
    let id = this.long(slots().real_id);
    connection.set_number(u64::try_from(id).unwrap_or_default());
    drop(state.replace_network(Some(Arc::clone(connection))));
    state.wishes.set(None);
    let unsent = state.take_unsent();
    if !unsent.is_empty() {
        connection.send(limits::limit(this), |out| out.extend_from_slice(&unsent));
    }
}

/// Notes whose request it is, where a trusted proxy says so in its head. The next one may be somebody else's.
#[inline]
pub(super) fn note_client(this: &Object, connection: &Connection, head: &[u8]) {
    let proxy = &connection.policy().proxy;
    if !proxy.trusted.is_empty() {
        note_forwarded(this, connection, head, proxy);
    }
}

#[cold]
fn note_forwarded(this: &Object, connection: &Connection, head: &[u8], proxy: &Proxy) {
    let Some(peer) = connection.remote().filter(|peer| proxy.trusts(peer)) else {
        return;
    };
    let client = forwarded::client(head, &proxy.trusted);
    let shown = client.map_or_else(|| peer.to_string(), |client| client.to_string());
    this.set(slots().remote_address, value::bytes(shown));
}

/// Notes what the connection runs on.
pub(super) fn set_home(this: &Object, reactor: &Rc<Reactor>) {
    if let Some(state) = this.state::<TcpState>() {
        state.seldom().reactor.replace(Rc::downgrade(reactor));
    }
}

/// What the connection runs on.
pub(crate) fn home(this: &Object) -> Option<Rc<Reactor>> {
    let seldom = this.state::<TcpState>()?.seldom_if_any();
    let settled = seldom.and_then(|seldom| seldom.reactor.borrow().upgrade());
    settled.or_else(reactor::current)
}

/// Whether `connection` is the one that the object speaks through, and speaks through freely.
pub(super) fn is_open(this: &Object, connection: &Arc<Connection>) -> bool {
    speaks_through(this, connection) && this.long(slots().status) == status::ESTABLISHED
}

/// Whether `connection` is the one that the object speaks through; it may have been given up, or replaced by another.
pub(super) fn speaks_through(this: &Object, connection: &Arc<Connection>) -> bool {
    this.state::<TcpState>()
        .is_some_and(|state| state.speaks_through(connection))
}

/// Whether the transport is TLS.
#[inline]
pub(crate) fn is_secure(this: &Object) -> bool {
    !this.is_literally(slots().transport, &TCP) && this.look(slots().transport, is_tls)
}

#[cold]
fn is_tls(transport: &Zval) -> bool {
    let text = transport.zend_str().map(|text| text.as_bytes());
    matches!(text, Some(b"ssl" | b"tls"))
}

pub(super) fn max_package_size(this: &Object) -> usize {
    usize::try_from(this.long(slots().max_package_size)).unwrap_or_default()
}

/// `TcpConnection::$defaultMaxPackageSize`.
pub(crate) fn default_max_package_size() -> usize {
    let size = enrolment::MAX_PACKAGE_SIZE.with(|size| size.long());
    usize::try_from(size.flatten().unwrap_or_default()).unwrap_or_default()
}

/// Whether a connection is neither made nor ended at this moment. One without a network, such as a mock, is what its status says.
pub(crate) fn is_established(this: &Object) -> bool {
    this.long(slots().status) == status::ESTABLISHED
}

/// Whether the websocket handshake of a connection is done.
pub(crate) fn is_upgraded(this: &Object) -> bool {
    with_network(this, |connection| connection.is_upgraded()).unwrap_or_default()
}

/// Whether a connection is of our class itself, and of no subclass.
pub(crate) fn is_native(this: &Object) -> bool {
    std::ptr::eq(this.class(), class())
}

/// The worker that accepted a connection.
pub(crate) fn worker_of(this: &Object) -> Option<Object> {
    this.object(slots().worker)
}

/// A websocket callback of a connection, declared or dynamic; null when it is not set.
pub(crate) fn own_callback(this: &Object, name: &str) -> Zval {
    match name {
        "onWebSocketConnect" => this.get(slots().on_web_socket_connect),
        "onWebSocketConnected" => this.get(slots().on_web_socket_connected),
        "onWebSocketClose" => this.get(slots().on_web_socket_close),
        _ => protocols::websocket::dynamic_callback(this, name),
    }
}

fn get_status(call: &mut Call) -> Result<Zval> {
    let status = call.this()?.long(slots().status);
    if call.bool_or(0, true) {
        return Ok(value::long(status));
    }
    Ok(value::bytes(match status {
        status::INITIAL => "INITIAL",
        status::CONNECTING => "CONNECTING",
        status::ESTABLISHED => "ESTABLISHED",
        status::ENDING => "ENDING",
        status::CLOSING => "CLOSING",
        _ => "CLOSED",
    }))
}

fn send(call: &mut Call) -> Result<Zval> {
    let Some(data) = call.look(0) else {
        return Ok(Zval::null());
    };
    send::send(call.borrow_this()?, data, call.bool_or(1, false))
}

/// `$remoteAddress`.
pub(super) fn remote_address(this: &Object) -> Vec<u8> {
    address::REMOTE.settle(this);
    this.bytes(slots().remote_address)
}

fn remote<T>(call: &Call, read: impl Fn(&str) -> T) -> Result<T> {
    let address = remote_address(&call.this()?);
    Ok(read(&String::from_utf8_lossy(&address)))
}

fn local<T>(call: &Call, read: impl Fn(&str) -> T) -> Result<T> {
    let address = network(&call.this()?)
        .and_then(|connection| connection.local())
        .map(|peer| peer.to_string());
    Ok(read(&address.unwrap_or_default()))
}

fn get_remote_address(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    address::REMOTE.settle(&this);
    Ok(this.get(slots().remote_address))
}

fn consume_recv_buffer(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    let length = usize::try_from(call.long_or(0, 0)).unwrap_or_default();
    packages::consume(&this, length);
    Ok(())
}

/// The stream is made when it is asked for, and kept, so that it is the same each time.
fn get_socket(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    let known = this.get(slots().socket);
    if !known.is_null() {
        return Ok(known);
    }
    let Some(socket) = network(&this).and_then(|connection| connection.duplicate_socket()) else {
        return Ok(Zval::null());
    };
    let stream = stream::from_socket(socket);
    starttls::remember(&stream, &this);
    this.set(slots().socket, stream.shallow_clone());
    Ok(stream)
}

/// Brings the counters that scripts read up to date.
pub(super) fn update_traffic(this: &Object) {
    let Some(state) = this.state::<TcpState>() else {
        return;
    };
    if let Some(traffic) = state.look_at_network(|own| own.map(|own| own.traffic())) {
        note_traffic(this, traffic);
    }
}

/// Lets scripts read how many bytes were read and written.
#[inline]
pub(super) fn note_traffic(this: &Object, (read, written): (u64, u64)) {
    let slots = slots();
    this.set(slots.bytes_read, value::long(read));
    this.set(slots.bytes_written, value::long(written));
}

fn json_serialize(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    let mut array = Zval::new_array();
    array::set_name(&mut array, "id", this.get(slots().id));
    array::set_name(&mut array, "status", this.get(slots().status));
    address::describe(&this, &this.get(slots().transport), array)
}

fn unserialize(call: &mut Call) -> Result<()> {
    call.this()?.set(slots().is_safe, value::boolean(false));
    Ok(())
}

fn destruct(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    if let Some(state) = this.state::<TcpState>() {
        state.leave_statistics();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zend::Slot;

    #[test]
    fn what_each_send_looks_at_is_in_one_cache_line_of_the_object() {
        let stubs = [
            include_str!("connection_interface.stub.php"),
            include_str!("tcp_connection.stub.php"),
        ];
        let [status, others @ ..] = ["status", "transport", "maxSendBufferSize"]
            .map(|property| Slot::of_declared(&stubs, property).line::<TcpState>());
        assert_eq!(others, [status; 2]);
    }
}
