//! The gate: checks a change before Automerge sees it (rule R7 of the authority rules).
//!
//! An entry of kind Change carries one Automerge change as its body. Whether it counts beyond
//! what its header says is decided here, from the change and its ancestors alone, by our own
//! reading ([`scan`]): the same answer on every device, in every order of arrival. Automerge
//! then applies only changes that passed, in [`document`](crate::document); what it thinks of
//! them is never a verdict.
//!
//! Beyond the letter of R7 it refuses what Automerge cannot write, and two things it can: tables,
//! because it panics at the first write into one, and marks, because a forged one makes a
//! document that it saves but cannot load.
//!
//! The gate keeps no values, does not judge authority and does not know what is accepted: the
//! caller offers entries after those they depend on, and admits those that pass.

mod history;
mod info;
mod ops;
mod read;
mod refs;
mod refusal;
mod rle;
mod scan;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::history::{Closure, History};
pub use self::info::ChangeInfo;
use self::refs::Past;
pub use self::refusal::Refusal;
pub use self::scan::{
    Action, Key, MAX_ACTORS, MAX_CHUNK, MAX_DEPS, MAX_OPS, MAX_PREDS, OpRef, Scan, ScanOp, ValueKind, scan,
};
use crate::bug::{self, Bug};
use crate::document::{DELETED, constant_change};
use crate::facts::DocKind;
use crate::id::{ChangeHash, DeviceId, DocId, EntryId, WorkspaceId};

/// What the gate knows about one document.
#[derive(Debug, Clone)]
pub struct DocGate {
    history: History,
    entries: BTreeMap<EntryId, u32>,
}

/// The entry that carries a change.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The device that signed it.
    pub device: DeviceId,
    /// The document.
    pub doc: DocId,
    /// Its number in the device's chain.
    pub seq: u64,
    /// Its id.
    pub entry: EntryId,
    /// Those of its dependencies that are Change entries of this document.
    pub deps: &'a [EntryId],
    /// The device's previous Change entry of this document on its own chain.
    pub previous: Option<EntryId>,
    /// Whether its author is admin or higher at the membership it names.
    pub may_delete: bool,
}

impl DocGate {
    /// Starts with nothing but the constant first change of the kind.
    ///
    /// # Panics
    /// Never: the embedded constant changes are well formed, which a test checks.
    #[must_use]
    pub fn new(kind: DocKind) -> Self {
        let constant = scan(constant_change(kind)).expect("the embedded change is well formed");
        Self { history: History::new(ChangeInfo::new(&constant)), entries: BTreeMap::new() }
    }

    /// Checks a change against the changes admitted so far, those of `ctx.deps` among them.
    ///
    /// # Errors
    /// Says why the change, and with it everything that depends on the entry in this document,
    /// does not count.
    pub fn check(&self, ctx: &Context<'_>, body: &[u8]) -> Result<ChangeInfo, Refusal> {
        let scan = scan(body)?;
        let previous = Self::check_actor(ctx, &scan)?;
        let deps = self.check_deps(ctx, &scan)?;
        let closure = self.history.closure(&deps);
        self.history.check_forks(&closure)?;
        self.check_sequence(&scan, previous, &closure)?;
        let start_op = self.history.max_op(&deps) + 1;
        if scan.start_op < start_op || (scan.start_op > start_op && !bug::is_on(Bug::HighStartOp)) {
            return Err(Refusal::StartOp);
        }
        let info = ChangeInfo::new(&scan);
        Past::new(&self.history, &closure, &info).check(&scan)?;
        let deletes = |op: &ScanOp<'_>| op.obj.is_none() && op.key == Key::Prop(DELETED);
        if !ctx.may_delete && scan.ops.iter().any(deletes) {
            return Err(Refusal::MayNotDelete);
        }
        Ok(info)
    }

    /// Adds a change that passed [`DocGate::check`] on this gate.
    pub fn admit(&mut self, entry: EntryId, info: ChangeInfo) {
        let number = self.history.push(info);
        self.entries.insert(entry, number);
    }

    /// Returns whether the change of an entry was admitted.
    #[must_use]
    pub fn contains(&self, entry: &EntryId) -> bool {
        self.entries.contains_key(entry)
    }

    /// Returns the change that an admitted entry carries.
    #[must_use]
    pub fn change_of(&self, entry: &EntryId) -> Option<ChangeHash> {
        self.history.get(*self.entries.get(entry)?).map(ChangeInfo::hash)
    }

    /// Returns what is known about the change of an admitted entry.
    #[must_use]
    pub fn info_of(&self, entry: &EntryId) -> Option<&ChangeInfo> {
        self.history.get(*self.entries.get(entry)?)
    }

    /// Check 2, without the closure: a new actor at 1, or that of the previous entry, if named.
    fn check_actor(ctx: &Context<'_>, scan: &Scan<'_>) -> Result<Option<EntryId>, Refusal> {
        if scan.actor == actor_for(ctx.workspace, ctx.device, ctx.doc, ctx.seq) {
            return if scan.seq == 1 { Ok(None) } else { Err(Refusal::Sequence) };
        }
        ctx.previous.map(Some).ok_or(Refusal::Actor)
    }

    /// Check 3: the change builds on what its entry builds on.
    fn check_deps(&self, ctx: &Context<'_>, scan: &Scan<'_>) -> Result<Vec<u32>, Refusal> {
        let mut deps = Vec::with_capacity(ctx.deps.len().max(1));
        for entry in ctx.deps {
            deps.push(*self.entries.get(entry).ok_or(Refusal::InertDependency)?);
        }
        if deps.is_empty() {
            // The constant change is always the first.
            deps.push(0);
        }
        let mut hashes: Vec<_> = deps.iter().filter_map(|n| self.history.get(*n)).map(ChangeInfo::hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        if hashes == scan.deps { Ok(deps) } else { Err(Refusal::Dependencies) }
    }

    /// The rest of check 2: the actor's last change in the closure is the one to follow.
    fn check_sequence(&self, scan: &Scan<'_>, previous: Option<EntryId>, closure: &Closure) -> Result<(), Refusal> {
        let last = self.history.last_of(&scan.actor, closure);
        let Some(previous) = previous else {
            return if last.is_none() { Ok(()) } else { Err(Refusal::Equivocation) };
        };
        let number = *self.entries.get(&previous).ok_or(Refusal::Actor)?;
        let info = self.history.get(number).ok_or(Refusal::Actor)?;
        if info.actor() != scan.actor || !closure.contains(number) {
            return Err(Refusal::Actor);
        }
        if info.seq() + 1 != scan.seq {
            return Err(Refusal::Sequence);
        }
        if last == Some(number) { Ok(()) } else { Err(Refusal::Equivocation) }
    }
}

/// Returns the actor a device uses from one of its entries on, per document.
#[must_use]
pub fn actor_for(workspace: WorkspaceId, device: DeviceId, doc: DocId, first_seq: u64) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key("dataforge actor 1");
    hasher.update(workspace.as_bytes());
    hasher.update(device.as_bytes());
    hasher.update(doc.as_bytes());
    hasher.update(&first_seq.to_le_bytes());
    let mut actor = [0; 16];
    hasher.finalize_xof().fill(&mut actor);
    actor
}
