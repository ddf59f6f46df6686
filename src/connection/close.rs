//! The ways in which a connection ends.

use std::{sync::Arc, time::Duration};

use ext_php_rs::types::Zval;
use ouvrier_net::Connection;

use super::{
    address, adoption,
    connection_interface::{self, notify, settle},
    enrolment,
    farewell::Farewell,
    packages, send,
    state::TcpState,
    tcp_connection::{home, is_native, network, slots, status, update_traffic},
    waiting,
};
use crate::{
    protocols::{self, Choice, application},
    worker,
    zend::{Object, Result, value},
};

/// Sends through the object, so that a subclass which overrides `send` gets to see it.
fn send_through(this: &Object, data: &Zval, raw: bool) -> Result<()> {
    if data.is_null() {
        return Ok(());
    }
    if this.has_native_method("send") {
        return send::send(this, data, raw).map(drop);
    }
    this.call("send", &mut [data.shallow_clone(), value::boolean(raw)])
        .map(drop)
}

/// `$connection->close($data, $raw)`.
pub(crate) fn close(this: &Object, data: &Zval, raw: bool) -> Result<()> {
    let slots = slots();
    match this.long(slots.status) {
        status::INITIAL | status::CONNECTING => return destroy(this),
        status::CLOSING | status::CLOSED => return Ok(()),
        _ => {}
    }
    let farewell = match network(this) {
        Some(connection) if !raw => Some(Farewell::of(this, &connection, data)?),
        _ => None,
    };
    if matches!(farewell, None | Some(Farewell::Data)) {
        send_through(this, data, raw)?;
        if matches!(this.long(slots.status), status::CLOSING | status::CLOSED) {
            return Ok(());
        }
    }
    let Some(connection) = network(this) else {
        return destroy(this);
    };
    if let Some(farewell) = farewell
        && farewell.say(this, &connection)?
    {
        return Ok(());
    }
    this.set(slots.status, value::long(status::CLOSING));
    if connection.close() {
        return destroy(this);
    }
    this.set(slots.is_paused, value::boolean(true));
    Ok(())
}

/// `$connection->end($data, $raw)`.
pub(super) fn end(this: &Object, data: &Zval, raw: bool) -> Result<()> {
    if this.long(slots().status) != status::ESTABLISHED {
        return Ok(());
    }
    send_through(this, data, raw)?;
    // A callback of the sending may have closed the connection.
    if this.long(slots().status) != status::ESTABLISHED {
        return Ok(());
    }
    ending(this, linger_timeout(this))
}

fn linger_timeout(this: &Object) -> f64 {
    this.look(slots().linger_timeout, |value| {
        value.double().unwrap_or(1.0)
    })
}

/// Lets a connection end; the network tells when it has.
pub(super) fn ending(this: &Object, linger: f64) -> Result<()> {
    note_ending(this);
    let Some(connection) = network(this) else {
        return Ok(());
    };
    if this.has_native_method(SHUTDOWN) {
        shut_down(this, &connection, linger);
        return Ok(());
    }
    connection.flush();
    ending_is_written(this)
}

/// The method that shuts the sending side of an ending connection.
const SHUTDOWN: &str = "endMaybeShutdownWrite";

/// Has a subclass that wants to do it shut the sending side, once everything is written. What a plain connection has to do then the network does.
pub(super) fn ending_is_written(this: &Object) -> Result<()> {
    let is_due = this.long(slots().status) == status::ENDING
        && !this.has_native_method(SHUTDOWN)
        && waiting::unwritten(this) == 0;
    if is_due {
        this.call(SHUTDOWN, &mut [])?;
    }
    Ok(())
}

/// `$this->endMaybeShutdownWrite()`.
pub(super) fn end_maybe_shutdown_write(this: &Object) -> Result<()> {
    let is_due = this.long(slots().status) == status::ENDING
        && !this.bool(slots().end_write_shutdown)
        && waiting::unwritten(this) == 0;
    if let Some(connection) = network(this).filter(|_| is_due) {
        shut_down(this, &connection, linger_timeout(this));
    }
    Ok(())
}

fn shut_down(this: &Object, connection: &Arc<Connection>, linger: f64) {
    connection.end(Duration::try_from_secs_f64(linger).unwrap_or_default());
    let is_shut = waiting::unwritten(this) == 0;
    this.set(slots().end_write_shutdown, value::boolean(is_shut));
}

/// Notes that a connection takes and hears nothing more.
pub(super) fn note_ending(this: &Object) {
    this.set(slots().status, value::long(status::ENDING));
    packages::forget_buffer(this);
}

/// Ends a connection at once, calls `onClose`, and lets go of everything.
pub(super) fn destroy(this: &Object) -> Result<()> {
    let slots = slots();
    if this.long(slots.status) == status::CLOSED {
        return Ok(());
    }
    let connection = let_go(this);
    if let Some(state) = this.state::<TcpState>() {
        drop(state.take_unsent());
    }
    this.set(slots.status, value::long(status::CLOSED));
    let inherited = connection_interface::slots();
    let on_close = this.get(inherited.on_close);
    if !on_close.is_null() {
        settle_address(this, connection.as_deref());
        notify(this, &on_close, &mut [this.to_zval()])?;
    }
    if let Choice::Application(class) = protocols::of_connection(this) {
        settle_address(this, connection.as_deref());
        application::on_close(&class, this).or_else(|unwind| settle(this, unwind))?;
    }
    packages::forget_buffer(this);
    if this.long(slots.status) == status::CLOSED {
        release(this);
    }
    if this.is_shared() {
        settle_address(this, connection.as_deref());
    }
    Ok(())
}

/// Has the object keep the address of a connection that it has let go of.
fn settle_address(this: &Object, connection: Option<&Connection>) {
    address::REMOTE.settle_as(this, || {
        connection.map_or_else(|| value::bytes(""), address::remote_of)
    });
}

/// Gives up the network connection, if there is one, and hands it out. The object may get another one.
pub(super) fn let_go(this: &Object) -> Option<Arc<Connection>> {
    update_traffic(this);
    let state = this.state::<TcpState>()?;
    adoption::close_stream(this);
    this.set(slots().is_paused, value::boolean(false));
    this.set(slots().end_write_shutdown, value::boolean(false));
    state.forget_received();
    let connection = state.replace_network(None)?;
    // What send() has taken on is the system's by now in Workerman.
    connection.flush_and_destroy();
    let tag = connection.tag();
    connection.set_tag(0);
    let forgotten = home(this).and_then(|reactor| reactor.forget_connection(tag));
    drop(forgotten);
    Some(connection)
}

/// Lets go of everything that a closed connection holds or is held by.
fn release(this: &Object) {
    let (slots, inherited) = (slots(), connection_interface::slots());
    let id = this.long(slots.real_id);
    let worker = this.object(slots.worker);
    let listed = worker.and_then(|worker| worker::forget_connection(&worker, id, this));
    let published = enrolment::unpublish(id);
    drop((listed, published));
    // Nobody sees what an object holds that is gone with the last who knows it.
    if !this.is_shared() && is_native(this) {
        return;
    }
    for slot in [
        inherited.on_message,
        inherited.on_close,
        inherited.on_error,
        slots.on_buffer_full,
        slots.on_buffer_drain,
        inherited.event_loop,
        inherited.error_handler,
        slots.worker,
    ] {
        this.set(slot, Zval::null());
    }
}
