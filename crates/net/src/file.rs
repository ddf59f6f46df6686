//! Files on their way out of a connection.

use std::{
    fs::File,
    io,
    os::{fd::AsFd, unix::fs::FileExt},
};

use nix::sys::sendfile::sendfile;

/// Most bytes of a file that are in memory.
pub(crate) const PIECE: usize = 64 * 1024;
/// Most bytes that the system sends of a file before somebody else has a turn.
const SENT_AT_ONCE: usize = 1024 * 1024;

/// A part of an open file that is to be sent. Whatever becomes of the file meanwhile, it is never more than was promised.
#[derive(Debug)]
pub struct FileRange {
    file: File,
    at: u64,
    left: u64,
}

impl FileRange {
    /// `length` bytes of `file` from `offset` on.
    #[must_use]
    pub const fn new(file: File, offset: u64, length: u64) -> Self {
        Self {
            file,
            at: offset,
            left: length,
        }
    }

    /// How many bytes have not been read yet.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.left
    }

    /// Whether everything has been read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Sends the next bytes without reading them (sendfile(2)). Returns how many; they are gone with [`advance`](Self::advance).
    ///
    /// # Errors
    /// As [`read_piece`](Self::read_piece), and those of the socket. A peer that is gone is one: PHP ignores SIGPIPE.
    pub(crate) fn send_to(&self, socket: &impl AsFd) -> io::Result<usize> {
        let mut offset = i64::try_from(self.at).map_err(io::Error::other)?;
        let size = usize::try_from(self.left).map_or(SENT_AT_ONCE, |left| left.min(SENT_AT_ONCE));
        match sendfile(socket, &self.file, Some(&mut offset), size)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => Ok(count),
        }
    }

    /// The next `count` bytes are done with.
    pub(crate) const fn advance(&mut self, count: usize) {
        self.at += count as u64;
        self.left -= count as u64;
    }

    /// Appends the next bytes to `buffer`. A file that is not in the system's memory holds the caller up until the disk has answered.
    ///
    /// # Errors
    /// When the file cannot be read, or has become shorter than it was.
    pub(crate) fn read_piece(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        let before = buffer.len();
        let size = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        buffer.resize(before + size, 0);
        let read = self.file.read_at(&mut buffer[before..], self.at);
        let count = *read.as_ref().unwrap_or(&0);
        buffer.truncate(before + count);
        self.advance(count);
        match read {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
