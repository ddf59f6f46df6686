//! What a request says: its line, fields, cookies, query and body.
//!
//! Parts are parsed when they are asked for and kept in `$data`, which is a PHP array: subclasses write to it, and read their own words back. Of a request
//! that is no subclass single entries are found in the buffer.
//! The methods that parse are for subclasses too, who may call them, to parse anew, and override them: then it is theirs that puts parts into `$data`.

use ext_php_rs::types::Zval;
use ouvrier_protocol::http::request::{self as wire, View};

use super::{
    body, content,
    entry::{Entry, entry, in_cookies, in_query},
    form, query,
    request::{self, field_names, keys, name_bytes, slots},
};
use crate::zend::{
    Call, Class, Object, Result, array, exception,
    value::{self, Name},
};

pub(super) fn methods(class: Class) -> Class {
    class
        .method("get", |call: &mut Call| entry(call, in_query, get))
        .method("post", |call: &mut Call| {
            entry(call, |_, _| Entry::NeedsAll, form::post)
        })
        .method("header", header)
        .method("cookie", |call: &mut Call| entry(call, in_cookies, cookies))
        .method("file", form::file)
        .method("method", |call: &mut Call| text(method(&call.this()?)?))
        .method("protocolVersion", |call: &mut Call| {
            text(protocol_version(&call.this()?)?)
        })
        .method("host", host)
        .method("uri", |call: &mut Call| text(uri(&call.this()?)?))
        .method("path", |call: &mut Call| text(path(&call.this()?)?))
        .method("queryString", |call: &mut Call| {
            text(query_string(&call.this()?)?)
        })
        .method("rawHead", |call: &mut Call| raw_head(&call.this()?))
        .method("rawBody", |call: &mut Call| raw_body(&call.this()?))
        .method("parseHeadFirstLine", parse_head_first_line)
        .method("parseProtocolVersion", parse_protocol_version)
        .method("parseUriComponents", parse_uri_components)
        .method("parseHeaders", parse_headers)
        .method("parseGet", parse_get)
        .method("parsePost", |call: &mut Call| {
            form::parse_post(&call.this()?)
        })
        .method("parseUploadFiles", form::parse_upload_files)
        .method("parseUploadFile", form::parse_upload_file)
}

/// What a subclass may override to have a part of its own.
const OWN: &[&str] = &[
    "header",
    "parseGet",
    "parseHeadFirstLine",
    "parseHeaders",
    "parseProtocolVersion",
    "parseUriComponents",
    "queryString",
    "rawHead",
    "uri",
];

/// Whether all parts are what the buffer says, unless there is something else in `$data`.
fn has_usual_parts(this: &Object) -> bool {
    is_no_subclass(this) || this.has_native_methods(OWN)
}

/// Whether nobody else writes to `$data`, or expects to find there what was asked for.
pub(super) fn is_no_subclass(this: &Object) -> bool {
    std::ptr::eq(this.class(), request::class())
}

/// What `$data` holds under `key`, if it is there and not null.
pub(super) fn kept(this: &Object, key: Name) -> Option<Zval> {
    let known = this.look(slots().data, |data| array::get_known(data, key));
    known.filter(|known| !known.is_null())
}

/// Puts something into `$data`.
pub(super) fn keep(this: &Object, key: Name, part: Zval) {
    let old = this.change(slots().data, |data| array::put_known(data, key, part));
    drop(old);
}

/// What `$data` holds under `key`. If it is not there yet, the method `step` of a subclass puts it there, or else what `read` finds is put there.
/// Null when a subclass does not.
fn part(
    this: &Object,
    key: Name,
    step: &'static str,
    read: impl FnOnce(&Object) -> Result<Zval>,
) -> Result<Zval> {
    if let Some(known) = kept(this, key) {
        return Ok(known);
    }
    if !has_usual_parts(this) && !this.has_native_method(step) {
        this.call(step, &mut [])?;
        return Ok(kept(this, key).unwrap_or_else(Zval::null));
    }
    let found = read(this)?;
    keep(this, key, found.shallow_clone());
    Ok(found)
}

/// What the method `name` of a subclass returns, or else what `own` finds.
pub(super) fn ask(
    this: &Object,
    name: &'static str,
    own: impl FnOnce(&Object) -> Result<Zval>,
) -> Result<Zval> {
    if this.has_native_method(name) {
        own(this)
    } else {
        this.call(name, &mut [])
    }
}

/// Reads from the buffer. `read` must not run PHP.
pub(super) fn with_view<T>(this: &Object, read: impl FnOnce(View<'_>) -> T) -> T {
    this.look(slots().buffer, |buffer| read(View(content(buffer))))
}

fn from_view(this: &Object, read: for<'a> fn(View<'a>) -> &'a [u8]) -> Result<Zval> {
    Ok(with_view(this, |view| value::bytes(read(view))))
}

/// A part as a method returns it that is declared to return a string.
fn text(part: Zval) -> Result<Zval> {
    if part.is_string() {
        return Ok(part);
    }
    exception::throw(
        ext_php_rs::zend::ce::type_error(),
        "Return value must be of type string: what parses the request has to put a string into $data",
    )
}

/// Whether a part can be found in the buffer alone: no subclass has another one, and nothing of what it is made of is in `$data`.
#[inline]
pub(super) fn is_of_buffer(this: &Object, parts: &[Name]) -> bool {
    let is_known =
        |data: &Zval, part| array::get_known(data, part).is_some_and(|known| !known.is_null());
    let knows_none = |data: &Zval| {
        let is_empty = data.array().is_none_or(|data| data.nNumOfElements == 0);
        is_empty || !parts.iter().any(|&part| is_known(data, part))
    };
    has_usual_parts(this) && this.look(slots().data, knows_none)
}

fn method(this: &Object) -> Result<Zval> {
    part(this, keys().method, "parseHeadFirstLine", |this| {
        from_view(this, |view| view.method())
    })
}

fn uri(this: &Object) -> Result<Zval> {
    part(this, keys().uri, "parseHeadFirstLine", |this| {
        from_view(this, |view| view.uri())
    })
}

fn parse_head_first_line(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    keep(
        &this,
        keys().method,
        from_view(&this, |view| view.method())?,
    );
    keep(&this, keys().uri, from_view(&this, |view| view.uri())?);
    Ok(())
}

fn protocol_version(this: &Object) -> Result<Zval> {
    part(
        this,
        keys().protocol_version,
        "parseProtocolVersion",
        |this| from_view(this, |view| view.protocol_version()),
    )
}

fn parse_protocol_version(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    keep(
        &this,
        keys().protocol_version,
        from_view(&this, |view| view.protocol_version())?,
    );
    Ok(())
}

fn path(this: &Object) -> Result<Zval> {
    part(this, keys().path, "parseUriComponents", |this| {
        of_uri(this, wire::path)
    })
}

fn query_string(this: &Object) -> Result<Zval> {
    part(this, keys().query_string, "parseUriComponents", |this| {
        of_uri(this, wire::query)
    })
}

fn parse_uri_components(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    keep(&this, keys().path, of_uri(&this, wire::path)?);
    keep(&this, keys().query_string, of_uri(&this, wire::query)?);
    Ok(())
}

/// Reads from the URI: that of the buffer, where no subclass has another one.
fn of_uri(this: &Object, read: for<'a> fn(&'a [u8]) -> &'a [u8]) -> Result<Zval> {
    if is_of_buffer(this, &[keys().uri]) {
        return Ok(with_view(this, |view| value::bytes(read(view.uri()))));
    }
    let uri = ask(this, "uri", uri)?;
    Ok(value::bytes(read(content(&uri))))
}

fn raw_head(this: &Object) -> Result<Zval> {
    if let Some(known) = kept(this, keys().head) {
        return Ok(known);
    }
    let head = from_view(this, |view| view.head())?;
    keep(this, keys().head, head.shallow_clone());
    Ok(head)
}

fn raw_body(this: &Object) -> Result<Zval> {
    body::with(this, |body| body.read())
}

fn header(call: &mut Call) -> Result<Zval> {
    let this = call.borrow_this()?;
    match call.look(0).filter(|name| !name.is_null()) {
        Some(name) => Ok(find_header(this, name_bytes(name))?.unwrap_or_else(|| call.value(1))),
        None => headers(this),
    }
}

/// The header field `name`, without an array of all where there is none yet and nobody else needs one.
fn find_header(this: &Object, name: &[u8]) -> Result<Option<Zval>> {
    if is_no_subclass(this) && is_of_buffer(this, &[keys().headers, keys().head]) {
        return Ok(with_view(this, |view| {
            view.header(name).map(|content| value::bytes(&*content))
        }));
    }
    let all = headers(this)?;
    Ok(match field_names().find(name) {
        Some(known) => array::get_known(&all, known),
        None => array::get_name(&all, name.to_ascii_lowercase()),
    })
}

fn headers(this: &Object) -> Result<Zval> {
    part(this, keys().headers, "parseHeaders", read_headers)
}

fn parse_headers(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    let headers = read_headers(&this)?;
    keep(&this, keys().headers, headers);
    Ok(())
}

fn read_headers(this: &Object) -> Result<Zval> {
    if is_of_buffer(this, &[keys().head]) {
        return Ok(with_view(this, fields));
    }
    let head = ask(this, "rawHead", raw_head)?;
    Ok(fields(View(content(&head))))
}

/// Header fields by name in lower case; those of one name are joined.
fn fields(view: View<'_>) -> Zval {
    let mut all = Zval::new_array();
    for (name, content) in view.fields() {
        let is_added = field_names()
            .find(name)
            .is_some_and(|name| array::add_known(&mut all, name, content));
        if !is_added {
            array::join_name(&mut all, &name.to_ascii_lowercase(), content);
        }
    }
    all
}

/// What `$request->header($name)` returns for a name in lower case.
pub(super) fn header_named(this: &Object, name: &str) -> Result<Zval> {
    if !has_usual_parts(this) && !this.has_native_method("header") {
        return this.call("header", &mut [value::bytes(name)]);
    }
    Ok(find_header(this, name.as_bytes())?.unwrap_or_else(Zval::null))
}

fn get(this: &Object) -> Result<Zval> {
    part(this, keys().get, "parseGet", read_query)
}

fn parse_get(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    let query = read_query(&this)?;
    keep(&this, keys().get, query);
    Ok(())
}

fn read_query(this: &Object) -> Result<Zval> {
    if is_of_buffer(this, &[keys().query_string, keys().uri]) {
        return Ok(with_view(this, |view| query::parse(view.query())));
    }
    let query = ask(this, "queryString", query_string)?;
    Ok(query::parse(content(&query)))
}

fn cookies(this: &Object) -> Result<Zval> {
    if let Some(known) = kept(this, keys().cookie) {
        return Ok(known);
    }
    let own = if is_of_buffer(this, &[keys().headers]) {
        None
    } else {
        Some(header_named(this, "cookie")?)
    };
    let mut all = Zval::new_array();
    let mut add = |(name, cookie): (&[u8], &[u8])| {
        array::set_name(&mut all, name, value::bytes(cookie));
    };
    with_view(this, |view| match &own {
        // Without a comma there was one field.
        Some(own) if !content(own).contains(&b',') => {
            wire::cookies(content(own)).for_each(&mut add);
        }
        // Several fields were joined by a comma, which belongs to no cookie.
        Some(own)
            if view.header(b"cookie").as_deref() != own.zend_str().map(|own| own.as_bytes()) =>
        {
            wire::cookies(content(own)).for_each(&mut add);
        }
        _ => view.cookies().for_each(&mut add),
    });
    keep(this, keys().cookie, all.shallow_clone());
    Ok(all)
}

fn host(call: &mut Call) -> Result<Zval> {
    let host = header_named(&call.this()?, "host")?;
    if host.is_null() || !call.bool_or(0, false) {
        return Ok(host);
    }
    let host = name_bytes(&host);
    let name = match host.iter().rposition(|&byte| byte == b':') {
        Some(colon) if is_port(&host[colon + 1..]) => &host[..colon],
        _ => host,
    };
    Ok(value::bytes(name))
}

fn is_port(text: &[u8]) -> bool {
    (1..=5).contains(&text.len()) && text.iter().all(u8::is_ascii_digit)
}
