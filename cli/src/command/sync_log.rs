//! `dataforge sync-log`.

use std::time::Duration;

use clap::Args;
use dataforge_node::api::{ExchangeInfo, HealthRequest, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes, count, duration};

/// Lists sessions with peers, the newest first: who, how, what moved, how long, and why it ended.
#[derive(Debug, Args)]
pub(crate) struct SyncLog {
    /// Only with this person or device: name, label or start of the id
    #[arg(long)]
    peer: Option<String>,
    /// Only what was not over by then: 90m, 24h or 7d ago, 2026-11-20, or 2026-11-20T10:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    limit: u32,
}

impl SyncLog {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self { peer, since, limit } = self;
        let ask = HealthRequest::SyncLog { workspace: context.workspace.clone(), peer, since, limit };
        context.ask(Request::Health { ask }).await
    }
}

impl Human for Vec<ExchangeInfo> {
    fn human(&self) -> String {
        let columns = ["begun", "took", "peer", "workspace", "way", "path"].map(|name| (name, Align::Left));
        let numbers =
            ["entries in", "out", "blobs in", "received", "sent"].map(|name| (name, Align::Right));
        let mut table = Table::new(&[&columns[..], &numbers, &[("ended because", Align::Left)]].concat());
        for one in self {
            let took = duration(Duration::try_from_secs_f64(one.seconds).unwrap_or_default());
            let reason = if one.ended.is_none() { "it is open" } else { one.reason.as_deref().unwrap_or_default() };
            table.row([
                &one.begun,
                &took,
                &one.device,
                &one.workspace,
                &one.direction,
                &one.path,
                &count(one.entries_in),
                &count(one.entries_out),
                &count(one.blobs_in),
                &bytes(one.bytes_in),
                &bytes(one.bytes_out),
                reason,
            ]);
        }
        table.or("nobody was met yet")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_told_in_a_line() {
        let open = ExchangeInfo {
            device_id: "ab".repeat(32),
            device: "Bob (laptop)".into(),
            workspace_id: "cd".repeat(32),
            workspace: "Field".into(),
            direction: "out".into(),
            path: "direct".into(),
            begun: "2026-11-27T15:00:00Z".into(),
            ended: None,
            seconds: 65.0,
            entries_in: 1200,
            entries_out: 3,
            blobs_in: 2,
            blobs_out: 0,
            bytes_in: 4_500_000,
            bytes_out: 0,
            reason: None,
        };
        let ended =
            ExchangeInfo { ended: Some("2026-11-27T15:01:05Z".into()), reason: Some("ended here".into()), ..open.clone() };
        let text = vec![open, ended].human();
        let lines: Vec<_> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let line = "2026-11-27T15:00:00Z 1 min 5 s Bob (laptop) Field out direct 1,200 3 2 4.5 MB 0 B";
        assert_eq!(lines[1..], [format!("{line} it is open"), format!("{line} ended here")]);
        assert_eq!(Vec::<ExchangeInfo>::new().human(), "nobody was met yet");
    }
}
