//! What a worker listens with in this process: a listener for connections, or a UDP socket.

use std::{io, os::fd::OwnedFd, rc::Rc};

use ouvrier_net::{
    Address, BoundSocket, Datagrams, Listener, Policy, Runtime, Settings, datagram::Readers, tls,
};

use super::{address::Meaning, introduces, settings, slots};
use crate::zend::Object;

/// A socket that is served, and whose it is.
pub(super) struct Serving {
    pub(super) worker: Object,
    socket: Socket,
}

enum Socket {
    Connections {
        listener: Listener,
        /// What the listener was told last.
        settings: Settings,
        introduces: bool,
    },
    Datagrams(Rc<Datagrams>),
}

impl Serving {
    /// Serves `bound`, for the time being without accepting. `number` is how the reactor knows the socket.
    pub(super) fn open(
        runtime: &Runtime,
        worker: &Object,
        meaning: &Meaning,
        bound: BoundSocket,
        number: u64,
    ) -> io::Result<Self> {
        let socket = if let Address::Udp(_) = meaning.address {
            let readers = readers(worker);
            Socket::Datagrams(Rc::new(Datagrams::serve(runtime, bound, readers, number)?))
        } else {
            let (settings, introduces) = (settings(worker), introduces(worker));
            let listener = Listener::new(runtime, bound, number, meaning.protocol, settings)?;
            listener.accept_paused(introduces);
            Socket::Connections {
                listener,
                settings,
                introduces,
            }
        };
        let worker = worker.clone();
        Ok(Self { worker, socket })
    }

    pub(super) fn set_accepting(&self, accepting: bool) {
        match &self.socket {
            Socket::Connections { listener, .. } if accepting => listener.resume(),
            Socket::Connections { listener, .. } => listener.pause(),
            Socket::Datagrams(socket) if accepting => socket.resume(),
            Socket::Datagrams(socket) => socket.pause(),
        }
    }

    /// What is asked of those who connect from now on.
    pub(super) fn set_policy(&self, runtime: &Runtime, policy: Policy) {
        if let Socket::Connections { listener, .. } = &self.socket {
            listener.set_policy(runtime, policy);
        }
    }

    /// Connections that are accepted from now on speak TLS.
    pub(super) fn secure(&self, server: tls::Server) {
        if let Socket::Connections { listener, .. } = &self.socket {
            listener.secure(server);
        }
    }

    /// A connection of the listener has got its object.
    pub(super) fn seen(&self) {
        if let Socket::Connections { listener, .. } = &self.socket {
            listener.seen();
        }
    }

    /// Tells the listener what the script may have changed on its worker. Returns whether connections that are open have to hear of it.
    pub(super) fn follow_worker(&mut self) -> bool {
        let Socket::Connections {
            listener,
            settings: told,
            introduces: told_introduces,
        } = &mut self.socket
        else {
            return false;
        };
        let settings = settings(&self.worker);
        let are_new = settings != *told;
        if are_new {
            *told = settings;
            listener.configure(settings);
        }
        let introduces = introduces(&self.worker);
        if introduces != *told_introduces {
            *told_introduces = introduces;
            listener.accept_paused(introduces);
        }
        are_new
    }

    /// A second descriptor of the socket.
    pub(super) fn duplicate_socket(&self) -> Option<OwnedFd> {
        match &self.socket {
            Socket::Connections { listener, .. } => listener.duplicate_socket(),
            Socket::Datagrams(socket) => socket.duplicate_socket(),
        }
    }

    pub(super) fn datagrams(&self) -> Option<&Rc<Datagrams>> {
        match &self.socket {
            Socket::Connections { .. } => None,
            Socket::Datagrams(socket) => Some(socket),
        }
    }
}

/// The processes of a worker share the socket that the master has bound, unless each has its own.
fn readers(worker: &Object) -> Readers {
    if worker.long(slots().count) > 1 && !worker.bool(slots().reuse_port) {
        Readers::Several
    } else {
        Readers::Us
    }
}

impl Drop for Serving {
    /// Objects of datagrams may outlive the worker's socket, and must not keep it open.
    fn drop(&mut self) {
        if let Socket::Datagrams(socket) = &self.socket {
            socket.close();
        }
    }
}
