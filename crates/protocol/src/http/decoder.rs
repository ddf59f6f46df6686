use std::{borrow::Cow, mem};

use super::{
    Error, HeadEnd, Limits, Terms, chunked::ChunkedBody, head::Head, known::Framing,
    request_line::AROUND_TARGET, sized::SizedBody,
};
use crate::{Received, Step};

/// One whole request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Head and body. A chunked body is joined, and the head says so: without `Transfer-Encoding`,
    /// with `Content-Length` as its last field. A target that names its host is in origin form.
    pub raw: Received,
    /// What it says about the answer.
    pub terms: Terms,
    /// Bytes of `raw` up to and including the blank line; the body is what follows.
    pub head_length: usize,
    /// The fields after a chunked body, in their order, names in lower case. Normally empty.
    pub trailers: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Tells a client that the body of its request is wanted (RFC 9110 section 10.1.1).
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// How much room is kept for more of a body when what was there has been given away.
pub(super) const ROOM_FOR_MORE: usize = 128 * 1024;

/// Cuts a stream into requests, and refuses whatever two implementations could read in two ways.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
    terms: Terms,
    /// The client waits for a `100 Continue`, of which the caller does not know yet.
    awaits_continue: bool,
    /// An empty line stood before the request.
    skipped_line: bool,
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

impl Decoder {
    /// A decoder at the start of a request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of an unfinished request that were consumed already and are held here.
    pub fn buffered(&self) -> usize {
        match &self.state {
            State::Head(_) => 0,
            State::Sized(body) => body.buffered(),
            State::Chunked(body) => body.buffered(),
        }
    }

    /// How many of them belong to the body.
    pub fn buffered_body(&self) -> usize {
        match &self.state {
            State::Head(_) => 0,
            State::Sized(body) => body.buffered_body(),
            State::Chunked(body) => body.buffered_body(),
        }
    }

    /// Gives away what is held of the body of an unfinished request, to a caller that keeps it elsewhere.
    /// The message will then hold, behind its head, only what came after the last call; the head says
    /// how long the whole body is.
    pub fn move_body<T>(&mut self, keep: impl FnOnce(&[u8]) -> T) -> T {
        match &mut self.state {
            State::Head(_) => keep(&[]),
            State::Sized(body) => body.give(keep),
            State::Chunked(body) => body.give(keep),
        }
    }

    /// Appends the bytes of an unfinished request that were consumed already, as a decoder that is
    /// to begin anew needs them. Chunks come back joined into one. `given` is what
    /// [`Decoder::move_body`] has given away.
    pub fn unread(&self, given: &[u8], out: &mut Vec<u8>) {
        match &self.state {
            State::Head(_) => {}
            State::Sized(body) => body.unread(given, out),
            State::Chunked(body) => body.unread(given, out),
        }
    }

    /// Whether the client waits for a `100 Continue` before it sends its body. Says so once, after
    /// [`Decoder::decode`] has taken in the head; a body that comes along needs no invitation.
    pub fn take_awaited_continue(&mut self) -> bool {
        mem::take(&mut self.awaits_continue)
    }

    /// Returns the next request once it is whole. One empty line before it is passed over (RFC 9112
    /// section 2.2).
    pub fn decode(&mut self, input: &[u8], limits: &Limits) -> Result<Step<Message>, Error> {
        let skipped = self.skip_line(input);
        let input = &input[skipped..];
        let consumed = match &mut self.state {
            State::Head(search) => match find_head(search, input, limits)? {
                Some(found) => self.begin_body(input, &found, limits)?,
                None => return Ok(Step::pending(skipped)),
            },
            State::Sized(_) | State::Chunked(_) => 0,
        };
        let mut step = self.decode_body(&input[consumed..], limits)?;
        if step.item.is_some() {
            self.state = State::default();
            self.skipped_line = false;
        }
        step.consumed += skipped + consumed;
        Ok(step)
    }

    /// The bytes of an empty line in front of the next request.
    fn skip_line(&mut self, input: &[u8]) -> usize {
        let is_first = matches!(self.state, State::Head(_)) && !self.skipped_line;
        if !is_first || !input.starts_with(b"\r\n") {
            return 0;
        }
        // The search may have seen the CR.
        self.state = State::default();
        self.skipped_line = true;
        2
    }

    /// Prepares for the body behind a head. Returns how much of the input is consumed by that.
    fn begin_body(
        &mut self,
        input: &[u8],
        checked: &Checked<'_>,
        limits: &Limits,
    ) -> Result<usize, Error> {
        let head_length = checked.head.length;
        let head = &input[..head_length];
        let origin_form = checked.head.in_origin_form(head);
        self.terms = Terms::of(&checked.head);
        let (state, consumed, has_body) = match (&checked.framing, origin_form) {
            (Framing::Chunked, head) => {
                let body = ChunkedBody::new(&head, head_length, limits)?;
                (State::Chunked(Box::new(body)), head_length, true)
            }
            (&Framing::Length(length), head) => {
                let wire_length = total_length(head_length, length, limits)?;
                let total = total_length(head.len(), length, limits)?;
                let body = SizedBody::new(head.len(), total);
                let has_body = wire_length > head_length;
                match head {
                    // A head that stays as it is is taken in together with its body.
                    Cow::Borrowed(_) => (State::Sized(body), 0, has_body),
                    Cow::Owned(raw) => (State::Sized(body.behind(raw)), head_length, has_body),
                }
            }
        };
        self.state = state;
        self.awaits_continue = checked.awaits_continue && has_body && input.len() == head_length;
        Ok(consumed)
    }

    fn decode_body(&mut self, input: &[u8], limits: &Limits) -> Result<Step<Message>, Error> {
        let terms = self.terms;
        match &mut self.state {
            State::Head(_) => Ok(Step::pending(0)),
            State::Sized(body) => Ok(body.decode(input, terms)),
            State::Chunked(body) => {
                let step = body.decode(input, limits)?;
                Ok(step.map(|message| Message { terms, ..message }))
            }
        }
    }
}

/// Finds the head that `input` begins with; `None` as long as its end has not arrived.
///
/// Nearly every head is whole when it is first seen, and keeps to the rules: then one pass is all it takes. What is wrong with any other, the search for the
/// end says first, as it does of heads that arrive in pieces.
pub(super) fn find_head<'a>(
    search: &mut HeadEnd,
    input: &'a [u8],
    limits: &Limits,
) -> Result<Option<Checked<'a>>, Error> {
    if search.is_fresh()
        && let Ok(checked) = check(input, limits)
        && is_within(checked.head.length, limits)
    {
        return Ok(Some(checked));
    }
    match find_end(search, input, limits)? {
        Some(length) => check(&input[..length], limits).map(Some),
        None => Ok(None),
    }
}

/// Whether no limit can make the search for the end of such a head fail: it begins with a line that is shorter than the head.
fn is_within(head: usize, limits: &Limits) -> bool {
    head <= limits.max_head && head <= limits.max_target
}

/// Seeks the end of a head. One whose first line alone is too long has too long a target.
fn find_end(search: &mut HeadEnd, input: &[u8], limits: &Limits) -> Result<Option<usize>, Error> {
    let max_first_line = limits.max_target.saturating_add(AROUND_TARGET);
    search
        .find_within(input, limits.max_head, max_first_line)
        .map_err(|error| match error {
            Error::HeadTooLarge if search.is_in_first_line() => Error::TargetTooLong,
            other => other,
        })
}

/// A head that may stand, and what it says about its body.
pub(super) struct Checked<'a> {
    pub(super) head: Head<'a>,
    pub(super) framing: Framing,
    awaits_continue: bool,
}

fn check<'a>(input: &'a [u8], limits: &Limits) -> Result<Checked<'a>, Error> {
    let head = Head::read(input, limits.max_target, limits.max_fields)?;
    Ok(Checked {
        framing: head.known.framing(head.version)?,
        awaits_continue: head.known.awaits_continue(head.version)?,
        head,
    })
}

pub(super) fn total_length(
    head: usize,
    body: Option<usize>,
    limits: &Limits,
) -> Result<usize, Error> {
    body.and_then(|body| body.checked_add(head))
        .filter(|&total| total <= limits.max_package_size)
        .ok_or(Error::PackageTooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits::of_package(1 << 20);

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
        assert!(body.capacity() < 1024);
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
            Error::RequestLine.response(),
            b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
        );
    }

    #[test]
    fn a_client_that_waits_is_told_of_once_and_only_if_its_body_is_not_there() {
        let head =
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
        let chunked = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";
        for head in [&head[..], chunked] {
            let mut decoder = Decoder::new();
            decoder.decode(head, &LIMITS).unwrap();
            assert!(decoder.take_awaited_continue());
            assert!(!decoder.take_awaited_continue());

            let mut decoder = Decoder::new();
            decoder.decode(&[head, b"1"].concat(), &LIMITS).unwrap();
            assert!(!decoder.take_awaited_continue());
        }
        let mut decoder = Decoder::new();
        let empty = b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n";
        assert!(decoder.decode(empty, &LIMITS).unwrap().item.is_some());
        assert!(!decoder.take_awaited_continue());
    }

    #[test]
    fn a_refused_expectation_waits_for_no_body() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 99999999\r\n\r\n";
        assert_eq!(decode(head), Err(Error::Expectation));
        let head = head.replace("tea", "100-continue");
        assert_eq!(decode(&head), Err(Error::PackageTooLarge));
    }

    #[test]
    fn the_head_of_an_absolute_target_is_in_origin_form() {
        let step = decode("GET http://a:80/b HTTP/1.1\r\nHost: a\r\n\r\nGET").unwrap();
        assert_eq!(step.consumed, 39);
        let message = step.item.unwrap();
        assert_eq!(message.raw, "GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(message.head_length, message.raw.len());
    }
}
