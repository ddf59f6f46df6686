//! Dates in responses: now, and when a file was changed last.

use std::{cell::Cell, ops::Deref, thread::LocalKey};

use nix::time::{ClockId, clock_gettime};
pub(super) use ouvrier_protocol::http::date::LENGTH;
use ouvrier_protocol::http::date::date;

use crate::zend::library;

/// A second, and how it is written.
type Written = Cell<Option<(i64, [u8; LENGTH])>>;

thread_local! {
    static NOW: Written = const { Cell::new(None) };
    /// Files that are asked for one after another were often changed together.
    static CHANGED: Written = const { Cell::new(None) };
}

/// The value of `Date`, written once a second; `None` for a year that has no four digits.
pub(super) fn now() -> Option<[u8; LENGTH]> {
    // A clock that is read for every answer, and may be some milliseconds late for it.
    let second = clock_gettime(ClockId::CLOCK_REALTIME_COARSE)
        .map_or_else(|_| library::unix_time(), |time| time.tv_sec());
    remembered(&NOW, second)
}

/// A date that is written anew when it is not the one that was written last.
fn remembered(latest: &'static LocalKey<Written>, second: i64) -> Option<[u8; LENGTH]> {
    if let Some((same, text)) = latest.get()
        && same == second
    {
        return Some(text);
    }
    let text = date(second)?;
    latest.set(Some((second, text)));
    Some(text)
}

/// A date as fields have it.
pub(super) enum Text {
    Usual([u8; LENGTH]),
    /// As PHP writes what was before 1970, or is after 9999.
    Unusual(String),
}

/// A time in seconds since 1970.
pub(super) fn text(seconds: i64) -> Text {
    remembered(&CHANGED, seconds)
        .map_or_else(|| Text::Unusual(library::http_date(seconds)), Text::Usual)
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Usual(text) => text,
            Self::Unusual(text) => text.as_bytes(),
        }
    }
}
