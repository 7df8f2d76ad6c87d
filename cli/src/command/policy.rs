//! `dataforge policy`.

use clap::{Args, ValueEnum};
use dataforge_node::api::{DataRequest, PolicyReply, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean};

/// Says how much of the workspace's data is held here, or changes it.
#[derive(Debug, Args)]
#[command(after_help = "It is this device's alone. What is held beyond it is cache: docs/data.md.")]
pub(crate) struct Policy {
    /// The policy from now on; only told when left out
    #[arg(value_enum)]
    policy: Option<Choice>,
}

/// A policy, or none of its own.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Choice {
    /// Hold everything
    Mirror,
    /// Hold what is pinned or starred
    Follow,
    /// Hold what is pinned; the rest comes when it is read or fetched
    Demand,
    /// As the setting cache.policy says
    Default,
}

impl Policy {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let set = self.policy.map(|policy| {
            let word = match policy {
                Choice::Mirror => "mirror",
                Choice::Follow => "follow",
                Choice::Demand => "demand",
                Choice::Default => "default",
            };
            word.to_owned()
        });
        let ask = DataRequest::Policy { set };
        context.ask(Request::Data { workspace: context.workspace.clone(), ask }).await
    }
}

impl Human for PolicyReply {
    fn human(&self) -> String {
        let meaning = match self.policy.as_str() {
            "mirror" => ": everything is held here",
            "follow" => ": what is pinned or starred is held here",
            "demand" => ": what is pinned is held here, the rest comes when it is read or fetched",
            _ => "",
        };
        let whose = if self.own { "chosen for this workspace" } else { "by the setting cache.policy" };
        format!("{}, {whose}{meaning}", clean(&self.policy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_says_what_it_means_and_whose_it_is() {
        let told = |policy: &str, own| PolicyReply { policy: policy.into(), own }.human();
        assert_eq!(told("mirror", false), "mirror, by the setting cache.policy: everything is held here");
        assert_eq!(told("follow", true), "follow, chosen for this workspace: what is pinned or starred is held here");
        assert_eq!(told("later", true), "later, chosen for this workspace");
    }
}
