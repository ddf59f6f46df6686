//! The connection objects that are kept for as long as their connection is there.

use std::sync::Arc;

use ouvrier_net::Connection;

use super::Reactor;
use crate::zend::Object;

/// The connection objects, by tag.
#[derive(Default)]
pub(super) struct Connections {
    objects: Vec<Option<Held>>,
    vacant: Vec<usize>,
    /// How many of them are clients of ours.
    accepted: usize,
}

/// A connection object that is kept alive.
struct Held {
    object: Object,
    accepted: bool,
    /// It was told that the process stops.
    told: bool,
}

impl Reactor {
    /// The object of a connection, by the tag of the connection.
    pub(crate) fn connection(&self, tag: u64) -> Option<Object> {
        let index = usize::try_from(tag).ok()?.checked_sub(1)?;
        let connections = self.connections.borrow();
        let held = connections.objects.get(index)?.as_ref()?;
        Some(held.object.clone())
    }

    /// Keeps the object of a new connection alive until it is forgotten, and gives the connection its tag.
    pub(crate) fn remember_connection(&self, connection: &Arc<Connection>, object: &Object) {
        self.see_connection(connection);
        let mut connections = self.connections.borrow_mut();
        let held = Held {
            object: object.clone(),
            accepted: connection.listener() != 0,
            told: false,
        };
        connections.accepted += usize::from(held.accepted);
        let index = match connections.vacant.pop() {
            Some(index) => {
                connections.objects[index] = Some(held);
                index
            }
            None => {
                connections.objects.push(Some(held));
                connections.objects.len() - 1
            }
        };
        connection.set_tag(index as u64 + 1);
    }

    /// Lets the listener of a new connection, if it has one, accept another.
    pub(crate) fn see_connection(&self, connection: &Connection) {
        if let Some(serving) = self.listeners.borrow().get(&connection.listener()) {
            serving.seen();
        }
    }

    pub(crate) fn forget_connection(&self, tag: u64) -> Option<Object> {
        let index = usize::try_from(tag).ok()?.checked_sub(1)?;
        let mut connections = self.connections.borrow_mut();
        let held = connections.objects.get_mut(index)?.take()?;
        connections.accepted -= usize::from(held.accepted);
        connections.vacant.push(index);
        drop(connections);
        self.ring_when_idle();
        Some(held.object)
    }

    /// Whoever waits in a loop of the script's own has not heard that there is nothing left to wait for.
    pub(super) fn ring_when_idle(&self) {
        if self.has_no_connections() && self.has_no_udp_clients() {
            self.runtime.ring();
        }
    }

    /// The tags of all open connections that were not told that the process stops.
    pub(in crate::worker) fn untold_tags(&self) -> Vec<u64> {
        self.tags(|held| !held.told)
    }

    /// The object of an open connection, which is told now that the process stops.
    pub(in crate::worker) fn tell(&self, tag: u64) -> Option<Object> {
        let index = usize::try_from(tag).ok()?.checked_sub(1)?;
        let mut connections = self.connections.borrow_mut();
        let held = connections.objects.get_mut(index)?.as_mut()?;
        (!std::mem::replace(&mut held.told, true)).then(|| held.object.clone())
    }

    /// The objects of the open connections that listeners accepted.
    pub(in crate::worker) fn clients(&self) -> Vec<Object> {
        let connections = self.connections.borrow();
        let open = connections.objects.iter().flatten();
        open.filter(|held| held.accepted)
            .map(|held| held.object.clone())
            .collect()
    }

    /// Their tags.
    pub(in crate::worker) fn client_tags(&self) -> Vec<u64> {
        self.tags(|held| held.accepted)
    }

    fn tags(&self, is_meant: impl Fn(&Held) -> bool) -> Vec<u64> {
        let connections = self.connections.borrow();
        let open = connections.objects.iter().enumerate();
        open.filter(|(_, held)| held.as_ref().is_some_and(&is_meant))
            .map(|(index, _)| index as u64 + 1)
            .collect()
    }

    /// Whether no connection is open that a listener accepted. Those that the script made end with the process.
    pub(in crate::worker) fn has_no_clients(&self) -> bool {
        self.connections.borrow().accepted == 0
    }

    pub(crate) fn has_no_connections(&self) -> bool {
        let connections = self.connections.borrow();
        connections.objects.len() == connections.vacant.len()
    }
}
