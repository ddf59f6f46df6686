//! Frames of a client, masked, and of a server, within wide limits and within narrow ones.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ouvrier_fuzz::Input;
use ouvrier_protocol::websocket::{Decoder, Event, Kind, Limits, Role};

const WIDE: Limits = Limits::of_messages(1000);
const NARROW: Limits = Limits {
    max_message: 100,
    max_frame: 10,
    max_fragments: 3,
};

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::new(data) else {
        return;
    };
    let role = if data[0] & 2 == 0 { Role::Client } else { Role::Server };
    let limits = if data[0] & 4 == 0 { &WIDE } else { &NARROW };
    let new = || Decoder::new(role);
    let decode = |decoder: &mut Decoder, input: &[u8]| decoder.decode(input, limits);
    let events = input.check(new, decode);
    let closes = |event: &Event| matches!(event, Event::Close(_));
    // What is given back has lost its seams, and what follows a close frame is not given back.
    if limits == &WIDE && !events.iter().any(closes) {
        input.check_unread(new, decode, Decoder::unread);
    }
    for event in events {
        match event {
            Event::Message { kind, data } => {
                let fragments = usize::try_from(limits.max_fragments).unwrap_or(usize::MAX);
                assert!(data.len() <= limits.max_message);
                assert!(data.len() <= limits.max_frame.saturating_mul(fragments));
                assert!(kind == Kind::Binary || std::str::from_utf8(&data).is_ok());
            }
            Event::Ping(data) | Event::Pong(data) => assert!(data.len() <= 125),
            Event::Close(close) => {
                assert!(close.is_none_or(|close| std::str::from_utf8(&close.reason).is_ok()));
            }
        }
    }
});
