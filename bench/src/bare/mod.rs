//! What tokio costs without PHP: the same bytes in and out, with as little as possible in between.
//!
//! Nothing is checked and requests are not parsed beyond their end: a limit to compare with, not a server.

mod http;
mod socket;
mod websocket;

use std::{cell::RefCell, collections::HashMap, env, fs, path::Path, rc::Rc, thread};

use socket2::{Domain, Socket, Type};
use tokio::{
    net::TcpListener,
    runtime::Builder,
    task::{LocalSet, spawn_local},
};
use tokio_rustls::TlsAcceptor;

use crate::{Result, deflate::Codec, scenario::Scenario, tls};
use socket::{Connection, Writer};

pub fn serve(scenario: Scenario) -> Result {
    let (port, back_port) = (number("PORT")?, number("BACK_PORT")?);
    let others = (1..scenario.workers()).map(|_| {
        thread::spawn(move || {
            if let Err(error) = work(scenario, port, back_port) {
                eprintln!("{error}");
            }
        })
    });
    let others: Vec<_> = others.collect();
    work(scenario, port, back_port)?;
    drop(others);
    Ok(())
}

fn number(variable: &str) -> Result<u16> {
    Ok(env::var(variable)?.parse()?)
}

/// Serves with a runtime and a listener of its own.
fn work(scenario: Scenario, port: u16, back_port: u16) -> Result {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let service = Rc::new(Service::prepare(scenario)?);
        if scenario.has_back_end() {
            let back_end = listen(back_port)?;
            spawn_local(accept(back_end, None, service.clone(), websocket::push));
        }
        let secure = scenario.is_secure().then(acceptor).transpose()?;
        accept(listen(port)?, secure, service, client).await;
        Ok(())
    })
}

/// What the connections of a thread share.
struct Service {
    scenario: Scenario,
    /// The answer to a request that is not looked at.
    answer: Vec<u8>,
    by_name: RefCell<HashMap<String, Rc<Writer>>>,
    all: RefCell<Vec<Rc<Writer>>>,
    codec: RefCell<Codec>,
}

impl Service {
    fn prepare(scenario: Scenario) -> Result<Self> {
        let answer = match scenario {
            Scenario::File1k | Scenario::File10m => {
                http::answer("application/octet-stream", &fs::read(env::var("FILE")?)?)
            }
            _ => http::answer("text/html;charset=utf-8", b"Hello, world"),
        };
        Ok(Self {
            scenario,
            answer,
            by_name: RefCell::default(),
            all: RefCell::default(),
            codec: RefCell::new(Codec::new()),
        })
    }
}

fn listen(port: u16) -> Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], port)).into())?;
    socket.listen(4096)?;
    Ok(TcpListener::from_std(socket.into())?)
}

fn acceptor() -> Result<TlsAcceptor> {
    let (certificate, key) = (env::var("CERTIFICATE")?, env::var("KEY")?);
    tls::acceptor(Path::new(&certificate), Path::new(&key))
}

async fn accept<F>(
    listener: TcpListener,
    secure: Option<TlsAcceptor>,
    service: Rc<Service>,
    serve: impl Fn(Connection, Rc<Service>) -> F + Copy + 'static,
) where
    F: Future<Output = Result> + 'static,
{
    while let Ok((socket, _)) = listener.accept().await {
        let (service, secure) = (service.clone(), secure.clone());
        spawn_local(async move {
            if let Ok(connection) = Connection::begin(socket, secure).await {
                let _ = serve(connection, service).await;
            }
        });
    }
}

async fn client(connection: Connection, service: Rc<Service>) -> Result {
    match service.scenario {
        Scenario::Push
        | Scenario::PushSingle
        | Scenario::PushTls
        | Scenario::Broadcast
        | Scenario::DeflateBroadcast
        | Scenario::DeflateEcho
        | Scenario::WebsocketEcho
        | Scenario::Websocket64k
        | Scenario::Websocket1m
        | Scenario::PingBlocked
        | Scenario::Heartbeats
        | Scenario::Idle
        | Scenario::IdleNamed => websocket::serve(connection, service).await,
        Scenario::TextEcho => lines(connection).await,
        Scenario::Upload100m => http::uploads(connection).await,
        _ => http::requests(connection, service).await,
    }
}

async fn lines(mut connection: Connection) -> Result {
    loop {
        connection.read().await?;
        let end = memchr::memrchr(b'\n', &connection.buffer).map_or(0, |place| place + 1);
        connection.writer.write(&connection.buffer[..end]).await?;
        connection.buffer.drain(..end);
    }
}
