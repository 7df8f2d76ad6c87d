//! The changes of one document that passed, as a graph with cheap closures.
//!
//! Changes are numbered in the order they were admitted; each knows the longest run of first
//! numbers that lies wholly in its closure. A walk back therefore stops at that run, and a
//! change on all current heads needs no walk: a linear history costs nothing per change, and a
//! branch costs its own length. None of this shows in an answer, which depends on the graph only.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Refusal;
use super::info::{ChangeInfo, OpId};
use crate::id::ChangeHash;

/// All changes that passed.
#[derive(Debug, Clone)]
pub(super) struct History {
    nodes: Vec<Node>,
    by_hash: BTreeMap<ChangeHash, u32>,
    by_actor: BTreeMap<[u8; 16], Chain>,
    heads: BTreeSet<u32>,
    /// Actors with two changes of one sequence number.
    forked: BTreeSet<[u8; 16]>,
}

#[derive(Debug, Clone)]
struct Node {
    info: ChangeInfo,
    deps: Vec<u32>,
    /// All changes below this number are in its closure.
    prefix: u32,
}

/// The changes of one actor in the order admitted, which is their order in every closure.
#[derive(Debug, Clone, Default)]
struct Chain {
    changes: Vec<u32>,
}

/// A set of changes with all their ancestors.
#[derive(Debug)]
pub(super) struct Closure {
    /// All below this number.
    prefix: u32,
    /// From this number on, one flag each.
    base: u32,
    above: Vec<bool>,
}

impl Closure {
    /// Returns whether a change is in the set.
    pub(super) fn contains(&self, change: u32) -> bool {
        change < self.prefix || self.flag(change)
    }

    fn flag(&self, change: u32) -> bool {
        let place = change.checked_sub(self.base).and_then(|n| self.above.get(n as usize));
        place.copied().unwrap_or(false)
    }
}

impl History {
    /// Starts with the constant change.
    pub(super) fn new(constant: ChangeInfo) -> Self {
        let mut history = Self {
            nodes: Vec::new(),
            by_hash: BTreeMap::new(),
            by_actor: BTreeMap::new(),
            heads: BTreeSet::new(),
            forked: BTreeSet::new(),
        };
        history.push(constant);
        history
    }

    /// Returns the number of a change.
    pub(super) fn find(&self, hash: &ChangeHash) -> Option<u32> {
        self.by_hash.get(hash).copied()
    }

    /// Returns a change by its number.
    pub(super) fn get(&self, change: u32) -> Option<&ChangeInfo> {
        Some(&self.nodes.get(change as usize)?.info)
    }

    /// Adds a change whose dependencies are here, and returns its number.
    pub(super) fn push(&mut self, info: ChangeInfo) -> u32 {
        if let Some(known) = self.find(&info.hash) {
            return known;
        }
        let number = self.nodes.len() as u32;
        let deps: Vec<u32> = info.deps.iter().filter_map(|hash| self.find(hash)).collect();
        let closure = self.closure(&deps);
        let mut prefix = closure.prefix;
        while prefix < number && closure.flag(prefix) {
            prefix += 1;
        }
        if prefix == number {
            prefix += 1;
        }
        for dep in &deps {
            self.heads.remove(dep);
        }
        self.heads.insert(number);
        self.by_hash.insert(info.hash, number);
        let chain = self.by_actor.entry(info.actor()).or_default();
        if info.seq != chain.changes.len() as u64 + 1 {
            self.forked.insert(info.actor());
        }
        chain.changes.push(number);
        self.nodes.push(Node { info, deps, prefix });
        number
    }

    /// Returns the closure of some changes.
    pub(super) fn closure(&self, changes: &[u32]) -> Closure {
        let all = self.nodes.len() as u32;
        if changes.len() >= self.heads.len() && self.heads.iter().all(|h| changes.contains(h)) {
            return Closure { prefix: all, base: all, above: Vec::new() };
        }
        let prefix_of = |n: &u32| self.nodes.get(*n as usize).map_or(0, |node| node.prefix);
        let base = changes.iter().map(prefix_of).max().unwrap_or(0);
        let mut closure = Closure { prefix: base, base, above: vec![false; (all - base.min(all)) as usize] };
        let mut todo: Vec<u32> = changes.to_vec();
        while let Some(change) = todo.pop() {
            if closure.contains(change) {
                continue;
            }
            let place = change.checked_sub(base).and_then(|n| closure.above.get_mut(n as usize));
            let (Some(flag), Some(node)) = (place, self.nodes.get(change as usize)) else {
                continue;
            };
            *flag = true;
            closure.prefix = closure.prefix.max(node.prefix);
            todo.extend(&node.deps);
        }
        closure
    }

    /// Returns the changes of an actor that are in a closure, or may be: all of them when the
    /// actor never forked, since then one lookup by counter finds the only candidate.
    pub(super) fn chain<'a>(&'a self, actor: &[u8; 16], closure: &Closure) -> Cow<'a, [u32]> {
        let Some(chain) = self.by_actor.get(actor) else {
            return Cow::Borrowed(&[]);
        };
        if self.forked.contains(actor) {
            chain.changes.iter().copied().filter(|n| closure.contains(*n)).collect()
        } else {
            Cow::Borrowed(&chain.changes)
        }
    }

    /// Returns the actor's last change in a closure.
    pub(super) fn last_of(&self, actor: &[u8; 16], closure: &Closure) -> Option<u32> {
        let chain = self.chain(actor, closure);
        // A chain without fork is in a closure up to some point, and not beyond.
        let len = chain.partition_point(|n| closure.contains(*n));
        chain.get(len.checked_sub(1)?).copied()
    }

    /// Refuses a closure in which one actor used a sequence number twice.
    pub(super) fn check_forks(&self, closure: &Closure) -> Result<(), Refusal> {
        for actor in &self.forked {
            let chain = self.chain(actor, closure);
            let mut seqs = chain.iter().filter_map(|n| self.get(*n)).map(|info| info.seq).zip(1..);
            if !seqs.all(|(seq, expected)| seq == expected) {
                return Err(Refusal::Equivocation);
            }
        }
        Ok(())
    }

    /// Returns the largest op counter among some changes; those on which they build have less.
    pub(super) fn max_op(&self, changes: &[u32]) -> u64 {
        changes.iter().filter_map(|n| self.get(*n)).map(ChangeInfo::max_op).max().unwrap_or(0)
    }

    /// Returns the change of a chain that holds an op if any does, and if it is in the closure.
    pub(super) fn holder(&self, chain: &[u32], closure: &Closure, (_, counter): OpId) -> Option<&ChangeInfo> {
        let starts_before = |n: &u32| self.get(*n).is_some_and(|info| info.start_op <= counter);
        let after = chain.partition_point(starts_before);
        let change = *chain.get(after.checked_sub(1)?)?;
        self.get(change).filter(|_| closure.contains(change))
    }
}
