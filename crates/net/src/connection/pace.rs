//! How fast an http client has to be: with the head and the body of a request, in reading the answer, and with the next request.
//!
//! A connection has one alarm, which is set anew when it goes off and when a head, a body or a full socket begins to be waited for. A request that
//! arrives whole and an answer that is taken at once leave it alone, so that they cost no look at the clock.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use ouvrier_protocol::http;

use super::{Connection, life::Phase, state::State, task::Task};
use crate::{
    alarms::{Alarm, Alarms},
    event::Protocol,
    policy::Http,
};

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
    /// What the alarm was set to.
    period: Duration,
    /// What was waited for, and behind how many messages.
    awaited: (Awaited, u32),
    /// It was waited for when the alarm was set.
    whole_period: bool,
    /// How many bytes had been moved when the alarm was set.
    moved: u64,
}

impl Pace {
    /// That of a client which has said nothing since the alarm was set for the first time.
    const fn first(http: &Http) -> Self {
        Self {
            period: http.header_timeout,
            awaited: (Awaited::Words, 0),
            whole_period: true,
            moved: 0,
        }
    }
}

impl Task {
    /// Whether a client can be left to its alarm: it is between two requests, as when the alarm was set, or before the first one, and that has not gone off.
    /// How many messages have come tells the next look that it was not the same pause.
    pub(super) fn is_on_time(&self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Http => {}
            Protocol::Websocket => return self.pace.is_none() && self.greeted,
            _ => return self.pace.is_none(),
        }
        let waits = match &self.pace {
            Some(pace) => matches!(pace.awaited.0, Awaited::Nothing | Awaited::Request),
            None => self.alarm.is_some(),
        };
        waits
            && self.pending.is_empty()
            && self.codec.buffered() == 0
            && !self.connection.alarmed.load(Relaxed)
    }

    /// What the client is too slow with.
    pub(super) fn is_slow(&mut self, state: &State) -> Option<Awaited> {
        if state.protocol != Protocol::Http {
            self.pace = None;
            self.forget_alarm();
            return None;
        }
        let awaited = (self.awaited(state), self.messages);
        let is_up = self.connection.alarmed.load(Relaxed);
        if self.pace.is_none() {
            if self.alarm.is_none() {
                return self.begin_pace(awaited, state);
            }
            if !is_up && is_usual(awaited) {
                return None;
            }
            let first = Pace::first(&self.connection.policy().http);
            self.pace = Some(Box::new(first));
        }
        let (pace, http) = (self.pace.as_mut()?, &self.connection.policy().http);
        let began = pace.awaited != awaited;
        if began {
            pace.awaited = awaited;
            pace.whole_period = false;
        }
        if began
            && (awaited.0.counts_at_once()
                || awaited.0.period(http).is_some_and(|it| it < pace.period))
        {
            return self.set_pace(awaited, state);
        }
        if !is_up {
            return None;
        }
        let moved = moved(awaited.0, state).saturating_sub(pace.moved);
        if pace.whole_period && awaited.0.is_missed(moved, http) {
            return Some(awaited.0);
        }
        self.set_pace(awaited, state)
    }

    /// Begins to wait for a client.
    fn begin_pace(&mut self, awaited: (Awaited, u32), state: &State) -> Option<Awaited> {
        match awaited {
            // It will be looked at again when it may speak.
            (Awaited::Nothing, 0) => return None,
            (Awaited::Words, _) => self.alarm = first_alarm(&self.connection),
            _ => {}
        }
        if self.alarm.is_some() {
            return None;
        }
        self.set_pace(awaited, state)
    }

    /// Gives the client a whole period for what is waited for.
    fn set_pace(&mut self, awaited: (Awaited, u32), state: &State) -> Option<Awaited> {
        let period = awaited.0.period(&self.connection.policy().http)?;
        self.pace = Some(Box::new(Pace {
            period,
            awaited,
            whole_period: true,
            moved: moved(awaited.0, state),
        }));
        self.forget_alarm();
        let connection = &self.connection;
        self.alarm = Some(Alarms::set(&connection.shared, connection, period));
        None
    }

    pub(super) fn forget_alarm(&mut self) {
        if let Some(alarm) = self.alarm.take() {
            self.connection.shared.alarms().forget(alarm);
            self.connection.alarmed.store(false, Relaxed);
        }
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
        self.forget_alarm();
        self.finished = true;
        let mut state = self.connection.lock();
        end(&mut state);
        self.connection.announce_sending(&mut state);
    }
}

/// The alarm of a client that may say its first words from now on. Most clients are gone, or between two requests, before it goes off: nothing is noted of them
/// until then. `None` where that does not do, since they have less time between requests.
pub(super) fn first_alarm(connection: &Arc<Connection>) -> Option<Alarm> {
    let http = &connection.policy().http;
    let period = Awaited::Words.period(http)?;
    let is_first = Awaited::Request.period(http).is_none_or(|it| it >= period);
    is_first.then(|| Alarms::set(&connection.shared, connection, period))
}

/// Whether this is what a client of whom nothing is noted does until its first alarm: it has said nothing yet, or its first requests came in one go.
const fn is_usual((awaited, messages): (Awaited, u32)) -> bool {
    match awaited {
        Awaited::Words => true,
        Awaited::Nothing | Awaited::Request => messages > 0,
        Awaited::Head | Awaited::Body | Awaited::Reading => false,
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
