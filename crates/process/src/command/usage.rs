//! What is shown when no command is given.

/// The commands and their options, for a start file of this name.
#[must_use]
pub fn usage(start_file: &str) -> String {
    format!(
        "\
Usage: php {start_file} <command> [options]

Commands:
  start        Run the workers in this terminal; Ctrl+C stops them.
  stop         Stop the workers and their master.
  restart      Stop what runs, then start.
  reload       Replace the workers one by one; the service goes on.
  status       Show the processes.
  connections  Show the connections.

Options:
  -d           start, restart: run in the background.
               status: go on showing it.
  -g           stop, restart, reload: wait until open connections are done.
  -q           start, restart: do not show the start banner.
  --json       status, connections: for programs.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Action;

    #[test]
    fn the_start_file_and_the_commands_are_named() {
        let text = usage("push.php");
        assert!(text.starts_with("Usage: php push.php <command> [options]\n"));
        for action in Action::ALL {
            assert!(text.contains(&format!("\n  {action} ")), "{action}");
        }
        for option in ["-d", "-g", "-q", "--json"] {
            assert!(text.contains(&format!("\n  {option} ")), "{option}");
        }
    }
}
