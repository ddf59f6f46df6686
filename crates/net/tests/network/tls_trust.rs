//! Who believes whom, and why not.

use ouvrier_net::{
    Protocol,
    tls::{Client, Identity, Options, Server, Tickets, TlsError, Verification, Versions, connect},
};
use tokio::net::TcpStream;

use crate::{
    certificates::{Authority, server, with},
    owner::Owner,
};

/// What comes of a handshake between a server and a client with these options.
fn shake_hands(own: &Options, client: &Options) -> Result<(), String> {
    let mut owner = Owner::secure(Protocol::Raw, server(own));
    let client = Client::load(client).unwrap();
    let address = owner.address;
    let shaking = std::thread::spawn(move || {
        block_on(async {
            let mut stream = TcpStream::connect(address).await?;
            connect(&mut stream, &client, "localhost").await.map(drop)
        })
    });
    owner.turn_until(|| shaking.is_finished());
    let outcome: Result<(), TlsError> = shaking.join().unwrap();
    outcome.map_err(|error| error.to_string())
}

#[allow(
    clippy::disallowed_methods,
    reason = "the client is in a process of its own, so to speak"
)]
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

const TLS12: Versions = Versions {
    tls12: true,
    tls13: false,
};

fn trusting(verification: Verification) -> Options {
    Options {
        verification: Some(verification),
        verify_name: true,
        ..Options::default()
    }
}

#[test]
fn a_good_certificate_is_believed() {
    let authority = Authority::new();
    let own = with(authority.sign("DNS:localhost"));
    assert_eq!(shake_hands(&own, &trusting(authority.trust())), Ok(()));
}

#[test]
fn a_certificate_for_another_name_is_refused_unless_names_do_not_matter() {
    let authority = Authority::new();
    let own = with(authority.sign("DNS:elsewhere"));
    let refused = shake_hands(&own, &trusting(authority.trust()));
    assert_eq!(
        refused,
        Err("the certificate is for another name".to_owned())
    );
    let careless = Options {
        verify_name: false,
        ..trusting(authority.trust())
    };
    assert_eq!(shake_hands(&own, &careless), Ok(()));
    let only_the_name = Options {
        verification: None,
        ..trusting(authority.trust())
    };
    assert_eq!(shake_hands(&own, &only_the_name), refused);
    let expecting = Options {
        peer_name: Some("elsewhere".to_owned()),
        ..trusting(authority.trust())
    };
    assert_eq!(shake_hands(&own, &expecting), Ok(()));
}

#[test]
fn an_expired_certificate_is_served_and_refused() {
    let authority = Authority::new();
    let own = with(authority.sign_until("DNS:localhost", "20200102000000Z"));
    let (_, untimely) = Server::load(&own, &Tickets::new().unwrap()).unwrap();
    let text = untimely[0].to_string();
    assert!(
        text.contains("own.pem: the certificate has expired on "),
        "{text}"
    );
    let refused = shake_hands(&own, &trusting(authority.trust()));
    assert_eq!(refused, Err("the certificate has expired".to_owned()));
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused_unless_nothing_is_verified() {
    let (authority, other) = (Authority::new(), Authority::new());
    let own = with(authority.sign("DNS:localhost"));
    let refused = shake_hands(&own, &trusting(other.trust()));
    assert_eq!(
        refused,
        Err("the certificate is not signed by a trusted authority".to_owned())
    );
    assert_eq!(shake_hands(&own, &Options::default()), Ok(()));
}

#[test]
fn a_self_signed_certificate_is_believed_when_it_is_named_or_allowed() {
    let authority = Authority::new();
    let own = with(authority.self_signed());
    assert!(shake_hands(&own, &trusting(authority.trust())).is_err());
    let named = Verification {
        ca_file: Some(authority.path("self.pem")),
        ..authority.trust()
    };
    assert_eq!(shake_hands(&own, &trusting(named)), Ok(()));
    let allowed = Verification {
        self_signed: true,
        ..authority.trust()
    };
    assert_eq!(shake_hands(&own, &trusting(allowed)), Ok(()));
}

#[test]
fn clients_are_asked_for_a_certificate_and_judged_by_it() {
    let (authority, other) = (Authority::new(), Authority::new());
    let own = Options {
        // Whether clients have names is not asked.
        verification: Some(authority.trust()),
        ..with(authority.sign("DNS:localhost"))
    };
    let outcome = |identity: Option<Identity>| {
        let client = Options {
            identity,
            // In TLS 1.3 a client hears of its refusal only when it reads.
            versions: TLS12,
            ..Options::default()
        };
        shake_hands(&own, &client)
    };
    let refused = |alert: &str| Err(format!("the peer refused with the alert {alert}"));
    assert_eq!(outcome(None), refused("CertificateRequired"));
    let stranger = other.sign("DNS:somebody");
    let unknown = "the peer does not trust the authority of the certificate";
    assert_eq!(outcome(Some(stranger)), Err(unknown.to_owned()));
    let friend = authority.sign("DNS:somebody");
    assert_eq!(outcome(Some(friend)), Ok(()));
}

#[test]
fn files_that_do_not_serve_are_named() {
    let (authority, other) = (Authority::new(), Authority::new());
    let own = authority.sign("DNS:localhost");
    let stranger = other.sign("DNS:localhost");
    let key = own.key.clone();
    let refused = |identity: Identity| {
        let error = Server::load(&with(identity), &Tickets::new().unwrap()).unwrap_err();
        error.to_string()
    };
    let missing = refused(authority.identity("nowhere.pem", "own.key"));
    assert!(missing.starts_with("cannot read "), "{missing}");
    assert!(missing.contains("nowhere.pem: No such file"), "{missing}");
    let mismatch = refused(Identity {
        key: stranger.key,
        ..own.clone()
    });
    assert!(
        mismatch.contains("own.key: the key does not belong to the certificate in "),
        "{mismatch}"
    );
    let no_key = refused(Identity { key: None, ..own });
    assert!(
        no_key.ends_with("own.pem: holds no private key"),
        "{no_key}"
    );
    let no_certificate = refused(Identity {
        certificate: key.unwrap(),
        key: None,
    });
    assert!(
        no_certificate.ends_with("own.key: holds no certificate"),
        "{no_certificate}"
    );
}

#[test]
fn keys_may_be_encrypted() {
    let authority = Authority::new();
    authority.sign("DNS:localhost");
    authority.openssl(
        "pkcs8 -topk8 -in own.key -out new.key -passout pass:secret",
        &[],
    );
    authority.openssl(
        "ec -in own.key -out old.key -aes256 -passout pass:secret",
        &[],
    );
    let load = |key: &str, passphrase: Option<&str>| {
        let options = Options {
            passphrase: passphrase.map(|text| text.as_bytes().to_vec()),
            ..with(authority.identity("own.pem", key))
        };
        let loaded = Server::load(&options, &Tickets::new().unwrap());
        loaded.map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(load("new.key", Some("secret")), Ok(()));
    let refused = load("new.key", None).unwrap_err();
    assert!(
        refused.ends_with("new.key: the key is encrypted, and there is no passphrase"),
        "{refused}"
    );
    let refused = load("new.key", Some("wrong")).unwrap_err();
    assert!(
        refused.contains("new.key: the passphrase does not open the key"),
        "{refused}"
    );
    let refused = load("old.key", Some("secret")).unwrap_err();
    assert!(
        refused.contains("convert it with `openssl pkcs8 -topk8"),
        "{refused}"
    );
}

#[test]
fn versions_without_an_overlap_do_not_meet() {
    let authority = Authority::new();
    let old = Options {
        versions: TLS12,
        ..with(authority.sign("DNS:localhost"))
    };
    let new = Options {
        versions: Versions {
            tls12: false,
            tls13: true,
        },
        ..trusting(authority.trust())
    };
    assert!(shake_hands(&old, &new).is_err());
    assert_eq!(shake_hands(&old, &trusting(authority.trust())), Ok(()));
}
