//! Runs the headers of `tests/corpus/proxy_header`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ouvrier_protocol::forwarded::header::{BadHeader, Decoder};

mod case;

use case::{Case, cases};

#[test]
fn headers_of_the_proxy_protocol() {
    for (kind, is_invalid) in [("valid", false), ("invalid", true)] {
        for case in cases(&format!("proxy_header/{kind}"), "hex", "limit ") {
            assert_eq!(case.expected.contains("error"), is_invalid, "{}", case.name);
            assert_eq!(case.limits, None, "{} needs none", case.name);
            check(&case);
        }
    }
}

fn check(case: &Case) {
    let stream = case.unhex();
    for piece in [usize::MAX, 1, 7, 15] {
        let found = render(&stream, piece).unwrap_or_else(|BadHeader| "error\n".to_owned());
        assert_eq!(found, case.expected, "{} in pieces of {piece}", case.name);
    }
}

/// Writes down what the decoder makes of the stream in pieces, in the format of the expectations.
fn render(stream: &[u8], piece: usize) -> Result<String, BadHeader> {
    let (mut decoder, mut rest) = (Decoder::new(), stream);
    while !rest.is_empty() {
        let step = decoder.decode(&rest[..rest.len().min(piece)])?;
        rest = &rest[step.consumed..];
        if let Some(client) = step.item {
            let named =
                client.map_or_else(|| "nobody".to_owned(), |client| format!("client {client}"));
            return Ok(format!("{named}\nfollowed by {}\n", rest.len()));
        }
        assert!(
            step.consumed > 0,
            "a header that is not whole takes everything"
        );
    }
    Ok(format!("pending {}\n", stream.len()))
}
