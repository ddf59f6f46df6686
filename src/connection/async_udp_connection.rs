//! `Workerman\Connection\AsyncUdpConnection`.

use std::{io, rc::Rc};

use ext_php_rs::types::Zval;
use ouvrier_net::{Datagrams, datagram::ClientOptions};

use super::{
    connection_interface::{self, CONNECT_FAIL, Counter, notify},
    datagrams::each_message,
    route, socket_options,
    udp_connection::{self, UdpState, network, send_last},
};
use crate::{
    events, protocols,
    worker::{
        self, event_loop,
        reactor::Reactor,
        report::{Callback, enter},
    },
    zend::{Call, Class, Object, Registration, Result, callback, exception, slots, value},
};

slots! {
    /// Properties of a UDP client.
    Slots {
        on_connect: "onConnect",
        context_option: "contextOption",
    }
}

static CLASS: Registration<Slots> = Registration::new();

pub(super) fn register() {
    let class = Class::declared(include_str!("async_udp_connection.stub.php"))
        .method("__construct", construct)
        .method("baseRead", |call: &mut Call| base_read(&call.this()?))
        .method("close", close)
        .method("send", send)
        .method("connect", |call: &mut Call| connect(&call.this()?));
    CLASS.register(class, Slots::of);
}

fn construct(call: &mut Call) -> Result<()> {
    let (this, address) = (call.this()?, call.bytes(0));
    let address = String::from_utf8_lossy(&address);
    let Some((scheme, peer)) = address
        .split_once("://")
        .filter(|(_, peer)| route::host(peer).is_some())
    else {
        return exception::throw_runtime("Bad remoteAddress");
    };
    if scheme != "udp" {
        let class = protocols::of_scheme(scheme)?;
        let protocol = value::literal(&format!("\\{class}"));
        this.set(connection_interface::slots().protocol, protocol);
    }
    this.set(udp_connection::slots().remote_address, value::bytes(peer));
    if let Some(options) = call.argument(1).filter(Zval::is_array) {
        this.set(CLASS.slots().context_option, options);
    }
    Ok(())
}

fn send(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    if network(&this).is_none() {
        this.call("connect", &mut [])?;
    }
    udp_connection::send(&this, &call.value(0), call.bool_or(1, false))
}

/// `$connection->connect()`.
fn connect(this: &Object) -> Result<()> {
    let Some(state) = this.state::<UdpState>().filter(|_| network(this).is_none()) else {
        return Ok(());
    };
    let slot = connection_interface::slots().event_loop;
    let event_loop = this.object(slot).map_or_else(event_loop::global, Ok)?;
    let reactor = events::reactor_of(&event_loop)?;
    this.set(slot, event_loop.to_zval());
    let peer = this.bytes(udp_connection::slots().remote_address);
    let Some(peer) = route::host(&String::from_utf8_lossy(&peer)) else {
        return exception::throw_runtime("Bad remoteAddress");
    };
    let options = options(this)?;
    let number = reactor.next_number();
    let socket = match Datagrams::connect(&reactor.runtime, peer, options, number) {
        Ok(socket) => Rc::new(socket),
        Err(error) => return failed(this, &error),
    };
    state.socket.replace(Some(Rc::clone(&socket)));
    state.reactor.replace(Rc::downgrade(&reactor));
    drop(reactor.remember_udp_client(number, this));
    if socket.remote().is_some() {
        return connected(this);
    }
    Ok(())
}

/// What a client runs on.
fn home(this: &Object) -> Option<Rc<Reactor>> {
    this.state::<UdpState>()?.reactor.borrow().upgrade()
}

/// What the script has set in the part `socket` of the context.
fn options(this: &Object) -> Result<ClientOptions> {
    let context = this.get(CLASS.slots().context_option);
    let socket = socket_options::of(&context, socket_options::OF_UDP_CLIENT)?;
    Ok(ClientOptions {
        bind: route::bind_to(&socket)?,
        broadcast: socket_options::flag(&socket, "so_broadcast", false),
    })
}

fn connected(this: &Object) -> Result<()> {
    this.set(udp_connection::slots().connected, value::boolean(true));
    enter(Callback::OnConnect);
    notify(
        this,
        &this.get(CLASS.slots().on_connect),
        &mut [this.to_zval()],
    )
}

/// The socket could not be opened. A later `send()` tries again.
fn failed(this: &Object, error: &io::Error) -> Result<()> {
    forget(this);
    this.set(connection_interface::slots().event_loop, Zval::null());
    let peer = this.bytes(udp_connection::slots().remote_address);
    let message = format!(
        "connect {} fail: {}",
        String::from_utf8_lossy(&peer),
        worker::system_message(error)
    );
    let on_error = this.get(connection_interface::slots().on_error);
    if !callback::is_set(&on_error) {
        return worker::log::line(worker::class(), &message);
    }
    let arguments = &mut [
        this.to_zval(),
        value::long(CONNECT_FAIL),
        value::bytes(message),
    ];
    notify(this, &on_error, arguments)
}

/// Handles what has happened on the socket of a client.
pub(super) fn base_read(this: &Object) -> Result<()> {
    match (home(this), network(this)) {
        (Some(reactor), Some(socket)) => receive(&reactor, this, &socket),
        _ => Ok(()),
    }
}

fn receive(reactor: &Reactor, this: &Object, socket: &Rc<Datagrams>) -> Result<()> {
    let taken = socket.take();
    match taken.opened {
        Some(Ok(())) => connected(this)?,
        Some(Err(error)) => return failed(this, &error),
        None => {}
    }
    for datagram in taken.datagrams {
        // A callback may have closed the client, or opened another socket.
        if reactor.udp_client(socket.tag()).is_none() {
            break;
        }
        let on_message = this.get(connection_interface::slots().on_message);
        if !callback::is_set(&on_message) {
            continue;
        }
        connection_interface::count(Counter::TotalRequest, 1);
        enter(Callback::OnMessage);
        each_message(this, datagram, |message| {
            notify(this, &on_message, &mut [this.to_zval(), message])
        })?;
    }
    Ok(())
}

fn close(call: &mut Call) -> Result<()> {
    let (this, data) = (call.this()?, call.value(0));
    send_last(&this, data, call.bool_or(1, false))?;
    forget(&this);
    let inherited = connection_interface::slots();
    enter(Callback::OnClose);
    notify(&this, &this.get(inherited.on_close), &mut [this.to_zval()])?;
    for slot in [
        CLASS.slots().on_connect,
        inherited.on_message,
        inherited.on_close,
        inherited.event_loop,
        inherited.error_handler,
    ] {
        this.set(slot, Zval::null());
    }
    Ok(())
}

/// Lets go of the socket, and of what keeps the object alive.
fn forget(this: &Object) {
    let slots = udp_connection::slots();
    this.set(slots.connected, value::boolean(false));
    this.set(slots.socket, Zval::null());
    let socket = this
        .state::<UdpState>()
        .and_then(|state| state.socket.take());
    if let (Some(socket), Some(reactor)) = (socket, home(this)) {
        socket.close();
        drop(reactor.forget_udp_client(socket.tag()));
    }
}
