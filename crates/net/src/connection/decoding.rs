//! What the task makes of received bytes: answers to what needs no owner, and events for the owner.

use std::sync::atomic::Ordering::Relaxed;

use ouvrier_protocol::{
    http::CONTINUE,
    websocket::{CloseFrame, Refusal, Role, handshake},
};

use super::{
    Events, Settings,
    deadline::POLICY_VIOLATION,
    life::{Phase, Upgrade},
    parting::LAST_LINGER,
    state::{INBOX_LIMIT, State},
    task::Task,
};
use crate::{
    codec::{Codec, Fault, Found, close_frame},
    event::{Closed, Event, Payload},
    frame,
};

/// Most events decoded before the owner gets to see them.
const BATCH: usize = 128;
/// Queued bytes beyond which pings are no longer answered: a peer that pings and does not read must not fill memory.
pub(super) const ANSWER_LIMIT: usize = 64 * 1024;

/// What one round of decoding brought.
#[derive(Default)]
struct Batch {
    /// How many bytes the socket brought.
    read: usize,
    events: Events,
    /// What the events weigh. Messages that were compressed may weigh a thousand times what was read.
    weight: usize,
    /// How many of them are messages.
    messages: u32,
    /// What is answered without asking the owner.
    answers: Vec<u8>,
    /// The answers tell an http client that the body of its request is wanted: without them it would wait.
    invites: bool,
    /// The state of the websocket handshake, if it changed.
    upgrade: Option<Upgrade>,
    last: Option<Last>,
}

/// What ends a connection without asking the owner, if it can.
enum Last {
    /// A handshake was refused: the answers are the last words.
    Refused,
    /// The peer wants to close.
    CloseFrame(Option<CloseFrame>),
}

impl Task {
    /// Decodes what the socket brought, together with what is pending. Returns by which settings to go on if there is nothing to do but
    /// to read, see [`Task::only_reads`].
    pub(super) fn received(&mut self, bytes: &[u8], settings: &Settings) -> Option<Settings> {
        if !self.pending.is_empty() {
            self.pending.append(bytes);
            return self.decode_pending(bytes.len(), settings);
        }
        let mut batch = Batch::of(bytes.len());
        let consumed = self.decode(bytes, settings, &mut batch);
        if consumed < bytes.len() {
            self.pending.append(&bytes[consumed..]);
        }
        self.commit(batch)
    }

    /// Decodes what is pending, of which the last `read` bytes are new. Returns what [`Task::received`] does.
    pub(super) fn decode_pending(&mut self, read: usize, settings: &Settings) -> Option<Settings> {
        let mut batch = Batch::of(read);
        let mut pending = std::mem::take(&mut self.pending);
        let consumed = self.decode(pending.unconsumed(), settings, &mut batch);
        pending.consume(consumed);
        self.pending = pending;
        if let (Some(reason), false) = (self.eof, self.stalled) {
            self.tell_end(Event::Closed(reason), &mut batch);
        }
        self.commit(batch)
    }

    /// Nothing more will be received.
    pub(super) fn end_of_file(&mut self, reason: Closed) {
        self.end(reason, Event::Closed(reason));
    }

    /// Nothing more will be received, and `last` says why.
    pub(super) fn end(&mut self, reason: Closed, last: Event) {
        self.eof = Some(reason);
        self.end_with(last);
    }

    /// Ends the connection with `last`, although more could be received.
    pub(super) fn end_with(&mut self, last: Event) {
        let mut batch = Batch::default();
        self.tell_end(last, &mut batch);
        self.commit(batch);
    }

    /// Does not let a websocket client in.
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        let mut batch = Batch::default();
        self.refuse_handshake(&refusal, &mut batch);
        self.commit(batch);
    }

    fn refuse_handshake(&mut self, refusal: &Refusal, batch: &mut Batch) {
        self.finished = true;
        batch.answers.extend_from_slice(&refusal.response());
        batch.last = Some(Last::Refused);
    }

    /// Refuses what the peer began to say: with `answer` at once or, if the owner owes it another one, behind that.
    pub(super) fn refuse_rest(&mut self, answer: &[u8]) {
        let mut batch = Batch::default();
        if self.owner_is_behind() || self.connection.owes.load(Relaxed) {
            self.tell_end(Event::Fault(answer.to_vec()), &mut batch);
        } else {
            self.finished = true;
            batch.answers.extend_from_slice(answer);
            batch.last = Some(Last::Refused);
        }
        self.commit(batch);
    }

    /// Decodes `input` as far as it makes messages and a batch has room. Returns how much is done with: not what breaks the protocol
    /// behind a message that the owner has not seen, for that may change the protocol.
    fn decode(&mut self, input: &[u8], settings: &Settings, batch: &mut Batch) -> usize {
        let mut consumed = 0;
        self.stalled = false;
        while consumed < input.len() && !self.finished {
            if batch.is_full() {
                self.stalled = true;
                return consumed;
            }
            let policy = self.connection.policy();
            match self.codec.decode(&input[consumed..], settings, policy) {
                Ok(step) => {
                    consumed += step.consumed;
                    match step.item {
                        Some(Found::Event(Event::Message(message))) => self.message(message, batch),
                        Some(found) => self.found(found, settings, batch),
                        None => return consumed,
                    }
                }
                Err(fault) => {
                    let unseen = !batch.events.is_empty() || self.owner_is_behind();
                    self.fault(fault, batch);
                    return if unseen { consumed } else { input.len() };
                }
            }
        }
        // After a close frame, whatever follows is done with as well.
        input.len()
    }

    /// Whether the owner has something of the connection to do.
    pub(super) fn owner_is_behind(&self) -> bool {
        let connection = &self.connection;
        !connection.lock().is_caught_up(connection.shared.turn())
    }

    /// A websocket handshake is refused on the spot; any other answer has to wait for those to the messages before it.
    fn fault(&mut self, Fault(answer): Fault, batch: &mut Batch) {
        self.connection.count(|ledger| &ledger.faulty);
        if matches!(self.codec, Codec::Handshake(_)) {
            self.finished = true;
            batch.answers.extend_from_slice(&answer);
            batch.last = Some(Last::Refused);
        } else {
            self.codec = Codec::Raw;
            self.tell_end(Event::Fault(answer), batch);
        }
    }

    /// Leaves the last event of the connection.
    fn tell_end(&mut self, event: Event, batch: &mut Batch) {
        if !std::mem::replace(&mut self.finished, true) {
            batch.tell(event);
        }
    }

    /// Answers what needs no owner, and keeps the rest for it.
    #[inline(never)]
    fn found(&mut self, found: Found, settings: &Settings, batch: &mut Batch) {
        match found {
            Found::Handshake(head) if !self.admits_origin(&head) => {
                self.connection.count(|ledger| &ledger.refused);
                self.refuse_handshake(&Refusal::Origin, batch);
            }
            Found::Handshake(head) if settings.ask_upgrade => {
                self.codec = Codec::Waiting;
                batch.upgrade = Some(Upgrade::Asked);
                batch.tell(Event::Upgrade(head));
            }
            Found::Handshake(head) => {
                let agreed = self.connection.agree(&head);
                self.codec = Codec::websocket(Role::Server, self.connection.agreement());
                handshake::accept(&head, agreed, &mut batch.answers);
                batch.upgrade = Some(Upgrade::Done);
                batch.tell(Event::Upgraded(head));
            }
            Found::Answer(head, agreed) => {
                if let Some(agreed) = agreed {
                    self.connection.compress_as(agreed, Role::Client);
                }
                self.codec = Codec::websocket(Role::Client, self.connection.agreement());
                batch.upgrade = Some(Upgrade::Done);
                batch.tell(Event::Upgraded(head));
            }
            Found::Refused(refused) => {
                self.tell_end(Event::ConnectFailed(Box::new(refused.into())), batch);
            }
            Found::Event(Event::Ping(_) | Event::Pong(_)) if self.is_flooding() => {
                let farewell = close_frame(self.codec.role(), POLICY_VIOLATION);
                self.tell_end(Event::Fault(farewell), batch);
            }
            Found::Event(Event::Ping(data)) if !settings.tell_ping => {
                frame::encode(self.codec.role(), frame::PONG, &data, &mut batch.answers);
            }
            Found::Event(Event::CloseFrame(close)) if !settings.tell_close => {
                self.finished = true;
                batch.last = Some(Last::CloseFrame(close));
            }
            Found::Event(Event::Continue) if self.may_invite(batch) => {
                batch.answers.extend_from_slice(CONTINUE);
                batch.invites = true;
            }
            Found::Event(event) => {
                self.messages = self.messages.wrapping_add(1);
                batch.tell(event);
            }
        }
    }

    fn message(&mut self, message: Payload, batch: &mut Batch) {
        self.greeted = true;
        self.messages = self.messages.wrapping_add(1);
        batch.messages += 1;
        batch.tell(Event::Message(message));
    }

    /// Whether a client may be told that the body of its request is wanted without asking the owner: no other answer has to come first, and the client
    /// reads.
    fn may_invite(&self, batch: &Batch) -> bool {
        let connection = &self.connection;
        let state = connection.lock();
        let owes = connection.owes.load(Relaxed) || !state.is_caught_up(connection.shared.turn());
        let answered = self.messages == 0 || !owes;
        answered && batch.events.is_empty() && state.send.len() < ANSWER_LIMIT
    }

    fn admits_origin(&self, head: &[u8]) -> bool {
        let origins = self.connection.policy().websocket.origins.as_ref();
        origins.is_none_or(|origins| origins.admit(head))
    }

    /// Counts a ping or a pong of a client. Returns whether there have been too many in this second.
    fn is_flooding(&mut self) -> bool {
        self.codec.role() == Role::Server && self.control_frames.are_too_many(&self.connection)
    }

    /// Makes a round of decoding visible to the owner, and sends the answers. Returns what [`Task::received`] does.
    fn commit(&mut self, mut batch: Batch) -> Option<Settings> {
        let mut state = self.connection.lock();
        if state.phase != Phase::Open {
            return None;
        }
        state.bytes_read += batch.read as u64;
        state.pending = self.pending.len() + self.codec.buffered();
        if let Some(close) = batch.take_close() {
            let turn = self.connection.shared.turn();
            if batch.events.is_empty() && state.is_caught_up(turn) {
                let code = close.as_ref().map_or(1000, |close| close.code);
                frame::encode_close(self.codec.role(), code, &mut batch.answers);
                state.phase = Phase::Closing;
            } else {
                batch.tell(Event::CloseFrame(close));
            }
        }
        if batch.has_answers() {
            batch.answer(&mut state);
            self.connection.announce_sending(&mut state);
        }
        if !batch.events.is_empty() && state.phase == Phase::Open {
            state.messages = state.messages.wrapping_add(batch.messages);
            state.receive(batch.events, batch.weight);
            self.connection.announce(&mut state);
        }
        self.only_reads(&state)
    }
}

impl Batch {
    /// Of so many bytes.
    fn of(read: usize) -> Self {
        Self {
            read,
            ..Self::default()
        }
    }

    /// Whether the owner is to see it before more is decoded.
    fn is_full(&self) -> bool {
        self.events.len() >= BATCH || self.weight >= INBOX_LIMIT
    }

    /// Leaves an event for the owner.
    fn tell(&mut self, event: Event) {
        self.weight += event.weight();
        self.events.push_back(event);
    }

    fn has_answers(&self) -> bool {
        !self.answers.is_empty() || self.upgrade.is_some()
    }

    /// The close frame that nobody has answered yet.
    fn take_close(&mut self) -> Option<Option<CloseFrame>> {
        match self.last.take() {
            Some(Last::CloseFrame(close)) => Some(close),
            other => {
                self.last = other;
                None
            }
        }
    }

    /// Sends the answers, and takes the steps that they announce to the peer.
    fn answer(&mut self, state: &mut State) {
        if let Some(Upgrade::Asked) = self.upgrade {
            state.upgrade = Upgrade::Asked;
        }
        let is_last = self.upgrade.is_some() || self.last.is_some() || state.phase != Phase::Open;
        let pongs = !is_last && !self.invites;
        if !pongs || state.send.len() < ANSWER_LIMIT {
            state.send.tail().extend_from_slice(&self.answers);
        }
        if let Some(Upgrade::Done) = self.upgrade {
            state.upgraded();
        }
        if let Some(Last::Refused) = self.last {
            state.end(LAST_LINGER);
        }
        state.flush();
    }
}
