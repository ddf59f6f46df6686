//! The request that opens a websocket connection, its answer, and the extensions it offers.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ouvrier_fuzz::Input;
use ouvrier_protocol::websocket::{
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
    let _ = Agreement::negotiate(input.stream, &Preference::default());
    let _ = Agreement::from_response(input.stream, &Preference::default());
});
