//! `Workerman\Connection`: what scripts see of a connection, and how its events become callbacks.
//!
//! - [`connection_interface`], [`tcp_connection`]: the classes. [`send`](mod@send): from a PHP value to bytes on their way. [`close`](mod@close): the ways in which they end.
//! - [`adoption`]: connections over streams that the script has opened. [`async_tcp_connection`]: connections that the script makes. [`remote_address`]: what their address means. [`route`]: the way that they take.
//! - [`state`]: what an object holds of the network. [`enrolment`]: what makes it one of the process. [`answer`]: the answer that a request waits for.
//! - [`packages`](mod@packages): what protocol classes of the application cut and decode.
//! - [`starttls`]: TLS on a connection that is open. [`tls_options`]: the `ssl` options of a stream context. [`tls_client`]: whom connections that the script makes believe. [`tls_failure`]: what the log says of handshakes that came to nothing.
//! - [`flow`](mod@flow): pausing, resuming and piping. [`waiting`]: what was sent or received and waits.
//! - [`udp_connection`], [`async_udp_connection`]: the same for UDP; [`datagrams`]: from what arrived to `onMessage`.
//! - [`dispatch`]: from what the network announced to the callbacks of a script, each of which is in [`callbacks`]. [`address`]: addresses as scripts see them.

mod address;
mod adoption;
pub(crate) mod answer;
pub(crate) mod async_tcp_connection;
mod async_udp_connection;
pub(crate) mod broadcast;
mod callbacks;
pub(crate) mod close;
pub(crate) mod connection_interface;
pub(crate) mod datagrams;
pub(crate) mod dispatch;
mod enrolment;
mod farewell;
mod flow;
mod limits;
pub(crate) mod packages;
mod remote_address;
mod route;
mod send;
pub(crate) mod socket_options;
pub(crate) mod starttls;
mod state;
pub(crate) mod tcp_connection;
mod tls_client;
mod tls_failure;
pub(crate) mod tls_options;
mod udp_connection;
pub(crate) mod waiting;

pub(crate) use send::{send_file, to_bytes, websocket_payload};

/// Registers the classes.
pub(crate) fn register() {
    connection_interface::register();
    tcp_connection::register();
    udp_connection::register();
    async_udp_connection::register();
    async_tcp_connection::register();
}
