//! `Ws::input()` and its like, for protocol classes that extend or use `Ws`, and for whoever calls them by hand.
//!
//! A connection whose protocol is `Ws` itself does without them. Their state is in the connection's context, under Workerman's names; what
//! they do to the connection goes through its PHP methods, and their own steps through `static::`.

use ext_php_rs::types::Zval;
use ouvrier_net::frame;
use ouvrier_protocol::{
    Step,
    http::DEFAULT_MAX_HEAD,
    websocket::{Role, client},
};

use super::{super::http::response, interval, with_request};
use crate::{
    connection::{
        connection_interface::{self, CONNECT_FAIL, notify},
        packages,
        tcp_connection::{self, network},
    },
    protocols::{
        self, Choice, context,
        websocket::{
            callback,
            methods::{
                EARLY, FRAGMENT, FRAGMENTS, arguments, decode_as, frames, keep, send_early, text,
            },
            settled_first_byte,
        },
    },
    timer,
    zend::{Call, Class, Object, Result, array, callback::call_static, value},
};

/// How far the handshake is: 1 once it was asked for, 2 once it was answered.
const STEP: &str = "handshakeStep";
const KEY: &str = "websocketSecKey";
const PING_TIMER: &str = "websocketPingTimer";

pub(super) fn methods(class: Class) -> Class {
    class
        .method("input", input)
        .method("encode", encode)
        .method("decode", |call: &mut Call| decode_as(call, Role::Client))
        .method("onConnect", |call: &mut Call| {
            call_static(call.called_class(), "sendHandshake", &mut [call.value(0)]).map(drop)
        })
        .method("onClose", on_close)
        .method("sendHandshake", send_handshake)
        .method("dealHandshake", deal_handshake)
        .method("parseResponse", |call: &mut Call| {
            response::from_head(&call.bytes(0)).map(|response| response.to_zval())
        })
}

/// Whether the context of a connection says that its handshake is done.
pub(in crate::protocols) fn has_shaken_hands(connection: &Object) -> bool {
    step(connection) == 2
}

fn step(connection: &Object) -> i64 {
    context::get(connection, STEP).long().unwrap_or_default()
}

fn input(call: &mut Call) -> Result<Zval> {
    let (buffer, connection) = arguments(call)?;
    let class = call.called_class();
    match step(&connection) {
        // The server speaks before it was asked.
        0 => Ok(value::long(-1)),
        1 => call_static(class, "dealHandshake", &mut [buffer, connection.to_zval()]),
        _ => frames(class, &connection, text(&buffer), Role::Client),
    }
}

fn encode(call: &mut Call) -> Result<Zval> {
    let (payload, connection) = arguments(call)?;
    let first_byte = settled_first_byte(&connection)?;
    if step(&connection) == 0 {
        call_static(
            call.called_class(),
            "sendHandshake",
            &mut [connection.to_zval()],
        )?;
    }
    let mut encoded = Vec::new();
    frame::encode(Role::Client, first_byte, text(&payload), &mut encoded);
    if has_shaken_hands(&connection) {
        return Ok(value::bytes(encoded));
    }
    keep(&connection, &encoded)?;
    Ok(value::bytes(""))
}

/// On a connection of ours whose protocol is `Ws` itself this is the network's business.
fn send_handshake(call: &mut Call) -> Result<()> {
    let Some(connection) = call.object(0).filter(|connection| step(connection) == 0) else {
        return Ok(());
    };
    if let (Some(network), Choice::Native(_)) =
        (network(&connection), protocols::of_connection(&connection))
    {
        return super::request(&connection, &network);
    }
    let (key, mut request) = (client::key(frame::nonce()), Vec::new());
    with_request(&connection, None, |wanted| {
        wanted.encode(&key, &mut request)
    })?;
    context::set(&connection, KEY, value::bytes(key));
    connection.call("send", &mut [value::bytes(request), value::boolean(true)])?;
    context::set(&connection, STEP, value::long(1));
    forget_frames(&connection);
    Ok(())
}

fn forget_frames(connection: &Object) {
    context::set(connection, FRAGMENT, value::long(0));
    context::set(connection, FRAGMENTS, value::bytes(""));
    context::set(connection, EARLY, value::bytes(""));
}

fn deal_handshake(call: &mut Call) -> Result<Zval> {
    let (buffer, connection) = arguments(call)?;
    let buffer = text(&buffer);
    let asked = with_request(&connection, None, |request| request.asked_protocols())?;
    let key = context::get(&connection, KEY);
    let mut decoder = client::Decoder::new(text(&key), asked, None);
    let (head, end) = match decoder.decode(buffer, DEFAULT_MAX_HEAD) {
        Ok(Step {
            consumed,
            item: Some(head),
        }) => (head, consumed),
        Ok(_) => return Ok(value::long(0)),
        Err(refused) => return refuse(&connection, &refused),
    };
    let class = call.called_class();
    let response = call_static(class, "parseResponse", &mut [value::bytes(head)])?;
    context::set(&connection, STEP, value::long(2));
    connection.call("consumeRecvBuffer", &mut [value::long(end)])?;
    send_early(&connection)?;
    let beginning = packages::beginning(&connection);
    let on_connect = callback(&connection, "onWebSocketConnect");
    notify(
        &connection,
        &on_connect,
        &mut [connection.to_zval(), response],
    )?;
    if !tcp_connection::is_established(&connection) {
        return Ok(value::long(0));
    }
    keep_alive(&connection)?;
    if !packages::is_untouched(&connection, beginning) {
        return Ok(value::long(0));
    }
    frames(class, &connection, &buffer[end..], Role::Client)
}

fn refuse(connection: &Object, refused: &client::Refused) -> Result<Zval> {
    let reason = value::bytes(format!("websocket handshake: {refused}"));
    let on_error = connection.get(connection_interface::slots().on_error);
    let arguments = &mut [connection.to_zval(), value::long(CONNECT_FAIL), reason];
    notify(connection, &on_error, arguments)?;
    connection.call("close", &mut [])?;
    Ok(value::long(0))
}

/// Pings go out by a timer, as everything else that is done by hand does through PHP.
fn keep_alive(connection: &Object) -> Result<()> {
    let Some(interval) = interval(connection) else {
        return Ok(());
    };
    let mut ping = Vec::new();
    frame::encode(Role::Client, frame::PING, b"", &mut ping);
    let send = array::list([connection.to_zval(), value::bytes("send")]);
    let timer = timer::call(
        "add",
        &mut [
            value::double(interval.as_secs_f64()),
            send,
            array::list([value::bytes(ping), value::boolean(true)]),
        ],
    )?;
    context::set(connection, PING_TIMER, timer);
    Ok(())
}

fn on_close(call: &mut Call) -> Result<()> {
    let Some(connection) = call.object(0) else {
        return Ok(());
    };
    drop(context::take(&connection, STEP));
    forget_frames(&connection);
    let timer = context::take(&connection, PING_TIMER);
    if timer.is_null() {
        return Ok(());
    }
    timer::call("del", &mut [timer]).map(drop)
}
