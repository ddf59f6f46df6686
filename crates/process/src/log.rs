//! The log file of a service, which all its processes append to.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader, ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::Pid;

use crate::{flock, reserve};

/// How often a line is tried again because another process replaced the file meanwhile. More than a few can only be malice.
const ATTEMPTS: usize = 16;

/// A log file with a size limit.
#[derive(Clone, Debug)]
pub struct Log {
    path: PathBuf,
    max_size: Option<u64>,
}

impl Log {
    /// The log at `path`. When a line makes it larger than `max_size` bytes, its older half is dropped; `None` lets it grow.
    ///
    /// Nothing is opened yet, and no file stays open between two lines, so the file may be moved away at any time.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, max_size: Option<u64>) -> Self {
        Self {
            path: path.into(),
            max_size,
        }
    }

    /// Creates the file, readable for all and writable for its owner, and its directory, where they are missing.
    ///
    /// # Errors
    ///
    /// They cannot be created, or the file cannot be opened for writing.
    pub fn create(&self) -> io::Result<()> {
        self.open().map(drop)
    }

    /// Appends `<timestamp> pid:<calling process> <message>`, with the white space around the message removed.
    ///
    /// The caller makes the timestamp, because the time zone is PHP's. Lines of several processes do not mix.
    ///
    /// # Errors
    ///
    /// The line could not be written, or the file could not be cut to size after that.
    pub fn append(&self, timestamp: &str, message: impl AsRef<[u8]>) -> io::Result<()> {
        let mut line = format!("{timestamp} pid:{} ", Pid::this()).into_bytes();
        line.extend_from_slice(message.as_ref().trim_ascii());
        line.push(b'\n');
        let appended = self.append_line(&line);
        reserve::keep_again();
        appended
    }

    fn append_line(&self, line: &[u8]) -> io::Result<()> {
        let mut file = reserve::open(|| self.open_locked())?;
        file.write_all(line)?;
        match self.max_size {
            Some(max_size) if file.metadata()?.len() > max_size => {
                drop_older_half(&file, &self.path)
            }
            _ => Ok(()),
        }
    }

    /// The file, locked, and still the one that the path names.
    fn open_locked(&self) -> io::Result<File> {
        let mut file = self.open()?;
        for _ in 0..ATTEMPTS {
            flock::lock(&file)?;
            if flock::is_named(&file, &self.path)? {
                break;
            }
            file = self.open()?;
        }
        Ok(file)
    }

    fn open(&self) -> io::Result<File> {
        match OpenOptions::new().append(true).open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => self.open_new(),
            other => other,
        }
    }

    fn open_new(&self) -> io::Result<File> {
        if let Some(directory) = self.path.parent() {
            DirBuilder::new().recursive(true).create(directory)?;
        }
        match OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o644)
            .open(&self.path)
        {
            Ok(file) => {
                // The file mode mask may have taken bits away.
                file.set_permissions(Permissions::from_mode(0o644))?;
                Ok(file)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                OpenOptions::new().append(true).open(&self.path)
            }
            Err(error) => Err(error),
        }
    }
}

/// Puts the second half of the log, from the next line on, in the place of the whole. The caller holds the lock on `log`.
fn drop_older_half(log: &File, path: &Path) -> io::Result<()> {
    let metadata = log.metadata()?;
    let mut source = BufReader::new(File::open(path)?);
    source.seek(SeekFrom::Start(metadata.len() / 2))?;
    source.skip_until(b'\n')?;
    let temporary = temporary_path(path);
    let mut destination = File::create(&temporary)?;
    destination.set_permissions(metadata.permissions())?;
    io::copy(&mut source, &mut destination)?;
    fs::rename(temporary, path)
}

fn temporary_path(path: &Path) -> PathBuf {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    temporary.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_line_has_time_process_and_message() {
        let directory = Scratch::new("log-line");
        let path = directory.file("runtime/logs/workerman.log");
        let log = Log::new(&path, None);
        log.append("2026-11-23 06:11:09", "  Workerman[start.php] stopping\n")
            .unwrap();
        log.append("2026-11-23 06:11:10", b"\xff not UTF-8")
            .unwrap();
        let pid = std::process::id();
        let mut expected =
            format!("2026-11-23 06:11:09 pid:{pid} Workerman[start.php] stopping\n2026-11-23 06:11:10 pid:{pid} ").into_bytes();
        expected.extend_from_slice(b"\xff not UTF-8\n");
        assert_eq!(fs::read(&path).unwrap(), expected);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o644
        );
    }

    #[test]
    fn a_log_that_grew_too_large_keeps_its_newer_half() {
        let directory = Scratch::new("log-rotation");
        let path = directory.file("workerman.log");
        let log = Log::new(&path, Some(400));
        let mut longest = 0;
        for number in 0..100 {
            log.append("t", format!("line {number:03}")).unwrap();
            longest = longest.max(fs::metadata(&path).unwrap().len());
        }
        let content = fs::read_to_string(&path).unwrap();
        assert!(longest <= 400, "{longest}");
        assert!(content.ends_with("line 099\n"));
        let prefix = format!("t pid:{} line ", std::process::id());
        let numbers: Vec<usize> = content
            .lines()
            .map(|line| line.strip_prefix(&prefix).unwrap().parse().unwrap())
            .collect();
        assert!(numbers.len() > 5);
        assert!(
            numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]),
            "{numbers:?}"
        );
        assert!(!temporary_path(&path).exists());
    }

    #[test]
    fn one_line_larger_than_the_limit_leaves_an_empty_log() {
        let directory = Scratch::new("log-oversize");
        let path = directory.file("workerman.log");
        Log::new(&path, Some(10))
            .append("t", "longer than the limit")
            .unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    fn a_log_that_was_moved_away_is_made_again() {
        let directory = Scratch::new("log-moved");
        let path = directory.file("workerman.log");
        let log = Log::new(&path, None);
        log.append("t", "one").unwrap();
        fs::rename(&path, path.with_extension("old")).unwrap();
        log.append("t", "two").unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with(" two\n"));
    }

    #[test]
    fn a_device_takes_lines() {
        Log::new("/dev/null", Some(1)).append("t", "gone").unwrap();
    }

    #[test]
    fn a_path_that_cannot_be_written_is_an_error() {
        assert!(
            Log::new("/proc/no/such/workerman.log", None)
                .append("t", "lost")
                .is_err()
        );
        assert!(Log::new(std::env::temp_dir(), None).create().is_err());
    }
}
