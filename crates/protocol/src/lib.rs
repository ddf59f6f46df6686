//! Bytes to messages, and messages to bytes, for every protocol that Ouvrier speaks.
//!
//! This crate does no IO, reads no clock and knows neither tokio nor PHP: a decoder is fed with
//! bytes and returns [`Step`]s, an encoder appends to a `Vec<u8>`. That is why all of it can be
//! tested without a socket.
//!
//! # Layers
//!
//! | module | wire format | start reading at |
//! |---|---|---|
//! | [`text`] | lines that end with `\n` | [`text::Decoder`] |
//! | [`length_prefixed`] | a 32-bit length, then the payload | [`length_prefixed::Decoder`] |
//! | [`http`] | HTTP/1.x requests in, responses out | [`http::Decoder`], [`http::response`] |
//! | [`websocket`] | RFC 6455 | [`websocket::handshake`], [`websocket::client`], [`websocket::Decoder`] |
//! | [`proxy`] | SOCKS5 and `CONNECT`, client side | [`proxy::Dialogue`] |
//!
//! `websocket` and `proxy` use the parts of `http` that find and check heads; nothing else depends
//! on a neighbour.
//!
//! All of them may use [`spare`] buffers, which come from a [`pool`].
//!
//! # What every decoder promises
//!
//! - Any way of cutting the stream into pieces gives the same items, and the same error.
//! - Work is linear in the bytes received: what was searched once is not searched again.
//! - Memory grows with the bytes received, never with a length that the peer merely claims, and
//!   within the caller's limits.
//! - With nothing pending a decoder holds no heap memory, so an idle connection costs its struct
//!   and no more.
//! - After an error the stream has lost its framing: the decoder must not be used again.

#![forbid(unsafe_code)]

pub mod forwarded;
pub mod http;
pub mod length_prefixed;
pub mod pool;
pub mod proxy;
mod received;
pub mod spare;
mod step;
pub mod text;
pub mod websocket;

pub use received::Received;
pub use step::Step;
