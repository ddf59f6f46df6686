//! Clients that vanish, and clients that are too many.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use ouvrier_net::{Event, Policy, Protocol, event::Closed};

use crate::{
    client::{HANDSHAKE, frame},
    owner::{Owner, PATIENCE},
};

const MOMENT: Duration = Duration::from_millis(60);
const PING: &[u8] = b"\x89\x00";

fn owner(change: impl FnOnce(&mut Policy)) -> Owner {
    Owner::with_policy(Protocol::Websocket, change)
}

#[test]
fn a_client_that_does_not_answer_is_given_up_and_counted() {
    let mut owner = owner(|policy| {
        policy.websocket.ping_interval = MOMENT;
        policy.websocket.pong_timeout = MOMENT;
    });
    let (mut client, connection) = owner.accept();
    client.write(HANDSHAKE);
    let (_, event) = owner.next_event();
    assert!(matches!(event, Event::Upgraded(_)), "{event:?}");
    assert_eq!(owner.next_over(), Closed::ByPeer);
    assert_eq!(owner.runtime.census().parted().silent, 1);
    client.read_head();
    client.expect(PING);
    assert_eq!(client.0.read(&mut [0]).unwrap(), 0);
    drop(connection);
}

#[test]
fn pings_go_out_while_the_owner_is_busy_and_any_answer_will_do() {
    let mut owner = owner(|policy| {
        policy.websocket.ping_interval = MOMENT;
        policy.websocket.pong_timeout = 4 * MOMENT;
    });
    let (mut client, connection) = owner.accept();
    client.write(HANDSHAKE);
    client.read_head();
    // The owner turns no more.
    for _ in 0..5 {
        client.expect(PING);
        client.write(&frame(10, b"other"));
    }
    assert!(connection.is_upgraded());
    assert_eq!(owner.runtime.census().parted().silent, 0);
    let (_, event) = owner.next_event();
    assert!(matches!(event, Event::Upgraded(_)), "{event:?}");
}

#[test]
fn a_client_that_takes_what_waits_for_it_lives_although_it_says_nothing() {
    /// More than the system takes.
    const ALL: usize = 32 << 20;
    const PIECE: usize = 64 << 10;
    let pong_timeout = Duration::from_secs(1);
    let mut owner = owner(|policy| {
        policy.websocket.ping_interval = MOMENT;
        policy.websocket.pong_timeout = pong_timeout;
    });
    let (mut client, connection) = owner.accept();
    client.write(HANDSHAKE);
    client.read_head();
    let all = vec![0; ALL];
    connection.send(usize::MAX, |out| out.extend_from_slice(&all));
    let (start, end) = (Instant::now(), 2 * pong_timeout);
    let mut read = 0;
    while start.elapsed() < end {
        owner.step();
        // Half of it until then, at its time however rarely this thread has its turn: the system tells of room once there is much of it.
        let passed = start.elapsed().div_duration_f64(end).min(1.0);
        while (read as f64) < passed * (ALL / 2) as f64 {
            client.read(PIECE);
            read += PIECE;
            owner.step();
        }
    }
    assert_eq!(owner.runtime.census().parted().silent, 0);
    assert!(connection.queued_bytes() > 0, "all has been read");
}

#[test]
fn there_is_no_room_for_more_than_the_policy_says() {
    let mut owner = owner(|policy| policy.limits.connections_per_address = 1);
    let (first, connection) = owner.accept();
    let mut second = owner.client();
    let end = Instant::now() + PATIENCE;
    while owner.runtime.census().parted().refused == 0 {
        assert!(Instant::now() < end, "nobody is refused");
        owner.step();
    }
    assert_eq!(second.0.read(&mut [0]).unwrap(), 0);
    drop(first);
    let (_, event) = owner.next_event();
    assert!(matches!(event, Event::Closed(_)), "{event:?}");
    connection.destroy();
    drop(connection);
    // The task of the first ends in a turn after its destruction.
    owner.step();
    owner.step();
    let (_, third) = owner.accept();
    assert!(third.remote().is_some());
}
