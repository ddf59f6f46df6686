//! Pausing, and an owner that is slow to take what was received.

use std::{sync::Arc, thread, time::Instant};

use ouvrier_net::{Connection, Event, Events, Protocol, Ready};

use crate::owner::{Owner, bytes};

/// Takes what is ready, handles one message of it, and gives the rest back as a paused owner does.
fn one_message(owner: &Owner, deadline: Instant) -> Option<Vec<u8>> {
    owner.runtime.turn(Some(deadline));
    let Some(Ready::Connection(connection)) = owner.runtime.next() else {
        return None;
    };
    let mut events = connection.take().events;
    let event = events.pop_front();
    connection.pause();
    connection.put_back(events);
    match event {
        Some(Event::Message(payload)) => Some(bytes(payload)),
        other => panic!("a message is expected, not {other:?}"),
    }
}

#[test]
fn what_is_put_back_comes_again_in_order() {
    let mut owner = Owner::new(Protocol::Text);
    let (mut client, connection) = owner.accept();
    let lines: String = (0..500).map(|number| format!("{number}\n")).collect();
    client.write(lines.as_bytes());
    client.finish();
    let end = Instant::now() + crate::owner::PATIENCE;
    for number in 0..500 {
        let line = one_message(&owner, end).unwrap();
        assert_eq!(line, format!("{number}").as_bytes());
        connection.resume();
    }
    assert!(matches!(owner.next_event().1, Event::Closed(_)));
}

#[test]
fn a_paused_connection_receives_nothing() {
    let mut owner = Owner::new(Protocol::Text);
    let (mut paused_client, paused) = owner.accept();
    let (mut client, _) = owner.accept();
    paused.pause();
    paused_client.write(b"later\n");
    for _ in 0..10 {
        client.write(b"now\n");
        assert_eq!(owner.next_message().1, b"now");
    }
    paused.resume();
    assert_eq!(owner.next_message().1, b"later");
}

#[test]
fn a_connection_accepted_paused_gets_its_protocol_before_its_first_byte() {
    let mut owner = Owner::new(Protocol::Raw);
    owner.listener.accept_paused(true);
    let mut client = owner.client();
    client.write(b"one\ntwo\n");
    let (connection, event) = owner.next_event();
    assert!(matches!(event, Event::Opened));
    owner.step();
    owner.step();
    assert!(!owner.has_news());
    connection.set_protocol(Protocol::Text, Events::new());
    connection.resume();
    assert_eq!(owner.next_message().1, b"one");
    assert_eq!(owner.next_message().1, b"two");
}

#[test]
fn what_is_not_taken_is_bounded_and_nothing_of_it_is_lost() {
    const TOTAL: usize = 8 << 20;
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    let writing = thread::spawn(move || {
        client.write(&vec![b'x'; TOTAL]);
        client
    });
    fill(&owner, &connection);
    assert!(connection.received_bytes() < 512 << 10);
    let mut received = 0;
    while received < TOTAL {
        received += owner.next_message().1.len();
    }
    assert_eq!(received, TOTAL);
    drop(writing.join().unwrap());
}

/// Drives the network without taking anything, until the connection stops reading.
fn fill(owner: &Owner, connection: &Arc<Connection>) {
    let end = Instant::now() + crate::owner::PATIENCE;
    while connection.summary().received < 256 << 10 {
        assert!(Instant::now() < end, "the inbox does not fill");
        owner.runtime.turn(Some(Instant::now()));
    }
    // Whatever would still be read by mistake gets many chances.
    for _ in 0..100 {
        owner.runtime.turn(Some(Instant::now()));
    }
}

#[test]
fn what_the_owner_holds_counts_until_it_is_released() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    let writing = thread::spawn(move || {
        client.write(&[b'x'; 4096]);
        client
    });
    fill_held(&owner, &connection);
    assert_eq!(connection.received_bytes(), 0);
    connection.release();
    let mut received = 0;
    while received < 4096 {
        received += owner.next_message().1.len();
    }
    drop(writing.join().unwrap());
}

/// Has the owner hold as much as a connection may have before it is read no more, and gives the network many chances to read it nevertheless.
fn fill_held(owner: &Owner, connection: &Connection) {
    connection.hold(256 << 10);
    for _ in 0..100 {
        owner.runtime.turn(Some(Instant::now()));
    }
}

#[test]
fn tiny_messages_count_more_than_their_bytes() {
    let mut owner = Owner::new(Protocol::Text);
    let (mut client, connection) = owner.accept();
    let writing = thread::spawn(move || {
        client.write(&vec![b'\n'; 1 << 20]);
        client
    });
    fill(&owner, &connection);
    assert!(connection.take().events.len() < 8192);
    connection.destroy();
    owner.step();
    drop(writing.join());
}
