//! What a signal does, in the master and in the worker processes.

use ext_php_rs::types::Zval;
use ouvrier_process::{Signal, signal};

use super::{is_master, monitor, processes, with_master};
use crate::{
    worker::{drain, reactor, report, run, status},
    zend::{
        Call, Class, Result, callback as php,
        statics::{set_static_property, static_property},
        value,
    },
};

pub(super) fn methods(class: Class) -> Class {
    class
        .method("installSignal", monitor::install_signal)
        .method("reinstallSignal", run::reinstall_signal)
        .method("signalHandler", signal_handler)
        .method("getSignalName", get_signal_name)
        .method("reload", reload)
        .method("writeStatisticsToStatusFile", |_: &mut Call| {
            write_report(signal::STATUS)
        })
        .method("writeConnectionsStatisticsToStatusFile", |_: &mut Call| {
            write_report(signal::CONNECTIONS)
        })
}

fn signal_handler(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let number = call.value(0);
    let set_graceful =
        |graceful| set_static_property(class, "gracefulStop", value::boolean(graceful));
    match signal_of(&number) {
        Some(
            stop @ (Signal::SIGINT
            | Signal::SIGTERM
            | Signal::SIGHUP
            | Signal::SIGTSTP
            | Signal::SIGQUIT),
        ) => {
            set_graceful(stop == Signal::SIGQUIT);
            let name = php::call_static(class, "getSignalName", &mut [number])?;
            let reason = format!("received signal {}", name.string().unwrap_or_default());
            let arguments = &mut [value::long(0), value::bytes(reason)];
            php::call_static(class, "stopAll", arguments).map(drop)
        }
        Some(reload @ (signal::RELOAD | signal::GRACEFUL_RELOAD)) => {
            if is_refused(call)? {
                return Ok(());
            }
            set_graceful(reload == signal::GRACEFUL_RELOAD);
            let pids = php::call_static(class, "getAllWorkerPids", &mut [])?;
            set_static_property(class, "pidsToRestart", pids);
            php::call_static(class, "reload", &mut []).map(drop)
        }
        Some(signal::STATUS) => {
            php::call_static(class, "writeStatisticsToStatusFile", &mut []).map(drop)
        }
        Some(signal::CONNECTIONS) => {
            php::call_static(class, "writeConnectionsStatisticsToStatusFile", &mut []).map(drop)
        }
        _ => Ok(()),
    }
}

/// Whether a reload comes at the wrong time. The master says so.
fn is_refused(call: &Call) -> Result<bool> {
    let class = call.called_class();
    if let Some(Some(reason)) = with_master(|master| master.refuses_reload()) {
        monitor::announce(class, &format!("reload ignored: {reason}"))?;
        return Ok(true);
    }
    let status = static_property(class, "status").long();
    Ok(matches!(status, Some(status::RELOADING | status::SHUTDOWN)))
}

fn get_signal_name(call: &mut Call) -> Result<Zval> {
    let number = call.value(0);
    Ok(match signal_of(&number) {
        Some(signal) => value::bytes(signal::name(signal)),
        None => value::bytes(number.long().unwrap_or_default().to_string()),
    })
}

fn signal_of(number: &Zval) -> Option<Signal> {
    let number = i32::try_from(number.long()?).ok()?;
    Signal::try_from(number).ok()
}

fn reload(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    if is_master(class) {
        processes::note_reload(class);
        return monitor::reload(class);
    }
    match reactor::current() {
        Some(reactor) => drain::reload(class, &reactor),
        None => Ok(()),
    }
}

/// The master writes and asks its processes; a process answers.
fn write_report(signal: Signal) -> Result<()> {
    if with_master(|master| master.report(signal)).is_none()
        && let Some(reactor) = reactor::current()
    {
        report::write(&reactor, signal);
    }
    Ok(())
}
