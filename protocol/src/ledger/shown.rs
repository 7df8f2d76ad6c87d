//! What shows of forks in the past of an entry.
//!
//! Each entry near a fork carries a summary of it, merged from those of what it builds on and
//! follows. A summary is as long as there are branches and people, however long the history is, and
//! entries that add nothing to it share one. It tells which branches show, who built upon each and
//! by which entry, so that whether a branch stays is asked of these few entries instead of all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::id::{DeviceId, EntryId, PersonId};

/// What shows of forks in the past of an entry, itself included.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    /// In all that it builds on and follows, and in the ops it knows; `None` where nothing shows.
    forks: Option<Arc<Forks>>,
    /// The branches with data in what it builds on alone, by the entry each starts with.
    built: Option<Arc<BTreeSet<EntryId>>>,
}

/// What shows of forked devices.
pub(super) type Forks = BTreeMap<DeviceId, Fork>;

/// What shows of a forked device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fork {
    /// In ops and data.
    pub(super) branches: Branches,
    /// The branches with data, by the entry each starts with; unknown of a device that forked again.
    pub(super) data: BTreeMap<EntryId, Branch>,
}

/// Which branches show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Branches {
    /// The branch that starts with this entry, at the lowest forked position.
    One(EntryId),
    /// Several, or one that is forked again.
    Several,
}

/// What shows of a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Branch {
    /// Position of its last Open or Change that shows; all of it up to there does.
    pub(super) last: u64,
    /// Who wrote it.
    pub(super) authors: BTreeSet<PersonId>,
    /// The other branches that it builds on.
    pub(super) rests_on: BTreeSet<EntryId>,
    /// Who built upon it, each with an entry that does.
    pub(super) builders: BTreeMap<PersonId, Builder>,
}

/// An entry that builds upon a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Builder {
    /// The entry.
    pub(super) entry: EntryId,
    /// Whether it is itself on a forked part of a chain.
    pub(super) frozen: bool,
}

impl Branches {
    fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Several }
    }
}

impl Builder {
    /// Whether another entry of the same person says more: one that may stand by itself.
    fn yields_to(self, other: Self) -> bool {
        self.frozen && !other.frozen
    }
}

impl Branch {
    fn includes(&self, other: &Self) -> bool {
        let knows = |(person, builder): (&PersonId, &Builder)| {
            self.builders.get(person).is_some_and(|mine| !mine.yields_to(*builder))
        };
        self.last >= other.last
            && self.authors.is_superset(&other.authors)
            && self.rests_on.is_superset(&other.rests_on)
            && other.builders.iter().all(knows)
    }

    fn add(&mut self, other: &Self) {
        self.last = self.last.max(other.last);
        self.authors.extend(&other.authors);
        self.rests_on.extend(&other.rests_on);
        for (person, builder) in &other.builders {
            let mine = self.builders.entry(*person).or_insert(*builder);
            if mine.yields_to(*builder) {
                *mine = *builder;
            }
        }
    }
}

impl Fork {
    fn includes(&self, other: &Self) -> bool {
        let knows = |(start, branch): (&EntryId, &Branch)| self.data.get(start).is_some_and(|b| b.includes(branch));
        self.branches.and(other.branches) == self.branches && other.data.iter().all(knows)
    }

    fn add(&mut self, other: &Self) {
        self.branches = self.branches.and(other.branches);
        for (start, branch) in &other.data {
            self.data.entry(*start).or_default().add(branch);
        }
    }
}

/// Notes which branches of a device show.
pub(super) fn note(forks: &mut Forks, device: DeviceId, branches: Branches) {
    add(forks, device, &Fork { branches, data: BTreeMap::new() });
}

/// Notes what shows of the branch of a device that starts with an entry.
pub(super) fn note_branch(forks: &mut Forks, device: DeviceId, start: EntryId, branch: Branch) {
    add(forks, device, &Fork { branches: Branches::One(start), data: BTreeMap::from([(start, branch)]) });
}

fn add(forks: &mut Forks, device: DeviceId, fork: &Fork) {
    match forks.get_mut(&device) {
        Some(known) => known.add(fork),
        None => {
            forks.insert(device, fork.clone());
        }
    }
}

fn includes(forks: &Forks, other: &Forks) -> bool {
    other.iter().all(|(device, fork)| forks.get(device).is_some_and(|known| known.includes(fork)))
}

impl Shown {
    /// Returns what shows in all that the entry builds on and follows.
    pub(super) fn forks(&self) -> Option<&Forks> {
        self.forks.as_deref()
    }

    /// Returns the branches that the entry builds on, or is on, by the entry each starts with.
    pub(super) fn built(&self) -> impl Iterator<Item = &EntryId> {
        self.built.as_deref().into_iter().flatten()
    }

    /// Takes in what shows at an entry that is built on.
    pub(super) fn build_on(&mut self, other: &Self) {
        self.follow(other);
        let Some(theirs) = &other.built else { return };
        match &mut self.built {
            Some(mine) if mine.is_superset(theirs) => {}
            Some(mine) if !theirs.is_superset(mine) => Arc::make_mut(mine).extend(theirs.iter()),
            mine => *mine = Some(Arc::clone(theirs)),
        }
    }

    /// Takes in what shows at an entry that is followed.
    pub(super) fn follow(&mut self, other: &Self) {
        if let Some(theirs) = &other.forks {
            self.take_in(theirs);
        }
    }

    /// Adds what more shows of forks.
    pub(super) fn add(&mut self, forks: Forks) {
        if !forks.is_empty() {
            self.take_in(&Arc::new(forks));
        }
    }

    fn take_in(&mut self, theirs: &Arc<Forks>) {
        match &mut self.forks {
            Some(mine) if Arc::ptr_eq(mine, theirs) || includes(mine, theirs) => {}
            Some(mine) if !includes(theirs, mine) => {
                let mine = Arc::make_mut(mine);
                theirs.iter().for_each(|(device, fork)| add(mine, *device, fork));
            }
            mine => *mine = Some(Arc::clone(theirs)),
        }
    }

    /// Notes that the entry is on the branch that starts with this one.
    pub(super) fn note_built(&mut self, start: EntryId) {
        if self.built.as_ref().is_none_or(|built| !built.contains(&start)) {
            Arc::make_mut(self.built.get_or_insert_default()).insert(start);
        }
    }
}
