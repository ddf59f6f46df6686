//! A reload or a graceful stop, seen from a worker process: it accepts no more, finishes its clients, and ends. At a reload its replacement
//! serves meanwhile.
//!
//! - Http: the next response says `Connection: close`, and the connection is closed behind it. No request is cut, no client meets a
//!   connection that closes while it sends.
//! - Websocket: close code 1012 (service restart) or 1001 (going away), one client after another, spread over the window, so that they do not all come back at
//!   the same moment. Other protocols: the same, without words.
//! - At the end of the window it parts from those who are owed nothing, reads what has arrived until then, and stops as it would at `stop`; if it is to be
//!   graceful, it waits on for those that are owed something.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_net::Protocol;

use super::{listen, notify, reactor::Reactor, report, secure, service, slots, status, stop};
use crate::{
    connection::{close, datagrams, waiting},
    protocols::{self, Choice},
    zend::{
        Object, Result, callback as php, library,
        statics::{set_static_property, static_property},
        value,
    },
};

/// The longest window: whoever wants clients to be waited for has `-g`.
const LONGEST_WINDOW: Duration = Duration::from_secs(3600);

/// All clients are looked at no more often than this, so that those who are still served do not pay for many who wait.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// So often it is looked at the end of the window whether all that has arrived is read. The network reads it within two turns; who sends all the time is not
/// waited for.
const LAST_LOOKS: u8 = 3;

/// Why a process parts from its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Reload,
    Stop,
}

/// What is left to do.
pub(super) struct Drain {
    pub(super) reason: Reason,
    /// When the window ends.
    pub(super) until: Instant,
    graceful: bool,
    /// When to part from whom, by tag, in order.
    partings: VecDeque<(Instant, u64)>,
    /// When all clients were looked at last.
    looked: Option<Instant>,
    /// How often.
    looks: u8,
    /// When they have to be looked at again, as something may have changed since.
    look_again: Option<Instant>,
}

impl Drain {
    /// When there is something to do.
    pub(super) fn deadline(&self, now: Instant) -> Option<Instant> {
        let parting = self.partings.front().map(|(at, _)| *at);
        let end = (self.until > now).then_some(self.until);
        [parting, end, self.look_again].into_iter().flatten().min()
    }

    /// Whether the window has ended, and those who are owed nothing are to be looked for now. Otherwise it is put off.
    fn looks(&mut self, now: Instant) -> bool {
        if now < self.until {
            return false;
        }
        let due = self.looked.map_or(now, |looked| looked + LOOK_PAUSE);
        let looks = due <= now;
        self.look_again = (!looks).then_some(due);
        if looks {
            self.looked = Some(now);
            self.looks = self.looks.saturating_add(1);
        }
        looks
    }

    /// Notes who is left after a look. Returns whether the process is to stop, whoever that is.
    fn note_left(&mut self, left: &Left, now: Instant) -> bool {
        let reads = left.have_sent && (self.graceful || self.looks < LAST_LOOKS);
        if reads || left.are_written_to {
            self.look_again = Some(now + LOOK_PAUSE);
        }
        !self.graceful && !reads
    }
}

/// Who is left when those who are owed nothing are parted from.
#[derive(Default)]
struct Left {
    /// Somebody for whom bytes are still to be written: nobody tells when the last ones are.
    are_written_to: bool,
    /// Somebody who has sent what nobody has read yet.
    have_sent: bool,
}

/// `Worker::reload()` in a worker process.
pub(super) fn reload(class: &ClassEntry, reactor: &Reactor) -> Result<()> {
    let workers = super::all_workers();
    for worker in &workers {
        report::enter(report::Callback::OnWorkerReload);
        notify(
            &worker.get(slots().on_worker_reload),
            &mut [worker.to_zval()],
        )?;
    }
    if !workers.iter().any(|worker| worker.bool(slots().reloadable)) {
        secure::renew(reactor, &workers)?;
        return php::call_static(class, "resetStd", &mut []).map(drop);
    }
    if !reactor.is_stopping() && !reactor.is_draining() {
        let graceful = static_property(class, "gracefulStop").bool();
        begin(
            reactor,
            &workers,
            Reason::Reload,
            graceful.unwrap_or_default(),
        )?;
    }
    Ok(())
}

/// Stops when the clients are done.
pub(super) fn stop_gracefully(reactor: &Reactor) -> Result<()> {
    if !reactor.is_stopping() && !reactor.is_draining() {
        begin(reactor, &super::all_workers(), Reason::Stop, true)?;
    }
    Ok(())
}

fn begin(reactor: &Reactor, workers: &[Object], reason: Reason, graceful: bool) -> Result<()> {
    let now_in = match reason {
        Reason::Reload => status::RELOADING,
        Reason::Stop => status::SHUTDOWN,
    };
    set_static_property(service(), "status", value::long(now_in));
    for worker in workers {
        if let Some(socket) = listen::served_datagrams(reactor, worker) {
            datagrams::finish(worker, &socket)?;
        }
        listen::close(worker);
    }
    report::set_draining();
    let window = u64::try_from(library::ini_long("ouvrier.drain_ms")).unwrap_or_default();
    let window = Duration::from_millis(window).min(LONGEST_WINDOW);
    let now = Instant::now();
    let tags = reactor.client_tags();
    let count = u32::try_from(tags.len()).unwrap_or(u32::MAX).max(1);
    let moment = |place: usize| now + window / count * u32::try_from(place).unwrap_or(u32::MAX);
    let partings = tags.into_iter().enumerate();
    reactor.drain(Drain {
        reason,
        until: now + window,
        graceful,
        partings: partings.map(|(place, tag)| (moment(place), tag)).collect(),
        looked: None,
        looks: 0,
        look_again: None,
    });
    Ok(())
}

/// Does what is due. Called in every turn of a process that drains.
pub(super) fn step(reactor: &Reactor) -> Result<()> {
    let now = Instant::now();
    while let Some(tag) = reactor.with_drain(|drain| next_parting(drain, now)) {
        if let Some(connection) = reactor.connection(tag)
            && !is_http(&connection)
            && waiting::has_received_nothing(&connection)
            && !waiting::has_arrived(&connection)
        {
            close::close(&connection, &Zval::null(), false)?;
        }
    }
    let looks = reactor.with_drain(|drain| Some((drain.looks(now), drain.reason)));
    let Some((looks, reason)) = looks else {
        return Ok(());
    };
    let is_over = if looks {
        let left = part_from_idle(reactor)?;
        reactor.with_drain(|drain| Some(drain.note_left(&left, now))) == Some(true)
    } else {
        false
    };
    if reactor.has_no_clients() || is_over {
        return match reason {
            // That is what Workerman's reload() does; a graceful stop has been through it already.
            Reason::Reload => php::call_static(service(), "stopAll", &mut []).map(drop),
            Reason::Stop => stop::stop_now(reactor, 0),
        };
    }
    Ok(())
}

/// Parts from those who are owed nothing, at the end of the window.
fn part_from_idle(reactor: &Reactor) -> Result<Left> {
    let mut left = Left::default();
    for connection in reactor.clients() {
        if !waiting::is_idle(&connection) {
            left.are_written_to |= waiting::unwritten(&connection) > 0;
        } else if waiting::has_arrived(&connection) {
            left.have_sent = true;
        } else {
            close::close(&connection, &Zval::null(), false)?;
        }
    }
    Ok(left)
}

fn next_parting(drain: &mut Drain, now: Instant) -> Option<u64> {
    let (at, tag) = *drain.partings.front()?;
    if at > now {
        return None;
    }
    drain.partings.pop_front();
    Some(tag)
}

fn is_http(connection: &Object) -> bool {
    matches!(
        protocols::of_connection(connection),
        Choice::Native(Protocol::Http)
    )
}
