//! `Workerman\Protocols\Ws`: the websocket client, and what scripts set on connections for it. [`methods`]: its methods, called by hand.

mod methods;

use std::{sync::Arc, time::Duration};

pub(super) use methods::has_shaken_hands;

use ouvrier_net::Connection;
use ouvrier_protocol::websocket::{client::Request, deflate::Preference};

use super::{
    http::{fields, response},
    websocket::callback,
};
use crate::{
    connection::{
        async_tcp_connection::slots,
        connection_interface::notify,
        tcp_connection::{self, is_secure},
    },
    zend::{Class, Object, Result},
};

pub(super) fn register() {
    methods::methods(Class::declared(include_str!("ws.stub.php"))).register();
}

/// Asks the server for the handshake.
pub(super) fn request(this: &Object, connection: &Arc<Connection>) -> Result<()> {
    let compression = connection.policy().websocket.compression;
    let offer = compression.map(|compression| compression.preference());
    with_request(this, offer, |request| connection.request_upgrade(request))
}

/// Hands out what the script wants to ask the server for.
fn with_request<T>(
    this: &Object,
    compression: Option<Preference>,
    f: impl FnOnce(&Request<'_>) -> T,
) -> Result<T> {
    let fields = fields::fields(&this.get(tcp_connection::slots().headers))?;
    let (origin, protocols) = (
        text(this, "websocketOrigin"),
        text(this, "websocketClientProtocol"),
    );
    Ok(f(&Request {
        target: &this.bytes(slots().remote_uri),
        host: &host(this),
        origin: origin.as_deref(),
        protocols: protocols.as_deref(),
        compression,
        fields: &fields::borrowed(&fields),
    }))
}

/// The remote host, with its port unless it is the usual one.
fn host(this: &Object) -> Vec<u8> {
    let mut host = this.bytes(slots().remote_host);
    let port = this.long(slots().remote_port);
    if port != if is_secure(this) { 443 } else { 80 } {
        host.extend(format!(":{port}").into_bytes());
    }
    host
}

/// A dynamic property that is a string; `None` when it is empty.
fn text(this: &Object, name: &str) -> Option<Vec<u8>> {
    let value = this.named(name)?;
    let text = value.zend_str()?.as_bytes();
    (!text.is_empty()).then(|| text.to_vec())
}

/// The server has let us in.
pub(crate) fn upgraded(this: &Object, connection: &Arc<Connection>, head: &[u8]) -> Result<()> {
    let on_connect = callback(this, "onWebSocketConnect");
    if !on_connect.is_null() {
        let response = response::from_head(head)?;
        notify(this, &on_connect, &mut [this.to_zval(), response.to_zval()])?;
    }
    if let (Some(interval), Some(reactor)) = (interval(this), tcp_connection::home(this)) {
        connection.ping_every(interval, &reactor.runtime);
    }
    Ok(())
}

/// The time between two pings; `None` for no pings.
fn interval(this: &Object) -> Option<Duration> {
    let seconds = this.named("websocketPingInterval")?.coerce_to_double()?;
    let interval = Duration::try_from_secs_f64(seconds).ok()?;
    (!interval.is_zero()).then_some(interval)
}
