//! Writing: the header of this device's next entry.

use std::collections::BTreeSet;

use super::past::Place;
use super::{Bodies, Inert, Ledger};
use crate::authority::{OpRefusal, OpSet};
use crate::document::constant_hash;
use crate::entry::{BlobRef, BodyRef, Claims, EntryKind, HEADER_VERSION, Header, Link};
use crate::facts::DocKind;
use crate::gate::actor_for;
use crate::id::{ChangeHash, DeviceId, DocId, EntryId};
use crate::limits;
use crate::op::{Describe, Op, Role};

/// What an entry is to say.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What it is.
    pub kind: EntryKind,
    /// Its document; `None` for an op.
    pub doc: Option<DocId>,
    /// Entries it builds on, in any order; of an op, ops that it has to know.
    pub deps: Vec<EntryId>,
    /// Blobs it names.
    pub blobs: Vec<BlobRef>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why an entry cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// The device's chain has several ends.
    #[error("this device's chain is forked; it needs a new device key")]
    Forked,
    /// More concurrent changes of the document than an entry may build on.
    #[error("{0} concurrent changes of one document; at most {max} can be built on", max = limits::MAX_DEPS)]
    TooManyDeps(usize),
    /// More membership heads than an entry may name.
    #[error("too many concurrent membership changes")]
    TooManyHeads,
    /// It would build on these, which count here but not by the past it can name.
    #[error("{} entries it builds on cannot be shown to count", .0.len())]
    Unsupported(Vec<EntryId>),
    /// The body exceeds the limit.
    #[error("body of {0} bytes exceeds the limit of {max}", max = limits::MAX_BODY_BYTES)]
    TooLarge(usize),
    /// The device belongs to no member.
    #[error(transparent)]
    NotMember(#[from] OpRefusal),
}

/// Returns the document that a draft changes.
fn changed(draft: &Draft) -> Option<DocId> {
    draft.doc.filter(|_| draft.kind == EntryKind::Change)
}

impl Ledger {
    /// Returns the header for this device's next entry.
    ///
    /// # Errors
    /// [`DraftError`] when the chain cannot be continued or the draft exceeds a limit.
    pub fn next_header(&self, device: DeviceId, draft: &Draft, claimed_ms: u64) -> Result<Header, DraftError> {
        let tips = self.device_tips(&device);
        if tips.len() > 1 || self.forked.contains_key(&device) {
            return Err(DraftError::Forked);
        }
        let prev = tips.first().map(|(_, id)| *id);
        let before = prev.and_then(|id| self.nodes.get(&id));
        let seq = before.map_or(Some(0), |node| node.seq.checked_add(1)).ok_or(DraftError::Forked)?;
        let blob_base = before.map_or(0, |node| node.blob_end);
        if draft.body.len() > limits::MAX_BODY_BYTES {
            return Err(DraftError::TooLarge(draft.body.len()));
        }
        let (mheads, mut deps) = match draft.kind {
            EntryKind::Op => (self.parents(&device, draft), Vec::new()),
            _ => self.claims_of_data(&device, changed(draft), &draft.deps, prev)?,
        };
        if mheads.len() > limits::MAX_MHEADS {
            return Err(DraftError::TooManyHeads);
        }
        deps.sort_unstable();
        deps.dedup();
        if deps.len() > limits::MAX_DEPS {
            return Err(DraftError::TooManyDeps(deps.len()));
        }
        Ok(Header {
            link: Link {
                version: HEADER_VERSION,
                kind: draft.kind.to_u8(),
                workspace: self.workspace,
                device,
                seq,
                prev,
                body: BodyRef::of(&draft.body),
            },
            claims: Claims { mheads, doc: draft.doc, deps, blobs: draft.blobs.clone(), blob_base, claimed_ms },
        })
    }

    /// Returns a draft to be written first, when another would have to name more membership heads
    /// than it may: an op that says nothing and knows several of them.
    ///
    /// Anybody can make many heads, by ops that do not know of each other, so everybody must be
    /// able to go on from there.
    #[must_use]
    pub fn merging(&self, device: DeviceId, draft: &Draft) -> Option<Draft> {
        if self.all_in_effect() && self.membership.heads().len() <= limits::MAX_MHEADS {
            return None;
        }
        let prev = self.device_tips(&device).first().map(|(_, id)| *id);
        let mut heads = match draft.kind {
            EntryKind::Op => self.membership.heads_of(&self.known_to(&device, draft)),
            _ => self.claims_of_data(&device, changed(draft), &draft.deps, prev).ok()?.0,
        };
        if heads.len() <= limits::MAX_MHEADS {
            return None;
        }
        heads.truncate(limits::MAX_MHEADS);
        let body = Op::Describe(Describe { name: None, device_label: None }).to_bytes();
        Some(Draft { kind: EntryKind::Op, doc: None, deps: heads, blobs: Vec::new(), body })
    }

    /// Whether no op is void: then all that anything knows is in effect.
    fn all_in_effect(&self) -> bool {
        self.now.effective() == self.now.past()
    }

    /// Returns the ops that an op to be written knows: those in effect and those it speaks of. The
    /// certificate of the device may be in a void op: then all ops.
    fn known_to(&self, device: &DeviceId, draft: &Draft) -> OpSet {
        let mut known = self.membership.closed(self.now.effective());
        known.extend(&self.spoken_of(draft));
        if self.now.is_member(device) && !self.membership.state_of(&known).is_member(device) {
            known = self.membership.all();
        }
        known
    }

    fn spoken_of(&self, draft: &Draft) -> OpSet {
        let mut known = OpSet::default();
        let spoken_of = Op::from_bytes(&draft.body).map(|op| op.speaks_of()).unwrap_or_default();
        for id in spoken_of.iter().chain(&draft.deps) {
            self.membership.add_with_past(&mut known, id);
        }
        known
    }

    /// Returns the parents of an op to be written: the heads of what it knows; of too many, those
    /// of what it speaks of and some others.
    fn parents(&self, device: &DeviceId, draft: &Draft) -> Vec<EntryId> {
        if self.all_in_effect() && self.membership.heads().len() <= limits::MAX_MHEADS {
            return self.membership.heads().iter().copied().collect();
        }
        let mut heads = self.membership.heads_of(&self.known_to(device, draft));
        if heads.len() > limits::MAX_MHEADS {
            let mut needed = self.membership.heads_of(&self.spoken_of(draft));
            let others = heads.into_iter().filter(|head| !needed.contains(head));
            heads = others.take(limits::MAX_MHEADS.saturating_sub(needed.len())).collect();
            heads.append(&mut needed);
            heads.sort_unstable();
        }
        heads
    }

    /// Returns the membership heads and deps of an Open or Change to be written, such that its own
    /// past shows that it builds on what counts.
    fn claims_of_data(
        &self,
        device: &DeviceId,
        doc: Option<DocId>,
        deps: &[EntryId],
        prev: Option<EntryId>,
    ) -> Result<(Vec<EntryId>, Vec<EntryId>), DraftError> {
        let before = self.last_data(prev);
        if self.all_in_effect() {
            let now = self.now();
            let mut deps = deps.to_vec();
            deps.extend(self.witnesses(Place { deps: &deps, before, view: &now }, doc));
            let lacking = self.uncounted(Place { deps: &deps, before, view: &now });
            let heads = self.membership.heads().iter().copied().collect();
            let unsupported = || DraftError::Unsupported(lacking.iter().copied().collect());
            return lacking.is_empty().then_some((heads, deps)).ok_or_else(unsupported);
        }
        let mut known = self.membership.closed(self.now.effective());
        for node in deps.iter().chain(&before).filter_map(|id| self.nodes.get(id)) {
            known.extend(&node.past);
        }
        // Ops that are void here are named only where nothing else will do.
        let (mut lacking, mut claims) = (BTreeSet::new(), None);
        for known in [known, self.membership.all()] {
            let is_now = known == **self.now.past();
            let view = if is_now { self.now() } else { self.membership.state_of(&known) };
            let place = Place { deps, before, view: &view };
            // A witness that knows more than the entry would makes it invalid.
            let knows_less = |id: &EntryId| self.nodes.get(id).is_some_and(|node| node.past.is_subset(view.past()));
            let witnesses = self.witnesses(place, doc).into_iter().filter(knows_less);
            let deps: Vec<_> = deps.iter().copied().chain(witnesses).collect();
            lacking = self.uncounted(Place { deps: &deps, ..place });
            if lacking.is_empty() {
                let found = (self.membership.heads_of(view.past()), deps);
                if view.author(device).is_some_and(|(_, role)| role >= Role::Editor) {
                    return Ok(found);
                }
                claims.get_or_insert(found);
            }
        }
        claims.ok_or_else(|| DraftError::Unsupported(lacking.into_iter().collect()))
    }

    /// Returns the heads of a document: its changes that count and have effect and that no other
    /// such change builds on; its Opens when it has no changes yet.
    #[must_use]
    pub fn doc_heads(&self, doc: &DocId) -> Vec<EntryId> {
        self.heads_among(&self.effective_entries(doc))
    }

    /// Returns the entries of a document that this device's next change of it can build on: all that
    /// count and have effect, but for those that no past it can name shows to count, with what
    /// builds on these. In almost all cases that is none.
    #[must_use]
    pub fn buildable(&self, device: &DeviceId, doc: &DocId) -> Vec<(EntryId, EntryKind)> {
        let near = |id: &EntryId| self.nodes.get(id).is_some_and(|node| node.near);
        let mut entries = self.effective_entries(doc);
        let prev = self.device_tips(device).first().map(|(_, id)| *id);
        loop {
            let heads = self.heads_among(&entries);
            if !heads.iter().any(near) {
                return entries;
            }
            let Err(DraftError::Unsupported(lacking)) = self.claims_of_data(device, Some(*doc), &heads, prev) else {
                return entries;
            };
            let past = self.near_closure(heads.into_iter().filter(near).collect());
            let gone = self.upon(&lacking.into_iter().collect(), &past);
            let before = entries.len();
            entries.retain(|(id, _)| !gone.contains(id));
            if entries.len() == before {
                return entries;
            }
        }
    }

    fn heads_among(&self, effective: &[(EntryId, EntryKind)]) -> Vec<EntryId> {
        let changes: Vec<_> =
            effective.iter().filter(|(_, kind)| *kind == EntryKind::Change).map(|(id, _)| *id).collect();
        if changes.is_empty() {
            return effective.iter().map(|(id, _)| *id).take(1).collect();
        }
        let built_on: BTreeSet<_> =
            changes.iter().filter_map(|id| self.nodes.get(id)).flat_map(|node| node.deps.iter()).collect();
        changes.iter().filter(|id| !built_on.contains(id)).copied().collect()
    }

    /// Returns the Automerge actor for this device's next change of a document: that of its
    /// previous change there while it can build on that, else a new one.
    ///
    /// # Errors
    /// [`Inert::NotOpened`] when the document was not opened.
    pub fn actor(&mut self, device: DeviceId, doc: DocId, bodies: &dyn Bodies) -> Result<[u8; 16], Inert> {
        self.ensure_gate(doc, bodies).map_err(|_no_body| Inert::NotOpened)?;
        let tip = self.device_tips(&device).first().map(|(_, id)| *id);
        let seq = self.next_seq(&device);
        let previous = self.previous_change(device, seq, tip, doc);
        // What is not near builds on nothing that could be left out.
        let far = |id: &EntryId| self.nodes.get(id).is_some_and(|node| !node.near);
        let counts = |id: &EntryId| {
            self.counts(id) && (far(id) || self.buildable(&device, &doc).iter().any(|(other, _)| other == id))
        };
        let gate = self.docs.get(&doc).and_then(|doc| doc.gate.as_ref()).ok_or(Inert::NotOpened)?;
        let continued = previous.filter(counts).and_then(|id| gate.info_of(&id).map(|info| info.actor()));
        Ok(continued.unwrap_or_else(|| actor_for(self.workspace, device, doc, seq)))
    }

    /// Returns the entries that carry some changes of a document, the document's first Open for
    /// the constant change; `None` when a change is not known.
    #[must_use]
    pub fn carriers(&self, doc: &DocId, changes: &[ChangeHash]) -> Option<Vec<EntryId>> {
        let known = self.docs.get(doc)?;
        let gate = known.gate.as_ref();
        let mut carriers = Vec::with_capacity(changes.len());
        for change in changes {
            // The newest carry the heads.
            let carrier =
                known.entries.iter().rev().find(|id| gate.and_then(|gate| gate.change_of(id)) == Some(*change));
            let open = || {
                let mut effective = self.effective_entries(doc).into_iter();
                effective.find(|(_, kind)| *kind == EntryKind::Open).map(|(id, _)| id)
            };
            let is_constant = DocKind::ALL.into_iter().any(|kind| constant_hash(kind) == *change);
            carriers.push(if is_constant { open()? } else { *carrier? });
        }
        Some(carriers)
    }

    /// Returns the position this device's next entry takes on its chain.
    #[must_use]
    pub fn next_seq(&self, device: &DeviceId) -> u64 {
        let tips = self.device_tips(device);
        tips.last().and_then(|(_, id)| self.nodes.get(id)).map_or(0, |node| node.seq.saturating_add(1))
    }
}
