use super::{
    CONTENT_TYPE, Field, Head, Occasion, USUAL_HEAD,
    field::{find, is_content_length, is_transfer_encoding, write_content_length, write_field},
};

/// Appends a plain string as a `200 OK` response, in the order: `extra_fields`, `Connection`,
/// `Content-Type`, `Content-Length`. An extra `Content-Type` stands in place of the default one, an extra `Connection` where it is.
pub fn encode_text(
    body: &[u8],
    extra_fields: &[Field<'_>],
    occasion: Occasion<'_>,
    out: &mut Vec<u8>,
) {
    let head = Head {
        version: b"1.1",
        status: 200,
        reason: None,
        fields: extra_fields,
        occasion,
    };
    out.reserve(USUAL_HEAD + body.len());
    if extra_fields.is_empty() && !occasion.closes && !occasion.date.is_empty() {
        write_usual_fields(occasion.date, body.len(), out);
        return head.write_end(body, out);
    }
    head.write_status_line(out);
    let is_content_type = |name: &[u8]| name.eq_ignore_ascii_case(b"Content-Type");
    let says_connection = head.write_fields(
        |name| !is_content_type(name) && !is_content_length(name) && !is_transfer_encoding(name),
        out,
    );
    if !says_connection {
        head.write_default_connection(out);
    }
    match find(extra_fields, b"Content-Type") {
        Some(value) => write_field((b"Content-Type", value), out),
        None => out.extend_from_slice(CONTENT_TYPE),
    }
    write_content_length(body.len(), out);
    head.write_end(body, out);
}

/// Appends the head of a response to which nothing is special, in as few pieces as it can have.
fn write_usual_fields(date: &[u8], length: usize, out: &mut Vec<u8>) {
    const BEFORE_DATE: &[u8] = b"HTTP/1.1 200 OK\r\nDate: ";
    const BEHIND_DATE: &[u8] =
        b"\r\nConnection: keep-alive\r\nContent-Type: text/html;charset=utf-8\r\nContent-Length: ";
    out.extend_from_slice(BEFORE_DATE);
    out.extend_from_slice(date);
    out.extend_from_slice(BEHIND_DATE);
    out.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_string() {
        let mut out = Vec::new();
        encode_text(
            b"hi",
            &[
                (b"X-A", b"1"),
                (b"Content-Type", b"text/plain"),
                (b"Bad\n", b"2"),
            ],
            Occasion::default(),
            &mut out,
        );
        let expected = "HTTP/1.1 200 OK\r\nX-A: 1\r\nConnection: keep-alive\r\n\
                        Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn the_usual_head_is_no_other() {
        for head_only in [false, true] {
            let occasion = Occasion {
                date: b"Sun, 06 Nov 1994 08:49:37 GMT",
                head_only,
                ..Occasion::default()
            };
            // A field that is left out takes the long way.
            let ways: [&[Field<'_>]; 2] = [&[], &[(b"Bad\n", b"2")]];
            let [usual, long] = ways.map(|fields| {
                let mut out = Vec::new();
                encode_text(b"hello, world", fields, occasion, &mut out);
                String::from_utf8(out).unwrap()
            });
            assert_eq!(usual, long);
        }
    }
}
