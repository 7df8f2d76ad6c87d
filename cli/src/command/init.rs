//! `dataforge init`.

use std::path::PathBuf;

use clap::Args;
use dataforge_node::api::{FoundingRequest, InitReply, Request};

use super::identity::{listed, read_handed, recovery_by};
use super::recovery::{Shown, recovery};
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean};

/// Makes a workspace, and this device's identity the first time.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Name of the workspace
    #[arg(value_name = "WORKSPACE")]
    workspace_name: String,
    /// Your display name; by default the login name
    #[arg(long, alias = "person", value_name = "NAME")]
    name: Option<String>,
    /// Label of this device; by default the host name
    #[arg(long, value_name = "LABEL")]
    device: Option<String>,
    /// Another owner from the start, by the file of their dataforge identity export; may be repeated
    #[arg(long = "owner", value_name = "FILE")]
    owners: Vec<PathBuf>,
    /// So many of the owners together may recover the workspace
    #[arg(long, value_name = "COUNT", default_value_t = 0, requires = "owners")]
    quorum: u8,
    /// Your recovery words alone may not recover it, only the quorum
    #[arg(long, requires = "quorum")]
    only_quorum: bool,
    #[command(flatten)]
    shown: Shown,
}

impl Init {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let owners = self.owners.iter().map(|path| read_handed(path)).collect::<Result<Vec<_>, _>>()?;
        let sheet = self.shown.begin(context)?;
        let (name, person, device) = (self.workspace_name, self.name, self.device);
        let request = if owners.is_empty() {
            Request::Init { name, person, device }
        } else {
            let (quorum, only_quorum) = (self.quorum, self.only_quorum);
            Request::Founding { ask: FoundingRequest::Workspace { name, person, device, owners, quorum, only_quorum } }
        };
        let reply = context.call(request).await?;
        sheet.show(context, &reply)
    }
}

impl Human for InitReply {
    fn human(&self) -> String {
        let mut text = format!(
            "workspace   {}\nyou         {} ({})\nyour words  {}\nid          {}",
            clean(&self.workspace.name),
            clean(&self.person),
            self.workspace.role,
            self.fingerprint,
            self.workspace.id,
        );
        if self.recoverers.owners.len() > 1 {
            text.push_str(&format!("\nowners      {}", listed(&self.recoverers.owners)));
            text.push_str(&format!("\nrecovery    {}", recovery_by(&self.recoverers)));
        }
        if let Some(words) = &self.recovery_words {
            text = format!("{text}\n\n{}", recovery(words));
        }
        if self.recoverers.owners.len() > 1 {
            text.push_str(
                "\n\nCompare the four words of each owner by voice. Each gets the workspace with dataforge join and any \
                 ticket of dataforge invite: they are owners already, and no use of it is counted.",
            );
        }
        text.push_str("\n\nNext: dataforge import PATH, or dataforge invite while dataforge up runs.");
        text
    }
}
