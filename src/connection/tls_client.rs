//! Whom connections that the script makes believe.

use std::{
    cell::RefCell,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use ext_php_rs::types::Zval;
use ouvrier_net::tls::{Client, Options, TlsError};

use super::{async_tcp_connection::slots, tcp_connection::is_secure, tls_options};
use crate::zend::{Object, Result, exception};

/// Clients that are kept, the oldest first.
const KEPT: usize = 8;

thread_local! {
    /// Reading authorities takes milliseconds, and only connections of one client can resume a session.
    static CLIENTS: RefCell<Vec<Known>> = const { RefCell::new(Vec::new()) };
}

/// A client, and what it was made of.
struct Known {
    options: Options,
    stamps: Vec<Stamp>,
    client: Client,
}

/// A file at one moment: one that has been renewed has another. `None` when there is none.
type Stamp = Option<(u64, u64, i64, i64)>;

/// What a connection needs to speak TLS, by the part `ssl` of its context; `None` when its transport is another.
///
/// # Errors
/// A `RuntimeException` that names the option or the file that does not serve.
pub(super) fn of(this: &Object) -> Result<Option<Client>> {
    if !is_secure(this) {
        return Ok(None);
    }
    match load(&this.get(slots().socket_context)) {
        Ok(client) => Ok(Some(client)),
        Err(problem) => exception::throw_runtime(&format!("transport ssl: {problem}")),
    }
}

/// As [`of`], by a context.
///
/// # Errors
/// What is wrong, with the name of the option or the file.
pub(super) fn load(context: &Zval) -> std::result::Result<Client, String> {
    let options = tls_options::of_client(context)?;
    client(options).map_err(|error| error.to_string())
}

/// The client for these options, made anew when a file that they name has changed.
fn client(options: Options) -> std::result::Result<Client, TlsError> {
    let stamps: Vec<Stamp> = files(&options).iter().map(|file| stamp(file)).collect();
    let known = CLIENTS.with_borrow(|clients| {
        let same =
            { clients.iter() }.find(|known| known.options == options && known.stamps == stamps);
        same.map(|known| known.client.clone())
    });
    if let Some(client) = known {
        return Ok(client);
    }
    let client = Client::load(&options)?;
    CLIENTS.with_borrow_mut(|clients| {
        clients.retain(|known| known.options != options);
        if clients.len() == KEPT {
            clients.remove(0);
        }
        clients.push(Known {
            options,
            stamps,
            client: client.clone(),
        });
    });
    Ok(client)
}

/// The files that a client is made of; not those of the system, which are read once.
fn files(options: &Options) -> Vec<PathBuf> {
    let mut files = Vec::new();
    if let Some(own) = &options.identity {
        files.push(own.certificate.clone());
        files.extend(own.key.clone());
    }
    if let Some(wanted) = &options.verification {
        files.extend(wanted.ca_file.clone());
        let folder = wanted.ca_path.as_ref().map(fs::read_dir);
        let entries = folder.into_iter().flatten().flatten().flatten();
        files.extend(entries.map(|entry| entry.path()));
    }
    files
}

fn stamp(file: &Path) -> Stamp {
    let known = fs::metadata(file).ok()?;
    Some((known.ino(), known.size(), known.mtime(), known.mtime_nsec()))
}
