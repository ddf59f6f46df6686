//! Files as the bodies of responses.

use std::{
    fs::{File, Metadata},
    os::unix::fs::MetadataExt,
};

use ext_php_rs::types::Zval;
use ouvrier_net::FileRange;
use ouvrier_protocol::http::response::Head;

use super::{
    Content, Encoded,
    response::{self, OwnedField, slots},
};
use crate::zend::{
    Call, Object, Result, array,
    file::{self, Opened},
    library,
    property::static_property,
    value,
};

/// `$response->withFile($file, $offset, $length)`.
pub(super) fn with_file(call: &mut Call) -> Result<Zval> {
    let (this, path) = (call.this()?, call.value(0));
    if !file::is_file(&call.bytes(0))? {
        this.set(slots().status, value::long(404));
        this.set(slots().reason, Zval::null());
        this.set(slots().body, value::bytes("<h3>404 Not Found</h3>"));
        return Ok(this.to_zval());
    }
    let mut wish = Zval::new_array();
    array::set_name(&mut wish, "file", path);
    array::set_name(&mut wish, "offset", value::long(call.long_or(1, 0)));
    array::set_name(&mut wish, "length", value::long(call.long_or(2, 0)));
    this.set(slots().file, wish);
    Ok(this.to_zval())
}

/// `$response->createHeadForFile($fileInfo)`.
pub(super) fn create_head_for_file(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    let path = Wish::of(&call.value(0)).path;
    let fields = response::own_fields(&this)?;
    let modified = Source::open(&path)?.and_then(|source| source.modified());
    Ok(value::bytes(head(&this, None, fields, &path, modified)))
}

/// `(string) $response` of one with a file.
pub(super) fn to_string(response: &Object, wish: Zval) -> Result<Zval> {
    response.call(HEAD, &mut [wish])
}

const HEAD: &str = "createHeadForFile";

/// The part of a file that a script wants to be sent.
struct Wish {
    path: Vec<u8>,
    offset: u64,
    /// 0 for everything from `offset` on.
    length: u64,
}

impl Wish {
    fn of(wish: &Zval) -> Self {
        let number = |name| {
            let number = array::get_name(wish, name).and_then(|number| number.long());
            number.map_or(0, |number| u64::try_from(number).unwrap_or_default())
        };
        let path = array::get_name(wish, "file").unwrap_or_else(Zval::null);
        Self {
            path: super::content(&path).to_vec(),
            offset: number("offset"),
            length: number("length"),
        }
    }

    const fn is_part(&self) -> bool {
        self.offset > 0 || self.length > 0
    }

    /// Where the part begins in a file of `size` bytes, and how long it is; `None` when it begins behind the end.
    fn within(&self, size: u64) -> Option<(u64, u64)> {
        let rest = size.checked_sub(self.offset)?;
        if self.is_part() && rest == 0 {
            return None;
        }
        let length = if self.length > 0 {
            self.length.min(rest)
        } else {
            rest
        };
        Some((self.offset, length))
    }
}

/// Encodes a response whose body is in a file, with `extra` fields after its own. `head_only` is for the answer to `HEAD`.
///
/// A file that cannot be opened is a 403, as in Workerman, after which the connection is closed; a part that it does not have a 416.
pub(super) fn encode(
    response: &Object,
    wish: &Zval,
    extra: &[OwnedField],
    head_only: bool,
) -> Result<Encoded> {
    let wish = Wish::of(wish);
    let Some(source) = Source::open(&wish.path)? else {
        return Ok(forbidden());
    };
    let mut fields = response::own_fields(response)?;
    fields.retain(|(name, _)| !name.eq_ignore_ascii_case(b"Content-Length"));
    fields.extend_from_slice(extra);
    let Some((offset, length)) = wish.within(source.size()) else {
        return Ok(unsatisfiable(response, fields, source.size()));
    };
    add(&mut fields, "Content-Length", length.to_string());
    add_unless_given(&mut fields, "Accept-Ranges", "bytes");
    if wish.is_part() {
        let range = format!("bytes {offset}-{}/{}", offset + length - 1, source.size());
        add(&mut fields, "Content-Range", range);
    }
    let status = wish.is_part().then_some(206);
    let is_own = !response.has_native_method(HEAD) || !response.has_native_method("__toString");
    let head = if is_own {
        own_head(response, status, &fields)?
    } else {
        head(response, status, fields, &wish.path, source.modified())
    };
    let mut encoded = Encoded::whole(|out| *out = head);
    if !head_only {
        source.append(&mut encoded, offset, length);
    }
    Ok(encoded)
}

/// The head of a response with a file, as far as `fields` do not say it.
fn head(
    response: &Object,
    status: Option<u16>,
    mut fields: Vec<OwnedField>,
    path: &[u8],
    modified: Option<i64>,
) -> Vec<u8> {
    add_unless_given(&mut fields, "Connection", "keep-alive");
    describe(&mut fields, path);
    if let Some(time) = modified {
        add_unless_given(&mut fields, "Last-Modified", library::http_date(time));
    }
    let mut out = Vec::new();
    response::with_head(response, status, &fields, |head| head.encode_head(&mut out));
    out
}

/// The head that a subclass writes. For the time being the response has `fields` and `status`, as if they were its own.
fn own_head(response: &Object, status: Option<u16>, fields: &[OwnedField]) -> Result<Vec<u8>> {
    let slots = slots();
    let own = [slots.headers, slots.status, slots.reason].map(|slot| (slot, response.get(slot)));
    response.set(slots.headers, response::headers_of(fields));
    if let Some(status) = status {
        response.set(slots.status, value::long(status));
        response.set(slots.reason, Zval::null());
    }
    let head = response.call("__toString", &mut []);
    for (slot, value) in own {
        response.set(slot, value);
    }
    Ok(super::content(&head?).to_vec())
}

/// An opened file, and what is known of it.
enum Source {
    Plain(File, Metadata),
    Wrapped(Zval),
}

impl Source {
    fn open(path: &[u8]) -> Result<Option<Self>> {
        Ok(match file::open(path)? {
            None => None,
            Some(Opened::Wrapped(content)) => Some(Self::Wrapped(content)),
            Some(Opened::Plain(file)) => {
                let metadata = file.metadata().ok().filter(Metadata::is_file);
                metadata.map(|metadata| Self::Plain(file, metadata))
            }
        })
    }

    fn size(&self) -> u64 {
        match self {
            Self::Plain(_, metadata) => metadata.len(),
            Self::Wrapped(content) => super::content(content).len() as u64,
        }
    }

    /// When the file was changed last, in seconds since 1970.
    fn modified(&self) -> Option<i64> {
        match self {
            Self::Plain(_, metadata) => Some(metadata.mtime()),
            Self::Wrapped(_) => None,
        }
    }

    /// Puts a part of the file behind the head.
    fn append(self, encoded: &mut Encoded, offset: u64, length: u64) {
        match self {
            Self::Plain(file, _) => encoded.file = Some(FileRange::new(file, offset, length)),
            Self::Wrapped(content) => {
                let Content::Bytes(bytes) = &mut encoded.content else {
                    return;
                };
                let skip = usize::try_from(offset).unwrap_or(usize::MAX);
                let take = usize::try_from(length).unwrap_or(usize::MAX);
                let part = super::content(&content).iter().skip(skip).take(take);
                bytes.extend(part);
            }
        }
    }
}

/// Type and, for what browsers cannot show, a name to save it under.
fn describe(fields: &mut Vec<OwnedField>, path: &[u8]) {
    if is_given(fields, "Content-Type") {
        return;
    }
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let kind = mime_type(&extension(name));
    let is_unknown = kind == UNKNOWN_TYPE;
    add(fields, "Content-Type", kind);
    if is_unknown {
        let mut disposition = b"attachment; filename=\"".to_vec();
        disposition.extend(file_name(name));
        disposition.push(b'"');
        add_unless_given(fields, "Content-Disposition", disposition);
    }
}

/// The type of what is in no table.
const UNKNOWN_TYPE: &[u8] = b"application/octet-stream";

/// The type of files with an extension, as `$mimeTypeMap` has it.
pub(super) fn mime_type(extension: &[u8]) -> Vec<u8> {
    let known = array::get_name(
        &static_property(response::class(), "mimeTypeMap"),
        extension,
    );
    known.map_or_else(
        || UNKNOWN_TYPE.to_vec(),
        |kind| super::content(&kind).to_vec(),
    )
}

/// What follows the last dot of a name, in lower case.
fn extension(name: &[u8]) -> Vec<u8> {
    let dot = name.iter().rposition(|&byte| byte == b'.');
    dot.map(|dot| name[dot + 1..].to_ascii_lowercase())
        .unwrap_or_default()
}

/// A name without what would end or change a quoted string.
fn file_name(name: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\') && !byte.is_ascii_control();
    let name: Vec<u8> = name.iter().copied().filter(is_plain).collect();
    if name.is_empty() {
        b"unknown".to_vec()
    } else {
        name
    }
}

/// Whether there is a field of this name, in any case.
fn is_given(fields: &[OwnedField], name: &str) -> bool {
    fields
        .iter()
        .any(|(given, _)| given.eq_ignore_ascii_case(name.as_bytes()))
}

fn add(fields: &mut Vec<OwnedField>, name: &str, content: impl Into<Vec<u8>>) {
    fields.push((name.into(), content.into()));
}

fn add_unless_given(fields: &mut Vec<OwnedField>, name: &str, content: impl Into<Vec<u8>>) {
    if !is_given(fields, name) {
        add(fields, name, content);
    }
}

fn forbidden() -> Encoded {
    let head = Head {
        version: b"1.1",
        status: 403,
        reason: None,
        fields: &[],
    };
    let mut encoded = Encoded::whole(|out| head.encode(b"403 Forbidden", out));
    encoded.is_last = true;
    encoded
}

/// RFC 9110 section 15.5.17.
fn unsatisfiable(response: &Object, mut fields: Vec<OwnedField>, size: u64) -> Encoded {
    add(&mut fields, "Content-Range", format!("bytes */{size}"));
    Encoded::whole(|out| {
        response::with_head(response, Some(416), &fields, |head| head.encode(b"", out));
    })
}
