//! `forkWorkers()`: processes for the places that have none, at the start and whenever one has ended.

use ext_php_rs::zend::ClassEntry;
use ouvrier_process::{
    Pid,
    master::{Forked, Slot},
};

use super::{
    FAILED, LAUNCH, forward,
    monitor::{announce, survive},
    processes, with_master,
};
use crate::{
    worker::run,
    zend::{Call, Class, Object, Result, callback as php, exception},
};

pub(super) fn methods(class: Class) -> Class {
    class
        .method("forkWorkers", |call: &mut Call| {
            forward(call, "forkWorkersForLinux")
        })
        .method("forkWorkersForLinux", fork_workers)
        .method("forkOneWorkerForLinux", fork_one_worker)
}

fn fork_workers(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    while let Some(slot) = vacancy()? {
        let Some(worker) = processes::worker_of(class, slot.group) else {
            return exception::throw_runtime("A worker with processes is gone from $workers");
        };
        php::call_static(class, "forkOneWorkerForLinux", &mut [worker.to_zval()])?;
        if vacancy()? == Some(slot) {
            // An override has not forked. It is asked again, but not all the time.
            with_master(|master| master.fork_later());
        }
    }
    Ok(())
}

fn vacancy() -> Result<Option<Slot>> {
    match with_master(|master| master.vacancy()) {
        Some(vacancy) => Ok(vacancy),
        None => exception::throw_runtime("installSignal() has to come before forkWorkers()"),
    }
}

fn fork_one_worker(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    let vacancy =
        vacancy()?.and_then(|slot| Some((slot, processes::worker_of(class, slot.group)?)));
    let wanted = call.object(0);
    match vacancy {
        Some((slot, worker)) if wanted.is_some_and(|wanted| wanted.is(&worker)) => {
            fork(class, &worker, slot)
        }
        _ => exception::throw_runtime("No process of this worker is missing"),
    }
}

fn fork(class: &'static ClassEntry, worker: &Object, slot: Slot) -> Result<()> {
    let master_pid = Pid::this();
    match with_master(|master| master.fork(slot)) {
        Some(Ok(Forked::Parent(slot, pid))) => {
            processes::note_begin(class, worker, slot, pid);
            Ok(())
        }
        Some(Ok(Forked::Child(place))) => {
            // What the master holds is not the child's.
            drop(LAUNCH.take());
            // It ends the script. What it has thrown instead would be caught by the loop of the master.
            survive(class, run::process(class, worker, place, master_pid))?;
            exception::exit(FAILED)
        }
        Some(Err(error)) => announce(class, &format!("can not fork a worker: {error}")),
        None => Ok(()),
    }
}
