//! Import beside what it cannot do without: parsing, and encoding the tables.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dataforge_las::ReadOptions;
use dataforge_node::ingest::{parquet, table};

use super::{median, rate, story};

/// Times each is measured, in turn.
const TURNS: usize = 7;

/// Reads, parses and encodes every file of `paths` once, on as many threads as an import uses.
/// Returns the bytes read and the time.
fn parse_and_encode(paths: &[PathBuf]) -> (u64, Duration) {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut bytes = 0;
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            let source = std::fs::read(path).expect("a file just written");
            let file = dataforge_las::read(&source, &ReadOptions::default()).expect("our own file").file;
            let header = parquet::header_json(&file).expect("a header is text");
            for data in &file.data {
                let batch = table::record_batch(data).expect("our own table");
                let metadata =
                    parquet::Metadata { index_kind: "depth", index_unit: "M", header: &header, sorted: None };
                std::hint::black_box(parquet::write(&batch, &metadata).expect("our own table"));
            }
            bytes += source.len() as u64;
        }
        bytes
    };
    let started = Instant::now();
    let bytes = std::thread::scope(|scope| {
        let working: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        working.into_iter().map(|thread| thread.join().expect("a thread that does not panic")).sum()
    });
    (bytes, started.elapsed())
}

/// Prints the speed of an import beside that of parsing and encoding alone.
pub(super) async fn compare(dir: &Path) -> Result<(), Box<dyn Error>> {
    let logs = dir.join("logs");
    story::write_logs(&logs)?;
    let paths = std::fs::read_dir(&logs)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    let (mut alone, mut whole) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let (bytes, time) = parse_and_encode(&paths);
        alone.push(rate(bytes, time));
        let node = story::begin(&dir.join(turn.to_string())).await?;
        let (summary, time) = story::import(&node, &logs, |_| {}).await?;
        whole.push(rate(summary.bytes, time));
        node.close().await;
    }
    let ratios = whole.iter().zip(&alone).map(|(whole, alone)| whole / alone).collect();
    println!(
        "end to end: {:.1} MB/s; parse and encode alone: {:.1} MB/s; ratio {:.2} (medians of {TURNS})",
        median(whole),
        median(alone),
        median(ratios)
    );
    Ok(())
}
