use std::{
    env, fmt, fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use nix::{
    sched::{CpuSet, sched_setaffinity},
    sys::{
        resource::{Resource, getrlimit, setrlimit},
        signal::{Signal, kill},
    },
    unistd::Pid,
};

use crate::{Result, Run, scenario::Scenario};

/// The core of the clients.
pub const LOAD_CORE: usize = 1;
/// The core of the server.
const SERVER_CORE: &str = "0";
const START_DEADLINE: Duration = Duration::from_secs(20);
/// Units of the times in `/proc/PID/stat`, which Linux has fixed.
const TICKS_PER_SECOND: f64 = 100.0;

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Kind {
    /// tokio without PHP
    Tokio,
    /// PHP with the extension
    Ouvrier,
    /// PHP with workerman/workerman
    Workerman,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        formatter.pad(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// A server that runs on its own core, until it is dropped.
pub struct Server {
    child: Child,
    pub port: u16,
    /// Where a back-end pushes to.
    pub back_port: u16,
}

/// Processor time that was used, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub user: f64,
    pub system: f64,
}

impl Server {
    pub fn start(kind: Kind, scenario: Scenario, run: &Run) -> Result<Self> {
        let (port, back_port) = (free_port()?, free_port()?);
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE]);
        match kind {
            Kind::Tokio => {
                command.arg(env::current_exe()?).arg("serve");
                command.args([
                    scenario.to_string(),
                    port.to_string(),
                    back_port.to_string(),
                ]);
            }
            Kind::Ouvrier => {
                let extension = fs::canonicalize(&run.extension)?;
                command.args([
                    &run.php,
                    "-d",
                    &format!("extension={}", extension.display()),
                ]);
                command.arg(script(scenario)).args(["start", "-q"]);
            }
            Kind::Workerman => {
                let autoloader = run.workerman.as_deref().ok_or("--workerman is missing")?;
                command.env("WORKERMAN", fs::canonicalize(autoloader)?);
                command.args([&run.php, script(scenario).as_str(), "start", "-q"]);
            }
        }
        command.env("PORT", port.to_string());
        command.env("BACK_PORT", back_port.to_string());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let server = Self {
            child,
            port,
            back_port,
        };
        server.wait_for(port)?;
        if scenario == Scenario::Push {
            server.wait_for(back_port)?;
        }
        Ok(server)
    }

    fn wait_for(&self, port: u16) -> Result {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if start.elapsed() > START_DEADLINE {
                return Err(format!("the server does not listen on port {port}").into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// What its processes have used so far.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        for pid in self.processes() {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let fields: Vec<&str> = stat
                .rsplit_once(')')
                .map_or("", |(_, rest)| rest)
                .split_whitespace()
                .collect();
            let seconds = |field: usize| {
                let ticks: f64 = fields
                    .get(field)
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(0.0);
                ticks / TICKS_PER_SECOND
            };
            usage.user += seconds(11);
            usage.system += seconds(12);
        }
        usage
    }

    /// Resident memory of the process that uses most of it, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.processes()
            .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok())
            .filter_map(|status| {
                let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
                line.split_whitespace().nth(1)?.parse::<u64>().ok()
            })
            .max()
            .unwrap_or(0)
            * 1024
    }

    /// The process that was started and its children.
    fn processes(&self) -> impl Iterator<Item = u32> {
        let pid = self.child.id();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children: Vec<u32> = children
            .unwrap_or_default()
            .split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect();
        std::iter::once(pid).chain(children)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGTERM ends a master as Ctrl+C does, but at once.
        let _ = kill(
            Pid::from_raw(self.child.id().cast_signed()),
            Signal::SIGTERM,
        );
        let _ = self.child.wait();
    }
}

fn script(scenario: Scenario) -> String {
    let servers = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers");
    servers.join(scenario.script()).display().to_string()
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Puts this process on one core.
pub fn pin(core: usize) -> Result {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &cores)?)
}

/// Thousands of clients are thousands of descriptors.
pub fn raise_open_files() -> Result {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}
