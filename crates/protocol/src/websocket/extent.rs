use super::{Error, Role, header::Header, mask};

/// How far the frame at the front of a buffer reaches, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The frame ends its message.
    pub is_final: bool,
    /// The payload is compressed (RFC 7692 section 6).
    pub is_compressed: bool,
    /// What the frame is for (RFC 6455 section 11.8).
    pub opcode: u8,
    /// Bytes of the header, mask included.
    pub header_length: usize,
    /// Bytes of the payload, whether or not they are all there.
    pub payload_length: usize,
    mask: [u8; 4],
}

/// Reads the header of a frame that the end which `role` names has received, for callers that keep the bytes themselves; `None` as long as it is not whole.
pub fn extent(input: &[u8], role: Role) -> Result<Option<Extent>, Error> {
    let Some((header, header_length)) = Header::read(input, role)? else {
        return Ok(None);
    };
    let payload_length = usize::try_from(header.payload_length).map_err(|_| Error::TooLarge)?;
    Ok(Some(Extent {
        is_final: header.is_final,
        is_compressed: header.is_compressed,
        opcode: u8::from(header.opcode),
        header_length,
        payload_length,
        mask: header.mask,
    }))
}

impl Extent {
    /// As much of the payload as `input`, which begins with the frame, holds, unmasked.
    pub fn payload(&self, input: &[u8]) -> Vec<u8> {
        let end = self.header_length.saturating_add(self.payload_length);
        let mut payload = input[self.header_length..end.min(input.len())].to_vec();
        mask::apply(&mut payload, self.mask, 0);
        payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_tells_before_the_payload_is_there() {
        let frame = extent(b"\x81\x85\x01\x02\x03\x04ic", Role::Server)
            .unwrap()
            .unwrap();
        assert_eq!((frame.header_length, frame.payload_length), (6, 5));
        assert!(frame.is_final && frame.opcode == 1);
        assert_eq!(frame.payload(b"\x81\x85\x01\x02\x03\x04ic"), b"ha");
    }

    #[test]
    fn half_a_header_waits_and_a_wrong_one_is_a_fault() {
        assert_eq!(extent(b"\x81\xfe\x01", Role::Server), Ok(None));
        assert_eq!(extent(b"\x81\x01a", Role::Server), Err(Error::Unmasked));
    }
}
