//! Asking others to prove that they hold blobs, and proving it to them.
//!
//! A proof is an answer given now: the device hashed the blob on its disk and promises not to give it
//! up for some minutes. What it said before, or what others say of it, proves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use dataforge_protocol::limits::MAX_ASKED;
use dataforge_protocol::wire::{Ask, Message, Promise};
use futures::future::join_all;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::lease::{BINDS, relied_on};
use crate::api::ApiError;
use crate::blob::Verdict;
use crate::clock::now_ms;
use crate::node::Node;
use crate::store::Lease;

/// The longest that is waited for an answer: the other side reads all of it from its disk.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that one question may make others read.
const ASKED_BYTES: u64 = 1 << 30;

/// Questions that wait for their answers.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    numbers: AtomicU64,
    waiting: Mutex<BTreeMap<(DeviceId, u64), oneshot::Sender<Promise>>>,
}

impl Promises {
    fn ask(&self, device: DeviceId) -> (u64, oneshot::Receiver<Promise>) {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert((device, number), sender);
        (number, answer)
    }

    fn forget(&self, device: DeviceId, number: u64) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&(device, number));
    }

    /// A device answers; what nobody asked is no answer.
    pub(crate) fn on_promise(&self, device: DeviceId, promise: Promise) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&(device, promise.number));
        if let Some(waiting) = waiting {
            // Whoever asked may have given up.
            drop(waiting.send(promise));
        }
    }
}

/// Until when proofs may be relied on. Both clocks have to agree: the one does not count while a
/// machine sleeps, the other may be set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    asked: Instant,
    /// By the wall, in milliseconds since 1970.
    asked_ms: u64,
    within: Duration,
}

impl Deadline {
    fn begin() -> Self {
        Self { asked: Instant::now(), asked_ms: now_ms(), within: relied_on(BINDS) }
    }

    fn shorten(&mut self, binds: Duration) {
        self.within = self.within.min(relied_on(binds));
    }

    pub(super) fn holds(&self) -> bool {
        let by_the_wall = now_ms().checked_sub(self.asked_ms).map(Duration::from_millis);
        self.asked.elapsed() < self.within && by_the_wall.is_some_and(|passed| passed < self.within)
    }
}

/// Who proved to hold what.
#[derive(Debug)]
pub(super) struct Proofs {
    /// The devices that promised each blob.
    pub(super) by_blob: BTreeMap<BlobHash, BTreeSet<DeviceId>>,
    /// How long that may be relied on.
    pub(super) deadline: Deadline,
    /// Blobs that were read from a stick and hashed just now: one more copy of each.
    pub(super) on_drive: BTreeSet<BlobHash>,
}

impl Proofs {
    /// Returns how many copies of a blob are proven, counting devices that `counts` holds for.
    pub(super) fn copies(&self, hash: &BlobHash, counts: impl Fn(&DeviceId) -> bool) -> usize {
        let devices = self.by_blob.get(hash).into_iter().flatten();
        devices.filter(|device| counts(device)).count() + usize::from(self.on_drive.contains(hash))
    }
}

/// Cuts blobs into questions.
pub(super) fn questions(blobs: &[BlobRef]) -> Vec<Vec<BlobRef>> {
    let (mut questions, mut bytes): (Vec<Vec<BlobRef>>, u64) = (Vec::new(), 0);
    for blob in blobs {
        match questions.last_mut() {
            Some(last) if last.len() < MAX_ASKED && bytes + blob.size <= ASKED_BYTES => last.push(*blob),
            _ => {
                questions.push(vec![*blob]);
                bytes = 0;
            }
        }
        bytes += blob.size;
    }
    questions
}

/// Asks every device of a workspace that is connected to prove that it holds blobs; as many as fit
/// into one question.
pub(super) async fn ask(node: &Node, workspace: WorkspaceId, blobs: &[BlobRef]) -> Proofs {
    let mut proofs = Proofs { by_blob: BTreeMap::new(), deadline: Deadline::begin(), on_drive: BTreeSet::new() };
    let Some(network) = node.running() else { return proofs };
    let hashes: Vec<_> = blobs.iter().map(|blob| blob.hash).collect();
    let questions = network.connected(&workspace).into_iter().map(|device| {
        let (network, hashes) = (&network, hashes.clone());
        async move {
            let (number, answer) = node.promises().ask(device);
            network.tell(&workspace, &device, Message::Ask(Ask { number, blobs: hashes }));
            let answer = timeout(PATIENCE, answer).await;
            node.promises().forget(device, number);
            Some((device, answer.ok()?.ok()?))
        }
    });
    for (device, promise) in join_all(questions).await.into_iter().flatten() {
        proofs.deadline.shorten(Duration::from_secs(promise.seconds.into()));
        for hash in promise.blobs.iter().filter(|hash| hashes.contains(hash)) {
            proofs.by_blob.entry(*hash).or_default().insert(device);
        }
    }
    proofs
}

/// Answers a device that asks: hashes what of it is held here and promises what is right.
///
/// # Errors
/// `Storage`; nothing is promised then.
pub(crate) async fn answer(
    node: &Node,
    workspace: WorkspaceId,
    device: DeviceId,
    ask: Ask,
) -> Result<Promise, ApiError> {
    let Ask { number, blobs } = ask;
    let held = node
        .with_core(move |core| {
            if !core.ledger(&workspace)?.members().is_member(&device) {
                return Ok(Vec::new());
            }
            let (mut held, mut bytes) = (Vec::new(), 0_u64);
            for hash in blobs {
                // The first always: there are larger ones than a question is worth.
                let fits = |size: &u64| held.is_empty() || bytes.saturating_add(*size) <= ASKED_BYTES;
                let size = core.store.size_held(&workspace, &hash)?.filter(fits);
                if let Some(size) = size
                    && core.store.refers(&workspace, &hash)?
                {
                    bytes += size;
                    held.push((hash, size));
                }
            }
            Ok(held)
        })
        .await?;
    // One question at a time, so that a member cannot keep the disk busy with many.
    let answering = node.answering().lock().await;
    let blobs = node.blobs().clone();
    let pairs = held.clone();
    let verdicts = tokio::task::spawn_blocking(move || blobs.check(&pairs)).await;
    drop(answering);
    let verdicts = verdicts.map_err(|error| ApiError::new(crate::api::ErrorKind::Internal, error.to_string()))??;
    let whole: Vec<_> =
        held.iter().zip(verdicts).filter(|(_, verdict)| *verdict == Verdict::Whole).map(|(blob, _)| blob.0).collect();
    let asker = node.clone();
    let promised = node
        .with_core(move |core| {
            let mut promised = asker.leases().promise(device, &whole, Instant::now());
            let granted_ms = now_ms();
            let mut held = Vec::new();
            for hash in promised.drain(..) {
                // It may have gone while it was hashed.
                if core.store.holds(&workspace, &hash)? {
                    held.push(hash);
                }
            }
            let leases: Vec<_> = held.iter().map(|hash| Lease { hash: *hash, device, granted_ms }).collect();
            core.store.transaction(|store| store.note_leases(&leases))?;
            Ok(held)
        })
        .await?;
    let seconds = u32::try_from(BINDS.as_secs()).unwrap_or(u32::MAX);
    Ok(Promise { number, blobs: promised, seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_relied_on_only_while_both_clocks_say_so() {
        let mut deadline = Deadline::begin();
        assert!(deadline.holds());
        deadline.shorten(Duration::from_secs(200));
        assert_eq!(deadline.within, Duration::from_secs(100));
        let asleep = Deadline { asked_ms: now_ms() - 100_001, ..deadline };
        assert!(!asleep.holds(), "by the wall it is over");
        let set_back = Deadline { asked_ms: now_ms() + 60_000, ..deadline };
        assert!(!set_back.holds(), "the clock was set back");
        let long_ago = Deadline { asked: Instant::now().checked_sub(Duration::from_secs(101)).unwrap(), ..deadline };
        assert!(!long_ago.holds());
        deadline.shorten(Duration::ZERO);
        assert!(!deadline.holds(), "a promise of no time");
    }

    #[test]
    fn questions_are_bounded_by_number_and_bytes() {
        let blob = |number: u64, size| BlobRef { hash: BlobHash::of(&number.to_le_bytes()), size };
        let many: Vec<_> = (0..600).map(|number| blob(number, 1)).collect();
        assert_eq!(questions(&many).iter().map(Vec::len).collect::<Vec<_>>(), [256, 256, 88]);
        let heavy: Vec<_> = (0..5).map(|number| blob(number, ASKED_BYTES / 2)).collect();
        assert_eq!(questions(&heavy).iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(questions(&[blob(1, ASKED_BYTES * 3)]).len(), 1, "one that is larger is asked for alone");
    }
}
