//! Answers the offers of `tests/corpus/websocket_extensions`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ouvrier_protocol::websocket::deflate::{Agreement, Preference};

mod case;

use case::cases;

const TAKING_OVER: Preference = Preference {
    server_context_takeover: true,
    client_context_takeover: true,
    server_max_window_bits: 15,
    client_max_window_bits: 15,
};

#[test]
fn offers_are_answered() {
    for case in cases("websocket_extensions", "http", "limits ") {
        assert!(case.limits.is_none(), "{} has no limits", case.name);
        let answer = |preference: &Preference| {
            Agreement::negotiate(&case.stream, preference)
                .map_or_else(|| "declined".to_owned(), |agreement| agreement.to_string())
        };
        let answers = format!(
            "alone {}\nwith takeover {}\n",
            answer(&Preference::default()),
            answer(&TAKING_OVER)
        );
        assert_eq!(answers, case.expected, "{}", case.name);
    }
}
