//! `Workerman\Protocols\Http` and its messages.

mod body;
mod chunk;
mod date;
mod entry;
pub(super) mod fields;
mod file;
mod form;
mod methods;
mod names;
mod parts;
mod query;
pub(crate) mod request;
pub(super) mod response;
mod server_sent_events;
pub(crate) mod session;
mod session_id;
mod upload;

use std::{ffi::OsString, os::unix::ffi::OsStringExt, path::PathBuf};

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_net::FileRange;
use ouvrier_protocol::http::{
    Terms,
    compression::{self, compress},
    response::{Field, Occasion, encode_text},
};

use crate::{
    connection::{answer, to_bytes},
    zend::{
        Class, Object, Registration, Result, library,
        statics::{set_static_property, static_property},
        value::{self, Name},
    },
};

use fields::OwnedField;

/// The class, and the name of the class of requests.
static CLASS: Registration<Name> = Registration::new();

/// Registers the classes.
pub(super) fn register() {
    let class = Class::declared(include_str!("http.stub.php"));
    CLASS.register(methods::methods(class), |_| Name::of(request::NAME));
    request::register();
    response::register();
    chunk::register();
    server_sent_events::register();
}

/// The name of the class of requests, as it stands in the declaration.
fn request_class() -> Name {
    *CLASS.slots()
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
    /// The connection ends when the response does, as its head says or its request wants.
    pub(crate) closes: bool,
    manner: Manner,
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
    /// A response, and all its fields unless they are its own.
    Response(Object, Option<Vec<OwnedField>>),
}

impl Encoded {
    /// A whole response.
    fn whole(bytes: Vec<u8>) -> Self {
        Self::of(Content::Bytes(bytes), Manner::by_hand())
    }

    /// A whole response, to be sent in this manner.
    fn of(content: Content, manner: Manner) -> Self {
        Self {
            content,
            file: None,
            extent: Extent::Whole,
            closes: manner.closes,
            manner,
        }
    }

    /// Appends the content. No PHP runs.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match &self.content {
            Content::Bytes(bytes) => out.extend_from_slice(bytes),
            Content::Text(text, extra) => {
                let extra = fields::borrowed(extra);
                encode_text(content(text), &extra, self.manner.occasion(), out);
            }
            Content::Response(response, fields) => {
                let fields = fields.as_deref();
                response::write(response, fields, self.manner.occasion(), out);
            }
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

/// What a response is encoded for.
pub(crate) struct Manner {
    terms: Terms,
    closes: bool,
    date: Option<[u8; date::LENGTH]>,
}

impl Manner {
    /// The answer to a request on a connection that goes by the rules of HTTP.
    pub(crate) fn answering(connection: &Object, parting: bool) -> Self {
        let terms = answer::terms(connection);
        Self {
            terms,
            closes: parting || !terms.persists,
            date: date::now(),
        }
    }

    /// Just what the script says, for a protocol class of the application that sends it itself.
    pub(crate) fn by_hand() -> Self {
        Self {
            terms: Terms::default(),
            closes: false,
            date: None,
        }
    }

    fn occasion(&self) -> Occasion<'_> {
        Occasion {
            date: self.date.as_ref().map_or(&[], |date| &date[..]),
            head_only: self.terms.is_head,
            closes: self.closes,
            unchunked: !self.terms.knows_chunks,
        }
    }
}

/// Encodes a response, any other object as the string that it is, or a value as the body of a `200 OK`.
pub(crate) fn encode(connection: &Object, data: &Zval, mut manner: Manner) -> Result<Encoded> {
    let extra = if answer::has_headers(connection) {
        fields::fields(&answer::take_headers(connection))?
    } else {
        Vec::new()
    };
    match Object::from_zval(data) {
        Some(object) if object.instance_of(response::class()) => {
            encode_response(connection, &object, extra, manner)
        }
        Some(object) => encode_object(&object, data, &manner),
        None => {
            let text = to_bytes(data, "send")?;
            if !extra.is_empty() {
                manner.closes |= fields::says_close(&fields::borrowed(&extra));
            }
            Ok(match answer::compression(connection) {
                None => Encoded::of(Content::Text(text, extra), manner),
                Some(terms) => encode_compressed(text, extra, manner, terms),
            })
        }
    }
}

/// A string as the body of a `200 OK`, compressed where that is worth it.
#[cold]
fn encode_compressed(
    text: Zval,
    mut extra: Vec<OwnedField>,
    manner: Manner,
    terms: compression::Terms,
) -> Encoded {
    let Some(body) = compress(200, &mut extra, content(&text), terms) else {
        return Encoded::of(Content::Text(text, extra), manner);
    };
    let mut bytes = Vec::new();
    let extra = fields::borrowed(&extra);
    encode_text(&body, &extra, manner.occasion(), &mut bytes);
    Encoded::of(Content::Bytes(bytes), manner)
}

/// Whether an object is a response.
pub(crate) fn is_response(object: &Object) -> bool {
    object.instance_of(response::class())
}

/// Whether more of an answer follows what is sent: a head before chunks or events, one of these, or an interim response.
pub(crate) fn is_part(connection: &Object, data: &Zval) -> Result<bool> {
    let Some(object) = Object::from_zval(data) else {
        return Ok(false);
    };
    if is_response(&object) {
        let mut fields = response::own_fields(&object)?;
        fields.extend(fields::fields(&answer::headers(connection))?);
        return Ok(response::kind(&object, &fields::borrowed(&fields)) != Kind::Whole);
    }
    let is_stream = object.instance_of(server_sent_events::class())
        || object.instance_of(chunk::class()) && !chunk::content(&object).is_empty();
    Ok(is_stream)
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
    mut manner: Manner,
) -> Result<Encoded> {
    if response.look(response::slots().file, Zval::is_array) {
        let file = response.get(response::slots().file);
        let conditions = answer::take_conditions(connection);
        return file::encode(response, &file, extra, conditions.as_deref(), &manner);
    }
    if let Some(text) = response::own_text(response)? {
        return encode_own(response, &text, manner);
    }
    let terms = answer::compression(connection);
    let look =
        |fields: &[Field<'_>]| (response::kind(response, fields), fields::says_close(fields));
    let alone = extra.is_empty() && terms.is_none();
    let seen = alone.then(|| response::with_own_fields(response, look));
    let ((kind, says_close), mut fields) = match seen.flatten() {
        Some(seen) => (seen, None),
        None => {
            let mut fields = response::own_fields(response)?;
            fields.extend(extra);
            (look(&fields::borrowed(&fields)), Some(fields))
        }
    };
    manner.closes |= says_close;
    if kind == Kind::Interim && !manner.terms.knows_chunks {
        // HTTP/1.0 knows no interim responses (RFC 9110 section 15.2).
        let mut nothing = Encoded::whole(Vec::new());
        nothing.extent = Extent::Part;
        return Ok(nothing);
    }
    let is_head_of_events = kind == Kind::Events && manner.terms.is_head;
    let is_unframed = kind == Kind::Chunks && !manner.terms.knows_chunks;
    manner.closes |= is_head_of_events || is_unframed;
    let compressed = terms
        .zip(fields.as_mut())
        .and_then(|(terms, fields)| response::compressed(response, fields, terms));
    let content = match compressed {
        Some(body) => {
            let fields = fields::borrowed(fields.as_deref().unwrap_or_default());
            let mut bytes = Vec::new();
            response::with_head(response, None, &fields, manner.occasion(), |head| {
                head.encode(&body, &mut bytes);
            });
            Content::Bytes(bytes)
        }
        None => Content::Response(response.clone(), fields),
    };
    let mut encoded = Encoded::of(content, manner);
    if kind != Kind::Whole && !is_head_of_events {
        encoded.extent = Extent::Part;
    }
    encoded.closes &= kind != Kind::Interim;
    if encoded.closes {
        answer::set_closing(connection);
    }
    Ok(encoded)
}

/// What kind of a response something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Whole,
    /// Chunks follow.
    Chunks,
    /// Events follow.
    Events,
    /// The response follows (RFC 9110 section 15.2).
    Interim,
}

/// A response of a class that writes itself.
fn encode_own(response: &Object, text: &Zval, manner: Manner) -> Result<Encoded> {
    let mut bytes = content(text).to_vec();
    if manner.terms.is_head {
        let head_end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        bytes.truncate(head_end.map_or(bytes.len(), |end| end + 4));
    }
    let fields = response::own_fields(response)?;
    let mut encoded = Encoded::of(Content::Bytes(bytes), manner);
    if response::kind(response, &fields::borrowed(&fields)) != Kind::Whole {
        encoded.extent = Extent::Part;
    }
    Ok(encoded)
}

/// A chunk, an event, or an object of the application. After the answer to a `HEAD` nothing of a body is sent.
fn encode_object(object: &Object, data: &Zval, manner: &Manner) -> Result<Encoded> {
    let text = to_bytes(data, "send")?;
    let extent = extent_of(object, content(&text));
    let is_chunk = object.instance_of(chunk::class());
    let bytes = if extent != Extent::Unknown && manner.terms.is_head {
        Vec::new()
    } else if is_chunk && !manner.terms.knows_chunks {
        chunk::content(object)
    } else {
        content(&text).to_vec()
    };
    let mut encoded = Encoded::whole(bytes);
    encoded.extent = extent;
    encoded.closes = encoded.extent == Extent::Whole && manner.closes;
    Ok(encoded)
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
