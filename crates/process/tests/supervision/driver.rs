//! Starts this program in a role, and reads what it says.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{kill, killpg};
use ouvrier_process::files::Files;
use ouvrier_process::{Pid, Signal};

/// How long a sign may take on a busy machine, in milliseconds. Nobody waits that long for a sign that comes.
const PATIENCE: u16 = 30_000;

/// A process in a role, in a directory and a process group of its own.
pub(crate) struct Played {
    child: Child,
    output: Option<ChildStdout>,
    unread: Vec<u8>,
    pub(crate) files: Files,
}

/// A line `worker <group>/<id> <pid> ...` of a worker that has begun.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Begun {
    pub(crate) slot: String,
    pub(crate) pid: i32,
    pub(crate) line: String,
}

impl Played {
    /// Starts the role. The name of the scenario makes the directory; the words of `options` are for the role.
    pub(crate) fn start(role: &str, scenario: &str, options: &[&str]) -> Self {
        Self::start_notifying(role, &directory(scenario), options, "")
    }

    /// The same in a directory that is there, with a socket to notify.
    pub(crate) fn start_notifying(
        role: &str,
        directory: &Path,
        options: &[&str],
        socket: &str,
    ) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(arguments(role, directory, options))
            .env("NOTIFY_SOCKET", socket)
            .process_group(0);
        Self::spawn(command, directory)
    }

    /// The same in a terminal of its own, at which only [`Self::press_ctrl_c`] is typed.
    pub(crate) fn start_in_terminal(role: &str, scenario: &str, options: &[&str]) -> Self {
        let directory = directory(scenario);
        let words = arguments(role, &directory, options);
        let quoted: String = words.iter().map(|word| format!(" '{word}'")).collect();
        let program = std::env::current_exe().unwrap();
        let mut command = Command::new("script");
        command
            .args(["--quiet", "--echo", "never", "--return", "--command"])
            .arg(format!("exec '{}'{quoted}", program.display()))
            .arg("/dev/null")
            .stdin(Stdio::piped());
        Self::spawn(command, &directory)
    }

    fn spawn(mut command: Command, directory: &Path) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = child.stdout.take();
        Self {
            child,
            output,
            unread: Vec::new(),
            files: Files::beside(directory.join("start.php")),
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    pub(crate) fn press_ctrl_c(&mut self) {
        let keyboard = self.child.stdin.as_mut().unwrap();
        keyboard.write_all(b"\x03").unwrap();
    }

    /// The signal goes to all processes of the group.
    pub(crate) fn signal_group(&self, signal: Signal) {
        killpg(self.pid(), signal).unwrap();
    }

    /// The next line; it must begin with `start`.
    pub(crate) fn expect(&mut self, start: &str) -> String {
        let line = self.next_line();
        assert!(
            line.as_ref().is_some_and(|line| line.starts_with(start)),
            "expected {start:?}, got {line:?}"
        );
        line.unwrap()
    }

    /// The next lines, each beginning like one of `starts`, in any order.
    pub(crate) fn expect_in_any_order(&mut self, starts: &[String]) {
        let mut lines = self.expect_lines(starts.len());
        for start in starts {
            let found = lines.iter().position(|line| line.starts_with(start));
            lines.remove(found.unwrap_or_else(|| panic!("expected {start:?} in {lines:?}")));
        }
    }

    /// The next lines up to the one that begins with `start`, which comes last.
    pub(crate) fn expect_up_to(&mut self, start: &str) -> Vec<String> {
        let mut lines = self.expect_lines(1);
        while !lines[lines.len() - 1].starts_with(start) {
            assert!(lines.len() < 200, "expected {start:?} in {lines:?}");
            lines.extend(self.expect_lines(1));
        }
        lines
    }

    pub(crate) fn expect_lines(&mut self, count: usize) -> Vec<String> {
        (0..count)
            .map(|_| self.next_line().expect("more lines"))
            .collect()
    }

    /// That many workers that begin, in the order of their slots.
    pub(crate) fn expect_workers(&mut self, count: usize) -> Vec<Begun> {
        let mut workers: Vec<Begun> = (0..count).map(|_| begun(self.expect("worker "))).collect();
        workers.sort();
        workers
    }

    /// No process has the output open any more, and nothing was left to read.
    pub(crate) fn expect_silence(&mut self) {
        assert_eq!(self.next_line(), None);
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// `None` at the end of the output.
    fn next_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Some(String::from_utf8(line).unwrap().trim_end().to_owned());
            }
            let output = self.output.as_mut().unwrap();
            let mut descriptors = [PollFd::new(output.as_fd(), PollFlags::POLLIN)];
            assert_ne!(
                poll(&mut descriptors, PollTimeout::from(PATIENCE)),
                Ok(0),
                "no sign in time"
            );
            let mut buffer = [0; 4096];
            match output.read(&mut buffer).unwrap() {
                0 => return None,
                length => self.unread.extend_from_slice(&buffer[..length]),
            }
        }
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(directory) = self.files.start_file.parent() {
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

fn arguments(role: &str, directory: &Path, options: &[&str]) -> Vec<String> {
    let directory = directory.to_str().unwrap();
    let first = [role, "WorkerMan: under test", directory];
    let all = first.iter().chain(options);
    all.map(|&word| word.to_owned()).collect()
}

/// An empty directory for a scenario.
pub(crate) fn directory(scenario: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("ouvrier-{}-{scenario}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

pub(crate) fn begun(line: String) -> Begun {
    let mut words = line.split(' ').skip(1);
    let slot = words.next().unwrap().to_owned();
    let pid = words.next().unwrap().parse().unwrap();
    Begun { slot, pid, line }
}
