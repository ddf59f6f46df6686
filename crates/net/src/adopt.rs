//! Connections over sockets that the owner has opened by other means.

use std::{io, os::fd::OwnedFd, sync::Arc};

use socket2::{Domain, SockRef, Type};
use tokio::net::{TcpStream, UnixStream};

use crate::{
    Runtime,
    address::Peer,
    connection::{Connection, Settings, task},
    event::{Event, Protocol},
    policy::Origin,
    stream::{ReadHalf, WriteHalf, split_tcp, split_unix, unix_peer},
};

/// Makes a connection of a connected stream socket, of which the owner may have other descriptors. It is paused at first, and the owner
/// is told of [`Event::Opened`], so that it can prepare the connection meanwhile.
///
/// # Errors
/// The system's, also when the descriptor is no socket; `Unsupported` for a socket that is no TCP or unix stream.
pub fn adopt(
    runtime: &Runtime,
    socket: OwnedFd,
    protocol: Protocol,
    settings: Settings,
) -> io::Result<Arc<Connection>> {
    let (reader, writer, remote) = runtime.enter(|| split(socket))?;
    let shared = Arc::clone(runtime.shared());
    let connection = Connection::new(
        shared,
        writer,
        None,
        remote,
        Origin::ours(),
        protocol,
        settings,
    );
    connection.share_socket();
    connection.pause();
    connection.tell(Event::Opened);
    runtime.enter(|| task::start(&connection, reader, protocol, None));
    Ok(connection)
}

fn split(socket: OwnedFd) -> io::Result<(ReadHalf, WriteHalf, Peer)> {
    let look = SockRef::from(&socket);
    if look.r#type()? != Type::STREAM {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let domain = look.local_addr()?.domain();
    look.set_nonblocking(true)?;
    if domain == Domain::UNIX {
        let stream = UnixStream::from_std(socket.into())?;
        let remote = unix_peer(&stream.peer_addr()?);
        let (reader, writer) = split_unix(stream);
        return Ok((reader, writer, remote));
    }
    if domain != Domain::IPV4 && domain != Domain::IPV6 {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let stream = TcpStream::from_std(socket.into())?;
    let remote = Peer::Ip(stream.peer_addr()?);
    let (reader, writer) = split_tcp(stream);
    Ok((reader, writer, remote))
}
