//! In which order a reload replaces the processes.
//!
//! One seat at a time: the process in it is asked to end; as soon as it accepts no more connections its replacement is forked; and when
//! that one serves, the next seat follows. So at most one seat is without a process that accepts, and old and new overlap.

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
    /// The old process was asked and has its seat still, at most until then.
    Ending(Slot, Pid, Option<Instant>),
    /// The seat is vacant, or its process does not serve yet.
    Beginning(Slot),
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::master) enum Action {
    /// Ask this process to end.
    Ask(Pid),
    /// Take the seat from its process; a new one is to be forked.
    Retire(Slot),
    /// Say that this process does not serve yet, and that nobody waits for it any more.
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
            match self.step {
                Step::Next => match self.waiting.pop_front() {
                    None => return Action::Finish,
                    Some(seat) => {
                        if let Some(action) = self.visit(seat, children, now) {
                            return action;
                        }
                    }
                },
                Step::Ending(slot, pid, until) => {
                    let old = children.occupant(slot).filter(|old| old.pid() == pid);
                    let is_due = until.is_some_and(|until| until <= now);
                    if old.is_some_and(|old| old.stage() < Stage::Draining) && !is_due {
                        return Action::Wait(until);
                    }
                    self.replaced += 1;
                    self.step = Step::Beginning(slot);
                    if old.is_some() {
                        return Action::Retire(slot);
                    }
                }
                Step::Beginning(slot) => {
                    let Some(process) = children.occupant(slot) else {
                        return Action::Wait(None);
                    };
                    if let Some(action) = self.wait_for(process, now) {
                        return action;
                    }
                    self.step = Step::Next;
                    if !process.takes_signals() {
                        return Action::GiveUp(slot, process.pid());
                    }
                }
            }
        }
    }

    /// Whether the end of this process means that what the reload brings does not work.
    pub(in crate::master) fn is_broken_by(&self, departed: &Departed) -> bool {
        let Step::Beginning(slot) = self.step else {
            return false;
        };
        departed.exit.slot == slot && departed.stage == Stage::Starting && !departed.was_expected
    }

    /// How many processes would still have been replaced.
    pub(in crate::master) fn remaining(&self) -> usize {
        self.waiting.iter().filter(|(_, pid)| pid.is_some()).count()
    }

    fn visit(
        &mut self,
        (slot, pid): (Slot, Option<Pid>),
        children: &Children,
        now: Instant,
    ) -> Option<Action> {
        let old = children.occupant(slot).filter(|old| Some(old.pid()) == pid);
        let Some(old) = old else {
            // Who has the seat now was forked after the reload began.
            self.step = Step::Beginning(slot);
            return None;
        };
        if let Some(action) = self.wait_for(old, now) {
            self.waiting.push_front((slot, pid));
            return Some(action);
        }
        self.step = Step::Ending(slot, old.pid(), now.checked_add(self.limits.drain));
        Some(Action::Ask(old.pid()))
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

    fn enter(children: &mut Children, number: i32) -> Channel {
        let (channel, receiver) = channel().unwrap();
        let slot = children.first_vacant(Instant::now()).unwrap();
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

    fn is_waiting(action: Action) -> bool {
        matches!(action, Action::Wait(_))
    }

    #[test]
    fn the_next_process_is_asked_when_the_replacement_serves() {
        let (mut children, channels) = serving(2);
        let mut reload = Reload::of(&children, |_| true, false, LIMITS);
        let now = Instant::now();
        assert_eq!(reload.next(&children, now), Action::Ask(pid(1)));
        assert_eq!(
            reload.next(&children, now),
            Action::Wait(Some(now + LIMITS.drain))
        );
        channels[0].draining();
        hear(&mut children);
        assert_eq!(reload.next(&children, now), Action::Retire(FIRST));
        children.retire(FIRST);
        assert_eq!(reload.next(&children, now), Action::Wait(None));
        let replacement = enter(&mut children, 11);
        assert!(is_waiting(reload.next(&children, now)));
        replacement.serving();
        hear(&mut children);
        assert_eq!(reload.next(&children, now), Action::Ask(pid(2)));
    }

    #[test]
    fn nobody_is_waited_for_without_end() {
        let (mut children, _channels) = serving(1);
        let mut reload = Reload::of(&children, |_| true, false, LIMITS);
        let now = Instant::now();
        reload.next(&children, now);
        let late = now + LIMITS.drain;
        assert_eq!(reload.next(&children, late), Action::Retire(FIRST));
        children.retire(FIRST);
        let _replacement = enter(&mut children, 11);
        assert!(is_waiting(reload.next(&children, late)));
        let later = Instant::now() + LIMITS.serve;
        assert_eq!(
            reload.next(&children, later),
            Action::GiveUp(FIRST, pid(11))
        );
        assert_eq!(reload.next(&children, later), Action::Finish);
        assert_eq!(reload.replaced, 1);
    }

    #[test]
    fn a_vacant_seat_comes_first_and_must_be_served() {
        let (mut children, _channels) = serving(2);
        let second = Ended {
            pid: pid(2),
            raw_status: 9,
        };
        children.remove(second).unwrap();
        let mut reload = Reload::of(&children, |_| true, false, LIMITS);
        let now = Instant::now();
        assert_eq!(reload.next(&children, now), Action::Wait(None));
        let newcomer = enter(&mut children, 11);
        assert!(is_waiting(reload.next(&children, now)));
        newcomer.serving();
        hear(&mut children);
        assert_eq!(reload.next(&children, now), Action::Ask(pid(1)));
    }

    #[test]
    fn a_replacement_that_ends_before_it_serves_breaks_the_reload() {
        let (mut children, _channels) = serving(2);
        let mut reload = Reload::of(&children, |_| true, false, LIMITS);
        let now = Instant::now();
        reload.next(&children, now);
        let ended = |number| Ended {
            pid: pid(number),
            raw_status: 768,
        };
        let old = children.remove(ended(1)).unwrap();
        reload.next(&children, now);
        assert!(!reload.is_broken_by(&old));
        let _replacement = enter(&mut children, 11);
        let departed = children.remove(ended(11)).unwrap();
        assert!(reload.is_broken_by(&departed));
        assert_eq!(reload.remaining(), 1);
    }

    #[test]
    fn only_those_that_are_reloadable_are_replaced() {
        let (children, _channels) = serving(3);
        let mut reload = Reload::of(&children, |slot| slot.id == 1, false, LIMITS);
        assert_eq!(reload.next(&children, Instant::now()), Action::Ask(pid(2)));
        assert_eq!(reload.remaining(), 0);
    }
}
