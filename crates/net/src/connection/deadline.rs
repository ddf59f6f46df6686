//! The time that a peer has for what it has to do first: its handshakes, and its first message.

use std::{future::Future, task::Context, time::Duration};

use ouvrier_protocol::websocket::{Refusal, Role};
use tokio::time::sleep;

use super::{
    life::{Phase, Upgrade},
    state::State,
    task::Task,
};
use crate::{
    codec::close_frame,
    event::{Closed, Event, Protocol},
    tls::TlsError,
};

/// The close code of a peer that does not do as it should (RFC 6455 section 7.4.1).
pub(super) const POLICY_VIOLATION: u16 = 1008;

/// What a peer has to do in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// Its TLS handshake.
    Secure,
    /// As a websocket server, its answer.
    Answer,
    /// Its websocket handshake.
    Upgrade,
    /// Its first websocket message.
    Message,
}

impl Due {
    /// What a new connection waits for that gives its peer so much time.
    pub(super) const fn first(protocol: Protocol, time: Option<Duration>) -> Self {
        match (time, protocol) {
            (None, _) => Self::Nothing,
            (Some(_), Protocol::WebsocketClient) => Self::Answer,
            (Some(_), _) => Self::Secure,
        }
    }
}

impl Task {
    /// Whether the peer has not done in time what it has to do next.
    pub(super) fn is_late(&mut self, state: &State, cx: &mut Context<'_>) -> bool {
        let due = self.due(state);
        if due != self.due {
            self.due = due;
            self.deadline = self.time_for(due).map(|time| Box::pin(sleep(time)));
        }
        let Some(deadline) = &mut self.deadline else {
            return false;
        };
        self.eof.is_none() && deadline.as_mut().poll(cx).is_ready()
    }

    fn due(&self, state: &State) -> Due {
        if self.finished {
            Due::Nothing
        } else if state.is_shaking_hands() {
            Due::Secure
        } else if state.awaits_answer() {
            Due::Answer
        } else if state.phase != Phase::Open || state.protocol != Protocol::Websocket {
            Due::Nothing
        } else if state.paused || state.inbox_full {
            // Whom we do not read is not to blame, and has the whole time once we do.
            Due::Nothing
        } else {
            match state.upgrade {
                Upgrade::Expected => Due::Upgrade,
                Upgrade::Done if !self.greeted => Due::Message,
                Upgrade::Asked | Upgrade::Done => Due::Nothing,
            }
        }
    }

    /// `None`: any time it likes.
    fn time_for(&self, due: Due) -> Option<Duration> {
        let websocket = &self.connection.policy().websocket;
        let time = match due {
            // These are set when the task starts.
            Due::Nothing | Due::Secure | Due::Answer => Duration::ZERO,
            Due::Upgrade => websocket.handshake_timeout,
            Due::Message => websocket.first_message_timeout,
        };
        (!time.is_zero()).then_some(time)
    }

    /// Ends the connection of a peer that is late.
    pub(super) fn late(&mut self) {
        match self.due {
            Due::Nothing => {}
            Due::Secure => self.end_handshake(Closed::Failed, Event::Insecure(TlsError::TimedOut)),
            Due::Answer => {
                self.deadline = None;
                self.connection.give_up_answer();
            }
            Due::Upgrade => {
                self.connection.count(|ledger| &ledger.late);
                self.refuse(Refusal::Late);
            }
            Due::Message => {
                self.connection.count(|ledger| &ledger.late);
                let farewell = close_frame(Role::Server, POLICY_VIOLATION);
                self.end_with(Event::Fault(farewell));
            }
        }
    }
}
