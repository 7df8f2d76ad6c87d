//! Acceptance: the rules an entry passes, in order, and the entries that wait.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::{Acceptance, Bodies, Doc, Inert, Invalid, Ledger, Node, Outcome, RestoreError, Standing};
use crate::authority::View;
use crate::entry::{Claims, Entry, EntryKind, Header, ReadHeader};
use crate::facts::Facts;
use crate::gate::{ChangeInfo, Context, DocGate};
use crate::id::{DocId, EntryId};
use crate::limits;
use crate::op::{Op, OpError, Role};

/// Ids of invalid entries remembered, so that what rests on them is refused at once.
const MAX_INVALID: usize = 10_000;

/// Entries that wait for missing ones, oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    entries: BTreeMap<EntryId, Entry>,
    by_missing: BTreeMap<EntryId, BTreeSet<EntryId>>,
    age: VecDeque<EntryId>,
    bytes: usize,
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn push(&mut self, entry: Entry, missing: EntryId) {
        self.by_missing.entry(missing).or_default().insert(entry.id);
        self.bytes += entry.signed.size();
        self.age.push_back(entry.id);
        self.entries.insert(entry.id, entry);
        while self.entries.len() > limits::MAX_WAITING_ENTRIES || self.bytes > limits::MAX_WAITING_BYTES {
            let Some(oldest) = self.age.pop_front() else { break };
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, id: &EntryId) -> Option<Entry> {
        let entry = self.entries.remove(id)?;
        self.bytes -= entry.signed.size();
        Some(entry)
    }

    /// Takes the entries that waited for `id`.
    fn take(&mut self, id: &EntryId) -> Vec<Entry> {
        let ids = self.by_missing.remove(id).unwrap_or_default();
        let taken: Vec<_> = ids.iter().filter_map(|id| self.remove(id)).collect();
        if self.entries.is_empty() {
            self.age.clear();
            self.by_missing.clear();
        }
        taken
    }
}

/// What judging one entry gave.
enum Judged {
    Settled(Standing, Option<Inert>),
    Missing(EntryId),
    Invalid(Invalid),
}

impl Ledger {
    /// Judges an entry, and those that waited for it.
    ///
    /// The caller stores what is settled before it acknowledges anything; settling an entry twice
    /// does nothing.
    pub fn accept(&mut self, entry: Entry, bodies: &dyn Bodies) -> Acceptance {
        let mut done = Acceptance::default();
        let first = entry.id;
        let mut queue = VecDeque::from([entry]);
        let mut fresh = BTreeMap::new();
        while let Some(entry) = queue.pop_front() {
            let id = entry.id;
            if self.nodes.contains_key(&id) {
                continue;
            }
            if self.waiting.entries.contains_key(&id) {
                done.other = Some(Outcome::Waiting);
                continue;
            }
            let outcome = match self.judge(&entry, &Overlay { fresh: &fresh, stored: bodies }) {
                Judged::Missing(missing) => {
                    self.waiting.push(entry, missing);
                    Outcome::Waiting
                }
                Judged::Invalid(invalid) => {
                    self.remember_invalid(id);
                    queue.extend(self.waiting.take(&id));
                    Outcome::Invalid(invalid)
                }
                Judged::Settled(standing, inert) => {
                    let outcome = self.settle(&entry, standing, inert, &mut done);
                    queue.extend(self.waiting.take(&id));
                    fresh.insert(id, entry.signed.body.clone());
                    done.settled.push((entry, outcome));
                    continue;
                }
            };
            if id == first {
                done.other = Some(outcome);
            }
        }
        done
    }

    /// Brings back a ledger from its stored entries, in the order they were settled, without
    /// judging them again: `entries` gives each with its stored outcome.
    ///
    /// # Errors
    /// [`RestoreError`] when the entries are no log of one workspace.
    pub fn restore(entries: impl IntoIterator<Item = (Entry, Outcome)>) -> Result<Self, RestoreError> {
        let mut entries = entries.into_iter();
        let (genesis, _) = entries.next().ok_or(RestoreError::Genesis)?;
        let mut ledger = Self::start(&genesis).map_err(|_invalid| RestoreError::Genesis)?;
        let mut forked = false;
        for (entry, outcome) in entries {
            let (standing, inert) = match outcome {
                Outcome::Accepted => (Standing::Counts, None),
                Outcome::Inert(inert) => (Standing::Counts, Some(inert)),
                Outcome::Excluded => (Standing::Excluded, None),
                Outcome::Unreadable => (Standing::Unreadable, None),
                Outcome::Waiting | Outcome::Invalid(_) => return Err(RestoreError::Entry(entry.id)),
            };
            if let ReadHeader::Known(EntryKind::Op, header) = &entry.header
                && standing != Standing::Unreadable
            {
                let op = Op::from_bytes(&entry.signed.body).map_err(|_malformed| RestoreError::Entry(entry.id))?;
                let added = ledger.membership.add(entry.id, header.link.device, &header.claims.mheads, op);
                added.map_err(|_refused| RestoreError::Entry(entry.id))?;
            }
            ledger.insert_node(&entry, standing, inert);
            forked |= ledger.note_fork(&entry);
        }
        if forked {
            ledger.judge_again();
        }
        Ok(ledger)
    }

    fn remember_invalid(&mut self, id: EntryId) {
        if self.invalid.len() >= MAX_INVALID {
            self.invalid.clear();
        }
        self.invalid.insert(id);
    }

    fn judge(&mut self, entry: &Entry, bodies: &dyn Bodies) -> Judged {
        let (kind, header) = match &entry.header {
            ReadHeader::Known(kind, header) => (*kind, header),
            ReadHeader::Newer(link) if link.workspace != self.workspace => return Judged::Invalid(Invalid::Workspace),
            ReadHeader::Newer(_) => return Judged::Settled(Standing::Unreadable, None),
        };
        if header.link.workspace != self.workspace {
            return Judged::Invalid(Invalid::Workspace);
        }
        let Claims { mheads, deps, .. } = &header.claims;
        let chain = header.link.prev.iter().filter(|_| kind != EntryKind::Op);
        for needed in mheads.iter().chain(deps).chain(chain) {
            if self.invalid.contains(needed) {
                return Judged::Invalid(Invalid::Ancestor);
            }
            if !self.nodes.contains_key(needed) {
                return Judged::Missing(*needed);
            }
        }
        if mheads.iter().any(|head| self.is_unreadable(head)) {
            return Judged::Settled(Standing::Unreadable, None);
        }
        if !mheads.iter().all(|head| self.membership.contains(head)) {
            return Judged::Invalid(Invalid::Ancestor);
        }
        match kind {
            EntryKind::Op => self.judge_op(entry, header),
            EntryKind::Open | EntryKind::Change => match self.judge_data(entry, kind, header, bodies) {
                Ok(judged) => judged,
                Err(invalid) => Judged::Invalid(invalid),
            },
        }
    }

    fn judge_op(&mut self, entry: &Entry, header: &Header) -> Judged {
        match Op::from_bytes(&entry.signed.body) {
            Err(OpError::UnknownKind(_)) => Judged::Settled(Standing::Unreadable, None),
            Err(OpError::Malformed) => Judged::Invalid(Invalid::MalformedOp),
            Ok(op) => match self.membership.add(entry.id, header.link.device, &header.claims.mheads, op) {
                Ok(()) => Judged::Settled(Standing::Counts, None),
                Err(refusal) => Judged::Invalid(Invalid::Op(refusal)),
            },
        }
    }

    fn judge_data(&mut self, entry: &Entry, kind: EntryKind, header: &Header, bodies: &dyn Bodies) -> Result<Judged, Invalid> {
        let Header { link, claims } = header;
        let view = self.membership.view(&claims.mheads);
        let (_, role) = view.author(&link.device).ok_or(Invalid::NotAWriter)?;
        if role < Role::Editor {
            return Err(Invalid::NotAWriter);
        }
        self.check_chain(header)?;
        let before = self.last_data(link.prev);
        let full: Vec<_> = claims.deps.iter().copied().chain(before).collect();
        if full.iter().any(|id| self.is_unreadable(id)) || link.prev.is_some_and(|prev| self.is_unreadable(&prev)) {
            return Ok(Judged::Settled(Standing::Unreadable, None));
        }
        self.check_order(&full, &claims.deps, &view)?;
        if !self.forked.is_empty() {
            self.check_builds_on_accepted(&full, &claims.deps)?;
        }
        let Some(doc) = claims.doc else { return Err(Invalid::Ancestor) };
        let effect = match kind {
            EntryKind::Open => {
                let facts = Facts::from_bytes(&entry.signed.body);
                if facts.is_some_and(|facts| facts.doc_id() == doc) { Ok(()) } else { Err(Inert::Facts) }
            }
            _ => self.gate(entry, header, doc, role, bodies),
        };
        Ok(Judged::Settled(Standing::Counts, effect.err()))
    }

    fn check_chain(&self, header: &Header) -> Result<(), Invalid> {
        let expected_base = match header.link.prev {
            None => 0,
            Some(prev) => {
                let prev = self.nodes.get(&prev).ok_or(Invalid::Chain)?;
                if prev.device != header.link.device || prev.seq + 1 != header.link.seq {
                    return Err(Invalid::Chain);
                }
                if prev.standing == Standing::Unreadable { header.claims.blob_base } else { prev.blob_end }
            }
        };
        if header.claims.blob_base == expected_base { Ok(()) } else { Err(Invalid::Chain) }
    }

    /// Rule R4: what it builds on knows no membership op that it does not know.
    fn check_order(&self, full: &[EntryId], deps: &[EntryId], view: &View) -> Result<(), Invalid> {
        for id in full {
            let node = self.nodes.get(id).ok_or(Invalid::Ancestor)?;
            if deps.contains(id) && !node.is_data() {
                return Err(Invalid::Ancestor);
            }
            if !node.view.past.is_subset(&view.past) {
                return Err(Invalid::Order);
            }
        }
        Ok(())
    }

    /// Rule R5: what it builds on counts, judged from its own past.
    fn check_builds_on_accepted(&self, full: &[EntryId], deps: &[EntryId]) -> Result<(), Invalid> {
        let mut closure = BTreeSet::new();
        let mut queue = full.to_vec();
        while let Some(id) = queue.pop() {
            if closure.insert(id)
                && let Some(node) = self.nodes.get(&id)
            {
                queue.extend(node.deps.iter().copied().chain(self.last_data(node.prev)));
            }
        }
        let accepted = self.accepted(&closure);
        let mut past = BTreeSet::new();
        for dep in deps {
            self.add_past(*dep, &mut past);
        }
        if past.is_subset(&accepted) { Ok(()) } else { Err(Invalid::BuildsOnExcluded) }
    }

    /// Makes sure that the gate of a document is built.
    ///
    /// # Errors
    /// [`Inert::NotOpened`] when no Open of it counts.
    pub(super) fn ensure_gate(&mut self, doc: DocId, bodies: &dyn Bodies) -> Result<(), Inert> {
        if self.docs.get(&doc).is_none_or(|doc| doc.gate.is_none()) {
            let gate = self.build_gate(doc, bodies)?;
            self.docs.entry(doc).or_default().gate = Some(gate);
        }
        Ok(())
    }

    fn gate(&mut self, entry: &Entry, header: &Header, doc: DocId, role: Role, bodies: &dyn Bodies) -> Result<(), Inert> {
        self.ensure_gate(doc, bodies)?;
        let gate = self.docs.get_mut(&doc).and_then(|doc| doc.gate.take());
        let mut gate = gate.ok_or(Inert::NotOpened)?;
        let checked = self.check_change(&gate, entry.id, header, doc, role, &entry.signed.body);
        let checked = checked.map(|info| gate.admit(entry.id, info));
        self.docs.entry(doc).or_default().gate = Some(gate);
        checked
    }

    fn check_change(&self, gate: &DocGate, id: EntryId, header: &Header, doc: DocId, role: Role, body: &[u8]) -> Result<ChangeInfo, Inert> {
        let Header { link, claims } = header;
        let same_doc = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.doc == Some(doc));
        let same: Vec<_> = claims.deps.iter().filter(same_doc).copied().collect();
        if same.is_empty() {
            return Err(Inert::NotOpened);
        }
        let is_change = |id: &EntryId| self.nodes.get(id).is_some_and(|node| node.kind == Some(EntryKind::Change));
        let deps: Vec<_> = same.into_iter().filter(is_change).collect();
        let context = Context {
            workspace: self.workspace,
            device: link.device,
            doc,
            seq: link.seq,
            entry: id,
            deps: &deps,
            previous: self.previous_change(link.device, link.seq, link.prev, doc),
            may_delete: role >= Role::Admin,
        };
        Ok(gate.check(&context, body)?)
    }

    /// Returns the device's previous change of a document on its own chain that passed the gate.
    pub(super) fn previous_change(&self, device: crate::id::DeviceId, seq: u64, prev: Option<EntryId>, doc: DocId) -> Option<EntryId> {
        let own = |id: &&EntryId| {
            self.nodes.get(id).is_some_and(|node| {
                node.device == device && node.seq < seq && node.kind == Some(EntryKind::Change) && node.inert.is_none()
            })
        };
        let forked = self.forked.contains_key(&device);
        let mut candidates: Vec<_> = self.docs.get(&doc)?.entries.iter().filter(own).copied().collect();
        candidates.sort_by_key(|id| std::cmp::Reverse(self.nodes.get(id).map(|node| node.seq)));
        candidates.into_iter().find(|id| !forked || self.is_on_chain(id, prev))
    }

    /// Builds the gate of a document from its settled changes.
    fn build_gate(&self, doc: DocId, bodies: &dyn Bodies) -> Result<DocGate, Inert> {
        let kind = self.doc_kind(&doc, bodies).ok_or(Inert::NotOpened)?;
        let mut gate = DocGate::new(kind);
        let entries = self.docs.get(&doc).map(|doc| doc.entries.clone()).unwrap_or_default();
        for id in entries {
            let Some(node) = self.nodes.get(&id) else { continue };
            let passed = node.kind == Some(EntryKind::Change) && node.inert.is_none() && node.standing != Standing::Unreadable;
            let Some(body) = bodies.body(&id).filter(|_| passed) else { continue };
            if let Some(header) = self.header_of(&id)
                && let Some((_, role)) = node.view.author(&node.device)
                && let Ok(info) = self.check_change(&gate, id, &header, doc, role, &body)
            {
                gate.admit(id, info);
            }
        }
        Ok(gate)
    }

    /// Rebuilds the parts of a stored header that the gate looks at.
    fn header_of(&self, id: &EntryId) -> Option<Header> {
        let node = self.nodes.get(id)?;
        let link = crate::entry::Link {
            version: crate::entry::HEADER_VERSION,
            kind: node.kind?.to_u8(),
            workspace: self.workspace,
            device: node.device,
            seq: node.seq,
            prev: node.prev,
        };
        Some(Header { link, claims: Claims { deps: node.deps.clone(), doc: node.doc, ..Claims::default() } })
    }

    fn settle(&mut self, entry: &Entry, standing: Standing, inert: Option<Inert>, done: &mut Acceptance) -> Outcome {
        self.insert_node(entry, standing, inert);
        if self.note_fork(entry) || (!self.forked.is_empty() && self.nodes.get(&entry.id).is_some_and(Node::is_data)) {
            let changed = self.judge_again();
            done.changed.extend(changed.into_iter().filter(|(id, _)| *id != entry.id));
        }
        self.outcome(&entry.id).unwrap_or(Outcome::Waiting)
    }

    /// Notes when the entry is the second for its place; returns whether it is.
    fn note_fork(&mut self, entry: &Entry) -> bool {
        let link = entry.header.link();
        let slot = self.chains.get(&link.device).and_then(|chain| chain.get(&link.seq));
        let data = slot.map_or(0, |ids| ids.iter().filter(|id| self.nodes.get(id).is_some_and(Node::is_data)).count());
        if data < 2 {
            return false;
        }
        let lowest = self.forked.entry(link.device).or_insert(link.seq);
        *lowest = (*lowest).min(link.seq);
        true
    }

    pub(super) fn insert_op_node(&mut self, entry: &Entry, kind: Option<EntryKind>) {
        debug_assert_eq!(kind, Some(EntryKind::Op), "only ops are inserted without judgement");
        self.insert_node(entry, Standing::Counts, None);
    }

    fn insert_node(&mut self, entry: &Entry, standing: Standing, inert: Option<Inert>) {
        let link = entry.header.link();
        let (kind, doc, deps, mheads, blob_end) = match &entry.header {
            ReadHeader::Known(kind, Header { claims, .. }) => {
                let blob_end = claims.blob_base + claims.blobs.len() as u64;
                (Some(*kind), claims.doc, claims.deps.clone(), claims.mheads.as_slice(), blob_end)
            }
            ReadHeader::Newer(link) => ((link.kind == 0).then_some(EntryKind::Op), None, Vec::new(), [].as_slice(), 0),
        };
        let view = if standing == Standing::Unreadable { Arc::default() } else { self.membership.view(mheads) };
        let connected = link.prev.is_none_or(|prev| self.is_connected(&prev));
        if let Some(doc) = doc.filter(|_| standing != Standing::Unreadable) {
            self.docs.entry(doc).or_insert_with(Doc::default).entries.push(entry.id);
        }
        let node = Node {
            kind,
            device: link.device,
            seq: link.seq,
            prev: link.prev,
            doc,
            deps,
            view,
            blob_end,
            standing,
            inert,
            connected,
        };
        self.chains.entry(link.device).or_default().entry(link.seq).or_default().push(entry.id);
        self.nodes.insert(entry.id, node);
        self.order.push(entry.id);
        if connected {
            self.connect_after(entry.id);
        }
    }

    fn is_unreadable(&self, id: &EntryId) -> bool {
        self.nodes.get(id).is_some_and(|node| node.standing == Standing::Unreadable)
    }
}

/// Bodies settled in this call, before the caller stored them, in front of the stored ones.
struct Overlay<'a> {
    fresh: &'a BTreeMap<EntryId, Vec<u8>>,
    stored: &'a dyn Bodies,
}

impl Bodies for Overlay<'_> {
    fn body(&self, id: &EntryId) -> Option<Vec<u8>> {
        self.fresh.get(id).cloned().or_else(|| self.stored.body(id))
    }
}
