//! What a program does with a master: it obeys the signals, forks, and says what it is told.

use ouvrier_process::master::{Event, Exit, Forked, Group, Master, Place};
use ouvrier_process::sockets::Sockets;
use ouvrier_process::{Signal, signal};

use crate::say;

/// Which process came back.
pub(crate) enum Role {
    /// A new worker.
    Worker(Place),
    /// The master, after a stop.
    Finished,
}

/// Runs `master` to its end. `groups` says what there is to be after a reload, `exited` how an end is told.
pub(crate) fn run(
    master: &mut Master,
    groups: impl Fn() -> Vec<Group>,
    exited: impl Fn(&Exit),
) -> Role {
    loop {
        match master.next_event().unwrap() {
            Event::Log(line) => say(&format!("log {line}")),
            Event::Signal(signal) => obey(master, signal, &groups),
            Event::Exited(exit) => exited(&exit),
            Event::Vacant => {
                while let Some(slot) = master.vacancy() {
                    if let Forked::Child(place) = master.fork(slot).unwrap() {
                        return Role::Worker(place);
                    }
                }
            }
            Event::Stopped => {
                master.finish();
                say("stopped");
                return Role::Finished;
            }
        }
    }
}

fn obey(master: &mut Master, signal: Signal, groups: &impl Fn() -> Vec<Group>) {
    let log = |text: &str| say(&format!("log Workerman[start.php] {text}"));
    match signal {
        signal::STATUS | signal::CONNECTIONS => master.report(signal),
        signal::RELOAD | signal::GRACEFUL_RELOAD => {
            if let Some(reason) = master.refuses_reload() {
                return log(&format!("reload ignored: {reason}"));
            }
            log("reloading");
            master.reload(groups(), signal == signal::GRACEFUL_RELOAD);
        }
        signal => {
            log(&format!("received signal {}", signal::name(signal)));
            master.stop(signal == Signal::SIGQUIT, Sockets::default());
        }
    }
}
