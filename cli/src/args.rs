//! The arguments all commands share, and the help text.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser};

use crate::command::Command;

const AFTER_HELP: &str = "\
Exit codes:
  0  done            4  bad input      8  disk
  1  a bug           5  not allowed    9  damaged data
  2  usage           6  busy          10  query refused or failed
  3  not found       7  network       11  the key is sealed
130  Ctrl-C        141  output closed

With --json a command prints exactly one JSON object on standard output, and an
error as {\"error\": {\"kind\", \"message\", \"hint\", \"causes\"}} on standard error.

Examples:
  dataforge init \"North Field\"
  dataforge import ~/logs
  dataforge query \"select well, curve, count(value) from samples group by 1, 2 order by 1, 2\"
  dataforge up
  dataforge demo";

/// The well-log workspace that needs no server.
#[derive(Debug, Parser)]
#[command(name = "dataforge", version, about, after_help = AFTER_HELP, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Globals {
    /// Data directory; by default dataforge in the system's place for application data
    #[arg(long, global = true, env = "DATAFORGE_DIR", value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Workspace by name or id; needed when the directory holds several
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) workspace: Option<String>,
    /// Passphrase of a sealed key: the first line of a file; else DATAFORGE_PASSPHRASE, else it is asked for
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print results and errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Print log lines to standard error; repeat for more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for args in [["dataforge", "--json", "wells"], ["dataforge", "wells", "--json"]] {
            assert!(Cli::try_parse_from(args).unwrap().globals.json);
        }
    }
}
