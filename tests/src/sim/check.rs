//! What must hold when the core has settled. The numbers are those of the invariants in
//! `docs/verification.md`; I5 and I12 are about blobs, which are not simulated.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::authority::Member;
use dataforge_protocol::document::WellState;
use dataforge_protocol::entry::{Entry, EntryKind, ReadHeader};
use dataforge_protocol::id::{ChangeHash, DeviceId, DocId, EntryId, PersonId};
use dataforge_protocol::ledger::{DeviceTips, Outcome};
use dataforge_protocol::limits;

use super::Simulation;
use super::disk::Recovered;
use super::node::Node;
use crate::oracle::{Oracle, Verdict};

/// Times that all entries are given in another order.
const SHUFFLES: usize = 2;

/// What nodes must agree on.
#[derive(Debug, Clone, PartialEq)]
struct State {
    outcomes: BTreeMap<EntryId, String>,
    members: BTreeMap<PersonId, Member>,
    devices: BTreeMap<DeviceId, PersonId>,
    tips: Vec<DeviceTips>,
    documents: BTreeMap<DocId, (Vec<ChangeHash>, WellState)>,
}

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Inert(inert) => format!("inert: {inert}"),
        other => format!("{other:?}"),
    }
}

fn state(node: &mut Node) -> State {
    let outcome = |id: &EntryId| {
        let outcome = node.ledger.outcome(id).expect("a stored entry is settled");
        let stored = node.disk.outcome(id).expect("its outcome is stored");
        assert_eq!(word(stored), word(&outcome), "I10: what is stored is what the ledger says of {id}");
        (*id, word(&outcome))
    };
    let outcomes: BTreeMap<_, _> = node.disk.order().iter().map(outcome).collect();
    assert_eq!(outcomes.len() as u64, node.ledger.position(), "I10: all that is settled is stored");
    let open = |doc: &DocId| !node.ledger.effective_entries(doc).is_empty();
    let docs: BTreeSet<_> = node.ledger.documents().filter(open).collect();
    let read = |doc: &DocId| {
        let document = node.document(doc).expect("what the ledger lets pass makes a document");
        (*doc, (document.heads(), WellState::read(&document)))
    };
    let documents = docs.iter().map(read).collect();
    let members = node.ledger.members();
    let (members, devices) = (members.members.clone(), members.devices.clone());
    State { outcomes, members, devices, tips: node.ledger.tips(), documents }
}

/// Checks all that must hold of the core.
pub(super) fn all(simulation: &mut Simulation) {
    let core = simulation.core.clone();
    let mut states = BTreeMap::new();
    for node in &core {
        states.insert(*node, state(&mut simulation.nodes[*node]));
    }
    check_agreement(simulation, &states);
    check_sessions(simulation);
    for node in &core {
        check_acknowledged(&simulation.nodes[*node], &states[node]);
        check_forged(simulation, *node);
        check_bounds(simulation, *node, &states[node]);
    }
    check_absent(simulation);
    check_honest_chains(simulation, &states);
    for node in &core {
        check_again(simulation, *node, &states[node]);
    }
    let node = *simulation.random.choice(&core).expect("a core of two");
    check_orders(simulation, node, &states[&node]);
    check_oracle(&simulation.nodes[node], &states[&node]);
    count(simulation, &states[&node]);
}

/// I1: nodes that find each other members hold the same, and what they make of it is the same.
fn check_agreement(simulation: &mut Simulation, states: &BTreeMap<usize, State>) {
    let (canary, mut pairs) = (simulation.plan.canary, 0);
    for (a, first) in states {
        for (b, other) in states.range(a + 1..) {
            let (id_a, id_b) = (simulation.nodes[*a].id(), simulation.nodes[*b].id());
            if first.devices.contains_key(&id_b) && other.devices.contains_key(&id_a) {
                pairs += 1;
                compare(&simulation.nodes, first, other, [*a, *b]);
                assert!(!canary || first.outcomes != other.outcomes, "canary: nodes agree");
            }
        }
    }
    simulation.report.count("pairs that agree", pairs);
}

fn compare(nodes: &[Node], first: &State, other: &State, [a, b]: [usize; 2]) {
    for (id, word) in &first.outcomes {
        let (found, text) = (other.outcomes.get(id), || explain_both(&nodes[a], &nodes[b]));
        assert_eq!(found, Some(word), "I1: entry {id} at node {b}, unlike node {a}{}", text());
    }
    for id in other.outcomes.keys() {
        let (is_there, text) = (first.outcomes.contains_key(id), || explain_both(&nodes[a], &nodes[b]));
        assert!(is_there, "I1: node {a} lacks {id}, which node {b} has{}", text());
    }
    assert_eq!(other.members, first.members, "I1: members at nodes {a} and {b}");
    assert_eq!(other.devices, first.devices, "I1: devices at nodes {a} and {b}");
    assert_eq!(other.tips, first.tips, "I1: tips at nodes {a} and {b}");
    assert_eq!(other.documents, first.documents, "I1: documents at nodes {a} and {b}");
}

/// I14: all sessions of the core are at their end, each side knows that the other holds its work,
/// and it did not take too many frames to come here.
fn check_sessions(simulation: &Simulation) {
    let mut entries = 0;
    for (number, link) in simulation.network.links.iter().enumerate() {
        if !link.up || !link.ends.iter().all(|node| simulation.core.contains(node)) {
            continue;
        }
        for node in link.ends {
            let node = &simulation.nodes[node];
            let (caught_up, level) = node.stands_with(number).expect("a session");
            assert!(caught_up, "I14: session {number} is stuck");
            let tips = level.map(|level| level.tips.clone()).unwrap_or_default();
            assert_eq!(tips, node.ledger.device_tips(&node.id()), "I14: the peer's level");
            entries = entries.max(node.disk.order().len());
        }
    }
    let (used, allowed) = (simulation.network.settled_frames, simulation.frames_allowed(entries));
    assert!(used <= allowed, "I14: {used} frames for {entries} entries, more than {allowed}");
}

/// I2: what was acknowledged is there, unless the disk it was on is gone.
fn check_acknowledged(node: &Node, state: &State) {
    for id in &node.acknowledged {
        assert!(state.outcomes.contains_key(id), "I2: an acknowledged entry is lost: {id}");
    }
}

/// I2 of nodes that were not healed: it is on their disks.
fn check_absent(simulation: &mut Simulation) {
    for number in simulation.honest() {
        if simulation.core.contains(&number) || !simulation.nodes[number].joined {
            continue;
        }
        simulation.stop(number);
        let random = &mut simulation.random;
        simulation.nodes[number].restart(false, random);
        let node = &simulation.nodes[number];
        let lost = node.acknowledged.iter().find(|id| node.disk.stored(id).is_none());
        assert!(lost.is_none(), "I2: node {number} lost {lost:?}");
    }
}

/// I3 of the gate: no change that was forged has an effect.
fn check_forged(simulation: &Simulation, number: usize) {
    for (id, what) in &simulation.forged {
        let outcome = simulation.nodes[number].ledger.outcome(id);
        assert!(outcome != Some(Outcome::Accepted), "I3: a change with a forged {what} counts at node {number}: {id}");
    }
}

/// I4 and I7: no honest device has a forked chain. I4: an honest entry is never invalid, and has no
/// effect only where it rests on something that has none.
fn check_honest_chains(simulation: &Simulation, states: &BTreeMap<usize, State>) {
    let hostile = simulation.hostile_node().map(|node| simulation.nodes[node].id());
    for number in states.keys() {
        let node = &simulation.nodes[*number];
        // The hostile member may have had other keys before.
        let person = simulation.hostile_node().map(|node| simulation.nodes[node].who.id());
        let people = node.ledger.people();
        let theirs = person.and_then(|person| people.get(&person));
        for device in node.ledger.forked().keys() {
            let is_theirs = theirs.is_some_and(|known| known.devices.contains_key(device));
            assert!(Some(*device) == hostile || is_theirs, "I7: the chain of {device}, which is honest, is forked");
        }
        let trouble = hostile.is_some();
        for (id, word) in &states[number].outcomes {
            let device = node.disk.stored(id).map(|signed| signed.clone().read()).and_then(Result::ok);
            let own = device.is_some_and(|entry| Some(entry.header.link().device) != hostile);
            assert!(trouble || !own || !word.starts_with("inert"), "I4: {id}, an honest change, is {word}");
        }
    }
}

/// I11: what is kept in memory is bounded.
fn check_bounds(simulation: &Simulation, number: usize, state: &State) {
    let waiting = simulation.nodes[number].ledger.waiting();
    assert!(waiting <= limits::MAX_WAITING_ENTRIES, "I11: {waiting} entries wait");
    // An entry waits for ever only for what a hostile node keeps, or what was lost or is cut off.
    let all = simulation.honest().all(|node| {
        let node = &simulation.nodes[node];
        !node.joined || (node.lost.is_empty() && state.devices.contains_key(&node.id()))
    });
    let whole =
        all && simulation.honest().all(|node| simulation.core.contains(&node) || !simulation.nodes[node].joined);
    let free = simulation.hostile.is_some() || !whole;
    let text = || {
        let others = simulation.nodes.iter().enumerate().filter(|(node, _)| *node != number);
        let each = others.map(|(node, other)| format!("\nnode {node}:{}", explain(other))).collect::<String>();
        format!("\nthis:{}{each}", explain(&simulation.nodes[number]))
    };
    assert!(
        free || waiting == 0,
        "I11: {waiting} of {} wait for ever at node {number}{}",
        state.outcomes.len(),
        text()
    );
}

/// I6 and I10: given everything again, or started anew, a node is as it was.
fn check_again(simulation: &mut Simulation, number: usize, before: &State) {
    let node = &mut simulation.nodes[number];
    for id in node.disk.order().to_vec() {
        let entry = node.disk.stored(&id).cloned().expect("a stored entry");
        let entry = node.verify(entry).expect("an entry that verified");
        let done = node.ledger.accept(entry, &node.disk);
        let nothing = done.settled.is_empty() && done.changed.is_empty() && done.other.is_none();
        assert!(nothing, "I6: {id} given again changes something: {done:?}");
    }
    assert_eq!(state(node), *before, "I6: everything given again changes nothing");
    simulation.stop(number);
    let random = &mut simulation.random;
    let recovered = simulation.nodes[number].restart(false, random);
    assert_eq!(recovered, Recovered::Whole, "a disk that was healed is whole");
    assert_eq!(state(&mut simulation.nodes[number]), *before, "I10: a restart changes nothing");
}

/// I9: in whatever order a node hears of the entries, it comes to the same.
fn check_orders(simulation: &mut Simulation, number: usize, before: &State) {
    let node = &simulation.nodes[number];
    let read = |id: &EntryId| node.disk.stored(id).cloned().and_then(|signed| node.verify(signed).ok());
    let mut entries: Vec<Entry> = node.disk.order().iter().filter_map(read).collect();
    for _ in 0..SHUFFLES {
        simulation.random.shuffle(&mut entries[1..]);
        let mut replica = simulation.nodes[number].replica(entries.iter().cloned());
        let after = state(&mut replica);
        for (id, word) in &before.outcomes {
            let (found, text) = (after.outcomes.get(id), || explain_both(&simulation.nodes[number], &replica));
            assert_eq!(found, Some(word), "I9: entry {id} in another order{}", text());
        }
        assert_eq!(after, *before, "I9: another order gives another state");
    }
}

/// Says what two nodes hold, each in the order it settled it, and what the rules make of it.
fn explain_both(one: &Node, other: &Node) -> String {
    format!("\none:{}\nother:{}", explain(one), explain(other))
}

/// Says what the rules make of what a node holds, for messages.
pub(super) fn explain(node: &Node) -> String {
    let mut oracle = Oracle::default();
    let held = node.disk.held().map(|signed| node.verify(signed.clone()).expect("it verified"));
    for entry in held {
        oracle.add(&entry);
    }
    let verdicts = oracle.verdicts();
    let mut text = String::new();
    for signed in node.disk.held() {
        let id = dataforge_protocol::entry::entry_id(&signed.header);
        let (ours, rules) = (node.ledger.outcome(&id), verdicts.get(&id));
        text += &format!("\n{} | ours {ours:?}, rules {rules:?}", node.describe_entry(&id));
    }
    for entry in node.rejected.values() {
        let placed = oracle.add(entry);
        let rules = oracle.verdicts();
        let what = node.describe_entry(&entry.id);
        text += &format!("\nrefused {what} | placed {placed}, rules {:?}", rules.get(&entry.id));
    }
    text
}

/// I3: what counts is what the rules say, read by somebody else, and so is what was refused.
fn check_oracle(node: &Node, state: &State) {
    let mut oracle = Oracle::default();
    let read = |id: &EntryId| node.disk.stored(id).cloned().and_then(|signed| node.verify(signed).ok());
    for entry in node.disk.order().iter().filter_map(read) {
        assert!(oracle.add(&entry), "I3: {} rests on what is not here{}", entry.id, explain(node));
    }
    let verdicts = oracle.verdicts();
    for (id, word) in &state.outcomes {
        let expected = match word.as_str() {
            "Excluded" => Verdict::Excluded,
            "Unreadable" => Verdict::Unreadable,
            _ => Verdict::Counts,
        };
        let verdict = verdicts.get(id);
        assert!(verdict == Some(&expected), "I3: it is {word}, by the rules {verdict:?}: {}", node.describe_entry(id));
    }
    let (ranks, devices) = oracle.members();
    let members = state.members.iter().map(|(person, member)| (*person, member.role as u8 + 1)).collect();
    assert_eq!(ranks, members, "I3: the roles are not what the rules say");
    assert_eq!(devices, state.devices, "I3: the devices are not what the rules say");
    let (mut left, mut before) = (node.rejected.values().collect::<Vec<_>>(), usize::MAX);
    while left.len() < before {
        before = left.len();
        left.retain(|entry| !oracle.add(entry));
    }
    let verdicts = oracle.verdicts();
    for (id, entry) in node.rejected.iter().filter(|(id, _)| !state.outcomes.contains_key(*id)) {
        let verdict = verdicts.get(id).unwrap_or(&Verdict::Invalid);
        // What rests on both, the refused and the unreadable, is refused: nobody keeps all of it.
        let refused =
            *verdict == Verdict::Invalid || (*verdict == Verdict::Unreadable && rests_on_refused(node, entry));
        assert!(refused, "I3: refused, by the rules {verdict:?}: {}", describe_ground(node, entry, &verdicts));
    }
}

/// Says what an entry is, and what it rests on.
fn describe_ground(node: &Node, entry: &Entry, verdicts: &BTreeMap<EntryId, Verdict>) -> String {
    let mut text = node.describe_entry(&entry.id);
    let ReadHeader::Known(_, header) = &entry.header else { return text };
    for id in header.claims.mheads.iter().chain(&header.claims.deps).chain(&header.link.prev) {
        let (ours, refused) = (node.ledger.outcome(id), node.rejected.contains_key(id));
        text += &format!("\n  on {} | {ours:?}, {refused}, {:?}", node.describe_entry(id), verdicts.get(id));
    }
    text
}

/// Whether an entry rests on one that was refused.
fn rests_on_refused(node: &Node, entry: &Entry) -> bool {
    let ReadHeader::Known(_, header) = &entry.header else { return false };
    let on = header.claims.mheads.iter().chain(&header.claims.deps).chain(&header.link.prev);
    on.into_iter().any(|id| node.rejected.contains_key(id))
}

/// How much there was of everything.
fn count(simulation: &mut Simulation, state: &State) {
    let with = |start: &str| state.outcomes.values().filter(|word| word.starts_with(start)).count();
    let (excluded, inert, unreadable) = (with("Excluded"), with("inert"), with("Unreadable"));
    let node = &simulation.nodes[simulation.core[0]];
    let entries = node.disk.order().iter().filter_map(|id| node.disk.stored(id)?.clone().read().ok());
    let ops = entries.filter(|entry| matches!(entry.header, ReadHeader::Known(EntryKind::Op, _))).count();
    let report = &mut simulation.report;
    report.count("entries", state.outcomes.len());
    report.count("ops", ops);
    report.count("excluded", excluded);
    report.count("inert", inert);
    report.count("unreadable", unreadable);
    let honest: Vec<_> = simulation.honest().collect();
    for node in honest {
        let (acknowledged, lost) = (simulation.nodes[node].acknowledged.len(), simulation.nodes[node].lost.len());
        simulation.report.count("acknowledged", acknowledged);
        simulation.report.count("lost with a disk", lost);
    }
}
