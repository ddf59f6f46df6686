//! The whole crate over real sockets: each test is the owner of a runtime, and blocking clients are the other end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod certificates;
mod client;
mod closing;
mod connecting;
mod datagrams;
mod flood;
mod gate;
mod handshake;
mod letters;
mod listening;
mod owner;
mod pace;
mod pausing;
mod protocols;
mod pulse;
mod relief;
mod sending;
mod switching;
mod tls;
mod tls_connecting;
mod tls_trust;
mod turning;
mod watching;
mod websocket_client;
