//! What the runtime holds of the process when nothing happens. These tests count what the whole process has, so they take turns.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use ouvrier_net::{
    Address, BindOptions, BoundSocket, Connection, Event, Listener, Protocol, Ready, Runtime,
    Settings, event::Closed,
};

const PATIENCE: Duration = Duration::from_secs(60);

static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(protocol: Protocol, relief_after: Duration) -> (Runtime, Listener, SocketAddr) {
    let options = BindOptions::DEFAULT;
    let settings = Settings {
        max_package_size: 1 << 20,
        ask_upgrade: false,
        tell_ping: false,
        tell_close: false,
    };
    let bound = BoundSocket::bind(&Address::tcp("127.0.0.1:0").unwrap(), options).unwrap();
    let address = bound.local().unwrap();
    let runtime = Runtime::new(relief_after).unwrap();
    let listener = Listener::new(&runtime, bound, 1, protocol, settings).unwrap();
    listener.resume();
    (runtime, listener, address)
}

/// What the process has open, as the system calls it.
fn open_files() -> Vec<PathBuf> {
    let descriptors = fs::read_dir("/proc/self/fd").unwrap();
    let links = descriptors.map(|descriptor| fs::read_link(descriptor.unwrap().path()));
    links.flatten().collect()
}

/// Does `step` until no more files are open than `before`.
fn wait_for_end(before: usize, mut step: impl FnMut()) {
    let end = Instant::now() + PATIENCE;
    while open_files().len() > before {
        assert!(Instant::now() < end, "still open: {:?}", open_files());
        step();
    }
}

/// Echoes lines and closes what the peer has closed, until `closed` connections have come and gone. Returns them.
fn serve(runtime: &Runtime, listener: &Listener, closed: usize) -> Vec<Arc<Connection>> {
    let end = Instant::now() + PATIENCE;
    let mut gone = Vec::new();
    while gone.len() < closed {
        assert!(
            Instant::now() < end,
            "only {} have come and gone",
            gone.len()
        );
        runtime.turn(Some(end));
        while let Some(Ready::Connection(connection)) = runtime.next() {
            for event in connection.take().events {
                match event {
                    Event::Opened => listener.seen(),
                    Event::Message(_) => {
                        connection.send(1 << 20, |out| out.extend_from_slice(b"echo\n"));
                    }
                    Event::Closed(Closed::ByPeer) => {
                        connection.destroy();
                        gone.push(Arc::clone(&connection));
                    }
                    other => panic!("{other:?} is not expected"),
                }
            }
        }
    }
    gone
}

#[test]
fn connections_that_came_and_went_leave_nothing() {
    const ROUNDS: usize = 20;
    const CLIENTS: usize = 100;
    let _turn = turn();
    let (runtime, listener, address) = start(Protocol::Text, Duration::from_millis(5));
    let before = open_files().len();
    let clients = thread::spawn(move || {
        for _ in 0..ROUNDS {
            let mut clients: Vec<_> = (0..CLIENTS)
                .map(|_| TcpStream::connect(address).unwrap())
                .collect();
            for client in &mut clients {
                client.write_all(b"hello\n").unwrap();
            }
            for client in &mut clients {
                client.read_exact(&mut [0; 5]).unwrap();
            }
        }
    });
    let gone = serve(&runtime, &listener, ROUNDS * CLIENTS);
    clients.join().unwrap();
    // The tasks of the last ones end in the turns after their destruction, or while the relief thread drives.
    wait_for_end(before, || runtime.turn(Some(Instant::now())));
    runtime.shut_down();
    assert!(gone.iter().all(|gone| Arc::strong_count(gone) == 1));
}

#[test]
fn a_runtime_that_ended_leaves_nothing() {
    let _turn = turn();
    // The first runtime of a process opens what signals need, for good.
    drop(start(Protocol::Text, Duration::from_millis(1)));
    let before = open_files().len();
    for _ in 0..3 {
        let (runtime, listener, address) = start(Protocol::Text, Duration::from_millis(1));
        let client = TcpStream::connect(address).unwrap();
        runtime.turn(None);
        drop((runtime, listener, client));
    }
    wait_for_end(before, thread::yield_now);
}

/// Where the system tells of the relief thread, which takes its name after it has started.
fn relief_thread() -> PathBuf {
    let end = Instant::now() + PATIENCE;
    loop {
        let threads = fs::read_dir("/proc/self/task").unwrap();
        let found = threads.flatten().map(|thread| thread.path()).find(|path| {
            fs::read_to_string(path.join("comm")).is_ok_and(|name| name == "ouvrier-relief\n")
        });
        if let Some(path) = found {
            return path;
        }
        assert!(Instant::now() < end, "there is no relief thread");
        thread::yield_now();
    }
}

/// How often a thread has gone to sleep.
fn sleeps(thread: &Path) -> u64 {
    let status = fs::read_to_string(thread.join("status")).unwrap();
    let count = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.unwrap().trim().parse().unwrap()
}

/// How long nothing happens in the tests below.
const IDLE: Duration = Duration::from_millis(500);

/// Lets a client speak once the process has been idle, and wait for `answer`.
fn speak_later(
    mut client: TcpStream,
    words: &'static [u8],
    answer: &'static [u8],
) -> JoinHandle<()> {
    thread::spawn(move || {
        thread::park_timeout(IDLE);
        client.write_all(words).unwrap();
        let mut read = vec![0; answer.len()];
        client.read_exact(&mut read).unwrap();
        assert_eq!(read, answer);
    })
}

#[test]
fn the_relief_thread_sleeps_while_the_owner_waits() {
    let _turn = turn();
    let (runtime, listener, address) = start(Protocol::Text, Duration::from_millis(1));
    let client = TcpStream::connect(address).unwrap();
    runtime.turn(None);
    while let Some(Ready::Connection(connection)) = runtime.next() {
        connection.take();
        listener.seen();
    }
    let thread = relief_thread();
    let before = sleeps(&thread);
    let speaking = speak_later(client, b"hello\n", b"");
    runtime.turn(None);
    let after = sleeps(&thread);
    assert!(after - before < 10, "{} wake-ups", after - before);
    assert!(runtime.next().is_some());
    speaking.join().unwrap();
}

#[test]
fn the_relief_thread_sleeps_while_the_owner_is_blocked_and_nothing_happens() {
    let _turn = turn();
    let (_runtime, _listener, address) = start(Protocol::Websocket, Duration::from_millis(1));
    let client = TcpStream::connect(address).unwrap();
    let thread = relief_thread();
    let before = sleeps(&thread);
    let speaking = speak_later(
        client,
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"HTTP/1.1 400 ",
    );
    // The owner is blocked until the relief driver has answered.
    speaking.join().unwrap();
    let after = sleeps(&thread);
    assert!(after - before < 20, "{} wake-ups", after - before);
}
