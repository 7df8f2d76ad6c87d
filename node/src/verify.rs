//! Verifying entries of others on as many processors as there are: a signature costs about as much as all
//! else that is done with an entry.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, available_parallelism};

use dataforge_protocol::entry::{Entry, EntryError, SignedEntry};

/// Entries for which another thread is begun: fewer are verified sooner than it is there.
const SHARE: usize = 16;
/// Threads for one batch.
const MOST: usize = 8;

/// Verifies entries; they stay in their order.
///
/// # Errors
/// What is wrong with the first one that does not verify.
pub(crate) fn verify(entries: Vec<SignedEntry>) -> Result<Vec<Entry>, EntryError> {
    let most = available_parallelism().map_or(1, usize::from);
    tokio::task::block_in_place(|| side_by_side(entries, most))
}

fn side_by_side(entries: Vec<SignedEntry>, most: usize) -> Result<Vec<Entry>, EntryError> {
    let threads = most.min(MOST).min(entries.len() / SHARE).max(1);
    let each = entries.len().div_ceil(threads).max(1);
    let mut left = entries.into_iter();
    let parts: Vec<Vec<_>> = (0..threads).map(|_| left.by_ref().take(each).collect()).collect();
    let (parts, done) = (Mutex::new(parts.into_iter().enumerate()), Mutex::new(BTreeMap::new()));
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some((number, part)) = next() {
            let verified = part.into_iter().map(SignedEntry::verify).collect::<Result<Vec<_>, _>>();
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(number, verified);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // Where the system gives no more of them, this one does what is left.
            drop(Builder::new().spawn_scoped(scope, work));
        }
        work();
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(done.into_values().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use dataforge_protocol::entry::{BodyRef, Claims, Header, Link};
    use dataforge_protocol::id::{DeviceId, DocId, EntryId, WorkspaceId};
    use iroh::SecretKey;

    use super::*;

    /// Entries of one chain; the body of each says which it is.
    fn entries(count: u64) -> Vec<SignedEntry> {
        let secret = SecretKey::from_bytes(&[4; 32]);
        let device = DeviceId(*secret.public().as_bytes());
        let workspace = WorkspaceId([1; 32]);
        let sign = |seq: u64| {
            let body = seq.to_be_bytes().to_vec();
            let prev = (seq > 0).then_some(EntryId([5; 32]));
            let link = Link { version: 1, kind: 1, workspace, device, seq, prev, body: BodyRef::of(&body) };
            let claims = Claims { mheads: vec![EntryId([2; 32])], doc: Some(DocId([3; 32])), ..Claims::default() };
            SignedEntry::sign(&Header { link, claims }, body, &secret)
        };
        (0..count).map(sign).collect()
    }

    #[test]
    fn entries_stay_in_their_order_however_many_threads_there_are() {
        for (count, threads) in [(0, 1), (1, 4), (16, 1), (33, 2), (100, 3), (200, 64)] {
            let verified = side_by_side(entries(count), threads).unwrap();
            let said: Vec<_> = verified.iter().map(|entry| entry.signed.body.clone()).collect();
            assert_eq!(said, (0..count).map(|seq| seq.to_be_bytes().to_vec()).collect::<Vec<_>>(), "{count}");
        }
    }

    #[test]
    fn the_first_that_is_bad_is_told_wherever_it_is() {
        for bad in [0, 15, 50, 99] {
            let mut entries = entries(100);
            entries[bad].body.push(0);
            // A later one is bad in another way.
            if bad < 99 {
                entries[99].header.push(0);
            }
            assert_eq!(side_by_side(entries, 4).unwrap_err(), EntryError::Body, "{bad}");
        }
    }
}
