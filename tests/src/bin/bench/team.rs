//! A node that holds what a team works on: how long its start, its lists and one edit take, and how
//! much memory, beside a transaction of SQLite alone on the same disk.

use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use dataforge_node::Node;
use dataforge_node::api::{Edit, EditOutcome, Reply, Request, WellInfo};
use dataforge_tests::las::write_las;
use rusqlite::{Connection, params};
use rustix::fs::{Advice, fadvise};

use super::store::memory;
use super::{median, story};

/// Wells, each with a run of so many curves.
const WELLS: u32 = 10_000;
const CURVES: usize = 20;
const ROWS: usize = 4;
/// Charts.
const CHARTS: u64 = 2_000;
/// Times a list is asked for.
const LISTS: usize = 20;
/// Edits that are made one by one.
const EDITS: usize = 100;
/// Edits that are made together.
const TOGETHER: usize = 1_000;
/// Starts with files in memory.
const STARTS: usize = 3;
/// Bytes of a row beside which an edit is measured: about what an entry has.
const ROW: usize = 600;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Makes the node and prints what it costs.
pub(super) fn measure(dir: &Path) -> Outcome<()> {
    let (logs, place) = (dir.join("logs"), dir.join("node"));
    std::fs::create_dir_all(&logs)?;
    for number in 0..WELLS {
        write_las(&logs, number, ROWS, CURVES, 29);
    }
    let begun = Instant::now();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(make(&place, &logs))?;
    dataforge_node::bench::add_charts(&place, CHARTS)?;
    println!(
        "{WELLS} wells, {} curves and {CHARTS} charts made in {:.0} s",
        WELLS as usize * CURVES,
        begun.elapsed().as_secs_f64()
    );
    forget(&place)?;
    print!("cold: ");
    start(&place, false)?;
    for _ in 0..STARTS {
        print!("warm: ");
        start(&place, false)?;
    }
    start(&place, true)
}

/// Makes a workspace and imports into it.
async fn make(place: &Path, logs: &Path) -> Outcome<()> {
    let node = story::begin(place).await?;
    let (summary, _) = story::import(&node, logs, |_| {}).await?;
    node.close().await;
    if summary.imported == u64::from(WELLS) { Ok(()) } else { Err(format!("{summary:?}").into()) }
}

/// Has a process of its own start the node, and look at it closely or only start it.
fn start(place: &Path, closely: bool) -> Outcome<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--team-look").arg(place).args(closely.then_some("--closely"));
    // What this process printed comes first.
    std::io::Write::flush(&mut std::io::stdout())?;
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}

/// Has the system forget the files of a directory, as after a start of the machine.
fn forget(dir: &Path) -> Outcome<()> {
    for entry in std::fs::read_dir(dir)? {
        let (path, kind) = {
            let entry = entry?;
            (entry.path(), entry.file_type()?)
        };
        if kind.is_dir() {
            forget(&path)?;
        } else if kind.is_file() {
            let file = File::open(&path)?;
            // Only what is on the disk can be forgotten.
            file.sync_all()?;
            fadvise(&file, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}

/// Starts the node and prints what that took; looks closely at it if asked to.
pub(super) async fn look(place: &Path, closely: bool) -> Outcome<()> {
    let begun = Instant::now();
    let node = Node::open(place).await?;
    story::call(&node, Request::Up).await?;
    let started = begun.elapsed().as_secs_f64();
    if closely {
        lists(&node).await?;
        edits(&node, place).await?;
        println!("memory at most {:.0} MB", memory(std::process::id(), "VmHWM")?);
    } else {
        println!("start {started:.2} s, memory {:.0} MB", memory(std::process::id(), "VmHWM")?);
    }
    node.close().await;
    Ok(())
}

async fn wells(node: &Node) -> Outcome<Vec<WellInfo>> {
    match story::call(node, Request::Wells { workspace: None }).await? {
        Reply::Wells { wells } => Ok(wells),
        other => Err(format!("{other:?}").into()),
    }
}

async fn lists(node: &Node) -> Outcome<()> {
    let known = wells(node).await?;
    let well = known.first().ok_or("no wells")?.id.clone();
    let requests = [
        ("all wells", Request::Wells { workspace: None }),
        ("the runs of a well", Request::Runs { workspace: None, well: Some(well.clone()) }),
        ("a well in full", Request::Show { workspace: None, target: well }),
    ];
    for (what, request) in requests {
        let mut times = Vec::new();
        for _ in 0..LISTS {
            let begun = Instant::now();
            story::call(node, request.clone()).await?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        println!("list of {what}: {:.1} ms", median(times));
    }
    Ok(())
}

async fn edits(node: &Node, place: &Path) -> Outcome<()> {
    let known = wells(node).await?;
    let edit = |at: usize, value: &str| Edit::Set {
        target: known[at % known.len()].id.clone(),
        field: "company".into(),
        value: value.into(),
    };
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let database = raw(&place.with_file_name("raw.db"))?;
    for at in 0..EDITS {
        // In turn, so that the disk is the same for both.
        let begun = Instant::now();
        all_saved(node, vec![edit(at * 97, "one")]).await?;
        ours.push(begun.elapsed().as_secs_f64() * 1e3);
        let begun = Instant::now();
        database.execute("INSERT INTO rows (content) VALUES (?1)", params![vec![7_u8; ROW]])?;
        bare.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let begun = Instant::now();
    all_saved(node, (0..TOGETHER).map(|at| edit(at, "together")).collect()).await?;
    let together = begun.elapsed().as_secs_f64() * 1e3;
    let (ours, bare) = (median(ours), median(bare));
    println!(
        "one edit durable: {ours:.2} ms; a transaction of SQLite alone {bare:.2} ms; ratio {:.2}; {TOGETHER} edits of \
         as many wells together {together:.0} ms",
        ours / bare
    );
    Ok(())
}

async fn all_saved(node: &Node, edits: Vec<Edit>) -> Outcome<()> {
    let Reply::Edits { edits } = story::call(node, Request::Edits { workspace: None, edits, wait: true }).await? else {
        return Err("another reply came than that to edits".into());
    };
    match edits.iter().find(|outcome| !matches!(outcome, EditOutcome::Saved { .. })) {
        None => Ok(()),
        Some(other) => Err(format!("{other:?}").into()),
    }
}

/// A database that is as durable as that of a node.
fn raw(path: &Path) -> Outcome<Connection> {
    let database = Connection::open(path)?;
    database.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000;
         CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, content BLOB NOT NULL);",
    )?;
    Ok(database)
}
