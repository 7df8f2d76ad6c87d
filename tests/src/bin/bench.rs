//! Figures of the whole way, beside the raw stack in the same run.
//!
//! `cargo run -p dataforge-tests --bin bench` prints import, entries applied, and sync beside bare
//! iroh-blobs. `--field DIR [--within IMPORT SYNC]` times the folder of the main story.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dataforge_node::Node;
use dataforge_node::api::{ApiError, ImportOptions, Reply, Request};
use dataforge_protocol::document::{Document, Map};
use dataforge_protocol::entry::{EntryKind, SignedEntry};
use dataforge_protocol::facts::{DocKind, Facts, WellFacts};
use dataforge_protocol::gate;
use dataforge_protocol::ledger::{Draft, Ledger};
use dataforge_tests::las::write_las;
use dataforge_tests::raw;

/// Files of the import and sync.
const FILES: u32 = 40;
const ROWS: usize = 5_000;
const CURVES: usize = 20;
/// Documents and edits of each, for entries applied.
const WELLS: usize = 500;
const EDITS: usize = 20;

async fn call(node: &Node, request: Request) -> Result<Reply, ApiError> {
    let (out, mut outputs) = tokio::sync::mpsc::channel(64);
    let drain = tokio::spawn(async move { while outputs.recv().await.is_some() {} });
    let reply = node.call(request, out).await;
    drop(drain.await);
    reply
}

fn rate(bytes: u64, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

async fn open(dir: &Path) -> Result<Node, ApiError> {
    let node = Node::open(dir).await?;
    call(&node, Request::ConfigSet { key: "network.listen".into(), value: "127.0.0.1:0".into() }).await?;
    Ok(node)
}

/// Imports `logs`, joins a second node and syncs; returns bytes and times of import and sync.
async fn story(dir: &Path, logs: PathBuf) -> Result<(u64, Duration, u64, Duration), ApiError> {
    let (a, b) = (open(&dir.join("a")).await?, open(&dir.join("b")).await?);
    call(&a, Request::Init { name: "Field".into(), person: Some("Ada".into()), device: Some("a".into()) }).await?;
    let started = Instant::now();
    let Reply::Import(summary) =
        call(&a, Request::Import { workspace: None, paths: vec![logs], options: ImportOptions::default() }).await?
    else {
        unreachable!("an import answers with a summary")
    };
    let import = started.elapsed();
    call(&a, Request::Up).await?;
    let invite = Request::Invite { workspace: None, role: "editor".into(), uses: 1, hours: 1 };
    let Reply::Invite(invite) = call(&a, invite).await? else { unreachable!("an invite answers with a ticket") };
    call(&b, Request::Join { ticket: invite.ticket, person: Some("Bob".into()), device: Some("b".into()) }).await?;
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
    Ok((summary.bytes, import, sync.bytes_received, synced))
}

/// A chain of small entries as an editor would write them: wells opened and edited again and again.
fn chain() -> Vec<SignedEntry> {
    let (secret, genesis) = raw::genesis("Bench");
    let device = dataforge_protocol::key::device_id(&secret);
    let entry = genesis.clone().verify().expect("our own genesis");
    let mut ledger = Ledger::start(&entry).expect("a valid genesis");
    let mut chain = vec![genesis];
    let mut bodies = std::collections::BTreeMap::new();
    let mut append = |ledger: &mut Ledger, draft: Draft| {
        let header = ledger.next_header(device, &draft, 0).expect("a header");
        let signed = SignedEntry::sign(&header, draft.body, &secret);
        let entry = signed.clone().read().expect("our own entry");
        bodies.insert(entry.id, signed.body.clone());
        let done = ledger.accept(entry, &raw::Held(&bodies));
        assert_eq!(done.settled.len(), 1, "{:?}", done.other);
        chain.push(signed);
    };
    for well in 0..WELLS {
        let facts = Facts::Well(WellFacts::Uwi(format!("B{well:08}")));
        let doc = facts.doc_id();
        append(
            &mut ledger,
            Draft {
                kind: EntryKind::Open,
                doc: Some(doc),
                deps: Vec::new(),
                blobs: Vec::new(),
                body: facts.to_bytes(),
            },
        );
        let mut document = Document::build(DocKind::Well, []).expect("an empty well");
        let mut actor = None;
        for edit in 0..EDITS {
            let actor = *actor
                .get_or_insert_with(|| gate::actor_for(ledger.workspace(), device, doc, ledger.next_seq(&device)));
            let text = format!("value {edit}");
            let change = document
                .edit(actor, |tx| tx.set_text(Map::Root, "field", Some(&text)))
                .expect("an edit")
                .expect("a change");
            let deps = ledger.doc_heads(&doc);
            append(
                &mut ledger,
                Draft { kind: EntryKind::Change, doc: Some(doc), deps, blobs: Vec::new(), body: change },
            );
        }
    }
    chain
}

fn entries(dir: &Path) -> Result<(), ApiError> {
    let chain = chain();
    let count = chain.len() - 1;
    let time = dataforge_node::bench::apply_entries(&dir.join("entries"), chain)?;
    println!("entries applied: {count} in {:.2} s = {:.0}/s", time.as_secs_f64(), count as f64 / time.as_secs_f64());
    Ok(())
}

/// Times the main story; fails when `--within IMPORT SYNC` (seconds) is given and not kept.
async fn field(dir: &Path, folder: &Path, limits: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let (bytes, import, _, sync) = story(dir, std::fs::canonicalize(folder)?).await?;
    let (import, sync) = (import.as_secs_f64(), sync.as_secs_f64());
    println!("field: {:.1} MB imported in {import:.2} s, synced in {sync:.2} s", bytes as f64 / 1e6);
    if let [flag, most_import, most_sync] = limits
        && flag == "--within"
        && (import > most_import.parse()? || sync > most_sync.parse()?)
    {
        return Err(format!("slower than {most_import} s and {most_sync} s").into());
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let args: Vec<_> = std::env::args().skip(1).collect();
    if let [flag, folder, limits @ ..] = args.as_slice()
        && flag == "--field"
    {
        return field(dir.path(), Path::new(folder), limits).await;
    }
    let logs = dir.path().join("logs");
    std::fs::create_dir_all(&logs)?;
    for number in 0..FILES {
        write_las(&logs, number, ROWS, CURVES, 11);
    }
    let (bytes, import, received, sync) = story(dir.path(), logs).await?;
    println!("import: {:.1} MB in {:.2} s = {:.1} MB/s", bytes as f64 / 1e6, import.as_secs_f64(), rate(bytes, import));
    let bare = raw::blobs(&dir.path().join("a"), &dir.path().join("bare")).await?;
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
    entries(dir.path())?;
    Ok(())
}
