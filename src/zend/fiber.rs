//! Fibers: code of ours, and what it calls in PHP, on a stack that may be suspended.
//!
//! The engine keeps its try block with each fiber, so [`callback::call`](super::callback::call) may be suspended and go on later, elsewhere.
//! The rule for code that calls PHP is the same as everywhere: nothing is borrowed or locked meanwhile. A fiber that is destroyed
//! while it is suspended unwinds like one that calls `exit()`.

use std::cell::Cell;

use ext_php_rs::zend::ClassEntry;

use super::{Object, Result, callback, engine};

type Body = Box<dyn FnOnce() -> Result<()>>;

thread_local! {
    /// What the fiber that starts next is to run. It takes it before anything else can happen.
    static NEXT: Cell<Option<Body>> = const { Cell::new(None) };
}

/// Runs `body` in a new fiber and returns when it has ended or suspends itself for the first time. Callables are resolved in the scope of the class
/// that has the method [`ENTRY`].
///
/// # Errors
/// What `body` comes back with before it is suspended. What it comes back with later is for whoever resumes it.
pub(crate) fn start(owner: &ClassEntry, body: impl FnOnce() -> Result<()> + 'static) -> Result<()> {
    let fiber = Object::new(class())?;
    fiber.call("__construct", &mut [callback::static_closure(owner, ENTRY)])?;
    NEXT.set(Some(Box::new(body)));
    let outcome = fiber.call("start", &mut []).map(drop);
    // It was not taken when the fiber could not be started.
    drop(NEXT.take());
    outcome
}

/// The static method that a class which starts fibers declares, and binds to [`enter`].
pub(crate) const ENTRY: &str = "enterFiber";

/// What a new fiber runs first.
pub(crate) fn enter() -> Result<()> {
    NEXT.take().map_or(Ok(()), |body| body())
}

/// The fiber that is running; `None` on the main stack.
pub(crate) fn current() -> Option<Object> {
    // SAFETY: the active fiber is alive, and its object is its first member.
    unsafe { Object::from_raw((*engine::executor()).active_fiber.cast()) }
}

/// `Fiber::suspend()`. Returns false when the engine does not allow it here, as in a destructor before PHP 8.4.
///
/// # Errors
/// What the fiber is resumed with.
pub(crate) fn suspend() -> Result<bool> {
    // SAFETY: reads a counter of this thread.
    if unsafe { engine::zend_fiber_switch_blocked() } {
        return Ok(false);
    }
    callback::call_static(class(), "suspend", &mut []).map(|_| true)
}

fn class() -> &'static ClassEntry {
    // SAFETY: the engine registers the class before any extension.
    unsafe { &*engine::zend_ce_fiber }
}
