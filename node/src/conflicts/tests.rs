//! The table of conflicts, cell by cell: what two people find who worked without knowing of each other,
//! and how it ends.

mod world;

use std::collections::BTreeSet;

use dataforge_protocol::document::{DELETED, Document, LongText, Map};
use dataforge_protocol::facts::{Facts, Origin, WellFacts};
use dataforge_protocol::id::{DocId, EntryId, WorkspaceId};

use self::world::{Cell, World, table};
use super::{
    About, Choice, Conflict, FieldKind, Me, Pick, Policies, Strategy, choose, resolve, set_policy, settle, text,
};
use crate::api::ErrorKind;
use crate::core::{Core, Writer};

fn kind_of(cell: &Cell) -> FieldKind {
    if cell.row == "deletion" || matches!(cell.column, "deleted" | "filed") {
        return FieldKind::Deletion;
    }
    FieldKind::from_word(cell.row).unwrap()
}

/// Returns what a conflict reads as: a value, or whether it is there at all.
fn reads(document: &Document, conflict: &Conflict) -> Option<String> {
    let maps = [Map::Root, Map::Attributes, Map::Curves, Map::Items];
    let map = maps.into_iter().find(|map| map.as_str() == conflict.map).unwrap();
    match conflict.about {
        About::Field => document.get(map, &conflict.field).as_ref().map(text),
        About::Deletion | About::Filed => (!document.is_deleted()).then(|| "there".to_owned()),
        About::Item => {
            let fields = document.texts(map).into_keys().filter(|key| key.starts_with(&conflict.field)).count();
            // All of it, or nothing.
            assert!(fields == 3 || fields == 0, "{fields} fields of {}", conflict.field);
            (fields > 0).then(|| "there".to_owned())
        }
    }
}

fn check_sides(cell: &Cell, conflict: &Conflict) {
    let authors: BTreeSet<_> = conflict.sides.iter().filter_map(|side| side.person.as_deref()).collect();
    assert_eq!(authors.len(), 2, "both are told: {conflict:?}");
    assert!(conflict.sides.iter().all(|side| side.claimed_ms > 0 && !side.entry.is_empty() && !side.device.is_empty()));
    let values: BTreeSet<_> = conflict.sides.iter().map(|side| side.value.as_deref()).collect();
    let about = match cell.column {
        "filed" => About::Filed,
        _ if kind_of(cell) == FieldKind::Deletion => About::Deletion,
        "removed" => About::Item,
        _ => About::Field,
    };
    assert_eq!((conflict.about, conflict.kind), (about, Some(kind_of(cell))), "{cell:?}");
    match (about, cell.column) {
        (About::Field, "clear") => assert_eq!(values, BTreeSet::from([None, Some("2")]), "{cell:?}"),
        (About::Field, _) => assert_eq!(values, BTreeSet::from([Some("2"), Some("3")]), "{cell:?}"),
        _ => {
            let edits = conflict.sides.iter().filter(|side| !side.removes && !side.edits.is_empty());
            assert_eq!(edits.count(), 1, "what was edited is told: {conflict:?}");
            assert_eq!(conflict.sides.iter().filter(|side| side.removes).count(), 1);
        }
    }
    let reading = conflict.sides.iter().filter(|side| side.reads).count();
    assert_eq!(reading, 1, "one of them reads meanwhile: {conflict:?}");
}

#[test]
fn every_cell_happens_as_the_table_says_on_both_sides_and_once() {
    let mut world = World::parted(|_writer| {});
    assert_eq!(super::count(&world.people[0].store, &world.workspace).unwrap(), 0, "nobody knows yet");
    world.meet();
    let listed = world.listed();
    let ids: BTreeSet<_> = listed.iter().map(|conflict| &conflict.id).collect();
    assert_eq!(ids.len(), listed.len());
    let cells = std::mem::take(&mut world.cells);
    for cell in &cells {
        let found: Vec<_> = listed.iter().filter(|conflict| cell.is_of(conflict)).collect();
        assert_eq!(found.len(), usize::from(cell.outcome == "conflict"), "{cell:?}: {found:?}");
        found.iter().for_each(|conflict| check_sides(cell, conflict));
        let [ada, bob] = world.document(&cell.doc);
        assert_eq!(ada.get(cell.map, &cell.key), bob.get(cell.map, &cell.key), "{cell:?}");
        assert_eq!(ada.is_deleted(), bob.is_deleted(), "{cell:?}");
        match cell.column {
            "typed" => {
                let title = ada.long_text(LongText::Title);
                assert!(["left ", "right ", "begun"].iter().all(|typed| title.contains(typed)), "{title:?}");
                assert_eq!(title, bob.long_text(LongText::Title));
            }
            "moved" => {
                let place = ada.get_str(Map::Items, "part/ab12/order").unwrap();
                assert!(place == "3" || place == "7", "{place:?}");
                assert_eq!(ada.texts(Map::Items), bob.texts(Map::Items));
                assert_eq!(ada.texts(Map::Items).len(), 3, "neither lost nor doubled");
            }
            _ => {}
        }
    }
    let expected = cells.iter().filter(|cell| cell.outcome == "conflict").count();
    assert_eq!(listed.len(), expected, "and nothing else");
}

#[test]
fn the_table_has_a_row_for_every_kind_and_the_document_has_the_same() {
    let table = table();
    let rows: BTreeSet<_> = table.iter().map(|(kind, _)| *kind).collect();
    assert!(FieldKind::ALL.iter().all(|kind| rows.contains(kind.as_str())), "{rows:?}");
    let columns: Vec<_> = table[0].1.iter().map(|(column, _)| *column).collect();
    let row = |first: &str, cells: &[&str]| format!("| {first} | {} |", cells.join(" | "));
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/conflicts.md")).unwrap();
    let lines: BTreeSet<&str> = document.lines().collect();
    assert!(lines.contains(row("kind", &columns).as_str()), "the heading");
    for (kind, outcomes) in &table {
        let outcomes: Vec<_> = outcomes.iter().map(|(_, outcome)| *outcome).collect();
        assert!(
            lines.contains(row(&format!("`{kind}`"), &outcomes).as_str()),
            "docs/conflicts.md lacks the row of {kind}"
        );
    }
}

/// Decides a conflict as a person would, by a candidate where the choice means nothing; returns what was
/// picked and whether the choice did it.
fn decide(core: &mut Core, workspace: &WorkspaceId, conflict: &Conflict, choice: &Choice) -> (Pick, bool) {
    let me = core.public().unwrap().person.id.to_string();
    let me = Me { person: &me };
    let chosen = choose(conflict, choice.clone(), Strategy::Manual, me);
    let applies = chosen.is_ok();
    let pick = chosen.or_else(|_| choose(conflict, Choice::Candidate(1), Strategy::Manual, me)).unwrap();
    let role = core.role(workspace).unwrap();
    core.write(workspace, &[], |writer| resolve(writer, conflict, &pick, role)).unwrap();
    (pick, applies)
}

#[test]
fn every_choice_decides_every_conflict_for_both() {
    let choices = [
        Choice::Mine,
        Choice::Theirs,
        Choice::LastWriter,
        Choice::Merge,
        Choice::Candidate(2),
        Choice::Value("other".into()),
        Choice::Keep,
        Choice::Delete,
    ];
    for choice in choices {
        let mut world = World::parted(|_writer| {});
        world.meet();
        let (listed, workspace) = (world.listed(), world.workspace);
        let mut applied = 0;
        let mut picks = Vec::new();
        for (at, conflict) in listed.iter().enumerate() {
            let (pick, applies) = decide(&mut world.people[at % 2], &workspace, conflict, &choice);
            applied += usize::from(applies);
            picks.push(pick);
        }
        let always = matches!(choice, Choice::Mine | Choice::Theirs | Choice::LastWriter | Choice::Candidate(_));
        assert!(applied > 0 && (!always || applied == listed.len()), "{choice:?} did {applied}");
        world.meet();
        assert_eq!(world.listed(), [], "{choice:?} leaves nothing");
        for (conflict, pick) in listed.iter().zip(&picks) {
            let there = || "there".to_owned();
            let expected = match pick {
                Pick::Side(position) => conflict.sides[*position].value.clone(),
                Pick::Text(text) => Some(text.clone()),
                Pick::Keep => Some(there()),
                Pick::Delete => None,
            };
            for document in world.document(&conflict.doc) {
                assert_eq!(reads(&document, conflict), expected, "{choice:?}: {conflict:?}");
            }
        }
    }
}

#[test]
fn a_decision_that_is_late_says_so_and_writes_nothing() {
    let mut world = World::parted(|_writer| {});
    world.meet();
    let (listed, workspace) = (world.listed(), world.workspace);
    decide(&mut world.people[0], &workspace, &listed[0], &Choice::Candidate(1));
    world.meet();
    let before = world.entries();
    let bob = &mut world.people[1];
    let role = bob.role(&workspace).unwrap();
    let pick = choose(&listed[0], Choice::Candidate(1), Strategy::Manual, Me { person: "" }).unwrap();
    let late = bob.write(&workspace, &[], |writer| resolve(writer, &listed[0], &pick, role));
    assert_eq!(late.unwrap_err().kind, ErrorKind::NotFound);
    world.meet();
    assert_eq!(world.entries(), before);
}

/// A well, and tops that can be filed under it.
fn well_and_tops() -> [Facts; 2] {
    [Facts::Well(WellFacts::Uwi("W".into())), Facts::Tops(Origin::Person([1; 16]))]
}

/// Has both know of a well and of tops, which are filed there already or not.
fn with_tops(is_filed: bool) -> (World, DocId, DocId) {
    let facts = well_and_tops();
    let [well, tops] = facts.each_ref().map(Facts::doc_id);
    let world = World::together(|writer| {
        for facts in &facts {
            writer.open(facts, Vec::new()).unwrap();
        }
        set(writer, well, &[], "field", "1");
        set(writer, tops, &[], "name", "Picks");
        if is_filed {
            set(writer, tops, &[], "well", &well.to_string());
        }
    });
    (world, well, tops)
}

fn set(writer: &mut Writer<'_>, doc: DocId, deps: &[EntryId], field: &str, value: &str) {
    let done = writer.edit(doc, deps, Vec::new(), |document, actor| {
        let edited = document.edit(actor, |edit| match field {
            DELETED => edit.set_bool(Map::Root, DELETED, true),
            _ => edit.set_text(Map::Root, field, Some(value)),
        })?;
        Ok(edited.into_iter().collect())
    });
    assert!(done.unwrap());
}

/// Returns what both list, by what it is about.
fn abouts(world: &World) -> Vec<(About, Conflict)> {
    world.listed().into_iter().map(|conflict| (conflict.about, conflict)).collect()
}

#[test]
fn that_edits_go_with_a_well_is_no_answer_to_what_was_filed_there() {
    for decides in [0, 1] {
        let (mut world, well, tops) = with_tops(false);
        let workspace = world.workspace;
        let [ada, bob] = &mut world.people;
        ada.write(&workspace, &[], |writer| {
            set(writer, tops, &[], "well", &well.to_string());
            set(writer, well, &[], "field", "2");
            Ok(())
        })
        .unwrap();
        bob.write(&workspace, &[], |writer| {
            let known = writer.known_with(&well)?;
            set(writer, well, &known, DELETED, "");
            Ok(())
        })
        .unwrap();
        world.meet();
        let listed = abouts(&world);
        let [(About::Deletion, edited), (About::Filed, filed)] = listed.as_slice() else { panic!("{listed:?}") };
        let core = &mut world.people[decides];
        assert_eq!(decide(core, &workspace, edited, &Choice::Delete), (Pick::Delete, true));
        let role = core.role(&workspace).unwrap();
        let late = core.write(&workspace, &[], |writer| resolve(writer, filed, &Pick::Keep, role));
        assert_eq!(late.unwrap_err().kind, ErrorKind::NotFound, "one side of it is another deletion now");
        world.meet();
        let listed = abouts(&world);
        let [(About::Filed, filed)] = listed.as_slice() else { panic!("{listed:?}") };
        assert_eq!(filed.sides.last().unwrap().edits, ["filed tops Picks here"]);
        assert_eq!(decide(&mut world.people[1 - decides], &workspace, filed, &Choice::Delete), (Pick::Delete, true));
        world.meet();
        assert_eq!(world.listed(), []);
        assert!(world.document(&well).iter().all(Document::is_deleted));
    }
}

#[test]
fn what_a_deletion_knew_is_known_to_one_that_takes_its_place() {
    for decides in [0, 1] {
        let (mut world, well, _) = with_tops(true);
        let workspace = world.workspace;
        let [ada, bob] = &mut world.people;
        ada.write(&workspace, &[], |writer| {
            set(writer, well, &[], "field", "2");
            Ok(())
        })
        .unwrap();
        bob.write(&workspace, &[], |writer| {
            let known = writer.known_with(&well)?;
            set(writer, well, &known, DELETED, "");
            Ok(())
        })
        .unwrap();
        world.meet();
        let listed = abouts(&world);
        let [(About::Deletion, edited)] = listed.as_slice() else { panic!("{listed:?}") };
        assert_eq!(decide(&mut world.people[decides], &workspace, edited, &Choice::Delete), (Pick::Delete, true));
        world.meet();
        assert_eq!(world.listed(), [], "bob knew of the tops when he deleted the well");
    }
}

#[test]
fn a_strategy_of_the_workspace_is_applied_once_by_one_node() {
    for strategy in [Strategy::LastWriter, Strategy::Merge] {
        let mut world = World::parted(|writer| set_policy(writer, None, Some(strategy)).unwrap());
        world.meet();
        let (listed, workspace) = (world.listed(), world.workspace);
        let before = world.entries();
        // Both at the same time, without knowing of each other.
        let written: Vec<_> =
            world.people.each_mut().into_iter().map(|core| settle(core, &workspace).settled.len()).collect();
        world.meet();
        let left = world.listed();
        let decided = listed.len() - left.len();
        assert_eq!(written.iter().sum::<usize>(), decided, "{strategy:?}: one change for each");
        assert_eq!(world.entries() - before, decided as u64);
        match strategy {
            Strategy::LastWriter => assert_eq!(left, []),
            _ => assert!(
                !left.is_empty() && left.iter().all(|conflict| conflict.sides.iter().all(|side| side.value.is_some())),
                "values that differ are left to people: {left:?}"
            ),
        }
        assert!(left.iter().all(|conflict| listed.contains(conflict)), "nothing new came of it");
        for core in &mut world.people {
            assert_eq!(settle(core, &workspace).settled, [], "nothing is left to do");
        }
        for conflict in listed.iter().filter(|conflict| !left.contains(conflict)) {
            let pick = choose(conflict, Choice::ByStrategy, strategy, Me { person: "" }).unwrap();
            let [ada, bob] = world.document(&conflict.doc).map(|document| reads(&document, conflict));
            assert_eq!(ada, bob);
            match pick {
                Pick::Side(position) => assert_eq!(ada, conflict.sides[position].value),
                Pick::Text(text) => assert_eq!(ada, Some(text)),
                Pick::Keep => assert!(ada.is_some()),
                Pick::Delete => assert_eq!(ada, None),
            }
        }
    }
}

#[test]
fn what_is_decided_already_keeps_nothing_else_waiting() {
    let mut world = World::parted(|writer| set_policy(writer, None, Some(Strategy::LastWriter)).unwrap());
    world.meet();
    let (listed, workspace) = (world.listed(), world.workspace);
    let mut written = 0;
    for core in &mut world.people {
        // As where the one before it decides it too.
        let twice = "INSERT INTO conflicts SELECT workspace, 'ff' || id, doc, kind, field_kind, map, field, sides \
                     FROM conflicts";
        core.store.connection().execute(twice, []).unwrap();
        written += settle(core, &workspace).settled.len();
    }
    assert_eq!(written, listed.len());
    world.meet();
    assert_eq!(world.listed(), []);
}

#[test]
fn by_hand_mine_and_theirs_wait_for_a_person() {
    for strategy in [Strategy::Manual, Strategy::Mine, Strategy::Theirs] {
        let mut world = World::parted(|writer| {
            set_policy(writer, None, Some(Strategy::LastWriter)).unwrap();
            for kind in FieldKind::ALL {
                set_policy(writer, Some(kind), Some(strategy)).unwrap();
            }
        });
        world.meet();
        let (listed, workspace) = (world.listed(), world.workspace);
        for core in &mut world.people {
            let policies = Policies::read(&core.store, &workspace).unwrap();
            assert_eq!((policies.of(None), policies.of(Some(FieldKind::Grid))), (Strategy::LastWriter, strategy));
            assert_eq!(settle(core, &workspace).settled, []);
        }
        assert_eq!(world.listed(), listed);
        let [ada, bob] = world.people.each_ref().map(|core| core.public().unwrap().person.id.to_string());
        let by = |person: &str| choose(&listed[0], Choice::ByStrategy, strategy, Me { person });
        match strategy {
            Strategy::Manual => assert!(by(&ada).is_err() && by(&bob).is_err()),
            _ => assert_ne!(by(&ada).unwrap(), by(&bob).unwrap(), "each means something else"),
        }
    }
}
