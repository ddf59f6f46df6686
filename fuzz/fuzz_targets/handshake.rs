//! The request that opens a websocket connection, its answer, and the extensions that both speak of.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ouvrier_fuzz::Input;
use ouvrier_protocol::websocket::{
    client,
    deflate::{Agreement, Preference},
    handshake::{Decoder, accept},
};

const MAX_HEAD: usize = 2000;

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::new(data) else {
        return;
    };
    let heads = input.check(Decoder::new, |decoder, input| {
        decoder
            .decode(input, MAX_HEAD)
            .map(|step| step.map(<[u8]>::to_vec))
    });
    for head in heads {
        let mut answer = Vec::new();
        accept(&head, [input.stream], &mut answer);
        assert!(answer.starts_with(b"HTTP/1.1 101 ") && answer.ends_with(b"\r\n\r\n"));
        let ends = answer.windows(4).filter(|bytes| bytes == b"\r\n\r\n");
        assert_eq!(ends.count(), 1, "a line was smuggled into the answer");
    }
    answered(&input);
    agrees(input.stream);
});

/// The answer of a server, whose key is that of the example of RFC 6455.
fn answered(input: &Input<'_>) {
    let key = b"dGhlIHNhbXBsZSBub25jZQ==";
    let heads = input.check(
        || client::Decoder::new(key, b"chat".to_vec(), Some(Preference::default())),
        |decoder, input| {
            let step = decoder.decode(input, MAX_HEAD)?;
            Ok::<_, client::Refused>(step.map(<[u8]>::to_vec))
        },
    );
    for head in heads {
        assert!(head.starts_with(b"HTTP/1.") && head.ends_with(b"\r\n\r\n"));
    }
}

/// A client that made the offer takes our answer to it, and means the same by it.
fn agrees(head: &[u8]) {
    let everything = Preference {
        server_context_takeover: true,
        client_context_takeover: true,
        ..Preference::default()
    };
    let _ = Agreement::from_response(head, &Preference::default());
    for preference in [everything, Preference::default()] {
        let Some(agreement) = Agreement::negotiate(head, &preference) else {
            continue;
        };
        let answer = format!("HTTP/1.1 101 \r\nSec-WebSocket-Extensions: {agreement}\r\n\r\n");
        if agreement.client_max_window_bits > 8 {
            let understood = Agreement::from_response(answer.as_bytes(), &everything);
            let understood = understood.ok().flatten().map(|agreement| agreement.to_string());
            assert_eq!(understood, Some(agreement.to_string()));
        }
    }
}
