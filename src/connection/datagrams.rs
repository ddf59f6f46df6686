//! From datagrams that have arrived to `onMessage`.

use std::rc::Rc;

use ouvrier_net::{Datagram, Datagrams};

use super::{async_udp_connection, connection_interface, udp_connection};
use crate::{
    events,
    protocols::{self, Choice},
    worker::{
        self,
        reactor::Reactor,
        report::{Callback, enter},
    },
    zend::{Object, Result, callback, value},
};

/// Handles what has arrived on a UDP socket, a worker's or a client's.
pub(crate) fn dispatch(reactor: &Reactor, number: u64) -> Result<()> {
    if let Some((worker, socket)) = reactor.served_datagrams(number) {
        return serve(&worker, &socket).map(drop);
    }
    match reactor.udp_client(number) {
        Some(client) => events::call(move || async_udp_connection::base_read(&client)),
        None => Ok(()),
    }
}

/// Handles everything that a worker's socket has received until now: what was read must not be lost with this process.
pub(crate) fn finish(worker: &Object, socket: &Rc<Datagrams>) -> Result<()> {
    socket.pause();
    while serve(worker, socket)? {}
    Ok(())
}

/// Handles a batch. Returns whether there was one.
fn serve(worker: &Object, socket: &Rc<Datagrams>) -> Result<bool> {
    let datagrams = socket.take().datagrams;
    let any = !datagrams.is_empty();
    for datagram in datagrams {
        receive(worker, socket, datagram)?;
    }
    Ok(any)
}

/// What a callback throws stops the process, as in Workerman: the datagram's object has no say in it.
fn receive(worker: &Object, socket: &Rc<Datagrams>, datagram: Datagram) -> Result<()> {
    let on_message = worker::on_message(worker);
    if !callback::is_set(&on_message) {
        return Ok(());
    }
    let protocol = match worker::protocol(worker) {
        Choice::Native(protocol) => protocol,
        Choice::Unknown(class) => return protocols::refuse(&class),
    };
    connection_interface::count("total_request", 1);
    let class = worker::protocol_class(worker);
    let this = udp_connection::of_datagram(socket, datagram.from, class)?;
    enter(Callback::OnMessage);
    for message in datagram.messages(protocol) {
        let on_message = on_message.shallow_clone();
        let mut arguments = [this.to_zval(), value::bytes(message)];
        events::call(move || worker::notify(&on_message, &mut arguments))?;
    }
    Ok(())
}
