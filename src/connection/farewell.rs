//! What `close()` says to a websocket peer: a refusal before the handshake is answered, a close frame after it.
//!
//! In both cases a `Response` is how a script words it: its status and headers before, its status as the close code and its body as the reason after.

use std::{sync::Arc, time::Duration};

use ext_php_rs::types::Zval;
use ouvrier_net::{Connection, frame, policy::SlowConsumer};
use ouvrier_protocol::websocket::{CloseFrame, Refusal, Role};

use super::{answer, close, limits, tcp_connection};
use crate::{
    protocols::{
        self,
        http::{self, Manner},
    },
    worker,
    zend::{Object, Result, exception},
};

/// Seconds that a client has to read why it is not let in.
const LINGER: f64 = 1.0;
/// The time that a client has to take what waits for it before it is given up.
const SLOW_LINGER: Duration = Duration::from_secs(5);

/// What is to be said at the end of a connection.
pub(super) enum Farewell {
    /// The handshake is refused with these bytes.
    Refusal(Vec<u8>),
    /// A close frame, in place of the data.
    Close(Role, CloseFrame),
    /// The data, and the close frame of the moment behind it if it is a websocket.
    Data,
}

impl Farewell {
    /// What `close($data)` means to a connection.
    ///
    /// # Errors
    /// A `ValueError` for a response that cannot be said. Nothing has happened then.
    pub(super) fn of(this: &Object, connection: &Connection, data: &Zval) -> Result<Self> {
        let Some((role, is_open)) = protocols::websocket_end(this) else {
            return Ok(Self::Data);
        };
        let response = Object::from_zval(data).filter(http::is_response);
        match response {
            Some(response) if is_open => {
                close_frame(&response).map(|close| Self::Close(role, close))
            }
            Some(response) if role == Role::Server => refusal(this, &response).map(Self::Refusal),
            None if role == Role::Server && is_asked(this, connection) => {
                Ok(Self::Refusal(Refusal::Forbidden.response()))
            }
            _ => Ok(Self::Data),
        }
    }

    /// Says it. Returns whether the connection ends by itself now.
    pub(super) fn say(&self, this: &Object, connection: &Arc<Connection>) -> Result<bool> {
        Ok(match self {
            Self::Refusal(bytes) => {
                connection.send_raw(limits::limit(this), |out| out.extend_from_slice(bytes));
                close::ending(this, LINGER)?;
                true
            }
            Self::Close(role, close) => {
                connection.send(limits::limit(this), |out| {
                    frame::encode_close_frame(*role, close, out)
                });
                false
            }
            Self::Data => {
                if let Some(role) = protocols::open_websocket(this) {
                    let code = worker::close_code();
                    connection.send(limits::limit(this), |out| {
                        frame::encode_close(role, code, out)
                    });
                }
                false
            }
        })
    }
}

/// Whether a client waits to be let in.
fn is_asked(this: &Object, connection: &Connection) -> bool {
    connection.asks_upgrade() || answer::is_shaking_hands(this)
}

/// Parts from a client that does not take what is sent to it, if the policy of its listener says so. `onClose` follows.
pub(super) fn part_from_slow(this: &Object) {
    let Some(connection) = tcp_connection::network(this) else {
        return;
    };
    let SlowConsumer::Close(code) = connection.policy().limits.slow_consumer else {
        return;
    };
    if !tcp_connection::is_established(this) {
        return;
    }
    close::note_ending(this);
    let role = protocols::open_websocket(this);
    connection.part_from_slow(SLOW_LINGER, |out| {
        if let Some(role) = role {
            frame::encode_close(role, code, out);
        }
    });
}

fn close_frame(response: &Object) -> Result<CloseFrame> {
    let (code, reason) = http::status_and_body(response);
    let close = u16::try_from(code)
        .ok()
        .and_then(|code| CloseFrame::new(code, &reason).ok());
    match close {
        Some(close) => Ok(close),
        None => refuse(&format!(
            "a websocket is closed with a code of 1000, 1001, 1002, 1003, 1007 to 1014 or 3000 to 4999 and a reason of up to 123 bytes of UTF-8, not with {code} and {} bytes",
            reason.len()
        )),
    }
}

/// A refusal is no success: the client would wait for frames (RFC 6455 section 4.1).
fn refusal(this: &Object, response: &Object) -> Result<Vec<u8>> {
    let (status, _) = http::status_and_body(response);
    if !(200..=599).contains(&status) {
        return refuse(&format!(
            "a websocket handshake is refused with a status between 200 and 599, not with {status}"
        ));
    }
    // They were meant for the client that is let in.
    drop(answer::take_headers(this));
    let encoded = http::encode(this, &response.to_zval(), Manner::answering(this, true))?;
    match &encoded.file {
        None => Ok(encoded.into_bytes()),
        Some(_) => refuse("a websocket handshake is not refused with a file"),
    }
}

fn refuse<T>(problem: &str) -> Result<T> {
    exception::throw(ext_php_rs::zend::ce::value_error(), problem)
}
