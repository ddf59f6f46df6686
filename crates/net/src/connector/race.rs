//! Happy eyeballs (RFC 8305): several addresses are tried so that one which is silent does not hold up the others.

use std::{collections::VecDeque, future::Future, io, net::SocketAddr, time::Duration};

use tokio::{select, task::JoinSet, time::sleep};

use super::no_address;

/// How long one attempt has the field to itself (section 5, "Connection Attempt Delay").
const STAGGER: Duration = Duration::from_millis(250);

/// The first connection that comes about. The attempts that are still under way are dropped then.
///
/// # Errors
/// That of the last attempt, once all have failed.
pub(super) async fn first<T, F>(
    addresses: Vec<SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> io::Result<T>
where
    T: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let mut waiting = interleave(addresses);
    let mut attempts = JoinSet::new();
    let mut failure = no_address();
    loop {
        if let Some(address) = waiting.pop_front() {
            attempts.spawn(connect(address));
        }
        let attempt = select! {
            attempt = attempts.join_next() => attempt,
            () = sleep(STAGGER), if !waiting.is_empty() => continue,
        };
        match attempt {
            Some(Ok(Ok(connection))) => return Ok(connection),
            Some(Ok(Err(error))) => failure = error,
            Some(Err(panic)) => failure = io::Error::other(panic),
            None => return Err(failure),
        }
    }
}

/// The families take turns, the preferred one first (section 4).
fn interleave(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let preferred = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == preferred);
    let mut second = second.into_iter();
    let mut order = VecDeque::new();
    for address in first {
        order.push_back(address);
        order.extend(second.next());
    }
    order.extend(second);
    order
}

#[cfg(test)]
#[allow(
    clippy::disallowed_methods,
    reason = "tokio's test attribute builds a runtime"
)]
mod tests {
    use std::future::pending;

    use tokio::time::Instant;

    use super::*;

    fn addresses(hosts: &[&str]) -> Vec<SocketAddr> {
        hosts
            .iter()
            .map(|host| SocketAddr::new(host.parse().unwrap(), 80))
            .collect()
    }

    /// Hosts that end in 1 answer at once, in 2 after 300 ms, in 3 refuse, and all others are silent.
    async fn attempt(address: SocketAddr) -> io::Result<SocketAddr> {
        match address.ip().to_string().as_bytes().last() {
            Some(b'1') => Ok(address),
            Some(b'2') => {
                sleep(Duration::from_millis(300)).await;
                Ok(address)
            }
            Some(b'3') => Err(io::ErrorKind::ConnectionRefused.into()),
            _ => pending().await,
        }
    }

    /// Who won, and after how many milliseconds.
    async fn race(hosts: &[&str]) -> (io::Result<String>, u128) {
        let start = Instant::now();
        let winner = first(addresses(hosts), attempt).await;
        let winner = winner.map(|address| address.ip().to_string());
        (winner, start.elapsed().as_millis())
    }

    #[test]
    fn families_take_turns() {
        let order = interleave(addresses(&["::a", "::b", "::c", "10.0.0.9"]));
        assert_eq!(order, addresses(&["::a", "10.0.0.9", "::b", "::c"]));
        let order = interleave(addresses(&["10.0.0.8", "::a", "::b"]));
        assert_eq!(order, addresses(&["10.0.0.8", "::a", "::b"]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_address_holds_up_the_next_for_a_moment_only() {
        let (winner, after) = race(&["::9", "10.0.0.1"]).await;
        assert_eq!((winner.unwrap().as_str(), after), ("10.0.0.1", 250));
        let (winner, after) = race(&["::9", "::8", "10.0.0.9", "10.0.0.1"]).await;
        assert_eq!((winner.unwrap().as_str(), after), ("10.0.0.1", 750));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_address_is_not_given_up_when_the_next_is_tried() {
        let (winner, after) = race(&["::2", "10.0.0.2"]).await;
        assert_eq!((winner.unwrap().as_str(), after), ("::2", 300));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_lets_the_next_try_at_once() {
        let (winner, after) = race(&["::3", "10.0.0.3", "::1"]).await;
        assert_eq!((winner.unwrap().as_str(), after), ("::1", 0));
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_refuse_the_refusal_is_told() {
        let (winner, _) = race(&["::3", "10.0.0.3"]).await;
        assert_eq!(winner.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        let (winner, _) = race(&[]).await;
        assert_eq!(winner.unwrap_err().kind(), io::ErrorKind::AddrNotAvailable);
    }
}
