//! Forms with files: fields and uploads of a request.

use std::{
    cell::RefCell,
    ffi::{CStr, OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
    rc::Rc,
};

use ext_php_rs::types::Zval;
use ouvrier_net::Spool;
use ouvrier_protocol::http::multipart::Part;

use super::{
    body::{Body, Content},
    form::Form,
};
use crate::zend::{
    Object, Result, array,
    file::{self, Temporary},
    library,
    object::{Handlers, State},
    statics::static_property,
    value,
};

/// `UPLOAD_ERR_*` constants of PHP.
mod error {
    pub(super) const OK: i64 = 0;
    pub(super) const NO_FILE: i64 = 4;
    pub(super) const CANT_WRITE: i64 = 7;
}

/// What uploaded files are called in the folder for them, before some random characters.
const PREFIX: &CStr = c"workerman.upload.";

/// The files of a request: those that hold its uploads, and its body if that is large. They are removed with the last request object that
/// knows them, however PHP ends.
#[derive(Default)]
pub(super) struct Files(RefCell<Option<Box<Kept>>>);

/// Those that there are; most requests have none.
#[derive(Default, Clone)]
struct Kept {
    uploads: Vec<Rc<Upload>>,
    body: Option<Rc<Spool>>,
}

static HANDLERS: Handlers = Handlers::new();

impl State for Files {
    const DESTRUCT: Option<fn(&Self)> = Some(Self::release);

    fn handlers() -> &'static Handlers {
        &HANDLERS
    }

    fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Files {
    /// The file that holds the body, if one does.
    pub(super) fn body(&self) -> Option<Rc<Spool>> {
        self.0.borrow().as_ref()?.body.clone()
    }

    pub(super) fn keep_body(&self, body: Spool) {
        self.0.borrow_mut().get_or_insert_default().body = Some(Rc::new(body));
    }

    fn keep_upload(&self, upload: Upload) {
        let mut kept = self.0.borrow_mut();
        kept.get_or_insert_default().uploads.push(Rc::new(upload));
    }

    /// Lets go of the files.
    pub(super) fn release(&self) {
        let files = self.0.take();
        drop(files);
    }
}

struct Upload(PathBuf);

impl Drop for Upload {
    fn drop(&mut self) {
        // A script may have moved it to where it belongs.
        file::remove(&self.0);
    }
}

/// Takes the form in `body` apart, and writes its files to disk.
///
/// Parts beyond `Request::$maxFileUploads` are left out, and so are fields, and files, beyond the number that `max_input_vars` in php.ini
/// allows.
pub(super) fn read(request: &Object, body: &Body<'_>, boundary: &[u8]) -> Result<Form> {
    let mut form = Form {
        fields: Zval::new_array(),
        files: Zval::new_array(),
    };
    let most_parts = static_property(request.class(), "maxFileUploads").long();
    let most_parts = usize::try_from(most_parts.unwrap_or_default()).unwrap_or_default();
    let most = usize::try_from(library::ini_long("max_input_vars")).unwrap_or_default();
    let (mut fields, mut files) = (0, 0);
    body.parts(boundary, most_parts, &mut |part, content| {
        match &part.file_name {
            Some(name) if files < most => {
                files += 1;
                let entry = store(request, part, name, content)?;
                library::register_variable(&mut form.files, &part.name, entry);
            }
            None if fields < most => {
                fields += 1;
                let content = value::bytes(content.bytes());
                library::register_variable(&mut form.fields, &part.name, content);
            }
            Some(_) | None => {}
        }
        Ok(())
    })?;
    Ok(form)
}

/// Writes an uploaded file to disk. Returns what `file()` tells of it.
pub(super) fn store(
    request: &Object,
    part: &Part<'_>,
    name: &[u8],
    content: &Content<'_>,
) -> Result<Zval> {
    let is_file = !name.is_empty() || content.len() > 0;
    let upload = if is_file { write(content)? } else { None };
    let error = match (is_file, &upload) {
        (false, _) => error::NO_FILE,
        (true, None) => error::CANT_WRITE,
        (true, Some(_)) => error::OK,
    };
    let path = upload
        .as_ref()
        .map(|Upload(path)| path.as_os_str().as_bytes());
    let mut entry = Zval::new_array();
    for (key, known) in [
        ("name", value::bytes(name)),
        ("tmp_name", value::bytes(path.unwrap_or_default())),
        ("size", value::long(content.len())),
        ("error", value::long(error)),
        (
            "full_path",
            value::bytes(part.relative_path.unwrap_or(name)),
        ),
        ("type", value::bytes(part.content_type.unwrap_or_default())),
    ] {
        array::set_name(&mut entry, key, known);
    }
    if let (Some(files), Some(upload)) = (request.state::<Files>(), upload) {
        files.keep_upload(upload);
    }
    Ok(entry)
}

/// A new file with this content; `None` when there is no room for it.
fn write(content: &Content<'_>) -> Result<Option<Upload>> {
    let Some(Temporary { mut file, path }) =
        file::temporary(&super::upload_folder(super::CLASS.class()), PREFIX)?
    else {
        return Ok(None);
    };
    let upload = Upload(OsString::from_vec(path).into());
    Ok(content.write_to(&mut file).is_ok().then_some(upload))
}

/// Whether a file in `files` is not where it was put: a script has moved it.
pub(super) fn is_missing(files: &Zval) -> bool {
    if !files.is_array() {
        return false;
    }
    match array::get_name(files, "tmp_name") {
        Some(path) if path.is_string() => {
            let path = super::content(&path);
            !path.is_empty() && !Path::new(OsStr::from_bytes(path)).is_file()
        }
        _ => array::values(files).iter().any(is_missing),
    }
}
