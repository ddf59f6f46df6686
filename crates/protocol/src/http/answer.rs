//! The head of a response, as a client reads it.

use thiserror::Error;

use super::{
    Error, HeadEnd,
    fields::{Fields, has_forbidden_byte, split_field, split_line},
};

/// Status line and fields of a response, checked against the grammar (RFC 9112 sections 4 and 5).
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// What follows `HTTP/`: `1.0` or `1.1`.
    pub version: &'a [u8],
    /// The status code, 100 to 999.
    pub status: u16,
    /// The reason phrase, which may be empty.
    pub reason: &'a [u8],
    pub(crate) fields: Fields<'a>,
}

/// What the peer sent is not the head of an HTTP/1.x response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The head is longer than allowed.
    #[error("the head of the response is too large")]
    TooLarge,
    /// The grammar is broken.
    #[error("not an HTTP response")]
    Syntax,
}

impl<'a> Answer<'a> {
    /// Reads a whole head, blank line included.
    pub fn read(head: &'a [u8]) -> Result<Self, Malformed> {
        let lines = head.strip_suffix(b"\r\n").unwrap_or(head);
        let (status_line, field_lines) = split_line(lines).ok_or(Malformed::Syntax)?;
        let (version, status, reason) = read_status_line(status_line).ok_or(Malformed::Syntax)?;
        let fields = Fields(field_lines);
        let is_field = |line| !has_forbidden_byte(line) && split_field(line).is_some();
        if !fields.lines().all(is_field) {
            return Err(Malformed::Syntax);
        }
        Ok(Self {
            version,
            status,
            reason,
            fields,
        })
    }

    /// The fields in their order: name as sent, value without surrounding spaces and tabs.
    pub fn fields(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.fields.iter()
    }

    /// Status code and reason in one line, for people; what is not printable is escaped.
    pub(crate) fn summary(self) -> String {
        const LONGEST_REASON: usize = 128;
        let reason = &self.reason[..self.reason.len().min(LONGEST_REASON)];
        format!("{} {}", self.status, reason.escape_ascii())
            .trim_end()
            .to_owned()
    }
}

/// An answer in the stream.
pub(crate) struct Found<'a> {
    pub(crate) answer: Answer<'a>,
    /// Its bytes, blank line included.
    pub(crate) head: &'a [u8],
    /// Where it ends.
    pub(crate) end: usize,
}

/// Finds the answer to a request that has no other, past the interim ones (RFC 9110 section 15.2).
#[derive(Debug, Default)]
pub(crate) struct Search {
    end: HeadEnd,
    /// Where the head begins that is being searched.
    start: usize,
}

impl Search {
    /// Returns the answer, or `None` as long as it is not whole. Interim
    /// answers for which `is_final` does not hold are passed over; they count against `max_head` each.
    pub(crate) fn find<'a>(
        &mut self,
        input: &'a [u8],
        max_head: usize,
        is_final: impl Fn(u16) -> bool,
    ) -> Result<Option<Found<'a>>, Malformed> {
        loop {
            let rest = input.get(self.start..).unwrap_or_default();
            let Some(length) = self.end.find(rest, max_head).map_err(malformed)? else {
                return Ok(None);
            };
            let head = &rest[..length];
            let answer = Answer::read(head)?;
            self.start += length;
            if answer.status >= 200 || is_final(answer.status) {
                let end = self.start;
                return Ok(Some(Found { answer, head, end }));
            }
            if self.start > max_head {
                return Err(Malformed::TooLarge);
            }
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "made for map_err")]
fn malformed(error: Error) -> Malformed {
    match error {
        Error::HeadTooLarge => Malformed::TooLarge,
        _ => Malformed::Syntax,
    }
}

/// `HTTP/1.x SP 3DIGIT [SP reason]`; the last space is missing in what some servers send.
fn read_status_line(line: &[u8]) -> Option<(&[u8], u16, &[u8])> {
    let (version, rest) = line.strip_prefix(b"HTTP/")?.split_at_checked(3)?;
    let (digits, rest) = rest.strip_prefix(b" ")?.split_at_checked(3)?;
    let reason = match rest {
        [] => rest,
        [b' ', reason @ ..] => reason,
        _ => return None,
    };
    let known = matches!(version, b"1.0" | b"1.1") && !has_forbidden_byte(reason);
    let status = digits.iter().try_fold(0, |status, digit| {
        digit
            .is_ascii_digit()
            .then(|| status * 10 + u16::from(digit - b'0'))
    })?;
    (known && status >= 100).then_some((version, status, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines() {
        assert_eq!(
            read_status_line(b"HTTP/1.1 404 Not Found"),
            Some((&b"1.1"[..], 404, &b"Not Found"[..]))
        );
        assert_eq!(
            read_status_line(b"HTTP/1.0 200"),
            Some((&b"1.0"[..], 200, &b""[..]))
        );
        for invalid in [
            "",
            "HTTP/1.1",
            "HTTP/1.1 20",
            "HTTP/1.1 2000",
            "HTTP/1.1 099 x",
            "HTTP/1.1  200 OK",
            "HTTP/2.0 200 OK",
            "http/1.1 200 OK",
            "SSH-2.0-OpenSSH",
            "HTTP/1.1 200 a\rb",
        ] {
            assert_eq!(read_status_line(invalid.as_bytes()), None, "{invalid}");
        }
    }

    #[test]
    fn interim_answers_are_passed_over_however_the_stream_is_cut() {
        let stream = b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody";
        let mut search = Search::default();
        for end in 0..=stream.len() {
            let found = search.find(&stream[..end], 99, |_| false).unwrap();
            if let Some(found) = found {
                let (status, head) = (found.answer.status, found.head.len());
                assert_eq!((status, head, found.end), (200, 19, end));
                return assert_eq!(&stream[end..], b"body");
            }
        }
        panic!("nothing was found");
    }

    #[test]
    fn endless_interim_answers_are_refused() {
        let stream = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(9);
        let found = Search::default().find(&stream, 99, |_| false);
        assert_eq!(found.err(), Some(Malformed::TooLarge));
    }

    #[test]
    fn folded_lines_and_bare_line_feeds_are_no_response() {
        for head in [
            "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
            "HTTP/1.1 200 OK\n\n",
        ] {
            let found = Search::default().find(head.as_bytes(), 99, |_| false);
            assert_eq!(found.err(), Some(Malformed::Syntax), "{head:?}");
        }
    }
}
