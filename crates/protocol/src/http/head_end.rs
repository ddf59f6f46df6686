use memchr::memchr;

use super::Error;

/// The search for the blank line that ends a head, remembered from one read to the next.
///
/// It looks at every line end once, and so it is also the place that refuses an LF without CR, and
/// an empty first line.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct HeadEnd {
    /// Start of the line whose end is sought.
    line_start: usize,
    /// Up to where that line was searched.
    searched: usize,
}

impl HeadEnd {
    /// Returns the length of the head, blank line included, and is ready for the next one; `None`
    /// as long as the end has not arrived.
    ///
    /// The CRLF CRLF must begin before offset `max_head`; a head that cannot satisfy that any more
    /// is refused at once.
    pub(crate) fn find(&mut self, input: &[u8], max_head: usize) -> Result<Option<usize>, Error> {
        self.find_within(input, max_head, usize::MAX)
    }

    /// As [`HeadEnd::find`], where the first line, its CRLF aside, may have so many bytes.
    pub(super) fn find_within(
        &mut self,
        input: &[u8],
        max_head: usize,
        max_first_line: usize,
    ) -> Result<Option<usize>, Error> {
        while let Some(at) = memchr(b'\n', input.get(self.searched..).unwrap_or_default()) {
            let line_feed = self.searched + at;
            let is_too_long =
                self.is_in_first_line() && line_feed.saturating_sub(1) > max_first_line;
            if is_too_long || line_feed > max_head.saturating_add(2) {
                return Err(Error::HeadTooLarge);
            }
            match line_length(input, self.line_start, line_feed) {
                Some(0) if self.line_start == 0 => return Err(Error::RequestLine),
                Some(0) => {
                    *self = Self::default();
                    return Ok(Some(line_feed + 1));
                }
                Some(_) if line_feed <= max_head => self.line_start = line_feed + 1,
                None if line_feed < max_head => return Err(Error::ControlByte),
                _ => return Err(Error::HeadTooLarge),
            }
            self.searched = self.line_start;
        }
        self.searched = input.len();
        let is_too_long = self.is_in_first_line() && input.len().saturating_sub(1) > max_first_line;
        if !is_too_long && can_still_end(input, max_head) {
            Ok(None)
        } else {
            Err(Error::HeadTooLarge)
        }
    }

    /// Whether nothing has been searched yet.
    pub(super) const fn is_fresh(&self) -> bool {
        self.line_start == 0 && self.searched == 0
    }

    /// Whether the search has not come to the end of the first line.
    pub(super) const fn is_in_first_line(&self) -> bool {
        self.line_start == 0
    }
}

/// The length of the line that ends in CRLF at `line_feed`; `None` if the LF stands alone.
fn line_length(input: &[u8], start: usize, line_feed: usize) -> Option<usize> {
    input[start..line_feed].strip_suffix(b"\r").map(<[u8]>::len)
}

/// Whether the blank line can still begin before `max_head`, given that it is not in `input` yet.
fn can_still_end(input: &[u8], max_head: usize) -> bool {
    const BLANK_LINE: &[u8] = b"\r\n\r\n";
    input.len() < max_head
        || (input.len().saturating_sub(BLANK_LINE.len() - 1)..max_head).any(|start| {
            input
                .get(start..)
                .is_some_and(|tail| !tail.is_empty() && BLANK_LINE.starts_with(tail))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(input: &[u8], max_head: usize) -> Result<Option<usize>, Error> {
        HeadEnd::default().find(input, max_head)
    }

    /// Feeds one byte more each time.
    fn find_bytewise(input: &[u8], max_head: usize) -> Result<Option<usize>, Error> {
        let mut search = HeadEnd::default();
        let mut steps = (0..=input.len()).map(|length| search.find(&input[..length], max_head));
        steps.find(|step| *step != Ok(None)).unwrap_or(Ok(None))
    }

    #[test]
    fn the_length_includes_the_blank_line() {
        assert_eq!(find(b"a\r\nb: c\r\n\r\nbody", 99), Ok(Some(11)));
        assert_eq!(find(b"a\r\nb: c\r\n\r", 99), Ok(None));
    }

    #[test]
    fn bare_line_feeds_and_an_empty_first_line_are_refused() {
        assert_eq!(find(b"a\n\n", 99), Err(Error::ControlByte));
        assert_eq!(find(b"a\r\nb\n", 99), Err(Error::ControlByte));
        assert_eq!(find(b"\r\n", 99), Err(Error::RequestLine));
        assert_eq!(find(b"\n", 99), Err(Error::ControlByte));
    }

    #[test]
    fn the_blank_line_must_begin_before_the_limit_however_the_head_is_cut() {
        for (input, expected) in [
            (&b"aaaa\r\n\r\n"[..], Ok(Some(8))),
            (b"aaaaa\r\n\r\n", Err(Error::HeadTooLarge)),
            (b"aaaaaaaaaaaa", Err(Error::HeadTooLarge)),
            (b"aaaa\r\nb\r\n\r\n", Err(Error::HeadTooLarge)),
            (b"aaaa\r\n\n", Err(Error::HeadTooLarge)),
            (b"aaa\n\n", Err(Error::ControlByte)),
            (b"aaaa\r\n\r", Ok(None)),
        ] {
            assert_eq!(find(input, 5), expected, "{}", input.escape_ascii());
            assert_eq!(
                find_bytewise(input, 5),
                expected,
                "bytewise {}",
                input.escape_ascii()
            );
        }
    }

    #[test]
    fn a_head_of_the_limit_is_refused_without_waiting_for_more() {
        assert_eq!(find(b"aaaaa", 5), Err(Error::HeadTooLarge));
        assert_eq!(find(b"aaaa\r", 5), Ok(None));
    }
}
