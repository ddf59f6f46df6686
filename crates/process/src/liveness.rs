//! Whether a process lives, for those who are not its parent.

use std::fs;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// Whether `pid` names a process that runs. One that has ended and waits to be collected by its parent does not: in a container
/// whose first process collects nobody, a stopped master would otherwise seem to live for ever.
#[must_use]
pub fn is_alive(pid: Pid) -> bool {
    match kill(pid, None) {
        // A refusal means that the process is there, and belongs to another user.
        Ok(()) | Err(Errno::EPERM) => !has_ended(pid),
        Err(_) => false,
    }
}

/// Whether the process is a zombie, according to `/proc/<pid>/stat`: `pid (name) state ...`, where the name may hold anything.
fn has_ended(pid: Pid) -> bool {
    let Ok(stat) = fs::read(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let Some(end_of_name) = stat.iter().rposition(|&byte| byte == b')') else {
        return false;
    };
    matches!(stat.get(end_of_name + 2), Some(b'Z' | b'X'))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn this_process_lives() {
        assert!(is_alive(Pid::this()));
    }

    #[test]
    fn a_process_that_was_not_collected_does_not_live() {
        let mut child = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let pid = Pid::from_raw(child.id().try_into().unwrap());
        assert!(is_alive(pid));
        drop(child.stdin.take());
        // WNOWAIT waits for the end and leaves the zombie in place.
        let flags = nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT;
        nix::sys::wait::waitid(nix::sys::wait::Id::Pid(pid), flags).unwrap();
        assert!(!is_alive(pid));
        child.wait().unwrap();
        assert!(!is_alive(pid));
    }
}
