//! The records of one connection, without a socket.

use std::{io, sync::Arc, time::Duration};

use ouvrier_protocol::spare;
use rustls::{
    ClientConfig, Error, ServerConfig,
    client::UnbufferedClientConnection,
    server::UnbufferedServerConnection,
    unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus},
};
use rustls_pki_types::ServerName;

use super::TlsError;
use crate::send_buffer::SendBuffer;

/// Most bytes of an unfinished record, or of a message of the handshake in several records. A client that needs more is up to no good.
pub(crate) const HELD_LIMIT: usize = 32 * 1024;
/// Most bytes that are encrypted ahead of what the socket takes.
const SEALED_LIMIT: usize = 64 * 1024;
/// What a record costs at most beyond its content, and its most content (RFC 8446 section 5.2).
const RECORD_OVERHEAD: usize = 256;
const RECORD_SIZE: usize = 16 * 1024;

/// The TLS side of one connection.
pub struct Session {
    side: Side,
    secured: bool,
    begins: Option<Duration>,
    /// The peer has said that nothing more comes.
    ended: bool,
    said_goodbye: bool,
    /// There was an error: rustls must not be asked anything more, except for the alert that tells the peer.
    broken: bool,
    /// Bytes of records that are not whole yet.
    incoming: Vec<u8>,
    /// What was received and decrypted, until it is taken.
    received: Vec<u8>,
    /// Records that wait for the socket.
    outgoing: SendBuffer,
}

enum Side {
    Server(UnbufferedServerConnection),
    Client(UnbufferedClientConnection),
}

impl Side {
    /// Whether there are records of the handshake, or an alert.
    fn wants_write(&self) -> bool {
        match self {
            Self::Server(side) => side.wants_write(),
            Self::Client(side) => side.wants_write(),
        }
    }
}

/// What is to be said when TLS is ready for it.
#[derive(Clone, Copy)]
enum Say<'a> {
    Nothing,
    Data(&'a [u8]),
    Goodbye,
}

/// What one step of rustls came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// There may be more to do.
    Again,
    /// The peer has said that nothing more comes.
    Ended,
    /// The handshake waits for the peer.
    Waiting,
    /// The handshake is done, and what was to be said is said.
    Ready,
}

impl Session {
    pub(super) fn server(config: Arc<ServerConfig>) -> Result<Box<Self>, TlsError> {
        let side = UnbufferedServerConnection::new(config)?;
        Ok(Self::new(Side::Server(side)))
    }

    pub(super) fn client(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> Result<Box<Self>, TlsError> {
        let side = UnbufferedClientConnection::new(config, name)?;
        Ok(Self::new(Side::Client(side)))
    }

    /// A session is large: it is handed on where it is.
    fn new(side: Side) -> Box<Self> {
        Box::new(Self {
            side,
            secured: false,
            begins: None,
            ended: false,
            said_goodbye: false,
            broken: false,
            incoming: Vec::new(),
            received: Vec::new(),
            outgoing: SendBuffer::default(),
        })
    }

    /// Lets what was sent without TLS go out before the first record. The handshake may take `timeout`.
    pub(crate) fn follow(&mut self, mut plain: SendBuffer, timeout: Duration) {
        let records = self.take_outgoing();
        plain.tail().extend_from_slice(&records);
        self.outgoing = plain;
        self.begins = Some(timeout);
    }

    /// The time that the handshake may take; once, and only if the connection has been there before it.
    pub(crate) const fn take_begin(&mut self) -> Option<Duration> {
        self.begins.take()
    }

    /// Whether the handshake is done.
    pub(crate) const fn is_secured(&self) -> bool {
        self.secured
    }

    /// Whether the handshake has come to nothing.
    pub(crate) const fn is_refused(&self) -> bool {
        self.broken && !self.secured
    }

    /// The peer is gone, or too slow: there is nothing to hope for.
    pub(crate) const fn give_up(&mut self) {
        self.broken = true;
    }

    /// Whether the peer has said that nothing more comes. What the socket brings after that is not looked at.
    pub(crate) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// How many bytes of unfinished records there are.
    pub(crate) fn held(&self) -> usize {
        self.incoming.len()
    }

    /// How many bytes of records wait for the socket.
    pub(crate) fn sealed(&self) -> usize {
        self.outgoing.len()
    }

    /// Does what there is to do before anything was received.
    pub(crate) fn begin(&mut self) -> Result<(), TlsError> {
        self.receive(&mut [])
    }

    /// Takes what the socket brought. It stands in `buffer` behind [`Session::held`] bytes of room, for what was left over the last time.
    ///
    /// # Errors
    /// The peer broke TLS, or is not trusted. Why is in the records that wait for the socket.
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> Result<(), TlsError> {
        let held = std::mem::take(&mut self.incoming);
        buffer[..held.len()].copy_from_slice(&held);
        let mut done = 0;
        let result = loop {
            let (discard, step) = self.step(&mut buffer[done..], Say::Nothing);
            done += discard;
            match step {
                Ok(Step::Again) => {}
                Ok(Step::Ended) => self.ended = true,
                Ok(Step::Waiting) => break Ok(()),
                Ok(Step::Ready) => {
                    self.secured = true;
                    break Ok(());
                }
                Err(error) => break Err(error),
            }
        };
        if let Err(error) = result {
            self.broken = true;
            self.tell_why(&mut buffer[done..]);
            return Err(error.into());
        }
        let rest = if self.ended { &[] } else { &buffer[done..] };
        if rest.len() > HELD_LIMIT {
            self.broken = true;
            return Err(Error::PeerSentOversizedRecord.into());
        }
        self.incoming = rest.to_vec();
        Ok(())
    }

    /// Takes the alert that tells the peer what it did wrong.
    fn tell_why(&mut self, rest: &mut [u8]) {
        while self.side.wants_write() && self.step(rest, Say::Nothing).1.is_ok() {}
    }

    /// Takes what was received and decrypted, in a [`spare`] buffer.
    pub(crate) fn take_received(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.received)
    }

    /// Takes the records that wait for the socket.
    pub(super) fn take_outgoing(&mut self) -> Vec<u8> {
        let mut records = Vec::new();
        let _ = self.outgoing.write_to(&mut |bytes: &[u8]| {
            records.extend_from_slice(bytes);
            Ok(bytes.len())
        });
        records
    }

    /// Encrypts from `plain` and offers the records to `write`, until both are empty or `write` fails. During the handshake `plain` waits.
    /// `last` says that nothing comes after it, which the peer is told.
    ///
    /// Returns how many bytes of `plain` are encrypted; some of them may still wait for the socket.
    ///
    /// # Errors
    /// What `write` returns, `WouldBlock` included; or that no more may be encrypted, which is the end of the connection.
    pub(crate) fn write_with(
        &mut self,
        plain: &mut SendBuffer,
        last: bool,
        mut write: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> (usize, io::Result<()>) {
        let (mut taken, mut result) = (0, Ok(()));
        if self.secured && !self.broken && !self.said_goodbye {
            (taken, result) = plain.write_to(&mut |bytes: &[u8]| self.encrypt(bytes, &mut write));
            if last && plain.is_empty() && result.is_ok() {
                result = self.say_goodbye();
            }
        }
        if result.is_ok() {
            result = self.outgoing.write_to(&mut write).1;
        }
        if result.is_ok() && self.secured && self.broken && !plain.is_empty() {
            result = Err(io::ErrorKind::BrokenPipe.into());
        }
        (taken, result)
    }

    /// Encrypts what there is room for.
    fn encrypt(
        &mut self,
        plain: &[u8],
        write: &mut impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        // Many small records would cost the peer more than they bring.
        if self.outgoing.len() + plain.len().min(RECORD_SIZE) > SEALED_LIMIT {
            self.outgoing.write_to(write).1?;
        }
        let count = plain.len().min(SEALED_LIMIT - self.outgoing.len());
        self.say(Say::Data(&plain[..count]))
            .map_err(io::Error::other)?;
        Ok(count)
    }

    fn say_goodbye(&mut self) -> io::Result<()> {
        self.said_goodbye = true;
        self.say(Say::Goodbye).map_err(io::Error::other)
    }

    fn say(&mut self, what: Say<'_>) -> Result<(), Error> {
        loop {
            let mut incoming = std::mem::take(&mut self.incoming);
            let (discard, step) = self.step(&mut incoming, what);
            incoming.drain(..discard);
            self.incoming = incoming;
            match step? {
                Step::Ready => return Ok(()),
                Step::Again => {}
                Step::Ended => self.ended = true,
                Step::Waiting => return Err(Error::HandshakeNotComplete),
            }
        }
    }

    /// One step of rustls over `incoming`, of which so many bytes are done with afterwards.
    fn step(&mut self, incoming: &mut [u8], say: Say<'_>) -> (usize, Result<Step, Error>) {
        let (received, outgoing) = (&mut self.received, self.outgoing.tail());
        match &mut self.side {
            Side::Server(side) => {
                follow(side.process_tls_records(incoming), say, received, outgoing)
            }
            Side::Client(side) => {
                follow(side.process_tls_records(incoming), say, received, outgoing)
            }
        }
    }
}

/// Does what rustls wants to be done.
fn follow<Data>(
    status: UnbufferedStatus<'_, '_, Data>,
    say: Say<'_>,
    received: &mut Vec<u8>,
    outgoing: &mut Vec<u8>,
) -> (usize, Result<Step, Error>) {
    let UnbufferedStatus {
        mut discard, state, ..
    } = status;
    let step = match state {
        Err(error) => Err(error),
        Ok(ConnectionState::ReadTraffic(mut traffic)) => loop {
            match traffic.next_record() {
                None => break Ok(Step::Again),
                Some(Err(error)) => break Err(error),
                Some(Ok(record)) => {
                    discard += record.discard;
                    if received.capacity() == 0 {
                        *received = spare::take();
                    }
                    received.extend_from_slice(record.payload);
                }
            }
        },
        Ok(ConnectionState::EncodeTlsData(mut data)) => {
            append(outgoing, RECORD_OVERHEAD, |room| data.encode(room)).map(|()| Step::Again)
        }
        Ok(ConnectionState::TransmitTlsData(data)) => {
            data.done();
            Ok(Step::Again)
        }
        Ok(ConnectionState::WriteTraffic(mut traffic)) => match say {
            Say::Nothing => Ok(()),
            Say::Data(bytes) => append(outgoing, sealed_size(bytes.len()), |room| {
                traffic.encrypt(bytes, room)
            }),
            Say::Goodbye => append(outgoing, RECORD_OVERHEAD, |room| {
                traffic.queue_close_notify(room)
            }),
        }
        .map(|()| Step::Ready),
        Ok(ConnectionState::PeerClosed) => Ok(Step::Ended),
        Ok(ConnectionState::Closed) => Ok(Step::Ready),
        // Early data is not enabled, and there are no other states.
        Ok(_) => Ok(Step::Waiting),
    };
    (discard, step)
}

/// At least as many bytes as `length` bytes take when they are encrypted.
const fn sealed_size(length: usize) -> usize {
    length + (length / RECORD_SIZE + 1) * RECORD_OVERHEAD
}

/// Appends what `encode` writes into the room that it gets; if that is too little it says how much it needs.
fn append<E: Shortage>(
    out: &mut Vec<u8>,
    room: usize,
    mut encode: impl FnMut(&mut [u8]) -> Result<usize, E>,
) -> Result<(), Error> {
    let start = out.len();
    out.resize(start + room, 0);
    let mut result = encode(&mut out[start..]);
    if let Err(Some(needed)) = result.as_ref().map_err(Shortage::needed) {
        out.resize(start + needed, 0);
        result = encode(&mut out[start..]);
    }
    out.truncate(start + result.as_ref().copied().unwrap_or_default());
    result.map(drop).map_err(|_| Error::EncryptError)
}

/// An error that may be for want of room.
trait Shortage {
    fn needed(&self) -> Option<usize>;
}

impl Shortage for EncodeError {
    fn needed(&self) -> Option<usize> {
        match self {
            Self::InsufficientSize(size) => Some(size.required_size),
            Self::AlreadyEncoded => None,
        }
    }
}

impl Shortage for EncryptError {
    fn needed(&self) -> Option<usize> {
        match self {
            Self::InsufficientSize(size) => Some(size.required_size),
            Self::EncryptExhausted => None,
        }
    }
}
