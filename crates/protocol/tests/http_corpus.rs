//! Runs the HTTP requests of `tests/corpus/http`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use ouvrier_protocol::http::{Decoder, Error, Limits, Message, request::View};

mod case;
mod feed;

use case::{Case, cases};
use feed::feed;

#[test]
fn valid_requests() {
    check_all("http/valid", |case| !is_refused(case));
}

#[test]
fn invalid_requests() {
    check_all("http/invalid", is_refused);
}

/// Checks a folder, and tells of all cases that went wrong.
fn check_all(folder: &str, belongs: impl Fn(&Case) -> bool) {
    let mut faults = String::new();
    for case in cases(folder, "http", "limits") {
        assert!(belongs(&case), "{} is in the wrong folder", case.name);
        let (whole, cut) = (
            render(&case, [&case.stream[..]]),
            render(&case, case.stream.chunks(1)),
        );
        for (found, how) in [(whole, "in one piece"), (cut, "byte by byte")] {
            if found != case.expected {
                let (name, expected) = (&case.name, &case.expected);
                writeln!(faults, "{name} {how}:\n{found}instead of\n{expected}").unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

fn is_refused(case: &Case) -> bool {
    case.expected.lines().any(|line| line.starts_with("error "))
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
            ..Limits::of_package(max_package_size)
        },
        Some(&[max_head, max_package_size, max_target, max_fields]) => Limits {
            max_head,
            max_target,
            max_fields,
            max_package_size,
        },
        Some(_) => panic!("two or four limits are expected in {}", case.name),
        None => Limits::of_package(1 << 20),
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
    if !message.terms.persists {
        text.push_str("  close\n");
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
