//! What tokio costs without PHP: the same bytes in and out, with as little as possible in between.
//!
//! Nothing is checked and requests are not parsed beyond their end: a limit to compare with, not a server.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use memchr::memmem;
use tokio::{
    io::AsyncReadExt,
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    runtime::Builder,
    task::{LocalSet, spawn_local},
};

use crate::{Result, scenario::Scenario};

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Type: text/html;charset=utf-8\r\nContent-Length: 12\r\n\r\nHello, world";
const SWITCH: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const FRAME_HEADER: usize = 6;

pub fn serve(scenario: Scenario, port: u16, back_port: u16) -> Result {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let clients = Rc::new(Clients::default());
        if scenario == Scenario::Push {
            let back_end = TcpListener::bind(("127.0.0.1", back_port)).await?;
            spawn_local(accept(scenario, back_end, clients.clone(), push));
        }
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        accept(scenario, listener, clients, client).await;
        Ok(())
    })
}

/// Where to push to.
#[derive(Default)]
struct Clients {
    by_name: RefCell<HashMap<String, Rc<OwnedWriteHalf>>>,
    all: RefCell<Vec<Rc<OwnedWriteHalf>>>,
}

async fn accept<F>(
    scenario: Scenario,
    listener: TcpListener,
    clients: Rc<Clients>,
    serve: impl Fn(Scenario, Connection, Rc<Clients>) -> F,
) where
    F: Future<Output = Result> + 'static,
{
    while let Ok((socket, _)) = listener.accept().await {
        let serving = serve(scenario, Connection::new(socket), clients.clone());
        spawn_local(async move {
            let _ = serving.await;
        });
    }
}

struct Connection {
    reader: OwnedReadHalf,
    writer: Rc<OwnedWriteHalf>,
    buffer: Vec<u8>,
}

impl Connection {
    fn new(socket: TcpStream) -> Self {
        let _ = socket.set_nodelay(true);
        let (reader, writer) = socket.into_split();
        Self {
            reader,
            writer: Rc::new(writer),
            buffer: Vec::with_capacity(1024),
        }
    }

    async fn read(&mut self) -> Result {
        match self.reader.read_buf(&mut self.buffer).await? {
            0 => Err("the client is gone".into()),
            _ => Ok(()),
        }
    }
}

async fn write(writer: &OwnedWriteHalf, mut bytes: &[u8]) -> Result {
    while !bytes.is_empty() {
        match writer.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                writer.writable().await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn client(scenario: Scenario, connection: Connection, clients: Rc<Clients>) -> Result {
    match scenario {
        Scenario::Push | Scenario::Broadcast | Scenario::WebsocketEcho | Scenario::Idle => {
            websocket(scenario, connection, clients).await
        }
        Scenario::TextEcho => lines(connection).await,
        _ => requests(scenario, connection).await,
    }
}

/// Answers every request that a read has brought with one write.
async fn requests(scenario: Scenario, mut connection: Connection) -> Result {
    let mut answers = Vec::new();
    loop {
        connection.read().await?;
        let mut rest = &connection.buffer[..];
        while let Some(length) = request_length(rest) {
            answer(scenario, &rest[..length], &mut answers);
            rest = &rest[length..];
        }
        let used = connection.buffer.len() - rest.len();
        connection.buffer.drain(..used);
        if !answers.is_empty() {
            write(&connection.writer, &answers).await?;
            answers.clear();
        }
    }
}

fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = memmem::find(bytes, b"\r\n\r\n")? + 4;
    let body = match field(&bytes[..head], b"\r\nContent-Length: ") {
        Some(digits) => std::str::from_utf8(digits).ok()?.parse().ok()?,
        None => 0,
    };
    (bytes.len() >= head + body).then_some(head + body)
}

fn field<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let value = &head[memmem::find(head, name)? + name.len()..];
    value.get(..memchr::memchr(b'\r', value)?)
}

fn answer(scenario: Scenario, request: &[u8], answers: &mut Vec<u8>) {
    let body = match scenario {
        Scenario::HttpJson => json(request),
        Scenario::HttpPost => b"10000".to_vec(),
        _ => return answers.extend_from_slice(HELLO),
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    answers.extend_from_slice(head.as_bytes());
    answers.extend_from_slice(&body);
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

async fn lines(mut connection: Connection) -> Result {
    loop {
        connection.read().await?;
        let end = memchr::memrchr(b'\n', &connection.buffer).map_or(0, |place| place + 1);
        write(&connection.writer, &connection.buffer[..end]).await?;
        connection.buffer.drain(..end);
    }
}

async fn websocket(scenario: Scenario, mut connection: Connection, clients: Rc<Clients>) -> Result {
    while memmem::find(&connection.buffer, b"\r\n\r\n").is_none() {
        connection.read().await?;
    }
    connection.buffer.clear();
    connection.buffer.shrink_to(256);
    clients.all.borrow_mut().push(connection.writer.clone());
    write(&connection.writer, SWITCH).await?;
    loop {
        while let Some(payload) = payload(&connection.buffer) {
            match scenario {
                Scenario::Push => {
                    let name = String::from_utf8(payload.clone())?;
                    let writer = connection.writer.clone();
                    clients.by_name.borrow_mut().insert(name, writer);
                }
                Scenario::Broadcast => broadcast(&clients).await?,
                _ => write(&connection.writer, &frame(&payload)).await?,
            }
            connection.buffer.drain(..FRAME_HEADER + payload.len());
        }
        connection.read().await?;
    }
}

async fn broadcast(clients: &Clients) -> Result {
    let news = frame(&[b'x'; 128]);
    let all = clients.all.borrow().clone();
    for writer in all {
        write(&writer, &news).await?;
    }
    Ok(())
}

/// The unmasked payload of the first frame, if it is whole. Clients send short ones.
fn payload(bytes: &[u8]) -> Option<Vec<u8>> {
    let length = usize::from(bytes.get(1)? & 0x7f);
    let mask = bytes.get(2..FRAME_HEADER)?;
    let payload = bytes.get(FRAME_HEADER..FRAME_HEADER + length)?;
    let unmasked = payload
        .iter()
        .zip(mask.iter().cycle())
        .map(|(byte, key)| byte ^ key);
    Some(unmasked.collect())
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    match payload.len() {
        length @ 0..126 => frame.push(length as u8),
        length => frame.extend_from_slice(&[126, (length >> 8) as u8, length as u8]),
    }
    frame.extend_from_slice(payload);
    frame
}

/// The replies of one read leave in one write.
async fn push(_: Scenario, mut connection: Connection, clients: Rc<Clients>) -> Result {
    let mut replies = Vec::new();
    loop {
        connection.read().await?;
        let mut used = 0;
        while let Some(length) = memchr::memchr(b'\n', &connection.buffer[used..]) {
            let line = &connection.buffer[used..used + length];
            used += length + 1;
            let writer = string(line, b"\"uid\":\"")
                .and_then(|name| clients.by_name.borrow().get(name).cloned());
            let percent = string(line, b"\"percent\":\"").unwrap_or_default();
            match writer {
                Some(writer) => {
                    write(&writer, &frame(percent.as_bytes())).await?;
                    replies.extend_from_slice(b"ok\n");
                }
                None => replies.extend_from_slice(b"fail\n"),
            }
        }
        connection.buffer.drain(..used);
        write(&connection.writer, &replies).await?;
        replies.clear();
    }
}

fn string<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let value = &line[memmem::find(line, name)? + name.len()..];
    std::str::from_utf8(value.get(..memchr::memchr(b'"', value)?)?).ok()
}
