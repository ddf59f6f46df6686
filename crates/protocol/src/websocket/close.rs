use tungstenite::protocol::frame::coding::CloseCode;

use super::{CloseFrame, Error};

/// Bytes that a reason may have beside its code (RFC 6455 section 5.5).
const MAX_REASON: usize = 123;

impl CloseFrame {
    /// What a close frame may say.
    ///
    /// # Errors
    /// A code that must not stand on the wire, or a reason that is longer than 123 bytes or no UTF-8.
    pub fn new(code: u16, reason: &[u8]) -> Result<Self, Error> {
        if reason.len() > MAX_REASON {
            return Err(Error::ControlTooLong);
        }
        let payload = [&code.to_be_bytes(), reason].concat();
        Self::read(&payload)?.ok_or(Error::CloseLength)
    }

    /// The payload of the frame.
    pub fn payload(&self) -> Vec<u8> {
        [&self.code.to_be_bytes(), self.reason.as_slice()].concat()
    }

    /// Reads the payload of a close frame: nothing, or a code and perhaps a reason (RFC 6455
    /// section 5.5.1).
    pub(super) fn read(payload: &[u8]) -> Result<Option<Self>, Error> {
        let Some((code, reason)) = payload.split_first_chunk::<2>() else {
            return if payload.is_empty() {
                Ok(None)
            } else {
                Err(Error::CloseLength)
            };
        };
        let code = u16::from_be_bytes(*code);
        if !may_be_sent(code) {
            return Err(Error::CloseCode(code));
        }
        std::str::from_utf8(reason).map_err(|_| Error::InvalidUtf8)?;
        Ok(Some(Self {
            code,
            reason: reason.to_vec(),
        }))
    }
}

/// Codes that RFC 6455 section 7.4 or the IANA registry define for the wire, and those left to
/// applications.
fn may_be_sent(code: u16) -> bool {
    const BAD_GATEWAY: u16 = 1014;
    code == BAD_GATEWAY || CloseCode::from(code).is_allowed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for code in [
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999,
            4000, 4999,
        ] {
            assert!(may_be_sent(code), "{code}");
        }
        for code in [
            0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535,
        ] {
            assert!(!may_be_sent(code), "{code}");
        }
    }

    #[test]
    fn only_what_may_be_sent_makes_a_frame() {
        let frame = CloseFrame::new(4001, "\u{e9}".as_bytes()).unwrap();
        assert_eq!(frame.payload(), b"\x0f\xa1\xc3\xa9");
        assert_eq!(CloseFrame::new(403, b""), Err(Error::CloseCode(403)));
        assert_eq!(CloseFrame::new(1000, b"\xff"), Err(Error::InvalidUtf8));
        assert!(CloseFrame::new(1000, &[b'x'; 123]).is_ok());
        assert_eq!(
            CloseFrame::new(1000, &[b'x'; 124]),
            Err(Error::ControlTooLong)
        );
    }

    #[test]
    fn payloads() {
        assert_eq!(CloseFrame::read(b""), Ok(None));
        assert_eq!(CloseFrame::read(b"\x03"), Err(Error::CloseLength));
        assert_eq!(
            CloseFrame::read(b"\x03\xe8bye"),
            Ok(Some(CloseFrame {
                code: 1000,
                reason: b"bye".to_vec()
            }))
        );
        assert_eq!(CloseFrame::read(b"\x03\xe8\xff"), Err(Error::InvalidUtf8));
        assert_eq!(CloseFrame::read(b"\x03\xed"), Err(Error::CloseCode(1005)));
    }
}
