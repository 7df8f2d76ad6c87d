//! The sync log: who connected, what moved, why it ended.

use std::collections::BTreeMap;

use dataforge_protocol::id::DeviceId;

use super::since::since;
use crate::api::{ApiError, ErrorKind, ExchangeInfo, Reply};
use crate::clock::{now_ms, rfc3339};
use crate::core::Core;
use crate::node::Node;
use crate::requests::people::People;
use crate::store::{Exchange, ExchangeFilter};

/// Hex digits from which on a name may be the start of an id.
const MIN_PREFIX: usize = 4;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    /// Workspace.
    pub(super) workspace: Option<String>,
    /// Person or device.
    pub(super) peer: Option<String>,
    /// Time.
    pub(super) since: Option<String>,
    /// At most so many.
    pub(super) limit: u32,
}

pub(super) async fn list(node: &Node, asked: Asked) -> Result<Reply, ApiError> {
    let now = now_ms();
    let exchanges = node.with_core(move |core| read(core, asked, now)).await?;
    Ok(Reply::Exchanges { exchanges })
}

fn read(core: &mut Core, asked: Asked, now_ms: u64) -> Result<Vec<ExchangeInfo>, ApiError> {
    let since_ms = asked.since.map(|text| since(&text, now_ms)).transpose()?.unwrap_or(0);
    let workspace = asked.workspace.map(|name| core.find_workspace(Some(&name))).transpose()?;
    let devices = known(core)?;
    let wanted = asked.peer.map(|peer| find(&devices, &peer)).transpose()?;
    let filter = ExchangeFilter { workspace, devices: wanted, since_ms, limit: asked.limit };
    let found = core.store.exchanges(&filter)?;
    let names: BTreeMap<_, _> = core.store.workspaces()?.into_iter().collect();
    let info = |one: Exchange| ExchangeInfo {
        device_id: one.device.to_string(),
        device: devices.get(&one.device).map_or_else(|| one.device.fmt_short(), |(_, _, name)| name.clone()),
        workspace_id: one.workspace.to_string(),
        workspace: names.get(&one.workspace).cloned().unwrap_or_else(|| one.workspace.fmt_short()),
        direction: if one.is_out { "out" } else { "in" }.into(),
        path: one.path,
        begun: rfc3339(one.begun_ms),
        ended: one.ended_ms.map(rfc3339),
        seconds: one.ended_ms.unwrap_or(now_ms).saturating_sub(one.begun_ms) as f64 / 1000.0,
        entries_in: one.moved.entries_in,
        entries_out: one.moved.entries_out,
        blobs_in: one.moved.blobs_in,
        blobs_out: one.moved.blobs_out,
        bytes_in: one.moved.bytes_in,
        bytes_out: one.moved.bytes_out,
        reason: one.reason,
    };
    Ok(found.into_iter().map(info).collect())
}

/// Devices of members and of those who were: their person, label, and what they are called.
type Known = BTreeMap<DeviceId, (String, String, String)>;

fn known(core: &mut Core) -> Result<Known, ApiError> {
    let mut devices = Known::new();
    for id in core.workspace_ids() {
        let people = People::of(core, &id)?;
        for person in people.all().values() {
            let of = person.devices.iter();
            devices.extend(of.map(|(device, known)| {
                (*device, (person.name.clone(), known.label.clone(), people.device(device)))
            }));
        }
    }
    Ok(devices)
}

/// Finds devices by person, label, `PERSON (LABEL)`, `PERSON/LABEL` or the start of an id.
fn find(devices: &Known, text: &str) -> Result<Vec<DeviceId>, ApiError> {
    let text = text.trim();
    let is_start = |device: &DeviceId| {
        text.len() >= MIN_PREFIX && device.to_string().starts_with(&text.to_ascii_lowercase())
    };
    let is_meant = |device: &DeviceId, (person, label, name): &(String, String, String)| {
        [person, label, name].iter().any(|one| one.eq_ignore_ascii_case(text))
            || format!("{person}/{label}").eq_ignore_ascii_case(text)
            || is_start(device)
    };
    let found: Vec<_> = devices.iter().filter(|(id, names)| is_meant(id, names)).map(|(id, _)| *id).collect();
    if found.is_empty() {
        let list: Vec<_> = devices.values().map(|(_, _, name)| name.as_str()).collect();
        return Err(ApiError::new(ErrorKind::NotFound, format!("there is no person or device {text:?}"))
            .hint(format!("there are: {}", list.join(", "))));
    }
    Ok(found)
}
