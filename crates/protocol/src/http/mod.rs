//! HTTP/1.x: requests in, responses out.
//!
//! - [`Decoder`] finds the end of each request and checks it strictly; an [`Error`] knows the
//!   response to refuse with.
//! - [`request::View`] reads fields out of a request buffer, leniently, also out of one that a user
//!   made up.
//! - [`conditional`] decides what a request for a part, or for what has changed, is answered with.
//! - [`date`] writes dates.
//! - [`answer`] reads the head of a response, as a client does.
//! - [`multipart`] finds the fields and files of a form.
//! - [`compression`] makes bodies of responses smaller. [`response`] writes responses, [`chunk()`] one chunk of a chunked body, [`event_stream`]
//!   Server-Sent Events.

pub mod answer;
mod chunk;
mod chunked;
pub mod compression;
pub mod conditional;
pub mod date;
mod decoder;
mod eight;
mod error;
pub mod event_stream;
mod extent;
pub(crate) mod fields;
pub(crate) mod head;
mod head_end;
mod host;
mod known;
mod limits;
pub mod multipart;
mod reason;
pub mod request;
mod request_line;
pub mod response;
mod sized;
mod terms;

pub use chunk::chunk;
pub use decoder::{CONTINUE, Decoder, Message};
pub use error::Error;
pub use extent::{ChunkedLength, Extent, chunked_length, extent, join_chunks, origin_form};
pub(crate) use head_end::HeadEnd;
pub use limits::{DEFAULT_MAX_FIELDS, DEFAULT_MAX_HEAD, Limits};
pub use terms::Terms;
