//! The time of day, as responses have it.

use std::cell::Cell;

use nix::time::{ClockId, clock_gettime};

use crate::zend::library;

/// Bytes of a date in the one form that is sent, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
pub(super) const LENGTH: usize = 29;

thread_local! {
    /// A second, and how it is written.
    static LATEST: Cell<(i64, [u8; LENGTH])> = const { Cell::new((0, [0; LENGTH])) };
}

/// The value of `Date`, written once a second; `None` for a year that has no four digits.
pub(super) fn now() -> Option<[u8; LENGTH]> {
    // A clock that is read for every answer, and may be some milliseconds late for it.
    let second = clock_gettime(ClockId::CLOCK_REALTIME_COARSE)
        .map_or_else(|_| library::unix_time(), |time| time.tv_sec());
    let (latest, text) = LATEST.get();
    if latest == second {
        return Some(text);
    }
    let text = library::http_date(second).into_bytes().try_into().ok()?;
    LATEST.set((second, text));
    Some(text)
}
