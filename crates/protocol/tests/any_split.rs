//! However a stream is cut into pieces, it gives the same items and the same end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fmt::Debug, ops::Range};

use ouvrier_protocol::{
    Step, http, length_prefixed, text,
    websocket::{
        self,
        deflate::{Agreement, Preference},
    },
};
use proptest::{collection::vec, prelude::*};

mod feed;

use feed::{Outcome, feed};

/// Where to cut a stream: lengths of pieces, used over and over.
type Cuts = Vec<usize>;

fn cuts() -> impl Strategy<Value = Cuts> {
    vec(1_usize..40, 1..12)
}

/// Pieces of `stream`, and now and then arbitrary bytes instead of one.
fn stream(pieces: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        20 => proptest::sample::select(pieces).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..20),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn cut<'a>(mut stream: &'a [u8], cuts: &'a Cuts) -> impl Iterator<Item = &'a [u8]> {
    cuts.iter().cycle().map_while(move |&length| {
        let (piece, rest) = stream.split_at(length.min(stream.len()));
        stream = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Decodes in one piece and in many, with a fresh decoder each. Bytes that a decoder took in count
/// as left over.
fn check<D, T: Debug + PartialEq, E: Debug + PartialEq>(
    stream: &[u8],
    cuts: &Cuts,
    new: impl Fn() -> D,
    decode: impl Fn(&mut D, &[u8]) -> Result<Step<T>, E>,
    buffered: impl Fn(&D) -> bool,
) {
    let (mut whole, mut pieces) = (new(), new());
    let expected = feed([stream], |input| decode(&mut whole, input));
    let found = feed(cut(stream, cuts), |input| decode(&mut pieces, input));
    assert_eq!(
        is_idle(&found, buffered(&pieces)),
        is_idle(&expected, buffered(&whole))
    );
    assert_eq!(found.items, expected.items);
    assert_eq!(found.end.err(), expected.end.err());
}

/// Whether nothing is left over at the end.
fn is_idle<T, E>(outcome: &Outcome<T, E>, is_buffered: bool) -> bool {
    matches!(outcome.end, Ok(0)) && !is_buffered
}

const LINES: &[&[u8]] = &[b"a", b"hello", b"\n", b"\r\n", b"\r", b"0123456789"];

const FRAMES: &[&[u8]] = &[
    b"\0\0\0\x04",
    b"\0\0\0\x09hello",
    b"\0\0\0\x1e\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
];

const REQUESTS: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /path?query HTTP/1.0\r\nX: y\r\nZ:\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n0123\r\n\r\n4567",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
      3\r\nabc\r\na;x=y\r\n0123456789\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
      1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n",
];

const HANDSHAKES: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
      Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: y\nZ: z\r\n\r\n",
];

/// As a server sends them, without masks.
const WEBSOCKET: &[&[u8]] = &[
    b"\x81\x05hello",
    b"\x81\x0f\xc3\xa9a\xe4\xb8\xad\xf0\x9f\x98\x80\xe4\xb8\xad\xc3\xa9",
    b"\x82\x03\x00\xff\x80",
    b"\x01\x01\xc3\x89\x01p\x80\x01\xa9",
    b"\x01\x00\x00\x02ab\x8a\x00\x80\x01c",
    b"\x02\x01\xff\x80\x01\xfe",
    b"\x89\x04ping",
];

/// Compressed, each on its own; the last one takes more room than is allowed in some tests.
const COMPRESSED: &[&[u8]] = &[
    b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00",
    b"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00",
    b"\x41\x03\xf2\x48\xcd\x89\x04ping\x80\x04\xc9\xc9\x07\x00",
    b"\xc2\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
    b"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
    b"\xc2\x01\x00",
    b"\x81\x05hello",
    b"\xc2\x05\x4b\x4c\xa4\x05\x00",
    // Refers to a "Hello" before it, where windows are taken over (RFC 7692 section 7.2.3.2).
    b"\xc1\x05\xf2\x00\x11\x00\x00",
];

/// Limits that some of the streams above keep to.
fn limits(max_message: Range<usize>) -> impl Strategy<Value = websocket::Limits> {
    let max_frame = prop_oneof![2_usize..9, Just(usize::MAX)];
    let max_fragments = prop_oneof![1_u32..4, Just(u32::MAX)];
    (max_message, max_frame, max_fragments).prop_map(|(max_message, max_frame, max_fragments)| {
        websocket::Limits {
            max_message,
            max_frame,
            max_fragments,
        }
    })
}

/// What a client and a server agree upon.
fn agreement(takeover: bool) -> Agreement {
    let head = b"GET / HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    let preference = Preference {
        server_context_takeover: takeover,
        client_context_takeover: takeover,
        ..Preference::default()
    };
    Agreement::negotiate(head, &preference).unwrap()
}

proptest! {
    #[test]
    fn text_lines(stream in stream(LINES), cuts in cuts(), limit in 1_usize..60) {
        let decode = |decoder: &mut text::Decoder, input: &[u8]| {
            decoder.decode(input, limit).map(|step| step.map(<[u8]>::to_vec))
        };
        check(&stream, &cuts, text::Decoder::new, decode, |_| false);
    }

    #[test]
    fn length_prefixed_frames(stream in stream(FRAMES), cuts in cuts(), limit in 4_usize..60) {
        let decode = |decoder: &mut length_prefixed::Decoder, input: &[u8]| {
            decoder.decode(input, limit).map(|step| step.map(<[u8]>::to_vec))
        };
        check(&stream, &cuts, length_prefixed::Decoder::new, decode, |_| false);
    }

    #[test]
    fn http_requests(
        stream in stream(REQUESTS),
        cuts in cuts(),
        max_head in 50_usize..80,
        max_package_size in 80_usize..140,
    ) {
        let limits = http::Limits { max_head, ..http::Limits::of_package(max_package_size) };
        let decode = |decoder: &mut http::Decoder, input: &[u8]| decoder.decode(input, &limits);
        check(&stream, &cuts, http::Decoder::new, decode, |decoder| decoder.buffered() > 0);
    }

    #[test]
    fn the_extent_of_a_request_is_what_its_decoder_consumes(
        stream in stream(REQUESTS),
        max_head in 50_usize..80,
        max_package_size in 80_usize..140,
        piece in 1_usize..40,
    ) {
        let limits = http::Limits { max_head, ..http::Limits::of_package(max_package_size) };
        let decoded = http::Decoder::new().decode(&stream, &limits);
        let measured = match http::extent(&stream, &limits) {
            Ok(http::Extent::Chunked(head)) => {
                let whole = http::chunked_length(&stream, head, &limits);
                let mut bit_by_bit = http::ChunkedLength::new(head);
                let ends = (head..stream.len()).step_by(piece).chain([stream.len()]);
                let mut lengths = ends.map(|end| bit_by_bit.measure(&stream[..end], &limits));
                let known = lengths.find(|length| *length != Ok(None));
                assert_eq!(known.unwrap_or(Ok(None)), whole);
                whole
            }
            Ok(http::Extent::Length(length)) => Ok(Some(length)),
            Ok(http::Extent::Unknown) => Ok(None),
            Err(error) => Err(error),
        };
        match decoded {
            Ok(Step { consumed, item: Some(_) }) => assert_eq!(measured, Ok(Some(consumed))),
            Ok(_) => assert!(measured.unwrap().is_none_or(|length| length > stream.len())),
            Err(error) => assert_eq!(measured, Err(error)),
        }
    }

    #[test]
    fn handshakes(stream in stream(HANDSHAKES), cuts in cuts(), limit in 120_usize..180) {
        let decode = |decoder: &mut websocket::handshake::Decoder, input: &[u8]| {
            decoder.decode(input, limit).map(|step| step.map(<[u8]>::to_vec))
        };
        check(&stream, &cuts, websocket::handshake::Decoder::new, decode, |_| false);
    }

    #[test]
    fn websocket(stream in stream(WEBSOCKET), cuts in cuts(), limits in limits(8..20)) {
        let decode = |decoder: &mut websocket::Decoder, input: &[u8]| {
            decoder.decode(input, &limits)
        };
        let new = || websocket::Decoder::new(websocket::Role::Client);
        check(&stream, &cuts, new, decode, |decoder| decoder.buffered() > 0);
    }

    #[test]
    fn compressed_messages(
        stream in stream(COMPRESSED),
        cuts in cuts(),
        limits in limits(8..40),
        takeover in any::<bool>(),
    ) {
        let decode = |decoder: &mut websocket::Decoder, input: &[u8]| {
            decoder.decode(input, &limits)
        };
        let agreement = agreement(takeover);
        let new = || websocket::Decoder::with_deflate(websocket::Role::Client, &agreement);
        check(&stream, &cuts, new, decode, |decoder| decoder.buffered() > 0);
    }

    #[test]
    fn arbitrary_bytes_after_a_handshake(stream in vec(any::<u8>(), 0..200), cuts in cuts()) {
        let limits = websocket::Limits::of_messages(100);
        let decode = |decoder: &mut websocket::Decoder, input: &[u8]| {
            decoder.decode(input, &limits)
        };
        let new = || websocket::Decoder::new(websocket::Role::Server);
        check(&stream, &cuts, new, decode, |decoder| decoder.buffered() > 0);
    }
}
