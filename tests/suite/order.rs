//! The order of writes, by tracing the system calls of an import.

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, skip};
use dataforge_tests::trace;

#[test]
fn blobs_are_durable_before_the_entries_that_name_them() {
    if !trace::works() {
        return skip("blobs_are_durable_before_the_entries_that_name_them", "strace");
    }
    let (place, logs) = (Place::new("ada"), tempfile::tempdir().unwrap());
    place.json(&["init", "Field"]);
    for number in 0..3 {
        write_las(logs.path(), number, 2000, 8, 7);
    }
    let calls = "fsync,fdatasync,rename,renameat,renameat2,pwrite64,write";
    let lines = trace::watch(&place, calls, &["import", logs.path().to_str().unwrap()]);
    let last = |what: &dyn Fn(&str) -> bool| lines.iter().rposition(|line| what(line));
    let first = |what: &dyn Fn(&str) -> bool| lines.iter().position(|line| what(line));
    let renames = lines.iter().filter(|line| line.contains("rename") && line.contains("/blobs/data/"));
    let stored: Vec<_> = renames.filter_map(|line| line.split("/blobs/data/").nth(1)?.split('"').next()).collect();
    assert_eq!(stored.len(), 6, "three sources and three tables: {stored:?}");
    let is_sync = |line: &str| line.contains("fsync(") || line.contains("fdatasync(");
    let mut data = 0;
    for name in stored {
        let renamed = last(&|line| line.contains("rename") && line.contains(name)).unwrap();
        let synced =
            first(&|line| is_sync(line) && line.contains(name)).unwrap_or_else(|| panic!("{name} is never synced"));
        assert!(renamed < synced, "{name} is synced under its name");
        data = data.max(synced);
    }
    let directory = last(&|line| is_sync(line) && line.contains("/blobs/data>")).expect("the directory is synced");
    // The blob database is written once more when it closes.
    let commit = lines.iter().skip(directory).position(|line| is_sync(line) && line.contains("blobs.db>"));
    let commit = directory + commit.expect("the blob database is committed");
    let written = first(&|line| line.contains("write") && line.contains("node.db-wal>")).expect("entries are written");
    let flushed = last(&|line| is_sync(line) && line.contains("node.db-wal>")).expect("entries are committed");
    let last_written = last(&|line| line.contains("write") && line.contains("node.db-wal>")).unwrap();
    assert!(data < directory && directory < commit && commit < written && last_written < flushed, "the order is wrong");
}
