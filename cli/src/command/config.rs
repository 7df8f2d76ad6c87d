//! `dataforge config`.

use clap::{Args, Subcommand};
use dataforge_node::api::Request;

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean};

/// Reads or changes the settings, which are kept in dataforge.toml in the data directory.
#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print one setting or all
    Get {
        /// E.g. network.listen
        key: Option<String>,
    },
    /// Change a setting; what runs takes some up at its next start only
    Set {
        /// E.g. network.listen
        key: String,
        /// As in TOML; text needs no quotes
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
}

impl Config {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context
            .ask(match self.action {
                Action::Get { key } => Request::ConfigGet { key },
                Action::Set { key, value } => Request::ConfigSet { key, value },
            })
            .await
    }
}

impl Human for Vec<(String, String)> {
    fn human(&self) -> String {
        self.iter().map(|(key, value)| clean(&format!("{key} = {value}"))).collect::<Vec<_>>().join("\n")
    }
}
