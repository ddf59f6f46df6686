//! Revolt on a native loop, so that AMPHP and everything else that is written for Revolt runs on the loop of a worker process.
//!
//! Revolt's own code does the fibers and the suspensions; its driver, which is written in PHP, asks the native loop for a turn
//! whenever it has nothing else to do. With a driver, it is Revolt's `run()` that a process spends its life in.

use std::time::Instant;

use ext_php_rs::{types::Zval, zend::ClassEntry};

use super::event_loop::{LoopState, duration, with_state};
use crate::{
    worker,
    zend::{Call, Object, Result, Unwind, callback, embedded::Embedded, exception},
};

const LIBRARY: &str = "Revolt\\EventLoop";

/// Revolt's driver.
pub(crate) static DRIVER: Embedded = Embedded {
    name: r"Ouvrier\Revolt\Driver",
    file: c"ouvrier:Ouvrier/Revolt/Driver.php",
    source: include_str!("../../php/Ouvrier/Revolt/Driver.php"),
};

/// The method by which the driver asks for a turn.
const TURN: &str = "turn";
/// The method by which the driver asks whether the native loop has something of its own.
const WAITS: &str = "waits";

/// The members that the classes of loops with fibers have for this.
pub(super) const MEMBERS: &str = "
    /** A turn of the loop, which waits for so many seconds at most. Whether there is something to wait for. */
    private function turn(?float $seconds): bool {}

    /** Whether there is something to wait for besides what Revolt has asked for. */
    private function waits(): bool {}
";

/// As [`MEMBERS`], for `Fiber`.
pub(super) const FIBER_MEMBERS: &str = "
    public function __construct() {}

    /**
     * Revolt's event loop on this loop. Revolt uses it while the loop runs, and in a worker process from its start.
     *
     * @throws \\Error When Revolt is not installed.
     */
    public function driver(): \\Revolt\\EventLoop\\Driver {}

    /** Calls $func in a fiber of its own, until it returns or is suspended. */
    protected function safeCall(callable $func, ...$args): void {}
";

/// The driver of a loop, if it has one.
pub(super) fn of(state: &LoopState) -> Option<Object> {
    state.driver.borrow().clone()
}

/// Makes the loop Revolt's, where Revolt is installed. Returns its driver.
///
/// # Errors
/// Revolt's, when another loop of its runs now.
pub(super) fn install(this: &Object, state: &LoopState) -> Result<Option<Object>> {
    let Some(library) = library()? else {
        return Ok(None);
    };
    let driver = make(this, state)?;
    let current = callback::call_static(library, "getDriver", &mut [])?;
    if !Object::from_zval(&current).is_some_and(|current| current.is(&driver)) {
        callback::call_static(library, "setDriver", &mut [driver.to_zval()])?;
    }
    Ok(Some(driver))
}

fn library() -> Result<Option<&'static ClassEntry>> {
    let library = ClassEntry::try_find(LIBRARY);
    if exception::pending() {
        return Err(Unwind::Exception);
    }
    Ok(library)
}

/// The driver of a loop, made when it is first needed.
fn make(this: &Object, state: &LoopState) -> Result<Object> {
    if let Some(driver) = of(state) {
        return Ok(driver);
    }
    let driver = Object::new(class()?)?;
    let (turn, waits) = (callback::method(this, TURN), callback::method(this, WAITS));
    driver.call("__construct", &mut [this.to_zval(), turn, waits])?;
    state.agenda.set_driver(&driver);
    state.driver.replace(Some(driver.clone()));
    Ok(driver)
}

/// Has what is thrown in Revolt told to `handler`.
pub(super) fn set_error_handler(driver: &Object, handler: &Zval) -> Result<()> {
    let closure = callback::closure(handler)?;
    driver.call("setErrorHandler", &mut [closure]).map(drop)
}

/// The driver's class, compiled when it is first needed.
fn class() -> Result<&'static ClassEntry> {
    match ClassEntry::try_find(DRIVER.name) {
        Some(class) => Ok(class),
        None if exception::pending() => Err(Unwind::Exception),
        None => exception::throw(
            ext_php_rs::zend::ce::error(),
            "Revolt's driver cannot be compiled",
        ),
    }
}

/// `$loop->driver()`.
pub(super) fn driver(call: &mut Call) -> Result<Zval> {
    if library()?.is_none() {
        return exception::throw(
            ext_php_rs::zend::ce::error(),
            "Revolt is not installed: composer require revolt/event-loop",
        );
    }
    let this = call.this()?;
    with_state(call, |state| make(&this, state)).map(|driver| driver.to_zval())
}

/// `$loop->turn()`.
pub(super) fn turn(call: &mut Call) -> Result<bool> {
    let this = call.this()?;
    let until = call
        .argument(0)
        .filter(|seconds| !seconds.is_null())
        .and_then(|_| Instant::now().checked_add(duration(call.double_or(0, 0.0))));
    with_state(call, |state| super::run::turn_once(&this, state, until))
}

/// `$loop->safeCall()`.
pub(super) fn safe_call(call: &mut Call) -> Result<()> {
    let callable = call.value(0);
    let mut arguments: Vec<Zval> = (1..call.count()).map(|index| call.value(index)).collect();
    worker::in_fiber(move || callback::notify(&callable, &mut arguments))
}

/// `$loop->waits()`.
pub(super) fn waits(call: &mut Call) -> Result<bool> {
    with_state(call, |state| Ok(super::run::waits(state)))
}
