//! Rows of blobs, of who holds them, and of devices.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::holding::Holding;
use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};

use super::cells::{Cell, Columns, count, flag, text, time, written_time};
use crate::api::ApiError;
use crate::core::{Core, device_name};
use crate::holdings;
use crate::index::SHORT;
use crate::requests::{People, device_reports};
use crate::store::DocumentBlob;

/// What a blob of an attachment is called.
const FILE: &str = "file";

/// Returns the short id of the run that a blob is of.
fn run_of(blob: &DocumentBlob) -> Cell {
    if blob.form == FILE { Cell::Null } else { Cell::Text(blob.doc.to_string().chars().take(SHORT).collect()) }
}

fn copies(holders: &BTreeMap<BlobHash, BTreeSet<DeviceId>>, hash: &BlobHash) -> Cell {
    count(holders.get(hash).map_or(0, |devices| devices.len() as u64))
}

/// Returns the rows of blobs, in the order of the schema's columns.
pub(super) fn blobs(core: &mut Core, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let holders = holdings::all_holders(core, &workspace)?;
    let held: BTreeSet<_> = core.store.held_of(&workspace)?.into_iter().map(|blob| blob.hash).collect();
    // Parts that came for another workspace are no parts of this one's.
    let begun = core.store.begun()?;
    let parts = core.store.partials()?.into_iter().filter(|(hash, _)| begun.get(hash) == Some(&workspace));
    let parts: BTreeMap<_, _> = parts.collect();
    let mut columns = Columns::<12>::new();
    for one in core.store.blobs_with_documents(&workspace)? {
        let hash = &one.blob.hash;
        columns.row([
            text(&hash.to_string()),
            count(one.blob.size),
            text(&one.form),
            text(&one.doc.to_string()),
            run_of(&one),
            text(&one.name),
            one.well.map(|well| well.to_string()).into(),
            one.well_name.clone().into(),
            flag(one.deleted),
            flag(held.contains(hash)),
            parts.get(hash).map_or(Cell::Null, |bytes| count(*bytes)),
            copies(&holders, hash),
        ]);
    }
    Ok(columns.into_columns())
}

fn statements(core: &mut Core, workspace: &WorkspaceId) -> Result<BTreeMap<DeviceId, Holding>, ApiError> {
    Ok(holdings::all(core, workspace)?.into_iter().map(|(holding, _)| (holding.device, holding)).collect())
}

/// Returns when a device said what it holds, and when it last hashed all of it; of this one the former
/// has no meaning, because the have-table knows.
fn said(
    device: &DeviceId,
    own: Option<DeviceId>,
    verified_here: u64,
    statements: &BTreeMap<DeviceId, Holding>,
) -> (Cell, Cell) {
    if Some(*device) == own {
        return (Cell::Null, time(verified_here));
    }
    statements
        .get(device)
        .map_or((Cell::Null, Cell::Null), |holding| (time(holding.said_ms), time(holding.verified_ms)))
}

/// Returns the rows of holdings, by device and blob, in the order of the schema's columns.
pub(super) fn held(core: &mut Core, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let own = core.device();
    let holders = holdings::all_holders(core, &workspace)?;
    let statements = statements(core, &workspace)?;
    let verified_here = core.store.last_time(crate::chores::VERIFIED)?.unwrap_or(0);
    let blobs = core.store.blobs_with_documents(&workspace)?;
    let members = core.ledger(&workspace)?.members();
    let devices: BTreeSet<_> = holders.values().flatten().copied().collect();
    let mut columns = Columns::<11>::new();
    for device in &devices {
        let (id, name) = (text(&device.to_string()), text(&device_name(&members, device)));
        let (said_at, verified_at) = said(device, own, verified_here, &statements);
        let its = blobs.iter().filter(|one| holders.get(&one.blob.hash).is_some_and(|all| all.contains(device)));
        for one in its {
            columns.row([
                id.clone(),
                name.clone(),
                flag(Some(*device) == own),
                text(&one.blob.hash.to_string()),
                count(one.blob.size),
                text(&one.form),
                text(&one.doc.to_string()),
                run_of(one),
                copies(&holders, &one.blob.hash),
                said_at.clone(),
                verified_at.clone(),
            ]);
        }
    }
    Ok(columns.into_columns())
}

/// Returns the rows of devices, in the order of the schema's columns.
pub(super) fn devices(core: &mut Core, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let own = core.device();
    let people = People::of(core, &workspace)?;
    let statements = statements(core, &workspace)?;
    let verified_here = core.store.last_time(crate::chores::VERIFIED)?.unwrap_or(0);
    let mut columns = Columns::<12>::new();
    for report in device_reports(core, &workspace, &people, None)? {
        let (said_at, verified_at) = match report.device_id.parse() {
            Ok(device) => said(&device, own, verified_here, &statements),
            Err(_) => (Cell::Null, Cell::Null),
        };
        let at = |text: &Option<String>| text.as_deref().map_or(Cell::Null, written_time);
        columns.row([
            text(&report.device_id),
            text(&report.label),
            text(&report.person_id),
            text(&report.person),
            text(&report.state),
            flag(report.this_device),
            count(report.entries),
            count(report.set_aside),
            at(&report.last_entry),
            at(&report.last_contact),
            said_at,
            verified_at,
        ]);
    }
    Ok(columns.into_columns())
}
