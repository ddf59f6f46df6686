//! `Workerman\Protocols\Text`.

use ext_php_rs::types::Zval;
use ouvrier_protocol::text;

use crate::zend::{Call, Class, Result, value};

pub(super) fn register() {
    Class::declared(include_str!("text.stub.php"))
        .method("input", input)
        .method("encode", encode)
        .method("decode", decode)
        .register();
}

/// A connection whose buffer has reached its `$maxPackageSize` is closed, whether or not there is a line in it.
fn input(call: &mut Call) -> Result<Zval> {
    let buffer = call.bytes(0);
    if let Some(connection) = call.object(1)
        && let Some(limit) = connection
            .named("maxPackageSize")
            .and_then(|limit| limit.long())
        && usize::try_from(limit).is_ok_and(|limit| buffer.len() >= limit)
    {
        connection.call("close", &mut [])?;
        return Ok(value::long(0));
    }
    Ok(value::long(
        buffer
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1),
    ))
}

fn encode(call: &mut Call) -> Result<Zval> {
    let mut line = Vec::new();
    text::encode(&call.bytes(0), &mut line);
    Ok(value::bytes(line))
}

fn decode(call: &mut Call) -> Result<Zval> {
    let line = call.bytes(0);
    let end = line
        .iter()
        .rposition(|byte| !matches!(byte, b'\r' | b'\n'))
        .map_or(0, |last| last + 1);
    Ok(value::bytes(&line[..end]))
}
