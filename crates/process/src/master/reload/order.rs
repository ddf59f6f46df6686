//! In which order a reload replaces the processes.
//!
//! One seat at a time: a successor is forked for the process in it, and inherits its listening sockets; when the successor serves, it gets
//! the seat and the old process is asked to end; and when that one accepts no more connections, the next seat follows. So no seat is ever
//! without a process that accepts, and a successor that fails costs nothing.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::channel::Stage;
use crate::master::Slot;
use crate::master::children::Children;
use crate::master::process::{Departed, Process};

/// A reload under way.
#[derive(Debug)]
pub(in crate::master) struct Reload {
    pub(in crate::master) graceful: bool,
    /// Seats to visit, each with the process that is to be replaced. Without one, it is enough that somebody serves there.
    waiting: VecDeque<(Slot, Option<Pid>)>,
    step: Step,
    limits: Limits,
    pub(in crate::master) replaced: usize,
}

/// How long a reload waits for one process.
#[derive(Clone, Copy, Debug)]
pub(in crate::master) struct Limits {
    /// For an old one to drain or end.
    pub(in crate::master) drain: Duration,
    /// For a new one to serve.
    pub(in crate::master) serve: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Nobody is waited for.
    Next,
    /// A process for this seat is to serve, in the place of that one if there is one.
    Beginning(Slot, Option<Pid>),
    /// The old process was asked, and may accept connections still, at most until then.
    Ending(Pid, Option<Instant>),
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::master) enum Action {
    /// Fork a successor for the process in this seat.
    Begin(Slot),
    /// Give the seat to the successor, and ask the old process to end.
    Succeed(Slot),
    /// End the reload, because this process does not serve. One that is a successor is to be ended.
    GiveUp(Slot, Pid),
    /// Nothing before something happens, or before then.
    Wait(Option<Instant>),
    /// Every seat was visited.
    Finish,
}

impl Reload {
    /// Vacant seats come first, then the processes that `is_replaced` names.
    pub(in crate::master) fn of(
        children: &Children,
        is_replaced: impl Fn(Slot) -> bool,
        graceful: bool,
        limits: Limits,
    ) -> Self {
        let (taken, vacant): (Vec<_>, Vec<_>) =
            children.seats().partition(|(_, pid)| pid.is_some());
        let replaced = taken.into_iter().filter(|&(slot, _)| is_replaced(slot));
        Self {
            graceful,
            waiting: vacant.into_iter().chain(replaced).collect(),
            step: Step::Next,
            limits,
            replaced: 0,
        }
    }

    /// What to do now. To be called again after everything that was done, and after everything that happened, until it says to wait.
    pub(in crate::master) fn next(&mut self, children: &Children, now: Instant) -> Action {
        loop {
            let action = match self.step {
                Step::Next => match self.waiting.pop_front() {
                    None => Some(Action::Finish),
                    Some((slot, pid)) => self.visit(slot, pid, children, now),
                },
                Step::Beginning(slot, old) => self.begin(slot, old, children, now),
                Step::Ending(pid, until) => {
                    let accepts = children
                        .processes()
                        .any(|old| old.pid() == pid && old.stage() < Stage::Draining);
                    let waits = accepts && until.is_none_or(|until| until > now);
                    if !waits {
                        self.step = Step::Next;
                    }
                    waits.then_some(Action::Wait(until))
                }
            };
            if let Some(action) = action {
                return action;
            }
        }
    }

    /// Whether the end of this process means that what the reload brings does not work.
    pub(in crate::master) fn is_broken_by(&self, departed: &Departed) -> bool {
        let Step::Beginning(slot, _) = self.step else {
            return false;
        };
        departed.exit.slot == slot && departed.stage == Stage::Starting && !departed.was_expected
    }

    /// How many processes would still have been replaced.
    pub(in crate::master) fn remaining(&self) -> usize {
        let current = matches!(self.step, Step::Beginning(_, Some(_)));
        let waiting = self.waiting.iter().filter(|(_, pid)| pid.is_some());
        waiting.count() + usize::from(current)
    }

    fn visit(
        &mut self,
        slot: Slot,
        pid: Option<Pid>,
        children: &Children,
        now: Instant,
    ) -> Option<Action> {
        let old = children.occupant(slot).filter(|old| Some(old.pid()) == pid);
        let Some(old) = old else {
            // Who has the seat now was forked after the reload began.
            self.step = Step::Beginning(slot, None);
            return None;
        };
        if let Some(action) = self.wait_for(old, now) {
            self.waiting.push_front((slot, pid));
            return Some(action);
        }
        self.step = Step::Beginning(slot, pid);
        Some(Action::Begin(slot))
    }

    fn begin(
        &mut self,
        slot: Slot,
        old: Option<Pid>,
        children: &Children,
        now: Instant,
    ) -> Option<Action> {
        let occupant = children.occupant(slot);
        let old_pid = occupant.map(Process::pid).filter(|&pid| Some(pid) == old);
        // An old process that ends by itself leaves the seat to its successor.
        let newcomer = match old_pid {
            Some(_) => children.successor(slot),
            None => occupant,
        };
        let Some(newcomer) = newcomer else {
            return Some(Action::Wait(None));
        };
        if let Some(action) = self.wait_for(newcomer, now) {
            return Some(action);
        }
        if !newcomer.takes_signals() {
            return Some(Action::GiveUp(slot, newcomer.pid()));
        }
        self.replaced += usize::from(old.is_some());
        self.step = match old_pid {
            Some(pid) => Step::Ending(pid, now.checked_add(self.limits.drain)),
            None => Step::Next,
        };
        old_pid.map(|_| Action::Succeed(slot))
    }

    /// A process that is starting is given its time.
    fn wait_for(&self, process: &Process, now: Instant) -> Option<Action> {
        let until = process.forked_at().checked_add(self.limits.serve);
        let is_waited_for = !process.takes_signals() && until.is_none_or(|until| until > now);
        is_waited_for.then_some(Action::Wait(until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{Channel, channel};
    use crate::master::Group;
    use crate::wait::Ended;

    const LIMITS: Limits = Limits {
        drain: Duration::from_secs(2),
        serve: Duration::from_secs(10),
    };
    const FIRST: Slot = Slot { group: 0, id: 0 };
    const SECOND: Slot = Slot { group: 0, id: 1 };

    fn enter(children: &mut Children, number: i32) -> Channel {
        let (channel, receiver) = channel().unwrap();
        let slot = children.first_to_fill(Instant::now()).unwrap();
        children.occupy(slot, pid(number), receiver);
        channel
    }

    /// Seats with processes of the numbers 1, 2, ... that serve.
    fn serving(count: usize) -> (Children, Vec<Channel>) {
        let group = Group {
            count,
            ..Group::default()
        };
        let mut children = Children::vacant(&[group]);
        let channels: Vec<Channel> = (1..)
            .take(count)
            .map(|number| enter(&mut children, number))
            .collect();
        channels.iter().for_each(Channel::serving);
        hear(&mut children);
        (children, channels)
    }

    fn hear(children: &mut Children) {
        children.hear(Instant::now(), Duration::MAX);
    }

    fn pid(number: i32) -> Pid {
        Pid::from_raw(1_000_000_000 + number)
    }

    fn ended(number: i32) -> Ended {
        Ended {
            pid: pid(number),
            raw_status: 768,
        }
    }

    fn is_waiting(action: Action) -> bool {
        matches!(action, Action::Wait(_))
    }

    #[test]
    fn the_old_process_is_asked_when_the_successor_serves() {
        let (mut children, channels) = serving(2);
        let mut reload = Reload::of(&children, |_| true, false, LIMITS);
        let now = Instant::now();
        assert_eq!(reload.next(&children, now), Action::Begin(FIRST));
        assert_eq!(reload.next(&children, now), Action::Wait(None));
        children.call_successor(FIRST);
        let successor = enter(&mut children, 11);
        assert!(is_waiting(reload.next(&children, now)));
        assert_eq!(children.occupant(FIRST).map(Process::pid), Some(pid(1)));
        successor.serving();
        hear(&mut children);
        assert_eq!(reload.next(&children, now), Action::Succeed(FIRST));
        assert_eq!(children.retire(FIRST), Some(pid(1)));
        assert_eq!(children.occupant(FIRST).map(Process::pid), Some(pid(11)));
        let until = now + LIMITS.drain;
        assert_eq!(reload.next(&children, now), Action::Wait(Some(until)));
        channels[0].draining();
        hear(&mut children);
        assert_eq!(reload.next(&children, now), Action::Begin(SECOND));
    }

    #[test]
    fn nobody_is_waited_for_without_end() {
        let (mut children, _channels) = serving(2);
        let mut reload = Reload::of(&children, |_| true, false, LIMITS);
        let now = Instant::now();
        reload.next(&children, now);
        children.call_successor(FIRST);
        let successor = enter(&mut children, 11);
        successor.serving();
        hear(&mut children);
        assert_eq!(reload.next(&children, now), Action::Succeed(FIRST));
        children.retire(FIRST);
        let late = now + LIMITS.drain;
        assert_eq!(reload.next(&children, late), Action::Begin(SECOND));
        children.call_successor(SECOND);
        let _successor = enter(&mut children, 12);
        assert!(is_waiting(reload.next(&children, late)));
        let later = Instant::now() + LIMITS.serve;
        let action = reload.next(&children, later);
        assert_eq!(action, Action::GiveUp(SECOND, pid(12)));
        assert_eq!((reload.replaced, reload.remaining()), (1, 1));
    }

    #[test]
    fn an_old_process_that_ends_leaves_the_seat_to_its_successor() {
        let (mut children, _channels) = serving(1);
        let mut reload = Reload::of(&children, |_| true, false, LIMITS);
        let now = Instant::now();
        reload.next(&children, now);
        children.call_successor(FIRST);
        let successor = enter(&mut children, 11);
        let old = children.remove(ended(1)).unwrap();
        assert!(!reload.is_broken_by(&old) && !old.was_successor);
        assert_eq!(children.first_to_fill(now), None);
        assert!(is_waiting(reload.next(&children, now)));
        successor.serving();
        hear(&mut children);
        assert_eq!(reload.next(&children, now), Action::Finish);
        assert_eq!(reload.replaced, 1);
    }

    #[test]
    fn a_vacant_seat_comes_first_and_must_be_served() {
        let (mut children, _channels) = serving(2);
        children.remove(ended(2)).unwrap();
        let mut reload = Reload::of(&children, |_| true, false, LIMITS);
        let now = Instant::now();
        assert_eq!(reload.next(&children, now), Action::Wait(None));
        let newcomer = enter(&mut children, 11);
        assert!(is_waiting(reload.next(&children, now)));
        newcomer.serving();
        hear(&mut children);
        assert_eq!(reload.next(&children, now), Action::Begin(FIRST));
    }

    #[test]
    fn a_successor_that_ends_before_it_serves_breaks_the_reload() {
        let (mut children, _channels) = serving(2);
        let mut reload = Reload::of(&children, |_| true, false, LIMITS);
        let now = Instant::now();
        reload.next(&children, now);
        children.call_successor(FIRST);
        let _successor = enter(&mut children, 11);
        let departed = children.remove(ended(11)).unwrap();
        assert!(reload.is_broken_by(&departed) && departed.was_successor);
        assert_eq!(reload.remaining(), 2);
        assert_eq!(children.occupant(FIRST).map(Process::pid), Some(pid(1)));
        assert_eq!(children.first_to_fill(now), None);
    }

    #[test]
    fn only_those_that_are_reloadable_are_replaced() {
        let (children, _channels) = serving(3);
        let mut reload = Reload::of(&children, |slot| slot.id == 1, false, LIMITS);
        assert_eq!(
            reload.next(&children, Instant::now()),
            Action::Begin(SECOND)
        );
        assert_eq!(reload.remaining(), 1);
    }
}
