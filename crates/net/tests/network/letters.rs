//! Letters: what is sent to connections that lie still, without a look at them.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use ouvrier_net::{Connection, Policy, Protocol, Sent};

use crate::{
    client::Client,
    owner::{Owner, ROOM, send},
};

/// A connection that lies still: it has been written to since something was heard of it.
fn still(owner: &mut Owner) -> (Client, Arc<Connection>) {
    let (mut client, connection) = owner.accept();
    owner.step();
    assert!(
        !write(owner, &connection, b"?"),
        "nothing was written to it"
    );
    settle(owner, &connection);
    assert_eq!(client.read(1), b"!");
    (client, connection)
}

fn settle(owner: &mut Owner, connection: &Arc<Connection>) {
    assert_eq!(send(connection, b"!"), Sent::Written);
    owner.step();
}

fn write(owner: &Owner, connection: &Arc<Connection>, letter: &[u8]) -> bool {
    let place = connection.place();
    let append = |out: &mut Vec<u8>| out.extend_from_slice(letter);
    owner.runtime.write(connection, place, letter.len(), append)
}

#[test]
fn a_turn_writes_letters_in_their_order() {
    let mut owner = Owner::unrelieved(Protocol::Raw);
    let (mut first, one) = still(&mut owner);
    let (mut second, other) = still(&mut owner);
    for (connection, letter) in [(&one, b"a"), (&other, b"b"), (&one, b"c")] {
        assert!(write(&owner, connection, letter));
    }
    owner.step();
    assert_eq!((first.read(2), second.read(1)), (b"ac".into(), b"b".into()));
    assert_eq!((one.traffic().1, other.traffic().1), (3, 2));
}

#[test]
fn what_is_sent_otherwise_comes_behind_a_letter() {
    let mut owner = Owner::unrelieved(Protocol::Raw);
    let (mut client, connection) = still(&mut owner);
    assert!(write(&owner, &connection, b"a"));
    assert_eq!(send(&connection, b"b"), Sent::Written);
    assert!(!write(&owner, &connection, b"c"), "it lies still no more");
    owner.step();
    assert_eq!(client.read(2), b"ab");
    settle(&mut owner, &connection);
    assert!(write(&owner, &connection, b"d"));
    connection.close();
    owner.step();
    assert_eq!(client.read_to_end(), b"!d");
}

#[test]
fn who_looks_at_a_queue_sees_the_letters() {
    let mut owner = Owner::unrelieved(Protocol::Raw);
    let (_client, connection) = still(&mut owner);
    assert!(write(&owner, &connection, b"abc"));
    assert_eq!(connection.queued_bytes(), 3);
    owner.step();
    assert_eq!(connection.queued_bytes(), 0);
}

#[test]
fn a_letter_that_a_full_socket_does_not_take_waits() {
    let mut owner = Owner::unrelieved(Protocol::Raw);
    let (mut client, connection) = still(&mut owner);
    let letter = vec![b'x'; 4000];
    let mut written = 0;
    while write(&owner, &connection, &letter) {
        written += letter.len();
        owner.step();
    }
    assert!(connection.held_up_bytes().is_some_and(|bytes| bytes > 0));
    assert_eq!(send(&connection, b"y"), Sent::Buffered);
    let reading = thread::spawn(move || client.read(written + 1));
    owner.turn_until(|| connection.queued_bytes() == 0);
    let read = reading.join().unwrap();
    assert!(read.ends_with(b"xy") && read.iter().filter(|byte| **byte == b'x').count() == written);
    assert_eq!(connection.traffic().1, written as u64 + 2);
}

#[test]
fn letters_are_few_and_short() {
    let mut owner = Owner::unrelieved(Protocol::Raw);
    let (mut client, connection) = still(&mut owner);
    assert!(!write(&owner, &connection, &[b'x'; 4096]));
    let mut written = 0;
    while write(&owner, &connection, &[b'x'; 1000]) {
        written += 1000;
    }
    assert!((32 << 10..64 << 10).contains(&written), "{written}");
    assert_eq!(send(&connection, b"y"), Sent::Written);
    let reading = thread::spawn(move || client.read(written + 1));
    owner.turn_until(|| connection.queued_bytes() == 0);
    assert!(reading.join().unwrap().ends_with(b"xy"));
}

#[test]
fn letters_count_in_what_waits_in_the_process() {
    const CEILING: usize = 16 << 10;
    let mut owner = Owner::unrelieved(Protocol::Raw);
    let mut policy = Policy::default();
    policy.limits.queued_bytes = CEILING;
    owner.listener.set_policy(&owner.runtime, policy);
    let (_client, connection) = still(&mut owner);
    let mut written = 0;
    while write(&owner, &connection, &[b'x'; 1000]) {
        written += 1000;
    }
    assert!((CEILING / 2..CEILING).contains(&written), "{written}");
}

#[test]
fn who_takes_the_place_of_another_gets_none_of_its_letters() {
    let mut owner = Owner::unrelieved(Protocol::Raw);
    let (mut client, connection) = still(&mut owner);
    let place = connection.place();
    assert!(write(&owner, &connection, b"secret"));
    connection.destroy();
    drop(connection);
    owner.step();
    assert_eq!(client.read_to_end(), b"");
    let (mut client, connection) = still(&mut owner);
    assert_eq!(connection.place(), place);
    assert!(write(&owner, &connection, b"a"));
    owner.step();
    assert_eq!(client.read(1), b"a");
    let (_other, stranger) = still(&mut owner);
    let append = |out: &mut Vec<u8>| out.push(b'x');
    assert!(!owner.runtime.write(&stranger, place, 1, append));
}

#[test]
fn letters_leave_while_the_owner_is_busy() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    // Whoever is slow here is relieved before.
    loop {
        settle(&mut owner, &connection);
        let is_letter = write(&owner, &connection, b"a");
        client.expect(b"!");
        if is_letter {
            break;
        }
    }
    assert_eq!(client.read(1), b"a", "the relief driver has written it");
    assert!(!write(&owner, &connection, b"b"), "it still drives");
    assert_eq!(connection.send(ROOM, |out| out.push(b'b')), Sent::Written);
    assert_eq!(client.read(1), b"b");
}

#[test]
fn the_order_is_kept_while_another_thread_has_letters_delivered() {
    const ROUNDS: usize = 100;
    const LETTERS: usize = 20_000;
    let mut owner = Owner::unrelieved(Protocol::Raw);
    let (mut client, connection) = still(&mut owner);
    let (_other_client, other) = still(&mut owner);
    let barrier = Arc::new(Barrier::new(2));
    let looking = {
        let (barrier, other) = (Arc::clone(&barrier), Arc::clone(&other));
        thread::spawn(move || {
            for _ in 0..ROUNDS {
                barrier.wait();
                assert_eq!(other.queued_bytes(), 1);
                barrier.wait();
            }
        })
    };
    for _ in 0..ROUNDS {
        let mut expected = vec![b'x'; LETTERS];
        for _ in 0..LETTERS {
            assert!(write(&owner, &connection, b"x"));
        }
        assert!(write(&owner, &other, b"o"));
        barrier.wait();
        if write(&owner, &connection, b"y") {
            expected.push(b'y');
        }
        assert_eq!(send(&connection, b"z"), Sent::Written);
        expected.push(b'z');
        barrier.wait();
        owner.step();
        assert!(client.read(expected.len()) == expected);
        settle(&mut owner, &other);
    }
    looking.join().unwrap();
}
