//! Reading blobs that may not be here: from the file where they are held, else the parts that are
//! needed from whoever has them, verified and kept.
//!
//! What is here for one workspace is not for another that names it: see [`Way`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, WorkspaceId};

use crate::api::{ApiError, ErrorKind};
use crate::blob::{FetchError, SMALL};
use crate::clock::{now_ms, rfc3339};
use crate::core::{Core, device_name};
use crate::net::Purpose;
use crate::node::Node;
use crate::{holdings, net};

/// Ranges nearer to each other than this are asked for as one: a group costs less than another
/// range.
const GAP: u64 = 32 << 10;
/// The longest that is waited for peers to be connected when nobody is.
const DIALLING: Duration = Duration::from_secs(4);
/// The longest a whole blob is waited for without a byte of it coming.
const QUIET: Duration = Duration::from_secs(15);
/// Pause between looks.
const LOOK: Duration = Duration::from_millis(50);

/// Reads under way, so that two of one blob do not fetch the same.
#[derive(Debug, Default)]
pub(crate) struct Reads(Mutex<BTreeMap<BlobHash, Arc<tokio::sync::Mutex<()>>>>);

impl Reads {
    fn of(&self, hash: &BlobHash) -> Arc<tokio::sync::Mutex<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(all.entry(*hash).or_default())
    }
}

/// How a blob that a workspace does not hold comes to be held for it. Whatever else is here of it, all of
/// its bytes come from peers of that workspace: who only names a hash is not believed to have the blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// What is here of it came for this workspace, or nothing is here: only what is missing comes.
    GoOn,
    /// What is here of it came for another one, or nobody knows for which: all of it comes, and takes the
    /// place of that.
    Anew,
    /// The whole is on the disk for another one: all of it comes all the same, and the disk keeps one copy.
    Again,
}

/// Whether a blob is on the disk, and for which workspace parts of it came.
fn known(core: &Core, hash: &BlobHash) -> Result<(bool, Option<WorkspaceId>), ApiError> {
    Ok((core.store.has_blob(hash)?, core.store.begun_for(hash)?))
}

/// Finds out how blobs of a workspace are to come, and notes for which one those come that go on.
///
/// # Errors
/// `Storage`.
pub(crate) async fn ways(node: &Node, workspace: WorkspaceId, blobs: &[BlobRef]) -> Result<Vec<Way>, ApiError> {
    let hashes: Vec<_> = blobs.iter().map(|blob| blob.hash).collect();
    let known = node.with_core(move |core| {
        let known = hashes.iter().map(|hash| known(core, hash));
        known.collect::<Result<Vec<_>, _>>()
    });
    let mut ways = Vec::with_capacity(blobs.len());
    let mut begins = Vec::new();
    for (at, (blob, (is_on_disk, begun))) in blobs.iter().zip(known.await?).enumerate() {
        let way = if is_on_disk {
            Way::Again
        } else if blob.size <= SMALL {
            // It comes whole in any case.
            Way::GoOn
        } else if begun == Some(workspace) {
            // Parts are of whoever began, but what is whole and not noted may have been written for another.
            if node.blobs().is_known(&blob.hash).await? { Way::Anew } else { Way::GoOn }
        } else if begun.is_none() && node.blobs().is_absent(blob).await {
            begins.push((at, blob.hash));
            Way::GoOn
        } else {
            Way::Anew
        };
        ways.push(way);
    }
    if begins.is_empty() {
        return Ok(ways);
    }
    let begun = node.with_core(move |core| {
        core.store.transaction(|store| {
            let begun = begins.into_iter().map(|(at, hash)| Ok::<_, ApiError>((at, store.begin(&workspace, &hash)?)));
            begun.collect::<Result<Vec<_>, _>>()
        })
    });
    for (at, is_own) in begun.await? {
        if let Some(way) = ways.get_mut(at).filter(|_| !is_own) {
            *way = Way::Anew;
        }
    }
    Ok(ways)
}

/// Reads ranges of a blob of a workspace, from its peers where it is not held.
///
/// # Errors
/// `NotFound` when nobody who can be reached has it, with who holds it and when they were last seen;
/// `Storage` and `Damaged` when it cannot be read.
pub(crate) async fn read(
    node: &Node,
    workspace: &WorkspaceId,
    hash: &BlobHash,
    ranges: &[Range<u64>],
) -> Result<Vec<Bytes>, ApiError> {
    read_within(node, workspace, hash, ranges, &|_bytes| Ok(())).await
}

/// The same, within what may be asked of peers.
///
/// Before anything is asked of peers, `allow` is asked about the number of bytes.
///
/// # Errors
/// `NotFound` when nobody who can be reached has it, with who holds it and when they were last seen;
/// `Storage` and `Damaged` when it cannot be read; those of `allow`.
pub(crate) async fn read_within<E: From<ApiError>>(
    node: &Node,
    workspace: &WorkspaceId,
    hash: &BlobHash,
    ranges: &[Range<u64>],
    allow: &(impl Fn(u64) -> Result<(), E> + Sync),
) -> Result<Vec<Bytes>, E> {
    let (of, key) = (*workspace, *hash);
    let (is_held, size) =
        node.with_core(move |core| Ok((core.store.holds(&of, &key)?, core.store.size_of(&of, &key)?))).await?;
    let here = || node.blobs().read_ranges(hash, ranges).map_err(E::from);
    if is_held {
        node.uses().note(node, hash, true);
        return here();
    }
    let Some(size) = size else { return Err(crate::table::not_held(hash).into()) };
    let (blob, referred) = (BlobRef { hash: *hash, size }, [(*workspace, size)]);
    if ranges.iter().any(|range| range.end > blob.size || range.start > range.end) {
        let error = ApiError::new(ErrorKind::Damaged, format!("blob {} ends at {}", hash.fmt_short(), blob.size));
        return Err(error.into());
    }
    let one_at_a_time = node.reads().of(hash);
    let _turn = one_at_a_time.lock().await;
    if !comes_by_parts(node, *workspace, &blob).await? {
        // Whoever had the turn before may have brought it.
        if !node.with_core(move |core| core.store.holds(&of, &key)).await? {
            allow(size)?;
        }
        hold(node, workspace, hash).await?;
        return here();
    }
    let wanted = coalesced(ranges);
    let mut missing = Vec::new();
    for range in &wanted {
        missing.extend(node.blobs().missing(&blob, range.clone()).await);
    }
    if !missing.is_empty() {
        allow(missing.iter().map(|range| range.end - range.start).sum())?;
        fetch(node, &blob, &referred, &missing).await?;
    }
    node.uses().note(node, hash, missing.is_empty());
    let read = node.blobs().read_partial(&blob, ranges).await?;
    let damaged = || {
        ApiError::new(ErrorKind::Damaged, format!("parts of blob {} are damaged", hash.fmt_short()))
            .hint("dataforge fetch brings all of it")
    };
    read.ok_or_else(|| damaged().into())
}

/// Whether parts of a blob may be read that are here, or come: otherwise all of it has to come first.
async fn comes_by_parts(node: &Node, workspace: WorkspaceId, blob: &BlobRef) -> Result<bool, ApiError> {
    let hash = blob.hash;
    let (is_on_disk, begun) = node.with_core(move |core| known(core, &hash)).await?;
    if is_on_disk || begun.is_some() {
        return Ok(!is_on_disk && begun == Some(workspace));
    }
    if !node.blobs().is_absent(blob).await {
        return Ok(false);
    }
    node.with_core(move |core| core.store.transaction(|store| store.begin(&workspace, &hash))).await
}

/// Returns how many bytes would come from peers to read ranges of a blob; nothing when it is held. Asks nobody, and
/// changes nothing.
///
/// # Errors
/// `Storage`.
pub(crate) async fn missing(
    node: &Node,
    workspace: &WorkspaceId,
    hash: &BlobHash,
    ranges: &[Range<u64>],
) -> Result<Option<u64>, ApiError> {
    let (of, key) = (*workspace, *hash);
    let (is_held, size, (is_on_disk, begun)) = node
        .with_core(move |core| Ok((core.store.holds(&of, &key)?, core.store.size_of(&of, &key)?, known(core, &key)?)))
        .await?;
    if is_held {
        return Ok(None);
    }
    let total = |ranges: &[Range<u64>]| ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum::<u64>();
    let Some(size) = size else { return Ok(Some(total(ranges))) };
    let blob = BlobRef { hash: *hash, size };
    // As `comes_by_parts` decides.
    let by_parts = match begun {
        _ if is_on_disk => false,
        Some(begun) => begun == *workspace,
        None => node.blobs().is_absent(&blob).await,
    };
    if !by_parts {
        return Ok(Some(size));
    }
    let mut missing = 0;
    for range in coalesced(ranges) {
        missing += total(&node.blobs().missing(&blob, range).await);
    }
    Ok(Some(missing))
}

/// Brings near ranges together.
fn coalesced(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut sorted: Vec<_> = ranges.iter().filter(|range| !range.is_empty()).cloned().collect();
    sorted.sort_unstable_by_key(|range| range.start);
    let mut all: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match all.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(GAP) => last.end = last.end.max(range.end),
            _ => all.push(range),
        }
    }
    all
}

type Referred = [(WorkspaceId, u64)];

/// Fetches ranges from one peer after another, until all are here.
async fn fetch(node: &Node, blob: &BlobRef, referred: &Referred, ranges: &[Range<u64>]) -> Result<(), ApiError> {
    node.check_space(ranges.iter().map(|range| range.end - range.start).sum())?;
    let fetched = node.blobs().begin(blob).await?;
    let mut missing = ranges.to_vec();
    let mut tried = std::collections::BTreeSet::new();
    for is_dialled in [false, true] {
        if is_dialled && !reach(node, referred).await? {
            break;
        }
        while let Some(provider) = next_provider(node, blob, referred, &tried) {
            tried.insert(provider.1);
            let Some(network) = node.running() else { break };
            let Ok(connection) = network.blob_connection(provider).await else { continue };
            let pace = node.transfers().pace(net::is_relayed(&connection));
            let received = node.blobs().receive(&connection, blob, &missing, pace).await;
            note_partial(node, blob).await?;
            if let Err(error) = received {
                tracing::debug!("parts of blob {} from {}: {error}", blob.hash.fmt_short(), provider.1.fmt_short());
                node.transfers().note_failure(&provider, &blob.hash, &error, Instant::now());
                match error {
                    FetchError::Own(error) => return Err(error),
                    FetchError::Lying(_) => node.transfers().distrust(provider.1, Instant::now()),
                    FetchError::Silent => network.doubt(provider.1),
                    FetchError::Lacking | FetchError::Stalled | FetchError::Lost(_) => {}
                }
            }
            let mut left = Vec::new();
            for range in &missing {
                left.extend(node.blobs().missing(blob, range.clone()).await);
            }
            missing = left;
            if missing.is_empty() {
                return Ok(());
            }
        }
    }
    drop(fetched);
    Err(nobody_has(node, blob, referred).await)
}

/// The next peer to ask, one on a short path first.
fn next_provider(
    node: &Node,
    blob: &BlobRef,
    referred: &Referred,
    tried: &std::collections::BTreeSet<dataforge_protocol::id::DeviceId>,
) -> Option<crate::transfer::Provider> {
    let network = node.running()?;
    let now = Instant::now();
    let connected = referred
        .iter()
        .flat_map(|(workspace, _)| network.connected(workspace).into_iter().map(|device| (*workspace, device)));
    let mut providers: Vec<_> = connected
        .filter(|(workspace, device)| {
            !tried.contains(device) && node.transfers().may_ask(&(*workspace, *device), &blob.hash, now)
        })
        .collect();
    providers.sort_by_key(|(_, device)| network.is_relayed(device));
    providers.first().copied()
}

async fn note_partial(node: &Node, blob: &BlobRef) -> Result<(), ApiError> {
    let missing: u64 = node.blobs().missing(blob, 0..blob.size).await.iter().map(|range| range.end - range.start).sum();
    let (hash, here) = (blob.hash, blob.size.saturating_sub(missing));
    node.with_core(move |core| core.store.note_partial(&hash, here, now_ms())).await
}

/// Sees that somebody of these workspaces is connected; dials where nobody is. Returns whether somebody
/// new is.
async fn reach(node: &Node, referred: &Referred) -> Result<bool, ApiError> {
    let workspaces: Vec<_> = referred.iter().map(|(workspace, _)| *workspace).collect();
    let targets = node
        .with_core(move |core| {
            if core.identity.is_none() {
                return Ok(Vec::new());
            }
            let targets = net::targets(core)?;
            Ok(targets.into_iter().filter(|(id, _)| workspaces.contains(id)).collect::<Vec<_>>())
        })
        .await?;
    if targets.is_empty() {
        return Ok(false);
    }
    let network = node.network(Purpose::Once).await?;
    let mut dials: futures::stream::FuturesUnordered<_> = targets
        .into_iter()
        .filter(|(workspace, peer)| !network.is_connected(workspace, &peer.device))
        .map(|(workspace, peer)| {
            let network = Arc::clone(&network);
            async move { network.dial(workspace, &peer).await.map(|()| (workspace, peer.device)) }
        })
        .collect();
    let deadline = tokio::time::Instant::now() + DIALLING;
    let mut is_reached = false;
    while let Ok(Some(dialled)) = tokio::time::timeout_at(deadline, futures::StreamExt::next(&mut dials)).await {
        let Ok(provider) = dialled else { continue };
        // It gives blobs once it has judged this device, which is when it is a provider.
        while !node.transfers().is_provider(&provider) && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(LOOK).await;
        }
        is_reached = true;
        break;
    }
    Ok(is_reached)
}

/// Returns the names of other devices that say they hold a blob, and when they were last seen.
///
/// # Errors
/// `Storage`.
pub(crate) async fn known_holders(
    node: &Node,
    hash: &BlobHash,
    workspaces: Vec<WorkspaceId>,
) -> Result<std::collections::BTreeSet<String>, ApiError> {
    let hash = *hash;
    let known = node.with_core(move |core| {
        let own = core.device();
        let peers: BTreeMap<_, _> = core.store.peers()?.into_iter().map(|peer| (peer.device, peer)).collect();
        let mut known = std::collections::BTreeSet::new();
        for workspace in workspaces {
            let holders = holdings::holders(core, &workspace, &[hash])?;
            let members = core.ledger(&workspace)?.members();
            for device in holders.into_values().flatten().filter(|device| Some(*device) != own) {
                let name = device_name(&members, &device);
                let seen = peers.get(&device).and_then(|peer| peer.last_seen_ms);
                known.insert(match seen {
                    Some(ms) => format!("{name}, last seen {}", rfc3339(ms)),
                    None => format!("{name}, never seen from here"),
                });
            }
        }
        Ok(known)
    });
    known.await
}

/// The error of a blob that nobody who can be reached has: who holds it, and when they were last seen.
pub(crate) async fn nobody_has(node: &Node, blob: &BlobRef, referred: &Referred) -> ApiError {
    let hash = blob.hash;
    let is_paused = referred.iter().any(|(workspace, _)| node.transfers().is_held_back(workspace, &hash));
    if is_paused {
        return ApiError::new(ErrorKind::NotFound, format!("transfers of blob {} are paused", hash.fmt_short()))
            .hint("dataforge transfers lists what is paused, dataforge transfers resume lets it go on");
    }
    let failure = ApiError::new(
        ErrorKind::NotFound,
        format!("blob {} is not here and nobody who can be reached has it", blob.hash.fmt_short()),
    );
    match known_holders(node, &hash, referred.iter().map(|(workspace, _)| *workspace).collect()).await {
        Ok(known) if !known.is_empty() => ApiError {
            causes: known.into_iter().map(|who| format!("held by {who}")).collect(),
            ..failure.hint("it is fetched when one of them is up; dataforge where tells who has what")
        },
        _ => failure.hint("no device that is known says that it holds it; dataforge where tells who has what"),
    }
}

/// Sees that a blob is held for a workspace, fetching all of it where it is not.
///
/// # Errors
/// `NotFound` as [`read`], `Storage`.
pub(crate) async fn hold(node: &Node, workspace: &WorkspaceId, hash: &BlobHash) -> Result<(), ApiError> {
    let (of, key) = (*workspace, *hash);
    let (is_held, size) =
        node.with_core(move |core| Ok((core.store.holds(&of, &key)?, core.store.size_of(&of, &key)?))).await?;
    node.uses().note(node, hash, is_held);
    if is_held {
        return Ok(());
    }
    let Some(size) = size else { return Err(crate::table::not_held(hash)) };
    let (blob, referred) = (BlobRef { hash: *hash, size }, [(*workspace, size)]);
    ask_for(node, workspace, &[*hash]).await?;
    let offered = |node: &Node| node.transfers().is_on_offer(workspace, hash, Instant::now());
    if !offered(node) {
        reach(node, &referred).await?;
    }
    let (mut arrivals, mut quiet) = (node.changes(), Instant::now());
    let mut passed = 0;
    loop {
        if node.with_core(move |core| core.store.holds(&of, &key)).await? {
            return Ok(());
        }
        let now = [false, true].map(|is_relayed| node.transfers().pace(is_relayed).passed()).iter().sum();
        if now != passed {
            (passed, quiet) = (now, Instant::now());
        }
        if !offered(node) || quiet.elapsed() > QUIET {
            return Err(nobody_has(node, &blob, &referred).await);
        }
        // Bytes change nothing that is told.
        drop(tokio::time::timeout(LOOK, arrivals.changed()).await);
    }
}

/// Asks for blobs of a workspace by name: they are fetched first, whatever the policy.
pub(crate) async fn ask_for(node: &Node, workspace: &WorkspaceId, blobs: &[BlobHash]) -> Result<(), ApiError> {
    let (of, asked, now) = (*workspace, blobs.to_vec(), now_ms());
    node.with_core(move |core| core.store.transaction(|store| store.ask_for(&of, &asked, now))).await?;
    node.transfers().ask(workspace, blobs, now);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_ranges_are_one() {
        let far = GAP * 3;
        assert_eq!(coalesced(&[10..20, 0..5, far..far + 1, 7..7]), [0..20, far..far + 1]);
        assert_eq!(coalesced(&[0..10, 5..8, 100_000..100_001]), [0..10, 100_000..100_001]);
        assert!(coalesced(&[]).is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn parts_go_on_only_for_the_workspace_they_came_for() {
        let dir = tempfile::tempdir().unwrap();
        let node = Node::open(dir.path()).await.unwrap();
        let (one, other) = (WorkspaceId([1; 32]), WorkspaceId([2; 32]));
        let written: Vec<_> = [1, 2, 3].map(|number| Bytes::from(vec![number; SMALL as usize + 1])).into();
        let added = node.blobs().add(written).await.unwrap();
        let whole: Vec<_> = added.iter().map(|blob| BlobRef { hash: blob.hash, size: blob.size }).collect();
        drop(added);
        let absent = |number: u8, size| BlobRef { hash: BlobHash::of(&[number]), size };
        let (new, others, small) = (absent(4, SMALL + 1), absent(5, SMALL + 1), absent(6, SMALL));
        // Of what was written whole one is noted, one had been begun, and of one nothing is known.
        let (held, begun, stray) = (whole[0], whole[1], whole[2]);
        let known = move |core: &mut Core| {
            core.store.note_held(&other, &[(held.hash, held.size)], 0)?;
            Ok(core.store.begin(&one, &begun.hash)? && core.store.begin(&other, &others.hash)?)
        };
        assert!(node.with_core(known).await.unwrap());
        let found = ways(&node, one, &[held, begun, stray, new, others, small]).await.unwrap();
        assert_eq!(found, [Way::Again, Way::Anew, Way::Anew, Way::GoOn, Way::Anew, Way::GoOn]);
        assert_eq!(ways(&node, one, &[new]).await.unwrap(), [Way::GoOn], "parts of it come for this one now");
        assert_eq!(ways(&node, other, &[new, others]).await.unwrap(), [Way::Anew, Way::GoOn]);
        for (blob, by_parts) in [(held, false), (stray, false), (others, false), (new, true)] {
            assert_eq!(comes_by_parts(&node, one, &blob).await.unwrap(), by_parts, "{blob:?}");
        }
        node.close().await;
    }
}
