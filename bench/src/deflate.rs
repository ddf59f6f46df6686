//! permessage-deflate as both sides speak it: no context is taken over, with the crate and the level that the extension has.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

use crate::Result;

/// The bit of a frame's first byte that says so (RFC 7692 section 6).
pub const COMPRESSED: u8 = 0x40;
/// What is offered and agreed upon.
pub const EXTENSION: &str = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n";
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
const LEVEL: u32 = 3;
const WINDOW_BITS: u8 = 15;

/// A kilobyte of JSON, as servers of broadcasts send it.
pub fn text() -> String {
    let mut text = String::new();
    for id in 0.. {
        text += &format!(
            r#"{{"id":{id},"name":"item {id}","price":{}}},"#,
            id * 7 % 100
        );
        if text.len() >= 1000 {
            break;
        }
    }
    text
}

/// Compresses and decompresses one message after the other.
pub struct Codec {
    compress: Compress,
    decompress: Decompress,
}

impl Codec {
    pub fn new() -> Self {
        let level = Compression::new(LEVEL);
        Self {
            compress: Compress::new_with_window_bits(level, false, WINDOW_BITS),
            decompress: Decompress::new(false),
        }
    }

    pub fn compress(&mut self, message: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(message.len() + 64);
        self.compress.reset();
        self.compress
            .compress_vec(message, &mut out, FlushCompress::Sync)?;
        out.truncate(out.len() - TAIL.len());
        Ok(out)
    }

    /// The message has at most eight times the bytes of `compressed`, and some.
    pub fn decompress(&mut self, compressed: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(compressed.len() * 8 + 256);
        self.decompress.reset(false);
        for part in [compressed, &TAIL] {
            self.decompress
                .decompress_vec(part, &mut out, FlushDecompress::Sync)?;
        }
        Ok(out)
    }
}
