//! Counts what a fixed number of messages costs, instead of timing it: a busy machine does not disturb these figures.
//!
//! valgrind's callgrind counts the instructions of the server outside of the kernel and its allocations, strace its system calls.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    rc::Rc,
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{runtime::Builder, task::LocalSet};

use crate::{
    Result,
    load::{self, Meter, Pace},
    run::{Choice, Servers},
    scenario::{Manner, Scenario},
    server::{Kind, Server, Under},
};

/// Before it counts, so that everything is there that the first messages make.
const WARM_UP: u64 = 2000;

#[derive(clap::Args)]
pub struct Count {
    #[command(flatten)]
    choice: Choice,
    /// How many messages are counted, about
    #[arg(long, default_value_t = 10_000)]
    messages: u64,
    /// Keeps callgrind's files in this folder, for callgrind_annotate
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// What so many messages took.
struct Cost {
    messages: u64,
    instructions: u64,
    allocations: u64,
    calls: BTreeMap<String, u64>,
}

pub fn count(options: Count) -> Result {
    let (scenarios, servers) = options.choice.prepare()?;
    let counting = Counting {
        servers,
        messages: options.messages,
        keep: options.keep,
    };
    println!("| scenario | server | instructions | allocations | system calls | of which |");
    println!("|---|---|---|---|---|---|");
    for scenario in scenarios {
        // What has a rate of its own is about time, the idle send nothing, and one worker is looked at.
        if scenario.manner() != Manner::Saturated || scenario.workers() > 1 {
            continue;
        }
        for kind in &counting.servers.kinds {
            let cost = counting.cost(kind, scenario)?;
            println!("| {scenario} | {kind} | {cost} |");
        }
    }
    Ok(())
}

struct Counting {
    servers: Servers,
    messages: u64,
    keep: Option<PathBuf>,
}

impl Counting {
    fn cost(&self, kind: &Kind, scenario: Scenario) -> Result<Cost> {
        let name = format!("{scenario}-{kind}");
        let folder = match &self.keep {
            Some(folder) => folder.join(name),
            None => self.servers.material.folder(&name)?,
        };
        fs::create_dir_all(&folder)?;
        let (messages, profile) = self.profile(kind, scenario, &folder)?;
        Ok(Cost {
            messages,
            instructions: instructions(&profile).ok_or("callgrind wrote no totals")?,
            allocations: allocations(&profile),
            calls: self.system_calls(kind, scenario, &folder)?,
        })
    }

    /// The number of messages, and what callgrind wrote about them.
    fn profile(&self, kind: &Kind, scenario: Scenario, folder: &Path) -> Result<(u64, String)> {
        let server = Server::start(kind, scenario, &self.servers, Under::Callgrind(folder))?;
        let mut worker = 0;
        let messages = self.drive(&server, scenario, |begins| {
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
        Ok((
            messages,
            fs::read_to_string(folder.join(worker.to_string()))?,
        ))
    }

    fn system_calls(
        &self,
        kind: &Kind,
        scenario: Scenario,
        folder: &Path,
    ) -> Result<BTreeMap<String, u64>> {
        let server = Server::start(kind, scenario, &self.servers, Under::Nothing)?;
        let summary = folder.join("strace");
        let mut strace: Option<Child> = None;
        self.drive(&server, scenario, |begins| {
            if begins {
                let mut command = Command::new("strace");
                command.args(["-c", "-f", "-qq", "-o"]).arg(&summary);
                command.args(["-p", &server.worker().to_string()]);
                strace = Some(command.spawn()?);
                // It says nothing when it is attached.
                thread::sleep(Duration::from_millis(500));
            } else if let Some(mut strace) = strace.take() {
                kill(Pid::from_raw(strace.id().cast_signed()), Signal::SIGINT)?;
                strace.wait()?;
            }
            Ok(())
        })?;
        Ok(calls_in(&fs::read_to_string(summary)?))
    }

    /// Runs the clients, and counts messages between two calls of `mark`.
    fn drive(
        &self,
        server: &Server,
        scenario: Scenario,
        mut mark: impl FnMut(bool) -> Result,
    ) -> Result<u64> {
        let clients = self.servers.clients(scenario);
        let runtime = Builder::new_current_thread().enable_all().build()?;
        LocalSet::new().block_on(&runtime, async {
            let meter = Rc::new(Meter::default());
            meter.set_pace(Pace::Times(scenario.sendings(WARM_UP, clients)));
            load::start(scenario, &meter, server, clients).await?;
            meter.all_answered().await;
            mark(true)?;
            meter.start();
            meter.set_pace(Pace::Times(scenario.sendings(self.messages, clients)));
            meter.all_answered().await;
            mark(false)?;
            Ok(meter.stop().0)
        })
    }
}

/// callgrind's sum of everything.
fn instructions(profile: &str) -> Option<u64> {
    let line = profile
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("totals: "))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How often memory was asked for: of the C library, of which Rust's is, or of PHP.
fn allocations(profile: &str) -> u64 {
    let mut names: BTreeMap<&str, bool> = BTreeMap::new();
    let (mut allocates, mut count) = (false, 0);
    for line in profile.lines() {
        if let Some(called) = line.strip_prefix("cfn=").or(line.strip_prefix("fn=")) {
            let (id, name) = called.split_once(' ').unwrap_or((called, ""));
            let known = names.entry(id).or_insert_with(|| is_allocator(name));
            allocates = *known;
        } else if let Some(calls) = line.strip_prefix("calls=")
            && allocates
        {
            let calls = calls
                .split_whitespace()
                .next()
                .and_then(|calls| calls.parse::<u64>().ok());
            count += calls.unwrap_or_default();
        }
    }
    count
}

fn is_allocator(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "malloc",
        "calloc",
        "realloc",
        "posix_memalign",
        "aligned_alloc",
        "_emalloc",
        "_ecalloc",
        "_erealloc",
        "_erealloc2",
    ];
    NAMES.contains(&name)
        || name
            .strip_prefix("_emalloc_")
            .is_some_and(|size| size != "large" && size != "huge")
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

impl std::fmt::Display for Cost {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each = |count: u64| count as f64 / self.messages as f64;
        let total: u64 = self.calls.values().sum();
        write!(
            out,
            "{:.0} | {:.1} | {:.2} |",
            each(self.instructions),
            each(self.allocations),
            each(total)
        )?;
        let mut calls: Vec<_> = self.calls.iter().collect();
        calls.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let mut comma = " ";
        for (name, count) in calls
            .into_iter()
            .filter(|(_, count)| each(**count) >= 0.005)
        {
            write!(out, "{comma}{name} {:.2}", each(*count))?;
            comma = ", ";
        }
        Ok(())
    }
}
