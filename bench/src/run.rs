use std::{fs, path::PathBuf, time::Duration};

use crate::{
    Result,
    load::{self, Outcome, Plan},
    material::Material,
    report::{Report, Series},
    scenario::{Manner, Scenario},
    server::{self, Kind, Server, Under},
};

/// The part of what the slowest server can do at which latency is measured.
const SHARE_OF_SLOWEST: f64 = 0.5;

/// What is measured, and whose.
#[derive(clap::Args)]
pub struct Choice {
    /// What to measure
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Scenario::ALL)]
    pub scenarios: Vec<Scenario>,
    /// Somebody else's server to measure beside ours: NAME=COMMAND. {script} in the command is a PHP script for the scenario, which takes
    /// Workerman's classes from the autoloader that the variable WORKERMAN names; the port to listen on is in PORT
    #[arg(long = "peer", value_parser = peer)]
    peers: Vec<Kind>,
    /// Leaves the bare tokio server out
    #[arg(long)]
    without_tokio: bool,
    /// Clients, instead of the usual number of the scenario
    #[arg(long)]
    clients: Option<usize>,
    /// The PHP to run the scripts with
    #[arg(long, default_value = "php")]
    php: String,
    /// The extension
    #[arg(long, default_value = "../target/release/libouvrier.so")]
    extension: PathBuf,
}

/// What it takes to start servers.
pub struct Servers {
    pub php: String,
    pub extension: PathBuf,
    pub material: Material,
    /// The first is what the others are compared with.
    pub kinds: Vec<Kind>,
    clients: Option<usize>,
}

impl Choice {
    pub fn prepare(self) -> Result<(Vec<Scenario>, Servers)> {
        server::raise_open_files()?;
        let tokio = (!self.without_tokio).then_some(Kind::Tokio);
        let kinds = tokio.into_iter().chain([Kind::Ouvrier]).chain(self.peers);
        let servers = Servers {
            php: self.php,
            extension: fs::canonicalize(&self.extension)?,
            material: Material::prepare()?,
            kinds: kinds.collect(),
            clients: self.clients,
        };
        Ok((self.scenarios, servers))
    }
}

impl Servers {
    pub fn clients(&self, scenario: Scenario) -> usize {
        self.clients.unwrap_or(scenario.clients())
    }
}

fn peer(text: &str) -> std::result::Result<Kind, String> {
    let (name, command) = text.split_once('=').unwrap_or(("peer", text));
    Ok(Kind::Peer {
        name: name.to_owned(),
        command: command.to_owned(),
    })
}

#[derive(clap::Args)]
pub struct Run {
    #[command(flatten)]
    choice: Choice,
    /// How often each is measured; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each measurement lasts
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Few rounds, and short ones: for a look at the whole
    #[arg(long, conflicts_with_all = ["rounds", "seconds"])]
    quick: bool,
    /// Writes the tables to this file as well, as Markdown
    #[arg(long)]
    markdown: Option<PathBuf>,
}

pub fn run(options: Run) -> Result {
    let (rounds, seconds) = match options.quick {
        true => (2, 1.5),
        false => (options.rounds, options.seconds),
    };
    let (scenarios, servers) = options.choice.prepare()?;
    server::pin_to_last_core()?;
    let series = Measurement {
        servers,
        rounds,
        duration: Duration::from_secs_f64(seconds),
    };
    let mut report = Report::default();
    for scenario in scenarios {
        series.scenario(scenario, &mut report)?;
        if let Some(path) = &options.markdown {
            fs::write(path, report.to_string())?;
        }
    }
    print!("{report}");
    Ok(())
}

struct Measurement {
    servers: Servers,
    rounds: usize,
    duration: Duration,
}

impl Measurement {
    fn scenario(&self, scenario: Scenario, report: &mut Report) -> Result {
        match scenario.manner() {
            Manner::Memory => report.add(scenario, None, self.rounds(scenario, None)?),
            Manner::Fixed(rate) => {
                report.add(scenario, Some(rate), self.rounds(scenario, Some(rate))?);
            }
            Manner::Saturated => {
                let saturated = self.rounds(scenario, None)?;
                let slowest = saturated.iter().map(Series::rate).fold(f64::MAX, f64::min);
                let rate = slowest * SHARE_OF_SLOWEST;
                report.add(scenario, None, saturated);
                report.add(scenario, Some(rate), self.rounds(scenario, Some(rate))?);
            }
        }
        Ok(())
    }

    /// Each server in turn, and again.
    fn rounds(&self, scenario: Scenario, rate: Option<f64>) -> Result<Vec<Series>> {
        let kinds = self.servers.kinds.iter();
        let mut all: Vec<Series> = kinds.cloned().map(Series::new).collect();
        for round in 1..=self.rounds {
            for series in &mut all {
                let pace = rate.map_or(String::new(), |rate| format!(" at {rate:.0}/s"));
                let kind = &series.kind;
                eprintln!("{scenario}{pace}, {kind}, round {round} of {}", self.rounds);
                match self.once(scenario, kind, rate) {
                    Ok(outcome) => series.outcomes.push(outcome),
                    // A peer may not know everything.
                    Err(error) if matches!(kind, Kind::Peer { .. }) => eprintln!("{error}"),
                    Err(error) => return Err(error),
                }
            }
        }
        all.retain(|series| !series.outcomes.is_empty());
        Ok(all)
    }

    fn once(&self, scenario: Scenario, kind: &Kind, rate: Option<f64>) -> Result<Outcome> {
        let server = Server::start(kind, scenario, &self.servers, Under::Nothing)?;
        let plan = Plan {
            clients: self.servers.clients(scenario),
            duration: self.duration,
            rate,
        };
        load::run(scenario, &server, &plan)
    }
}
