//! From a PHP value to bytes on their way.

use std::sync::Arc;

use ext_php_rs::types::Zval;
use ouvrier_net::{Connection, FileRange, Message, Protocol, Runtime, Sent};
use ouvrier_protocol::{length_prefixed, text};

use super::{
    answer, broadcast, close,
    connection_interface::{self, Counter, SEND_FAIL, notify, settle},
    farewell, limits, starttls,
    state::{Owed, TcpState},
    tcp_connection::{slots, status},
};
use crate::{
    protocols::{
        self, Choice, application,
        http::{self, Extent, Manner},
    },
    worker::{self, reactor},
    zend::{Object, Result, exception, library, value},
};

/// `$connection->send($data, $raw)`.
pub(super) fn send(this: &Object, data: &Zval, raw: bool) -> Result<Zval> {
    let Some(outlet) = outlet(this) else {
        return Ok(value::boolean(false));
    };
    if raw {
        return send_raw(this, &outlet, data, false);
    }
    let protocol = match protocols::of_connection(this) {
        Choice::Native(protocol) => protocol,
        Choice::Application(class) => return send_by_class(this, &class, data),
    };
    let Some(limit) = limits::admit(this)? else {
        return Ok(value::boolean(false));
    };
    let sent = match protocol {
        Protocol::Http => respond(this, &outlet, limit, data),
        _ => encode(this, &outlet, protocol, limit, data),
    };
    conclude(this, sent?)
}

/// Where what is sent goes, unless the connection takes no more.
fn outlet(this: &Object) -> Option<Outlet<'_>> {
    if matches!(
        this.long(slots().status),
        status::ENDING | status::CLOSING | status::CLOSED
    ) {
        return None;
    }
    starttls::catch_up(this);
    Outlet::of(this)
}

/// Where encoded bytes go: to the network, or where they wait for it. Which it is is found out each time, since PHP may run in between.
struct Outlet<'a> {
    this: &'a Object,
    state: &'a TcpState,
}

impl<'a> Outlet<'a> {
    fn of(this: &'a Object) -> Option<Self> {
        let state = this.state::<TcpState>()?;
        let outlet = Self { this, state };
        let is_there = state.look_at_network(|network| network.is_some());
        (is_there || outlet.keeps()).then_some(outlet)
    }

    /// Whether what is sent waits for a network connection.
    fn keeps(&self) -> bool {
        self.this.long(slots().status) == status::INITIAL
    }

    fn keep(&self, limit: usize, encode: impl FnOnce(&mut Vec<u8>)) -> Sent {
        if !self.keeps() {
            return Sent::Closed;
        }
        let mut unsent = self.state.seldom().unsent.borrow_mut();
        if unsent.len() >= limit {
            return Sent::Dropped;
        }
        encode(&mut unsent);
        if unsent.len() >= limit {
            Sent::Filled
        } else {
            Sent::Buffered
        }
    }

    fn take(&self, limit: usize, encode: impl FnOnce(&mut Vec<u8>)) -> Sent {
        self.state.look_at_network(|network| match network {
            Some(connection) => connection.send(limit, encode),
            None => self.keep(limit, encode),
        })
    }

    /// What waits for a connection is not compressed: nothing has been agreed upon.
    fn take_message(&self, limit: usize, message: Message<'_>, payload: &Zval) -> Sent {
        self.state.look_at_network(|network| match network {
            Some(connection) if self.writes(connection, limit, message) => Sent::Written,
            Some(connection) => {
                self.state.note_sent(connection);
                broadcast::send(connection, limit, message, payload)
            }
            None => self.keep(limit, |out| message.encode(out)),
        })
    }

    /// Has a message written without a look at the network's side, where nothing can have happened to that.
    #[inline]
    fn writes(&self, connection: &Arc<Connection>, limit: usize, message: Message<'_>) -> bool {
        let place = self.state.place();
        place
            .is_some_and(|place| limit >= Runtime::LEAST_LIMIT && write(connection, place, message))
    }

    /// A file is for those who are connected.
    fn take_file(&self, limit: usize, encode: impl FnOnce(&mut Vec<u8>), file: FileRange) -> Sent {
        self.state.look_at_network(|network| match network {
            Some(connection) => connection.send_file(limit, encode, file),
            None => Sent::Closed,
        })
    }

    fn take_raw(&self, limit: usize, bytes: &[u8]) -> Sent {
        let append = |out: &mut Vec<u8>| out.extend_from_slice(bytes);
        self.state.look_at_network(|network| match network {
            Some(connection) => connection.send_raw(limit, append),
            None => self.keep(limit, append),
        })
    }
}

fn write(connection: &Arc<Connection>, place: u32, message: Message<'_>) -> bool {
    let encode = |out: &mut Vec<u8>| message.encode(out);
    let length = message.payload.len();
    let written = reactor::with_current(|reactor| {
        let runtime = &reactor.runtime;
        runtime.write(connection, place, length, encode)
    });
    written.unwrap_or_default()
}

/// Sends what a protocol class of the application makes of a value. Nothing is sent where it throws, which is the connection's business,
/// or where it returns an empty string: then it has done, or will do, whatever there is to be done.
fn send_by_class(this: &Object, class: &Zval, data: &Zval) -> Result<Zval> {
    // `encode()` uses up the headers, which say it, too.
    let more_follows = answer::is_owed(this) && http::is_part(this, data)?;
    let encoded = match application::encode(class, data.shallow_clone(), this) {
        Ok(encoded) => encoded,
        Err(unwind) => return settle(this, unwind).map(|()| value::boolean(false)),
    };
    if encoded.zend_str().is_some_and(|text| text.is_empty()) {
        return Ok(Zval::null());
    }
    match outlet(this) {
        Some(outlet) => send_raw(this, &outlet, &encoded, more_follows),
        None => Ok(value::boolean(false)),
    }
}

/// Sends bytes as they are; whether more of the same answer follows says who has encoded them.
#[inline(never)]
fn send_raw(this: &Object, outlet: &Outlet<'_>, data: &Zval, more_follows: bool) -> Result<Zval> {
    let Some(limit) = limits::admit(this)? else {
        return Ok(value::boolean(false));
    };
    let mut made = None;
    let bytes = content(text(data, &mut made, |data| to_bytes(data, "send"))?);
    let sent = outlet.take_raw(limit, bytes);
    if !more_follows {
        sent_raw(this, bytes);
    }
    conclude(this, sent)
}

/// The string to be sent: what the script has given, or what `make` makes of it, which is put into `made`.
#[inline]
fn text<'a>(
    data: &'a Zval,
    made: &'a mut Option<Zval>,
    make: impl FnOnce(&Zval) -> Result<Zval>,
) -> Result<&'a Zval> {
    if data.is_string() {
        return Ok(data);
    }
    Ok(made.insert(make(data)?))
}

/// Encodes by the protocol of the connection, which is not HTTP, straight into its send buffer.
#[inline]
fn encode(
    this: &Object,
    outlet: &Outlet<'_>,
    protocol: Protocol,
    limit: usize,
    data: &Zval,
) -> Result<Sent> {
    let role = protocol.role();
    match outlet.state.owed.get() {
        Owed::Nothing => {}
        // Whoever speaks another protocol by now owes nothing over HTTP.
        Owed::Answer => answer::set_answered(this),
        Owed::Handshake if role.is_none() => {}
        Owed::Handshake => return encode_by_hand(this, data),
    }
    let mut made = None;
    let text = text(data, &mut made, |data| match role {
        Some(_) => websocket_payload(data),
        None => to_bytes(data, "send"),
    })?;
    let content = content(text);
    if let Some(role) = role {
        let message = Message {
            role,
            first_byte: protocols::websocket::first_byte(this)?,
            payload: content,
        };
        return Ok(outlet.take_message(limit, message, text));
    }
    Ok(outlet.take(limit, |out| match protocol {
        Protocol::Text => text::encode(content, out),
        Protocol::LengthPrefixed => drop(length_prefixed::encode(content, out)),
        _ => out.extend_from_slice(content),
    }))
}

/// Has a frame wait for the end of a handshake that a class of the application deals with, and of which the network does not know.
#[cold]
fn encode_by_hand(this: &Object, data: &Zval) -> Result<Sent> {
    let native = this.get(connection_interface::slots().protocol);
    application::encode(&native, data.shallow_clone(), this)?;
    Ok(Sent::Buffered)
}

/// Sends an HTTP response. The connection closes behind it where the response says so: because the client or the script wants it, or
/// because the process is being replaced.
fn respond(this: &Object, outlet: &Outlet<'_>, limit: usize, data: &Zval) -> Result<Sent> {
    let manner = Manner::answering(this, worker::is_draining());
    let mut response = http::encode(this, data, manner)?;
    let file = response.file.take();
    let append = |out: &mut Vec<u8>| response.write(out);
    let sent = match file {
        Some(file) => outlet.take_file(limit, append, file),
        None => outlet.take(limit, append),
    };
    match response.extent {
        Extent::Whole => answer::set_answered(this),
        Extent::Unknown => answer::set_begun(this),
        Extent::Part => {}
    }
    // Where an answer is lost, those behind it would stand for other requests.
    let is_lost = sent == Sent::Dropped && response.extent != Extent::Part;
    if is_lost || response.extent == Extent::Whole && response.closes {
        close::close(this, &Zval::null(), true)?;
    }
    Ok(sent)
}

/// Takes what the script has encoded itself for an answer, unless it is interim (RFC 9110 section 15.2): where it ends only the script knows.
fn sent_raw(this: &Object, bytes: &[u8]) {
    let is_interim = bytes.starts_with(b"HTTP/1.1 1") && !bytes.starts_with(b"HTTP/1.1 101");
    let is_over = !is_interim && !answer::is_streaming(this);
    if answer::is_owed(this) && is_over {
        answer::set_begun(this);
    }
}

/// Sends a response from a file on behalf of whoever encodes by hand.
pub(crate) fn send_file(this: &Object, head: &[u8], file: FileRange) -> Result<()> {
    let Some(outlet) = Outlet::of(this) else {
        return Ok(());
    };
    let sent = outlet.take_file(limits::limit(this), |out| out.extend_from_slice(head), file);
    answer::set_answered(this);
    conclude(this, sent).map(drop)
}

/// Tells the script what became of its message.
#[inline]
fn conclude(this: &Object, sent: Sent) -> Result<Zval> {
    match sent {
        Sent::Written => Ok(value::boolean(true)),
        Sent::Buffered | Sent::Filled => limits::kept_waiting(this, sent).map(|()| Zval::null()),
        Sent::Dropped => {
            limits::count_loss();
            tell_loss(this, "send buffer full and drop package")?;
            farewell::part_from_slow(this);
            Ok(value::boolean(false))
        }
        Sent::Closed => Ok(value::boolean(false)),
        Sent::ReadOnly => {
            connection_interface::count(Counter::SendFail, 1);
            tell_loss(this, "the stream can only be read")?;
            Ok(value::boolean(false))
        }
    }
}

/// Tells the script that something it sent was lost.
#[cold]
pub(super) fn tell_loss(this: &Object, reason: &str) -> Result<()> {
    let arguments = &mut [this.to_zval(), value::long(SEND_FAIL), value::bytes(reason)];
    notify(
        this,
        &this.get(connection_interface::slots().on_error),
        arguments,
    )
}

/// A value as a string, the way a weakly typed string parameter takes it.
#[inline]
pub(crate) fn to_bytes(data: &Zval, method: &str) -> Result<Zval> {
    if data.is_string() {
        return Ok(data.shallow_clone());
    }
    coerce(data, method)
}

#[cold]
fn coerce(data: &Zval, method: &str) -> Result<Zval> {
    if let Some(object) = Object::from_zval(data)
        && object.instance_of(ext_php_rs::zend::ce::stringable())
    {
        return object.call("__toString", &mut []);
    }
    if data.is_null() || data.is_array() || data.is_object() || data.is_resource() {
        let message = format!(
            "{method}(): the protocol of this connection sends strings, {} given; encode it first, with json_encode() for example",
            type_name(data)
        );
        return exception::throw(ext_php_rs::zend::ce::type_error(), &message);
    }
    Ok(value::bytes(data.coerce_to_string().unwrap_or_default()))
}

/// Websocket messages may be given as anything that JSON can hold: what is no scalar is sent as JSON, as in Workerman.
#[cold]
pub(crate) fn websocket_payload(data: &Zval) -> Result<Zval> {
    let is_text = Object::from_zval(data)
        .is_some_and(|object| object.instance_of(ext_php_rs::zend::ce::stringable()));
    if (data.is_null() || data.is_array() || data.is_object()) && !is_text {
        return library::json_encode(data);
    }
    to_bytes(data, "send")
}

fn content(value: &Zval) -> &[u8] {
    value
        .zend_str()
        .map(|text| text.as_bytes())
        .unwrap_or_default()
}

fn type_name(value: &Zval) -> String {
    match Object::from_zval(value) {
        Some(object) => object.class().name().unwrap_or("object").to_owned(),
        None if value.is_array() => "array".to_owned(),
        None if value.is_null() => "null".to_owned(),
        None => "resource".to_owned(),
    }
}
