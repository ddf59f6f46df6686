//! Lines, and frames with their length in front.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ouvrier_fuzz::Input;
use ouvrier_protocol::{length_prefixed, text};

const LIMIT: usize = 100;

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::new(data) else {
        return;
    };
    let lines = input.check(text::Decoder::new, |decoder, input| {
        decoder
            .decode(input, LIMIT)
            .map(|step| step.map(<[u8]>::to_vec))
    });
    for line in lines {
        assert!(line.len() < LIMIT && !line.contains(&b'\n') && !line.ends_with(b"\r"));
    }
    let frames = input.check(length_prefixed::Decoder::new, |decoder, input| {
        decoder
            .decode(input, LIMIT)
            .map(|step| step.map(<[u8]>::to_vec))
    });
    assert!(frames.iter().all(|frame| frame.len() + 4 <= LIMIT));
});
