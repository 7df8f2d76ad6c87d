//! Random histories: everything that Automerge writes scans as Automerge reads it and passes.

use automerge::marks::{ExpandMark, Mark};
use automerge::transaction::{Transactable as _, Transaction};
use automerge::{ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};
use fastrand::Rng;

use super::super::Refusal;
use super::world::{World, assert_scans_alike};

const KEYS: [&str; 6] = ["a", "b", "long key with spaces", "é", "", "attributes"];

pub(super) fn objects(doc: &impl ReadDoc) -> Vec<(ObjId, ObjType)> {
    let mut found = vec![(ROOT, ObjType::Map)];
    let mut next = 0;
    while let Some((obj, kind)) = found.get(next).cloned() {
        next += 1;
        let children: Vec<_> = match kind {
            ObjType::Map => doc.keys(&obj).map(|key| doc.get(&obj, key)).collect(),
            _ => (0..doc.length(&obj)).map(|n| doc.get(&obj, n)).collect(),
        };
        found.extend(children.into_iter().filter_map(|value| match value {
            Ok(Some((Value::Object(kind), id))) => Some((id, kind)),
            _ => None,
        }));
    }
    found
}

pub(super) fn scalar(rng: &mut Rng) -> ScalarValue {
    let text: String = (0..rng.usize(..12)).map(|_| rng.alphanumeric()).collect();
    match rng.u8(..11) {
        0 => ScalarValue::Null,
        1 => ScalarValue::Boolean(rng.bool()),
        2 => ScalarValue::Uint(rng.u64(..) >> rng.u32(..64)),
        3 => ScalarValue::Int(rng.i64(..) >> rng.u32(..64)),
        4 => ScalarValue::F64(rng.f64()),
        5 => ScalarValue::Bytes(text.into_bytes()),
        6 => ScalarValue::counter(rng.i64(-5..5)),
        7 => ScalarValue::Timestamp(rng.i64(..)),
        8 => ScalarValue::Str("same".into()),
        _ => ScalarValue::Str(text.into()),
    }
}

fn kind(rng: &mut Rng) -> ObjType {
    *rng.choice(&[ObjType::Map, ObjType::List, ObjType::Text]).unwrap()
}

/// Makes a few random writes; those that Automerge refuses are no matter.
pub(super) fn edit(rng: &mut Rng, tx: &mut Transaction<'_>) {
    for _ in 0..rng.usize(1..12) {
        let all = objects(tx);
        let (obj, shape) = rng.choice(&all).unwrap();
        let at = rng.usize(..=tx.length(obj));
        let small = all.len() < 20;
        let done = match shape {
            ObjType::Map => edit_map(rng, tx, obj, small),
            ObjType::List => edit_list(rng, tx, obj, at, small),
            _ => edit_text(rng, tx, obj, at, small),
        };
        drop(done);
    }
}

type Done = Result<(), automerge::AutomergeError>;

fn edit_map(rng: &mut Rng, tx: &mut Transaction<'_>, obj: &ObjId, small: bool) -> Done {
    let key = KEYS[rng.usize(..KEYS.len())];
    match rng.u8(..10) {
        0..2 if small => tx.put_object(obj, key, kind(rng)).map(drop),
        2..4 => tx.delete(obj, key),
        4..6 => tx.increment(obj, key, rng.i64(-9..9)),
        _ => tx.put(obj, key, scalar(rng)),
    }
}

fn edit_list(rng: &mut Rng, tx: &mut Transaction<'_>, obj: &ObjId, at: usize, small: bool) -> Done {
    match rng.u8(..10) {
        0 if small => tx.insert_object(obj, at, kind(rng)).map(drop),
        1 if small => tx.put_object(obj, at, kind(rng)).map(drop),
        2 => tx.put(obj, at, scalar(rng)),
        3 => tx.delete(obj, at),
        4..6 => tx.increment(obj, at, rng.i64(-9..9)),
        _ => tx.insert(obj, at, scalar(rng)),
    }
}

fn edit_text(rng: &mut Rng, tx: &mut Transaction<'_>, obj: &ObjId, at: usize, small: bool) -> Done {
    match rng.u8(..10) {
        3 if small => tx.split_block(obj, at).map(drop),
        4 => tx.put(obj, at, scalar(rng)),
        _ => {
            let len = tx.length(obj);
            let del = rng.isize(..3).min((len - at) as isize);
            tx.splice_text(obj, at, del, ["x", "two", "ünï", ""][rng.usize(..4)])
        }
    }
}

/// Marks the texts of a document, which the gate refuses.
fn mark(rng: &mut Rng, tx: &mut Transaction<'_>) {
    for (obj, kind) in objects(tx) {
        let len = tx.length(&obj);
        let at = rng.usize(..=len);
        let end = rng.usize(at..=len);
        let name = KEYS[rng.usize(..3)];
        let expand = [ExpandMark::Both, ExpandMark::None, ExpandMark::After][rng.usize(..3)];
        if kind == ObjType::Text {
            drop(tx.mark(&obj, Mark::new(name.into(), scalar(rng), at, end), expand));
            drop(tx.unmark(&obj, name, at, end, expand));
        }
    }
}

/// Builds a random history of a few devices that sometimes meet.
pub(super) fn history(rng: &mut Rng, peers: usize, changes: usize) -> World {
    let mut world = World::new(peers);
    while world.written.len() < changes {
        let peer = rng.usize(..peers);
        world.write(peer, |tx| edit(rng, tx));
        if rng.u8(..3) == 0 {
            let other = rng.usize(..peers);
            if other != peer {
                world.sync(other, peer);
            }
        }
    }
    world
}

#[test]
fn whatever_automerge_writes_passes() {
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let peers = rng.usize(1..5);
        let world = history(&mut rng, peers, 60);
        for written in &world.written {
            assert_scans_alike(&written.bytes);
            let info = world.gate.info_of(&written.entry).unwrap();
            assert_eq!(world.gate.change_of(&written.entry), Some(info.hash()), "seed {seed}");
        }
        // The order of arrival does not matter: one change at a time, or all at once.
        let mut one_by_one = crate::document::Document::build(super::world::KIND, []).unwrap();
        for written in &world.written {
            one_by_one.apply(&written.bytes).unwrap();
        }
        assert_eq!(one_by_one.heads(), world.document().heads(), "seed {seed}");
    }
}

#[test]
fn marks_scan_but_do_not_pass() {
    let mut marked = 0;
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let mut world = history(&mut rng, 3, 12);
        for _ in 0..3 {
            let Some(bytes) = world.edit(0, |tx| mark(&mut rng, tx)) else {
                continue;
            };
            assert_scans_alike(&bytes);
            marked += 1;
            world.sync(1, 0);
            world.sync(0, 2);
            if let Some(bytes) = world.edit(2, |tx| edit(&mut rng, tx)) {
                assert_scans_alike(&bytes);
            }
        }
    }
    assert!(marked > 50, "{marked}");
    let mut world = World::new(1);
    world.write(0, |tx| {
        let text = tx.put_object(ROOT, "text", ObjType::Text).unwrap();
        tx.splice_text(&text, 0, 0, "abc").unwrap();
    });
    let bytes = world.edit(0, |tx| mark(&mut Rng::with_seed(1), tx)).unwrap();
    assert_eq!(world.check(0, &bytes).unwrap_err(), Refusal::Mark);
}

#[test]
fn large_changes_pass() {
    let mut world = World::new(1);
    let values = |n: usize| (0..n as i64).map(|n| n % 7);
    world.write(0, |tx| {
        let list = tx.put_object(ROOT, "list", ObjType::List).unwrap();
        tx.splice(&list, 0, 0, values(19_999)).unwrap();
    });
    world.write(0, |tx| {
        let text = tx.put_object(ROOT, "text", ObjType::Text).unwrap();
        tx.splice_text(&text, 0, 0, &"abcdefghij".repeat(1_500)).unwrap();
    });
    world.write(0, |tx| {
        let attributes = tx.get(ROOT, "attributes").unwrap().unwrap().1;
        for n in 0..2_000 {
            tx.put(&attributes, format!("{n}"), n % 3).unwrap();
        }
    });
    let list = world.peers[0].doc.get(ROOT, "list").unwrap().unwrap().1;
    world.write(0, |tx| tx.splice(&list, 0, 12_000, values(1)).unwrap());
    for written in &world.written {
        assert_scans_alike(&written.bytes);
    }
    // One op too many.
    let bytes = world.edit(0, |tx| tx.splice(&list, 0, 0, values(20_001)).unwrap());
    assert_eq!(world.check(0, &bytes.unwrap()).unwrap_err(), Refusal::TooManyOps);
}
