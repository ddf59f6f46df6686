//! Connections that the owner makes.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixListener,
    sync::Arc,
    thread::{self, JoinHandle},
};

use ouvrier_net::{
    Connection, Event, Policy, Protocol,
    connector::{self, Host, Proxy, ProxyKind, Route, SocketOptions},
};

use crate::{
    client::Client,
    owner::{Owner, PATIENCE, SETTINGS, send},
};

const OPTIONS: SocketOptions = SocketOptions {
    bind: None,
    no_delay: true,
};

fn host(address: SocketAddr) -> Host {
    Host {
        name: address.ip().to_string(),
        port: address.port(),
    }
}

/// Our side of a connection on its way to `route`.
pub(crate) fn connect(owner: &Owner, route: Route, protocol: Protocol) -> Arc<Connection> {
    connector::connect(
        &owner.runtime,
        route,
        None,
        protocol,
        SETTINGS,
        Policy::default(),
    )
}

/// A server that does with its first client what `serve` says.
pub(crate) fn server<T: Send + 'static>(
    serve: impl FnOnce(Client) -> T + Send + 'static,
) -> (Route, SocketAddr, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        serve(Client(stream))
    });
    (Route::Direct(host(address), OPTIONS), address, thread)
}

/// An address where nobody listens.
fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// Why the next connection does not come about.
pub(crate) fn failure(owner: &mut Owner) -> String {
    match owner.next_event() {
        (_, Event::ConnectFailed(error)) => error.to_string(),
        (_, other) => panic!("a failure is expected, not {other:?}"),
    }
}

pub(crate) fn expect_connected(owner: &mut Owner) {
    let (_, event) = owner.next_event();
    assert!(matches!(event, Event::Connected), "{event:?}");
}

#[test]
fn what_is_sent_before_the_connection_is_there_waits_for_it() {
    let mut owner = Owner::new(Protocol::Raw);
    let (route, address, server) = server(|mut client| {
        client.expect(b"early and late");
        client.write(b"answer");
        client.read_to_end()
    });
    let connection = connect(&owner, route, Protocol::Raw);
    assert_eq!(connection.remote(), None);
    send(&connection, b"early ");
    assert_eq!(connection.queued_bytes(), 6);
    expect_connected(&mut owner);
    assert_eq!(
        connection.remote().unwrap().to_string(),
        address.to_string()
    );
    send(&connection, b"and late");
    connection.resume();
    assert_eq!(owner.next_message().1, b"answer");
    connection.close();
    owner.step();
    assert_eq!(server.join().unwrap(), b"");
}

#[test]
fn nothing_is_read_before_the_owner_is_prepared() {
    let mut owner = Owner::new(Protocol::Raw);
    let (route, _, server) = server(|mut client| client.write(b"hello\n"));
    let connection = connect(&owner, route, Protocol::Raw);
    expect_connected(&mut owner);
    server.join().unwrap();
    owner.step();
    assert!(!owner.has_news());
    connection.set_protocol(Protocol::Text, Default::default());
    connection.resume();
    assert_eq!(owner.next_message().1, b"hello");
}

#[test]
fn names_are_resolved_by_the_system() {
    let mut owner = Owner::new(Protocol::Raw);
    let (_, address, server) = server(drop);
    let name = Host {
        name: "localhost".to_owned(),
        port: address.port(),
    };
    connect(&owner, Route::Direct(name, OPTIONS), Protocol::Raw);
    expect_connected(&mut owner);
    server.join().unwrap();
    let nowhere = Host {
        name: "no-such-host.invalid".to_owned(),
        port: 80,
    };
    connect(&owner, Route::Direct(nowhere, OPTIONS), Protocol::Raw);
    let failure = failure(&mut owner);
    assert!(
        failure.starts_with("cannot resolve no-such-host.invalid: "),
        "{failure}"
    );
}

#[test]
fn a_refusal_is_told() {
    let mut owner = Owner::new(Protocol::Raw);
    connect(
        &owner,
        Route::Direct(host(nobody()), OPTIONS),
        Protocol::Raw,
    );
    assert_eq!(failure(&mut owner), "Connection refused");
    let path = std::env::temp_dir().join("ouvrier-net-nobody.sock");
    connect(&owner, Route::Unix(path), Protocol::Raw);
    assert_eq!(failure(&mut owner), "No such file or directory");
}

#[test]
fn unix_sockets() {
    let path = std::env::temp_dir().join(format!("ouvrier-connect-{}.sock", std::process::id()));
    let listener = UnixListener::bind(&path).unwrap();
    let mut owner = Owner::new(Protocol::Raw);
    let connection = connect(&owner, Route::Unix(path.clone()), Protocol::Text);
    expect_connected(&mut owner);
    assert_eq!(
        connection.remote().unwrap().to_string(),
        path.to_str().unwrap()
    );
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(b"hello\n").unwrap();
    connection.resume();
    assert_eq!(owner.next_message().1, b"hello");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn our_own_address_is_the_one_asked_for() {
    let mut owner = Owner::new(Protocol::Raw);
    let (_, address, server) = server(|client| client.0.peer_addr().unwrap());
    let options = SocketOptions {
        bind: Some("127.0.0.7:0".parse().unwrap()),
        ..OPTIONS
    };
    connect(&owner, Route::Direct(host(address), options), Protocol::Raw);
    expect_connected(&mut owner);
    assert_eq!(server.join().unwrap().ip().to_string(), "127.0.0.7");
    let other_family = SocketOptions {
        bind: Some("[::1]:0".parse().unwrap()),
        ..OPTIONS
    };
    connect(
        &owner,
        Route::Direct(host(address), other_family),
        Protocol::Raw,
    );
    assert_eq!(failure(&mut owner), "no address to connect to");
}

#[test]
fn an_owner_who_changes_its_mind_hears_nothing() {
    let mut owner = Owner::new(Protocol::Raw);
    // The queue of this listener is full at once, so that no connection comes about.
    let silent = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    silent
        .bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into())
        .unwrap();
    silent.listen(0).unwrap();
    let address = silent.local_addr().unwrap().as_socket().unwrap();
    let _full: Vec<_> = (0..4)
        .map(|_| TcpStream::connect_timeout(&address, std::time::Duration::from_millis(50)))
        .collect();
    let connection = connect(&owner, Route::Direct(host(address), OPTIONS), Protocol::Raw);
    owner.step();
    assert_eq!(connection.summary().stage, "CONNECTING");
    connection.destroy();
    let left = Arc::downgrade(&connection);
    drop(connection);
    owner.turn_until(|| left.upgrade().is_none());
    assert!(!owner.has_news());
}

/// A proxy that expects the words and gives the answers of a script, and is the target then.
fn scripted(script: &'static [(&[u8], &[u8])]) -> (Host, JoinHandle<()>) {
    let (_, address, thread) = server(move |mut client| {
        for (words, answer) in script {
            client.expect(words);
            client.write(answer);
        }
        client.expect(b"to the target");
    });
    (host(address), thread)
}

fn proxied(proxy: Host, kind: ProxyKind) -> Route {
    let target = Host {
        name: "target.invalid".to_owned(),
        port: 80,
    };
    Route::Proxied(target, Proxy { host: proxy, kind }, OPTIONS)
}

#[test]
fn a_socks5_proxy_resolves_the_name_and_the_target_may_speak_first() {
    let mut owner = Owner::new(Protocol::Raw);
    let (proxy, thread) = scripted(&[
        (b"\x05\x02\x00\x02", b"\x05\x02"),
        (b"\x01\x02me\x06secret", b"\x01\x00"),
        (
            b"\x05\x01\x00\x03\x0etarget.invalid\x00\x50",
            b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50220 ready",
        ),
    ]);
    let credentials = (b"me".to_vec(), b"secret".to_vec());
    let route = proxied(proxy, ProxyKind::Socks5(Some(credentials)));
    let connection = connect(&owner, route, Protocol::Raw);
    send(&connection, b"to the target");
    expect_connected(&mut owner);
    connection.resume();
    assert_eq!(owner.next_message().1, b"220 ready");
    thread.join().unwrap();
}

#[test]
fn an_http_proxy_resolves_the_name_and_the_target_may_speak_first() {
    let mut owner = Owner::new(Protocol::Raw);
    let (proxy, thread) = scripted(&[(
        b"CONNECT target.invalid:80 HTTP/1.1\r\nHost: target.invalid:80\r\n\
          Proxy-Authorization: Basic eDp5\r\nProxy-Connection: keep-alive\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nVia: 1.0 proxy\r\n\r\n220 ready",
    )]);
    let route = proxied(proxy, ProxyKind::Http(b"Basic eDp5".to_vec()));
    let connection = connect(&owner, route, Protocol::Raw);
    send(&connection, b"to the target");
    expect_connected(&mut owner);
    connection.resume();
    assert_eq!(owner.next_message().1, b"220 ready");
    thread.join().unwrap();
}

#[test]
fn what_goes_wrong_at_a_proxy_is_told() {
    let mut owner = Owner::new(Protocol::Raw);
    let (_, address, thread) = server(|mut client| {
        client.read(3);
        client.write(b"\x05\x00");
        client.read(21);
        client.write(b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00");
    });
    connect(
        &owner,
        proxied(host(address), ProxyKind::Socks5(None)),
        Protocol::Raw,
    );
    assert_eq!(
        failure(&mut owner),
        "SOCKS5 connect failed: connection refused"
    );
    thread.join().unwrap();

    let (_, address, thread) = server(|mut client| {
        client.read_head();
        client.write(b"HTTP/1.1 403 Forb");
    });
    connect(
        &owner,
        proxied(host(address), ProxyKind::Http(Vec::new())),
        Protocol::Raw,
    );
    assert_eq!(failure(&mut owner), "proxy: closed the connection");
    thread.join().unwrap();

    connect(
        &owner,
        proxied(host(nobody()), ProxyKind::Socks5(None)),
        Protocol::Raw,
    );
    assert_eq!(failure(&mut owner), "proxy: Connection refused");
}

#[test]
fn a_large_message_that_waits_is_written_as_the_peer_reads_it() {
    const LENGTH: usize = 4 << 20;
    let mut owner = Owner::new(Protocol::Raw);
    let (route, _, server) = server(|mut client| {
        let mut read = 0;
        let mut chunk = [0; 4096];
        while read < LENGTH {
            read += client.0.read(&mut chunk).unwrap();
        }
        read
    });
    let connection = connect(&owner, route, Protocol::Raw);
    send(&connection, &vec![7; LENGTH]);
    expect_connected(&mut owner);
    owner.turn_until(|| connection.queued_bytes() == 0);
    assert_eq!(server.join().unwrap(), LENGTH);
}
