//! Files as the bodies of responses.

mod kind;
mod source;

use ext_php_rs::types::Zval;
use ouvrier_protocol::http::{
    conditional::{Conditions, Validators, Verdict},
    response::{Head, Occasion},
};

pub(super) use self::kind::mime_type;
use self::{kind::describe, source::Source};
use super::{
    Encoded, Manner,
    fields::{self, OwnedField},
    response::{self, slots},
};
use crate::zend::{Call, Object, Result, array, file, library, value};

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
    let mut fields = response::own_fields(&this)?;
    complete(&mut fields, &path, Source::open(&path)?.as_ref());
    let (fields, mut out) = (fields::borrowed(&fields), Vec::new());
    response::with_head(&this, None, &fields, Occasion::default(), |head| {
        head.encode_head(&mut out)
    });
    Ok(value::bytes(out))
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

/// Encodes a response whose body is in a file, with `extra` fields after its own. A script that asks for no part, and for no other status, leaves it
/// to the conditions of the request what is sent.
///
/// A file that cannot be opened is a 403, as in Workerman, after which the connection is closed; a part that it does not have a 416.
pub(super) fn encode(
    response: &Object,
    wish: &Zval,
    extra: Vec<OwnedField>,
    conditions: Option<&Conditions>,
    manner: &Manner,
) -> Result<Encoded> {
    let wish = Wish::of(wish);
    let Some(source) = Source::open(&wish.path)? else {
        return Ok(forbidden(manner));
    };
    let mut fields = response::own_fields(response)?;
    fields.retain(|(name, _)| !name.eq_ignore_ascii_case(b"Content-Length"));
    fields.extend(extra);
    let mut answer = Answer {
        response,
        closes: manner.closes || fields::says_close(&fields::borrowed(&fields)),
        fields,
        manner,
    };
    let conditions = conditions.filter(|_| !wish.is_part() && response.long(slots().status) == 200);
    match answer.verdict(&source, &wish, conditions) {
        Verdict::Whole => answer.whole(source, &wish),
        Verdict::Part { offset, length } => answer.part(source, &wish, offset, length),
        Verdict::NotModified => {
            validate(&mut answer.fields, &source);
            Ok(answer.without_file(304))
        }
        Verdict::Failed => Ok(answer.without_file(412)),
        Verdict::Unsatisfiable => {
            // RFC 9110 section 15.5.17.
            add(
                &mut answer.fields,
                "Content-Range",
                format!("bytes */{}", source.size()),
            );
            Ok(answer.without_file(416))
        }
    }
}

/// A response that is being made.
struct Answer<'a> {
    response: &'a Object,
    fields: Vec<OwnedField>,
    manner: &'a Manner,
    closes: bool,
}

impl Answer<'_> {
    /// What is to be sent: what the script wants, or else what the request asks for.
    fn verdict(&self, source: &Source, wish: &Wish, conditions: Option<&Conditions>) -> Verdict {
        if wish.is_part() {
            let part = wish.within(source.size());
            return part.map_or(Verdict::Unsatisfiable, |(offset, length)| Verdict::Part {
                offset,
                length,
            });
        }
        let Some(conditions) = conditions else {
            return Verdict::Whole;
        };
        let etag = source.etag();
        let own_etag = given(&self.fields, "ETag");
        let verdict = conditions.judge(&Validators {
            etag: own_etag.unwrap_or(etag.as_bytes()),
            modified: source.modified(),
            size: source.size(),
        });
        let is_about_parts = matches!(verdict, Verdict::Part { .. } | Verdict::Unsatisfiable);
        let refuses_parts = given(&self.fields, "Accept-Ranges") == Some(b"none");
        if is_about_parts && refuses_parts {
            return Verdict::Whole;
        }
        verdict
    }

    fn whole(mut self, source: Source, wish: &Wish) -> Result<Encoded> {
        let size = source.size();
        add(&mut self.fields, "Content-Length", size.to_string());
        add_unless_given(&mut self.fields, "Accept-Ranges", "bytes");
        self.with_file(None, source, wish, 0, size)
    }

    fn part(mut self, source: Source, wish: &Wish, offset: u64, length: u64) -> Result<Encoded> {
        add(&mut self.fields, "Content-Length", length.to_string());
        add_unless_given(&mut self.fields, "Accept-Ranges", "bytes");
        let range = format!("bytes {offset}-{}/{}", offset + length - 1, source.size());
        add(&mut self.fields, "Content-Range", range);
        self.with_file(Some(206), source, wish, offset, length)
    }

    /// The head, and the file behind it unless the request was a `HEAD`.
    fn with_file(
        mut self,
        status: Option<u16>,
        source: Source,
        wish: &Wish,
        offset: u64,
        length: u64,
    ) -> Result<Encoded> {
        let is_native = |method| self.response.has_native_method(method);
        let mut encoded = if is_native(HEAD) && is_native("__toString") {
            complete(&mut self.fields, &wish.path, Some(&source));
            self.head(status, |head, out| head.encode_head(out))
        } else {
            self.own_head(status)?
        };
        if !self.manner.terms.is_head {
            source.append(&mut encoded, offset, length);
        }
        Ok(encoded)
    }

    /// The head that a subclass writes, which gets to see all that has to stand in it.
    fn own_head(&mut self, status: Option<u16>) -> Result<Encoded> {
        if self.closes {
            self.fields
                .retain(|(name, _)| !name.eq_ignore_ascii_case(b"Connection"));
            add(&mut self.fields, "Connection", "close");
        }
        if let Some(date) = self.manner.date {
            add_unless_given(&mut self.fields, "Date", date);
        }
        let mut encoded = Encoded::whole(own_head(self.response, status, &self.fields)?);
        encoded.closes = self.closes;
        Ok(encoded)
    }

    fn without_file(&self, status: u16) -> Encoded {
        self.head(Some(status), |head, out| head.encode(b"", out))
    }

    fn head(&self, status: Option<u16>, write: impl FnOnce(Head<'_>, &mut Vec<u8>)) -> Encoded {
        let mut bytes = Vec::new();
        let occasion = Occasion {
            closes: self.closes,
            ..self.manner.occasion()
        };
        let fields = fields::borrowed(&self.fields);
        response::with_head(self.response, status, &fields, occasion, |head| {
            write(head, &mut bytes);
        });
        let mut encoded = Encoded::whole(bytes);
        encoded.closes = self.closes;
        encoded
    }
}

/// Adds to the fields of a response with a file what they do not say.
fn complete(fields: &mut Vec<OwnedField>, path: &[u8], source: Option<&Source>) {
    add_unless_given(fields, "Connection", "keep-alive");
    describe(fields, path);
    if let Some(source) = source {
        validate(fields, source);
    }
}

/// What later requests can compare with.
fn validate(fields: &mut Vec<OwnedField>, source: &Source) {
    if let Some(time) = source.seconds() {
        add_unless_given(fields, "Last-Modified", library::http_date(time));
        add_unless_given(fields, "ETag", source.etag());
    }
}

/// The head that a subclass writes. For the time being the response has `fields` and `status`, as if they were its own.
fn own_head(response: &Object, status: Option<u16>, fields: &[OwnedField]) -> Result<Vec<u8>> {
    let slots = slots();
    let own = [slots.headers, slots.status, slots.reason].map(|slot| (slot, response.get(slot)));
    response.set(slots.headers, fields::headers_of(fields));
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

/// Whether there is a field of this name, in any case.
fn is_given(fields: &[OwnedField], name: &str) -> bool {
    given(fields, name).is_some()
}

/// The field of this name, in any case.
fn given<'a>(fields: &'a [OwnedField], name: &str) -> Option<&'a [u8]> {
    let same_name = |field: &&OwnedField| field.0.eq_ignore_ascii_case(name.as_bytes());
    fields
        .iter()
        .find(same_name)
        .map(|field| field.1.as_slice())
}

fn add(fields: &mut Vec<OwnedField>, name: &str, content: impl Into<Vec<u8>>) {
    fields.push((name.into(), content.into()));
}

fn add_unless_given(fields: &mut Vec<OwnedField>, name: &str, content: impl Into<Vec<u8>>) {
    if !is_given(fields, name) {
        add(fields, name, content);
    }
}

fn forbidden(manner: &Manner) -> Encoded {
    let head = Head {
        version: b"1.1",
        status: 403,
        reason: None,
        fields: &[],
        occasion: Occasion {
            closes: true,
            ..manner.occasion()
        },
    };
    let mut bytes = Vec::new();
    head.encode(b"403 Forbidden", &mut bytes);
    let mut encoded = Encoded::whole(bytes);
    encoded.closes = true;
    encoded
}
