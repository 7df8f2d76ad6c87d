//! Acceptance: the rules an entry passes, in order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::chain::Before;
use super::gating::NoBody;
use super::past::Place;
use super::{Acceptance, Bodies, Inert, Invalid, Ledger, Outcome, Settled, Standing};
use crate::authority::OpSet;
use crate::bug::{self, Bug};
use crate::entry::{Claims, Entry, EntryKind, Header, Link, ReadHeader};
use crate::facts::Facts;
use crate::id::EntryId;
use crate::op::{Op, OpError, Role};

/// Ids of invalid entries remembered, so that what rests on them is refused at once.
const MAX_INVALID: usize = 10_000;

/// What judging one entry gave.
enum Judged {
    Settled(Settled),
    Missing(EntryId),
    Invalid(Invalid),
}

impl From<NoBody> for Judged {
    /// A verdict would need what cannot be read now: it is put off, never guessed.
    fn from(NoBody(id): NoBody) -> Self {
        Self::Missing(id)
    }
}

impl From<Invalid> for Judged {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl Ledger {
    /// Judges an entry, and those that waited for it.
    ///
    /// The caller stores what is settled before it acknowledges anything; settling an entry twice
    /// does nothing.
    pub fn accept(&mut self, entry: Entry, bodies: &dyn Bodies) -> Acceptance {
        let mut done = Acceptance::default();
        let first = entry.id;
        if self.waiting.missing_of(&first).is_some() && !self.is_put_off(&first) {
            done.other = Some(Outcome::Waiting);
            return done;
        }
        self.waiting.remove(&first);
        let mut queue = VecDeque::from([entry]);
        let mut fresh = BTreeMap::new();
        let mut changed = BTreeSet::new();
        while let Some(entry) = queue.pop_front() {
            let id = entry.id;
            if self.nodes.contains_key(&id) {
                continue;
            }
            let other = match self.judge(&entry, &Overlay { fresh: &fresh, stored: bodies }) {
                Judged::Missing(missing) => {
                    self.waiting.push(entry, missing);
                    Outcome::Waiting
                }
                Judged::Invalid(invalid) => {
                    self.remember_invalid(id);
                    queue.extend(self.waiting.take(&id));
                    Outcome::Invalid(invalid)
                }
                Judged::Settled(settled) => {
                    fresh.insert(id, entry.signed.body.clone());
                    let overlay = Overlay { fresh: &fresh, stored: bodies };
                    for other in self.settle(&entry, settled, &overlay) {
                        // What changes twice is as it was.
                        if !changed.remove(&other) {
                            changed.insert(other);
                        }
                    }
                    queue.extend(self.waiting.take(&id));
                    done.settled.push((entry, Outcome::Waiting));
                    continue;
                }
            };
            if id == first {
                done.other = Some(other);
            }
        }
        self.finish(&mut done, changed);
        done
    }

    /// Fills in the outcomes: those after all was settled.
    fn finish(&self, done: &mut Acceptance, mut changed: BTreeSet<EntryId>) {
        let outcome = |id: &EntryId| self.outcome(id).unwrap_or(Outcome::Waiting);
        for (entry, now) in &mut done.settled {
            changed.remove(&entry.id);
            *now = outcome(&entry.id);
        }
        done.changed = changed.iter().map(|id| (*id, outcome(id))).collect();
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
            ReadHeader::Newer(link) if link.workspace != self.workspace => {
                return Judged::Invalid(Invalid::Workspace);
            }
            ReadHeader::Newer(_) => return Judged::Settled(Settled::unreadable()),
        };
        if header.link.workspace != self.workspace {
            return Judged::Invalid(Invalid::Workspace);
        }
        if bug::is_on(Bug::DropFork) && self.is_taken(&header.link) {
            return Judged::Invalid(Invalid::Chain);
        }
        let Claims { mheads, deps, .. } = &header.claims;
        for needed in mheads.iter().chain(deps) {
            if self.invalid.contains(needed) {
                return Judged::Invalid(Invalid::Ancestor);
            }
            if !self.nodes.contains_key(needed) {
                return Judged::Missing(*needed);
            }
        }
        if kind == EntryKind::Op {
            return self.judge_op(entry, header);
        }
        match self.chain_before(&header.link, header.claims.blob_base) {
            Before::Missing(missing) => Judged::Missing(missing),
            Before::Invalid => Judged::Invalid(Invalid::Ancestor),
            Before::Broken => Judged::Invalid(Invalid::Chain),
            Before::Unreadable => Judged::Settled(Settled::unreadable()),
            Before::Data(before) => match self.judge_data(entry, kind, header, before, bodies) {
                Ok(settled) => Judged::Settled(settled),
                Err(judged) => judged,
            },
        }
    }

    /// Whether another entry has this place on its chain.
    fn is_taken(&self, link: &Link) -> bool {
        self.chains.get(&link.device).is_some_and(|chain| chain.contains_key(&link.seq))
    }

    fn judge_op(&mut self, entry: &Entry, header: &Header) -> Judged {
        let parents = &header.claims.mheads;
        if parents.iter().any(|head| self.is_unreadable(head)) {
            return Judged::Settled(Settled::unreadable());
        }
        if !parents.iter().all(|head| self.membership.contains(head)) {
            return Judged::Invalid(Invalid::Ancestor);
        }
        match Op::from_bytes(&entry.signed.body) {
            Err(OpError::UnknownKind(_)) => Judged::Settled(Settled::unreadable()),
            Err(OpError::Malformed) => Judged::Invalid(Invalid::MalformedOp),
            Ok(op) => match self.membership.add(entry.id, header.link.device, parents, op) {
                Ok(()) => Judged::Settled(Settled::default()),
                Err(refusal) => Judged::Invalid(Invalid::Op(refusal)),
            },
        }
    }

    fn judge_data(
        &mut self,
        entry: &Entry,
        kind: EntryKind,
        header: &Header,
        before: Option<EntryId>,
        bodies: &dyn Bodies,
    ) -> Result<Settled, Judged> {
        let Header { link, claims } = header;
        let full: Vec<_> = claims.deps.iter().copied().chain(before).collect();
        if claims.mheads.iter().chain(&full).any(|id| self.is_unreadable(id)) {
            return Ok(Settled::unreadable());
        }
        if !claims.mheads.iter().all(|head| self.membership.contains(head)) {
            return Err(Invalid::Ancestor.into());
        }
        let view = self.membership.view(&claims.mheads);
        let (person, role) = view.author(&link.device).ok_or(Invalid::NotAWriter)?;
        if role < Role::Editor {
            return Err(Invalid::NotAWriter.into());
        }
        self.check_order(&full, &claims.deps, view.past())?;
        let place = Place { deps: &claims.deps, before, view: &view };
        if !self.builds_on_what_counts(place) {
            return Err(Invalid::BuildsOnExcluded.into());
        }
        let effect = match kind {
            EntryKind::Open => check_facts(&entry.signed.body, claims),
            _ => self.gate(entry.id, link, claims, &entry.signed.body, role, bodies)?,
        };
        let (past, author) = (Arc::clone(view.past()), Some((person, role)));
        let all_effective = view.effective() == view.past();
        Ok(Settled { standing: Standing::Counts, inert: effect.err(), past, author, all_effective, before })
    }

    /// Rule R4: what it builds on knows no membership op that it does not know.
    fn check_order(&self, full: &[EntryId], deps: &[EntryId], past: &Arc<OpSet>) -> Result<(), Invalid> {
        for id in full {
            let node = self.nodes.get(id).ok_or(Invalid::Ancestor)?;
            if deps.contains(id) && !node.is_data() {
                return Err(Invalid::Ancestor);
            }
            if !Arc::ptr_eq(&node.past, past) && !node.past.is_subset(past) {
                return Err(Invalid::Order);
            }
        }
        Ok(())
    }

    fn is_unreadable(&self, id: &EntryId) -> bool {
        self.nodes.get(id).is_some_and(|node| node.standing == Standing::Unreadable)
    }
}

/// Checks that the body of an Open is the facts of its document.
pub(super) fn check_facts(body: &[u8], claims: &Claims) -> Result<(), Inert> {
    let doc = Facts::from_bytes(body).map(|facts| facts.doc_id());
    if doc.is_some() && doc == claims.doc { Ok(()) } else { Err(Inert::Facts) }
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
