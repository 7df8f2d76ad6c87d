//! Two nodes in one process: one imports, the other joins and syncs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dataforge_node::Node;
use dataforge_node::api::{ApiError, Event, ImportOptions, ImportSummary, Reply, Request};
use dataforge_node::client::Output;
use dataforge_tests::las::write_las;
use dataforge_tests::raw;

use super::rate;

/// Files of the import and sync.
const FILES: u32 = 40;
const ROWS: usize = 5_000;
const CURVES: usize = 20;

/// Writes the files that import and sync are measured with.
pub(super) fn write_logs(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    for number in 0..FILES {
        write_las(dir, number, ROWS, CURVES, 11);
    }
    Ok(())
}

/// Calls a node.
pub(super) async fn call(node: &Node, request: Request) -> Result<Reply, ApiError> {
    call_watching(node, request, |_| {}).await
}

/// Calls a node; `each` sees its events as they come.
async fn call_watching(
    node: &Node,
    request: Request,
    mut each: impl FnMut(Event) + Send + 'static,
) -> Result<Reply, ApiError> {
    let (out, mut outputs) = tokio::sync::mpsc::channel(64);
    let watching = tokio::spawn(async move {
        while let Some(output) = outputs.recv().await {
            if let Output::Event(event) = output {
                each(event);
            }
        }
    });
    let reply = node.call(request, out).await;
    drop(watching.await);
    reply
}

async fn open(dir: &Path) -> Result<Node, ApiError> {
    let node = Node::open(dir).await?;
    call(&node, Request::ConfigSet { key: "network.listen".into(), value: "127.0.0.1:0".into() }).await?;
    Ok(node)
}

/// Opens a node in a new directory and makes a workspace there.
pub(super) async fn begin(dir: &Path) -> Result<Node, ApiError> {
    let node = open(dir).await?;
    call(&node, Request::Init { name: "Field".into(), person: Some("Ada".into()), device: Some("a".into()) }).await?;
    Ok(node)
}

/// Imports a directory; returns what the node says and the time it took. `each` sees events.
pub(super) async fn import(
    node: &Node,
    logs: &Path,
    each: impl FnMut(Event) + Send + 'static,
) -> Result<(ImportSummary, Duration), ApiError> {
    let request = Request::Import { workspace: None, paths: vec![logs.to_owned()], options: ImportOptions::default() };
    let started = Instant::now();
    let Reply::Import(summary) = call_watching(node, request, each).await? else {
        unreachable!("an import answers with a summary")
    };
    Ok((summary, started.elapsed()))
}

/// Imports `logs`, joins a second node and syncs; returns bytes and times of import and sync.
async fn two_nodes(dir: &Path, logs: PathBuf) -> Result<(u64, Duration, u64, Duration), ApiError> {
    let (a, b) = (begin(&dir.join("a")).await?, open(&dir.join("b")).await?);
    let (summary, imported) = import(&a, &logs, |_| {}).await?;
    call(&a, Request::Up).await?;
    let invite = Request::Invite { workspace: None, role: "editor".into(), uses: 1, hours: 1, form: None };
    let Reply::Invite(invite) = call(&a, invite).await? else { unreachable!("an invite answers with a ticket") };
    let (ticket, person, device) = (invite.ticket, Some("Bob".into()), Some("b".into()));
    call(&b, Request::Join { ticket, person, device, ignore_clock: false }).await?;
    let started = Instant::now();
    let Reply::Sync(sync) = call(&b, Request::Sync { workspace: None, peers: Vec::new(), timeout_secs: 600 }).await?
    else {
        unreachable!("a sync answers with a summary")
    };
    let synced = started.elapsed();
    println!(
        "  {} files, {} failed; {} entries and {} blobs received, {} missing",
        summary.imported, summary.failed, sync.entries_received, sync.blobs_received, sync.blobs_missing
    );
    b.close().await;
    a.close().await;
    Ok((summary.bytes, imported, sync.bytes_received, synced))
}

/// Prints import and sync of generated files, and what bare iroh-blobs makes of the same blobs.
pub(super) async fn story(dir: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let logs = dir.join("logs");
    write_logs(&logs)?;
    let (bytes, import, received, sync) = two_nodes(dir, logs).await?;
    println!("import: {:.1} MB in {:.2} s = {:.1} MB/s", bytes as f64 / 1e6, import.as_secs_f64(), rate(bytes, import));
    let bare = raw::blobs(&dir.join("a"), &dir.join("bare")).await?;
    println!(
        "sync: {:.1} MB in {:.2} s = {:.1} MB/s; bare iroh-blobs {:.1} MB in {:.2} s = {:.1} MB/s; ratio {:.2}",
        received as f64 / 1e6,
        sync.as_secs_f64(),
        rate(received, sync),
        bare.0 as f64 / 1e6,
        bare.1.as_secs_f64(),
        rate(bare.0, bare.1),
        rate(received, sync) / rate(bare.0, bare.1)
    );
    Ok(())
}

/// Times the main story; fails when `--within IMPORT SYNC` (seconds) is given and not kept.
pub(super) async fn field(dir: &Path, folder: &Path, limits: &[&str]) -> Result<(), Box<dyn std::error::Error>> {
    let (bytes, import, _, sync) = two_nodes(dir, std::fs::canonicalize(folder)?).await?;
    let (import, sync) = (import.as_secs_f64(), sync.as_secs_f64());
    println!("field: {:.1} MB imported in {import:.2} s, synced in {sync:.2} s", bytes as f64 / 1e6);
    if let [flag, most_import, most_sync] = limits
        && *flag == "--within"
        && (import > most_import.parse()? || sync > most_sync.parse()?)
    {
        return Err(format!("slower than {most_import} s and {most_sync} s").into());
    }
    Ok(())
}
