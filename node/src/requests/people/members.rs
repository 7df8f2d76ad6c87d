//! Listing members, and what an act would concern.

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use dataforge_protocol::ledger::DeviceState;
use dataforge_protocol::limits::MAX_NAME_CHARS;
use dataforge_protocol::op::Role;
use dataforge_protocol::ticket::fingerprint;

use super::devices::reports;
use super::names::People;
use crate::api::{ApiError, ConcernedReply, DeviceInfo, MemberInfo, Reply, UnawareInfo};
use crate::clock::now_ms;
use crate::core::Core;
use crate::node::Node;

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

pub(in crate::requests) async fn members(node: &Node, workspace: WorkspaceId) -> Result<Reply, ApiError> {
    node.with_core(move |core| {
        let members = list(core, workspace)?;
        Ok(Reply::Members { members, unaware: unaware(core, &workspace)? })
    })
    .await
}

fn list(core: &mut Core, workspace: WorkspaceId) -> Result<Vec<MemberInfo>, ApiError> {
    let own = core.device();
    let view = core.ledger(&workspace)?.members();
    let is_own = |device: &DeviceId| Some(*device) == own;
    let mut members: Vec<_> = view
        .members
        .iter()
        .map(|(id, member)| {
            let info = MemberInfo {
                person_id: id.to_string(),
                name: member.name.chars().take(MAX_NAME_CHARS).collect(),
                role: member.role.to_string(),
                fingerprint: fingerprint(id),
                this_person: member.devices.keys().any(is_own),
                devices: member
                    .devices
                    .iter()
                    .map(|(device, label)| DeviceInfo {
                        device_id: device.to_string(),
                        label: label.clone(),
                        this_device: is_own(device),
                    })
                    .collect(),
            };
            (member.role, info)
        })
        .collect();
    members.sort_by(|(a_role, a), (b_role, b)| {
        b_role.cmp(a_role).then_with(|| a.name.cmp(&b.name)).then_with(|| a.person_id.cmp(&b.person_id))
    });
    Ok(members.into_iter().map(|(_, info)| info).collect())
}

/// Says which devices wrote nothing yet that knows of a restriction in force. This one knows.
fn unaware(core: &mut Core, workspace: &WorkspaceId) -> Result<Vec<UnawareInfo>, ApiError> {
    let people = People::of(core, workspace)?;
    let (ledger, store) = core.ledger_and_store(workspace)?;
    let mut unaware = Vec::new();
    for (op, devices) in ledger.unacknowledged() {
        let received = store.entry_times(&op)?.map_or(0, |(_, received)| received);
        for device in devices.iter().filter(|device| !people.is_own_device(device)) {
            unaware.push(UnawareInfo {
                op: people.op_info(ledger, store, &op)?,
                device_id: device.to_string(),
                device: people.device(device),
                days: now_ms().saturating_sub(received) / DAY_MS,
            });
        }
    }
    Ok(unaware)
}

pub(super) async fn concerned(
    node: &Node,
    workspace: WorkspaceId,
    member: Option<String>,
    device: Option<String>,
) -> Result<Reply, ApiError> {
    let reply = node.with_core(move |core| {
        let people = People::of(core, &workspace)?;
        let (id, only) = match (&member, &device) {
            (_, Some(device)) => people.find_device(device, true).map(|(person, device)| (person, Some(device)))?,
            (Some(member), None) => (people.find(member, true)?, None),
            (None, None) => (people.me()?.0, None),
        };
        let mut devices = reports(core, &workspace, &people, Some(id))?;
        devices.retain(|of| match only {
            Some(only) => of.device_id == only.to_string(),
            None => of.state == state_word(DeviceState::Live),
        });
        let theirs = devices.iter().filter_map(|device| device.device_id.parse().ok()).collect();
        let only_theirs = crate::holdings::only_with(core, &workspace, &theirs)?;
        let known = people.get(&id);
        Ok(ConcernedReply {
            only_theirs,
            person_id: id.to_string(),
            name: people.name(&id),
            role: known.and_then(|known| known.role).map_or("none", Role::as_str).to_owned(),
            fingerprint: fingerprint(&id),
            this_person: people.own() == Some(id),
            devices,
        })
    });
    Ok(Reply::Concerned(reply.await?))
}

pub(super) const fn state_word(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Live => "live",
        DeviceState::Revoked => "revoked",
        DeviceState::Ended => "ended",
    }
}
