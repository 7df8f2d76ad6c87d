//! Who has what: this device's statement of what it holds, and those of others.
//!
//! A statement is made anew when what is held has changed, signed, kept, and told to everybody who
//! is connected; those of others are kept and passed on. They say where to look and whether work is
//! safe; they never justify giving up a copy.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dataforge_protocol::holding::{BlobSet, ChainBlobs, Holding, SignedHolding};
use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use dataforge_protocol::wire::Message;

use crate::api::ApiError;
use crate::clock::now_ms;
use crate::core::Core;
use crate::node::{Node, WeakNode};

/// How long changes are gathered before a statement is made.
const GATHER: Duration = Duration::from_millis(300);
/// The shortest and longest time a statement has to leave before a connection is closed; between them it is
/// two round trips.
const LEAVING: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(150));

/// Makes this device's statement about a workspace, where it says something else than the last one.
///
/// # Errors
/// `Storage`.
pub(crate) fn say(core: &mut Core, workspace: &WorkspaceId) -> Result<Option<SignedHolding>, ApiError> {
    let Some(device) = core.device().filter(|_| !core.is_copy) else { return Ok(None) };
    if !core.ledger(workspace)?.members().is_member(&device) {
        return Ok(None);
    }
    let chains = core.store.held_numbers(workspace, false)?;
    let blank = Holding { workspace: *workspace, device, counter: 0, said_ms: 0, verified_ms: 0, chains };
    let chains = blank.fit().chains;
    let last = core.store.holding(workspace, &device)?.and_then(|signed| signed.read().ok());
    let verified_ms = core.store.last_time(crate::chores::VERIFIED)?.unwrap_or(0);
    if last.as_ref().is_some_and(|last| last.chains == chains && last.verified_ms == verified_ms) {
        return Ok(None);
    }
    let said_ms = now_ms();
    // Never below the time: a device whose database was lost does not fall behind what it said before.
    let counter = last.map_or(0, |last| last.counter.saturating_add(1)).max(said_ms);
    let holding = Holding { workspace: *workspace, device, counter, said_ms, verified_ms, chains };
    let secret = core.identity()?.secret.clone();
    let signed = SignedHolding::sign(&holding, &secret)
        .map_err(|error| ApiError::from_error(crate::api::ErrorKind::Internal, &error))?;
    core.store.note_holding(workspace, &device, counter, &signed, said_ms)?;
    Ok(Some(signed))
}

/// Takes statements of a peer; returns those that are news, to be passed on.
///
/// # Errors
/// `Storage`. A statement that does not verify, or of somebody who is no member, is dropped.
pub(crate) fn take(
    core: &mut Core,
    workspace: &WorkspaceId,
    statements: Vec<SignedHolding>,
) -> Result<Vec<SignedHolding>, ApiError> {
    let members = core.ledger(workspace)?.members();
    let own = core.device();
    let mut news = Vec::new();
    for signed in statements {
        let Ok(holding) = signed.verify() else { continue };
        let is_due =
            holding.workspace == *workspace && members.is_member(&holding.device) && Some(holding.device) != own;
        if !is_due {
            continue;
        }
        let known = core.store.holding(workspace, &holding.device)?;
        if known.is_none_or(|known| signed.supersedes(&known)) {
            core.store.note_holding(workspace, &holding.device, holding.counter, &signed, now_ms())?;
            news.push(signed);
        }
    }
    Ok(news)
}

/// Returns all statements about a workspace by devices of members.
///
/// # Errors
/// `Storage`.
pub(crate) fn all(core: &mut Core, workspace: &WorkspaceId) -> Result<Vec<(Holding, SignedHolding)>, ApiError> {
    let members = core.ledger(workspace)?.members();
    let stored = core.store.holdings(workspace)?;
    // They were verified before they were stored.
    let read = stored.into_iter().filter_map(|signed| Some((signed.read().ok()?, signed)));
    Ok(read.filter(|(holding, _)| members.is_member(&holding.device)).collect())
}

/// How many blobs of a workspace are held here, and by how few others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Copies {
    /// Blobs held here that no other device says it has.
    pub(crate) only_here: u64,
    /// Blobs held here that fewer others than required say they have; the former among them.
    pub(crate) too_few: u64,
}

/// Counts copies, by what devices say.
///
/// # Errors
/// `Storage`.
pub(crate) fn copies(core: &mut Core, workspace: &WorkspaceId, min_copies: u32) -> Result<Copies, ApiError> {
    let own = core.device();
    let others: Vec<_> =
        all(core, workspace)?.into_iter().map(|(holding, _)| holding).filter(|h| Some(h.device) != own).collect();
    let mut copies = Copies::default();
    for chain in core.store.held_numbers(workspace, true)? {
        let sets = others.iter().flat_map(|holding| &holding.chains).filter(|other| other.device == chain.device);
        for (holders, blobs) in by_holders(&chain.numbers, sets.map(|other| &other.numbers)) {
            if holders == 0 {
                copies.only_here += blobs;
            }
            if holders < min_copies {
                copies.too_few += blobs;
            }
        }
    }
    Ok(copies)
}

/// Counts blobs that some devices say they hold and nobody else does, this device included.
///
/// # Errors
/// `Storage`.
pub(crate) fn only_with(
    core: &mut Core,
    workspace: &WorkspaceId,
    devices: &BTreeSet<DeviceId>,
) -> Result<u64, ApiError> {
    let own = core.device();
    let statements = all(core, workspace)?.into_iter().map(|(holding, _)| holding).filter(|h| Some(h.device) != own);
    let (theirs, others): (Vec<_>, Vec<_>) = statements.partition(|holding| devices.contains(&holding.device));
    let mut alone = 0;
    // Over what is known here: a statement may name numbers without end.
    core.store.each_place(workspace, |chain, number, is_held| {
        let has = |holdings: &[Holding]| holdings.iter().any(|holding| holding.has(&chain, number));
        if !is_held && has(&theirs) && !has(&others) {
            alone += 1;
        }
    })?;
    Ok(alone)
}

/// Cuts a set into stretches of blobs that as many of the other sets have; returns how many sets, and
/// how many blobs.
fn by_holders<'a>(set: &BlobSet, others: impl Iterator<Item = &'a BlobSet>) -> Vec<(u32, u64)> {
    // Where sets begin and end, the number of holders changes.
    let mut steps: BTreeMap<u64, i64> = BTreeMap::new();
    for run in others.flat_map(BlobSet::runs) {
        *steps.entry(run.start).or_default() += 1;
        *steps.entry(run.end).or_default() -= 1;
    }
    let mut stretches = Vec::new();
    for run in set.runs() {
        let mut held: i64 = steps.range(..=run.start).map(|(_, step)| step).sum();
        let mut at = run.start;
        let later = steps.range(run.start + 1..run.end).map(|(at, step)| (*at, *step));
        for (next, step) in later.chain([(run.end, 0)]) {
            stretches.push((u32::try_from(held).unwrap_or_default(), next - at));
            (at, held) = (next, held + step);
        }
    }
    stretches
}

/// Returns the devices that say they hold each of some blobs; what one number stands for several of
/// says nothing.
///
/// # Errors
/// `Storage`.
pub(crate) fn holders(
    core: &mut Core,
    workspace: &WorkspaceId,
    blobs: &[BlobHash],
) -> Result<BTreeMap<BlobHash, BTreeSet<DeviceId>>, ApiError> {
    let statements: Vec<_> = all(core, workspace)?.into_iter().map(|(holding, _)| holding).collect();
    let mut holders: BTreeMap<BlobHash, BTreeSet<DeviceId>> = BTreeMap::new();
    for hash in blobs {
        let places = core.store.places(workspace, hash)?;
        let devices = statements.iter().filter(|holding| {
            places.iter().any(|(chain, number)| {
                holding
                    .chains
                    .iter()
                    .any(|blobs: &ChainBlobs| blobs.device == *chain && blobs.numbers.contains(*number))
            })
        });
        holders.insert(*hash, devices.map(|holding| holding.device).collect());
    }
    Ok(holders)
}

/// Returns the devices that hold each blob of a workspace: this one by the have-table, others by what
/// they say. What one number stands for several of says nothing.
///
/// # Errors
/// `Storage`, `NotFound` when the workspace is not here.
pub(crate) fn all_holders(
    core: &mut Core,
    workspace: &WorkspaceId,
) -> Result<BTreeMap<BlobHash, BTreeSet<DeviceId>>, ApiError> {
    let own = core.device();
    let statements = all(core, workspace)?.into_iter().map(|(holding, _)| holding);
    let others: Vec<_> = statements.filter(|holding| Some(holding.device) != own).collect();
    let mut holders: BTreeMap<BlobHash, BTreeSet<DeviceId>> = BTreeMap::new();
    core.store.each_number(workspace, |hash, chain, number| {
        let devices = others.iter().filter(|holding| holding.has(&chain, number)).map(|holding| holding.device);
        holders.entry(hash).or_default().extend(devices);
    })?;
    if let Some(own) = own {
        for blob in core.store.held_of(workspace)? {
            holders.entry(blob.hash).or_default().insert(own);
        }
    }
    Ok(holders)
}

/// Says what is held and tells everybody who is connected.
pub(crate) async fn tell(node: &Node) -> Result<(), ApiError> {
    let news = node
        .with_core(|core| {
            let mut news = Vec::new();
            for workspace in core.workspace_ids() {
                news.extend(say(core, &workspace)?.map(|signed| (workspace, signed)));
            }
            Ok(news)
        })
        .await?;
    let Some(network) = node.running() else { return Ok(()) };
    for (workspace, signed) in news {
        network.tell_all(&workspace, None, &Message::Holdings(vec![signed]));
    }
    Ok(())
}

/// Says what is held before connections are closed, and gives that a moment to leave.
///
/// # Errors
/// `Storage`.
pub(crate) async fn tell_before_closing(node: &Node) -> Result<(), ApiError> {
    if node.connections().is_empty() {
        return Ok(());
    }
    tell(node).await?;
    // Closing a connection takes back what was not sent yet. What does not get through in this time is
    // told with the next contact.
    let Some(network) = node.running() else { return Ok(()) };
    let leaving = network.longest_trip().saturating_mul(2).clamp(LEAVING.0, LEAVING.1);
    if let Some(left) = leaving.checked_sub(network.since_told()) {
        tokio::time::sleep(left).await;
    }
    Ok(())
}

/// Tells what is held whenever it changes, for as long as the network runs.
pub(crate) async fn keep_telling(weak: WeakNode) {
    let Ok(node) = weak.get() else { return };
    let mut changes = node.changes();
    drop(node);
    loop {
        let Ok(node) = weak.get() else { return };
        if let Err(error) = tell(&node).await {
            tracing::warn!("what is held here cannot be told: {error}");
        }
        drop(node);
        tokio::time::sleep(GATHER).await;
        if changes.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: impl Iterator<Item = u64>) -> BlobSet {
        BlobSet::from_sorted(numbers)
    }

    #[test]
    fn blobs_are_counted_by_how_many_others_have_them() {
        let own = set((0..10).chain(20..30));
        let others = [set((0..5).chain(25..40)), set(3..8)];
        let mut counted: BTreeMap<u32, u64> = BTreeMap::new();
        for (holders, blobs) in by_holders(&own, others.iter()) {
            *counted.entry(holders).or_default() += blobs;
        }
        let mut expected: BTreeMap<u32, u64> = BTreeMap::new();
        for number in own.runs().flatten() {
            let holders = others.iter().filter(|other| other.contains(number)).count() as u32;
            *expected.entry(holders).or_default() += 1;
        }
        assert_eq!(counted, expected);
        assert_eq!(by_holders(&own, std::iter::empty()), [(0, 10), (0, 10)]);
    }

    #[test]
    fn a_full_mirror_says_so_in_a_few_bytes() {
        let chains = (0..20).map(|device| ChainBlobs { device: DeviceId([device; 32]), numbers: set(0..10_000) });
        let holding = Holding {
            workspace: WorkspaceId([1; 32]),
            device: DeviceId([2; 32]),
            counter: u64::MAX,
            said_ms: u64::MAX,
            verified_ms: u64::MAX,
            chains: chains.collect(),
        };
        assert!(holding.to_bytes().len() < 64_000);
    }
}
