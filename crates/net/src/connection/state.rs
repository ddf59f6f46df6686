//! What the owner, the task and the relief driver share of a connection.

use std::{os::fd::RawFd, task::Waker, time::Duration};

use ouvrier_protocol::websocket::client;

use super::{
    life::{Course, Phase, Presence, Upgrade},
    seldom::Seldom,
};
use crate::{
    connection::{Events, Sent, Settings},
    event::{Closed, Event, Protocol},
    send_buffer::SendBuffer,
    stream::WriteHalf,
    tls::Session,
};

/// Weight of undelivered events at which the task stops reading.
pub(super) const INBOX_LIMIT: usize = 256 * 1024;

/// Everything that is known of a connection outside of its task. What sending and writing look at comes first, up to the beginning of the writer, see
/// [`Connection`](super::Connection).
#[repr(C)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) upgrade: Upgrade,
    /// The socket is full, or a long file is being sent: the task writes when the socket is writable, nobody else does.
    pub(super) blocked: bool,
    pub(super) course: Course,
    /// The task has something to do that it did not have when it went to sleep.
    pub(super) rouse: bool,
    pub(super) drained: bool,
    pub(super) over: Option<Closed>,
    pub(super) protocol: Protocol,
    /// Whether any of what [waits](Self::waiting) waits for the peer, as the books of the process have it.
    pub(super) holds: bool,
    /// The connection is in the queue of the ready.
    pub(super) queued: bool,
    pub(super) paused: bool,
    /// The task has not begun to cut by `protocol` yet. Until then the inbox is its to cut anew, and not the owner's.
    pub(super) protocol_changed: bool,
    /// Messages in both directions so far; it may wrap.
    pub(super) messages: u32,
    pub(super) send: SendBuffer,
    /// What stands between the send buffer and the socket, and between the socket and the decoder.
    pub(super) tls: Option<Box<Session>>,
    /// What few connections have.
    pub(super) seldom: Option<Box<Seldom>>,
    /// What the books of the process say that [waits](Self::waiting) for this connection alone.
    pub(super) accounted: usize,
    pub(super) bytes_written: u64,
    pub(super) writer: Option<WriteHalf>,
    pub(super) waker: Option<Waker>,
    pub(super) settings: Settings,
    pub(super) inbox: Events,
    /// The task stopped reading because of the weight of the inbox.
    pub(super) inbox_full: bool,
    /// The socket was given up with everything written: a peer that still talks is heard out, so that it gets to read.
    pub(super) parting: bool,
    /// There has been a websocket handshake; there will be no second one.
    pub(super) shook_hands: bool,
    pub(super) presence: Presence,
    /// The turn in which the owner took events last, or [`NEVER`]: until the next one it is still busy with them.
    taken_in: u32,
    pub(super) inbox_weight: usize,
    pub(super) bytes_read: u64,
    /// Bytes of an unfinished message in the task.
    pub(super) pending: usize,
}

/// Stands for no turn. Numbers wrap, and in the turn that has this one a connection that was idle for ever is taken for a busy one, which costs it a detour.
const NEVER: u32 = u32::MAX;

impl State {
    #[inline]
    pub(super) fn new(writer: Option<WriteHalf>, protocol: Protocol, settings: Settings) -> Self {
        Self {
            protocol,
            protocol_changed: false,
            settings,
            phase: Phase::Open,
            upgrade: Upgrade::first(protocol),
            shook_hands: false,
            // What is sent before there is a socket waits, as it does for one that is full.
            blocked: writer.is_none(),
            writer,
            send: SendBuffer::default(),
            tls: None,
            inbox: Events::new(),
            inbox_weight: 0,
            inbox_full: false,
            presence: Presence::Both,
            taken_in: NEVER,
            pending: 0,
            paused: false,
            drained: false,
            over: None,
            parting: false,
            queued: false,
            course: Course::Idle,
            rouse: false,
            waker: None,
            messages: 0,
            accounted: 0,
            holds: false,
            bytes_read: 0,
            bytes_written: 0,
            seldom: None,
        }
    }

    /// Cuts by another protocol. Websocket begins with a handshake, unless there has been one.
    pub(super) fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
        self.protocol_changed = !self.is_left();
        drop(self.take_early());
        self.upgrade = if self.shook_hands {
            Upgrade::Done
        } else {
            Upgrade::first(protocol)
        };
    }

    /// Speaks TLS behind what is queued. What the owner has not seen is the peer's part of it.
    pub(super) fn begin_tls(&mut self, mut session: Box<Session>, handshake_timeout: Duration) {
        session.follow(std::mem::take(&mut self.send), handshake_timeout);
        self.tls = Some(session);
        self.protocol_changed = true;
    }

    /// Our own handshake is in the send buffer.
    pub(super) fn expect_answer(&mut self, answer: client::Decoder) {
        self.upgrade = Upgrade::Expected;
        self.seldom().answer = Some(Box::new(answer));
    }

    /// Keeps what is sent before the end of a websocket handshake.
    pub(super) fn send_early(&mut self, limit: usize, encode: impl FnOnce(&mut Vec<u8>)) -> Sent {
        let early = &mut self.seldom().early;
        if early.len() >= limit {
            return Sent::Dropped;
        }
        encode(early);
        if early.len() >= limit {
            Sent::Filled
        } else {
            Sent::Buffered
        }
    }

    /// The answer to the handshake is in the send buffer: what was sent early follows it.
    pub(super) fn upgraded(&mut self) {
        self.upgrade = Upgrade::Done;
        self.shook_hands = true;
        let early = self.take_early();
        if !early.is_empty() {
            self.send.tail().extend_from_slice(&early);
        }
    }

    /// What becomes of bytes that cannot go anywhere.
    pub(super) fn refuses(&self) -> Option<Sent> {
        if self.phase != Phase::Open {
            return Some(Sent::Closed);
        }
        let writable = self.writer.as_ref().is_none_or(WriteHalf::can_be_written);
        (!writable).then_some(Sent::ReadOnly)
    }

    /// How many bytes wait to be written.
    pub(super) fn queued(&self) -> usize {
        self.send.len() + self.tls.as_ref().map_or(0, |tls| tls.sealed())
    }

    /// How many bytes wait, those included that wait for the end of a websocket handshake.
    pub(super) fn waiting(&self) -> usize {
        self.queued() + self.early().len()
    }

    /// Whether there is a TLS handshake that is not done.
    pub(super) fn is_shaking_hands(&self) -> bool {
        let unfinished = self.tls.as_ref().is_some_and(|tls| !tls.is_secured());
        unfinished && self.phase != Phase::Closed
    }

    /// Whether a websocket server has not let us in yet.
    pub(super) fn awaits_answer(&self) -> bool {
        let is_client = self.protocol == Protocol::WebsocketClient;
        is_client && self.phase == Phase::Open && self.upgrade != Upgrade::Done
    }

    /// Whether bytes have to wait: the socket is full, or the TLS handshake is not done.
    pub(super) fn is_held_up(&self) -> bool {
        self.blocked || self.is_shaking_hands()
    }

    /// Whether nothing stands before what is sent now.
    pub(super) fn is_passing(&self) -> bool {
        !self.is_held_up() && self.upgrade == Upgrade::Done
    }

    /// Nothing more is taken or received; the peer gets what is queued and has `linger` to close.
    pub(super) fn end(&mut self, linger: Duration) {
        if self.is_left() {
            return self.fail();
        }
        self.phase = Phase::Ending;
        self.seldom().linger = linger;
        self.forget_received();
    }

    /// The connection broke: nothing can be written any more.
    pub(super) fn fail(&mut self) {
        self.finish(Closed::Failed);
    }

    /// The sending side is over, for a reason that the owner is told.
    pub(super) fn finish(&mut self, reason: Closed) {
        self.parting = self.phase == Phase::Closing && reason == Closed::Done;
        self.shut();
        self.over = Some(reason);
    }

    /// Gives the socket up at the owner's wish, who wants to hear no more of it.
    pub(super) fn destroy(&mut self) {
        if self.tls.is_some() && self.queued() == 0 {
            self.say_goodbye();
        }
        if self.phase != Phase::Closed {
            self.shut();
        }
        self.inbox = Events::new();
        self.presence.introduce();
        self.drained = false;
        self.over = None;
    }

    /// Tells a TLS peer that this is the end, and not an attack that cuts the connection (RFC 8446 section 6.1).
    fn say_goodbye(&mut self) {
        self.phase = Phase::Closing;
        self.flush();
        self.parting = false;
    }

    /// Gives the socket up.
    fn shut(&mut self) {
        self.phase = Phase::Closed;
        self.blocked = false;
        self.send = SendBuffer::default();
        self.tls = None;
        drop(self.take_early());
        self.forget_received();
        if let Some(writer) = self.writer.take() {
            writer.release();
        }
        self.rouse = true;
    }

    /// Forgets what was received; not that there is a connection, which the owner must hear of, however short its life was.
    fn forget_received(&mut self) {
        let first = self.inbox.pop_front();
        self.inbox = first
            .filter(|event| matches!(event, Event::Connected))
            .into_iter()
            .collect();
        self.inbox_weight = 0;
    }

    /// Hands the inbox to the owner, in turn number `turn`; nothing while it waits to be cut by another protocol.
    pub(super) fn take_inbox(&mut self, turn: u64) -> Events {
        if self.protocol_changed {
            return Events::new();
        }
        if self.has_news() {
            self.taken_in = short(turn);
        }
        self.inbox_weight = 0;
        let mut events = std::mem::take(&mut self.inbox);
        if self.presence.introduce() {
            events.push_front(Event::Opened);
        }
        events
    }

    /// Whether the task is gone although the connection may be open.
    pub(super) fn is_left(&self) -> bool {
        self.presence == Presence::Left
    }

    /// Whether there is something that the owner has not taken.
    pub(super) fn has_news(&self) -> bool {
        self.presence == Presence::New || !self.inbox.is_empty()
    }

    /// Puts events that the owner took before everything that came since.
    pub(super) fn put_back(&mut self, mut events: Events) {
        self.inbox_weight += events.iter().map(Event::weight).sum::<usize>();
        events.append(std::mem::take(&mut self.inbox));
        self.inbox = events;
    }

    /// Takes what the owner has not seen yet out of the inbox; it knows of the connection itself.
    pub(super) fn take_undelivered(&mut self) -> Events {
        self.inbox_weight = 0;
        std::mem::take(&mut self.inbox)
    }

    /// Whether the owner is done with everything that was received so far; `turn` is the number of the current turn.
    pub(super) fn is_caught_up(&self, turn: u64) -> bool {
        !self.has_news() && self.taken_in != short(turn)
    }

    /// The socket, if nothing waits or stands before what is sent now, and the owner has heard nothing from here lately; `turn` is the number of the current turn.
    #[inline]
    pub(super) fn lies_still(&self, turn: u64) -> Option<RawFd> {
        let is_heard = short(turn).wrapping_sub(self.taken_in) <= 1;
        if is_heard { None } else { self.open_socket() }
    }

    fn open_socket(&self) -> Option<RawFd> {
        let is_idle = self.phase == Phase::Open
            && self.course == Course::Idle
            && self.is_passing()
            && self.tls.is_none()
            && self.seldom.is_none()
            && self.send.is_empty()
            && self.presence == Presence::Both
            && self.inbox.is_empty();
        let writer = self.writer.as_ref().filter(|_| is_idle)?;
        writer.socket()
    }

    /// Appends what the task received.
    pub(super) fn receive(&mut self, events: Events, weight: usize) {
        self.inbox_weight += weight;
        self.inbox.append(events);
    }

    /// Appends one event.
    pub(super) fn receive_one(&mut self, event: Event) {
        self.inbox_weight += event.weight();
        self.inbox.push_back(event);
    }

    /// Whether the task may read and has nothing else to look at, which is so nearly every time.
    pub(super) fn is_calm(&self) -> bool {
        self.phase == Phase::Open
            && self.upgrade == Upgrade::Done
            && !self.blocked
            && !self.paused
            && !self.protocol_changed
            && !self.inbox_full
            && self.inbox_weight < INBOX_LIMIT
            && self.seldom.is_none()
            && !self.is_shaking_hands()
    }

    /// Whether the task may read. A handshake goes on whatever the owner wants to hear.
    pub(super) fn may_read(&mut self) -> bool {
        self.is_shaking_hands() || self.may_decode()
    }

    /// Whether what is received is wanted now; remembers that there may be something when the owner is behind.
    pub(super) fn may_decode(&mut self) -> bool {
        match self.phase {
            Phase::Ending => true,
            Phase::Closing | Phase::Closed => false,
            Phase::Open => {
                let held = self.seldom.as_ref().map_or(0, |seldom| seldom.held);
                self.inbox_full = self.inbox_weight + held >= INBOX_LIMIT;
                // While the owner looks at a handshake the task reads until there is something behind it, so that it learns of a peer that leaves.
                let waits = self.upgrade == Upgrade::Asked && self.pending > 0;
                !self.inbox_full && !self.paused && !waits
            }
        }
    }

    /// Keeps the waker of the task.
    pub(super) fn wake_with(&mut self, waker: &Waker) {
        if !self.waker.as_ref().is_some_and(|old| old.will_wake(waker)) {
            self.waker = Some(waker.clone());
        }
    }

    pub(super) fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }
}

/// The number of a turn, which wraps.
const fn short(turn: u64) -> u32 {
    (turn & u32::MAX as u64) as u32
}
