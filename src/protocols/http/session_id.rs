//! How a request and its session find each other: the id in a cookie.

use ext_php_rs::types::Zval;

use super::{content, request::slots, session};
use crate::{
    connection::answer,
    zend::{Call, Object, Result, array, callback::call_static, exception, library, value},
};

/// `$request->session()`.
pub(super) fn session(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    if let Some(known) = noted(&this, "session") {
        return Ok(known);
    }
    let id = this.call("sessionId", &mut [])?;
    let session = session::new(&id)?.to_zval();
    note(&this, "session", session.shallow_clone());
    Ok(session)
}

/// `$request->sessionId($sessionId)`: the id that the client has sent, the one that is given, or a new one. The client gets to know what it
/// has not sent.
pub(super) fn session_id(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    let given = call
        .argument(0)
        .filter(|given| !matches!(content(given), b"" | b"0"));
    if given.is_some() {
        forget(&this, "sid");
        forget(&this, "session");
    } else if let Some(known) = noted(&this, "sid") {
        return Ok(known);
    }
    let name = session::cookie_name()?;
    let id = match given {
        None => sent_id(&this, &name)?,
        Some(_) => None,
    };
    let id = match id {
        Some(id) => id,
        None => {
            if this.object(slots().connection).is_none() {
                return exception::throw_runtime("Request->session() fail, header already send");
            }
            let id = match given {
                Some(given) => given,
                None => call_static(this.class(), "createSessionId", &mut [])?,
            };
            hand_out(&this, &name, &id)?;
            id
        }
    };
    note(&this, "sid", id.shallow_clone());
    Ok(id)
}

/// The id in the cookie, if it is one. Cookies may stand in quotes (RFC 6265 section 4.1.1).
fn sent_id(this: &Object, name: &Zval) -> Result<Option<Zval>> {
    let cookie = this.call("cookie", &mut [name.shallow_clone()])?;
    let id = match content(&cookie) {
        [b'"', id @ .., b'"'] => value::bytes(id),
        _ => cookie,
    };
    let valid = this.call("isValidSessionId", &mut [id.shallow_clone()])?;
    Ok(valid.bool().unwrap_or_default().then_some(id))
}

/// `$request->isValidSessionId($sessionId)`.
pub(super) fn is_valid_session_id(call: &mut Call) -> Result<bool> {
    let id = call.value(0);
    let id = content(&id);
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b',' | b'-');
    Ok((16..=256).contains(&id.len()) && id.iter().all(is_plain))
}

/// `$request->sessionRegenerateId($deleteOldSession)`.
pub(super) fn session_regenerate_id(call: &mut Call) -> Result<Zval> {
    let this = call.this()?;
    let old = this.call("session", &mut [])?;
    let id = call_static(this.class(), "createSessionId", &mut [])?;
    let new = session::new(&id)?;
    if let Some(old) = Object::from_zval(&old) {
        let data = old.call("all", &mut [])?;
        if call.bool_or(0, false) {
            old.call("flush", &mut [])?;
        }
        new.call("put", &mut [data])?;
    }
    hand_out(&this, &session::cookie_name()?, &id)?;
    note(&this, "sid", id.shallow_clone());
    note(&this, "session", new.to_zval());
    Ok(id)
}

/// `Request::createSessionId()`: 128 random bits.
pub(super) fn create_session_id(_: &mut Call) -> Result<Zval> {
    let bytes: [u8; 16] = library::random_bytes()?;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(value::bytes(digits))
}

/// Lets the client know the id.
fn hand_out(this: &Object, name: &Zval, id: &Zval) -> Result<()> {
    let arguments = &mut [
        name.shallow_clone(),
        id.shallow_clone(),
        session::cookie_parameters()?,
    ];
    this.call("setSidCookie", arguments).map(drop)
}

/// `$this->setSidCookie($sessionName, $sid, $cookieParams)`: puts the cookie into what is sent next.
pub(super) fn set_sid_cookie(call: &mut Call) -> Result<()> {
    let Some(connection) = call.this()?.object(slots().connection) else {
        return exception::throw_runtime("Request->setSidCookie() fail, header already send");
    };
    let parameters = call.value(2);
    let mut cookie = [&call.bytes(0)[..], b"=", &call.bytes(1)].concat();
    for (name, label) in [
        ("domain", "; Domain="),
        ("lifetime", "; Max-Age="),
        ("path", "; Path="),
        ("samesite", "; SameSite="),
    ] {
        if let Some(parameter) = given(&parameters, name) {
            let text = crate::connection::to_bytes(&parameter, "setSidCookie")?;
            cookie.extend_from_slice(label.as_bytes());
            cookie.extend_from_slice(content(&text));
        }
    }
    for (name, label) in [("secure", "; Secure"), ("httponly", "; HttpOnly")] {
        if given(&parameters, name).is_some() {
            cookie.extend_from_slice(label.as_bytes());
        }
    }
    answer::set_header(
        &connection,
        "Set-Cookie",
        array::list([value::bytes(cookie)]),
    );
    Ok(())
}

/// A parameter that is not empty.
fn given(parameters: &Zval, name: &str) -> Option<Zval> {
    array::get_name(parameters, name).filter(|parameter| parameter.coerce_to_bool())
}

/// What the request's `context` holds.
fn noted(this: &Object, name: &str) -> Option<Zval> {
    let noted = this.look(slots().context, |context| array::get_name(context, name));
    noted.filter(|noted| !noted.is_null())
}

fn note(this: &Object, name: &str, content: Zval) {
    let old = this.change(slots().context, |context| {
        array::replace_name(context, name, content)
    });
    drop(old);
}

/// What is forgotten is dropped when nothing is looked at any more: the end of a session is PHP.
fn forget(this: &Object, name: &str) {
    let old = this.change(slots().context, |context| array::take_name(context, name));
    drop(old);
}
