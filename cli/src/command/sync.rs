//! `dataforge sync`.

use std::time::Duration;

use clap::Args;
use dataforge_node::api::{ErrorKind, RemovedFrom, Reply, Request, SyncSummary};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, bytes, clean, duration, plural};

/// Exchanges entries and blobs with every peer that can be reached. Ends with 7 when none can.
#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// Try this address too; may be repeated
    #[arg(long = "peer", value_name = "DEVICE@IP:PORT")]
    peers: Vec<String>,
    /// Give up after so many seconds
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    timeout: u64,
}

impl Sync {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let request =
            Request::Sync { workspace: context.workspace.clone(), peers: self.peers, timeout_secs: self.timeout };
        let reply = context.call(request).await?;
        context.show(&reply)?;
        match reply {
            Reply::Sync(summary) if summary.reached.is_empty() && !summary.removed.is_empty() => {
                Err(Failure::Reported(ErrorKind::NotAllowed))
            }
            Reply::Sync(summary) if summary.reached.is_empty() => {
                context.note(
                    "error: no peer was reached\nhint: invite somebody, or name a peer with --peer DEVICE@IP:PORT",
                );
                Err(Failure::Reported(ErrorKind::Network))
            }
            _ => Ok(()),
        }
    }
}

/// What a device that was removed wants to know: who says so, what became of its work, what to do.
fn removed(from: &RemovedFrom) -> String {
    let (by, workspace) = (clean(&from.by), clean(&from.workspace));
    let mut work = match from.handed_in {
        0 if from.no_room + from.later > 0 => "it took and gave nothing".to_owned(),
        0 => "it has all that you wrote, and took and gave nothing".to_owned(),
        count => format!(
            "it took {} that you wrote, and gave nothing; what came after the removal counts once an admin accepts it (dataforge late-work accept)",
            plural(count, "entry")
        ),
    };
    if from.no_room > 0 {
        work.push_str(&format!(
            "\n          it has no room for {} of yours, left here; an admin there makes some with dataforge late-work accept, or with the late_work settings",
            plural(from.no_room, "entry")
        ));
    }
    if from.later > 0 {
        work.push_str(&format!(
            "\n          left for a sync in five minutes: {}, beyond what it takes at a time",
            plural(from.later, "entry")
        ));
    }
    format!(
        "removed   this device is no member of {workspace} any more, says {by}\n          {work}\n          \
         what is here stays readable; dataforge members says who can let you back in, with a new data directory"
    )
}

impl Human for SyncSummary {
    fn human(&self) -> String {
        let names: Vec<_> = self.reached.iter().map(|name| clean(name)).collect();
        let mut lines = vec![
            format!("reached   {}", if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }),
            format!(
                "received  {}, {} ({})",
                plural(self.entries_received, "entry"),
                plural(self.blobs_received, "blob"),
                bytes(self.bytes_received)
            ),
            format!("sent      {}", plural(self.entries_sent, "entry")),
            format!("took      {}", duration(Duration::try_from_secs_f64(self.seconds).unwrap_or_default())),
        ];
        if self.blobs_missing > 0 {
            lines.push(format!(
                "missing   {}: whoever has them was not reached, or there was no time",
                plural(self.blobs_missing, "blob")
            ));
        }
        lines.extend(self.removed.iter().map(removed));
        lines.extend(self.unreached.iter().map(|(name, why)| format!("without   {}: {}", clean(name), clean(why))));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said() {
        let summary = SyncSummary {
            reached: vec!["ada (laptop)".into()],
            unreached: vec![("bob".into(), "timed out".into())],
            removed: Vec::new(),
            entries_received: 1,
            entries_sent: 0,
            blobs_received: 2,
            bytes_received: 3000,
            blobs_missing: 4,
            seconds: 0.5,
        };
        let expected = "reached   ada (laptop)\nreceived  1 entry, 2 blobs (3.0 kB)\nsent      0 entries\ntook      500 ms\n\
                        missing   4 blobs: whoever has them was not reached, or there was no time\nwithout   bob: timed out";
        assert_eq!(summary.human(), expected);
    }

    #[test]
    fn a_removed_device_is_told_who_says_so_and_what_became_of_its_work() {
        let (workspace, by) = (|| "Field".to_owned(), || "ada (laptop)".to_owned());
        let from = |handed_in| RemovedFrom { workspace: workspace(), by: by(), handed_in, no_room: 0, later: 0 };
        assert!(removed(&from(3)).contains("no member of Field any more, says ada (laptop)"));
        assert!(removed(&from(3)).contains("took 3 entries") && removed(&from(3)).contains("late-work accept"));
        assert!(removed(&from(0)).contains("has all that you wrote") && !removed(&from(0)).contains("took 0"));
        let full = removed(&RemovedFrom { no_room: 1200, ..from(0) });
        assert!(full.contains("no room for 1,200 entries of yours") && !full.contains("has all"), "{full}");
        let more = removed(&RemovedFrom { later: 5, ..from(10_000) });
        assert!(more.contains("took 10,000 entries") && more.contains("in five minutes: 5 entries"), "{more}");
    }
}
