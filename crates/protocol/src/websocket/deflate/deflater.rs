use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress};

use super::TAIL;

/// What an empty message is compressed to (RFC 7692 section 7.2.3.6).
const EMPTY: u8 = 0;
/// Room for what incompressible data grows by, and for the end of the block.
const OVERHEAD: usize = 64;

/// How hard to try, 1 to 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(u8);

impl Level {
    /// `None` for what is no level.
    pub const fn new(level: u8) -> Option<Self> {
        match level {
            1..=9 => Some(Self(level)),
            _ => None,
        }
    }
}

impl Default for Level {
    fn default() -> Self {
        Self(3)
    }
}

/// What the result of a compressor depends on, besides the message and those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Base-two logarithm of the window in bytes, 9 to 15.
    pub window_bits: u8,
    /// How hard it tries.
    pub level: Level,
}

/// Compresses the messages that one end of a connection sends.
#[derive(Debug)]
pub struct Deflater {
    /// Boxed, so that a connection without one is small.
    stream: Option<Box<Compress>>,
    parameters: Parameters,
    takes_over: bool,
}

thread_local! {
    /// What the last messages of connections that take nothing over were compressed with: one for each of the parameters in use.
    static SPARE: RefCell<Vec<(Parameters, Box<Compress>)>> = const { RefCell::new(Vec::new()) };
}

impl Deflater {
    /// One that takes its window over keeps its memory between messages, some 300 KiB of it.
    pub(super) const fn new(parameters: Parameters, takes_over: bool) -> Self {
        Self {
            stream: None,
            parameters,
            takes_over,
        }
    }

    /// Whether the same payload always gives the same bytes with the same parameters, so that they can be shared between
    /// connections.
    pub const fn is_stateless(&self) -> bool {
        !self.takes_over
    }

    /// What the result depends on.
    pub const fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// Appends the payload of a compressed message: one frame with [`RSV1`](super::RSV1) carries it.
    pub fn message(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        if payload.is_empty() {
            out.push(EMPTY);
            return;
        }
        let mut stream = self
            .stream
            .take()
            .unwrap_or_else(|| take_spare(self.parameters));
        compress(&mut stream, payload, out);
        out.truncate(out.len() - TAIL.len());
        if self.takes_over {
            self.stream = Some(stream);
        } else {
            SPARE.with_borrow_mut(|spare| spare.push((self.parameters, stream)));
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

fn take_spare(parameters: Parameters) -> Box<Compress> {
    let spare = SPARE.with_borrow_mut(|spare| {
        let place = spare.iter().position(|(known, _)| *known == parameters)?;
        Some(spare.swap_remove(place).1)
    });
    match spare {
        Some(mut stream) => {
            stream.reset();
            stream
        }
        None => {
            let level = Compression::new(parameters.level.0.into());
            let bits = parameters.window_bits;
            Box::new(Compress::new_with_window_bits(level, false, bits))
        }
    }
}
