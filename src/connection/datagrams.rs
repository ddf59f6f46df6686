//! From datagrams that have arrived to `onMessage`.

use std::rc::Rc;

use ext_php_rs::types::Zval;
use ouvrier_net::{Datagram, Datagrams};

use super::{
    async_udp_connection,
    connection_interface::{self, Counter},
    packages::PORTION,
    udp_connection,
};
use crate::{
    events,
    protocols::{self, Choice, application},
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
    connection_interface::count(Counter::TotalRequest, 1);
    let class = worker::protocol_class(worker);
    let this = udp_connection::of_datagram(socket, datagram.from, class)?;
    enter(Callback::OnMessage);
    each_message(&this, datagram, |message| {
        let on_message = on_message.shallow_clone();
        let mut arguments = [this.to_zval(), message];
        events::call(move || worker::notify(&on_message, &mut arguments))
    })
}

/// Hands the messages in a datagram to `deliver`, by the protocol of its connection.
pub(super) fn each_message(
    connection: &Object,
    datagram: Datagram,
    mut deliver: impl FnMut(Zval) -> Result<()>,
) -> Result<()> {
    match protocols::of_connection(connection) {
        Choice::Native(protocol) => datagram
            .messages(protocol)
            .into_iter()
            .try_for_each(|message| deliver(value::bytes(message))),
        Choice::Application(class) => {
            let mut rest = &datagram.data[..];
            while let Some(length) = measure(connection, &class, rest, datagram.data.len())? {
                let (package, after) = rest.split_at(length);
                rest = after;
                let message = application::decode(&class, value::bytes(package), connection)?;
                // A class says so of what it cannot read.
                if message.bool() != Some(false) {
                    deliver(message)?;
                }
            }
            Ok(())
        }
    }
}

/// The length of the package at the front of `rest`, what is left of a datagram of `whole` bytes. A class without `input()` takes the
/// datagram as one package.
///
/// Behind the first package a class gets to see a portion, and the whole rest only if that does not do: a datagram full of tiny packages would
/// be copied over and over otherwise.
fn measure(connection: &Object, class: &Zval, rest: &[u8], whole: usize) -> Result<Option<usize>> {
    if rest.is_empty() {
        return Ok(None);
    }
    if !application::has_input(class)? {
        return Ok(Some(rest.len()));
    }
    let portion = if rest.len() == whole { whole } else { PORTION };
    for shown in [&rest[..portion.min(rest.len())], rest] {
        let measured = application::input(class, value::bytes(shown), connection)?;
        let length = measured
            .long()
            .and_then(|length| usize::try_from(length).ok());
        match length {
            Some(0) if shown.len() < rest.len() => {}
            Some(0) | None => return Ok(None),
            Some(length) => return Ok(Some(length.min(rest.len()))),
        }
    }
    Ok(None)
}
