//! What home says and proposes, without a window.

use std::path::PathBuf;

use dataforge_node::api::{
    BackupPlan, ChartInfo, LateQuota, Reply, Request, StatusReply, WorkspaceInfo, WorkspaceStatus,
};

use super::{charts, proposals, safety, when};
use crate::action::{Action, Browse};
use crate::bridge::{Command, Message};
use crate::state::{Key, State};
use crate::view::Place;

fn held() -> WorkspaceStatus {
    let workspace = WorkspaceInfo {
        id: "w".to_owned(),
        name: "Field".to_owned(),
        role: "owner".to_owned(),
        wells: 0,
        runs: 0,
        members: 2,
        entries: 1,
    };
    WorkspaceStatus {
        workspace,
        only_here: 0,
        blobs_missing: 0,
        bytes_missing: 0,
        blobs_only_here: 0,
        blobs_too_few: 0,
        min_copies: 2,
        conflicts: 0,
        waiting: 0,
        set_aside: 0,
        late: LateQuota::default(),
        connected: Vec::new(),
    }
}

fn status(held: WorkspaceStatus, up: bool) -> StatusReply {
    StatusReply {
        version: "1".to_owned(),
        directory: PathBuf::from("/data"),
        device_id: None,
        person: None,
        up,
        addresses: Vec::new(),
        workspaces: vec![held],
        blob_bytes: 0,
        free_bytes: None,
        up_since: None,
        peers: Vec::new(),
        metrics: None,
        backups: Vec::new(),
        relays: Vec::new(),
        relay: None,
        faces: Vec::new(),
    }
}

/// Returns a state that has this status.
fn state(status: StatusReply) -> State {
    let mut state = State::new(PathBuf::from("/data"), "dataforge".to_owned());
    let asked = state.apply(Action::Received(Message::Opened));
    let Some(Command::Call { ticket, .. }) = asked.first() else { panic!("the status is asked for") };
    let answer = Message::Answer { ticket: *ticket, result: Box::new(Ok(Reply::Status(status))) };
    state.apply(Action::Received(answer));
    state
}

#[test]
fn what_is_urgent_is_proposed_first() {
    let empty = proposals(&state(status(held(), false)));
    assert_eq!(empty.iter().map(|it| it.what).collect::<Vec<_>>(), ["Import files", "Start syncing"]);
    assert_eq!(empty[0].does, Action::Open(Place::Import));
    let mut busy = held();
    (busy.workspace.wells, busy.only_here, busy.conflicts) = (3, 2, 1);
    let all = proposals(&state(status(busy, true)));
    assert_eq!(all.iter().map(|it| it.what).collect::<Vec<_>>(), ["Meet all peers", "Show their wells"]);
    let mut safe = held();
    safe.workspace.wells = 3;
    assert!(proposals(&state(status(safe, true))).is_empty());
}

#[test]
fn what_is_only_here_and_what_is_backed_up_is_said() {
    let mut held = held();
    (held.only_here, held.blobs_only_here, held.blobs_too_few) = (2, 1, 4);
    let mut status = status(held.clone(), true);
    let told = safety(&status, &held);
    assert_eq!(told[0], "2 entries of yours that no other machine is known to have.");
    assert_eq!(told[1], "1 data file that no other machine says it has.");
    assert_eq!(told[2], "3 data files on fewer than 2 other machines.");
    assert_eq!(told[3], "No backup is made by itself.");
    status.backups = vec![BackupPlan {
        target: PathBuf::from("/mnt/b"),
        every_secs: 1,
        keep: None,
        blobs: "all".to_owned(),
        tried: None,
        done: Some("2026-11-27T06:30:12Z".to_owned()),
        error: None,
    }];
    assert_eq!(safety(&status, &held)[3], "Backed up to /mnt/b on 2026-11-27 06:30.");
    status.backups[0].error = Some("the disk is full".to_owned());
    assert_eq!(safety(&status, &held)[3], "The backup to /mnt/b failed: the disk is full.");
}

#[test]
fn times_are_day_and_minute() {
    assert_eq!(when("2026-11-27T06:30:12Z"), "2026-11-27 06:30");
    assert_eq!(when("soon"), "soon");
}

#[test]
fn charts_with_a_star_come_first() {
    let mut state = State::new(PathBuf::from("/data"), "dataforge".to_owned());
    let asked = state.apply(Action::Received(Message::Opened));
    let Some(Command::Call { ticket, .. }) = asked.first() else { panic!("the status is asked for") };
    let reply = Reply::Status(status(held(), true));
    let answer = |ticket, reply| Action::Received(Message::Answer { ticket, result: Box::new(Ok(reply)) });
    let asked = state.apply(answer(*ticket, reply));
    let chart = |title: &str, changed: &str| ChartInfo {
        id: format!("id-{title}"),
        short: title.to_owned(),
        title: title.to_owned(),
        description: String::new(),
        kind: "log_tracks".to_owned(),
        well_id: None,
        well: None,
        project_id: None,
        project: None,
        template: false,
        archived: false,
        tags: Vec::new(),
        series: 0,
        author: String::new(),
        created: String::new(),
        changed: changed.to_owned(),
    };
    let ticket = asked.iter().find_map(|command| match command {
        Command::Call { ticket, request } if matches!(**request, Request::Charts { .. }) => Some(*ticket),
        _ => None,
    });
    let all = vec![chart("A", "2026-01-01"), chart("B", "2026-01-03"), chart("C", "2026-01-02")];
    state.apply(answer(ticket.expect("charts are asked for"), Reply::Charts { charts: all }));
    state.apply(Action::Browse(Browse::Star { key: Key::Chart("id-A".to_owned()), on: true }));
    let told: Vec<_> = charts(&state).into_iter().map(|(chart, starred)| (chart.title.as_str(), starred)).collect();
    assert_eq!(told, [("A", true), ("B", false), ("C", false)]);
}
