//! What a worker process reports of itself for the commands `status` and `connections`.
//!
//! The script answers when it can. When it does not within [`PATIENCE`], the network answers in its stead, with what is kept here in
//! atomics and with what the network knows itself. That is how a process that is stuck in a callback can say so, and in which.

use std::{
    cell::Cell,
    io,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use ouvrier_net::{Census, Connection, Peer, Protocol, Question};
use ouvrier_process::{
    Pid, Signal,
    report::{ConnectionRow, Connections, Line, Process, State, append},
};

use super::{path, reactor::Reactor, service, slots, socket_name};
use crate::{
    connection::connection_interface::{self, Counter},
    zend::{Object, Result, array, callback as php, library, statics::static_property, value},
};

/// How long the script may take to answer for itself.
const PATIENCE: Duration = Duration::from_millis(100);

/// What the script is doing, as [`CALLBACK`] notes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Callback {
    Nothing,
    OnWorkerStart,
    OnWorkerReload,
    OnWorkerStop,
    OnConnect,
    OnError,
    OnWebSocketConnect,
    OnMessage,
    OnClose,
    OnBufferDrain,
    Timer,
    Stream,
    Signal,
}

/// The names that reports use, in the order of [`Callback`].
const NAMES: [&str; 13] = [
    "",
    "onWorkerStart",
    "onWorkerReload",
    "onWorkerStop",
    "onConnect",
    "onError",
    "onWebSocketConnect",
    "onMessage",
    "onClose",
    "onBufferDrain",
    "Timer",
    "stream",
    "signal",
];

static CALLBACK: AtomicU8 = AtomicU8::new(0);
static MEMORY: AtomicU64 = AtomicU64::new(0);
static TIMERS: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);
static TOTAL_REQUEST: AtomicU64 = AtomicU64::new(0);
static SEND_FAIL: AtomicU64 = AtomicU64::new(0);
static DRAINING: AtomicBool = AtomicBool::new(false);

/// Notes what the script is about to do.
pub(crate) fn enter(callback: Callback) {
    CALLBACK.store(callback as u8, Relaxed);
}

/// Notes that a message was dropped because its connection does not take it.
pub(crate) fn count_dropped() {
    DROPPED.fetch_add(1, Relaxed);
}

/// Notes that the process accepts no more and ends when its connections are done.
pub(super) fn set_draining() {
    DRAINING.store(true, Relaxed);
}

/// Notes what only PHP's thread may look at, once a turn.
pub(super) fn note(reactor: &Reactor) {
    enter(Callback::Nothing);
    MEMORY.store(library::memory_usage(), Relaxed);
    TIMERS.store(reactor.agenda.timer_count() as u64, Relaxed);
}

/// Who reports, and where to.
struct Identity {
    worker: String,
    id: usize,
    listen: String,
    status_file: PathBuf,
    connections_file: PathBuf,
}

impl Identity {
    fn of(worker: &Object) -> Self {
        Self {
            worker: String::from_utf8_lossy(&worker.bytes(slots().name)).into_owned(),
            id: usize::try_from(worker.long(slots().id)).unwrap_or_default(),
            listen: socket_name(worker),
            connections_file: path(service(), "connectionsFile"),
            status_file: path(service(), "statisticsFile"),
        }
    }

    fn report(&self, signal: i32, census: &Census) {
        let (path, line) = if signal == Signal::SIGIO as i32 {
            (
                &self.connections_file,
                Line::Connections(self.connections(census)),
            )
        } else {
            (&self.status_file, Line::Process(self.process(census)))
        };
        // The command that asked may have given up and removed the file.
        let _ = append(path, &line);
    }

    fn process(&self, census: &Census) -> Process {
        let (busy, parted) = (census.busy_for(), census.parted());
        let summaries: Vec<_> = census
            .connections()
            .iter()
            .map(|one| one.summary())
            .collect();
        let callback = NAMES[usize::from(CALLBACK.load(Relaxed)) % NAMES.len()];
        Process {
            pid: Pid::this().as_raw(),
            worker: self.worker.clone(),
            id: self.id,
            listen: self.listen.clone(),
            memory_bytes: MEMORY.load(Relaxed),
            connections: summaries.len() as u64,
            send_fail: SEND_FAIL.load(Relaxed),
            timers: TIMERS.load(Relaxed),
            total_request: TOTAL_REQUEST.load(Relaxed),
            state: if busy.is_some() {
                State::Busy
            } else {
                State::Idle
            },
            busy_ms: busy.map_or(0, |busy| {
                u64::try_from(busy.as_millis()).unwrap_or(u64::MAX)
            }),
            callback: (busy.is_some() && !callback.is_empty()).then(|| callback.to_owned()),
            send_queue_bytes: summaries.iter().map(|one| one.queued as u64).sum(),
            dropped: DROPPED.load(Relaxed),
            datagrams_dropped: census.datagrams_dropped(),
            slow_clients: summaries.iter().filter(|one| one.slow).count() as u64,
            refused: parted.refused,
            closed_slow: parted.slow,
            closed_late: parted.late,
            closed_faulty: parted.faulty,
            closed_silent: parted.silent,
            closed_idle: parted.idle,
            accepting: !DRAINING.load(Relaxed),
            draining: DRAINING.load(Relaxed),
        }
    }

    fn connections(&self, census: &Census) -> Connections {
        let connections = census.connections();
        Connections {
            pid: Pid::this().as_raw(),
            connections: connections.iter().map(|one| self.row(one)).collect(),
        }
    }

    fn row(&self, connection: &Connection) -> ConnectionRow {
        let summary = connection.summary();
        let (transport, ip_version) = match connection.remote() {
            Some(Peer::Ip(address)) => (
                if summary.secure { "ssl" } else { "tcp" },
                if address.is_ipv6() { 6 } else { 4 },
            ),
            Some(Peer::Unix(_)) => ("unix", 0),
            None => ("", 0),
        };
        ConnectionRow {
            pid: Pid::this().as_raw(),
            worker: self.worker.clone(),
            id: summary.number,
            transport: transport.to_owned(),
            protocol: protocol_name(summary.protocol).to_owned(),
            ip_version,
            recv_queue: summary.received as u64,
            send_queue: summary.queued as u64,
            bytes_read: summary.bytes_read,
            bytes_written: summary.bytes_written,
            status: summary.stage.to_owned(),
            local: summary
                .local
                .map(|peer| peer.to_string())
                .unwrap_or_default(),
            remote: connection
                .remote()
                .map(|peer| peer.to_string())
                .unwrap_or_default(),
        }
    }
}

const fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Raw => "tcp",
        Protocol::Text => "Text",
        Protocol::LengthPrefixed => "Frame",
        Protocol::Http => "Http",
        Protocol::Websocket => "Websocket",
        Protocol::WebsocketClient => "Ws",
    }
}

/// Who this process is. It does not change.
static IDENTITY: OnceLock<Arc<Identity>> = OnceLock::new();

/// The signals that ask.
pub(super) const SIGNALS: [Signal; 2] = [Signal::SIGABRT, Signal::SIGIO];

/// Has the signals of `status` and `connections` answered, in the name of `worker`.
pub(super) fn watch(reactor: &Reactor, worker: &Object) -> io::Result<()> {
    let identity = IDENTITY.get_or_init(|| Arc::new(Identity::of(worker)));
    for signal in SIGNALS.map(|signal| signal as i32) {
        let identity = Arc::clone(identity);
        let stand_in = move |census: &Census| identity.report(signal, census);
        reactor.runtime.answer_signal(signal, PATIENCE, stand_in)?;
    }
    Ok(())
}

thread_local! {
    /// The question that the script is being asked.
    static ASKED: Cell<Option<Question>> = const { Cell::new(None) };
}

/// Has the script answer, through `static::signalHandler()`.
pub(super) fn ask(question: Question) -> Result<()> {
    let signal = value::long(question.signal);
    ASKED.set(Some(question));
    let outcome = php::call_static(service(), "signalHandler", &mut [signal]);
    drop(ASKED.take());
    outcome.map(drop)
}

/// Writes the line for `signal`, unless the network has done so in the meantime. What scripts have added to the statistics counts.
pub(super) fn write(reactor: &Reactor, signal: Signal) {
    let statistics = static_property(connection_interface::class(), "statistics");
    let number = |name: &str| {
        let value = array::get_name(&statistics, name).and_then(|value| value.long());
        value
            .and_then(|number| u64::try_from(number).ok())
            .unwrap_or_default()
    };
    TOTAL_REQUEST.store(number("total_request"), Relaxed);
    SEND_FAIL.store(number("send_fail"), Relaxed);
    let is_answered = ASKED.take().is_some_and(|question| !question.claim());
    if let Some(identity) = IDENTITY.get()
        && !is_answered
    {
        identity.report(signal as i32, reactor.runtime.census());
    }
}

/// Mirrors a counter of the statistics, for when the script cannot be asked.
pub(crate) fn mirror(counter: Counter, amount: i64) {
    let counter = match counter {
        Counter::TotalRequest => &TOTAL_REQUEST,
        Counter::SendFail => &SEND_FAIL,
        Counter::ConnectionCount => return,
    };
    // Only PHP's thread counts.
    let count = counter.load(Relaxed) + u64::try_from(amount).unwrap_or_default();
    counter.store(count, Relaxed);
}
