//! Master and workers: one process that parses the command, forks, watches its children and stops them.
//!
//! This crate knows no PHP, no tokio and no threads. The caller says what a worker does and what is logged where; this crate says
//! which process the caller is in now. Where a thing is decided:
//!
//! | question | file |
//! |---|---|
//! | what did the user ask for on the command line | [`command`] |
//! | where are the pid file, the log file, the status file | [`files`] |
//! | is a master running already | [`pid_file`], [`start_lock`] |
//! | what does the terminal show | [`banner`], [`terminal`] |
//! | what does the log file hold | [`log`] |
//! | how does a process leave its terminal | [`daemon`] |
//! | what does the terminal hear of a daemon | [`herald`] |
//! | when is a worker forked, replaced, reloaded, stopped, killed | [`master`] |
//! | what does a worker tell its master | [`channel`] |
//! | which listening sockets outlive the process that bound them | [`sockets`] |
//! | how do they come to the next master at `restart` | [`handover`] |
//! | what do the processes tell `status` and `connections` | [`report`] |
//! | what does systemd know | [`notify`] |
//! | which signals does the master take, and what does a worker inherit | [`signal`] |
//! | how many connections may it have | [`limits`] |
//! | how does it say that there are no more | [`reserve`] |
//! | what becomes of the memory that it frees | [`memory`] |
//! | which user does a worker run as | [`user`] |
//! | what happens to a worker whose master was killed | [`parent`] |
//!
//! Nothing here ends the process: every function returns, in each of the processes that [`fork`](mod@fork) makes, and the caller
//! decides on the exit code. Linux only: liveness is read from `/proc`, and the death of the master is told by `prctl`.

pub mod banner;
pub mod channel;
pub mod command;
pub mod daemon;
pub mod files;
mod flock;
pub mod fork;
pub mod handover;
pub mod herald;
pub mod limits;
pub mod liveness;
pub mod log;
pub mod master;
pub mod memory;
pub mod notify;
pub mod parent;
mod passing;
pub mod pid_file;
pub mod report;
pub mod reserve;
#[cfg(test)]
mod scratch;
pub mod signal;
pub mod sockets;
pub mod start_lock;
pub mod terminal;
pub mod user;
mod wait;

pub use nix::sys::signal::Signal;
pub use nix::unistd::Pid;
