//! The websocket protocol, RFC 6455.
//!
//! A connection begins as one HTTP request: [`handshake`] finds, checks and answers it, [`client`]
//! asks it. From then on [`Decoder`] turns the stream into [`Event`]s, and [`frame`] writes what is
//! sent. [`deflate`] is the one extension.

pub mod client;
mod close;
mod decoder;
pub mod deflate;
mod error;
mod event;
mod extent;
pub mod frame;
pub mod handshake;
mod header;
mod mask;
mod message;
mod origin;
mod refusal;
mod unfinished;

pub use decoder::{Decoder, Limits};
pub use error::Error;
pub use event::{CloseFrame, Event, Kind};
pub use extent::{Extent, extent};
pub use origin::{BadOrigin, Origins};
pub use refusal::Refusal;

/// Which end of the connection a decoder reads for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Reads what clients send: every frame must be masked (RFC 6455 section 5.1).
    Server,
    /// Reads what a server sends: no frame may be masked.
    Client,
}
