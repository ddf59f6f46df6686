//! Measures servers on loopback, in turn and again, so that what disturbs the machine disturbs them alike.
//!
//! ```text
//! cargo run --release -- run --scenarios http-hello,push --rounds 5
//! ```
//!
//! - [`scenario`] names what is measured; [`load`] makes it happen, as clients; [`bare`] is the server that does the
//!   same with tokio and nothing else.
//! - [`server`] starts a server on one core and reads what it costs from `/proc`; [`report`] writes the figures down.

mod bare;
mod load;
mod report;
mod scenario;
mod server;

use std::{error::Error, path::PathBuf, time::Duration};

use clap::{Parser, Subcommand};

use report::Report;
use scenario::Scenario;
use server::{Kind, Server};

pub type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

#[derive(Parser)]
#[command(about)]
struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Runs servers and clients, and prints a table
    Run(Run),
    /// Is the bare tokio server of a scenario; `run` starts it
    Serve {
        scenario: Scenario,
        port: u16,
        back_port: u16,
    },
}

#[derive(clap::Args)]
struct Run {
    /// What to measure
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Scenario::ALL)]
    scenarios: Vec<Scenario>,
    /// Whom to measure; the first is what the others are compared with
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Kind::Tokio, Kind::Ouvrier])]
    servers: Vec<Kind>,
    /// How often each is measured; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each measurement lasts
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Clients, instead of the usual number of the scenario
    #[arg(long)]
    clients: Option<usize>,
    /// The PHP to run the scripts with
    #[arg(long, default_value = "php")]
    php: String,
    /// The extension
    #[arg(long, default_value = "../target/release/libouvrier.so")]
    extension: PathBuf,
    /// The autoloader of an application that requires workerman/workerman, for the server `workerman`
    #[arg(long)]
    workerman: Option<PathBuf>,
    /// Writes the tables to this file as well, as Markdown
    #[arg(long)]
    markdown: Option<PathBuf>,
}

fn main() -> Result {
    match Arguments::parse().action {
        Action::Run(run) => measure(&run),
        Action::Serve {
            scenario,
            port,
            back_port,
        } => bare::serve(scenario, port, back_port),
    }
}

fn measure(run: &Run) -> Result {
    server::raise_open_files()?;
    server::pin(server::LOAD_CORE)?;
    let mut report = Report::default();
    for &scenario in &run.scenarios {
        for round in 1..=run.rounds {
            for &kind in &run.servers {
                eprintln!("{scenario} {kind}, round {round} of {}", run.rounds);
                let server = Server::start(kind, scenario, run)?;
                let clients = run.clients.unwrap_or(scenario.clients());
                let duration = Duration::from_secs_f64(run.seconds);
                let outcome = load::run(scenario, &server, clients, duration)?;
                report.add(scenario, kind, outcome);
            }
        }
    }
    print!("{report}");
    if let Some(path) = &run.markdown {
        std::fs::write(path, report.to_string())?;
    }
    Ok(())
}
