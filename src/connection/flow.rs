//! The flow of bytes: holding it back, letting it go, and piping it into another connection.

use super::tcp_connection::{home, network, slots};
use crate::zend::{Call, Result, callback, library, value};

pub(super) fn pause_recv(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    this.set(slots().is_paused, value::boolean(true));
    if let Some(connection) = network(&this) {
        connection.pause();
    }
    Ok(())
}

pub(super) fn resume_recv(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    if this.bool(slots().is_paused) {
        this.set(slots().is_paused, value::boolean(false));
        if let Some(connection) = network(&this) {
            connection.resume();
            if this.length(slots().recv_buffer) > 0 {
                connection.call_owner();
            }
        }
    }
    Ok(())
}

pub(super) fn base_read(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    match (home(&this), network(&this)) {
        (Some(reactor), Some(connection)) => super::dispatch::dispatch(&reactor, connection),
        _ => Ok(()),
    }
}

pub(super) fn base_write(call: &mut Call) -> Result<()> {
    if let Some(connection) = network(&call.this()?) {
        connection.flush();
    }
    Ok(())
}

pub(super) fn pipe(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    let arguments = &mut [this.to_zval(), call.value(0)];
    let pipe = library::embedded(c"TcpConnection::pipe", include_str!("../../php/pipe.php"))?;
    callback::call(&pipe, arguments).map(drop)
}
