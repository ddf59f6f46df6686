//! How long a connection that is to be closed waits for its peer: to take what was sent to it, and then to close.

use std::{
    future::Future,
    net::Shutdown,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

use super::{life::Phase, state::State, task::Task};
use crate::event::Closed;

/// How long a peer that still sends may take to read the last answer.
pub(super) const LAST_LINGER: Duration = Duration::from_secs(1);

/// The time of a peer that is waited for.
pub(super) struct Patience {
    timer: Pin<Box<Sleep>>,
    step: Step,
}

/// What the peer is waited for to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// That it takes more than the bytes which had been written when the timer was set.
    Taking(u64),
    /// That it closes, now that it was told that nothing more comes.
    Closing,
}

impl Patience {
    fn new(step: Step, time: Duration) -> Box<Self> {
        Box::new(Self {
            timer: Box::pin(sleep(time)),
            step,
        })
    }
}

impl Task {
    /// Whether a connection is over because its peer had enough time. It is then finished.
    pub(super) fn is_given_up(&mut self, state: &mut State, cx: &mut Context<'_>) -> bool {
        match state.phase {
            Phase::Closing | Phase::Ending if !state.send.is_empty() && !state.is_hurried() => {
                self.is_stuck(state, cx)
            }
            Phase::Ending => self.lingered(state, cx),
            Phase::Open | Phase::Closing | Phase::Closed => false,
        }
    }

    /// Whether the peer takes nothing of what stands before the end.
    fn is_stuck(&mut self, state: &mut State, cx: &mut Context<'_>) -> bool {
        let time = self.connection.policy().limits.close_timeout;
        if time.is_zero() {
            return false;
        }
        let step = Step::Taking(state.bytes_written);
        loop {
            let patience = self
                .patience
                .get_or_insert_with(|| Patience::new(step, time));
            if patience.timer.as_mut().poll(cx).is_pending() {
                return false;
            }
            if patience.step == step {
                self.connection.count(|ledger| &ledger.slow);
                state.fail();
                return true;
            }
            self.patience = None;
        }
    }

    /// Whether the time is up that an ending connection was given to read the answer. It counts from when everything was written, unless
    /// it was hurried.
    fn lingered(&mut self, state: &mut State, cx: &mut Context<'_>) -> bool {
        let linger = state.seldom().linger;
        let up = self.eof.is_some() || linger.is_zero() || self.has_waited(linger, cx);
        if up {
            state.finish(Closed::Done);
        }
        up
    }

    /// Whether the peer has had so much time to close.
    fn has_waited(&mut self, time: Duration, cx: &mut Context<'_>) -> bool {
        let patience = match &mut self.patience {
            Some(patience) if patience.step == Step::Closing => patience,
            patience => patience.insert(Patience::new(Step::Closing, time)),
        };
        patience.timer.as_mut().poll(cx).is_ready()
    }

    /// Keeps the socket of a closed connection for as long as the peer still sends, within limits.
    pub(super) fn part(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_parting() {
            if !self.peer_is_sending() {
                return Poll::Ready(());
            }
            self.reader.shutdown(Shutdown::Write);
        }
        loop {
            if self.eof.is_some() || self.has_waited(LAST_LINGER, cx) {
                return Poll::Ready(());
            }
            ready!(self.discard(cx));
        }
    }

    /// Whether the time of the peer to close runs.
    fn is_parting(&self) -> bool {
        let step = self.patience.as_ref().map(|patience| patience.step);
        step == Some(Step::Closing)
    }

    /// Whether the peer has sent what was not read, or is in the middle of a message.
    fn peer_is_sending(&self) -> bool {
        let unfinished = !self.pending.is_empty() || self.codec.buffered() > 0;
        self.eof.is_none() && (unfinished || self.reader.has_unread())
    }
}
