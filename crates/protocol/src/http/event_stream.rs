//! Server-Sent Events: the body of a `text/event-stream` response (HTML standard, section 9.2).

use memchr::memchr2;

/// One event. A field that is `None` is not written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// Text for nobody, often sent to keep the connection alive.
    pub comment: Option<&'a [u8]>,
    /// Name of the event.
    pub event: Option<&'a [u8]>,
    /// What the client sends back as `Last-Event-ID`.
    pub id: Option<&'a [u8]>,
    /// Milliseconds for the client to wait before it connects again.
    pub retry: Option<&'a [u8]>,
    /// The payload; it may have several lines.
    pub data: Option<&'a [u8]>,
}

impl Event<'_> {
    /// Appends the event, in the order comment, event, id, retry, data, and the blank line that
    /// dispatches it.
    ///
    /// Line ends never leave their field: `comment` and `data` are repeated for each line, from the
    /// others they are removed.
    pub fn encode(&self, out: &mut Vec<u8>) {
        write_lines(b": ", self.comment, out);
        write_line(b"event: ", self.event, out);
        write_line(b"id: ", self.id, out);
        write_line(b"retry: ", self.retry, out);
        write_lines(b"data: ", self.data, out);
        out.push(b'\n');
    }
}

fn write_line(field: &[u8], value: Option<&[u8]>, out: &mut Vec<u8>) {
    let Some(value) = value else { return };
    out.extend_from_slice(field);
    out.extend(value.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')));
    out.push(b'\n');
}

fn write_lines(field: &[u8], value: Option<&[u8]>, out: &mut Vec<u8>) {
    let mut rest = value;
    while let Some(text) = rest {
        let end = memchr2(b'\r', b'\n', text);
        out.extend_from_slice(field);
        out.extend_from_slice(&text[..end.unwrap_or(text.len())]);
        out.push(b'\n');
        rest = end.map(|end| {
            text[end..]
                .strip_prefix(b"\r\n")
                .unwrap_or(&text[end + 1..])
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(event: Event<'_>) -> String {
        let mut out = Vec::new();
        event.encode(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn all_fields_in_their_order() {
        let event = Event {
            comment: Some(b"hi"),
            event: Some(b"ping"),
            id: Some(b"1000"),
            retry: Some(b"5000"),
            data: Some(b"some thing"),
        };
        assert_eq!(
            encode(event),
            ": hi\nevent: ping\nid: 1000\nretry: 5000\ndata: some thing\n\n"
        );
    }

    #[test]
    fn data_of_several_lines() {
        let data = |text| {
            encode(Event {
                data: Some(text),
                ..Event::default()
            })
        };
        assert_eq!(
            data(b"a\nb\r\nc\rd\n"),
            "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"
        );
        assert_eq!(data(b""), "data: \n\n");
    }

    #[test]
    fn a_field_cannot_smuggle_in_another() {
        let event = Event {
            event: Some(b"a\ndata: b"),
            id: Some(b"1\r\n\r\n"),
            ..Event::default()
        };
        assert_eq!(encode(event), "event: adata: b\nid: 1\n\n");
    }

    #[test]
    fn nothing_is_a_blank_line() {
        assert_eq!(encode(Event::default()), "\n");
    }
}
