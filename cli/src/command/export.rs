//! `dataforge export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dataforge_node::api::{OutputFormat, Request};

use super::query;
use crate::context::Context;
use crate::error::Failure;

/// Writes a run's native table to a file, which appears whole or not at all.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A run: name, id or start of the id
    run: String,
    /// Format of the file
    #[arg(long, value_enum)]
    format: Format,
    /// The file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace a file that exists
    #[arg(long)]
    force: bool,
}

/// Format of an exported run.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// The stored table, byte for byte
    Parquet,
    /// Comma-separated values
    Csv,
}

impl Export {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let format = match self.format {
            Format::Parquet => OutputFormat::Parquet,
            Format::Csv => OutputFormat::Csv,
        };
        let request = Request::Export { workspace: context.workspace.clone(), run: self.run, format };
        query::into_file(context, request, &self.out, self.force).await
    }
}
