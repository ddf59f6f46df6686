//! Files as the bodies of responses.

mod kind;
mod label;
mod source;

use ext_php_rs::types::Zval;
use ouvrier_protocol::http::{
    conditional::{Conditions, Validators, Verdict},
    response::{Field, Head, Occasion},
};

pub(super) use self::kind::mime_type;
use self::{label::Label, source::Source};
use super::{
    Encoded, Manner,
    fields::{self, OwnedField},
    names::WishKeys,
    response::{self, slots},
};
use crate::zend::{Call, Object, Result, array, file, value};

/// `$response->withFile($file, $offset, $length)`.
pub(super) fn with_file(call: &mut Call) -> Result<Zval> {
    let (this, path) = (call.this()?, call.value(0));
    if !file::is_file(&call.bytes(0))? {
        this.set(slots().status, value::long(404));
        this.set(slots().reason, Zval::null());
        this.set(slots().body, value::bytes("<h3>404 Not Found</h3>"));
        return Ok(this.to_zval());
    }
    let (mut wish, keys) = (Zval::new_array(), keys());
    for (key, part) in [
        (keys.file, path),
        (keys.offset, value::long(call.long_or(1, 0))),
        (keys.length, value::long(call.long_or(2, 0))),
    ] {
        drop(array::put_known(&mut wish, key, part));
    }
    this.set(slots().file, wish);
    Ok(this.to_zval())
}

/// `$response->createHeadForFile($fileInfo)`.
pub(super) fn create_head_for_file(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    let wish = Wish::of(&call.value(0));
    let label = Label::of(wish.path(), Source::open(wish.path())?.as_ref());
    let own = response::own_fields(&this)?;
    let (mut fields, mut out) = (fields::borrowed(&own), Vec::new());
    label.complete(&mut fields);
    response::with_head(&this, None, &fields, Occasion::default(), |head| {
        head.encode_head(&mut out)
    });
    Ok(value::bytes(out))
}

/// `(string) $response` of one with a file.
pub(super) fn to_string(response: &Object, wish: Zval) -> Result<Zval> {
    response.call(HEAD, &mut [wish])
}

/// What writes the head of a file.
static HEAD_METHODS: [&str; 2] = [HEAD, "__toString"];
const HEAD: &str = "createHeadForFile";

/// The keys of `$file`.
fn keys() -> &'static WishKeys {
    response::wish_keys()
}

/// The part of a file that a script wants to be sent.
struct Wish {
    path: Zval,
    offset: u64,
    /// 0 for everything from `offset` on.
    length: u64,
}

impl Wish {
    fn of(wish: &Zval) -> Self {
        let keys = keys();
        let number = |key| {
            let number = array::get_known(wish, key).and_then(|number| number.long());
            number.map_or(0, |number| u64::try_from(number).unwrap_or_default())
        };
        Self {
            path: array::get_known(wish, keys.file).unwrap_or_else(Zval::null),
            offset: number(keys.offset),
            length: number(keys.length),
        }
    }

    fn path(&self) -> &[u8] {
        super::content(&self.path)
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
    let Some(source) = Source::open(wish.path())? else {
        return Ok(forbidden(manner));
    };
    let mut own = response::own_fields(response)?;
    own.retain(|(name, _)| !name.eq_ignore_ascii_case(b"Content-Length"));
    own.extend(extra);
    let own = fields::borrowed(&own);
    let answer = Answer {
        response,
        own: &own,
        source: &source,
        closes: manner.closes || fields::says_close(&own),
        manner,
    };
    let conditions = conditions.filter(|_| !wish.is_part() && response.long(slots().status) == 200);
    let (mut encoded, offset, length) = match answer.verdict(&wish, conditions) {
        Verdict::Whole => (answer.whole(&wish)?, 0, source.size()),
        Verdict::Part { offset, length } => (answer.part(&wish, offset, length)?, offset, length),
        Verdict::NotModified => return Ok(answer.not_modified(&wish)),
        Verdict::Failed => return Ok(answer.without_file(412, &own)),
        Verdict::Unsatisfiable => return Ok(answer.unsatisfiable()),
    };
    if !manner.terms.is_head {
        source.append(&mut encoded, offset, length);
    }
    Ok(encoded)
}

/// A response that is being made.
struct Answer<'a> {
    response: &'a Object,
    /// What the script says in the head.
    own: &'a [Field<'a>],
    source: &'a Source,
    manner: &'a Manner,
    closes: bool,
}

impl Answer<'_> {
    /// What is to be sent: what the script wants, or else what the request asks for.
    fn verdict(&self, wish: &Wish, conditions: Option<&Conditions>) -> Verdict {
        let source = self.source;
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
        let own_etag = given(self.own, b"ETag");
        let verdict = conditions.judge(&Validators {
            etag: own_etag.unwrap_or(&etag),
            modified: source.modified(),
            size: source.size(),
        });
        let is_about_parts = matches!(verdict, Verdict::Part { .. } | Verdict::Unsatisfiable);
        let refuses_parts = given(self.own, b"Accept-Ranges") == Some(b"none");
        if is_about_parts && refuses_parts {
            return Verdict::Whole;
        }
        verdict
    }

    fn whole(&self, wish: &Wish) -> Result<Encoded> {
        let length = self.source.size().to_string();
        let mut fields = self.fields();
        fields.push((b"Content-Length", length.as_bytes()));
        add_unless_given(&mut fields, b"Accept-Ranges", b"bytes");
        self.with_file(None, fields, wish)
    }

    fn part(&self, wish: &Wish, offset: u64, length: u64) -> Result<Encoded> {
        let last = offset + length - 1;
        let range = format!("bytes {offset}-{last}/{}", self.source.size());
        let length = length.to_string();
        let mut fields = self.fields();
        fields.push((b"Content-Length", length.as_bytes()));
        add_unless_given(&mut fields, b"Accept-Ranges", b"bytes");
        fields.push((b"Content-Range", range.as_bytes()));
        self.with_file(Some(206), fields, wish)
    }

    /// What the script says, with room for what is added.
    fn fields(&self) -> Vec<Field<'_>> {
        let mut fields = Vec::with_capacity(self.own.len() + MOST_ADDED);
        fields.extend_from_slice(self.own);
        fields
    }

    /// The head before the file.
    fn with_file(
        &self,
        status: Option<u16>,
        fields: Vec<Field<'_>>,
        wish: &Wish,
    ) -> Result<Encoded> {
        let is_native = std::ptr::eq(self.response.class(), response::class())
            || self.response.has_native_methods(&HEAD_METHODS);
        if !is_native {
            return self.own_head(status, fields);
        }
        let label = Label::of(wish.path(), Some(self.source));
        let mut fields: Vec<Field<'_>> = fields;
        label.complete(&mut fields);
        Ok(self.head(status, &fields, |head, out| head.encode_head(out)))
    }

    /// The head that a subclass writes, which gets to see all that has to stand in it.
    fn own_head(&self, status: Option<u16>, fields: Vec<Field<'_>>) -> Result<Encoded> {
        let mut fields: Vec<Field<'_>> = fields;
        if self.closes {
            fields.retain(|(name, _)| !name.eq_ignore_ascii_case(b"Connection"));
            fields.push((b"Connection", b"close"));
        }
        if let Some(date) = &self.manner.date {
            add_unless_given(&mut fields, b"Date", date);
        }
        let headers = fields::headers_of(&fields);
        let mut encoded = Encoded::whole(own_head(self.response, status, headers)?);
        encoded.closes = self.closes;
        Ok(encoded)
    }

    fn not_modified(&self, wish: &Wish) -> Encoded {
        let label = Label::of(wish.path(), Some(self.source));
        let mut fields = self.fields();
        label.validate(&mut fields);
        self.without_file(304, &fields)
    }

    /// RFC 9110 section 15.5.17.
    fn unsatisfiable(&self) -> Encoded {
        let range = format!("bytes */{}", self.source.size());
        let mut fields = self.fields();
        fields.push((b"Content-Range", range.as_bytes()));
        self.without_file(416, &fields)
    }

    fn without_file(&self, status: u16, fields: &[Field<'_>]) -> Encoded {
        self.head(Some(status), fields, |head, out| head.encode(b"", out))
    }

    fn head(
        &self,
        status: Option<u16>,
        fields: &[Field<'_>],
        write: impl FnOnce(Head<'_>, &mut Vec<u8>),
    ) -> Encoded {
        let mut bytes = Vec::new();
        let occasion = Occasion {
            closes: self.closes,
            ..self.manner.occasion()
        };
        response::with_head(self.response, status, fields, occasion, |head| {
            write(head, &mut bytes);
        });
        let mut encoded = Encoded::whole(bytes);
        encoded.closes = self.closes;
        encoded
    }
}

/// Most fields that are added to those of the script.
const MOST_ADDED: usize = 8;

/// The head that a subclass writes. For the time being the response has `headers` and `status`, as if they were its own.
fn own_head(response: &Object, status: Option<u16>, headers: Zval) -> Result<Vec<u8>> {
    let slots = slots();
    let own = [slots.headers, slots.status, slots.reason].map(|slot| (slot, response.get(slot)));
    response.set(slots.headers, headers);
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

/// The field of this name, in any case.
fn given<'a>(fields: &[Field<'a>], name: &[u8]) -> Option<&'a [u8]> {
    let same_name = |field: &&Field<'a>| field.0.eq_ignore_ascii_case(name);
    fields.iter().find(same_name).map(|field| field.1)
}

fn add_unless_given<'a>(fields: &mut Vec<Field<'a>>, name: &'static [u8], content: &'a [u8]) {
    if given(fields, name).is_none() {
        fields.push((name, content));
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
