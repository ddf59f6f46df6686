//! What the address of a worker means.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::FileTypeExt,
    },
    path::{Path, PathBuf},
};

use ext_php_rs::types::Zval;
use ouvrier_net::{Address, Protocol};

use super::slots;
use crate::{
    protocols,
    zend::{Call, Object, Result, exception, value},
};

/// An address that was understood.
pub(super) struct Meaning {
    pub(super) address: Address,
    pub(super) protocol: Protocol,
    /// Connections speak TLS.
    pub(super) secure: bool,
}

/// Understands `scheme://address`, and sets the worker's `$transport` and `$protocol` as the scheme asks.
///
/// # Errors
/// A `RuntimeException` that says what is wrong.
pub(super) fn parse(worker: &Object) -> Result<Meaning> {
    let name = String::from_utf8_lossy(&worker.bytes(slots().socket_name)).into_owned();
    let Some((scheme, rest)) = name.split_once("://") else {
        return exception::throw_runtime(&format!(
            "Bad address {name}: expected scheme://host:port or unix:///path"
        ));
    };
    match scheme {
        // A transport that the script has chosen itself is not overruled by the scheme.
        "tcp" | "udp" | "unix" | "ssl" if worker.bytes(slots().transport) == b"tcp" => {
            worker.set(slots().transport, value::literal(scheme));
        }
        "tcp" | "udp" | "unix" | "ssl" => {}
        _ => worker.set(
            slots().protocol,
            value::literal(&protocols::of_scheme(scheme)?),
        ),
    }
    let protocol = super::protocol(worker).on_the_network();
    if protocol == Protocol::WebsocketClient {
        return exception::throw_runtime(
            "the ws protocol is for clients; a worker listens on websocket://",
        );
    }
    let transport = String::from_utf8_lossy(&worker.bytes(slots().transport)).into_owned();
    let address = match transport.as_str() {
        "tcp" | "ssl" => resolved(&name, Address::tcp(rest))?,
        "udp" => {
            protocols::need_no_connection(protocol)?;
            resolved(&name, Address::udp(rest))?
        }
        "unix" => Address::Unix(socket_file(worker)),
        other => return exception::throw_runtime(&format!("Bad worker->transport {other}")),
    };
    Ok(Meaning {
        address,
        protocol,
        secure: transport == "ssl",
    })
}

/// `$worker->parseSocketAddress()`.
pub(super) fn parse_socket_address(call: &mut Call) -> Result<Zval> {
    let worker = call.this()?;
    let name = worker.bytes(slots().socket_name);
    if name.is_empty() {
        return Ok(Zval::null());
    }
    parse(&worker)?;
    let transport = match worker.bytes(slots().transport) {
        ssl if ssl == b"ssl" => b"tcp".to_vec(),
        other => other,
    };
    let scheme = name.iter().position(|&byte| byte == b':').unwrap_or(0);
    Ok(value::bytes(
        [transport.as_slice(), &name[scheme..]].concat(),
    ))
}

fn resolved(name: &str, address: io::Result<Address>) -> Result<Address> {
    match address {
        Ok(address) => Ok(address),
        Err(error) => {
            exception::throw_runtime(&format!("Bad address {name}: {}", system_message(&error)))
        }
    }
}

/// The path of a unix socket: what follows the scheme, byte for byte.
fn socket_file(worker: &Object) -> PathBuf {
    let name = worker.bytes(slots().socket_name);
    let path = name
        .windows(3)
        .position(|window| window == b"://")
        .map_or_else(Vec::new, |end| name[end + 3..].to_vec());
    OsString::from_vec(path).into()
}

/// Whether the path of a unix socket is the name of one without a file.
pub(super) fn is_abstract(path: &Path) -> bool {
    path.as_os_str().as_bytes().starts_with(b"\0")
}

/// The system's words for an error, without Rust's additions.
pub(crate) fn system_message(error: &io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error")
        .map_or(text.as_str(), |(message, _)| message)
        .to_owned()
}

/// Removes the file of a unix socket that the service has left.
pub(super) fn remove_socket_file(worker: &Object) {
    if worker.bytes(slots().transport) != b"unix" {
        return;
    }
    let path = socket_file(worker);
    if fs::symlink_metadata(&path).is_ok_and(|file| file.file_type().is_socket()) {
        // Somebody else may be quicker, which is just as well.
        let _ = fs::remove_file(path);
    }
}
