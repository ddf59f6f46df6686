//! What the clients of a process cost together, and how many were parted from because they cost too much.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use parking_lot::Mutex;

use crate::{address::Peer, policy::Policy};

/// The books of a process. Its numbers are those of the moment; nothing waits for them to agree.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    connections: AtomicUsize,
    /// Connections by where they are from, of listeners that have a limit for that.
    by_place: Mutex<HashMap<IpAddr, u32>>,
    /// Bytes that wait to be written; those that wait for many connections in one place count once.
    queued: AtomicUsize,
    /// Bytes of [letters](crate::letters), which are not among them.
    in_letters: AtomicUsize,
    /// From how many bytes on what can be written at once had better be, for some connection to which letters are written; 0 where there is no such limit.
    tight: AtomicUsize,
    /// Connections for which some wait.
    holders: AtomicUsize,
    pub(crate) refused: AtomicU64,
    pub(crate) late: AtomicU64,
    pub(crate) faulty: AtomicU64,
    pub(crate) silent: AtomicU64,
    pub(crate) idle: AtomicU64,
    pub(crate) slow: AtomicU64,
}

/// Bytes that wait in one place, for however many connections. They are in the books until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    ledger: Arc<Ledger>,
    bytes: usize,
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.ledger.queued.fetch_sub(self.bytes, Relaxed);
    }
}

/// How many clients were parted from, since the start of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parted {
    /// Not let in: there were too many, or they were from an origin that is not.
    pub refused: u64,
    /// Those that did not say in time what was due: a websocket handshake, a first message, an http request that has begun.
    pub late: u64,
    /// Those that broke a rule of their protocol, or a limit of what a message may be.
    pub faulty: u64,
    /// Websocket clients that did not answer a ping.
    pub silent: u64,
    /// Websocket clients to whom and from whom there was no message for too long, and http clients that made no request.
    pub idle: u64,
    /// Those that did not take what was sent to them.
    pub slow: u64,
}

impl Ledger {
    /// Whether there is room for a client within the limits of `policy`. Whoever is let in has to [leave](Self::leave).
    pub(crate) fn admit(&self, peer: &Peer, policy: &Policy) -> bool {
        let limits = &policy.limits;
        let before = self.connections.fetch_add(1, Relaxed);
        let has_room = limits.connections == 0 || before < limits.connections;
        let admitted = has_room && self.admit_from(peer, policy);
        if !admitted {
            self.connections.fetch_sub(1, Relaxed);
            self.refused.fetch_add(1, Relaxed);
        }
        admitted
    }

    fn admit_from(&self, peer: &Peer, policy: &Policy) -> bool {
        let most = policy.limits.connections_per_address;
        let Some(place) = counted_place(peer, policy) else {
            return true;
        };
        let mut places = self.by_place.lock();
        let count = places.entry(place).or_default();
        let admitted = *count < most;
        *count += u32::from(admitted);
        admitted
    }

    pub(crate) fn leave(&self, peer: Option<&Peer>, policy: &Policy) {
        self.connections.fetch_sub(1, Relaxed);
        let Some(place) = peer.and_then(|peer| counted_place(peer, policy)) else {
            return;
        };
        let mut places = self.by_place.lock();
        if let Some(count) = places.get_mut(&place) {
            *count -= 1;
            if *count == 0 {
                places.remove(&place);
            }
        }
    }

    /// A connection that had `before` bytes waiting for it alone has `after`.
    pub(crate) fn requeue(&self, before: usize, after: usize) {
        if after >= before {
            self.queued.fetch_add(after - before, Relaxed);
        } else {
            self.queued.fetch_sub(before - after, Relaxed);
        }
    }

    /// Something has begun to wait for a connection that had nothing waiting, or nothing waits for it any more.
    pub(crate) fn count_holder(&self, begins: bool) {
        if begins {
            self.holders.fetch_add(1, Relaxed);
        } else {
            self.holders.fetch_sub(1, Relaxed);
        }
    }

    /// Takes bytes into the books that may come to wait for many connections.
    pub(crate) fn permit(self: &Arc<Self>, bytes: usize) -> Permit {
        self.queued.fetch_add(bytes, Relaxed);
        Permit {
            ledger: Arc::clone(self),
            bytes,
        }
    }

    /// How many bytes there are in letters.
    pub(crate) fn set_in_letters(&self, bytes: usize) {
        self.in_letters.store(bytes, Relaxed);
    }

    /// Minds a ceiling when letters are written.
    pub(crate) fn mind(&self, ceiling: usize) {
        let (known, tight) = (self.tight.load(Relaxed), tight(ceiling));
        if ceiling > 0 && (known == 0 || tight < known) {
            self.tight.store(tight, Relaxed);
        }
    }

    /// Whether letters had better not be written.
    pub(crate) fn needs_no_letters(&self) -> bool {
        let tight = self.tight.load(Relaxed);
        tight > 0 && self.total() >= tight
    }

    fn total(&self) -> usize {
        self.queued.load(Relaxed) + self.in_letters.load(Relaxed)
    }

    /// Whether a connection that has `own` bytes waiting for its peer, shared ones included, takes no more, since the process has room for
    /// `ceiling` bytes. Of what is to be taken, `counted` bytes are in the books already.
    ///
    /// In the last quarter only those take more that have less than their share: a peer that is slow for a moment does not suffer from those
    /// that never read.
    pub(crate) fn is_full(&self, own: usize, counted: usize, ceiling: usize) -> bool {
        let total = self.total().saturating_sub(counted);
        ceiling > 0
            && (total >= ceiling
                || (total >= tight(ceiling)
                    && own >= tight(ceiling) / self.holders.load(Relaxed).max(1)))
    }

    /// Whether what can be written at once had better be.
    pub(crate) fn is_tight(&self, ceiling: usize) -> bool {
        ceiling > 0 && self.total() >= tight(ceiling)
    }

    pub(crate) fn parted(&self) -> Parted {
        Parted {
            refused: self.refused.load(Relaxed),
            late: self.late.load(Relaxed),
            faulty: self.faulty.load(Relaxed),
            silent: self.silent.load(Relaxed),
            idle: self.idle.load(Relaxed),
            slow: self.slow.load(Relaxed),
        }
    }
}

const fn tight(ceiling: usize) -> usize {
    ceiling - ceiling / 4
}

/// Where a client counts, if it does: not those whom a trusted proxy brings without saying who they are.
fn counted_place(peer: &Peer, policy: &Policy) -> Option<IpAddr> {
    let counts = policy.limits.connections_per_address > 0 && !policy.proxy.trusts(peer);
    counts.then(|| place(peer)).flatten()
}

/// What counts as one place: an IPv4 address, or an IPv6 network of 64 bits, which is the least that one customer has.
fn place(peer: &Peer) -> Option<IpAddr> {
    let Peer::Ip(address) = peer else { return None };
    Some(match address.ip().to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from(u128::from(ip) >> 64 << 64).into(),
        v4 => v4,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::Ip(format!("{address}:1").parse().unwrap())
    }

    #[test]
    fn each_place_has_its_own_count_and_gives_it_back() {
        let (ledger, mut policy) = (Ledger::default(), Policy::default());
        policy.limits.connections_per_address = 2;
        for (address, admitted) in [
            ("192.0.2.1", true),
            ("[::ffff:192.0.2.1]", true),
            ("192.0.2.1", false),
            ("[2001:db8::1]", true),
            ("[2001:db8::ffff:1]", true),
            ("[2001:db8::2]", false),
            ("[2001:db8:0:1::1]", true),
        ] {
            assert_eq!(ledger.admit(&peer(address), &policy), admitted, "{address}");
        }
        assert!(ledger.admit(&Peer::Unix(None), &policy));
        ledger.leave(Some(&peer("192.0.2.1")), &policy);
        assert!(ledger.admit(&peer("192.0.2.1"), &policy));
        assert_eq!(ledger.parted().refused, 2);
    }

    #[test]
    fn a_process_has_room_for_so_many() {
        let (ledger, mut policy) = (Ledger::default(), Policy::default());
        policy.limits.connections = 1;
        assert!(ledger.admit(&peer("192.0.2.1"), &policy));
        assert!(!ledger.admit(&peer("192.0.2.2"), &policy));
        ledger.leave(Some(&peer("192.0.2.1")), &policy);
        assert!(ledger.admit(&peer("192.0.2.2"), &policy));
    }

    #[test]
    fn in_the_last_quarter_only_those_below_their_share_take_more() {
        let ledger = Ledger::default();
        let begin = |bytes| {
            ledger.requeue(0, bytes);
            ledger.count_holder(true);
        };
        begin(700);
        assert!(!ledger.is_full(700, 0, 1000) && !ledger.is_tight(1000));
        begin(60);
        assert!(ledger.is_tight(1000));
        assert!(ledger.is_full(700, 0, 1000));
        assert!(!ledger.is_full(60, 0, 1000));
        ledger.requeue(60, 300);
        assert!(ledger.is_full(0, 0, 1000));
        assert!(!ledger.is_full(700, 0, 0));
        ledger.requeue(700, 0);
        ledger.count_holder(false);
        assert!(!ledger.is_full(300, 0, 1000));
    }

    #[test]
    fn what_waits_in_one_place_is_in_the_books_for_as_long_as_it_is_there() {
        let ledger = Arc::new(Ledger::default());
        let permit = ledger.permit(1000);
        assert!(ledger.is_full(0, 0, 1000));
        assert!(
            !ledger.is_full(0, 1000, 1000),
            "a message does not stand in its own way"
        );
        drop(permit);
        assert!(!ledger.is_full(0, 0, 1000));
    }
}
