//! From what the network announced to the callbacks of a script.

use std::sync::Arc;

use ext_php_rs::types::Zval;
use ouvrier_net::{Connection, Event, Events, Payload, event::Closed, frame};
use ouvrier_protocol::{
    http::CONTINUE,
    websocket::{CloseFrame, Role},
};

use super::{
    async_tcp_connection, close,
    connection_interface::{self, Counter, notify, settle},
    limits, packages, send, starttls,
    tcp_connection::{self, TcpState, Told, is_open, network, slots, speaks_through, status},
    tls_failure,
};
use crate::{
    events,
    protocols::{self, Choice, http},
    worker::{
        self,
        reactor::Reactor,
        report::{Callback, enter},
    },
    zend::{Object, Result, value},
};

/// Seconds that a peer which broke the protocol has to read the answer.
const FAULT_LINGER: f64 = 1.0;

/// Handles everything that happened on a connection. Comes back early only with what ends the process.
pub(crate) fn dispatch(reactor: &Reactor, connection: &Arc<Connection>) -> Result<()> {
    let taken = connection.take();
    let object = if matches!(taken.events.front(), Some(Event::Opened)) {
        opened(reactor, connection, taken.events)?
    } else {
        let object = reactor.connection(connection.tag());
        if let Some(state) = object.as_ref().and_then(Object::state::<TcpState>) {
            state.with_unseen(|unseen| unseen.append(taken.events));
        }
        object
    };
    // Without its object a connection has been destroyed, and so have its events.
    let Some(this) = &object else { return Ok(()) };
    receive(this, connection)?;
    if !speaks_through(this, connection) {
        return Ok(());
    }
    if taken.drained {
        let own = this.clone();
        events::call(move || drained(&own))?;
        if !speaks_through(this, connection) {
            return Ok(());
        }
    }
    let Some(reason) = taken.over else {
        return Ok(());
    };
    let own = this.clone();
    events::call(move || over(&own, reason))
}

fn drained(this: &Object) -> Result<()> {
    enter(Callback::OnBufferDrain);
    let callback = this.get(slots().on_buffer_drain);
    notify(this, &callback, &mut [this.to_zval()])?;
    close::ending_is_written(this)
}

fn over(this: &Object, reason: Closed) -> Result<()> {
    enter(Callback::OnClose);
    if reason == Closed::Failed {
        connection_interface::count(Counter::SendFail, 1);
        send::tell_loss(this, "client closed")?;
    }
    close::destroy(this)
}

/// Makes the object of a new connection, for which `events` wait, and introduces it to the script.
fn opened(
    reactor: &Reactor,
    connection: &Arc<Connection>,
    mut events: Events,
) -> Result<Option<Object>> {
    events.pop_front();
    // One that the script has made has its object already, which the script has prepared by now.
    if let Some(this) = reactor.connection(connection.tag()) {
        if let Some(state) = this.state::<TcpState>() {
            state.with_unseen(|unseen| unseen.append(events));
        }
        begin(&this, connection);
        return Ok(Some(this));
    }
    let Some(worker) = reactor.serving(connection.listener()) else {
        connection.destroy();
        return Ok(None);
    };
    let this = tcp_connection::adopt(connection)?;
    if let Some(state) = this.state::<TcpState>() {
        state.with_unseen(|unseen| *unseen = events);
    }
    reactor.remember_connection(connection, &this);
    worker::introduce(&worker, &this);
    enter(Callback::OnConnect);
    let (own, network_side) = (this.clone(), Arc::clone(connection));
    events::call(move || introduced(&worker, &own, &network_side))?;
    Ok(network(&this).is_some().then_some(this))
}

fn introduced(worker: &Object, this: &Object, connection: &Arc<Connection>) -> Result<()> {
    let on_connect = worker::on_connect(worker);
    worker::notify(&on_connect, &mut [this.to_zval()])?;
    if network(this).is_none() {
        return Ok(());
    }
    begin(this, connection);
    Ok(())
}

/// Has a connection read, now that the script has prepared it: until then it is paused, so that nothing is cut before.
fn begin(this: &Object, connection: &Arc<Connection>) {
    follow(this, connection);
    if !this.bool(slots().is_paused) {
        connection.resume();
    }
}

/// Handles what was received, event by event, for as long as the script wants to hear of it.
fn receive(this: &Object, connection: &Arc<Connection>) -> Result<()> {
    let Some(state) = this.state::<TcpState>() else {
        return Ok(());
    };
    follow(this, connection);
    while speaks_through(this, connection) {
        // What would be answered behind much that waits is not looked at.
        let waits = this.bool(slots().is_paused) || connection.is_behind();
        let event = if !waits && !state.awaited.get() && state.take_interrupted() {
            Some(Event::Message(Payload::Bytes(Vec::new())))
        } else {
            state.with_unseen(Events::pop_front)
        };
        let Some(event) = event else { break };
        if waits && is_received(&event) {
            let mut unseen = state.take_unseen();
            unseen.push_front(event);
            connection.put_back(unseen);
            state.let_through(connection);
            break;
        }
        let event = if state.awaited.get() && is_answered(&event) {
            hold(state, connection, event)
        } else {
            Some(event)
        };
        let Some(event) = event else { break };
        let (own, network_side) = (this.clone(), Arc::clone(connection));
        events::call(move || handle(&own, &network_side, event))?;
    }
    Ok(())
}

/// Keeps an event, and all behind it, until the request before it is answered (RFC 9112 section 9.3.2). Comes back with what does not wait: the end
/// of the connection, after which there is nobody to answer to.
fn hold(state: &TcpState, connection: &Connection, event: Event) -> Option<Event> {
    state.with_unseen(|unseen| {
        unseen.push_front(event);
        if matches!(unseen.back(), Some(Event::Closed(_))) {
            let end = unseen.pop_back();
            drop(std::mem::take(unseen));
            return end;
        }
        let counted = state.seldom().held.replace(unseen.len());
        connection.hold(unseen.iter().skip(counted).map(Event::weight).sum());
        None
    })
}

/// Whether an event is answered over HTTP, perhaps by a class of the application.
const fn is_answered(event: &Event) -> bool {
    matches!(
        event,
        Event::Message(Payload::Http(..) | Payload::Bytes(_)) | Event::Continue | Event::Fault(_)
    )
}

/// Whether an event waits while the connection is paused.
const fn is_received(event: &Event) -> bool {
    !matches!(
        event,
        Event::Connected
            | Event::ConnectFailed(_)
            | Event::Secured
            | Event::Insecure(_)
            | Event::Closed(_)
    )
}

/// Handles an event, and tells the network what the script has changed meanwhile.
fn handle(this: &Object, connection: &Arc<Connection>, event: Event) -> Result<()> {
    call_back(this, connection, event)?;
    if speaks_through(this, connection) {
        follow(this, connection);
    }
    Ok(())
}

fn call_back(this: &Object, connection: &Arc<Connection>, event: Event) -> Result<()> {
    enter(match event {
        Event::Connected => Callback::OnConnect,
        Event::ConnectFailed(_) => Callback::OnError,
        Event::Upgrade(_) | Event::Upgraded(_) => Callback::OnWebSocketConnect,
        Event::Insecure(_) | Event::Closed(_) => Callback::OnClose,
        _ => Callback::OnMessage,
    });
    match event {
        Event::Opened => Ok(()),
        Event::Connected => async_tcp_connection::connected(this, connection),
        Event::ConnectFailed(error) => async_tcp_connection::failed(this, &error),
        Event::Secured => {
            this.set(slots().ssl_handshake_completed, value::boolean(true));
            Ok(())
        }
        Event::Insecure(error) => tls_failure::failed(this, &error),
        Event::Message(Payload::Bytes(bytes)) if speaks_class(this) => {
            packages::receive(this, &bytes)
        }
        Event::Message(payload) => message(this, connection, payload),
        Event::Continue => {
            connection.send_raw(limits::limit(this), |out| out.extend_from_slice(CONTINUE));
            Ok(())
        }
        Event::Upgrade(head) => upgrade(this, connection, &head),
        Event::Upgraded(head) if role(this) == Role::Client => {
            protocols::ws::upgraded(this, connection, &head)
        }
        Event::Upgraded(head) => upgraded(this, &head),
        Event::Ping(data) => ping(this, connection, &data),
        Event::Pong(data) => {
            let callback = protocols::websocket::callback(this, "onWebSocketPong");
            notify(this, &callback, &mut [this.to_zval(), value::bytes(data)])
        }
        Event::CloseFrame(frame) => close_frame(this, connection, frame),
        Event::Fault(answer) => fault(this, connection, &answer),
        Event::Closed(reason) => closed(this, connection, reason),
    }
}

/// Whether the protocol of the connection is a class of the application.
fn speaks_class(this: &Object) -> bool {
    matches!(protocols::of_connection(this), Choice::Application(_))
}

fn message(this: &Object, connection: &Connection, payload: Payload) -> Result<()> {
    if this.long(slots().status) != status::ESTABLISHED {
        return Ok(());
    }
    connection_interface::count(Counter::TotalRequest, 1);
    tcp_connection::update_traffic(this);
    let callback = this.get(connection_interface::slots().on_message);
    if callback.is_null() {
        return Ok(());
    }
    let data = match payload {
        Payload::Bytes(bytes) => value::bytes(bytes),
        Payload::Websocket(kind, bytes) => {
            if connection.policy().websocket.follow_type {
                protocols::websocket::follow_type(this, kind);
            }
            value::bytes(bytes)
        }
        Payload::Framed(message) => value::bytes(message.content()),
        Payload::Http(message, body) => {
            tcp_connection::note_client(this, &message.raw);
            tcp_connection::set_awaited(this);
            match http::request::object(this, &message, body) {
                Ok(request) => request.to_zval(),
                Err(unwind) => return settle(this, unwind),
            }
        }
    };
    notify(this, &callback, &mut [this.to_zval(), data])
}

/// A websocket handshake asks to be let in: closing the connection in the callback refuses it.
fn upgrade(this: &Object, connection: &Arc<Connection>, head: &[u8]) -> Result<()> {
    tcp_connection::note_client(this, head);
    let callback = protocols::websocket::callback(this, "onWebSocketConnect");
    let mut request = None;
    if !callback.is_null() {
        let object = http::request::from_buffer(this, head)?;
        notify(this, &callback, &mut [this.to_zval(), object.to_zval()])?;
        request = Some(object);
    }
    if network(this).is_none() || this.long(slots().status) != status::ESTABLISHED {
        return Ok(());
    }
    connection.accept_upgrade(head, protocols::websocket::header_lines(this, head)?);
    match request {
        Some(request) => connected(this, &request),
        None => upgraded(this, head),
    }
}

fn upgraded(this: &Object, head: &[u8]) -> Result<()> {
    tcp_connection::note_client(this, head);
    if protocols::websocket::callback(this, "onWebSocketConnected").is_null() {
        return Ok(());
    }
    let request = http::request::from_buffer(this, head)?;
    connected(this, &request)
}

fn connected(this: &Object, request: &Object) -> Result<()> {
    let callback = protocols::websocket::callback(this, "onWebSocketConnected");
    notify(this, &callback, &mut [this.to_zval(), request.to_zval()])
}

/// During the callback everything that is sent is a pong, as in Workerman.
fn ping(this: &Object, connection: &Arc<Connection>, data: &[u8]) -> Result<()> {
    let callback = protocols::websocket::callback(this, "onWebSocketPing");
    if callback.is_null() {
        connection.send(limits::limit(this), |out| {
            frame::encode(role(this), frame::PONG, data, out)
        });
        return Ok(());
    }
    protocols::websocket::with_first_byte(this, frame::PONG, || {
        notify(this, &callback, &mut [this.to_zval(), value::bytes(data)])
    })
}

/// The callback gets the code, 1005 where there was none (RFC 6455 section 7.1.5), and the reason. Unless it closes the connection itself, the
/// frame is answered after it.
fn close_frame(
    this: &Object,
    connection: &Arc<Connection>,
    frame: Option<CloseFrame>,
) -> Result<()> {
    const NO_CODE: u16 = 1005;
    let callback = protocols::websocket::callback(this, "onWebSocketClose");
    let code = frame.as_ref().map_or(1000, |frame| frame.code);
    if !callback.is_null() {
        let told = frame.as_ref().map_or(NO_CODE, |frame| frame.code);
        let reason = value::bytes(frame.map_or_else(Vec::new, |frame| frame.reason));
        notify(
            this,
            &callback,
            &mut [this.to_zval(), value::long(told), reason],
        )?;
        if !is_open(this, connection) {
            return Ok(());
        }
    }
    connection.send(limits::limit(this), |out| {
        frame::encode_close(role(this), code, out)
    });
    close::close(this, &Zval::null(), true)
}

/// Which end of a websocket connection the script is.
fn role(this: &Object) -> Role {
    protocols::role(this).unwrap_or(Role::Server)
}

fn fault(this: &Object, connection: &Arc<Connection>, answer: &[u8]) -> Result<()> {
    if answer.is_empty() {
        return close::destroy(this);
    }
    connection.send_raw(limits::limit(this), |out| out.extend_from_slice(answer));
    close::ending(this, FAULT_LINGER)
}

/// What was sent to a peer that has closed its side still goes out, if it can.
fn closed(this: &Object, connection: &Arc<Connection>, reason: Closed) -> Result<()> {
    if reason == Closed::ByPeer && connection.queued_bytes() > 0 {
        return close::close(this, &Zval::null(), true);
    }
    close::destroy(this)
}

/// Tells the network what a callback may have changed on the connection. Where that is the protocol, what the script has not seen is cut anew.
pub(super) fn follow(this: &Object, connection: &Arc<Connection>) {
    let Some(state) = this.state::<TcpState>() else {
        return;
    };
    let choice = protocols::of_connection(this);
    let class = choice.identity();
    let told = Told {
        max_package_size: tcp_connection::max_package_size(this),
        protocol: choice.on_the_network(),
        speaks_class: class.is_some(),
        secure: tcp_connection::is_secure(this),
        dynamic_properties: this.dynamic_count(),
    };
    let before = state.told.replace(Some(told));
    let class_before = note_class(state, class);
    if before == Some(told) && class_before == class {
        return;
    }
    if told.secure && !before.is_some_and(|before| before.secure) {
        starttls::follow(this, connection);
    }
    connection.configure(worker::settings_for_connection(this, told.max_package_size));
    let old = before.map_or_else(|| connection.protocol(), |before| before.protocol);
    if old != told.protocol || (before.is_some() && class_before != class) {
        tcp_connection::set_answered(this);
    }
    if old != told.protocol {
        protocols::websocket::carry_handshake(this, connection, told.protocol);
    }
    let left = before.is_some_and(|before| before.speaks_class) && !told.speaks_class;
    let buffer = left.then(|| packages::take_buffer(this)).flatten();
    if old != told.protocol || buffer.is_some() {
        let mut unseen = state.take_unseen();
        if let Some(buffer) = buffer {
            unseen.push_front(buffer);
        }
        connection.set_protocol(told.protocol, unseen);
    }
    let is_other_class = class.is_some() && before.is_some() && class_before != class;
    if is_other_class && this.length(slots().recv_buffer) > 0 {
        state.interrupt(true);
    }
}

/// Notes the class of the application that cuts the connection's bytes. Which one it was comes back.
fn note_class(state: &TcpState, class: Option<usize>) -> Option<usize> {
    if class.is_none() && state.seldom_if_any().is_none() {
        return None;
    }
    state.seldom().class.replace(class)
}
