//! `dataforge pin`, `dataforge star` and `dataforge pins`.

use clap::Args;
use dataforge_node::api::{DataRequest, MarkInfo, Request};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes};

const PINNED: &str = "It is fetched whatever the policy, and never freed. Only this device knows of it.";
const STARRED: &str = "\
It is fetched where the policy is follow, and goes late when room is needed. Only this
device knows of it.";

/// Keeps the data of something here always.
#[derive(Debug, Args)]
#[command(after_help = PINNED)]
pub(crate) struct Pin {
    /// A well, run, project or attachment; . for the workspace
    target: String,
    /// Take the pin off: it may go when room is needed
    #[arg(long)]
    off: bool,
}

impl Pin {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = DataRequest::Pin { target: self.target, on: !self.off };
        context.ask(Request::Data { workspace: context.workspace.clone(), ask }).await
    }
}

/// Makes something a favourite.
#[derive(Debug, Args)]
#[command(after_help = STARRED)]
pub(crate) struct Star {
    /// A well, run, project or attachment; . for the workspace
    target: String,
    /// Take the star off
    #[arg(long)]
    off: bool,
}

impl Star {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = DataRequest::Star { target: self.target, on: !self.off };
        context.ask(Request::Data { workspace: context.workspace.clone(), ask }).await
    }
}

/// Lists what is pinned or starred here.
#[derive(Debug, Args)]
pub(crate) struct Pins {}

impl Pins {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = DataRequest::Marks;
        context.ask(Request::Data { workspace: context.workspace.clone(), ask }).await
    }
}

impl Human for Vec<MarkInfo> {
    fn human(&self) -> String {
        let columns = [("mark", Align::Left), ("what", Align::Left), ("size", Align::Right), ("id", Align::Left)];
        let mut table = Table::new(&columns);
        for mark in self {
            table.row([&mark.mark, &mark.target, &bytes(mark.bytes), short(&mark.id)]);
        }
        table.or("nothing is pinned or starred: dataforge pin TARGET keeps something here")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_listed_with_what_they_keep() {
        let mark = |mark: &str, target: &str| MarkInfo {
            mark: mark.into(),
            target: target.into(),
            id: "0123456789abcdef".into(),
            bytes: 4_500_000,
        };
        let expected = "\
MARK  WHAT          SIZE  ID
pin   well North  4.5 MB  0123456789
star  run 3       4.5 MB  0123456789";
        assert_eq!(vec![mark("pin", "well North"), mark("star", "run 3")].human(), expected);
        assert!(Vec::<MarkInfo>::new().human().starts_with("nothing is pinned"));
    }
}
