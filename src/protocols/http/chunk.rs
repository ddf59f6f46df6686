//! `Workerman\Protocols\Http\Chunk`.

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_protocol::http::chunk;

use crate::zend::{Call, Class, Object, Registration, Result, slots, value};

slots! {
    /// Properties of a chunk.
    Slots { buffer: "buffer" }
}

/// How the chunk begins that ends a response (RFC 9112 section 7.1).
pub(super) const LAST: &[u8] = b"0\r\n";

static CLASS: Registration<Slots> = Registration::new();

pub(super) fn register() {
    let class = Class::declared(include_str!("chunk.stub.php"))
        .method("__construct", construct)
        .method("__toString", to_string);
    CLASS.register(class, Slots::of);
}

pub(super) fn class() -> &'static ClassEntry {
    CLASS.class()
}

/// The data of a chunk, without its framing.
pub(super) fn content(chunk: &Object) -> Vec<u8> {
    chunk.bytes(CLASS.slots().buffer)
}

fn construct(call: &mut Call) -> Result<()> {
    call.this()?.set(CLASS.slots().buffer, call.value(0));
    Ok(())
}

fn to_string(call: &mut Call) -> Result<Zval> {
    let mut out = Vec::new();
    chunk(&call.this()?.bytes(CLASS.slots().buffer), &mut out);
    Ok(value::bytes(out))
}
