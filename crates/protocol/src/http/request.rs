//! Lenient reading of a request buffer.

use std::{borrow::Cow, sync::LazyLock};

use memchr::{memchr, memmem};

use super::{eight::is_same_in_any_case, fields::trim_blanks};

/// The fields of a raw request, found when asked for.
///
/// The buffer may be anything: [`super::Decoder`] makes strict ones, but users also write `new
/// Request("GET / ...")`. Nothing here panics or refuses; what is missing reads as empty, or as the
/// default that is named below. Where the buffer has no blank line all of it is head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View<'a>(pub &'a [u8]);

impl<'a> View<'a> {
    /// The first word of the request line.
    pub fn method(self) -> &'a [u8] {
        let line = self.request_line();
        split_at_byte(line, b' ').map_or(line, |(method, _)| method)
    }

    /// The second word of the request line as it was sent, or `/` if there is none.
    pub fn uri(self) -> &'a [u8] {
        let Some((_, rest)) = split_at_byte(self.request_line(), b' ') else {
            return b"/";
        };
        split_at_byte(rest, b' ').map_or(rest, |(uri, _)| uri)
    }

    /// What follows the last `HTTP/` of the request line, or `1.0` if there is none.
    pub fn protocol_version(self) -> &'a [u8] {
        const NAME: &[u8] = b"HTTP/";
        let line = self.request_line();
        memmem::rfind(line, NAME).map_or(b"1.0", |at| &line[at + NAME.len()..])
    }

    /// The path of the URI, not decoded; `/` if it has none. Scheme, host, query and fragment are
    /// left out, also when the URI begins with `//host`.
    pub fn path(self) -> &'a [u8] {
        path(self.uri())
    }

    /// The query of the URI without its `?`, not decoded.
    pub fn query(self) -> &'a [u8] {
        query(self.uri())
    }

    /// Request line and field lines, without the blank line.
    pub fn head(self) -> &'a [u8] {
        self.blank_line().map_or(self.0, |at| &self.0[..at])
    }

    /// What follows the blank line.
    pub fn body(self) -> &'a [u8] {
        self.blank_line().map_or(&[], |at| &self.0[at + 4..])
    }

    /// The fields in their order, repeated ones separately: name in lower case, value without
    /// surrounding spaces and tabs. Lines without a colon are passed over.
    pub fn headers(self) -> impl Iterator<Item = (Cow<'a, [u8]>, &'a [u8])> {
        self.fields().map(|(name, value)| (lower_case(name), value))
    }

    /// The value of the field with this name, in any case. The values of a repeated field are
    /// joined with `,`.
    pub fn header(self, name: &[u8]) -> Option<Cow<'a, [u8]>> {
        let mut joined: Option<Cow<'a, [u8]>> = None;
        for value in self.values(name) {
            match &mut joined {
                None => joined = Some(Cow::Borrowed(value)),
                Some(earlier) => {
                    let earlier = earlier.to_mut();
                    earlier.push(b',');
                    earlier.extend_from_slice(value);
                }
            }
        }
        joined
    }

    /// The cookies in their order: name without surrounding white space, value as it was sent, not
    /// decoded. Pairs without `=` are passed over. If a name comes twice, Workerman lets the last
    /// one count.
    pub fn cookies(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.values(b"Cookie").flat_map(cookies)
    }

    fn values(self, name: &[u8]) -> impl Iterator<Item = &'a [u8]> {
        self.field_lines()
            .filter_map(move |line| value_of(line, name))
    }

    /// As [`View::headers`], with the names as they were sent.
    pub fn fields(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.field_lines()
            .filter_map(|line| split_at_byte(line, b':'))
            .map(|(name, value)| (name, trim_blanks(value)))
    }

    fn field_lines(self) -> impl Iterator<Item = &'a [u8]> {
        Lines(split_line(self.0).1)
    }

    fn request_line(self) -> &'a [u8] {
        split_line(self.0).0
    }

    fn blank_line(self) -> Option<usize> {
        BLANK_LINE.find(self.0)
    }
}

/// The path of a URI, as [`View::path`] tells it.
pub fn path(uri: &[u8]) -> &[u8] {
    let (hierarchy, _) = split_query(uri);
    let path = match after_authority_mark(hierarchy) {
        Some(authority) => &authority[memchr(b'/', authority).unwrap_or(authority.len())..],
        None => hierarchy,
    };
    if path.is_empty() { b"/" } else { path }
}

/// The query of a URI, as [`View::query`] tells it.
pub fn query(uri: &[u8]) -> &[u8] {
    split_query(uri).1
}

/// The cookies in the value of a `Cookie` field, as [`View::cookies`] tells them.
pub fn cookies(field: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = Some(field);
    let pairs = std::iter::from_fn(move || {
        let field = rest?;
        let split = split_at_byte(field, b';');
        rest = split.map(|(_, behind)| behind);
        Some(split.map_or(field, |(pair, _)| pair))
    });
    pairs.filter_map(|pair| {
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        Some((trim_space(&pair[..equals]), &pair[equals + 1..]))
    })
}

/// Preparing a search costs more than most searches.
static BLANK_LINE: LazyLock<memmem::Finder<'static>> =
    LazyLock::new(|| memmem::Finder::new(b"\r\n\r\n"));

/// The value in a line that begins with this name, in any case.
#[inline]
fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (sent, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":")?;
    // The first colon ends a name.
    let is_it = is_same_in_any_case(sent, name) && memchr(b':', name).is_none();
    is_it.then(|| trim_blanks(value))
}

/// Splits a text behind its first CRLF; a lone CR or LF belongs to its line.
#[inline]
fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    let mut searched = 0;
    while let Some(at) = memchr(b'\n', &text[searched..]) {
        let line_feed = searched + at;
        if let Some(line) = text[..line_feed].strip_suffix(b"\r") {
            return (line, &text[line_feed + 1..]);
        }
        searched = line_feed + 1;
    }
    (text, &[])
}

/// The pieces between one CRLF and the next, up to an empty one.
struct Lines<'a>(&'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let (line, rest) = split_line(self.0);
        self.0 = rest;
        (!line.is_empty()).then_some(line)
    }
}

/// Splits a URI at its `?`, without the fragment.
fn split_query(uri: &[u8]) -> (&[u8], &[u8]) {
    let uri = &uri[..memchr(b'#', uri).unwrap_or(uri.len())];
    split_at_byte(uri, b'?').unwrap_or((uri, &[]))
}

/// What follows the `//` of `scheme://host`. A target that begins with `/` is a path, whatever follows (RFC 9112 section 3.2.1).
fn after_authority_mark(hierarchy: &[u8]) -> Option<&[u8]> {
    let mark = memmem::find(hierarchy, b"//")?;
    let scheme = hierarchy[..mark].strip_suffix(b":").unwrap_or_default();
    let has_scheme = !scheme.is_empty()
        && scheme
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    has_scheme.then(|| &hierarchy[mark + 2..])
}

fn split_at_byte(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr(separator, text)?;
    Some((&text[..at], &text[at + 1..]))
}

fn lower_case(name: &[u8]) -> Cow<'_, [u8]> {
    if name.iter().any(u8::is_ascii_uppercase) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Removes what PHP's `trim()` removes.
fn trim_space(text: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0 | 0x0b);
    let start = text.iter().position(is_text).unwrap_or(text.len());
    let end = text
        .iter()
        .rposition(is_text)
        .map_or(start, |last| last + 1);
    &text[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: View<'_> = View(
        b"POST /a/b?x=1&y#f HTTP/1.1\r\nHost: a:80\r\nX-One: 1\r\nx-one:\t2 \r\nnothing\r\n\
          Cookie: a=1; b = 2=3;c\r\n\r\nbo\r\n\r\ndy",
    );

    #[test]
    fn the_request_line() {
        assert_eq!(REQUEST.method(), b"POST");
        assert_eq!(REQUEST.uri(), b"/a/b?x=1&y#f");
        assert_eq!(REQUEST.path(), b"/a/b");
        assert_eq!(REQUEST.query(), b"x=1&y");
        assert_eq!(REQUEST.protocol_version(), b"1.1");
    }

    #[test]
    fn head_and_body_meet_at_the_first_blank_line() {
        assert!(REQUEST.head().ends_with(b";c"));
        assert_eq!(REQUEST.body(), b"bo\r\n\r\ndy");
    }

    #[test]
    fn repeated_headers_are_joined_only_when_read_by_name() {
        assert_eq!(REQUEST.header(b"X-ONE").as_deref(), Some(&b"1,2"[..]));
        assert_eq!(REQUEST.header(b"host").as_deref(), Some(&b"a:80"[..]));
        assert_eq!(REQUEST.header(b"none"), None);
        assert_eq!(REQUEST.header(b"host: a"), None);
        assert_eq!(View(b"\r\na:b:c").header(b"a:b"), None);
        let names: Vec<_> = REQUEST.headers().map(|(name, _)| name).collect();
        assert_eq!(names, [&b"host"[..], b"x-one", b"x-one", b"cookie"]);
    }

    #[test]
    fn cookie_values_are_kept_as_sent() {
        let cookies: Vec<_> = REQUEST.cookies().collect();
        assert_eq!(cookies, [(&b"a"[..], &b"1"[..]), (b"b", b" 2=3")]);
    }

    #[test]
    fn paths_of_unusual_uris() {
        for (uri, path, query) in [
            ("//evil?x", "//evil", "x"),
            ("//evil/p?x", "//evil/p", "x"),
            ("http://h/p?q", "/p", "q"),
            ("http://h?q", "/", "q"),
            ("*", "*", ""),
            ("?x", "/", "x"),
            ("/#f?x", "/", ""),
            ("/a?b?c", "/a", "b?c"),
            ("/a//b", "/a//b", ""),
            ("/x://y", "/x://y", ""),
        ] {
            let request = format!("GET {uri} HTTP/1.1\r\n\r\n");
            assert_eq!(View(request.as_bytes()).path(), path.as_bytes(), "{uri}");
            assert_eq!(View(request.as_bytes()).query(), query.as_bytes(), "{uri}");
        }
    }

    #[test]
    fn anything_can_be_read() {
        for garbage in [
            "",
            "\r\n",
            "\r\n\r\n",
            "GET",
            ":",
            "GET\r\n:\r\n",
            " ",
            "a b HTTP/",
        ] {
            let view = View(garbage.as_bytes());
            assert!(view.header(b"host").is_none());
            assert_eq!(view.cookies().count() + view.body().len(), 0);
            assert!(!view.path().is_empty());
        }
        assert_eq!(View(b"GET").uri(), b"/");
        assert_eq!(View(b"GET").protocol_version(), b"1.0");
    }
}
