use std::mem;

use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::{
    CloseFrame, Error, Event, Kind, Role,
    deflate::{self, Agreement, Inflater, RSV1},
    frame::{MASK_BIT, write_header},
    header::Header,
    message::Message,
    unfinished::{Frame, Unfinished, append_unmasked},
};
use crate::{Step, spare};

/// The bit of the first byte that says: the last frame of its message.
const FIN: u8 = 0x80;

/// How large a message may be, and in how many pieces it may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The payloads of all fragments of a message together, decompressed.
    pub max_message: usize,
    /// The payload of one data frame.
    pub max_frame: usize,
    /// Frames of one message.
    pub max_fragments: u32,
}

impl Limits {
    /// Messages of up to so many bytes, in any number of frames.
    pub const fn of_messages(max_message: usize) -> Self {
        Self {
            max_message,
            max_frame: usize::MAX,
            max_fragments: u32::MAX,
        }
    }
}

/// Turns the stream after the handshake into [`Event`]s, and holds the peer to RFC 6455.
///
/// Payload is consumed and unmasked as it arrives, straight into the message it belongs to.
///
/// It is small between two messages, where most decoders are most of the time.
#[derive(Debug)]
pub struct Decoder {
    role: Role,
    /// There is one if compression was agreed upon.
    inflater: Option<Inflater>,
    closed: bool,
    unfinished: Option<Box<Unfinished>>,
}

impl Decoder {
    /// A decoder for the first byte after the handshake, read by the end that `role` names.
    pub const fn new(role: Role) -> Self {
        Self {
            role,
            inflater: None,
            closed: false,
            unfinished: None,
        }
    }

    /// A decoder that also understands the compressed messages of a peer that `agreement` was made with.
    pub const fn with_deflate(role: Role, agreement: &Agreement) -> Self {
        Self {
            role,
            inflater: Some(agreement.inflater(role)),
            closed: false,
            unfinished: None,
        }
    }

    /// The end that it reads for.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Bytes of unfinished messages that were consumed already and are held here.
    pub fn buffered(&self) -> usize {
        self.unfinished.as_ref().map_or(0, |unfinished| {
            let message = unfinished.message.as_ref();
            unfinished.control.len() + message.map_or(0, |message| message.data.len())
        })
    }

    /// Appends the bytes of unfinished messages that were consumed already, as a decoder that is to
    /// begin anew needs them. Fragments that are whole come back joined. What was decompressed
    /// cannot be given back: a compressed message that is unfinished is lost.
    pub fn unread(&self, out: &mut Vec<u8>) {
        let Some(unfinished) = &self.unfinished else {
            return;
        };
        let arriving = |control: bool| {
            unfinished
                .frame
                .filter(|frame| matches!(frame.opcode, OpCode::Control(_)) == control)
        };
        if let Some(message) = &unfinished.message {
            let frame = arriving(false);
            let joined = message.data.len() - frame.map_or(0, |frame| frame.received);
            let (before, data) = message.data.split_at(joined);
            if frame.is_none_or(|frame| frame.opcode == OpCode::Data(Data::Continue)) {
                self.unread_frame(message.begun(joined), before, out);
            }
            if let Some(frame) = frame {
                self.unread_frame(frame, data, out);
            }
        }
        if let Some(frame) = arriving(true) {
            self.unread_frame(frame, &unfinished.control, out);
        }
    }

    /// The header of a frame, and its payload as far as it is known, under the mask of the payload
    /// that is still to come.
    fn unread_frame(&self, frame: Frame, payload: &[u8], out: &mut Vec<u8>) {
        let mut first_byte = u8::from(frame.opcode);
        if frame.is_final {
            first_byte |= FIN;
        }
        if frame.is_compressed {
            first_byte |= RSV1;
        }
        match self.role {
            Role::Server => {
                write_header(first_byte, MASK_BIT, frame.length, out);
                out.extend_from_slice(&frame.mask);
            }
            Role::Client => write_header(first_byte, 0, frame.length, out),
        }
        append_unmasked(
            out,
            payload,
            &Frame {
                received: 0,
                ..frame
            },
        );
    }

    /// Returns the next event. A fault is reported as soon as it can be told, even inside a
    /// fragment.
    pub fn decode(&mut self, input: &[u8], limits: &Limits) -> Result<Step<Event>, Error> {
        if self.closed {
            return Ok(Step::pending(input.len()));
        }
        let mut place = self.unfinished.take();
        let mut unfinished = place.as_deref_mut().map(mem::take).unwrap_or_default();
        let result = self.advance(&mut unfinished, input, limits);
        if !unfinished.is_empty() {
            let mut place = place.unwrap_or_default();
            *place = unfinished;
            self.unfinished = Some(place);
        }
        result
    }

    fn advance(
        &mut self,
        unfinished: &mut Unfinished,
        input: &[u8],
        limits: &Limits,
    ) -> Result<Step<Event>, Error> {
        let mut consumed = 0;
        loop {
            let mut frame = match unfinished.frame.take() {
                Some(frame) => frame,
                None => match Header::read(&input[consumed..], self.role)? {
                    None => return Ok(Step::pending(consumed)),
                    Some((header, length)) => {
                        consumed += length;
                        self.begin(unfinished, &header, limits)?
                    }
                },
            };
            consumed += unfinished.take_payload(&mut frame, &input[consumed..])?;
            if frame.received < frame.length {
                unfinished.frame = Some(frame);
                return Ok(Step::pending(consumed));
            }
            if let Some(event) = self.end(unfinished, frame, limits)? {
                return Ok(Step::complete(consumed, event));
            }
        }
    }

    /// Checks a frame against the message it stands in, before any of its payload is looked at.
    fn begin(
        &self,
        unfinished: &mut Unfinished,
        header: &Header,
        limits: &Limits,
    ) -> Result<Frame, Error> {
        let length = usize::try_from(header.payload_length).map_err(|_| Error::TooLarge)?;
        if let OpCode::Data(data) = header.opcode {
            let message = self.continue_message(unfinished, data, header.is_compressed)?;
            message.fragments = message.fragments.saturating_add(1);
            if message.fragments > limits.max_fragments {
                return Err(Error::TooManyFragments);
            }
            if length > limits.max_frame {
                return Err(Error::TooLarge);
            }
            let most = if message.is_compressed {
                deflate::most(limits.max_message)
            } else {
                limits.max_message
            };
            let total = message.data.len().checked_add(length);
            if total.is_none_or(|total| total > most) {
                return Err(Error::TooLarge);
            }
        }
        Ok(Frame {
            opcode: header.opcode,
            is_final: header.is_final,
            is_compressed: header.is_compressed,
            mask: header.mask,
            received: 0,
            length,
        })
    }

    /// The message that a data frame belongs to. Its first frame says whether it is compressed.
    fn continue_message<'a>(
        &self,
        unfinished: &'a mut Unfinished,
        opcode: Data,
        is_compressed: bool,
    ) -> Result<&'a mut Message, Error> {
        let continues = matches!(opcode, Data::Continue);
        if is_compressed && (continues || self.inflater.is_none()) {
            return Err(Error::ReservedBit);
        }
        let kind = match opcode {
            Data::Continue => {
                let message = unfinished.message.as_mut();
                return message.ok_or(Error::UnexpectedContinuation);
            }
            Data::Text => Kind::Text,
            Data::Binary => Kind::Binary,
            Data::Reserved(_) => return Err(Error::ReservedOpcode),
        };
        if unfinished.message.is_some() {
            return Err(Error::ExpectedContinuation);
        }
        Ok(unfinished.message.insert(Message {
            kind,
            is_compressed,
            fragments: 0,
            data: spare::take(),
            validated: 0,
        }))
    }

    /// The event that a whole frame makes, if it makes one.
    fn end(
        &mut self,
        unfinished: &mut Unfinished,
        frame: Frame,
        limits: &Limits,
    ) -> Result<Option<Event>, Error> {
        match frame.opcode {
            OpCode::Data(_) if frame.is_final => match unfinished.message.take() {
                Some(message) => self.end_message(message, limits).map(Some),
                None => Ok(None),
            },
            OpCode::Data(_) => Ok(None),
            OpCode::Control(control) => self.end_control(unfinished, control).map(Some),
        }
    }

    fn end_message(&mut self, mut message: Message, limits: &Limits) -> Result<Event, Error> {
        if let Some(inflater) = self.inflater.as_mut().filter(|_| message.is_compressed) {
            message.data = inflater.message(&message.data, limits.max_message)?;
            message.validate()?;
        }
        message.finish()
    }

    fn end_control(
        &mut self,
        unfinished: &mut Unfinished,
        control: Control,
    ) -> Result<Event, Error> {
        let payload = mem::take(&mut unfinished.control);
        match control {
            Control::Ping => Ok(Event::Ping(payload)),
            Control::Pong => Ok(Event::Pong(payload)),
            Control::Close => {
                *unfinished = Unfinished::default();
                *self = Self {
                    closed: true,
                    ..Self::new(self.role)
                };
                CloseFrame::read(&payload).map(Event::Close)
            }
            Control::Reserved(_) => Err(Error::ReservedOpcode),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits::of_messages(1 << 20);

    fn text(data: &[u8]) -> Event {
        Event::Message {
            kind: Kind::Text,
            data: data.to_vec(),
        }
    }

    /// Every event of a stream that a server sent.
    fn events(input: &[u8], limits: &Limits) -> Result<Vec<Event>, Error> {
        let (mut decoder, mut rest, mut events) = (Decoder::new(Role::Client), input, Vec::new());
        loop {
            let step = decoder.decode(rest, limits)?;
            rest = &rest[step.consumed..];
            match step.item {
                Some(event) => events.push(event),
                None => return Ok(events),
            }
        }
    }

    #[test]
    fn control_frames_come_between_fragments() {
        let stream = b"\x01\x02ab\x89\x01!\x00\x00\x80\x02cd";
        assert_eq!(
            events(stream, &LIMITS),
            Ok(vec![Event::Ping(b"!".to_vec()), text(b"abcd")])
        );
    }

    #[test]
    fn a_character_may_be_cut_between_fragments_but_not_at_the_end() {
        assert_eq!(
            events(b"\x01\x01\xc3\x80\x01\xa9", &LIMITS),
            Ok(vec![text("\u{e9}".as_bytes())])
        );
        assert_eq!(events(b"\x81\x01\xc3", &LIMITS), Err(Error::InvalidUtf8));
    }

    #[test]
    fn invalid_text_is_refused_inside_the_fragment() {
        assert_eq!(events(b"\x01\x7da\xff", &LIMITS), Err(Error::InvalidUtf8));
    }

    #[test]
    fn the_limit_counts_all_fragments_and_is_told_by_the_header() {
        let limits = Limits::of_messages(4);
        assert_eq!(
            events(b"\x01\x02ab\x80\x02cd", &limits),
            Ok(vec![text(b"abcd")])
        );
        assert_eq!(events(b"\x01\x02ab\x80\x03", &limits), Err(Error::TooLarge));
        assert_eq!(
            events(b"\x02\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", &limits),
            Err(Error::TooLarge)
        );
    }

    #[test]
    fn what_follows_a_close_frame_is_discarded() {
        let mut decoder = Decoder::new(Role::Client);
        let step = decoder.decode(b"\x88\x00\xff\xff", &LIMITS).unwrap();
        assert_eq!(step, Step::complete(2, Event::Close(None)));
        assert_eq!(decoder.decode(b"\xff\xff", &LIMITS), Ok(Step::pending(2)));
    }

    #[test]
    fn a_claimed_length_allocates_nothing() {
        let mut decoder = Decoder::new(Role::Client);
        let limits = Limits::of_messages(usize::MAX);
        let step = decoder
            .decode(b"\x82\x7f\0\0\0\0\x40\0\0\0x", &limits)
            .unwrap();
        assert_eq!((step.consumed, decoder.buffered()), (11, 1));
        assert!(decoder.unfinished.unwrap().message.unwrap().data.capacity() < 64);
    }

    #[test]
    fn an_idle_decoder_holds_no_heap() {
        let mut decoder = Decoder::new(Role::Client);
        for frame in [&b"\x81\x02ab"[..], b"\x89\x02ab", b"\x8a\x02ab"] {
            assert!(decoder.decode(frame, &LIMITS).unwrap().item.is_some());
            assert!(decoder.unfinished.is_none());
        }
    }
}
