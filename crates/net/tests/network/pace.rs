//! How fast an http client has to be.

use std::{
    io::Write,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use ouvrier_net::{Connection, Event, Payload, Policy, Protocol, event::Closed};

use crate::{
    client::Client,
    owner::{Owner, ROOM, SETTINGS},
};

const MOMENT: Duration = Duration::from_millis(50);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

fn owner(change: impl FnOnce(&mut Policy)) -> Owner {
    Owner::with_policy(Protocol::Http, change)
}

/// Says something now and then, until there is an answer or nobody listens any more.
fn trickle(
    mut client: Client,
    bytes: &'static [u8],
    pause: Duration,
) -> thread::JoinHandle<Client> {
    thread::spawn(move || {
        client.0.set_read_timeout(Some(pause)).unwrap();
        // A peek that times out is the pause.
        while client.0.peek(&mut [0]).is_err() && client.0.write_all(bytes).is_ok() {}
        client
    })
}

#[test]
fn a_head_that_never_ends_gets_408_while_the_owner_is_busy() {
    let mut owner = owner(|policy| policy.http.header_timeout = MOMENT);
    let (mut client, _) = owner.accept();
    client.write(b"GET / HTTP/1.1\r\nHost: a\r\n");
    // The owner is done with the connection, and then turns no more: the relief driver answers.
    owner.runtime.turn(Some(Instant::now()));
    assert!(client.read_head().starts_with("HTTP/1.1 408 "));
    assert_eq!(owner.next_over(), Closed::Done);
}

#[test]
fn a_head_that_trickles_has_no_more_time() {
    let mut owner = owner(|policy| policy.http.header_timeout = 4 * MOMENT);
    let (mut client, _) = owner.accept();
    client.write(b"GET / HTTP/1.1\r\nHost: a\r\n");
    let start = Instant::now();
    let trickling = trickle(client, b"X: y\r\n", MOMENT / 5);
    assert_eq!(owner.next_over(), Closed::Done);
    assert!(start.elapsed() < Duration::from_secs(5));
    trickling.join().unwrap();
}

#[test]
fn a_client_that_says_nothing_is_parted_from_in_silence() {
    let mut owner = owner(|policy| policy.http.header_timeout = MOMENT);
    let (mut client, _) = owner.accept();
    assert_eq!(owner.next_over(), Closed::Done);
    assert_eq!(client.read_to_end(), b"");
}

#[test]
fn a_body_that_stops_gets_408() {
    let mut owner = owner(|policy| {
        policy.http.body_timeout = MOMENT;
        policy.http.body_rate = 0;
    });
    let (mut client, _) = owner.accept();
    client.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
    owner.runtime.turn(Some(Instant::now()));
    assert!(client.read_head().starts_with("HTTP/1.1 408 "));
    assert_eq!(owner.next_over(), Closed::Done);
}

#[test]
fn a_body_that_is_too_slow_gets_408_and_one_that_is_fast_enough_does_not() {
    let mut owner = owner(|policy| {
        policy.http.body_timeout = Duration::from_secs(1);
        policy.http.body_rate = 1000;
    });
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n";
    let (mut slow, first) = owner.accept();
    slow.write(head);
    let (mut fast, second) = owner.accept();
    fast.write(head);
    let slow = trickle(slow, b"x", 2 * MOMENT);
    let fast = trickle(fast, &[b'x'; 100], MOMENT);
    let (mut heard, mut refused) = (false, false);
    while !heard || !refused {
        let (connection, happening) = owner.next();
        if Arc::ptr_eq(&connection, &first) {
            refused = true;
        } else if let crate::owner::Happening::Event(Event::Message(Payload::Http(message, _))) =
            happening
        {
            assert_eq!(message.raw.len(), head.len() + 3000);
            heard = true;
            connection.destroy();
        }
    }
    first.destroy();
    second.destroy();
    owner.runtime.turn(Some(Instant::now()));
    slow.join().unwrap();
    fast.join().unwrap();
}

#[test]
fn an_idle_client_is_parted_from_and_one_that_waits_for_an_answer_is_not() {
    let mut owner = owner(|policy| policy.http.idle_timeout = MOMENT);
    let (mut idle, connection) = owner.accept();
    idle.write(REQUEST);
    owner.next_message();
    answer(&connection);
    idle.expect(ANSWER);

    let (mut waiting, owing) = owner.accept();
    waiting.write(REQUEST);
    loop {
        let (connection, happening) = owner.next();
        match happening {
            crate::owner::Happening::Event(Event::Message(_)) => connection.set_owing(true),
            crate::owner::Happening::Over(Closed::Done) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(idle.read_to_end(), b"");
    let later = Instant::now() + 6 * MOMENT;
    owner.turn_until(|| Instant::now() > later);
    answer(&owing);
    owner.runtime.turn(Some(Instant::now()));
    waiting.expect(ANSWER);
}

fn answer(connection: &Arc<Connection>) {
    connection.send(ROOM, |out| out.extend_from_slice(ANSWER));
}

#[test]
fn a_client_that_does_not_read_is_given_up() {
    let mut owner = owner(|policy| policy.http.write_timeout = 2 * MOMENT);
    let (mut client, connection) = owner.accept();
    client.write(REQUEST);
    owner.next_message();
    connection.send(ROOM, |out| out.resize(64 << 20, b'x'));
    assert_eq!(owner.next_over(), Closed::Failed);
    assert_eq!(connection.queued_bytes(), 0);
}

#[test]
fn a_large_body_is_in_a_file() {
    let mut owner = Owner::with(
        Protocol::Http,
        ouvrier_net::Settings {
            max_package_size: 8 << 20,
            ..SETTINGS
        },
    );
    let mut policy = Policy::default();
    policy.http.body_in_memory = 100_000;
    owner.listener.set_policy(&owner.runtime, policy);
    let (client, connection) = owner.accept();
    let body: Vec<u8> = (0..5_000_000_u32).map(|n| n as u8).collect();
    for request in [
        [
            &b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n"[..],
            &body,
        ]
        .concat(),
        [
            &b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4c4b40\r\n"[..],
            &body,
            b"\r\n0\r\n\r\n",
        ]
        .concat(),
    ] {
        let mut writer = Client(client.0.try_clone().unwrap());
        let writing = thread::spawn(move || writer.write(&request));
        let (_, event) = owner.next_event();
        let Event::Message(Payload::Http(message, Some(spool))) = event else {
            panic!("{event:?}")
        };
        assert_eq!(message.raw.len(), message.head_length);
        assert!(message.raw.ends_with(b"Content-Length: 5000000\r\n\r\n"));
        assert!(spool.read_all().unwrap() == body);
        assert_eq!(connection.received_bytes(), 0);
        writing.join().unwrap();
    }
}

#[test]
fn a_large_body_comes_back_when_the_protocol_changes() {
    let mut owner = owner(|policy| policy.http.body_in_memory = 1000);
    let (mut client, connection) = owner.accept();
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n";
    client.write(&[&head[..], &[b'x'; 150_000]].concat());
    owner.turn_until(|| connection.traffic().0 >= 150_000 + head.len() as u64);
    connection.set_protocol(Protocol::Raw, Default::default());
    let (mut received, expected) = (Vec::new(), [&head[..], &[b'x'; 150_000]].concat());
    while received.len() < expected.len() {
        received.extend(owner.next_message().1);
    }
    assert!(received == expected);
}
