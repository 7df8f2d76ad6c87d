//! `dataforge free`.

use std::path::PathBuf;

use clap::Args;
use dataforge_node::api::{DataRequest, FreedReply, Reply, Request};

use crate::context::Context;
use crate::directory::absolute;
use crate::error::Failure;
use crate::output::{Human, bytes, clean, plural};
use crate::size;

const DETAILS: &str = "\
Only what enough other devices (cache.min_copies) prove to hold goes: they are connected,
hash it on their disks now and promise to keep it for 5 minutes. So --go asks nothing.
What is needed least goes first: docs/data.md has the order.

Examples:
  dataforge free \"NORTH 1\"            # what would go, and why the rest stays
  dataforge free --bytes 2GB --go     # what is needed least, until 2 GB are free";

/// Frees data that others prove to hold; only says what would go, unless --go is given.
#[derive(Debug, Args)]
#[command(after_help = DETAILS)]
pub(crate) struct Free {
    /// A well, run, project, attachment or the start of a blob's hash; . or left out for the workspace
    #[arg(required_unless_present = "bytes")]
    target: Option<String>,
    /// Free so much and no more: bytes, or e.g. 500MB or 2GB (decimal)
    #[arg(long, value_name = "SIZE", value_parser = wanted)]
    bytes: Option<u64>,
    /// A stick on which drive sync put data: read and hashed now, it counts as one copy
    #[arg(long, value_name = "DIR")]
    drive: Option<PathBuf>,
    /// Do it
    #[arg(long)]
    go: bool,
}

impl Free {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self { target, bytes, drive, go } = self;
        let drive = drive.as_deref().map(absolute).transpose()?;
        let ask = DataRequest::Free { target, bytes, go, drive };
        let reply = context.call(Request::Data { workspace: context.workspace.clone(), ask }).await?;
        context.show(&reply)?;
        if let (Reply::Freed(freed), Some(wanted)) = (&reply, bytes)
            && let Some(remark) = shortfall(freed, wanted)
        {
            context.note(&remark);
        }
        Ok(())
    }
}

fn wanted(text: &str) -> Result<u64, String> {
    size::parse(text).and_then(|size| if size == 0 { Err("that frees nothing".to_owned()) } else { Ok(size) })
}

/// Says that less goes than was asked for; nothing when enough does.
fn shortfall(freed: &FreedReply, wanted: u64) -> Option<String> {
    (freed.bytes < wanted).then(|| {
        let goes = if freed.done { "went" } else { "would go" };
        format!("less {goes} than the {} asked for: there is no more that may", bytes(wanted))
    })
}

impl Human for FreedReply {
    fn human(&self) -> String {
        let what = match (self.blobs, self.bytes) {
            (0, 0) if self.kept.is_empty() => "nothing: none of it is held here".to_owned(),
            (0, 0) => "nothing".to_owned(),
            (0, size) => format!("parts of blobs, {}", bytes(size)),
            (blobs, size) => format!("{}, {}", plural(blobs, "blob"), bytes(size)),
        };
        let verb = if self.done { "freed" } else { "would go" };
        let mut lines = vec![format!("{verb:<8}  {what}")];
        lines.extend(self.kept.iter().map(|kept| {
            format!("stays     {}, {}: {}", plural(kept.blobs, "blob"), bytes(kept.bytes), clean(&kept.reason))
        }));
        if !self.done && self.bytes > 0 {
            lines.push("\nNothing was freed yet: add --go to do it.".to_owned());
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use dataforge_node::api::KeptInfo;

    use super::*;
    use crate::args::Cli;

    fn reply(done: bool, blobs: u64, bytes: u64) -> FreedReply {
        let kept = KeptInfo { reason: "it is pinned".into(), blobs: 2, bytes: 1200 };
        FreedReply { done, blobs, bytes, kept: vec![kept] }
    }

    #[test]
    fn a_look_says_what_would_go_why_the_rest_stays_and_how_to_do_it() {
        let expected = "\
would go  12 blobs, 4.5 MB
stays     2 blobs, 1.2 kB: it is pinned

Nothing was freed yet: add --go to do it.";
        assert_eq!(reply(false, 12, 4_500_000).human(), expected);
        assert_eq!(reply(false, 0, 0).human(), "would go  nothing\nstays     2 blobs, 1.2 kB: it is pinned");
    }

    #[test]
    fn what_was_done_is_said_as_done() {
        assert_eq!(reply(true, 1, 5000).human(), "freed     1 blob, 5.0 kB\nstays     2 blobs, 1.2 kB: it is pinned");
        assert!(reply(true, 0, 700).human().starts_with("freed     parts of blobs, 700 B\n"));
        assert!(reply(true, 0, 0).human().starts_with("freed     nothing\n"));
        let none = FreedReply { kept: Vec::new(), ..reply(false, 0, 0) };
        assert_eq!(none.human(), "would go  nothing: none of it is held here");
    }

    #[test]
    fn less_than_asked_for_is_told() {
        let said = shortfall(&reply(true, 1, 5000), 2_000_000_000).unwrap();
        assert_eq!(said, "less went than the 2.0 GB asked for: there is no more that may");
        assert_eq!(shortfall(&reply(true, 1, 5000), 5000), None);
    }

    #[test]
    fn something_is_to_be_named_and_sizes_are_checked_first() {
        assert!(Cli::try_parse_from(["dataforge", "free"]).is_err());
        assert!(Cli::try_parse_from(["dataforge", "free", "--bytes", "2GB"]).is_ok());
        let said = Cli::try_parse_from(["dataforge", "free", "--bytes", "2GiB"]).unwrap_err().to_string();
        assert!(said.contains("decimal"), "{said}");
        assert!(Cli::try_parse_from(["dataforge", "free", "--bytes", "0 MB"]).is_err());
    }
}
