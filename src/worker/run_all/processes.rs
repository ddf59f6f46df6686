//! Which processes there are: `$pidMap` and `$idMap` of the master.

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_process::{
    Pid,
    liveness::is_alive,
    master::{Exit, Slot},
};

use super::LAUNCH;
use crate::{
    worker::{all_workers, slots},
    zend::{
        Call, Class, Object, Result, array,
        statics::{set_static_property, static_property, with_static},
        value,
    },
};

pub(super) fn methods(class: Class) -> Class {
    class
        .method("initId", init_id)
        .method("getId", get_id)
        .method("getAllWorkerPids", |call: &mut Call| {
            Ok(all(call.called_class()))
        })
        .method("checkIfChildRunning", check_if_child_running)
}

/// The worker behind a group of the master.
pub(super) fn worker_of(class: &ClassEntry, group: usize) -> Option<Object> {
    let id = LAUNCH.with_borrow(|launch| launch.worker_ids.get(group).cloned())?;
    let workers = static_property(class, "workers");
    array::get_name(&workers, id)
        .as_ref()
        .and_then(Object::from_zval)
}

fn init_id(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    for worker in all_workers() {
        let id = worker.bytes(slots().worker_id);
        let count = worker.long(slots().count).max(1);
        worker.set(slots().count, value::long(count));
        with_static(class, "idMap", |map| {
            let known = array::get_name(map, &id).unwrap_or_else(Zval::new_array);
            let pid = |number| {
                let known = array::get_name(&known, i64::to_string(&number));
                known.unwrap_or_else(|| value::long(0))
            };
            array::replace_name(map, &id, array::list((0..count).map(pid)))
        });
    }
    Ok(())
}

fn get_id(call: &mut Call) -> Result<Zval> {
    let map = static_property(call.called_class(), "idMap");
    let ids = array::get_name(&map, call.bytes(0)).unwrap_or_else(Zval::null);
    let pid = call.long_or(1, 0);
    let found = array::entries(&ids)
        .into_iter()
        .find(|(_, known)| known.long() == Some(pid));
    Ok(match found {
        Some((array::Key::Index(number), _)) => value::long(number),
        Some((array::Key::Name(name), _)) => value::bytes(name),
        None => value::boolean(false),
    })
}

/// The processes of all workers, by process id.
pub(super) fn all(class: &ClassEntry) -> Zval {
    let mut pids = Zval::new_array();
    for worker in array::values(&static_property(class, "pidMap")) {
        for pid in array::values(&worker) {
            array::set_index(&mut pids, pid.long().unwrap_or_default(), pid);
        }
    }
    pids
}

/// A process was forked.
pub(super) fn note_begin(class: &ClassEntry, worker: &Object, slot: Slot, pid: Pid) {
    let pid = value::long(pid.as_raw());
    let index = pid.long().unwrap_or_default();
    change(class, "pidMap", worker, |pids| {
        array::set_index(pids, index, pid.shallow_clone());
    });
    let number = i64::try_from(slot.id).unwrap_or(i64::MAX);
    change(class, "idMap", worker, |ids| {
        array::set_index(ids, number, pid)
    });
}

/// A process has ended.
pub(super) fn note_end(class: &ClassEntry, worker: &Object, exit: &Exit) {
    let pid = i64::from(exit.pid.as_raw());
    change(class, "pidMap", worker, |pids| {
        drop(array::take_index(pids, pid))
    });
    let number = i64::try_from(exit.slot.id).unwrap_or(i64::MAX);
    change(class, "idMap", worker, |ids| {
        let known = array::get_name(ids, number.to_string());
        // Its successor may have the number already.
        if known.and_then(|known| known.long()) == Some(pid) {
            array::set_index(ids, number, value::long(0));
        }
    });
    with_static(class, "pidsToRestart", |pids| {
        drop(array::take_index(pids, pid))
    });
    with_static(class, "globalStatistics", |statistics| {
        let mut exits = array::get_name(statistics, "worker_exit_info").unwrap_or_else(Zval::null);
        let id = worker.bytes(slots().worker_id);
        let mut counts = array::get_name(&exits, &id).unwrap_or_else(Zval::null);
        let status = exit.raw_status.to_string();
        let before = array::get_name(&counts, &status).and_then(|count| count.long());
        array::set_name(
            &mut counts,
            &status,
            value::long(before.unwrap_or_default() + 1),
        );
        array::set_name(&mut exits, id, counts);
        array::replace_name(statistics, "worker_exit_info", exits)
    });
}

/// Changes what a map of the class has for a worker.
fn change(class: &ClassEntry, map: &str, worker: &Object, change: impl FnOnce(&mut Zval)) {
    let id = worker.bytes(slots().worker_id);
    with_static(class, map, |map| {
        let mut entry = array::get_name(map, &id).unwrap_or_else(Zval::new_array);
        change(&mut entry);
        array::replace_name(map, id, entry)
    });
}

fn check_if_child_running(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    for (key, pids) in array::entries(&static_property(class, "pidMap")) {
        let mut alive = Zval::new_array();
        for pid in array::values(&pids).iter().filter_map(Zval::long) {
            if i32::try_from(pid).is_ok_and(|pid| is_alive(Pid::from_raw(pid))) {
                array::set_index(&mut alive, pid, value::long(pid));
            }
        }
        with_static(class, "pidMap", |map| {
            array::replace_name(map, key.into_bytes(), alive)
        });
    }
    Ok(())
}

/// The processes that a reload is to replace: `$pidsToRestart`.
pub(super) fn note_reload(class: &ClassEntry) {
    let mut pids = static_property(class, "pidsToRestart");
    for worker in all_workers()
        .iter()
        .filter(|worker| !worker.bool(slots().reloadable))
    {
        let map = static_property(class, "pidMap");
        let own = array::get_name(&map, worker.bytes(slots().worker_id));
        for pid in own
            .iter()
            .flat_map(array::values)
            .filter_map(|pid| pid.long())
        {
            drop(array::take_index(&mut pids, pid));
        }
    }
    set_static_property(class, "pidsToRestart", pids);
}
