//! What the task does for TLS: the handshake, and decrypting before decoding.

use std::{
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::ReadBuf;

use super::{
    Settings,
    state::Phase,
    task::{SCRATCH, Task},
};
use crate::event::{Closed, Event};

impl Task {
    /// Takes what a peer has said already when the connection is made after the handshake.
    pub(super) fn take_early(&mut self) {
        let mut state = self.connection.state.lock();
        let early = state.tls.as_mut().map(|tls| tls.take_received());
        drop(state);
        self.hold(&early.unwrap_or_default());
    }

    /// Reads once, and does with it what the handshake wants, or decrypts and decodes it.
    pub(super) fn read_secure(&mut self, cx: &mut Context<'_>, settings: &Settings) -> Poll<()> {
        SCRATCH.with_borrow_mut(|scratch| {
            let Some(held) = self.held() else {
                self.cut(Closed::ByPeer);
                return Poll::Ready(());
            };
            let mut buffer = ReadBuf::new(&mut scratch[held..]);
            let count = match ready!(self.reader.poll_read(cx, &mut buffer)) {
                Err(_) => {
                    self.cut(Closed::Failed);
                    return Poll::Ready(());
                }
                Ok(()) => buffer.filled().len(),
            };
            if count == 0 {
                self.cut(Closed::ByPeer);
            } else {
                self.decrypt(&mut scratch[..held + count], settings);
            }
            Poll::Ready(())
        })
    }

    /// Bytes of unfinished records, or `None` when the peer has said that nothing more comes.
    fn held(&self) -> Option<usize> {
        let state = self.connection.state.lock();
        let tls = state.tls.as_ref().filter(|tls| !tls.is_ended())?;
        Some(tls.held())
    }

    /// Decrypts what was read; writes what TLS has to say, and what has waited for the end of the handshake.
    fn decrypt(&mut self, buffer: &mut [u8], settings: &Settings) {
        let connection = Arc::clone(&self.connection);
        let mut state = connection.state.lock();
        let Some(tls) = &mut state.tls else { return };
        let was_secured = tls.is_secured();
        let outcome = tls.receive(buffer);
        let plain = tls.take_received();
        let secured = tls.is_secured() && !was_secured;
        if secured && state.phase == Phase::Open {
            state.receive(&mut vec![Event::Secured]);
            connection.announce(&mut state);
        }
        state.flush();
        connection.announce_sending(&mut state);
        let (wanted, open) = (state.may_decode(), state.phase == Phase::Open);
        drop(state);
        match outcome {
            Ok(()) if wanted && !plain.is_empty() => self.received(&plain, settings),
            Ok(()) if open => self.hold(&plain),
            Ok(()) => {}
            Err(_) if was_secured => self.end_of_file(Closed::Failed),
            Err(error) => self.end_handshake(Closed::Failed, Event::Insecure(error)),
        }
    }

    /// Keeps what is decoded later.
    fn hold(&mut self, plain: &[u8]) {
        if !plain.is_empty() {
            self.pending.append(plain);
            self.stalled = true;
        }
    }

    /// The peer says no more.
    fn cut(&mut self, reason: Closed) {
        if self.connection.state.lock().is_shaking_hands() {
            self.end_handshake(reason, Event::Closed(reason));
        } else {
            self.end_of_file(reason);
        }
    }

    /// The handshake will not be finished. What waits for its end never goes out.
    pub(super) fn end_handshake(&mut self, reason: Closed, last: Event) {
        let mut state = self.connection.state.lock();
        if state.phase != Phase::Open {
            state.fail();
            self.connection.announce_sending(&mut state);
        }
        drop(state);
        self.end(reason, last);
    }
}
