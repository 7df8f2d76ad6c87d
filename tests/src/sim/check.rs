//! What must hold when everything has healed.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::authority::Member;
use dataforge_protocol::document::WellState;
use dataforge_protocol::entry::{EntryKind, ReadHeader};
use dataforge_protocol::id::{ChangeHash, DeviceId, DocId, EntryId, PersonId};
use dataforge_protocol::ledger::{DeviceTips, Outcome};
use dataforge_protocol::sync::Entries as _;

use super::network::Network;
use super::node::Node;

/// What nodes must agree on.
#[derive(Debug, PartialEq)]
struct State {
    outcomes: BTreeMap<EntryId, String>,
    members: BTreeMap<PersonId, Member>,
    tips: Vec<DeviceTips>,
    documents: BTreeMap<DocId, (Vec<ChangeHash>, WellState)>,
}

/// Counts for the report.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) entries: usize,
    pub(super) excluded: usize,
    pub(super) inert: usize,
    pub(super) acknowledged: usize,
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
        assert_eq!(word(stored), word(&outcome), "what is stored is what the ledger says");
        (*id, word(&outcome))
    };
    let outcomes: BTreeMap<_, _> = node.disk.order().iter().map(outcome).collect();
    assert_eq!(outcomes.len() as u64, node.ledger.position(), "all that is settled is stored");
    let open = |doc: &DocId| !node.ledger.effective_entries(doc).is_empty();
    let docs: BTreeSet<_> = node.ledger.documents().filter(open).collect();
    let read = |doc: &DocId| {
        let document = node.document(doc);
        (*doc, (document.heads(), WellState::read(&document)))
    };
    let documents = docs.iter().map(read).collect();
    let tips = node.ledger.tips();
    State { outcomes, members: node.ledger.members().members.clone(), tips, documents }
}

/// No Open or Change of a viewer's device is anywhere.
fn check_viewers(node: &Node, viewers: &[DeviceId]) {
    for id in node.disk.order() {
        let entry = node.disk.entry(id).expect("a stored entry").read().expect("a stored entry reads");
        if let ReadHeader::Known(EntryKind::Open | EntryKind::Change, header) = &entry.header {
            assert!(!viewers.contains(&header.link.device), "a viewer wrote {id}");
        }
    }
}

/// Checks all that must hold of the honest nodes.
pub(super) fn all(nodes: &mut [Node], network: &Network, viewers: &[DeviceId]) -> Counts {
    check_sessions(nodes, network);
    nodes.iter().for_each(|node| check_viewers(node, viewers));
    let states: Vec<_> = nodes.iter_mut().map(state).collect();
    for (number, other) in states.iter().enumerate().skip(1) {
        compare(&states[0], other, number);
    }
    let mut acknowledged = 0;
    for node in nodes.iter() {
        acknowledged += node.acknowledged.len();
        for id in &node.acknowledged {
            assert!(states[0].outcomes.contains_key(id), "an acknowledged entry is lost: {id}");
        }
    }
    for (node, before) in nodes.iter_mut().zip(&states) {
        node.restart();
        assert_eq!(state(node), *before, "a restart changes nothing");
    }
    let count = |with: &str| states[0].outcomes.values().filter(|word| word.starts_with(with)).count();
    Counts { entries: states[0].outcomes.len(), excluded: count("Excluded"), inert: count("inert"), acknowledged }
}

fn compare(first: &State, other: &State, number: usize) {
    for (id, word) in &first.outcomes {
        assert_eq!(other.outcomes.get(id), Some(word), "entry {id} at node {number}");
    }
    for id in other.outcomes.keys() {
        assert!(first.outcomes.contains_key(id), "node 0 lacks {id}");
    }
    assert_eq!(other.members, first.members, "members at node {number}");
    assert_eq!(other.tips, first.tips, "tips at node {number}");
    assert_eq!(other.documents, first.documents, "documents at node {number}");
}

/// All sessions are at their end, and each side knows that the other holds its work.
fn check_sessions(nodes: &[Node], network: &Network) {
    for (number, link) in network.links.iter().enumerate() {
        let honest = link.ends.iter().all(|node| *node < nodes.len());
        if !honest {
            continue;
        }
        assert!(link.up, "connection {number} never came up");
        for node in link.ends {
            let node = &nodes[node];
            let (caught_up, level) = node.stands_with(number).expect("a session");
            assert!(caught_up, "a session is stuck");
            let tips = level.map(|level| level.tips.clone()).unwrap_or_default();
            assert_eq!(tips, node.ledger.device_tips(&node.who.device()), "the peer's level");
        }
    }
}
