//! Which worker processes there should be, and which there are.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::process::{Departed, Process, send};
use super::seat::Seat;
use super::{Group, Slot};
use crate::Signal;
use crate::channel::{Receiver, Stage};
use crate::sockets::Sockets;
use crate::wait::Ended;

/// A seat for each worker process, and the processes that have given up theirs.
#[derive(Debug, Default)]
pub(super) struct Children {
    /// In the order of the groups and ids.
    seats: Vec<Seat>,
    /// Processes that have been replaced, or are not wanted any more, and still have connections.
    retired: Vec<Process>,
}

impl Children {
    /// The seats of all groups, with nobody in them.
    pub(super) fn vacant(groups: &[Group]) -> Self {
        let mut children = Self::default();
        children.arrange(groups);
        children
    }

    /// Makes the seats what `groups` says. Whoever loses the seat by that is retired; those processes are returned.
    pub(super) fn arrange(&mut self, groups: &[Group]) -> Vec<(Slot, Pid)> {
        let mut old = std::mem::take(&mut self.seats);
        for (group, &Group { count, .. }) in groups.iter().enumerate() {
            for slot in (0..count).map(|id| Slot { group, id }) {
                let kept = old.iter().position(|seat| seat.slot == slot);
                self.seats
                    .push(kept.map_or_else(|| Seat::new(slot), |index| old.swap_remove(index)));
            }
        }
        let mut superfluous: Vec<Process> = old
            .into_iter()
            .flat_map(|seat| seat.process.into_iter().chain(seat.successor))
            .collect();
        superfluous.sort_by_key(|process| (process.slot().group, process.slot().id));
        let names = superfluous.iter().map(Process::name).collect();
        self.retired.extend(superfluous);
        names
    }

    /// The first seat that needs a process now.
    pub(super) fn first_to_fill(&self, now: Instant) -> Option<Slot> {
        self.seats
            .iter()
            .find(|seat| seat.fill_at(now).is_some_and(|at| at <= now))
            .map(|seat| seat.slot)
    }

    /// When the next seat needs a process; a time that is over for at once.
    pub(super) fn fill_at(&self, now: Instant) -> Option<Instant> {
        self.seats.iter().filter_map(|seat| seat.fill_at(now)).min()
    }

    /// Has a successor forked for the process in a seat.
    pub(super) fn call_successor(&mut self, slot: Slot) {
        if let Some(seat) = self.seat(slot) {
            seat.call_successor();
        }
    }

    pub(super) fn occupy(&mut self, slot: Slot, pid: Pid, receiver: Receiver) {
        if let Some(seat) = self.seat(slot) {
            seat.occupy(pid, receiver);
        }
    }

    /// Takes an ended process out. `None` for a process that was no worker.
    pub(super) fn remove(&mut self, ended: Ended) -> Option<Departed> {
        let index = self
            .retired
            .iter()
            .position(|process| process.pid() == ended.pid);
        if let Some(index) = index {
            return Some(self.retired.remove(index).depart(ended, true));
        }
        let seat = self
            .seats
            .iter_mut()
            .find(|seat| seat.processes().any(|process| process.pid() == ended.pid))?;
        seat.remove(ended)
    }

    /// Takes the process of a seat away from it, and returns its name; it lives on until its connections are done.
    pub(super) fn retire(&mut self, slot: Slot) -> Option<Pid> {
        let process = self.seat(slot)?.vacate()?;
        let pid = process.pid();
        self.retired.push(process);
        Some(pid)
    }

    /// Hears what the processes have said. One that drains of its own accord after `healthy_after` gives up its seat.
    ///
    /// A younger one keeps it until it ends: only then is it known whether it has failed, and how long to wait for the next.
    pub(super) fn hear(&mut self, now: Instant, healthy_after: Duration) {
        for seat in &mut self.seats {
            let before = seat.process.as_ref().map(Process::stage);
            seat.hear();
            let recycles = seat.process.as_ref().is_some_and(|process| {
                process.stage() == Stage::Draining
                    && before != Some(Stage::Draining)
                    && process.age(now) >= healthy_after
            });
            if recycles {
                self.retired.extend(seat.vacate());
            }
        }
        for process in &mut self.retired {
            process.hear(&mut Sockets::default());
        }
    }

    /// What the processes can be heard through.
    pub(super) fn receivers(&self) -> Vec<BorrowedFd<'_>> {
        self.processes()
            .filter_map(|process| Some(process.receiver()?.as_fd()))
            .collect()
    }

    /// Counts a failure. Returns how many there are in a row.
    pub(super) fn failed(&mut self, slot: Slot) -> u32 {
        self.seat(slot).map_or(0, Seat::failed)
    }

    /// Keeps a seat vacant until then.
    pub(super) fn keep_vacant(&mut self, slot: Slot, until: Instant) {
        if let Some(seat) = self.seat(slot) {
            seat.keep_vacant(until);
        }
    }

    /// Forgets the failures of one seat.
    pub(super) fn forgive(&mut self, slot: Slot) {
        if let Some(seat) = self.seat(slot) {
            seat.forgive();
        }
    }

    /// Forgets the failures of all seats: what made them fail may have been mended.
    pub(super) fn forgive_all(&mut self) {
        self.seats.iter_mut().for_each(Seat::forgive);
    }

    /// Whether every seat has had a process that served.
    pub(super) fn have_all_served(&self) -> bool {
        self.seats.iter().all(|seat| seat.has_served)
    }

    /// A reload asks a process to end: `signal` now, and `SIGKILL` at `kill_at`.
    pub(super) fn ask(&mut self, pid: Pid, signal: Signal, kill_at: Option<Instant>) {
        if let Some(process) = self.processes_mut().find(|process| process.pid() == pid) {
            process.ask(signal, kill_at);
        }
    }

    /// When the next process is to be killed.
    pub(super) fn kill_at(&self) -> Option<Instant> {
        self.processes().filter_map(Process::kill_at).min()
    }

    /// Kills the processes that have had their time.
    pub(super) fn kill_overdue(&mut self, now: Instant) {
        for process in self.processes_mut() {
            process.kill_if_overdue(now);
        }
    }

    /// Processes that are gone although nobody told: user code in the master has waited for them itself.
    pub(super) fn lost(&self) -> Vec<Ended> {
        let is_gone = |&(_, pid): &(Slot, Pid)| kill(pid, None) == Err(Errno::ESRCH);
        self.running()
            .filter(is_gone)
            .map(|(_, pid)| Ended { pid, raw_status: 0 })
            .collect()
    }

    pub(super) fn seats(&self) -> impl Iterator<Item = (Slot, Option<Pid>)> {
        self.seats.iter().map(|seat| (seat.slot, seat.pid()))
    }

    /// The process in a seat.
    pub(super) fn occupant(&self, slot: Slot) -> Option<&Process> {
        self.seats
            .iter()
            .find(|seat| seat.slot == slot)?
            .process
            .as_ref()
    }

    /// The process that is to take the place of the one in a seat.
    pub(super) fn successor(&self, slot: Slot) -> Option<&Process> {
        let seat = self.seats.iter().find(|seat| seat.slot == slot)?;
        seat.successor.as_ref()
    }

    /// What the processes of a seat have bound. It is theirs no more.
    pub(super) fn take_sockets(&mut self, slot: Slot) -> Sockets {
        self.seat(slot).map(Seat::take_sockets).unwrap_or_default()
    }

    /// What the processes of all seats have bound. It is theirs no more.
    pub(super) fn take_all_sockets(&mut self) -> Vec<(Slot, Sockets)> {
        let seats = self.seats.iter_mut();
        seats.map(|seat| (seat.slot, seat.take_sockets())).collect()
    }

    /// Leaves sockets to the first process of a seat. Gives them back if there is no such seat.
    pub(super) fn bequeath(&mut self, slot: Slot, sockets: Sockets) -> Result<(), Sockets> {
        let Some(seat) = self.seat(slot) else {
            return Err(sockets);
        };
        seat.bequeath(sockets);
        Ok(())
    }

    /// All processes, those without a seat last.
    pub(super) fn processes(&self) -> impl Iterator<Item = &Process> {
        let seated = self.seats.iter().flat_map(Seat::processes);
        seated.chain(&self.retired)
    }

    pub(super) fn is_retired(&self, pid: Pid) -> bool {
        self.retired.iter().any(|process| process.pid() == pid)
    }

    pub(super) fn running(&self) -> impl Iterator<Item = (Slot, Pid)> {
        self.processes().map(Process::name)
    }

    pub(super) fn are_all_gone(&self) -> bool {
        self.processes().next().is_none()
    }

    /// Sends `signal` to everyone. None of them was collected yet, so that no number can name a stranger.
    pub(super) fn signal(&self, signal: Signal) {
        self.running().for_each(|(_, pid)| send(pid, signal));
    }

    /// Forgets everything: the children of the master are not those of its child.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn seat(&mut self, slot: Slot) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.slot == slot)
    }

    fn processes_mut(&mut self) -> impl Iterator<Item = &mut Process> {
        let seated = self.seats.iter_mut().flat_map(Seat::processes_mut);
        seated.chain(&mut self.retired)
    }
}

#[cfg(test)]
mod tests;
