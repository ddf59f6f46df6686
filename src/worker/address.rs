//! What the address of a worker means.

use std::io;

use ext_php_rs::zend::ClassEntry;
use ouvrier_net::{Address, Protocol};

use super::slots;
use crate::{
    protocols::{self, Choice},
    zend::{Object, Result, exception, value},
};

/// An address that was understood.
pub(super) struct Meaning {
    pub(super) address: Address,
    pub(super) protocol: Protocol,
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
            worker.set(slots().transport, value::bytes(scheme));
        }
        "tcp" | "udp" | "unix" | "ssl" => {}
        _ => choose_protocol(worker, scheme)?,
    }
    let protocol = match super::protocol(worker) {
        Choice::Native(protocol) => protocol,
        Choice::Unknown(class) => return protocols::refuse(&class),
    };
    let transport = String::from_utf8_lossy(&worker.bytes(slots().transport)).into_owned();
    let address = match transport.as_str() {
        "tcp" => match Address::tcp(rest) {
            Ok(address) => address,
            Err(error) => {
                return exception::throw_runtime(&format!(
                    "Bad address {name}: {}",
                    system_message(&error)
                ));
            }
        },
        "unix" => Address::Unix(rest.into()),
        "udp" | "ssl" => {
            return exception::throw_runtime(&format!(
                "transport {transport} is not supported by this version of Ouvrier"
            ));
        }
        other => return exception::throw_runtime(&format!("Bad worker->transport {other}")),
    };
    Ok(Meaning { address, protocol })
}

/// A scheme names a class: `Protocols\Name` of the application comes before `Workerman\Protocols\Name`.
fn choose_protocol(worker: &Object, scheme: &str) -> Result<()> {
    let is_name = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric());
    if !is_name {
        return exception::throw_runtime(&format!("Invalid protocol scheme '{scheme}'"));
    }
    let (first, rest) = scheme.split_at(1);
    let name = first.to_ascii_uppercase() + rest;
    let own = format!("Protocols\\{name}");
    let class = if ClassEntry::try_find(&own).is_some() {
        own
    } else {
        format!("Workerman\\Protocols\\{name}")
    };
    if exception::pending() {
        return Err(crate::zend::Unwind::Exception);
    }
    if ClassEntry::try_find(&class).is_none() {
        return exception::throw_runtime(&format!("class \\Protocols\\{name} not exist"));
    }
    worker.set(slots().protocol, value::bytes(class));
    Ok(())
}

/// The system's words for an error, without Rust's additions.
pub(super) fn system_message(error: &io::Error) -> String {
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
    let name = String::from_utf8_lossy(&worker.bytes(slots().socket_name)).into_owned();
    if let Some((_, path)) = name.split_once("://") {
        // It may have been removed by somebody else, which is just as well.
        let _ = std::fs::remove_file(path);
    }
}
