//! The committed queries: the same answers as DuckDB's from the same Parquet files; and how little of a
//! file is read for a window of depth.

use std::collections::BTreeSet;

use dataforge_tests::field::write_field;
use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, skip};
use dataforge_tests::python::python;
use dataforge_tests::queries::{Committed, TOLERANCE};
use dataforge_tests::trace;

/// Queries that are committed at least.
const QUERIES: usize = 15;
/// Bytes of the long run's table at least.
const LONG: u64 = 50_000_000;
/// Of so many bytes one may be read.
const SHARE: u64 = 200;

#[test]
fn every_committed_query_answers_as_duckdb_does_on_the_same_files() {
    let Some(python) = python(&["duckdb", "pyarrow"]) else {
        return skip("every_committed_query_answers_as_duckdb_does", "a Python with duckdb and pyarrow");
    };
    let (place, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    let logs = dir.path().join("logs");
    let runs = write_field(&logs, 24, 600, 5);
    place.json(&["init", "Field"]);
    let summary = place.json(&["import", logs.to_str().unwrap()]);
    assert_eq!((&summary["imported"], &summary["failed"]), (&(runs + 1).into(), &0.into()), "{summary}");
    let committed = Committed::prepare(&place, &dir.path().join("duckdb"));
    let refused = committed.answer(&place);
    assert!(refused.is_empty(), "{refused:?}");
    let told = committed.ask_duckdb(&python, 0, None).unwrap_or_else(|error| panic!("{error}"));
    let queries = told["queries"].as_array().unwrap();
    assert!(queries.len() >= QUERIES && queries.len() == committed.pairs.len(), "{told}");
    for query in queries {
        let name = &query["name"];
        assert!(query["problem"].is_null(), "{name}: {query}");
        // A comparison of nothing shows nothing.
        assert!(query["rows"].as_u64().unwrap() > 0, "{name} answers no row");
        assert!(query["worst"].as_f64().unwrap() <= TOLERANCE, "{name}: {query}");
        println!("{name}: {} rows, largest relative difference {}", query["rows"], query["worst"]);
    }
}

#[test]
fn a_window_of_depth_reads_half_a_percent_of_a_long_run_at_most() {
    if !trace::works() {
        return skip("a_window_of_depth_reads_half_a_percent", "strace");
    }
    let (place, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    place.json(&["init", "Field"]);
    place.json(&["import", write_las(dir.path(), 1, 1_100_000, 13, 4).to_str().unwrap()]);
    let run = place.json(&["runs"])["runs"][0].clone();
    let (id, blob) = (run["id"].as_str().unwrap(), run["blob"].as_str().unwrap());
    let path = place.path().join(format!("blobs/data/{blob}.data"));
    let size = std::fs::metadata(&path).unwrap().len();
    assert!(size >= LONG, "{size} bytes");
    let window = "between 200000 and 200100";
    for sql in [
        format!("select depth_m, value from samples where curve = 'C7' and depth_m {window}"),
        format!("select dept, c7 from run('{id}') where dept {window}"),
    ] {
        let args = ["query", "--format", "csv", &sql];
        assert_eq!(String::from_utf8(place.ok(args)).unwrap().lines().count(), 202, "two rows a metre: {sql}");
        let calls = trace::watch(&place, "read,pread64,readv,preadv,preadv2,mmap,sendfile,copy_file_range", &args);
        let read = bytes_read(&calls, path.file_name().unwrap().to_str().unwrap());
        println!("{read} of {size} bytes, {:.3} %: {sql}", 100.0 * read as f64 / size as f64);
        assert!(read > 0 && read * SHARE <= size, "{read} of {size} bytes: {sql}");
    }
}

/// Adds up what system calls read of a file.
fn bytes_read(calls: &[String], file: &str) -> u64 {
    let (mut read, mut waiting) = (0, BTreeSet::new());
    for call in calls {
        let thread = call.split(' ').next().unwrap();
        // A call during which another thread made one is written in two lines; only the first names the file.
        let is_rest = call.contains(" resumed>") && waiting.remove(thread);
        if !is_rest && !call.contains(file) {
            continue;
        }
        assert!(!call.contains("mmap("), "what is read of a mapping is not counted: {call}");
        if call.ends_with("<unfinished ...>") {
            waiting.insert(thread);
            continue;
        }
        let (_, result) = call.rsplit_once(" = ").unwrap_or_else(|| panic!("no result: {call}"));
        read += result.trim().parse::<u64>().unwrap_or_else(|_failed| panic!("a read that failed: {call}"));
    }
    assert!(waiting.is_empty(), "reads without an end: {waiting:?}");
    read
}
