//! Websocket, seen from the client.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use ouvrier_net::{Connection, Event, Protocol, event::Closed, frame};
use ouvrier_protocol::websocket::{Role, client::Request};
use tungstenite::handshake::derive_accept_key;

use crate::{
    client::Client,
    connecting::{connect, expect_connected, failure, server},
    owner::{Owner, ROOM},
};

const REQUEST: Request<'static> = Request {
    target: b"/chat",
    host: b"a",
    origin: None,
    protocols: None,
    compression: None,
    fields: &[],
};

/// The answer to the request that a client makes.
fn accept(client: &mut Client) -> Vec<u8> {
    let head = client.read_head();
    let key = head.split("Sec-WebSocket-Key: ").nth(1).unwrap();
    let accept = derive_accept_key(&key.as_bytes()[..24]);
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into_bytes()
}

/// A text frame as servers send it.
fn text(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame::encode(Role::Server, 0x81, payload, &mut out);
    out
}

/// A whole short frame of the client, unmasked.
fn read_frame(client: &mut Client) -> (u8, Vec<u8>) {
    let head = client.read(6);
    assert_ne!(head[1] & 0x80, 0, "clients mask");
    let mask = &head[2..];
    let payload = client.read(usize::from(head[1] & 0x7f));
    let unmasked = payload.iter().zip(mask.iter().cycle());
    (head[0], unmasked.map(|(byte, mask)| byte ^ mask).collect())
}

fn say(connection: &Arc<Connection>, payload: &[u8]) {
    connection.send(ROOM, |out| frame::encode(Role::Client, 0x81, payload, out));
}

fn ask(owner: &mut Owner, connection: &Arc<Connection>) {
    expect_connected(owner);
    connection.request_upgrade(&REQUEST);
    connection.resume();
}

#[test]
fn frames_behind_the_answer_are_delivered_and_what_was_sent_early_follows() {
    let mut owner = Owner::new(Protocol::Raw);
    let (route, _, server) = server(|mut client| {
        let answer = accept(&mut client);
        client.write(&[answer, text(b"welcome")].concat());
        [read_frame(&mut client), read_frame(&mut client)]
    });
    let connection = connect(&owner, route, Protocol::WebsocketClient);
    say(&connection, b"early");
    ask(&mut owner, &connection);
    assert!(!connection.is_upgraded());
    let (_, event) = owner.next_event();
    assert!(matches!(event, Event::Upgraded(head) if head.starts_with(b"HTTP/1.1 101 ")));
    assert!(connection.is_upgraded());
    say(&connection, b"late");
    assert_eq!(owner.next_message().1, b"welcome");
    owner.step();
    let said = server.join().unwrap();
    assert_eq!(said, [(0x81, b"early".to_vec()), (0x81, b"late".to_vec())]);
}

#[test]
fn pings_and_close_frames_are_answered_with_masks() {
    let mut owner = Owner::new(Protocol::Raw);
    let (route, _, server) = server(|mut client| {
        let answer = accept(&mut client);
        client.write(&[&answer[..], b"\x89\x01?"].concat());
        let pong = read_frame(&mut client);
        client.write(b"\x88\x02\x03\xe9");
        [pong, read_frame(&mut client)]
    });
    let connection = connect(&owner, route, Protocol::WebsocketClient);
    ask(&mut owner, &connection);
    assert!(matches!(owner.next_event().1, Event::Upgraded(_)));
    assert_eq!(owner.next_over(), Closed::Done);
    let said = server.join().unwrap();
    assert_eq!(said, [(0x8a, b"?".to_vec()), (0x88, b"\x03\xe9".to_vec())]);
}

#[test]
fn a_server_that_masks_breaks_the_protocol() {
    let mut owner = Owner::new(Protocol::Raw);
    let (route, _, server) = server(|mut client| {
        let answer = accept(&mut client);
        client.write(&[&answer[..], b"\x81\x81\0\0\0\0x"].concat());
        read_frame(&mut client)
    });
    let connection = connect(&owner, route, Protocol::WebsocketClient);
    ask(&mut owner, &connection);
    assert!(matches!(owner.next_event().1, Event::Upgraded(_)));
    let (_, Event::Fault(answer)) = owner.next_event() else {
        panic!("a fault is expected");
    };
    connection.send_raw(ROOM, |out| out.extend_from_slice(&answer));
    owner.step();
    assert_eq!(server.join().unwrap(), (0x88, b"\x03\xea".to_vec()));
}

#[test]
fn a_refusal_is_told_with_its_status() {
    let mut owner = Owner::new(Protocol::Raw);
    let (route, _, server) = server(|mut client| {
        client.read_head();
        client.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
    });
    let connection = connect(&owner, route, Protocol::WebsocketClient);
    ask(&mut owner, &connection);
    assert_eq!(
        failure(&mut owner),
        "websocket handshake: the server answered 401 Unauthorized"
    );
    server.join().unwrap();
}

#[test]
fn pings_go_out_until_the_connection_is_closed_and_nothing_keeps_it_then() {
    let mut owner = Owner::new(Protocol::Raw);
    let (told, pings) = mpsc::channel();
    let (route, _, server) = server(move |mut client| {
        let answer = accept(&mut client);
        client.write(&answer);
        for _ in 0..2 {
            told.send(read_frame(&mut client)).unwrap();
        }
        client.read_to_end()
    });
    let connection = connect(&owner, route, Protocol::WebsocketClient);
    ask(&mut owner, &connection);
    assert!(matches!(owner.next_event().1, Event::Upgraded(_)));
    connection.ping_every(Duration::from_millis(5), &owner.runtime);
    let mut seen = Vec::new();
    owner.turn_until(|| {
        seen.extend(pings.try_iter());
        seen.len() == 2
    });
    assert!(seen.iter().all(|ping| *ping == (0x89, Vec::new())));
    connection.destroy();
    let left = Arc::downgrade(&connection);
    drop(connection);
    owner.turn_until(|| left.upgrade().is_none());
    server.join().unwrap();
}
