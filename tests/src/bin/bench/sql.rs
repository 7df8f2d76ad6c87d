//! SQL beside DuckDB: the committed queries over a field of wells, both warm, and what a depth window
//! costs here and from a peer.
//!
//! Times of the node are from the question to the last batch, in this process. Times of DuckDB are from
//! the statement to its table in memory, in its own, with one thread and with as many as it likes: the
//! engine computes on one. The answers are compared too.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use dataforge_node::api::{ApiError, Reply, Request};
use dataforge_node::{Node, Question};
use dataforge_tests::field::write_field;
use dataforge_tests::program::Place;
use dataforge_tests::python::python;
use dataforge_tests::queries::{Committed, Run, TOLERANCE, runs};
use futures::StreamExt as _;
use serde_json::Value;

use super::{median, story};

/// Wells without a number given.
const WELLS: u32 = 1_000;
/// Rows of a well's run in metres.
const ROWS: usize = 4_000;
/// Times each query is measured after a first time.
const TURNS: usize = 5;
/// Depth windows that are measured, of as many runs as there are.
const WINDOWS: usize = 500;
/// Metres of a window, and those below the top of the field within which it begins.
const WINDOW_M: f64 = 50.0;
const WITHIN_M: f64 = 1_500.0;
/// Runs that are asked for by a node that holds none of them.
const ELSEWHERE: usize = 40;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Makes the field and prints the figures.
pub(super) fn measure(dir: &Path, args: &[&str]) -> Outcome<()> {
    let wells = match args {
        [] => WELLS,
        ["--wells", count] => count.parse()?,
        _ => return Err("usage: bench --sql [--wells COUNT]".into()),
    };
    let python = python(&["duckdb", "pyarrow"]).ok_or("DATAFORGE_PYTHON names no Python with duckdb and pyarrow")?;
    let (logs, place) = (dir.join("logs"), Place::at(&dir.join("node"), "ada"));
    write_field(&logs, wells, ROWS, 5);
    place.json(&["init", "Field"]);
    let summary = place.json(&["import", logs.to_str().ok_or("a path that is no text")?]);
    let runs = runs(&place);
    println!(
        "{wells} wells, {} files, {:.1} MB of text; {ROWS} rows of a run in metres",
        summary["imported"],
        summary["bytes"].as_f64().unwrap_or(f64::NAN) / 1e6
    );
    let committed = Committed::prepare(&place, &dir.join("duckdb"));
    for refused in committed.answer(&place) {
        println!("refused: {}", refused.trim());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ours = runtime.block_on(ask_node(place.path(), &committed))?;
    let alone = committed.ask_duckdb(&python, TURNS, Some(1))?;
    let free = committed.ask_duckdb(&python, TURNS, None)?;
    compare(&committed, &ours, &alone, &free)?;
    runtime.block_on(windows(place.path(), &runs))?;
    runtime.block_on(from_peer(place.path(), &dir.join("peer"), &runs))
}

/// Asks a statement; returns the milliseconds until the first rows and until the last.
async fn ask(node: &Node, sql: String) -> Outcome<(f64, f64)> {
    let begun = Instant::now();
    let mut stream = node.ask(None, Question::from(sql)).await?;
    let mut first = None;
    while let Some(batch) = stream.next().await {
        std::hint::black_box(batch?.num_rows());
        first.get_or_insert_with(|| begun.elapsed());
    }
    let last = begun.elapsed();
    Ok((first.unwrap_or(last).as_secs_f64() * 1e3, last.as_secs_f64() * 1e3))
}

/// A statement that is not the same as before, so that no kept result answers it.
fn anew(sql: &str, turn: usize) -> String {
    format!("{sql}\n-- turn {turn}")
}

/// Returns the milliseconds of each query; none of one that fails, so that the others are measured all the
/// same.
async fn ask_node(place: &Path, committed: &Committed) -> Outcome<Vec<Option<f64>>> {
    let node = Node::open(place).await?;
    let mut medians = Vec::new();
    for pair in &committed.pairs {
        let mut times = Vec::new();
        for turn in 0..=TURNS {
            match ask(&node, anew(&pair.node, turn)).await {
                Ok((_, last)) => times.push(last),
                Err(error) => println!("{} fails: {error}", pair.name),
            }
        }
        // The first is not warm.
        medians.push((times.len() > TURNS).then(|| median(times.split_off(1))));
    }
    node.close().await;
    Ok(medians)
}

/// Returns the milliseconds that DuckDB took for each query, if it answered as the node did where that did.
fn times(told: &Value) -> Outcome<Vec<f64>> {
    let queries = told["queries"].as_array().ok_or("no times of DuckDB")?;
    let time = |query: &Value| -> Outcome<f64> {
        let is_same = query["problem"].is_null() && query["worst"].as_f64().is_none_or(|worst| worst <= TOLERANCE);
        if !is_same {
            return Err(format!("the answers differ: {query}").into());
        }
        let seconds = query["seconds"].as_array().into_iter().flatten().filter_map(Value::as_f64);
        Ok(median(seconds.map(|seconds| seconds * 1e3).collect()))
    };
    queries.iter().map(time).collect()
}

fn compare(committed: &Committed, ours: &[Option<f64>], alone: &Value, free: &Value) -> Outcome<()> {
    let (one, many) = (times(alone)?, times(free)?);
    println!(
        "ms, medians of {TURNS}, warm: the node, DuckDB {} with 1 thread, with {} (and how many times as long the node takes)",
        alone["version"].as_str().unwrap_or_default(),
        free["threads"]
    );
    let (mut of_one, mut of_many) = (Vec::new(), Vec::new());
    for (((pair, ours), one), many) in committed.pairs.iter().zip(ours).zip(&one).zip(&many) {
        let Some(ours) = ours else {
            println!("{:24}    failed{one:10.1}       {many:10.1}", pair.name);
            continue;
        };
        println!("{:24}{ours:10.1}{one:10.1} ({:.2}){many:10.1} ({:.2})", pair.name, ours / one, ours / many);
        of_one.push(ours / one);
        of_many.push(ours / many);
    }
    println!(
        "geometric mean of {} of {}: {:.2} of one thread, {:.2} of {}",
        of_one.len(),
        ours.len(),
        mean(&of_one),
        mean(&of_many),
        free["threads"]
    );
    Ok(())
}

/// The geometric mean.
fn mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

fn window(run: &Run, random: &mut fastrand::Rng) -> String {
    let top = 1_060.0 + random.f64() * WITHIN_M;
    format!(
        "select depth_m, value from samples where run_id = '{}' and curve = 'GR' and depth_m between {top} and {}",
        run.id,
        top + WINDOW_M
    )
}

/// Prints what windows of one curve take, anywhere in the field, once its footers are known.
async fn windows(place: &Path, runs: &[Run]) -> Outcome<()> {
    let node = Node::open(place).await?;
    let mut random = fastrand::Rng::with_seed(11);
    for run in runs {
        ask(&node, window(run, &mut random)).await?;
    }
    let mut times = Vec::new();
    for at in 0..WINDOWS {
        let run = &runs[at * 31 % runs.len()];
        times.push(ask(&node, window(run, &mut random)).await?.1);
    }
    node.close().await;
    report("depth window of one curve, warm", times);
    Ok(())
}

/// Prints quantiles of milliseconds.
fn report(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("{what}: p50 {:.1} ms, p95 {:.1} ms, longest {:.1} ms", at(0.5), at(0.95), at(1.0));
}

/// Joins a node that holds nothing, and prints what its first windows of runs take.
async fn from_peer(holder: &Path, place: &Path, runs: &[Run]) -> Outcome<()> {
    let (holder, node) = (Node::open(holder).await?, Node::open(place).await?);
    for (key, value) in [("network.listen", "127.0.0.1:0"), ("cache.policy", "demand")] {
        story::call(&node, Request::ConfigSet { key: key.into(), value: value.into() }).await?;
    }
    story::call(&holder, Request::Up).await?;
    join(&holder, &node).await?;
    // What is already connected asks faster: it stays so while both are up.
    story::call(&node, Request::Up).await?;
    let mut random = fastrand::Rng::with_seed(13);
    let (mut first, mut again) = (Vec::new(), Vec::new());
    for run in runs.iter().take(ELSEWHERE) {
        let sql = window(run, &mut random);
        first.push(ask(&node, sql.clone()).await?.0);
        again.push(ask(&node, anew(&sql, 2)).await?.0);
    }
    node.close().await;
    holder.close().await;
    report("first rows of a run that a peer on loopback holds", first);
    report("the same again", again);
    std::io::stdout().flush()?;
    Ok(())
}

async fn join(holder: &Node, node: &Node) -> Result<(), ApiError> {
    let invite = Request::Invite { workspace: None, role: "viewer".into(), uses: 1, hours: 1, form: None };
    let Reply::Invite(invite) = story::call(holder, invite).await? else {
        unreachable!("an invite answers with a ticket")
    };
    let (ticket, person, device) = (invite.ticket, Some("Bob".into()), Some("b".into()));
    story::call(node, Request::Join { ticket, person, device, ignore_clock: false }).await?;
    story::call(node, Request::Sync { workspace: None, peers: Vec::new(), timeout_secs: 600 }).await?;
    Ok(())
}
