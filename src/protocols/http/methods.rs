//! `Http::input()` and its like, for protocol classes that extend or use `Http`, and for whoever calls them by hand.
//!
//! A connection whose protocol is `Http` itself does without them: the network cuts and checks its requests. What they do to the connection
//! that they are given goes through its PHP methods, and their own steps through `static::`.

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_protocol::http::{Error, Extent, Limits, extent, join_chunks, origin_form};

use super::{Manner, content, request, response};
use crate::{
    connection::{answer, packages, send_file, tcp_connection},
    protocols::context,
    zend::{
        Call, Class, Object, Result, array,
        callback::{self, call_static},
        library,
        overriding::has_native_method,
        statics::{StaticSlot, set_static_property, static_property},
        value,
    },
};

/// The property of the context that tells `decode()` of a chunked body.
const CHUNKED: &str = "chunked";

/// The method that sends the content of a stream.
const SEND_STREAM: &str = "sendStream";
/// Bytes from which on Workerman sends a file with it.
const LARGE: u64 = 2 << 20;

pub(super) fn methods(class: Class) -> Class {
    class
        .method("requestClass", request_class)
        .method("uploadTmpDir", upload_tmp_dir)
        .method("input", input)
        .method("inputChunked", input_chunked)
        .method("decode", decode)
        .method("decodeChunked", decode_chunked)
        .method("encode", encode)
        .method(SEND_STREAM, send_stream)
}

fn request_class(call: &mut Call) -> Result<Zval> {
    get_or_set(call, "requestClass")
}

/// Sets a static property of the called class, if a value is given, and returns it.
fn get_or_set(call: &Call, property: &str) -> Result<Zval> {
    let class = call.called_class();
    if let Some(value) = call.argument(0).filter(|value| !value.is_null()) {
        set_static_property(class, property, value);
    }
    Ok(static_property(class, property))
}

fn upload_tmp_dir(call: &mut Call) -> Result<Zval> {
    get_or_set(call, "uploadTmpDir")?;
    Ok(value::bytes(super::upload_folder(call.called_class())))
}

fn input(call: &mut Call) -> Result<Zval> {
    let (buffer, Some(connection)) = (call.value(0), call.object(1)) else {
        return Ok(value::long(0));
    };
    match extent(content(&buffer), &limits(&connection)) {
        Ok(Extent::Unknown) => Ok(value::long(0)),
        Ok(Extent::Length(length)) => Ok(value::long(length)),
        Ok(Extent::Chunked(head_length)) => {
            let arguments = &mut [buffer, connection.to_zval(), value::long(head_length)];
            call_static(call.called_class(), "inputChunked", arguments)
        }
        Err(error) => refuse(&connection, error),
    }
}

fn input_chunked(call: &mut Call) -> Result<Zval> {
    let (buffer, Some(connection)) = (call.value(0), call.object(1)) else {
        return Ok(value::long(0));
    };
    context::set(&connection, CHUNKED, value::boolean(true));
    let head_length = usize::try_from(call.long_or(2, 0)).unwrap_or_default();
    match packages::chunked_length(&connection, &buffer, head_length, &limits(&connection)) {
        Ok(length) => Ok(value::long(length.unwrap_or_default())),
        Err(error) => refuse(&connection, error),
    }
}

fn limits(connection: &Object) -> Limits {
    let limit = connection.long(tcp_connection::slots().max_package_size);
    Limits::of_package(usize::try_from(limit).unwrap_or_default())
}

fn refuse(connection: &Object, error: Error) -> Result<Zval> {
    let arguments = &mut [value::bytes(error.response()), value::boolean(true)];
    connection.call("end", arguments)?;
    Ok(value::long(0))
}

fn decode(call: &mut Call) -> Result<Zval> {
    let (mut package, Some(connection)) = (call.value(0), call.object(1)) else {
        return Ok(Zval::null());
    };
    let class = call.called_class();
    let mut trailers = Zval::new_array();
    if !context::take(&connection, CHUNKED).is_null() {
        let head_end = value::long(head_length(content(&package)) - BLANK_LINE.len());
        let joined = call_static(class, "decodeChunked", &mut [package, head_end])?;
        package = array::get_name(&joined, "0").unwrap_or_else(|| value::bytes(""));
        trailers = array::get_name(&joined, "1").unwrap_or(trailers);
    }
    if let Some(rewritten) = in_origin_form(content(&package)) {
        package = value::bytes(rewritten);
    }
    let request = request::construct_for(class, &connection, package)?;
    if trailers
        .array()
        .is_some_and(|trailers| !trailers.is_empty())
    {
        request.call("setChunkTrailers", &mut [trailers])?;
    }
    Ok(request.to_zval())
}

/// A package whose target named its host, as the network would hand it out; `None` for any other.
fn in_origin_form(package: &[u8]) -> Option<Vec<u8>> {
    let head_length = head_length(package);
    let mut head = origin_form(package, head_length)?;
    head.extend_from_slice(&package[head_length..]);
    Some(head)
}

/// Returns the joined request and its trailers.
fn decode_chunked(call: &mut Call) -> Result<Zval> {
    let package = call.value(0);
    let head_length = usize::try_from(call.long_or(1, 0)).unwrap_or_default() + BLANK_LINE.len();
    let joined = join_chunks(content(&package), head_length);
    Ok(array::list([
        value::bytes(&joined.raw),
        request::trailers(&joined),
    ]))
}

const BLANK_LINE: &[u8] = b"\r\n\r\n";

/// Bytes of the head, blank line included; all there is where it has no end.
fn head_length(package: &[u8]) -> usize {
    let end = package
        .windows(BLANK_LINE.len())
        .position(|window| window == BLANK_LINE);
    end.map_or(package.len(), |end| end + BLANK_LINE.len())
        .max(BLANK_LINE.len())
}

fn encode(call: &mut Call) -> Result<Zval> {
    let Some(connection) = call.object(1) else {
        return Ok(value::bytes(""));
    };
    let mut encoded = super::encode(&connection, &call.value(0), Manner::by_hand())?;
    match encoded.file.take() {
        None => Ok(value::bytes(encoded.into_bytes())),
        Some(file) => {
            let class = call.called_class();
            if file.len() >= LARGE && !has_native_method(class, SEND_STREAM) {
                send_by_subclass(class, &connection, &call.value(0), encoded.into_bytes())?;
            } else {
                send_file(&connection, &encoded.into_bytes(), file)?;
            }
            Ok(value::bytes(""))
        }
    }
}

/// Sends a file with the method of a subclass.
fn send_by_subclass(
    class: &ClassEntry,
    connection: &Object,
    response: &Zval,
    head: Vec<u8>,
) -> Result<()> {
    let wish = Object::from_zval(response)
        .map_or_else(Zval::null, |response| response.get(response::slots().file));
    let part = |name| array::get_name(&wish, name).unwrap_or_else(Zval::null);
    let handler = library::call("fopen", &mut [part("file"), value::bytes("r")])?;
    connection.call("send", &mut [value::bytes(head), value::boolean(true)])?;
    let arguments = &mut [
        connection.to_zval(),
        handler,
        part("offset"),
        part("length"),
    ];
    call_static(class, SEND_STREAM, arguments).map(drop)
}

fn send_stream(call: &mut Call) -> Result<()> {
    let Some(connection) = call.object(0) else {
        return Ok(());
    };
    answer::begin_stream(&connection);
    let send = library::embedded(
        c"Http::sendStream",
        include_str!("../../../php/send-stream.php"),
    )?;
    let arguments = &mut [
        connection.to_zval(),
        call.value(1),
        value::long(call.long_or(2, 0)),
        value::long(call.long_or(3, 0)),
    ];
    callback::call(&send, arguments).map(drop)
}

static REQUEST_CLASS: StaticSlot = StaticSlot::new(|| super::CLASS.class(), "requestClass");

/// The class of requests that an `Http` class has been told to make; `None` for the usual one.
pub(super) fn chosen_request_class(http: &ClassEntry) -> Result<Option<&'static ClassEntry>> {
    let chosen = if std::ptr::eq(http, super::CLASS.class()) {
        if REQUEST_CLASS.with(|chosen| super::request_class().is(chosen)) == Some(true) {
            return Ok(None);
        }
        REQUEST_CLASS.get()
    } else {
        static_property(http, "requestClass")
    };
    let name = chosen.str().unwrap_or_default();
    if name
        .trim_start_matches('\\')
        .eq_ignore_ascii_case(request::NAME)
    {
        return Ok(None);
    }
    library::class(name).map(Some)
}
