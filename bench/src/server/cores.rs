//! Who runs where, and how many descriptors a process may have.

use std::thread;

use nix::{
    sched::{CpuSet, sched_setaffinity},
    sys::resource::{Resource, getrlimit, setrlimit},
    unistd::Pid,
};

use crate::Result;

/// Descriptors that are no clients.
const OTHERS: u64 = 100;

/// The first cores are the servers', one for each worker, as `taskset` wants them.
pub fn of_servers(workers: usize) -> String {
    let last = workers.min(available()) - 1;
    format!("0-{last}")
}

/// Puts this process on the last core, which is the clients'. On a machine of two, two workers share it with them.
pub fn pin_to_last_core() -> Result {
    let mut cores = CpuSet::new();
    cores.set(available() - 1)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &cores)?)
}

fn available() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Thousands of clients are thousands of descriptors, here and in a server.
pub fn raise_open_files() -> Result {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// Whether so many clients are possible.
pub fn check_open_files(clients: usize) -> Result {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let needed = clients as u64 + OTHERS;
    if needed > hard {
        return Err(format!(
            "{clients} clients take {needed} open files; `ulimit -Hn` says {hard}"
        )
        .into());
    }
    Ok(())
}
