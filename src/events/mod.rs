//! `Workerman\Events`: event loops.
//!
//! Six classes, one implementation: the names say which of Workerman's loops a script asked for, and decide in small things.
//!
//! - [`event_loop`]: the methods. [`run`](mod@run): `run()` and `stop()`. [`turn`](mod@turn): one turn, from what is ready to the callback.
//! - [`guest`]: loops that a script has written. [`revolt`]: Revolt on a native loop. [`agenda`]: what a loop is to do. [`streams`]: the streams that it watches.

pub(crate) mod agenda;
pub(crate) mod event_loop;
pub(crate) mod guest;
pub(crate) mod revolt;
mod run;
mod streams;
mod turn;

use std::cell::Cell;

use ext_php_rs::zend::ClassEntry;

use crate::{
    worker,
    zend::{Call, Class, Registration, Result},
};

pub(crate) use run::{driver_of_process, reactor_of, start, start_own};
pub(crate) use turn::turn;

static INTERFACE: Registration<()> = Registration::new();

/// Members that only some of the classes have.
const CONSTRUCT: &str = "public function __construct() {}";
const SELECT: &str = "
    public const MAX_SELECT_TIMOUT_US = 800000;

    public function __construct() {}

    /** Calls $func($stream) when something arrives for $stream out of band. */
    public function onExcept($stream, callable $func): void {}

    /** Whether there was a callback to remove. */
    public function offExcept($stream): bool {}

    /** Calls what timers are due. The loop does this by itself. */
    protected function tick(): void {}

    /** @param float $nextTickTime When the loop looks at its timers next, as microtime(true) tells it; 0 for when there is a new one. */
    protected function setNextTickTime(float $nextTickTime): void {}

    /** A turn on behalf of a loop that a script has written. */
    private function visit(): void {}
";

/// The loop that does the work for those which scripts have written.
const NATIVE: &str = "Workerman\\Events\\Select";

/// Registers the classes.
pub(crate) fn register() {
    INTERFACE.register(
        Class::declared(include_str!("event_interface.stub.php")),
        |_| (),
    );
    let construct = |_: &mut Call| Ok(());
    event_loop::class("Select", SELECT)
        .method("__construct", construct)
        .method("onExcept", |call: &mut Call| {
            event_loop::on(call, streams::Direction::Exceptional)
        })
        .method("offExcept", |call: &mut Call| {
            event_loop::off(call, streams::Direction::Exceptional)
        })
        .method("tick", turn::tick)
        .method("setNextTickTime", turn::set_next_tick_time)
        .method(guest::VISIT, guest::visit)
        .register();
    event_loop::class("Event", CONSTRUCT)
        .method("__construct", construct)
        .register();
    event_loop::class("Ev", "").register();
    let in_fibers = |name: &str, members: &str| {
        event_loop::class(name, &[revolt::MEMBERS, members].concat())
            .method("turn", revolt::turn)
            .method("waits", revolt::waits)
    };
    in_fibers("Fiber", revolt::FIBER_MEMBERS)
        .method("__construct", construct)
        .method("driver", revolt::driver)
        .method("safeCall", revolt::safe_call)
        .register();
    in_fibers("Swoole", CONSTRUCT)
        .method("__construct", construct)
        .register();
    in_fibers("Swow", "").register();
}

thread_local! {
    /// The loop that runs now has every callback run in a fiber.
    static IN_FIBERS: Cell<bool> = const { Cell::new(false) };
}

/// Runs `body`, which calls PHP, in a fiber of its own where the loop that runs wants it so.
pub(crate) fn call(body: impl FnOnce() -> Result<()> + 'static) -> Result<()> {
    if IN_FIBERS.get() {
        worker::in_fiber(body)
    } else {
        body()
    }
}

/// As [`call`], for a `body` that needs what the caller has: a fiber gets a copy of it, since it may outlive the caller.
pub(crate) fn call_with<S: Clone + 'static>(
    subject: &S,
    body: impl FnOnce(&S) -> Result<()> + 'static,
) -> Result<()> {
    if IN_FIBERS.get() {
        in_fiber_with(subject.clone(), body)
    } else {
        body(subject)
    }
}

/// Out of line, for the sake of the loops without fibers.
#[cold]
fn in_fiber_with<S: 'static>(
    subject: S,
    body: impl FnOnce(&S) -> Result<()> + 'static,
) -> Result<()> {
    worker::in_fiber(move || body(&subject))
}

/// In what the classes differ.
struct Manner {
    /// Every callback runs in a fiber of its own.
    in_fibers: bool,
    /// Exceptions of stream callbacks are caught, instead of ending `run()`.
    catches_all: bool,
    /// `run()` waits even when there is nothing left to wait for.
    waits_for_ever: bool,
}

fn manner(class: &ClassEntry) -> Manner {
    let name = class.name().and_then(|name| name.rsplit('\\').next());
    let in_fibers = matches!(name, Some("Fiber" | "Swoole" | "Swow"));
    Manner {
        in_fibers,
        catches_all: in_fibers || name == Some("Ev"),
        waits_for_ever: name == Some("Select"),
    }
}

/// `Workerman\Events\EventInterface`.
pub(crate) fn interface() -> &'static ClassEntry {
    INTERFACE.class()
}
