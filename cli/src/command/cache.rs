//! `dataforge cache`.

use clap::{Args, Subcommand};
use dataforge_node::api::{CacheReply, DataRequest, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, bytes, clean, count, percent, plural};

/// Says what is held here and how well that serves, or clears it.
#[derive(Debug, Args)]
pub(crate) struct Cache {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what is held, how often it had what was read, and the limits
    Stats,
    /// Free all that is neither pinned nor the last copy; only says what would go, unless --go is given
    Clear {
        /// Only of this project, by name or start of the id
        project: Option<String>,
        /// Do it
        #[arg(long)]
        go: bool,
    },
}

impl Cache {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = match self.action {
            Action::Stats => DataRequest::Cache,
            Action::Clear { project, go } => DataRequest::Clear { project, go },
        };
        context.ask(Request::Data { workspace: context.workspace.clone(), ask }).await
    }
}

impl Human for CacheReply {
    fn human(&self) -> String {
        let mut lines = vec![format!("held     {}, {}", plural(self.files, "blob"), bytes(self.bytes))];
        if self.partial_files > 0 {
            lines.push(format!("parts    of {}, {}", plural(self.partial_files, "blob"), bytes(self.partial_bytes)));
        }
        lines.push(match self.hit_rate {
            Some(rate) => format!(
                "reads    {} since the node started, {} found all they needed here",
                count(self.hits + self.misses),
                percent(rate)
            ),
            None => "reads    none since the node started".to_owned(),
        });
        lines.push(format!(
            "limits   {}, of one project {}; a warning from {} on",
            bytes(self.limit_bytes),
            bytes(self.project_limit_bytes),
            bytes(self.warn_bytes)
        ));
        lines.extend(self.warnings.iter().map(|warning| format!("warning  {}", clean(warning))));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply() -> CacheReply {
        CacheReply {
            files: 1204,
            bytes: 8_500_000_000,
            partial_files: 0,
            partial_bytes: 0,
            hits: 0,
            misses: 0,
            hit_rate: None,
            limit_bytes: 10_000_000_000,
            warn_bytes: 8_000_000_000,
            project_limit_bytes: 2_000_000_000,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_fresh_node_has_no_rate() {
        let expected = "\
held     1,204 blobs, 8.5 GB
reads    none since the node started
limits   10.0 GB, of one project 2.0 GB; a warning from 8.0 GB on";
        assert_eq!(reply().human(), expected);
    }

    #[test]
    fn parts_rate_and_warnings_are_told() {
        let used = CacheReply {
            partial_files: 1,
            partial_bytes: 3000,
            hits: 999,
            misses: 1,
            hit_rate: Some(0.999),
            warnings: vec!["more is held than cache.warn_bytes".into()],
            ..reply()
        };
        let expected = "\
held     1,204 blobs, 8.5 GB
parts    of 1 blob, 3.0 kB
reads    1,000 since the node started, 99.9 % found all they needed here
limits   10.0 GB, of one project 2.0 GB; a warning from 8.0 GB on
warning  more is held than cache.warn_bytes";
        assert_eq!(used.human(), expected);
    }
}
