//! What is encoded decodes to what it was; what is read out of arbitrary bytes never panics.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ouvrier_protocol::{
    Step,
    http::{self, event_stream, request::View, response},
    length_prefixed, text,
    websocket::{self, CloseFrame, Event, Kind, Role, frame, handshake},
};
use proptest::{collection::vec, prelude::*};

const LIMITS: http::Limits = http::Limits::of_package(1 << 24);

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![30 => vec(any::<u8>(), 0..300), 1 => vec(any::<u8>(), 65_530..65_545)]
}

fn binary(data: Vec<u8>) -> Event {
    Event::Message {
        kind: Kind::Binary,
        data,
    }
}

/// A code that may stand on the wire.
fn close_code() -> impl Strategy<Value = u16> {
    prop_oneof![1000_u16..1004, 1007_u16..1015, 3000_u16..5000]
}

/// Arbitrary bytes, rich in those that mean something in a request.
fn buffer() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        1 => any::<u8>(),
        2 => proptest::sample::select(&b"\r\n:/? =;#"[..]),
    ];
    vec(byte, 0..60)
}

/// A request whose body is these chunks.
fn chunked_request(chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    chunks
        .iter()
        .for_each(|chunk| http::chunk(chunk, &mut stream));
    http::chunk(b"", &mut stream);
    stream
}

/// The only request of a stream.
fn sole_request(stream: &[u8]) -> http::Message {
    let step = http::Decoder::new().decode(stream, &LIMITS).unwrap();
    assert_eq!(step.consumed, stream.len());
    step.item.unwrap()
}

/// The only event of a stream.
fn sole_event(role: Role, stream: &[u8]) -> Event {
    let limits = websocket::Limits::of_messages(1 << 24);
    let step = websocket::Decoder::new(role)
        .decode(stream, &limits)
        .unwrap();
    assert_eq!(step.consumed, stream.len());
    step.item.unwrap()
}

proptest! {
    #[test]
    fn text_lines(line in "[^\r\n]{0,200}") {
        let mut stream = Vec::new();
        text::encode(line.as_bytes(), &mut stream);
        let expected = Step { consumed: stream.len(), item: Some(line.as_bytes()) };
        prop_assert_eq!(text::Decoder::new().decode(&stream, stream.len()), Ok(expected));
    }

    #[test]
    fn length_prefixed_frames(payload in payload()) {
        let mut stream = Vec::new();
        length_prefixed::encode(&payload, &mut stream).unwrap();
        let expected = Step { consumed: stream.len(), item: Some(&payload[..]) };
        let mut decoder = length_prefixed::Decoder::new();
        prop_assert_eq!(decoder.decode(&stream, stream.len()), Ok(expected));
    }

    #[test]
    fn websocket_frames_of_a_server(payload in payload()) {
        let mut stream = Vec::new();
        frame::encode(0x82, &payload, &mut stream);
        prop_assert_eq!(sole_event(Role::Client, &stream), binary(payload));
    }

    #[test]
    fn websocket_frames_of_a_client(payload in payload(), mask in any::<[u8; 4]>()) {
        let mut stream = Vec::new();
        frame::encode_masked(0x82, mask, &payload, &mut stream);
        prop_assert_eq!(sole_event(Role::Server, &stream), binary(payload));
    }

    #[test]
    fn close_frames(code in close_code(), reason in "\\PC{0,30}") {
        let mut stream = Vec::new();
        frame::encode_close(code, reason.as_bytes(), &mut stream);
        let expected = CloseFrame { code, reason: reason.into_bytes() };
        prop_assert_eq!(sole_event(Role::Client, &stream), Event::Close(Some(expected)));
    }

    #[test]
    fn close_reasons_of_any_length_make_a_valid_frame(reason in "\\PC{0,200}") {
        let mut stream = Vec::new();
        frame::encode_close(1000, reason.as_bytes(), &mut stream);
        let event = sole_event(Role::Client, &stream);
        let is_cut = |close: &CloseFrame| reason.as_bytes().starts_with(&close.reason);
        prop_assert!(matches!(event, Event::Close(Some(close)) if is_cut(&close)));
    }

    #[test]
    fn chunks(chunks in vec(vec(any::<u8>(), 1..100), 0..20)) {
        let message = sole_request(&chunked_request(&chunks));
        let (view, body) = (View(&message.raw), chunks.concat());
        let length = view.header(b"content-length").unwrap_or_default();
        prop_assert_eq!(view.body(), &body[..]);
        prop_assert_eq!(String::from_utf8_lossy(&length), body.len().to_string());
    }

    #[test]
    fn joined_chunks_are_a_request_themselves(chunks in vec(vec(any::<u8>(), 1..100), 0..20)) {
        let message = sole_request(&chunked_request(&chunks));
        prop_assert_eq!(sole_request(&message.raw), message);
    }

    #[test]
    fn fields_cannot_end_a_response_head(
        fields in vec((vec(any::<u8>(), 0..6), vec(any::<u8>(), 0..6)), 0..6),
        reason in vec(any::<u8>(), 0..6),
        status in any::<u16>(),
    ) {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        let mut out = Vec::new();
        let reason = Some(&reason[..]);
        response::Head { version: b"1.1", status, reason, fields: &fields, occasion: response::Occasion::default() }.encode_head(&mut out);
        let end = out.len() - 4;
        prop_assert_eq!(View(&out).head(), &out[..end]);
        prop_assert!(View(&out).headers().count() <= fields.len() + 1);
    }

    #[test]
    fn an_event_is_dispatched_by_its_last_line_only(text in "[a\r\n:]{0,30}") {
        let text = Some(text.as_bytes());
        let mut out = Vec::new();
        let [comment, event, id, retry, data] = [text; 5];
        event_stream::Event { comment, event, id, retry, data }.encode(&mut out);
        let stream = String::from_utf8(out).unwrap();
        prop_assert_eq!(stream.find("\n\n"), Some(stream.len() - 2));
        prop_assert!(!stream.contains('\r'));
    }

    #[test]
    fn any_buffer_can_be_viewed(buffer in buffer()) {
        let view = View(&buffer);
        let line = [view.method(), view.uri(), view.protocol_version(), view.path(), view.query()];
        let parts = [view.head(), view.body()];
        prop_assert!(line.iter().chain(&parts).all(|part| part.len() <= buffer.len().max(3)));
        prop_assert!(view.headers().count() + view.cookies().count() <= buffer.len());
        let mut out = Vec::new();
        handshake::accept(&buffer, [&buffer], &mut out);
        prop_assert_eq!(out.windows(4).filter(|window| window == b"\r\n\r\n").count(), 1);
    }
}
