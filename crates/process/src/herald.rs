//! What a daemon tells the command that has started it: that the service is up, or why it is not.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::pipe2;

/// The longest message, in bytes.
const LONGEST: u64 = 1024;
/// The message that nothing went wrong.
const UP: &str = "up";

/// The end of the daemon. Dropping it everywhere says that the daemon has ended.
#[derive(Debug)]
pub struct Herald(File);

/// The end of the command.
#[derive(Debug)]
pub struct Waiting(File);

/// What has become of the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Every worker has served.
    Up,
    /// What went wrong. The daemon may run, and try again.
    Failed(String),
    /// The daemon has ended without a word.
    Ended,
    /// Nothing is known yet.
    Nothing,
}

/// The two ends. Both are closed in programs that are started.
pub(crate) fn herald() -> io::Result<(Herald, Waiting)> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    Ok((Herald(writer.into()), Waiting(reader.into())))
}

impl Herald {
    /// The service is up.
    pub fn up(self) {
        self.say(UP);
    }

    /// The service is not up, for this reason.
    pub fn failed(self, reason: &str) {
        self.say(reason);
    }

    fn say(mut self, message: &str) {
        // The command may be gone, and nobody else wants to know.
        let _ = self.0.write_all(message.as_bytes());
    }
}

impl Waiting {
    /// Waits for news, but not for longer than `patience`.
    #[must_use]
    pub fn wait(self, patience: Duration) -> News {
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            let mut polled = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
            match poll(&mut polled, timeout) {
                Ok(ready) if ready > 0 => return self.news(),
                _ if left.is_zero() => return News::Nothing,
                _ => {}
            }
        }
    }

    /// A message is short enough to be written in one piece, and its writer ends with it.
    fn news(self) -> News {
        let mut message = String::new();
        match self.0.take(LONGEST).read_to_string(&mut message) {
            Ok(0) | Err(_) => News::Ended,
            Ok(_) if message == UP => News::Up,
            Ok(_) => News::Failed(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn the_command_hears_what_the_daemon_says() {
        let (daemon, command) = herald().unwrap();
        daemon.up();
        assert_eq!(command.wait(PATIENCE), News::Up);
        let (daemon, command) = herald().unwrap();
        daemon.failed("no port");
        assert_eq!(command.wait(PATIENCE), News::Failed("no port".to_owned()));
    }

    #[test]
    fn a_daemon_that_ends_is_noticed() {
        let (daemon, command) = herald().unwrap();
        drop(daemon);
        assert_eq!(command.wait(PATIENCE), News::Ended);
    }

    #[test]
    fn the_patience_ends() {
        let (_daemon, command) = herald().unwrap();
        assert_eq!(command.wait(Duration::from_millis(1)), News::Nothing);
    }
}
