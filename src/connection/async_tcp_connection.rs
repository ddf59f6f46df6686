//! `Workerman\Connection\AsyncTcpConnection`.

use std::{sync::Arc, time::SystemTime};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_net::{
    Connection,
    connector::{self, ConnectError},
};

use super::{
    close, connection_interface, dispatch, enrolment, flow,
    remote_address::RemoteAddress,
    route,
    state::TcpState,
    tcp_connection::{self, status},
    tls_client,
};
use crate::{
    events, protocols, timer,
    worker::{self, event_loop},
    zend::{Call, Class, Object, Registration, Result, array, exception, slots, value},
};

slots! {
    /// Properties of a client connection, besides those of all TCP connections.
    Slots {
        proxy_socks5: "proxySocks5",
        proxy_http: "proxyHttp",
        proxy_authorization: "proxyAuthorization",
        proxy_socks5_username: "proxySocks5Username",
        proxy_socks5_password: "proxySocks5Password",
        remote_host: "remoteHost",
        remote_port: "remotePort",
        connect_start_time: "connectStartTime",
        remote_uri: "remoteURI",
        socket_context: "socketContext",
        reconnect_timer: "reconnectTimer",
    }
}

static CLASS: Registration<Slots> = Registration::new();

pub(super) fn register() {
    let class = Class::declared(include_str!("async_tcp_connection.stub.php"))
        .method("__construct", construct)
        .method("reconnect", reconnect)
        .method("connect", |call: &mut Call| connect(&call.this()?))
        .method("cancelReconnect", |call: &mut Call| {
            cancel_reconnect(&call.this()?)
        })
        .method("getRemoteHost", |call: &mut Call| {
            Ok(call.this()?.get(slots().remote_host))
        })
        .method("getRemoteURI", |call: &mut Call| {
            Ok(call.this()?.get(slots().remote_uri))
        })
        .method("checkConnection", flow::base_read)
        .method("emitError", emit_error);
    CLASS.register(class, Slots::of);
}

pub(super) fn class() -> &'static ClassEntry {
    CLASS.class()
}

pub(crate) fn slots() -> &'static Slots {
    CLASS.slots()
}

fn construct(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    let text = String::from_utf8_lossy(&call.bytes(0)).into_owned();
    let Some(address) = RemoteAddress::parse(&text) else {
        return exception::throw_runtime("Bad remoteAddress");
    };
    choose(&this, &address.scheme)?;
    this.set(slots().remote_host, value::bytes(address.host));
    this.set(slots().remote_port, value::long(address.port));
    this.set(slots().remote_uri, value::bytes(address.uri));
    this.set(
        tcp_connection::slots().remote_address,
        value::bytes(address.shown),
    );
    if let Some(context) = call.argument(1) {
        this.set(slots().socket_context, context);
    }
    enrolment::enrol(&this);
    Ok(())
}

/// Sets the transport or the protocol that a scheme names. `wss` is `ws` over TLS.
fn choose(this: &Object, scheme: &str) -> Result<()> {
    let transport = tcp_connection::slots().transport;
    match scheme {
        "tcp" | "unix" | "ssl" | "tls" => {
            this.set(transport, value::bytes(scheme));
            return Ok(());
        }
        "udp" => return exception::throw_runtime("udp:// is for AsyncUdpConnection"),
        "sslv2" | "sslv3" => {
            return exception::throw_runtime(&format!(
                "{scheme} is broken and not spoken; use ssl://"
            ));
        }
        _ => {}
    }
    let mut class = protocols::of_scheme(scheme);
    if scheme == "wss" && class.is_err() && exception::take().is_some() {
        this.set(transport, value::bytes("ssl"));
        class = protocols::of_scheme("ws");
    }
    this.set(
        connection_interface::slots().protocol,
        value::literal(&format!("\\{}", class?)),
    );
    Ok(())
}

/// `$connection->connect()`.
fn connect(this: &Object) -> Result<()> {
    let shared = tcp_connection::slots();
    if !matches!(
        this.long(shared.status),
        status::INITIAL | status::CLOSING | status::CLOSED
    ) {
        return Ok(());
    }
    let event_loop = this
        .object(connection_interface::slots().event_loop)
        .map_or_else(event_loop::global, Ok)?;
    let reactor = events::reactor_of(&event_loop)?;
    // Nobody would handle what comes of it.
    if reactor.is_stopping() {
        return Ok(());
    }
    let protocol = protocols::for_client(this)?;
    settle_port(this);
    let (route, tls) = (route::of(this)?, tls_client::of(this)?);
    let policy = worker::options::of_client(&this.get(slots().socket_context))?;
    drop(close::let_go(this));
    this.set(
        connection_interface::slots().event_loop,
        event_loop.to_zval(),
    );
    this.set(shared.status, value::long(status::CONNECTING));
    this.set(slots().connect_start_time, now());
    let max_package_size = tcp_connection::max_package_size(this);
    let settings = worker::settings_for_connection(this, max_package_size, protocol);
    let connection = connector::connect(&reactor.runtime, route, tls, protocol, settings, policy);
    tcp_connection::attach(this, &connection);
    tcp_connection::set_home(this, &reactor);
    reactor.remember_connection(&connection, this);
    if let Some(state) = this.state::<TcpState>() {
        dispatch::follow(this, state, &connection);
    }
    Ok(())
}

/// Where the address names no port, the transport does.
fn settle_port(this: &Object) {
    let shared = tcp_connection::slots();
    if this.long(slots().remote_port) != 0 || this.bytes(shared.transport) == b"unix" {
        return;
    }
    let port = if tcp_connection::is_secure(this) {
        443
    } else {
        80
    };
    let shown = [
        &this.bytes(slots().remote_host)[..],
        format!(":{port}").as_bytes(),
    ]
    .concat();
    this.set(slots().remote_port, value::long(port));
    this.set(shared.remote_address, value::bytes(shown));
}

/// The connection is there: the script prepares it, and then it is read.
pub(super) fn connected(this: &Object, connection: &Arc<Connection>) -> Result<()> {
    let shared = tcp_connection::slots();
    this.set(shared.status, value::long(status::ESTABLISHED));
    if tcp_connection::is_secure(this) {
        this.set(shared.ssl_handshake_completed, value::boolean(true));
    }
    if let Some(remote) = connection.remote() {
        this.set(shared.remote_address, value::bytes(remote.to_string()));
    }
    connection_interface::notify(this, &this.get(shared.on_connect), &mut [this.to_zval()])?;
    if !tcp_connection::is_open(this, connection) {
        return Ok(());
    }
    protocols::on_connect(this, connection)?;
    if tcp_connection::is_open(this, connection) {
        dispatch::begin(this, connection);
    }
    Ok(())
}

/// The connection does not come about, or the server does not speak websocket with us.
pub(super) fn failed(this: &Object, error: &ConnectError) -> Result<()> {
    let shared = tcp_connection::slots();
    let reason = match error {
        ConnectError::Tunnel(_) | ConnectError::Websocket(_) => error.to_string(),
        _ => format!(
            "connect {} fail after {} seconds: {error}",
            String::from_utf8_lossy(&this.bytes(shared.remote_address)),
            seconds_since_start(this)
        ),
    };
    drop(close::let_go(this));
    this.call(
        "emitError",
        &mut [
            value::long(connection_interface::CONNECT_FAIL),
            value::bytes(reason),
        ],
    )?;
    if this.long(shared.status) == status::CLOSING {
        close::destroy(this)?;
    }
    if this.long(shared.status) == status::CLOSED {
        this.set(shared.on_connect, Zval::null());
    }
    Ok(())
}

fn emit_error(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    this.set(tcp_connection::slots().status, value::long(status::CLOSING));
    let on_error = this.get(connection_interface::slots().on_error);
    let arguments = &mut [this.to_zval(), call.value(0), call.value(1)];
    connection_interface::notify(&this, &on_error, arguments)
}

fn reconnect(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    drop(close::let_go(&this));
    this.set(tcp_connection::slots().status, value::long(status::INITIAL));
    enrolment::publish(&this);
    cancel_reconnect(&this)?;
    let after = call.long_or(0, 0);
    if after <= 0 {
        return this.call("connect", &mut []).map(drop);
    }
    let connect = array::list([this.to_zval(), value::bytes("connect")]);
    let arguments = &mut [
        value::long(after),
        connect,
        Zval::null(),
        value::boolean(false),
    ];
    let timer = timer::call("add", arguments)?;
    this.set(slots().reconnect_timer, timer);
    Ok(())
}

fn cancel_reconnect(this: &Object) -> Result<()> {
    let timer = this.get(slots().reconnect_timer);
    this.set(slots().reconnect_timer, value::long(0));
    if timer.long().unwrap_or_default() == 0 {
        return Ok(());
    }
    timer::call("del", &mut [timer]).map(drop)
}

/// `microtime(true)`.
fn now() -> Zval {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let mut seconds = Zval::new();
    seconds.set_double(since.map_or(0.0, |since| since.as_secs_f64()));
    seconds
}

/// With four decimals at most, as Workerman rounds them.
fn seconds_since_start(this: &Object) -> f64 {
    let start = this.look(slots().connect_start_time, |start| start.double());
    let passed = now().double().unwrap_or_default() - start.unwrap_or_default();
    (passed.max(0.0) * 1e4).round() / 1e4
}
