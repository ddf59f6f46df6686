//! Packages of a protocol class of the application: cut by its `input()`, decoded by its `decode()`.
//!
//! The network hands such a connection's bytes on as they come. What makes no whole package yet is in `$recvBuffer`, where the class finds
//! it, and the length of the package that it waits for in `$currentPackageLength`.
//!
//! `input()` gets the whole buffer as a PHP string, so cutting a package moves everything behind it. To keep that from becoming quadratic,
//! a buffer in which a package was found is shortened to [`PORTION`]; the rest comes back in portions, as if it had been read later.
//!
//! A package that becomes a `Request` is answered before the next one is cut, whenever that is (RFC 9112 section 9.3.2).

use ext_php_rs::types::Zval;
use ouvrier_net::{Event, Payload};
use ouvrier_protocol::http::{self, ChunkedLength, Error, Limits};

use super::{
    answer, close,
    connection_interface::{self, Counter, notify, settle},
    starttls,
    state::TcpState,
    tcp_connection::{self, slots, status, with_network},
};
use crate::{
    protocols::{self, Choice, application, http::request},
    worker,
    zend::{Object, Result, Unwind, callback, exception, value},
};

/// Bytes that stay in `$recvBuffer` when it may hold further packages.
pub(super) const PORTION: usize = 4096;

/// Handles bytes together with what is in the buffer.
pub(super) fn receive(this: &Object, bytes: &[u8]) -> Result<()> {
    this.append(slots().recv_buffer, bytes);
    while cut(this)? {
        starttls::catch_up(this);
        spill(this);
    }
    Ok(())
}

/// Takes what is in the buffer, for a protocol that the network cuts by.
pub(super) fn take_buffer(this: &Object) -> Option<Event> {
    let bytes = this.bytes(slots().recv_buffer);
    forget_buffer(this);
    (!bytes.is_empty()).then(|| Event::Message(Payload::Bytes(bytes.into())))
}

/// Forgets what was received.
pub(super) fn forget_buffer(this: &Object) {
    if let Some(state) = this.state::<TcpState>() {
        state.interrupt(false);
    }
    set_buffer(this, b"");
    this.set(slots().current_package_length, value::long(0));
}

/// `$connection->consumeRecvBuffer($length)`.
pub(super) fn consume(this: &Object, length: usize) {
    let buffer = this.get(slots().recv_buffer);
    let bytes = buffer.zend_str().map_or(&b""[..], |text| text.as_bytes());
    set_buffer(this, bytes.get(length..).unwrap_or_default());
}

/// Another beginning of the buffer: what was measured of the one before means nothing any more.
fn set_buffer(this: &Object, bytes: &[u8]) {
    if let Some(seldom) = this.state::<TcpState>().and_then(TcpState::seldom_if_any) {
        drop(seldom.measured.take());
        seldom
            .beginnings
            .set(seldom.beginnings.get().wrapping_add(1));
    }
    if !bytes.is_empty() || this.length(slots().recv_buffer) > 0 {
        this.set(slots().recv_buffer, value::bytes(bytes));
    }
}

/// Cuts one package and hands it to the script. Returns whether there may be another.
fn cut(this: &Object) -> Result<bool> {
    let Some(class) = reading_class(this) else {
        return Ok(false);
    };
    if this.length(slots().recv_buffer) == 0 {
        return Ok(false);
    }
    let mut length = this.long(slots().current_package_length);
    if length == 0 {
        let measured = measure(this, &class)?;
        // The class may have ended the connection, handed it to another class, or consumed bytes.
        let Some(next) = reading_class(this) else {
            return Ok(false);
        };
        match measured.long() {
            Some(0) if !is_full(this) => return Ok(next.zend_str() != class.zend_str()),
            Some(measured) if 0 < measured && measured <= limit(this) => length = measured,
            _ => return refuse(this, &class, &measured).map(|()| false),
        }
    }
    let wanted = usize::try_from(length).unwrap_or_default();
    if wanted > this.length(slots().recv_buffer) {
        this.set(slots().current_package_length, value::long(length));
        return Ok(false);
    }
    connection_interface::count(Counter::TotalRequest, 1);
    let package = take(this, wanted);
    deliver(this, package)?;
    Ok(true)
}

/// The class by which a connection is to be cut now. Notes when that is only put off, because it is paused or owes an answer.
fn reading_class(this: &Object) -> Option<Zval> {
    let Choice::Application(class) = protocols::of_connection(this) else {
        return None;
    };
    with_network(this, |_| ())?;
    if this.bool(slots().is_paused) || answer::is_owed(this) {
        if let Some(state) = this.state::<TcpState>() {
            state.interrupt(this.length(slots().recv_buffer) > 0);
        }
        return None;
    }
    if this.long(slots().status) != status::ESTABLISHED {
        forget_buffer(this);
        return None;
    }
    Some(class)
}

/// What `input()` says. An exception is told to `errorHandler`, or else printed, and ends this connection alone: it may be of the peer's making.
fn measure(this: &Object, class: &Zval) -> Result<Zval> {
    match application::input(class, this.get(slots().recv_buffer), this) {
        Ok(length) => Ok(length),
        Err(unwind) => {
            let handler = this.get(connection_interface::slots().error_handler);
            if callback::is_set(&handler) {
                settle(this, unwind)?;
            } else {
                print(unwind)?;
            }
            Ok(value::long(-1))
        }
    }
}

fn limit(this: &Object) -> i64 {
    this.long(slots().max_package_size)
}

/// Whether no package could be whole that is not whole yet. Where the buffer is going to be cut anew anyway, nothing was said of what it holds now.
fn is_full(this: &Object) -> bool {
    let state = this.state::<TcpState>();
    i64::try_from(this.length(slots().recv_buffer)).unwrap_or(i64::MAX) >= limit(this)
        && !state.is_some_and(TcpState::is_interrupted)
}

/// Ends a connection whose peer sends what is no package, in Workerman's words.
fn refuse(this: &Object, class: &Zval, measured: &Zval) -> Result<()> {
    let class = class.string().unwrap_or_default();
    let length = shown(measured);
    worker::echo(value::bytes(format!(
        "Protocol {class} Error package. package_length={length}\n"
    )))?;
    close::destroy(this)
}

/// What `input()` returned, as PHP writes it; of what is neither a number nor a word for truth, that it is something else.
fn shown(measured: &Zval) -> String {
    match (measured.long(), measured.bool()) {
        (Some(length), _) => length.to_string(),
        (None, Some(flag)) => flag.to_string(),
        (None, None) if measured.is_null() => "NULL".to_owned(),
        (None, None) => format!("({})", measured.get_type()),
    }
}

/// Takes the first `length` bytes of the buffer, which are there. All of it is taken as it is.
fn take(this: &Object, length: usize) -> Zval {
    let buffer = this.get(slots().recv_buffer);
    let bytes = buffer.zend_str().map_or(&b""[..], |text| text.as_bytes());
    this.set(slots().current_package_length, value::long(0));
    set_buffer(this, &bytes[length..]);
    if length == bytes.len() {
        buffer
    } else {
        value::bytes(&bytes[..length])
    }
}

/// Decodes a package by the class of the connection, which `input()` may have changed, and calls `onMessage`.
fn deliver(this: &Object, package: Zval) -> Result<()> {
    let Choice::Application(class) = protocols::of_connection(this) else {
        return Ok(());
    };
    match application::decode(&class, package, this) {
        Ok(data) => {
            let callback = this.get(connection_interface::slots().on_message);
            let is_heard = !callback.is_null() && tcp_connection::is_established(this);
            if is_heard && request::is_request(&data) {
                answer::set_owed(this);
            }
            notify(this, &callback, &mut [this.to_zval(), data])
        }
        // It has ended the connection itself, over what the peer has sent: nobody else need end.
        Err(unwind) if !tcp_connection::is_established(this) => print(unwind),
        Err(unwind) => settle(this, unwind),
    }
}

/// Prints an exception. What is none comes back.
fn print(unwind: Unwind) -> Result<()> {
    let exception = exception::take().ok_or(unwind)?;
    let text = exception.call("__toString", &mut [])?;
    worker::echo(value::bytes(text.string().unwrap_or_default() + "\n"))
}

/// The length of a chunked request whose head has `head_length` bytes; `None` as long as its end is not there. Of the connection's own buffer, which grows
/// while it arrives, each byte is looked at once. A subclass may have put something else there, which is measured anew.
pub(crate) fn chunked_length(
    this: &Object,
    buffer: &Zval,
    head_length: usize,
    limits: &Limits,
) -> std::result::Result<Option<usize>, Error> {
    let bytes = buffer.zend_str().map_or(&b""[..], |text| text.as_bytes());
    let own = this.look(slots().recv_buffer, value::identity);
    let Some(state) = this
        .state::<TcpState>()
        .filter(|_| own == value::identity(buffer))
    else {
        return http::chunked_length(bytes, head_length, limits);
    };
    let known = state.seldom().measured.take();
    let known = known.filter(|known| known.is_of(bytes, head_length));
    let mut measured = known.unwrap_or_else(|| Box::new(ChunkedLength::new(head_length)));
    let length = measured.measure(bytes, limits)?;
    if length.is_none() {
        state.seldom().measured.set(Some(measured));
    }
    Ok(length)
}

/// By what [`is_untouched`] knows whether the buffer still begins as it does now.
pub(crate) fn beginning(this: &Object) -> u32 {
    let state = this.state::<TcpState>();
    state.map_or(0, |state| state.seldom().beginnings.get())
}

/// Whether nothing was taken off the buffer since it had that beginning. Otherwise it will be cut anew: who has taken something may be suspended.
pub(crate) fn is_untouched(this: &Object, beginning: u32) -> bool {
    if self::beginning(this) == beginning {
        return true;
    }
    if let Some(state) = this.state::<TcpState>()
        && this.length(slots().recv_buffer) > 0
    {
        state.interrupt(true);
        with_network(this, |connection| connection.call_owner());
    }
    false
}

/// Counts a ping or a pong of a websocket client. Returns whether there have been too many in this second.
pub(crate) fn is_flooded(this: &Object) -> bool {
    let Some(state) = this.state::<TcpState>() else {
        return false;
    };
    let mut frames = state.seldom().control_frames.get();
    let are_too_many = with_network(this, |connection| frames.are_too_many(connection));
    state.seldom().control_frames.set(frames);
    are_too_many.unwrap_or_default()
}

/// Takes what is beyond a portion out of the buffer, if it is worth it, to be received again. Returns how many bytes that are.
pub(crate) fn spill(this: &Object) -> usize {
    let Some(state) = this.state::<TcpState>() else {
        return 0;
    };
    if this.length(slots().recv_buffer) <= 2 * PORTION {
        return 0;
    }
    let bytes = this.bytes(slots().recv_buffer);
    let (kept, rest) = bytes.split_at(PORTION);
    set_buffer(this, kept);
    state.with_unseen(|unseen| {
        for portion in rest.rchunks(PORTION) {
            unseen.push_front(Event::Message(Payload::Bytes(portion.to_vec().into())));
        }
    });
    // A fiber that was suspended in the callback may be the only one here that still runs.
    with_network(this, |connection| connection.call_owner());
    rest.len()
}
