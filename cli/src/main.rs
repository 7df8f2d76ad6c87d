//! The program `dataforge`: the well-log workspace that needs no server, from the command line.
//!
//! It asks a data directory through [`dataforge_node::client::Client`] and prints the reply; it
//! decides nothing itself. `docs/cli.md` documents commands, exit codes and JSON shapes.

mod app;
mod args;
mod command;
mod context;
mod directory;
mod error;
mod notify;
mod outfile;
mod output;
mod paths;
mod private;
mod progress;
mod qr;
mod secret;
mod service;
mod signal;
mod size;

use std::process::ExitCode;

fn main() -> ExitCode {
    // This very program opens files of others, started again for each of them.
    if let Some(code) = dataforge_node::worker::run_if_asked() {
        return code;
    }
    app::run()
}
