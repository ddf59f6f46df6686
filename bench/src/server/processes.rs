//! What `/proc` says about the processes of a server.

use std::{collections::BTreeSet, fs};

/// Units of the times in `/proc/PID/stat`, which Linux has fixed.
const TICKS_PER_SECOND: f64 = 100.0;
/// `TCP_ESTABLISHED` and `TCP_LISTEN` in `/proc/net/tcp`.
const ESTABLISHED: &str = "01";
const LISTENING: &str = "0A";

/// Processor time that was used, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub user: f64,
    pub system: f64,
}

/// A process and its descendants.
pub fn family(pid: u32) -> Vec<u32> {
    let mut processes = vec![pid];
    let mut next = 0;
    while let Some(pid) = processes.get(next) {
        let children = read(&format!("/proc/{pid}/task/{pid}/children"));
        processes.extend(
            children
                .split_whitespace()
                .filter_map(|pid| pid.parse::<u32>().ok()),
        );
        next += 1;
    }
    processes
}

/// What processes have used so far.
pub fn usage(processes: &[u32]) -> Usage {
    let mut usage = Usage::default();
    for pid in processes {
        let stat = read(&format!("/proc/{pid}/stat"));
        let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let seconds = |field: usize| {
            let ticks = fields.get(field).and_then(|text| text.parse().ok());
            ticks.unwrap_or(0.0) / TICKS_PER_SECOND
        };
        usage.user += seconds(11);
        usage.system += seconds(12);
    }
    usage
}

/// Resident memory in bytes.
pub fn resident_bytes(processes: &[u32]) -> u64 {
    let kibibytes = processes.iter().filter_map(|pid| {
        let status = read(&format!("/proc/{pid}/status"));
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    kibibytes.sum::<u64>() * 1024
}

/// Who traces all threads of a process.
pub fn tracer(pid: u32) -> Option<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
    let mut tracers = threads.map(|thread| {
        let status = read(&thread.path().join("status").display().to_string());
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("TracerPid:"))?;
        line.trim().parse().ok().filter(|tracer| *tracer != 0)
    });
    let first = tracers.next()??;
    tracers.all(|tracer| tracer == Some(first)).then_some(first)
}

/// Sockets that listen on a port.
pub fn listeners(port: u16) -> usize {
    sockets_on(port, LISTENING).len()
}

/// Established connections on a port, for each process.
pub fn connections(processes: &[u32], port: u16) -> Vec<usize> {
    let established = sockets_on(port, ESTABLISHED);
    let held = |pid: &u32| sockets_of(*pid).intersection(&established).count();
    processes.iter().map(held).collect()
}

/// The inodes of the sockets on a port that are in this state.
fn sockets_on(port: u16, state: &str) -> BTreeSet<String> {
    let local = format!(":{port:04X}");
    let table = read("/proc/net/tcp");
    let inodes = table.lines().filter_map(|line| {
        let row: Vec<&str> = line.split_whitespace().collect();
        let inode = row.get(9)?;
        (row[1].ends_with(&local) && row[3] == state).then(|| (*inode).to_owned())
    });
    inodes.collect()
}

/// The inodes of the sockets of a process.
fn sockets_of(pid: u32) -> BTreeSet<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    let links = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
    links
        .filter_map(|link| {
            let inode = link.to_str()?.strip_prefix("socket:[")?;
            Some(inode.trim_end_matches(']').to_owned())
        })
        .collect()
}

/// Nothing for a process that is gone.
fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
