//! `dataforge verify`.

use clap::Args;
use dataforge_node::api::{ErrorKind, Reply, Request, VerifyReport};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, bytes, clean, plural};

/// Hashes every blob again and checks every chain. Ends with 9 when something is wrong.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Fetch what is damaged from peers now
    #[arg(long)]
    repair: bool,
}

impl Verify {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let reply = context.call(Request::Verify { repair: self.repair }).await?;
        context.show(&reply)?;
        match reply {
            Reply::Verify(report) if !report.problems.is_empty() => {
                context.note(&format!("error: {} found, see above", plural(report.problems.len() as u64, "problem")));
                Err(Failure::Reported(ErrorKind::Damaged))
            }
            _ => Ok(()),
        }
    }
}

impl Human for VerifyReport {
    fn human(&self) -> String {
        let mut lines = vec![format!(
            "checked {} ({}) and {}",
            plural(self.blobs, "blob"),
            bytes(self.bytes),
            plural(self.entries, "entry")
        )];
        lines.extend(self.repaired.iter().map(|repaired| format!("repaired  {}", clean(repaired))));
        if self.problems.is_empty() {
            lines.push("all is well".to_owned());
        }
        lines.extend(self.problems.iter().map(|problem| format!("problem  {}", clean(problem))));
        lines.join("\n")
    }
}
