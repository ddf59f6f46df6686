//! `Websocket::input()` and its like, for protocol classes that extend or use `Websocket`, and for whoever calls them by hand.
//!
//! A connection whose protocol is `Websocket` itself does without them. Their state is in the connection's context, under Workerman's names;
//! what they do to the connection goes through its PHP methods, and their own steps through `static::`.

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_net::frame;
use ouvrier_protocol::{
    http::DEFAULT_MAX_HEAD,
    websocket::{self, Extent, Role, handshake},
};

use super::{callback, compression, header_lines, settled_first_byte, with_first_byte};
use crate::{
    connection::{
        answer,
        connection_interface::{self, SEND_FAIL, notify},
        packages, tcp_connection, websocket_payload,
    },
    protocols::{context, http::request},
    zend::{Call, Class, Object, Result, callback::call_static, exception, value},
};

/// Whether the handshake is done.
const HANDSHAKE: &str = "websocketHandshake";
/// The fragments of an unfinished message, joined.
pub(in crate::protocols) const FRAGMENTS: &str = "websocketDataBuffer";
/// Whether they are compressed.
const COMPRESSED: &str = "websocketCompressed";
/// Length of the frame at the front of the buffer, when it is a fragment that does not end its message.
pub(in crate::protocols) const FRAGMENT: &str = "websocketCurrentFrameLength";
/// Frames that wait for the end of the handshake.
pub(in crate::protocols) const EARLY: &str = "tmpWebsocketData";

/// Close code for a message that is not what its type says (RFC 6455 section 7.4.1).
const INVALID_DATA: u16 = 1007;
/// Close code for a client that does not do as it should.
const POLICY_VIOLATION: u16 = 1008;
/// Bytes of the shortest frame of a client.
const SHORTEST: usize = 6;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

pub(super) fn methods(class: Class) -> Class {
    class
        .method("input", input)
        .method("encode", encode)
        .method("decode", decode)
        .method("dealHandshake", deal_handshake)
        .method("inflate", compression::inflate)
        .method("deflate", compression::deflate)
}

/// Whether the context of a connection says that its handshake is done.
pub(in crate::protocols) fn has_shaken_hands(connection: &Object) -> bool {
    flag(connection, HANDSHAKE)
}

/// Says so in the context.
pub(super) fn shake_hands(connection: &Object) {
    context::set(connection, FRAGMENTS, value::bytes(""));
    context::set(connection, FRAGMENT, value::long(0));
    context::set(connection, HANDSHAKE, value::boolean(true));
}

/// A buffer, and the connection whose it is. The buffer may be large, and is not copied.
pub(in crate::protocols) fn arguments(call: &Call) -> Result<(Zval, Object)> {
    match call.object(1) {
        Some(connection) => Ok((call.value(0), connection)),
        None => exception::throw(ext_php_rs::zend::ce::type_error(), "a connection is needed"),
    }
}

fn input(call: &mut Call) -> Result<Zval> {
    let (buffer, connection) = arguments(call)?;
    let class = call.called_class();
    if flag(&connection, HANDSHAKE) {
        return frames(class, &connection, text(&buffer), Role::Server);
    }
    if text(&buffer).len() < SHORTEST || !tcp_connection::is_established(&connection) {
        return Ok(value::long(0));
    }
    let arguments = &mut [buffer, connection.to_zval()];
    call_static(class, "dealHandshake", arguments)
}

/// What `input()` makes of the stream after the handshake: it handles what does not end a message, and returns the length of what does.
pub(in crate::protocols) fn frames(
    class: &ClassEntry,
    connection: &Object,
    buffer: &[u8],
    role: Role,
) -> Result<Zval> {
    let mut rest = buffer;
    while tcp_connection::is_established(connection) {
        let frame = match websocket::extent(rest, role) {
            Ok(Some(frame)) => frame,
            Ok(None) => break,
            Err(error) => return close(connection, role, error.close_code()),
        };
        if frame.is_compressed && role == Role::Client {
            return close(connection, role, 1002);
        }
        let length = frame.header_length.saturating_add(frame.payload_length);
        if frame.opcode == CLOSE {
            return closed_by_peer(connection, role, &frame.payload(rest));
        }
        let held = text(&context::get(connection, FRAGMENTS)).len();
        if held.saturating_add(length) > limit(connection) {
            return close(connection, role, 1009);
        }
        if frame.opcode < CLOSE && frame.is_final {
            return Ok(value::long(length));
        }
        if rest.len() < length {
            break;
        }
        if frame.opcode > CLOSE && role == Role::Server && packages::is_flooded(connection) {
            return close(connection, role, POLICY_VIOLATION);
        }
        if !take(class, connection, &rest[..length], frame)? {
            break;
        }
        rest = &rest[length..];
        // Each of many small frames would move everything behind it.
        rest = &rest[..rest.len().saturating_sub(packages::spill(connection))];
    }
    Ok(value::long(0))
}

/// Handles a whole frame that does not end a message, and takes it off the connection's buffer. Returns whether what stands behind it is still to be
/// read: while a fiber was suspended in the callback, another one may have done so.
fn take(class: &ClassEntry, connection: &Object, bytes: &[u8], frame: Extent) -> Result<bool> {
    let length = value::long(bytes.len());
    if frame.opcode < CLOSE {
        context::set(connection, FRAGMENT, length.shallow_clone());
    }
    let arguments = &mut [value::bytes(bytes), connection.to_zval()];
    let data = call_static(class, "decode", arguments)?;
    connection.call("consumeRecvBuffer", &mut [length])?;
    let beginning = packages::beginning(connection);
    match frame.opcode {
        PING => control(connection, "onWebSocketPing", data, true)?,
        PONG => control(connection, "onWebSocketPong", data, false)?,
        _ => context::set(connection, FRAGMENT, value::long(0)),
    }
    Ok(packages::is_untouched(connection, beginning))
}

/// During the callback everything that is sent is a pong, as in Workerman.
fn control(connection: &Object, name: &str, data: Zval, answers: bool) -> Result<()> {
    let callback = callback(connection, name);
    with_first_byte(connection, 0x80 | PONG, || {
        if !callback.is_null() {
            return notify(connection, &callback, &mut [connection.to_zval(), data]);
        }
        if answers {
            connection.call("send", &mut [data])?;
        }
        Ok(())
    })
}

/// As in Workerman, a client is told what the close frame holds.
fn closed_by_peer(connection: &Object, role: Role, payload: &[u8]) -> Result<Zval> {
    let callback = callback(connection, "onWebSocketClose");
    if callback.is_null() {
        return close(connection, role, 1000);
    }
    let mut arguments = vec![connection.to_zval()];
    if role == Role::Client {
        arguments.push(value::bytes(payload));
    }
    notify(connection, &callback, &mut arguments)?;
    Ok(value::long(0))
}

/// Closes with a close frame, and returns what `input()` does then.
fn close(connection: &Object, role: Role, code: u16) -> Result<Zval> {
    let mut last = Vec::new();
    frame::encode_close(role, code, &mut last);
    connection.call("close", &mut [value::bytes(last), value::boolean(true)])?;
    Ok(value::long(0))
}

fn decode(call: &mut Call) -> Result<Zval> {
    decode_as(call, Role::Server)
}

/// `decode()` of the end that `role` names.
pub(in crate::protocols) fn decode_as(call: &Call, role: Role) -> Result<Zval> {
    let (package, connection) = arguments(call)?;
    let Ok(Some(frame)) = websocket::extent(text(&package), role) else {
        return Ok(value::bytes(""));
    };
    let payload = frame.payload(text(&package));
    if frame.opcode >= CLOSE {
        return Ok(value::bytes(payload));
    }
    // Taken out, the string is nobody else's and grows in place.
    let mut data = context::take(&connection, FRAGMENTS);
    let old = value::append(&mut data, &payload);
    drop(old);
    let is_compressed = frame.is_compressed || flag(&connection, COMPRESSED);
    if !frame.is_final {
        context::set(&connection, FRAGMENTS, data.shallow_clone());
        context::set(&connection, COMPRESSED, value::boolean(is_compressed));
        return Ok(data);
    }
    context::set(&connection, FRAGMENTS, value::bytes(""));
    context::set(&connection, COMPRESSED, value::boolean(false));
    if !is_compressed {
        return Ok(data);
    }
    let arguments = &mut [connection.to_zval(), data, value::boolean(true)];
    let inflated = call_static(call.called_class(), "inflate", arguments)?;
    if inflated.is_string() {
        return Ok(inflated);
    }
    // What a peer sends ends its connection, and nobody else's.
    close(&connection, role, INVALID_DATA)?;
    exception::throw(
        ext_php_rs::zend::ce::type_error(),
        "Workerman\\Protocols\\Websocket::decode(): Return value must be of type string, false returned",
    )
}

fn encode(call: &mut Call) -> Result<Zval> {
    let Some(connection) = call.object(1) else {
        return Ok(value::bytes(""));
    };
    let mut payload = websocket_payload(&call.value(0))?;
    let first_byte = settled_first_byte(&connection)?;
    if first_byte & super::COMPRESSED != 0 {
        let arguments = &mut [connection.to_zval(), payload];
        payload = call_static(call.called_class(), "deflate", arguments)?;
    }
    let mut encoded = Vec::new();
    frame::encode(Role::Server, first_byte, text(&payload), &mut encoded);
    if flag(&connection, HANDSHAKE) {
        return Ok(value::bytes(encoded));
    }
    keep(&connection, &encoded)?;
    Ok(value::bytes(""))
}

/// Keeps a frame until the handshake is done, unless there are too many.
pub(in crate::protocols) fn keep(connection: &Object, encoded: &[u8]) -> Result<()> {
    let slots = tcp_connection::slots();
    let limit = usize::try_from(connection.long(slots.max_send_buffer_size)).unwrap_or_default();
    let mut early = text(&context::get(connection, EARLY)).to_vec();
    if early.len() > limit {
        let reason = value::bytes("send buffer full and drop package");
        let arguments = &mut [connection.to_zval(), value::long(SEND_FAIL), reason];
        let on_error = connection.get(connection_interface::slots().on_error);
        return notify(connection, &on_error, arguments);
    }
    early.extend_from_slice(encoded);
    let is_full = early.len() >= limit;
    context::set(connection, EARLY, value::bytes(early));
    if is_full {
        let on_buffer_full = connection.get(slots.on_buffer_full);
        notify(connection, &on_buffer_full, &mut [connection.to_zval()])?;
    }
    Ok(())
}

fn deal_handshake(call: &mut Call) -> Result<Zval> {
    let (buffer, connection) = arguments(call)?;
    let buffer = text(&buffer);
    let head = match handshake::Decoder::new().decode(buffer, DEFAULT_MAX_HEAD) {
        Ok(step) => step.item,
        Err(refusal) => {
            let answer = value::bytes(refusal.response());
            connection.call("close", &mut [answer, value::boolean(true)])?;
            None
        }
    };
    let Some(head) = head else {
        return Ok(value::long(0));
    };
    connection.call("consumeRecvBuffer", &mut [value::long(head.len())])?;
    let beginning = packages::beginning(&connection);
    accept(&connection, head)?;
    let is_open = tcp_connection::is_established(&connection);
    if !is_open || head.len() == buffer.len() || !packages::is_untouched(&connection, beginning) {
        return Ok(value::long(0));
    }
    let rest = value::bytes(&buffer[head.len()..]);
    call_static(
        call.called_class(),
        "input",
        &mut [rest, connection.to_zval()],
    )
}

/// Introduces the client to the script, and answers it if that lets it in. What the client sends until then waits, also where a fiber is suspended.
fn accept(connection: &Object, head: &[u8]) -> Result<()> {
    let request = request::from_buffer(connection, head)?.to_zval();
    let tell = |name: &str| {
        let arguments = &mut [connection.to_zval(), request.shallow_clone()];
        notify(connection, &callback(connection, name), arguments)
    };
    answer::begin_handshake(connection);
    let answered = tell("onWebSocketConnect").and_then(|()| let_in(connection, head));
    answer::end_handshake(connection);
    if answered? {
        tell("onWebSocketConnected")?;
    }
    Ok(())
}

/// Answers a handshake, unless the script has refused it. Whether it was answered comes back.
fn let_in(connection: &Object, head: &[u8]) -> Result<bool> {
    if !tcp_connection::is_established(connection) {
        return Ok(false);
    }
    settled_first_byte(connection)?;
    let mut answer = Vec::new();
    handshake::accept(head, header_lines(connection, head)?, &mut answer);
    connection.call("send", &mut [value::bytes(answer), value::boolean(true)])?;
    shake_hands(connection);
    send_early(connection)?;
    Ok(true)
}

/// Sends the frames that have waited for the end of the handshake, before those that are sent from now on.
pub(in crate::protocols) fn send_early(connection: &Object) -> Result<()> {
    let early = take_early(connection);
    if text(&early).is_empty() {
        return Ok(());
    }
    connection
        .call("send", &mut [early, value::boolean(true)])
        .map(drop)
}

/// Takes the frames that have waited for the end of the handshake.
pub(super) fn take_early(connection: &Object) -> Zval {
    context::take(connection, EARLY)
}

fn limit(connection: &Object) -> usize {
    let limit = connection.long(tcp_connection::slots().max_package_size);
    usize::try_from(limit).unwrap_or_default()
}

fn flag(connection: &Object, name: &str) -> bool {
    context::get(connection, name).coerce_to_bool()
}

pub(in crate::protocols) fn text(value: &Zval) -> &[u8] {
    value
        .zend_str()
        .map(|text| text.as_bytes())
        .unwrap_or_default()
}
