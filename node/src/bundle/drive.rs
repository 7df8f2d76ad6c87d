//! A stick that goes round: in one step everything new on it is taken, and what its other readers lack
//! is put on it.
//!
//! Bundles stand in `dataforge/` and the start of the workspace's id. A device removes only its own, and
//! only once nobody needs what is in them, or another one has it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dataforge_protocol::bundle::{Item, Part, Reader, Tally, holding_record, tips_records, wants_record};
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::holding::{BlobSet, ChainBlobs};
use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use tokio::sync::mpsc;

use super::export::{Order, make};
use super::plan::{self, Blobs, Known, Selection};
use super::volumes::Bundle;
use super::{Take, import, made_reply, place, sealed_for, see_that_signs};
use crate::api::{ApiError, DriveSyncReply, ErrorKind};
use crate::client::Output;
use crate::clock::now_ms;
use crate::core::Core;
use crate::directory::{forget_cached, storage, sync_directory};
use crate::node::Node;
use crate::store::BundleRow;

/// The directory on a stick.
const ROOT: &str = "dataforge";
/// How the names of bundles end.
const ENDING: &str = ".dfb";
/// How the name of one ends that was found to be damaged.
const DAMAGED: &str = ".damaged";
/// Own bundles that may stand on a stick before one takes their place.
const MANY: usize = 16;
/// Bytes of blobs hashed at a time.
const PIECE: usize = 1 << 20;

/// A bundle on a stick.
struct OnStick {
    bundle: Bundle,
    row: Option<BundleRow>,
    /// Its blobs.
    table: Vec<BlobRef>,
}

/// Takes what is new on a stick, and puts on it what others lack.
///
/// # Errors
/// `NotFound` when there is no such directory, `Storage` when it cannot be read or written. A bundle on it
/// that is not good is told in the reply.
pub(super) async fn sync(
    node: &Node,
    workspace: WorkspaceId,
    drive: PathBuf,
    (encrypt, max_bytes): (bool, Option<u64>),
    out: &mpsc::Sender<Output>,
) -> Result<DriveSyncReply, ApiError> {
    node.with_core(|core| see_that_signs(core)).await?;
    let dir = tokio::task::block_in_place(|| open_directory(&drive, &workspace))?;
    let mut reply = DriveSyncReply { directory: dir.clone(), ..DriveSyncReply::default() };
    let device = node.with_core(|core| Ok(core.identity()?.device())).await?;
    let (own, others) = find(node, workspace, &dir, &mut reply).await?;
    for bundle in others.iter().chain(&own) {
        if !is_due(node, bundle, device).await? {
            reply.known += u64::from(bundle.manifest.exporter != device);
            continue;
        }
        let options = import::Options { take: Take::Wanted, salvages: false, only: Some(workspace) };
        match import::import(node, bundle.clone(), options, out).await {
            Ok(taken) => reply.taken.push(taken),
            Err(error) if error.kind == ErrorKind::Internal => return Err(error),
            Err(error) => {
                let mut why = error.message;
                if error.kind == ErrorKind::Input && tokio::task::block_in_place(|| set_aside(bundle)) {
                    why.push_str("; it was set aside, so that its device puts it there again");
                }
                reply.problems.push((bundle.path().to_owned(), why));
            }
        }
    }
    let max_bytes = max_bytes.or_else(|| place::longest_file(&dir));
    let target = dir.join(format!("{}-{:012x}{ENDING}", device.fmt_short(), now_ms()));
    let (planner, asked) = (node.clone(), target.clone());
    let looked = tokio::task::spawn_blocking(move || {
        let look = |bundle| looked_at(&planner, &workspace, bundle);
        let own = own.into_iter().map(look).collect::<Result<Vec<_>, _>>()?;
        // Whom what others encrypted is for is not known here.
        let others = others.into_iter().filter(|bundle| !bundle.is_sealed).map(look).collect::<Result<Vec<_>, _>>()?;
        planned(&planner, workspace, (&own, &others), (asked, encrypt, max_bytes))
    });
    let looked = looked.await.map_err(|error| ApiError::new(ErrorKind::Internal, format!("a task failed: {error}")));
    let Plan { order, obsolete } = looked??;
    if let Some(order) = order {
        reply.made = Some(made_reply(&make(node, order, out).await?, encrypt));
    }
    reply.removed = obsolete.len() as u64;
    tokio::task::block_in_place(|| remove(&dir, &obsolete))?;
    Ok(reply)
}

/// Puts a damaged bundle out of the way; whether that could be done.
fn set_aside(bundle: &Bundle) -> bool {
    bundle.paths().iter().fold(false, |done, path| {
        let mut name = path.clone().into_os_string();
        name.push(DAMAGED);
        std::fs::rename(path, name).is_ok() || done
    })
}

/// Whether there is something to take from a bundle: it was not taken yet, or has what is lacked now, be
/// it that it was not wanted then, or was put there by this device and freed.
async fn is_due(node: &Node, bundle: &Bundle, device: DeviceId) -> Result<bool, ApiError> {
    let (workspace, id) = (bundle.manifest.workspace, bundle.manifest.id());
    let is_own = bundle.manifest.exporter == device;
    let (default, interest) = (node.config().cache.policy, node.transfers().interest(&workspace));
    node.with_core(move |core| {
        let Some(row) = core.store.bundle(&workspace, &id)? else { return Ok(!is_own) };
        Ok(share(&plan::wants(core, &workspace, default, &interest)?, &row.blobs))
    })
    .await
}

/// Returns the directory of a workspace on a stick, made when it is missing.
fn open_directory(drive: &Path, workspace: &WorkspaceId) -> Result<PathBuf, ApiError> {
    if !drive.is_dir() {
        return Err(ApiError::new(ErrorKind::NotFound, format!("there is no directory {}", drive.display()))
            .hint("plug the stick in, mount it, and name the directory where it is mounted"));
    }
    let mut dir = drive.to_owned();
    for name in [ROOT, &workspace.fmt_short()] {
        let parent = dir.clone();
        dir.push(name);
        if !place::is_directory(&dir)? {
            std::fs::create_dir(&dir).map_err(|error| storage("cannot make the directory", &dir, &error))?;
            sync_directory(&parent).map_err(|error| storage("cannot sync", &parent, &error))?;
        }
    }
    Ok(dir)
}

/// Finds the bundles of this device and those of others, the older ones first.
async fn find(
    node: &Node,
    workspace: WorkspaceId,
    dir: &Path,
    reply: &mut DriveSyncReply,
) -> Result<(Vec<Bundle>, Vec<Bundle>), ApiError> {
    let device = node.with_core(|core| Ok(core.identity()?.device())).await?;
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for path in tokio::task::block_in_place(|| listed(dir, &device))? {
        match import::open(node, path.clone()).await {
            Ok(bundle) if bundle.manifest.workspace != workspace => {
                reply.problems.push((path, "it is of another workspace".to_owned()));
            }
            Ok(bundle) if bundle.manifest.exporter == device => own.push(bundle),
            Ok(bundle) => others.push(bundle),
            Err(error) => reply.problems.push((path, error.message)),
        }
    }
    own.sort_by_key(|bundle| bundle.manifest.made_ms);
    others.sort_by_key(|bundle| bundle.manifest.made_ms);
    Ok((own, others))
}

/// Lists the files that should be bundles. What an interrupted command of this device left goes, and what
/// others found damaged of it.
fn listed(dir: &Path, device: &DeviceId) -> Result<Vec<PathBuf>, ApiError> {
    let failed = |error: std::io::Error| storage("cannot list", dir, &error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_left = name.ends_with(".part") || name.ends_with(DAMAGED);
        if name.starts_with(&device.fmt_short()) && is_left {
            // One that cannot be removed is in nobody's way.
            drop(std::fs::remove_file(&path));
        } else if name.ends_with(ENDING) || name.ends_with(&format!("{ENDING}.001")) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn looked_at(node: &Node, workspace: &WorkspaceId, bundle: Bundle) -> Result<OnStick, ApiError> {
    let is_whole = bundle.check_volumes().is_ok();
    let mut reader = Reader::new(bundle.manifest.clone(), bundle.content());
    // One that is damaged has nothing.
    let table = loop {
        match reader.next_item() {
            Ok(Some(Item::Tips(_))) => {}
            Ok(Some(_)) => break reader.table().to_vec(),
            Ok(None) | Err(_) => break Vec::new(),
        }
    };
    let id = bundle.manifest.id();
    let row = if is_whole { node.locked(|core| core.store.bundle(workspace, &id))? } else { None };
    Ok(OnStick { bundle, row, table })
}

/// What is to be done with a stick.
struct Plan {
    order: Option<Order>,
    obsolete: Vec<PathBuf>,
}

fn planned(
    node: &Node,
    workspace: WorkspaceId,
    (own, others): (&[OnStick], &[OnStick]),
    (target, encrypt, max_bytes): (PathBuf, bool, Option<u64>),
) -> Result<Plan, ApiError> {
    let (default, interest) = (node.config().cache.policy, node.transfers().interest(&workspace));
    node.locked(|core| {
        let readers = plan::readers(core, &workspace, None)?;
        let known = readers.iter().map(|device| Known::of_device(core, &workspace, device));
        let known = known.collect::<Result<Vec<_>, _>>()?;
        let wants = plan::wants(core, &workspace, default, &interest)?;
        let mut selection = plan::select(core, &workspace, &known, &Blobs::All, wants)?;
        let needed: Vec<_> = selection.blobs.iter().map(|blob| blob.hash).collect();
        let needed_blobs: BTreeSet<_> = needed.into_iter().collect();
        let needed_places = selection.places.clone();
        let (is_much, device) = (own.len() > MANY, core.device());
        // What a reader cannot open serves nobody.
        let serves = |row: &BundleRow| {
            let opens = |sealed: &Vec<DeviceId>| readers.iter().all(|reader| sealed.contains(reader));
            (!is_much || Some(row.device) != device) && row.entries.is_some() && row.readers.as_ref().is_none_or(opens)
        };
        let serving: Vec<_> =
            own.iter().chain(others).filter_map(|one| one.row.as_ref().filter(|row| serves(row))).collect();
        let entries: Vec<&BlobSet> = serving.iter().filter_map(|row| row.entries.as_ref()).collect();
        let blobs: Vec<&[ChainBlobs]> = serving.iter().map(|row| row.blobs.as_slice()).collect();
        selection.leave_out(core, &workspace, &entries, &blobs)?;
        let last = own.iter().rfind(|one| one.row.as_ref().is_some_and(serves));
        let is_news = !selection.entries.is_empty()
            || !selection.blobs.is_empty()
            || last.is_none_or(|last| !says(&last.bundle, &selection));
        let mut obsolete = Vec::new();
        for one in own {
            let row = one.row.as_ref().filter(|row| serves(row));
            let is_last = last.is_some_and(|last| last.bundle.path() == one.bundle.path());
            let is_needed = row.is_some_and(|row| {
                let entries = row.entries.as_ref().is_some_and(|set| overlap(set, &needed_places));
                entries || one.table.iter().any(|blob| needed_blobs.contains(&blob.hash))
            });
            if !is_needed && (is_news || !is_last) && all_held(core, &workspace, &one.table)? {
                obsolete.extend(one.bundle.paths().iter().cloned());
            }
        }
        let base = last.map(|last| last.bundle.manifest.id());
        let readers = encrypt.then(|| sealed_for(core, &workspace)).transpose()?;
        let order = Order { workspace, selection, base, audience: None, target, replaces: false, max_bytes, readers };
        Ok(Plan { order: is_news.then_some(order), obsolete })
    })
}

/// Whether a bundle says already what is held and wanted here.
fn says(bundle: &Bundle, selection: &Selection) -> bool {
    let is_same = |part: Part, records: &mut dyn Iterator<Item = Vec<u8>>| {
        let mut tally = Tally::default();
        records.for_each(|record| tally.add(&record));
        tally.section() == *bundle.manifest.section(part)
    };
    is_same(Part::Tips, &mut selection.tips.iter().flat_map(tips_records))
        && is_same(Part::Holdings, &mut selection.holdings.iter().map(holding_record))
        && is_same(Part::Wants, &mut std::iter::once(wants_record(Some(&selection.wants))))
}

/// Whether two lists name a blob in common.
fn share(chains: &[ChainBlobs], others: &[ChainBlobs]) -> bool {
    chains
        .iter()
        .any(|chain| others.iter().any(|other| other.device == chain.device && overlap(&chain.numbers, &other.numbers)))
}

fn overlap(set: &BlobSet, other: &BlobSet) -> bool {
    // Runs are in order in both.
    let mut runs = other.runs().peekable();
    set.runs().any(|run| {
        while runs.next_if(|other| other.end <= run.start).is_some() {}
        runs.peek().is_some_and(|other| other.start < run.end)
    })
}

/// Whether all of these are held here: then a bundle with them is nobody's last copy.
fn all_held(core: &Core, workspace: &WorkspaceId, table: &[BlobRef]) -> Result<bool, ApiError> {
    for blob in table {
        if !core.store.holds(workspace, &blob.hash)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn remove(dir: &Path, files: &[PathBuf]) -> Result<(), ApiError> {
    for file in files {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(storage("cannot remove", file, &error));
            }
            _ => {}
        }
    }
    sync_directory(dir).map_err(|error| storage("cannot sync", dir, &error))
}

/// Returns which of some blobs stand on a stick, read from it and hashed just now.
///
/// # Errors
/// `NotFound` when there is no such directory, `Storage` when it cannot be listed. What cannot be read
/// proves nothing.
pub(crate) async fn proven(
    node: &Node,
    workspace: WorkspaceId,
    drive: PathBuf,
    wanted: BTreeSet<BlobHash>,
) -> Result<BTreeSet<BlobHash>, ApiError> {
    if !drive.is_dir() {
        return Err(ApiError::new(ErrorKind::NotFound, format!("there is no directory {}", drive.display()))
            .hint("plug the stick in, mount it, and name the directory where it is mounted"));
    }
    let dir = drive.join(ROOT).join(workspace.fmt_short());
    if !place::is_directory(&dir)? {
        return Ok(BTreeSet::new());
    }
    let mut ignored = DriveSyncReply::default();
    let (own, others) = find(node, workspace, &dir, &mut ignored).await?;
    let reading = tokio::task::spawn_blocking(move || {
        let mut proven = BTreeSet::new();
        for bundle in own.iter().chain(&others) {
            hash_into(bundle, &wanted, &mut proven);
        }
        proven
    });
    reading.await.map_err(|error| ApiError::new(ErrorKind::Internal, format!("a task failed: {error}")))
}

fn hash_into(bundle: &Bundle, wanted: &BTreeSet<BlobHash>, proven: &mut BTreeSet<BlobHash>) {
    for path in bundle.paths() {
        if let Ok(file) = place::open_file(path) {
            forget_cached(&file);
        }
    }
    let mut reader = Reader::new(bundle.manifest.clone(), bundle.content());
    let mut buffer = vec![0; PIECE];
    while let Ok(Some(item)) = reader.next_item() {
        let Item::Blob(blob) = item else { continue };
        if !wanted.contains(&blob.hash) || proven.contains(&blob.hash) {
            continue;
        }
        let is_right = loop {
            match reader.read_blob(&mut buffer) {
                Ok(0) => break true,
                Ok(_) => {}
                Err(_) => break false,
            }
        };
        if is_right {
            proven.insert(blob.hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_overlap_where_they_share_a_number() {
        let set = |runs: &[(u64, u64)]| BlobSet::from_runs(runs.iter().map(|(start, end)| *start..*end));
        let one = set(&[(0, 5), (10, 20), (40, 41)]);
        for (other, expected) in [
            (set(&[]), false),
            (set(&[(5, 10)]), false),
            (set(&[(5, 10), (20, 40), (41, 90)]), false),
            (set(&[(4, 5)]), true),
            (set(&[(6, 7), (19, 25)]), true),
            (set(&[(30, 31), (40, 50)]), true),
        ] {
            assert_eq!(overlap(&one, &other), expected, "{other:?}");
            assert_eq!(overlap(&other, &one), expected, "{other:?}");
        }
    }
}
