//! Sockets on tokio: listeners, connections, send buffers, timers, and the turn of the runtime.
//!
//! The crate does not know PHP. Its user is an *owner thread* which calls [`Runtime::turn`] to let the network move, takes what
//! happened with [`Runtime::next`] and [`Connection::take`], and answers with [`Connection::send`]. Connection tasks run inside
//! the turn and never call the owner: they decode bytes into [`Event`]s and put them in the inbox of their connection.
//!
//! # Layout
//!
//! - [`runtime`]: the turn. `shared`: the queue of what is ready, the outbox of what is to be flushed. `relief` drives the network while the
//!   owner is busy, and `bell` calls an owner that waits elsewhere.
//! - [`address`], [`listener`]: what to listen on, binding (also before a fork, without a runtime) and accepting.
//! - [`policy`]: what a listener asks of its clients. `ledger`: what they cost together. `connection::pulse` finds those who are gone.
//! - [`connection`]: a connection as the owner sees it; `connection::task` is the future that reads and flushes its socket,
//!   `connection::decoding` what it makes of the bytes, `connection::delivery` how the owner and the task reach each other.
//! - [`datagram`]: UDP, served and as a client. `unix`: binding unix sockets, which leave a file behind.
//! - `introduction`: clients that a proxy introduces.
//! - `adopt`: connections over what the owner has opened: sockets, and each `descriptor` that is none.
//! - [`connector`]: connections that we make: names, addresses, proxies.
//! - [`event`]: what the owner is told. `codec` joins the decoders of `ouvrier-protocol` to it.
//! - [`spool`]: large request bodies, in files. [`frame`]: websocket frames on their way out. [`send_buffer`]: bytes on their way out, [`file`] those that are still in files; `receive_buffer`: bytes of unfinished messages.
//! - [`compression`]: permessage-deflate of one connection; `connection::message` sends through it, to many at the price of one.
//! - [`watch`]: descriptors that belong to the owner. [`timer`]: the owner's timers. `alarms`: those of connections.
//! - [`tls`]: what TLS needs, and the records of one connection; `connection::secure` is what the task does with it.
//! - [`census`]: who is connected and how busy the owner is, for reports.
//!
//! Start reading at [`Runtime::turn`].

pub mod address;
mod adopt;
mod alarms;
mod bell;
pub mod census;
mod codec;
pub mod compression;
pub mod connection;
pub mod connector;
pub mod datagram;
mod descriptor;
pub mod event;
pub mod file;
pub mod frame;
mod introduction;
mod ledger;
mod letters;
pub mod listener;
pub mod policy;
mod receive_buffer;
mod relief;
pub mod runtime;
pub mod send_buffer;
mod shared;
pub mod spool;
mod stream;
pub mod timer;
pub mod tls;
mod unix;
pub mod watch;

pub use address::{Address, Peer};
pub use adopt::adopt;
pub use census::{Census, Question};
pub use compression::Compression;
pub use connection::{
    Connection, ControlFrames, Encoded, Events, Message, Sent, Settings, Standing, Summary,
};
pub use datagram::{Datagram, Datagrams};
pub use event::{Event, Payload, Protocol};
pub use file::FileRange;
pub use ledger::Parted;
pub use listener::{BindOptions, BoundSocket, Listener};
pub use policy::Policy;
pub use runtime::{Ready, Runtime};
pub use spool::Spool;
pub use timer::Timers;
pub use watch::{Interest, WatchSet, Watched};
