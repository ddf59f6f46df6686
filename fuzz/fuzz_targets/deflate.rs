//! Compressed messages, whose window may be taken over, as clients and as servers send them; and what we compress, decompressed again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ouvrier_fuzz::Input;
use ouvrier_protocol::websocket::{
    Decoder, Event, Kind, Limits, Role,
    deflate::{Agreement, Level, Preference, RSV1},
    frame,
};

const WIDE: Limits = Limits::of_messages(1000);
const NARROW: Limits = Limits {
    max_message: 100,
    max_frame: 10,
    max_fragments: 3,
};
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
    let role = if data[0] & 2 == 0 { Role::Client } else { Role::Server };
    let limits = if data[0] & 4 == 0 { &WIDE } else { &NARROW };
    let new = || Decoder::with_deflate(role, &agreement);
    let decode = |decoder: &mut Decoder, input: &[u8]| decoder.decode(input, limits);
    let events = input.check(new, decode);
    // What is given back has lost its seams, and what follows a close frame is not given back.
    let may_be_given_back = !takeover && limits == &WIDE;
    if may_be_given_back && !events.iter().any(|event| matches!(event, Event::Close(_))) {
        input.check_unread(new, decode, Decoder::unread);
    }
    for event in events {
        if let Event::Message { kind, data } = event {
            assert!(data.len() <= limits.max_message);
            assert!(kind == Kind::Binary || std::str::from_utf8(&data).is_ok());
        }
    }
    comes_back(&agreement, role, input.stream);
});

fn comes_back(agreement: &Agreement, receiver: Role, payload: &[u8]) {
    let sender = match receiver {
        Role::Server => Role::Client,
        Role::Client => Role::Server,
    };
    let mut deflater = agreement.deflater(sender, Level::default());
    let mut decoder = Decoder::with_deflate(receiver, agreement);
    let limits = Limits::of_messages(payload.len());
    for half in [payload, &payload[payload.len() / 2..]] {
        let (mut compressed, mut stream) = (Vec::new(), Vec::new());
        deflater.message(half, &mut compressed);
        match sender {
            Role::Server => frame::encode(0x82 | RSV1, &compressed, &mut stream),
            Role::Client => frame::encode_masked(0x82 | RSV1, *b"mask", &compressed, &mut stream),
        }
        let step = decoder.decode(&stream, &limits);
        let expected = Event::Message {
            kind: Kind::Binary,
            data: half.to_vec(),
        };
        assert_eq!(step.map(|step| step.item), Ok(Some(expected)));
    }
}
