//! The side that clients connect to.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring::Ticketer},
    server::{
        ClientHello, NoClientAuth, NoServerSessionStorage, ProducesTickets, ResolvesServerCert,
    },
    sign::CertifiedKey,
};

use super::{Identity, Options, Session, TlsError, identity, verify::Judge};

/// How long a client may take for its handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// What a listener needs to speak TLS. Cheap to share.
#[derive(Clone)]
pub struct Server {
    config: Arc<ServerConfig>,
    handshake_timeout: Duration,
}

/// The keys of session tickets. Those who share them can resume each other's sessions.
///
/// The keys change every six hours. Making them starts no thread, so a master can make them for the processes that it forks.
#[derive(Clone)]
pub struct Tickets(Arc<dyn ProducesTickets>);

impl Tickets {
    /// New keys.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new() -> Result<Self, TlsError> {
        Ok(Self(Ticketer::new()?))
    }
}

impl Server {
    /// Reads the files that `options` name and checks that they belong together.
    ///
    /// Returns with it what is wrong with the dates of the certificates, which is for the caller to judge: it does not keep the server from
    /// serving.
    ///
    /// # Errors
    /// What is wrong, with the name of the file.
    pub fn load(options: &Options, tickets: &Tickets) -> Result<(Self, Vec<TlsError>), TlsError> {
        let builder = super::builder(options, ServerConfig::builder_with_provider)?;
        let provider = Arc::clone(builder.crypto_provider());
        let builder = if options.verification.is_some() {
            let algorithms = provider.signature_verification_algorithms;
            builder.with_client_cert_verifier(Judge::new(options, algorithms)?)
        } else {
            builder.with_client_cert_verifier(Arc::new(NoClientAuth))
        };
        let mut untimely = Vec::new();
        let names = Names::load(options, &provider, &mut untimely)?;
        let mut config = builder.with_cert_resolver(Arc::new(names));
        config.alpn_protocols.clone_from(&options.alpn);
        config.ignore_client_order = options.own_order;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        if options.tickets {
            config.ticketer = Arc::clone(&tickets.0);
        } else {
            config.send_tls13_tickets = 0;
        }
        let server = Self {
            config: Arc::new(config),
            handshake_timeout: HANDSHAKE_TIMEOUT,
        };
        Ok((server, untimely))
    }

    /// Gives clients `timeout` for their handshake, in place of 10 seconds.
    #[must_use]
    pub const fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    pub(crate) const fn handshake_timeout(&self) -> Duration {
        self.handshake_timeout
    }

    /// The server's side of a new connection.
    pub(crate) fn session(&self) -> Result<Box<Session>, TlsError> {
        Session::server(Arc::clone(&self.config))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets").finish_non_exhaustive()
    }
}

/// Which certificate is for which name.
#[derive(Debug)]
struct Names {
    by_name: HashMap<String, Arc<CertifiedKey>>,
    /// For clients that ask for no name, or for an unknown one.
    otherwise: Option<Arc<CertifiedKey>>,
}

impl Names {
    fn load(
        options: &Options,
        provider: &Arc<CryptoProvider>,
        untimely: &mut Vec<TlsError>,
    ) -> Result<Self, TlsError> {
        let mut load = |identity: &Identity| {
            let loaded = identity::load(identity, options.passphrase.as_deref(), provider)?;
            untimely.extend(loaded.untimely);
            Ok::<_, TlsError>(Arc::new(loaded.key))
        };
        let otherwise = options.identity.as_ref().map(&mut load).transpose()?;
        let mut by_name = HashMap::new();
        for (name, identity) in &options.by_name {
            by_name.insert(name.to_ascii_lowercase(), load(identity)?);
        }
        if otherwise.is_none() && by_name.is_empty() {
            let problem = "there is no certificate: local_cert names the file of one";
            return Err(TlsError::Configuration(problem.to_owned()));
        }
        Ok(Self { by_name, otherwise })
    }

    /// The certificate for `name`; `*.` in place of its first label comes second.
    fn find(&self, name: &str) -> Option<&Arc<CertifiedKey>> {
        let name = name.to_ascii_lowercase();
        let wildcard = || {
            let (_, parent) = name.split_once('.')?;
            self.by_name.get(&format!("*.{parent}"))
        };
        self.by_name.get(&name).or_else(wildcard)
    }
}

impl ResolvesServerCert for Names {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| self.find(name));
        named.or(self.otherwise.as_ref()).cloned()
    }
}
