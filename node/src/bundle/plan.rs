//! What goes into a bundle: what its readers lack, by what is known of them here.
//!
//! A device is known to hold its own chain, what it said of ours over a network, and what it told in
//! its last bundle; and blobs by its statements and by what it did not ask for there. To think that it
//! holds less than it does costs bytes, no more.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::entry::{BlobRef, ReadHeader};
use dataforge_protocol::holding::{BlobSet, ChainBlobs, SignedHolding};
use dataforge_protocol::id::{BlobHash, DeviceId, EntryId, PersonId, WorkspaceId};
use dataforge_protocol::ledger::DeviceTips;

use crate::api::ApiError;
use crate::clock::now_ms;
use crate::core::Core;
use crate::holdings;
use crate::keep::Policy;
use crate::store::{BundleRow, Carried};
use crate::transfer::{Interest, wanted};

/// Own bundles that are looked back on when one goes on from another.
const BASES: usize = 1000;

/// What a reader is known to hold.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Ends of chains.
    tips: Vec<DeviceTips>,
    /// What it told: up to which number it knew of the blobs of each chain, and which of these it wants.
    told: Option<Told>,
    /// Blobs it holds.
    has: Vec<ChainBlobs>,
}

#[derive(Debug)]
struct Told {
    ends: BTreeMap<DeviceId, u64>,
    /// None when that was too much to tell.
    wants: Option<Vec<ChainBlobs>>,
}

/// What goes into a bundle.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// Ends of all chains here.
    pub(super) tips: Vec<DeviceTips>,
    /// All membership ops.
    pub(super) ops: Vec<EntryId>,
    /// Other entries.
    pub(super) entries: Vec<EntryId>,
    /// Their places in the order of settling.
    pub(super) places: BlobSet,
    /// Blobs, by hash.
    pub(super) blobs: Vec<BlobRef>,
    /// The same by numbers.
    pub(super) numbers: Vec<ChainBlobs>,
    /// Statements of all devices.
    pub(super) holdings: Vec<SignedHolding>,
    /// What is lacked and wanted here.
    pub(super) wants: Vec<ChainBlobs>,
}

/// Which blobs go.
#[derive(Debug, Clone)]
pub(super) enum Blobs {
    /// All that its readers lack.
    All,
    /// These, if its readers lack them.
    Only(BTreeSet<BlobHash>),
}

fn contains(sets: &[ChainBlobs], (device, number): &(DeviceId, u64)) -> bool {
    let place = sets.binary_search_by_key(device, |chain| chain.device);
    place.ok().and_then(|place| sets.get(place)).is_some_and(|chain| chain.numbers.contains(*number))
}

/// Whether a set names a blob by any of its numbers.
pub(super) fn names(sets: &[ChainBlobs], blob: &Carried) -> bool {
    blob.places.iter().any(|place| contains(sets, place))
}

impl Known {
    /// What is known of a device.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn of_device(core: &mut Core, workspace: &WorkspaceId, device: &DeviceId) -> Result<Self, ApiError> {
        let row = core.store.last_bundle_of(workspace, device)?;
        let mut known = match row {
            Some(row) => Self::of_row(core, &row)?,
            None => Self::default(),
        };
        if let Some(own) = core.device()
            && let Some(level) = core.store.level_of(workspace, device, &own)?
        {
            known.tips.push(DeviceTips { device: own, tips: vec![level] });
        }
        let tips = core.ledger(workspace)?.device_tips(device);
        known.tips.push(DeviceTips { device: *device, tips });
        if let Some(signed) = core.store.holding(workspace, device)?
            && let Ok(holding) = signed.read()
        {
            known.has = holding.chains;
        }
        Ok(known)
    }

    /// What a device told in a bundle.
    fn of_row(core: &Core, row: &BundleRow) -> Result<Self, ApiError> {
        let mut ends: BTreeMap<DeviceId, u64> = BTreeMap::new();
        for chain in &row.tips {
            let mut known = Vec::new();
            for (_, id) in &chain.tips {
                let header = core.store.stored_entry(id)?.and_then(|signed| Some(signed.read().ok()?.header));
                if let Some(ReadHeader::Known(_, header)) = header {
                    known.push(header.claims.blob_base + header.claims.blobs.len() as u64);
                }
            }
            // Of a chain with branches it knew at least as much as the shortest names.
            if let Some(end) = known.into_iter().min() {
                ends.insert(chain.device, end);
            }
        }
        Ok(Self { tips: row.tips.clone(), told: Some(Told { ends, wants: row.wants.clone() }), has: Vec::new() })
    }

    /// What is known of whoever took a bundle, and those before it.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn since(core: &mut Core, workspace: &WorkspaceId, row: &BundleRow) -> Result<Self, ApiError> {
        if Some(row.device) != core.device() {
            let mut known = Self::of_device(core, workspace, &row.device)?;
            let told = Self::of_row(core, row)?;
            known.tips.extend(told.tips);
            known.told = told.told;
            return Ok(known);
        }
        let (mut blobs, mut base) = (row.blobs.clone(), row.base);
        for _ in 0..BASES {
            let Some(before) = base.map(|id| core.store.bundle(workspace, &id)).transpose()?.flatten() else { break };
            blobs.extend(before.blobs);
            base = before.base;
        }
        Ok(Self { tips: row.tips.clone(), told: None, has: united(blobs) })
    }

    /// Whether it is to be given a blob.
    fn lacks(&self, blob: &Carried) -> bool {
        if names(&self.has, blob) {
            return false;
        }
        let Some(Told { ends, wants }) = &self.told else { return true };
        let knew = |(device, number): &(DeviceId, u64)| ends.get(device).is_some_and(|end| number < end);
        // What it knew of and did not want it has, or its policy leaves out.
        !blob.places.iter().any(knew) || wants.as_ref().is_none_or(|wants| names(wants, blob))
    }
}

/// Unites sets, by chain.
fn united(sets: Vec<ChainBlobs>) -> Vec<ChainBlobs> {
    let mut by_device: BTreeMap<DeviceId, BTreeSet<u64>> = BTreeMap::new();
    for chain in sets {
        by_device.entry(chain.device).or_default().extend(chain.numbers.runs().flatten());
    }
    let chains = by_device.into_iter();
    chains.map(|(device, numbers)| ChainBlobs { device, numbers: BlobSet::from_sorted(numbers) }).collect()
}

/// Returns the devices of a member that are live, or of all members, but for this one.
///
/// # Errors
/// `NotFound` when the workspace is not here.
pub(super) fn readers(
    core: &mut Core,
    workspace: &WorkspaceId,
    of: Option<&PersonId>,
) -> Result<Vec<DeviceId>, ApiError> {
    let own = core.device();
    let members = core.ledger(workspace)?.members();
    let devices = members.devices.iter().filter(|(device, person)| {
        Some(**device) != own && of.is_none_or(|of| of == *person) && members.is_member(device)
    });
    Ok(devices.map(|(device, _)| *device).collect())
}

/// Chooses what readers lack; all there is when none is named.
///
/// # Errors
/// `Storage`, `NotFound` when the workspace is not here.
pub(super) fn select(
    core: &mut Core,
    workspace: &WorkspaceId,
    known: &[Known],
    blobs: &Blobs,
    wants: Vec<ChainBlobs>,
) -> Result<Selection, ApiError> {
    holdings::say(core, workspace)?;
    let holdings = holdings::all(core, workspace)?.into_iter().map(|(_, signed)| signed).collect();
    let ledger = core.ledger(workspace)?;
    let (tips, ops) = (ledger.tips(), ledger.ops());
    let is_op: BTreeSet<_> = ops.iter().copied().collect();
    let mut lacking: BTreeSet<EntryId> = BTreeSet::new();
    for reader in known {
        lacking.extend(ledger.missing_for(&reader.tips).0);
    }
    let (mut entries, mut places) = (Vec::new(), Vec::new());
    for (id, place) in ledger.settled_since(0).iter().zip(0_u64..) {
        if !is_op.contains(id) && (known.is_empty() || lacking.contains(id)) {
            entries.push(*id);
            places.push(place);
        }
    }
    let mut carried = core.store.carried(workspace)?;
    carried.retain(|blob| {
        let is_meant = match blobs {
            Blobs::All => true,
            Blobs::Only(hashes) => hashes.contains(&blob.blob.hash),
        };
        is_meant && (known.is_empty() || known.iter().any(|reader| reader.lacks(blob)))
    });
    let places = BlobSet::from_sorted(places);
    let mut selection = Selection { tips, ops, entries, places, holdings, wants, ..Selection::default() };
    selection.set_blobs(carried);
    Ok(selection)
}

impl Selection {
    fn set_blobs(&mut self, carried: Vec<Carried>) {
        self.numbers = crate::store::by_chain(carried.iter().flat_map(|one| one.places.clone()).collect());
        self.blobs = carried.into_iter().map(|one| one.blob).collect();
    }

    /// Leaves out what other bundles have.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn leave_out(
        &mut self,
        core: &Core,
        workspace: &WorkspaceId,
        entries: &[&BlobSet],
        blobs: &[&[ChainBlobs]],
    ) -> Result<(), ApiError> {
        let places: Vec<_> = self.places.runs().flatten().collect();
        let stays: Vec<_> = places.iter().map(|place| !entries.iter().any(|set| set.contains(*place))).collect();
        let mut at = stays.iter();
        self.entries.retain(|_| at.next().copied().unwrap_or(true));
        let kept = places.iter().zip(&stays).filter(|(_, stays)| **stays).map(|(place, _)| *place);
        self.places = BlobSet::from_sorted(kept);
        let mut carried = Vec::new();
        for blob in std::mem::take(&mut self.blobs) {
            let one = Carried { blob, places: core.store.places(workspace, &blob.hash)? };
            if !blobs.iter().any(|sets| names(sets, &one)) {
                carried.push(one);
            }
        }
        self.set_blobs(carried);
        Ok(())
    }
}

/// Returns the blobs that are lacked and wanted here.
///
/// # Errors
/// `Storage`.
pub(super) fn wants(
    core: &Core,
    workspace: &WorkspaceId,
    default: Policy,
    interest: &Interest,
) -> Result<Vec<ChainBlobs>, ApiError> {
    let wanted = wanted(&core.store, workspace, default, interest, now_ms())?;
    core.store.numbers_of(workspace, wanted.iter().map(|one| &one.blob.hash))
}
