//! `Workerman\Protocols\Http\ServerSentEvents`.

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_protocol::http::event_stream::Event;

use crate::{
    connection::to_bytes,
    zend::{Call, Class, Registration, Result, array, slots, value},
};

slots! {
    /// Properties of an event.
    Slots { data: "data" }
}

static CLASS: Registration<Slots> = Registration::new();

pub(super) fn register() {
    let class = Class::declared(include_str!("server_sent_events.stub.php"))
        .method("__construct", construct)
        .method("__toString", to_string);
    CLASS.register(class, Slots::of);
}

pub(super) fn class() -> &'static ClassEntry {
    CLASS.class()
}

fn construct(call: &mut Call) -> Result<()> {
    call.this()?.set(CLASS.slots().data, call.value(0));
    Ok(())
}

fn to_string(call: &mut Call) -> Result<Zval> {
    let data = call.this()?.get(CLASS.slots().data);
    let field = |name: &str| -> Result<Option<Vec<u8>>> {
        let Some(value) = array::get_name(&data, name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let text = to_bytes(&value, "ServerSentEvents")?;
        Ok(text.zend_str().map(|text| text.as_bytes().to_vec()))
    };
    let (comment, event, id, retry, content) = (
        field("")?,
        field("event")?,
        field("id")?,
        field("retry")?,
        field("data")?,
    );
    let event = Event {
        comment: comment.as_deref(),
        event: event.as_deref(),
        id: id.as_deref(),
        retry: retry.as_deref(),
        data: content.as_deref(),
    };
    let mut out = Vec::new();
    event.encode(&mut out);
    Ok(value::bytes(out))
}
