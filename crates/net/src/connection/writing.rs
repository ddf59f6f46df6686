//! From the send buffer to the socket, and what follows when everything is written.

use std::io;

use super::{life::Phase, seldom::Seldom, state::State};
use crate::{
    event::Closed,
    file::FileRange,
    send_buffer::Outlet,
    stream::{When, WriteHalf},
};

impl State {
    /// Writes what the socket takes, unless it is known to be full.
    pub(super) fn flush(&mut self) {
        if !self.blocked {
            self.write(When::Now);
            self.rouse |= self.blocked;
        }
    }

    /// Writes until the send buffer is empty or the socket is full, and takes the steps that follow from it. Returns whether it
    /// stopped in the middle of a file, for the others to have their turn.
    pub(super) fn write(&mut self, when: When) -> bool {
        let Some(writer) = &self.writer else {
            return false;
        };
        let last = matches!(self.phase, Phase::Closing | Phase::Ending);
        let (count, result) = match &mut self.tls {
            None => self.send.write_to(&mut Plain {
                writer,
                when,
                seldom: self.seldom.as_deref(),
            }),
            Some(tls) => tls.write_with(&mut self.send, last, |bytes| writer.send(when, bytes)),
        };
        self.bytes_written += count as u64;
        match result {
            Ok(()) if self.send.is_empty() => self.emptied(),
            // What there is to send waits for the end of the TLS handshake.
            Ok(()) if self.is_shaking_hands() => self.seldom().waited = true,
            Ok(()) => {
                self.blocked = true;
                return true;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.blocked = true,
            Err(_) => self.fail(),
        }
        false
    }

    fn emptied(&mut self) {
        let seldom = self.seldom_if_any();
        let waited = seldom.is_some_and(|seldom| std::mem::take(&mut seldom.waited));
        self.drained |= std::mem::take(&mut self.blocked) | waited;
        match self.phase {
            Phase::Closing => self.finish(Closed::Done),
            Phase::Ending => {
                if std::mem::replace(&mut self.seldom().shut_down, true) {
                    return;
                }
                match self.writer.as_ref().map(WriteHalf::shutdown) {
                    Some(Err(_)) => self.fail(),
                    Some(Ok(false)) => self.finish(Closed::Done),
                    Some(Ok(true)) | None => {}
                }
            }
            Phase::Open | Phase::Closed => {}
        }
    }
}

/// A socket without TLS.
struct Plain<'a> {
    writer: &'a WriteHalf,
    when: When,
    seldom: Option<&'a Seldom>,
}

impl Outlet for Plain<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.send(self.when, bytes)
    }

    fn write_file(&mut self, file: &FileRange) -> Option<io::Result<usize>> {
        // Whoever has a duplicate of the descriptor may have made the socket blocking.
        let is_ours_alone = !self.seldom.is_some_and(|seldom| seldom.duplicated);
        is_ours_alone.then(|| self.writer.send_file(self.when, file))
    }
}
