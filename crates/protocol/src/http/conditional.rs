//! Requests for what has changed, or for a part of it (RFC 9110 sections 13 and 14).

use std::time::SystemTime;

use super::{
    fields::{tokens, trim_blanks},
    request::View,
};

/// The fields of a `GET` or a `HEAD` that make its answer depend on what is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    is_head: bool,
    if_match: Option<Vec<u8>>,
    if_none_match: Option<Vec<u8>>,
    if_modified_since: Option<Vec<u8>>,
    if_unmodified_since: Option<Vec<u8>>,
    if_range: Option<Vec<u8>>,
    range: Option<Vec<u8>>,
}

/// What is known of the version that is there.
#[derive(Debug, Clone, Copy)]
pub struct Validators<'a> {
    /// Its entity tag, quotes included; empty if it has none.
    pub etag: &'a [u8],
    /// When it was changed last.
    pub modified: Option<SystemTime>,
    /// Its length in bytes.
    pub size: u64,
}

/// What a request with conditions is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All of it: 200.
    Whole,
    /// So many bytes from an offset on: 206.
    Part {
        /// Bytes before the part.
        offset: u64,
        /// Bytes of the part, at least one.
        length: u64,
    },
    /// The client has it already: 304.
    NotModified,
    /// It is not what the client takes it for: 412.
    Failed,
    /// It has no such part: 416.
    Unsatisfiable,
}

impl Conditions {
    /// Those of a request.
    pub fn of(request: View<'_>) -> Self {
        let field = |name: &[u8]| request.header(name).map(std::borrow::Cow::into_owned);
        Self {
            is_head: request.method() == b"HEAD",
            if_match: field(b"if-match"),
            if_none_match: field(b"if-none-match"),
            if_modified_since: field(b"if-modified-since"),
            if_unmodified_since: field(b"if-unmodified-since"),
            if_range: field(b"if-range"),
            range: field(b"range"),
        }
    }

    /// Decides in the order of RFC 9110 section 13.2.2. A date that is none is no condition.
    ///
    /// Of `Range` one part is understood, in bytes. Several parts, which would need a body of several parts, are answered with all of it, and
    /// so is what is malformed or follows a `HEAD`: a server may ignore the field (RFC 9110 section 14.2).
    pub fn judge(&self, there: &Validators<'_>) -> Verdict {
        let fails = match &self.if_match {
            Some(list) => !names(list, there.etag, is_same),
            None => since(&self.if_unmodified_since, there).is_some_and(|is_old| !is_old),
        };
        if fails {
            return Verdict::Failed;
        }
        let is_known = match &self.if_none_match {
            Some(list) => names(list, there.etag, is_alike),
            None => since(&self.if_modified_since, there).unwrap_or(false),
        };
        if is_known {
            return Verdict::NotModified;
        }
        match &self.range {
            Some(range) if !self.is_head && self.is_still_the_same(there) => {
                part(range, there.size)
            }
            _ => Verdict::Whole,
        }
    }

    /// `If-Range`: whether the client has other parts of the same version.
    fn is_still_the_same(&self, there: &Validators<'_>) -> bool {
        let Some(mark) = &self.if_range else {
            return true;
        };
        match date(mark) {
            Some(date) => there.modified.map(seconds) == Some(seconds(date)),
            None => is_same(mark, there.etag),
        }
    }
}

/// Whether a list of entity tags names one, or is `*`.
fn names(list: &[u8], etag: &[u8], is_equal: fn(&[u8], &[u8]) -> bool) -> bool {
    // A comma within a tag splits it into two that are none, and match nothing.
    list == b"*" || tokens(list).any(|named| is_equal(named, etag))
}

/// Strong comparison (RFC 9110 section 8.8.3.2).
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one == other && one.starts_with(b"\"")
}

/// Weak comparison.
fn is_alike(one: &[u8], other: &[u8]) -> bool {
    let opaque = |tag| <[u8]>::strip_prefix(tag, b"W/").unwrap_or(tag).to_vec();
    opaque(one) == opaque(other) && !other.is_empty()
}

/// Whether there has been no change since a date; `None` if nobody can tell.
fn since(text: &Option<Vec<u8>>, there: &Validators<'_>) -> Option<bool> {
    let date = date(text.as_ref()?)?;
    Some(seconds(there.modified?) <= seconds(date))
}

fn date(text: &[u8]) -> Option<SystemTime> {
    httpdate::parse_http_date(std::str::from_utf8(text).ok()?).ok()
}

/// Dates have whole seconds.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn part(range: &[u8], size: u64) -> Verdict {
    let Some((first, last)) = one_range(range) else {
        return Verdict::Whole;
    };
    let (offset, end) = match (first, last) {
        (Some(first), Some(last)) if first > last => return Verdict::Whole,
        (Some(first), last) => (
            first,
            last.map_or(size, |last| size.min(last.saturating_add(1))),
        ),
        (None, Some(0)) => return Verdict::Unsatisfiable,
        (None, Some(_)) if size == 0 => return Verdict::Whole,
        (None, Some(suffix)) => (size.saturating_sub(suffix), size),
        (None, None) => return Verdict::Whole,
    };
    match end.checked_sub(offset) {
        Some(length) if length > 0 => Verdict::Part { offset, length },
        _ => Verdict::Unsatisfiable,
    }
}

/// `bytes=first-last`, `bytes=first-` or `bytes=-suffix`.
fn one_range(range: &[u8]) -> Option<(Option<u64>, Option<u64>)> {
    let (unit, set) = range.split_at_checked(6)?;
    if !unit.eq_ignore_ascii_case(b"bytes=") {
        return None;
    }
    let set = trim_blanks(set);
    let dash = set.iter().position(|&byte| byte == b'-')?;
    Some((number(&set[..dash])?, number(&set[dash + 1..])?))
}

/// Digits, or nothing. A number that is too large for any file stays so.
fn number(digits: &[u8]) -> Option<Option<u64>> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: u64, digit: &u8| {
        sum.saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    };
    Some((!digits.is_empty()).then(|| digits.iter().fold(0, add)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ETAG: &[u8] = b"\"a\"";
    /// Sun, 06 Nov 1994 08:49:37 GMT, and half a second.
    const MODIFIED: Duration = Duration::from_millis(784_111_777_500);

    fn judge(fields: &str) -> Verdict {
        judge_of(fields, 100)
    }

    fn judge_of(fields: &str, size: u64) -> Verdict {
        let request = format!("GET / HTTP/1.1\r\n{fields}\r\n\r\n");
        Conditions::of(View(request.as_bytes())).judge(&Validators {
            etag: ETAG,
            modified: Some(SystemTime::UNIX_EPOCH + MODIFIED),
            size,
        })
    }

    const fn bytes(offset: u64, length: u64) -> Verdict {
        Verdict::Part { offset, length }
    }

    #[test]
    fn ranges() {
        for (range, verdict) in [
            ("bytes=0-0", bytes(0, 1)),
            ("bytes=10-19", bytes(10, 10)),
            ("Bytes=90-", bytes(90, 10)),
            ("bytes=90-1000", bytes(90, 10)),
            ("bytes=-1", bytes(99, 1)),
            ("bytes=-1000", bytes(0, 100)),
            ("bytes= 5-6", bytes(5, 2)),
            ("bytes=0-99999999999999999999999", bytes(0, 100)),
            ("bytes=100-", Verdict::Unsatisfiable),
            ("bytes=99999999999999999999999-", Verdict::Unsatisfiable),
            ("bytes=-0", Verdict::Unsatisfiable),
            ("bytes=6-5", Verdict::Whole),
            ("bytes=-", Verdict::Whole),
            ("bytes=", Verdict::Whole),
            ("bytes=a-b", Verdict::Whole),
            ("bytes=+1-2", Verdict::Whole),
            ("bytes=0-1,5-6", Verdict::Whole),
            ("lines=0-1", Verdict::Whole),
            ("0-1", Verdict::Whole),
        ] {
            assert_eq!(judge(&format!("Range: {range}")), verdict, "{range}");
        }
        assert_eq!(judge_of("Range: bytes=0-", 0), Verdict::Unsatisfiable);
        assert_eq!(judge_of("Range: bytes=-5", 0), Verdict::Whole);
    }

    #[test]
    fn entity_tags() {
        for (fields, verdict) in [
            ("If-None-Match: \"a\"", Verdict::NotModified),
            ("If-None-Match: W/\"a\"", Verdict::NotModified),
            ("If-None-Match: \"b\", \"a\"", Verdict::NotModified),
            ("If-None-Match: *", Verdict::NotModified),
            ("If-None-Match: \"b\"", Verdict::Whole),
            ("If-None-Match: a", Verdict::Whole),
            ("If-Match: \"b\", \"a\"", Verdict::Whole),
            ("If-Match: *", Verdict::Whole),
            ("If-Match: W/\"a\"", Verdict::Failed),
            ("If-Match: \"b\"", Verdict::Failed),
        ] {
            assert_eq!(judge(fields), verdict, "{fields}");
        }
    }

    #[test]
    fn dates() {
        for (fields, verdict) in [
            (
                "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
                Verdict::NotModified,
            ),
            (
                "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT",
                Verdict::NotModified,
            ),
            (
                "If-Modified-Since: Sun Nov  6 08:49:37 1994",
                Verdict::NotModified,
            ),
            (
                "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT",
                Verdict::Whole,
            ),
            ("If-Modified-Since: yesterday", Verdict::Whole),
            (
                "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
                Verdict::Whole,
            ),
            (
                "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT",
                Verdict::Failed,
            ),
        ] {
            assert_eq!(judge(fields), verdict, "{fields}");
        }
    }

    #[test]
    fn the_tag_counts_more_than_the_date_and_both_more_than_the_range() {
        let old = "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(
            judge(&format!("If-None-Match: \"b\"\r\n{old}")),
            Verdict::Whole
        );
        assert_eq!(
            judge(&format!("{old}\r\nRange: bytes=0-0")),
            Verdict::NotModified
        );
    }

    #[test]
    fn a_range_of_another_version_is_all_of_it() {
        for (mark, verdict) in [
            ("\"a\"", bytes(0, 1)),
            ("W/\"a\"", Verdict::Whole),
            ("\"b\"", Verdict::Whole),
            ("Sun, 06 Nov 1994 08:49:37 GMT", bytes(0, 1)),
            ("Sun, 06 Nov 1994 08:49:38 GMT", Verdict::Whole),
        ] {
            assert_eq!(
                judge(&format!("Range: bytes=0-0\r\nIf-Range: {mark}")),
                verdict,
                "{mark}"
            );
        }
    }

    #[test]
    fn head_knows_no_ranges() {
        let request = View(b"HEAD / HTTP/1.1\r\nRange: bytes=0-0\r\n\r\n");
        let there = Validators {
            etag: ETAG,
            modified: None,
            size: 9,
        };
        assert_eq!(Conditions::of(request).judge(&there), Verdict::Whole);
    }
}
