//! Counts what a fixed number of messages costs, instead of timing it: a busy machine does not disturb these figures.
//!
//! valgrind's callgrind counts the instructions of the server outside of the kernel and its allocations, strace its system calls.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{runtime::Builder, task::LocalSet, time::timeout};

use crate::{
    Result,
    callgrind::{self, Layer},
    load::{self, Meter, Pace},
    run::{Choice, Servers},
    scenario::{Case, Manner},
    server::{Kind, Server, Under, processes},
};

/// Before it counts, so that everything is there that the first messages make.
const WARM_UP: u64 = 2000;
const ATTACH_DEADLINE: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub struct Count {
    #[command(flatten)]
    choice: Choice,
    /// How many messages are counted, about
    #[arg(long, default_value_t = 10_000)]
    messages: u64,
    /// Counts system calls only, for which valgrind is not needed
    #[arg(long)]
    only_calls: bool,
    /// Counts instructions only, and says whose they are
    #[arg(long, conflicts_with = "only_calls")]
    layers: bool,
    /// Keeps callgrind's files in this folder, for callgrind_annotate
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// What callgrind saw of so many messages.
struct Profile {
    messages: u64,
    instructions: u64,
    allocations: u64,
    by_layer: BTreeMap<Layer, u64>,
}

/// What strace saw of so many messages.
struct Calls {
    messages: u64,
    by_name: BTreeMap<String, u64>,
}

pub fn count(options: Count) -> Result {
    let (cases, servers) = options.choice.prepare()?;
    let counting = Counting {
        servers,
        messages: options.messages,
        keep: options.keep,
    };
    let what = match (options.only_calls, options.layers) {
        (true, _) => What::Calls,
        (_, true) => What::Layers,
        _ => What::Everything,
    };
    let columns = what.columns();
    let line = "---|".repeat(columns.len());
    println!(
        "| scenario | server | {} |\n|---|---|{line}",
        columns.join(" | ")
    );
    for case in cases {
        // What has a rate of its own is about time, the idle send nothing, and one worker is looked at.
        if case.scenario.manner() != Manner::Saturated || case.scenario.workers() > 1 {
            continue;
        }
        for kind in &counting.servers.kinds {
            match counting.row(kind, case, what) {
                Ok(row) => println!("| {case} | {kind} | {row} |"),
                Err(error) => eprintln!("{case}, {kind}: {error}"),
            }
        }
    }
    Ok(())
}

/// What is counted.
#[derive(Clone, Copy)]
enum What {
    Everything,
    Calls,
    Layers,
}

impl What {
    fn columns(self) -> Vec<&'static str> {
        match self {
            Self::Everything => vec!["instructions", "allocations", "system calls", "of which"],
            Self::Calls => vec!["system calls", "of which"],
            Self::Layers => {
                let mut columns = vec!["instructions"];
                columns.extend(Layer::ALL.map(Layer::name));
                columns
            }
        }
    }
}

struct Counting {
    servers: Servers,
    messages: u64,
    keep: Option<PathBuf>,
}

impl Counting {
    fn row(&self, kind: &Kind, case: Case, what: What) -> Result<String> {
        let name = format!("{case}-{kind}");
        let folder = match &self.keep {
            Some(folder) => folder.join(name),
            None => self.servers.material.folder(&name)?,
        };
        fs::create_dir_all(&folder)?;
        Ok(match what {
            What::Calls => self.system_calls(kind, case, &folder)?.to_string(),
            What::Layers => self.profile(kind, case, &folder)?.layers(),
            What::Everything => {
                let calls = self.system_calls(kind, case, &folder)?;
                format!("{} | {calls}", self.profile(kind, case, &folder)?)
            }
        })
    }

    fn profile(&self, kind: &Kind, case: Case, folder: &Path) -> Result<Profile> {
        let under = Under::Callgrind(folder);
        let server = Server::start(kind, case.scenario, &self.servers, under)?;
        let mut worker = 0;
        let messages = self.drive(&server, case, |begins| {
            // A master listens before it has a worker; by now there is one.
            worker = server.worker();
            let state = if begins { "on" } else { "off" };
            let mut control = Command::new("callgrind_control");
            control.args(["-i", state, &worker.to_string()]);
            let control = control.stdout(Stdio::null()).stderr(Stdio::null());
            let done = control.status()?.success();
            if done {
                Ok(())
            } else {
                Err("callgrind_control failed".into())
            }
        })?;
        // It writes when it ends.
        drop(server);
        let profile = fs::read_to_string(folder.join(worker.to_string()))?;
        Ok(Profile {
            messages,
            instructions: callgrind::instructions(&profile).ok_or("callgrind wrote no totals")?,
            allocations: callgrind::allocations(&profile),
            by_layer: callgrind::by_layer(&profile),
        })
    }

    fn system_calls(&self, kind: &Kind, case: Case, folder: &Path) -> Result<Calls> {
        let server = Server::start(kind, case.scenario, &self.servers, Under::Strace)?;
        let summary = folder.join("strace");
        let mut strace: Option<Child> = None;
        let messages = self.drive(&server, case, |begins| {
            if begins {
                let mut command = Command::new("strace");
                command.args(["-c", "-f", "-qq", "-o"]).arg(&summary);
                command.args(["-p", &server.worker().to_string()]);
                strace = Some(command.spawn()?);
                wait_for_tracer(server.worker())?;
            } else if let Some(mut strace) = strace.take() {
                kill(Pid::from_raw(strace.id().cast_signed()), Signal::SIGINT)?;
                strace.wait()?;
            }
            Ok(())
        })?;
        Ok(Calls {
            messages,
            by_name: calls_in(&fs::read_to_string(summary)?),
        })
    }

    /// Runs the clients, and counts messages between two calls of `mark`.
    fn drive(
        &self,
        server: &Server,
        case: Case,
        mut mark: impl FnMut(bool) -> Result,
    ) -> Result<u64> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        LocalSet::new().block_on(&runtime, async {
            let meter = Rc::new(Meter::default());
            meter.set_pace(Pace::Times(case.sendings(WARM_UP)));
            load::start(case, &meter, server).await?;
            self.in_time(meter.all_answered()).await?;
            mark(true)?;
            meter.start();
            meter.set_pace(Pace::Times(case.sendings(self.messages)));
            self.in_time(meter.all_answered()).await?;
            mark(false)?;
            Ok(meter.stop().0)
        })
    }

    async fn in_time(&self, answers: impl Future<Output = Result>) -> Result {
        timeout(self.servers.limit, answers).await?
    }
}

/// strace says nothing when it is attached, but the system does.
fn wait_for_tracer(pid: u32) -> Result {
    let start = Instant::now();
    while processes::tracer(pid).is_none() {
        if start.elapsed() > ATTACH_DEADLINE {
            return Err(format!("strace could not be attached to process {pid}").into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// The table of `strace -c`: share, seconds, microseconds per call, calls, maybe errors, name.
fn calls_in(summary: &str) -> BTreeMap<String, u64> {
    let rows = summary.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.first()?.parse::<f64>().ok()?;
        let name = *words.last()?;
        (name != "total").then_some((name.to_owned(), words.get(3)?.parse().ok()?))
    });
    rows.collect()
}

impl Profile {
    /// Instructions per message, and whose they are.
    fn layers(&self) -> String {
        let each = |count: u64| format!("{:.0}", count as f64 / self.messages as f64);
        let of = |layer| each(self.by_layer.get(&layer).copied().unwrap_or_default());
        let mut columns = vec![each(self.instructions)];
        columns.extend(Layer::ALL.map(of));
        columns.join(" | ")
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |count: u64| count as f64 / self.messages as f64;
        let (instructions, allocations) = (each(self.instructions), each(self.allocations));
        write!(out, "{instructions:.0} | {allocations:.1}")
    }
}

impl fmt::Display for Calls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |count: u64| count as f64 / self.messages as f64;
        write!(out, "{:.2} |", each(self.by_name.values().sum()))?;
        let mut calls: Vec<_> = self.by_name.iter().collect();
        calls.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let mut comma = " ";
        for (name, count) in calls {
            if each(*count) >= 0.005 {
                write!(out, "{comma}{name} {:.2}", each(*count))?;
                comma = ", ";
            }
        }
        Ok(())
    }
}
