//! Frames of a client, masked, and of a server.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ouvrier_fuzz::Input;
use ouvrier_protocol::websocket::{Decoder, Event, Kind, Limits, Role};

const LIMITS: Limits = Limits::of_messages(1000);

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::new(data) else {
        return;
    };
    let role = if data[0] & 2 == 0 { Role::Client } else { Role::Server };
    let new = || Decoder::new(role);
    let decode = |decoder: &mut Decoder, input: &[u8]| decoder.decode(input, &LIMITS);
    let events = input.check(new, decode);
    let closes = |event: &Event| matches!(event, Event::Close(_));
    if !events.iter().any(closes) {
        input.check_unread(new, decode, Decoder::unread);
    }
    for event in events {
        match event {
            Event::Message { kind, data } => {
                assert!(data.len() <= LIMITS.max_message);
                assert!(kind == Kind::Binary || std::str::from_utf8(&data).is_ok());
            }
            Event::Ping(data) | Event::Pong(data) => assert!(data.len() <= 125),
            Event::Close(close) => {
                assert!(close.is_none_or(|close| std::str::from_utf8(&close.reason).is_ok()));
            }
        }
    }
});
