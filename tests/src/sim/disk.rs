//! A disk: bytes that are there after a crash, bytes that may be, and the rows they hold.
//!
//! It keeps what the node's store keeps, with the promises of SQLite in WAL mode: a transaction is
//! one record with a checksum, there in full once it was synced and in full or not at all before;
//! an error leaves nothing of it. What is read in a run comes from the rows in memory, as from the
//! page cache.

use std::collections::BTreeMap;

use dataforge_protocol::bug::{self, Bug};
use dataforge_protocol::entry::{Entry, SignedEntry, entry_id};
use dataforge_protocol::id::EntryId;
use dataforge_protocol::ledger::{Acceptance, Bodies, Inert, Ledger, Outcome};
use dataforge_protocol::sync::Entries;
use serde::{Deserialize, Serialize};

/// Bytes that are written whole or not at all.
const SECTOR: usize = 512;
/// Bytes of a record before its content: length and checksum.
const START: usize = 12;
/// Newest records that do not rot: those still in SQLite's log, where a damaged one looks like one
/// that was never finished. Older ones are in its pages, and an entry that reads is what it was.
const FRESH: usize = 3;

/// One committed entry, with what a store keeps of its outcome.
#[derive(Debug, Clone)]
struct Row {
    signed: SignedEntry,
    outcome: Outcome,
}

/// An outcome as stored: number and reason.
type Stored = (u8, Option<String>);

/// A transaction as stored.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Record {
    entries: Vec<(SignedEntry, Stored)>,
    changes: Vec<(EntryId, Stored)>,
}

/// Why a transaction failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DiskError {
    Full,
    Io,
}

/// What fails now.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Failing {
    pub(super) full: bool,
    pub(super) write: bool,
    pub(super) sync: bool,
    pub(super) read: bool,
}

/// How a node's disk came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recovered {
    /// With all that was synced.
    Whole,
    /// With what is before the first damage.
    Damaged,
    /// The node died again on the way.
    Died,
}

/// One node's disk.
#[derive(Debug, Default)]
pub(super) struct Disk {
    /// What is there after a crash.
    synced: Vec<u8>,
    /// What was written after that.
    cached: Vec<u8>,
    /// Where records start in `synced`.
    starts: Vec<usize>,
    rows: BTreeMap<EntryId, Row>,
    order: Vec<EntryId>,
    /// The open transaction.
    staged: Vec<(EntryId, Row)>,
    staged_changes: Vec<(EntryId, Outcome)>,
    pub(super) failing: Failing,
    /// Whether a bit flipped that nobody noticed yet.
    pub(super) rotten: bool,
}

/// What is left of an outcome when a store has kept it: reasons become text.
fn kept(outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Inert(inert) => Outcome::Inert(Inert::Stored(inert.to_string())),
        other => other.clone(),
    }
}

fn to_stored(outcome: &Outcome) -> Stored {
    match outcome {
        Outcome::Accepted => (0, None),
        Outcome::Excluded => (1, None),
        Outcome::Inert(inert) => (2, Some(inert.to_string())),
        Outcome::Unreadable | Outcome::Waiting | Outcome::Invalid(_) => (3, None),
    }
}

fn from_stored((code, reason): Stored) -> Outcome {
    match code {
        0 => Outcome::Accepted,
        1 => Outcome::Excluded,
        2 => Outcome::Inert(Inert::Stored(reason.unwrap_or_default())),
        _ => Outcome::Unreadable,
    }
}

fn checksum(content: &[u8]) -> [u8; 8] {
    blake3::hash(content).as_bytes()[..8].try_into().expect("8 of 32 bytes")
}

/// Returns the content of the record at a place, and where it ends.
fn record_at(bytes: &[u8], start: usize) -> Option<(&[u8], usize)> {
    let head = bytes.get(start..start + START)?;
    let length = u32::from_le_bytes(head[..4].try_into().ok()?) as usize;
    let end = start.checked_add(START)?.checked_add(length)?;
    let content = bytes.get(start + START..end)?;
    (checksum(content)[..] == head[4..]).then_some((content, end))
}

impl Disk {
    pub(super) fn stage(&mut self, done: &Acceptance) {
        for (entry, outcome) in &done.settled {
            let row = Row { signed: entry.signed.clone(), outcome: kept(outcome) };
            self.staged.push((entry.id, row));
        }
        self.staged_changes.extend(done.changed.iter().map(|(id, outcome)| (*id, kept(outcome))));
    }

    pub(super) fn stage_first(&mut self, genesis: &Entry) {
        let row = Row { signed: genesis.signed.clone(), outcome: Outcome::Accepted };
        self.staged.push((genesis.id, row));
    }

    /// Makes the open transaction durable; returns the entries in it. Nothing of it stays when this
    /// fails.
    pub(super) fn commit(&mut self) -> Result<Vec<EntryId>, DiskError> {
        if self.staged.is_empty() && self.staged_changes.is_empty() {
            return Ok(Vec::new());
        }
        // A transaction that failed left its bytes where this one goes.
        if !bug::is_on(Bug::SkipSync) {
            self.cached.clear();
        }
        let Failing { full, write, sync, .. } = self.failing;
        if full || write {
            return Err(self.fail(if full { DiskError::Full } else { DiskError::Io }));
        }
        self.append();
        if bug::is_on(Bug::SkipSync) {
            return Ok(self.apply());
        }
        if sync {
            return Err(self.fail(DiskError::Io));
        }
        self.sync();
        Ok(self.apply())
    }

    fn fail(&mut self, error: DiskError) -> DiskError {
        self.roll_back();
        error
    }

    pub(super) fn roll_back(&mut self) {
        self.staged.clear();
        self.staged_changes.clear();
    }

    fn append(&mut self) {
        let record = Record {
            entries: self.staged.iter().map(|(_, row)| (row.signed.clone(), to_stored(&row.outcome))).collect(),
            changes: self.staged_changes.iter().map(|(id, outcome)| (*id, to_stored(outcome))).collect(),
        };
        let content = postcard::to_stdvec(&record).expect("records are serialisable");
        let length = u32::try_from(content.len()).expect("a transaction of less than 4 GiB");
        self.cached.extend(length.to_le_bytes());
        self.cached.extend(checksum(&content));
        self.cached.extend(content);
    }

    fn sync(&mut self) {
        self.starts.push(self.synced.len());
        self.synced.append(&mut self.cached);
    }

    fn apply(&mut self) -> Vec<EntryId> {
        let mut ids = Vec::new();
        for (id, row) in self.staged.drain(..) {
            assert!(self.rows.insert(id, row).is_none(), "{id} was settled twice");
            self.order.push(id);
            ids.push(id);
        }
        for (id, outcome) in self.staged_changes.drain(..) {
            self.rows.get_mut(&id).expect("a changed entry is stored").outcome = outcome;
        }
        ids
    }

    /// What was not synced is gone, but for some sectors of it if `torn`.
    pub(super) fn crash(&mut self, torn: bool, random: &mut fastrand::Rng) {
        self.roll_back();
        let mut tail = std::mem::take(&mut self.cached);
        if !torn {
            return;
        }
        let first = SECTOR - self.synced.len() % SECTOR;
        let mut start = 0;
        while start < tail.len() {
            let end = if start == 0 { first } else { start + SECTOR }.min(tail.len());
            if random.bool() {
                tail[start..end].fill(0);
            }
            start = end;
        }
        tail.truncate(random.usize(..=tail.len()));
        self.synced.extend(tail);
    }

    /// Reads the disk again. `dies` says whether the node dies while it removes what a crash left.
    pub(super) fn recover(&mut self, dies: bool, random: &mut fastrand::Rng) -> Recovered {
        self.rows.clear();
        self.order.clear();
        self.starts.clear();
        self.rotten = false;
        let (mut start, mut damaged) = (0, false);
        while let Some((content, end)) = record_at(&self.synced, start) {
            let Some(record) = read_record(content) else {
                damaged = true;
                break;
            };
            self.load(record);
            self.starts.push(start);
            start = end;
        }
        damaged |= self.goes_on_after(start);
        // Of damage nothing is removed before it is known to be such.
        if self.synced.len() > start && !(dies && damaged) {
            let keep = if dies { random.usize(start..=self.synced.len()) } else { start };
            self.synced.truncate(keep);
        }
        match (dies, damaged) {
            (true, _) => Recovered::Died,
            (_, true) => Recovered::Damaged,
            _ => Recovered::Whole,
        }
    }

    /// Whether records follow one that does not read, so that it is no unfinished one.
    fn goes_on_after(&self, start: usize) -> bool {
        let rest = start + 1..self.synced.len().max(start + 1);
        self.synced.len() > start
            && rest.into_iter().any(|at| record_at(&self.synced, at).is_some_and(|(c, _)| !c.is_empty()))
    }

    fn load(&mut self, record: Record) {
        for (signed, stored) in record.entries {
            let id = entry_id(&signed.header);
            self.rows.insert(id, Row { signed, outcome: from_stored(stored) });
            self.order.push(id);
        }
        for (id, stored) in record.changes {
            if let Some(row) = self.rows.get_mut(&id) {
                row.outcome = from_stored(stored);
            }
        }
    }

    /// Flips a bit of something stored some time ago; returns whether there is any.
    pub(super) fn rot(&mut self, random: &mut fastrand::Rng) -> bool {
        // The genesis stays: without it there is nothing to come back to.
        let Some(old) = self.starts.len().checked_sub(FRESH).filter(|old| *old > 1) else { return false };
        let at = random.usize(self.starts[1]..self.starts[old]);
        self.synced[at] ^= 1 << random.u8(..8);
        self.rotten = true;
        true
    }

    /// Returns what a disk begins with: the genesis, which every ticket names.
    pub(super) fn first(&self) -> Vec<u8> {
        self.synced[..self.starts.get(1).copied().unwrap_or(self.synced.len())].to_vec()
    }

    /// Returns the bytes that a backup takes.
    pub(super) fn backup(&self) -> Vec<u8> {
        self.synced.clone()
    }

    /// Puts a backup in place of what is there.
    pub(super) fn put_back(&mut self, backup: Vec<u8>) {
        *self = Self { synced: backup, ..Self::default() };
    }

    pub(super) fn order(&self) -> &[EntryId] {
        &self.order
    }

    pub(super) fn outcome(&self, id: &EntryId) -> Option<&Outcome> {
        self.rows.get(id).map(|row| &row.outcome)
    }

    /// Returns a stored entry, whatever fails now.
    pub(super) fn stored(&self, id: &EntryId) -> Option<&SignedEntry> {
        self.rows.get(id).map(|row| &row.signed)
    }

    /// Returns an entry that is stored or in the open transaction.
    pub(super) fn staged(&self, id: &EntryId) -> Option<&SignedEntry> {
        let staged = || self.staged.iter().find(|(other, _)| other == id).map(|(_, row)| &row.signed);
        self.stored(id).or_else(staged)
    }

    /// Returns all that is stored or in the open transaction, in order.
    pub(super) fn held(&self) -> impl Iterator<Item = &SignedEntry> {
        let staged = self.staged.iter().map(|(_, row)| &row.signed);
        self.order.iter().filter_map(|id| self.stored(id)).chain(staged)
    }

    pub(super) fn restore(&self) -> Ledger {
        let read = |id: &EntryId| {
            let Row { signed, outcome } = self.rows[id].clone();
            (signed.read().expect("a stored entry reads"), outcome)
        };
        Ledger::restore(self.order.iter().map(read)).expect("a stored log restores")
    }
}

/// Reads a record whose every entry is what its hashes say.
fn read_record(content: &[u8]) -> Option<Record> {
    let record: Record = postcard::from_bytes(content).ok()?;
    record.entries.iter().all(|(signed, _)| signed.clone().read().is_ok()).then_some(record)
}

/// A body that cannot be read counts as absent, as in the store.
impl Bodies for Disk {
    fn body(&self, id: &EntryId) -> Option<Vec<u8>> {
        let staged = || self.staged.iter().find(|(other, _)| other == id).map(|(_, row)| row);
        let row = self.rows.get(id).filter(|_| !self.failing.read).or_else(staged)?;
        Some(row.signed.body.clone())
    }
}

impl Entries for Disk {
    /// Only what is durable is ever sent.
    fn entry(&self, id: &EntryId) -> Option<SignedEntry> {
        let staged = || self.staged.iter().find(|(other, _)| other == id).map(|(_, row)| row);
        let early = || if bug::is_on(Bug::ApplyFirst) { staged() } else { None };
        Some(self.rows.get(id).filter(|_| !self.failing.read).or_else(early)?.signed.clone())
    }
}
