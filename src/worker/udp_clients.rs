//! The UDP clients of a process.

use std::collections::BTreeMap;

use crate::{connection::connection_interface, zend::Object};

/// So many clients may be abandoned before anybody looks.
const FEW: usize = 16;

/// Clients by the tag of their socket. They are kept alive until they are closed, since an answer may come at any time.
///
/// Many scripts send a datagram to whom it may concern and forget the object. Nobody can hear an answer to a client that nobody else holds
/// and that has no `onMessage`, so that such clients are let go whenever the table has doubled.
#[derive(Default)]
pub(super) struct UdpClients {
    objects: BTreeMap<u64, Object>,
    /// The length at which abandoned clients are looked for.
    doubled: usize,
}

impl UdpClients {
    /// Adds a client, and returns those that were abandoned, for the caller to drop.
    pub(super) fn insert(&mut self, tag: u64, object: Object) -> BTreeMap<u64, Object> {
        let mut abandoned = BTreeMap::new();
        if self.objects.len() >= self.doubled.max(FEW) {
            let all = std::mem::take(&mut self.objects);
            (abandoned, self.objects) = all.into_iter().partition(|(_, one)| is_abandoned(one));
            self.doubled = 2 * self.objects.len();
        }
        self.objects.insert(tag, object);
        abandoned
    }

    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    pub(super) fn get(&self, tag: u64) -> Option<Object> {
        self.objects.get(&tag).cloned()
    }

    pub(super) fn remove(&mut self, tag: u64) -> Option<Object> {
        self.objects.remove(&tag)
    }
}

fn is_abandoned(client: &Object) -> bool {
    !client.is_shared()
        && client
            .get(connection_interface::slots().on_message)
            .is_null()
}
