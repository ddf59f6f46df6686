//! The body of a request, which is in memory or, if it is large, in a file.

use std::{
    fs::File,
    io::{self, Write},
    ops::Range,
    rc::Rc,
};

use ext_php_rs::types::Zval;
use ouvrier_net::Spool;
use ouvrier_protocol::http::{
    multipart::{PART_HEAD, Part, Sections, parts, read},
    request::View,
};

use super::{content, request::slots, upload::Files};
use crate::zend::{Object, Result, file, value};

/// Most bytes of a body in a file that are looked at together.
const PIECE: usize = 64 * 1024;

/// A body.
pub(super) enum Body<'a> {
    Memory(&'a [u8]),
    File(&'a Spool),
}

/// What is done with a part of a form.
type Take<'a> = dyn FnMut(&Part<'_>, &Content<'_>) -> Result<()> + 'a;

impl Body<'_> {
    /// The whole body as a string.
    pub(super) fn read(&self) -> Result<Zval> {
        match self {
            Self::Memory(bytes) => Ok(value::bytes(bytes)),
            Self::File(spool) => file::read_open(spool),
        }
    }

    /// Calls `take` with at most `most` parts of the form that the body is.
    pub(super) fn parts(&self, boundary: &[u8], most: usize, take: &mut Take<'_>) -> Result<()> {
        match self {
            Self::Memory(bytes) => parts(bytes, boundary)
                .take(most)
                .try_for_each(|part| take(&part, &Content::Memory(part.content))),
            Self::File(spool) => parts_in_file(spool, boundary, most, take),
        }
    }
}

/// A file that cannot be read ends the form.
fn parts_in_file(
    spool: &Spool,
    boundary: &[u8],
    mut most: usize,
    take: &mut Take<'_>,
) -> Result<()> {
    let (mut sections, mut offset) = (Sections::new(boundary), 0);
    let (mut piece, mut front) = (vec![0; PIECE], vec![0; PART_HEAD]);
    while most > 0 {
        let count = spool.read_at(&mut piece, offset).unwrap_or_default();
        if count == 0 {
            break;
        }
        offset += count as u64;
        sections.feed(&piece[..count]);
        while let Some(section) = sections.next_section().filter(|_| most > 0) {
            let length = usize::try_from(section.end - section.start).unwrap_or(PART_HEAD);
            let front = &mut front[..length.min(PART_HEAD)];
            let count = spool.read_at(front, section.start).unwrap_or_default();
            let front = &front[..count];
            let Some(found) = read(front) else {
                return Ok(());
            };
            if let Some(part) = found {
                most -= 1;
                let start = section.start + (front.len() - part.content.len()) as u64;
                take(&part, &Content::File(spool, start..section.end))?;
            }
        }
    }
    Ok(())
}

/// What a part of a form holds.
pub(super) enum Content<'a> {
    Memory(&'a [u8]),
    File(&'a Spool, Range<u64>),
}

impl Content<'_> {
    pub(super) const fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, range) => range.end - range.start,
        }
    }

    /// Empty where there is no memory for it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Memory(bytes) => bytes.to_vec(),
            Self::File(spool, range) => {
                let mut bytes = Vec::new();
                let length = usize::try_from(self.len()).unwrap_or(usize::MAX);
                if bytes.try_reserve_exact(length).is_ok() {
                    bytes.resize(length, 0);
                    let read = spool.read_at(&mut bytes, range.start);
                    bytes.truncate(read.unwrap_or_default());
                }
                bytes
            }
        }
    }

    pub(super) fn write_to(&self, file: &mut File) -> io::Result<()> {
        match self {
            Self::Memory(bytes) => file.write_all(bytes),
            Self::File(spool, range) => spool.copy_to(range.start, self.len(), file),
        }
    }
}

/// Calls `look` with the body of a request. The request may be changed meanwhile.
pub(super) fn with<T>(request: &Object, look: impl FnOnce(&Body<'_>) -> Result<T>) -> Result<T> {
    if let Some(spool) = in_file(request) {
        return look(&Body::File(&spool));
    }
    // The string is ours while the body is looked at, whatever PHP does to the property.
    let buffer = request.get(slots().buffer);
    look(&Body::Memory(View(content(&buffer)).body()))
}

/// The whole request as a string.
pub(super) fn with_head(request: &Object) -> Result<Zval> {
    let buffer = request.get(slots().buffer);
    let Some(spool) = in_file(request) else {
        return Ok(buffer);
    };
    let body = file::read_open(&spool)?;
    Ok(value::bytes([content(&buffer), content(&body)].concat()))
}

/// The file that holds the body, if one does.
fn in_file(request: &Object) -> Option<Rc<Spool>> {
    request.state::<Files>()?.body()
}
