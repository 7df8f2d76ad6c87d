//! The rules of forks once more, slowly: over everything, without any of the short cuts.

use std::collections::{BTreeMap, BTreeSet};

use crate::authority::OpSet;
use crate::id::{DeviceId, EntryId, PersonId};
use crate::ledger::{Ledger, Node, Standing};

type Set = BTreeSet<EntryId>;

/// Asserts that what counts is what the rules say, and that each entry was right to build on what
/// it builds on.
pub(super) fn check(ledger: &Ledger) {
    let data: Set = ledger.nodes.iter().filter(|(_, node)| node.is_readable_data()).map(|(id, _)| *id).collect();
    let accepted = accepted(ledger, &data, &ops(ledger, |_| true));
    for id in &data {
        let counts = ledger.nodes[id].standing == Standing::Counts;
        assert_eq!(accepted.contains(id), counts, "{}", id.fmt_short());
        check_past(ledger, &ledger.nodes[id]);
    }
}

/// Rule R5 for one entry.
fn check_past(ledger: &Ledger, node: &Node) {
    let (mut closure, mut on_chains) = (Set::new(), Set::new());
    let mut queue: Vec<_> = node.deps.iter().chain(&node.prev).copied().collect();
    while let Some(id) = queue.pop() {
        let node = &ledger.nodes[&id];
        let new = if node.is_data() { closure.insert(id) } else { on_chains.insert(id) };
        if new {
            queue.extend(node.deps.iter().chain(&node.prev));
        }
    }
    let known: &OpSet = &node.past;
    let mut ops = ops(ledger, |id| ledger.membership.holds(known, id));
    ops.extend(on_chains);
    let accepted = accepted(ledger, &closure, &ops);
    let past: Set = node.deps.iter().flat_map(|id| past(ledger, *id)).collect();
    assert!(past.is_subset(&accepted), "device {} at {}", node.device.fmt_short(), node.seq);
}

fn ops(ledger: &Ledger, which: impl Fn(&EntryId) -> bool) -> Set {
    ledger.nodes.keys().filter(|id| ledger.membership.contains(id) && which(id)).copied().collect()
}

fn past(ledger: &Ledger, id: EntryId) -> Set {
    let (mut past, mut queue) = (Set::new(), vec![id]);
    while let Some(id) = queue.pop() {
        if past.insert(id) {
            queue.extend(&ledger.nodes[&id].deps);
        }
    }
    past
}

fn accepted(ledger: &Ledger, data: &Set, ops: &Set) -> Set {
    let mut slots: BTreeMap<(DeviceId, u64), usize> = BTreeMap::new();
    for id in data.union(ops) {
        let node = &ledger.nodes[id];
        *slots.entry((node.device, node.seq)).or_default() += 1;
    }
    let mut lowest: BTreeMap<DeviceId, u64> = BTreeMap::new();
    for (device, seq) in slots.iter().filter(|(_, count)| **count > 1).map(|(slot, _)| *slot) {
        lowest.entry(device).or_insert(seq);
    }
    let stands = |id: &&EntryId| {
        let node = &ledger.nodes[*id];
        lowest.get(&node.device).is_none_or(|from| node.seq < *from)
    };
    let built: Set = data.iter().filter(stands).flat_map(|id| past(ledger, *id)).collect();
    let mut accepted = built.clone();
    let forked = slots.keys().filter(|(device, seq)| lowest.get(device).is_some_and(|from| seq >= from));
    for (device, seq) in forked {
        drop_losers(ledger, *device, *seq, &built, &mut accepted);
    }
    accepted
}

fn drop_losers(ledger: &Ledger, device: DeviceId, seq: u64, built: &Set, accepted: &mut Set) {
    let mut branches: BTreeMap<EntryId, Set> = BTreeMap::new();
    for id in accepted.iter().filter(|id| ledger.nodes[*id].device == device && ledger.nodes[*id].seq >= seq) {
        let mut head = *id;
        while ledger.nodes[&head].seq > seq {
            head = ledger.nodes[&head].prev.expect("a chain goes back to its start");
        }
        branches.entry(head).or_default().insert(*id);
    }
    let person = |id: &EntryId| ledger.nodes[id].author.expect("an author").0;
    let support = |branch: &Set| {
        let author = branch.first().map(person);
        let upon = built.iter().filter(|id| !past(ledger, **id).is_disjoint(branch)).map(person);
        upon.filter(|who| Some(*who) != author).collect::<BTreeSet<PersonId>>().len()
    };
    let stays = branches.iter().min_by_key(|(head, branch)| (std::cmp::Reverse(support(branch)), **head));
    let Some(stays) = stays.map(|(head, _)| *head) else { return };
    let losers: Set = branches.iter().filter(|(head, _)| **head != stays).flat_map(|(_, b)| b).copied().collect();
    accepted.retain(|id| past(ledger, *id).is_disjoint(&losers));
}
