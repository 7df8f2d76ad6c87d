//! The graphs of the model, rebuilt: the same ops are invalid and void, the same data is invalid
//! and excluded, and the same members are left, in whatever order they arrive.
//!
//! Ids are the ranks of the graph, since the rules order by id. Persons and devices have real keys,
//! sorted as their names are.

mod rebuild;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use self::rebuild::Cast;
use self::text::{Graph, Item};
use crate::entry::Entry;
use crate::id::EntryId;
use crate::ledger::{Bodies, Invalid, Ledger, Outcome};

/// Bodies by id.
struct Held(BTreeMap<EntryId, Vec<u8>>);

impl Bodies for Held {
    fn body(&self, id: &EntryId) -> Option<Vec<u8>> {
        self.0.get(id).cloned()
    }
}

/// A ledger with all that it says of the entries given to it.
struct World {
    ledger: Ledger,
    held: Held,
    invalid: BTreeMap<EntryId, Invalid>,
}

impl World {
    fn start(genesis: &Entry) -> Self {
        let held = Held(BTreeMap::from([(genesis.id, genesis.signed.body.clone())]));
        Self { ledger: Ledger::start(genesis).unwrap(), held, invalid: BTreeMap::new() }
    }

    fn give(&mut self, entry: &Entry) {
        let done = self.ledger.accept(entry.clone(), &self.held);
        if let Some(Outcome::Invalid(why)) = done.other {
            self.invalid.insert(entry.id, why);
        }
        for (entry, _) in done.settled {
            self.held.0.insert(entry.id, entry.signed.body);
        }
    }

    fn check(&self, graph: &Graph, cast: &Cast, given: &[&Item], verdict: &BTreeMap<String, String>) {
        let names = |key: &str| verdict.get(key).map(|list| list.split(',').collect()).unwrap_or_default();
        let invalid: BTreeSet<&str> = names("invalid");
        let (void, excluded): (BTreeSet<&str>, BTreeSet<&str>) = (names("void"), names("excluded"));
        for item in given {
            let (name, id) = (item.name.as_str(), cast.id(&item.name));
            let expected = if invalid.contains(name) {
                "invalid"
            } else if void.contains(name) || excluded.contains(name) {
                "left out"
            } else {
                "counts"
            };
            let found = match self.ledger.outcome(&id) {
                None => "invalid",
                Some(Outcome::Excluded) => "left out",
                Some(Outcome::Accepted) => "counts",
                Some(other) => panic!("{}: {name} is {other:?}", graph.name),
            };
            assert_eq!(
                found,
                expected,
                "{}: {name}: {:?}",
                graph.name,
                (self.ledger.explain(&id), self.invalid.get(&id))
            );
        }
        assert_eq!(self.members(cast), verdict.get("members").cloned().unwrap_or_default(), "{}", graph.name);
    }

    fn members(&self, cast: &Cast) -> String {
        let view = self.ledger.members();
        let mut members = BTreeMap::new();
        for (person, member) in &view.members {
            let devices: BTreeMap<usize, String> =
                member.devices.keys().map(|device| cast.device_name(device)).collect();
            let devices = devices.into_values().collect::<Vec<_>>().join(",");
            let (number, name) = cast.person_name(person);
            members.insert(number, format!("{name}:{}:{devices}", member.role.rank()));
        }
        members.into_values().collect::<Vec<_>>().join(";")
    }
}

/// Rebuilds a graph and checks each verdict: in the order of the file, and the last one in some
/// other orders too.
fn check(graph: &Graph, orders: u64) {
    let cast = Cast::of(graph);
    let entries: Vec<_> = graph.items().map(|item| (item, cast.entry(item))).collect();
    let genesis = entries.first().map(|(_, entry)| entry.clone()).unwrap();
    let mut world = World::start(&genesis);
    let mut given = Vec::new();
    let mut next = entries.iter();
    for step in &graph.steps {
        match step {
            text::Step::Item(_) => {
                let (item, entry) = next.next().unwrap();
                given.push(*item);
                world.give(entry);
            }
            text::Step::Verdict(verdict) => world.check(graph, &cast, &given, verdict),
        }
    }
    let Some(text::Step::Verdict(last)) = graph.steps.last() else { panic!("{} has no verdict", graph.name) };
    for seed in 0..orders {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut others: Vec<_> = entries.iter().skip(1).map(|(_, entry)| entry).collect();
        random.shuffle(&mut others);
        let mut world = World::start(&genesis);
        others.into_iter().for_each(|entry| world.give(entry));
        world.check(graph, &cast, &given, last);
    }
}

/// Returns a file of graphs. `DATAFORGE_GRAPH_FILES` names another directory to read them from, for longer
/// runs than those kept.
pub(crate) fn file_of_graphs(name: &str) -> String {
    let directory = std::env::var_os("DATAFORGE_GRAPH_FILES").map(PathBuf::from);
    let directory = directory.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/graphs"));
    std::fs::read_to_string(directory.join(name)).unwrap()
}

fn check_all(file: &str, orders: u64) {
    let graphs = text::read(&file_of_graphs(file));
    assert!(graphs.len() > 50, "{} graphs", graphs.len());
    let wrong = graphs.iter().filter(|graph| {
        let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(graph, orders)));
        run.is_err()
    });
    let wrong: Vec<_> = wrong.map(|graph| graph.name.as_str()).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:?}", wrong.len(), graphs.len());
}

#[test]
fn scripted_stories_end_as_in_the_model() {
    check_all("attacks.txt", 8);
}

#[test]
fn random_runs_end_as_in_the_model() {
    check_all("seeds.txt", 4);
}
