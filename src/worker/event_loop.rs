//! Which event loop a service and its processes have.

use std::rc::Rc;

use ext_php_rs::{types::Zval, zend::ClassEntry};

use super::{
    own_loop,
    reactor::{self, Reactor},
    run, service, slots,
};
use crate::{
    events::{self, event_loop::LoopState},
    timer,
    zend::{
        Call, Object, Result, exception,
        statics::{set_static_property, static_property},
        value,
    },
};

/// The loop of a service that does not name one, as Workerman has it without ext-event.
const DEFAULT: &str = "Workerman\\Events\\Select";

/// `Worker::initGlobalEvent()`: decides on the class, in the master. An object that is there already only says which.
pub(super) fn init_global_event(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    if let Some(given) = Object::from_zval(&static_property(class, "globalEvent")) {
        let name = given.class().name().unwrap_or_default();
        set_static_property(class, "eventLoopClass", value::bytes(name));
        set_static_property(class, "globalEvent", Zval::null());
        return Ok(());
    }
    let wanted = static_property(class, "eventLoopClass")
        .string()
        .unwrap_or_default();
    if wanted.is_empty() {
        set_static_property(class, "eventLoopClass", value::bytes(DEFAULT));
        return Ok(());
    }
    find(&wanted).map(drop)
}

/// The class of an event loop.
fn find(name: &str) -> Result<&'static ClassEntry> {
    match ClassEntry::try_find(name) {
        Some(class) if crate::zend::object::instance_of(class, events::interface()) => Ok(class),
        _ if exception::pending() => Err(crate::zend::Unwind::Exception),
        _ => exception::throw_runtime(&format!(
            "{}::$eventLoopClass must implement {}",
            service().name().unwrap_or_default(),
            events::interface().name().unwrap_or_default()
        )),
    }
}

/// The class that the loop of a worker's processes has.
fn class_of(worker: &Object) -> String {
    let own = worker.bytes(slots().event_loop);
    if own.is_empty() {
        let class = static_property(service(), "eventLoopClass").string();
        return class
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| DEFAULT.to_owned());
    }
    String::from_utf8_lossy(&own).into_owned()
}

/// The name that the banner and `status` show: the class without its namespace, in lower case.
pub(super) fn name(worker: &Object) -> String {
    let class = class_of(worker);
    let short = class.rsplit('\\').next().unwrap_or_default();
    short.to_ascii_lowercase()
}

/// What a process finds in `Worker::$eventLoopClass`. By it, packages such as workerman/coroutine choose what suspends a callback: with `Swoole`
/// and `Swow` they would take the extensions of these names, but on our loops of these names it is fibers.
fn announced(class: &str) -> &str {
    match class.trim_start_matches('\\') {
        "Workerman\\Events\\Swoole" | "Workerman\\Events\\Swow" => "Workerman\\Events\\Fiber",
        _ => class,
    }
}

/// Makes the loop of a worker process, and the reactor that it runs on. Only after the fork.
pub(super) fn start(worker: &Object) -> Result<Rc<Reactor>> {
    let name = class_of(worker);
    set_static_property(service(), "eventLoopClass", value::bytes(announced(&name)));
    let event_loop = Object::new(find(&name)?)?;
    if crate::zend::object::has_constructor(&event_loop) {
        event_loop.call("__construct", &mut [])?;
    }
    let (reactor, driver) = match event_loop.state::<LoopState>() {
        Some(state) => {
            let reactor = events::start(&event_loop, state)?;
            (reactor, events::driver_of_process(&event_loop, state)?)
        }
        None => {
            own_loop::prepare(&event_loop)?;
            (events::start_own()?, None)
        }
    };
    reactor::adopt(&reactor);
    reactor.set_event_loop(event_loop.clone(), driver);
    set_static_property(service(), "globalEvent", event_loop.to_zval());
    timer::set_event(&event_loop);
    Ok(reactor)
}

/// Spends the life of a process in its loop. Returns the exit code.
pub(super) fn run(reactor: &Rc<Reactor>) -> Result<i32> {
    match own(reactor) {
        Some(event_loop) => own_loop::run(reactor, &event_loop),
        None => run::turn(reactor),
    }
}

/// What the script's own loop calls.
pub(super) fn visit_network() -> Result<()> {
    match reactor::current() {
        Some(reactor) => match own(&reactor) {
            Some(event_loop) => own_loop::visit(&reactor, &event_loop),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

/// The loop of a process, if it is one of the script's own.
fn own(reactor: &Reactor) -> Option<Object> {
    let event_loop = reactor.event_loop()?;
    event_loop
        .state::<LoopState>()
        .is_none()
        .then_some(event_loop)
}

/// `Worker::getEventLoop()`.
pub(super) fn get_event_loop(_: &mut Call) -> Result<Zval> {
    global().map(|event_loop| event_loop.to_zval())
}

/// `Worker::$globalEvent`.
///
/// # Errors
/// A `TypeError` where there is none.
pub(crate) fn global() -> Result<Object> {
    Object::from_zval(&static_property(service(), "globalEvent")).map_or_else(
        || {
            exception::throw(
                ext_php_rs::zend::ce::type_error(),
                "Workerman\\Worker::getEventLoop(): Return value must be of type Workerman\\Events\\EventInterface, null returned",
            )
        },
        Ok,
    )
}
