//! Request bodies that are too large to be kept in memory.

use std::{
    env,
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::{FileExt, OpenOptionsExt},
    },
    path::Path,
};

use nix::libc::O_TMPFILE;
use tempfile::NamedTempFile;

/// A body in a file that has no name: whoever is killed leaves nothing behind. Only its owner may read it.
///
/// Appending writes to the system's memory, which the disk gets later, so it takes about as long as a copy. Where the system has more to
/// write than the disk takes, it makes the caller wait.
#[derive(Debug)]
pub struct Spool {
    file: File,
    length: u64,
}

impl Spool {
    /// Appends to `spool`, which is made where there is none, in `folder` or else in that of the system.
    ///
    /// # Errors
    /// When there is no room.
    pub(crate) fn append(spool: &mut Option<Self>, folder: &Path, bytes: &[u8]) -> io::Result<()> {
        let spool = match spool {
            Some(spool) => spool,
            None => spool.insert(Self::new(folder)?),
        };
        spool.file.write_all(bytes)?;
        spool.length += bytes.len() as u64;
        Ok(())
    }

    fn new(folder: &Path) -> io::Result<Self> {
        let file = unnamed(folder).or_else(|_| unnamed(&env::temp_dir()))?;
        Ok(Self { file, length: 0 })
    }

    /// How many bytes there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Reads at most as many bytes as `buffer` has room for, from `offset` on; fewer only at the end.
    ///
    /// # Errors
    /// The system's.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut read = 0;
        while read < buffer.len() {
            match self
                .file
                .read_at(&mut buffer[read..], offset + read as u64)?
            {
                0 => break,
                count => read += count,
            }
        }
        Ok(read)
    }

    /// Everything.
    ///
    /// # Errors
    /// When it cannot be read, or has no place in memory.
    pub fn read_all(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let length = usize::try_from(self.length).map_err(io::Error::other)?;
        bytes.try_reserve_exact(length).map_err(io::Error::other)?;
        bytes.resize(length, 0);
        self.read_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// Appends the bytes from `offset` on to `file`, as many as `length` says, within the system where it can do that.
    ///
    /// # Errors
    /// When there is no room.
    pub fn copy_to(&self, offset: u64, length: u64, file: &mut File) -> io::Result<()> {
        let mut source = &self.file;
        source.seek(SeekFrom::Start(offset))?;
        match io::copy(&mut source.take(length), file)? {
            copied if copied == length => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// A file without a name or, where the file system has none of these, one whose name is taken away at once.
fn unnamed(folder: &Path) -> io::Result<File> {
    let file = File::options()
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(O_TMPFILE)
        .open(folder);
    file.or_else(|_| NamedTempFile::new_in(folder).map(NamedTempFile::into_file))
}

impl AsFd for Spool {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::MetadataExt};

    use super::*;

    #[test]
    fn the_file_has_no_name_and_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = None;
        Spool::append(&mut spool, folder.path(), b"hello ").unwrap();
        Spool::append(&mut spool, folder.path(), b"world").unwrap();
        let spool = spool.unwrap();
        assert_eq!(spool.read_all().unwrap(), b"hello world");
        assert_eq!(spool.len(), 11);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let metadata = spool.file.metadata().unwrap();
        assert_eq!((metadata.mode() & 0o777, metadata.nlink()), (0o600, 0));
    }

    #[test]
    fn without_its_folder_it_is_in_that_of_the_system() {
        let mut spool = None;
        Spool::append(&mut spool, Path::new("/nowhere/at/all"), b"x").unwrap();
        assert_eq!(spool.unwrap().len(), 1);
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let mut spool = Some(full());
        let result = Spool::append(&mut spool, Path::new("/tmp"), b"x");
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn parts_are_copied_from_where_they_are() {
        let mut spool = None;
        Spool::append(&mut spool, Path::new("/tmp"), &[b'a'; 100_000]).unwrap();
        Spool::append(&mut spool, Path::new("/tmp"), b"bcd").unwrap();
        let mut target = NamedTempFile::new().unwrap();
        let spool = spool.unwrap();
        spool.copy_to(100_001, 2, target.as_file_mut()).unwrap();
        spool.copy_to(99_999, 2, target.as_file_mut()).unwrap();
        let mut copied = String::new();
        target
            .reopen()
            .unwrap()
            .read_to_string(&mut copied)
            .unwrap();
        assert_eq!(copied, "cdab");
        assert!(spool.copy_to(100_000, 9, target.as_file_mut()).is_err());
    }

    /// One whose disk is full.
    fn full() -> Spool {
        let file = File::options().write(true).open("/dev/full").unwrap();
        Spool { file, length: 0 }
    }
}
