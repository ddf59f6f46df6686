//! Websocket pings that keep a connection alive, whatever the owner is doing.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::sleep;

use super::{Connection, decoding::ANSWER_LIMIT, life::Phase};
use crate::{Runtime, frame};

impl Connection {
    /// Sends a ping every `interval` for as long as the connection is open. A peer that does not read gets none.
    pub fn ping_every(self: &Arc<Self>, interval: Duration, runtime: &Runtime) {
        let beating = runtime.spawn(beat(Arc::downgrade(self), interval));
        let before = self.lock().seldom().heartbeat.replace(beating);
        if let Some(before) = before {
            before.abort();
        }
    }

    /// Returns whether there will be another one.
    fn ping(self: &Arc<Self>) -> bool {
        let mut state = self.lock();
        let (Phase::Open, Some(role)) = (state.phase, state.protocol.role()) else {
            return false;
        };
        if state.send.len() < ANSWER_LIMIT {
            frame::encode(role, frame::PING, b"", state.send.tail());
            state.flush();
            self.announce_sending(&mut state);
        }
        true
    }
}

async fn beat(connection: Weak<Connection>, interval: Duration) {
    loop {
        sleep(interval).await;
        if !connection
            .upgrade()
            .is_some_and(|connection| connection.ping())
        {
            return;
        }
    }
}
