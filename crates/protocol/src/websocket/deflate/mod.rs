//! The extension permessage-deflate, RFC 7692.
//!
//! [`Agreement`] is what both ends have settled in the handshake. From it follow a [`Deflater`] for what is sent, and the decoder's
//! way with what arrives. An end that does not take its window over from message to message has no
//! state between messages: what it compresses with is borrowed from its thread, so that an idle
//! connection costs nothing.

mod deflater;
mod inflater;
mod negotiation;

pub use deflater::{Deflater, Level, Parameters};
pub(super) use inflater::Inflater;
pub use negotiation::{Agreement, Preference, ResponseError};

use super::Role;

/// RSV1 of a frame's first byte: the message that begins here is compressed (RFC 7692 section 6).
pub const RSV1: u8 = 0x40;

/// What an empty block that flushes ends with. Senders leave it out and receivers put it back (RFC
/// 7692 section 7.2).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Most bytes of a compressed message that may decompress to `limit`: what cannot be compressed grows a little, by less
/// than an eighth with every known compressor. Whoever sends more sends empty blocks.
pub(super) const fn most(limit: usize) -> usize {
    const EMPTY_BLOCKS: usize = 64;
    limit.saturating_add(limit / 8).saturating_add(EMPTY_BLOCKS)
}

impl Agreement {
    /// What decompresses the messages that `role` receives.
    pub(super) const fn inflater(&self, role: Role) -> Inflater {
        Inflater::new(match role {
            Role::Server => !self.client_no_context_takeover,
            Role::Client => !self.server_no_context_takeover,
        })
    }

    /// What compresses the messages that `role` sends.
    pub const fn deflater(&self, role: Role, level: Level) -> Deflater {
        let (window_bits, starts_anew) = match role {
            Role::Server => (self.server_max_window_bits, self.server_no_context_takeover),
            Role::Client => (self.client_max_window_bits, self.client_no_context_takeover),
        };
        Deflater::new(Parameters { window_bits, level }, !starts_anew)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::websocket::{Decoder, Error, Event, Kind, Limits, frame};

    const LIMITS: Limits = Limits::of_messages(1 << 20);
    const FINAL_BINARY: u8 = 0x82 | RSV1;

    fn agreement(takeover: bool, bits: u8) -> Agreement {
        let preference = Preference {
            server_context_takeover: takeover,
            client_context_takeover: takeover,
            server_max_window_bits: bits,
            client_max_window_bits: bits,
        };
        let head = b"GET / HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate; \
                     client_max_window_bits\r\n\r\n";
        Agreement::negotiate(head, &preference).unwrap()
    }

    fn binary(data: &[u8]) -> Event {
        Event::Message {
            kind: Kind::Binary,
            data: data.to_vec(),
        }
    }

    fn compressed(deflater: &mut Deflater, payload: &[u8]) -> Vec<u8> {
        let (mut message, mut out) = (Vec::new(), Vec::new());
        deflater.message(payload, &mut message);
        frame::encode(FINAL_BINARY, &message, &mut out);
        out
    }

    /// Compressible, and longer than every window.
    fn long_message() -> Vec<u8> {
        (0..100_000u32)
            .flat_map(|number| (number / 7).wrapping_mul(2_654_435_761).to_le_bytes())
            .collect()
    }

    /// What no compressor makes smaller (xorshift32).
    fn noise(length: usize) -> Vec<u8> {
        let steps = std::iter::successors(Some(1u32), |&state| {
            let state = state ^ (state << 13);
            let state = state ^ (state >> 17);
            Some(state ^ (state << 5))
        });
        steps.map(|state| state as u8).take(length).collect()
    }

    #[test]
    fn messages_of_every_size_come_through_with_every_agreement() {
        let long = long_message();
        for (takeover, bits) in [(false, 15), (true, 15), (false, 9), (true, 10)] {
            let agreement = agreement(takeover, bits);
            let mut deflater = agreement.deflater(Role::Server, Level::default());
            let mut decoder = Decoder::with_deflate(Role::Client, &agreement);
            for length in [0, 1, 5, 1000, 0, 65_536, 400_000, 3] {
                let frame = compressed(&mut deflater, &long[..length]);
                let step = decoder.decode(&frame, &LIMITS).unwrap();
                assert_eq!(step.item, Some(binary(&long[..length])), "{length} {bits}");
                assert_eq!(step.consumed, frame.len());
            }
        }
    }

    #[test]
    fn a_window_that_is_taken_over_makes_the_next_message_smaller() {
        let mut takes_over = agreement(true, 15).deflater(Role::Server, Level::default());
        let mut starts_anew = agreement(false, 15).deflater(Role::Server, Level::default());
        let message = b"the same words, as long as it takes to see them again";
        let first = compressed(&mut takes_over, message);
        assert_eq!(first, compressed(&mut starts_anew, message));
        assert_eq!(first, compressed(&mut starts_anew, message));
        assert!(compressed(&mut takes_over, message).len() < first.len());
        assert!(starts_anew.is_stateless() && !takes_over.is_stateless());
    }

    #[test]
    fn a_stateless_end_holds_nothing_between_messages() {
        let agreement = agreement(false, 15);
        let mut decoder = Decoder::with_deflate(Role::Client, &agreement);
        let frame = compressed(
            &mut agreement.deflater(Role::Server, Level::default()),
            b"message",
        );
        for _ in 0..3 {
            assert_eq!(
                decoder.decode(&frame, &LIMITS).unwrap().item,
                Some(binary(b"message"))
            );
            assert_eq!(decoder.buffered(), 0);
        }
    }

    /// RFC 7692 sections 7.2.3.1 to 7.2.3.5.
    /// A stream takes longer to begin than to send.
    #[test]
    fn a_message_has_so_many_streams_and_no_more() {
        let empty_and_final = [0x03, 0x00];
        for (count, is_fine) in [(900, true), (2000, false)] {
            let payload = empty_and_final.repeat(count);
            let mut frame = vec![0xc2, 126];
            frame.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
            frame.extend(payload);
            let mut decoder = Decoder::with_deflate(Role::Client, &agreement(false, 15));
            let decoded = decoder.decode(&frame, &LIMITS);
            assert_eq!(decoded.is_ok(), is_fine, "{count}");
        }
    }

    #[test]
    fn the_examples_of_the_rfc() {
        let hello = Event::Message {
            kind: Kind::Text,
            data: b"Hello".to_vec(),
        };
        let one_block: &[u8] = &[0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let two_frames: &[u8] = &[
            0x41, 0x03, 0xf2, 0x48, 0xcd, 0x80, 0x04, 0xc9, 0xc9, 0x07, 0x00,
        ];
        let not_compressed: &[u8] = &[
            0xc1, 0x0b, 0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00,
        ];
        let final_block: &[u8] = &[0xc1, 0x08, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        let two_blocks: &[u8] = &[
            0xc1, 0x0d, 0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07,
            0x00,
        ];
        for stream in [
            one_block,
            two_frames,
            not_compressed,
            final_block,
            two_blocks,
        ] {
            let mut decoder = Decoder::with_deflate(Role::Client, &agreement(false, 15));
            let (mut rest, mut item) = (stream, None);
            while item.is_none() && !rest.is_empty() {
                let step = decoder.decode(rest, &LIMITS).unwrap();
                rest = &rest[step.consumed..];
                item = step.item;
            }
            assert_eq!(item, Some(hello.clone()), "{stream:x?}");
        }
    }

    #[test]
    fn a_window_is_shared_by_messages_only_if_it_was_agreed_upon() {
        let second = [0xc1, 0x05, 0xf2, 0x00, 0x11, 0x00, 0x00];
        let first = [0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let mut keeps = Decoder::with_deflate(Role::Client, &agreement(true, 15));
        let mut forgets = Decoder::with_deflate(Role::Client, &agreement(false, 15));
        for decoder in [&mut keeps, &mut forgets] {
            assert!(decoder.decode(&first, &LIMITS).unwrap().item.is_some());
        }
        assert!(keeps.decode(&second, &LIMITS).unwrap().item.is_some());
        assert_eq!(forgets.decode(&second, &LIMITS), Err(Error::InvalidDeflate));
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let limits = Limits::of_messages(10_000);
        let agreement = agreement(false, 15);
        let mut deflater = agreement.deflater(Role::Server, Level::default());
        let largest = compressed(&mut deflater, &[b'x'; 10_000]);
        let one_more = compressed(&mut deflater, &[b'x'; 10_001]);
        let bomb = compressed(&mut deflater, &vec![b'x'; 5_000_000]);
        assert!(bomb.len() < 10_000, "{}", bomb.len());
        let mut decoder = Decoder::with_deflate(Role::Client, &agreement);
        assert!(decoder.decode(&largest, &limits).unwrap().item.is_some());
        for stream in [&one_more, &bomb] {
            let mut decoder = Decoder::with_deflate(Role::Client, &agreement);
            assert_eq!(decoder.decode(stream, &limits), Err(Error::TooLarge));
        }
    }

    #[test]
    fn an_unfinished_message_holds_what_was_sent_and_no_more() {
        let agreement = agreement(false, 15);
        let mut deflater = agreement.deflater(Role::Server, Level::default());
        let stream = compressed(&mut deflater, &vec![b'x'; 500_000]);
        let mut decoder = Decoder::with_deflate(Role::Client, &agreement);
        let step = decoder
            .decode(&stream[..stream.len() - 1], &LIMITS)
            .unwrap();
        assert_eq!((step.consumed, step.item), (stream.len() - 1, None));
        assert!(decoder.buffered() < stream.len());
    }

    #[test]
    fn what_cannot_be_compressed_may_be_as_large_as_anything_else() {
        let noise = noise(10_000);
        let limits = Limits::of_messages(noise.len());
        for (takeover, bits) in [(false, 15), (true, 9)] {
            let agreement = agreement(takeover, bits);
            let mut deflater = agreement.deflater(Role::Server, Level::default());
            let stream = compressed(&mut deflater, &noise);
            assert!(stream.len() > noise.len());
            let mut decoder = Decoder::with_deflate(Role::Client, &agreement);
            let step = decoder.decode(&stream, &limits).unwrap();
            assert_eq!(step.item, Some(binary(&noise)));
        }
    }

    /// Blocks that hold nothing: their message is endless, and decompresses to nothing.
    #[test]
    fn empty_blocks_are_refused_at_the_limit_too() {
        let limits = Limits::of_messages(1000);
        let mut stream = vec![0x42, 0x7e, 0x7f, 0xff];
        stream.extend([0x00, 0x00, 0x00, 0xff, 0xff].repeat(1000));
        let mut decoder = Decoder::with_deflate(Role::Client, &agreement(false, 15));
        assert_eq!(decoder.decode(&stream, &limits), Err(Error::TooLarge));
    }

    #[test]
    fn rubbish_and_compression_that_was_not_agreed_upon_are_refused() {
        let rubbish = [0xc2, 0x05, 0xff, 0xfe, 0xfd, 0xfc, 0xfb];
        let mut decoder = Decoder::with_deflate(Role::Client, &agreement(false, 15));
        assert_eq!(
            decoder.decode(&rubbish, &LIMITS),
            Err(Error::InvalidDeflate)
        );
        assert_eq!(
            Decoder::new(Role::Client).decode(&rubbish, &LIMITS),
            Err(Error::ReservedBit)
        );
    }

    #[test]
    fn reserved_bits_elsewhere_are_refused() {
        for stream in [
            &b"\x02\x01x\xc0\x01x"[..],
            b"\xc9\x00",
            b"\xa2\x00",
            b"\x92\x00",
        ] {
            let mut decoder = Decoder::with_deflate(Role::Client, &agreement(false, 15));
            assert_eq!(
                decoder.decode(stream, &LIMITS),
                Err(Error::ReservedBit),
                "{stream:x?}"
            );
        }
    }
}
