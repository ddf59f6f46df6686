//! Listening: sockets that are bound in the master for all processes, and listeners that a process serves.

use std::{io, path::Path, rc::Rc};

use ext_php_rs::types::Zval;
use ouvrier_net::{Address, BindOptions, BoundSocket, Datagrams};
use ouvrier_process::user;

use super::{
    WorkerState, address,
    reactor::{self, Reactor},
    serving::Serving,
    slots,
};
use crate::zend::{Call, Object, Result, array, exception, stream, value};

/// Binds the address and, in a worker process, serves it.
pub(super) fn listen(this: &Object, accept: bool) -> Result<()> {
    let Some(state) = this.state::<WorkerState>() else {
        return Ok(());
    };
    if this.bytes(slots().socket_name).is_empty() {
        return Ok(());
    }
    if state.listener.get() == 0 {
        let meaning = address::parse(this)?;
        let Some(reactor) = reactor::current() else {
            return bind_for_all(this, state, &meaning.address);
        };
        let bound = state.take_bound(this.long(slots().id));
        let socket = match bound.map_or_else(|| bind(this, &meaning.address), Ok) {
            Ok(socket) => socket,
            Err(error) => return exception::throw_runtime(&address::system_message(&error)),
        };
        let number = reactor.next_number();
        match Serving::open(&reactor.runtime, this, &meaning, socket, number) {
            Ok(serving) => reactor.serve(number, serving),
            Err(error) => return exception::throw_runtime(&address::system_message(&error)),
        }
        state.listener.set(number);
    }
    if accept {
        set_accepting(this, true);
    }
    Ok(())
}

/// Binds in the master, for all processes to come.
fn bind_for_all(this: &Object, state: &WorkerState, address: &Address) -> Result<()> {
    // A path is bound once: the system shares ports only.
    let wanted = if this.bool(slots().reuse_port) && !matches!(address, Address::Unix(_)) {
        usize::try_from(this.long(slots().count)).unwrap_or_default()
    } else {
        1
    };
    while state.bound.borrow().len() < wanted {
        match bind(this, address) {
            Ok(socket) => state.bound.borrow_mut().push(socket),
            Err(error) => return exception::throw_runtime(&address::system_message(&error)),
        }
    }
    Ok(())
}

/// Has as many sockets in the master as there are processes to be: one that nobody accepts from would keep its clients waiting.
pub(super) fn fit_sockets(this: &Object) -> Result<()> {
    let Some(state) = this.state::<WorkerState>() else {
        return Ok(());
    };
    if !this.bool(slots().reuse_port) || state.bound.borrow().is_empty() {
        return Ok(());
    }
    let count = usize::try_from(this.long(slots().count)).unwrap_or_default();
    state.bound.borrow_mut().truncate(count);
    let meaning = address::parse(this)?;
    bind_for_all(this, state, &meaning.address)
}

fn bind(this: &Object, address: &Address) -> io::Result<BoundSocket> {
    let options = BindOptions {
        backlog: backlog(this),
        reuse_port: this.bool(slots().reuse_port),
    };
    let bound = BoundSocket::bind(address, options)?;
    match address {
        Address::Tcp(_) => {}
        Address::Udp(_) if flag(this, "so_broadcast") => bound.allow_broadcast()?,
        Address::Udp(_) => {}
        Address::Unix(path) => give_away(this, path)?,
    }
    Ok(bound)
}

/// Gives the file of a socket to the user and the group that the processes run as. Only root can.
fn give_away(this: &Object, path: &Path) -> io::Result<()> {
    let text = |slot| String::from_utf8_lossy(&this.bytes(slot)).into_owned();
    let (owner, group) = (text(slots().user), text(slots().group));
    if !user::is_root() || address::is_abstract(path) {
        return Ok(());
    }
    user::give_file(path, &owner, &group).map_err(io::Error::other)
}

impl WorkerState {
    /// The socket that was bound for process `id`; the others are given up.
    fn take_bound(&self, id: i64) -> Option<BoundSocket> {
        let mut bound = self.bound.take();
        let place = usize::try_from(id).unwrap_or_default();
        match bound.len() {
            0 => None,
            1 => bound.pop(),
            count => (place < count).then(|| bound.swap_remove(place)),
        }
    }
}

/// The stream is made when it is asked for, and kept, so that it is the same each time.
pub(super) fn get_main_socket(call: &mut Call) -> Result<Zval> {
    call.this().map(|this| main_socket(&this))
}

/// As `$worker->getMainSocket()`.
pub(crate) fn main_socket(this: &Object) -> Zval {
    let known = this.get(slots().main_socket);
    let Some(state) = this.state::<WorkerState>().filter(|_| known.is_null()) else {
        return known;
    };
    let bound = state
        .bound
        .borrow()
        .first()
        .and_then(BoundSocket::duplicate_socket);
    let served =
        || reactor::current().and_then(|reactor| reactor.listening_socket(state.listener.get()));
    let Some(socket) = bound.or_else(served) else {
        return Zval::null();
    };
    let stream = stream::from_socket(socket);
    this.set(slots().main_socket, stream.shallow_clone());
    stream
}

/// Length of the kernel's queue, from the constructor's context.
fn backlog(this: &Object) -> i32 {
    const DEFAULT: i64 = 102_400;
    let backlog = option(this, "backlog")
        .and_then(|value| value.coerce_to_long())
        .unwrap_or(DEFAULT);
    i32::try_from(backlog).unwrap_or(i32::MAX)
}

/// Whether an option of the constructor's context is on.
fn flag(this: &Object, name: &str) -> bool {
    option(this, name).is_some_and(|value| value.coerce_to_bool())
}

/// An option of the constructor's context, from the part `socket`.
fn option(this: &Object, name: &str) -> Option<Zval> {
    let context = this.get(slots().socket_context);
    array::get_name(&array::get_name(&context, "socket")?, name)
}

/// The UDP socket that a worker serves, if it serves one.
pub(super) fn served_datagrams(reactor: &Reactor, this: &Object) -> Option<Rc<Datagrams>> {
    let number = this.state::<WorkerState>()?.listener.get();
    reactor.served_datagrams(number).map(|(_, socket)| socket)
}

pub(super) fn unlisten(this: &Object) {
    let Some(state) = this.state::<WorkerState>() else {
        return;
    };
    state.bound.take();
    this.set(slots().main_socket, Zval::null());
    if let Some(reactor) = reactor::current() {
        drop(reactor.unserve(state.listener.replace(0)));
    }
}

/// `$worker->resumeAccept()` and `pauseAccept()`.
pub(super) fn set_accepting(this: &Object, accepting: bool) {
    this.set(slots().pause_accept, value::boolean(!accepting));
    if let (Some(reactor), Some(state)) = (reactor::current(), this.state::<WorkerState>()) {
        reactor.set_accepting(state.listener.get(), accepting);
    }
}
