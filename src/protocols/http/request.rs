//! `Workerman\Protocols\Http\Request`.
//!
//! What a request says is in [`parts`]: here is what it is besides.

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_net::Spool;
use ouvrier_protocol::http::{
    Message, compression::accepts_gzip, conditional::Conditions, request::View,
};

use super::{
    body, methods,
    names::{FieldNames, Keys},
    parts, session_id,
    upload::Files,
};
use crate::{
    connection::answer,
    zend::{
        Call, Class, Object, Registration, Result, array, file, object::has_constructor, slots,
        value,
    },
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

static CLASS: Registration<(Slots, Keys, FieldNames)> = Registration::new();

pub(super) fn register() {
    let class = Class::declared(include_str!("request.stub.php"))
        .carrying::<Files>()
        .method("__construct", construct)
        .method("setChunkTrailers", set_chunk_trailers)
        .method("trailer", trailer)
        .method("session", session_id::session)
        .method("sessionId", session_id::session_id)
        .method("isValidSessionId", session_id::is_valid_session_id)
        .method("sessionRegenerateId", session_id::session_regenerate_id)
        .method("createSessionId", session_id::create_session_id)
        .method("setSidCookie", session_id::set_sid_cookie)
        .method("rawBuffer", |call: &mut Call| {
            body::with_head(&call.this()?)
        })
        .method("__toString", |call: &mut Call| {
            body::with_head(&call.this()?)
        })
        .method("__set", set)
        .method("__get", get)
        .method("__isset", isset)
        .method("__unset", unset)
        .method("__unserialize", unserialize)
        .method("destroy", destroy)
        .method("__destruct", destruct);
    CLASS.register(parts::methods(class), |class| {
        (Slots::of(class), Keys::new(), FieldNames::new())
    });
}

pub(super) fn class() -> &'static ClassEntry {
    CLASS.class()
}

/// Whether a value is a request.
pub(crate) fn is_request(value: &Zval) -> bool {
    Object::from_zval(value).is_some_and(|object| object.instance_of(CLASS.class()))
}

pub(super) fn slots() -> &'static Slots {
    &CLASS.slots().0
}

/// The keys of `$data`.
pub(super) fn keys() -> &'static Keys {
    &CLASS.slots().1
}

/// The usual names of header fields.
pub(super) fn field_names() -> &'static FieldNames {
    &CLASS.slots().2
}

/// The object for a request that came on a connection, which owes it an answer from now on. Its body may be in a file.
#[inline(never)]
pub(crate) fn object(
    connection: &Object,
    message: &Message,
    body: Option<Spool>,
) -> Result<Object> {
    let conditions = || Box::new(Conditions::of(View(&message.raw[..message.head_length])));
    let conditions = message.terms.is_conditional.then(conditions);
    answer::set_asked(connection, message.terms, conditions, || {
        let accepted = View(&message.raw).header(b"accept-encoding");
        accepted.is_some_and(|accepted| accepts_gzip(&accepted))
    });
    let request = match body {
        None => from_buffer(connection, &message.raw)?,
        Some(body) => with_body_in_file(connection, &message.raw, body)?,
    };
    if !message.trailers.is_empty() && request.instance_of(CLASS.class()) {
        request.set(slots().chunk_trailers, trailers(message));
    }
    Ok(request)
}

/// Methods of a request that get or look at its buffer. With one of the application's own in their place it has to be whole.
static TAKE_BUFFER: [&str; 4] = [
    "__construct",
    "parsePost",
    "parseUploadFiles",
    "parseUploadFile",
];

/// The object for a request whose body is in a file. A class of the application's own that takes the buffer, or takes it apart, gets it whole.
fn with_body_in_file(connection: &Object, head: &[u8], body: Spool) -> Result<Object> {
    let http = super::CLASS.class();
    let takes_buffer = match methods::chosen_request_class(http)? {
        None => false,
        Some(class) => !Object::new(class)?.has_native_methods(&TAKE_BUFFER),
    };
    if takes_buffer {
        let body = file::read_open(&body)?;
        let buffer = [head, super::content(&body)].concat();
        return from_buffer(connection, &buffer);
    }
    let request = from_buffer(connection, head)?;
    if let Some(files) = request.state::<Files>() {
        files.keep_body(body);
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
            request.set(slots().buffer, buffer);
            request
        }
        Some(class) => construct_chosen(class, buffer)?,
    };
    if request.instance_of(CLASS.class()) {
        request.set(slots().connection, connection.to_zval());
    } else {
        request.set_dynamic("connection", connection.to_zval());
    }
    Ok(request)
}

#[cold]
fn construct_chosen(class: &ClassEntry, buffer: Zval) -> Result<Object> {
    let request = Object::new(class)?;
    if has_constructor(&request) {
        request.call("__construct", &mut [buffer])?;
    }
    Ok(request)
}

fn construct(call: &mut Call) -> Result<()> {
    call.this()?.set(slots().buffer, call.value(0));
    Ok(())
}

/// The bytes of a name that was asked for.
pub(super) fn name_bytes(name: &Zval) -> &[u8] {
    name.zend_str()
        .map(|text| text.as_bytes())
        .unwrap_or_default()
}

/// Once they are known, trailers do not change.
fn set_chunk_trailers(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    if this.get(slots().chunk_trailers).is_null() {
        this.set(slots().chunk_trailers, call.value(0));
    }
    Ok(())
}

fn trailer(call: &mut Call) -> Result<Zval> {
    let all = call.this()?.get(slots().chunk_trailers);
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
    let old = call.this()?.change(slots().properties, |properties| {
        array::replace_name(properties, &name, content)
    });
    drop(old);
    Ok(())
}

fn property(call: &Call) -> Result<Option<Zval>> {
    let name = call.bytes(0);
    Ok(call.this()?.look(slots().properties, |properties| {
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
    let old = call.this()?.change(slots().properties, |properties| {
        array::take_name(properties, &name)
    });
    drop(old);
    Ok(())
}

fn unserialize(call: &mut Call) -> Result<()> {
    call.this()?.set(slots().is_safe, value::boolean(false));
    Ok(())
}

/// Lets go of the connection and of what a script has put into the request.
fn destroy(call: &mut Call) -> Result<()> {
    let (this, slots) = (call.this()?, slots());
    this.set(slots.context, Zval::new_array());
    this.set(slots.properties, Zval::new_array());
    this.set(slots.connection, Zval::null());
    Ok(())
}

/// The files of a form go with its request.
fn destruct(call: &mut Call) -> Result<()> {
    if let Some(files) = call.this()?.state::<Files>() {
        files.release();
    }
    Ok(())
}
