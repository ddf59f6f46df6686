//! `multipart/form-data` bodies (RFC 7578, RFC 2046 section 5.1).

use std::{borrow::Cow, iter};

use memchr::{memchr, memmem};

use super::fields::trim_blanks;

/// Most bytes of the head of a part.
const MAX_HEAD: usize = 8 * 1024;
/// Most bytes of a boundary. RFC 2046 allows 70.
const MAX_BOUNDARY: usize = 256;

/// A field of a form, or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// The name of the field.
    pub name: Cow<'a, [u8]>,
    /// What the client calls the file; `None` for a field that is none.
    pub file_name: Option<Cow<'a, [u8]>>,
    /// What the client takes the content for.
    pub content_type: Option<&'a [u8]>,
    /// Where in an uploaded folder the file lies, from the header field `webkitRelativePath`.
    pub relative_path: Option<&'a [u8]>,
    /// The bytes.
    pub content: &'a [u8],
}

/// The boundary that a `Content-Type` names; `None` if it names none that can be used.
pub fn boundary(content_type: &[u8]) -> Option<Cow<'_, [u8]>> {
    parameter(content_type, b"boundary")
        .filter(|boundary| (1..=MAX_BOUNDARY).contains(&boundary.len()))
}

/// The parts of `body` in their order. What stands before the first boundary is passed over, and so is a part without a name. A part that
/// does not end, whose head does not end, or whose head is no head, ends the iteration.
///
/// Takes time in proportion to the length of `body`, whatever it holds.
pub fn parts<'a>(body: &'a [u8], boundary: &[u8]) -> impl Iterator<Item = Part<'a>> {
    let delimiter = [b"\r\n--", boundary].concat();
    // The line end before the first boundary may be missing.
    let opening = &delimiter[2..];
    let start = if body.starts_with(opening) {
        after_delimiter(&body[opening.len()..])
    } else {
        None
    };
    let finder = memmem::Finder::new(&delimiter).into_owned();
    let mut rest = match start {
        Some(after) => after,
        None => find_delimiter(body, &finder).and_then(|(_, after)| after),
    };
    let sections = iter::from_fn(move || {
        let (section, after) = find_delimiter(rest?, &finder)?;
        rest = after;
        Some(section)
    });
    sections.map_while(read).flatten()
}

/// Reads the part that begins with `rest`, behind the line of a delimiter. Returns the part, `None` when it has no name and does not count, and
/// the length of everything up to the part behind it; `None` when it does not end or is no part.
pub fn part<'a>(rest: &'a [u8], boundary: &[u8]) -> Option<(Option<Part<'a>>, usize)> {
    let delimiter = [b"\r\n--", boundary].concat();
    let (section, after) = find_delimiter(rest, &memmem::Finder::new(&delimiter))?;
    let length = match after {
        Some(after) => rest.len() - after.len(),
        None => section.len() + delimiter.len() + b"--".len(),
    };
    Some((read(section)?, length))
}

/// What stands before the next delimiter, and what follows it: `None` behind the last.
fn find_delimiter<'a>(
    body: &'a [u8],
    finder: &memmem::Finder<'_>,
) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let length = finder.needle().len();
    finder.find_iter(body).find_map(|at| {
        let after = after_delimiter(&body[at + length..])?;
        Some((&body[..at], after))
    })
}

/// What follows the line of a delimiter: `Some(None)` when it is the last, `None` when the line goes on and is none.
#[allow(
    clippy::option_option,
    reason = "whether it is a delimiter, and what follows it"
)]
fn after_delimiter(rest: &[u8]) -> Option<Option<&[u8]>> {
    if rest.starts_with(b"--") {
        return Some(None);
    }
    let padding = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    rest[padding..].strip_prefix(b"\r\n").map(Some)
}

/// Reads one part: `None` when it is none, `Some(None)` when it has no name.
#[allow(
    clippy::option_option,
    reason = "whether it is a part, and whether it counts"
)]
fn read(section: &[u8]) -> Option<Option<Part<'_>>> {
    let end = memmem::find(&section[..section.len().min(MAX_HEAD + 4)], b"\r\n\r\n")?;
    let (head, content) = (&section[..end], &section[end + 4..]);
    let (mut disposition, mut content_type, mut relative_path) = (None, None, None);
    for line in lines(head) {
        let colon = memchr(b':', line)?;
        let (name, value) = (&line[..colon], trim_blanks(&line[colon + 1..]));
        if name.eq_ignore_ascii_case(b"Content-Disposition") {
            disposition = Some(value);
        } else if name.eq_ignore_ascii_case(b"Content-Type") {
            content_type = Some(value);
        } else if name.eq_ignore_ascii_case(b"webkitRelativePath") {
            relative_path = Some(value);
        }
    }
    Some(disposition.and_then(|disposition| {
        Some(Part {
            name: parameter(disposition, b"name")?,
            file_name: parameter(disposition, b"filename"),
            content_type,
            relative_path,
            content,
        })
    }))
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(head);
    iter::from_fn(move || {
        let text = rest?;
        let end = memmem::find(text, b"\r\n");
        rest = end.map(|end| &text[end + 2..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// The value of a parameter, such as `x` of the name in `form-data; name="x"`. In quotes, `\"` is a quote and any other backslash itself:
/// that is what browsers and curl have sent over the years.
fn parameter<'a>(field: &'a [u8], wanted: &[u8]) -> Option<Cow<'a, [u8]>> {
    let mut rest = &field[memchr(b';', field)?..];
    loop {
        rest = rest.strip_prefix(b";")?;
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b'=' | b';'))
            .unwrap_or(rest.len());
        let name = trim_blanks(&rest[..end]);
        let value = rest[end..].strip_prefix(b"=").map(trim_blanks);
        let (value, after) = match value {
            Some([b'"', text @ ..]) => quoted(text),
            Some(text) => token(text),
            None => (Cow::Borrowed(&[][..]), &rest[end..]),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = &after[memchr(b';', after)?..];
    }
}

fn token(text: &[u8]) -> (Cow<'_, [u8]>, &[u8]) {
    let end = memchr(b';', text).unwrap_or(text.len());
    (Cow::Borrowed(trim_blanks(&text[..end])), &text[end..])
}

/// The text up to the closing quote, and what follows it.
fn quoted(text: &[u8]) -> (Cow<'_, [u8]>, &[u8]) {
    let Some(end) = memchr(b'"', text) else {
        return (Cow::Borrowed(text), &[]);
    };
    if !text[..end].ends_with(b"\\") {
        return (Cow::Borrowed(&text[..end]), &text[end + 1..]);
    }
    let (mut value, mut rest) = (Vec::new(), text);
    while let Some(end) = memchr(b'"', rest) {
        let (before, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        match before.strip_suffix(b"\\") {
            Some(escaped) => {
                value.extend_from_slice(escaped);
                value.push(b'"');
            }
            None => {
                value.extend_from_slice(before);
                return (Cow::Owned(value), rest);
            }
        }
    }
    value.extend_from_slice(rest);
    (Cow::Owned(value), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_quoted_or_not_and_may_be_followed_by_more() {
        let found = |text: &'static str| boundary(text.as_bytes()).map(Cow::into_owned);
        for text in [
            "multipart/form-data; boundary=a-b",
            "multipart/form-data; boundary=\"a-b\"",
            "multipart/form-data;BOUNDARY=a-b;charset=utf-8",
            "multipart/form-data; charset=utf-8; boundary = a-b ",
            "multipart/form-data; x=\"; boundary=no\"; boundary=a-b",
        ] {
            assert_eq!(found(text).as_deref(), Some(&b"a-b"[..]), "{text}");
        }
        assert_eq!(found("multipart/form-data"), None);
        assert_eq!(found("multipart/form-data; boundary="), None);
        assert_eq!(found("multipart/form-data; boundary"), None);
        assert_eq!(found("text/plain; x=boundary=a"), None);
    }

    #[test]
    fn names_keep_their_backslashes_and_lose_those_before_quotes() {
        let name = |text: &'static [u8]| parameter(text, b"filename").map(Cow::into_owned);
        assert_eq!(
            name(br#"form-data; filename="C:\a b.txt""#).as_deref(),
            Some(&br"C:\a b.txt"[..])
        );
        assert_eq!(
            name(br#"form-data; name=x; filename="a\"b\";c"; y=z"#).as_deref(),
            Some(&br#"a"b";c"#[..])
        );
        assert_eq!(
            name(br#"form-data; filename="no end"#).as_deref(),
            Some(&b"no end"[..])
        );
        assert_eq!(name(b"form-data; filename=").as_deref(), Some(&b""[..]));
    }
}
