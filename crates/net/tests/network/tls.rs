//! TLS between a listener and clients of another make.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use ouvrier_net::{Event, Protocol, Sent, event::Closed, tls::Tickets};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
    pki_types::{CertificateDer, pem::PemObject},
    version::{TLS12, TLS13},
};

use crate::{
    certificates::{Authority, server, sharing, with},
    client::Client,
    owner::{Happening, Owner, send},
};

type TlsClient = StreamOwned<ClientConnection, TcpStream>;

fn config(
    authority: &Authority,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(authority.path("ca.pem")).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_protocol_versions(versions)
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// A blocking client. It shakes hands when it first reads or writes.
fn connect(config: &Arc<ClientConfig>, address: SocketAddr) -> TlsClient {
    let name = "localhost".try_into().unwrap();
    let connection = ClientConnection::new(Arc::clone(config), name).unwrap();
    StreamOwned::new(connection, Client::connect(address).0)
}

/// A blocking client that trusts the authority.
fn client(
    authority: &Authority,
    address: SocketAddr,
    versions: &[&'static SupportedProtocolVersion],
) -> TlsClient {
    connect(&config(authority, versions), address)
}

fn owner(authority: &Authority, protocol: Protocol) -> Owner {
    let options = with(authority.sign("DNS:localhost"));
    Owner::secure(protocol, server(&options))
}

fn read_to_end(client: &mut TlsClient) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    client.read_to_end(&mut bytes).map(|_| bytes)
}

#[test]
fn both_versions_carry_messages_and_end_with_a_goodbye() {
    for version in [&TLS12, &TLS13] {
        let authority = Authority::new();
        let mut owner = owner(&authority, Protocol::Text);
        let mut client = client(&authority, owner.address, &[version]);
        let talking = thread::spawn(move || {
            client.write_all(b"hello\n").unwrap();
            read_to_end(&mut client)
        });
        let (connection, message) = owner.next_message();
        assert_eq!(message, b"hello");
        assert_eq!(send(&connection, b"and "), Sent::Written);
        assert_eq!(send(&connection, b"goodbye"), Sent::Written);
        assert!(connection.close());
        owner.turn_until(|| talking.is_finished());
        // Without a goodbye this would be an unexpected end.
        assert_eq!(talking.join().unwrap().unwrap(), b"and goodbye");
    }
}

#[test]
fn what_is_sent_before_the_handshake_arrives_after_it() {
    let authority = Authority::new();
    let mut owner = owner(&authority, Protocol::Raw);
    let mut client = client(&authority, owner.address, &[&TLS13]);
    let (connection, happening) = owner.next();
    assert!(matches!(happening, Happening::Event(Event::Opened)));
    assert_eq!(send(&connection, b"welcome"), Sent::Buffered);
    assert!(!connection.close());
    let talking = thread::spawn(move || read_to_end(&mut client));
    assert_eq!(owner.next_over(), Closed::Done);
    assert_eq!(talking.join().unwrap().unwrap(), b"welcome");
}

#[test]
fn a_paused_connection_shakes_hands_and_keeps_what_it_received() {
    let authority = Authority::new();
    let mut owner = owner(&authority, Protocol::Text);
    owner.listener.accept_paused(true);
    let mut client = client(&authority, owner.address, &[&TLS13]);
    let talking = thread::spawn(move || {
        client.write_all(b"hello\n").unwrap();
        client
    });
    let (connection, _) = owner.next();
    assert!(matches!(owner.next_event().1, Event::Secured));
    owner.turn_until(|| talking.is_finished());
    owner.step();
    assert!(!owner.has_news());
    connection.resume();
    assert_eq!(owner.next_message().1, b"hello");
    drop(talking.join().unwrap());
}

#[test]
fn large_messages_go_both_ways() {
    const LENGTH: usize = 10 << 20;
    let authority = Authority::new();
    let mut owner = owner(&authority, Protocol::Raw);
    let mut client = client(&authority, owner.address, &[&TLS13]);
    let sending = thread::spawn(move || {
        client.write_all(&vec![b'x'; LENGTH]).unwrap();
        client
    });
    let mut received = 0;
    let mut connection = None;
    while received < LENGTH {
        let (from, message) = owner.next_message();
        assert!(message.iter().all(|byte| *byte == b'x'));
        received += message.len();
        connection = Some(from);
    }
    assert_eq!(received, LENGTH);
    let mut client = sending.join().unwrap();
    let connection = connection.unwrap();
    assert_eq!(send(&connection, &vec![b'y'; LENGTH]), Sent::Buffered);
    let reading = thread::spawn(move || {
        let mut bytes = vec![0; LENGTH];
        client.read_exact(&mut bytes).unwrap();
        assert!(bytes.iter().all(|byte| *byte == b'y'));
        client
    });
    assert!(matches!(owner.next().1, Happening::Drained));
    assert_eq!(connection.queued_bytes(), 0);
    assert_eq!(connection.traffic(), (LENGTH as u64, LENGTH as u64));
    drop(reading.join().unwrap());
}

#[test]
fn a_client_that_says_nothing_is_given_up() {
    let authority = Authority::new();
    let options = with(authority.sign("DNS:localhost"));
    let server = server(&options).with_handshake_timeout(Duration::from_millis(20));
    let mut owner = Owner::secure(Protocol::Raw, server);
    let (mut client, connection) = owner.accept();
    let (_, event) = owner.next_event();
    assert!(
        matches!(&event, Event::Insecure(error) if error.to_string() == "the handshake was not finished in time"),
        "{event:?}"
    );
    connection.destroy();
    owner.step();
    assert_eq!(client.read_to_end(), b"");
}

#[test]
fn a_late_client_does_not_keep_what_waits_for_it() {
    let authority = Authority::new();
    let options = with(authority.sign("DNS:localhost"));
    let server = server(&options).with_handshake_timeout(Duration::from_millis(20));
    let mut owner = Owner::secure(Protocol::Raw, server);
    let (_client, connection) = owner.accept();
    send(&connection, b"never read");
    assert!(!connection.close());
    assert_eq!(owner.next_over(), Closed::Failed);
}

#[test]
fn a_client_without_tls_is_told_so_and_so_is_the_owner() {
    let authority = Authority::new();
    let mut owner = owner(&authority, Protocol::Http);
    let (mut client, connection) = owner.accept();
    send(&connection, b"never read");
    client.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let (_, event) = owner.next_event();
    assert!(
        matches!(&event, Event::Insecure(error) if error.to_string() == "the peer does not speak TLS"),
        "{event:?}"
    );
    connection.destroy();
    owner.step();
    // An alert (RFC 8446 section 6): type 21, and two bytes of content.
    let answer = client.read_to_end();
    assert_eq!((answer[0], answer.len()), (21, 7));
}

#[test]
fn a_client_that_hangs_up_during_the_handshake_is_just_closed() {
    let authority = Authority::new();
    let mut owner = owner(&authority, Protocol::Raw);
    let (client, _) = owner.accept();
    drop(client);
    let (_, event) = owner.next_event();
    assert!(matches!(event, Event::Closed(Closed::ByPeer)), "{event:?}");
}

#[test]
fn a_connection_that_is_cut_or_forged_fails() {
    let authority = Authority::new();
    let mut owner = owner(&authority, Protocol::Raw);
    let mut client = client(&authority, owner.address, &[&TLS13]);
    let talking = thread::spawn(move || {
        client.write_all(b"hello").unwrap();
        client
    });
    assert_eq!(owner.next_message().1, b"hello");
    let mut client = talking.join().unwrap();
    // A record of application data that nobody has encrypted.
    client.sock.write_all(&[23, 3, 3, 0, 20]).unwrap();
    client.sock.write_all(&[0; 20]).unwrap();
    let (_, happening) = owner.next();
    assert!(
        matches!(happening, Happening::Event(Event::Closed(Closed::Failed))),
        "{happening:?}"
    );
}

#[test]
fn sessions_are_resumed_with_whoever_shares_the_tickets() {
    let authority = Authority::new();
    let options = with(authority.sign("DNS:localhost"));
    for version in [&TLS12, &TLS13] {
        let tickets = Tickets::new().unwrap();
        let config = config(&authority, &[version]);
        let mut kinds = Vec::new();
        for _ in 0..2 {
            let mut owner = Owner::secure(Protocol::Text, sharing(&tickets, &options));
            let mut client = connect(&config, owner.address);
            let talking = thread::spawn(move || {
                client.write_all(b"hello\n").unwrap();
                client.read_exact(&mut [0; 6]).unwrap();
                client.conn.handshake_kind()
            });
            let (connection, _) = owner.next_message();
            send(&connection, b"hello\n");
            owner.turn_until(|| talking.is_finished());
            kinds.push(talking.join().unwrap());
        }
        use HandshakeKind::{Full, Resumed};
        assert_eq!(kinds, [Some(Full), Some(Resumed)], "{version:?}");
    }
}

#[test]
fn the_certificate_of_the_next_client_can_be_changed() {
    let authority = Authority::new();
    let mut owner = owner(&authority, Protocol::Text);
    let mut first = client(&authority, owner.address, &[&TLS13]);
    let talking = thread::spawn(move || {
        first.write_all(b"one\n").unwrap();
        first
    });
    let (connection, _) = owner.next_message();
    let mut first = talking.join().unwrap();
    let other = with(authority.sign("DNS:elsewhere"));
    owner.listener.secure(server(&other));
    let mut second = client(&authority, owner.address, &[&TLS13]);
    let refusing = thread::spawn(move || second.write_all(b"two\n").and_then(|()| second.flush()));
    let (_, event) = loop {
        let next = owner.next_event();
        if !matches!(next.1, Event::Opened) {
            break next;
        }
    };
    assert!(matches!(event, Event::Insecure(_)), "{event:?}");
    let refused = refusing.join().unwrap().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidData);
    send(&connection, b"still here");
    let reading = thread::spawn(move || {
        let mut bytes = [0; 10];
        first.read_exact(&mut bytes).unwrap();
        bytes
    });
    owner.turn_until(|| reading.is_finished());
    assert_eq!(&reading.join().unwrap(), b"still here");
}
