//! What the log says of TLS handshakes that came to nothing.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use ouvrier_net::tls::TlsError;

use super::{close, tcp_connection};
use crate::{
    worker,
    zend::{Object, Result},
};

/// There is one line in this time at most: who scans ports must not fill the log.
const PAUSE: Duration = Duration::from_secs(10);

thread_local! {
    /// When the last line was written, and how many failures have been passed over since.
    static TOLD: Cell<Option<(Instant, u64)>> = const { Cell::new(None) };
}

/// Logs why a client could not be served, and closes the connection.
pub(super) fn failed(this: &Object, error: &TlsError) -> Result<()> {
    if let Some(passed_over) = turn_to_speak(Instant::now()) {
        let client = String::from_utf8_lossy(&tcp_connection::remote_address(this)).into_owned();
        let more = match passed_over {
            0 => String::new(),
            count => format!(" ({count} more since the last such line)"),
        };
        worker::log::line(
            worker::service(),
            &format!("SSL handshake error: {client}: {error}{more}"),
        )?;
    }
    close::destroy(this)
}

/// How many failures nobody was told of, if it is time to tell.
fn turn_to_speak(now: Instant) -> Option<u64> {
    match TOLD.get() {
        Some((last, passed_over)) if now < last + PAUSE => {
            TOLD.set(Some((last, passed_over + 1)));
            None
        }
        last => {
            TOLD.set(Some((now, 0)));
            Some(last.map_or(0, |(_, passed_over)| passed_over))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_failures_is_one_line_with_a_count() {
        let start = Instant::now();
        assert_eq!(turn_to_speak(start), Some(0));
        for _ in 0..100 {
            assert_eq!(turn_to_speak(start + PAUSE / 2), None);
        }
        assert_eq!(turn_to_speak(start + PAUSE), Some(100));
        assert_eq!(turn_to_speak(start + PAUSE * 3), Some(0));
    }
}
