//! The turn itself: the network moves whatever the owner does.

use std::time::{Duration, Instant};

use ouvrier_net::{Event, Protocol, Ready};

use crate::owner::{Owner, PATIENCE};

#[test]
fn timers_that_are_always_late_do_not_starve_the_network() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, _) = owner.accept();
    client.write(b"hello");
    let late = Instant::now();
    let end = late + PATIENCE;
    loop {
        assert!(Instant::now() < end, "the network does not move");
        owner.runtime.turn(Some(late));
        if owner.runtime.next().is_some() {
            break;
        }
    }
}

#[test]
fn a_queue_that_is_never_empty_does_not_starve_the_network() {
    let mut owner = Owner::new(Protocol::Text);
    let (mut busy_client, busy) = owner.accept();
    let (mut client, quiet) = owner.accept();
    busy_client.write(b"again and again\n");
    let end = Instant::now() + PATIENCE;
    let mut written = false;
    loop {
        assert!(Instant::now() < end, "the network does not move");
        owner.runtime.turn(Some(end));
        let Some(Ready::Connection(connection)) = owner.runtime.next() else {
            continue;
        };
        let taken = connection.take();
        if std::sync::Arc::ptr_eq(&connection, &quiet) {
            assert!(matches!(taken.events.front(), Some(Event::Message(_))));
            break;
        }
        busy.pause();
        busy.put_back(taken.events);
        busy.resume();
        if !std::mem::replace(&mut written, true) {
            client.write(b"me too\n");
        }
    }
}

#[test]
fn a_turn_ends_at_its_deadline() {
    let owner = Owner::new(Protocol::Raw);
    let before = Instant::now();
    owner.runtime.turn(Some(before + Duration::from_millis(20)));
    assert!(before.elapsed() >= Duration::from_millis(20));
    assert!(owner.runtime.next().is_none());
}

#[test]
fn a_connection_is_in_the_queue_at_most_once() {
    let mut owner = Owner::new(Protocol::Text);
    let (mut client, connection) = owner.accept();
    client.write(&b"x\n".repeat(1000));
    let end = Instant::now() + PATIENCE;
    while connection.traffic().0 < 2000 {
        assert!(Instant::now() < end);
        owner.runtime.turn(Some(Instant::now()));
    }
    assert!(owner.runtime.next().is_some());
    assert!(owner.runtime.next().is_none());
}
