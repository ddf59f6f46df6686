//! What the master does for the commands `status` and `connections`.

use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::unistd::Pid;

use super::process::{Process, send};
use super::{Group, Master};
use crate::report::{self, Expected, Line, Service, Worker};
use crate::{Signal, signal};

impl Master {
    /// Writes what the master knows, then asks every process to do the same. `signal` is [`STATUS`](signal::STATUS) or
    /// [`CONNECTIONS`](signal::CONNECTIONS).
    ///
    /// A signal that came without the command is refused, in the log: the file is the command's.
    pub fn report(&mut self, signal: Signal) {
        let path = self.report_file(signal);
        if let Err(error) = report::append(&path, &Line::Service(self.service())) {
            return self.announce(&format!("can not report to {}: {error}", path.display()));
        }
        self.children
            .processes()
            .filter(|process| process.takes_signals())
            .for_each(|process| send(process.pid(), signal));
    }

    fn report_file(&self, signal: Signal) -> PathBuf {
        if signal == signal::CONNECTIONS {
            self.options.connections_file.clone()
        } else {
            self.options.status_file.clone()
        }
    }

    fn service(&self) -> Service {
        let options = &self.options;
        let workers = options.groups.iter().enumerate();
        let since = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Service {
            pid: Pid::this().as_raw(),
            version_line: options.version_line.clone(),
            versions: options.versions.clone(),
            daemonized: options.daemonized,
            start_time: options.start_time.clone(),
            started_at: since(options.started_at).as_secs(),
            uptime_seconds: options.started_at.elapsed().unwrap_or_default().as_secs(),
            load_average: load_average(),
            reloading: self.reload.is_some(),
            workers: workers
                .map(|(index, group)| self.worker(index, group))
                .collect(),
            processes: self
                .children
                .processes()
                .map(|process| self.expected(process))
                .collect(),
        }
    }

    fn worker(&self, index: usize, group: &Group) -> Worker {
        Worker {
            name: group.name.clone(),
            listen: group.listen.clone(),
            event_loop: group.event_loop.clone(),
            exits: self.exit_counts.of(index),
        }
    }

    fn expected(&self, process: &Process) -> Expected {
        let slot = process.slot();
        let group = self.options.groups.get(slot.group);
        Expected {
            pid: process.pid().as_raw(),
            worker: self.options.name(slot.group).to_owned(),
            id: slot.id,
            listen: group.map_or_else(String::new, |group| group.listen.clone()),
            asked: process.takes_signals(),
            retired: self.children.is_retired(process.pid()),
        }
    }
}

/// Of the machine, over 1, 5 and 15 minutes.
fn load_average() -> Option<[f64; 3]> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    let mut numbers = text.split(' ').map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some([next()?, next()?, next()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_known() {
        assert!(load_average().unwrap().iter().all(|load| *load >= 0.0));
    }
}
