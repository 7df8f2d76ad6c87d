//! Between ledger and gate: which changes of a document passed, and which a change follows.

use std::collections::BTreeSet;

use super::{Bodies, Inert, Ledger, Standing};
use crate::entry::{Claims, EntryKind};
use crate::facts::{DocKind, Facts};
use crate::gate::{Context, DocGate, Refusal};
use crate::id::{DeviceId, DocId, EntryId};
use crate::op::Role;

/// What the ledger knows about one document.
#[derive(Debug, Default)]
pub(super) struct Doc {
    /// Its settled Opens and Changes, in causal order.
    pub(super) entries: Vec<EntryId>,
    /// Where in `entries` its settled Changes are, by device in order. Nearly all documents have one, for which
    /// a map takes ten times the room.
    by_device: Vec<(DeviceId, Vec<u32>)>,
    /// The gate, built when the document is first written to. Boxed: most documents of a run have none.
    pub(super) gate: Option<Box<DocGate>>,
}

impl Doc {
    pub(super) fn push(&mut self, id: EntryId, kind: EntryKind, device: DeviceId) {
        if kind == EntryKind::Change {
            let place = u32::try_from(self.entries.len()).expect("no document has 2^32 entries in memory");
            let at = self.place_of(&device).unwrap_or_else(|at| {
                self.by_device.reserve_exact(usize::from(self.by_device.is_empty()));
                self.by_device.insert(at, (device, Vec::with_capacity(1)));
                at
            });
            self.by_device[at].1.push(place);
        }
        if self.entries.is_empty() {
            // What opens it, and one change.
            self.entries.reserve_exact(2);
        }
        self.entries.push(id);
    }

    fn place_of(&self, device: &DeviceId) -> Result<usize, usize> {
        self.by_device.binary_search_by_key(device, |(device, _)| *device)
    }

    /// Returns where in `entries` the settled Changes of a device are.
    fn places_of(&self, device: &DeviceId) -> &[u32] {
        self.place_of(device).map_or(&[], |at| &self.by_device[at].1)
    }

    /// Returns the settled Changes of a device, in causal order.
    fn changes_of(&self, device: &DeviceId) -> impl DoubleEndedIterator<Item = &EntryId> {
        self.places_of(device).iter().filter_map(|place| self.entries.get(*place as usize))
    }
}

/// Where a change stands: what the gate needs to know of its entry.
struct Place<'a> {
    id: EntryId,
    device: DeviceId,
    seq: u64,
    prev: Option<EntryId>,
    doc: DocId,
    deps: &'a [EntryId],
    may_delete: bool,
}

/// Why no answer can be given: the body of a settled entry is not held.
pub(super) struct NoBody(pub(super) EntryId);

impl Ledger {
    /// Checks the change of an entry that counts, and admits it to its document's gate.
    pub(super) fn gate(
        &mut self,
        id: EntryId,
        link: &crate::entry::Link,
        claims: &Claims,
        body: &[u8],
        role: Role,
        bodies: &dyn Bodies,
    ) -> Result<Result<(), Inert>, NoBody> {
        let Some(doc) = claims.doc else { return Ok(Err(Inert::NotOpened)) };
        self.ensure_gate(doc, bodies)?;
        let place = Place {
            id,
            device: link.device,
            seq: link.seq,
            prev: link.prev,
            doc,
            deps: &claims.deps,
            may_delete: role >= Role::Admin,
        };
        let mut gate = self.docs.get_mut(&doc).and_then(|doc| doc.gate.take());
        let checked = self.check_change(gate.as_deref_mut(), &place, body);
        self.docs.entry(doc).or_default().gate = gate;
        Ok(checked)
    }

    /// Makes sure that the gate of a document is built, if anything opened the document.
    pub(super) fn ensure_gate(&mut self, doc: DocId, bodies: &dyn Bodies) -> Result<(), NoBody> {
        if self.docs.get(&doc).is_some_and(|doc| doc.gate.is_none()) {
            let gate = self.build_gate(doc, bodies)?;
            self.docs.entry(doc).or_default().gate = gate.map(Box::new);
        }
        Ok(())
    }

    /// Builds the gate of a document from its settled changes.
    ///
    /// Of an excluded change it is not stored whether it passed the gate, so this finds it again.
    fn build_gate(&mut self, doc: DocId, bodies: &dyn Bodies) -> Result<Option<DocGate>, NoBody> {
        let mut gate = self.kind_in_doc(doc, bodies)?.map(DocGate::new);
        let entries = self.docs.get(&doc).map(|doc| doc.entries.clone()).unwrap_or_default();
        for id in entries {
            let Some(node) = self.nodes.get(&id) else { continue };
            if node.kind != Some(EntryKind::Change) || node.inert.is_some() {
                continue;
            }
            let place = Place {
                id,
                device: node.device,
                seq: node.seq,
                prev: node.prev,
                doc,
                deps: &node.deps,
                may_delete: node.author.is_some_and(|(_, role)| role >= Role::Admin),
            };
            let body = bodies.body(&id).ok_or(NoBody(id))?;
            let checked = self.check_change(gate.as_mut(), &place, &body);
            if let Some(node) = self.nodes.get_mut(&id) {
                node.inert = checked.err().map(Box::new);
            }
        }
        Ok(gate)
    }

    /// Returns the kind of a document, which all its Opens that are no nonsense agree on.
    fn kind_in_doc(&self, doc: DocId, bodies: &dyn Bodies) -> Result<Option<DocKind>, NoBody> {
        let entries = self.docs.get(&doc).map(|doc| doc.entries.as_slice()).unwrap_or_default();
        let is_open = |id: &&EntryId| {
            self.nodes.get(id).is_some_and(|node| node.kind == Some(EntryKind::Open) && node.inert.is_none())
        };
        let Some(open) = entries.iter().find(is_open) else { return Ok(None) };
        let body = bodies.body(open).ok_or(NoBody(*open))?;
        Ok(Facts::from_bytes(&body).map(|facts| facts.kind()))
    }

    /// Checks a change and admits it. Without a gate nothing opened the document, and no change
    /// of it passes.
    fn check_change(&self, gate: Option<&mut DocGate>, place: &Place<'_>, body: &[u8]) -> Result<(), Inert> {
        let same_doc = place.deps.iter().filter_map(|id| Some((*id, self.nodes.get(id)?)));
        let same_doc: Vec<_> = same_doc.filter(|(_, node)| node.doc == Some(place.doc)).collect();
        if same_doc.is_empty() {
            return Err(Inert::NotOpened);
        }
        if same_doc.iter().any(|(_, node)| node.inert.is_some()) {
            return Err(Inert::Gate(Refusal::InertDependency));
        }
        let gate = gate.ok_or(Inert::NotOpened)?;
        let is_change = |node: &super::Node| node.kind == Some(EntryKind::Change);
        let deps: Vec<_> = same_doc.iter().filter(|(_, node)| is_change(node)).map(|(id, _)| *id).collect();
        let context = Context {
            workspace: self.workspace,
            device: place.device,
            doc: place.doc,
            seq: place.seq,
            entry: place.id,
            deps: &deps,
            previous: self.previous_change(place.device, place.seq, place.prev, place.doc),
            may_delete: place.may_delete,
        };
        let info = gate.check(&context, body)?;
        gate.admit(place.id, info);
        Ok(())
    }

    /// Returns the device's previous change of a document on its own chain that passed the gate.
    pub(super) fn previous_change(
        &self,
        device: DeviceId,
        seq: u64,
        prev: Option<EntryId>,
        doc: DocId,
    ) -> Option<EntryId> {
        let doc = self.docs.get(&doc)?;
        let own = doc.places_of(&device);
        let passed = |id: &&EntryId| self.nodes.get(id).is_some_and(|node| node.inert.is_none());
        let seq_of = |id: &EntryId| self.nodes.get(id).map_or(u64::MAX, |node| node.seq);
        if !self.branched.contains(&device) {
            // On one chain, the order they were settled in is that of the chain.
            let id = |place: &u32| doc.entries.get(*place as usize);
            let before = own.partition_point(|place| id(place).is_some_and(|id| seq_of(id) < seq));
            return own.get(..before)?.iter().rev().filter_map(id).find(passed).copied();
        }
        let own: BTreeSet<_> = doc.changes_of(&device).filter(passed).copied().collect();
        let lowest = own.iter().map(seq_of).min()?;
        let mut next = prev;
        while let Some(id) = next {
            if own.contains(&id) {
                return Some(id);
            }
            next = self.nodes.get(&id).filter(|node| node.seq > lowest)?.prev;
        }
        None
    }

    /// Finds again which of some excluded changes that now count passed the gate.
    pub(super) fn regate(&mut self, changed: &[EntryId], bodies: &dyn Bodies) {
        let counts = |id: &EntryId| self.nodes.get(id).filter(|node| node.standing == Standing::Counts)?.doc;
        let docs: BTreeSet<_> = changed.iter().filter_map(counts).collect();
        for doc in docs {
            // A body that is not held leaves them as they are: the document cannot be made
            // without it either.
            self.ensure_gate(doc, bodies).ok();
        }
    }
}
