//! Binding, accepting, and the end of both.

use std::{
    io::{ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    time::Duration,
};

use ouvrier_net::{
    Address, BindOptions, BoundSocket, Event, Listener, Peer, Protocol, Ready, Runtime,
};

use crate::owner::{OPTIONS, Owner, SETTINGS, send};

const SHARED: BindOptions = BindOptions {
    reuse_port: true,
    ..OPTIONS
};

#[test]
fn a_new_listener_does_not_accept_before_it_is_told_to() {
    let mut owner = Owner::new(Protocol::Raw);
    owner.listener.pause();
    owner.step();
    let mut client = owner.client();
    client.write(b"waiting");
    for _ in 0..20 {
        owner.step();
    }
    assert!(!owner.has_news());
    owner.listener.resume();
    assert_eq!(owner.next_message().1, b"waiting");
}

#[test]
fn a_port_in_use_is_refused_unless_it_is_shared() {
    let first = BoundSocket::bind(&Address::tcp("127.0.0.1:0").unwrap(), OPTIONS).unwrap();
    let address = Address::Tcp(first.local().unwrap());
    let error = BoundSocket::bind(&address, OPTIONS).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);

    let first = BoundSocket::bind(&Address::tcp("127.0.0.1:0").unwrap(), SHARED).unwrap();
    let address = Address::Tcp(first.local().unwrap());
    assert!(BoundSocket::bind(&address, SHARED).is_ok());
    assert!(BoundSocket::bind(&address, OPTIONS).is_err());
}

#[test]
fn a_dropped_listener_frees_its_port_and_keeps_its_connections() {
    let mut owner = Owner::new(Protocol::Raw);
    let (mut client, connection) = owner.accept();
    let address = owner.address;
    let bound = BoundSocket::bind(&Address::tcp("127.0.0.1:0").unwrap(), OPTIONS).unwrap();
    let other = Listener::new(&owner.runtime, bound, 2, Protocol::Raw, SETTINGS).unwrap();
    drop(std::mem::replace(&mut owner.listener, other));
    assert!(BoundSocket::bind(&Address::Tcp(address), OPTIONS).is_ok());
    client.write(b"still");
    assert_eq!(owner.next_message().1, b"still");
    send(&connection, b"here");
    owner.step();
    client.expect(b"here");
}

#[test]
fn a_duplicate_of_a_bound_socket_keeps_the_port() {
    let bound = BoundSocket::bind(&Address::tcp("127.0.0.1:0").unwrap(), OPTIONS).unwrap();
    let address = Address::Tcp(bound.local().unwrap());
    let duplicate = bound.duplicate_socket().unwrap();
    drop(bound);
    assert!(BoundSocket::bind(&address, OPTIONS).is_err());
    drop(duplicate);
    assert!(BoundSocket::bind(&address, OPTIONS).is_ok());
}

#[test]
fn both_versions_of_ip_reach_the_unspecified_ipv6_address() {
    let Ok(bound) = BoundSocket::bind(&Address::tcp("[::]:0").unwrap(), OPTIONS) else {
        // A machine without IPv6.
        return;
    };
    let port = bound.local().unwrap().port();
    for host in ["127.0.0.1", "[::1]"] {
        let address = format!("{host}:{port}").parse().unwrap();
        drop(crate::client::Client::connect(address));
    }
}

#[test]
fn unix_sockets_echo() {
    let path = std::env::temp_dir().join(format!("ouvrier-net-{}.sock", std::process::id()));
    let bound = BoundSocket::bind(&Address::Unix(path.clone()), OPTIONS).unwrap();
    assert!(bound.local().is_none());
    let runtime = Runtime::new(Duration::from_millis(5)).unwrap();
    let listener = Listener::new(&runtime, bound, 7, Protocol::Text, SETTINGS).unwrap();
    listener.resume();
    let mut client = UnixStream::connect(&path).unwrap();
    client.write_all(b"hello\n").unwrap();
    let mut echoed = false;
    while !echoed {
        runtime.turn(None);
        while let Some(Ready::Connection(connection)) = runtime.next() {
            assert_eq!(
                (connection.remote(), connection.listener()),
                (Some(&Peer::Unix(None)), 7)
            );
            assert_eq!(connection.local(), Some(Peer::Unix(Some(path.clone()))));
            for event in connection.take().events {
                echoed |= matches!(event, Event::Message(_));
            }
            if echoed {
                send(&connection, b"hello\n");
                connection.close();
            }
        }
    }
    drop(runtime);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"hello\n");
    std::fs::remove_file(&path).unwrap();
}
