//! Runs the form bodies of `tests/corpus/multipart`, and takes apart what was put together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use ouvrier_protocol::http::multipart::{PART_HEAD, Part, Sections, boundary, parts, read};
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

/// The contents of the parts of a body that comes in pieces of `size` bytes.
fn contents_in_pieces(body: &[u8], size: usize) -> Vec<Vec<u8>> {
    let (mut sections, mut contents) = (Sections::new(b"X"), Vec::new());
    for piece in body.chunks(size) {
        sections.feed(piece);
        while let Some(range) = sections.next_section() {
            let section = &body[range.start as usize..range.end as usize];
            let front = &section[..section.len().min(PART_HEAD)];
            let Some(found) = read(front) else {
                return contents;
            };
            if let Some(part) = found {
                contents.push(section[front.len() - part.content.len()..].to_vec());
            }
        }
    }
    contents
}

fn contents(body: &[u8]) -> Vec<Vec<u8>> {
    parts(body, b"X")
        .map(|part| part.content.to_vec())
        .collect()
}

#[test]
fn the_corpus_in_pieces() {
    for case in cases("multipart", "body", "limits") {
        for size in [1, 2, 3, 7, 100, 1 << 20] {
            assert_eq!(
                contents_in_pieces(&case.stream, size),
                contents(&case.stream),
                "{} in pieces of {size}",
                case.name
            );
        }
    }
}

/// With quadratic time this would take hours.
#[test]
fn a_body_in_small_pieces_takes_linear_time() {
    let mut sections = Sections::new(b"X");
    for _ in 0..1 << 22 {
        sections.feed(b" ");
        assert_eq!(sections.next_section(), None);
    }
    for _ in 0..1 << 22 {
        sections.feed(b"\r\n--X\t");
        while sections.next_section().is_some() {}
    }
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
    fn pieces_are_taken_apart_like_the_whole(
        body in vec(proptest::sample::select(PIECES), 0..60),
        size in 1_usize..40,
    ) {
        let body = body.concat();
        assert_eq!(contents_in_pieces(&body, size), contents(&body));
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
