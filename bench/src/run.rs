use std::{fs, path::PathBuf, time::Duration};

use crate::{
    Result,
    load::{self, Plan, Visit},
    material::Material,
    report::{Report, Series},
    scenario::{Case, Manner},
    server::{self, Kind, Server, Under},
};

/// How much longer it takes where there are only a few messages a second.
const TIMES_FOR_LARGE: u32 = 3;

/// What is measured, and whose.
#[derive(clap::Args)]
pub struct Choice {
    /// What to measure, with another number of clients than usual after a colon: push,push:5000
    #[arg(long, value_delimiter = ',', default_values_t = Case::usual(), hide_default_value = true)]
    scenarios: Vec<Case>,
    /// Somebody else's server to measure beside ours: NAME=COMMAND. {script} in the command is a PHP script for the scenario, which takes
    /// Workerman's classes from the autoloader that the variable WORKERMAN names; the port to listen on is in PORT
    #[arg(long = "peer", value_name = "NAME=COMMAND", value_parser = peer)]
    peers: Vec<Kind>,
    /// The same without PHP: a limit, as bare tokio is one
    #[arg(long = "bare", value_name = "NAME=COMMAND", value_parser = bare_peer)]
    bare_peers: Vec<Kind>,
    /// Leaves the bare tokio server out
    #[arg(long)]
    without_tokio: bool,
    /// Leaves out Ouvrier
    #[arg(long)]
    without_ouvrier: bool,
    /// The PHP to run the scripts with
    #[arg(long, default_value = "php")]
    php: String,
    /// The extension; of several, the last
    #[arg(
        long,
        overrides_with = "extension",
        default_value = "../target/release/libouvrier.so"
    )]
    extension: PathBuf,
    /// Seconds after which a server that does not get through a scenario is given up
    #[arg(long, default_value_t = 60)]
    limit: u64,
}

/// What it takes to start servers.
pub struct Servers {
    pub php: String,
    pub extension: PathBuf,
    pub material: Material,
    /// The first is what the others are compared with.
    pub kinds: Vec<Kind>,
    pub limit: Duration,
}

impl Choice {
    pub fn prepare(self) -> Result<(Vec<Case>, Servers)> {
        server::raise_open_files()?;
        let tokio = (!self.without_tokio).then_some(Kind::Tokio);
        let ouvrier = (!self.without_ouvrier).then_some(Kind::Ouvrier);
        let ours = tokio.into_iter().chain(ouvrier);
        let servers = Servers {
            php: self.php,
            extension: fs::canonicalize(&self.extension)?,
            material: Material::prepare()?,
            kinds: ours.chain(self.peers).chain(self.bare_peers).collect(),
            limit: Duration::from_secs(self.limit),
        };
        Ok((self.scenarios, servers))
    }
}

fn peer(text: &str) -> std::result::Result<Kind, String> {
    let (name, command) = text.split_once('=').ok_or("NAME=COMMAND is wanted")?;
    Ok(Kind::Peer {
        name: name.to_owned(),
        command: command.to_owned(),
        is_bare: false,
    })
}

fn bare_peer(text: &str) -> std::result::Result<Kind, String> {
    let mut kind = peer(text)?;
    if let Kind::Peer { is_bare, .. } = &mut kind {
        *is_bare = true;
    }
    Ok(kind)
}

#[derive(clap::Args)]
pub struct Run {
    #[command(flatten)]
    choice: Choice,
    /// How often each is measured; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each measurement lasts, at each of the loads as well
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// At which part of what the slower of bare tokio and Ouvrier can do latency is measured: 0.3,0.6. Several in ascending order, or 0 for none
    #[arg(long, value_delimiter = ',', default_values_t = [0.3, 0.6])]
    loads: Vec<f64>,
    /// Few rounds, and short ones: for a look at the whole
    #[arg(long, conflicts_with_all = ["rounds", "seconds"])]
    quick: bool,
    /// Writes the tables to this file as well, as Markdown
    #[arg(long)]
    markdown: Option<PathBuf>,
}

pub fn run(options: Run) -> Result {
    let (rounds, seconds) = match options.quick {
        true => (2, 1.0),
        false => (options.rounds, options.seconds),
    };
    let loads = options.loads.into_iter().filter(|load| *load > 0.0);
    let (cases, servers) = options.choice.prepare()?;
    server::pin_to_last_core()?;
    let measurement = Measurement {
        servers,
        rounds,
        duration: Duration::from_secs_f64(seconds),
        loads: loads.collect(),
    };
    let mut report = Report::default();
    for case in cases {
        let loads = measurement.loads_of(case);
        let capacity = measurement.capacity(case, &loads);
        let series = measurement.rounds(case, &loads, capacity);
        report.add(case, loads, capacity, series);
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
    loads: Vec<f64>,
}

impl Measurement {
    fn loads_of(&self, case: Case) -> Vec<f64> {
        match case.scenario.manner() {
            Manner::Saturated if case.scenario.has_loads() => self.loads.clone(),
            _ => Vec::new(),
        }
    }

    /// Messages a second that both bare tokio and Ouvrier can do: of this, loads are parts, so that all servers are offered the same. It is infinite where nothing
    /// is measured at a load, or neither server is there.
    fn capacity(&self, case: Case, loads: &[f64]) -> f64 {
        let ours = self.servers.kinds.iter().filter(|kind| kind.is_ours());
        let capacities = ours.filter_map(|kind| {
            let visit = (!loads.is_empty()).then(|| self.visit(case, kind, []))?;
            Some(visit.ok()?.main.rate())
        });
        capacities.fold(f64::INFINITY, f64::min)
    }

    /// Each server in turn, and again, until it fails.
    fn rounds(&self, case: Case, loads: &[f64], capacity: f64) -> Vec<Series> {
        let kinds = self.servers.kinds.iter().cloned();
        let mut all: Vec<Series> = kinds.map(Series::new).collect();
        for round in 1..=self.rounds {
            for series in all.iter_mut().filter(|series| series.failure.is_none()) {
                let kind = &series.kind;
                eprint!("{case}, {kind}, round {round} of {}: ", self.rounds);
                match self.visit(case, kind, loads.iter().map(|load| load * capacity)) {
                    Ok(visit) => {
                        eprintln!("{}", visit.main);
                        series.visits.push(visit);
                    }
                    Err(error) => {
                        eprintln!("{error}");
                        series.failure = Some(error.to_string());
                    }
                }
            }
        }
        all
    }

    fn visit(
        &self,
        case: Case,
        kind: &Kind,
        rates: impl IntoIterator<Item = f64>,
    ) -> Result<Visit> {
        server::check_open_files(case.clients)?;
        let server = Server::start(kind, case.scenario, &self.servers, Under::Nothing)?;
        let duration = match case.scenario.is_large() {
            true => self.duration * TIMES_FOR_LARGE,
            false => self.duration,
        };
        let plan = Plan {
            duration,
            rates: rates.into_iter().collect(),
            limit: self.servers.limit,
        };
        load::visit(case, &server, &plan)
    }
}
