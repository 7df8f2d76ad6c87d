//! The state's stories that need no window: what is asked, and what stale answers do.

mod tree;

use std::path::PathBuf;

use dataforge_node::api::{
    ApiError, ErrorKind, Event, LateQuota, Reply, Request, StatusReply, WellInfo, WorkspaceInfo, WorkspaceStatus,
};

use super::State;
use crate::action::{Action, Step};
use crate::bridge::{Command, Message};

fn workspace(id: &str, entries: u64) -> WorkspaceStatus {
    let workspace = WorkspaceInfo {
        id: id.to_owned(),
        name: id.to_uppercase(),
        role: "owner".to_owned(),
        wells: 2,
        runs: 0,
        members: 1,
        entries,
    };
    WorkspaceStatus {
        workspace,
        only_here: 0,
        blobs_missing: 0,
        bytes_missing: 0,
        blobs_only_here: 0,
        blobs_too_few: 0,
        conflicts: 0,
        min_copies: 1,
        waiting: 0,
        set_aside: 0,
        late: LateQuota::default(),
        connected: Vec::new(),
    }
}

fn status(workspaces: Vec<WorkspaceStatus>) -> Reply {
    Reply::Status(StatusReply {
        version: "1".to_owned(),
        directory: PathBuf::from("/data"),
        device_id: None,
        person: None,
        up: false,
        addresses: Vec::new(),
        workspaces,
        blob_bytes: 0,
        free_bytes: None,
        up_since: None,
        peers: Vec::new(),
        metrics: None,
        backups: Vec::new(),
        relays: Vec::new(),
        relay: None,
        faces: Vec::new(),
    })
}

fn wells(names: &[&str]) -> Reply {
    let well = |name: &&str| WellInfo {
        id: format!("id-{name}"),
        name: (*name).to_owned(),
        field: Some("Volve".to_owned()),
        runs: 1,
        curves: 1,
        ..WellInfo::default()
    };
    Reply::Wells { wells: names.iter().map(well).collect() }
}

fn answer(state: &mut State, ticket: u64, reply: Reply) -> Vec<Command> {
    state.apply(Action::Received(Message::Answer { ticket, result: Box::new(Ok(reply)) }))
}

fn call(command: &Command) -> (u64, &Request) {
    match command {
        Command::Call { ticket, request } => (*ticket, &**request),
        Command::Open | Command::Cancel { .. } | Command::Remember { .. } => panic!("not a call"),
    }
}

/// Returns a state that shows two workspaces and the wells A and B of the first.
fn open() -> State {
    let mut state = State::new("/data".into(), "dataforge".to_owned());
    let asked = state.apply(Action::Received(Message::Opened));
    assert_eq!(asked.len(), 1, "only the status can be asked for yet");
    let asked = answer(&mut state, call(&asked[0]).0, status(vec![workspace("w1", 1), workspace("w2", 1)]));
    assert_eq!(call(&asked[0]).1, &Request::Wells { workspace: Some("w1".to_owned()) });
    let asked = answer(&mut state, call(&asked[0]).0, wells(&["A", "B"]));
    assert!(asked.is_empty(), "no well is selected");
    state
}

#[test]
fn that_one_was_removed_is_known_from_the_role_or_told_by_a_peer() {
    let peer = |why: serde_json::Value, workspace: &str| {
        let standing = serde_json::json!({
            "workspace_id": workspace, "workspace": "W", "connected": false, "caught_up": false, "ahead": 0
        });
        let peer = serde_json::json!({
            "device_id": "00", "name": "Ada (truck)", "addresses": [], "connected": false, "last_error": why,
            "standings": [standing]
        });
        serde_json::from_value(peer).unwrap()
    };
    let told = |role: &str, why: serde_json::Value, of: &str| {
        let mut state = open();
        let asked = state.apply(Action::Received(Message::Tick));
        let mut held = workspace("w1", 1);
        held.workspace.role = role.to_owned();
        let Reply::Status(mut reply) = status(vec![held]) else { panic!("no status") };
        reply.peers = vec![peer(why, of)];
        answer(&mut state, call(&asked[0]).0, Reply::Status(reply));
        (state.is_removed(), state.told_removed().map(ToOwned::to_owned))
    };
    let why = serde_json::json!("this device is no member of the workspace any more");
    assert_eq!(told("editor", why.clone(), "w1"), (false, Some("Ada (truck)".to_owned())));
    assert_eq!(told("editor", why, "w2"), (false, None), "another workspace");
    assert_eq!(told("editor", serde_json::json!("no route"), "w1"), (false, None));
    assert_eq!(told("none", serde_json::Value::Null, "w1"), (true, None));
}

#[test]
fn a_storm_of_events_costs_two_loads() {
    let mut state = open();
    let changed = || Action::Received(Message::Event(Event::Changed { workspace: "w1".to_owned(), entries: 1 }));
    let asked = state.apply(changed());
    assert_eq!(asked.len(), 2, "status and wells");
    for _ in 0..100 {
        assert!(state.apply(changed()).is_empty());
    }
    let again = answer(&mut state, call(&asked[1]).0, wells(&["A"]));
    assert_eq!(again.len(), 1);
    assert!(answer(&mut state, call(&again[0]).0, wells(&["A"])).is_empty());
}

#[test]
fn an_answer_for_another_workspace_is_ignored() {
    let mut state = open();
    let late = state.apply(Action::Refresh);
    let asked = state.apply(Action::SelectWorkspace("w2".to_owned()));
    assert_eq!(call(&asked[0]).1, &Request::Wells { workspace: Some("w2".to_owned()) });
    answer(&mut state, call(&late[1]).0, wells(&["stale"]));
    assert!(state.wells.value().is_none());
    answer(&mut state, call(&asked[0]).0, wells(&["C"]));
    assert_eq!(state.matching_well(0).map(|well| well.name.as_str()), Some("C"));
}

#[test]
fn entries_of_another_process_are_noticed_by_the_tick() {
    let mut state = open();
    let asked = state.apply(Action::Received(Message::Tick));
    let held = || vec![workspace("w1", 1), workspace("w2", 1)];
    assert!(answer(&mut state, call(&asked[0]).0, status(held())).is_empty());
    let asked = state.apply(Action::Received(Message::Tick));
    let asked = answer(&mut state, call(&asked[0]).0, status(vec![workspace("w1", 2)]));
    assert_eq!(call(&asked[0]).1, &Request::Wells { workspace: Some("w1".to_owned()) });
}

#[test]
fn a_failed_reload_keeps_what_was_there() {
    let mut state = open();
    let asked = state.apply(Action::Refresh);
    let error = ApiError::new(ErrorKind::Storage, "the disk is gone");
    let failed = Message::Answer { ticket: call(&asked[1]).0, result: Box::new(Err(error.clone())) };
    state.apply(Action::Received(failed));
    assert_eq!(state.wells.error(), Some(&error));
    assert_eq!(state.match_count(), 2);
}

#[test]
fn a_deleted_well_is_no_longer_selected() {
    let mut state = open();
    let asked = state.apply(Action::SelectWell("id-B".to_owned()));
    assert!(matches!(call(&asked[0]).1, Request::Runs { well: Some(well), .. } if well == "id-B"));
    let asked = state.apply(Action::Refresh);
    let reload = asked.iter().find(|command| matches!(call(command).1, Request::Wells { .. })).unwrap();
    answer(&mut state, call(reload).0, wells(&["A"]));
    assert_eq!(state.selection.well, None);
}

#[test]
fn a_refused_command_can_be_asked_again() {
    let mut state = open();
    for command in state.apply(Action::Refresh) {
        state.on_refused(&command);
    }
    assert_eq!(state.wells.error().map(|error| error.kind), Some(ErrorKind::Busy));
    assert_eq!(state.apply(Action::Refresh).len(), 2);
}

#[test]
fn every_word_must_be_found_somewhere() {
    let mut state = open();
    for (words, matches) in [("", 2), ("VOLVE", 2), ("volve b", 1), ("a x", 0)] {
        state.apply(Action::Search(words.to_owned()));
        assert_eq!(state.match_count(), matches, "{words}");
    }
    state.apply(Action::Search("b".to_owned()));
    state.apply(Action::StepWell(Step::Down));
    assert_eq!(state.selection.well.as_deref(), Some("id-B"));
}

#[test]
fn an_edit_that_was_refused_is_told_and_everything_is_read_again() {
    let mut state = open();
    let error = ApiError::new(ErrorKind::NotAllowed, "viewers may not");
    let asked = state.apply(Action::Received(Message::Event(Event::Refused { edit: 1, error })));
    assert_eq!(state.notice.as_deref(), Some("an edit was refused: viewers may not"));
    assert_eq!(asked.len(), 2, "status and wells");
}
