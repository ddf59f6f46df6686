//! How fast an http client has to be: with the head and the body of a request, in reading the answer, and with the next request.
//!
//! A connection has one timer, which is set anew when it fires and when a head, a body or a full socket begins to be waited for. A request that
//! arrives whole and an answer that is taken at once leave it alone, so that they cost no look at the clock.

use std::{
    future::Future,
    pin::Pin,
    sync::atomic::Ordering::Relaxed,
    task::Context,
    time::{Duration, Instant},
};

use ouvrier_protocol::http;
use tokio::time::{Sleep, sleep};

use super::{
    state::{Phase, State},
    task::Task,
};
use crate::{event::Protocol, policy::Http};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    /// Not for the client.
    Nothing,
    /// The first byte of the first request.
    Words,
    /// The rest of a head.
    Head,
    /// The rest of a body.
    Body,
    /// That the client reads.
    Reading,
    /// The next request.
    Request,
}

/// What was known at the last look.
pub(super) struct Pace {
    /// In a box of its own, which finds room between larger ones.
    timer: Pin<Box<Sleep>>,
    /// What the timer was set to.
    period: Duration,
    /// What was waited for, and behind how many messages.
    awaited: (Awaited, u32),
    /// It was waited for when the timer was set.
    whole_period: bool,
    /// How many bytes had been moved when the timer was set.
    moved: u64,
}

impl Task {
    /// Whether a client can be left to its timer: it is between two requests, as when the timer was set, and that has not fired. How many
    /// messages have come tells the next look that it was not the same pause.
    pub(super) fn is_on_time(&self, protocol: Protocol) -> bool {
        let Some(pace) = &self.pace else {
            return protocol != Protocol::Http;
        };
        matches!(pace.awaited.0, Awaited::Nothing | Awaited::Request)
            && self.pending.is_empty()
            && self.codec.buffered() == 0
            && !pace.timer.is_elapsed()
    }

    /// What the client is too slow with.
    pub(super) fn is_slow(&mut self, state: &mut State, cx: &mut Context<'_>) -> Option<Awaited> {
        if state.protocol != Protocol::Http {
            self.pace = None;
            return None;
        }
        let awaited = (self.awaited(state), self.messages);
        let http = &self.connection.policy().http;
        let Some(pace) = &mut self.pace else {
            return self.set_pace(awaited, state, cx);
        };
        let began = pace.awaited != awaited;
        if began {
            pace.awaited = awaited;
            pace.whole_period = false;
        }
        if began
            && (awaited.0.counts_at_once()
                || awaited.0.period(http).is_some_and(|it| it < pace.period))
        {
            return self.set_pace(awaited, state, cx);
        }
        if !pace.timer.is_elapsed() {
            return None;
        }
        let moved = moved(awaited.0, state).saturating_sub(pace.moved);
        if pace.whole_period && awaited.0.is_missed(moved, http) {
            return Some(awaited.0);
        }
        self.set_pace(awaited, state, cx)
    }

    /// Gives the client a whole period for what is waited for.
    fn set_pace(
        &mut self,
        awaited: (Awaited, u32),
        state: &State,
        cx: &mut Context<'_>,
    ) -> Option<Awaited> {
        let period = awaited.0.period(&self.connection.policy().http)?;
        let moved = moved(awaited.0, state);
        let pace = match &mut self.pace {
            Some(pace) => {
                pace.timer.as_mut().reset((Instant::now() + period).into());
                pace.period = period;
                pace.awaited = awaited;
                pace.whole_period = true;
                pace.moved = moved;
                pace
            }
            none => none.insert(Box::new(Pace {
                timer: Box::pin(sleep(period)),
                period,
                awaited,
                whole_period: true,
                moved,
            })),
        };
        // So the timer knows whom to wake.
        let _ = pace.timer.as_mut().poll(cx);
        None
    }

    fn awaited(&self, state: &State) -> Awaited {
        if state.blocked && state.phase != Phase::Closed {
            return Awaited::Reading;
        }
        // Whom we do not read is not to blame.
        let unread = state.paused || state.inbox_full || self.stalled;
        if unread || self.finished || state.phase != Phase::Open || state.is_shaking_hands() {
            Awaited::Nothing
        } else if self.codec.buffered() > 0 {
            Awaited::Body
        } else if !self.pending.is_empty() {
            Awaited::Head
        } else if self.messages == 0 {
            Awaited::Words
        } else if self.connection.owes.load(Relaxed)
            || !state.is_caught_up(self.connection.shared.turn())
        {
            Awaited::Nothing
        } else {
            Awaited::Request
        }
    }

    /// Parts from a client that is too slow.
    pub(super) fn slow(&mut self, awaited: Awaited) {
        match awaited {
            Awaited::Head | Awaited::Body => {
                self.connection.count(|ledger| &ledger.late);
                self.refuse_rest(http::Error::Late.response());
            }
            Awaited::Reading => {
                self.connection.count(|ledger| &ledger.slow);
                self.give_up(State::fail);
            }
            Awaited::Words | Awaited::Request => {
                self.connection.count(|ledger| &ledger.idle);
                self.give_up(|state| {
                    state.phase = Phase::Closing;
                    state.flush();
                });
            }
            Awaited::Nothing => {}
        }
    }

    fn give_up(&mut self, end: impl FnOnce(&mut State)) {
        self.pace = None;
        self.finished = true;
        let mut state = self.connection.lock();
        end(&mut state);
        self.connection.announce_sending(&mut state);
    }
}

/// How many bytes have been moved that count as progress.
fn moved(awaited: Awaited, state: &State) -> u64 {
    match awaited {
        Awaited::Reading => state.bytes_written,
        Awaited::Nothing | Awaited::Words | Awaited::Head | Awaited::Body => state.bytes_read,
        Awaited::Request => state.bytes_read + state.bytes_written,
    }
}

impl Awaited {
    /// Whether the time begins when this begins to be waited for, and not at the next look.
    const fn counts_at_once(self) -> bool {
        !matches!(self, Self::Nothing | Self::Request)
    }

    /// How long the client may take. While nothing is waited for the timer runs on, since what comes next may not be noticed; `None` where there is
    /// no limit.
    fn period(self, http: &Http) -> Option<Duration> {
        let period = match self {
            Self::Words | Self::Head => http.header_timeout,
            Self::Body => http.body_timeout,
            Self::Reading => http.write_timeout,
            Self::Nothing | Self::Request => http.idle_timeout,
        };
        (!period.is_zero()).then_some(period)
    }

    /// Whether a client was too slow that has moved so many bytes in a period.
    fn is_missed(self, moved: u64, http: &Http) -> bool {
        let least = |rate: u32, period: Duration| (u64::from(rate) * period.as_secs()).max(1);
        match self {
            Self::Nothing => false,
            Self::Words | Self::Head => true,
            Self::Body => moved < least(http.body_rate, http.body_timeout),
            Self::Reading => moved < least(http.write_rate, http.write_timeout),
            Self::Request => moved == 0,
        }
    }
}
