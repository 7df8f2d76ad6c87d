//! The node as a whole, in one process.

use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;

use super::Node;
use crate::api::{ApiError, ErrorKind, ImportOptions, OutputFormat, QueryLimits, Reply, Request};
use crate::client::{Client, Output};
use crate::ingest::sample::demo_files;

mod history;

async fn call(node: &Node, request: Request) -> Result<Reply, ApiError> {
    let (out, mut outputs) = mpsc::channel(64);
    let drain = tokio::spawn(async move { while outputs.recv().await.is_some() {} });
    let reply = node.call(request, out).await;
    drain.await.unwrap();
    reply
}

async fn field(dir: &Path) -> Node {
    let node = Node::open(dir).await.unwrap();
    call(&node, Request::Init { name: "Field".into(), person: Some("Ada".into()), device: Some("truck".into()) })
        .await
        .unwrap();
    let logs = dir.join("logs");
    std::fs::create_dir_all(&logs).unwrap();
    for (name, text) in demo_files() {
        std::fs::write(logs.join(name), text).unwrap();
    }
    let Reply::Import(summary) =
        call(&node, Request::Import { workspace: None, paths: vec![logs], options: ImportOptions::default() })
            .await
            .unwrap()
    else {
        panic!("a summary")
    };
    assert_eq!((summary.imported, summary.failed), (2, 0), "{summary:?}");
    node
}

/// Every row of the derived tables, as text.
fn derived(node: &Node) -> Vec<String> {
    node.block(|core| {
        let mut rows = Vec::new();
        for table in ["projects", "wells", "runs", "curves"] {
            let mut statement = core.store.connection().prepare(&format!("SELECT * FROM {table}"))?;
            let width = statement.column_count();
            let found = statement.query_map([], |row| {
                (0..width).map(|at| row.get::<_, rusqlite::types::Value>(at)).collect::<Result<Vec<_>, _>>()
            })?;
            for row in found {
                rows.push(format!("{table} {:?}", row?));
            }
        }
        Ok(rows)
    })
    .unwrap()
}

#[test]
fn output_larger_than_the_queue_reaches_a_client_of_one_task() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let client = runtime.block_on(async {
        field(dir.path()).await.close().await;
        Client::open(dir.path()).await.unwrap()
    });
    let sql = "select repeat('x', 400000) as text from samples limit 50".to_owned();
    let query = runtime.spawn(async move {
        let mut bytes = 0;
        let request =
            Request::Query { workspace: None, sql, format: OutputFormat::Csv, limits: QueryLimits::default() };
        let reply = client.call(request, |output| {
            if let Output::Data(data) = output {
                bytes += data.len();
            }
        });
        let reply = reply.await;
        client.close().await;
        (reply, bytes)
    });
    let done = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), query).await });
    // A thread that hangs would hold back the end of the test.
    runtime.shutdown_background();
    let (reply, bytes) = done.expect("it does not hang").unwrap();
    assert!(matches!(reply, Ok(Reply::Query { rows: 50, .. })), "{reply:?}");
    assert_eq!(bytes, 50 * 400_001 + "text\n".len());
}

#[tokio::test(flavor = "multi_thread")]
async fn rebuilt_index_equals_the_live_one() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let Reply::Wells { wells } = call(&node, Request::Wells { workspace: None }).await.unwrap() else {
        panic!("wells")
    };
    let set = |field: &str, value: &str| Request::Set {
        workspace: None,
        target: wells[0].id.clone(),
        field: field.into(),
        value: value.into(),
    };
    call(&node, set("name", "Renamed")).await.unwrap();
    call(&node, set("company", "")).await.unwrap();
    let live = derived(&node);
    assert!(live.len() > 10 && live.iter().any(|row| row.contains("Renamed")));
    call(&node, Request::Rebuild).await.unwrap();
    assert_eq!(derived(&node), live);
    node.close().await;
    let again = Node::open(dir.path()).await;
    assert_eq!(again.map(|_| ()).unwrap_err().kind, ErrorKind::Busy, "the first one still has the lock");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_run_is_offered_for_restoring_and_not_imported_twice() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let Reply::Runs { runs } = call(&node, Request::Runs { workspace: None, well: None }).await.unwrap() else {
        panic!("runs")
    };
    let id = runs[0].id.clone();
    call(&node, Request::Delete { workspace: None, target: id.clone() }).await.unwrap();
    let Reply::Runs { runs: left } = call(&node, Request::Runs { workspace: None, well: None }).await.unwrap() else {
        panic!("runs")
    };
    assert_eq!(left.len(), runs.len() - 1);
    let paths = vec![dir.path().join("logs")];
    let Reply::Import(summary) =
        call(&node, Request::Import { workspace: None, paths, options: ImportOptions::default() }).await.unwrap()
    else {
        panic!("a summary")
    };
    let mut outcomes: Vec<_> = summary.files.iter().map(|file| file.outcome.as_str()).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, ["already here", "restorable"]);
    call(&node, Request::Restore { workspace: None, target: id }).await.unwrap();
    let Reply::Runs { runs: back } = call(&node, Request::Runs { workspace: None, well: None }).await.unwrap() else {
        panic!("runs")
    };
    assert_eq!(back, runs);
}

#[tokio::test(flavor = "multi_thread")]
async fn curve_is_renamed_and_given_a_property_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    let curves = async || match call(&node, Request::Curves { workspace: None, run: None }).await {
        Ok(Reply::Curves { curves }) => curves,
        other => panic!("{other:?}"),
    };
    let first = curves().await[0].clone();
    let set = |field: &str, value: &str| Request::Set {
        workspace: None,
        target: format!("{}:{}", first.run, first.ordinal),
        field: field.into(),
        value: value.into(),
    };
    call(&node, set("name", "GR_EDITED")).await.unwrap();
    call(&node, set("property", "caliper")).await.unwrap();
    assert_eq!(call(&node, set("property", "nonsense")).await.unwrap_err().kind, ErrorKind::Usage);
    let edited =
        curves().await.into_iter().find(|curve| curve.ordinal == first.ordinal && curve.run == first.run).unwrap();
    assert_eq!(
        (edited.curve.as_str(), edited.property.as_deref(), edited.confidence),
        ("GR_EDITED", Some("caliper"), 100)
    );
    assert_eq!(edited.mnemonic, first.mnemonic, "what was delivered stays");
}
