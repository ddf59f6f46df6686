//! What each event of a connection means to the script: which callback it is for, and with what.

use std::sync::Arc;

use ext_php_rs::types::Zval;
use ouvrier_net::{Connection, Event, Payload, Spool, event::Closed, frame};
use ouvrier_protocol::{
    http::{CONTINUE, Message},
    websocket::{CloseFrame, Role},
};

use super::{
    async_tcp_connection, close,
    connection_interface::{self, Counter, notify, settle},
    limits, packages,
    tcp_connection::{self, is_open, network, slots, status},
    tls_failure,
};
use crate::{
    protocols::{self, Choice, http},
    worker::report::{Callback, enter},
    zend::{Object, Result, value},
};

/// Seconds that a peer which broke the protocol has to read the answer.
const FAULT_LINGER: f64 = 1.0;

/// Handles one event: calls the callback that it is for, and sees to what the network has left to do.
#[inline]
pub(super) fn call_back(this: &Object, connection: &Arc<Connection>, event: Event) -> Result<()> {
    match event {
        Event::Message(_) => message(this, connection, event),
        _ => other(this, connection, event),
    }
}

/// Handles what is no message.
#[cold]
fn other(this: &Object, connection: &Arc<Connection>, event: Event) -> Result<()> {
    enter(match event {
        Event::Connected => Callback::OnConnect,
        Event::ConnectFailed(_) => Callback::OnError,
        Event::Upgrade(_) | Event::Upgraded(_) => Callback::OnWebSocketConnect,
        Event::Insecure(_) | Event::Closed(_) => Callback::OnClose,
        _ => Callback::OnMessage,
    });
    match event {
        Event::Opened | Event::Message(_) => Ok(()),
        Event::Connected => async_tcp_connection::connected(this, connection),
        Event::ConnectFailed(error) => async_tcp_connection::failed(this, &error),
        Event::Secured => {
            this.set(slots().ssl_handshake_completed, value::boolean(true));
            Ok(())
        }
        Event::Insecure(error) => tls_failure::failed(this, &error),
        Event::Continue => {
            connection.send_raw(limits::limit(this), |out| out.extend_from_slice(CONTINUE));
            Ok(())
        }
        Event::Upgrade(head) => upgrade(this, connection, &head),
        Event::Upgraded(head) if role(this) == Role::Client => {
            protocols::ws::upgraded(this, connection, &head)
        }
        Event::Upgraded(head) => upgraded(this, connection, &head),
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

/// Hands a message to the script, or to a protocol class of the application.
#[inline(never)]
fn message(this: &Object, connection: &Connection, event: Event) -> Result<()> {
    enter(Callback::OnMessage);
    if let Event::Message(Payload::Bytes(bytes)) = &event
        && speaks_class(this)
    {
        return packages::receive(this, bytes);
    }
    if this.long(slots().status) != status::ESTABLISHED {
        return Ok(());
    }
    connection_interface::count(Counter::TotalRequest, 1);
    let callback = this.get(connection_interface::slots().on_message);
    if callback.is_null() {
        return Ok(());
    }
    match to_php(this, connection, event) {
        Ok(data) => notify(this, &callback, &mut [this.to_zval(), data]),
        Err(unwind) => settle(this, unwind),
    }
}

/// What `onMessage` gets to see of a message. PHP has its own copy, and may take long with it.
#[inline]
fn to_php(this: &Object, connection: &Connection, mut event: Event) -> Result<Zval> {
    let Event::Message(payload) = &mut event else {
        return Ok(Zval::null());
    };
    match payload {
        Payload::Framed(message) => Ok(value::bytes(message.content())),
        Payload::Bytes(bytes) => Ok(value::bytes(&**bytes)),
        Payload::Websocket(kind, bytes) => {
            if connection.policy().websocket.follow_type {
                protocols::websocket::follow_type(this, *kind)?;
            }
            Ok(value::bytes(&**bytes))
        }
        Payload::Http(message, body) => request(this, connection, message, body.take()),
    }
}

/// The object of a request, which the script owes an answer from now on.
fn request(
    this: &Object,
    connection: &Connection,
    message: &Message,
    body: Option<Spool>,
) -> Result<Zval> {
    tcp_connection::note_client(this, connection, &message.raw);
    let request = http::request::object(this, message, body)?;
    Ok(request.to_zval())
}

/// A websocket handshake asks to be let in: closing the connection in the callback refuses it.
fn upgrade(this: &Object, connection: &Arc<Connection>, head: &[u8]) -> Result<()> {
    tcp_connection::note_client(this, connection, head);
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
        None => upgraded(this, connection, head),
    }
}

fn upgraded(this: &Object, connection: &Connection, head: &[u8]) -> Result<()> {
    tcp_connection::note_client(this, connection, head);
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
