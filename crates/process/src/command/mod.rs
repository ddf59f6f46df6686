//! The command line: `php start.php <command> [options]`.

use std::fmt;

mod columns;
pub mod connections;
mod query;
pub mod reload;
pub mod status;
pub mod stop;
mod tell;
mod usage;

pub use query::QueryError;
pub use tell::TellError;
pub use usage::usage;

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// What to do.
    pub action: Action,
    /// `-d`: `start` and `restart` go to the background. For `status` it means to go on showing it.
    pub daemonize: bool,
    /// `-g`: wait for the connections that are open.
    pub graceful: bool,
    /// `-q`: no start banner.
    pub quiet: bool,
    /// `--json`: `status` and `connections` are for programs.
    pub json: bool,
}

/// The commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Run the service.
    Start,
    /// Stop the service that runs.
    Stop,
    /// Stop the service if it runs, then run it.
    Restart,
    /// Replace the workers, so that they load their code anew.
    Reload,
    /// Show the processes.
    Status,
    /// Show the connections.
    Connections,
}

/// The arguments hold no command; the answer is the [`usage`](usage()).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no command given")]
pub struct Usage;

/// Reads the arguments, of which the first may be the script.
///
/// The first word that is a command counts, wherever it stands, and words that mean nothing are passed over, as in Workerman: other
/// programs put arguments of their own on the same line. `-d` and `-g` may be given together, in any order.
///
/// # Errors
///
/// [`Usage`] if no word is a command.
pub fn parse(arguments: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Command, Usage> {
    let mut action = None;
    let (mut daemonize, mut graceful, mut quiet, mut json) = (false, false, false, false);
    for argument in arguments {
        match argument.as_ref() {
            "-d" => daemonize = true,
            "-g" => graceful = true,
            "-q" => quiet = true,
            "--json" => json = true,
            word => action = action.or_else(|| Action::from_word(word)),
        }
    }
    Ok(Command {
        action: action.ok_or(Usage)?,
        daemonize,
        graceful,
        quiet,
        json,
    })
}

impl Action {
    const ALL: [Self; 6] = [
        Self::Start,
        Self::Stop,
        Self::Restart,
        Self::Reload,
        Self::Status,
        Self::Connections,
    ];

    /// The word on the command line, which log lines repeat.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Reload => "reload",
            Self::Status => "status",
            Self::Connections => "connections",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.word() == word)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, Usage> {
        parse(line.split_whitespace())
    }

    #[test]
    fn every_command_is_known_by_its_word() {
        for action in Action::ALL {
            let expected = Command {
                action,
                daemonize: false,
                graceful: false,
                quiet: false,
                json: false,
            };
            assert_eq!(parsed(&format!("start.php {action}")), Ok(expected));
        }
    }

    #[test]
    fn options_come_in_any_order() {
        let expected = Command {
            action: Action::Restart,
            daemonize: true,
            graceful: true,
            quiet: true,
            json: true,
        };
        for line in [
            "x.php restart -d -g -q --json",
            "x.php --json -q -g restart -d",
            "-g -d -q restart --json",
        ] {
            assert_eq!(parsed(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn the_first_command_counts_and_other_words_do_not() {
        let command = parsed("artisan.php workerman --port=80 stop start -x").unwrap();
        assert_eq!(
            command,
            Command {
                action: Action::Stop,
                daemonize: false,
                graceful: false,
                quiet: false,
                json: false,
            }
        );
    }

    #[test]
    fn without_a_command_there_is_usage() {
        for line in [
            "",
            "start.php",
            "start.php -d",
            "start.php Start",
            "start.php --help",
        ] {
            assert_eq!(parsed(line), Err(Usage), "{line}");
        }
    }
}
