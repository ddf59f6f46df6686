//! Which websocket clients still live, and which have nothing to say: one task looks at all clients of a listener, some at a time.
//!
//! What a client does is not timed when it happens. The task compares what was counted with what it saw when it looked last, so a client costs
//! nothing but its place in the list, and only where the policy asks for a watch. It goes through the list in portions, with pauses in
//! between: clients that came all at once are not pinged all at once, and do not answer all at once.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use ouvrier_protocol::websocket::Role;
use tokio::{sync::Notify, time::sleep};

use super::{
    Connection,
    decoding::ANSWER_LIMIT,
    life::{Phase, Upgrade},
    parting::LAST_LINGER,
    state::State,
};
use crate::{event::Closed, frame, policy::Origin};

/// Clients that are looked at in one go, if the time for a round allows it.
const PORTION: usize = 256;
/// The shortest pause between two portions.
const LEAST_PAUSE: Duration = Duration::from_millis(5);
/// Close code for a client with whom nothing is spoken (RFC 6455 section 7.4.1).
const GOING_AWAY: u16 = 1001;

/// The times of a policy.
struct Rules {
    ping: Duration,
    pong: Duration,
    idle: Duration,
}

/// What was seen of a client. Moments are milliseconds since the watch began, which may wrap.
struct Pulse {
    connection: Weak<Connection>,
    read: u32,
    written: u32,
    messages: u32,
    heard_at: u32,
    spoken_at: u32,
    asked_at: u32,
    is_asked: bool,
    /// Something waited for the client to read.
    was_blocked: bool,
}

/// Watches the clients of a listener until it and they are gone. `arrived` tells of new ones.
pub(crate) async fn watch(origin: Weak<Origin>, arrived: Arc<Notify>) {
    let (start, mut pulses) = (Instant::now(), Vec::new());
    loop {
        if pulses.is_empty() {
            arrived.notified().await;
        }
        let Some(origin) = origin.upgrade() else {
            return;
        };
        let rules = Rules::of(&origin);
        let now = milliseconds(start.elapsed());
        pulses.extend(
            origin
                .take_newcomers()
                .into_iter()
                .map(|one| Pulse::new(one, now)),
        );
        drop(origin);
        look_at_all(&mut pulses, start, &rules).await;
    }
}

/// Looks once at each client, over the time of a step.
async fn look_at_all(pulses: &mut Vec<Pulse>, start: Instant, rules: &Rules) {
    let (pause, portion) = rules.pace(pulses.len());
    let mut place = 0;
    while place < pulses.len() {
        sleep(pause).await;
        let now = milliseconds(start.elapsed());
        for _ in 0..portion.min(pulses.len() - place) {
            if pulses[place].look(now, rules) {
                place += 1;
            } else {
                pulses.swap_remove(place);
            }
        }
    }
}

fn milliseconds(duration: Duration) -> u32 {
    (duration.as_millis() & u128::from(u32::MAX)) as u32
}

impl Rules {
    fn of(origin: &Origin) -> Self {
        let websocket = &origin.policy.websocket;
        Self {
            ping: websocket.ping_interval,
            pong: websocket.pong_timeout,
            idle: websocket.idle_timeout,
        }
    }

    /// How often to look: times are kept to a quarter of the shortest, and to five seconds.
    fn step(&self) -> Duration {
        let times = [self.ping, self.pong, self.idle];
        let shortest = times.into_iter().filter(|time| !time.is_zero()).min();
        let step = shortest.unwrap_or_default() / 4;
        step.clamp(Duration::from_millis(10), Duration::from_secs(5))
    }

    /// In what portions to look at so many clients, and how long to wait before each.
    fn pace(&self, clients: usize) -> (Duration, usize) {
        let step = self.step();
        let most = step.as_millis() / LEAST_PAUSE.as_millis();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let portions = clients.div_ceil(PORTION).clamp(1, most.max(1));
        let pause = step / u32::try_from(portions).unwrap_or(u32::MAX);
        (pause, clients.div_ceil(portions))
    }
}

impl Pulse {
    fn new(connection: Weak<Connection>, now: u32) -> Self {
        Self {
            connection,
            read: 0,
            written: 0,
            messages: 0,
            heard_at: now,
            spoken_at: now,
            asked_at: now,
            is_asked: false,
            was_blocked: false,
        }
    }

    /// Returns whether the client is to be looked at again.
    fn look(&mut self, now: u32, rules: &Rules) -> bool {
        let Some(connection) = self.connection.upgrade() else {
            return false;
        };
        let mut state = connection.lock();
        if state.phase == Phase::Closed {
            return false;
        }
        self.take(&state, now);
        let is_open = state.phase == Phase::Open && state.upgrade == Upgrade::Done;
        if !is_open || state.protocol.role() != Some(Role::Server) {
            return true;
        }
        if is_up(now, self.spoken_at, rules.idle) {
            connection.part_from_idle(&mut state);
        } else if self.is_asked && is_up(now, self.asked_at, rules.pong) {
            connection.bury(&mut state);
        } else if !self.is_asked && is_up(now, self.heard_at, rules.ping) {
            (self.is_asked, self.asked_at) = (true, now);
            connection.ask(&mut state);
        }
        true
    }

    /// Notes what has happened since the last look. A client that we do not read cannot be heard, and one that takes what waited for it lives.
    fn take(&mut self, state: &State, now: u32) {
        let counted = |count: u64| (count & u64::from(u32::MAX)) as u32;
        let (read, written) = (counted(state.bytes_read), counted(state.bytes_written));
        let is_deaf = state.paused || state.inbox_full || state.upgrade != Upgrade::Done;
        let has_taken = self.was_blocked && written != self.written;
        if read != self.read || has_taken || is_deaf {
            (self.heard_at, self.is_asked) = (now, false);
        }
        if state.messages != self.messages || state.upgrade != Upgrade::Done {
            self.spoken_at = now;
        }
        (self.read, self.written, self.messages) = (read, written, state.messages);
        self.was_blocked = state.blocked;
    }
}

/// Whether `time` has passed since `since`; a time of zero never does.
fn is_up(now: u32, since: u32, time: Duration) -> bool {
    !time.is_zero() && u128::from(now.wrapping_sub(since)) >= time.as_millis()
}

impl Connection {
    /// Asks the client for a sign. One for whom much waits gets none, but is expected to take some of that.
    fn ask(self: &Arc<Self>, state: &mut State) {
        if state.send.len() < ANSWER_LIMIT {
            frame::encode(Role::Server, frame::PING, b"", state.send.tail());
            state.flush();
            self.announce_sending(state);
        }
    }

    /// The client is gone without a word.
    fn bury(self: &Arc<Self>, state: &mut State) {
        self.count(|ledger| &ledger.silent);
        state.finish(Closed::ByPeer);
        state.wake();
        self.announce_sending(state);
    }

    fn part_from_idle(self: &Arc<Self>, state: &mut State) {
        self.count(|ledger| &ledger.idle);
        frame::encode_close(Role::Server, GOING_AWAY, state.send.tail());
        state.end(LAST_LINGER);
        state.seldom().hurried = true;
        state.flush();
        state.wake();
        self.announce_sending(state);
    }

    pub(super) fn count(&self, counter: impl FnOnce(&crate::ledger::Ledger) -> &AtomicU64) {
        counter(self.shared.census().ledger()).fetch_add(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_looked_at_over_the_whole_time_of_a_step() {
        let rules = |milliseconds| Rules {
            ping: Duration::from_millis(milliseconds),
            pong: Duration::ZERO,
            idle: Duration::ZERO,
        };
        for (interval, clients, pause, portion) in [
            (20_000, 1, 5000, 1),
            (20_000, 256, 5000, 256),
            (20_000, 257, 2500, 129),
            (20_000, 25_600, 50, 256),
            (80, 25_600, 5, 6400),
            (1, 25_600, 5, 12_800),
        ] {
            let found = rules(interval).pace(clients);
            assert_eq!(
                found,
                (Duration::from_millis(pause), portion),
                "{clients} clients"
            );
        }
    }
}
