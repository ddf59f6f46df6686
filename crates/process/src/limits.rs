//! Limits that the system puts on a process.

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the number of files that this process may have open to what the system allows it, and returns that number.
///
/// Every connection is an open file, and the usual start value of 1024 ends a server at its thousandth client.
pub fn raise_open_files() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return 0;
    };
    if soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok() {
        return hard;
    }
    soft
}

/// Makes room for `count` open files, as far as the limit allows, in a process that has one thread still.
///
/// The kernel doubles the table of open files as it fills. Once threads share it, each doubling waits until all processors have passed a
/// quiet point, which keeps whoever accepts a connection waiting for 10 to 20 milliseconds. A table never shrinks, so one file with a high
/// number, closed at once, makes the room. It is not inherited by a fork.
pub fn reserve_open_files(count: i32) {
    let limit = getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| soft);
    let highest = i32::try_from(limit).unwrap_or(i32::MAX).min(count) - 1;
    // Without the room everything works, if a little less evenly.
    if let Ok(descriptor) = fcntl(std::io::stderr(), FcntlArg::F_DUPFD_CLOEXEC(highest)) {
        let _ = nix::unistd::close(descriptor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(raise_open_files(), hard);
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (hard, hard));
    }

    #[test]
    fn the_table_of_open_files_has_the_room() {
        reserve_open_files(900);
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let size = status.lines().find_map(|line| line.strip_prefix("FDSize:"));
        assert!(size.unwrap().trim().parse::<u32>().unwrap() >= 900);
    }
}
