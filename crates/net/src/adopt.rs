//! Connections over what the owner has opened by other means.

use std::{io, os::fd::OwnedFd, sync::Arc};

use nix::errno::Errno;
use socket2::{Domain, SockRef, Type};
use tokio::net::{TcpStream, UnixStream};

use crate::{
    Runtime,
    address::Peer,
    connection::{Beginning, Connection, Settings, task},
    descriptor::Descriptor,
    event::{Event, Payload, Protocol},
    policy::Origin,
    stream::{ReadHalf, WriteHalf, split_descriptor, split_tcp, split_unix, unix_peer},
};

/// Makes a connection of a connected stream socket, of which the owner may have other descriptors, or of a pipe or a terminal. `early` is what the
/// owner has read of it already. The connection is paused at first, and the owner is told of [`Event::Opened`], so that it can prepare it
/// meanwhile.
///
/// # Errors
/// The system's; `Unsupported` for a socket that is no TCP or unix stream, and for what cannot be waited for.
pub fn adopt(
    runtime: &Runtime,
    descriptor: OwnedFd,
    early: Vec<u8>,
    settings: Settings,
) -> io::Result<Arc<Connection>> {
    let (reader, writer, remote) = runtime.enter(|| split(descriptor))?;
    let shared = Arc::clone(runtime.shared());
    let connection = Connection::new(
        shared,
        writer,
        None,
        remote,
        Origin::ours(),
        &Beginning {
            protocol: Protocol::Raw,
            settings,
            paused: true,
        },
    );
    connection.share_socket();
    connection.announce_opened();
    if !early.is_empty() {
        connection.tell(Event::Message(Payload::Bytes(early.into())));
    }
    runtime.enter(|| task::start(&connection, reader, Protocol::Raw, None));
    Ok(connection)
}

fn split(descriptor: OwnedFd) -> io::Result<(ReadHalf, WriteHalf, Peer)> {
    match SockRef::from(&descriptor).r#type() {
        Ok(Type::STREAM) => split_socket(descriptor),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "it is no TCP or unix stream",
        )),
        Err(error) if error.raw_os_error() == Some(Errno::ENOTSOCK as i32) => {
            let (reader, writer) = split_descriptor(Descriptor::open(descriptor)?);
            Ok((reader, writer, Peer::Unix(None)))
        }
        Err(error) => Err(error),
    }
}

fn split_socket(socket: OwnedFd) -> io::Result<(ReadHalf, WriteHalf, Peer)> {
    let look = SockRef::from(&socket);
    let domain = look.local_addr()?.domain();
    // The owner keeps one that is refused, as it was.
    look.peer_addr()?;
    if !matches!(domain, Domain::UNIX | Domain::IPV4 | Domain::IPV6) {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "it is no TCP or unix stream",
        ));
    }
    look.set_nonblocking(true)?;
    if domain == Domain::UNIX {
        let stream = UnixStream::from_std(socket.into())?;
        let remote = unix_peer(&stream.peer_addr()?);
        let (reader, writer) = split_unix(stream);
        return Ok((reader, writer, remote));
    }
    let stream = TcpStream::from_std(socket.into())?;
    let remote = Peer::Ip(stream.peer_addr()?);
    let (reader, writer) = split_tcp(stream);
    Ok((reader, writer, remote))
}
