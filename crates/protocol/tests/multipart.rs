//! Runs the form bodies of `tests/corpus/multipart`, and takes apart what was put together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use ouvrier_protocol::http::multipart::{Part, boundary, parts};
use proptest::{collection::vec, prelude::*};

mod case;

use case::cases;

#[test]
fn corpus() {
    for case in cases("multipart", "body", "limits") {
        assert_eq!(case.limits, None, "{} needs none", case.name);
        let found: String = parts(&case.stream, b"X")
            .map(|part| render(&part))
            .collect();
        assert_eq!(found, case.expected, "{}", case.name);
    }
}

/// Writes down a part in the format of the expectations.
fn render(part: &Part<'_>) -> String {
    let mut text = String::new();
    match &part.file_name {
        None => writeln!(text, "field {}", part.name.escape_ascii()).unwrap(),
        Some(file) => {
            let (name, file) = (part.name.escape_ascii(), file.escape_ascii());
            writeln!(text, "file {name} {file}").unwrap();
        }
    }
    for (label, value) in [("type", part.content_type), ("path", part.relative_path)] {
        if let Some(value) = value {
            writeln!(text, "  {label} {}", value.escape_ascii()).unwrap();
        }
    }
    writeln!(text, "  content {}", part.content.escape_ascii()).unwrap();
    text
}

/// With quadratic time this would take hours.
#[test]
fn a_body_of_half_delimiters_takes_linear_time() {
    let body = b"\r\n--X\t".repeat(1 << 20);
    assert_eq!(parts(&body, b"X").count(), 0);
}

const PIECES: &[&[u8]] = &[
    b"--X",
    b"\r\n--X",
    b"\r\n--X--",
    b"--",
    b"\r\n",
    b"\r\n\r\n",
    b"Content-Disposition: form-data; name=\"a\"; filename=\"b\\\"",
    b"Content-Disposition: form-data; name=",
    b"\"",
    b";",
    b"=",
    b"webkitRelativePath: ",
    b"X: y",
    b"content",
];

proptest! {
    #[test]
    fn any_bytes_are_taken_apart(body in vec(proptest::sample::select(PIECES), 0..60)) {
        let body = body.concat();
        let length: usize = parts(&body, b"X").map(|part| part.content.len()).sum();
        assert!(length <= body.len());
    }

    #[test]
    fn any_content_type_is_read(text in "multipart[a-z\"=; \\\\]{0,40}") {
        let _ = boundary(text.as_bytes());
    }

    #[test]
    fn what_was_put_together_is_taken_apart(
        fields in vec(("[^\"\\\\\r\n]{1,20}", proptest::option::of("[^\"\\\\\r\n]{0,20}"), vec(any::<u8>(), 0..60)), 0..8),
    ) {
        let mut body = Vec::new();
        for (name, file, content) in &fields {
            body.extend_from_slice(format!("--boundary\r\nContent-Disposition: form-data; name=\"{name}\"").as_bytes());
            if let Some(file) = file {
                body.extend_from_slice(format!("; filename=\"{file}\"").as_bytes());
            }
            body.extend_from_slice(b"\r\n\r\n");
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--boundary--\r\n");

        let found: Vec<_> = parts(&body, b"boundary").collect();

        assert_eq!(found.len(), fields.len());
        for (part, (name, file, content)) in found.iter().zip(&fields) {
            assert_eq!(part.name.as_ref(), name.as_bytes());
            assert_eq!(part.file_name.as_deref(), file.as_deref().map(str::as_bytes));
            assert_eq!(part.content, content);
        }
    }
}
