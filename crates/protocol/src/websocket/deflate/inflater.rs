use std::cell::Cell;

use flate2::{Decompress, FlushDecompress, Status};

use super::TAIL;
use crate::websocket::Error;

/// Least room that decompressed bytes are given at a time.
const MIN_ROOM: usize = 128;
/// What text is compressed to, roughly: the room for a message is guessed from it.
const USUAL_RATIO: usize = 4;

/// Most streams in one message. Each begins anew behind a final block, which takes two bytes to send and much longer to begin.
const MOST_STREAMS: u32 = 1000;

/// Decompresses the messages of one connection.
#[derive(Debug)]
pub(in crate::websocket) struct Inflater {
    /// Boxed, so that a connection without one is small.
    stream: Option<Box<Decompress>>,
    takes_over: bool,
}

thread_local! {
    /// What the last message of a connection that takes nothing over was decompressed with.
    static SPARE: Cell<Option<Box<Decompress>>> = const { Cell::new(None) };
}

impl Inflater {
    pub(super) const fn new(takes_over: bool) -> Self {
        Self {
            stream: None,
            takes_over,
        }
    }

    /// What a whole message decompresses to. It is given up as soon as that is longer than `limit`.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] and [`Error::InvalidDeflate`].
    pub(in crate::websocket) fn message(
        &mut self,
        compressed: &[u8],
        limit: usize,
    ) -> Result<Vec<u8>, Error> {
        let mut stream = self.stream.take().unwrap_or_else(take_spare);
        let mut output = Vec::new();
        make_room(&mut output, compressed.len() * USUAL_RATIO, limit);
        let result = append(&mut stream, compressed, &mut output, limit)
            .and_then(|()| append(&mut stream, &TAIL, &mut output, limit));
        if self.takes_over {
            self.stream = Some(stream);
        } else {
            SPARE.set(Some(stream));
        }
        result?;
        if output.capacity() / 2 > output.len() {
            output.shrink_to_fit();
        }
        Ok(output)
    }
}

/// Appends what `input` decompresses to.
fn append(
    stream: &mut Decompress,
    mut input: &[u8],
    output: &mut Vec<u8>,
    limit: usize,
) -> Result<(), Error> {
    let mut streams = 1;
    loop {
        if output.len() == output.capacity() {
            make_room(output, output.len(), limit);
        }
        let before = (stream.total_in(), output.len());
        let status = stream
            .decompress_vec(input, output, FlushDecompress::Sync)
            .map_err(|_| Error::InvalidDeflate)?;
        let consumed = usize::try_from(stream.total_in() - before.0).unwrap_or(input.len());
        input = &input[consumed..];
        if output.len() > limit {
            return Err(Error::TooLarge);
        }
        if status == Status::StreamEnd {
            // A final block ends its stream, and the rest is another one (RFC 7692 section 7.2.3.4).
            stream.reset(false);
            streams += 1;
            if streams > MOST_STREAMS {
                return Err(Error::InvalidDeflate);
            }
        }
        let is_stuck = consumed == 0 && output.len() == before.1;
        let has_room = output.len() < output.capacity();
        if is_stuck || (input.is_empty() && has_room) {
            return Ok(());
        }
    }
}

fn take_spare() -> Box<Decompress> {
    match SPARE.take() {
        Some(mut stream) => {
            stream.reset(false);
            stream
        }
        None => Box::new(Decompress::new(false)),
    }
}

/// Room for `wanted` more bytes, within reason. One byte more than the limit shows that there is more.
fn make_room(output: &mut Vec<u8>, wanted: usize, limit: usize) {
    let most = limit.saturating_sub(output.len()).saturating_add(1);
    output.reserve_exact(wanted.max(MIN_ROOM).min(most));
}
