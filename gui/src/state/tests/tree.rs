//! The tree's stories: rows, branches, filters, search by curves, letters, stars.

use bytes::Bytes;
use dataforge_node::api::{
    ConflictCandidate, ConflictInfo, CurveInfo, DataRequest, MarkInfo, ProjectInfo, Reply, Request, RunInfo, WellInfo,
};

use super::super::{At, Filter, Held, Key, State};
use super::{answer, call, status, workspace};
use crate::action::{Action, Browse, Step};
use crate::bridge::{Command, Message};

fn well(name: &str, project: Option<&str>, held: u64) -> WellInfo {
    WellInfo {
        id: format!("id-{name}"),
        name: name.to_owned(),
        runs: 2,
        held,
        project_id: project.map(str::to_owned),
        ..WellInfo::default()
    }
}

fn run(id: &str, well: &str) -> RunInfo {
    RunInfo {
        id: id.to_owned(),
        short: id.to_owned(),
        name: format!("Run {id}"),
        well_id: well.to_owned(),
        well: well.to_owned(),
        source: String::new(),
        kind: "log".to_owned(),
        set: String::new(),
        rows: 1,
        curves: 1,
        index: "DEPT".to_owned(),
        index_unit: "M".to_owned(),
        index_kind: "depth".to_owned(),
        index_min: None,
        index_max: None,
        step: None,
        acquisition: Vec::new(),
        notices: 0,
        blob: String::new(),
        blob_bytes: 0,
        held: true,
        refused: None,
    }
}

fn curve(run: &str, name: &str) -> CurveInfo {
    CurveInfo {
        run: run.to_owned(),
        well: String::new(),
        ordinal: 1,
        curve: name.to_owned(),
        mnemonic: name.to_owned(),
        column: name.to_lowercase(),
        unit: String::new(),
        description: String::new(),
        property: None,
        confidence: 0,
        reason: String::new(),
        preferred: false,
        quality: "raw".to_owned(),
        count: 1,
        nulls: 0,
        min: None,
        max: None,
        mean: None,
        top: None,
        base: None,
    }
}

/// Answers the first of these calls that this is true of.
fn reply_to(state: &mut State, asked: &[Command], is: impl Fn(&Request) -> bool, reply: Reply) -> Vec<Command> {
    let ticket = asked.iter().map(call).find(|(_, request)| is(request)).map(|(ticket, _)| ticket);
    answer(state, ticket.expect("it was asked for"), reply)
}

/// Returns a state with a project of the wells B and C, and A in none; C is not held here.
fn open() -> State {
    let mut state = State::new("/data".into(), "dataforge".to_owned());
    let asked = state.apply(Action::Received(Message::Opened));
    let asked = answer(&mut state, call(&asked[0]).0, status(vec![workspace("w1", 1)]));
    let wells = vec![well("A", None, 2), well("B", Some("p"), 2), well("C", Some("p"), 1)];
    reply_to(&mut state, &asked, |it| matches!(it, Request::Wells { .. }), Reply::Wells { wells });
    let project = ProjectInfo { id: "p".to_owned(), name: "Infill".to_owned(), ..ProjectInfo::default() };
    let projects = Reply::Projects { projects: vec![project] };
    reply_to(&mut state, &asked, |it| matches!(it, Request::Projects { .. }), projects);
    reply_to(
        &mut state,
        &asked,
        |it| matches!(it, Request::Conflicts { .. }),
        Reply::Conflicts { conflicts: Vec::new() },
    );
    reply_to(&mut state, &asked, |it| matches!(it, Request::Data { .. }), Reply::Marks { marks: Vec::new() });
    state
}

fn texts(state: &State) -> Vec<String> {
    state.tree.rows().iter().map(|row| format!("{}{}", " ".repeat(row.depth), state.row_text(row))).collect()
}

fn browse(state: &mut State, browse: Browse) -> Vec<Command> {
    state.apply(Action::Browse(browse))
}

#[test]
fn wells_stand_under_their_project_and_the_others_under_a_heading() {
    let mut state = open();
    assert_eq!(texts(&state), ["Infill", " B", " C", "In no project", " A"]);
    assert_eq!(state.tree.rows()[0].at, At::Project(0, 2));
    browse(&mut state, Browse::Open(Key::Project("p".to_owned()), false));
    assert_eq!(texts(&state), ["Infill", "In no project", " A"]);
    state.apply(Action::SelectWell("id-C".to_owned()));
    assert_eq!(texts(&state)[2], " C", "what is chosen elsewhere is brought into sight");
}

#[test]
fn branches_are_asked_for_when_they_are_opened() {
    let mut state = open();
    browse(&mut state, Browse::To(Key::Well("id-A".to_owned())));
    let asked = browse(&mut state, Browse::In);
    assert_eq!(texts(&state)[5], "  Loading runs …");
    let runs = Reply::Runs { runs: vec![run("r1", "id-A")] };
    reply_to(&mut state, &asked, |it| matches!(it, Request::Runs { well: Some(well), .. } if well == "id-A"), runs);
    assert_eq!(texts(&state)[5], "  Run r1");
    browse(&mut state, Browse::In);
    assert_eq!(state.tree.cursor, Some(Key::Run("r1".to_owned())), "into an open branch");
    assert_eq!(state.selection.run.as_deref(), Some("r1"));
    let asked = browse(&mut state, Browse::In);
    let curves = Reply::Curves { curves: vec![curve("r1", "GR")] };
    reply_to(&mut state, &asked, |it| matches!(it, Request::Curves { .. }), curves);
    assert_eq!(texts(&state)[6], "   GR");
    browse(&mut state, Browse::Step(Step::Down));
    assert_eq!(state.selection.curve.as_deref(), Some("r1:1"));
    browse(&mut state, Browse::Out);
    assert_eq!((state.tree.cursor.clone(), state.selection.curve.clone()), (Some(Key::Run("r1".to_owned())), None));
    browse(&mut state, Browse::Out);
    assert_eq!(texts(&state).len(), 6, "closed again");
}

#[test]
fn rows_that_only_say_something_are_passed_over() {
    let mut state = open();
    browse(&mut state, Browse::To(Key::Well("id-C".to_owned())));
    browse(&mut state, Browse::In);
    assert_eq!(texts(&state)[3], "  Loading runs …");
    browse(&mut state, Browse::Step(Step::Down));
    assert_eq!(state.tree.cursor, Some(Key::Loose));
}

#[test]
fn filters_leave_wells_out_and_empty_groups_with_them() {
    let mut state = open();
    let only = |filter| Browse::Filter(filter);
    browse(&mut state, only(Filter { held: Held::NotHere, ..Filter::default() }));
    assert_eq!(texts(&state), ["Infill", " C"]);
    browse(&mut state, only(Filter { held: Held::Here, ..Filter::default() }));
    assert_eq!(texts(&state), ["Infill", " B", "In no project", " A"]);
    browse(&mut state, only(Filter { project: Some("p".to_owned()), ..Filter::default() }));
    assert_eq!(texts(&state), ["Infill", " B", " C"]);
    browse(&mut state, only(Filter { starred: true, ..Filter::default() }));
    assert_eq!(texts(&state), Vec::<String>::new());
}

#[test]
fn wells_are_found_by_their_curves() {
    let mut state = open();
    let asked = state.apply(Action::Search("dtco".to_owned()));
    assert_eq!(texts(&state), Vec::<String>::new());
    let (ticket, request) = call(&asked[0]);
    assert!(matches!(request, Request::Query { sql, .. } if sql.contains("strpos(lower(mnemonic), 'dtco')")));
    let (one, other) = (&br#"[{"well_id":"id-B","#[..], &br#""what":"dtco2"}]"#[..]);
    for bytes in [one, other] {
        state.apply(Action::Received(Message::Data { ticket, bytes: Bytes::copy_from_slice(bytes) }));
    }
    answer(&mut state, ticket, Reply::Query { rows: 1, bytes: 40 });
    assert_eq!(texts(&state), ["Infill", " B"]);
    state.apply(Action::Search("it's".to_owned()));
    assert_eq!(texts(&state), Vec::<String>::new(), "what was found for other words counts for them only");
}

#[test]
fn letters_lead_to_the_row_that_begins_with_them() {
    let mut state = open();
    let letters = |letters: &str, at: f64| Browse::Typed { letters: letters.to_owned(), at };
    browse(&mut state, letters("c", 1.0));
    assert_eq!(state.selection.well.as_deref(), Some("id-C"));
    browse(&mut state, letters("in", 5.0));
    assert_eq!(state.tree.cursor, Some(Key::Loose), "on from where it was, and around");
    browse(&mut state, letters("f", 5.5));
    assert_eq!(state.tree.cursor, Some(Key::Project("p".to_owned())), "more letters of the same word");
}

#[test]
fn stars_of_wells_are_the_nodes_and_those_of_curves_are_kept_here() {
    let mut state = open();
    let star = |key, on| Browse::Star { key, on };
    assert!(browse(&mut state, star(Key::Curve("r1:1".to_owned()), true)).is_empty());
    assert!(state.tree.is_starred("r1:1") && state.memory().stars.contains("r1:1"));
    let asked = browse(&mut state, star(Key::Well("id-B".to_owned()), true));
    let ask = DataRequest::Star { target: "id-B".to_owned(), on: true };
    assert_eq!(call(&asked[0]).1, &Request::Data { workspace: Some("w1".to_owned()), ask });
    let asked = answer(&mut state, call(&asked[0]).0, Reply::Done { message: String::new() });
    let mark = MarkInfo { mark: "star".to_owned(), target: "B".to_owned(), id: "id-B".to_owned(), bytes: 0 };
    reply_to(&mut state, &asked, |it| matches!(it, Request::Data { .. }), Reply::Marks { marks: vec![mark] });
    assert!(state.tree.is_starred("id-B") && !state.tree.is_starred("id-A"));
}

#[test]
fn a_run_in_conflict_brings_its_well_into_the_filter() {
    let mut state = open();
    let asked = state.apply(Action::Refresh);
    let side = ConflictCandidate {
        number: 1,
        value: None,
        reads: true,
        removes: false,
        edits: Vec::new(),
        change: String::new(),
        entry: String::new(),
        person_id: None,
        person: String::new(),
        device_id: String::new(),
        device: String::new(),
        claimed: String::new(),
        mine: true,
        target: None,
    };
    let conflict = ConflictInfo {
        id: "c".to_owned(),
        short: "c".to_owned(),
        about: "field".to_owned(),
        kind: String::new(),
        strategy: String::new(),
        document_id: "r9".to_owned(),
        document: "Run r9".to_owned(),
        map: "root".to_owned(),
        field: "name".to_owned(),
        candidates: vec![side],
    };
    let conflicts = Reply::Conflicts { conflicts: vec![conflict] };
    let asked = reply_to(&mut state, &asked, |it| matches!(it, Request::Conflicts { .. }), conflicts);
    let (ticket, request) = call(&asked[0]);
    assert!(matches!(request, Request::Query { sql, .. } if sql.contains("run_id in ('r9')")));
    let json = br#"[{"well_id":"id-A","what":"r9"}]"#;
    state.apply(Action::Received(Message::Data { ticket, bytes: Bytes::from_static(json) }));
    answer(&mut state, ticket, Reply::Query { rows: 1, bytes: 30 });
    browse(&mut state, Browse::Filter(Filter { conflicts: true, ..Filter::default() }));
    assert_eq!(texts(&state), ["In no project", " A"]);
}

#[test]
fn ten_thousand_wells_are_rows_in_no_time() {
    let mut state = open();
    let asked = state.apply(Action::Refresh);
    let wells = (0..10_000).map(|number| well(&format!("W{number:05}"), None, 2)).collect();
    reply_to(&mut state, &asked, |it| matches!(it, Request::Wells { .. }), Reply::Wells { wells });
    // The project, the heading and the wells.
    assert_eq!(state.tree.rows().len(), 10_002);
    browse(&mut state, Browse::Typed { letters: "w0999".to_owned(), at: 1.0 });
    assert_eq!(state.selection.well.as_deref(), Some("id-W09990"));
}
