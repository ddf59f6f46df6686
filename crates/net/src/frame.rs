//! Websocket frames on their way out, as the end that sends them has to write them.

use ouvrier_protocol::websocket::{CloseFrame, Role, frame};

/// The first byte of a text message that is whole.
pub const TEXT: u8 = 0x81;
/// The first byte of a binary message that is whole.
pub const BINARY: u8 = 0x82;
/// The first byte of a pong.
pub const PONG: u8 = 0x8a;
/// The first byte of a ping.
pub const PING: u8 = 0x89;
const CLOSE: u8 = 0x88;

/// Appends a frame. A client masks it, so that nobody can choose the bytes on the wire (RFC 6455 section 10.3); a server does not.
pub fn encode(role: Role, first_byte: u8, payload: &[u8], out: &mut Vec<u8>) {
    match role {
        Role::Server => frame::encode(first_byte, payload, out),
        Role::Client => frame::encode_masked(first_byte, rand::random(), payload, out),
    }
}

/// Appends a close frame with `code` and no reason.
pub fn encode_close(role: Role, code: u16, out: &mut Vec<u8>) {
    encode(role, CLOSE, &code.to_be_bytes(), out);
}

/// Appends a close frame that says why.
pub fn encode_close_frame(role: Role, close: &CloseFrame, out: &mut Vec<u8>) {
    encode(role, CLOSE, &close.payload(), out);
}

/// Bytes that nobody can predict, for the key of a handshake.
#[must_use]
pub fn nonce() -> [u8; 16] {
    rand::random()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clients_mask_and_each_time_anew() {
        let mut out = Vec::new();
        encode_close(Role::Server, 1001, &mut out);
        assert_eq!(out, [0x88, 2, 0x03, 0xe9]);
        let masks: std::collections::HashSet<[u8; 4]> = (0..64)
            .map(|_| {
                let mut out = Vec::new();
                encode(Role::Client, 0x82, &[0; 4], &mut out);
                assert_eq!((out[0], out[1], out.len()), (0x82, 0x84, 10));
                assert_eq!(out[2..6], out[6..]);
                [out[2], out[3], out[4], out[5]]
            })
            .collect();
        assert!(masks.len() > 32);
    }
}
