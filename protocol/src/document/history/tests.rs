//! Histories of documents that several people write to without always knowing of each other.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::*;
use crate::document::{Edit, work};

/// People who write to one document, each with what came to them so far.
struct Team {
    kind: DocKind,
    changes: Vec<Carried>,
    people: Vec<Member>,
}

struct Member {
    doc: Document,
    has: Vec<usize>,
    /// Undo entries and what each undoes.
    undone: BTreeMap<EntryId, EntryId>,
}

fn person(who: usize) -> PersonId {
    PersonId([u8::try_from(who).unwrap(); 32])
}

fn place(key: &str) -> Place {
    Place::Field(Map::Root, key.to_owned())
}

fn text(value: &str) -> Option<Field> {
    Some(Field::Text(value.to_owned()))
}

impl Team {
    fn new(kind: DocKind, people: usize) -> Self {
        let member = |_| Member {
            doc: Document::build(kind, std::iter::empty::<&[u8]>()).unwrap(),
            has: Vec::new(),
            undone: BTreeMap::new(),
        };
        Self { kind, changes: Vec::new(), people: (0..people).map(member).collect() }
    }

    /// Lets somebody write, at a time by their clock; returns the entry unless nothing changed.
    fn write_at(
        &mut self,
        who: usize,
        claimed_ms: u64,
        write: impl FnOnce(&mut Edit<'_, '_>) -> Result<(), EngineError>,
    ) -> Option<EntryId> {
        let actor = [u8::try_from(who).unwrap() + 1; 16];
        let body = self.people[who].doc.edit(actor, write).unwrap()?;
        let entry = EntryId(*blake3::hash(&body).as_bytes());
        self.people[who].has.push(self.changes.len());
        let device = DeviceId([u8::try_from(who).unwrap(); 32]);
        self.changes.push(Carried { entry, device, person: Some(person(who)), claimed_ms, body });
        Some(entry)
    }

    fn set(&mut self, who: usize, key: &str, value: &str) -> EntryId {
        let at = self.changes.len() as u64;
        self.write_at(who, at, |edit| edit.set_text(Map::Root, key, Some(value))).unwrap()
    }

    fn type_into(&mut self, who: usize, at: usize, delete: usize, insert: &str) -> Option<EntryId> {
        let now = self.changes.len() as u64;
        self.write_at(who, now, |edit| edit.splice(LongText::Title, at, delete, insert))
    }

    /// Brings one person what another has.
    fn tell(&mut self, to: usize, from: usize) {
        for change in self.people[from].has.clone() {
            if !self.people[to].has.contains(&change) {
                self.people[to].doc.apply(&self.changes[change].body).unwrap();
                self.people[to].has.push(change);
            }
        }
    }

    fn meet_all(&mut self) {
        for _ in 0..2 {
            for to in 0..self.people.len() {
                (0..self.people.len()).for_each(|from| self.tell(to, from));
            }
        }
    }

    fn history(&self, who: usize) -> History {
        let has = self.people[who].has.iter().map(|change| self.changes[*change].clone());
        History::new(self.kind, has.collect()).unwrap()
    }

    fn title(&self, who: usize) -> String {
        self.people[who].doc.long_text(LongText::Title)
    }

    fn read(&self, who: usize, key: &str) -> Option<Field> {
        self.people[who].doc.get(Map::Root, key)
    }

    fn write_plan(&mut self, who: usize, plan: &Plan) -> Option<EntryId> {
        let at = self.changes.len() as u64;
        let write = |edit: &mut Edit<'_, '_>| {
            plan.fields.iter().try_for_each(|(place, _, value)| edit.set_place(place, value.as_ref()))
        };
        self.write_at(who, at, write)
    }

    /// Undoes the newest change of a person that can be, or redoes; returns the plan.
    fn undo(&mut self, who: usize, redo: bool) -> Option<Plan> {
        let history = self.history(who);
        let undone = history.undone(&self.people[who].undone);
        let is_own = |step: &usize| history.steps()[*step].carried.person == Some(person(who));
        for step in (0..history.steps().len()).rev().filter(is_own) {
            let fits = if redo { undone.can_redo(step) } else { !undone.is_undo(step) && !undone.is_undone(step) };
            let plan = if fits { history.undo(step, &undone).unwrap() } else { Plan::default() };
            if !plan.fields.is_empty() {
                let of = history.steps()[step].carried.entry;
                let entry = self.write_plan(who, &plan).unwrap();
                self.people[who].undone.insert(entry, of);
                return Some(plan);
            }
        }
        None
    }
}

/// Edits by chance: fields by all, and the title where there is one.
fn edit_by_chance(team: &mut Team, rng: &mut Rng, who: usize) -> Option<EntryId> {
    let now = team.changes.len() as u64;
    if LongText::of(team.kind).is_empty() || rng.bool() {
        let (key, value) = (format!("field {}", rng.u8(0..5)), rng.u8(0..4).to_string());
        let value = (value != "0").then_some(value);
        let attribute = rng.bool().then(|| rng.u8(0..9).to_string());
        return team.write_at(who, now, |edit| {
            edit.set_text(Map::Root, &key, value.as_deref())?;
            edit.set_text(Map::Attributes, "note", attribute.as_deref())
        });
    }
    let title = team.title(who);
    // Each writes and deletes letters of their own, so that it shows whose are gone.
    let is_own = |letter: char| letter.is_ascii_lowercase() == (who == 0);
    let own: Vec<usize> = title.chars().enumerate().filter(|(_, letter)| is_own(*letter)).map(|(at, _)| at).collect();
    if !own.is_empty() && rng.bool() {
        return team.type_into(who, own[rng.usize(0..own.len())], 1, "");
    }
    let letter = char::from(if who == 0 { rng.u8(b'a'..=b'z') } else { rng.u8(b'A'..=b'Z') });
    let at = rng.usize(0..=title.chars().count());
    team.type_into(who, at, 0, &letter.to_string().repeat(rng.usize(0..3)))
}

#[test]
fn five_hundred_changes_by_five_people_have_one_history_wherever_they_arrive() {
    let mut rng = Rng::with_seed(7);
    let mut team = Team::new(DocKind::Well, 5);
    while team.changes.len() < 500 {
        let (who, other) = (rng.usize(0..5), rng.usize(0..5));
        edit_by_chance(&mut team, &mut rng, who);
        if rng.u8(0..4) == 0 {
            team.tell(other, who);
        }
    }
    team.meet_all();
    assert_ne!(team.people[0].has, team.people[4].has, "they came in different orders");
    work::take();
    let history = team.history(0);
    assert_eq!(work::take(), (500, 0), "each change is read once, and no document is built");
    let told = |history: &History| -> Vec<_> {
        history.steps().iter().map(|step| (step.carried.clone(), step.time_ms, step.wrote.clone())).collect()
    };
    for who in 1..5 {
        assert_eq!(told(&team.history(who)), told(&history));
    }
    let all: BTreeSet<_> = history.steps().iter().map(|step| step.carried.entry).collect();
    assert_eq!(all, team.changes.iter().map(|change| change.entry).collect());
    // What each saw and made of it is what Automerge says of the states before and after.
    for step in (0..500).step_by(7) {
        let after = history.state(At::Entry(history.steps()[step].carried.entry)).unwrap();
        let before: Vec<_> = after.iter().copied().filter(|at| *at != step).collect();
        let (before, after) = (history.document(&before).unwrap(), history.document(&after).unwrap());
        for wrote in &history.steps()[step].wrote {
            let Place::Field(map, key) = &wrote.place else { panic!("a well has no texts") };
            assert_eq!((before.get(*map, key), after.get(*map, key)), (wrote.before.clone(), wrote.after.clone()));
        }
    }
    for place in history.places() {
        let Place::Field(map, key) = place else { panic!("a well has no texts") };
        let reads = history.standing(place).last().and_then(|standing| standing.value.clone());
        assert_eq!(reads, team.people[0].doc.get(*map, key));
    }
    work::take();
    let state = history.state(At::Back(100)).unwrap();
    assert_eq!((state.len(), history.until(&state).unwrap().steps().len()), (400, 400));
    assert_eq!(work::take(), (400, 0), "an earlier state is told by as much work");
}

#[test]
fn states_are_named_by_entry_time_and_number_of_changes() {
    let mut team = Team::new(DocKind::Well, 2);
    let write = |team: &mut Team, who, ms, value: &str| {
        team.write_at(who, ms, |edit| edit.set_text(Map::Root, "name", Some(value))).unwrap()
    };
    let first = write(&mut team, 0, 100, "one");
    team.tell(1, 0);
    // Its author's clock is behind: it counts as no earlier than what it builds on.
    let second = write(&mut team, 1, 50, "two");
    let third = write(&mut team, 0, 300, "three");
    team.meet_all();
    let history = team.history(1);
    let name = |at| {
        let state = history.state(at)?;
        Some(history.document(&state).unwrap().get_str(Map::Root, "name").unwrap_or_default())
    };
    assert_eq!(history.steps().iter().map(|step| step.time_ms).collect::<Vec<_>>(), [100, 100, 300]);
    assert_eq!(name(At::Start).unwrap(), "");
    assert_eq!(name(At::Entry(first)).unwrap(), "one");
    assert_eq!((name(At::Entry(second)).unwrap(), name(At::Entry(third)).unwrap()), ("two".into(), "three".into()));
    assert_eq!((name(At::Time(99)).unwrap(), name(At::Time(100)).unwrap()), (String::new(), "two".into()));
    assert_eq!((name(At::Back(1)).unwrap(), name(At::Back(3)).unwrap()), ("two".into(), String::new()));
    assert_eq!((name(At::Back(4)), name(At::Entry(EntryId([9; 32])))), (None, None));
    assert!(!history.is_before(1, 2) && history.is_before(0, 1) && history.is_before(0, 2));
}

#[test]
fn what_is_missing_makes_no_history() {
    let mut team = Team::new(DocKind::Well, 1);
    team.set(0, "name", "one");
    team.set(0, "name", "two");
    let lacking = History::new(DocKind::Well, vec![team.changes[1].clone()]);
    assert!(matches!(lacking, Err(EngineError::MissingDependency(_))), "{lacking:?}");
}

#[test]
fn restored_state_reads_the_same_and_what_is_elsewhere_stays() {
    let mut team = Team::new(DocKind::Chart, 2);
    let then = team.write_at(0, 1, |edit| {
        edit.set_long_text(LongText::Title, "Gamma ray")?;
        edit.set_text(Map::Items, "series/1/curve", Some("GR"))?;
        edit.set_text(Map::Items, "series/2/curve", Some("RT"))
    });
    team.tell(1, 0);
    team.write_at(1, 2, |edit| {
        edit.set_long_text(LongText::Title, "Gamma and more")?;
        edit.set_text(Map::Items, "series/1/curve", None)?;
        edit.set_text(Map::Attributes, "colour", Some("red"))
    });
    team.tell(0, 1);
    let history = team.history(0);
    let state = history.state(At::Entry(then.unwrap())).unwrap();
    let before = history.document(&state).unwrap().values();
    let plan = history.restore(&state, |_| true).unwrap();
    assert_eq!((plan.fields.len(), plan.left.len(), plan.deletes()), (3, 0, false));
    // Somebody goes on in the meantime.
    team.type_into(1, 0, 0, "My ");
    team.write_plan(0, &plan).unwrap();
    assert_eq!(team.people[0].doc.values(), before);
    team.meet_all();
    assert_eq!((team.title(0), team.title(1)), ("My Gamma ray".into(), "My Gamma ray".into()));
    let items = history.restore(&state, |place| matches!(place, Place::Field(Map::Items, _))).unwrap();
    assert_eq!(items.fields, [(Place::Field(Map::Items, "series/1/curve".into()), None, text("GR"))]);
}

#[test]
fn undo_and_redo_go_back_and_forth() {
    let mut team = Team::new(DocKind::Well, 1);
    for value in ["one", "two", "three"] {
        team.set(0, "name", value);
    }
    let step = |team: &mut Team, redo| {
        let done = team.undo(0, redo).is_some();
        (done, team.read(0, "name"))
    };
    assert_eq!(step(&mut team, true), (false, text("three")), "there is nothing to redo yet");
    assert_eq!(step(&mut team, false), (true, text("two")));
    assert_eq!(step(&mut team, false), (true, text("one")));
    assert_eq!(step(&mut team, true), (true, text("two")));
    assert_eq!(step(&mut team, false), (true, text("one")), "what was redone is undone again");
    assert_eq!(step(&mut team, true), (true, text("two")));
    assert_eq!(step(&mut team, true), (true, text("three")));
    assert_eq!(step(&mut team, true), (false, text("three")));
    for value in [text("two"), text("one"), None] {
        assert_eq!(step(&mut team, false), (true, value));
    }
    assert_eq!(step(&mut team, false), (false, None));
}

#[test]
fn what_others_wrote_since_or_beside_is_left_and_named() {
    let mut team = Team::new(DocKind::Well, 2);
    team.set(0, "company", "Old");
    team.tell(1, 0);
    let mine = team.write_at(0, 9, |edit| {
        edit.set_text(Map::Root, "name", Some("Mine"))?;
        edit.set_text(Map::Root, "field", Some("Mine"))?;
        edit.set_text(Map::Root, "company", Some("Mine"))
    });
    let beside = team.set(1, "field", "Beside");
    team.tell(1, 0);
    let since = team.set(1, "name", "Since");
    team.meet_all();
    let plan = team.undo(0, false).unwrap();
    assert_eq!(plan.fields, [(place("company"), text("Mine"), text("Old"))]);
    let history = team.history(0);
    let of = |why: &Why| match why {
        Why::Written(steps) => steps.iter().map(|step| history.steps()[*step].carried.entry).collect(),
        Why::Table => Vec::new(),
    };
    let left: Vec<_> = plan.left.iter().map(|left| (left.place.clone(), of(&left.why))).collect();
    assert_eq!(left, [(place("field"), vec![beside]), (place("name"), vec![since])]);
    team.meet_all();
    for who in 0..2 {
        assert_eq!((team.read(who, "company"), team.read(who, "name")), (text("Old"), text("Since")));
        // The conflict of both is still for people to resolve.
        assert_eq!(team.history(who).standing(&place("field")).len(), 2);
    }
    assert!(history.find(&mine.unwrap()).is_some());
}

#[test]
fn letters_of_others_stay_when_ones_own_are_undone() {
    let mut team = Team::new(DocKind::Chart, 2);
    team.type_into(0, 0, 0, "log ");
    team.tell(1, 0);
    team.type_into(0, 4, 0, "mine ");
    team.type_into(1, 0, 0, "THE ");
    team.meet_all();
    assert_eq!(team.title(0), "THE log mine ");
    assert!(team.undo(0, false).is_some());
    assert_eq!(team.title(0), "THE log ");
    assert!(team.undo(0, true).is_some());
    assert_eq!(team.title(0), "THE log mine ");
    // Whoever writes on after having seen them means them to stay.
    team.meet_all();
    team.type_into(1, 13, 0, "END");
    team.meet_all();
    assert!(team.undo(0, false).is_none_or(|plan| plan.fields.is_empty()));
    assert_eq!(team.title(0), "THE log mine END");
}

#[test]
fn undoing_all_of_ones_own_goes_back_to_the_start_and_redoing_all_to_the_end() {
    for seed in 0..20 {
        let mut rng = Rng::with_seed(seed);
        let kind = if seed % 2 == 0 { DocKind::Chart } else { DocKind::Run };
        let mut team = Team::new(kind, 1);
        let mut states = vec![team.people[0].doc.values()];
        while states.len() < 25 {
            if edit_by_chance(&mut team, &mut rng, 0).is_some() {
                states.push(team.people[0].doc.values());
            }
        }
        let end = states.pop().unwrap();
        while let Some(state) = states.pop() {
            assert!(team.undo(0, false).is_some(), "seed {seed}, {} left", states.len());
            assert_eq!(team.people[0].doc.values(), state, "seed {seed}, {} left", states.len());
        }
        assert!(team.undo(0, false).is_none(), "seed {seed}");
        while team.undo(0, true).is_some() {}
        assert_eq!(team.people[0].doc.values(), end, "seed {seed}");
    }
}

#[test]
fn what_is_too_much_for_one_change_is_written_by_several() {
    let mut document = Document::build(DocKind::Tops, std::iter::empty::<&[u8]>()).unwrap();
    let of = |number: usize| Place::Field(Map::Items, format!("top/{number:05}/name"));
    let value = |number: usize| text(&format!("{number} {}", "x".repeat(40)));
    let mut plan = Plan::default();
    plan.fields.extend((0..5_000).map(|number| (of(number), None, value(number))));
    plan.fields.push((of(5_000), None, text(&"x".repeat(200_000))));
    let changes = plan.write(&mut document, [7; 16]).unwrap();
    assert!((4..8).contains(&changes.len()), "{}", changes.len());
    let again = Document::build(DocKind::Tops, changes.iter().map(Vec::as_slice)).unwrap().values();
    assert_eq!((again.len(), again.get(&of(4_999)).cloned()), (5_001, value(4_999)));
    assert_eq!(again, document.values());
}

/// Returns whether all of some letters stand in a text, in their order.
fn stand_in(letters: &str, text: &str) -> bool {
    let mut rest = text.chars();
    letters.chars().all(|letter| rest.any(|other| other == letter))
}

#[test]
fn undo_never_undoes_what_another_person_did() {
    let mut undos = 0;
    for seed in 0..40 {
        let mut rng = Rng::with_seed(seed);
        let mut team = Team::new(DocKind::Chart, 2);
        for _ in 0..80 {
            let who = rng.usize(0..2);
            match rng.u8(0..8) {
                0..4 => {
                    edit_by_chance(&mut team, &mut rng, who);
                }
                4 => team.tell(who, 1 - who),
                _ => {
                    let standing = |team: &Team| -> BTreeSet<(Place, EntryId)> {
                        let history = team.history(who);
                        let theirs = |place: &Place| -> Vec<(Place, EntryId)> {
                            let steps = history.standing(place).iter().map(|value| &history.steps()[value.step]);
                            let steps = steps.filter(|step| step.carried.person != Some(person(who)));
                            steps.map(|step| (place.clone(), step.carried.entry)).collect()
                        };
                        history.places().flat_map(theirs).collect()
                    };
                    let is_theirs = |letter: &char| letter.is_ascii_uppercase() == (who == 0);
                    let letters = |team: &Team| team.title(who).chars().filter(is_theirs).collect::<String>();
                    let (values, title) = (standing(&team), letters(&team));
                    let redo = rng.u8(0..3) == 0;
                    undos += usize::from(team.undo(who, redo).is_some());
                    assert!(values.is_subset(&standing(&team)), "seed {seed}: a value of the other is gone");
                    assert!(stand_in(&title, &letters(&team)), "seed {seed}: {title:?} in {:?}", team.title(who));
                }
            }
        }
        team.meet_all();
        assert_eq!(team.people[0].doc.values(), team.people[1].doc.values(), "seed {seed}");
    }
    assert!(undos > 200, "only {undos} undos did anything");
}

#[test]
fn all_of_a_device_is_taken_back_and_everybody_comes_to_the_same() {
    let mut team = Team::new(DocKind::Chart, 3);
    team.set(0, "name", "Before");
    team.type_into(0, 0, 0, "title");
    team.meet_all();
    let seen = team.set(1, "name", "Wrong 1");
    team.tell(2, 1);
    team.set(2, "name", "Right");
    team.tell(1, 2);
    let later = [
        team.set(1, "name", "Wrong 2"),
        team.set(1, "field", "Wrong"),
        team.set(1, "company", "Wrong"),
        team.type_into(1, 5, 0, " wrong").unwrap(),
    ];
    team.meet_all();
    team.set(0, "field", "Mended");
    team.tell(2, 0);
    let history = team.history(2);
    let taken: BTreeSet<_> = later.iter().chain([&seen]).filter_map(|entry| history.find(entry)).collect();
    let plan = history.take_back(&taken, |_| true).unwrap();
    let title = (Place::Text(LongText::Title), text("title wrong"), text("title"));
    assert_eq!(
        plan.fields,
        [(place("company"), text("Wrong"), None), (place("name"), text("Wrong 2"), text("Right")), title]
    );
    assert!(matches!(plan.left.as_slice(), [Left { place: left, .. }] if *left == place("field")), "{plan:?}");
    team.write_plan(2, &plan).unwrap();
    team.meet_all();
    for who in 0..3 {
        assert_eq!(team.read(who, "name"), text("Right"));
        assert_eq!((team.read(who, "field"), team.read(who, "company")), (text("Mended"), None));
        assert_eq!((team.title(who), team.people[who].doc.heads()), ("title".into(), team.people[0].doc.heads()));
    }
    // Once more finds nothing that is still the device's.
    let history = team.history(0);
    let taken: BTreeSet<_> = later.iter().chain([&seen]).filter_map(|entry| history.find(entry)).collect();
    assert!(history.take_back(&taken, |_| true).unwrap().fields.is_empty());
}
