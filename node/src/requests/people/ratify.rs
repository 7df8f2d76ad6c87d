//! Ratifying: letting ops count that a restriction of their author made void.

use dataforge_protocol::id::WorkspaceId;
use dataforge_protocol::ledger::Outcome;
use dataforge_protocol::limits::MAX_RATIFIED;
use dataforge_protocol::op::{Op, Ratify, Role};

use super::names::{People, find_entry};
use super::tell::why_void;
use super::{not_allowed, usage};
use crate::api::{ApiError, Reply};
use crate::node::Node;

pub(super) async fn ratify(node: &Node, workspace: WorkspaceId, ops: Vec<String>) -> Result<Reply, ApiError> {
    super::write(node, workspace, move |core| {
        let people = People::of(core, &workspace)?;
        let role = people.me()?.1.role.unwrap_or(Role::Viewer);
        if role < Role::Admin {
            return Err(not_allowed(
                format!("ratifying needs the role of an admin; you are {role}"),
                "dataforge members shows who is admin or owner: ask one of them",
            ));
        }
        let ledger = core.ledger(&workspace)?;
        let mut found = ops.iter().map(|op| find_entry(ledger, op)).collect::<Result<Vec<_>, _>>()?;
        found.sort_unstable();
        found.dedup();
        if found.is_empty() || found.len() > MAX_RATIFIED {
            return Err(usage(format!("{} ops at once", found.len()), format!("name 1 to {MAX_RATIFIED}")));
        }
        for id in &found {
            let Some(op) = ledger.op(id) else {
                return Err(usage(
                    format!("{} is no membership op", id.fmt_short()),
                    "dataforge log --void lists void ones",
                ));
            };
            if ledger.outcome(id) != Some(Outcome::Excluded) {
                return Err(usage(
                    format!("{} counts already", id.fmt_short()),
                    "dataforge log --void lists void ones",
                ));
            }
            let rank = ledger.rank_of(id).unwrap_or(u8::MAX);
            let reaches = role.rank() > rank || (role.rank() == rank && matches!(op, Op::Admit(_)));
            if !reaches {
                return Err(not_allowed(
                    format!("{} was written by somebody as high as you", id.fmt_short()),
                    "ask an owner; nobody can ratify what an owner wrote",
                ));
            }
        }
        let (entry, progress) =
            core.write(&workspace, &[], |writer| writer.op(&Op::Ratify(Ratify { ops: found.clone() })))?;
        let ledger = core.ledger(&workspace)?;
        let told = |id| {
            let said = ledger.op(id).map(|op| people.told(op)).unwrap_or_default();
            match ledger.outcome(id) {
                Some(Outcome::Excluded) => format!("{said}: still void, {}", why_void(&people, ledger, id)),
                _ => format!("{said}: counts now"),
            }
        };
        let message = found.iter().map(told).collect::<Vec<_>>().join("; ");
        Ok((crate::api::WroteReply { entry: entry.to_string(), message }, progress))
    })
    .await
}
