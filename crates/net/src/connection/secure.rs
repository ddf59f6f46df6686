//! TLS on a connection: beginning it on one that is open, and what the task does for it, the handshake and decrypting before decoding.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use ouvrier_protocol::spare;
use tokio::{io::ReadBuf, time::sleep};

use super::{
    Connection, Events, Settings,
    deadline::Due,
    life::Phase,
    state::State,
    task::{SCRATCH, Task},
};
use crate::{
    event::{Closed, Event},
    tls::{Client, Server, TlsError},
};

/// How long a server may take for its handshake on a connection that has been there before.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Which side of TLS a connection that is open becomes.
#[derive(Debug, Clone, Copy)]
pub enum Side<'a> {
    /// The peer begins.
    Server(&'a Server),
    /// We begin, and the peer has to prove that it is the host of this name, unless the client wants another.
    Client(&'a Client, &'a str),
}

/// How far the TLS of a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// The connection does not speak TLS.
    Absent,
    /// It goes on.
    Pending,
    /// It is done.
    Done,
    /// It has come to nothing, or the connection is over.
    Over,
}

impl Connection {
    /// How far TLS is.
    #[must_use]
    pub fn handshake(&self) -> Handshake {
        let state = self.lock();
        match &state.tls {
            _ if state.phase == Phase::Closed => Handshake::Over,
            None => Handshake::Absent,
            Some(tls) if tls.is_secured() => Handshake::Done,
            Some(tls) if tls.is_refused() => Handshake::Over,
            Some(_) => Handshake::Pending,
        }
    }

    /// Begins TLS. What was sent before goes out without it; what the owner has not seen, `unseen` included, which it took and gives back, belongs to
    /// the handshake, and so does what comes. The owner is told of the end by [`Event::Secured`] or [`Event::Insecure`].
    ///
    /// Nothing happens to a connection that speaks TLS already, is not open, or is sending a file.
    ///
    /// # Errors
    /// When the peer has no name that a certificate could have.
    pub fn begin_tls(self: &Arc<Self>, side: Side<'_>, unseen: Events) -> Result<(), TlsError> {
        let (mut session, timeout) = match side {
            Side::Server(server) => (server.session()?, server.handshake_timeout()),
            Side::Client(client, host) => (client.session(host)?, HANDSHAKE_TIMEOUT),
        };
        session.begin()?;
        let mut state = self.lock();
        state.put_back(unseen);
        if state.is_left() {
            self.announce(&mut state);
            return Ok(());
        }
        state.flush();
        if state.phase == Phase::Open && state.tls.is_none() && !state.send.has_file() {
            state.begin_tls(session, timeout);
            self.rouse(&mut state);
        }
        self.flush_now(&mut state);
        Ok(())
    }

    /// TLS was to begin and cannot: nothing that was received is handed out any more, and the owner is told why.
    pub fn refuse_tls(self: &Arc<Self>, error: TlsError) {
        let mut state = self.lock();
        state.paused = true;
        drop(state.take_undelivered());
        state.receive_one(Event::Insecure(error));
        self.announce(&mut state);
    }
}

impl Task {
    /// Takes note that TLS begins. Everything that was read and not seen by the owner is pending by now.
    pub(super) fn begins_tls(&mut self, state: &mut State) -> bool {
        let Some(timeout) = state.tls.as_mut().and_then(|tls| tls.take_begin()) else {
            return false;
        };
        self.due = Due::Secure;
        self.deadline = Some(Box::pin(sleep(timeout)));
        self.stalled = false;
        true
    }

    /// Takes what is pending for the handshake.
    pub(super) fn unseal(&mut self, settings: &Settings) {
        let mut records = std::mem::take(&mut self.pending).unconsumed().to_vec();
        if !records.is_empty() {
            let _ = self.decrypt(&mut records, settings);
        }
        if let Some(reason) = self.eof {
            self.cut(reason);
        }
    }

    /// Takes what a peer has said already when the connection is made after the handshake.
    pub(super) fn take_early(&mut self) {
        let mut state = self.connection.lock();
        let early = state.tls.as_mut().map(|tls| tls.take_received());
        drop(state);
        self.decode_later(&early.unwrap_or_default());
    }

    /// Reads, and does with it what the handshake wants, or decrypts and decodes it, for as long as there is nothing else to do.
    pub(super) fn read_secure(&mut self, cx: &mut Context<'_>, settings: Settings) -> Poll<()> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut goes_on = Some(settings);
            while let Some(settings) = goes_on.take() {
                let Some(held) = self.held() else {
                    self.cut(Closed::ByPeer);
                    break;
                };
                let mut buffer = ReadBuf::new(&mut scratch[held..]);
                match ready!(self.reader.poll_read(cx, &mut buffer)) {
                    Err(_) => self.cut(Closed::Failed),
                    Ok(()) if buffer.filled().is_empty() => self.cut(Closed::ByPeer),
                    Ok(()) => {
                        let end = held + buffer.filled().len();
                        goes_on = self.decrypt(&mut scratch[..end], &settings);
                    }
                }
            }
            Poll::Ready(())
        })
    }

    /// Bytes of unfinished records, or `None` when the peer has said that nothing more comes.
    fn held(&self) -> Option<usize> {
        let state = self.connection.lock();
        let tls = state.tls.as_ref().filter(|tls| !tls.is_ended())?;
        Some(tls.held())
    }

    /// Decrypts what was read; writes what TLS has to say, and what has waited for the end of the handshake. Returns what [`Task::received`] does.
    fn decrypt(&mut self, buffer: &mut [u8], settings: &Settings) -> Option<Settings> {
        let connection = &self.connection;
        let mut state = connection.lock();
        let tls = state.tls.as_mut()?;
        let was_secured = tls.is_secured();
        let outcome = tls.receive(buffer);
        let plain = tls.take_received();
        let secured = tls.is_secured() && !was_secured;
        if secured && state.phase == Phase::Open {
            state.receive_one(Event::Secured);
            connection.announce(&mut state);
        }
        state.flush();
        connection.announce_sending(&mut state);
        let (wanted, open) = (state.may_decode(), state.phase == Phase::Open);
        drop(state);
        let mut goes_on = None;
        match outcome {
            Ok(()) if wanted && !plain.is_empty() => goes_on = self.received(&plain, settings),
            Ok(()) if open => self.decode_later(&plain),
            Ok(()) => {}
            Err(_) if was_secured => self.end_of_file(Closed::Failed),
            Err(error) => self.end_handshake(Closed::Failed, Event::Insecure(error)),
        }
        spare::give_back(plain);
        goes_on
    }

    /// Keeps what cannot be decoded now.
    fn decode_later(&mut self, plain: &[u8]) {
        if !plain.is_empty() {
            self.pending.append(plain);
            self.stalled = true;
        }
    }

    /// The peer says no more.
    fn cut(&mut self, reason: Closed) {
        if self.connection.lock().is_shaking_hands() {
            self.end_handshake(reason, Event::Closed(reason));
        } else {
            self.end_of_file(reason);
        }
    }

    /// The handshake will not be finished. What waits for its end never goes out.
    pub(super) fn end_handshake(&mut self, reason: Closed, last: Event) {
        let mut state = self.connection.lock();
        if let Some(tls) = &mut state.tls {
            tls.give_up();
        }
        if state.phase != Phase::Open {
            state.fail();
            self.connection.announce_sending(&mut state);
        }
        drop(state);
        self.end(reason, last);
    }
}
