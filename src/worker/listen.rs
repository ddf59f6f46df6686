//! Listening: sockets that are bound in the master for all processes, and listeners that a process serves.
//!
//! A socket that a process binds itself, with `reusePort` or by `listen()` in `onWorkerStart`, is shown to the master, which keeps it for
//! the next process in the same place. So clients who knock while a process is replaced wait for the next one.

use std::{cell::RefCell, io, os::fd::AsFd, path::Path, rc::Rc};

use ext_php_rs::types::Zval;
use ouvrier_net::{Address, BindOptions, BoundSocket, Datagrams};
use ouvrier_process::{
    handover::Inheritance,
    master::{Place, Slot},
    sockets::Sockets,
    user,
};

use super::{
    WorkerState, address, options,
    reactor::{self, Reactor},
    secure,
    serving::Serving,
    slots, socket_name,
};
use crate::{
    connection::socket_options::{self, flag},
    zend::{Call, Object, Result, array, exception, stream, value},
};

thread_local! {
    /// What the service that is restarted has listened on.
    static LEGACY: RefCell<Inheritance> = RefCell::default();
}

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
        let policy = options::of(this)?;
        let bind_options = bind_options(this)?;
        let Some(reactor) = reactor::current() else {
            secure::check(this, &meaning)?;
            return bind_for_all(this, state, &meaning.address, bind_options);
        };
        let tls = secure::server(this, &meaning)?;
        let socket = match (state.bound.take(), reactor.place()) {
            (Some(bound), _) => Ok(bound),
            (None, Some(place)) => own(this, state, &meaning.address, bind_options, place),
            (None, None) => bind(this, &meaning.address, bind_options),
        };
        let number = reactor.next_number();
        let serving = socket
            .and_then(|socket| Serving::open(&reactor.runtime, this, &meaning, socket, number));
        match serving {
            Ok(serving) => {
                serving.set_policy(&reactor.runtime, policy);
                if let Some(tls) = tls {
                    serving.secure(tls);
                }
                reactor.serve(number, serving);
            }
            Err(error) => return failed(this, &error),
        }
        state.listener.set(number);
    }
    if accept {
        set_accepting(this, true);
    }
    Ok(())
}

/// Binds in the master, for all processes to come. Where each process binds for itself it only turns out here whether it can.
fn bind_for_all(
    this: &Object,
    state: &WorkerState,
    address: &Address,
    options: BindOptions,
) -> Result<()> {
    if state.bound.borrow().is_some() {
        return Ok(());
    }
    let bound = bind_in_master(this, address, options).or_else(|error| {
        // What the service before has listened on may be in the way.
        if error.kind() != io::ErrorKind::AddrInUse {
            return Err(error);
        }
        drop(LEGACY.take());
        bind_in_master(this, address, options)
    });
    match bound {
        Ok(bound) => {
            state.bound.replace(bound);
            Ok(())
        }
        Err(error) => failed(this, &error),
    }
}

/// Throws what the system says, and of which address: nothing else tells it at the start of a service.
fn failed<T>(this: &Object, error: &io::Error) -> Result<T> {
    exception::throw_runtime(&format!(
        "{}: {}",
        address::system_message(error),
        socket_name(this),
    ))
}

fn bind_in_master(
    this: &Object,
    address: &Address,
    options: BindOptions,
) -> io::Result<Option<BoundSocket>> {
    if binds_own(this, address) {
        return BoundSocket::try_bind(address, options).map(|()| None);
    }
    let inherited = LEGACY.with_borrow_mut(|legacy| legacy.shared.take(&key(address, options)));
    match inherited {
        Some(socket) => BoundSocket::inherited(socket, address, options).map(Some),
        None => bind(this, address, options).map(Some),
    }
}

/// Has the sockets of the service that ran before taken by those who listen on the same.
pub(super) fn inherit(legacy: Inheritance) {
    LEGACY.set(legacy);
}

/// Closes what nobody in the master has taken, and returns what is for the processes.
pub(super) fn end_of_inheritance() -> Vec<(Slot, Sockets)> {
    let legacy = LEGACY.take();
    legacy.shared.close();
    legacy.places
}

/// Closes everything in a process that has only started the master.
pub(super) fn leave_to_the_master(workers: &[Object]) {
    drop((LEGACY.take(), release(workers)));
}

/// Takes from `workers` in the master the sockets that were bound for all processes.
pub(super) fn release(workers: &[Object]) -> Sockets {
    let mut sockets = Sockets::default();
    for worker in workers {
        let bound = worker
            .state::<WorkerState>()
            .map(|state| state.bound.take());
        if let Some(bound) = bound.flatten() {
            sockets.keep(key(bound.address(), read(worker)), bound.into());
        }
        worker.set(slots().main_socket, Zval::null());
    }
    sockets
}

/// Whether each process has a socket to itself. A path is bound once: the system shares ports only.
fn binds_own(this: &Object, address: &Address) -> bool {
    this.bool(slots().reuse_port) && !matches!(address, Address::Unix(_))
}

/// Binds the socket that a process has to itself, while the process is still the user who may bind any port.
///
/// An address that cannot be bound is left to [`listen`], which says so.
pub(super) fn bind_own(this: &Object, place: &Place) -> Result<()> {
    let Some(state) = this.state::<WorkerState>() else {
        return Ok(());
    };
    if this.bytes(slots().socket_name).is_empty() {
        return Ok(());
    }
    let meaning = address::parse(this)?;
    if binds_own(this, &meaning.address) {
        let own = own(this, state, &meaning.address, bind_options(this)?, place).ok();
        state.bound.replace(own);
    }
    Ok(())
}

/// The socket that the process before this one had, or a new one. The next one will have it, too.
fn own(
    this: &Object,
    state: &WorkerState,
    address: &Address,
    options: BindOptions,
    place: &Place,
) -> io::Result<BoundSocket> {
    let key = key(address, options);
    let inherited = place.sockets.borrow_mut().take(&key);
    let socket = match inherited {
        Some(socket) => BoundSocket::inherited(socket, address, options)?,
        None => bind(this, address, options)?,
    };
    place.channel.keep(&key, socket.as_fd());
    state.key.replace(Some(key));
    Ok(socket)
}

/// What a socket is known by.
fn key(address: &Address, options: BindOptions) -> String {
    let mut key = address.to_string();
    for (is_set, word) in [
        (options.reuse_port, " reusePort"),
        (options.only_v6, " only IPv6"),
    ] {
        if is_set {
            key += word;
        }
    }
    key
}

/// How the constructor's context says that the socket is to be bound.
///
/// # Errors
/// When there is an option that is none.
fn bind_options(this: &Object) -> Result<BindOptions> {
    socket_options::of(&this.get(slots().socket_context), socket_options::OF_WORKER)?;
    Ok(read(this))
}

fn read(this: &Object) -> BindOptions {
    let options = socket_part(this);
    BindOptions {
        backlog: backlog(&options),
        reuse_port: this.bool(slots().reuse_port),
        only_v6: flag(&options, "ipv6_v6only", false),
        no_delay: flag(&options, "tcp_nodelay", true),
    }
}

/// The part `socket` of the constructor's context.
fn socket_part(this: &Object) -> Zval {
    let context = this.get(slots().socket_context);
    array::get_name(&context, "socket").unwrap_or_else(Zval::new_array)
}

/// Whether the context of a worker asks for `$reusePort`.
pub(super) fn wants_reuse_port(this: &Object) -> bool {
    flag(&socket_part(this), "so_reuseport", false)
}

fn bind(this: &Object, address: &Address, options: BindOptions) -> io::Result<BoundSocket> {
    let bound = BoundSocket::bind(address, options)?;
    match address {
        Address::Tcp(_) => {}
        Address::Udp(_) if flag(&socket_part(this), "so_broadcast", false) => {
            bound.allow_broadcast()?;
        }
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
        .as_ref()
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
fn backlog(options: &Zval) -> i32 {
    const DEFAULT: i64 = 102_400;
    let backlog = array::get_name(options, "backlog")
        .and_then(|value| value.coerce_to_long())
        .unwrap_or(DEFAULT);
    i32::try_from(backlog).unwrap_or(i32::MAX)
}

/// The UDP socket that a worker serves, if it serves one.
pub(super) fn served_datagrams(reactor: &Reactor, this: &Object) -> Option<Rc<Datagrams>> {
    let number = this.state::<WorkerState>()?.listener.get();
    reactor.served_datagrams(number).map(|(_, socket)| socket)
}

/// `$worker->unlisten()`. In a process that ends, the next one will want the socket.
pub(super) fn unlisten(this: &Object) {
    close(this);
    let Some(key) = this
        .state::<WorkerState>()
        .and_then(|state| state.key.take())
    else {
        return;
    };
    if let Some(reactor) = reactor::current()
        && let Some(place) = reactor.place()
        && !reactor.is_stopping()
        && !reactor.is_draining()
    {
        address::remove_socket_file(this);
        place.channel.forget(&key);
    }
}

/// Closes the socket in this process.
pub(super) fn close(this: &Object) {
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
