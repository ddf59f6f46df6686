//! Websocket messages on their way out: compressed if that was agreed upon, and encoded once for all connections that take them in the same
//! form.

use std::sync::Arc;

use ouvrier_protocol::websocket::{
    Role,
    deflate::{Agreement, Parameters, RSV1},
};

use super::{Connection, Sent, life::Upgrade};
use crate::{
    compression::Compressor,
    frame,
    ledger::Ledger,
    send_buffer::{SHARED, SharedBytes},
};

/// A message that is to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The end of the connection that we are.
    pub role: Role,
    /// FIN and the opcode. With [`RSV1`] a message is compressed where it can be, however short it is.
    pub first_byte: u8,
    /// What it says.
    pub payload: &'a [u8],
}

/// The frames that a message was encoded into so far. Whoever keeps them sends no other payload with them.
///
/// There are few: one for those who want no compression, and one for each size of window that others have agreed upon.
#[derive(Debug, Default)]
pub struct Encoded(Vec<(Form, Arc<SharedBytes>)>);

/// What the bytes of a frame depend on, besides the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    first_byte: u8,
    compression: Option<Parameters>,
}

impl Connection {
    /// Whether the frame that a message becomes here may serve other connections as well.
    #[must_use]
    pub fn may_share(&self, message: &Message<'_>) -> bool {
        message.payload.len() >= SHARED || self.compressor.get().is_some()
    }

    /// Sends a message as [`Connection::send`] does. What is large, or compressed, is encoded once for all connections to which the same
    /// payload is sent with `encoded`, and waits for all of them in one place.
    pub fn send_message(
        self: &Arc<Self>,
        limit: usize,
        message: Message<'_>,
        encoded: &mut Encoded,
    ) -> Sent {
        let length = message.payload.len();
        let compressor = self
            .compressor
            .get()
            .filter(|compressor| compressor.wants(message.first_byte, length));
        let compression = match (message.role, compressor) {
            (Role::Server, None) if length >= SHARED => None,
            (_, None) => return self.send(limit, |out| message.encode(out)),
            (Role::Client, Some(compressor)) => {
                return self.send_own(limit, message, compressor);
            }
            (Role::Server, Some(compressor)) => match compressor.shareable() {
                None => return self.send_own(limit, message, compressor),
                parameters => parameters,
            },
        };
        let form = Form {
            first_byte: message.first_byte & !RSV1,
            compression,
        };
        let ledger = self.shared.census().ledger();
        let frame = encoded.frame(form, message.payload, compressor, ledger);
        self.send_frame(limit, &frame)
    }

    /// Compresses for this connection alone. Whether the message is taken is settled before: what is compressed with a window that is taken
    /// over cannot be dropped any more.
    fn send_own(
        self: &Arc<Self>,
        limit: usize,
        message: Message<'_>,
        compressor: &Compressor,
    ) -> Sent {
        let state = self.lock();
        if let Some(refused) = state.refuses() {
            return refused;
        }
        let (is_upgraded, is_full) = (
            state.upgrade == Upgrade::Done,
            state.is_held_up() && self.is_full(&state, limit, 0),
        );
        drop(state);
        if !is_upgraded {
            return self.send(limit, |out| message.encode(out));
        }
        if is_full {
            return Sent::Dropped;
        }
        let compressed = compressor.compress(message.payload);
        let first_byte = message.first_byte | RSV1;
        let mut state = self.lock();
        if let Some(refused) = state.refuses() {
            return refused;
        }
        self.append(&mut state, limit, 0, |queue| {
            frame::encode(message.role, first_byte, &compressed, queue.tail());
        })
    }

    fn send_frame(self: &Arc<Self>, limit: usize, frame: &Arc<SharedBytes>) -> Sent {
        let mut state = self.lock();
        if let Some(refused) = state.refuses() {
            return refused;
        }
        if state.upgrade != Upgrade::Done {
            return self.send_early(&mut state, limit, |out| out.extend_from_slice(frame));
        }
        self.enqueue(&mut state, limit, frame.len(), |queue| queue.push(frame))
    }

    /// Has messages compressed from now on, if the peer can do what the policy of the connection wants. Returns the header line that
    /// tells it so.
    pub(super) fn agree(&self, head: &[u8]) -> Option<String> {
        let wanted = self.policy().websocket.compression?;
        let agreement = Agreement::negotiate(head, &wanted.preference())?;
        self.compress_as(agreement, Role::Server);
        Some(format!("Sec-WebSocket-Extensions: {agreement}"))
    }

    /// Has messages compressed from now on, as was agreed upon.
    pub(super) fn compress_as(&self, agreement: Agreement, role: Role) {
        let wanted = self.policy().websocket.compression.unwrap_or_default();
        self.compressor
            .get_or_init(|| Box::new(Compressor::new(&wanted, agreement, role)));
    }

    /// The compression that was agreed upon.
    pub(super) fn agreement(&self) -> Option<&Agreement> {
        self.compressor
            .get()
            .map(|compressor| compressor.agreement())
    }
}

impl Message<'_> {
    /// Appends the message as a frame that is not compressed.
    pub fn encode(&self, out: &mut Vec<u8>) {
        frame::encode(self.role, self.first_byte & !RSV1, self.payload, out);
    }
}

impl Encoded {
    /// Whether nothing is gained by keeping it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The frame of a server's message: a known one, if there is one of the same form.
    fn frame(
        &mut self,
        form: Form,
        payload: &[u8],
        compressor: Option<&Compressor>,
        ledger: &Arc<Ledger>,
    ) -> Arc<SharedBytes> {
        if let Some((_, frame)) = self.0.iter().find(|(known, _)| *known == form) {
            return Arc::clone(frame);
        }
        let mut out = Vec::new();
        match compressor {
            None => frame::encode(Role::Server, form.first_byte, payload, &mut out),
            Some(compressor) => {
                let compressed = compressor.compress(payload);
                frame::encode(Role::Server, form.first_byte | RSV1, &compressed, &mut out);
            }
        }
        let permit = ledger.permit(out.len());
        let frame = Arc::new(SharedBytes::new(out, permit));
        self.0.push((form, Arc::clone(&frame)));
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::Compression;

    #[test]
    fn a_message_is_encoded_once_for_all_that_take_it_in_the_same_form() {
        let offer = b"GET / HTTP/1.1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
        let wanted = Compression::default();
        let agreement = Agreement::negotiate(offer, &wanted.preference());
        let compressor = Compressor::new(&wanted, agreement.unwrap(), Role::Server);
        let payload = &[b'x'; 5000][..];
        let forms = [None, compressor.shareable()].map(|compression| Form {
            first_byte: frame::TEXT,
            compression,
        });
        let mut encoded = Encoded::default();
        let ledger = Arc::default();
        let mut encode = |form: Form| {
            let compressor = form.compression.map(|_| &compressor);
            encoded.frame(form, payload, compressor, &ledger)
        };

        let [plain, compressed] = forms.map(&mut encode);

        assert_eq!((plain[0], plain.len()), (0x81, 5004));
        assert!(compressed[0] == 0xc1 && compressed.len() < 100);
        let [again, and_again] = forms.map(&mut encode);
        assert!(Arc::ptr_eq(&plain, &again) && Arc::ptr_eq(&compressed, &and_again));
    }
}
