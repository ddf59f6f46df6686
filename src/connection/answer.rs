//! The answer that a request over HTTP waits for: whether there is one to wait for, what the request says about it, and the header fields that
//! the script has set for it.

use std::sync::Arc;

use ext_php_rs::types::Zval;
use ouvrier_net::Connection;
use ouvrier_protocol::http::{Terms, compression, conditional::Conditions};

use super::{
    state::{Owed, TcpState},
    tcp_connection::slots,
};
use crate::zend::{Object, array};

/// Notes that a request waits for its answer. What comes behind it waits, too.
pub(super) fn set_owed(this: &Object) {
    begin_wait(this, Owed::Answer);
}

/// Notes that a handshake of websocket waits until a class of the application has dealt with it. What comes behind it waits, too.
pub(crate) fn begin_handshake(this: &Object) {
    begin_wait(this, Owed::Handshake);
}

fn begin_wait(this: &Object, owed: Owed) {
    if let Some(state) = this.state::<TcpState>() {
        state.owed.set(owed);
        state.look_at_network(|own| own.map(|own| own.set_owing(true)));
    }
}

/// Whether a class of the application is dealing with a handshake.
pub(super) fn is_shaking_hands(this: &Object) -> bool {
    this.state::<TcpState>()
        .is_some_and(|state| state.owed.get() == Owed::Handshake)
}

/// Notes that the class has dealt with the handshake, if that was still to be done.
pub(crate) fn end_handshake(this: &Object) {
    if is_shaking_hands(this)
        && let Some(state) = this.state::<TcpState>()
    {
        let_next(state, false);
    }
}

/// Notes that a request is handed to the script and waits for its answer, what it says about that, and, where the worker compresses, whether its client
/// `accepts` gzip.
pub(crate) fn set_asked(
    this: &Object,
    terms: Terms,
    conditions: Option<Box<Conditions>>,
    accepts: impl FnOnce() -> bool,
) {
    let Some(state) = this.state::<TcpState>() else {
        return;
    };
    state.owed.set(Owed::Answer);
    state.terms.set(terms);
    if conditions.is_some() || state.seldom_if_any().is_some() {
        state.seldom().conditions.set(conditions);
    }
    let owes = |own: &Arc<Connection>| {
        own.set_owing(true);
        own.policy().http.compression
    };
    let compresses = state.look_at_network(|own| own.is_some_and(owes));
    state.gzip.set(compresses && accepts());
}

/// Notes that the content of a stream is going to be sent: until `$context->streamSending` ends, that is one answer.
pub(crate) fn begin_stream(this: &Object) {
    if let Some(state) = this.state::<TcpState>() {
        state.owed.set(Owed::Answer);
        state.streaming.set(true);
    }
}

/// Whether the content of a stream is still being sent.
pub(super) fn is_streaming(this: &Object) -> bool {
    let Some(state) = this
        .state::<TcpState>()
        .filter(|state| state.streaming.get())
    else {
        return false;
    };
    let context = this.object(slots().context);
    let sending = context.and_then(|context| context.named("streamSending"));
    state
        .streaming
        .set(sending.is_some_and(|sending| sending.coerce_to_bool()));
    state.streaming.get()
}

/// Whether a request or a handshake waits for its answer.
pub(super) fn is_owed(this: &Object) -> bool {
    this.state::<TcpState>()
        .is_some_and(|state| state.owed.get() != Owed::Nothing)
}

/// Notes that no request waits for its answer, so that the next one has its turn.
pub(crate) fn set_answered(this: &Object) {
    end_wait(this, false);
}

/// As [`set_answered`], where more of the answer may follow: the client is not idle.
pub(super) fn set_begun(this: &Object) {
    end_wait(this, true);
}

/// What is sent by hand in the middle of a handshake is no answer to it.
fn end_wait(this: &Object, owes: bool) {
    if let Some(state) = this.state::<TcpState>()
        && state.owed.get() != Owed::Handshake
    {
        let_next(state, owes);
    }
}

/// Lets what waits have its turn.
fn let_next(state: &TcpState, owes: bool) {
    state.owed.set(Owed::Nothing);
    state.look_at_network(|connection| {
        if let Some(connection) = connection {
            connection.set_owing(owes);
            state.let_through(connection);
        }
    });
}

/// Notes that the connection ends with the answer that has begun.
pub(crate) fn set_closing(this: &Object) {
    if let Some(state) = this.state::<TcpState>() {
        state.terms.set(Terms {
            persists: false,
            ..state.terms.get()
        });
    }
}

/// The conditions of the request that the script answers, once.
pub(crate) fn take_conditions(this: &Object) -> Option<Box<Conditions>> {
    let seldom = this.state::<TcpState>()?.seldom_if_any()?;
    seldom.conditions.take()
}

/// What the request says about its answer that the script answers next, or has begun to answer.
pub(crate) fn terms(this: &Object) -> Terms {
    this.state::<TcpState>()
        .map(|state| state.terms.get())
        .unwrap_or_default()
}

/// On which terms a response is compressed; `None` where the worker does not do that. The answer to `HEAD` is not.
pub(crate) fn compression(this: &Object) -> Option<compression::Terms> {
    let state = this.state::<TcpState>()?;
    state.look_at_network(|network| {
        let http = &network?.policy().http;
        http.compression.then(|| compression::Terms {
            accepted: state.gzip.get() && !state.terms.get().is_head,
            least: http.compression_least,
        })
    })
}

/// Whether `$connection->headers` holds something for the next answer.
pub(crate) fn has_headers(this: &Object) -> bool {
    this.look(slots().headers, |headers| {
        headers.array().is_some_and(|headers| !headers.is_empty())
    })
}

/// `$connection->headers`.
pub(crate) fn headers(this: &Object) -> Zval {
    this.get(slots().headers)
}

/// `$connection->headers`, which serve once; null where there are none.
pub(crate) fn take_headers(this: &Object) -> Zval {
    if !has_headers(this) {
        return Zval::null();
    }
    let headers = headers(this);
    this.set(slots().headers, Zval::new_array());
    headers
}

/// `$connection->headers[$name] = $value`: a header field of the next answer, in place of one of that name.
pub(crate) fn set_header(this: &Object, name: &str, value: Zval) {
    let old = this.change(slots().headers, |headers| {
        array::replace_name(headers, name, value)
    });
    drop(old);
}
