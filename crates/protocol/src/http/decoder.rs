use std::mem;

use bytes::Bytes;

use super::{
    Error, HeadEnd,
    chunked::ChunkedBody,
    head::{Head, Version},
};
use crate::Step;

/// Where the blank line of a head must begin at the latest, unless the caller says otherwise: 16
/// KiB, as Workerman has it.
pub const DEFAULT_MAX_HEAD: usize = 16384;

/// How large a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The blank line that ends the head must begin before this offset. It also bounds the trailers
    /// of a chunked body.
    pub max_head: usize,
    /// Head and body together, as they are on the wire.
    pub max_package_size: usize,
}

/// One whole request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Head and body. A chunked body is joined, and the head says so: without `Transfer-Encoding`,
    /// with `Content-Length` as its last field.
    pub raw: Bytes,
    /// Bytes of `raw` up to and including the blank line; the body is what follows.
    pub head_length: usize,
    /// The fields after a chunked body, in their order, names in lower case. Normally empty.
    pub trailers: Vec<(Vec<u8>, Vec<u8>)>,
}

/// How far the request at the front of a buffer reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Its head is not whole yet.
    Unknown,
    /// Head and body have so many bytes, whether or not they are all there.
    Length(usize),
    /// A chunked body follows a head of so many bytes: see [`chunked_length`].
    Chunked(usize),
}

/// Says how far the request at the front of `input` reaches, for callers that keep the bytes themselves.
pub fn extent(input: &[u8], limits: &Limits) -> Result<Extent, Error> {
    let Some(head_length) = HeadEnd::default().find(input, limits.max_head)? else {
        return Ok(Extent::Unknown);
    };
    match framing(&Head::check(&input[..head_length])?)? {
        Framing::Chunked => Ok(Extent::Chunked(head_length)),
        Framing::Length(length) => total_length(head_length, length, limits).map(Extent::Length),
    }
}

/// The length of the request at the front of `input`, whose head of `head_length` bytes announces a
/// chunked body; `None` as long as its end has not arrived.
pub fn chunked_length(
    input: &[u8],
    head_length: usize,
    limits: &Limits,
) -> Result<Option<usize>, Error> {
    let body = input.get(head_length..).unwrap_or_default();
    ChunkedBody::measure(head_length, body, limits)
}

/// The request in `package` with its chunks joined, as [`Decoder`] joins them. What is malformed or
/// missing ends the body.
pub fn join_chunks(package: &[u8], head_length: usize) -> Message {
    let (head, body) = package.split_at(head_length.min(package.len()));
    ChunkedBody::join(head, body)
}

/// Cuts a stream into requests, and refuses whatever two implementations could read in two ways.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
}

#[derive(Debug)]
enum State {
    /// The end of the head is sought; nothing is taken in.
    Head(HeadEnd),
    /// A body of known length is taken in as it arrives.
    Sized(SizedBody),
    /// A chunked body is taken in as it arrives.
    Chunked(Box<ChunkedBody>),
}

impl Default for State {
    fn default() -> Self {
        Self::Head(HeadEnd::default())
    }
}

/// A request whose length is known.
#[derive(Debug)]
struct SizedBody {
    /// The head, and the body so far.
    raw: Vec<u8>,
    head_length: usize,
    total: usize,
}

impl Decoder {
    /// A decoder at the start of a request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of an unfinished request that were consumed already and are held here.
    pub fn buffered(&self) -> usize {
        match &self.state {
            State::Head(_) => 0,
            State::Sized(body) => body.raw.len(),
            State::Chunked(body) => body.buffered(),
        }
    }

    /// Appends the bytes of an unfinished request that were consumed already, as a decoder that is
    /// to begin anew needs them. Chunks come back joined into one.
    pub fn unread(&self, out: &mut Vec<u8>) {
        match &self.state {
            State::Head(_) => {}
            State::Sized(body) => out.extend_from_slice(&body.raw),
            State::Chunked(body) => body.unread(out),
        }
    }

    /// Returns the next request once it is whole.
    ///
    /// An expectation (`Expect: 100-continue`) is not answered, and a persistent connection is not
    /// told from one that ends here: both are left to the caller.
    pub fn decode(&mut self, input: &[u8], limits: &Limits) -> Result<Step<Message>, Error> {
        let consumed = match &mut self.state {
            State::Head(search) => match search.find(input, limits.max_head)? {
                Some(head_length) => self.begin_body(&input[..head_length], limits)?,
                None => return Ok(Step::pending(0)),
            },
            State::Sized(_) | State::Chunked(_) => 0,
        };
        let step = self.decode_body(&input[consumed..], limits)?;
        if step.item.is_some() {
            self.state = State::default();
        }
        Ok(Step {
            consumed: consumed + step.consumed,
            item: step.item,
        })
    }

    /// Checks a whole head and prepares for its body. Returns how much of the head is consumed by
    /// that: a body of known length is taken in together with its head.
    fn begin_body(&mut self, head: &[u8], limits: &Limits) -> Result<usize, Error> {
        match framing(&Head::check(head)?)? {
            Framing::Chunked => {
                self.state = State::Chunked(Box::new(ChunkedBody::new(head, limits)?));
                Ok(head.len())
            }
            Framing::Length(length) => {
                let total = total_length(head.len(), length, limits)?;
                let body = SizedBody {
                    raw: Vec::new(),
                    head_length: head.len(),
                    total,
                };
                self.state = State::Sized(body);
                Ok(0)
            }
        }
    }

    fn decode_body(&mut self, input: &[u8], limits: &Limits) -> Result<Step<Message>, Error> {
        match &mut self.state {
            State::Head(_) => Ok(Step::pending(0)),
            State::Sized(body) => Ok(body.decode(input)),
            State::Chunked(body) => body.decode(input, limits),
        }
    }
}

impl SizedBody {
    fn decode(&mut self, input: &[u8]) -> Step<Message> {
        let missing = self.total - self.raw.len();
        let taken = missing.min(input.len());
        self.raw.extend_from_slice(&input[..taken]);
        if taken < missing {
            return Step::pending(taken);
        }
        let raw = Bytes::from(mem::take(&mut self.raw));
        Step::complete(
            taken,
            Message {
                raw,
                head_length: self.head_length,
                trailers: Vec::new(),
            },
        )
    }
}

/// How the end of the body is found.
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    /// So many bytes; `None` if the number exceeds any address.
    Length(Option<usize>),
    Chunked,
}

/// Decides between `Content-Length` and `Transfer-Encoding` (RFC 9112 section 6.3), refusing all
/// that is ambiguous.
fn framing(head: &Head<'_>) -> Result<Framing, Error> {
    let mut lengths = head.fields.values(b"content-length");
    let mut codings = head.fields.values(b"transfer-encoding");
    let (length, coding) = (lengths.next(), codings.next());
    match (length, coding) {
        (Some(_), Some(_)) => Err(Error::AmbiguousLength),
        (None, Some(coding)) => {
            let is_chunked = coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
            let is_allowed = is_chunked && head.version == Version::Http11;
            if is_allowed {
                Ok(Framing::Chunked)
            } else {
                Err(Error::TransferEncoding)
            }
        }
        (Some(_), None) if lengths.next().is_some() => Err(Error::ContentLengthRepeated),
        (Some(digits), None) => content_length(digits).map(Framing::Length),
        (None, None) => Ok(Framing::Length(Some(0))),
    }
}

fn content_length(digits: &[u8]) -> Result<Option<usize>, Error> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Error::ContentLengthInvalid);
    }
    Ok(digits.iter().try_fold(0_usize, |sum, digit| {
        sum.checked_mul(10)?.checked_add(usize::from(digit - b'0'))
    }))
}

fn total_length(head: usize, body: Option<usize>, limits: &Limits) -> Result<usize, Error> {
    body.and_then(|body| body.checked_add(head))
        .filter(|&total| total <= limits.max_package_size)
        .ok_or(Error::PackageTooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_head: DEFAULT_MAX_HEAD,
        max_package_size: 1 << 20,
    };

    fn decode(input: &str) -> Result<Step<Message>, Error> {
        Decoder::new().decode(input.as_bytes(), &LIMITS)
    }

    #[test]
    fn a_request_without_body_ends_with_its_head() {
        let step = decode("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET").unwrap();
        assert_eq!(step.consumed, 27);
        let message = step.item.unwrap();
        assert_eq!(message.head_length, 27);
        assert_eq!(message.raw.len(), 27);
    }

    #[test]
    fn a_body_is_taken_in_as_it_arrives_and_then_released() {
        let mut decoder = Decoder::new();
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab";
        assert_eq!(
            decoder.decode(head, &LIMITS).unwrap(),
            Step::pending(head.len())
        );
        assert_eq!(decoder.buffered(), head.len());
        let step = decoder.decode(b"cdGET", &LIMITS).unwrap();
        assert_eq!(step.consumed, 2);
        assert!(step.item.unwrap().raw.ends_with(b"\r\n\r\nabcd"));
        assert_eq!(decoder.buffered(), 0);
        assert!(matches!(decoder.state, State::Head(_)));
    }

    #[test]
    fn a_claimed_length_allocates_nothing() {
        let limits = Limits {
            max_package_size: usize::MAX,
            ..LIMITS
        };
        let mut decoder = Decoder::new();
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n";
        assert_eq!(
            decoder.decode(head, &limits).unwrap(),
            Step::pending(head.len())
        );
        let State::Sized(body) = &decoder.state else {
            panic!("a body is expected")
        };
        assert!(body.raw.capacity() < 1024);
    }

    #[test]
    fn a_request_over_the_limit_is_refused_before_its_body() {
        let request =
            |length| format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        assert_eq!(decode(&request("1048576")), Err(Error::PackageTooLarge));
        assert_eq!(
            decode(&request("99999999999999999999999999")),
            Err(Error::PackageTooLarge)
        );
        assert_eq!(decode(&request("+1")), Err(Error::ContentLengthInvalid));
    }

    #[test]
    fn each_refusal_has_its_response() {
        assert!(
            Error::HeadTooLarge
                .response()
                .starts_with(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        );
        assert!(
            Error::PackageTooLarge
                .response()
                .starts_with(b"HTTP/1.1 413 Payload Too Large\r\n")
        );
        assert_eq!(
            Error::Version.response(),
            b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
        );
    }
}
