//! `multipart/form-data` bodies (RFC 7578, RFC 2046 section 5.1).

use std::{borrow::Cow, iter, ops::Range};

use memchr::{memchr, memmem};

use super::fields::trim_blanks;

/// Most bytes of the head of a part.
const MAX_HEAD: usize = 8 * 1024;
/// Most bytes of a boundary. RFC 2046 allows 70.
const MAX_BOUNDARY: usize = 256;
/// Most blanks between a boundary and the end of its line. RFC 2046 expects them of gateways, and nobody sends any.
const MAX_PADDING: usize = 256;
/// From so many bytes at the front of a section [`read`] can tell what it is.
pub const PART_HEAD: usize = MAX_HEAD + 4;

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
    let start = match body
        .strip_prefix(opening)
        .map_or(LineEnd::Other, after_delimiter)
    {
        LineEnd::At(end) => Some(Some(&body[opening.len() + end..])),
        LineEnd::Last => Some(None),
        LineEnd::Other | LineEnd::Unknown => None,
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
        let rest = &body[at + length..];
        let after = match after_delimiter(rest) {
            LineEnd::At(end) => Some(&rest[end..]),
            LineEnd::Last => None,
            LineEnd::Other | LineEnd::Unknown => return None,
        };
        Some((&body[..at], after))
    })
}

/// How the line of a delimiter ends.
enum LineEnd {
    /// Here, line end included.
    At(usize),
    /// It is the last delimiter.
    Last,
    /// The line goes on: it is no delimiter.
    Other,
    /// That is not there yet.
    Unknown,
}

fn after_delimiter(rest: &[u8]) -> LineEnd {
    if rest.starts_with(b"--") {
        return LineEnd::Last;
    }
    let is_padding = |byte: &&u8| matches!(byte, b' ' | b'\t');
    let padding = rest.iter().take(MAX_PADDING).take_while(is_padding).count();
    match &rest[padding..] {
        [b'\r', b'\n', ..] => LineEnd::At(padding + 2),
        [] | [b'\r'] => LineEnd::Unknown,
        [b'-'] if padding == 0 => LineEnd::Unknown,
        _ => LineEnd::Other,
    }
}

/// The sections of a body that comes in pieces: what [`parts`] finds in a body that is there as a whole.
///
/// Between two pieces it holds no more of the body than may be the beginning of a delimiter.
#[derive(Debug)]
pub struct Sections {
    finder: memmem::Finder<'static>,
    /// What has not been searched yet.
    bytes: Vec<u8>,
    /// Where in the body they begin; two more, since a line end is imagined before the first boundary.
    at: u64,
    searched: usize,
    /// Where the current section begins, in the same count.
    start: Option<u64>,
    ended: bool,
}

impl Sections {
    /// Before the first piece.
    pub fn new(boundary: &[u8]) -> Self {
        Self {
            finder: memmem::Finder::new(&[b"\r\n--", boundary].concat()).into_owned(),
            bytes: b"\r\n".to_vec(),
            at: 0,
            searched: 0,
            start: None,
            ended: false,
        }
    }

    /// Takes the next piece in.
    pub fn feed(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.searched);
        self.at += self.searched as u64;
        self.searched = 0;
        self.bytes.extend_from_slice(piece);
    }

    /// The next section that is whole, as a range of the body; `None` until there is more.
    pub fn next_section(&mut self) -> Option<Range<u64>> {
        let length = self.finder.needle().len();
        while !self.ended {
            let Some(at) = self.finder.find(&self.bytes[self.searched..]) else {
                let kept = (length - 1).min(self.bytes.len() - self.searched);
                self.searched = self.bytes.len() - kept;
                return None;
            };
            let delimiter = self.searched + at;
            let behind = delimiter + length;
            let start = match after_delimiter(&self.bytes[behind..]) {
                LineEnd::Unknown => {
                    self.searched = delimiter;
                    return None;
                }
                LineEnd::Other => {
                    self.searched = behind;
                    continue;
                }
                LineEnd::Last => {
                    self.ended = true;
                    None
                }
                LineEnd::At(end) => {
                    self.searched = behind + end;
                    Some(self.at + self.searched as u64)
                }
            };
            let end = self.at + delimiter as u64;
            if let Some(section) = std::mem::replace(&mut self.start, start) {
                return Some(section - 2..end - 2);
            }
        }
        None
    }
}

/// Reads the part that a section is, of which the first [`PART_HEAD`] bytes are enough: `None` when it is none, `Some(None)` when it has no
/// name.
#[allow(
    clippy::option_option,
    reason = "whether it is a part, and whether it counts"
)]
pub fn read(section: &[u8]) -> Option<Option<Part<'_>>> {
    let end = memmem::find(&section[..section.len().min(PART_HEAD)], b"\r\n\r\n")?;
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
