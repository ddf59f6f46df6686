//! A restart without a gap: a master that stops leaves its listening sockets to the command that starts the next one.
//!
//! The command listens on `<pid file>.handover` and then asks the master to stop. A master that begins to stop and finds somebody there,
//! who is its own user or root, sends its sockets, and stops as always. They are in the queue of the command's socket meanwhile, which
//! keeps them open: who connects to them waits. Where anything of this fails, the next master binds for itself.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::socket::{
    AddressFamily, Backlog, SockType, UnixAddr, accept4, bind, connect, getsockopt, listen, socket,
};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Pid, Uid};

use crate::master::Slot;
use crate::passing::{self, Message};
use crate::sockets::Sockets;

/// How many sockets are taken. A service with more binds the others anew.
const LIMIT: usize = 1024;

/// What a service listens on.
#[derive(Debug, Default)]
pub struct Inheritance {
    /// Bound in the master, for all processes.
    pub shared: Sockets,
    /// Bound by processes, for the next one in the same place.
    pub places: Vec<(Slot, Sockets)>,
}

/// The side of the command. The file is removed with this value.
#[derive(Debug)]
pub struct Heir {
    socket: OwnedFd,
    path: PathBuf,
}

impl Heir {
    /// Waits at `path`, in the place of what an earlier command may have left there. Nobody but the user can connect.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn wait_at(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = stream()?;
        let mask = umask(Mode::from_bits_truncate(0o177));
        let bound = bind(socket.as_raw_fd(), &UnixAddr::new(&path)?);
        umask(mask);
        bound?;
        listen(&socket, Backlog::new(1)?)?;
        Ok(Self { socket, path })
    }

    /// What the process `master` has left. To be asked when it has ended, so that all of it is there.
    #[must_use]
    pub fn receive(&self, master: Pid) -> Inheritance {
        let mut inheritance = Inheritance::default();
        let Ok(connection) = accept4(self.socket.as_raw_fd(), passing::FLAGS) else {
            return inheritance;
        };
        // SAFETY: the kernel has just opened this descriptor for us.
        let connection = unsafe { OwnedFd::from_raw_fd(connection) };
        let is_master = getsockopt(&connection, PeerCredentials)
            .is_ok_and(|peer| peer.pid() == master.as_raw());
        for _ in 0..LIMIT {
            match passing::receive(&connection) {
                Ok(Some(message)) if is_master => inheritance.add(message),
                Err(Errno::EINTR) => {}
                _ => break,
            }
        }
        inheritance
    }
}

impl Drop for Heir {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Sends `inheritance` to who waits at `path`. Gives it back if nobody does.
pub(crate) fn give(path: &Path, inheritance: Inheritance) -> Result<(), Inheritance> {
    let Ok(heir) = find(path) else {
        return Err(inheritance);
    };
    for (owner, sockets) in inheritance.owners() {
        for (key, socket) in sockets.iter() {
            let message = format!("{owner} {key}");
            // What does not arrive is bound anew.
            let _ = passing::send(&heir, message.as_bytes(), Some(socket.as_fd()));
        }
    }
    Ok(())
}

fn find(path: &Path) -> io::Result<OwnedFd> {
    let heir = stream()?;
    connect(heir.as_raw_fd(), &UnixAddr::new(path)?)?;
    let uid = Uid::from_raw(getsockopt(&heir, PeerCredentials)?.uid());
    if uid.is_root() || uid == Uid::effective() {
        Ok(heir)
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

fn stream() -> nix::Result<OwnedFd> {
    let family = AddressFamily::Unix;
    socket(family, SockType::SeqPacket, passing::FLAGS, None)
}

/// The word for [`Inheritance::shared`].
const SHARED: &str = "shared";

impl Inheritance {
    fn owners(&self) -> impl Iterator<Item = (String, &Sockets)> {
        let shared = (SHARED.to_owned(), &self.shared);
        let places = self.places.iter();
        let places = places.map(|(slot, sockets)| (format!("{}/{}", slot.group, slot.id), sockets));
        std::iter::once(shared).chain(places)
    }

    /// Adds what has arrived: `shared <key>` or `<group>/<id> <key>`, with a socket.
    fn add(&mut self, Message { bytes, file }: Message) {
        let text = String::from_utf8_lossy(&bytes);
        let (Some((owner, key)), Some(socket)) = (text.split_once(' '), file) else {
            return;
        };
        if owner == SHARED {
            self.shared.keep(key, socket);
        } else if let Some(slot) = slot(owner) {
            self.place(slot).keep(key, socket);
        }
    }

    fn place(&mut self, slot: Slot) -> &mut Sockets {
        let known = self.places.iter().position(|(other, _)| *other == slot);
        let index = known.unwrap_or_else(|| {
            self.places.push((slot, Sockets::default()));
            self.places.len() - 1
        });
        &mut self.places[index].1
    }

    /// Closes everything, as [`Sockets::close`].
    pub fn close(self) {
        self.shared.close();
        for (_, sockets) in self.places {
            sockets.close();
        }
    }
}

fn slot(owner: &str) -> Option<Slot> {
    let (group, id) = owner.split_once('/')?;
    Some(Slot {
        group: group.parse().ok()?,
        id: id.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::scratch::Scratch;

    const SLOT: Slot = Slot { group: 1, id: 2 };

    fn inheritance() -> (Inheritance, [std::net::SocketAddr; 2]) {
        let listeners = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        let addresses = [0, 1].map(|index: usize| listeners[index].local_addr().unwrap());
        let [shared, own] = listeners;
        let mut inheritance = Inheritance::default();
        inheritance.shared.keep("tcp shared", shared.into());
        inheritance.place(SLOT).keep("tcp own", own.into());
        (inheritance, addresses)
    }

    #[test]
    fn sockets_listen_on_until_the_heir_has_them() {
        let directory = Scratch::new("handover");
        let path = directory.file("pid.handover");
        fs::write(&path, "left by somebody").unwrap();
        let heir = Heir::wait_at(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let (given, addresses) = inheritance();
        give(&path, given).unwrap();
        let waiting = addresses.map(|address| TcpStream::connect(address).unwrap());
        let mut received = heir.receive(Pid::this());
        let shared: TcpListener = received.shared.take("tcp shared").unwrap().into();
        let own: TcpListener = received.place(SLOT).take("tcp own").unwrap().into();
        for (listener, client) in [shared, own].iter().zip(&waiting) {
            let peer = listener.accept().unwrap().1;
            assert_eq!(peer, client.local_addr().unwrap());
        }
        drop(heir);
        assert!(!path.exists());
    }

    #[test]
    fn without_an_heir_nothing_is_given() {
        let directory = Scratch::new("handover-nobody");
        let path = directory.file("pid.handover");
        let (given, addresses) = inheritance();
        let kept = give(&path, given).unwrap_err();
        assert!(TcpStream::connect(addresses[0]).is_ok());
        kept.close();
        assert!(TcpStream::connect(addresses[0]).is_err());
    }

    #[test]
    fn only_the_master_is_believed() {
        let directory = Scratch::new("handover-stranger");
        let path = directory.file("pid.handover");
        let heir = Heir::wait_at(&path).unwrap();
        assert!(heir.receive(Pid::this()).places.is_empty());
        give(&path, inheritance().0).unwrap();
        let mut received = heir.receive(Pid::from_raw(1));
        assert!(received.places.is_empty() && received.shared.take("tcp shared").is_none());
    }
}
