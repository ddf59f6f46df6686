//! A descriptor that is kept for when there are no more: a process that has run out of them can still say so in its log, and answer `status`.

use std::fs::File;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What became of the descriptor.
enum Reserve {
    /// Nobody has asked for one.
    None,
    Kept(#[allow(dead_code, reason = "it is there to be closed")] File),
    GivenUp,
}

static RESERVE: Mutex<Reserve> = Mutex::new(Reserve::None);

/// Keeps a descriptor from now on, if there is one left.
pub fn keep() {
    *reserve() = Reserve::GivenUp;
    keep_again();
}

/// Keeps one again where the one that was kept was given up.
pub(crate) fn keep_again() {
    let mut reserve = reserve();
    if let (Reserve::GivenUp, Ok(file)) = (&*reserve, File::open("/dev/null")) {
        *reserve = Reserve::Kept(file);
    }
}

/// Opens something; if there is no descriptor left, in the place of the one that was kept. Once that is closed, one is to be [kept again](keep_again).
///
/// # Errors
///
/// What `open` returns.
pub(crate) fn open<T>(open: impl Fn() -> io::Result<T>) -> io::Result<T> {
    let opened = open();
    let is_short =
        |error: &io::Error| matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE));
    if !opened.as_ref().is_err_and(is_short) || !give_up() {
        return opened;
    }
    open()
}

/// Closes the descriptor, if there is one.
fn give_up() -> bool {
    let mut reserve = reserve();
    let is_kept = matches!(*reserve, Reserve::Kept(_));
    if is_kept {
        *reserve = Reserve::GivenUp;
    }
    is_kept
}

fn reserve() -> MutexGuard<'static, Reserve> {
    RESERVE.lock().unwrap_or_else(PoisonError::into_inner)
}
