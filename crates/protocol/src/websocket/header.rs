use std::io::Cursor;

use tungstenite::protocol::frame::{FrameHeader, coding::OpCode};

use super::{Error, Role};

/// Longest payload of a control frame (RFC 6455 section 5.5).
const MAX_CONTROL_PAYLOAD: u64 = 125;

/// The header of a frame that keeps to the rules a frame can be held to on its own.
///
/// ```text
///  0               1               2               3
///  7 6 5 4 3 2 1 0 7 6 5 4 3 2 1 0 7 6 5 4 3 2 1 0 7 6 5 4 3 2 1 0
/// +-+-+-+-+-------+-+-------------+-------------------------------+
/// |F|R|R|R| opcode|M| length      | length, 16 or 64 bits, if     |
/// |I|S|S|S|       |A| or 126, 127 | it is 126 or 127              |
/// |N|V|V|V|       |S|             |                               |
/// | |1|2|3|       |K|             | masking key, 32 bits, if MASK |
/// +-+-+-+-+-------+-+-------------+-------------------------------+
/// ```
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) is_final: bool,
    /// RSV1, the only reserved bit that may mean something.
    pub(super) is_compressed: bool,
    pub(super) opcode: OpCode,
    /// All zero, which changes nothing, where the peer does not mask.
    pub(super) mask: [u8; 4],
    pub(super) payload_length: u64,
}

impl Header {
    /// Reads the header at the front of `input`, and says how long it is; `None` if it is not whole
    /// yet.
    pub(super) fn read(input: &[u8], role: Role) -> Result<Option<(Self, usize)>, Error> {
        // Reading from memory cannot fail, so what is left is the opcode.
        let mut cursor = Cursor::new(input);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| Error::ReservedOpcode)?;
        let Some((header, payload_length)) = parsed else {
            return Ok(None);
        };
        let length = header.len(payload_length);
        check_reserved_bits(&header)?;
        check_length(payload_length, cursor.position(), length)?;
        if matches!(header.opcode, OpCode::Control(_)) {
            check_control(&header, payload_length)?;
        }
        let mask = check_mask(&header, role)?;
        Ok(Some((
            Self {
                is_final: header.is_final,
                is_compressed: header.rsv1,
                opcode: header.opcode,
                mask,
                payload_length,
            },
            length,
        )))
    }
}

/// RSV1 belongs to permessage-deflate, and to the first frame of a message (RFC 7692 section 6), which its message knows; RSV2
/// and RSV3 belong to nobody.
fn check_reserved_bits(header: &FrameHeader) -> Result<(), Error> {
    let is_control = matches!(header.opcode, OpCode::Control(_));
    if (header.rsv1 && is_control) || header.rsv2 || header.rsv3 {
        Err(Error::ReservedBit)
    } else {
        Ok(())
    }
}

/// The length must be in its shortest form and fit 63 bits (RFC 6455 section 5.2).
fn check_length(length: u64, read: u64, shortest: usize) -> Result<(), Error> {
    if read != shortest as u64 {
        return Err(Error::LengthForm);
    }
    if length > i64::MAX as u64 {
        Err(Error::LengthOverflow)
    } else {
        Ok(())
    }
}

fn check_control(header: &FrameHeader, length: u64) -> Result<(), Error> {
    if !header.is_final {
        return Err(Error::FragmentedControl);
    }
    if length > MAX_CONTROL_PAYLOAD {
        Err(Error::ControlTooLong)
    } else {
        Ok(())
    }
}

fn check_mask(header: &FrameHeader, role: Role) -> Result<[u8; 4], Error> {
    match (header.mask, role) {
        (Some(mask), Role::Server) => Ok(mask),
        (None, Role::Client) => Ok([0; 4]),
        (None, Role::Server) => Err(Error::Unmasked),
        (Some(_), Role::Client) => Err(Error::Masked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(input: &[u8]) -> Option<Error> {
        Header::read(input, Role::Client).err()
    }

    #[test]
    fn the_header_ends_where_the_payload_begins() {
        let masked = [0x81, 0xfe, 0x01, 0x00, 1, 2, 3, 4, 0xff];
        let (header, length) = Header::read(&masked, Role::Server).unwrap().unwrap();
        assert_eq!(
            (length, header.payload_length, header.mask, header.is_final),
            (8, 256, [1, 2, 3, 4], true)
        );
        for cut in 0..8 {
            assert!(
                Header::read(&masked[..cut], Role::Server)
                    .unwrap()
                    .is_none()
            );
        }
    }

    #[test]
    fn lengths_have_one_form_only() {
        assert_eq!(fault(&[0x82, 126, 0, 125]), Some(Error::LengthForm));
        assert_eq!(fault(&[0x82, 126, 0, 126]), None);
        assert_eq!(
            fault(&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff]),
            Some(Error::LengthForm)
        );
        assert_eq!(fault(&[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), None);
        assert_eq!(
            fault(&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0]),
            Some(Error::LengthOverflow)
        );
    }

    #[test]
    fn control_frames_are_short_and_whole() {
        assert_eq!(fault(&[0x89, 126, 0, 126]), Some(Error::ControlTooLong));
        assert_eq!(fault(&[0x09, 0]), Some(Error::FragmentedControl));
        assert_eq!(fault(&[0x89, 125]), None);
    }

    #[test]
    fn reserved_bits_and_opcodes_are_refused() {
        for first in [0xa1, 0x91, 0xc8, 0xc9] {
            assert_eq!(fault(&[first, 0]), Some(Error::ReservedBit));
        }
        assert_eq!(fault(&[0xc1, 0]), None);
        for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            assert_eq!(fault(&[0x80 | opcode, 0]), Some(Error::ReservedOpcode));
        }
    }

    #[test]
    fn only_clients_mask() {
        assert_eq!(fault(&[0x81, 0x80, 0, 0, 0, 0]), Some(Error::Masked));
        assert_eq!(
            Header::read(&[0x81, 0], Role::Server).err(),
            Some(Error::Unmasked)
        );
    }
}
