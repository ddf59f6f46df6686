use std::{io, mem};

use memchr::memmem;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::Result;

/// A connection and what of it was read and not yet used.
pub struct Stream {
    socket: TcpStream,
    buffer: Vec<u8>,
    used: usize,
}

impl Stream {
    pub async fn connect(port: u16) -> Result<Self> {
        let socket = TcpStream::connect(("127.0.0.1", port)).await?;
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            buffer: Vec::new(),
            used: 0,
        })
    }

    /// A websocket connection.
    pub async fn websocket(port: u16) -> Result<Self> {
        let mut stream = Self::connect(port).await?;
        let request = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
                       Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.send(request.as_bytes()).await?;
        stream.skip_until(b"\r\n\r\n").await?;
        Ok(stream)
    }

    pub async fn send(&mut self, bytes: &[u8]) -> Result {
        Ok(self.socket.write_all(bytes).await?)
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
        let header = self.exactly(2).await?;
        let length = match header[1] {
            126 => self.exactly(2).await?.iter().fold(0, big_endian),
            127 => self.exactly(8).await?.iter().fold(0, big_endian),
            short => usize::from(short),
        };
        self.skip(length).await
    }

    async fn skip(&mut self, length: usize) -> Result {
        self.exactly(length).await.map(drop)
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
        self.buffer.reserve(4096);
        match self.socket.read_buf(&mut self.buffer).await? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            _ => Ok(()),
        }
    }

    /// Ends it with a reset, so that no port waits for stray packets.
    pub fn reset(self) -> Result {
        Ok(socket2::SockRef::from(&self.socket).set_linger(Some(std::time::Duration::ZERO))?)
    }
}

fn big_endian(number: usize, byte: &u8) -> usize {
    number << 8 | usize::from(*byte)
}

/// A frame as a client sends it, with a mask that changes nothing.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() <= 125, "a short payload");
    let mut frame = vec![0x81, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}
