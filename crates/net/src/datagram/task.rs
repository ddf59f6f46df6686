//! What runs inside of the turn: reading a socket, and looking up the name of a peer.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, ready},
    time::Duration,
};

use socket2::Socket;
use tokio::{io::ReadBuf, time::sleep};

use super::{ClientOptions, Datagram, MAX_DATAGRAM, Readers, Stage, State, open, send};
use crate::{
    connector::{Host, resolver},
    runtime::Ready,
};

/// How long a socket is left alone that cannot be read, usually for want of memory.
const RETRY: Duration = Duration::from_millis(100);

thread_local! {
    /// One buffer serves all sockets of a thread.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; MAX_DATAGRAM].into_boxed_slice());
}

/// Reads a socket until it is closed. Tokio's budget sees to it that others get their turn.
pub(super) async fn receive(state: Arc<State>) {
    while let Some(received) = poll_fn(|cx| state.poll_receive(cx)).await {
        match received {
            Err(error) if !is_about_one_datagram(&error) => sleep(RETRY).await,
            _ => {}
        }
    }
}

/// What routers and peers say of a datagram that was sent is no fault of the socket.
fn is_about_one_datagram(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted, NetworkUnreachable,
    };
    matches!(
        error.kind(),
        ConnectionRefused | ConnectionReset | HostUnreachable | Interrupted | NetworkUnreachable
    )
}

impl State {
    /// Receives one datagram; `None` once the socket is closed.
    fn poll_receive(&self, cx: &mut Context<'_>) -> Poll<Option<io::Result<()>>> {
        *self.waker.lock() = Some(cx.waker().clone());
        let stage = self.stage.lock();
        let Stage::Open { socket, .. } = &*stage else {
            return Poll::Ready(None);
        };
        if self.paused.load(Relaxed) || self.queue.lock().is_full() {
            return Poll::Pending;
        }
        if self.readers == Readers::Several && self.shared.is_relieved() {
            self.shared.wake_after_relief(cx.waker().clone());
            return Poll::Pending;
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            let from = ready!(socket.poll_recv_from(cx, &mut buffer));
            Poll::Ready(Some(from.map(|from| {
                self.queue.lock().push(Datagram {
                    from,
                    data: buffer.filled().to_vec(),
                });
                self.announce();
            })))
        })
    }

    fn announce(&self) {
        if self.queue.lock().announce() {
            self.shared.announce(Ready::Datagrams(self.tag));
        }
    }
}

/// Looks a name up, opens the socket, sends what has waited for it, and reads.
pub(super) async fn resolve(state: Arc<State>, peer: Host, options: ClientOptions) {
    let opened = match resolver::resolve(&peer.name, peer.port).await {
        Ok(addresses) => open::connect_first(addresses, options),
        Err(error) => Err(error),
    };
    let opened = opened.and_then(|socket| state.open_late(socket));
    if opened.is_err() {
        *state.stage.lock() = Stage::Closed;
    }
    state.queue.lock().opened = Some(opened);
    state.announce();
    receive(state).await;
}

impl State {
    /// Makes `socket` the one, and sends what has waited for it. All in one go: the owner may send and close at any time.
    fn open_late(&self, socket: Socket) -> io::Result<()> {
        let mut stage = self.stage.lock();
        if let Stage::Resolving { early, last } = &*stage {
            for data in early {
                // Nobody waits for the outcome any more, and datagrams may get lost.
                let _ = send(&socket, data, None);
            }
            if *last {
                return Err(io::ErrorKind::NotConnected.into());
            }
        }
        *stage = self.watch(socket)?;
        Ok(())
    }
}
