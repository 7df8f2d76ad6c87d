//! Random graphs: what is reached op by op is what the rules give all at once, in any order.

use super::world::{
    World, add, add_by, add_device, check_resolved, describe, extend, invite, leave, ratify, remove, revoke,
    revoke_signed, set_role, transfer, uninvite,
};
use crate::id::EntryId;
use crate::op::{Add, Cut, InviteForm, Op, Role};

const PEOPLE: [&str; 9] = ["O", "P", "A", "C", "B", "M", "V", "X", "Y"];
const ROLES: [Role; 5] = [Role::Viewer, Role::Editor, Role::Editor, Role::Admin, Role::Owner];
const FORMS: [InviteForm; 3] = [InviteForm::Handed, InviteForm::Approval, InviteForm::Open];

/// Something somebody might sign; much of it is refused.
fn some_op(world: &World, random: &mut fastrand::Rng, by: &str, parents: &[EntryId]) -> Op {
    let name = PEOPLE[random.usize(..PEOPLE.len())];
    let role = ROLES[random.usize(..ROLES.len())];
    let told = world.told[random.usize(..world.told.len())].id;
    let of = |wanted: fn(&Op) -> bool, random: &mut fastrand::Rng| {
        let found: Vec<_> = world.told.iter().filter(|told| wanted(&told.op)).collect();
        if found.is_empty() { told } else { found[random.usize(..found.len())].id }
    };
    match random.u8(..34) {
        0..5 => add(name, role),
        5..9 => set_role(name, role),
        9..13 => remove(name),
        13 => leave(),
        14..18 => ratify(&[told, world.told[random.usize(..world.told.len())].id]),
        18 => extend(of(|op| matches!(op, Op::Remove(_)), random), Cut::default()),
        19..21 => add_device(&by[..1], &format!("{}{}", &by[..1], random.u8(1..4))),
        21 => revoke(&format!("{name}{}", random.u8(1..3))),
        22 => revoke_signed(&format!("{}{}", &by[..1], random.u8(1..3)), &by[..1]),
        23 => describe(&format!("{name}'s"), "desk"),
        24 => {
            let device = format!("{}{}", &by[..1], random.u8(1..4));
            let owners = [(&by[..1], device.as_str())];
            let removed: &[&str] = if name == &by[..1] { &[] } else { &[name] };
            Op::Recover(world.recovery(by, parents, random.u64(1..4), (&owners, removed), &["recovery"]))
        }
        25 => transfer(name, Role::Admin),
        26..29 => invite(FORMS[random.usize(..3)], Role::Editor, random.u32(1..3)),
        29..32 => world.admission(of(|op| matches!(op, Op::Invite(_)), random), name),
        32 => uninvite(of(|op| matches!(op, Op::Invite(_)), random)),
        _ => match add_by(name, Role::Editor, of(|op| matches!(op, Op::Invite(_)), random)) {
            Op::Add(add) => Op::Add(Add { role: Role::Editor, ..add }),
            other => other,
        },
    }
}

/// Parents: all that counts, one or two ops of any time, or the heads of everything.
fn some_parents(world: &World, random: &mut fastrand::Rng) -> Vec<EntryId> {
    let mut parents = match random.u8(..10) {
        0..4 => world.heads(),
        4 => world.membership.all_heads().iter().copied().collect(),
        _ => (0..random.usize(1..3))
            .map(|_| world.told[world.told.len() - 1 - random.usize(..world.told.len().min(9))].id)
            .collect(),
    };
    parents.sort_unstable();
    parents.dedup();
    parents
}

fn grow(seed: u64, attempts: usize) -> World {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut world = World::of_owners(&["O", "P"], 2);
    for name in ["A", "C"] {
        world.op("O1", add(name, Role::Admin));
    }
    for name in ["B", "M"] {
        world.op("A1", add(name, Role::Editor));
    }
    for _ in 0..attempts {
        let by = format!("{}{}", PEOPLE[random.usize(..PEOPLE.len())], [1, 1, 1, 2][random.usize(..4)]);
        let parents = some_parents(&world, &mut random);
        let op = some_op(&world, &mut random, &by, &parents);
        // Ids in no order, so that ties are not broken by age.
        let id = EntryId(*blake3::hash(&[seed.to_be_bytes(), random.u64(..).to_be_bytes()].concat()).as_bytes());
        let _refused = world.after_with_id(id, &by, &parents, op).is_err();
        if random.u8(..3) == 0 {
            check_resolved(&mut world.membership);
        }
    }
    world
}

fn run(seeds: std::ops::Range<u64>, attempts: usize) {
    let (mut ops, mut void) = (0, 0);
    for seed in seeds {
        let mut world = grow(seed, attempts);
        let mut random = fastrand::Rng::with_seed(!seed);
        for _ in 0..2 {
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.check(&mut random)));
            assert!(checked.is_ok(), "seed {seed}");
        }
        // A view of the past is the same, whichever views were made before it.
        let mut again = World::default();
        world.told.iter().for_each(|told| again.tell(told).unwrap());
        for _ in 0..10 {
            let heads = [world.told[random.usize(..world.told.len())].id, world.told[world.told.len() / 2].id];
            assert_eq!(again.membership.view(&heads), world.membership.view(&heads), "seed {seed}");
            let view = world.membership.view(&heads);
            assert_eq!(*view.effective().as_ref(), world.membership.graph.resolve(view.past()), "seed {seed}");
        }
        let now = world.membership.now();
        assert!(now.members.values().any(|member| member.role == Role::Owner), "seed {seed}: an owner remains");
        ops += now.past().len();
        void += now.past().len() - now.effective().len();
    }
    assert!(void * 50 > ops, "{void} of {ops} ops are void: the graphs are too tame");
}

#[test]
fn random_graphs_are_the_same_op_by_op_all_at_once_and_in_any_order() {
    run(0..40, 120);
}

/// `cargo test -p dataforge-protocol --release many_random_graphs -- --ignored`
#[test]
#[ignore = "takes minutes"]
fn many_random_graphs_are_the_same_op_by_op_all_at_once_and_in_any_order() {
    run(1000..4000, 200);
}
