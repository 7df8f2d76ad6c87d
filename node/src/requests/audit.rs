//! Who fetched what from this node.

use dataforge_protocol::id::WorkspaceId;

use super::people::{People, find_person};
use crate::api::{AccessInfo, ApiError, Reply};
use crate::clock::rfc3339;
use crate::core::Core;
use crate::node::Node;

/// What requests that were refused are listed as.
const REFUSED: &str = "requests that were refused";

pub(super) async fn audit(
    node: &Node,
    workspace: WorkspaceId,
    member: Option<String>,
    limit: u32,
) -> Result<Reply, ApiError> {
    node.write_accesses().await?;
    let accesses = node.with_core(move |core| list(core, workspace, member.as_deref(), limit)).await?;
    Ok(Reply::Accesses { accesses })
}

fn list(
    core: &mut Core,
    workspace: WorkspaceId,
    member: Option<&str>,
    limit: u32,
) -> Result<Vec<AccessInfo>, ApiError> {
    let people = People::of(core, &workspace)?;
    let person = member.map(|member| find_person(&people, member)).transpose()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut accesses = Vec::new();
    core.store.each_access(&workspace, |accessed| {
        let (device, hash) = accessed.key;
        let is_theirs = |person| people.all().get(person).is_some_and(|person| person.devices.contains_key(&device));
        if person.as_ref().is_none_or(is_theirs) {
            accesses.push(AccessInfo {
                device_id: device.to_string(),
                device: people.device(&device),
                hash: hash.map(|hash| hash.to_string()),
                what: match hash {
                    Some(hash) => accessed.what.unwrap_or_else(|| format!("blob {}", hash.fmt_short())),
                    None => REFUSED.to_owned(),
                },
                requests: accessed.access.requests,
                bytes: accessed.access.bytes,
                first: rfc3339(accessed.access.first_ms),
                last: rfc3339(accessed.access.last_ms),
            });
        }
        accesses.len() < limit
    })?;
    Ok(accesses)
}
