//! TLS on a connection that is open: because its transport has become `ssl`, as STARTTLS has it, or because the script asks for a handshake, with
//! `doSslHandshake()` or with PHP's own `stream_socket_enable_crypto()`.

use std::{
    cell::RefCell, collections::BTreeMap, result::Result as Either, sync::Arc, thread,
    time::Duration,
};

use ext_php_rs::{error::php_error, flags::ErrorType, types::Zval};
use ouvrier_net::{
    Connection,
    connection::{Handshake, Side},
    tls::{Server, Tickets, TlsError},
};

use super::{
    address, async_tcp_connection, dispatch, packages,
    state::TcpState,
    tcp_connection::{home, is_established, is_secure, network, slots, speaks_through, worker_of},
    tls_client, tls_options,
};
use crate::{
    protocols::{self, Choice},
    worker,
    zend::{
        Call, Object, Result, array, exception, interception::Interception, library,
        stream::Stream, value,
    },
};

/// How often a handshake is looked at that a script waits for.
const GLANCE: Duration = Duration::from_millis(1);

thread_local! {
    /// The connections whose streams the script has, by the number of the stream. They are forgotten when they let go of it.
    static STREAMS: RefCell<BTreeMap<u64, Object>> = const { RefCell::new(BTreeMap::new()) };
    /// Those who come again can resume their session.
    static TICKETS: RefCell<Option<Tickets>> = const { RefCell::new(None) };
}

/// Notes whose stream the script has.
pub(super) fn remember(stream: &Zval, this: &Object) {
    if let Some(number) = Stream::number_of(stream) {
        let before = STREAMS.with_borrow_mut(|streams| streams.insert(number, this.clone()));
        drop(before);
    }
}

pub(super) fn forget(stream: &Zval) {
    if let Some(number) = Stream::number_of(stream) {
        let forgotten = STREAMS.with_borrow_mut(|streams| streams.remove(&number));
        drop(forgotten);
    }
}

/// Forgets all streams: the request ends.
pub(crate) fn forget_all() {
    let forgotten = STREAMS.take();
    drop(forgotten);
}

/// Begins TLS on a connection whose transport has become `ssl`. Where that is impossible, the connection is over.
pub(super) fn follow(this: &Object, connection: &Arc<Connection>) {
    if !is_established(this) || connection.handshake() != Handshake::Absent {
        return;
    }
    if let Err(problem) = begin(this, connection, is_client(this), None) {
        if let Some(state) = this.state::<TcpState>() {
            drop(state.take_unseen());
        }
        packages::forget_buffer(this);
        connection.refuse_tls(TlsError::Configuration(problem));
    }
}

/// As [`follow`], at once: what comes next must not be taken, or sent, without TLS.
#[inline]
pub(super) fn catch_up(this: &Object) {
    if is_secure(this)
        && let Some(state) = this.state::<TcpState>()
        && state.wishes.get().is_some_and(|wishes| !wishes.secure)
    {
        follow_now(this, state);
    }
}

#[cold]
fn follow_now(this: &Object, state: &TcpState) {
    if let Some(connection) = state.network() {
        dispatch::follow(this, state, &connection);
    }
}

/// `$connection->doSslHandshake($socket)`: begins the handshake, if it has not begun. Returns true when it is done, 0 while it goes on, and false when nothing comes of it.
pub(super) fn do_ssl_handshake(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    let Some(connection) = network(&this) else {
        return Ok(value::boolean(false));
    };
    if connection.handshake() == Handshake::Absent
        && let Err(problem) = begin(&this, &connection, is_client(&this), None)
    {
        return exception::throw_runtime(&format!("transport ssl: {problem}"));
    }
    // The end of the connection waits for its turn, which whoever asks in a loop does not give it.
    if connection.handshake() == Handshake::Over
        && let Some(reactor) = home(&this).filter(|_| speaks_through(&this, &connection))
    {
        dispatch::dispatch(&reactor, Arc::clone(&connection))?;
    }
    Ok(answer(&connection))
}

/// How far the handshake is, in the words of PHP.
fn answer(connection: &Connection) -> Zval {
    match connection.handshake() {
        Handshake::Done => value::boolean(true),
        Handshake::Absent | Handshake::Pending => value::long(0),
        Handshake::Over => value::boolean(false),
    }
}

/// A client begins the handshake.
fn is_client(this: &Object) -> bool {
    this.instance_of(async_tcp_connection::class())
}

/// Begins TLS, with versions that `method` asks for.
fn begin(
    this: &Object,
    connection: &Arc<Connection>,
    as_client: bool,
    method: Option<i64>,
) -> Either<(), String> {
    if connection.is_sending_file() {
        return Err("TLS cannot begin in the middle of a file".to_owned());
    }
    let unseen = || {
        let state = this.state::<TcpState>();
        let mut unseen = state.map(TcpState::take_unseen).unwrap_or_default();
        if let Choice::Application(_) = protocols::of_connection(this) {
            packages::take_buffer(this)
                .into_iter()
                .for_each(|event| unseen.push_front(event));
        }
        unseen
    };
    let begun = if as_client {
        let client = tls_client::load(&context(this, method))?;
        let host = host(this);
        connection.begin_tls(Side::Client(&client, &host), unseen())
    } else {
        let server = server(this, method)?;
        connection.begin_tls(Side::Server(&server), unseen())
    };
    begun.map_err(|error| error.to_string())
}

/// What a server proves itself with: what its worker has, unless the script has said something else about this stream.
fn server(this: &Object, method: Option<i64>) -> Either<Server, String> {
    if let Some(worker) = worker_of(this)
        && method.is_none()
        && array::entries(&own_options(this)).is_empty()
    {
        return worker::secure::for_open_connections(&worker);
    }
    let options = tls_options::of_server(&context(this, method))?;
    let tickets = tickets().map_err(|error| error.to_string())?;
    let loaded = Server::load(&options, &tickets).map_err(|error| error.to_string())?;
    Ok(loaded.0)
}

fn tickets() -> Either<Tickets, TlsError> {
    if let Some(tickets) = TICKETS.with_borrow(Clone::clone) {
        return Ok(tickets);
    }
    let tickets = Tickets::new()?;
    TICKETS.set(Some(tickets.clone()));
    Ok(tickets)
}

/// The `ssl` options of a connection as a whole context: those of its worker, or of the client, and over them those of the stream.
fn context(this: &Object, method: Option<i64>) -> Zval {
    let general = match worker_of(this) {
        Some(worker) => worker::socket_context(&worker),
        None if is_client(this) => this.get(async_tcp_connection::slots().socket_context),
        None => Zval::null(),
    };
    let mut ssl = Zval::new_array();
    let general = array::get_name(&general, "ssl").unwrap_or_else(Zval::new_array);
    for options in [general, own_options(this)] {
        for (key, option) in array::entries(&options) {
            array::set_name(&mut ssl, key.into_bytes(), option);
        }
    }
    if let Some(method) = method {
        array::set_name(&mut ssl, "crypto_method", value::long(method));
    }
    let mut context = Zval::new_array();
    array::set_name(&mut context, "ssl", ssl);
    context
}

/// The `ssl` options of the stream that the script has of a connection.
fn own_options(this: &Object) -> Zval {
    let stream = this.get(slots().socket);
    let options = match Stream::of(&stream) {
        Some(_) => library::call("stream_context_get_options", &mut [stream]),
        None => Ok(Zval::null()),
    };
    let options = options.unwrap_or_else(|_| Zval::null());
    array::get_name(&options, "ssl").unwrap_or_else(Zval::new_array)
}

/// Whom a server has to prove that it is, where no `peer_name` says so: whom the script asked for, or else who was connected to.
fn host(this: &Object) -> String {
    let slot = async_tcp_connection::slots().remote_host;
    let asked = if is_client(this) {
        this.bytes(slot)
    } else {
        Vec::new()
    };
    if !asked.is_empty() {
        return String::from_utf8_lossy(&asked).into_owned();
    }
    let remote = network(this).and_then(|connection| Some(connection.remote()?.to_string()));
    let address = address::ip(&remote.unwrap_or_default());
    if address.is_empty() {
        "localhost".to_owned()
    } else {
        address
    }
}

/// `stream_socket_enable_crypto()` on the stream of a connection: the network shakes hands, PHP would do so behind its back.
pub(crate) struct EnableCrypto;

impl Interception for EnableCrypto {
    const NAME: &'static str = "stream_socket_enable_crypto";

    fn concerns(call: &Call) -> bool {
        connection_of(&call.value(0)).is_some()
    }

    fn answer(call: &mut Call) -> Result<Zval> {
        let stream = call.value(0);
        let Some((this, connection)) = connection_of(&stream) else {
            return Ok(value::boolean(false));
        };
        if !call.bool_or(1, false) {
            return warn("TLS of a connection ends with the connection");
        }
        if connection.handshake() == Handshake::Absent {
            let method = call.argument(2).and_then(|method| method.long());
            let as_client = method.map_or_else(|| is_client(&this), |method| method & 1 == 1);
            // The lowest bit is the side, the others are versions.
            if let Err(problem) = begin(&this, &connection, as_client, method) {
                return warn(&problem);
            }
        }
        while is_blocking(&stream)? && connection.handshake() == Handshake::Pending {
            thread::park_timeout(GLANCE);
        }
        // The script has its stream for as long as the callback runs, whatever has become of the connection.
        Ok(answer(&connection))
    }
}

/// The connection whose stream the script has.
fn connection_of(stream: &Zval) -> Option<(Object, Arc<Connection>)> {
    let number = Stream::number_of(stream)?;
    let this = STREAMS.with_borrow(|streams| streams.get(&number).cloned())?;
    let connection = network(&this)?;
    Some((this, connection))
}

/// Whether the script wants to wait for what it asks of a stream.
fn is_blocking(stream: &Zval) -> Result<bool> {
    let described = library::call("stream_get_meta_data", &mut [stream.shallow_clone()])?;
    let blocked = array::get_name(&described, "blocked");
    Ok(blocked.is_some_and(|blocked| blocked.coerce_to_bool()))
}

fn warn(problem: &str) -> Result<Zval> {
    php_error(&ErrorType::Warning, problem);
    if exception::pending() {
        return Err(crate::zend::Unwind::Exception);
    }
    Ok(value::boolean(false))
}
