//! The network lives on while the owner is busy. Here it is busy with a blocking read: only the relief driver can make that end.

use ouvrier_net::{Event, Protocol, Sent};

use crate::{
    client::{HANDSHAKE, frame},
    owner::{Happening, Owner, send},
};

#[test]
fn connections_are_accepted_and_handshakes_answered() {
    let mut owner = Owner::new(Protocol::Websocket);
    let mut client = owner.client();
    client.write(HANDSHAKE);
    assert!(client.read_head().starts_with("HTTP/1.1 101 "));
    client.write(&frame(9, b"there?"));
    client.expect(b"\x8a\x06there?");
    let news = [owner.next().1, owner.next().1];
    assert!(
        matches!(
            news,
            [
                Happening::Event(Event::Opened),
                Happening::Event(Event::Upgraded(_))
            ]
        ),
        "{news:?}"
    );
}

#[test]
fn what_the_busy_owner_sends_leaves() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    for _ in 0..100 {
        assert_eq!(send(&connection, b"during"), Sent::Written);
        client.expect(b"during");
    }
    connection.close();
    assert_eq!(client.read_to_end(), b"");
}

#[test]
fn a_full_socket_is_emptied() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    assert_eq!(send(&connection, &vec![b'x'; 32 << 20]), Sent::Buffered);
    assert_eq!(client.read(32 << 20).len(), 32 << 20);
    assert!(matches!(owner.next().1, Happening::Drained));
}

#[test]
fn a_paused_connection_that_is_resumed_is_read() {
    let mut owner = Owner::new(Protocol::Websocket);
    let (mut client, connection) = owner.accept();
    client.write(HANDSHAKE);
    owner.next_event();
    client.read_head();
    connection.pause();
    client.write(&frame(9, b"!"));
    owner.step();
    connection.resume();
    client.expect(b"\x8a\x01!");
}

#[test]
fn the_owner_comes_and_goes() {
    let mut owner = Owner::new(Protocol::Websocket);
    let (mut client, _) = owner.accept();
    client.write(HANDSHAKE);
    owner.next_event();
    client.read_head();
    for round in 0..200 {
        let message = format!("{round}");
        client.write(&[frame(1, message.as_bytes()), frame(9, b"ping")].concat());
        client_or_owner(&mut owner, round, &message, || {
            client.expect(b"\x8a\x04ping")
        });
    }
}

/// Every other time the owner takes the message only after the relief driver has answered the ping.
fn client_or_owner(owner: &mut Owner, round: usize, message: &str, mut pong: impl FnMut()) {
    if round.is_multiple_of(2) {
        pong();
    }
    assert_eq!(owner.next_message().1, message.as_bytes());
    if !round.is_multiple_of(2) {
        pong();
    }
}
