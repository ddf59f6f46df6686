use tungstenite::protocol::frame::coding::CloseCode;

use super::{CloseFrame, Error};

impl CloseFrame {
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
