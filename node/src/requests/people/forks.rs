//! Devices that signed two entries for one position.

use dataforge_protocol::id::WorkspaceId;

use super::names::People;
use crate::api::{ApiError, BranchInfo, ForkInfo, Reply};
use crate::core::Core;
use crate::node::Node;
use crate::requests::log::Teller;

pub(super) async fn list(node: &Node, workspace: WorkspaceId) -> Result<Reply, ApiError> {
    Ok(Reply::Forks { forks: node.with_core(move |core| forks(core, workspace)).await? })
}

fn forks(core: &mut Core, workspace: WorkspaceId) -> Result<Vec<ForkInfo>, ApiError> {
    let people = People::of(core, &workspace)?;
    let (ledger, store) = core.ledger_and_store(&workspace)?;
    let teller = Teller { people: &people, ledger, store, workspace };
    let mut forks = Vec::new();
    for fork in teller.ledger.forks() {
        let mut branches = Vec::new();
        for branch in &fork.branches {
            let Some(told) = teller.entry(&branch.entry)? else { continue };
            branches.push(BranchInfo {
                entry: told.id,
                summary: told.summary,
                claimed: told.claimed,
                received: told.received,
                entries: branch.entries,
                counted: branch.counted,
                builders: branch.builders.iter().map(|person| people.name(person)).collect(),
                stays: branch.counted > 0,
            });
        }
        forks.push(ForkInfo {
            device_id: fork.device.to_string(),
            device: people.device(&fork.device),
            this_device: people.is_own_device(&fork.device),
            seq: fork.seq,
            branches,
        });
    }
    Ok(forks)
}
