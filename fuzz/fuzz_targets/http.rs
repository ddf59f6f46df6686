//! Requests. What we accept, httparse accepts as well, and finds the same fields.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ouvrier_fuzz::Input;
use ouvrier_protocol::http::{Decoder, Limits, request::View};

const LIMITS: Limits = Limits {
    max_head: 2000,
    max_target: 1500,
    max_fields: 500,
    max_package_size: 4000,
};
const MAX_FIELDS: usize = 512;

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::new(data) else {
        return;
    };
    let messages = input.check(Decoder::new, |decoder, input| {
        decoder.decode(input, &LIMITS)
    });
    for message in messages {
        assert!(message.raw.len() <= LIMITS.max_package_size);
        agrees_with_httparse(&message.raw[..message.head_length]);
    }
    read_leniently(View(input.stream));
});

fn agrees_with_httparse(head: &[u8]) {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let view = View(head);
    // As Workerman does, we take raw bytes for a path; httparse wants UTF-8, and knows no higher minor version.
    if !view.uri().is_ascii() || !matches!(view.protocol_version(), b"1.0" | b"1.1") {
        return;
    }
    let Ok(status) = request.parse(head) else {
        panic!("httparse refuses {:?}", head.escape_ascii().to_string());
    };
    assert!(matches!(status, httparse::Status::Complete(length) if length == head.len()));
    assert_eq!(Some(view.method()), request.method.map(str::as_bytes));
    assert_eq!(Some(view.uri()), request.path.map(str::as_bytes));
    let found: Vec<_> = view
        .headers()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_vec()))
        .collect();
    let expected: Vec<_> = request
        .headers
        .iter()
        .map(|field| {
            (
                field.name.to_ascii_lowercase().into_bytes(),
                field.value.to_vec(),
            )
        })
        .collect();
    assert_eq!(found, expected);
}

/// A view of arbitrary bytes reads something, whatever it is.
fn read_leniently(view: View<'_>) {
    let _ = (
        view.method(),
        view.path(),
        view.query(),
        view.protocol_version(),
    );
    let _ = (view.head(), view.body(), view.header(b"host"));
    view.cookies().for_each(drop);
    view.headers().for_each(drop);
}
