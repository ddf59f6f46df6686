//! HTTP/1.x: requests in, responses out.
//!
//! - [`Decoder`] finds the end of each request and checks it strictly; an [`Error`] knows the
//!   response to refuse with.
//! - [`request::View`] reads fields out of a request buffer, leniently, also out of one that a user
//!   made up.
//! - [`answer`] reads the head of a response, as a client does.
//! - [`multipart`] finds the fields and files of a form.
//! - [`response`] writes responses, [`chunk`] one chunk of a chunked body, [`event_stream`]
//!   Server-Sent Events.

pub mod answer;
mod chunked;
mod decoder;
mod error;
pub mod event_stream;
pub(crate) mod fields;
pub(crate) mod head;
mod head_end;
pub mod multipart;
mod reason;
pub mod request;
pub mod response;

pub use chunked::chunk;
pub use decoder::{
    DEFAULT_MAX_HEAD, Decoder, Extent, Limits, Message, chunked_length, extent, join_chunks,
};
pub use error::Error;
pub(crate) use head_end::HeadEnd;
