//! A bell for an owner that waits somewhere else than in its turn: a descriptor that becomes readable when something is ready.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use nix::sys::eventfd::{EfdFlags, EventFd};

/// A bell that rings only while its owner is away, and then once.
#[derive(Default)]
pub(crate) struct Bell {
    descriptor: OnceLock<EventFd>,
    away: AtomicBool,
    rung: AtomicBool,
}

impl Bell {
    /// A descriptor to wait for, as readable.
    pub(crate) fn descriptor(&self) -> io::Result<OwnedFd> {
        if let Some(known) = self.descriptor.get() {
            return known.as_fd().try_clone_to_owned();
        }
        let new = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        let descriptor = self.descriptor.get_or_init(|| new);
        descriptor.as_fd().try_clone_to_owned()
    }

    pub(crate) fn is_away(&self) -> bool {
        self.away.load(SeqCst)
    }

    pub(crate) fn owner_left(&self) {
        self.rung.store(false, SeqCst);
        self.away.store(true, SeqCst);
    }

    pub(crate) fn owner_came(&self) {
        if self.away.swap(false, SeqCst)
            && let Some(descriptor) = self.descriptor.get()
        {
            // There is nothing to read when nobody has rung.
            let _ = descriptor.read();
        }
    }

    pub(crate) fn ring(&self) {
        if self.is_away()
            && !self.rung.swap(true, SeqCst)
            && let Some(descriptor) = self.descriptor.get()
        {
            // Only a counter that is full cannot be added to, and then it is readable.
            let _ = descriptor.write(1);
        }
    }
}
