use std::{io::ErrorKind, rc::Rc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::Mutex,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::Result;

/// A connection and what of it was read and not yet used.
pub(super) struct Connection {
    reader: Reader,
    pub(super) writer: Rc<Writer>,
    pub(super) buffer: Vec<u8>,
}

enum Reader {
    Plain(OwnedReadHalf),
    Secure(ReadHalf<TlsStream<TcpStream>>),
}

pub(super) enum Writer {
    Plain(OwnedWriteHalf),
    Secure(Mutex<WriteHalf<TlsStream<TcpStream>>>),
}

impl Connection {
    pub(super) async fn begin(socket: TcpStream, secure: Option<TlsAcceptor>) -> Result<Self> {
        let _ = socket.set_nodelay(true);
        let (reader, writer) = match secure {
            None => {
                let (reader, writer) = socket.into_split();
                (Reader::Plain(reader), Writer::Plain(writer))
            }
            Some(acceptor) => {
                let (reader, writer) = split(acceptor.accept(socket).await?);
                (Reader::Secure(reader), Writer::Secure(Mutex::new(writer)))
            }
        };
        Ok(Self {
            reader,
            writer: Rc::new(writer),
            buffer: Vec::with_capacity(1024),
        })
    }

    pub(super) async fn read(&mut self) -> Result {
        let count = match &mut self.reader {
            Reader::Plain(reader) => reader.read_buf(&mut self.buffer).await?,
            Reader::Secure(reader) => reader.read_buf(&mut self.buffer).await?,
        };
        match count {
            0 => Err("the client is gone".into()),
            _ => Ok(()),
        }
    }
}

impl Writer {
    pub(super) async fn write(&self, mut bytes: &[u8]) -> Result {
        let writer = match self {
            Self::Plain(writer) => writer,
            Self::Secure(writer) => {
                let mut writer = writer.lock().await;
                writer.write_all(bytes).await?;
                return Ok(writer.flush().await?);
            }
        };
        while !bytes.is_empty() {
            match writer.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => writer.writable().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
