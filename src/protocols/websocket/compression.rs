//! Compression by hand, with PHP's zlib extension: the state of both directions is in the connection's context, where scripts know it.

use ext_php_rs::types::Zval;

use crate::{
    connection::tcp_connection,
    protocols::context,
    zend::{Call, Object, Result, array, callback, exception, library, value},
};

/// Compressed bytes that are handed to zlib at once. They grow to a thousand times as much at most, so the limit is not overrun by far.
const PIECE: usize = 1024;
/// What RFC 7692 section 7.2.1 takes off the end of a message.
const TAIL: &[u8] = b"\x00\x00\xff\xff";

pub(super) fn inflate(call: &mut Call) -> Result<Zval> {
    let (Some(connection), mut compressed) = (call.object(0), call.bytes(1)) else {
        return Ok(value::boolean(false));
    };
    if call.bool_or(2, false) {
        compressed.extend_from_slice(TAIL);
    }
    let limit = connection.long(tcp_connection::slots().max_package_size);
    let state = state(&connection, "inflator", "inflate_init")?;
    let mut inflated = Vec::new();
    for piece in compressed.chunks(PIECE) {
        let arguments = &mut [state.shallow_clone(), value::bytes(piece)];
        let part = library::call("inflate_add", arguments)?;
        let Some(part) = part.zend_str() else {
            return Ok(value::boolean(false));
        };
        inflated.extend_from_slice(part.as_bytes());
        if i64::try_from(inflated.len()).unwrap_or(i64::MAX) > limit {
            connection.call("close", &mut [])?;
            return Ok(value::boolean(false));
        }
    }
    Ok(value::bytes(inflated))
}

pub(super) fn deflate(call: &mut Call) -> Result<Zval> {
    let Some(connection) = call.object(0) else {
        return Ok(value::boolean(false));
    };
    let state = state(&connection, "deflator", "deflate_init")?;
    let deflated = library::call("deflate_add", &mut [state, call.value(1)])?;
    let Some(deflated) = deflated.zend_str() else {
        return Ok(value::boolean(false));
    };
    let bytes = deflated.as_bytes();
    Ok(value::bytes(bytes.strip_suffix(TAIL).unwrap_or(bytes)))
}

/// The state of one direction, made when it is needed first.
fn state(connection: &Object, name: &str, make: &str) -> Result<Zval> {
    const ZLIB_ENCODING_RAW: i64 = -15;
    const OPTIONS: [(&str, i64); 4] = [
        ("level", -1),
        ("memory", 8),
        ("window", 15),
        ("strategy", 0),
    ];
    let known = context::get(connection, name);
    if !known.is_null() {
        return Ok(known);
    }
    if !callback::is_callable(&value::bytes(make)) {
        return exception::throw_runtime("compressing by hand needs PHP's zlib extension");
    }
    let mut options = Zval::new_array();
    for (name, setting) in OPTIONS {
        array::set_name(&mut options, name, value::long(setting));
    }
    let state = library::call(make, &mut [value::long(ZLIB_ENCODING_RAW), options])?;
    context::set(connection, name, state.shallow_clone());
    Ok(state)
}
