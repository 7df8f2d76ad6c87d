//! The queue of edits, through a node.

mod flows;
mod live;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use dataforge_protocol::document::{DELETED, Map};
use dataforge_protocol::id::DocId;
use tokio::sync::mpsc;

use crate::api::{
    ApiError, CurveInfo, Edit, EditOutcome, ErrorKind, Event, ImportOptions, Reply, Request, RunInfo, WellInfo,
};
use crate::feed::Feed;
use crate::node::Node;
use crate::store::Written;

/// Wells of the workspace, a run in each.
const WELLS: usize = 12;
/// Curves of a run besides its index.
const CURVES: usize = 20;

async fn call(node: &Node, request: Request) -> Result<Reply, ApiError> {
    let (out, mut outputs) = mpsc::channel(64);
    let drain = tokio::spawn(async move { while outputs.recv().await.is_some() {} });
    let reply = node.call(request, out).await;
    drain.await.unwrap();
    reply
}

fn log(well: usize) -> String {
    let mut text = format!(
        "~Version\nVERS. 2.0 :\nWRAP. NO :\n~Well\nSTRT.M 1 :\nSTOP.M 2 :\nSTEP.M 1 :\nNULL. -999.25 :\n\
         WELL. Flow {well:02} :\nUWI. FLOW{well:02} :\n~Curve\nDEPT.M :\n"
    );
    for curve in 1..=CURVES {
        writeln!(text, "C{curve:02}.GAPI : curve {curve}").unwrap();
    }
    text.push_str("~A\n");
    for depth in 1..=2 {
        let values: Vec<_> = (1..=CURVES).map(|curve| (well * curve + depth).to_string()).collect();
        writeln!(text, "{depth} {}", values.join(" ")).unwrap();
    }
    text
}

/// A node with some wells, which lets edits wait for the longest time.
async fn field(dir: &Path) -> Node {
    std::fs::create_dir_all(dir).unwrap();
    let settings = "[network]\nlisten = \"127.0.0.1:0\"\n[edits]\ndelay_ms = 60000\nbatch = 1000\n";
    std::fs::write(dir.join("dataforge.toml"), settings).unwrap();
    let node = Node::open(dir).await.unwrap();
    let init = Request::Init { name: "Field".into(), person: Some("Ada".into()), device: Some("truck".into()) };
    call(&node, init).await.unwrap();
    let logs = dir.join("logs");
    std::fs::create_dir_all(&logs).unwrap();
    for well in 0..WELLS {
        std::fs::write(logs.join(format!("flow-{well:02}.las")), log(well)).unwrap();
    }
    let import = Request::Import { workspace: None, paths: vec![logs], options: ImportOptions::default() };
    let Reply::Import(summary) = call(&node, import).await.unwrap() else { panic!("a summary") };
    assert_eq!((summary.imported, summary.failed), (WELLS as u64, 0), "{summary:?}");
    node
}

async fn wells(node: &Node) -> Vec<WellInfo> {
    let Reply::Wells { wells } = call(node, Request::Wells { workspace: None }).await.unwrap() else { panic!("wells") };
    wells
}

async fn runs(node: &Node) -> Vec<RunInfo> {
    let Reply::Runs { runs } = call(node, Request::Runs { workspace: None, well: None }).await.unwrap() else {
        panic!("runs")
    };
    runs
}

async fn curves(node: &Node) -> Vec<CurveInfo> {
    let Reply::Curves { curves } = call(node, Request::Curves { workspace: None, run: None }).await.unwrap() else {
        panic!("curves")
    };
    curves
}

async fn edits(node: &Node, edits: Vec<Edit>, wait: bool) -> Vec<EditOutcome> {
    let Reply::Edits { edits } = call(node, Request::Edits { workspace: None, edits, wait }).await.unwrap() else {
        panic!("outcomes")
    };
    edits
}

fn set(target: &str, field: &str, value: &str) -> Edit {
    Edit::Set { target: target.into(), field: field.into(), value: value.into() }
}

fn rename(well: &WellInfo, name: &str) -> Edit {
    set(&well.id, "name", name)
}

/// What was written since the node was opened.
fn written(node: &Node) -> Written {
    node.block(|core| Ok(core.store.written())).unwrap()
}

fn names(wells: &[WellInfo]) -> Vec<&str> {
    wells.iter().map(|well| well.name.as_str()).collect()
}

/// The ids of edits that are pending.
fn pending(outcomes: &[EditOutcome]) -> Vec<u64> {
    let id = |outcome: &EditOutcome| match outcome {
        EditOutcome::Pending { id } => *id,
        other => panic!("{other:?} in place of an edit that is pending"),
    };
    outcomes.iter().map(id).collect()
}

/// The events about edits that are there already.
fn said(feed: &mut Feed) -> Vec<Event> {
    std::iter::from_fn(|| feed.try_next())
        .filter(|event| matches!(event, Event::Saved { .. } | Event::Refused { .. }))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_are_taken_at_once_and_said_to_be_saved_once_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let known = wells(&node).await;
    let mut feed = node.subscribe();
    let before = written(&node);
    let taken = edits(&node, vec![rename(&known[0], "A"), rename(&known[1], "B")], false).await;
    let more = edits(&node, vec![set(&known[0].id, "company", "ACME")], false).await;
    let ids = [pending(&taken), pending(&more)].concat();
    assert_eq!(written(&node), before, "nothing is written yet");
    assert!(said(&mut feed).is_empty(), "so nothing is said to be");
    // Whoever reads reads what was written before.
    let now = wells(&node).await;
    assert_eq!(names(&now)[..2], ["A", "B"]);
    assert_eq!(now[0].company.as_deref(), Some("ACME"));
    assert_eq!(said(&mut feed), [Event::Saved { edits: ids }]);
    let after = written(&node);
    let count = (after.transactions - before.transactions, after.changes - before.changes);
    assert_eq!(count, (1, 2), "one transaction, one change of each well");
    node.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_refused_leaves_the_others_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let known = wells(&node).await;
    let mut feed = node.subscribe();
    let before = written(&node);
    let mixed = || {
        vec![
            rename(&known[0], "A"),
            set(&known[0].id, "colour", "red"),
            set("nowhere", "name", "B"),
            Edit::Prefer { well: known[1].id.clone(), property: "gamma_ray".into(), curve: Some("x".into()) },
            rename(&known[2], "C"),
        ]
    };
    let ids = pending(&edits(&node, mixed(), false).await);
    assert_eq!(names(&wells(&node).await)[..2], ["A", "C"]);
    let said = said(&mut feed);
    let refused: Vec<_> = said
        .iter()
        .filter_map(|event| match event {
            Event::Refused { edit, error } => Some((*edit, error.kind)),
            _ => None,
        })
        .collect();
    let kinds = [ErrorKind::Usage, ErrorKind::NotFound, ErrorKind::NotFound];
    assert_eq!(refused, [(ids[1], kinds[0]), (ids[2], kinds[1]), (ids[3], kinds[2])]);
    assert_eq!(said.last(), Some(&Event::Saved { edits: vec![ids[0], ids[4]] }));
    assert_eq!(written(&node).transactions - before.transactions, 1, "those that are right went together");
    // The same for one who waits.
    let outcomes = edits(&node, mixed(), true).await;
    let states: Vec<_> = outcomes.iter().map(|outcome| matches!(outcome, EditOutcome::Saved { .. })).collect();
    assert_eq!(states, [true, false, false, false, true], "{outcomes:?}");
    // The index has no number.
    let run = &runs(&node).await[0].id;
    for number in [0, 99] {
        let outcomes = edits(&node, vec![set(&format!("{run}:{number}"), "unit", "v/v")], true).await;
        let [EditOutcome::Refused { error }] = outcomes.as_slice() else { panic!("{outcomes:?}") };
        assert_eq!(error.kind, ErrorKind::NotFound);
    }
    node.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_to_be_written_in_vain_is_not_taken_for_written() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let given_up = node.block(|core| {
        let workspace = core.find_workspace(None)?;
        core.write(&workspace, &[], |writer| {
            // Nobody opened it: writing it fails before anything is appended.
            writer.queue(DocId([9; 32]), Vec::new(), |edit| edit.set_bool(Map::Root, DELETED, true));
            let before = writer.mark();
            let error = writer.catch_up().unwrap_err();
            assert!(!writer.take_back(before), "what was queued before is gone, so others have to be told");
            Err::<(), _>(error)
        })
    });
    assert_eq!(given_up.unwrap_err().kind, ErrorKind::NotFound);
    node.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_see_what_those_before_them_did() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let (known, held) = (wells(&node).await, runs(&node).await);
    let before = written(&node);
    let run = &held[3];
    let curve = format!("{}:2", run.id);
    let outcomes = edits(
        &node,
        vec![
            rename(&known[0], "New name"),
            set("New name", "company", "ACME"),
            set(&known[0].name, "company", "nobody has that name now"),
            set(&run.id, "well", "New name"),
            set(&curve, "property", "gamma_ray"),
            Edit::Prefer { well: "New name".into(), property: "gamma_ray".into(), curve: Some(curve.clone()) },
            Edit::Delete { target: known[1].id.clone() },
            set(&known[1].id, "name", "deleted ones are not found"),
            Edit::Restore { target: known[1].id.clone() },
            rename(&known[1], "It is back"),
        ],
        true,
    )
    .await;
    let refused = |outcome: &EditOutcome| matches!(outcome, EditOutcome::Refused { .. });
    let refused: Vec<_> = (0..outcomes.len()).filter(|at| refused(&outcomes[*at])).collect();
    assert_eq!(refused, [2, 7], "{outcomes:?}");
    assert_eq!(written(&node).transactions - before.transactions, 1);
    let now = wells(&node).await;
    let named = |name: &str| now.iter().find(|well| well.name == name);
    assert_eq!(named("New name").and_then(|well| well.company.as_deref()), Some("ACME"));
    assert_eq!(named("New name").map(|well| well.runs), Some(2));
    assert!(named("It is back").is_some());
    let chosen = curves(&node).await.into_iter().find(|info| info.run == run.short && info.ordinal == 2);
    assert!(chosen.is_some_and(|curve| curve.preferred));
    node.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn enough_edits_do_not_wait_and_few_wait_no_longer_than_they_may() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let known = wells(&node).await;
    let mut feed = node.subscribe();
    let saved = async |feed: &mut Feed| loop {
        if let Some(Event::Saved { edits }) = feed.next().await {
            break edits;
        }
    };
    node.change_config("edits.batch", "3").unwrap();
    let ids = pending(&edits(&node, (0..3).map(|at| rename(&known[at], "full")).collect(), false).await);
    assert_eq!(saved(&mut feed).await, ids);
    node.change_config("edits.delay_ms", "20").unwrap();
    let begun = Instant::now();
    let ids = pending(&edits(&node, vec![rename(&known[0], "in a moment")], false).await);
    assert_eq!(saved(&mut feed).await, ids);
    assert!(begun.elapsed() >= Duration::from_millis(20));
    let many = (0..=crate::api::MAX_EDITS).map(|_| rename(&known[0], "x")).collect();
    let refused = call(&node, Request::Edits { workspace: None, edits: many, wait: false }).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Usage);
    node.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_one_change_becomes_several() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let run = runs(&node).await.remove(0);
    let before = written(&node);
    // 4,096 letters of four bytes each: 100 of them are beyond what one change may hold.
    let long = "\u{1f6e2}".repeat(4096);
    let all = (0..100).map(|at| set(&format!("{}:{}", run.id, at % CURVES + 1), "name", &long[..16_384 - 4 * at]));
    let outcomes = edits(&node, all.collect(), true).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, EditOutcome::Saved { .. })), "{outcomes:?}");
    let after = written(&node);
    assert_eq!(after.transactions - before.transactions, 1);
    assert!(after.changes - before.changes > 1);
    node.close().await;
}

/// The names of wells on the disk, as whoever opens the database after a cut finds them.
fn durable(dir: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(dir.join("node.db")).unwrap();
    let mut statement = database.prepare("SELECT name FROM wells ORDER BY name").unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.collect::<Result<_, _>>().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_be_saved_is_on_the_disk_and_closing_writes_what_waits() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let known = wells(&node).await;
    edits(&node, vec![rename(&known[0], "A saved")], true).await;
    let mut feed = node.subscribe();
    pending(&edits(&node, vec![rename(&known[1], "B taken")], false).await);
    assert!(said(&mut feed).is_empty());
    assert_eq!(durable(dir.path())[..2], ["A saved", "Flow 01"]);
    node.close().await;
    assert_eq!(durable(dir.path())[..2], ["A saved", "B taken"]);
    assert_eq!(said(&mut feed).len(), 1);
}
