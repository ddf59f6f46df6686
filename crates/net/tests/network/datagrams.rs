//! UDP, served and as a client.

use std::{
    io::ErrorKind,
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use ouvrier_net::{
    Address, BoundSocket, Datagram, Datagrams, Ready, Runtime,
    connector::Host,
    datagram::{ClientOptions, Readers},
};

use crate::owner::{OPTIONS, PATIENCE};

const TAG: u64 = 5;

fn runtime() -> Runtime {
    Runtime::new(Duration::from_millis(1)).unwrap()
}

fn bind(address: &str) -> (BoundSocket, SocketAddr) {
    let bound = BoundSocket::bind(&Address::udp(address).unwrap(), OPTIONS).unwrap();
    let address = bound.local().unwrap();
    (bound, address)
}

fn serve(runtime: &Runtime) -> (Datagrams, SocketAddr) {
    let (bound, address) = bind("127.0.0.1:0");
    let served = Datagrams::serve(runtime, bound, Readers::Us, TAG).unwrap();
    served.resume();
    (served, address)
}

fn client() -> UdpSocket {
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
}

/// Turns until the socket is ready, and takes from it once.
fn take(runtime: &Runtime, socket: &Datagrams) -> Vec<Datagram> {
    let end = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < end, "nothing arrived");
        runtime.turn(Some(end));
        if let Some(Ready::Datagrams(TAG)) = runtime.next() {
            return socket.take().datagrams;
        }
    }
}

fn host(address: SocketAddr) -> Host {
    Host {
        name: address.ip().to_string(),
        port: address.port(),
    }
}

fn step(runtime: &Runtime) {
    runtime.turn(Some(Instant::now()));
}

#[test]
fn a_datagram_is_answered_to_whoever_sent_it() {
    let runtime = runtime();
    let (served, address) = serve(&runtime);
    let client = client();
    client.send_to(b"ping", address).unwrap();
    let [datagram] = take(&runtime, &served).try_into().unwrap();
    assert_eq!(datagram.from, client.local_addr().unwrap());
    assert_eq!(datagram.data, b"ping");
    served.send(b"pong", Some(datagram.from)).unwrap();
    let mut answer = [0; 16];
    assert_eq!(client.recv_from(&mut answer).unwrap(), (4, address));
}

#[test]
fn the_largest_datagram_and_the_smallest_go_both_ways() {
    let runtime = runtime();
    let (served, address) = serve(&runtime);
    let client = client();
    for length in [65_507, 0] {
        client.send_to(&vec![7; length], address).unwrap();
        let [datagram] = take(&runtime, &served).try_into().unwrap();
        assert_eq!(datagram.data.len(), length);
        served.send(&datagram.data, Some(datagram.from)).unwrap();
        assert_eq!(client.recv(&mut [0; 65_536]).unwrap(), length);
    }
    let from = client.local_addr().unwrap();
    assert!(served.send(&[7; 65_508], Some(from)).is_err());
}

#[test]
fn nothing_is_read_before_the_socket_is_told_to() {
    let runtime = runtime();
    let (bound, address) = bind("127.0.0.1:0");
    let served = Datagrams::serve(&runtime, bound, Readers::Us, TAG).unwrap();
    client().send_to(b"patient", address).unwrap();
    for _ in 0..20 {
        step(&runtime);
    }
    assert!(runtime.next().is_none());
    served.resume();
    assert_eq!(take(&runtime, &served)[0].data, b"patient");
}

#[test]
fn a_port_in_use_is_refused_until_its_socket_is_closed() {
    let runtime = runtime();
    let (served, address) = serve(&runtime);
    let again = || BoundSocket::bind(&Address::Udp(address), OPTIONS);
    assert_eq!(again().unwrap_err().kind(), ErrorKind::AddrInUse);
    served.close();
    assert!(served.send(b"late", Some(address)).is_err());
    again().unwrap();
}

#[test]
fn both_versions_of_ip_reach_the_unspecified_ipv6_address() {
    let Ok(bound) = BoundSocket::bind(&Address::udp("[::]:0").unwrap(), OPTIONS) else {
        // A machine without IPv6.
        return;
    };
    let port = bound.local().unwrap().port();
    let runtime = runtime();
    let served = Datagrams::serve(&runtime, bound, Readers::Us, TAG).unwrap();
    served.resume();
    let client = client();
    client.send_to(b"four", ("127.0.0.1", port)).unwrap();
    let [datagram] = take(&runtime, &served).try_into().unwrap();
    assert!(datagram.from.to_string().starts_with("[::ffff:127.0.0.1]:"));
    for address in [datagram.from, client.local_addr().unwrap()] {
        served.send(b"answer", Some(address)).unwrap();
        assert_eq!(client.recv(&mut [0; 16]).unwrap(), 6);
    }
}

#[test]
fn a_flood_is_bounded_in_the_queue_and_counted_where_the_kernel_drops_it() {
    const SENT: usize = 40_000;
    let runtime = runtime();
    let (served, address) = serve(&runtime);
    let client = client();
    for number in 0..SENT {
        client.send_to(b"x", address).unwrap();
        if number % 100 == 0 {
            step(&runtime);
        }
    }
    let dropped = usize::try_from(runtime.census().datagrams_dropped()).unwrap();
    let (mut received, mut alive) = (0, false);
    while !alive {
        let batch = take(&runtime, &served);
        assert!(batch.len() <= 64);
        received += batch.iter().filter(|one| one.data == b"x").count();
        alive = batch.iter().any(|one| one.data == b"alive");
        client.send_to(b"alive", address).unwrap();
    }
    assert!(received >= 16_384, "{received}");
    assert!(dropped > SENT / 4, "{dropped}");
    assert!(received + dropped <= SENT, "{received} and {dropped}");
}

#[test]
fn a_busy_process_leaves_a_shared_socket_to_the_others() {
    let (bound, address) = bind("127.0.0.1:0");
    let other = UdpSocket::from(bound.duplicate_socket().unwrap());
    let runtime = runtime();
    let served = Datagrams::serve(&runtime, bound, Readers::Several, TAG).unwrap();
    served.resume();
    let client = client();
    client.send_to(b"first", address).unwrap();
    assert_eq!(take(&runtime, &served)[0].data, b"first");
    let end = Instant::now() + PATIENCE;
    // The owner does not turn from here on.
    while runtime.census().busy_for().is_none() {
        assert!(Instant::now() < end);
        std::thread::yield_now();
    }
    for _ in 0..100 {
        client.send_to(b"for the others", address).unwrap();
    }
    assert!(runtime.next().is_none());
    for _ in 0..100 {
        other.recv(&mut [0; 16]).unwrap();
    }
    client.send_to(b"ours again", address).unwrap();
    assert_eq!(take(&runtime, &served)[0].data, b"ours again");
}

#[test]
fn a_port_where_nobody_is_does_no_harm() {
    let runtime = runtime();
    let (served, address) = serve(&runtime);
    let nobody = client().local_addr().unwrap();
    let connected =
        Datagrams::connect(&runtime, host(nobody), ClientOptions::default(), 6).unwrap();
    for _ in 0..3 {
        served.send(b"lost", Some(nobody)).unwrap();
        connected.send(b"lost", None).unwrap();
        step(&runtime);
    }
    client().send_to(b"alive", address).unwrap();
    assert_eq!(take(&runtime, &served)[0].data, b"alive");

    let peer = UdpSocket::bind(nobody).unwrap();
    connected.send(b"found", None).unwrap();
    assert_eq!(peer.recv(&mut [0; 16]).unwrap(), 5);
}

#[test]
fn a_client_hears_its_peer_and_nobody_else() {
    let runtime = runtime();
    let peer = client();
    let address = peer.local_addr().unwrap();
    let options = ClientOptions {
        bind: Some("127.0.0.1:0".parse().unwrap()),
        broadcast: true,
    };
    let connected = Datagrams::connect(&runtime, host(address), options, TAG).unwrap();
    assert_eq!(connected.remote(), Some(address));
    let local = connected.local().unwrap();
    client().send_to(b"stranger", local).unwrap();
    peer.send_to(b"peer", local).unwrap();
    assert_eq!(take(&runtime, &connected)[0].data, b"peer");
}

#[test]
fn only_so_many_datagrams_wait_for_a_name_even_empty_ones() {
    // Nobody turns the runtime meanwhile, however long that takes, so the name is not known before the end.
    let runtime = Runtime::new(PATIENCE).unwrap();
    let peer = Host {
        name: "localhost".to_owned(),
        port: 9,
    };
    let connected = Datagrams::connect(&runtime, peer, ClientOptions::default(), TAG).unwrap();
    let taken = (0..10_000).take_while(|_| connected.send(b"", None).is_ok());
    assert_eq!(taken.count(), 1024);
}

#[test]
fn what_is_sent_while_the_name_is_looked_up_arrives() {
    let runtime = runtime();
    let peer = client();
    let name = || Host {
        name: "localhost".to_owned(),
        port: peer.local_addr().unwrap().port(),
    };
    // Some machines know localhost by its IPv6 address first.
    let options = ClientOptions {
        bind: Some("127.0.0.1:0".parse().unwrap()),
        ..ClientOptions::default()
    };
    let connected = Datagrams::connect(&runtime, name(), options, TAG).unwrap();
    assert_eq!(connected.local(), None);
    connected.send(b"early", None).unwrap();
    assert!(connected.send(&[0; 300_000], None).is_err());
    let end = Instant::now() + PATIENCE;
    let opened = loop {
        runtime.turn(Some(end));
        if let Some(opened) = connected.take().opened {
            break opened;
        }
    };
    opened.unwrap();
    assert_eq!(peer.recv(&mut [0; 16]).unwrap(), 5);

    let hasty = Datagrams::connect(&runtime, name(), options, TAG + 1).unwrap();
    hasty.send(b"last words", None).unwrap();
    drop(hasty);
    peer.set_nonblocking(true).unwrap();
    while peer.recv(&mut [0; 16]).is_err() {
        assert!(Instant::now() < end);
        runtime.turn(Some(Instant::now() + Duration::from_millis(5)));
    }
}

#[test]
fn a_name_that_does_not_exist_is_told() {
    let runtime = runtime();
    let options = ClientOptions::default();
    let nobody = Host {
        name: "nobody.invalid".to_owned(),
        port: 9,
    };
    let connected = Datagrams::connect(&runtime, nobody, options, TAG).unwrap();
    connected.send(b"lost", None).unwrap();
    let end = Instant::now() + PATIENCE;
    let opened = loop {
        assert!(Instant::now() < end, "the name is still being looked up");
        runtime.turn(Some(end));
        if let Some(opened) = connected.take().opened {
            break opened;
        }
    };
    opened.unwrap_err();
}
