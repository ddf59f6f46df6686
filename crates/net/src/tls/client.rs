//! The side that connects.

use std::{fmt, sync::Arc};

use rustls::{
    ClientConfig,
    client::{Resumption, Tls12Resumption},
};

use super::{
    Options, Session, TlsError, identity,
    verify::{Judge, server_name},
};

/// What a connection to a TLS server needs. Cheap to share, and worth sharing: sessions are resumed between connections of one client.
#[derive(Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
    peer_name: Option<String>,
}

/// How many servers a client keeps sessions of.
const REMEMBERED_SERVERS: usize = 32;

impl Client {
    /// Reads the files that `options` name, the system's authorities if they are needed, and checks that everything belongs together.
    ///
    /// # Errors
    /// What is wrong, with the name of the file.
    pub fn load(options: &Options) -> Result<Self, TlsError> {
        let builder = super::builder(options, ClientConfig::builder_with_provider)?;
        let provider = Arc::clone(builder.crypto_provider());
        let judge = Judge::new(options, provider.signature_verification_algorithms)?;
        let builder = builder.dangerous().with_custom_certificate_verifier(judge);
        let mut config = match &options.identity {
            None => builder.with_no_client_auth(),
            Some(own) => {
                let loaded = identity::load(own, options.passphrase.as_deref(), &provider)?;
                let key = Arc::new(loaded.key);
                builder
                    .with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(key)))
            }
        };
        config.alpn_protocols.clone_from(&options.alpn);
        config.enable_sni = options.tell_name;
        config.resumption = if options.tickets {
            Resumption::in_memory_sessions(REMEMBERED_SERVERS)
                .tls12_resumption(Tls12Resumption::SessionIdOrTickets)
        } else {
            Resumption::disabled()
        };
        Ok(Self {
            config: Arc::new(config),
            peer_name: options.peer_name.clone(),
        })
    }

    /// The client's side of a new connection to `host`, a name or an IP address.
    ///
    /// # Errors
    /// When the host has no name that a certificate could have.
    pub(crate) fn session(&self, host: &str) -> Result<Box<Session>, TlsError> {
        let name = server_name(self.peer_name.as_deref().unwrap_or(host))?;
        Session::client(Arc::clone(&self.config), name)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
