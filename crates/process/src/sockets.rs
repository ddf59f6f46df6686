//! Listening sockets that outlive the process that bound them.

use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{UnixAddr, getsockname};

/// Listening sockets, each under the key that says what it is bound to, and how. The caller chooses the keys.
#[derive(Debug, Default)]
pub struct Sockets(Vec<(String, OwnedFd)>);

/// How many sockets of one process are kept. A process that binds more keeps the rest to itself.
const LIMIT: usize = 64;

impl Sockets {
    /// Keeps a socket, in the place of one with the same key.
    pub fn keep(&mut self, key: impl Into<String>, socket: OwnedFd) {
        let key = key.into();
        self.take(&key);
        if self.0.len() < LIMIT {
            self.0.push((key, socket));
        }
    }

    /// Gives a socket away.
    pub fn take(&mut self, key: &str) -> Option<OwnedFd> {
        let index = self.0.iter().position(|(other, _)| other == key)?;
        Some(self.0.swap_remove(index).1)
    }

    /// Closes all of them.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &OwnedFd)> {
        self.0.iter().map(|(key, socket)| (key.as_str(), socket))
    }

    /// Closes all of them, and removes the files of unix sockets: nobody will listen on them any more.
    pub fn close(self) {
        for (_, socket) in self.0 {
            if let Ok(address) = getsockname::<UnixAddr>(socket.as_raw_fd())
                && let Some(path) = address.path()
            {
                // It may have been removed by somebody else, which is just as well.
                let _ = fs::remove_file(path);
            }
        }
    }

    /// Takes over those of another, which replace one's own.
    pub(crate) fn adopt(&mut self, other: Self) {
        for (key, socket) in other.0 {
            self.keep(key, socket);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::scratch::Scratch;

    fn socket() -> OwnedFd {
        TcpListener::bind("127.0.0.1:0").unwrap().into()
    }

    #[test]
    fn a_key_has_one_socket() {
        let mut sockets = Sockets::default();
        sockets.keep("tcp 1", socket());
        sockets.keep("tcp 1", socket());
        assert!(sockets.take("tcp 2").is_none());
        assert!(sockets.take("tcp 1").is_some());
        assert!(sockets.take("tcp 1").is_none());
    }

    #[test]
    fn the_files_of_sockets_that_are_closed_are_removed() {
        let directory = Scratch::new("sockets-closed");
        let path = directory.file("inner.sock");
        let mut sockets = Sockets::default();
        sockets.keep("unix", UnixListener::bind(&path).unwrap().into());
        sockets.keep("tcp", socket());
        assert!(path.exists());
        sockets.close();
        assert!(!path.exists());
    }

    #[test]
    fn there_is_a_limit() {
        let mut sockets = Sockets::default();
        for number in 0..=LIMIT {
            sockets.keep(number.to_string(), socket());
        }
        assert!(sockets.take(&(LIMIT - 1).to_string()).is_some());
        assert!(sockets.take(&LIMIT.to_string()).is_none());
    }
}
