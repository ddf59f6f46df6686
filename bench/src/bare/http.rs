use std::rc::Rc;

use memchr::memmem;

use super::{Connection, Service};
use crate::{Result, scenario::Scenario};

/// Bytes that an upload is read by.
const PIECE: usize = 64 * 1024;

/// A whole answer.
pub(super) fn answer(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Answers every request that a read has brought with one write.
pub(super) async fn requests(mut connection: Connection, service: Rc<Service>) -> Result {
    let mut answers = Vec::new();
    loop {
        connection.read().await?;
        let mut rest = &connection.buffer[..];
        while let Some(length) = request_length(rest) {
            match service.scenario {
                Scenario::HttpJson | Scenario::HttpJsonBrowser => {
                    answers.extend_from_slice(&answer("application/json", &json(&rest[..length])));
                }
                Scenario::HttpPost => answers.extend_from_slice(&answer("text/html", b"10000")),
                _ => answers.extend_from_slice(&service.answer),
            }
            rest = &rest[length..];
        }
        let used = connection.buffer.len() - rest.len();
        connection.buffer.drain(..used);
        if !answers.is_empty() {
            connection.writer.write(&answers).await?;
            answers.clear();
        }
    }
}

/// Reads bodies without keeping them.
pub(super) async fn uploads(mut connection: Connection) -> Result {
    connection.buffer.reserve(PIECE);
    loop {
        let head = loop {
            match memmem::find(&connection.buffer, b"\r\n\r\n") {
                Some(place) => break place + 4,
                None => connection.read().await?,
            }
        };
        let mut left = content_length(&connection.buffer[..head]).unwrap_or_default();
        let length = left;
        connection.buffer.drain(..head);
        loop {
            let held = connection.buffer.len().min(left);
            connection.buffer.drain(..held);
            left -= held;
            if left == 0 {
                break;
            }
            connection.read().await?;
        }
        let answer = answer("text/html", length.to_string().as_bytes());
        connection.writer.write(&answer).await?;
    }
}

fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = memmem::find(bytes, b"\r\n\r\n")? + 4;
    let body = content_length(&bytes[..head]).unwrap_or_default();
    (bytes.len() >= head + body).then_some(head + body)
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"\r\nContent-Length: ";
    let value = &head[memmem::find(head, NAME)? + NAME.len()..];
    let digits = value.get(..memchr::memchr(b'\r', value)?)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn json(request: &[u8]) -> Vec<u8> {
    let text = |name: &[u8], end: u8| {
        let place = memmem::find(request, name)? + name.len();
        let value = &request[place..];
        let length = memchr::memchr2(end, b'\r', value)?;
        std::str::from_utf8(&value[..length]).ok()
    };
    let id = text(b"?id=", b'&').unwrap_or_default();
    let agent = text(b"\r\nUser-Agent: ", b'\r').unwrap_or_default();
    let session = text(b"session=", b';').unwrap_or_default();
    format!(r#"{{"id":{id},"agent":"{agent}","session":"{session}"}}"#).into_bytes()
}
