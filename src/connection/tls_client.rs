//! Whom connections that the script makes believe.

use std::cell::RefCell;

use ouvrier_net::tls::{Client, Options, TlsError};

use super::{async_tcp_connection::slots, tcp_connection::is_secure, tls_options};
use crate::zend::{Object, Result, exception};

/// Clients that are kept, the oldest first.
const KEPT: usize = 8;

thread_local! {
    /// Reading the system's authorities takes milliseconds, and only connections of one client can resume a session.
    static CLIENTS: RefCell<Vec<(Options, Client)>> = const { RefCell::new(Vec::new()) };
}

/// What a connection needs to speak TLS, by the part `ssl` of its context; `None` when its transport is another.
///
/// # Errors
/// A `RuntimeException` that names the option or the file that does not serve.
pub(super) fn of(this: &Object) -> Result<Option<Client>> {
    if !is_secure(this) {
        return Ok(None);
    }
    let options = tls_options::of_client(&this.get(slots().socket_context));
    let client = options.and_then(|options| client(options).map_err(|error| error.to_string()));
    match client {
        Ok(client) => Ok(Some(client)),
        Err(problem) => exception::throw_runtime(&format!("transport ssl: {problem}")),
    }
}

fn client(options: Options) -> std::result::Result<Client, TlsError> {
    let known = CLIENTS.with_borrow(|clients| {
        let same = clients.iter().find(|(known, _)| *known == options);
        same.map(|(_, client)| client.clone())
    });
    if let Some(client) = known {
        return Ok(client);
    }
    let client = Client::load(&options)?;
    if names_no_file(&options) {
        CLIENTS.with_borrow_mut(|clients| {
            if clients.len() == KEPT {
                clients.remove(0);
            }
            clients.push((options, client.clone()));
        });
    }
    Ok(client)
}

/// Files that a script names are read for each connection: they may have been renewed.
fn names_no_file(options: &Options) -> bool {
    let named = options.verification.as_ref();
    options.identity.is_none()
        && named.is_none_or(|named| named.ca_file.is_none() && named.ca_path.is_none())
}
