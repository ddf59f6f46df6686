//! Workerman's `frame` protocol: a 32-bit big-endian length, then the payload. The length counts
//! its own four bytes.
//!
//! ```text
//! +-----------------------+---------------------+
//! | total length, 4 bytes | payload, length - 4 |
//! +-----------------------+---------------------+
//! ```

use thiserror::Error;

use crate::Step;

/// Bytes of the length.
pub const HEADER_LENGTH: usize = 4;

/// Why a length-prefixed stream cannot be read any further, or a payload not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer claims a frame shorter than the length field itself.
    #[error("frame length {0} is shorter than its header")]
    TooShort(u32),
    /// The frame is larger than the caller allows, or, when encoding, than 32 bits can say.
    #[error("frame exceeds the maximum package size")]
    TooLarge,
}

/// Cuts a stream into length-prefixed frames. It keeps no state: the length is at the front until
/// the frame is whole.
#[derive(Debug, Default)]
pub struct Decoder;

impl Decoder {
    /// A decoder at the start of a frame.
    pub const fn new() -> Self {
        Self
    }

    /// Returns the payload of the next frame. A wrong length is refused as soon as the header is
    /// there.
    ///
    /// `max_package_size` counts the whole frame with its header.
    pub fn decode<'a>(
        &mut self,
        input: &'a [u8],
        max_package_size: usize,
    ) -> Result<Step<&'a [u8]>, Error> {
        let Some(header) = input.first_chunk::<HEADER_LENGTH>() else {
            return Ok(Step::pending(0));
        };
        let claimed = u32::from_be_bytes(*header);
        let length = usize::try_from(claimed).map_err(|_| Error::TooLarge)?;
        if length < HEADER_LENGTH {
            return Err(Error::TooShort(claimed));
        }
        if length > max_package_size {
            return Err(Error::TooLarge);
        }
        match input.get(HEADER_LENGTH..length) {
            Some(payload) => Ok(Step::complete(length, payload)),
            None => Ok(Step::pending(0)),
        }
    }
}

/// Appends `payload` as one frame. Nothing is written when the length does not fit 32 bits.
pub fn encode(payload: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    let length = payload.len() + HEADER_LENGTH;
    let prefix = u32::try_from(length).map_err(|_| Error::TooLarge)?;
    out.reserve(length);
    out.extend_from_slice(&prefix.to_be_bytes());
    out.extend_from_slice(payload);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_counts_its_own_four_bytes() {
        let mut out = Vec::new();
        encode(b"hello", &mut out).unwrap();
        assert_eq!(out, b"\0\0\0\x09hello");
        assert_eq!(
            Decoder::new().decode(&out, 9).unwrap(),
            Step::complete(9, &b"hello"[..])
        );
    }

    #[test]
    fn an_empty_payload_is_a_package() {
        assert_eq!(
            Decoder::new().decode(b"\0\0\0\x04", 4).unwrap(),
            Step::complete(4, &b""[..])
        );
    }

    #[test]
    fn an_incomplete_frame_waits() {
        assert_eq!(
            Decoder::new().decode(b"\0\0\0", 99).unwrap(),
            Step::pending(0)
        );
        assert_eq!(
            Decoder::new().decode(b"\0\0\0\x06a", 99).unwrap(),
            Step::pending(0)
        );
    }

    #[test]
    fn a_length_below_the_header_is_refused() {
        assert_eq!(
            Decoder::new().decode(b"\0\0\0\x03", 99),
            Err(Error::TooShort(3))
        );
    }

    #[test]
    fn a_frame_over_the_limit_is_refused_before_it_arrives() {
        assert_eq!(
            Decoder::new().decode(b"\xff\xff\xff\xff", 1 << 20),
            Err(Error::TooLarge)
        );
    }
}
