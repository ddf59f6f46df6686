//! Messages between processes, with which an open file may travel: `SOCK_SEQPACKET` and `SCM_RIGHTS` of `unix(7)`.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};

/// The longest message, in bytes. What is longer is cut.
pub(crate) const LONGEST: usize = 4096;

/// How the sockets of this crate are made: nothing waits for them, and no program that is started has them.
pub(crate) const FLAGS: SockFlag = SockFlag::SOCK_CLOEXEC.union(SockFlag::SOCK_NONBLOCK);

/// What has arrived.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
    /// Missing also when this process cannot have more open files.
    pub(crate) file: Option<OwnedFd>,
}

/// Two sockets that are connected with each other.
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let family = AddressFamily::Unix;
    Ok(socketpair(family, SockType::SeqPacket, None, FLAGS)?)
}

/// Sends one message, which must not be empty. `EAGAIN` when the other side has not read what was sent before.
pub(crate) fn send(
    socket: impl AsFd,
    bytes: &[u8],
    file: Option<BorrowedFd<'_>>,
) -> Result<(), Errno> {
    let files: Vec<RawFd> = file.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = ControlMessage::ScmRights(&files);
    let control = if files.is_empty() { &[][..] } else { &[rights] };
    let socket = socket.as_fd().as_raw_fd();
    let data = [IoSlice::new(bytes)];
    sendmsg::<()>(socket, &data, control, MsgFlags::MSG_NOSIGNAL, None).map(drop)
}

/// The next message, or `None` when the other side is closed. `EAGAIN` when there is none yet.
pub(crate) fn receive(socket: impl AsFd) -> Result<Option<Message>, Errno> {
    let mut bytes = vec![0; LONGEST];
    let mut space = cmsg_space!(RawFd);
    let mut data = [IoSliceMut::new(&mut bytes)];
    let socket = socket.as_fd().as_raw_fd();
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let received = recvmsg::<()>(socket, &mut data, Some(&mut space), flags)?;
    let length = received.bytes;
    let files = match received.cmsgs().ok().and_then(|mut all| all.next()) {
        Some(ControlMessageOwned::ScmRights(files)) => files,
        _ => Vec::new(),
    };
    // SAFETY: the kernel has just opened these descriptors for us. There may be two, as the space for one is rounded up: then the other is closed.
    let open = |file| unsafe { OwnedFd::from_raw_fd(file) };
    let files: Vec<OwnedFd> = files.into_iter().map(open).collect();
    let file = files.into_iter().next();
    bytes.truncate(length);
    Ok((length > 0).then_some(Message { bytes, file }))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Seek, Write};

    use super::*;

    #[test]
    fn a_file_arrives_open() {
        let (left, right) = pair().unwrap();
        let mut file = tempfile();
        file.write_all(b"content").unwrap();
        send(&left, b"with a file", Some(file.as_fd())).unwrap();
        send(&left, b"without", None).unwrap();

        let first = receive(&right).unwrap().unwrap();
        assert_eq!(first.bytes, b"with a file");
        let mut arrived = File::from(first.file.unwrap());
        arrived.rewind().unwrap();
        let mut content = String::new();
        arrived.read_to_string(&mut content).unwrap();
        assert_eq!(content, "content");

        let second = receive(&right).unwrap().unwrap();
        assert_eq!(second.bytes, b"without");
        assert!(second.file.is_none());
        assert_eq!(receive(&right).unwrap_err(), Errno::EAGAIN);
        drop(left);
        assert!(receive(&right).unwrap().is_none());
    }

    #[test]
    fn of_two_files_the_second_is_closed() {
        let (left, right) = pair().unwrap();
        let (mut reader, writer) = io::pipe().unwrap();
        let files = [left.as_raw_fd(), writer.as_raw_fd()];
        let rights = [ControlMessage::ScmRights(&files)];
        let flags = MsgFlags::empty();
        sendmsg::<()>(
            left.as_raw_fd(),
            &[IoSlice::new(b"two")],
            &rights,
            flags,
            None,
        )
        .unwrap();
        drop(writer);

        let message = receive(&right).unwrap().unwrap();
        assert!(message.file.is_some());
        let open = nix::fcntl::OFlag::O_NONBLOCK;
        nix::fcntl::fcntl(&reader, nix::fcntl::FcntlArg::F_SETFL(open)).unwrap();
        let end = reader.read(&mut [0]);
        assert_eq!(end.ok(), Some(0), "somebody holds the other end");
    }

    fn tempfile() -> File {
        let path = std::env::temp_dir().join(format!("ouvrier-passing-{}", std::process::id()));
        let mut options = File::options();
        let file = options.read(true).write(true).create(true);
        let file = file.truncate(true).open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        file
    }
}
