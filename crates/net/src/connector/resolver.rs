//! From a name to addresses, by the system's own resolver, so that `/etc/hosts`, search domains and local name services count.

use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    thread::Builder,
};

use tokio::sync::{Semaphore, oneshot};

/// Most look-ups at a time: each blocks a thread of its own, for as long as name servers are silent. Others wait their turn.
const LOOK_UPS: usize = 16;

static TURNS: Semaphore = Semaphore::const_new(LOOK_UPS);

/// The addresses of a host, in the system's order of preference (RFC 6724).
///
/// The thread of a look-up that nobody waits for any more ends by itself; nobody waits for the thread either, so that a process can end
/// while a name server is silent.
pub(crate) async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let turn = TURNS.acquire().await.map_err(io::Error::other)?;
    let (sender, receiver) = oneshot::channel();
    let host = host.to_owned();
    Builder::new()
        .name("ouvrier-resolver".to_owned())
        .spawn(move || {
            let found = (host, port).to_socket_addrs().map(Vec::from_iter);
            drop(turn);
            // The connection may have been given up.
            let _ = sender.send(found);
        })?;
    receiver.await.map_err(io::Error::other)?
}

#[cfg(test)]
#[allow(
    clippy::disallowed_methods,
    reason = "tokio's test attribute builds a runtime"
)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn literals_need_no_look_up_and_the_hosts_file_counts() {
        let found = resolve("::1", 80).await.unwrap();
        assert_eq!(found, ["[::1]:80".parse().unwrap()]);
        let found = resolve("localhost", 81).await.unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback()));
        assert!(!found.is_empty());
    }

    #[tokio::test]
    async fn a_name_that_does_not_exist_is_an_error() {
        assert!(resolve("no-such-host.invalid", 80).await.is_err());
        assert!(resolve("", 80).await.is_err());
    }
}
