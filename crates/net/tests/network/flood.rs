//! Peers that mean harm: memory has its limits whatever they send.

use std::{sync::Arc, thread};

use ouvrier_net::{Connection, Event, Policy, Protocol};

use crate::{
    client::{Client, HANDSHAKE, frame},
    owner::{Owner, PATIENCE},
};

/// What [`Owner`] allows a message to have.
const LIMIT: usize = 1 << 20;
/// Most bytes of one read.
const READ: usize = 64 << 10;

/// Writes `bytes` for as long as the server takes them, which it may end by closing.
fn pour(client: &Client, bytes: Vec<u8>) -> thread::JoinHandle<()> {
    let mut client = client.0.try_clone().unwrap();
    thread::spawn(move || {
        let _ = std::io::Write::write_all(&mut client, &bytes);
    })
}

/// A policy that lets clients ping as they like.
fn patient() -> Policy {
    let mut policy = Policy::default();
    policy.limits.control_frames = 0;
    policy
}

#[test]
fn pings_are_not_answered_for_ever_to_a_peer_that_does_not_read() {
    let mut owner = Owner::new(Protocol::Websocket);
    owner.listener.set_policy(&owner.runtime, patient());
    let (mut client, connection) = owner.accept();
    client.write(HANDSHAKE);
    owner.next_event();
    let pings = frame(9, &[b'x'; 125]).repeat(100_000);
    let total = pings.len();
    let pouring = pour(&client, pings);
    let mut most = 0;
    owner.turn_until(|| {
        most = most.max(connection.queued_bytes());
        connection.traffic().0 as usize >= total
    });
    pouring.join().unwrap();
    assert!(most > 64 << 10, "the socket was never full");
    assert!(most < 128 << 10, "{most}");
}

#[test]
fn an_endless_head_is_refused() {
    for protocol in [Protocol::Http, Protocol::Websocket] {
        let mut owner = Owner::new(protocol);
        let (mut client, connection) = owner.accept();
        client.write(b"GET / HTTP/1.1\r\nX: ");
        let pouring = pour(&client, vec![b'a'; 1 << 20]);
        if protocol == Protocol::Http {
            answer_fault(&mut owner, &connection);
        }
        owner.turn_until(|| connection.traffic().1 > 0);
        assert!(connection.received_bytes() < 128 << 10);
        owner.turn_until(|| pouring.is_finished());
        let answer = client.read_head();
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
}

fn answer_fault(owner: &mut Owner, connection: &Arc<Connection>) {
    let (_, event) = owner.next_event();
    let Event::Fault(answer) = event else {
        panic!("a fault is expected, not {event:?}");
    };
    crate::owner::send(connection, &answer);
    connection.end(PATIENCE);
}

#[test]
fn a_line_over_the_limit_is_a_fault() {
    let mut owner = Owner::new(Protocol::Text);
    let (client, _) = owner.accept();
    let pouring = pour(&client, vec![b'a'; 2 << 20]);
    let (connection, event) = owner.next_event();
    assert!(matches!(event, Event::Fault(answer) if answer.is_empty()));
    // An owner that is not done with what came before may still change the protocol: what has been read is kept for that, and no more is read.
    let kept = connection.received_bytes();
    assert!(kept <= LIMIT + READ, "{kept}");
    connection.destroy();
    owner.turn_until(|| pouring.is_finished());
}

#[test]
fn many_small_trailers_weigh_what_they_cost() {
    let mut owner = Owner::new(Protocol::Http);
    let mut policy = Policy::default();
    policy.limits.header_count = 0;
    owner.listener.set_policy(&owner.runtime, policy);
    let (client, connection) = owner.accept();
    let trailers = "a:\r\n".repeat(2000);
    let request = format!(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{trailers}\r\n"
    );
    let pouring = pour(&client, request.repeat(1000).into_bytes());
    // Nothing is taken until the connection is no longer read.
    let end = std::time::Instant::now() + PATIENCE;
    while connection.summary().received < 256 << 10 {
        assert!(std::time::Instant::now() < end);
        owner.runtime.turn(Some(std::time::Instant::now()));
    }
    for _ in 0..100 {
        owner.runtime.turn(Some(std::time::Instant::now()));
    }
    // One read of 64 KiB holds eight of these requests.
    assert!(connection.take().events.len() <= 16);
    connection.destroy();
    owner.turn_until(|| pouring.is_finished());
}

#[test]
fn a_peer_that_is_sending_without_end_is_cut_off_after_the_close() {
    let mut owner = Owner::new(Protocol::Raw);
    let (client, _) = owner.accept();
    let mut stream = client.0.try_clone().unwrap();
    let pouring = thread::spawn(move || {
        // Ends when the server resets the connection.
        while std::io::Write::write_all(&mut stream, &[b'x'; 65536]).is_ok() {}
    });
    let (connection, _) = owner.next_message();
    connection.pause();
    connection.close();
    owner.turn_until(|| pouring.is_finished());
}
