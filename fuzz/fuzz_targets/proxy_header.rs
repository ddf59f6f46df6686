//! The header of the PROXY protocol, and the field by which a proxy names a client.

#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use ouvrier_fuzz::Input;
use ouvrier_protocol::{
    Step,
    forwarded::{
        Trusted, client,
        header::{BadHeader, Decoder},
    },
};

/// Most bytes of a header of version 2.
const LONGEST: usize = 4096;

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::new(data) else {
        return;
    };
    let named = input.check(|| (Some(Decoder::new()), 0), decode);
    for (named, length) in named {
        assert!(length <= LONGEST);
        let is_text = input.stream.starts_with(b"PROXY ");
        assert!(is_text || named.is_none_or(|_| length >= 28));
        assert!(!is_text || input.stream[..length].ends_with(b"\r\n"));
    }
    let Ok(trusted) = Trusted::new(["10.0.0.0/8"]) else {
        panic!("10.0.0.0/8 is a network");
    };
    client(input.stream, &trusted);
});

type Named = (Option<SocketAddr>, usize);

/// Once the header is there, nothing is decoded any more. Whom it names, and how long it is.
fn decode(
    (decoder, length): &mut (Option<Decoder>, usize),
    input: &[u8],
) -> Result<Step<Named>, BadHeader> {
    let Some(reading) = decoder else {
        return Ok(Step {
            consumed: 0,
            item: None,
        });
    };
    let step = reading.decode(input)?;
    *length += step.consumed;
    assert!(
        step.item.is_some() || step.consumed == input.len(),
        "a header that is not whole takes everything"
    );
    if step.item.is_some() {
        *decoder = None;
    }
    Ok(step.map(|client| (client, *length)))
}
