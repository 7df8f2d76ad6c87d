//! `dataforge transfers`.

use clap::{Args, Subcommand};
use dataforge_node::api::{DataRequest, Request, TransfersReply};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes, clean, count, plural};

/// Lists what is being fetched and what waits for it, or pauses it.
#[derive(Debug, Args)]
pub(crate) struct Transfers {
    #[command(subcommand)]
    action: Option<Action>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Fetch something no more until it is resumed, also after a restart
    Pause(Paused),
    /// Fetch it again
    Resume(Paused),
}

#[derive(Debug, Args)]
struct Paused {
    /// A well, run, project, attachment or the start of a blob's hash; . for the workspace; @ and the start of
    /// a device's id for what comes from it
    target: String,
}

impl Transfers {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = match self.action {
            None => DataRequest::Transfers { limit: self.limit },
            Some(Action::Pause(Paused { target })) => DataRequest::Pause { target, on: true },
            Some(Action::Resume(Paused { target })) => DataRequest::Pause { target, on: false },
        };
        context.ask(Request::Data { workspace: context.workspace.clone(), ask }).await
    }
}

impl Human for TransfersReply {
    fn human(&self) -> String {
        let columns = [("state", Align::Left), ("priority", Align::Right), ("what", Align::Left)];
        let sizes = [("size", Align::Right), ("missing", Align::Right)];
        let rest =
            [("from", Align::Left), ("failed", Align::Right), ("last problem", Align::Left), ("blob", Align::Left)];
        let mut table = Table::new(&[&columns[..], &sizes, &rest].concat());
        for transfer in &self.transfers {
            let failed = if transfer.attempts == 0 { String::new() } else { count(transfer.attempts.into()) };
            table.row([
                &transfer.state,
                &transfer.priority.to_string(),
                &transfer.what,
                &bytes(transfer.bytes),
                &bytes(transfer.missing_bytes),
                &transfer.from.join(", "),
                &failed,
                transfer.last_error.as_deref().unwrap_or_default(),
                short(&transfer.hash),
            ]);
        }
        let mut parts = vec![if self.total == 0 { "nothing waits to be fetched".to_owned() } else { table.or("") }];
        if self.total > 0 {
            let listed = self.transfers.len() as u64;
            let more = if listed < self.total { format!(", the first {}", count(listed)) } else { String::new() };
            let total = plural(self.total, "transfer");
            parts.push(format!("{total}{more}; {} are missing", bytes(self.missing_bytes)));
        }
        if !self.paused.is_empty() {
            let paused = self.paused.iter().map(|what| format!("paused   {}", clean(what)));
            parts.push(paused.collect::<Vec<_>>().join("\n"));
        }
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::TransferInfo;

    use super::*;

    fn transfer(state: &str, attempts: u32) -> TransferInfo {
        TransferInfo {
            hash: "ab".repeat(32),
            what: "table GR".into(),
            bytes: 2_000_000,
            missing_bytes: 500_000,
            state: state.into(),
            priority: 10,
            from: vec!["Bob (laptop)".into()],
            attempts,
            last_error: (attempts > 0).then(|| "timed out".into()),
        }
    }

    #[test]
    fn transfers_are_listed_with_what_holds_them_up() {
        let reply = TransfersReply {
            transfers: vec![transfer("fetching", 0), transfer("retrying", 3)],
            total: 1200,
            missing_bytes: 4_500_000_000,
            paused: vec!["what 0123456789 has".into()],
        };
        let expected = "\
STATE     PRIORITY  WHAT        SIZE   MISSING  FROM          FAILED  LAST PROBLEM  BLOB
fetching        10  table GR  2.0 MB  500.0 kB  Bob (laptop)                        ababababab
retrying        10  table GR  2.0 MB  500.0 kB  Bob (laptop)       3  timed out     ababababab

1,200 transfers, the first 2; 4.5 GB are missing

paused   what 0123456789 has";
        assert_eq!(reply.human(), expected);
    }

    #[test]
    fn an_empty_queue_still_says_what_is_paused() {
        let paused = vec!["all of this workspace".to_owned()];
        let reply = TransfersReply { transfers: Vec::new(), total: 0, missing_bytes: 0, paused };
        assert_eq!(reply.human(), "nothing waits to be fetched\n\npaused   all of this workspace");
    }
}
