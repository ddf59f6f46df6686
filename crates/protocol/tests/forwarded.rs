//! What a proxy says of a client may come in any pieces, and be anything.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use ouvrier_protocol::forwarded::{
    Trusted, client,
    header::{BadHeader, Decoder},
};
use proptest::{collection::vec, prelude::*};

/// Who the client is, and how long the header was.
type Fed = Option<(Option<SocketAddr>, usize)>;

/// Feeds `stream` in pieces until the header is whole.
fn feed(stream: &[u8], pieces: &[usize]) -> Result<Fed, BadHeader> {
    let (mut decoder, mut rest) = (Decoder::new(), stream);
    let mut pieces = pieces.iter().cycle();
    while !rest.is_empty() {
        let piece = rest.len().min(*pieces.next().unwrap());
        let step = decoder.decode(&rest[..piece])?;
        rest = &rest[step.consumed..];
        let length = stream.len() - rest.len();
        assert!(length <= 4096);
        if let Some(client) = step.item {
            return Ok(Some((client, length)));
        }
        assert!(
            step.consumed > 0,
            "a header that is not whole takes something"
        );
    }
    Ok(None)
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let text =
        "PROXY (TCP4 1.2.3.4 5.6.7.8|TCP6 ::1 ::2|UNKNOWN|TCP4) ?[0-9]{0,6} ?[0-9]{0,6}\r?\n?"
            .prop_map(String::into_bytes);
    let binary = (any::<u8>(), any::<u8>(), 0_u8..40, vec(any::<u8>(), 0..60)).prop_map(
        |(command, transport, length, body)| {
            let fixed = [command & 0x2f, transport & 0x23, 0, length];
            [&b"\r\n\r\n\0\r\nQUIT\n"[..], &fixed, &body].concat()
        },
    );
    prop_oneof![text, binary, vec(any::<u8>(), 0..80)]
}

proptest! {
    #[test]
    fn any_split_of_a_header_says_the_same(stream in stream(), pieces in vec(1_usize..20, 1..6)) {
        prop_assert_eq!(feed(&stream, &pieces), feed(&stream, &[usize::MAX]));
    }

    #[test]
    fn any_field_names_an_address_or_nobody(field in "[ -~]{0,60}") {
        let trusted = Trusted::new(["10.0.0.0/8"]).unwrap();
        let head = format!("GET / HTTP/1.1\r\nX-Forwarded-For: {field}\r\n\r\n");
        client(head.as_bytes(), &trusted);
    }
}
