//! Sending: limits, and what the owner is told.

use std::{net::Shutdown, thread};

use ouvrier_net::{Policy, Protocol, Sent, event::Closed};

use crate::owner::{Happening, Owner, ROOM, send};

const LIMIT: usize = 1 << 20;

#[test]
fn what_waits_in_a_process_has_a_ceiling_however_large_the_messages() {
    let mut owner = Owner::new(Protocol::Raw);
    let mut policy = Policy::default();
    policy.limits.queued_bytes = LIMIT;
    owner.listener.set_policy(&owner.runtime, policy);
    let large = vec![b'x'; 16 << 20];
    let (_first, connection) = owner.accept();
    let sent = connection.send(LIMIT, |out| out.extend_from_slice(&large));
    assert_eq!(sent, Sent::Filled, "one message is always taken");
    let (_second, other) = owner.accept();
    let sent = other.send(LIMIT, |out| out.extend_from_slice(&large));
    assert_eq!(sent, Sent::Closed);
    assert_eq!(other.queued_bytes(), 0);
    assert_eq!(owner.next_over(), Closed::Failed);
    assert_eq!(owner.runtime.census().parted().slow, 1);
    let (mut reader, third) = owner.accept();
    assert_eq!(send(&third, b"hello"), Sent::Written);
    owner.step();
    assert_eq!(reader.read(5), b"hello");
}

#[test]
fn a_little_for_each_of_many_has_the_same_ceiling() {
    const CEILING: usize = 64 << 10;
    let mut owner = Owner::new(Protocol::Raw);
    let mut policy = Policy::default();
    policy.limits.queued_bytes = CEILING;
    owner.listener.set_policy(&owner.runtime, policy);
    let pairs: Vec<_> = (0..64).map(|_| owner.accept()).collect();
    for (_, connection) in &pairs {
        assert_eq!(send(connection, &[b'x'; 2 << 10]), Sent::Written);
    }
    let queued: usize = pairs.iter().map(|(_, one)| one.queued_bytes()).sum();
    assert!(queued <= CEILING, "{queued}");
}

#[test]
fn a_peer_that_does_not_read_fills_the_buffer_and_drains_it_when_it_reads() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    let piece = vec![b'x'; 32 << 10];
    let mut accepted = 0;
    let mut verdicts = Vec::new();
    loop {
        let sent = connection.send(LIMIT, |out| out.extend_from_slice(&piece));
        if verdicts.last() != Some(&sent) {
            verdicts.push(sent);
        }
        if sent == Sent::Dropped {
            break;
        }
        accepted += piece.len();
        owner.step();
    }
    // The system may come to have more room on the way.
    assert_eq!(verdicts[0], Sent::Written);
    assert!(
        verdicts.ends_with(&[Sent::Buffered, Sent::Filled, Sent::Dropped]),
        "{verdicts:?}"
    );
    assert!((LIMIT..LIMIT + piece.len()).contains(&connection.queued_bytes()));
    let reading = thread::spawn(move || (client.read(accepted).len(), client));
    let (_, happening) = owner.next();
    assert!(matches!(happening, Happening::Drained), "{happening:?}");
    assert_eq!(connection.queued_bytes(), 0);
    // The client stays: its end would be another piece of news.
    let (read, _client) = reading.join().unwrap();
    assert_eq!(read, accepted);
    assert_eq!(connection.traffic().1, accepted as u64);
    assert!(!owner.has_news());
}

#[test]
fn a_large_message_tells_the_truth_at_once() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    let message = vec![b'x'; 64 << 20];
    assert_eq!(send(&connection, &message), Sent::Buffered);
    let reading = thread::spawn(move || client.read(64 << 20).len());
    assert!(matches!(owner.next().1, Happening::Drained));
    assert_eq!(reading.join().unwrap(), 64 << 20);
}

#[test]
fn a_small_message_is_written_when_the_turn_begins() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    for part in [&b"a"[..], b"b", b"c"] {
        assert_eq!(send(&connection, part), Sent::Written);
    }
    assert_eq!(connection.queued_bytes(), 3);
    owner.step();
    assert_eq!(connection.queued_bytes(), 0);
    client.expect(b"abc");
}

#[test]
fn a_broken_connection_is_told_once_and_takes_nothing_more() {
    let mut owner = Owner::new(Protocol::Raw);
    let (client, connection) = owner.accept();
    connection.pause();
    // Closing with unread bytes resets the connection.
    send(&connection, b"never read");
    owner.step();
    client.0.shutdown(Shutdown::Both).unwrap();
    drop(client);
    let end = std::time::Instant::now() + crate::owner::PATIENCE;
    while send(&connection, &[0; 4096]) != Sent::Closed {
        assert!(std::time::Instant::now() < end);
        owner.step();
    }
    assert_eq!(owner.next_over(), Closed::Failed);
    assert_eq!(connection.send(ROOM, |_| ()), Sent::Closed);
    assert_eq!(connection.local(), None);
    owner.step();
    assert!(!owner.has_news());
}
