//! The part `socket` of a stream context. What somebody cannot do is refused: an option that is ignored would be missed only when it matters.

use ext_php_rs::types::Zval;

use crate::zend::{
    Result,
    array::{self, Key},
    exception,
};

/// What a worker understands.
pub(crate) const OF_WORKER: &[&str] = &[
    "backlog",
    "ipv6_v6only",
    "so_broadcast",
    "so_reuseport",
    "tcp_nodelay",
];
/// What an `AsyncTcpConnection` understands.
pub(super) const OF_TCP_CLIENT: &[&str] = &["bindto", "tcp_nodelay"];
/// What an `AsyncUdpConnection` understands.
pub(super) const OF_UDP_CLIENT: &[&str] = &["bindto", "so_broadcast"];

/// The options of a context, all of which are `known`.
///
/// # Errors
/// A `ValueError` in PHP's words when they are no array, a `RuntimeException` for one that is not known.
pub(crate) fn of(context: &Zval, known: &[&str]) -> Result<Zval> {
    let Some(options) = array::get_name(context, "socket") else {
        return Ok(Zval::new_array());
    };
    if !options.is_array() {
        return exception::throw(
            ext_php_rs::zend::ce::value_error(),
            "Options should have the form [\"wrappername\"][\"optionname\"] = $value",
        );
    }
    let names = array::entries(&options).into_iter().map(|(name, _)| name);
    match names.map(Key::into_bytes).find(|name| !is_in(known, name)) {
        None => Ok(options),
        Some(name) => exception::throw_runtime(&format!(
            "the option socket.{} is not known here; those are {}",
            String::from_utf8_lossy(&name),
            known.join(", ")
        )),
    }
}

fn is_in(known: &[&str], name: &[u8]) -> bool {
    known.iter().any(|known| known.as_bytes() == name)
}

/// Whether an option is on; `default` where it is not set.
pub(crate) fn flag(options: &Zval, name: &str, default: bool) -> bool {
    array::get_name(options, name).map_or(default, |value| value.coerce_to_bool())
}
