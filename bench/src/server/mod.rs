use std::{
    env, fmt, fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sched::{CpuSet, sched_setaffinity},
    sys::{
        resource::{Resource, getrlimit, setrlimit},
        signal::{Signal, kill},
    },
    unistd::Pid,
};

use tokio_rustls::TlsConnector;

use crate::{Result, load::Target, run::Servers, scenario::Scenario, tls};

const START_DEADLINE: Duration = Duration::from_secs(120);
/// Units of the times in `/proc/PID/stat`, which Linux has fixed.
const TICKS_PER_SECOND: f64 = 100.0;

/// Whose server it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// tokio without PHP.
    Tokio,
    /// PHP with the extension.
    Ouvrier,
    /// Somebody else's, started by a command.
    Peer { name: String, command: String },
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Tokio => "tokio",
            Self::Ouvrier => "ouvrier",
            Self::Peer { name, .. } => name,
        })
    }
}

/// What a server runs under.
#[derive(Clone, Copy)]
pub enum Under<'a> {
    Nothing,
    /// valgrind's callgrind, which counts when it is told to and leaves a file for each process in a folder, named after its number.
    Callgrind(&'a Path),
}

impl Under<'_> {
    fn wrap(self, command: &mut Command) {
        let Self::Callgrind(folder) = self else {
            return;
        };
        command.args([
            "valgrind",
            "-q",
            "--tool=callgrind",
            "--trace-children=yes",
            "--instr-atstart=no",
        ]);
        command.arg(format!("--callgrind-out-file={}/%p", folder.display()));
    }
}

/// A server that runs on its own core, until it is dropped.
pub struct Server {
    child: Child,
    port: u16,
    /// Where a back-end pushes to.
    back_port: u16,
    tls: Option<TlsConnector>,
}

/// Processor time that was used, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub user: f64,
    pub system: f64,
}

impl Server {
    pub fn start(
        kind: &Kind,
        scenario: Scenario,
        servers: &Servers,
        under: Under<'_>,
    ) -> Result<Self> {
        let (port, back_port) = (free_port()?, free_port()?);
        let mut command = Command::new("taskset");
        command.args(["-c", &cores(scenario.workers())]);
        under.wrap(&mut command);
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
                let extension = fs::canonicalize(&servers.extension)?;
                command.arg(resolve(&servers.php)?);
                command.args(["-d", &format!("extension={}", extension.display())]);
                if let Under::Callgrind(_) = under {
                    // Callbacks take long there, and are to be counted all the same.
                    command.args(["-d", "ouvrier.relief_ms=60000"]);
                }
                command.arg(script(scenario)).args(["start", "-q"]);
            }
            Kind::Peer { command: line, .. } => {
                let line = line.replace("{script}", &script(scenario));
                let line = line.replace("{scenario}", &scenario.to_string());
                command.args(["sh", "-c", &format!("exec {line}")]);
            }
        }
        let material = &servers.material;
        command.env("PORT", port.to_string());
        command.env("BACK_PORT", back_port.to_string());
        command.env("WORKERS", scenario.workers().to_string());
        command.env("SECURE", if scenario.is_secure() { "1" } else { "0" });
        command.env("CERTIFICATE", material.certificate());
        command.env("KEY", material.key());
        command.env("FILE", material.file(scenario == Scenario::File10m));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let server = Self {
            child,
            port,
            back_port,
            tls: scenario
                .is_secure()
                .then(|| tls::connector(&material.certificate()))
                .transpose()?,
        };
        server.wait_for(port)?;
        if scenario.has_back_end() {
            server.wait_for(back_port)?;
        }
        Ok(server)
    }

    /// Where clients connect to.
    pub fn target(&self) -> Target {
        Target {
            port: self.port,
            tls: self.tls.clone(),
        }
    }

    /// Where a back-end connects to.
    pub const fn back_end(&self) -> Target {
        Target {
            port: self.back_port,
            tls: None,
        }
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

    /// Resident memory of the processes that have connections, in bytes: not that of a master, if there is one.
    pub fn resident_bytes(&self) -> u64 {
        let processes = self.processes();
        let masters = usize::from(processes.len() > 1);
        processes
            .into_iter()
            .skip(masters)
            .filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok())
            .filter_map(|status| {
                let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
                line.split_whitespace().nth(1)?.parse::<u64>().ok()
            })
            .sum::<u64>()
            * 1024
    }

    /// The process that has the connections: the last one that was started.
    pub fn worker(&self) -> u32 {
        self.processes().last().copied().unwrap_or_default()
    }

    /// The process that was started and its descendants.
    fn processes(&self) -> Vec<u32> {
        let mut processes = vec![self.child.id()];
        let mut next = 0;
        while let Some(pid) = processes.get(next) {
            let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
            let children = children.unwrap_or_default();
            processes.extend(
                children
                    .split_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            );
            next += 1;
        }
        processes
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

/// The path of a program; valgrind runs no script that stands for one, and looks for none.
fn resolve(program: &str) -> Result<PathBuf> {
    let found = env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join(program))
        .find(|path| path.is_file());
    Ok(fs::canonicalize(found.unwrap_or_else(|| program.into()))?)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The first cores are the servers', one for each worker.
fn cores(workers: usize) -> String {
    let last = workers.min(available()) - 1;
    format!("0-{last}")
}

/// Puts this process on the last core, which is the clients'. On a machine of two, two workers share it with them.
pub fn pin_to_last_core() -> Result {
    let mut cores = CpuSet::new();
    cores.set(available() - 1)?;
    Ok(sched_setaffinity(Pid::from_raw(0), &cores)?)
}

fn available() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Thousands of clients are thousands of descriptors.
pub fn raise_open_files() -> Result {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}
