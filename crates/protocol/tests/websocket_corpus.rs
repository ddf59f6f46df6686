//! Runs the frames of `tests/corpus/websocket` and of `tests/corpus/websocket_deflate`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use ouvrier_protocol::websocket::{
    Decoder, Event, Kind, Limits, Role,
    deflate::{Agreement, Preference},
};

mod case;
mod feed;

use case::{Case, cases};
use feed::feed;

#[test]
fn frames() {
    check_folder("websocket", || Decoder::new(Role::Server));
}

#[test]
fn frames_that_may_be_compressed() {
    let offer = b"GET / HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    let agreement = Agreement::negotiate(offer, &Preference::default()).unwrap();
    check_folder("websocket_deflate", || {
        Decoder::with_deflate(Role::Server, &agreement)
    });
}

fn check_folder(folder: &str, new: impl Fn() -> Decoder) {
    for (kind, is_invalid) in [("valid", false), ("invalid", true)] {
        for case in cases(&format!("{folder}/{kind}"), "hex", "limit ") {
            assert_eq!(
                case.expected.contains("error"),
                is_invalid,
                "{} is in the wrong folder",
                case.name
            );
            check(&case, &new);
        }
    }
}

fn check(case: &Case, new: impl Fn() -> Decoder) {
    let stream = case.unhex();
    assert_eq!(
        render(case, new(), [&stream[..]]),
        case.expected,
        "{}",
        case.name
    );
    assert_eq!(
        render(case, new(), stream.chunks(1)),
        case.expected,
        "{} byte by byte",
        case.name
    );
}

/// Writes down what the decoder makes of the pieces, in the format of the expectations.
fn render<'a>(
    case: &Case,
    mut decoder: Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> String {
    let limits = limits(case);
    let outcome = feed(pieces, |input| decoder.decode(input, &limits));
    let mut text: String = outcome.items.iter().map(render_event).collect();
    match outcome.end {
        Ok(left) if left + decoder.buffered() > 0 => {
            writeln!(text, "pending {}", left + decoder.buffered()).unwrap();
        }
        Ok(_) => {}
        Err(error) => writeln!(text, "error {error:?} {}", error.close_code()).unwrap(),
    }
    text
}

fn limits(case: &Case) -> Limits {
    match case.limits.as_deref() {
        None => Limits::of_messages(1 << 20),
        Some(&[max_message]) => Limits::of_messages(max_message),
        Some(&[max_message, max_frame, max_fragments]) => Limits {
            max_message,
            max_frame,
            max_fragments: max_fragments.try_into().unwrap(),
        },
        Some(_) => panic!("one or three limits are expected in {}", case.name),
    }
}

fn render_event(event: &Event) -> String {
    match event {
        Event::Message {
            kind: Kind::Text,
            data,
        } => format!("text {}\n", data.escape_ascii()),
        Event::Message {
            kind: Kind::Binary,
            data,
        } => format!("binary {}\n", data.escape_ascii()),
        Event::Ping(data) => format!("ping {}\n", data.escape_ascii()),
        Event::Pong(data) => format!("pong {}\n", data.escape_ascii()),
        Event::Close(None) => "close\n".to_owned(),
        Event::Close(Some(close)) => {
            format!("close {} {}\n", close.code, close.reason.escape_ascii())
        }
    }
}
