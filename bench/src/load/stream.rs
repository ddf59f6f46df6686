use std::{io, mem, net::SocketAddr, time::Duration};

use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    Result,
    deflate::{COMPRESSED, EXTENSION},
    tls,
};

/// Where clients connect to.
#[derive(Clone)]
pub struct Target {
    pub port: u16,
    /// They speak TLS if there is one.
    pub tls: Option<TlsConnector>,
    /// Whether websocket messages have to come compressed.
    pub is_compressed: bool,
}

/// A connection and what of it was read and not yet used.
pub struct Stream {
    socket: Socket,
    is_compressed: bool,
    buffer: Vec<u8>,
    used: usize,
}

impl Stream {
    pub async fn connect(target: &Target) -> Result<Self> {
        let socket = dial(target.port).await?;
        socket.set_nodelay(true)?;
        let socket = match &target.tls {
            None => Socket::Plain(socket),
            Some(tls) => {
                Socket::Secure(Box::new(tls.connect(tls::NAME.try_into()?, socket).await?))
            }
        };
        Ok(Self {
            socket,
            is_compressed: target.is_compressed,
            buffer: Vec::new(),
            used: 0,
        })
    }

    /// A websocket connection.
    pub async fn websocket(target: Target) -> Result<Self> {
        let mut stream = Self::connect(&target).await?;
        let extension = if target.is_compressed { EXTENSION } else { "" };
        let request = format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{extension}\r\n"
        );
        stream.send(request.as_bytes()).await?;
        let response = stream.until(b"\r\n\r\n").await?;
        if target.is_compressed && memmem::find(response, b"permessage-deflate").is_none() {
            return Err("the server does not compress".into());
        }
        Ok(stream)
    }

    pub async fn send(&mut self, bytes: &[u8]) -> Result {
        match &mut self.socket {
            Socket::Plain(socket) => socket.write_all(bytes).await?,
            Socket::Secure(socket) => {
                socket.write_all(bytes).await?;
                socket.flush().await?;
            }
        }
        Ok(())
    }

    pub async fn skip_until(&mut self, end: &[u8]) -> Result {
        self.until(end).await.map(drop)
    }

    /// What comes before `end` and with it.
    async fn until(&mut self, end: &[u8]) -> Result<&[u8]> {
        loop {
            if let Some(place) = memmem::find(&self.buffer[self.used..], end) {
                return Ok(self.take(place + end.len()));
            }
            self.read().await?;
        }
    }

    /// Skips one HTTP response.
    pub async fn skip_response(&mut self) -> Result {
        const FIELD: &[u8] = b"\r\nContent-Length: ";
        let head = self.until(b"\r\n\r\n").await?;
        let place = memmem::find(head, FIELD).ok_or("a response without a length")?;
        let digits = head[place + FIELD.len()..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        let length = digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
        self.skip(length).await
    }

    /// Skips one websocket frame of a server.
    pub async fn skip_frame(&mut self) -> Result {
        let is_compressed = self.is_compressed;
        let header = self.exactly(2).await?;
        if is_compressed && header[0] & COMPRESSED == 0 {
            return Err("a message is not compressed".into());
        }
        let length = match header[1] {
            126 => self.exactly(2).await?.iter().fold(0, big_endian),
            127 => self.exactly(8).await?.iter().fold(0, big_endian),
            short => usize::from(short),
        };
        self.skip(length).await
    }

    /// Throws away what arrives, without keeping all of it.
    async fn skip(&mut self, length: usize) -> Result {
        let mut left = length;
        loop {
            let held = (self.buffer.len() - self.used).min(left);
            self.used += held;
            left -= held;
            if left == 0 {
                return Ok(());
            }
            self.read().await?;
        }
    }

    async fn exactly(&mut self, length: usize) -> Result<&[u8]> {
        while self.buffer.len() - self.used < length {
            self.read().await?;
        }
        Ok(self.take(length))
    }

    fn take(&mut self, length: usize) -> &[u8] {
        let start = self.used;
        self.used += length;
        &self.buffer[start..self.used]
    }

    async fn read(&mut self) -> Result {
        self.buffer.drain(..mem::take(&mut self.used));
        self.buffer.reserve(16 * 1024);
        let count = match &mut self.socket {
            Socket::Plain(socket) => socket.read_buf(&mut self.buffer).await?,
            Socket::Secure(socket) => socket.read_buf(&mut self.buffer).await?,
        };
        match count {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            _ => Ok(()),
        }
    }

    /// Ends it with a reset, so that no port waits for stray packets.
    pub fn reset(self) -> Result {
        let socket = match &self.socket {
            Socket::Plain(socket) => socket,
            Socket::Secure(socket) => socket.get_ref().0,
        };
        Ok(socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO))?)
    }
}

/// Connects from an address that has ports left: each has some 28,000.
async fn dial(port: u16) -> io::Result<TcpStream> {
    let server = SocketAddr::from(([127, 0, 0, 1], port));
    for last in 1..SOURCES {
        let socket = TcpSocket::new_v4()?;
        if last > 1 {
            socket.bind(SocketAddr::from(([127, 0, 0, last], 0)))?;
        }
        match socket.connect(server).await {
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {}
            outcome => return outcome,
        }
    }
    Err(io::ErrorKind::AddrNotAvailable.into())
}

/// Addresses that clients connect from.
const SOURCES: u8 = 10;

/// First byte of a message in one frame.
const TEXT: u8 = 0x81;

enum Socket {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

fn big_endian(number: usize, byte: &u8) -> usize {
    number << 8 | usize::from(*byte)
}

/// A text frame as a client sends it.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    frame_of(TEXT, payload)
}

/// The same with a payload that is compressed.
pub fn compressed_frame(payload: &[u8]) -> Vec<u8> {
    frame_of(TEXT | COMPRESSED, payload)
}

/// A ping.
pub fn ping() -> Vec<u8> {
    frame_of(0x89, b"")
}

/// A frame with a mask, which has to be undone even where it is zero.
fn frame_of(first_byte: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first_byte];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | length as u8),
        length @ 126..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}
