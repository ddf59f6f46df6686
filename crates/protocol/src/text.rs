//! Lines: a package is what stands before a `\n`.

use memchr::memchr;
use thiserror::Error;

use crate::Step;

/// Why a stream of lines cannot be read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer sends a line that is longer than the caller allows, its end included.
    #[error("line exceeds the maximum package size")]
    TooLarge,
}

/// Cuts a stream into lines.
#[derive(Debug, Default)]
pub struct Decoder {
    searched: usize,
}

impl Decoder {
    /// A decoder at the start of a line.
    pub const fn new() -> Self {
        Self { searched: 0 }
    }

    /// Returns the next line without the `\r` and `\n` bytes at its end, however many there are:
    /// `"a\r\r\n"` is `"a"`.
    ///
    /// `max_package_size` counts the whole line with its `\n`. A line without an end is refused as
    /// soon as no end could make it fit.
    pub fn decode<'a>(
        &mut self,
        input: &'a [u8],
        max_package_size: usize,
    ) -> Result<Step<&'a [u8]>, Error> {
        let unsearched = input.get(self.searched..).unwrap_or_default();
        let length = memchr(b'\n', unsearched).map(|at| self.searched + at + 1);
        if length.unwrap_or(input.len() + 1) > max_package_size {
            return Err(Error::TooLarge);
        }
        match length {
            Some(length) => {
                self.searched = 0;
                Ok(Step::complete(length, trim_line_end(&input[..length])))
            }
            None => {
                self.searched = input.len();
                Ok(Step::pending(0))
            }
        }
    }
}

/// Appends `payload` as one line. A `\n` inside the payload is sent as it is, and the peer will see
/// two lines.
pub fn encode(payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(payload.len() + 1);
    out.extend_from_slice(payload);
    out.push(b'\n');
}

/// Drops every trailing `\r` and `\n`, as PHP's `rtrim($line, "\r\n")` does.
fn trim_line_end(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .rposition(|byte| !matches!(byte, b'\r' | b'\n'))
        .map_or(0, |last| last + 1);
    &line[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_carriage_returns_are_trimmed_and_inner_ones_kept() {
        let step = Decoder::new().decode(b"a\rb\r\r\nrest", 100).unwrap();
        assert_eq!(step, Step::complete(6, &b"a\rb"[..]));
    }

    #[test]
    fn an_empty_line_is_an_empty_package() {
        assert_eq!(
            Decoder::new().decode(b"\n", 1).unwrap(),
            Step::complete(1, &b""[..])
        );
    }

    #[test]
    fn the_search_goes_on_where_it_stopped() {
        let mut decoder = Decoder::new();
        assert_eq!(decoder.decode(b"abc", 10).unwrap(), Step::pending(0));
        assert_eq!(decoder.searched, 3);
        assert_eq!(
            decoder.decode(b"abc\nd", 10).unwrap(),
            Step::complete(4, &b"abc"[..])
        );
        assert_eq!(
            decoder.decode(b"d\n", 10).unwrap(),
            Step::complete(2, &b"d"[..])
        );
    }

    #[test]
    fn a_line_of_exactly_the_limit_fits_and_one_byte_more_does_not() {
        assert!(Decoder::new().decode(b"abc\n", 4).unwrap().item.is_some());
        assert_eq!(Decoder::new().decode(b"abcd\n", 4), Err(Error::TooLarge));
    }

    #[test]
    fn an_endless_line_is_refused_before_its_end() {
        assert_eq!(Decoder::new().decode(b"abc", 4).unwrap(), Step::pending(0));
        assert_eq!(Decoder::new().decode(b"abcd", 4), Err(Error::TooLarge));
    }
}
