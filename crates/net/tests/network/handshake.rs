//! The websocket handshake, and the close that mirrors it.

use ouvrier_net::{Event, Events, Protocol, Sent, Settings, event::Closed};
use ouvrier_protocol::websocket::frame as server;

use crate::{
    client::{HANDSHAKE, frame},
    owner::{Owner, ROOM, SETTINGS},
};

const ASK: Settings = Settings {
    ask_upgrade: true,
    ..SETTINGS
};

fn text(out: &mut Vec<u8>) {
    server::encode(0x81, b"early", out);
}

#[test]
fn it_is_answered_at_once_when_the_owner_does_not_care() {
    let mut owner = Owner::new(Protocol::Websocket);
    let (mut client, connection) = owner.accept();
    assert!(!connection.is_upgraded());
    assert_eq!(connection.send(ROOM, text), Sent::Buffered);
    client.write(HANDSHAKE);
    let (_, event) = owner.next_event();
    assert!(matches!(event, Event::Upgraded(head) if head == HANDSHAKE));
    assert!(connection.is_upgraded());
    assert!(client.read_head().starts_with("HTTP/1.1 101 "));
    client.expect(b"\x81\x05early");
}

#[test]
fn the_owner_lets_it_pass_and_what_was_sent_early_follows() {
    let mut owner = Owner::with(Protocol::Websocket, ASK);
    let (mut client, connection) = owner.accept();
    client.write(&[HANDSHAKE, &frame(1, b"hasty")].concat());
    let (_, event) = owner.next_event();
    let Event::Upgrade(head) = event else {
        panic!("a question is expected, not {event:?}");
    };
    assert_eq!(connection.send(ROOM, text), Sent::Buffered);
    assert_eq!(connection.send(7, text), Sent::Dropped);
    owner.step();
    assert!(!owner.has_news());
    connection.accept_upgrade(&head, ["X-Extra: yes"]);
    connection.accept_upgrade(&head, ["X-Extra: twice"]);
    assert_eq!(owner.next_message().1, b"hasty");
    let answer = client.read_head();
    assert!(answer.contains("\r\nX-Extra: yes\r\n"), "{answer}");
    client.expect(b"\x81\x05early");
    client.write(&frame(9, b"?"));
    client.expect(b"\x8a\x01?");
}

#[test]
fn what_is_sent_early_has_its_limit() {
    let mut owner = Owner::new(Protocol::Websocket);
    let (_client, connection) = owner.accept();
    assert_eq!(connection.send(10, text), Sent::Buffered);
    assert_eq!(connection.send(10, text), Sent::Filled);
    assert_eq!(connection.send(10, text), Sent::Dropped);
}

#[test]
fn the_owner_refuses_it() {
    let mut owner = Owner::with(Protocol::Websocket, ASK);
    let (mut client, connection) = owner.accept();
    client.write(HANDSHAKE);
    assert!(matches!(owner.next_event().1, Event::Upgrade(_)));
    connection.send(ROOM, text);
    connection.send_raw(ROOM, |out| {
        out.extend_from_slice(b"HTTP/1.1 403 No\r\n\r\n")
    });
    assert!(connection.close());
    owner.step();
    assert_eq!(client.read_to_end(), b"HTTP/1.1 403 No\r\n\r\n");
}

#[test]
fn a_plain_request_is_refused_and_the_peer_gets_to_read_why() {
    let mut owner = Owner::with(Protocol::Websocket, ASK);
    let (mut client, connection) = owner.accept();
    client.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nand more");
    owner.turn_until(|| connection.traffic().1 > 0);
    assert_eq!(connection.send(ROOM, text), Sent::Closed);
    let answer = String::from_utf8(client.read_to_end()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    drop(client);
    assert_eq!(owner.next_over(), Closed::Done);
}

#[test]
fn a_protocol_that_becomes_websocket_begins_with_a_handshake() {
    let mut owner = Owner::new(Protocol::Http);
    owner.listener.accept_paused(true);
    let (mut client, connection) = owner.accept();
    connection.set_protocol(Protocol::Websocket, Events::new());
    connection.resume();
    assert!(!connection.is_upgraded());
    client.write(&[HANDSHAKE, &frame(1, b"hello")].concat());
    assert!(matches!(owner.next_event().1, Event::Upgraded(_)));
    assert_eq!(owner.next_message().1, b"hello");
    assert!(client.read_head().starts_with("HTTP/1.1 101 "));
}

#[test]
fn a_close_frame_is_answered_at_once_when_nothing_is_left_to_do() {
    let mut owner = Owner::new(Protocol::Websocket);
    let (mut client, connection) = owner.accept();
    client.write(HANDSHAKE);
    owner.next_event();
    client.read_head();
    client.write(&frame(8, &1001_u16.to_be_bytes()));
    assert_eq!(owner.next_over(), Closed::Done);
    assert_eq!(connection.send(ROOM, text), Sent::Closed);
    owner.step();
    assert_eq!(client.read_to_end(), b"\x88\x02\x03\xe9");
}

#[test]
fn a_close_frame_behind_a_message_waits_for_the_answer_to_it() {
    let mut owner = Owner::new(Protocol::Websocket);
    let (mut client, connection) = owner.accept();
    client.write(HANDSHAKE);
    owner.next_event();
    client.read_head();
    client.write(&[frame(1, b"question"), frame(8, b"")].concat());
    assert_eq!(owner.next_message().1, b"question");
    connection.send(ROOM, |out| server::encode(0x81, b"answer", out));
    let (_, event) = owner.next_event();
    assert!(matches!(event, Event::CloseFrame(None)), "{event:?}");
    connection.send(ROOM, |out| server::encode_close(1000, b"", out));
    connection.close();
    owner.step();
    assert_eq!(client.read_to_end(), b"\x81\x06answer\x88\x02\x03\xe8");
}
