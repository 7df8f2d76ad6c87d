//! Many small wells in one import: whether the last take longer than the first, and how long plain
//! files and SQLite take for the same bytes and rows.

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dataforge_node::api::Event;
use dataforge_protocol::entry::SignedEntry;
use dataforge_tests::las::write_las;
use dataforge_tests::raw;
use dataforge_tests::raw::plain::Kept;

use super::story;

/// Rows and curves of a well: some 7 kB of text.
const ROWS: usize = 100;
const CURVES: usize = 7;
/// Rows and curves of a well to catch up with.
const CATCH_UP_ROWS: usize = 10;
const CATCH_UP_CURVES: usize = 20;
/// Wells whose time is compared, at the beginning and at the end.
const PART: u64 = 1_000;
/// Files that an import commits at a time.
const BATCH: usize = 48;

/// Files done, and when.
type Marks = Arc<Mutex<Vec<(u64, Duration)>>>;

/// Imports so many generated wells and prints the figures.
pub(super) async fn wells(dir: &Path, count: u32) -> Result<(), Box<dyn Error>> {
    let logs = dir.join("logs");
    std::fs::create_dir_all(&logs)?;
    for number in 0..count {
        write_las(&logs, number, ROWS, CURVES, 23);
    }
    // What is still to be written of these files would be written on the import's time.
    std::process::Command::new("sync").status()?;
    let node = story::begin(&dir.join("node")).await?;
    let (marks, begun) = (Marks::default(), Instant::now());
    let watching = Arc::clone(&marks);
    let mark = move |event| {
        if let Event::Progress { done, .. } = event {
            watching.lock().expect("no panic while it is held").push((done, begun.elapsed()));
        }
    };
    let (summary, whole) = story::import(&node, &logs, mark).await?;
    node.close().await;
    let marks = marks.lock().expect("no panic while it is held").clone();
    println!(
        "wells: {} of {count} files, {:.1} MB, imported in {:.2} s, of which {:.2} s after the last was stored",
        summary.imported,
        summary.bytes as f64 / 1e6,
        whole.as_secs_f64(),
        marks.last().map_or(f64::NAN, |(_, last)| (whole.saturating_sub(*last)).as_secs_f64())
    );
    let thousands = (0..u64::from(count) / PART).map(|at| per_thousand(&marks, at * PART, (at + 1) * PART));
    let thousands: Vec<f64> = thousands.collect();
    let text: Vec<_> = thousands.iter().map(|seconds| format!("{seconds:.2}")).collect();
    println!("seconds per 1,000: {}", text.join(" "));
    if let [first, .., last] = thousands.as_slice() {
        println!("last 1,000 / first 1,000: {:.2}", last / first);
    }
    let kept = Kept::read(&dir.join("node"), (count as usize).div_ceil(BATCH))?;
    let (files, bytes, rows) = kept.sizes();
    std::process::Command::new("sync").status()?;
    let plain = kept.write(&dir.join("plain"))?;
    println!(
        "the same {files} blobs ({:.1} MB) and {rows} rows as plain files and SQLite: {:.2} s; ratio {:.2}",
        bytes as f64 / 1e6,
        plain.as_secs_f64(),
        whole.as_secs_f64() / plain.as_secs_f64()
    );
    Ok(())
}

/// Imports wells of twenty curves, and times how long a colleague's new node takes for their
/// entries: signatures, rules, gate, documents, index and store.
pub(super) async fn catch_up(dir: &Path, count: u32) -> Result<(), Box<dyn Error>> {
    let logs = dir.join("logs");
    std::fs::create_dir_all(&logs)?;
    for number in 0..count {
        write_las(&logs, number, CATCH_UP_ROWS, CATCH_UP_CURVES, 23);
    }
    let node = story::begin(&dir.join("node")).await?;
    story::import(&node, &logs, |_| {}).await?;
    node.close().await;
    let entries = raw::entries(&dir.join("node"));
    let (number, bytes) = (entries.len(), entries.iter().map(SignedEntry::size).sum::<usize>());
    let time = dataforge_node::bench::apply_entries(&dir.join("colleague"), entries)?;
    println!(
        "catch-up of {count} wells, {CATCH_UP_CURVES} curves each: {number} entries, {:.1} MB in {:.1} s",
        bytes as f64 / 1e6,
        time.as_secs_f64()
    );
    Ok(())
}

/// Returns the seconds that a thousand files took at the pace between two counts, from the first
/// commit at or after each; starting up is before the first.
fn per_thousand(marks: &[(u64, Duration)], from: u64, to: u64) -> f64 {
    let at = |count: u64| marks.iter().find(|(done, _)| *done >= count.max(1)).or(marks.last());
    let (Some((first, begun)), Some((last, ended))) = (at(from), at(to)) else { return f64::NAN };
    (ended.saturating_sub(*begun)).as_secs_f64() * PART as f64 / (last - first) as f64
}
