//! Figures of the whole way, beside the raw stack in the same run.
//!
//! `cargo run --bin bench` prints import beside parsing and encoding alone, entries applied, and
//! sync beside bare iroh-blobs. `--field DIR [--within IMPORT SYNC]` times the folder of the main
//! story, `--wells COUNT` an import of many small files beside plain files and SQLite, `--catch-up
//! COUNT` a new node's work on the entries of so many wells, `--history COUNT` the history of a well
//! with so many changes, `--blobs [--small]` a transfer of files
//! beside bare iroh-blobs, Syncthing and rsync, `--store COUNT` the start of a node that holds so many
//! blobs, `--team` the start, lists, edits and memory of a node with a team's wells, curves and charts,
//! `--desktop` frames of the desktop over long logs, many wells and many rows, `--sql [--wells COUNT]` the
//! committed queries beside DuckDB, `--network [--small] [LINE]` a file over good and bad lines, or those
//! whose names begin so, beside TCP, rsync and bare QUIC (these on Linux; they take the `dataforge` that
//! was built last).
//! `docs/benchmarks.md` has the floors and what was measured.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod alone;
#[cfg(target_os = "linux")]
mod blobs;
#[cfg(target_os = "linux")]
mod desktop;
mod entries;
mod history;
#[cfg(target_os = "linux")]
mod network;
mod sql;
#[cfg(target_os = "linux")]
mod store;
mod story;
#[cfg(target_os = "linux")]
mod team;
mod wells;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// Bytes as MB (10^6) per second.
fn rate(bytes: u64, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

/// The value in the middle; the upper one of two.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

async fn run(dir: &Path, args: &[&str]) -> Result<(), Box<dyn Error>> {
    match args {
        [] => {
            alone::compare(&dir.join("alone")).await?;
            story::story(&dir.join("story")).await?;
            entries::entries(&dir.join("entries"))?;
            Ok(())
        }
        ["--field", folder, limits @ ..] => story::field(dir, Path::new(folder), limits).await,
        ["--wells", count] => wells::wells(dir, count.parse()?).await,
        ["--history", count] => history::history(dir, count.parse()?).await,
        ["--catch-up", count] => wells::catch_up(dir, count.parse()?).await,
        // A process of its own, started by `--team`.
        #[cfg(target_os = "linux")]
        ["--team-look", folder, flags @ ..] => team::look(Path::new(folder), !flags.is_empty()).await,
        // The other side of `--network`, started by it.
        #[cfg(target_os = "linux")]
        ["--quic-give", controller, bytes, listen] => network::quic_give(controller, bytes.parse()?, listen).await,
        #[cfg(target_os = "linux")]
        ["--quic-take", address, bytes] => network::quic_take(address, bytes.parse()?).await,
        _ => Err(
            "usage: bench [--field DIR [--within IMPORT SYNC] | --wells COUNT | --catch-up COUNT | --history COUNT | \
                  --blobs [--small] | --store COUNT | --team | --desktop | --sql [--wells COUNT] | \
                  --network [--small] [LINE]]"
                .into(),
        ),
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // A node checks tables of others in a process of its own: this very program, started again.
    if let Some(code) = dataforge_node::worker::run_if_asked() {
        return Ok(code);
    }
    let dir = tempfile::tempdir()?;
    let args: Vec<_> = std::env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        #[cfg(target_os = "linux")]
        ["--blobs", flags @ ..] if matches!(flags, [] | ["--small"]) => blobs::compare(dir.path(), !flags.is_empty())?,
        #[cfg(target_os = "linux")]
        ["--store", count] => store::measure(dir.path(), count.parse()?)?,
        #[cfg(target_os = "linux")]
        ["--team"] => team::measure(dir.path())?,
        #[cfg(target_os = "linux")]
        ["--desktop"] => desktop::measure(dir.path(), 1_000_000)?,
        // Processes of their own, started by `--desktop`.
        #[cfg(target_os = "linux")]
        ["--desktop-look", place, workspace, well, run, rows] => {
            desktop::look(Path::new(place), [workspace, well, run], rows.parse()?)?;
        }
        #[cfg(target_os = "linux")]
        ["--desktop-tree", place] => desktop::look_at_many(Path::new(place))?,
        #[cfg(target_os = "linux")]
        ["--sql", args @ ..] => sql::measure(dir.path(), args)?,
        #[cfg(target_os = "linux")]
        ["--network", "--small", lines @ ..] => network::compare(dir.path(), true, lines)?,
        #[cfg(target_os = "linux")]
        ["--network", lines @ ..] => network::compare(dir.path(), false, lines)?,
        #[cfg(target_os = "linux")]
        ["--tcp-give", file, listen] => network::tcp_give(file, listen)?,
        #[cfg(target_os = "linux")]
        ["--tcp-take", address, bytes] => network::tcp_take(address, bytes.parse()?)?,
        args => tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(dir.path(), args))?,
    }
    Ok(ExitCode::SUCCESS)
}
