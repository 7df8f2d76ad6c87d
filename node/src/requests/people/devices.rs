//! Devices: what is known of each.

use std::collections::BTreeMap;

use dataforge_protocol::id::{DeviceId, PersonId, WorkspaceId};

use super::members::state_word;
use super::names::People;
use crate::api::{ApiError, DeviceReport, Reply};
use crate::clock::rfc3339;
use crate::core::Core;
use crate::node::Node;

pub(super) async fn list(node: &Node, workspace: WorkspaceId, member: Option<String>) -> Result<Reply, ApiError> {
    let devices = node.with_core(move |core| {
        let people = People::of(core, &workspace)?;
        let person = member.map(|member| people.find(&member, false)).transpose()?;
        reports(core, &workspace, &people, person)
    });
    Ok(Reply::Devices { devices: devices.await? })
}

/// Describes devices, of one person or all, by person and label.
///
/// # Errors
/// `Storage`, `NotFound` when the workspace is not here.
pub(crate) fn reports(
    core: &mut Core,
    workspace: &WorkspaceId,
    people: &People,
    of: Option<PersonId>,
) -> Result<Vec<DeviceReport>, ApiError> {
    let counts = core.store.device_counts(workspace)?;
    let contacts: BTreeMap<DeviceId, u64> =
        core.store.peers()?.into_iter().filter_map(|peer| Some((peer.device, peer.last_seen_ms?))).collect();
    let mut reports = Vec::new();
    for (id, known) in people.all().iter().filter(|(id, _)| of.is_none_or(|of| of == **id)) {
        for (device, of) in &known.devices {
            let count = counts.get(device).copied().unwrap_or_default();
            let since = core.store.entry_times(&of.certified_by)?.map_or(0, |(claimed, _)| claimed);
            reports.push(DeviceReport {
                device_id: device.to_string(),
                label: of.label.clone(),
                person_id: id.to_string(),
                person: people.name(id),
                this_device: people.is_own_device(device),
                state: state_word(of.state).to_owned(),
                since: rfc3339(since),
                entries: count.counted,
                set_aside: count.aside,
                last_entry: count.last_claimed_ms.map(rfc3339),
                last_contact: contacts.get(device).copied().map(rfc3339),
            });
        }
    }
    reports.sort_by(|a, b| (&a.person, &a.label, &a.device_id).cmp(&(&b.person, &b.label, &b.device_id)));
    Ok(reports)
}
