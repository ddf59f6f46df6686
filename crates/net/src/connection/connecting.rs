//! A connection that we make, from the wish to the first event.

use std::{future::poll_fn, sync::Arc, task::Poll};

use once_cell::sync::OnceCell;
use ouvrier_protocol::websocket::client;

use super::{
    Connection, Settings,
    life::{Phase, Upgrade},
    state::State,
};
use crate::{
    address::Peer,
    connector::ConnectError,
    event::{Event, Protocol},
    frame,
    policy::{Origin, Policy},
    shared::Shared,
    stream::WriteHalf,
    tls::Session,
};

impl Connection {
    /// A connection without a socket. What is sent to it waits.
    pub(crate) fn unconnected(
        shared: Arc<Shared>,
        protocol: Protocol,
        settings: Settings,
        policy: Policy,
    ) -> Arc<Self> {
        let state = State::new(None, protocol, settings);
        Self::with(shared, OnceCell::new(), Origin::new(0, policy), state)
    }

    /// Completes when the owner does not want the connection any more.
    pub(crate) async fn given_up(&self) {
        poll_fn(|cx| {
            let mut state = self.lock();
            state.wake_with(cx.waker());
            match state.phase {
                Phase::Closed => Poll::Ready(()),
                _ => Poll::Pending,
            }
        })
        .await;
    }

    /// The socket is there, and secured if it is to be: the owner is told, and what was sent so far is written. Only before the task starts.
    pub(crate) fn connected(
        self: &Arc<Self>,
        writer: WriteHalf,
        tls: Option<Box<Session>>,
        remote: Peer,
    ) {
        // Nobody else sets it.
        let _ = self.remote.set(remote);
        let mut state = self.lock();
        if state.phase == Phase::Closed {
            return;
        }
        state.writer = Some(writer);
        state.tls = tls;
        state.paused = true;
        state.blocked = !state.send.is_empty();
        state.flush();
        state.receive_one(Event::Connected);
        self.announce(&mut state);
    }

    /// Websocket, client side: sends the request, and reads what comes back as the answer to it. What was sent already follows once the
    /// server has let us in. A second request of the same connection is none.
    pub fn request_upgrade(self: &Arc<Self>, request: &client::Request<'_>) {
        let mut state = self.lock();
        if state.phase != Phase::Open || state.upgrade != Upgrade::Asked {
            return;
        }
        let key = client::key(frame::nonce());
        request.encode(&key, state.send.tail());
        state.expect_answer(client::Decoder::new(
            key.as_bytes(),
            request.asked_protocols(),
            request.compression,
        ));
        self.rouse(&mut state);
    }

    /// The time is up that a websocket server has for its answer: the owner is told.
    pub(super) fn give_up_answer(self: &Arc<Self>) {
        let mut state = self.lock();
        if state.awaits_answer() {
            let failure = Event::ConnectFailed(Box::new(ConnectError::TimedOut));
            state.receive_one(failure);
            self.announce(&mut state);
        }
    }
}
