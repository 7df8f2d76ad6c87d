//! What a verification of a node without peers leaves behind.

use std::path::Path;

use futures::StreamExt as _;
use tokio::sync::mpsc;

use crate::api::{ImportOptions, Reply, Request};
use crate::ingest::sample::demo_files;
use crate::node::Node;

const SQL: &str = "select count(value) as n from samples";

async fn call(node: &Node, request: Request) -> Reply {
    let (out, mut outputs) = mpsc::channel(64);
    let drain = tokio::spawn(async move { while outputs.recv().await.is_some() {} });
    let reply = node.call(request, out).await;
    drain.await.unwrap();
    reply.unwrap()
}

async fn field(dir: &Path) -> Node {
    let node = Node::open(dir).await.unwrap();
    call(&node, Request::Init { name: "Field".into(), person: Some("Ada".into()), device: Some("truck".into()) }).await;
    let logs = dir.join("logs");
    std::fs::create_dir_all(&logs).unwrap();
    for (name, text) in demo_files() {
        std::fs::write(logs.join(name), text).unwrap();
    }
    call(&node, Request::Import { workspace: None, paths: vec![logs], options: ImportOptions::default() }).await;
    node
}

/// Whether the answer to a query is one that was kept; reads all of it.
async fn is_kept(node: &Node) -> bool {
    let mut stream = node.ask(None, SQL.into()).await.unwrap();
    while let Some(batch) = stream.next().await {
        batch.unwrap();
    }
    stream.reading().is_cached()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kept_result_answers_for_blobs_that_are_found_lost() {
    let dir = tempfile::tempdir().unwrap();
    let node = field(dir.path()).await;
    assert!(!is_kept(&node).await && is_kept(&node).await);
    let verify = async || match call(&node, Request::Verify { repair: false }).await {
        Reply::Verify(report) => report,
        other => panic!("{other:?}"),
    };
    assert!(verify().await.problems.is_empty());
    assert!(is_kept(&node).await, "nothing was lost");
    for blob in node.locked(|core| core.store.held()).unwrap() {
        std::fs::remove_file(node.blobs().path(&blob.hash)).unwrap();
    }
    assert!(!verify().await.problems.is_empty());
    // What it reads is lost, so only whether it was kept is looked at.
    let stream = node.ask(None, SQL.into()).await.unwrap();
    assert!(!stream.reading().is_cached());
    drop(stream);
    node.close().await;
}
