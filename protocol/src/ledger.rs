//! The ledger of one workspace: every chain, who may write, and which entries count.
//!
//! [`Ledger::accept`] is the one door for entries, local or remote. Its answers are a pure function
//! of the set of entries held: arrival order, path and clocks never matter. The ledger keeps
//! headers only; bodies stay with the caller and are asked for through [`Bodies`].
//!
//! It does no I/O and knows no time. Persisting what it settled, and indexing what counts, is the
//! node's work; [`Ledger::restore`] brings a stored ledger back without judging it again.

mod accept;
mod aside;
mod branches;
mod chain;
mod contest;
mod counting;
mod explain;
mod gating;
mod judge;
mod near;
mod past;
mod people;
mod settle;
mod shown;
mod waiting;
mod witness;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

pub use self::chain::DeviceTips;
pub use self::explain::{LateWork, Why};
use self::gating::Doc;
use self::near::Marks;
pub use self::people::{DeviceState, Fork, ForkBranch, KnownDevice, KnownPerson};
pub use self::settle::Restoring;
use self::settle::Settled;
use self::shown::Shown;
use self::waiting::Waiting;
pub use self::write::{Draft, DraftError};
use crate::authority::{Membership, OpRefusal, OpSet, View};
use crate::entry::{Entry, EntryKind, ReadHeader};
use crate::facts::{DocKind, Facts};
use crate::gate::Refusal;
use crate::id::{DeviceId, DocId, EntryId, PersonId, WorkspaceId};
use crate::op::{Genesis, Op, Role};

/// Gives the bodies of entries that were settled before.
pub trait Bodies {
    /// Returns the body of an entry, if it is held.
    fn body(&self, id: &EntryId) -> Option<Vec<u8>>;
}

/// What became of an entry. All but [`Outcome::Invalid`] and [`Outcome::Waiting`] are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It counts.
    Accepted,
    /// An entry it rests on is missing.
    Waiting,
    /// It can never count.
    Invalid(Invalid),
    /// It is valid and does not count now.
    Excluded,
    /// It counts but its change fails the gate, or its body is no facts: without effect.
    Inert(Inert),
    /// A newer version wrote it, or what it rests on: kept and passed on.
    Unreadable,
}

/// Why an entry can never count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// It is of another workspace.
    #[error("entry is of another workspace")]
    Workspace,
    /// Its membership op is refused.
    #[error("op is refused: {0}")]
    Op(#[from] OpRefusal),
    /// Its body is a malformed op.
    #[error("op is malformed")]
    MalformedOp,
    /// Its device or role may not write.
    #[error("author may not write")]
    NotAWriter,
    /// It does not continue its chain.
    #[error("entry does not continue its chain")]
    Chain,
    /// It names membership heads that know less than what it builds on.
    #[error("entry knows less than what it builds on")]
    Order,
    /// It rests on an invalid entry, or on one of the wrong kind.
    #[error("entry rests on an invalid one")]
    Ancestor,
    /// It builds on what does not count in its own past.
    #[error("entry builds on what does not count")]
    BuildsOnExcluded,
}

/// Why an entry that counts has no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Inert {
    /// The body of an Open is no facts, or not those of its document.
    #[error("facts are malformed or belong to another document")]
    Facts,
    /// A change of a document that nothing it builds on opened.
    #[error("document was not opened")]
    NotOpened,
    /// The gate refuses the change.
    #[error(transparent)]
    Gate(#[from] Refusal),
    /// Judged in an earlier run, with the reason given then.
    #[error("{0}")]
    Stored(String),
}

/// What one call of [`Ledger::accept`] did.
#[derive(Debug, Default)]
pub struct Acceptance {
    /// Entries that are settled now, in causal order, to be stored as they are: the one given and
    /// those that waited for it, each with its outcome after all of them.
    pub settled: Vec<(Entry, Outcome)>,
    /// The outcome of the given entry when it was not settled: waiting, or invalid.
    pub other: Option<Outcome>,
    /// Entries settled by earlier calls whose outcome changed, each once.
    pub changed: Vec<(EntryId, Outcome)>,
}

/// Why stored entries are no ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The first entry is not the genesis of the workspace.
    #[error("the stored log does not start with the genesis of the workspace")]
    Genesis,
    /// A stored entry does not fit the ones before it.
    #[error("stored entry {0} does not fit the log")]
    Entry(EntryId),
}

/// How an entry stands, in the ledger's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Standing {
    Counts,
    Excluded,
    Unreadable,
}

/// A settled entry.
#[derive(Debug)]
struct Node {
    kind: Option<EntryKind>,
    device: DeviceId,
    seq: u64,
    prev: Option<EntryId>,
    doc: Option<DocId>,
    deps: Vec<EntryId>,
    /// The Open or Change before it on its chain.
    before: Option<EntryId>,
    /// The ops that an Open or Change knows, and its author by these.
    past: Arc<OpSet>,
    author: Option<(PersonId, Role)>,
    /// Whether all of these ops were in effect by what it knew.
    all_effective: bool,
    blob_end: u64,
    standing: Standing,
    /// Boxed: nearly none have it.
    inert: Option<Box<Inert>>,
    /// Whether everything before it on its chain is held.
    connected: bool,
    /// Whether a fork or removal touches it, or what it rests on.
    near: bool,
    /// What shows of forks in its past.
    shown: Shown,
    /// Its number in the order of settling, which is causal.
    position: usize,
}

impl Node {
    fn outcome(&self) -> Outcome {
        match (&self.standing, &self.inert) {
            (Standing::Unreadable, _) => Outcome::Unreadable,
            (Standing::Excluded, _) => Outcome::Excluded,
            (Standing::Counts, Some(inert)) => Outcome::Inert(Inert::clone(inert)),
            (Standing::Counts, None) => Outcome::Accepted,
        }
    }

    fn is_data(&self) -> bool {
        matches!(self.kind, Some(EntryKind::Open | EntryKind::Change))
    }

    fn is_readable_data(&self) -> bool {
        self.is_data() && self.standing != Standing::Unreadable
    }
}

/// The ledger of one workspace.
#[derive(Debug)]
pub struct Ledger {
    workspace: WorkspaceId,
    genesis: Genesis,
    membership: Membership,
    /// The state at all ops held.
    now: Arc<View>,
    /// By id; never gone through, since its order is by chance. Boxed, so that a table that grows
    /// copies pointers.
    nodes: HashMap<EntryId, Box<Node>>,
    order: Vec<EntryId>,
    chains: BTreeMap<DeviceId, BTreeMap<u64, Vec<EntryId>>>,
    docs: BTreeMap<DocId, Doc>,
    /// Lowest forked position of each device that signed two entries for one.
    forked: BTreeMap<DeviceId, u64>,
    /// Those of them that forked again above it.
    forked_again: BTreeSet<DeviceId>,
    marks: Marks,
    /// Devices with several entries for one position, readable or not.
    branched: BTreeSet<DeviceId>,
    /// What ops name as the one before them on their chains, and was not here when they came.
    awaited: BTreeSet<EntryId>,
    waiting: Waiting,
    invalid: BTreeSet<EntryId>,
    /// Entries looked at by judging, which tells what it costs.
    #[cfg(test)]
    steps: std::sync::atomic::AtomicUsize,
}

impl Ledger {
    /// Starts a ledger from its genesis entry.
    ///
    /// # Errors
    /// [`Invalid`] when the entry is no valid genesis.
    pub fn start(genesis: &Entry) -> Result<Self, Invalid> {
        let op = match &genesis.header {
            ReadHeader::Known(EntryKind::Op, header) if header.claims.mheads.is_empty() && header.link.seq == 0 => {
                Op::from_bytes(&genesis.signed.body)
            }
            _ => return Err(Invalid::Op(OpRefusal::Genesis)),
        };
        let Ok(Op::Genesis(body)) = op else {
            return Err(Invalid::Op(OpRefusal::Genesis));
        };
        let mut ledger = Self {
            workspace: WorkspaceId(genesis.id.0),
            genesis: body.clone(),
            membership: Membership::default(),
            now: Arc::default(),
            nodes: HashMap::new(),
            order: Vec::new(),
            chains: BTreeMap::new(),
            docs: BTreeMap::new(),
            forked: BTreeMap::new(),
            forked_again: BTreeSet::new(),
            marks: Marks::default(),
            branched: BTreeSet::new(),
            awaited: BTreeSet::new(),
            waiting: Waiting::default(),
            invalid: BTreeSet::new(),
            #[cfg(test)]
            steps: std::sync::atomic::AtomicUsize::default(),
        };
        let device = genesis.header.link().device;
        ledger.membership.add(genesis.id, device, &[], Op::Genesis(body))?;
        ledger.now = ledger.membership.now();
        ledger.insert_node(genesis, Settled::default());
        Ok(ledger)
    }

    /// Returns the workspace's id.
    #[must_use]
    pub const fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// Returns the genesis op.
    #[must_use]
    pub const fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Returns the membership as of all ops held.
    pub fn members(&self) -> Arc<View> {
        self.now()
    }

    /// Returns a valid membership op.
    #[must_use]
    pub fn op(&self, id: &EntryId) -> Option<&Op> {
        self.membership.op(id)
    }

    /// Returns whether an entry is settled here.
    #[must_use]
    pub fn contains(&self, id: &EntryId) -> bool {
        self.nodes.contains_key(id)
    }

    /// Returns the outcome of a settled entry.
    #[must_use]
    pub fn outcome(&self, id: &EntryId) -> Option<Outcome> {
        self.nodes.get(id).map(|node| node.outcome())
    }

    /// Returns the entries settled from a position on, in causal order.
    #[must_use]
    pub fn settled_since(&self, position: u64) -> &[EntryId] {
        let start = usize::try_from(position).unwrap_or(usize::MAX).min(self.order.len());
        self.order.get(start..).unwrap_or_default()
    }

    /// Returns the number of settled entries.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.order.len() as u64
    }

    /// Returns the settled membership ops in causal order.
    #[must_use]
    pub fn ops(&self) -> Vec<EntryId> {
        self.order
            .iter()
            .filter(|id| self.nodes.get(id).is_some_and(|node| node.kind == Some(EntryKind::Op)))
            .copied()
            .collect()
    }

    /// Returns the documents that have entries.
    pub fn documents(&self) -> impl Iterator<Item = DocId> + '_ {
        self.docs.keys().copied()
    }

    /// Returns the entries of a document that count and have effect, Opens and Changes, in causal
    /// order: what it is materialised from.
    #[must_use]
    pub fn effective_entries(&self, doc: &DocId) -> Vec<(EntryId, EntryKind)> {
        let Some(doc) = self.docs.get(doc) else { return Vec::new() };
        let effective = |id: &EntryId| {
            let node = self.nodes.get(id)?;
            let counts = node.standing == Standing::Counts && node.inert.is_none();
            counts.then_some((*id, node.kind?))
        };
        doc.entries.iter().filter_map(effective).collect()
    }

    /// Returns the document of a settled entry.
    #[must_use]
    pub fn doc_of(&self, id: &EntryId) -> Option<DocId> {
        self.nodes.get(id)?.doc
    }

    /// Returns the devices that signed two entries for one position, with the lowest such position.
    #[must_use]
    pub const fn forked(&self) -> &BTreeMap<DeviceId, u64> {
        &self.forked
    }

    /// Returns the number of entries that wait for missing ones.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Returns whether an entry waits only because something that is held could not be read. It is
    /// judged when it is given again.
    #[must_use]
    pub fn is_put_off(&self, id: &EntryId) -> bool {
        self.waiting.missing_of(id).is_some_and(|missing| self.contains(&missing))
    }

    #[cfg(test)]
    fn waiting_places(&self) -> (usize, usize) {
        self.waiting.places()
    }

    /// Returns the kind of a document, from the first Open that counts.
    #[must_use]
    pub fn doc_kind(&self, doc: &DocId, bodies: &dyn Bodies) -> Option<DocKind> {
        let mut opens = self.docs.get(doc)?.entries.iter().filter(|id| {
            let node = self.nodes.get(id).filter(|node| node.kind == Some(EntryKind::Open));
            node.is_some_and(|node| node.inert.is_none() && node.standing == Standing::Counts)
        });
        Some(Facts::from_bytes(&bodies.body(opens.next()?)?)?.kind())
    }
}

#[cfg(test)]
pub(crate) mod tests;
