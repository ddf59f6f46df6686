use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress};

use super::TAIL;

/// What an empty message is compressed to (RFC 7692 section 7.2.3.6).
const EMPTY: u8 = 0;
/// Room for what incompressible data grows by, and for the end of the block.
const OVERHEAD: usize = 64;
const LARGEST_WINDOW: usize = 15;

/// Compresses the messages that one end of a connection sends.
#[derive(Debug)]
pub struct Deflater {
    /// Boxed, so that a connection without one is small.
    stream: Option<Box<Compress>>,
    window_bits: u8,
    takes_over: bool,
}

thread_local! {
    /// What the last messages of connections that take nothing over were compressed with, by the size of the window.
    static SPARE: RefCell<[Option<Box<Compress>>; LARGEST_WINDOW + 1]> = const { RefCell::new([const { None }; LARGEST_WINDOW + 1]) };
}

impl Deflater {
    /// Compresses with a window of `window_bits`, 9 to 15. One that takes its window over keeps its memory
    /// between messages, some 300 KiB of it.
    pub(super) const fn new(window_bits: u8, takes_over: bool) -> Self {
        Self {
            stream: None,
            window_bits,
            takes_over,
        }
    }

    /// Whether the same payload always gives the same bytes, so that they can be shared between connections
    /// whose compressors are equal in this and in their window.
    pub const fn is_stateless(&self) -> bool {
        !self.takes_over
    }

    /// Appends the payload of a compressed message: one frame with [`RSV1`](super::RSV1) carries it.
    pub fn message(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        if payload.is_empty() {
            out.push(EMPTY);
            return;
        }
        let bits = self.window_bits;
        let stream = self.stream.get_or_insert_with(|| take_spare(bits));
        compress(stream, payload, out);
        out.truncate(out.len() - TAIL.len());
        if !self.takes_over {
            give_back(bits, self.stream.take());
        }
    }
}

fn compress(stream: &mut Compress, mut payload: &[u8], out: &mut Vec<u8>) {
    loop {
        out.reserve(payload.len() / 2 + OVERHEAD);
        let before = stream.total_in();
        // The only error is a stream that was ended, which this one never is.
        let _ = stream.compress_vec(payload, out, FlushCompress::Sync);
        let consumed = usize::try_from(stream.total_in() - before).unwrap_or(payload.len());
        payload = &payload[consumed..];
        if payload.is_empty() && out.len() < out.capacity() {
            return;
        }
    }
}

fn take_spare(bits: u8) -> Box<Compress> {
    let spare = SPARE.with_borrow_mut(|spare| spare.get_mut(usize::from(bits))?.take());
    match spare {
        Some(mut stream) => {
            stream.reset();
            stream
        }
        None => Box::new(Compress::new_with_window_bits(
            Compression::fast(),
            false,
            bits,
        )),
    }
}

fn give_back(bits: u8, stream: Option<Box<Compress>>) {
    SPARE.with_borrow_mut(|spare| {
        if let Some(place) = spare.get_mut(usize::from(bits)) {
            *place = stream;
        }
    });
}
