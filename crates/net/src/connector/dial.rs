//! One attempt to connect to one address.

use std::{io, net::SocketAddr};

use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream};

use super::SocketOptions;
use crate::listener::keep_alive;

/// Connects, with the options that Workerman sets on client sockets.
pub(super) async fn tcp(address: SocketAddr, options: SocketOptions) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    keep_alive(&SockRef::from(&socket))?;
    socket.set_nodelay(options.no_delay)?;
    if let Some(own) = options.bind {
        // A port of our own choice is free again as soon as the last connection from it is closed.
        socket.set_reuseaddr(true)?;
        socket.bind(own)?;
    }
    socket.connect(address).await
}
