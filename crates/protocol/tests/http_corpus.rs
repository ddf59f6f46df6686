//! Runs the HTTP requests of `tests/corpus/http`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use ouvrier_protocol::http::{self, Decoder, Error, Limits, Message, request::View};

mod case;
mod feed;

use case::{Case, cases};
use feed::feed;

#[test]
fn valid_requests() {
    for case in cases("http/valid", "http", "limits") {
        assert!(
            !case.expected.contains("error"),
            "{} belongs to the invalid ones",
            case.name
        );
        check(&case);
    }
}

#[test]
fn invalid_requests() {
    for case in cases("http/invalid", "http", "limits") {
        assert!(
            case.expected.contains("error"),
            "{} belongs to the valid ones",
            case.name
        );
        check(&case);
    }
}

fn check(case: &Case) {
    let (whole, cut) = (
        render(case, [&case.stream[..]]),
        render(case, case.stream.chunks(1)),
    );
    assert_eq!(whole, case.expected, "{}", case.name);
    assert_eq!(cut, case.expected, "{} byte by byte", case.name);
}

/// Writes down what the decoder makes of the pieces, in the format of the expectations.
fn render<'a>(case: &Case, pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut decoder = Decoder::new();
    let limits = limits(case);
    let outcome = feed(pieces, |input| decoder.decode(input, &limits));
    let mut text: String = outcome.items.iter().map(render_message).collect();
    match outcome.end {
        Ok(left) if left + decoder.buffered() > 0 => {
            writeln!(text, "pending {}", left + decoder.buffered()).unwrap();
        }
        Ok(_) => {}
        Err(error) => writeln!(text, "error {error:?} {}", status(error)).unwrap(),
    }
    text
}

fn limits(case: &Case) -> Limits {
    match case.limits.as_deref() {
        Some(&[max_head, max_package_size]) => Limits {
            max_head,
            max_package_size,
        },
        Some(_) => panic!("two limits are expected in {}", case.name),
        None => Limits {
            max_head: http::DEFAULT_MAX_HEAD,
            max_package_size: 1 << 20,
        },
    }
}

fn render_message(message: &Message) -> String {
    let view = View(&message.raw);
    assert_eq!(
        view.body(),
        &message.raw[message.head_length..],
        "the head ends at the blank line"
    );
    let mut text = String::new();
    let [method, uri, version] =
        [view.method(), view.uri(), view.protocol_version()].map(<[u8]>::escape_ascii);
    writeln!(text, "{method} {uri} HTTP/{version}").unwrap();
    for (name, value) in view.headers() {
        writeln!(
            text,
            "  {}: {}",
            String::from_utf8_lossy(&name),
            value.escape_ascii()
        )
        .unwrap();
    }
    if !view.body().is_empty() {
        writeln!(text, "  body {}", view.body().escape_ascii()).unwrap();
    }
    for (name, value) in &message.trailers {
        writeln!(
            text,
            "  trailer {}: {}",
            name.escape_ascii(),
            value.escape_ascii()
        )
        .unwrap();
    }
    text
}

/// The status code that the response to a fault has on the wire.
fn status(error: Error) -> String {
    let response = String::from_utf8(error.response().to_vec()).unwrap();
    assert!(response.ends_with("\r\nConnection: close\r\n\r\n"));
    response.split(' ').nth(1).unwrap().to_owned()
}
