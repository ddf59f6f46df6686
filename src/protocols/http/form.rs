//! What the body of a request holds: the fields of a form, the members of a JSON object, files.

use ext_php_rs::types::Zval;
use ouvrier_protocol::http::{multipart, request::View};

use super::{
    body::{self, Content},
    content,
    parts::{header_named, keep, kept},
    query,
    request::{keys, slots},
    upload,
};
use crate::zend::{
    Call, Object, Result, array, callback, library, statics::static_property, value,
};

/// The body, taken apart.
pub(super) struct Form {
    pub(super) fields: Zval,
    pub(super) files: Zval,
}

/// What `post()` reads: the fields of the body.
pub(super) fn post(this: &Object) -> Result<Zval> {
    if let Some(known) = kept(this, keys().post) {
        return Ok(known);
    }
    read(this)?;
    Ok(kept(this, keys().post).unwrap_or_else(Zval::null))
}

/// `$request->file($name)`. Files that a script has moved away are written anew, from the body.
pub(super) fn file(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    if kept(&this, keys().files).is_none_or(|files| upload::is_missing(&files)) {
        keep(&this, keys().files, Zval::null());
        read(&this)?;
    }
    let files = kept(&this, keys().files).unwrap_or_else(Zval::new_array);
    match call.argument(0).filter(|name| !name.is_null()) {
        None => Ok(files),
        Some(name) => Ok(array::get_name(&files, content(&name)).unwrap_or_else(Zval::null)),
    }
}

/// Takes the body apart. What is kept of it already stays as it is: a subclass may have put it there.
fn read(this: &Object) -> Result<()> {
    if !this.has_native_method("parsePost") {
        return this.call("parsePost", &mut []).map(drop);
    }
    let before = [keys().post, keys().files].map(|part| (part, kept(this, part)));
    parse_post(this)?;
    for (part, known) in before {
        if let Some(known) = known {
            keep(this, part, known);
        }
    }
    Ok(())
}

/// `$this->parsePost()`: takes the body apart as its type says, whatever the method is.
pub(super) fn parse_post(this: &Object) -> Result<()> {
    keep(this, keys().post, Zval::new_array());
    keep(this, keys().files, Zval::new_array());
    let kind = header_named(this, "content-type")?;
    let kind = content(&kind);
    if let Some(boundary) = multipart::boundary(kind) {
        if this.has_native_method("parseUploadFiles") {
            return read_parts(this, &boundary);
        }
        let boundary = value::bytes([b"--", &boundary[..]].concat());
        return this.call("parseUploadFiles", &mut [boundary]).map(drop);
    }
    let body = if this.has_native_method("rawBody") {
        body::with(this, |body| body.read())?
    } else {
        this.call("rawBody", &mut [])?
    };
    let body = content(&body);
    let is_json = String::from_utf8_lossy(kind)
        .to_ascii_lowercase()
        .contains("json");
    if body.is_empty() {
        return Ok(());
    }
    let fields = if is_json {
        as_array(library::json_decode(body))
    } else {
        query::parse(body)
    };
    keep(this, keys().post, fields);
    Ok(())
}

/// `$this->parseUploadFiles($httpPostBoundary)`.
pub(super) fn parse_upload_files(call: &mut Call) -> Result<()> {
    let boundary = call.bytes(0);
    let boundary = boundary.strip_suffix(b"\"").unwrap_or(&boundary);
    let boundary = boundary.strip_prefix(b"--").unwrap_or(boundary);
    read_parts(&call.this()?, boundary)
}

/// Reads the parts of a form. A subclass that has its own way to read one is asked for each.
fn read_parts(this: &Object, boundary: &[u8]) -> Result<()> {
    let form = if this.has_native_method("parseUploadFile") {
        body::with(this, |body| upload::read(this, body, boundary))?
    } else {
        let buffer = this.get(slots().buffer);
        let body = View(content(&buffer)).body();
        let start = content(&buffer).len() - body.len() + boundary.len() + b"--\r\n".len();
        by_subclass(this, boundary, start)?
    };
    for (part, found) in [(keys().post, form.fields), (keys().files, form.files)] {
        if found.array().is_some_and(|found| !found.is_empty()) {
            keep(this, part, found);
        }
    }
    Ok(())
}

/// Has the method `parseUploadFile` of a subclass read one part after another; the first begins at `start` in the buffer.
fn by_subclass(this: &Object, boundary: &[u8], start: usize) -> Result<Form> {
    let read = library::embedded(
        c"Request::parseUploadFiles",
        include_str!("../../../php/parse-upload-files.php"),
    )?;
    let form = callback::call(
        &read,
        &mut [
            callback::method(this, "parseUploadFile"),
            value::bytes([b"--", boundary].concat()),
            value::long(start),
            static_property(this.class(), "maxFileUploads"),
        ],
    )?;
    let part = |name| array::get_name(&form, name).unwrap_or_else(Zval::new_array);
    Ok(Form {
        fields: part("0"),
        files: part("1"),
    })
}

/// `$this->parseUploadFile($boundary, $sectionStartOffset, $postEncodeString, $filesEncodeStr, $files)`: reads the part that begins at an offset of
/// the buffer, and appends what it is to the one string or to the other, and a file to the array. Returns where the next part begins; 0 when this is none.
pub(super) fn parse_upload_file(call: &mut Call) -> Result<Zval> {
    let (this, boundary) = (call.this()?, call.bytes(0));
    let boundary = boundary.strip_prefix(b"--").unwrap_or(&boundary);
    let buffer = this.get(slots().buffer);
    let start = usize::try_from(call.long_or(1, 0)).unwrap_or(usize::MAX);
    let rest = content(&buffer).get(start..).unwrap_or_default();
    let Some((part, length)) = multipart::part(rest, boundary) else {
        return Ok(value::long(0));
    };
    if let Some(part) = part {
        match &part.file_name {
            None => append_pair(call, 2, &part.name, part.content),
            Some(name) => {
                let content = Content::Memory(part.content);
                let entry = upload::store(&this, &part, name, &content)?;
                let place = call.value(4).array().map_or(0, |files| files.len());
                append_pair(call, 3, &part.name, place.to_string().as_bytes());
                call.change(4, |files| array::push(files, entry));
            }
        }
    }
    Ok(value::long(start + length))
}

/// Appends `name=content&` to a string that the caller has given by reference.
fn append_pair(call: &Call, index: usize, name: &[u8], content: &[u8]) {
    use super::response::percent_encode;
    let mut pair = Vec::with_capacity(name.len() + content.len() + 2);
    pair.extend(percent_encode(name));
    pair.push(b'=');
    pair.extend(percent_encode(content));
    pair.push(b'&');
    let old = call.change(index, |text| value::append(text, &pair));
    drop(old);
}

/// `(array)$value` for what json_decode() returns.
fn as_array(decoded: Zval) -> Zval {
    if decoded.is_array() {
        decoded
    } else if decoded.is_null() {
        Zval::new_array()
    } else {
        array::list([decoded])
    }
}
