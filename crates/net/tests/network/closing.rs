//! The ways in which a connection ends.

use std::{
    io::{ErrorKind, Read, Write},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use ouvrier_net::{Connection, Event, Protocol, Ready, Sent, event::Closed};

use socket2::SockRef;

use crate::owner::{Happening, Owner, PATIENCE, send};

#[test]
fn close_writes_everything_first() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    send(&connection, b"goodbye");
    assert!(connection.close());
    assert_eq!(send(&connection, b"too late"), Sent::Closed);
    owner.step();
    assert_eq!(client.read_to_end(), b"goodbye");
    assert!(!owner.has_news());
}

#[test]
fn close_waits_for_a_full_socket_and_tells_when_it_is_done() {
    const LENGTH: usize = 32 << 20;
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    send(&connection, &vec![b'x'; LENGTH]);
    assert!(!connection.close());
    let reading = thread::spawn(move || client.read_to_end().len());
    assert_eq!(owner.next_over(), Closed::Done);
    owner.turn_until(|| reading.is_finished());
    assert_eq!(reading.join().unwrap(), LENGTH);
}

#[test]
fn a_peer_that_is_still_sending_can_read_the_answer() {
    let mut owner = Owner::new(Protocol::Http);
    let (mut client, _) = owner.accept();
    let talking = thread::spawn(move || {
        client.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        // Half a request that is never answered: the server closes while it comes.
        client.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
        client.expect(b"answer");
        let written = client.0.write_all(&vec![b'x'; 1_000_000]);
        assert!(written.is_ok(), "{written:?}");
        client.read_to_end()
    });
    let (connection, _) = owner.next_message();
    owner.turn_until(|| connection.received_bytes() > 0);
    send(&connection, b"answer");
    assert!(connection.close());
    connection.destroy();
    owner.turn_until(|| talking.is_finished());
    assert_eq!(talking.join().unwrap(), b"");
    assert!(!owner.has_news());
}

/// A connection whose peer has reset it, which the owner has just heard.
fn reset(owner: &mut Owner) -> Arc<Connection> {
    let (client, connection) = owner.accept();
    let no_time = Some(Duration::ZERO);
    SockRef::from(&client.0).set_linger(no_time).unwrap();
    drop(client);
    assert_eq!(next_end(owner), Closed::Failed);
    connection
}

fn next_end(owner: &mut Owner) -> Closed {
    match owner.next_event() {
        (_, Event::Closed(reason)) => reason,
        (_, other) => panic!("{other:?}"),
    }
}

#[test]
fn of_a_reset_connection_nothing_is_left_once_it_is_destroyed() {
    let mut owner = Owner::new(Protocol::Http);
    let connection = reset(&mut owner);
    assert!(connection.local().is_some());
    connection.destroy();
    assert_eq!(connection.local(), None);
    owner.step();
    assert_eq!(Arc::strong_count(&connection), 1);
}

#[test]
fn a_reset_connection_tells_its_end_again_in_another_protocol() {
    let mut owner = Owner::new(Protocol::Raw);
    let connection = reset(&mut owner);
    connection.set_protocol(Protocol::Text, [Event::Closed(Closed::Failed)].into());
    assert_eq!(next_end(&mut owner), Closed::Failed);
    connection.destroy();
}

#[test]
fn a_reset_connection_is_not_waited_for() {
    let mut owner = Owner::new(Protocol::Raw);
    let ending = reset(&mut owner);
    ending.end(PATIENCE);
    assert_eq!(owner.next_over(), Closed::Failed);
    let sending = reset(&mut owner);
    send(&sending, b"too late");
    assert_eq!(owner.next_over(), Closed::Failed);
}

#[test]
fn unread_bytes_do_not_reset_the_connection() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    connection.pause();
    client.write(b"nobody reads this");
    send(&connection, b"answer");
    assert!(connection.close());
    owner.step();
    client.expect(b"answer");
    // A reset would be an error here.
    assert_eq!(client.read_to_end(), b"");
}

#[test]
fn end_waits_for_the_peer_to_close() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    send(&connection, b"last words");
    connection.end(PATIENCE);
    owner.step();
    assert_eq!(client.read_to_end(), b"last words");
    client.write(b"thrown away");
    owner.step();
    assert!(!owner.has_news());
    drop(client);
    assert_eq!(owner.next_over(), Closed::Done);
}

#[test]
fn end_gives_up_when_the_time_is_over() {
    let mut owner = Owner::new(Protocol::Raw);
    let (_client, connection) = owner.accept();
    let before = Instant::now();
    connection.end(Duration::from_millis(50));
    assert_eq!(owner.next_over(), Closed::Done);
    assert!(before.elapsed() >= Duration::from_millis(50));

    let (_client, connection) = owner.accept();
    connection.end(Duration::ZERO);
    assert_eq!(owner.next_over(), Closed::Done);
}

#[test]
fn destroy_closes_at_once() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    send(&connection, &vec![b'x'; 32 << 20]);
    connection.destroy();
    owner.step();
    let mut read = 0;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match client.0.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                break;
            }
        }
    }
    assert!(read < 32 << 20);
}

#[test]
fn a_destroyed_connection_has_nothing_more_to_tell() {
    let mut owner = Owner::new(Protocol::Raw);
    let (client, connection) = owner.accept();
    // It fails and is announced before it is destroyed.
    drop(client);
    connection.end(Duration::ZERO);
    owner.runtime.turn(Some(Instant::now() + PATIENCE));
    connection.destroy();
    let Some(Ready::Connection(ready)) = owner.runtime.next() else {
        panic!("the connection is expected to be ready");
    };
    let taken = ready.take();
    assert!(taken.events.is_empty() && !taken.drained && taken.over.is_none());
}

#[test]
fn the_owner_hears_of_a_connection_that_is_over_before_it_looks() {
    let mut owner = Owner::new(Protocol::Websocket);
    let mut client = owner.client();
    client.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    // Nothing is taken meanwhile.
    let end = Instant::now() + PATIENCE;
    client.0.set_nonblocking(true).unwrap();
    let mut byte = [0];
    while client.0.peek(&mut byte).is_err() {
        assert!(Instant::now() < end);
        owner.runtime.turn(Some(Instant::now()));
    }
    drop(client);
    let (_, happening) = owner.next();
    assert!(
        matches!(happening, Happening::Event(Event::Opened)),
        "{happening:?}"
    );
    assert_eq!(owner.next_over(), Closed::Done);
}

#[test]
fn the_peer_closes_after_its_last_message() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, _) = owner.accept();
    client.write(b"question");
    client.finish();
    let (connection, question) = owner.next_message();
    assert_eq!(question, b"question");
    let (_, event) = owner.next_event();
    assert!(matches!(event, Event::Closed(Closed::ByPeer)), "{event:?}");
    send(&connection, b"answer");
    connection.close();
    owner.step();
    assert_eq!(client.read_to_end(), b"answer");
}

#[test]
fn the_end_of_the_runtime_closes_what_the_owner_still_holds() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    let (mut idle, other) = owner.accept();
    send(&connection, b"flushed");
    drop(owner);
    assert_eq!(client.read_to_end(), b"flushed");
    assert_eq!(idle.read_to_end(), b"");
    // Nothing is kept for a runtime that is gone.
    assert_eq!(send(&connection, b"x"), Sent::Closed);
    connection.destroy();
    other.close();
    other.resume();
    assert_eq!(
        (Arc::strong_count(&connection), Arc::strong_count(&other)),
        (1, 1)
    );
}

#[test]
fn a_duplicate_of_the_socket_does_not_keep_the_connection_open() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    let duplicate = connection.duplicate_socket().unwrap();
    send(&connection, b"goodbye");
    connection.close();
    owner.step();
    assert_eq!(client.read_to_end(), b"goodbye");
    assert!(connection.duplicate_socket().is_none());
    drop(duplicate);
}
