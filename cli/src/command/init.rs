//! `dataforge init`.

use clap::Args;
use dataforge_node::api::{InitReply, Request};

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
    #[command(flatten)]
    shown: Shown,
}

impl Init {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let sheet = self.shown.begin(context)?;
        let request = Request::Init { name: self.workspace_name, person: self.name, device: self.device };
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
        if let Some(words) = &self.recovery_words {
            text = format!("{text}\n\n{}", recovery(words));
        }
        text.push_str("\n\nNext: dataforge import PATH, or dataforge invite while dataforge up runs.");
        text
    }
}
