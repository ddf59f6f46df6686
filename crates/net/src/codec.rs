//! Joins the decoders of `ouvrier-protocol` to the events of a connection.

use std::io;

use ouvrier_protocol::{
    Received, Step, http, length_prefixed,
    pool::Pool,
    text,
    websocket::{self, Role, client, deflate::Agreement, handshake},
};

use crate::{
    connection::Settings,
    event::{Event, Framed, Payload, Protocol},
    frame,
    policy::{self, Limits, Policy},
    spool::Spool,
};

/// The decoder of one connection.
pub(crate) enum Codec {
    Raw,
    Text(text::Decoder),
    LengthPrefixed(length_prefixed::Decoder),
    Http(HttpDecoder),
    Handshake(handshake::Decoder),
    /// A websocket handshake waits for the owner: for its verdict or, as a client, for its request. Nothing is decoded meanwhile.
    Waiting,
    /// The answer to our own websocket handshake.
    Answer(Box<client::Decoder>),
    Websocket(websocket::Decoder),
}

/// The decoder of an http connection, and what was moved out of memory of the body that it is in. Boxed, so that connections of other protocols are small; the
/// boxes are used again.
#[derive(Default)]
pub(crate) struct HttpDecoder(Option<Box<Requests>>);

type Requests = (http::Decoder, Option<Spool>);

thread_local! {
    static SPARE: Pool<Box<Requests>, 64> = const { Pool::new() };
}

impl HttpDecoder {
    fn requests(&mut self) -> &mut Requests {
        self.0.get_or_insert_with(|| Pool::take(&SPARE))
    }
}

impl Drop for HttpDecoder {
    fn drop(&mut self) {
        if let Some(mut requests) = self.0.take() {
            *requests = Requests::default();
            Pool::give_back(&SPARE, requests);
        }
    }
}

/// What a codec found.
pub(crate) enum Found {
    Event(Event),
    /// A checked websocket handshake.
    Handshake(Vec<u8>),
    /// A checked answer to our own, and the compression that was agreed upon.
    Answer(Vec<u8>, Option<Agreement>),
    /// An answer that does not let us in.
    Refused(client::Refused),
}

/// The peer broke the protocol. Holds what the protocol says to answer before the connection ends; empty where it says nothing.
pub(crate) struct Fault(pub(crate) Vec<u8>);

impl Codec {
    pub(crate) fn new(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Raw => Self::Raw,
            Protocol::Text => Self::Text(text::Decoder::default()),
            Protocol::LengthPrefixed => Self::LengthPrefixed(length_prefixed::Decoder::new()),
            Protocol::Http => Self::Http(HttpDecoder::default()),
            Protocol::Websocket => Self::Handshake(handshake::Decoder::default()),
            Protocol::WebsocketClient => Self::Waiting,
        }
    }

    /// The codec of a websocket connection whose handshake is done.
    pub(crate) fn websocket(role: Role, agreement: Option<&Agreement>) -> Self {
        Self::Websocket(match agreement {
            Some(agreement) => websocket::Decoder::with_deflate(role, agreement),
            None => websocket::Decoder::new(role),
        })
    }

    /// The end of a websocket connection that we are.
    pub(crate) const fn role(&self) -> Role {
        match self {
            Self::Websocket(decoder) => decoder.role(),
            _ => Role::Server,
        }
    }

    /// Bytes of an unfinished message that the decoder holds.
    pub(crate) fn buffered(&self) -> usize {
        match self {
            Self::Http(http) => http.0.as_ref().map_or(0, |it| it.0.buffered()),
            Self::Websocket(decoder) => decoder.buffered(),
            Self::Raw
            | Self::Text(_)
            | Self::LengthPrefixed(_)
            | Self::Handshake(_)
            | Self::Waiting
            | Self::Answer(_) => 0,
        }
    }

    /// Appends the bytes of an unfinished message that the decoder holds.
    pub(crate) fn unread(&self, out: &mut Vec<u8>) {
        match self {
            Self::Http(http) => {
                if let Some((decoder, spool)) = http.0.as_deref() {
                    decoder.unread(&spooled(spool.as_ref()), out);
                }
            }
            Self::Websocket(decoder) => decoder.unread(out),
            Self::Raw
            | Self::Text(_)
            | Self::LengthPrefixed(_)
            | Self::Handshake(_)
            | Self::Waiting
            | Self::Answer(_) => {}
        }
    }

    /// One step over the front of `input`, which is not empty.
    pub(crate) fn decode(
        &mut self,
        input: &[u8],
        settings: &Settings,
        policy: &Policy,
    ) -> Result<Step<Found>, Fault> {
        let limits = &policy.limits;
        let limit = settings.max_package_size;
        match self {
            Self::Raw => Ok(Step {
                consumed: input.len(),
                item: Some(Found::Event(Event::Message(Payload::Bytes(
                    Received::copy(input),
                )))),
            }),
            Self::Text(decoder) => decoder
                .decode(input, limit)
                .map(|step| framed(input, 0, &step))
                .map_err(silent),
            Self::LengthPrefixed(decoder) => decoder
                .decode(input, limit)
                .map(|step| framed(input, length_prefixed::HEADER_LENGTH, &step))
                .map_err(silent),
            Self::Http(http) => {
                let (decoder, spool) = http.requests();
                let limits = http_limits(limits, limit);
                let step = decoder
                    .decode(input, &limits)
                    .map_err(|error| Fault(error.response().to_vec()))?;
                request(decoder, spool, step, &policy.http)
                    .map_err(|_| Fault(http::Error::NoRoom.response().to_vec()))
            }
            Self::Handshake(decoder) => decoder
                .decode(input, limits.head_size)
                .map(|step| step.map(|head| Found::Handshake(head.to_vec())))
                .map_err(|refusal| Fault(refusal.response())),
            Self::Waiting => Ok(Step {
                consumed: 0,
                item: None,
            }),
            Self::Answer(decoder) => Ok(answer(decoder, input, limits)),
            Self::Websocket(decoder) => decoder
                .decode(input, &limits.of_messages(limit))
                .map(|step| step.map(|event| Found::Event(websocket_event(event))))
                .map_err(|error| Fault(close_frame(decoder.role(), error.close_code()))),
        }
    }
}

/// Moves a body that has become large out of memory, and joins a message with what was moved of its body.
fn request(
    decoder: &mut http::Decoder,
    spool: &mut Option<Spool>,
    step: Step<http::Message>,
    policy: &policy::Http,
) -> io::Result<Step<Found>> {
    let Some(message) = &step.item else {
        let held = decoder.buffered_body();
        if spool.is_some() || held > policy.body_in_memory {
            decoder.move_body(|body| Spool::append(spool, &policy.folder, body))?;
        }
        let is_waited_for = decoder.take_awaited_continue();
        return Ok(Step {
            consumed: step.consumed,
            item: is_waited_for.then_some(Found::Event(Event::Continue)),
        });
    };
    if spool.is_some() {
        let rest = &message.raw[message.head_length..];
        Spool::append(spool, &policy.folder, rest)?;
    }
    let spool = spool.take();
    Ok(step.map(|mut message| {
        if spool.is_some() {
            message.raw.truncate(message.head_length);
        }
        Found::Event(Event::Message(Payload::Http(message, spool)))
    }))
}

/// What was moved out of memory, back in it. Nobody but us has the file; if it cannot be read all the same, the rest makes no message.
pub(crate) fn spooled(spool: Option<&Spool>) -> Vec<u8> {
    spool.map_or_else(Vec::new, |spool| spool.read_all().unwrap_or_default())
}

fn http_limits(limits: &Limits, max_package_size: usize) -> http::Limits {
    let unless_zero = |limit| if limit == 0 { usize::MAX } else { limit };
    http::Limits {
        max_head: limits.head_size,
        max_target: unless_zero(limits.uri_size),
        max_fields: unless_zero(limits.header_count),
        max_package_size,
    }
}

/// A refusal is no fault of the peer's: it has no answer, and the owner is told why.
fn answer(decoder: &mut client::Decoder, input: &[u8], limits: &Limits) -> Step<Found> {
    match decoder.decode(input, limits.head_size) {
        Ok(step) => step.map(|head| Found::Answer(head.to_vec(), decoder.agreement())),
        Err(refused) => Step {
            consumed: input.len(),
            item: Some(Found::Refused(refused)),
        },
    }
}

/// A close frame without a reason.
pub(crate) fn close_frame(role: Role, code: u16) -> Vec<u8> {
    let mut out = Vec::new();
    frame::encode_close(role, code, &mut out);
    out
}

fn websocket_event(event: websocket::Event) -> Event {
    match event {
        websocket::Event::Message { kind, data } => {
            Event::Message(Payload::Websocket(kind, data.into()))
        }
        websocket::Event::Ping(data) => Event::Ping(data),
        websocket::Event::Pong(data) => Event::Pong(data),
        websocket::Event::Close(close) => Event::CloseFrame(close),
    }
}

/// The message that `step` found at the front of `input`, `start` bytes behind its beginning.
fn framed(input: &[u8], start: usize, step: &Step<&[u8]>) -> Step<Found> {
    let message = |content: &[u8]| {
        let framed = Framed {
            wire: Received::copy(&input[..step.consumed]),
            content: start..start + content.len(),
        };
        Found::Event(Event::Message(Payload::Framed(framed)))
    };
    Step {
        consumed: step.consumed,
        item: step.item.map(message),
    }
}

/// Protocols that have no words for an error just end the connection.
#[allow(clippy::needless_pass_by_value, reason = "made for map_err")]
fn silent<E>(_: E) -> Fault {
    Fault(Vec::new())
}
