//! What was decoded and not seen by the owner, as bytes again: another protocol is to cut them.

use ouvrier_protocol::websocket::{CloseFrame, Kind, Role, frame};

use super::{life::Presence, state::State, task::Task};
use crate::{
    codec::{Codec, spooled},
    event::{Event, Payload},
    frame::{BINARY, PING, PONG, TEXT},
    receive_buffer::ReceiveBuffer,
};

/// The first byte of a close frame.
const CLOSE: u8 = 0x88;

impl Task {
    /// Puts everything that the owner has not seen back before what is pending, and begins anew. An end that was found on the way, which
    /// the next protocol may see otherwise, is forgotten; that nothing more comes is told again in its place.
    pub(super) fn unread(&mut self, state: &mut State) {
        let mut bytes = Vec::new();
        if state.presence == Presence::New {
            self.connection.announce(state);
        }
        for event in state.take_undelivered() {
            match event {
                Event::Connected
                | Event::ConnectFailed(_)
                | Event::Secured
                | Event::Insecure(_) => {
                    state.receive_one(event);
                    self.connection.announce(state);
                }
                event => append(event, self.codec.role(), &mut bytes),
            }
        }
        self.codec.unread(&mut bytes);
        bytes.extend_from_slice(self.pending.unconsumed());
        self.pending = ReceiveBuffer::default();
        self.pending.append(&bytes);
        self.codec = Codec::Raw;
        self.finished = false;
        state.pending = bytes.len();
    }
}

/// The bytes behind an event, for the end of a connection that is `role`. A handshake that was answered belongs to the past. Frames of clients
/// come back with a mask that changes nothing.
fn append(event: Event, role: Role, out: &mut Vec<u8>) {
    let frame = |first_byte: u8, payload: &[u8], out: &mut Vec<u8>| match role {
        Role::Server => frame::encode_masked(first_byte, [0; 4], payload, out),
        Role::Client => frame::encode(first_byte, payload, out),
    };
    match event {
        Event::Message(Payload::Bytes(bytes)) => out.extend_from_slice(&bytes),
        Event::Upgrade(head) => out.extend_from_slice(&head),
        Event::Message(Payload::Framed(message)) => out.extend_from_slice(&message.wire),
        Event::Message(Payload::Http(message, spool)) => {
            out.extend_from_slice(&message.raw);
            out.extend_from_slice(&spooled(spool.as_ref()));
        }
        Event::Message(Payload::Websocket(Kind::Text, data)) => frame(TEXT, &data, out),
        Event::Message(Payload::Websocket(Kind::Binary, data)) => frame(BINARY, &data, out),
        Event::Ping(data) => frame(PING, &data, out),
        Event::Pong(data) => frame(PONG, &data, out),
        Event::CloseFrame(close) => {
            frame(CLOSE, &close.as_ref().map_or_else(Vec::new, payload), out)
        }
        Event::Opened
        | Event::Connected
        | Event::ConnectFailed(_)
        | Event::Upgraded(_)
        | Event::Continue
        | Event::Fault(_)
        | Event::Secured
        | Event::Insecure(_)
        | Event::Closed(_) => {}
    }
}

fn payload(close: &CloseFrame) -> Vec<u8> {
    [&close.code.to_be_bytes()[..], &close.reason].concat()
}
