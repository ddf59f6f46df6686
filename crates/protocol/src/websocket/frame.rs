//! Frames on their way out. Nothing is checked here: the first byte carries FIN, RSV and opcode as
//! the caller wants them.

use super::mask;

/// FIN and the opcode of a close frame.
const CLOSE: u8 = 0x88;
pub(super) const MASK_BIT: u8 = 0x80;
const MAX_HEADER: usize = 14;

/// Appends a frame as servers send it, such as `0x81` for a whole text message.
pub fn encode(first_byte: u8, payload: &[u8], out: &mut Vec<u8>) {
    write_header(first_byte, 0, payload.len(), out);
    out.extend_from_slice(payload);
}

/// Appends a frame as clients send it. The mask must not be predictable (RFC 6455 section 10.3);
/// this crate has no source of randomness, so the caller draws it.
pub fn encode_masked(first_byte: u8, mask: [u8; 4], payload: &[u8], out: &mut Vec<u8>) {
    write_header(first_byte, MASK_BIT, payload.len(), out);
    out.extend_from_slice(&mask);
    let start = out.len();
    out.extend_from_slice(payload);
    mask::apply(&mut out[start..], mask, 0);
}

/// Appends a server's close frame. A reason longer than the 123 bytes that fit is cut at a
/// character boundary.
pub fn encode_close(code: u16, reason: &[u8], out: &mut Vec<u8>) {
    const MAX_REASON: usize = 123;
    let is_character_start = |end: &usize| reason.get(*end).is_none_or(|byte| byte & 0xc0 != 0x80);
    let end = (0..=reason.len().min(MAX_REASON))
        .rev()
        .find(is_character_start)
        .unwrap_or(0);
    write_header(CLOSE, 0, end + 2, out);
    out.extend_from_slice(&code.to_be_bytes());
    out.extend_from_slice(&reason[..end]);
}

/// Writes all of the header but the mask, with the length in its shortest form (RFC 6455 section
/// 5.2).
pub(super) fn write_header(first_byte: u8, mask_bit: u8, length: usize, out: &mut Vec<u8>) {
    out.reserve(MAX_HEADER + length);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => out.extend_from_slice(&[first_byte, mask_bit | short]),
        (_, Ok(medium)) => {
            out.extend_from_slice(&[first_byte, mask_bit | 126]);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.extend_from_slice(&[first_byte, mask_bit | 127]);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header_of(length: usize) -> Vec<u8> {
        let mut out = Vec::new();
        encode(0x82, &vec![0; length], &mut out);
        out.truncate(out.len() - length);
        out
    }

    #[test]
    fn lengths_take_the_shortest_form() {
        assert_eq!(header_of(0), [0x82, 0]);
        assert_eq!(header_of(125), [0x82, 125]);
        assert_eq!(header_of(126), [0x82, 126, 0, 126]);
        assert_eq!(header_of(0xffff), [0x82, 126, 0xff, 0xff]);
        assert_eq!(header_of(0x10000), [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn the_masked_example_of_the_rfc() {
        let mut out = Vec::new();
        encode_masked(0x81, [0x37, 0xfa, 0x21, 0x3d], b"Hello", &mut out);
        assert_eq!(
            out,
            [
                0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
            ]
        );
    }

    #[test]
    fn a_close_reason_is_cut_between_characters() {
        let mut out = Vec::new();
        encode_close(1000, b"bye", &mut out);
        assert_eq!(out, b"\x88\x05\x03\xe8bye");
        out.clear();
        encode_close(1000, "\u{e9}".repeat(80).as_bytes(), &mut out);
        assert_eq!((out[1], out.len()), (124, 126));
        assert!(std::str::from_utf8(&out[4..]).is_ok());
    }
}
