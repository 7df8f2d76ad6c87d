//! One test per check of rule R7, each with a change that breaks just that.

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::transaction::Transactable as _;
use automerge::{ActorId, Change, ObjType, ROOT, ReadDoc as _, ScalarValue};

use super::world::{DOC, KIND, WORKSPACE, World, rewrite};
use crate::document::{Document, Map};
use crate::gate::{DocGate, Refusal, actor_for};
use crate::id::EntryId;

/// Two devices that know the same two changes.
fn world() -> World {
    let mut world = World::new(2);
    world.write(0, |tx| {
        tx.put(ROOT, "name", "first").unwrap();
        let list = tx.put_object(ROOT, "list", ObjType::List).unwrap();
        tx.insert(&list, 0, "x").unwrap();
    });
    world.sync(0, 1);
    world.write(1, |tx| tx.put(ROOT, "name", "second").unwrap());
    world.sync(1, 0);
    world
}

/// Returns a good change of the first device and a function to break it.
fn next(world: &mut World) -> Vec<u8> {
    world.edit(0, |tx| tx.put(ROOT, "name", "third").unwrap()).unwrap()
}

fn refusal(world: &World, bytes: &[u8]) -> Refusal {
    world.check(0, bytes).unwrap_err()
}

#[test]
fn actor_depends_on_all_it_is_made_of() {
    let device = crate::id::DeviceId([1; 32]);
    let actor = actor_for(WORKSPACE, device, DOC, 5);
    assert_eq!(actor, actor_for(WORKSPACE, device, DOC, 5));
    assert_ne!(actor, actor_for(WORKSPACE, device, DOC, 6));
    assert_ne!(actor, actor_for(WORKSPACE, device, crate::id::DocId([8; 32]), 5));
    assert_ne!(actor, actor_for(WORKSPACE, crate::id::DeviceId([2; 32]), DOC, 5));
    assert_ne!(actor, actor_for(crate::id::WorkspaceId([1; 32]), device, DOC, 5));
}

#[test]
fn actor_and_sequence_follow_the_devices_chain() {
    let mut world = world();
    let good = next(&mut world);
    assert!(world.check(0, &good).is_ok());

    let other = rewrite(&good, |c| c.actor_id = ActorId::from([5; 16]));
    assert_eq!(refusal(&world, &other), Refusal::Actor);
    assert_eq!(refusal(&world, &rewrite(&good, |c| c.seq = 3)), Refusal::Sequence);
    assert_eq!(refusal(&world, &rewrite(&good, |c| c.seq = 1)), Refusal::Sequence);

    // A fresh actor starts at 1, and is the one of this very entry.
    let fresh = actor_for(WORKSPACE, world.peers[0].device, DOC, world.peers[0].seq);
    let fresh = |seq| rewrite(&good, |c| (c.actor_id, c.seq) = (ActorId::from(fresh), seq));
    assert!(world.check(0, &fresh(1)).is_ok());
    assert_eq!(refusal(&world, &fresh(2)), Refusal::Sequence);

    // Without a previous entry the old actor cannot go on.
    let deps = world.deps_of(&good);
    let mut ctx = world.context(0, &deps);
    ctx.previous = None;
    assert_eq!(world.gate.check(&ctx, &good).unwrap_err(), Refusal::Actor);
    ctx.previous = Some(EntryId([1; 32]));
    assert_eq!(world.gate.check(&ctx, &good).unwrap_err(), Refusal::Actor);
    ctx.previous = Some(world.written[1].entry);
    assert_eq!(world.gate.check(&ctx, &good).unwrap_err(), Refusal::Actor);
}

#[test]
fn previous_change_must_be_in_the_closure() {
    let mut world = World::new(2);
    world.write(0, |tx| tx.put(ROOT, "name", "a").unwrap());
    world.write(1, |tx| tx.put(ROOT, "name", "b").unwrap());
    let good = next(&mut world);
    // The same change made on the other device's alone: its own first is not in its past.
    let other = Change::try_from(&world.written[1].bytes[..]).unwrap().hash();
    let bad = rewrite(&good, |c| {
        c.deps = vec![other];
        c.operations[0].pred = vec![].into();
    });
    assert_eq!(refusal(&world, &bad), Refusal::Actor);
}

#[test]
fn one_sequence_number_cannot_be_used_twice_in_one_past() {
    let mut world = world();
    let deps = [world.written[1].entry];
    let first = next(&mut world);
    let second = rewrite(&first, |c| c.operations[0].action = OpType::Put("other".into()));
    // A fork: two entries at one place of the device's chain. Each passes alone.
    let mut ctx = world.context(0, &deps);
    let previous = ctx.previous;
    let deps_of_first = world.deps_of(&first);
    ctx.deps = &deps_of_first;
    let a = world.gate.check(&ctx, &first).unwrap();
    let b = world.gate.check(&ctx, &second).unwrap();
    let (hash_a, hash_b) = (a.hash(), b.hash());
    world.gate.admit(EntryId([0xa; 32]), a);
    world.gate.admit(EntryId([0xb; 32]), b);
    assert_eq!(world.gate.change_of(&EntryId([0xa; 32])), Some(hash_a));

    // Another device builds on both.
    world.write(1, |tx| tx.put(ROOT, "x", 1).unwrap());
    let on_both = world.edit(1, |tx| tx.put(ROOT, "y", 1).unwrap()).unwrap();
    let known = Change::try_from(&on_both[..]).unwrap().deps()[0];
    let entry = world.written[2].entry;
    let hash = |h: crate::id::ChangeHash| automerge::ChangeHash(h.0);
    let both = rewrite(&on_both, |c| {
        c.deps = vec![known, hash(hash_a), hash(hash_b)];
        c.operations[0].pred = vec![].into();
    });
    let deps = [entry, EntryId([0xa; 32]), EntryId([0xb; 32])];
    let ctx = world.context(1, &deps);
    assert_eq!(world.gate.check(&ctx, &both).unwrap_err(), Refusal::Equivocation);
    // On one of them it is fine.
    let one = rewrite(&both, |c| c.deps = vec![known, hash(hash_b)]);
    let deps = [entry, EntryId([0xb; 32])];
    assert!(world.gate.check(&world.context(1, &deps), &one).is_ok());

    // The first device goes on from before its fork, but on top of one branch.
    let again = rewrite(&first, |c| {
        c.deps = vec![hash(hash_b)];
        c.start_op = c.start_op.checked_add(1).unwrap();
    });
    let deps = [EntryId([0xb; 32])];
    let mut ctx = world.context(0, &deps);
    ctx.previous = previous;
    assert_eq!(world.gate.check(&ctx, &again).unwrap_err(), Refusal::Equivocation);
}

#[test]
fn dependencies_are_those_of_the_entry() {
    let mut world = world();
    let good = next(&mut world);
    let deps = world.deps_of(&good);
    assert_eq!(deps.len(), 2, "its head and its own previous change");
    let check = |deps: &[EntryId]| world.gate.check(&world.context(0, deps), &good);
    assert!(check(&deps).is_ok());
    assert!(check(&[deps[1], deps[0]]).is_ok());
    assert_eq!(check(&deps[..1]).unwrap_err(), Refusal::Dependencies);
    assert_eq!(check(&[]).unwrap_err(), Refusal::Dependencies);
    let unknown = [deps[0], deps[1], EntryId([3; 32])];
    assert_eq!(check(&unknown).unwrap_err(), Refusal::InertDependency);

    // Without any, the constant change is the only one to build on.
    let mut fresh = World::new(1);
    let first = fresh.edit(0, |tx| tx.put(ROOT, "name", "x").unwrap()).unwrap();
    assert!(fresh.check(0, &first).is_ok());
    let none = rewrite(&first, |c| c.deps = vec![]);
    assert_eq!(refusal(&fresh, &none), Refusal::Dependencies);
    fresh.gate = DocGate::new(crate::facts::DocKind::Well);
    assert_eq!(refusal(&fresh, &first), Refusal::Dependencies);
}

#[test]
fn first_op_follows_the_closure_exactly() {
    let mut world = world();
    let good = next(&mut world);
    for offset in [-1_i64, 1, 1_000, i64::from(u32::MAX) - 100] {
        let bad = rewrite(&good, |c| {
            c.start_op = u64::try_from(c.start_op.get() as i64 + offset).unwrap().try_into().unwrap();
        });
        assert_eq!(refusal(&world, &bad), Refusal::StartOp, "{offset}");
    }
    let beyond = rewrite(&good, |c| {
        c.operations.push(c.operations[0].clone());
        c.start_op = u64::from(u32::MAX).try_into().unwrap();
    });
    assert_eq!(refusal(&world, &beyond), Refusal::Counter);
}

#[test]
fn predecessors_are_in_the_closure() {
    let mut world = World::new(2);
    world.write(0, |tx| tx.put(ROOT, "name", "a").unwrap());
    world.write(1, |tx| tx.put(ROOT, "name", "b").unwrap());
    let concurrent = Change::try_from(&world.written[1].bytes[..]).unwrap();
    let id = OpId(concurrent.start_op().get(), concurrent.actor_id().clone());
    let good = next(&mut world);
    let bad = rewrite(&good, |c| c.operations[0].pred = vec![id.clone()].into());
    assert_eq!(refusal(&world, &bad), Refusal::UnknownOp);
    let key = rewrite(&good, |c| c.operations[0].key = Key::Seq(ElementId::Id(id.clone())));
    assert!(matches!(refusal(&world, &key), Refusal::Shape));
    let obj = rewrite(&good, |c| c.operations[0].obj = ObjectId::Id(id));
    assert_eq!(refusal(&world, &obj), Refusal::UnknownOp);
    // An op of its own that comes later, and itself.
    for ahead in 0..2 {
        let own = |c: &automerge::ExpandedChange| OpId(c.start_op.get() + ahead, c.actor_id.clone());
        let bad = rewrite(&good, |c| c.operations[0].pred = vec![own(c)].into());
        assert_eq!(refusal(&world, &bad), Refusal::UnknownOp);
    }
    // A known actor's counter beyond what is known of it.
    let bad = rewrite(&good, |c| {
        let first = c.operations[0].pred.get(0).unwrap().clone();
        c.operations[0].pred = vec![OpId(first.0 - 1, first.1)].into();
    });
    assert_eq!(refusal(&world, &bad), Refusal::UnknownOp);
}

#[test]
fn objects_elements_and_predecessors_have_the_right_type() {
    let mut world = world();
    let list = world.peers[0].doc.get(ROOT, "list").unwrap().unwrap().1;
    let good = world
        .edit(0, |tx| {
            tx.put(ROOT, "name", "third").unwrap();
            tx.put(&list, 0, "y").unwrap();
            tx.insert(&list, 1, "z").unwrap();
        })
        .unwrap();
    assert!(world.check(0, &good).is_ok());
    let change = Change::try_from(&good[..]).unwrap().decode();
    let [name, put, _] = <[Op; 3]>::try_from(change.operations).unwrap();
    let name_id = name.pred.get(0).unwrap().clone();
    let elem_id = put.pred.get(0).unwrap().clone();
    let ObjectId::Id(list_id) = put.obj.clone() else { panic!() };
    let with = |n: usize, edit: &dyn Fn(&mut Op)| refusal(&world, &rewrite(&good, |c| edit(&mut c.operations[n])));
    // A string is no object, a list has no string keys, a map no elements.
    assert_eq!(with(0, &|op| op.obj = ObjectId::Id(name_id.clone())), Refusal::ObjectType);
    assert_eq!(with(0, &|op| op.obj = ObjectId::Id(list_id.clone())), Refusal::ObjectType);
    assert_eq!(with(2, &|op| op.obj = ObjectId::Root), Refusal::Shape);
    let map = OpId(1, ActorId::from([0; 16]));
    assert_eq!(with(2, &|op| op.obj = ObjectId::Id(map.clone())), Refusal::ObjectType);
    // An element is what was inserted into this list.
    assert_eq!(with(2, &|op| op.key = Key::Seq(ElementId::Id(name_id.clone()))), Refusal::Element);
    assert_eq!(with(2, &|op| op.key = Key::Seq(ElementId::Id(list_id.clone()))), Refusal::Element);
    // A predecessor is a value at the same key.
    let pred = |id: &OpId| vec![id.clone()].into();
    assert_eq!(with(0, &|op| op.pred = pred(&elem_id)), Refusal::Predecessor);
    assert_eq!(with(0, &|op| op.pred = pred(&list_id)), Refusal::Predecessor);
    assert_eq!(with(1, &|op| op.pred = pred(&name_id)), Refusal::Predecessor);
    let twice = vec![name_id.clone(), name_id.clone()];
    assert_eq!(with(0, &|op| op.pred = twice.clone().into()), Refusal::PredOrder);
    // Shapes that Automerge does not write.
    assert_eq!(with(0, &|op| op.insert = true), Refusal::Shape);
    assert_eq!(with(1, &|op| op.pred = vec![].into()), Refusal::Shape);
    assert_eq!(with(2, &|op| op.insert = false), Refusal::Shape);
    assert_eq!(with(2, &|op| op.action = OpType::Delete), Refusal::Shape);
    let delete = |op: &mut Op| (op.action, op.pred) = (OpType::Delete, vec![].into());
    assert_eq!(with(0, &delete), Refusal::Shape);
    assert_eq!(with(0, &|op| op.action = OpType::Make(ObjType::Table)), Refusal::Action);
    assert_eq!(with(0, &|op| op.action = OpType::Increment(i64::MAX)), Refusal::Value);
    let huge = ScalarValue::counter(i64::MIN);
    assert_eq!(with(0, &|op| op.action = OpType::Put(huge.clone())), Refusal::Value);
}

#[test]
fn deleting_needs_an_admin() {
    let mut world = world();
    let bytes = world.edit(0, |tx| tx.put(ROOT, "deleted", true).unwrap()).unwrap();
    assert_eq!(refusal(&world, &bytes), Refusal::MayNotDelete);
    let deps = world.deps_of(&bytes);
    let mut ctx = world.context(0, &deps);
    ctx.may_delete = true;
    let info = world.gate.check(&ctx, &bytes).unwrap();
    let entry = ctx.entry;
    world.gate.admit(entry, info);

    // Nor may an editor take it back, or use the name for anything else.
    world.peers[0].previous = Some(entry);
    let undo = world.edit(0, |tx| tx.delete(ROOT, "deleted").unwrap()).unwrap();
    let deps = [entry];
    assert_eq!(world.gate.check(&world.context(0, &deps), &undo).unwrap_err(), Refusal::MayNotDelete);
    let make = rewrite(&undo, |c| c.operations[0].action = OpType::Make(ObjType::Map));
    assert_eq!(world.gate.check(&world.context(0, &deps), &make).unwrap_err(), Refusal::MayNotDelete);
    // The name is free elsewhere.
    let mut world = self::world();
    let attributes = world.peers[0].doc.get(ROOT, "attributes").unwrap().unwrap().1;
    assert!(world.write(0, |tx| tx.put(&attributes, "deleted", true).unwrap()).is_some());
    assert!(!world.document().is_deleted());
}

#[test]
fn an_edit_of_a_document_passes() {
    let mut world = world();
    let mut doc = world.document();
    let actor = actor_for(WORKSPACE, world.peers[0].device, DOC, world.peers[0].seq);
    for n in 0..5 {
        let name = format!("name {n}");
        let bytes = doc.edit(actor, |edit| edit.set_text(Map::Root, "name", Some(&name)));
        world.admit(0, bytes.unwrap().unwrap()).unwrap();
        // After a reload the actor goes on where it was.
        doc = Document::build(KIND, world.written.iter().map(|w| &w.bytes[..])).unwrap();
        assert_eq!(doc.get_str(Map::Root, "name"), Some(name));
    }
    let changes = world.written.iter().filter(|w| w.device == world.peers[0].device);
    let seqs: Vec<_> = changes.map(|w| crate::gate::scan(&w.bytes).unwrap().seq).collect();
    assert_eq!(seqs, [1, 1, 2, 3, 4, 5]);
}

#[test]
fn a_linear_history_costs_no_walk() {
    let mut world = World::new(2);
    for n in 0..3_000 {
        world.write(0, |tx| tx.put(ROOT, "name", n).unwrap());
    }
    world.sync(0, 1);
    let bytes = world.edit(1, |tx| tx.put(ROOT, "name", "last").unwrap()).unwrap();
    let start = std::time::Instant::now();
    for _ in 0..1_000 {
        world.check(1, &bytes).unwrap();
    }
    // About 10 µs each; a walk over the history would take 100 times as long.
    assert!(start.elapsed().as_millis() < 1_000, "{:?}", start.elapsed());
}
