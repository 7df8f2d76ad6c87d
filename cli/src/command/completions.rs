//! `dataforge completions`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde::Serialize;

use crate::args::Cli;
use crate::context::Context;
use crate::error::Failure;
use crate::output::Human;

/// Prints completions for a shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Serialize)]
struct Script {
    reply: &'static str,
    shell: String,
    script: String,
}

impl Human for Script {
    fn human(&self) -> String {
        self.script.trim_end().to_owned()
    }
}

impl Completions {
    /// Does it.
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "dataforge", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        context.show(&Script { reply: "completions", shell: self.shell.to_string(), script })
    }
}
