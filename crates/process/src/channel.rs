//! What a worker process tells its master, over a socket pair that was made before the fork.
//!
//! The first byte of a message is a word; for the words about a listening socket, its key follows.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::passing::{self, Message};

const SERVING: u8 = b's';
const DRAINING: u8 = b'd';
const KEEP: u8 = b'k';
const FORGET: u8 = b'f';
/// The answer to [`FORGET`].
const FORGOTTEN: u8 = b'F';

/// How long a worker waits for a master that is busy, in milliseconds.
const PATIENCE: u16 = 1000;

/// The end of the worker. Every call is harmless when the master is gone, and when it is repeated.
///
/// No call waits, except for a second when the master has more than a hundred messages to read, and in [`forget`](Self::forget).
#[derive(Debug)]
pub struct Channel {
    socket: OwnedFd,
    said: Cell<Stage>,
}

/// The end of the master.
#[derive(Debug)]
pub(crate) struct Receiver {
    socket: OwnedFd,
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
#[derive(Debug)]
pub(crate) enum Heard {
    /// Nothing new.
    Nothing,
    /// The process has come as far as this.
    Stage(Stage),
    /// The process listens on this socket, which has this key.
    Keep(String, OwnedFd),
    /// The process does not want to listen on the socket with this key any more, and waits for
    /// [`forgotten`](Receiver::forgotten).
    Forget(String),
    /// The process cannot say anything any more.
    Closed,
}

/// A new channel. Both ends are closed in programs that are started.
pub(crate) fn channel() -> io::Result<(Channel, Receiver)> {
    let (worker, master) = passing::pair()?;
    let channel = Channel {
        socket: worker,
        said: Cell::new(Stage::Starting),
    };
    Ok((channel, Receiver { socket: master }))
}

impl Channel {
    /// The process is ready: `onWorkerStart` has returned, signals are handled, and connections are accepted.
    ///
    /// Until a process has said this, the master forwards no signal to it but those that end it, and a reload waits for it. What it has
    /// inherited and not [kept](Self::keep) by now is closed.
    pub fn serving(&self) {
        self.reach(Stage::Serving, SERVING);
    }

    /// The process accepts no more connections and will end when those it has are done; its replacement may be forked.
    pub fn draining(&self) {
        self.reach(Stage::Draining, DRAINING);
    }

    /// The process listens on `socket`. The master keeps it open for the next process in the same place, so that clients who knock in
    /// between wait.
    pub fn keep(&self, key: &str, socket: BorrowedFd<'_>) {
        self.say(KEEP, key, Some(socket));
    }

    /// The process does not want to listen any more. Returns when the master has closed its copy, or does not answer for a second.
    pub fn forget(&self, key: &str) {
        // An answer that came too late belongs to an earlier question.
        while matches!(passing::receive(&self.socket), Ok(Some(_))) {}
        self.say(FORGET, key, None);
        self.wait_for(PollFlags::POLLIN);
    }

    fn reach(&self, stage: Stage, word: u8) {
        if stage > self.said.replace(stage.max(self.said.get())) {
            self.say(word, "", None);
        }
    }

    fn say(&self, word: u8, key: &str, socket: Option<BorrowedFd<'_>>) {
        let message = [&[word], key.as_bytes()].concat();
        loop {
            match passing::send(&self.socket, &message, socket) {
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) if self.wait_for(PollFlags::POLLOUT) => {}
                // Said, or nobody listens any more: there is nobody else to tell.
                _ => return,
            }
        }
    }

    fn wait_for(&self, readiness: PollFlags) -> bool {
        let mut polled = [PollFd::new(self.socket.as_fd(), readiness)];
        poll(&mut polled, PollTimeout::from(PATIENCE)).is_ok_and(|ready| ready > 0)
    }
}

impl Receiver {
    /// The next thing that the process has said.
    pub(crate) fn hear(&self) -> Heard {
        match passing::receive(&self.socket) {
            Ok(Some(message)) => understand(message),
            Err(Errno::EAGAIN | Errno::EINTR) => Heard::Nothing,
            Ok(None) | Err(_) => Heard::Closed,
        }
    }

    /// The answer to [`Heard::Forget`].
    pub(crate) fn forgotten(&self) {
        // A process that does not read its answers has not asked.
        let _ = passing::send(&self.socket, &[FORGOTTEN], None);
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// What is no message of ours counts as the stage that every process has reached.
fn understand(Message { bytes, file }: Message) -> Heard {
    let key = || String::from_utf8_lossy(&bytes[1..]).into_owned();
    match (bytes[0], file) {
        (SERVING, _) => Heard::Stage(Stage::Serving),
        (DRAINING, _) => Heard::Stage(Stage::Draining),
        (KEEP, Some(socket)) => Heard::Keep(key(), socket),
        (FORGET, _) => Heard::Forget(key()),
        _ => Heard::Stage(Stage::Starting),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use super::*;

    fn stage(receiver: &Receiver) -> Option<Stage> {
        match receiver.hear() {
            Heard::Stage(stage) => Some(stage),
            _ => None,
        }
    }

    #[test]
    fn what_is_said_is_heard_once() {
        let (channel, receiver) = channel().unwrap();
        assert!(matches!(receiver.hear(), Heard::Nothing));
        channel.serving();
        assert_eq!(stage(&receiver), Some(Stage::Serving));
        assert!(matches!(receiver.hear(), Heard::Nothing));
        channel.draining();
        channel.serving();
        assert_eq!(stage(&receiver), Some(Stage::Draining));
        drop(channel);
        assert!(matches!(receiver.hear(), Heard::Closed));
    }

    #[test]
    fn a_worker_may_repeat_itself_without_end() {
        let (channel, receiver) = channel().unwrap();
        for _ in 0..100_000 {
            channel.serving();
        }
        assert_eq!(stage(&receiver), Some(Stage::Serving));
        assert!(matches!(receiver.hear(), Heard::Nothing));
    }

    #[test]
    fn a_socket_that_is_kept_listens_when_the_worker_is_gone() {
        let (channel, receiver) = channel().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        channel.keep("tcp inner", listener.as_fd());
        drop((channel, listener));
        let Heard::Keep(key, socket) = receiver.hear() else {
            panic!("a socket")
        };
        assert_eq!(key, "tcp inner");
        TcpStream::connect(address).unwrap();
        drop(socket);
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn forgetting_waits_for_the_master() {
        let (channel, receiver) = channel().unwrap();
        receiver.forgotten();
        let worker = thread::spawn(move || channel.forget("tcp inner"));
        let mut polled = [PollFd::new(receiver.as_fd(), PollFlags::POLLIN)];
        poll(&mut polled, PollTimeout::NONE).unwrap();
        let Heard::Forget(key) = receiver.hear() else {
            panic!("a key")
        };
        assert_eq!(key, "tcp inner");
        receiver.forgotten();
        worker.join().unwrap();
    }
}
