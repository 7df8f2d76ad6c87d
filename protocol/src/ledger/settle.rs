//! Settling: an entry takes its place in memory, live or from the store.

use std::sync::Arc;

use super::accept::check_facts;
use super::shown::Shown;
use super::{Bodies, Inert, Ledger, Node, Outcome, RestoreError, Standing};
use crate::authority::OpSet;
use crate::entry::{Claims, Entry, EntryKind, Header, ReadHeader};
use crate::id::{EntryId, PersonId};
use crate::op::{Op, Role};

/// What judging an entry found.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    pub(super) standing: Standing,
    pub(super) inert: Option<Inert>,
    /// Of an Open or Change: the ops it knows, its author, and the data before it on its chain.
    pub(super) past: Arc<OpSet>,
    pub(super) author: Option<(PersonId, Role)>,
    pub(super) all_effective: bool,
    pub(super) before: Option<EntryId>,
}

impl Default for Settled {
    fn default() -> Self {
        let (past, standing) = (Arc::default(), Standing::Counts);
        Self { standing, inert: None, past, author: None, all_effective: false, before: None }
    }
}

impl Settled {
    pub(super) fn unreadable() -> Self {
        Self { standing: Standing::Unreadable, ..Self::default() }
    }
}

/// A ledger that is brought back from its stored entries, given one by one in the order they were settled.
/// They are not judged again.
#[derive(Debug, Default)]
pub struct Restoring(Option<Ledger>);

impl Restoring {
    /// Adds the next entry with its stored outcome.
    ///
    /// # Errors
    /// [`RestoreError`] when it does not fit those before it, or the first is no genesis.
    pub fn push(&mut self, entry: &Entry, outcome: Outcome) -> Result<(), RestoreError> {
        let Some(ledger) = &mut self.0 else {
            self.0 = Some(Ledger::start(entry).map_err(|_invalid| RestoreError::Genesis)?);
            return Ok(());
        };
        let fits = !ledger.contains(&entry.id);
        let settled = fits.then(|| ledger.restored(entry, outcome)).flatten();
        let settled = settled.ok_or(RestoreError::Entry(entry.id))?;
        ledger.insert_node(entry, settled);
        ledger.note_fork(entry);
        Ok(())
    }

    /// Returns the ledger of all of them.
    ///
    /// # Errors
    /// [`RestoreError::Genesis`] when there were none.
    pub fn finish(self) -> Result<Ledger, RestoreError> {
        let mut ledger = self.0.ok_or(RestoreError::Genesis)?;
        ledger.now = ledger.membership.now();
        ledger.mark_near();
        Ok(ledger)
    }
}

impl Ledger {
    /// Brings back a ledger from its stored entries, as [`Restoring`] does.
    ///
    /// # Errors
    /// [`RestoreError`] when the entries are no log of one workspace.
    pub fn restore(entries: impl IntoIterator<Item = (Entry, Outcome)>) -> Result<Self, RestoreError> {
        let mut restoring = Restoring::default();
        entries.into_iter().try_for_each(|(entry, outcome)| restoring.push(&entry, outcome))?;
        restoring.finish()
    }

    /// Finds again what is not stored about an entry; `None` when it does not fit.
    fn restored(&mut self, entry: &Entry, outcome: Outcome) -> Option<Settled> {
        let (standing, inert) = match outcome {
            Outcome::Accepted => (Standing::Counts, None),
            Outcome::Inert(inert) => (Standing::Counts, Some(inert)),
            Outcome::Excluded => (Standing::Excluded, None),
            Outcome::Unreadable => return Some(Settled::unreadable()),
            Outcome::Waiting | Outcome::Invalid(_) => return None,
        };
        let ReadHeader::Known(kind, Header { link, claims }) = &entry.header else { return None };
        if *kind == EntryKind::Op {
            let op = Op::from_bytes(&entry.signed.body).ok()?;
            self.membership.add(entry.id, link.device, &claims.mheads, op).ok()?;
            return Some(Settled { standing, ..Settled::default() });
        }
        let view = self.membership.view(&claims.mheads);
        let author = Some(view.author(&link.device)?);
        // Of excluded entries it is not stored whether they are inert. Changes wait for their
        // gate to be built.
        let unknown = *kind == EntryKind::Open && standing == Standing::Excluded;
        let inert = if unknown { check_facts(&entry.signed.body, claims).err() } else { inert };
        let (past, before) = (Arc::clone(view.past()), self.last_data(link.prev));
        let all_effective = view.effective() == view.past();
        Some(Settled { standing, inert, past, author, all_effective, before })
    }

    /// Settles an entry; returns the entries whose standing changed with it.
    pub(super) fn settle(&mut self, entry: &Entry, settled: Settled, bodies: &dyn Bodies) -> Vec<EntryId> {
        self.insert_node(entry, settled);
        let kind = self.nodes.get(&entry.id).filter(|node| node.standing != Standing::Unreadable).and_then(|n| n.kind);
        let (mut changed, by_op) = match kind {
            Some(EntryKind::Op) => self.count_op(&entry.id),
            _ => (Vec::new(), false),
        };
        let by_fork = self.note_fork(entry);
        match kind {
            _ if by_op || by_fork => {
                self.mark_near();
                changed.extend(self.judge_again());
            }
            Some(EntryKind::Open | EntryKind::Change) => changed.extend(self.count_data(entry.id)),
            Some(EntryKind::Op) if self.turns_a_cut(&entry.id) => changed.extend(self.judge_again()),
            _ => {}
        }
        self.regate(&changed, bodies);
        changed
    }

    pub(super) fn insert_node(&mut self, entry: &Entry, settled: Settled) {
        let link = entry.header.link();
        let none = Claims::default();
        let (kind, claims) = match &entry.header {
            ReadHeader::Known(kind, Header { claims, .. }) => (Some(*kind), claims),
            ReadHeader::Newer(link) => ((link.kind == 0).then_some(EntryKind::Op), &none),
        };
        let Settled { standing, inert, past, author, all_effective, before } = settled;
        if let (Some(doc), Some(kind)) = (claims.doc, kind)
            && standing != Standing::Unreadable
        {
            self.docs.entry(doc).or_default().push(entry.id, kind, link.device);
        }
        let connected = match link.prev {
            None => link.seq == 0,
            Some(prev) => self.is_connected(&prev) && self.follows(link, &prev),
        };
        let mut node = Node {
            kind,
            device: link.device,
            seq: link.seq,
            prev: link.prev,
            doc: claims.doc,
            deps: claims.deps.clone(),
            before,
            past,
            author,
            all_effective,
            blob_end: claims.blob_base.saturating_add(claims.blobs.len() as u64),
            standing,
            inert: inert.map(Box::new),
            connected,
            near: false,
            shown: Shown::default(),
            position: self.order.len(),
        };
        if node.is_readable_data() {
            (node.near, node.shown) = (self.is_near(&entry.id, &node), self.shown_at(&entry.id, &node));
        } else if node.kind == Some(EntryKind::Op) {
            self.awaited.extend(node.prev.filter(|prev| !self.nodes.contains_key(prev)));
        }
        let chain = self.chains.entry(link.device).or_default();
        // Almost every place has one entry.
        let slot = chain.entry(link.seq).or_insert_with(|| Vec::with_capacity(1));
        slot.push(entry.id);
        if slot.len() > 1 {
            self.branched.insert(link.device);
        }
        self.nodes.insert(entry.id, Box::new(node));
        self.mark_frozen(entry.id);
        self.order.push(entry.id);
        if connected {
            self.connect_after(entry.id);
        }
    }
}
