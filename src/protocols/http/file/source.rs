use std::{
    fs::{File, Metadata},
    os::unix::fs::MetadataExt,
    time::SystemTime,
};

use ext_php_rs::types::Zval;
use ouvrier_net::FileRange;

use super::super::{self as http, Content, Encoded};
use crate::zend::{
    Result,
    file::{self, Opened},
};

/// An opened file, and what is known of it.
pub(super) enum Source {
    Plain(File, Metadata),
    Wrapped(Zval),
}

impl Source {
    pub(super) fn open(path: &[u8]) -> Result<Option<Self>> {
        Ok(match file::open(path)? {
            None => None,
            Some(Opened::Wrapped(content)) => Some(Self::Wrapped(content)),
            Some(Opened::Plain(file)) => {
                let metadata = file.metadata().ok().filter(Metadata::is_file);
                metadata.map(|metadata| Self::Plain(file, metadata))
            }
        })
    }

    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Plain(_, metadata) => metadata.len(),
            Self::Wrapped(content) => http::content(content).len() as u64,
        }
    }

    /// When the file was changed last, in seconds since 1970.
    pub(super) fn seconds(&self) -> Option<i64> {
        match self {
            Self::Plain(_, metadata) => Some(metadata.mtime()),
            Self::Wrapped(_) => None,
        }
    }

    pub(super) fn modified(&self) -> Option<SystemTime> {
        match self {
            Self::Plain(_, metadata) => metadata.modified().ok(),
            Self::Wrapped(_) => None,
        }
    }

    /// A tag that changes with the file: when it was changed last, to the nanosecond, and its size. Empty for what is no file of the system's.
    pub(super) fn etag(&self) -> Vec<u8> {
        let Self::Plain(_, file) = self else {
            return Vec::new();
        };
        let mut tag = Vec::with_capacity(LONGEST_TAG);
        tag.push(b'"');
        write_hex(file.mtime().cast_unsigned(), &mut tag);
        tag.push(b'-');
        write_hex(file.mtime_nsec().cast_unsigned(), &mut tag);
        tag.push(b'-');
        write_hex(file.len(), &mut tag);
        tag.push(b'"');
        tag
    }

    /// Puts a part of the file behind the head.
    pub(super) fn append(self, encoded: &mut Encoded, offset: u64, length: u64) {
        match self {
            Self::Plain(file, _) => encoded.file = Some(FileRange::new(file, offset, length)),
            Self::Wrapped(content) => {
                let Content::Bytes(bytes) = &mut encoded.content else {
                    return;
                };
                let skip = usize::try_from(offset).unwrap_or(usize::MAX);
                let take = usize::try_from(length).unwrap_or(usize::MAX);
                let part = http::content(&content).iter().skip(skip).take(take);
                bytes.extend(part);
            }
        }
    }
}

/// Bytes of three numbers and what stands between them.
const LONGEST_TAG: usize = 3 * 16 + 4;

fn write_hex(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [b'0'; 16];
    let mut first = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number & 0xf) as usize];
        number >>= 4;
        first -= 1;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}
