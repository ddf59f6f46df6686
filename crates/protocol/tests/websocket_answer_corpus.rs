//! Runs the answers of `tests/corpus/websocket_answer`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use ouvrier_protocol::{
    Step,
    http::DEFAULT_MAX_HEAD,
    websocket::client::{Decoder, Refused},
};

mod case;
mod feed;

use case::{Case, cases};
use feed::feed;

const KEY: &[u8] = b"dGhlIHNhbXBsZSBub25jZQ==";

#[test]
fn answers_that_let_us_in() {
    for case in cases("websocket_answer/valid", "http", "limits ") {
        assert!(!case.expected.contains("error"), "{}", case.name);
        check(&case);
    }
}

#[test]
fn answers_that_do_not() {
    for case in cases("websocket_answer/invalid", "http", "limits ") {
        assert!(case.expected.starts_with("error"), "{}", case.name);
        check(&case);
    }
}

fn check(case: &Case) {
    assert!(case.limits.is_none(), "{} has no limits", case.name);
    assert_eq!(render([&case.stream[..]]), case.expected, "{}", case.name);
    assert_eq!(
        render(case.stream.chunks(1)),
        case.expected,
        "{} byte by byte",
        case.name
    );
}

/// Writes down what the decoder makes of the pieces. What follows the answer is not shown to it.
fn render<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut decoder = Decoder::new(KEY, b"mqtt, wamp".to_vec(), None);
    let mut is_over = false;
    let outcome = feed(pieces, |input| {
        if is_over {
            return Ok(Step {
                consumed: 0,
                item: None,
            });
        }
        let step = decoder.decode(input, DEFAULT_MAX_HEAD)?;
        is_over = step.item.is_some();
        Ok::<_, Refused>(step.map(|_| ()))
    });
    let mut text = "let in\n".repeat(outcome.items.len());
    match outcome.end {
        Ok(0) => {}
        Ok(left) => writeln!(text, "pending {left}").unwrap(),
        Err(refused) => {
            writeln!(text, "error {refused}").unwrap();
        }
    }
    text
}
