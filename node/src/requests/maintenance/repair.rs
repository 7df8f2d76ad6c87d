//! Repairing damaged blobs: from their own data where only the outboard is wrong, else from peers.

use std::time::{Duration, Instant};

use dataforge_protocol::id::BlobHash;
use tokio::sync::mpsc;

use super::super::syncing;
use super::Damage;
use crate::api::{ApiError, ErrorKind, VerifyReport};
use crate::client::Output;
use crate::node::Node;

/// The longest that is waited for peers.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long nothing may arrive before it is given up, once peers were asked.
const QUIET: Duration = Duration::from_secs(5);
/// Pause between looks at what has arrived.
const LOOK: Duration = Duration::from_millis(100);

/// Says that a blob is lost.
pub(super) fn lost(hash: &BlobHash) -> String {
    format!("blob {hash} is missing or damaged on disk")
}

/// Says that a blob cannot be served.
pub(super) fn unservable(hash: &BlobHash) -> String {
    format!("blob {hash} can be read, but not given to others")
}

/// Repairs what can be, and notes what was and what was not.
///
/// # Errors
/// `Storage` when the disk or the database fails. Peers that are away are no error.
pub(super) async fn repair(
    node: &Node,
    damage: &Damage,
    report: &mut VerifyReport,
    out: &mpsc::Sender<Output>,
) -> Result<(), ApiError> {
    for blob in &damage.unservable {
        match node.blobs().mend(blob).await {
            Ok(()) => report.repaired.push(unservable(&blob.hash)),
            Err(error) => report.problems.push(format!("{}: {error}", unservable(&blob.hash))),
        }
    }
    if damage.lost.is_empty() {
        return Ok(());
    }
    let wanted: Vec<_> = damage.lost.iter().map(|blob| blob.hash).collect();
    // Sessions that are open were told to look again; other peers are dialled.
    match syncing::sync(node, None, Vec::new(), PATIENCE.as_secs(), out).await {
        Err(error) if error.kind != ErrorKind::Network => return Err(error),
        _ => {}
    }
    let missing = wait(node, wanted.clone()).await?;
    for hash in &wanted {
        let list = if missing.contains(hash) { &mut report.problems } else { &mut report.repaired };
        list.push(lost(hash));
    }
    if !missing.is_empty() {
        report.problems.push("no peer that could be reached holds what is damaged; it is asked for again".into());
    }
    Ok(())
}

/// Waits until all blobs are held, or nothing has come for a while; returns those that are not.
async fn wait(node: &Node, wanted: Vec<BlobHash>) -> Result<Vec<BlobHash>, ApiError> {
    let deadline = Instant::now() + PATIENCE;
    let mut quiet_since = Instant::now();
    let mut missing = wanted;
    loop {
        let before = missing.len();
        missing = node
            .with_core(move |core| {
                let mut left = Vec::new();
                for hash in missing {
                    if !core.store.has_blob(&hash)? {
                        left.push(hash);
                    }
                }
                Ok(left)
            })
            .await?;
        if missing.len() < before {
            quiet_since = Instant::now();
        }
        let is_vain = node.connections().is_empty() || quiet_since.elapsed() > QUIET || Instant::now() > deadline;
        if missing.is_empty() || is_vain {
            return Ok(missing);
        }
        tokio::time::sleep(LOOK).await;
    }
}
