//! What a worker process tells its master, in one byte each time, over a pipe that was made before the fork.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{pipe2, read, write};

const SERVING: u8 = b's';
const DRAINING: u8 = b'd';

/// The end of the worker. Every call is harmless when the master is gone, and when it is repeated.
#[derive(Debug)]
pub struct Channel {
    sender: OwnedFd,
}

/// The end of the master.
#[derive(Debug)]
pub(crate) struct Receiver {
    receiver: OwnedFd,
}

/// How far a worker process has come. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It has said nothing yet, and may not even handle signals.
    Starting,
    /// It accepts connections and handles signals.
    Serving,
    /// It accepts no more connections; another process may take its place.
    Draining,
}

/// What [`Receiver::hear`] has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing new.
    Nothing,
    /// The process has come as far as this.
    Stage(Stage),
    /// The process cannot say anything any more.
    Closed,
}

/// A new channel. Both ends are closed in programs that are started, and neither ever waits.
pub(crate) fn channel() -> io::Result<(Channel, Receiver)> {
    let (receiver, sender) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
    Ok((Channel { sender }, Receiver { receiver }))
}

impl Channel {
    /// The process is ready: `onWorkerStart` has returned, signals are handled, and connections are accepted.
    ///
    /// Until a process has said this, the master forwards no signal to it but those that end it, and a reload waits for it.
    pub fn serving(&self) {
        self.say(SERVING);
    }

    /// The process accepts no more connections and will end when those it has are done; its replacement may be forked.
    pub fn draining(&self) {
        self.say(DRAINING);
    }

    fn say(&self, word: u8) {
        // Either nobody listens any more, or more has been said than a pipe can hold. There is nobody else to tell.
        let _ = write(&self.sender, &[word]);
    }
}

impl Receiver {
    /// What the process has said since the last call.
    pub(crate) fn hear(&self) -> Heard {
        let mut words = [0; 64];
        match read(&self.receiver, &mut words) {
            Ok(0) => Heard::Closed,
            Ok(length) => furthest(&words[..length]).map_or(Heard::Nothing, Heard::Stage),
            Err(Errno::EAGAIN | Errno::EINTR) => Heard::Nothing,
            Err(_) => Heard::Closed,
        }
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.receiver.as_fd()
    }
}

fn furthest(words: &[u8]) -> Option<Stage> {
    words
        .iter()
        .filter_map(|&word| match word {
            SERVING => Some(Stage::Serving),
            DRAINING => Some(Stage::Draining),
            _ => None,
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_heard_once() {
        let (channel, receiver) = channel().unwrap();
        assert_eq!(receiver.hear(), Heard::Nothing);
        channel.serving();
        assert_eq!(receiver.hear(), Heard::Stage(Stage::Serving));
        assert_eq!(receiver.hear(), Heard::Nothing);
        channel.draining();
        channel.serving();
        assert_eq!(receiver.hear(), Heard::Stage(Stage::Draining));
        drop(channel);
        assert_eq!(receiver.hear(), Heard::Closed);
    }

    #[test]
    fn a_worker_may_repeat_itself_without_end() {
        let (channel, receiver) = channel().unwrap();
        for _ in 0..100_000 {
            channel.serving();
        }
        assert_eq!(receiver.hear(), Heard::Stage(Stage::Serving));
    }
}
