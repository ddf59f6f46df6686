//! Measures servers on loopback, in turn and again, so that what disturbs the machine disturbs them alike.
//!
//! ```text
//! cargo run --release -- run --scenarios http-hello,push --rounds 5
//! ```
//!
//! - [`scenario`] names what is measured; [`load`] makes it happen, as clients; [`bare`] is the server that does the
//!   same with tokio and nothing else.
//! - [`server`] starts a server on its core and reads what it costs from `/proc`; [`material`] is what servers need on disk.
//! - [`run`](mod@run) times, and [`report`] writes the figures down, beside the [`goals`]. [`count`](mod@count) counts instead, from what
//!   [`callgrind`] and strace write.

mod bare;
mod callgrind;
mod count;
mod deflate;
mod goals;
mod load;
mod material;
mod median;
mod report;
mod run;
mod scenario;
mod server;
mod tls;

use std::error::Error;

use clap::{Parser, Subcommand};

use count::Count;
use run::Run;
use scenario::Scenario;

pub type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

#[derive(Parser)]
#[command(about)]
struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Times servers under load, and prints tables
    Run(Run),
    /// Counts instructions, allocations and system calls per message, with valgrind and strace
    Count(Count),
    /// Is the bare tokio server of a scenario; the others start it
    Serve { scenario: Scenario },
}

fn main() -> Result {
    match Arguments::parse().action {
        Action::Run(options) => run::run(options),
        Action::Count(options) => count::count(options),
        Action::Serve { scenario } => bare::serve(scenario),
    }
}
