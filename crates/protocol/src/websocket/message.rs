//! A message whose fragments are arriving.

use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::{Error, Event, Kind, unfinished::Frame};

#[derive(Debug)]
pub(super) struct Message {
    pub(super) kind: Kind,
    /// `data` is as it arrived, and is decompressed when it is whole: so a message that does not end holds what was
    /// sent and no more, can be given back, and costs no state of a decompressor.
    pub(super) is_compressed: bool,
    /// Frames so far.
    pub(super) fragments: u32,
    pub(super) data: Vec<u8>,
    /// So many bytes at the front are whole, valid characters; unused for binary and for compressed messages.
    pub(super) validated: usize,
}

impl Message {
    /// A frame for the first `length` bytes of the message, without a mask.
    pub(super) const fn begun(&self, length: usize) -> Frame {
        Frame {
            opcode: match self.kind {
                Kind::Text => OpCode::Data(Data::Text),
                Kind::Binary => OpCode::Data(Data::Binary),
            },
            is_final: false,
            is_compressed: self.is_compressed,
            mask: [0; 4],
            received: length,
            length,
        }
    }

    /// Checks the text that has arrived. A character cut at the end may still become whole.
    pub(super) fn validate(&mut self) -> Result<(), Error> {
        if self.kind == Kind::Binary {
            return Ok(());
        }
        match std::str::from_utf8(&self.data[self.validated..]) {
            Ok(_) => self.validated = self.data.len(),
            Err(error) if error.error_len().is_some() => return Err(Error::InvalidUtf8),
            Err(error) => self.validated += error.valid_up_to(),
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Event, Error> {
        if self.kind == Kind::Text && self.validated < self.data.len() {
            return Err(Error::InvalidUtf8);
        }
        Ok(Event::Message {
            kind: self.kind,
            data: self.data,
        })
    }
}
