//! A worker process has ended: who is told, and when the next one takes its seat.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::process::Departed;
use super::{Event, Master, Slot};
use crate::Signal;
use crate::channel::Stage;
use crate::report::ExitCount;
use crate::wait::{Ended, collect};

/// How the processes of each group have ended: how often with which status.
#[derive(Debug, Default)]
pub(super) struct ExitCounts(BTreeMap<(usize, i32), u64>);

impl ExitCounts {
    fn count(&mut self, group: usize, status: i32) {
        *self.0.entry((group, status)).or_default() += 1;
    }

    /// In the order of the status words.
    pub(super) fn of(&self, group: usize) -> Vec<ExitCount> {
        self.0
            .range((group, i32::MIN)..=(group, i32::MAX))
            .map(|(&(_, status), &count)| ExitCount { status, count })
            .collect()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Master {
    /// Notes all workers that have ended. There are not more of them than there are processes, because nobody is forked here.
    pub(super) fn collect_ended(&mut self) -> io::Result<()> {
        while let Some(ended) = collect()? {
            self.report_exit(ended);
        }
        for ended in self.children.lost() {
            self.report_exit(ended);
        }
        Ok(())
    }

    fn report_exit(&mut self, ended: Ended) {
        let Some(mut departed) = self.children.remove(ended) else {
            return;
        };
        let exit = &mut departed.exit;
        // A worker that Ctrl+C ended before it could handle the signal has stopped as it should.
        if self.shutdown.is_some() && exit.raw_status == Signal::SIGINT as i32 {
            exit.raw_status = 0;
        }
        let exit = *exit;
        self.exit_counts.count(exit.slot.group, exit.raw_status);
        let pause = self.pause_after(&departed);
        if exit.raw_status != 0 {
            let worker = self.describe(exit.slot, exit.pid);
            self.log(format!("{worker} exit with status {}", exit.raw_status));
        }
        if departed.stage == Stage::Starting
            && self.shutdown.is_none()
            && let Some(herald) = self.herald.take()
        {
            let worker = self.describe(exit.slot, exit.pid);
            let status = exit.raw_status;
            herald.failed(&format!(
                "{worker} exit with status {status} before it served"
            ));
        }
        if let Some((failures, pause)) = pause {
            self.announce_pause(exit.slot, failures, pause);
        }
        self.stop_broken_reload(&departed);
        self.events.push_back(Event::Exited(exit));
    }

    /// Counts a failure, or forgets those before it. `Some` if the seat stays vacant for a time: after how many, and how long.
    fn pause_after(&mut self, departed: &Departed) -> Option<(u32, Duration)> {
        let slot = departed.exit.slot;
        if self.shutdown.is_some() || departed.was_expected || departed.was_successor {
            return None;
        }
        // A script that ends in good order before it has served anybody is as good as one that fails.
        let has_failed = departed.exit.raw_status != 0 || departed.stage == Stage::Starting;
        if !has_failed || departed.lived >= self.options.back_off.healthy_after {
            self.children.forgive(slot);
            return None;
        }
        let failures = self.children.failed(slot);
        let pause = self.options.back_off.pause(failures);
        if pause.is_zero() {
            return None;
        }
        self.children.keep_vacant(slot, Instant::now() + pause);
        Some((failures, pause))
    }

    fn announce_pause(&mut self, Slot { group, id }: Slot, failures: u32, pause: Duration) {
        let name = self.options.name(group);
        let seconds = pause.as_secs_f64();
        self.announce(&format!(
            "worker[{name}] id {id} has failed {failures} times in a row, next try in {seconds} s"
        ));
    }

    /// A process as the log names it.
    pub(super) fn describe(&self, slot: Slot, pid: Pid) -> String {
        format!("worker[{}:{pid}]", self.options.name(slot.group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_are_counted_for_each_group_and_status() {
        let mut counts = ExitCounts::default();
        for (group, status) in [(1, 9), (0, 0), (1, 768), (1, 9)] {
            counts.count(group, status);
        }
        let of = |group| -> Vec<_> {
            let counts = counts.of(group).into_iter();
            counts.map(|exit| (exit.status, exit.count)).collect()
        };
        assert_eq!(of(0), [(0, 1)]);
        assert_eq!(of(1), [(9, 2), (768, 1)]);
        assert_eq!(of(2), []);
    }
}
