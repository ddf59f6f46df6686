//! What the body of a request holds: the fields of a form, the members of a JSON object, files.

use ext_php_rs::types::Zval;
use ouvrier_protocol::http::{multipart, request::View};

use super::{
    content,
    request::{header_named, keep, kept, slots},
    upload,
};
use crate::zend::{Call, Object, Result, array, library};

/// The body, taken apart.
pub(super) struct Form {
    pub(super) fields: Zval,
    pub(super) files: Zval,
}

/// What `post()` reads: the fields of the body.
pub(super) fn post(this: &Object) -> Result<Zval> {
    read(this)?;
    Ok(kept(this, "post").unwrap_or_else(Zval::new_array))
}

/// `$request->file($name)`. Files that a script has moved away are written anew, from the body.
pub(super) fn file(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    if kept(&this, "files").is_none_or(|files| upload::is_missing(&files)) {
        keep(&this, "files", Zval::null());
        read(&this)?;
    }
    let files = kept(&this, "files").unwrap_or_else(Zval::new_array);
    match call.argument(0).filter(|name| !name.is_null()) {
        None => Ok(files),
        Some(name) => Ok(array::get_name(&files, content(&name)).unwrap_or_else(Zval::null)),
    }
}

/// Takes the body apart. What is kept of it already stays as it is: a subclass may have put it there.
fn read(this: &Object) -> Result<()> {
    // The string is ours while the body is looked at, whatever PHP does to the property.
    let buffer = this.get(slots().buffer);
    let form = parse(this, View(content(&buffer)).body())?;
    for (part, found) in [("post", form.fields), ("files", form.files)] {
        if kept(this, part).is_none() {
            keep(this, part, found);
        }
    }
    Ok(())
}

/// Takes a body apart as its type says, whatever the method is.
fn parse(this: &Object, body: &[u8]) -> Result<Form> {
    let kind = header_named(this, "content-type")?;
    let kind = content(&kind);
    if let Some(boundary) = multipart::boundary(kind) {
        return upload::read(this, body, &boundary);
    }
    let is_json = String::from_utf8_lossy(kind)
        .to_ascii_lowercase()
        .contains("json");
    let fields = if body.is_empty() {
        Zval::new_array()
    } else if is_json {
        as_array(library::json_decode(body))
    } else {
        library::parse_str(body)
    };
    Ok(Form {
        fields,
        files: Zval::new_array(),
    })
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
