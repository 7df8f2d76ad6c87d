//! What large and hostile graphs cost. Bounds are wide: they tell quadratic from linear, not one
//! machine from another.

use std::time::{Duration, Instant};

use super::world::{World, add, check_resolved, describe, id, ratify, remove, set_role};
use crate::authority::Membership;
use crate::id::{DeviceId, EntryId, PersonId};
use crate::key::DeviceCert;
use crate::op::{Add, Op, Person, Role};

const OPS: u64 = 10_000;

/// A person whom nobody certified; membership does not look at that, and signing takes long.
fn cheap_person(number: u64) -> (Person, DeviceId) {
    let (person, device) = (PersonId(id(number).0), DeviceId(id(number).0));
    let bytes = [person.as_bytes().as_slice(), device.as_bytes(), &[0; 128]].concat();
    let cert: DeviceCert = postcard::from_bytes(&bytes).unwrap();
    (Person { id: person, name: format!("person {number}"), devices: vec![(cert, "desk".into())] }, device)
}

fn cheap_add(number: u64, role: Role) -> Op {
    Op::Add(Add { person: cheap_person(number).0, role, invite: None })
}

fn owner() -> DeviceId {
    super::world::device("O1")
}

struct Line {
    membership: Membership,
    head: EntryId,
    next: u64,
}

impl Line {
    fn start() -> Self {
        let world = World::base();
        let head = world.heads()[0];
        Self { membership: world.membership, head, next: 1_000_000 }
    }

    fn put(&mut self, device: DeviceId, parents: &[EntryId], op: Op) -> EntryId {
        self.next += 1;
        let id = id(self.next);
        self.membership.add(id, device, parents, op).unwrap();
        id
    }
}

fn timed(what: &str, limit: Duration, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    let took = start.elapsed();
    eprintln!("{what}: {took:?}");
    assert!(took < limit, "{what} took {took:?}");
}

fn limit() -> Duration {
    Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 6 })
}

#[test]
fn long_line_of_adds() {
    let mut line = Line::start();
    timed("10,000 adds in line, a view after each", limit(), || {
        for number in 0..OPS {
            line.head = line.put(owner(), &[line.head], cheap_add(number, Role::Editor));
            assert!(line.membership.now().is_member(&cheap_person(number).1));
        }
    });
    assert_eq!(line.membership.now().members.len() as u64, OPS + 5);
    timed("all of it at once", limit(), || check_resolved(&mut line.membership));
}

#[test]
fn line_of_adds_with_hundreds_of_ops_beside_it() {
    let mut line = Line::start();
    let mut last = 0;
    timed("10,000 ops, 300 adds and 100 removals beside them", limit(), || {
        for number in 0..OPS {
            let before = line.head;
            line.head = line.put(owner(), &[before], cheap_add(number, Role::Editor));
            if number % 25 != 24 {
                continue;
            }
            let beside = if number % 100 == 99 {
                last += 1;
                let person = cheap_person(last).0.id;
                line.put(owner(), &[before], Op::Remove(crate::op::Remove { person, cut: Default::default() }))
            } else {
                line.put(super::world::device("A1"), &[before], cheap_add(OPS + number, Role::Viewer))
            };
            let mut parents = [line.head, beside];
            parents.sort_unstable();
            line.head = line.put(owner(), &parents, describe("O", ""));
        }
        line.membership.now();
    });
    timed("all of it at once", limit(), || check_resolved(&mut line.membership));
}

#[test]
fn flood_of_void_ops_by_a_removed_admin() {
    let mut line = Line::start();
    let base = line.head;
    let admin = super::world::device("A1");
    timed("2,000 adds of an admin beside the removal, a view after each", limit(), || {
        line.put(owner(), &[base], remove("A"));
        for number in 0..2000 {
            line.put(admin, &[base], cheap_add(number, Role::Editor));
            assert!(!line.membership.now().is_member(&cheap_person(number).1));
        }
    });
    timed("2,000 removals beside each other, a view after each", limit(), || {
        for _ in 0..2000 {
            line.put(admin, &[base], remove("M"));
            line.membership.now();
        }
    });
    let editor = super::world::device("B1");
    let void = line.put(admin, &[base], cheap_add(9999, Role::Editor));
    let described = line.put(editor, &[void], describe("Be", ""));
    timed("2,000 void ratifications, a view after each", limit(), || {
        for _ in 0..2000 {
            line.put(admin, &[described], ratify(&[described]));
            line.membership.now();
        }
    });
    check_resolved(&mut line.membership);
}

#[test]
fn thousands_of_ops_about_one_person() {
    let mut line = Line::start();
    timed("4,000 roles of one person, each used, a view after each", limit(), || {
        for number in 0..2000 {
            let role = if number % 2 == 0 { Role::Viewer } else { Role::Admin };
            line.head = line.put(owner(), &[line.head], set_role("M", role));
            line.head = line.put(super::world::device("M1"), &[line.head], describe("Em", ""));
            line.membership.now();
        }
    });
    timed("all of it at once", limit(), || check_resolved(&mut line.membership));
}

#[test]
fn two_long_branches_that_meet() {
    let mut line = Line::start();
    let base = line.head;
    let mut other = base;
    for number in 0..OPS / 2 {
        line.head = line.put(owner(), &[line.head], cheap_add(number, Role::Editor));
        other = line.put(super::world::device("A1"), &[other], cheap_add(OPS + number, Role::Viewer));
    }
    let mut parents = [line.head, other];
    parents.sort_unstable();
    timed("two branches of 5,000 ops meet", limit(), || {
        line.put(owner(), &parents, add("X", Role::Owner));
        assert!(line.membership.now().is_member(&super::world::device("X1")));
    });
    timed("a view of the past, then now", limit(), || {
        let view = line.membership.view(&[base]);
        assert_eq!(view.members.len(), 5);
        assert_eq!(line.membership.now().members.len() as u64, OPS + 6);
    });
}
