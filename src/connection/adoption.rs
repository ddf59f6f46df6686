//! Connections over streams that the script has opened: sockets, pipes, terminals.

use ext_php_rs::{types::Zval, zend::ce};
use ouvrier_net::{Protocol, adopt};

use super::{
    connection_interface,
    enrolment::enrol,
    starttls,
    tcp_connection::{attach, class, max_package_size, set_home, slots},
};
use crate::{
    events, worker,
    zend::{
        Call, Object, Result, array, exception, library, statics::static_property, stream::Stream,
        value,
    },
};

/// `new TcpConnection($loop, $stream)`. The stream is read from the next turn of the loop on, after what PHP has read ahead of it.
pub(super) fn construct(call: &mut Call) -> Result<()> {
    let this = call.this()?;
    let Some(event_loop) = call.object(0) else {
        return Ok(());
    };
    let value = call.value(1);
    let Some(stream) = Stream::of(&value) else {
        return exception::throw(
            ce::type_error(),
            "Argument #2 ($socket) must be an open stream resource",
        );
    };
    if let Some(problem) = unfit(&stream)? {
        return refuse(&problem);
    }
    let descriptor = stream.with_descriptor(|descriptor| descriptor.try_clone_to_owned())?;
    let descriptor = match descriptor {
        Some(Ok(descriptor)) => descriptor,
        Some(Err(error)) => return refuse(&worker::system_message(&error)),
        None => {
            return refuse(&format!(
                "one of type {} has nothing that could be waited for",
                stream.kind()
            ));
        }
    };
    let reactor = events::reactor_of(&event_loop)?;
    let settings = worker::settings_for_connection(&this, max_package_size(&this), Protocol::Raw);
    let connection = match adopt(&reactor.runtime, descriptor, stream.buffered(), settings) {
        Ok(connection) => connection,
        Err(error) => return refuse(&worker::system_message(&error)),
    };
    stream.forget_buffered();
    // For whoever reads or writes it beside us.
    stream.set_blocking(false);
    enrol(&this);
    let (slots, inherited) = (slots(), connection_interface::slots());
    this.set(inherited.event_loop, event_loop.to_zval());
    this.set(slots.remote_address, value::bytes(call.bytes(2)));
    this.set(
        slots.linger_timeout,
        static_property(class(), "defaultLingerTimeout"),
    );
    starttls::remember(&value, &this);
    this.set(slots.socket, value);
    attach(&this, &connection);
    reactor.remember_connection(&connection, &this);
    set_home(&this, &reactor);
    Ok(())
}

/// What keeps a stream from being read by the network instead of PHP: what PHP would do on the way.
fn unfit(stream: &Stream) -> Result<Option<String>> {
    if stream.is_filtered() {
        return Ok(Some("it has filters, which are PHP's".to_owned()));
    }
    if stream.kind() == "user-space" {
        return Ok(Some("it is one that is written in PHP".to_owned()));
    }
    let described = library::call("stream_get_meta_data", &mut [stream.to_zval()])?;
    let speaks_tls = array::get_name(&described, "crypto").is_some();
    Ok(speaks_tls.then(|| {
        "it speaks TLS already; hand it over before the handshake, and set $transport to ssl"
            .to_owned()
    }))
}

fn refuse(problem: &str) -> Result<()> {
    exception::throw_runtime(&format!("cannot use the stream: {problem}"))
}

/// Closes the stream that the script has of a connection which is given up, as Workerman does: whatever else has it would keep a pipe open.
pub(super) fn close_stream(this: &Object) {
    let value = this.get(slots().socket);
    if value.is_null() {
        return;
    }
    this.set(slots().socket, Zval::null());
    starttls::forget(&value);
    if let Some(stream) = Stream::of(&value) {
        stream.close();
    }
}
