//! Messages that a script sends to many connections, one after the other: they are encoded and compressed once.

use std::{cell::RefCell, sync::Arc};

use ext_php_rs::types::Zval;
use ouvrier_net::{Connection, Encoded, Message, Sent};

use crate::zend::value;

thread_local! {
    /// The string that was sent last, if it is worth being remembered, and what it was encoded into. As long as it is kept its address means
    /// no other string, and PHP does not change it.
    static LAST: RefCell<Option<(Zval, Encoded)>> = const { RefCell::new(None) };
}

/// Sends a message, whose payload is the string `payload`.
pub(super) fn send(
    connection: &Arc<Connection>,
    limit: usize,
    message: Message<'_>,
    payload: &Zval,
) -> Sent {
    if !connection.may_share(&message) {
        return connection.send(limit, |out| message.encode(out));
    }
    LAST.with_borrow_mut(|last| {
        if let Some((known, encoded)) = last
            && value::identity(known) == value::identity(payload)
        {
            return connection.send_message(limit, message, encoded);
        }
        let mut encoded = Encoded::default();
        let sent = connection.send_message(limit, message, &mut encoded);
        if !encoded.is_empty() {
            *last = Some((payload.shallow_clone(), encoded));
        }
        sent
    })
}

/// Forgets the message. A turn does so before it waits, so that no memory is held for long.
pub(crate) fn forget() {
    LAST.set(None);
}
