//! Transfers: what comes, from whom, and what does not.

use std::collections::BTreeMap;
use std::time::Instant;

use dataforge_protocol::id::WorkspaceId;

use super::{blobs, target};
use crate::api::{ApiError, ErrorKind, Reply, TransferInfo, TransfersReply};
use crate::clock::now_ms;
use crate::node::Node;
use crate::store::{Paused, Scope};

pub(super) async fn list(node: &Node, workspace: WorkspaceId, limit: u32) -> Result<Reply, ApiError> {
    node.list_wanted(&workspace).await?;
    let mut standings = node.transfers().standings(Instant::now(), now_ms());
    standings.retain(|standing| standing.workspace == workspace);
    // What happens first is told first.
    standings.sort_by_key(|standing| standing.state);
    let total = standings.len() as u64;
    let missing_bytes = standings.iter().map(|standing| standing.missing).sum();
    standings.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let hashes: Vec<_> = standings.iter().map(|standing| standing.blob.hash).collect();
    let (names, paused) = node
        .with_core(move |core| {
            let mut names = BTreeMap::new();
            for hash in hashes {
                let named = core.store.blobs_of(&workspace, &Scope::Blob(hash))?;
                names.extend(named.into_iter().next().map(|one| (hash, format!("{} {}", one.form, one.name))));
            }
            let paused = core.store.pauses()?.into_iter().filter_map(|paused| match paused {
                Paused::Workspace(id) if id == workspace => Some("all of this workspace".to_owned()),
                Paused::Device(device) => Some(format!("what {} has", device.fmt_short())),
                _ => None,
            });
            Ok((names, paused.collect()))
        })
        .await?;
    let mut transfers = Vec::new();
    for standing in standings {
        let mut from = Vec::new();
        for device in standing.from {
            from.push(node.peer_name(workspace, device).await);
        }
        transfers.push(TransferInfo {
            hash: standing.blob.hash.to_string(),
            what: names.get(&standing.blob.hash).cloned().unwrap_or_default(),
            bytes: standing.blob.size,
            missing_bytes: standing.missing,
            state: standing.state.as_str().into(),
            priority: standing.priority,
            from,
            attempts: standing.attempts,
            last_error: standing.last_error,
        });
    }
    Ok(Reply::Transfers(TransfersReply { transfers, total, missing_bytes, paused }))
}

pub(super) async fn pause(node: &Node, workspace: WorkspaceId, text: String, on: bool) -> Result<Reply, ApiError> {
    let (paused, name) = node
        .with_core(move |core| {
            if let Some(start) = text.strip_prefix('@') {
                let members = core.ledger(&workspace)?.members();
                let found: Vec<_> =
                    members.devices.keys().filter(|device| device.to_string().starts_with(start)).copied().collect();
                return match found.as_slice() {
                    [device] => Ok((vec![Paused::Device(*device)], format!("what {} has", device.fmt_short()))),
                    [] => Err(ApiError::new(ErrorKind::NotFound, format!("no member's device begins with {start:?}"))
                        .hint("dataforge devices lists them")),
                    _ => Err(ApiError::new(ErrorKind::Usage, format!("several devices begin with {start:?}"))),
                };
            }
            let target = target(core, &workspace, &text)?;
            if target.scope == Scope::Workspace {
                return Ok((vec![Paused::Workspace(workspace)], target.name));
            }
            let all = blobs(core, &workspace, &target)?;
            Ok((all.into_iter().map(|one| Paused::Blob(one.blob.hash)).collect(), target.name))
        })
        .await?;
    let stored = paused.clone();
    node.with_core(move |core| {
        core.store.transaction(|store| stored.iter().try_for_each(|what| store.pause(what, on).map(|_| ())))
    })
    .await?;
    for what in paused {
        node.transfers().pause(what, on);
    }
    let message =
        if on { format!("{name} is not fetched until transfers resume") } else { format!("{name} is fetched again") };
    Ok(Reply::Done { message })
}
