//! What a decoder has taken in can be given back: a fresh decoder that reads it, and then the rest, finds the same items.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;

use ouvrier_protocol::{
    Step, http,
    websocket::{
        self,
        deflate::{Agreement, Preference},
    },
};
use proptest::prelude::*;

mod feed;

use feed::feed;

/// Decodes `stream` up to `cut` and gives back what that left unfinished; then decodes anew.
fn check<D, T: Debug + PartialEq, E: Debug + PartialEq>(
    stream: &[u8],
    cut: usize,
    new: impl Fn() -> D,
    decode: impl Fn(&mut D, &[u8]) -> Result<Step<T>, E>,
    unread: impl Fn(&D, &mut Vec<u8>),
) {
    let (mut whole, mut decoder, mut fresh) = (new(), new(), new());
    let expected = feed([stream], |input| decode(&mut whole, input));
    let (front, rest) = stream.split_at(cut);
    let mut found = feed([front], |input| decode(&mut decoder, input));
    let mut given_back = Vec::new();
    unread(&decoder, &mut given_back);
    given_back.extend_from_slice(&front[front.len() - found.end.unwrap()..]);
    let after = feed([&given_back[..], rest], |input| decode(&mut fresh, input));
    found.items.extend(after.items);
    assert_eq!(found.items, expected.items);
    assert_eq!(after.end, expected.end);
}

fn stream(pieces: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(proptest::sample::select(pieces), 1..6)
        .prop_map(|pieces| pieces.concat())
}

const REQUESTS: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n0123\r\n\r\n4567",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\n\
      3\r\nabc\r\na;x=y\r\n0123456789\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
      1\r\na\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n",
];

/// As clients send them: the mask is "abcd".
const FRAMES: &[&[u8]] = &[
    b"\x81\x85abcd\x09\x07\x0f\x08\x0e",
    b"\x82\x80abcd",
    b"\x01\x81abcd\x09\x89\x81abcd\x09\x00\x82abcd\x09\x07\x80\x80abcd",
    b"\x01\x82abcd\x09\x07\x00\x80abcd\x80\x81abcd\x09",
    b"\x8a\x84abcd\x09\x07\x0f\x08",
];

/// The same, compressed.
const COMPRESSED: &[&[u8]] = &[
    b"\xc1\x87abcd\x93\x2a\xae\xad\xa8\x65\x63",
    b"\x41\x83abcd\x93\x2a\xae\x89\x81abcd\x09\x00\x80abcd\x80\x84abcd\xa8\xab\x64\x64",
    b"\xc2\x8babcd\x61\x67\x63\x9e\x9e\x2a\x06\x08\x0d\x0d\x63",
    b"\x81\x85abcd\x09\x07\x0f\x08\x0e",
];

proptest! {
    #[test]
    fn requests(stream in stream(REQUESTS), cut in any::<prop::sample::Index>()) {
        let limits = http::Limits { max_head: 1000, ..http::Limits::of_package(10_000) };
        let decode = |decoder: &mut http::Decoder, input: &[u8]| decoder.decode(input, &limits);
        let cut = cut.index(stream.len() + 1);
        check(&stream, cut, http::Decoder::new, decode, |decoder, out| decoder.unread(&[], out));
    }

    #[test]
    fn requests_whose_body_was_moved(stream in stream(REQUESTS), cuts in [any::<prop::sample::Index>(), any::<prop::sample::Index>()]) {
        let limits = http::Limits { max_head: 1000, ..http::Limits::of_package(10_000) };
        let [first, second] = cuts.map(|cut| cut.index(stream.len() + 1));
        let (first, second) = (first.min(second), first.max(second));
        let (mut whole, mut fresh) = (http::Decoder::new(), http::Decoder::new());
        let expected = feed([&stream[..]], |input| whole.decode(input, &limits));

        let mut moved = Vec::new();
        let mut decoder = http::Decoder::new();
        let mut found = feed([&stream[..first], &stream[first..second]], |input| {
            let mut step = decoder.decode(input, &limits)?;
            if let Some(message) = &mut step.item {
                let (head, rest) = message.raw.split_at(message.head_length);
                message.raw = [head, &moved, rest].concat().into();
                moved.clear();
            } else {
                decoder.move_body(|body| moved.extend_from_slice(body));
            }
            Ok::<_, http::Error>(step)
        });
        let mut given_back = Vec::new();
        decoder.unread(&moved, &mut given_back);
        given_back.extend_from_slice(&stream[second - found.end.unwrap()..second]);
        let after = feed([&given_back[..], &stream[second..]], |input| fresh.decode(input, &limits));
        found.items.extend(after.items);
        assert_eq!(found.items, expected.items);
        assert_eq!(after.end, expected.end);
    }

    #[test]
    fn frames(stream in stream(FRAMES), cut in any::<prop::sample::Index>()) {
        let limits = websocket::Limits::of_messages(1000);
        let decode = |decoder: &mut websocket::Decoder, input: &[u8]| {
            decoder.decode(input, &limits)
        };
        let new = || websocket::Decoder::new(websocket::Role::Server);
        check(&stream, cut.index(stream.len() + 1), new, decode, websocket::Decoder::unread);
    }

    #[test]
    fn compressed_frames(stream in stream(COMPRESSED), cut in any::<prop::sample::Index>()) {
        let limits = websocket::Limits::of_messages(1000);
        let decode = |decoder: &mut websocket::Decoder, input: &[u8]| {
            decoder.decode(input, &limits)
        };
        let offer = b"GET / HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
        let agreement = Agreement::negotiate(offer, &Preference::default()).unwrap();
        let new = || websocket::Decoder::with_deflate(websocket::Role::Server, &agreement);
        check(&stream, cut.index(stream.len() + 1), new, decode, websocket::Decoder::unread);
    }
}
