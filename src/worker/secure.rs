//! The certificates of a worker: checked in the master, where the terminal shows what is wrong, and read anew by each process.

use ext_php_rs::types::Zval;
use ouvrier_net::{
    Protocol,
    tls::{Server, Tickets, TlsError},
};

use super::{
    WorkerState, address::Meaning, log, protocol, reactor::Reactor, service, slots, socket_name,
};
use crate::{
    connection::tls_options,
    protocols::Choice,
    zend::{Object, Result, array, exception},
};

/// Checks in the master what its processes will read.
///
/// # Errors
/// A `RuntimeException` that names the file. A certificate that has expired is one more reason: who starts a service wants to know.
pub(super) fn check(worker: &Object, meaning: &Meaning) -> Result<()> {
    if !meaning.secure {
        return Ok(());
    }
    match load(worker, meaning.protocol) {
        Ok((_, untimely)) if untimely.is_empty() => Ok(()),
        Ok((_, untimely)) => refuse(worker, &untimely[0].to_string()),
        Err(problem) => refuse(worker, &problem),
    }
}

/// Reads the files in a process that is about to become another user.
pub(super) fn read_ahead(worker: &Object) -> Result<()> {
    let Some(state) = worker.state::<WorkerState>() else {
        return Ok(());
    };
    if !is_secure(worker) {
        return read_ahead_of_starttls(worker);
    }
    let Choice::Native(protocol) = protocol(worker) else {
        return Ok(());
    };
    let server = read(worker, protocol)?;
    state.tls.replace(Some(server));
    Ok(())
}

/// A worker without TLS that has a certificate means to begin it later. It may never do so: the problem is told, and no more.
fn read_ahead_of_starttls(worker: &Object) -> Result<()> {
    let ssl = array::get_name(&worker.get(slots().socket_context), "ssl");
    let ssl = ssl.unwrap_or_else(Zval::null);
    let has = |name: &str| array::get_name(&ssl, name).is_some();
    if !has("local_cert") && !has("SNI_server_certs") {
        return Ok(());
    }
    match for_open_connections(worker) {
        Ok(_) => Ok(()),
        Err(problem) => {
            let name = socket_name(worker);
            log::line(service(), &format!("Warning: {name}: {problem}"))
        }
    }
}

/// What the listener of a worker needs; `None` when it does not speak TLS.
pub(super) fn server(worker: &Object, meaning: &Meaning) -> Result<Option<Server>> {
    if !meaning.secure {
        return Ok(None);
    }
    let known = worker
        .state::<WorkerState>()
        .and_then(|state| state.tls.take());
    match known {
        Some(server) => Ok(Some(server)),
        None => read(worker, meaning.protocol).map(Some),
    }
}

/// What a worker without TLS has for connections that begin it later.
///
/// # Errors
/// What is wrong with its `ssl` options, or with the files that they name.
pub(crate) fn for_open_connections(worker: &Object) -> std::result::Result<Server, String> {
    let state = worker.state::<WorkerState>();
    let known = state.and_then(|state| state.tls.borrow().clone());
    if let Some(server) = known {
        return Ok(server);
    }
    let (server, _) = load(worker, Protocol::Raw)?;
    if let Some(state) = state {
        state.tls.replace(Some(server.clone()));
    }
    Ok(server)
}

/// Reads the files anew for connections to come, in a process that a reload does not replace. Files that do not serve change nothing.
pub(super) fn renew(reactor: &Reactor, workers: &[Object]) -> Result<()> {
    for worker in workers {
        let listener = worker
            .state::<WorkerState>()
            .map_or(0, |state| state.listener.get());
        let Choice::Native(protocol) = protocol(worker) else {
            continue;
        };
        if !is_secure(worker) || listener == 0 {
            continue;
        }
        match load(worker, protocol) {
            Ok((server, untimely)) => {
                reactor.secure(listener, server);
                warn(worker, &untimely)?;
            }
            Err(problem) => {
                let name = socket_name(worker);
                let text =
                    format!("{name} keeps its certificates, the new ones do not serve: {problem}");
                log::line(service(), &text)?;
            }
        }
    }
    Ok(())
}

fn is_secure(worker: &Object) -> bool {
    worker.bytes(slots().transport) == b"ssl" && !worker.bytes(slots().socket_name).is_empty()
}

fn read(worker: &Object, protocol: Protocol) -> Result<Server> {
    match load(worker, protocol) {
        Ok((server, untimely)) => warn(worker, &untimely).map(|()| server),
        Err(problem) => refuse(worker, &problem),
    }
}

fn load(
    worker: &Object,
    protocol: Protocol,
) -> std::result::Result<(Server, Vec<TlsError>), String> {
    let mut options = tls_options::of_server(&worker.get(slots().socket_context))?;
    if options.alpn.is_empty() && protocol == Protocol::Http {
        options.alpn = vec![b"http/1.1".to_vec()];
    }
    let tickets = tickets(worker).map_err(|error| error.to_string())?;
    Server::load(&options, &tickets).map_err(|error| error.to_string())
}

fn tickets(worker: &Object) -> std::result::Result<Tickets, TlsError> {
    let Some(state) = worker.state::<WorkerState>() else {
        return Tickets::new();
    };
    let known = state.tickets.borrow().clone();
    let tickets = known.map_or_else(Tickets::new, Ok)?;
    state.tickets.replace(Some(tickets.clone()));
    Ok(tickets)
}

/// A process that is replaced when its certificate has expired meanwhile goes on: clients may not mind, and the log says it.
fn warn(worker: &Object, untimely: &[TlsError]) -> Result<()> {
    let name = socket_name(worker);
    for problem in untimely {
        log::line(service(), &format!("Warning: {name}: {problem}"))?;
    }
    Ok(())
}

fn refuse<T>(worker: &Object, problem: &str) -> Result<T> {
    exception::throw_runtime(&format!("{}: {problem}", socket_name(worker)))
}
