//! Event loops that a script has written, on which connections run without a worker.
//!
//! Such a loop, the host, has a native loop for a guest, which does the work. The host watches a descriptor that becomes readable when something is
//! ready for PHP, and its callback is a turn of the guest that does not wait; while the host waits, the relief driver drives the network. The host is
//! asked to watch only for as long as there are connections, so that one which ends when it has nothing to wait for still does. A guest lives as
//! long as its host.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Instant,
};

use ext_php_rs::types::Zval;

use super::{
    event_loop::{LoopState, with_state},
    run::{handle, has_work, start},
    turn::turn,
};
use crate::{
    worker::reactor::Reactor,
    zend::{Call, Object, Result, callback, exception, library, stream},
};

/// The method that the host calls.
pub(super) const VISIT: &str = "visit";

thread_local! {
    /// A `WeakMap` from hosts to guests.
    static GUESTS: RefCell<Option<Object>> = const { RefCell::new(None) };
}

/// What a guest knows of its host.
pub(super) struct Host {
    /// A `WeakReference`.
    reference: Object,
    bell: Zval,
    watches: Cell<bool>,
}

/// The reactor of the guest of a loop that a script has written. The host watches from now on.
pub(super) fn reactor_for(host: &Object) -> Result<Rc<Reactor>> {
    let guests = guests()?;
    let known = guests.call("offsetExists", &mut [host.to_zval()])?;
    let guest = if known.coerce_to_bool() {
        guests.call("offsetGet", &mut [host.to_zval()])?
    } else {
        let guest = invite(host)?.to_zval();
        guests.call("offsetSet", &mut [host.to_zval(), guest.shallow_clone()])?;
        guest
    };
    let guest = Object::from_zval(&guest);
    let Some((guest, state)) = guest
        .as_ref()
        .and_then(|guest| Some((guest, guest.state::<LoopState>()?)))
    else {
        return exception::throw_runtime("cannot run on this event loop");
    };
    let reactor = start(guest, state)?;
    attend(guest, state, &reactor, host)?;
    Ok(reactor)
}

/// Forgets all guests: the request ends.
pub(crate) fn forget() {
    let guests = GUESTS.take();
    drop(guests);
}

fn guests() -> Result<Object> {
    if let Some(guests) = GUESTS.with_borrow(Clone::clone) {
        return Ok(guests);
    }
    let guests = Object::new(library::class("WeakMap")?)?;
    GUESTS.set(Some(guests.clone()));
    Ok(guests)
}

/// Makes the guest of a host.
fn invite(host: &Object) -> Result<Object> {
    let guest = Object::new(library::class(super::NATIVE)?)?;
    let reference = callback::call_static(
        library::class("WeakReference")?,
        "create",
        &mut [host.to_zval()],
    )?;
    if let (Some(state), Some(reference)) =
        (guest.state::<LoopState>(), Object::from_zval(&reference))
    {
        let reactor = start(&guest, state)?;
        let bell = match reactor.runtime.bell() {
            Ok(bell) => stream::from_socket(bell),
            Err(error) => {
                return exception::throw_runtime(&format!("cannot watch the network: {error}"));
            }
        };
        state.host.replace(Some(Rc::new(Host {
            reference,
            bell,
            watches: Cell::new(false),
        })));
    }
    Ok(guest)
}

/// Has the host watch, if it does not yet. Its first visit, which is due at once, finds out whether that was of any use.
fn attend(guest: &Object, state: &LoopState, reactor: &Reactor, host: &Object) -> Result<()> {
    let Some(known) = state.host.borrow().clone() else {
        return Ok(());
    };
    if !known.watches.replace(true) {
        let bell = known.bell.shallow_clone();
        host.call("onReadable", &mut [bell, callback::method(guest, VISIT)])?;
    }
    reactor.runtime.leave();
    reactor.runtime.ring();
    Ok(())
}

/// What the host calls: a turn that does not wait.
pub(super) fn visit(call: &mut Call) -> Result<()> {
    with_state(call, |state| {
        let (Some(reactor), Some(host)) = (state.started(), state.host.borrow().clone()) else {
            return Ok(());
        };
        let outcome = turn(&reactor, Some(Instant::now()), |ready| {
            handle(&reactor, ready)
        });
        let idle = !has_work(state, &reactor);
        let outcome = outcome.and_then(|()| if idle { rest(&host) } else { Ok(()) });
        reactor.runtime.leave();
        if outcome.is_err() {
            // What is left to do is left for another visit.
            reactor.runtime.ring();
        }
        outcome
    })
}

/// Has the host watch no longer.
fn rest(host: &Host) -> Result<()> {
    let alive = host.reference.call("get", &mut [])?;
    match Object::from_zval(&alive) {
        Some(alive) if host.watches.replace(false) => {
            let bell = host.bell.shallow_clone();
            alive.call("offReadable", &mut [bell]).map(drop)
        }
        _ => Ok(()),
    }
}
