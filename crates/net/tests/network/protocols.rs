//! Every protocol: what is sent in any pieces arrives as messages in order, and answers go back in order.

use std::thread;

use ouvrier_net::{Event, Protocol};
use ouvrier_protocol::{length_prefixed, text};

use crate::{
    client::{HANDSHAKE, frame},
    owner::{Owner, send},
};

const MESSAGES: usize = 400;

/// Sizes that repeat rarely, from 1 to `most`.
fn sizes(most: usize) -> impl Iterator<Item = usize> {
    let mut state: u32 = 12345;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 8).unwrap() % most + 1
    })
}

fn payloads() -> Vec<Vec<u8>> {
    sizes(3000)
        .take(MESSAGES)
        .enumerate()
        .map(|(number, size)| {
            let mut payload = format!("{number}:").into_bytes();
            payload.resize(payload.len() + size, b'x');
            payload
        })
        .collect()
}

fn http_request(body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Sends `stream` in pieces of all sizes while the owner waits for `expected`, and has each message echoed.
fn echoes(protocol: Protocol, stream: Vec<u8>, expected: &[Vec<u8>]) {
    let mut owner = Owner::new(protocol);
    let (client, _) = owner.accept();
    let mut writer = crate::client::Client(client.0.try_clone().unwrap());
    let writing = thread::spawn(move || {
        let mut rest = &stream[..];
        for size in sizes(700) {
            let (piece, after) = rest.split_at(size.min(rest.len()));
            writer.write(piece);
            rest = after;
            if rest.is_empty() {
                return;
            }
        }
    });
    let echoed = expected.concat().len() + handshake_answer(protocol);
    let mut reader = client;
    let reading = thread::spawn(move || reader.read(echoed));
    for expected in expected {
        let (connection, message) = owner.next_message();
        assert!(&message == expected, "{}", message.escape_ascii());
        send(&connection, &message);
    }
    owner.turn_until(|| reading.is_finished());
    writing.join().unwrap();
    let read = reading.join().unwrap();
    assert!(read[handshake_answer(protocol)..] == expected.concat());
}

/// Bytes of the answer to the handshake.
fn handshake_answer(protocol: Protocol) -> usize {
    const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    if protocol == Protocol::Websocket {
        ANSWER.len()
    } else {
        0
    }
}

#[test]
fn lines() {
    let payloads = payloads();
    let mut stream = Vec::new();
    payloads
        .iter()
        .for_each(|payload| text::encode(payload, &mut stream));
    echoes(Protocol::Text, stream, &payloads);
}

#[test]
fn packages() {
    let payloads = payloads();
    let mut stream = Vec::new();
    payloads
        .iter()
        .for_each(|payload| length_prefixed::encode(payload, &mut stream).unwrap());
    echoes(Protocol::LengthPrefixed, stream, &payloads);
}

#[test]
fn http_requests() {
    let requests: Vec<_> = payloads()
        .iter()
        .map(|payload| http_request(payload))
        .collect();
    echoes(Protocol::Http, requests.concat(), &requests);
}

#[test]
fn websocket_messages() {
    let payloads = payloads();
    let frames = payloads.iter().flat_map(|payload| frame(1, payload));
    let stream = HANDSHAKE.iter().copied().chain(frames).collect();
    echoes(Protocol::Websocket, stream, &payloads);
}

#[test]
fn without_a_protocol_the_bytes_come_as_they_are() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, _) = owner.accept();
    client.write(b"any\0thing\n");
    let (connection, message) = owner.next_message();
    assert_eq!(message, b"any\0thing\n");
    send(&connection, b"back");
    owner.step();
    client.expect(b"back");
    assert_eq!(connection.traffic(), (10, 4));
}

#[test]
fn pipelined_requests_are_all_there_before_the_end() {
    let mut owner = Owner::new(Protocol::Http);
    let (mut client, _) = owner.accept();
    let requests: Vec<_> = (0..1000)
        .map(|number| http_request(format!("{number}").as_bytes()))
        .collect();
    client.write(&requests.concat());
    client.finish();
    for expected in requests {
        assert_eq!(owner.next_message().1, expected);
    }
    assert!(matches!(owner.next_event().1, Event::Closed(_)));
}

#[test]
fn a_fault_comes_after_the_messages_before_it() {
    let mut owner = Owner::new(Protocol::Http);
    let (mut client, _) = owner.accept();
    client.write(&[&http_request(b"good")[..], b"BAD\r\n\r\n"].concat());
    assert!(owner.next_message().1.ends_with(b"good"));
    let (connection, event) = owner.next_event();
    let Event::Fault(answer) = event else {
        panic!("a fault is expected, not {event:?}");
    };
    assert!(answer.starts_with(b"HTTP/1.1 400 "));
    send(&connection, &answer);
    connection.end(crate::owner::PATIENCE);
    owner.step();
    assert_eq!(client.read_to_end(), answer);
}

#[test]
fn a_line_of_many_reads_is_one_message() {
    let mut owner = Owner::with(
        Protocol::Text,
        ouvrier_net::Settings {
            max_package_size: 1 << 25,
            ..crate::owner::SETTINGS
        },
    );
    let (mut client, connection) = owner.accept();
    let line = vec![b'x'; 1 << 24];
    let writing = thread::spawn(move || {
        client.write(&line);
        client.write(b"\n");
        client
    });
    assert_eq!(owner.next_message().1.len(), 1 << 24);
    assert_eq!(connection.received_bytes(), 0);
    drop(writing.join().unwrap());
}
