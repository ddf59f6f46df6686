//! Another protocol applies to the very next byte that the owner has not seen, whatever was made of it already.

use std::{sync::Arc, thread};

use ouvrier_net::{Connection, Event, Events, Protocol, Ready, event::Closed};

use crate::{
    client::{HANDSHAKE, frame},
    owner::{Owner, bytes},
};

/// What is ready of the one connection there is: a message, and what came after it.
fn take(owner: &Owner) -> (Arc<Connection>, Vec<u8>, Events) {
    loop {
        owner.runtime.turn(None);
        let Some(Ready::Connection(connection)) = owner.runtime.next() else {
            continue;
        };
        let mut events = connection.take().events;
        while let Some(event) = events.pop_front() {
            if let Event::Message(payload) = event {
                return (connection, bytes(payload), events);
            }
        }
    }
}

/// Everything that arrives until the end, as one.
fn read_all(owner: &mut Owner) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        match owner.next_event().1 {
            Event::Message(payload) => all.extend(bytes(payload)),
            Event::Closed(Closed::ByPeer) => return all,
            other => panic!("{other:?}"),
        }
    }
}

/// Sends `stream` and the end, handles one message of it, and reads the rest without a protocol.
fn raw_after_one_message(protocol: Protocol, stream: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut owner = Owner::new(protocol);
    let (mut client, _) = owner.accept();
    client.write(stream);
    client.finish();
    let (connection, first, rest) = take(&owner);
    connection.set_protocol(Protocol::Raw, rest);
    (first, read_all(&mut owner))
}

#[test]
fn lines_come_back_with_their_ends() {
    let (first, rest) = raw_after_one_message(Protocol::Text, b"one\ntwo\r\r\n\nthree");
    assert_eq!(
        (&first[..], &rest[..]),
        (&b"one"[..], &b"two\r\r\n\nthree"[..])
    );
}

#[test]
fn packages_come_back_with_their_lengths() {
    let stream = b"\0\0\0\x05a\0\0\0\x06bc\0\0";
    let (first, rest) = raw_after_one_message(Protocol::LengthPrefixed, stream);
    assert_eq!((&first[..], &rest[..]), (&b"a"[..], &stream[5..]));
}

#[test]
fn what_breaks_the_old_protocol_is_as_good_as_any_byte_for_the_new_one() {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let (first, rest) = raw_after_one_message(
        Protocol::Http,
        &[&request[..], b"\0\xff no http\n"].concat(),
    );
    assert_eq!(
        (&first[..], &rest[..]),
        (&request[..], &b"\0\xff no http\n"[..])
    );
}

#[test]
fn an_unfinished_request_comes_back_whole() {
    let request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nunfi";
    let stream = [&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], request].concat();
    assert_eq!(raw_after_one_message(Protocol::Http, &stream).1, request);
}

#[test]
fn frames_come_back_as_frames_that_say_the_same() {
    let mut owner = Owner::new(Protocol::Websocket);
    let (mut client, _) = owner.accept();
    let stream = [
        &frame(1, b"one")[..],
        &frame(2, b"two"),
        &frame(9, b"ping"),
        &frame(1, b"three"),
    ];
    client.write(&[HANDSHAKE, &stream.concat()].concat());
    let (connection, first, rest) = take(&owner);
    assert_eq!(first, b"one");
    connection.set_protocol(Protocol::Raw, rest);
    let (connection, raw, rest) = take(&owner);
    assert!(
        raw.starts_with(b"\x82\x83\0\0\0\0two"),
        "{}",
        raw.escape_ascii()
    );
    let mut unseen = Events::from([Event::Message(ouvrier_net::Payload::Bytes(raw.into()))]);
    unseen.append(rest);
    connection.set_protocol(Protocol::Websocket, unseen);
    assert_eq!(owner.next_message().1, b"two");
    assert_eq!(owner.next_message().1, b"three");
}

#[test]
fn a_full_inbox_is_cut_anew() {
    const LINES: usize = 200_000;
    let mut owner = Owner::new(Protocol::Text);
    let (mut client, connection) = owner.accept();
    let writing = thread::spawn(move || {
        client.write(&b"line\n".repeat(LINES));
        client.finish();
        client
    });
    let (_, first, rest) = take(&owner);
    assert_eq!(first, b"line");
    owner.turn_until(|| connection.received_bytes() > 10_000);
    connection.set_protocol(Protocol::Raw, rest);
    assert_eq!(read_all(&mut owner).len(), 5 * (LINES - 1));
    drop(writing.join().unwrap());
}
