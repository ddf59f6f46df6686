//! Compressed messages of a server, whose window may be taken over; and what we compress, decompressed again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ouvrier_fuzz::Input;
use ouvrier_protocol::websocket::{
    Decoder, Event, Kind, Limits, Role,
    deflate::{Agreement, Preference, RSV1},
    frame,
};

const LIMITS: Limits = Limits::of_messages(1000);
const OFFER: &[u8] = b"GET / HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::new(data) else {
        return;
    };
    let takeover = data[0] & 1 == 1;
    let preference = Preference {
        server_context_takeover: takeover,
        client_context_takeover: takeover,
        server_max_window_bits: 9 + data[0] % 7,
        ..Preference::default()
    };
    let Some(agreement) = Agreement::negotiate(OFFER, &preference) else {
        panic!("the offer was declined");
    };
    let events = input.check(
        || Decoder::with_deflate(Role::Client, &agreement),
        // Which of several faults is seen first depends on the cut.
        |decoder, input| decoder.decode(input, &LIMITS).map_err(drop),
    );
    for event in events {
        if let Event::Message { data, .. } = event {
            assert!(data.len() <= LIMITS.max_message);
        }
    }
    comes_back(&agreement, input.stream);
});

fn comes_back(agreement: &Agreement, payload: &[u8]) {
    let mut deflater = agreement.deflater(Role::Server);
    let mut decoder = Decoder::with_deflate(Role::Client, agreement);
    let limits = Limits::of_messages(payload.len());
    for half in [payload, &payload[payload.len() / 2..]] {
        let (mut compressed, mut stream) = (Vec::new(), Vec::new());
        deflater.message(half, &mut compressed);
        frame::encode(0x82 | RSV1, &compressed, &mut stream);
        if compressed.len() > limits.max_message {
            return;
        }
        let step = decoder.decode(&stream, &limits);
        let expected = Event::Message {
            kind: Kind::Binary,
            data: half.to_vec(),
        };
        assert_eq!(step.map(|step| step.item), Ok(Some(expected)));
    }
}
