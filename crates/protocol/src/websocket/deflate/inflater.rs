use std::cell::Cell;

use flate2::{Decompress, FlushDecompress, Status};

use super::TAIL;
use crate::websocket::Error;

/// Least room that decompressed bytes are given at a time.
const MIN_ROOM: usize = 4096;

/// Decompresses the messages of one connection, as their bytes arrive.
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

    /// Appends what `input` decompresses to.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] as soon as `output` exceeds `limit`, and [`Error::InvalidDeflate`].
    pub(in crate::websocket) fn append(
        &mut self,
        mut input: &[u8],
        output: &mut Vec<u8>,
        limit: usize,
    ) -> Result<(), Error> {
        let stream = self.stream.get_or_insert_with(take_spare);
        loop {
            make_room(output, limit);
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
            }
            let is_stuck = consumed == 0 && output.len() == before.1;
            let has_room = output.len() < output.capacity();
            if is_stuck || (input.is_empty() && has_room) {
                return Ok(());
            }
        }
    }

    /// Appends what the end of the message still held back.
    pub(in crate::websocket) fn finish(
        &mut self,
        output: &mut Vec<u8>,
        limit: usize,
    ) -> Result<(), Error> {
        self.append(&TAIL, output, limit)?;
        if !self.takes_over {
            SPARE.set(self.stream.take());
        }
        Ok(())
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

/// Doubles what is full. One byte more than the limit shows that there is more.
fn make_room(output: &mut Vec<u8>, limit: usize) {
    if output.len() == output.capacity() {
        let most = limit.saturating_sub(output.len()).saturating_add(1);
        output.reserve_exact(output.len().max(MIN_ROOM).min(most));
    }
}
