//! `Workerman\Protocols\Http\Request`.
//!
//! Parts are parsed when they are asked for and kept in `$data`, which is a PHP array: subclasses write to it, and read their own words back.

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_protocol::http::{Message, request::View};

use super::{form, methods, session_id, upload::Uploads};
use crate::{
    connection::tcp_connection,
    zend::{Call, Class, Object, Registration, Result, array, library, slots, value},
};

slots! {
    /// Properties of a request.
    Slots {
        connection: "connection",
        properties: "properties",
        context: "context",
        data: "data",
        is_safe: "isSafe",
        chunk_trailers: "chunkTrailers",
        buffer: "buffer",
    }
}

/// The name of the class.
pub(super) const NAME: &str = "Workerman\\Protocols\\Http\\Request";

static CLASS: Registration<Slots> = Registration::new();

pub(super) fn register() {
    let class = Class::declared(include_str!("request.stub.php"))
        .carrying::<Uploads>()
        .method("__construct", construct)
        .method("setChunkTrailers", set_chunk_trailers)
        .method("get", |call: &mut Call| entry(call, "get", parse_get))
        .method("post", |call: &mut Call| entry(call, "post", form::post))
        .method("header", header)
        .method("trailer", trailer)
        .method("cookie", |call: &mut Call| {
            entry(call, "cookie", parse_cookies)
        })
        .method("file", form::file)
        .method("session", session_id::session)
        .method("sessionId", session_id::session_id)
        .method("isValidSessionId", session_id::is_valid_session_id)
        .method("sessionRegenerateId", session_id::session_regenerate_id)
        .method("createSessionId", session_id::create_session_id)
        .method("setSidCookie", session_id::set_sid_cookie)
        .method("method", |call: &mut Call| {
            part(call, "method", |view| view.method())
        })
        .method("protocolVersion", |call: &mut Call| {
            part(call, "protocolVersion", |view| view.protocol_version())
        })
        .method("host", host)
        .method("uri", |call: &mut Call| {
            part(call, "uri", |view| view.uri())
        })
        .method("path", |call: &mut Call| {
            part(call, "path", |view| view.path())
        })
        .method("queryString", |call: &mut Call| {
            part(call, "query_string", |view| view.query())
        })
        .method("rawHead", |call: &mut Call| {
            part(call, "head", |view| view.head())
        })
        .method("rawBody", |call: &mut Call| {
            with_view(&call.this()?, |view| value::bytes(view.body()))
        })
        .method("rawBuffer", |call: &mut Call| {
            Ok(call.this()?.get(CLASS.slots().buffer))
        })
        .method("__toString", |call: &mut Call| {
            Ok(call.this()?.get(CLASS.slots().buffer))
        })
        .method("__set", set)
        .method("__get", get)
        .method("__isset", isset)
        .method("__unset", unset)
        .method("__unserialize", unserialize)
        .method("destroy", destroy)
        .method("__destruct", destruct);
    CLASS.register(class, Slots::of);
}

pub(super) fn slots() -> &'static Slots {
    CLASS.slots()
}

/// The object for a request that came on a connection.
pub(crate) fn object(connection: &Object, message: &Message) -> Result<Object> {
    tcp_connection::set_head_awaited(connection, message.raw.starts_with(b"HEAD "));
    let request = from_buffer(connection, &message.raw)?;
    if !message.trailers.is_empty() && request.instance_of(CLASS.class()) {
        request.set(CLASS.slots().chunk_trailers, trailers(message));
    }
    Ok(request)
}

/// The trailers of a request by name.
pub(super) fn trailers(message: &Message) -> Zval {
    let mut trailers = Zval::new_array();
    for (name, content) in &message.trailers {
        array::set_name(&mut trailers, name, value::bytes(content));
    }
    trailers
}

/// The object for a request whose bytes are `buffer`.
pub(crate) fn from_buffer(connection: &Object, buffer: &[u8]) -> Result<Object> {
    construct_for(super::CLASS.class(), connection, value::bytes(buffer))
}

/// The object for a request, of the class that the class `http` has been told to make. One that the script has chosen is constructed as
/// `new` would.
pub(super) fn construct_for(
    http: &ClassEntry,
    connection: &Object,
    buffer: Zval,
) -> Result<Object> {
    let request = match methods::chosen_request_class(http)? {
        None => {
            let request = Object::new(CLASS.class())?;
            request.set(CLASS.slots().buffer, buffer);
            request
        }
        Some(class) => {
            let request = Object::new(class)?;
            request.call("__construct", &mut [buffer])?;
            request
        }
    };
    if request.instance_of(CLASS.class()) {
        request.set(CLASS.slots().connection, connection.to_zval());
    } else {
        request.set_dynamic("connection", connection.to_zval());
    }
    Ok(request)
}

fn construct(call: &mut Call) -> Result<()> {
    call.this()?.set(CLASS.slots().buffer, call.value(0));
    Ok(())
}

/// Reads from the buffer. `read` must not run PHP.
fn with_view<T>(this: &Object, read: impl FnOnce(View<'_>) -> T) -> Result<T> {
    Ok(this.look(CLASS.slots().buffer, |buffer| {
        read(View(
            buffer
                .zend_str()
                .map(|text| text.as_bytes())
                .unwrap_or_default(),
        ))
    }))
}

/// What `$data` holds under `key`, put there by `parse` if it was not there yet.
fn cached(this: &Object, key: &str, parse: impl FnOnce(&Object) -> Result<Zval>) -> Result<Zval> {
    if let Some(known) = kept(this, key) {
        return Ok(known);
    }
    let parsed = parse(this)?;
    keep(this, key, parsed.shallow_clone());
    Ok(parsed)
}

/// What `$data` holds under `key`, if it is there and not null.
pub(super) fn kept(this: &Object, key: &str) -> Option<Zval> {
    let known = this.look(CLASS.slots().data, |data| array::get_name(data, key));
    known.filter(|known| !known.is_null())
}

/// Puts something into `$data`.
pub(super) fn keep(this: &Object, key: &str, part: Zval) {
    let old = this.change(CLASS.slots().data, |data| {
        let old = array::take_name(data, key);
        array::set_name(data, key, part);
        old
    });
    drop(old);
}

/// A part that is a string.
fn part(call: &Call, key: &str, read: for<'a> fn(View<'a>) -> &'a [u8]) -> Result<Zval> {
    cached(&call.this()?, key, |this| {
        with_view(this, |view| value::bytes(read(view)))
    })
}

/// An entry of a part that is an array, or the whole of it.
fn entry(call: &Call, key: &str, parse: fn(&Object) -> Result<Zval>) -> Result<Zval> {
    let all = cached(&call.this()?, key, parse)?;
    let Some(name) = call.argument(0).filter(|name| !name.is_null()) else {
        return Ok(all);
    };
    let name = name_bytes(&name);
    Ok(array::get_name(&all, &name)
        .filter(|value| !value.is_null())
        .unwrap_or_else(|| call.value(1)))
}

/// The bytes of a name that was asked for.
fn name_bytes(name: &Zval) -> Vec<u8> {
    name.zend_str()
        .map(|text| text.as_bytes().to_vec())
        .unwrap_or_default()
}

fn header(call: &mut Call) -> Result<Zval> {
    let all = headers(&call.this()?)?;
    let Some(name) = call.argument(0).filter(|name| !name.is_null()) else {
        return Ok(all);
    };
    let name = name_bytes(&name).to_ascii_lowercase();
    Ok(array::get_name(&all, &name).unwrap_or_else(|| call.value(1)))
}

fn headers(this: &Object) -> Result<Zval> {
    cached(this, "headers", |this| {
        let mut all = Zval::new_array();
        with_view(this, |view| {
            for (name, content) in view.headers() {
                let earlier = array::get_name(&all, &name);
                let earlier = earlier.as_ref().and_then(Zval::zend_str);
                let joined = earlier.map(|earlier| [earlier.as_bytes(), b",", content].concat());
                array::set_name(
                    &mut all,
                    &name,
                    value::bytes(joined.as_deref().unwrap_or(content)),
                );
            }
        })?;
        Ok(all)
    })
}

/// A header field by its name in lower case; null when there is none.
pub(super) fn header_named(this: &Object, name: &str) -> Result<Zval> {
    Ok(array::get_name(&headers(this)?, name).unwrap_or_else(Zval::null))
}

fn parse_get(this: &Object) -> Result<Zval> {
    let query = with_view(this, |view| view.query().to_vec())?;
    Ok(library::parse_str(&query))
}

fn parse_cookies(this: &Object) -> Result<Zval> {
    let mut all = Zval::new_array();
    with_view(this, |view| {
        for (name, content) in view.cookies() {
            array::set_name(&mut all, name, value::bytes(content));
        }
    })?;
    Ok(all)
}

fn host(call: &mut Call) -> Result<Zval> {
    let all = headers(&call.this()?)?;
    let Some(host) = array::get_name(&all, "host") else {
        return Ok(Zval::null());
    };
    if !call.bool_or(0, false) {
        return Ok(host);
    }
    let host = name_bytes(&host);
    let name = match host.iter().rposition(|&byte| byte == b':') {
        Some(colon) if is_port(&host[colon + 1..]) => &host[..colon],
        _ => &host,
    };
    Ok(value::bytes(name))
}

fn is_port(text: &[u8]) -> bool {
    (1..=5).contains(&text.len()) && text.iter().all(u8::is_ascii_digit)
}

/// Once they are known, trailers do not change.
fn set_chunk_trailers(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    if this.get(CLASS.slots().chunk_trailers).is_null() {
        this.set(CLASS.slots().chunk_trailers, call.value(0));
    }
    Ok(())
}

fn trailer(call: &mut Call) -> Result<Zval> {
    let all = call.this()?.get(CLASS.slots().chunk_trailers);
    let all = if all.is_null() {
        Zval::new_array()
    } else {
        all
    };
    let Some(name) = call.argument(0).filter(|name| !name.is_null()) else {
        return Ok(all);
    };
    let name = name_bytes(&name).to_ascii_lowercase();
    Ok(array::get_name(&all, &name).unwrap_or_else(|| call.value(1)))
}

fn set(call: &mut Call) -> Result<()> {
    let (name, content) = (call.bytes(0), call.value(1));
    call.this()?.change(CLASS.slots().properties, |properties| {
        array::set_name(properties, &name, content)
    });
    Ok(())
}

fn property(call: &Call) -> Result<Option<Zval>> {
    let name = call.bytes(0);
    Ok(call.this()?.look(CLASS.slots().properties, |properties| {
        array::get_name(properties, &name)
    }))
}

fn get(call: &mut Call) -> Result<Zval> {
    Ok(property(call)?.unwrap_or_else(Zval::null))
}

fn isset(call: &mut Call) -> Result<bool> {
    Ok(property(call)?.is_some_and(|value| !value.is_null()))
}

fn unset(call: &mut Call) -> Result<()> {
    let name = call.bytes(0);
    let old = call.this()?.change(CLASS.slots().properties, |properties| {
        array::take_name(properties, &name)
    });
    drop(old);
    Ok(())
}

fn unserialize(call: &mut Call) -> Result<()> {
    call.this()?
        .set(CLASS.slots().is_safe, value::boolean(false));
    Ok(())
}

/// Lets go of the connection and of what a script has put into the request.
fn destroy(call: &mut Call) -> Result<()> {
    let (this, slots) = (call.this()?, CLASS.slots());
    this.set(slots.context, Zval::new_array());
    this.set(slots.properties, Zval::new_array());
    this.set(slots.connection, Zval::null());
    Ok(())
}

/// The files of a form go with its request.
fn destruct(call: &mut Call) -> Result<()> {
    if let Some(uploads) = call.this()?.state::<Uploads>() {
        uploads.release();
    }
    Ok(())
}
