//! The bytes of a request body are looked at once, however small the pieces are in which they come.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use ouvrier_protocol::http::{Decoder, Limits};

const LENGTH: usize = 1 << 20;

/// Feeds `stream` byte by byte. Returns the body, and how many bytes the decoder was shown, those included that it saw again.
fn feed(stream: &[u8]) -> (Vec<u8>, usize) {
    let limits = Limits::of_package(usize::MAX);
    let (mut decoder, mut pending, mut shown) = (Decoder::new(), Vec::new(), 0);
    for &byte in stream {
        pending.push(byte);
        shown += pending.len();
        let step = decoder.decode(&pending, &limits).unwrap();
        pending.drain(..step.consumed);
        if let Some(message) = step.item {
            return (message.raw[message.head_length..].to_vec(), shown);
        }
    }
    panic!("the request is not whole");
}

#[test]
fn of_a_known_length() {
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {LENGTH}\r\n\r\n");
    let (body, shown) = feed(&[head.as_bytes(), &vec![b'x'; LENGTH]].concat());
    assert!(body == vec![b'x'; LENGTH]);
    assert!(shown < LENGTH + 10_000, "{shown}");
}

#[test]
fn of_one_large_chunk() {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [
        format!("{LENGTH:x}\r\n").as_bytes(),
        &vec![b'x'; LENGTH],
        b"\r\n0\r\n\r\n",
    ]
    .concat();
    let (body, shown) = feed(&[&head[..], &chunk].concat());
    assert!(body == vec![b'x'; LENGTH]);
    assert!(shown < LENGTH + 10_000, "{shown}");
}

/// A line that is not whole is shown again; it is as short as the client makes it.
#[test]
fn of_many_small_chunks() {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunks = b"1\r\nx\r\n".repeat(LENGTH / 4);
    let (body, shown) = feed(&[&head[..], &chunks, b"0\r\n\r\n"].concat());
    assert!(body == vec![b'x'; LENGTH / 4]);
    assert!(shown < 3 * chunks.len(), "{shown}");
}
