//! The future that reads a connection's socket, and writes when a full socket has room again.

use std::{
    cell::RefCell,
    future::Future,
    net::Shutdown,
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::ReadBuf,
    time::{Sleep, sleep},
};

use super::{
    Connection, ControlFrames, Settings,
    deadline::Due,
    life::{Phase, Presence, Upgrade},
    pace::{self, Awaited, Pace},
    parting::Patience,
    state::State,
};
use crate::{
    alarms::Alarm,
    codec::Codec,
    event::{Closed, Event, Protocol},
    receive_buffer::ReceiveBuffer,
    stream::{ReadHalf, When},
};

/// Most bytes of one read. One buffer serves all connections of a thread, so an idle connection holds none.
const READ_SIZE: usize = 64 * 1024;

thread_local! {
    pub(super) static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_SIZE].into_boxed_slice());
}

/// Runs one connection until its socket is closed.
pub(super) struct Task {
    pub(super) connection: Arc<Connection>,
    pub(super) reader: ReadHalf,
    pub(super) codec: Codec,
    /// Bytes that were read and make no whole message yet.
    pub(super) pending: ReceiveBuffer,
    /// `pending` may hold whole messages: decoding stopped because the owner was behind.
    pub(super) stalled: bool,
    /// Nothing more will be decoded.
    pub(super) finished: bool,
    /// Why nothing more can be read.
    pub(super) eof: Option<Closed>,
    /// What the peer has to do next, and the time that it has.
    pub(super) due: Due,
    pub(super) deadline: Option<Pin<Box<Sleep>>>,
    pub(super) control_frames: ControlFrames,
    /// A message has come.
    pub(super) greeted: bool,
    /// How fast an http client is; `None` also where its first request came in one go.
    pub(super) pace: Option<Box<Pace>>,
    /// When to look at that again.
    pub(super) alarm: Option<Alarm>,
    /// How many messages have come.
    pub(super) messages: u32,
    /// What the peer of a closing connection is waited for.
    pub(super) patience: Option<Box<Patience>>,
}

/// Spawns the task of a connection. Only from within the runtime. `handshake_timeout` is how long a handshake may take that is not done: of TLS,
/// or with a websocket server.
pub(crate) fn start(
    connection: &Arc<Connection>,
    reader: ReadHalf,
    protocol: Protocol,
    handshake_timeout: Option<Duration>,
) {
    let (has_session, is_read) = {
        let state = connection.lock();
        (state.tls.is_some(), !state.paused)
    };
    let begins_at_once = protocol == Protocol::Http && is_read && !has_session;
    let mut task = Task {
        connection: Arc::clone(connection),
        reader,
        codec: Codec::new(protocol),
        pending: ReceiveBuffer::default(),
        stalled: false,
        finished: false,
        eof: None,
        due: Due::first(protocol, handshake_timeout),
        deadline: handshake_timeout.map(|timeout| Box::pin(sleep(timeout))),
        control_frames: ControlFrames::default(),
        greeted: false,
        pace: None,
        alarm: begins_at_once
            .then(|| pace::first_alarm(connection))
            .flatten(),
        messages: 0,
        patience: None,
    };
    if has_session {
        task.take_early();
    }
    tokio::spawn(task);
}

/// What the task does next.
enum Next {
    Over,
    Part,
    Decode(Settings),
    Unseal(Settings),
    Read(Settings),
    ReadSecure(Settings),
    Late,
    Slow(Awaited),
    Discard,
}

impl Future for Task {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        loop {
            let Some(next) = this.begin(cx) else {
                return Poll::Pending;
            };
            match next {
                Next::Over => return Poll::Ready(()),
                Next::Part => return this.part(cx),
                Next::Decode(settings) => _ = this.decode_pending(0, &settings),
                Next::Unseal(settings) => this.unseal(&settings),
                Next::Read(settings) => {
                    if ready!(this.read(cx, settings)) {
                        return Poll::Ready(());
                    }
                }
                Next::ReadSecure(settings) => ready!(this.read_secure(cx, settings)),
                Next::Late => this.late(),
                Next::Slow(awaited) => this.slow(awaited),
                Next::Discard => ready!(this.discard(cx)),
            }
        }
    }
}

impl Drop for Task {
    /// A task that is dropped before its connection is over, because it panicked or with its runtime, takes the socket with it.
    fn drop(&mut self) {
        let mut state = self.connection.lock();
        let waker = state.waker.take();
        let seldom = state.seldom_if_any();
        let heartbeat = seldom.and_then(|seldom| seldom.heartbeat.take());
        if state.is_duplicated() {
            self.reader.shutdown(Shutdown::Both);
        }
        if state.phase != Phase::Closed && !state.is_left() {
            state.fail();
            self.connection.announce_sending(&mut state);
        }
        drop(state);
        drop(waker);
        self.forget_alarm();
        if let Some(heartbeat) = heartbeat {
            heartbeat.abort();
        }
    }
}

impl Task {
    /// Looks at the shared state. `None`: nothing to do until woken.
    fn begin(&mut self, cx: &mut Context<'_>) -> Option<Next> {
        if self.is_calm() {
            let mut state = self.connection.lock();
            state.wake_with(cx.waker());
            if let Some(settings) = self.goes_on_reading(&state) {
                return Some(match state.tls {
                    None => Next::Read(settings),
                    Some(_) => Next::ReadSecure(settings),
                });
            }
        }
        self.look_around(cx)
    }

    /// The settings by which to read, if there is nothing to do but that.
    pub(super) fn only_reads(&self, state: &State) -> Option<Settings> {
        self.is_calm()
            .then(|| self.goes_on_reading(state))
            .flatten()
    }

    /// The same for a task that is calm.
    fn goes_on_reading(&self, state: &State) -> Option<Settings> {
        let only_reads = self.is_on_time(state.protocol) && state.is_calm();
        only_reads.then_some(state.settings)
    }

    /// Whether there is nothing to do but to read, as far as the task itself knows.
    const fn is_calm(&self) -> bool {
        !self.stalled
            && !self.finished
            && self.eof.is_none()
            && self.deadline.is_none()
            && !matches!(self.codec, Codec::Waiting)
    }

    /// Looks at everything that there may be to do, and writes if the socket had been full. Of all that, [`Task::only_reads`] has to rule out that there is any.
    #[inline(never)]
    fn look_around(&mut self, cx: &mut Context<'_>) -> Option<Next> {
        let connection = Arc::clone(&self.connection);
        let mut state = connection.lock();
        state.wake_with(cx.waker());
        if state.blocked {
            write(&connection, &mut state, cx);
        }
        if self.is_given_up(&mut state, cx) {
            connection.announce_sending(&mut state);
        }
        if state.phase == Phase::Closed {
            return Some(if state.parting {
                Next::Part
            } else {
                Next::Over
            });
        }
        self.follow_protocol(&mut state);
        if self.begins_tls(&mut state) {
            return Some(Next::Unseal(state.settings));
        }
        if self.is_late(&state, cx) {
            return Some(Next::Late);
        }
        if let Some(awaited) = self.is_slow(&state) {
            return Some(Next::Slow(awaited));
        }
        if !state.may_read() {
            return None;
        }
        match (state.phase, self.eof) {
            (_, None) if state.is_shaking_hands() => Some(Next::ReadSecure(state.settings)),
            (Phase::Ending, None) => Some(Next::Discard),
            (Phase::Ending, Some(_)) => None,
            _ if self.finished => None,
            _ if self.stalled => Some(Next::Decode(state.settings)),
            (_, None) if state.tls.is_some() => Some(Next::ReadSecure(state.settings)),
            (_, None) => Some(Next::Read(state.settings)),
            (_, Some(_)) => None,
        }
    }

    /// Changes the codec when the owner changed the protocol or let a websocket handshake pass.
    fn follow_protocol(&mut self, state: &mut State) {
        let changed = std::mem::take(&mut state.protocol_changed);
        let upgraded = matches!(self.codec, Codec::Waiting) && state.upgrade == Upgrade::Done;
        let seldom = state.seldom_if_any();
        let answer = seldom.and_then(|seldom| seldom.answer.take());
        if !changed && !upgraded && answer.is_none() {
            return;
        }
        if changed {
            self.unread(state);
        }
        self.codec = match (state.protocol.role(), state.upgrade, answer) {
            (Some(role), Upgrade::Done, _) => Codec::websocket(role, self.connection.agreement()),
            (_, _, Some(answer)) => Codec::Answer(answer),
            _ => Codec::new(state.protocol),
        };
        self.stalled = !self.pending.is_empty() || self.eof.is_some();
    }

    /// Reads and decodes what came, for as long as there is nothing else to do. Returns whether the rest is the owner's.
    fn read(&mut self, cx: &mut Context<'_>, settings: Settings) -> Poll<bool> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut goes_on = Some(settings);
            while let Some(settings) = goes_on.take() {
                let mut buffer = ReadBuf::new(scratch);
                match ready!(self.reader.poll_read(cx, &mut buffer)) {
                    Err(_) if self.leaves() => return Poll::Ready(true),
                    Err(_) => self.end_of_file(Closed::Failed),
                    Ok(()) if buffer.filled().is_empty() => self.end_of_file(Closed::ByPeer),
                    Ok(()) => goes_on = self.received(buffer.filled(), &settings),
                }
            }
            if self.is_up_to_the_owner() {
                return Poll::Pending;
            }
            Poll::Ready(false)
        })
    }

    /// Leaves a connection whose peer has reset it to the owner, if nothing else is to be done: there will never be anything to read, nor room to wait for.
    fn leaves(&self) -> bool {
        let connection = &self.connection;
        let mut state = connection.lock();
        let leaves = matches!(self.reader, ReadHalf::Tcp(_))
            && self.deadline.is_none()
            && self.pending.is_empty()
            && self.codec.buffered() == 0
            && state.is_calm()
            && state.is_caught_up(connection.shared.turn())
            && !connection.owes.load(Relaxed);
        if leaves {
            state.presence = Presence::Left;
            state.receive_one(Event::Closed(Closed::Failed));
            connection.announce(&mut state);
        }
        leaves
    }

    /// Whether nothing more will be received, and there is nothing to do until the owner does something.
    fn is_up_to_the_owner(&self) -> bool {
        self.eof.is_some() && self.deadline.is_none() && self.connection.lock().is_calm()
    }

    /// Reads and forgets: the connection is ending and only waits for the peer to close.
    pub(super) fn discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            let result = ready!(self.reader.poll_read(cx, &mut buffer));
            if result.is_err() || buffer.filled().is_empty() {
                self.eof = Some(Closed::ByPeer);
            }
            Poll::Ready(())
        })
    }
}

/// Writes while the socket has room, and sees to it that the task is woken when a full socket has room again, or when the others had their
/// turn during a long file.
fn write(connection: &Arc<Connection>, state: &mut State, cx: &mut Context<'_>) {
    while state.blocked {
        let Some(Poll::Ready(_)) = state.writer.as_ref().map(|writer| writer.poll_writable(cx))
        else {
            break;
        };
        if state.write(When::Ready) {
            cx.waker().wake_by_ref();
            break;
        }
    }
    connection.announce_sending(state);
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;
    use crate::stream::WriteHalf;

    #[test]
    fn what_sending_looks_at_stands_together() {
        let reference_counts = 2 * size_of::<usize>();
        let state = offset_of!(Connection, state) + size_of::<usize>();
        let descriptor = offset_of!(State, writer) + size_of::<usize>();
        // A line of the cache begins with the state, where the block begins 16 bytes behind one.
        assert_eq!((reference_counts + state, descriptor), (48, 64));
        assert_eq!(
            size_of::<Option<WriteHalf>>(),
            24,
            "its tag and the number are 8 of them"
        );
    }

    #[test]
    fn an_idle_connection_is_small() {
        let (task, connection) = (size_of::<Task>(), size_of::<Connection>());
        // With what tokio adds to it, and rounds up to 128 bytes.
        assert!(task <= 152, "{task}");
        assert!(connection <= 248, "{connection}");
    }
}
