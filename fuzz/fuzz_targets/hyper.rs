//! Requests on a connection. Those that we accept, a server on hyper finds as well, with the same bodies, and nothing between them.

#![no_main]

use std::{
    cell::RefCell,
    convert::Infallible,
    future::Future,
    io,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
};

use http_body_util::{BodyExt, Empty};
use hyper::{
    Request, Response, Uri,
    body::{Bytes, Incoming},
    rt::{Read, ReadBufCursor, Write},
    server::conn::http1,
    service::service_fn,
};
use libfuzzer_sys::fuzz_target;
use ouvrier_protocol::http::{Decoder, Limits, Message, request::View};

const LIMITS: Limits = Limits {
    max_head: 2000,
    max_target: 1500,
    max_fields: 500,
    max_package_size: 4000,
};
/// More polls than any input needs.
const PATIENCE: usize = 10_000;

/// Method, target and body; `None` for a body that was refused.
type Found = (Vec<u8>, Vec<u8>, Option<Vec<u8>>);

fuzz_target!(|data: &[u8]| {
    let Some((_, stream)) = data.split_first() else {
        return;
    };
    let ours = decode(stream);
    if ours.is_empty() {
        return;
    }
    let theirs = serve(stream);
    for (number, message) in ours.iter().enumerate() {
        let view = View(&message.raw);
        if !is_comparable(view) {
            return;
        }
        let Some((method, target, body)) = theirs.get(number) else {
            panic!("hyper does not find request {number}");
        };
        assert_eq!(method, view.method());
        if view.uri() != b"*" {
            assert_eq!(target, view.uri());
        }
        assert_eq!(body.as_deref(), Some(view.body()));
        if !message.terms.persists {
            return;
        }
    }
});

/// The requests up to the end of the stream, or to the first fault.
fn decode(mut stream: &[u8]) -> Vec<Message> {
    let (mut decoder, mut messages) = (Decoder::new(), Vec::new());
    while let Ok(step) = decoder.decode(stream, &LIMITS) {
        stream = &stream[step.consumed..];
        match step.item {
            Some(message) => messages.push(message),
            None => break,
        }
    }
    messages
}

/// hyper knows no higher minor version, and asks more of a URI than we do.
fn is_comparable(view: View<'_>) -> bool {
    let is_known = matches!(view.protocol_version(), b"1.0" | b"1.1");
    is_known && view.uri().is_ascii() && Uri::try_from(view.uri()).is_ok()
}

/// The requests that a server on hyper finds.
fn serve(stream: &[u8]) -> Vec<Found> {
    let found = Rc::new(RefCell::new(Vec::new()));
    let service = service_fn(|request: Request<Incoming>| {
        let found = Rc::clone(&found);
        async move {
            let method = request.method().as_str().as_bytes().to_vec();
            let target = request
                .uri()
                .path_and_query()
                .map_or("/", |target| target.as_str());
            let slash = if target.starts_with('/') { "" } else { "/" };
            let target = [slash, target].concat().into_bytes();
            let body = request.into_body().collect().await.ok();
            let body = body.map(|body| body.to_bytes().to_vec());
            found.borrow_mut().push((method, target, body));
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    let connection = http1::Builder::new()
        .half_close(true)
        .max_headers(LIMITS.max_fields)
        .serve_connection(Stream(stream.to_vec()), service);
    let mut connection = pin!(connection);
    let mut context = Context::from_waker(Waker::noop());
    let mut polls = 0..PATIENCE;
    while polls.next().is_some() && connection.as_mut().poll(&mut context).is_pending() {}
    found.take()
}

/// A client that sends all it has, closes its side and takes everything.
struct Stream(Vec<u8>);

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.0.len().min(buffer.remaining());
        buffer.put_slice(&self.0[..length]);
        self.0.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
