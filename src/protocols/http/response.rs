//! `Workerman\Protocols\Http\Response`.

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_protocol::http::{
    answer::Answer,
    compression::{Terms, compress},
    response::{Field, Head, Occasion, forbids_body, is_named},
};

use super::{
    Kind,
    fields::{OwnedField, borrowed, fields, in_place, merge},
    file,
    names::WishKeys,
};
use crate::zend::{
    Call, Class, Object, Registration, Result,
    array::{self, Key},
    slots, value,
};

slots! {
    /// Properties of a response.
    Slots {
        reason: "reason",
        version: "version",
        status: "status",
        headers: "headers",
        body: "body",
        file: "file",
    }
}

static CLASS: Registration<(Slots, WishKeys)> = Registration::new();

pub(super) fn register() {
    let class = Class::declared(include_str!("response.stub.php"))
        .method("__construct", construct)
        .method("header", with_header)
        .method("withHeader", with_header)
        .method("withHeaders", with_headers)
        .method("withoutHeader", without_header)
        .method("getHeader", get_header)
        .method("getHeaders", |call: &mut Call| {
            Ok(call.this()?.get(slots().headers))
        })
        .method("withStatus", with_status)
        .method("getStatusCode", |call: &mut Call| {
            Ok(call.this()?.get(slots().status))
        })
        .method("getReasonPhrase", |call: &mut Call| {
            Ok(call.this()?.get(slots().reason))
        })
        .method("withProtocolVersion", with_protocol_version)
        .method("withBody", with_body)
        .method("rawBody", |call: &mut Call| {
            Ok(call.this()?.get(slots().body))
        })
        .method("withFile", file::with_file)
        .method("createHeadForFile", file::create_head_for_file)
        .method("getMimeType", |call: &mut Call| {
            Ok(value::bytes(file::mime_type(&call.bytes(0))))
        })
        .method("cookie", cookie)
        .method("__toString", to_string);
    CLASS.register(class, |class| (Slots::of(class), WishKeys::new()));
}

pub(super) fn class() -> &'static ClassEntry {
    CLASS.class()
}

pub(super) fn slots() -> &'static Slots {
    &CLASS.slots().0
}

/// The keys of `$file`.
pub(super) fn wish_keys() -> &'static WishKeys {
    &CLASS.slots().1
}

/// What the `__toString()` of a subclass makes of a response; `None` where it has none of its own.
pub(super) fn own_text(response: &Object) -> Result<Option<Zval>> {
    if std::ptr::eq(response.class(), class()) || response.has_native_method("__toString") {
        return Ok(None);
    }
    response.call("__toString", &mut []).map(Some)
}

/// The body of a response, compressed, where it can be and is worth it; then the fields say so.
pub(super) fn compressed(
    response: &Object,
    fields: &mut Vec<OwnedField>,
    terms: Terms,
) -> Option<Vec<u8>> {
    let status = sent_status(response);
    response.look(slots().body, |body| {
        compress(status, fields, super::content(body), terms)
    })
}

/// Appends the response, with its own fields or with these. No PHP runs.
pub(super) fn write(
    response: &Object,
    fields: Option<&[OwnedField]>,
    occasion: Occasion<'_>,
    out: &mut Vec<u8>,
) {
    let mut encode = |fields: &[Field<'_>]| {
        with_head(response, None, fields, occasion, |head| {
            response.look(slots().body, |body| {
                head.encode(super::content(body), out);
            });
        });
    };
    match fields {
        Some(fields) => encode(&borrowed(fields)),
        None => drop(with_own_fields(response, encode)),
    }
}

/// Looks at the fields of a response, where they can be looked at [in place](in_place). `look` must not run PHP.
pub(super) fn with_own_fields<T>(
    response: &Object,
    look: impl FnOnce(&[Field<'_>]) -> T,
) -> Option<T> {
    response.look(slots().headers, |headers| in_place(headers, look))
}

/// What a server answered, without a body. Names of fields are as the server writes them.
pub(in crate::protocols) fn from_head(head: &[u8]) -> Result<Object> {
    let response = Object::new(class())?;
    let Ok(answer) = Answer::read(head) else {
        return Ok(response);
    };
    let (slots, mut headers) = (slots(), Zval::new_array());
    for (name, content) in answer.fields() {
        merge(&mut headers, name, value::bytes(content));
    }
    response.set(slots.version, value::bytes(answer.version));
    response.set(slots.status, value::long(answer.status));
    response.set(slots.reason, value::bytes(answer.reason));
    response.set(slots.headers, headers);
    response.set(slots.body, value::bytes(""));
    Ok(response)
}

/// The fields of a response. They are a copy: a value's `__toString()` may change the headers.
pub(super) fn own_fields(response: &Object) -> Result<Vec<OwnedField>> {
    fields(&response.get(slots().headers))
}

/// Calls `write`, which must not run PHP, with the head of a response that has these fields. Another status than the response's own has its own reason phrase.
pub(super) fn with_head(
    response: &Object,
    status: Option<u16>,
    fields: &[Field<'_>],
    occasion: Occasion<'_>,
    write: impl FnOnce(Head<'_>),
) {
    let slots = slots();
    response.look(slots.version, |version| {
        response.look(slots.reason, |reason| {
            let reason = super::content(reason);
            write(Head {
                version: super::content(version),
                status: status.unwrap_or_else(|| sent_status(response)),
                reason: (status.is_none() && !reason.is_empty()).then_some(reason),
                fields,
                occasion,
            });
        });
    });
}

/// The status as it is sent. A number that is not of three digits is none (RFC 9112 section 4), and what a client does not understand it takes for a server's error (RFC 9110
/// section 15): scripts hand on the codes of exceptions, which may be anything.
fn sent_status(response: &Object) -> u16 {
    let status = u16::try_from(response.long(slots().status)).unwrap_or_default();
    if (100..=999).contains(&status) {
        status
    } else {
        500
    }
}

/// What follows a response that has these fields.
pub(super) fn kind(response: &Object, fields: &[Field<'_>]) -> Kind {
    let status = sent_status(response);
    let is_given = |wanted: &[u8]| fields.iter().any(|(name, _)| is_named(name, wanted));
    let is_event_stream = |(name, content): &Field<'_>| {
        is_named(name, b"Content-Type") && content.eq_ignore_ascii_case(b"text/event-stream")
    };
    match status {
        100 | 102..=199 => Kind::Interim,
        _ if forbids_body(status) => Kind::Whole,
        _ if fields.iter().any(is_event_stream) => Kind::Events,
        _ if is_given(b"Transfer-Encoding") => Kind::Chunks,
        _ => Kind::Whole,
    }
}

fn construct(call: &mut Call) -> Result<()> {
    let (this, slots) = (call.borrow_this()?, slots());
    this.set(slots.status, value::long(call.long_or(0, 200)));
    this.set(
        slots.headers,
        call.argument(1).unwrap_or_else(Zval::new_array),
    );
    this.set(
        slots.body,
        call.argument(2).unwrap_or_else(|| value::bytes("")),
    );
    Ok(())
}

fn with_header(call: &mut Call) -> Result<Zval> {
    let (this, name, content) = (call.this()?, call.bytes(0), call.value(1));
    let old = this.change(slots().headers, |headers| {
        array::replace_name(headers, &name, content)
    });
    drop(old);
    Ok(this.to_zval())
}

/// As `array_merge_recursive()`: two values of one name become a list.
fn with_headers(call: &mut Call) -> Result<Zval> {
    let (this, more) = (call.this()?, array::entries(&call.value(0)));
    let mut headers = this.get(slots().headers);
    for (key, content) in more {
        match key {
            Key::Index(_) => array::push(&mut headers, content),
            Key::Name(name) => merge(&mut headers, &name, content),
        }
    }
    this.set(slots().headers, headers);
    Ok(this.to_zval())
}

fn without_header(call: &mut Call) -> Result<Zval> {
    let (this, name) = (call.this()?, call.bytes(0));
    let old = this.change(slots().headers, |headers| array::take_name(headers, &name));
    drop(old);
    Ok(this.to_zval())
}

fn get_header(call: &mut Call) -> Result<Zval> {
    let headers = call.this()?.get(slots().headers);
    Ok(array::get_name(&headers, call.bytes(0)).unwrap_or_else(Zval::null))
}

fn with_status(call: &mut Call) -> Result<Zval> {
    let (this, slots) = (call.this()?, slots());
    this.set(slots.status, call.value(0));
    let reason = call.argument(1).filter(|reason| !reason.is_null());
    this.set(
        slots.reason,
        reason.map_or_else(Zval::null, |reason| {
            value::bytes(one_line(
                reason
                    .zend_str()
                    .map(|text| text.as_bytes())
                    .unwrap_or_default(),
            ))
        }),
    );
    Ok(this.to_zval())
}

fn with_protocol_version(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    this.set(slots().version, value::bytes(one_line(&call.bytes(0))));
    Ok(this.to_zval())
}

fn with_body(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    this.set(slots().body, call.value(0));
    Ok(this.to_zval())
}

fn one_line(text: &[u8]) -> Vec<u8> {
    text.iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect()
}

/// `rawurlencode()` (RFC 3986 section 2.1).
pub(super) fn percent_encode(text: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(text.len());
    for &byte in text {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(byte);
        } else {
            encoded.extend(format!("%{byte:02X}").into_bytes());
        }
    }
    encoded
}

fn cookie(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    let mut cookie = call.bytes(0);
    cookie.push(b'=');
    cookie.extend(percent_encode(&call.bytes(1)));
    let mut attribute = |name: &str, content: &[u8]| {
        cookie.extend(b"; ");
        cookie.extend(name.as_bytes());
        cookie.extend(content);
    };
    let (path, domain, same_site) = (call.bytes(3), call.bytes(4), call.bytes(7));
    if !domain.is_empty() {
        attribute("Domain=", &domain);
    }
    if let Some(max_age) = call.argument(2).and_then(|value| value.long()) {
        attribute("Max-Age=", max_age.to_string().as_bytes());
    }
    if !path.is_empty() {
        attribute("Path=", &path);
    }
    if call.bool_or(5, false) {
        attribute("Secure", b"");
    }
    if call.bool_or(6, false) {
        attribute("HttpOnly", b"");
    }
    if !same_site.is_empty() {
        attribute("SameSite=", &same_site);
    }
    let cookie = value::bytes(cookie);
    let old = this.change(slots().headers, |headers| {
        let mut cookies = array::take_name(headers, "Set-Cookie").unwrap_or_else(Zval::new_array);
        if !cookies.is_array() {
            cookies = array::list([cookies]);
        }
        array::push(&mut cookies, cookie);
        array::replace_name(headers, "Set-Cookie", cookies)
    });
    drop(old);
    Ok(this.to_zval())
}

/// Of a file that is the head.
fn to_string(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    let wish = this.get(slots().file);
    if wish.is_array() {
        return file::to_string(&this, wish);
    }
    let fields = own_fields(&this)?;
    let mut out = Vec::new();
    write(&this, Some(&fields), Occasion::default(), &mut out);
    Ok(value::bytes(out))
}
