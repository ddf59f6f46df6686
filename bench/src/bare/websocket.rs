use std::{rc::Rc, thread, time::Duration};

use memchr::memmem;

use super::{Connection, Service};
use crate::{
    Result,
    deflate::{self, COMPRESSED, EXTENSION},
    scenario::Scenario,
};

const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
/// How long a callback blocks, where one does.
const BLOCK: Duration = Duration::from_millis(50);

pub(super) async fn serve(mut connection: Connection, service: Rc<Service>) -> Result {
    while memmem::find(&connection.buffer, b"\r\n\r\n").is_none() {
        connection.read().await?;
    }
    connection.buffer.clear();
    connection.buffer.shrink_to(256);
    service.all.borrow_mut().push(connection.writer.clone());
    let extension = if service.scenario.is_compressed() {
        EXTENSION
    } else {
        ""
    };
    let switch = format!("{SWITCH}{extension}\r\n");
    connection.writer.write(switch.as_bytes()).await?;
    loop {
        while let Some((first_byte, payload, length)) = front(&connection.buffer) {
            connection.buffer.drain(..length);
            let writer = &connection.writer;
            match service.scenario {
                _ if first_byte == PING => writer.write(&frame(PONG, &payload)).await?,
                Scenario::Push | Scenario::PushSingle | Scenario::PushTls => {
                    let name = String::from_utf8(payload)?;
                    let mut by_name = service.by_name.borrow_mut();
                    by_name.insert(name, writer.clone());
                }
                Scenario::Broadcast | Scenario::DeflateBroadcast => broadcast(&service).await?,
                Scenario::DeflateEcho => {
                    let message = service.codec.borrow_mut().decompress(&payload)?;
                    writer.write(&service.compressed(&message)?).await?;
                }
                Scenario::PingBlocked => {
                    thread::sleep(BLOCK);
                    writer.write(&frame(TEXT, &payload)).await?;
                }
                _ => writer.write(&frame(TEXT, &payload)).await?,
            }
        }
        connection.read().await?;
    }
}

impl Service {
    fn compressed(&self, message: &[u8]) -> Result<Vec<u8>> {
        let payload = self.codec.borrow_mut().compress(message)?;
        Ok(frame(TEXT | COMPRESSED, &payload))
    }
}

async fn broadcast(service: &Service) -> Result {
    let news = match service.scenario {
        Scenario::DeflateBroadcast => service.compressed(deflate::text().as_bytes())?,
        _ => frame(TEXT, &[b'x'; 128]),
    };
    let all = service.all.borrow().clone();
    for writer in all {
        writer.write(&news).await?;
    }
    Ok(())
}

/// Lines of a back-end. The replies of one read leave in one write.
pub(super) async fn push(mut connection: Connection, service: Rc<Service>) -> Result {
    let mut replies = Vec::new();
    loop {
        connection.read().await?;
        let mut used = 0;
        while let Some(length) = memchr::memchr(b'\n', &connection.buffer[used..]) {
            let line = &connection.buffer[used..used + length];
            used += length + 1;
            let writer = string(line, b"\"uid\":\"")
                .and_then(|name| service.by_name.borrow().get(name).cloned());
            let percent = string(line, b"\"percent\":\"").unwrap_or_default();
            match writer {
                Some(writer) => {
                    writer.write(&frame(TEXT, percent.as_bytes())).await?;
                    replies.extend_from_slice(b"ok\n");
                }
                None => replies.extend_from_slice(b"fail\n"),
            }
        }
        connection.buffer.drain(..used);
        connection.writer.write(&replies).await?;
        replies.clear();
    }
}

/// First byte, unmasked payload and length of the first frame of a client, if it is whole.
fn front(bytes: &[u8]) -> Option<(u8, Vec<u8>, usize)> {
    let (length, header) = match bytes.get(1)? & 0x7f {
        126 => (big_endian(bytes.get(2..4)?), 4),
        127 => (big_endian(bytes.get(2..10)?), 10),
        short => (usize::from(short), 2),
    };
    let mask = bytes.get(header..header + 4)?;
    let mut payload = bytes.get(header + 4..header + 4 + length)?.to_vec();
    for piece in payload.chunks_mut(mask.len()) {
        for (byte, key) in piece.iter_mut().zip(mask) {
            *byte ^= key;
        }
    }
    Some((bytes[0], payload, header + 4 + length))
}

fn big_endian(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn frame(first_byte: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 10);
    frame.push(first_byte);
    match payload.len() {
        length @ 0..126 => frame.push(length as u8),
        length @ 126..0x1_0000 => {
            frame.push(126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

fn string<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let value = &line[memmem::find(line, name)? + name.len()..];
    std::str::from_utf8(value.get(..memchr::memchr(b'"', value)?)?).ok()
}
