//! The signals of the master: taken by a handler that only notes them, waited for with `ppoll`, and put back for the workers.
//!
//! The signals are not blocked while the master runs user code, because a program started from there would inherit the mask and could
//! not be ended by `SIGTERM`. Handlers are not inherited by programs.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction};
use nix::sys::time::TimeSpec;
use nix::unistd::alarm;

/// The signals that the master acts on.
const TAKEN: [Signal; 11] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    STATUS,
    RELOAD,
    GRACEFUL_RELOAD,
    Signal::SIGALRM,
    Signal::SIGTERM,
    Signal::SIGCHLD,
    Signal::SIGTSTP,
    CONNECTIONS,
];

/// Asks for a reload.
pub const RELOAD: Signal = Signal::SIGUSR1;

/// Asks for a reload in which old processes wait for their connections.
pub const GRACEFUL_RELOAD: Signal = Signal::SIGUSR2;

/// Asks every process for its line in the status file. Workerman calls it by its other name, `SIGIOT`.
pub const STATUS: Signal = Signal::SIGABRT;

/// Asks every process for its line in the file of the connections.
pub const CONNECTIONS: Signal = Signal::SIGIO;

/// One bit for each signal that has arrived and was not given out by [`Signals::next`] yet.
static ARRIVED: AtomicU64 = AtomicU64::new(0);

/// Whether Ctrl+C has been pressed in the terminal of this process.
static INTERRUPTED_BY_TERMINAL: AtomicBool = AtomicBool::new(false);

/// The name that the log shows. Signal 6 goes by `SIGIOT`, as in Workerman.
#[must_use]
pub const fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::SIGABRT => "SIGIOT",
        other => other.as_str(),
    }
}

/// Has `signals` delivered to the other threads of this process, so that the system calls of the calling thread are not interrupted by them.
///
/// Programs that the calling thread starts inherit it.
pub fn leave_to_other_threads(signals: &[Signal]) {
    let set: SigSet = signals.iter().copied().collect();
    // Blocking valid signals does not fail.
    let _ = set.thread_block();
}

/// Has this process receive `SIGALRM` in so many seconds, or not at all for 0. It must handle the signal.
pub fn alarm(seconds: u32) {
    match seconds {
        0 => alarm::cancel(),
        seconds => alarm::set(seconds),
    };
}

/// Gives a signal its default action in this process. What is no signal has none.
pub fn set_default(signal: i32) {
    if let Ok(signal) = Signal::try_from(signal) {
        // The call fails for no signal that can be caught.
        let _ = set_action(signal, SigHandler::SigDfl);
    }
}

/// Sends a signal to this process, which then does what it does when the signal comes from elsewhere.
pub fn send_to_self(signal: Signal) {
    // Sending a valid signal to oneself does not fail.
    let _ = nix::sys::signal::kill(nix::unistd::Pid::this(), signal);
}

/// The master's hold on its signals. Dropping it puts everything back as it was before.
///
/// One at a time: what has arrived is noted in a place that belongs to the whole process.
#[derive(Debug)]
pub struct Signals {
    previous_actions: Vec<(Signal, SigAction)>,
    previous_mask: SigSet,
}

impl Signals {
    /// Takes the signals from now on. A signal that arrives before the first [`next`](Self::next) is kept for it.
    ///
    /// # Errors
    ///
    /// The system's; none is expected.
    pub fn install() -> io::Result<Self> {
        let mut signals = Self {
            previous_actions: Vec::with_capacity(TAKEN.len() + 1),
            previous_mask: SigSet::empty(),
        };
        forget_arrived();
        for signal in TAKEN {
            signals.replace(signal, SigHandler::SigAction(note))?;
        }
        // A terminal or a peer that is gone must not end the process.
        signals.replace(Signal::SIGPIPE, SigHandler::SigIgn)?;
        signals.previous_mask = taken().thread_swap_mask(SigmaskHow::SIG_UNBLOCK)?;
        Ok(signals)
    }

    /// The next signal that has arrived; waits for one as long as `timeout` says, or without end. `None` when time is up, when one of
    /// `descriptors` can be read, and sometimes earlier.
    ///
    /// Of several that are there, the lowest number comes first, so that a stop that reached the whole process group is known before
    /// the children that it ended are replaced.
    ///
    /// # Errors
    ///
    /// The system's; none is expected.
    pub fn next(
        &self,
        timeout: Option<Duration>,
        descriptors: &[BorrowedFd<'_>],
    ) -> io::Result<Option<Signal>> {
        if let Some(signal) = first_arrived() {
            return Ok(Some(signal));
        }
        let held = self.hold()?;
        if ARRIVED.load(Ordering::SeqCst) == 0 {
            let mut polled: Vec<PollFd<'_>> = descriptors
                .iter()
                .map(|&descriptor| PollFd::new(descriptor, PollFlags::POLLIN))
                .collect();
            match ppoll(&mut polled, timeout.map(TimeSpec::from), Some(held.mask)) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        drop(held);
        Ok(first_arrived())
    }

    /// Whether any signal has arrived that [`next`](Self::next) has not given out.
    pub(crate) fn are_waiting(&self) -> bool {
        ARRIVED.load(Ordering::SeqCst) != 0
    }

    /// Whether `SIGINT` came from a terminal, which sends it to the workers as well.
    pub(crate) fn is_interrupted_by_terminal(&self) -> bool {
        INTERRUPTED_BY_TERMINAL.load(Ordering::SeqCst)
    }

    /// Holds the signals back until the guard is dropped.
    pub(crate) fn hold(&self) -> io::Result<Held> {
        Ok(Held {
            mask: taken().thread_swap_mask(SigmaskHow::SIG_BLOCK)?,
        })
    }

    /// Gives a forked child what a fresh process has: default dispositions and an empty mask. `SIGPIPE` alone stays ignored.
    ///
    /// The child must have been forked under `held`: what was sent to it since then takes its default effect now, instead of being
    /// noted where nobody looks.
    pub(crate) fn reset_in_child(mut self, held: Held) {
        std::mem::forget(held);
        self.previous_actions.clear();
        self.previous_mask = SigSet::empty();
        forget_arrived();
        for signal in TAKEN {
            // The call fails for no signal that can be caught.
            let _ = set_action(signal, SigHandler::SigDfl);
        }
    }

    fn replace(&mut self, signal: Signal, handler: SigHandler) -> io::Result<()> {
        self.previous_actions
            .push((signal, set_action(signal, handler)?));
        Ok(())
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for (signal, action) in &self.previous_actions {
            // SAFETY: the action is the one that was in force for this signal before ours.
            let _ = unsafe { sigaction(*signal, action) };
        }
        // The call fails for no valid mask.
        let _ = self.previous_mask.thread_set_mask();
    }
}

/// While this lives, the signals of the master wait.
pub(crate) struct Held {
    mask: SigSet,
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.mask.thread_set_mask();
    }
}

extern "C" fn note(signal: libc::c_int, information: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the system calls a handler that was set with SA_SIGINFO with what it knows of the signal.
    let sent_by = unsafe { (*information).si_code };
    if signal == libc::SIGINT && sent_by == libc::SI_KERNEL {
        INTERRUPTED_BY_TERMINAL.store(true, Ordering::SeqCst);
    }
    ARRIVED.fetch_or(1 << signal, Ordering::SeqCst);
}

fn forget_arrived() {
    ARRIVED.store(0, Ordering::SeqCst);
    INTERRUPTED_BY_TERMINAL.store(false, Ordering::SeqCst);
}

fn first_arrived() -> Option<Signal> {
    let signal = TAKEN
        .into_iter()
        .find(|&signal| ARRIVED.load(Ordering::SeqCst) & bit(signal) != 0)?;
    ARRIVED.fetch_and(!bit(signal), Ordering::SeqCst);
    Some(signal)
}

const fn bit(signal: Signal) -> u64 {
    1 << signal as u64
}

fn taken() -> SigSet {
    TAKEN.into_iter().collect()
}

fn set_action(signal: Signal, handler: SigHandler) -> io::Result<SigAction> {
    // Interrupted system calls of user code in the master go on: it did not ask for the signal. nix adds SA_SIGINFO where the handler wants it.
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler, where there is one, is `note`, which does nothing but atomic operations.
    Ok(unsafe { sigaction(signal, &action) }?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_given_out_in_the_order_of_their_numbers() {
        assert!(TAKEN.is_sorted_by_key(|&signal| signal as i32));
    }

    #[test]
    fn names_are_those_of_workerman() {
        assert_eq!(name(Signal::SIGINT), "SIGINT");
        assert_eq!(name(Signal::SIGTSTP), "SIGTSTP");
        assert_eq!(name(Signal::SIGABRT), "SIGIOT");
    }
}
