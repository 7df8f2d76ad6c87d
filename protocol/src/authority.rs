//! Membership: which ops count, and who holds which role at a set of membership heads.
//!
//! `docs/authority.md` has the rules. An op is valid by its own past ([`Membership::add`]); of a
//! set of valid ops some are void, the others are *effective*; these make a [`View`]. All of it is
//! a pure function of the set, so every node derives the same whatever it received first.
//!
//! Every op keeps the set of ops before it, and those of them that are effective. So the view at
//! some heads is made from that at the nearest heads known, op by op, and only where an op may
//! void others, or make them count, is a set resolved from the start. Sets of ops are bits by the
//! number under which an op was added here: one entry in ten thousand may then name other heads
//! than the next, at a few bytes each.

mod check;
mod graph;
mod query;
mod recent;
mod refusal;
mod resolve;
mod set;
mod sets;
mod state;
mod update;
mod view;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use self::check::Candidate;
use self::graph::{Graph, OpNode};
use self::recent::Recent;
pub use self::refusal::OpRefusal;
use self::resolve::Resolved;
pub use self::set::OpSet;
use self::sets::Contest;
pub use self::view::{Member, Restriction, View};
use crate::id::{DeviceId, EntryId};
use crate::op::Op;

/// Views kept at a time; a workspace of thousands of members has large ones.
const MAX_VIEWS: usize = 32;
/// Resolved sets kept at a time.
const MAX_SETS: usize = 256;

/// All ops, resolved.
#[derive(Debug, Default)]
struct Now {
    set: Resolved,
    heads: BTreeSet<EntryId>,
}

/// The membership graph of a workspace: all valid ops, and the views derived from them.
#[derive(Debug, Default)]
pub struct Membership {
    graph: Graph,
    /// Empty after an op that may have changed verdicts, until somebody asks.
    now: OnceLock<Now>,
    all_heads: BTreeSet<EntryId>,
    sets: Recent<Vec<EntryId>, Resolved>,
    views: Recent<Vec<EntryId>, Arc<View>>,
    contest: Contest,
    /// A view of all ops, of now or of some time ago.
    latest: Arc<View>,
}

impl Membership {
    /// Returns the heads of the effective ops: what an op or entry written now names.
    #[must_use]
    pub fn heads(&self) -> &BTreeSet<EntryId> {
        &self.resolved_now().heads
    }

    /// Returns the heads of all valid ops, void ones too.
    #[must_use]
    pub const fn all_heads(&self) -> &BTreeSet<EntryId> {
        &self.all_heads
    }

    /// Checks an op against its own past and adds it.
    ///
    /// `parents` must all be valid ops of this graph.
    ///
    /// # Errors
    /// [`OpRefusal`]; the answer depends on the op's past alone and never changes.
    pub fn add(&mut self, id: EntryId, device: DeviceId, parents: &[EntryId], op: Op) -> Result<(), OpRefusal> {
        let known = self.resolved(parents);
        let who = self.graph.check(Candidate { device, parents, op: &op }, &known)?;
        for parent in parents {
            self.all_heads.remove(parent);
        }
        self.all_heads.insert(id);
        let Resolved { past, effective } = known;
        let depth = past.len() as u64;
        let mut node = OpNode {
            id,
            device,
            op,
            author: who.author,
            author_rank: who.author_rank,
            rank: who.rank,
            past,
            effective,
            depth,
            unsettling: false,
        };
        node.unsettling = self.graph.is_unsettling(&node);
        let number = self.graph.insert(node);
        self.contest(number);
        // Not asked for since an op that may have changed verdicts: it is resolved when it is.
        if let Some(mut now) = self.now.take().or_else(|| (number == 0).then(Now::default))
            && self.graph.step(&mut now.set, number)
        {
            self.extend_heads(&mut now, number);
            self.now = OnceLock::from(now);
        }
        Ok(())
    }

    fn extend_heads(&self, now: &mut Now, number: usize) {
        let node = self.graph.node(number);
        if now.set.effective.contains(number) {
            let knows = |head: &EntryId| self.graph.number(head).is_some_and(|head| node.past.contains(head));
            now.heads.retain(|head| !knows(head));
            now.heads.insert(node.id);
        }
    }

    fn resolved_now(&self) -> &Now {
        self.now.get_or_init(|| {
            let past = self.all();
            let effective = Arc::new(self.graph.resolve(&past));
            let set = Resolved { past: Arc::new(past), effective };
            let heads = set.heads(&self.graph).collect();
            Now { set, heads }
        })
    }

    /// Returns the ops in the past of some heads, the heads included, and the effective of them.
    fn resolved(&mut self, heads: &[EntryId]) -> Resolved {
        let mut numbers: Vec<_> = heads.iter().filter_map(|head| self.graph.number(head)).collect();
        numbers.sort_by_key(|number| self.graph.node(*number).depth);
        let Some(deepest) = numbers.last().copied() else { return Resolved::default() };
        let node = self.graph.node(deepest);
        let mut set = Resolved { past: Arc::clone(&node.past), effective: Arc::clone(&node.effective) };
        // It knows all the others of its set.
        let stepped = self.graph.step(&mut set, deepest);
        if numbers.len() == 1 && stepped {
            return set;
        }
        if let Some(set) = self.sets.get(heads) {
            return set.clone();
        }
        let mut all = OpSet::default();
        for number in &numbers {
            all.extend(&self.graph.node(*number).past);
            all.insert(*number);
        }
        let set = self.resolved_from(set, stepped, all);
        self.sets.put(heads.to_vec(), set.clone(), MAX_SETS);
        set
    }

    /// Resolves a set from one of its parts where the ops in between change no verdicts.
    fn resolved_from(&self, mut part: Resolved, stepped: bool, all: OpSet) -> Resolved {
        if let Some(now) = self.now.get()
            && *now.set.past == all
        {
            return now.set.clone();
        }
        let missing: Vec<_> = all.difference(&part.past).numbers().collect();
        if stepped && missing.into_iter().all(|number| self.graph.step(&mut part, number)) {
            return part;
        }
        let effective = Arc::new(self.graph.resolve(&all));
        Resolved { past: Arc::new(all), effective }
    }

    /// Returns the view of all ops.
    pub fn now(&mut self) -> Arc<View> {
        let target = self.resolved_now().set.clone();
        if !target.is_of(&self.latest) {
            // In place, unless somebody still holds the one before.
            self.graph.update(Arc::make_mut(&mut self.latest), &target);
        }
        Arc::clone(&self.latest)
    }

    /// Returns the view at some heads; ops that are not valid or not known add nothing.
    pub fn view(&mut self, heads: &[EntryId]) -> Arc<View> {
        if let Some(view) = self.views.get(heads) {
            return Arc::clone(view);
        }
        let target = self.resolved(heads);
        if self.now.get().is_some_and(|now| now.set.past == target.past) {
            return self.now();
        }
        let nearest = self.views.values().chain([&self.latest]).min_by_key(|view| target.distance(view));
        let mut view = nearest.map(|view| View::clone(view)).unwrap_or_default();
        self.graph.update(&mut view, &target);
        let view = Arc::new(view);
        self.views.put(heads.to_vec(), Arc::clone(&view), MAX_VIEWS);
        view
    }

    /// Returns the state of a set of ops that is closed under parents.
    pub fn view_of(&mut self, ops: &OpSet) -> Arc<View> {
        let mut heads: Vec<_> =
            resolve::heads(&self.graph, ops).into_iter().map(|number| self.graph.node(number).id).collect();
        heads.sort_unstable();
        self.view(&heads)
    }
}

#[cfg(test)]
pub(crate) mod tests;
