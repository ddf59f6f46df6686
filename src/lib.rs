//! Ouvrier: the API of Workerman 5 as a native PHP extension.
//!
//! This crate is the PHP face: it registers the classes and turns what happens on the network into callbacks. It is the only code that
//! knows PHP. The work is done in three crates that do not:
//!
//! - `ouvrier-net`: sockets on tokio. - `ouvrier-protocol`: bytes to messages and back. - `ouvrier-process`: master and workers.
//!
//! # Layout
//!
//! One PHP class, one file, whose path follows from the name of the class; beside it, in `*.stub.php`, stands its declaration in PHP.
//!
//! - [`worker`]: `Workerman\Worker`, and the life of its processes. Start reading at `worker::run_all`.
//! - [`connection`]: `Workerman\Connection\*`, and the way from an event to a callback.
//! - [`protocols`]: `Workerman\Protocols\*`. [`events`]: `Workerman\Events\*`. [`timer`]: `Workerman\Timer`.
//! - [`zend`]: the border with the engine, and the only `unsafe` code. [`module`]: start, information and end of the extension.

#![deny(unsafe_code)]

mod connection;
mod events;
mod module;
mod protocols;
mod timer;
mod worker;
mod zend;

use ouvrier_process::memory::Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;
