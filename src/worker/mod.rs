//! `Workerman\Worker`: properties and constructor.
//!
//! - [`run_all`]: `Worker::runAll()`, from the command line to the fork. [`run`]: the life of one worker process. [`stop`]: its end.
//! - [`listen`](mod@listen): `listen()` and its sockets. [`reactor`]: what a worker process has: its runtime, listeners, connections and timers.
//! - [`clients`]: what connections get from their worker. [`serving`]: what a worker listens with. `udp_clients`: the UDP clients of a process.
//! - [`secure`]: its certificates. [`report`]: what a process answers to `status` and `connections`.
//! - [`event_loop`]: which event loop it has. [`own_loop`]: one that the script has written. [`drain`]: how a process that is replaced finishes its clients. [`address`](mod@address): what the constructor's address means. [`options`]: what its context asks. [`log`]: the log file and the terminal.
//! - [`ending`]: what a process says that ends unexpectedly. [`refused`]: what has no meaning here.

mod address;
mod clients;
mod compression;
mod drain;
mod ending;
pub(crate) mod event_loop;
pub(crate) mod listen;
pub(crate) mod log;
pub(crate) mod options;
mod own_loop;
pub(crate) mod reactor;
mod refused;
pub(crate) mod report;
pub(crate) mod run;
mod run_all;
pub(crate) mod secure;
mod serving;
pub(crate) mod stop;
mod udp_clients;

pub(crate) use address::system_message;
pub(crate) use clients::{
    callback, forget_connection, introduce, introduces, notify, on_connect, on_message, settings,
    settings_for_connection,
};

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_net::{BoundSocket, tls};

use crate::{
    protocols::{self, Choice},
    zend::{
        Call, Class, Object, Registration, Result, array, callback as php, fiber, file, library,
        object::{Handlers, State},
        slots,
        statics::{static_property, with_static},
        value,
    },
};

slots! {
    /// Properties of a worker.
    Slots {
        id: "id",
        name: "name",
        count: "count",
        user: "user",
        group: "group",
        reloadable: "reloadable",
        reuse_port: "reusePort",
        on_worker_start: "onWorkerStart",
        on_connect: "onConnect",
        on_web_socket_connect: "onWebSocketConnect",
        on_web_socket_connected: "onWebSocketConnected",
        on_message: "onMessage",
        on_close: "onClose",
        on_error: "onError",
        on_buffer_full: "onBufferFull",
        on_buffer_drain: "onBufferDrain",
        on_worker_stop: "onWorkerStop",
        on_worker_reload: "onWorkerReload",
        transport: "transport",
        connections: "connections",
        protocol: "protocol",
        stopping: "stopping",
        event_loop: "eventLoop",
        pause_accept: "pauseAccept",
        main_socket: "mainSocket",
        socket_name: "socketName",
        socket_context: "socketContext",
        context: "context",
        worker_id: "workerId",
    }
}

static CLASS: Registration<Slots> = Registration::new();

/// What a worker object holds of the network.
#[derive(Default)]
pub(crate) struct WorkerState {
    /// The socket that was bound for all processes before the fork; in a process with `reusePort`, the one that it has to itself.
    bound: RefCell<Option<BoundSocket>>,
    /// What the master knows the socket by that this process has bound, and that the next process in its place will have.
    key: RefCell<Option<String>>,
    /// What its connections prove themselves with, from when it was read until a listener has it.
    tls: RefCell<Option<tls::Server>>,
    /// The keys of session tickets, which the master makes so that its processes resume each other's sessions.
    tickets: RefCell<Option<tls::Tickets>>,
    /// The number of its listener in the reactor; 0 for none.
    listener: Cell<u64>,
}

static HANDLERS: Handlers = Handlers::new();

impl State for WorkerState {
    fn handlers() -> &'static Handlers {
        &HANDLERS
    }
}

/// Registers the class.
pub(crate) fn register() {
    let class = Class::declared(include_str!("worker.stub.php"))
        .carrying::<WorkerState>()
        .method("__construct", construct)
        .method("getAllWorkers", |_: &mut Call| {
            Ok(static_property(class(), "workers"))
        })
        .method("getStatus", |_: &mut Call| {
            Ok(static_property(class(), "status"))
        })
        .method("getGracefulStop", |_: &mut Call| {
            Ok(static_property(class(), "gracefulStop"))
        })
        .method("isRunning", |_: &mut Call| {
            Ok(!matches!(status(), status::INITIAL))
        })
        .method("stopAll", |call: &mut Call| {
            let code = i32::try_from(call.long_or(0, 0)).unwrap_or_default();
            stop::stop_all(call.called_class(), code, &call.value(1))
        })
        .method("log", log::log)
        .method("safeEcho", log::safe_echo)
        .method("resetStd", log::reset_std)
        .method("listen", |call: &mut Call| {
            listen::listen(&call.this()?, call.bool_or(0, true))
        })
        .method("unlisten", |call: &mut Call| {
            call.this().map(|this| listen::unlisten(&this))
        })
        .method("pauseAccept", |call: &mut Call| {
            call.this().map(|this| listen::set_accepting(&this, false))
        })
        .method("resumeAccept", |call: &mut Call| {
            call.this().map(|this| listen::set_accepting(&this, true))
        })
        .method("getSocketName", |call: &mut Call| {
            Ok(value::bytes(socket_name(&call.this()?)))
        })
        .method("getEventLoop", event_loop::get_event_loop)
        .method("initGlobalEvent", event_loop::init_global_event)
        .method(fiber::ENTRY, |_: &mut Call| fiber::enter())
        .method(own_loop::VISIT, |_: &mut Call| event_loop::visit_network())
        .method("getMainSocket", listen::get_main_socket)
        .method("parseSocketAddress", address::parse_socket_address)
        .method("setUserAndGroup", |call: &mut Call| {
            run::set_user_and_group(&call.this()?)
        })
        .method("run", |call: &mut Call| run::run(&call.this()?))
        .method("stop", |call: &mut Call| {
            stop::stop(&call.this()?, call.bool_or(0, true))
        });
    let class = run_all::methods(ending::methods(refused::methods(class)));
    CLASS.register(class, Slots::of);
}

/// Whether a worker is of our class itself, and of no subclass.
pub(crate) fn is_native(this: &Object) -> bool {
    std::ptr::eq(this.class(), class())
}

pub(crate) fn class() -> &'static ClassEntry {
    CLASS.class()
}

pub(crate) fn slots() -> &'static Slots {
    CLASS.slots()
}

/// The `STATUS_*` constants.
mod status {
    pub(super) const INITIAL: i64 = 0;
    pub(super) const STARTING: i64 = 1;
    pub(super) const RUNNING: i64 = 2;
    pub(super) const SHUTDOWN: i64 = 4;
    pub(super) const RELOADING: i64 = 8;
}

fn status() -> i64 {
    static_property(class(), "status")
        .long()
        .unwrap_or_default()
}

thread_local! {
    /// The class that `runAll()` was called on: `static::` of the service.
    static SERVICE: Cell<Option<&'static ClassEntry>> = const { Cell::new(None) };
}

/// The class whose static properties and methods are those of the service: the one that `runAll()` was called on.
pub(crate) fn service() -> &'static ClassEntry {
    SERVICE.get().unwrap_or_else(class)
}

/// A static property that is the path of a file, where it leads; empty if there is none.
fn path(class: &ClassEntry, property: &str) -> PathBuf {
    let path = static_property(class, property).string();
    file::absolute(Path::new(&path.unwrap_or_default())).into_owned()
}

/// The workers of this process. What else a script may have put among them is none.
fn all_workers() -> Vec<Object> {
    array::values(&static_property(service(), "workers"))
        .iter()
        .filter_map(Object::from_zval)
        .filter(|worker| worker.instance_of(class()))
        .collect()
}

/// The code of the close frame that says why this process parts from a websocket client (RFC 6455 section 7.4.1).
pub(crate) fn close_code() -> u16 {
    match reactor::current() {
        Some(reactor) if reactor.is_being_replaced() => 1012,
        Some(reactor) if reactor.is_stopping() || reactor.is_draining() => 1001,
        _ => 1000,
    }
}

/// Prints through `Worker::safeEcho()`.
pub(crate) fn echo(text: Zval) -> Result<()> {
    php::call_static(class(), "safeEcho", &mut [text]).map(drop)
}

/// Whether clients shall go elsewhere: this process ends when they are done.
pub(crate) fn is_draining() -> bool {
    reactor::with_current(reactor::Reactor::is_draining).unwrap_or_default()
}

fn construct(call: &mut Call) -> Result<()> {
    let (this, slots) = (call.this()?, slots());
    let hash = object_hash(&this);
    with_static(this.class(), "workers", |workers| {
        array::replace_name(workers, &hash, this.to_zval())
    });
    with_static(this.class(), "pidMap", |pids| {
        array::replace_name(pids, &hash, Zval::new_array())
    });
    this.set(slots.worker_id, value::bytes(hash));
    this.set(
        slots.context,
        Object::new(ext_php_rs::zend::ce::stdclass())?.to_zval(),
    );
    this.set(
        slots.on_message,
        library::embedded(c"Worker::__construct", include_str!("../../php/ignore.php"))?,
    );
    if call.argument(0).is_some_and(|name| !name.is_null()) {
        this.set(slots.socket_name, value::bytes(call.bytes(0)));
        this.set(
            slots.socket_context,
            call.argument(1).unwrap_or_else(Zval::new_array),
        );
        if listen::wants_reuse_port(&this) {
            this.set(slots.reuse_port, value::boolean(true));
        }
    }
    Ok(())
}

/// Runs `body` in a new fiber, until it ends or is suspended.
pub(crate) fn in_fiber(body: impl FnOnce() -> Result<()> + 'static) -> Result<()> {
    fiber::start(class(), body)
}

/// Whether no worker was made, so that nothing is going to run here.
pub(crate) fn has_none() -> bool {
    all_workers().is_empty()
}

/// Whether this process may have threads: it is a worker process, or has nobody to fork.
pub(crate) fn may_start_threads() -> bool {
    reactor::current().is_some() || has_none()
}

/// `spl_object_hash()`.
fn object_hash(object: &Object) -> String {
    format!("{:032x}", u128::from(object.handle()) << 64)
}

/// The address as given, with a lower-case first letter, or `none`.
pub(crate) fn socket_name(this: &Object) -> String {
    let name = String::from_utf8_lossy(&this.bytes(slots().socket_name)).into_owned();
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_ascii_lowercase().to_string() + letters.as_str(),
        None => "none".to_owned(),
    }
}

/// Whether a worker that listens is to accept connections.
fn accepts(this: &Object) -> bool {
    this.get(slots().pause_accept).bool() == Some(false)
}

/// The stream context that a worker was made with.
pub(crate) fn socket_context(this: &Object) -> Zval {
    this.get(slots().socket_context)
}

/// `$worker->protocol`.
pub(crate) fn protocol_class(this: &Object) -> Zval {
    this.get(slots().protocol)
}

/// The protocol that `$worker->protocol` names.
pub(crate) fn protocol(this: &Object) -> Choice {
    this.look(slots().protocol, protocols::of_property)
}
