//! The life of one worker process: from the fork to its exit code.

use std::time::{Duration, Instant};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_net::Ready;
use ouvrier_process::{
    Pid, Signal, limits,
    master::{Place, Slot},
    memory,
    parent::parent_death_signal,
    reserve, signal,
    user::{self, UserError},
};

use super::{
    WorkerState, drain, ending, event_loop, listen, log,
    reactor::{self, Reactor},
    report::{self, Callback},
    secure, service, slots, socket_name, status, stop,
};
use crate::{
    connection::{datagrams, dispatch::dispatch},
    events,
    timer::tasks,
    zend::{
        Call, Object, Result, array, callback as php, exception, library,
        statics::set_static_property, value,
    },
};

/// Signals that reload or end a worker process.
const SIGNALS: [Signal; 7] = [
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGTSTP,
    Signal::SIGQUIT,
];
/// Open files that a process has room for from the start.
const EXPECTED_FILES: i32 = 16_384;

/// Everything that a forked process does. Comes back as the end of the script, with the exit code.
pub(super) fn process(
    class: &ClassEntry,
    worker: &Object,
    place: Place,
    master: Pid,
) -> Result<()> {
    prepare(class, worker, place.slot)?;
    listen::bind_own(worker, &place)?;
    // What root may read, the user that the process becomes may not.
    secure::read_ahead(worker)?;
    worker.call("setUserAndGroup", &mut [])?;
    // Without this a worker would outlive a master that was killed.
    if parent_death_signal(Signal::SIGINT, master).is_err() {
        return exception::exit(0);
    }
    limits::reserve_open_files(EXPECTED_FILES);
    reserve::keep();
    memory::keep_freed();
    let reactor = event_loop::start(worker)?;
    reactor.take_place(place);
    ending::announce_at_shutdown(class)?;
    php::call_static(class, "reinstallSignal", &mut [])?;
    report::enter(Callback::OnWorkerStart);
    let started = worker.call("run", &mut []).map(drop);
    after(started)?;
    reactor.begin_turning();
    let code = event_loop::run(&reactor)?;
    exception::exit(code)
}

/// `Worker::reinstallSignal()`: this process hears the signals of its master, and answers those of `status` and `connections`.
pub(super) fn reinstall_signal(call: &mut Call) -> Result<()> {
    let Some(reactor) = reactor::current() else {
        return Ok(());
    };
    let signals = SIGNALS.map(|signal| signal as i32);
    let watched = reactor.runtime.watch_signals(&signals);
    let own = super::all_workers().into_iter().next();
    let watched = watched.and_then(|()| own.map_or(Ok(()), |own| report::watch(&reactor, &own)));
    if let Err(error) = watched {
        let text = format!("cannot watch signals: {error}");
        log::line(call.called_class(), &text)?;
    }
    // A look at the status shall not wake a callback that sleeps.
    signal::leave_to_other_threads(&report::SIGNALS);
    Ok(())
}

/// Makes the forked copy of the script a process of one worker.
fn prepare(class: &ClassEntry, worker: &Object, slot: Slot) -> Result<()> {
    for other in super::all_workers() {
        if !other.is(worker)
            && let Some(state) = other.state::<WorkerState>()
        {
            state.bound.take();
        }
    }
    let mut own = Zval::new_array();
    array::set_name(&mut own, super::object_hash(worker), worker.to_zval());
    set_static_property(class, "workers", own);
    for property in ["pidMap", "pidsToRestart"] {
        set_static_property(class, property, Zval::new_array());
    }
    set_static_property(class, "gracefulStop", value::boolean(false));
    set_static_property(class, "status", value::long(status::RUNNING));
    worker.set(slots().id, value::long(slot.id as i64));
    // In the background, the file that takes the output may have been rotated since the master opened it.
    php::call_static(class, "resetStd", &mut [])?;
    // As in Workerman, the timers of the master stay there.
    tasks::forget();
    // The copies of a script must not draw the same random numbers.
    library::call("mt_srand", &mut [])?;
    let name = String::from_utf8_lossy(&worker.bytes(slots().name)).into_owned();
    let title = format!("WorkerMan: worker process  {name} {}", socket_name(worker));
    php::call_static(class, "setProcessTitle", &mut [value::bytes(title)]).map(drop)
}

/// `$worker->setUserAndGroup()`. Only root can, and whoever is not has been warned in the master. A process of root's that cannot become
/// who it is asked to be ends.
pub(super) fn set_user_and_group(worker: &Object) -> Result<()> {
    let text = |slot| String::from_utf8_lossy(&worker.bytes(slot)).into_owned();
    let (name, group) = (text(slots().user), text(slots().group));
    if name.is_empty() || !user::is_root() {
        return Ok(());
    }
    let group = Some(group.as_str()).filter(|group| !group.is_empty());
    match user::become_user(&name, group) {
        Ok(()) => Ok(()),
        Err(error) => {
            let reason = match error {
                UserError::UnknownUser(user) => format!("User {user} not exists"),
                UserError::UnknownGroup(group) => format!("Group {group} not exists"),
                other => format!("change gid or uid fail: {other}"),
            };
            log::line(worker.class(), &format!("Warning: {reason}"))?;
            exception::exit(1)
        }
    }
}

/// `$worker->run()`: listens, lets the script get ready, and then accepts.
pub(super) fn run(this: &Object) -> Result<()> {
    let on_worker_start = this.get(slots().on_worker_start);
    let starts = php::is_set(&on_worker_start);
    this.call("listen", &mut [value::boolean(!starts)])?;
    if !starts {
        return Ok(());
    }
    // As in Workerman, whatever the loop: onWorkerStart may suspend itself, and clients are accepted once it has returned.
    let this = this.clone();
    set_beginning(true);
    super::in_fiber(move || {
        let begun = begin(&this, &on_worker_start);
        set_beginning(false);
        begun
    })
}

fn set_beginning(beginning: bool) {
    if let Some(reactor) = reactor::current() {
        reactor.set_beginning(beginning);
    }
}

fn begin(this: &Object, on_worker_start: &Zval) -> Result<()> {
    match php::notify(on_worker_start, &mut [this.to_zval()]) {
        Ok(()) => {}
        Err(unwind) => match exception::take() {
            Some(exception) => return stop_later(&exception),
            None => return Err(unwind),
        },
    }
    if this.get(slots().pause_accept).is_null() && !this.bool(slots().stopping) {
        this.call("resumeAccept", &mut [])?;
    }
    Ok(())
}

/// Ends a process that could not start, and not at once, so that it does not try all the time.
fn stop_later(exception: &Object) -> Result<()> {
    if let Some(reactor) = reactor::current() {
        reactor.stay_until(Instant::now() + Duration::from_secs(1));
    }
    stop::fail(exception.to_zval())
}

/// Turns until the process is to end. Returns the exit code.
pub(super) fn turn(reactor: &Reactor) -> Result<i32> {
    loop {
        if let Some(code) = reactor.exit_code() {
            return Ok(code);
        }
        match reactor.driver() {
            Some(driver) => drop(driver.call("run", &mut [])?),
            None => step(reactor, None)?,
        }
    }
}

/// One turn of the process, which waits until `until` at most.
pub(crate) fn step(reactor: &Reactor, until: Option<Instant>) -> Result<()> {
    report::note(reactor);
    let until = [until, reactor.deadline()].into_iter().flatten().min();
    events::turn(reactor, until, |ready| after(handle(reactor, ready)))?;
    reactor.follow_workers();
    if reactor.is_draining() && !reactor.is_stopping() {
        after(drain::step(reactor))?;
    }
    if reactor.is_stopping() {
        after(stop::close_connections(reactor))?;
    }
    Ok(())
}

fn handle(reactor: &Reactor, ready: Ready) -> Result<()> {
    match ready {
        Ready::Connection(connection) => dispatch(reactor, connection),
        Ready::Datagrams(number) => datagrams::dispatch(reactor, number),
        Ready::Signal(number) => {
            php::call_static(service(), "signalHandler", &mut [value::long(number)]).map(drop)
        }
        Ready::Question(question) => report::ask(question),
        Ready::AcceptFailed(number, error) => {
            let name = reactor
                .serving(number)
                .map(|worker| socket_name(&worker))
                .unwrap_or_default();
            log::line(
                super::class(),
                &format!("{name} cannot accept connections for now: {error}"),
            )
        }
    }
}

/// What PHP left behind: an exception that is nobody's, such as one thrown by a destructor, stops the process like any other.
fn after(outcome: Result<()>) -> Result<()> {
    if outcome.is_ok() && !exception::pending() {
        return Ok(());
    }
    match exception::take() {
        Some(exception) => stop::fail(exception.to_zval()),
        None => outcome.and(Err(crate::zend::Unwind::Exception)),
    }
}
