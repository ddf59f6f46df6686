//! `Workerman\Protocols\Frame`.

use ext_php_rs::types::Zval;
use ouvrier_protocol::length_prefixed;

use crate::zend::{Call, Class, Result, exception, value};

/// Bytes of the length.
const HEADER: usize = 4;

pub(super) fn register() {
    Class::declared(include_str!("length_prefixed.stub.php"))
        .method("input", input)
        .method("decode", decode)
        .method("encode", encode)
        .register();
}

fn input(call: &mut Call) -> Result<Zval> {
    let buffer = call.bytes(0);
    let length = buffer
        .first_chunk::<HEADER>()
        .map_or(0, |header| u32::from_be_bytes(*header));
    Ok(value::long(length))
}

fn decode(call: &mut Call) -> Result<Zval> {
    Ok(value::bytes(
        call.bytes(0).get(HEADER..).unwrap_or_default(),
    ))
}

fn encode(call: &mut Call) -> Result<Zval> {
    let mut package = Vec::new();
    match length_prefixed::encode(&call.bytes(0), &mut package) {
        Ok(()) => Ok(value::bytes(package)),
        Err(error) => exception::throw(ext_php_rs::zend::ce::value_error(), &error.to_string()),
    }
}
