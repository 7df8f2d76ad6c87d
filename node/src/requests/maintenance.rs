//! Verification and configuration.

mod repair;

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{EntryId, WorkspaceId};
use dataforge_protocol::ledger::Ledger;
use tokio::sync::mpsc;

use crate::api::{ApiError, Event, Reply, VerifyReport};
use crate::blob::Verdict;
use crate::client::Output;
use crate::core::Core;
use crate::node::Node;

/// Blobs hashed between two progress reports.
const STEP: usize = 64;

/// Checks every entry and re-hashes every blob. Blobs found wanting leave the have-table, so that
/// they are not given to anybody and are fetched again: now when they are to be repaired.
pub(super) async fn verify(node: &Node, repair: bool, out: &mpsc::Sender<Output>) -> Result<Reply, ApiError> {
    let (mut report, held) = node
        .with_core(|core| {
            let mut report =
                VerifyReport { blobs: 0, bytes: 0, entries: 0, problems: Vec::new(), repaired: Vec::new() };
            for workspace in core.workspace_ids() {
                verify_chains(core, &workspace, &mut report)?;
            }
            Ok((report, core.store.held()?))
        })
        .await?;
    let mut found = Damage::default();
    for (at, part) in held.chunks(STEP).enumerate() {
        tokio::task::block_in_place(|| hash_again(node, part, &mut report, &mut found))?;
        let (done, total) = ((at * STEP + part.len()) as u64, held.len() as u64);
        let progress = Event::Progress { step: "hashing".into(), done, total, item: String::new() };
        // Nobody may be listening any more.
        drop(out.send(Output::Event(progress)).await);
    }
    if found.lost.is_empty() {
        // A full disk can be verified, too.
        let noted = node.with_core(|core| core.store.note_time(crate::chores::VERIFIED, crate::clock::now_ms())).await;
        if let Err(error) = noted {
            tracing::warn!("that everything was hashed is not noted: {error}");
        }
    } else {
        let lost: Vec<_> = found.lost.iter().map(|blob| blob.hash).collect();
        node.with_core(move |core| core.store.transaction(|store| store.forget_have(&lost))).await?;
        // Results that were kept are of what is lost now; sessions that are open ask for it again.
        node.look_for_blobs();
    }
    if repair {
        repair::repair(node, &found, &mut report, out).await?;
    } else {
        report.problems.extend(found.unservable.iter().map(|blob| repair::unservable(&blob.hash)));
        report.problems.extend(found.lost.iter().map(|blob| repair::lost(&blob.hash)));
        if !found.lost.is_empty() {
            let how = "damaged blobs are fetched again with the next sync, or now with verify --repair, if a peer \
                       holds them";
            report.problems.push(how.into());
        }
    }
    Ok(Reply::Verify(report))
}

/// Held blobs whose files are not right.
#[derive(Debug, Default)]
pub(super) struct Damage {
    /// Those that are missing or damaged.
    lost: Vec<BlobRef>,
    /// Those that can be read and not given to others.
    unservable: Vec<BlobRef>,
}

fn hash_again(node: &Node, blobs: &[BlobRef], report: &mut VerifyReport, found: &mut Damage) -> Result<(), ApiError> {
    let pairs: Vec<_> = blobs.iter().map(|blob| (blob.hash, blob.size)).collect();
    for (blob, verdict) in blobs.iter().zip(node.blobs().check(&pairs)?) {
        report.blobs += 1;
        report.bytes += blob.size;
        match verdict {
            Verdict::Whole => {}
            Verdict::Damaged => found.lost.push(*blob),
            Verdict::Unservable => found.unservable.push(*blob),
        }
    }
    Ok(())
}

/// Checks signatures, hashes and chains, and that judging the entries anew gives the stored
/// outcomes.
fn verify_chains(core: &mut Core, workspace: &WorkspaceId, report: &mut VerifyReport) -> Result<(), ApiError> {
    let mut fresh: Option<Ledger> = None;
    let mut outcomes = Vec::new();
    let store = &core.store;
    store.each_entry(workspace, |id, stored| {
        report.entries += 1;
        let entry = match stored.signed.verify() {
            Ok(entry) if entry.id == id => entry,
            Ok(_) => return note(report, id, "is stored under another id"),
            Err(error) => return note(report, id, &error.to_string()),
        };
        match &mut fresh {
            None => match Ledger::start(&entry) {
                Ok(ledger) => fresh = Some(ledger),
                Err(error) => return note(report, id, &error.to_string()),
            },
            Some(ledger) => {
                if ledger.accept(entry, store).settled.is_empty() {
                    return note(report, id, "is not accepted when judged again");
                }
            }
        }
        outcomes.push((id, stored.outcome));
        Ok(())
    })?;
    for (id, stored) in outcomes {
        let now = fresh.as_ref().and_then(|ledger| ledger.outcome(&id));
        if now.as_ref().map(std::mem::discriminant) != Some(std::mem::discriminant(&stored)) {
            note(report, id, &format!("is stored as {stored:?} and judged {now:?}"))?;
        }
    }
    let live = core.ledger(workspace)?.tips();
    if fresh.is_none_or(|ledger| ledger.tips() != live) {
        report
            .problems
            .push(format!("workspace {}: the chains in memory are not those on disk", workspace.fmt_short()));
    }
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "it ends closures that return a result")]
fn note(report: &mut VerifyReport, id: EntryId, what: &str) -> Result<(), ApiError> {
    report.problems.push(format!("entry {id} {what}"));
    Ok(())
}

/// Makes the index of every workspace anew.
pub(super) async fn rebuild(node: &Node) -> Result<Reply, ApiError> {
    let workspaces = node
        .with_core(|core| {
            let ids = core.workspace_ids();
            ids.iter().try_for_each(|id| core.rebuild(id))?;
            Ok(ids.len())
        })
        .await?;
    // Results that were kept may be of an index that was wrong.
    node.look_for_blobs();
    Ok(Reply::Done { message: format!("the index of {workspaces} workspaces was made anew") })
}

pub(super) fn config_get(node: &Node, key: Option<&str>) -> Result<Reply, ApiError> {
    Ok(Reply::Config { values: node.config().values(key)? })
}

pub(super) fn config_set(node: &Node, key: &str, value: &str) -> Result<Reply, ApiError> {
    node.change_config(key, value)?;
    config_get(node, Some(key))
}

#[cfg(test)]
mod tests;
