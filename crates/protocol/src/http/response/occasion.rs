/// What a response owes to the request that it answers, and to its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Occasion<'a> {
    /// The value of `Date` for a response that brings none; empty for no such field.
    pub date: &'a [u8],
    /// The request is a `HEAD`: the body is measured and left out.
    pub head_only: bool,
    /// The connection ends with the response.
    pub closes: bool,
    /// The client does not know chunks: it takes what comes until the connection ends.
    pub unchunked: bool,
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            encode_text,
            tests::{on, response},
        },
        *,
    };

    #[test]
    fn the_answer_to_head_is_the_head_of_that_to_get() {
        let occasion = Occasion {
            head_only: true,
            ..Occasion::default()
        };
        for fields in [
            &[][..],
            &[("A", "b")],
            &[("Transfer-Encoding", "chunked")],
            &[("Content-Type", "text/event-stream")],
        ] {
            let get = response(200, fields, "body");
            let head = on(occasion, 200, fields, "body");
            assert!(head.ends_with("\r\n\r\n"), "{head}");
            assert!(get.starts_with(&head), "{head}");
        }
        let mut out = Vec::new();
        encode_text(b"body", &[], occasion, &mut out);
        assert!(out.ends_with(b"Content-Length: 4\r\n\r\n"));
    }

    #[test]
    fn one_connection_field_that_says_what_happens() {
        let closing = Occasion {
            closes: true,
            ..Occasion::default()
        };
        for (occasion, given, expected) in [
            (closing, &[][..], "Connection: close\r\n\r\n"),
            (
                closing,
                &[("connection", "keep-alive"), ("A", "b")],
                "connection: close\r\nA: b\r\n",
            ),
            (
                closing,
                &[("Connection", "X, Close"), ("A", "b")],
                "Connection: X, Close\r\nA: b\r\n",
            ),
            (
                Occasion::default(),
                &[("connection", "a"), ("A", "b"), ("CONNECTION", "c")],
                "connection: c\r\nA: b\r\n",
            ),
        ] {
            let text = on(occasion, 200, given, "");
            assert!(text.contains(expected), "{text}");
            assert_eq!(
                text.to_lowercase().matches("connection:").count(),
                1,
                "{text}"
            );
        }
    }

    #[test]
    fn a_date_comes_first_unless_there_is_one() {
        let occasion = Occasion {
            date: b"today",
            ..Occasion::default()
        };
        assert!(
            on(occasion, 200, &[], "")
                .starts_with("HTTP/1.1 200 OK\r\nDate: today\r\nContent-Type:")
        );
        let text = on(occasion, 200, &[("date", "mine")], "");
        assert!(
            text.contains("\r\ndate: mine\r\n") && !text.contains("today"),
            "{text}"
        );
        assert!(!on(occasion, 100, &[], "").contains("today"));
    }

    #[test]
    fn who_does_not_know_chunks_gets_none() {
        let occasion = Occasion {
            closes: true,
            unchunked: true,
            ..Occasion::default()
        };
        let text = on(occasion, 200, &[("Transfer-Encoding", "chunked")], "hi");
        assert_eq!(
            text,
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html;charset=utf-8\r\n\r\nhi"
        );
    }
}
