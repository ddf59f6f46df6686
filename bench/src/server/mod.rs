mod cores;
pub mod processes;

use std::{
    env, fmt, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio_rustls::TlsConnector;

use crate::{Result, load::Target, material::Material, run::Servers, scenario::Scenario, tls};
pub use cores::{check_open_files, pin_to_last_core, raise_open_files};
pub use processes::Usage;

const START_DEADLINE: Duration = Duration::from_secs(20);
/// valgrind takes longer.
const SLOW_START_DEADLINE: Duration = Duration::from_secs(120);
const STOP_DEADLINE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(5);

/// Whose server it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// tokio without PHP.
    Tokio,
    /// PHP with the extension.
    Ouvrier,
    /// Somebody else's, started by a command.
    Peer {
        name: String,
        command: String,
        /// Whether it is without PHP: a limit like tokio, and nobody to be ahead of.
        is_bare: bool,
    },
}

impl Kind {
    pub const fn is_bare(&self) -> bool {
        matches!(self, Self::Tokio | Self::Peer { is_bare: true, .. })
    }

    /// Whether it comes with this project.
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Tokio | Self::Ouvrier)
    }

    /// Adds the program and its arguments.
    fn add_to(
        &self,
        command: &mut Command,
        scenario: Scenario,
        servers: &Servers,
        under: Under<'_>,
    ) -> Result {
        match self {
            Self::Tokio => {
                command.arg(env::current_exe()?).arg("serve");
                command.arg(scenario.to_string());
            }
            Self::Ouvrier => {
                let extension = fs::canonicalize(&servers.extension)?;
                command.arg(resolve(&servers.php)?);
                command.args(["-d", &format!("extension={}", extension.display())]);
                if !matches!(under, Under::Nothing) {
                    // Turns take long there, which is no reason to be relieved.
                    command.args(["-d", "ouvrier.relief_ms=60000"]);
                }
                command.arg(script(scenario)).args(["start", "-q"]);
            }
            Self::Peer { command: line, .. } => {
                let line = line.replace("{script}", &script(scenario));
                let line = line.replace("{scenario}", &scenario.to_string());
                command.args(["sh", "-c", &format!("exec {line}")]);
            }
        }
        Ok(())
    }
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
    /// strace, which is attached later.
    Strace,
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

    const fn start_deadline(self) -> Duration {
        match self {
            Self::Nothing | Self::Strace => START_DEADLINE,
            Self::Callgrind(_) => SLOW_START_DEADLINE,
        }
    }
}

/// A server that runs on its own core, until it is dropped.
pub struct Server {
    child: Child,
    port: u16,
    /// Where a back-end pushes to.
    back_port: u16,
    tls: Option<TlsConnector>,
    is_compressed: bool,
}

impl Server {
    pub fn start(
        kind: &Kind,
        scenario: Scenario,
        servers: &Servers,
        under: Under<'_>,
    ) -> Result<Self> {
        let [port, back_port] = free_ports()?;
        let mut command = Command::new("taskset");
        command.args(["-c", &cores::of_servers(scenario.workers())]);
        under.wrap(&mut command);
        kind.add_to(&mut command, scenario, servers, under)?;
        command.env("PORT", port.to_string());
        command.env("BACK_PORT", back_port.to_string());
        add_environment(&mut command, scenario, &servers.material);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut server = Self {
            child,
            port,
            back_port,
            tls: scenario
                .is_secure()
                .then(|| tls::connector(&servers.material.certificate()))
                .transpose()?,
            is_compressed: scenario.is_compressed(),
        };
        server.wait_for(port, scenario.listeners(), under.start_deadline())?;
        if scenario.has_back_end() {
            server.wait_for(back_port, 1, under.start_deadline())?;
        }
        Ok(server)
    }

    /// Where clients connect to.
    pub fn target(&self) -> Target {
        Target {
            port: self.port,
            tls: self.tls.clone(),
            is_compressed: self.is_compressed,
        }
    }

    /// Where a back-end connects to.
    pub const fn back_end(&self) -> Target {
        Target {
            port: self.back_port,
            tls: None,
            is_compressed: false,
        }
    }

    fn wait_for(&mut self, port: u16, listeners: usize, deadline: Duration) -> Result {
        let start = Instant::now();
        while processes::listeners(port) < listeners {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the server has ended with {status}").into());
            }
            if start.elapsed() > deadline {
                return Err(format!("the server does not listen on port {port}").into());
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// What its processes have used so far.
    pub fn usage(&self) -> Usage {
        processes::usage(&processes::family(self.child.id()))
    }

    /// Resident memory of the processes that have connections, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        processes::resident_bytes(&self.workers())
    }

    /// Open connections of each process that has some.
    pub fn connections(&self) -> Vec<usize> {
        processes::connections(&self.workers(), self.port)
    }

    /// The process that has the connections: the last one that was started.
    pub fn worker(&self) -> u32 {
        self.workers().last().copied().unwrap_or_default()
    }

    /// All processes but the first, which is a master if there are others.
    fn workers(&self) -> Vec<u32> {
        let mut family = processes::family(self.child.id());
        if family.len() > 1 {
            family.remove(0);
        }
        family
    }
}

impl Drop for Server {
    /// SIGTERM ends a master as Ctrl+C does, but at once. Who does not end is ended, with all descendants.
    fn drop(&mut self) {
        let family = processes::family(self.child.id());
        signal(self.child.id(), Signal::SIGTERM);
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if start.elapsed() > STOP_DEADLINE {
                for pid in &family {
                    signal(*pid, Signal::SIGKILL);
                }
                let _ = self.child.wait();
                return;
            }
            thread::sleep(LOOK);
        }
    }
}

/// What a server learns about the scenario.
fn add_environment(command: &mut Command, scenario: Scenario, material: &Material) {
    let flag = |is: bool| if is { "1" } else { "0" };
    command.env("WORKERS", scenario.workers().to_string());
    command.env("REUSE_PORT", flag(scenario == Scenario::HttpReusePort));
    command.env("SECURE", flag(scenario.is_secure()));
    command.env("COMPRESSED", flag(scenario.is_compressed()));
    command.env("CERTIFICATE", material.certificate());
    command.env("KEY", material.key());
    command.env("FILE", material.file(scenario == Scenario::File10m));
}

fn signal(pid: u32, signal: Signal) {
    let _ = kill(Pid::from_raw(pid.cast_signed()), signal);
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

/// Two ports that nobody listens on. Both are held until both are found, or they might be the same.
fn free_ports() -> Result<[u16; 2]> {
    let find = || TcpListener::bind("127.0.0.1:0");
    let held = [find()?, find()?];
    Ok([held[0].local_addr()?.port(), held[1].local_addr()?.port()])
}
