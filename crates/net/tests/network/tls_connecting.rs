//! Connections that the owner makes, over TLS.

use std::sync::Arc;

use ouvrier_net::{
    Connection, Event, Policy, Protocol,
    connection::Handshake,
    connector::{self, Host, Route, SocketOptions},
    tls::{Client, Options},
};

use crate::{
    certificates::{Authority, server, with},
    owner::{Happening, Owner, SETTINGS, send},
};

/// A way to the listener of the owner itself.
fn connect(owner: &Owner, options: &Options) -> Arc<Connection> {
    let host = Host {
        name: "localhost".to_owned(),
        port: owner.address.port(),
    };
    let options_of_socket = SocketOptions {
        bind: None,
        no_delay: true,
    };
    let client = Client::load(options).unwrap();
    let route = Route::Direct(host, options_of_socket);
    connector::connect(
        &owner.runtime,
        route,
        Some(client),
        Protocol::Text,
        SETTINGS,
        Policy::default(),
    )
}

#[test]
fn it_is_there_once_it_is_secured_and_what_was_sent_early_is_encrypted() {
    let authority = Authority::new();
    let own = with(authority.sign("DNS:localhost"));
    let mut owner = Owner::secure(Protocol::Text, server(&own));
    let trusting = Options {
        verification: Some(authority.trust()),
        ..Options::default()
    };
    let client = connect(&owner, &trusting);
    send(&client, b"early\n");
    let (accepted, said) = owner.next_message();
    assert_eq!(said, b"early");
    assert_eq!(client.handshake(), Handshake::Done);
    client.resume();
    send(&accepted, b"answer\n");
    let (answered, answer) = owner.next_message();
    assert_eq!(answer, b"answer");
    assert!(Arc::ptr_eq(&answered, &client));
}

#[test]
fn a_server_that_cannot_be_trusted_is_a_failure() {
    let authority = Authority::new();
    let own = with(authority.sign("DNS:localhost"));
    let mut owner = Owner::secure(Protocol::Text, server(&own));
    let another = Authority::new();
    let trusting_another = Options {
        verification: Some(another.trust()),
        ..Options::default()
    };
    connect(&owner, &trusting_another);
    assert!(matches!(owner.next_event().1, Event::Opened));
    // The other end, which is ours as well, may be told first that it was not believed.
    let failure = loop {
        if let (_, Happening::Event(Event::ConnectFailed(error))) = owner.next() {
            break error.to_string();
        }
    };
    assert_eq!(
        failure,
        "TLS: the certificate is not signed by a trusted authority"
    );
}
