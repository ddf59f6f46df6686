//! `Workerman\Connection\ConnectionInterface`.

use ext_php_rs::{types::Zval, zend::ClassEntry};

use crate::{
    worker,
    zend::{
        Call, Class, Object, Registration, Result, Unwind, array, callback, exception, slots,
        statics::StaticSlot, value::Name,
    },
};

slots! {
    /// Properties that all connections have.
    Slots {
        protocol: "protocol",
        on_message: "onMessage",
        on_close: "onClose",
        on_error: "onError",
        event_loop: "eventLoop",
        error_handler: "errorHandler",
    }
}

static CLASS: Registration<(Slots, Names)> = Registration::new();

pub(super) fn register() {
    let class =
        Class::declared(include_str!("connection_interface.stub.php")).method("error", error);
    CLASS.register(class, |class| (Slots::of(class), Names::new()));
}

pub(crate) fn class() -> &'static ClassEntry {
    CLASS.class()
}

pub(crate) fn slots() -> &'static Slots {
    &CLASS.slots().0
}

/// Codes of `onError`.
pub(crate) const CONNECT_FAIL: i64 = 1;
pub(crate) const SEND_FAIL: i64 = 2;

/// A counter of `ConnectionInterface::$statistics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counter {
    ConnectionCount,
    TotalRequest,
    SendFail,
}

/// The keys of the counters.
struct Names {
    connection_count: Name,
    total_request: Name,
    send_fail: Name,
}

impl Names {
    fn new() -> Self {
        Self {
            connection_count: Name::of("connection_count"),
            total_request: Name::of("total_request"),
            send_fail: Name::of("send_fail"),
        }
    }
}

static STATISTICS: StaticSlot = StaticSlot::new(class, "statistics");

/// Adds to a counter, which scripts read and change as well.
pub(crate) fn count(counter: Counter, amount: i64) {
    worker::report::mirror(counter, amount);
    let names = &CLASS.slots().1;
    let name = match counter {
        Counter::ConnectionCount => names.connection_count,
        Counter::TotalRequest => names.total_request,
        Counter::SendFail => names.send_fail,
    };
    let old = STATISTICS.with(|statistics| array::add(statistics, name, amount));
    drop(old);
}

fn error(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    let Some(exception) = call.object(0) else {
        return Ok(());
    };
    handle(&this, &exception)
}

/// What a connection does about an exception that one of its callbacks threw.
pub(crate) fn handle(connection: &Object, exception: &Object) -> Result<()> {
    let handler = connection.get(slots().error_handler);
    if !callback::is_set(&handler) {
        return worker::stop::fail(exception.to_zval());
    }
    match callback::call(&handler, &mut [exception.to_zval()]) {
        Ok(_) => Ok(()),
        Err(unwind) => match exception::take() {
            Some(exception) => worker::stop::fail(exception.to_zval()),
            None => Err(unwind),
        },
    }
}

/// Calls a callback of a connection, if it is set. An exception is the connection's business; only `exit()` and fatal errors come back.
pub(crate) fn notify(connection: &Object, callback: &Zval, arguments: &mut [Zval]) -> Result<()> {
    if !callback::is_set(callback) {
        return Ok(());
    }
    callback::notify(callback, arguments).or_else(|unwind| settle(connection, unwind))
}

/// Makes an exception that was thrown on behalf of a connection its business. What is none comes back.
pub(crate) fn settle(connection: &Object, unwind: Unwind) -> Result<()> {
    match exception::take() {
        Some(exception) if connection.has_native_method("error") => handle(connection, &exception),
        Some(exception) => connection
            .call("error", &mut [exception.to_zval()])
            .map(drop),
        None => Err(unwind),
    }
}
