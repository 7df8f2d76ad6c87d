//! Small scope: every graph of four members and up to five ops, from a fixed choice of ops and
//! parents, in order; each one is told in twenty orders and must give one state with an owner in it.
//!
//! `DATAFORGE_GRAPHS` says how many graphs; the default fits a test run. Fewer than all are spread
//! evenly over all.

use super::world::{Told, World, add, device, leave, ratify, remove, set_role, state, transfer};
use crate::authority::Membership;
use crate::id::EntryId;
use crate::op::{Op, Role};

const MEMBERS: [&str; 4] = ["O", "A", "B", "V"];
/// Graphs of a test run, and orders of each.
const GRAPHS: u64 = 50_000;
const ORDERS: u64 = 20;
const MAX_OPS: u32 = 5;

/// Ops of one member about another: what is chosen from.
const ACTS: u64 = 8;
/// Where an op may stand: behind all that counts, behind the last op alone, behind the beginning.
const PLACES: u64 = 3;
const CHOICES: u64 = 4 * 4 * ACTS * PLACES;

fn all_graphs() -> u64 {
    (1..=MAX_OPS).map(|ops| CHOICES.pow(ops)).sum()
}

/// The ops that graphs are made of, signed once.
struct Cast {
    begin: Vec<Told>,
    acts: Vec<Vec<Op>>,
}

impl Cast {
    fn new() -> Self {
        let mut world = World::of_owners(&["O"], 0);
        for (name, role) in [("A", Role::Admin), ("B", Role::Editor), ("V", Role::Viewer)] {
            world.op("O1", add(name, role));
        }
        let acts = |about: &&str| {
            vec![
                remove(about),
                set_role(about, Role::Viewer),
                set_role(about, Role::Admin),
                set_role(about, Role::Owner),
                add(about, Role::Editor),
                leave(),
                transfer(about, Role::Editor),
                ratify(&[world.told[0].id]),
            ]
        };
        Self { acts: MEMBERS.iter().map(acts).collect(), begin: world.told }
    }

    /// Builds the graph of a number; refused ops are left out, so several numbers give one graph.
    fn graph(&self, mut number: u64) -> World {
        let mut ops = 1;
        while number >= CHOICES.pow(ops) {
            number -= CHOICES.pow(ops);
            ops += 1;
        }
        let mut world = World::default();
        self.begin.iter().for_each(|told| world.tell(told).unwrap());
        for _ in 0..ops {
            let choice = number % CHOICES;
            number /= CHOICES;
            let told = self.told(&world, choice);
            let _refused = world.tell(&told).is_err();
        }
        world
    }

    fn told(&self, world: &World, choice: u64) -> Told {
        let (begin, last) = (self.begin[self.begin.len() - 1].id, world.told[world.told.len() - 1].id);
        let mut parents = match choice / 16 / ACTS {
            0 => world.heads(),
            1 => vec![last],
            _ => vec![begin],
        };
        let mut op = self.acts[(choice / 4 % 4) as usize][(choice / 16 % ACTS) as usize].clone();
        if matches!(op, Op::Ratify(_)) {
            op = ratify(&[last]);
            parents.push(last);
            parents.sort_unstable();
            parents.dedup();
        }
        // Ids in no order of age: the rules break ties by them.
        let id = blake3::hash(&[begin.as_bytes().as_slice(), &choice.to_be_bytes(), last.as_bytes()].concat());
        let device = device(&format!("{}1", MEMBERS[(choice % 4) as usize]));
        Told { id: EntryId(*id.as_bytes()), device, parents, op }
    }
}

/// Tells a graph in some order that keeps parents before what knows them.
fn retold(told: &[Told], random: &mut fastrand::Rng) -> Membership {
    let mut membership = Membership::default();
    let mut left: Vec<&Told> = told.iter().collect();
    while !left.is_empty() {
        let ready: Vec<_> = (0..left.len())
            .filter(|place| left[*place].parents.iter().all(|parent| membership.contains(parent)))
            .collect();
        let next = left.swap_remove(ready[random.usize(..ready.len())]);
        membership.add(next.id, next.device, &next.parents, next.op.clone()).expect("valid in every order");
        if random.bool() {
            membership.now();
        }
    }
    membership
}

#[test]
fn no_small_graph_diverges_or_loses_its_owners() {
    let graphs = std::env::var("DATAFORGE_GRAPHS").ok().and_then(|text| text.parse().ok()).unwrap_or(GRAPHS);
    let cast = Cast::new();
    let (all, mut void) = (all_graphs(), 0_u64);
    let step = (all / graphs).max(1);
    // An odd number beside the step, so that all choices come up in all places.
    for number in (0..all.min(graphs)).map(|n| (n * step + n % step) % all) {
        let mut world = cast.graph(number);
        let expected = state(&mut world.membership);
        let view = world.membership.now();
        assert!(view.members.values().any(|member| member.role == Role::Owner), "graph {number}: no owner");
        void += u64::from(view.effective() != view.past());
        let mut random = fastrand::Rng::with_seed(number);
        for order in 0..ORDERS {
            let mut other = retold(&world.told, &mut random);
            assert_eq!(state(&mut other), expected, "graph {number}, order {order}");
        }
    }
    assert!(void > 0, "some ops are void");
}
