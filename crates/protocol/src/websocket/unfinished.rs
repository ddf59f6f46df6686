//! What has arrived of a message that is not whole.

use tungstenite::protocol::frame::coding::OpCode;

use super::{Error, mask, message::Message};

/// What has arrived of frames and messages that are not whole.
#[derive(Debug, Default)]
pub(super) struct Unfinished {
    /// The frame whose payload is arriving.
    pub(super) frame: Option<Frame>,
    /// The message whose fragments are arriving; control frames may come between them.
    pub(super) message: Option<Message>,
    /// The payload of the control frame that is arriving.
    pub(super) control: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) opcode: OpCode,
    pub(super) is_final: bool,
    /// It carries [`RSV1`](super::deflate::RSV1): a compressed message begins with it.
    pub(super) is_compressed: bool,
    pub(super) mask: [u8; 4],
    pub(super) received: usize,
    pub(super) length: usize,
}

impl Unfinished {
    pub(super) fn is_empty(&self) -> bool {
        self.frame.is_none() && self.message.is_none() && self.control.is_empty()
    }

    /// Takes in what `input` holds of the frame's payload, and returns how much that was.
    pub(super) fn take_payload(&mut self, frame: &mut Frame, input: &[u8]) -> Result<usize, Error> {
        let taken = &input[..input.len().min(frame.length - frame.received)];
        match (frame.opcode, &mut self.message) {
            (OpCode::Data(_), Some(message)) => {
                append_unmasked(&mut message.data, taken, frame);
                if !message.is_compressed {
                    message.validate()?;
                }
            }
            _ => append_unmasked(&mut self.control, taken, frame),
        }
        frame.received += taken.len();
        Ok(taken.len())
    }
}

pub(super) fn append_unmasked(data: &mut Vec<u8>, payload: &[u8], frame: &Frame) {
    let start = data.len();
    data.extend_from_slice(payload);
    mask::apply(&mut data[start..], frame.mask, frame.received);
}
