//! `Workerman\Protocols\Http` and its messages.

mod body;
mod chunk;
mod file;
mod form;
mod methods;
mod parts;
pub(crate) mod request;
pub(super) mod response;
mod server_sent_events;
pub(crate) mod session;
mod session_id;
mod upload;

use std::{ffi::OsString, os::unix::ffi::OsStringExt, path::PathBuf};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_net::FileRange;
use ouvrier_protocol::http::{compression::compress, response::encode_text};

use crate::{
    connection::tcp_connection,
    zend::{
        Class, Object, Registration, Result, library,
        property::{set_static_property, static_property},
        value,
    },
};

use response::OwnedField;

static CLASS: Registration<()> = Registration::new();

/// Registers the classes.
pub(super) fn register() {
    let class = Class::declared(include_str!("http.stub.php"));
    CLASS.register(methods::methods(class), |_| ());
    request::register();
    response::register();
    chunk::register();
    server_sent_events::register();
}

/// The folder for uploads: what the script has chosen, or else `upload_tmp_dir` of php.ini, or else the system's.
fn upload_folder(http: &ClassEntry) -> Vec<u8> {
    let chosen = static_property(http, "uploadTmpDir");
    if !content(&chosen).is_empty() {
        return content(&chosen).to_vec();
    }
    let configured = library::ini_string("upload_tmp_dir");
    let folder = if configured.is_empty() {
        library::temporary_folder()
    } else {
        configured
    };
    set_static_property(http, "uploadTmpDir", value::bytes(&folder));
    folder
}

/// The folder for uploads of `Http` itself, where large bodies go too.
pub(crate) fn body_folder() -> PathBuf {
    OsString::from_vec(upload_folder(CLASS.class())).into()
}

/// What a script sends over HTTP, on the wire.
pub(crate) struct Encoded {
    content: Content,
    /// What follows the content.
    pub(crate) file: Option<FileRange>,
    pub(crate) extent: Extent,
    /// The connection ends with this response.
    pub(crate) is_last: bool,
}

/// How much of a response something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All of it, or what is left of it.
    Whole,
    /// More of it follows: a head before chunks or events, one of these, or an interim response.
    Part,
    /// An object of the application, which may be anything.
    Unknown,
}

/// What is known by the time that it can be written without PHP.
enum Content {
    Bytes(Vec<u8>),
    /// A `200 OK` with further fields.
    Text(Zval, Vec<OwnedField>),
    /// A response and all its fields.
    Response(Object, Vec<OwnedField>),
}

impl Encoded {
    /// A whole response.
    fn whole(encode: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut bytes = Vec::new();
        encode(&mut bytes);
        Self::of(Content::Bytes(bytes))
    }

    const fn of(content: Content) -> Self {
        Self {
            content,
            file: None,
            extent: Extent::Whole,
            is_last: false,
        }
    }

    /// Appends the content. No PHP runs.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match &self.content {
            Content::Bytes(bytes) => out.extend_from_slice(bytes),
            Content::Text(text, extra) => {
                encode_text(content(text), &response::borrowed(extra), out);
            }
            Content::Response(response, fields) => response::write(response, fields, out),
        }
    }

    /// The content.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        if let Content::Bytes(bytes) = self.content {
            return bytes;
        }
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

/// Encodes a response, any other object as the string that it is, or a value as the body of a `200 OK`.
/// `parting` tells the client that the connection ends with this response.
pub(crate) fn encode(connection: &Object, data: &Zval, parting: bool) -> Result<Encoded> {
    let headers = tcp_connection::take_headers(connection);
    let mut extra = response::fields(&headers)?;
    if parting {
        extra.push((b"Connection".to_vec(), b"close".to_vec()));
    }
    match Object::from_zval(data) {
        Some(object) if object.instance_of(response::class()) => {
            encode_response(connection, &object, extra)
        }
        Some(object) => {
            let text = object.call("__toString", &mut [])?;
            let mut encoded = Encoded::whole(|out| out.extend_from_slice(content(&text)));
            encoded.extent = extent_of(&object, content(&text));
            Ok(encoded)
        }
        None => {
            let text = crate::connection::to_bytes(data, "send")?;
            let terms = tcp_connection::compression(connection);
            let compressed =
                terms.and_then(|terms| compress(200, &mut extra, content(&text), terms));
            Ok(match compressed {
                Some(body) => Encoded::whole(|out| {
                    encode_text(&body, &response::borrowed(&extra), out);
                }),
                None => Encoded::of(Content::Text(text, extra)),
            })
        }
    }
}

/// Whether an object is a response.
pub(crate) fn is_response(object: &Object) -> bool {
    object.instance_of(response::class())
}

/// The status and the body of a response.
pub(crate) fn status_and_body(response: &Object) -> (i64, Vec<u8>) {
    let slots = response::slots();
    (response.long(slots.status), response.bytes(slots.body))
}

fn encode_response(
    connection: &Object,
    response: &Object,
    extra: Vec<OwnedField>,
) -> Result<Encoded> {
    let file = response.get(response::slots().file);
    if file.is_array() {
        let head_only = tcp_connection::is_head_awaited(connection);
        return file::encode(response, &file, &extra, head_only);
    }
    if let Some(text) = response::own_text(response)? {
        let mut encoded = Encoded::whole(|out| out.extend_from_slice(content(&text)));
        encoded.extent = extent(response, &response::own_fields(response)?);
        return Ok(encoded);
    }
    let mut fields = response::own_fields(response)?;
    let extent = extent(response, &fields);
    fields.extend(extra);
    let terms = tcp_connection::compression(connection);
    let compressed = terms.and_then(|terms| response::compressed(response, &mut fields, terms));
    let mut encoded = match compressed {
        Some(body) => Encoded::whole(|out| {
            response::with_head(response, None, &fields, |head| head.encode(&body, out));
        }),
        None => Encoded::of(Content::Response(response.clone(), fields)),
    };
    encoded.extent = extent;
    Ok(encoded)
}

/// How much of what is answered a response with these fields of its own is.
fn extent(response: &Object, fields: &[OwnedField]) -> Extent {
    if response::is_stream(fields) || response::is_interim(response) {
        Extent::Part
    } else {
        Extent::Whole
    }
}

/// How much of a response an object is that reads as `text`.
fn extent_of(object: &Object, text: &[u8]) -> Extent {
    let is_chunk = object.instance_of(chunk::class());
    if is_chunk && text.starts_with(chunk::LAST) {
        Extent::Whole
    } else if is_chunk || object.instance_of(server_sent_events::class()) {
        Extent::Part
    } else {
        Extent::Unknown
    }
}

fn content(text: &Zval) -> &[u8] {
    text.zend_str()
        .map(|text| text.as_bytes())
        .unwrap_or_default()
}
