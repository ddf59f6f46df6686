//! Dates as fields have them (RFC 9110 section 5.6.7).

use std::{
    io::Write,
    time::{Duration, SystemTime},
};

use httpdate::HttpDate;

/// Bytes of a date in the one form that is sent, `Sun, 06 Nov 1994 08:49:37 GMT`.
pub const LENGTH: usize = 29;

/// Seconds since 1970 at which the year has five digits.
const YEAR_10000: u64 = 253_402_300_800;

/// A time in seconds since 1970; `None` for one before it, and where the year has no four digits.
pub fn date(seconds: i64) -> Option<[u8; LENGTH]> {
    let seconds = u64::try_from(seconds)
        .ok()
        .filter(|&seconds| seconds < YEAR_10000)?;
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
    let mut text = [0; LENGTH];
    write!(&mut text[..], "{}", HttpDate::from(time)).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_one_form_and_years_four_digits() {
        let text = |seconds| date(seconds).map(|text| String::from_utf8(text.to_vec()).unwrap());
        for (seconds, expected) in [
            (784_111_777, Some("Sun, 06 Nov 1994 08:49:37 GMT")),
            (0, Some("Thu, 01 Jan 1970 00:00:00 GMT")),
            (951_782_400, Some("Tue, 29 Feb 2000 00:00:00 GMT")),
            (253_402_300_799, Some("Fri, 31 Dec 9999 23:59:59 GMT")),
            (253_402_300_800, None),
            (-1, None),
            (i64::MIN, None),
            (i64::MAX, None),
        ] {
            assert_eq!(text(seconds).as_deref(), expected, "{seconds}");
        }
    }
}
