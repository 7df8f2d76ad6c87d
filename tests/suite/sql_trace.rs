//! SQL opens no file outside of the data directory: the system calls of a node that is up while
//! statements of attackers and of users come.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, Up, skip, wait_until};
use dataforge_tests::trace;

/// Statements that would touch files, as the engine's own tests have them.
const FILES: &str = include_str!("../../node/query/tests/sql/hostile/t19.txt");

/// Statements of users: scans, a sort that may spill, joins, `EXPLAIN`, and lists of what there is.
const USUAL: [&str; 9] = [
    "select count(*) from samples",
    "select well, curve, avg(value) from samples group by well, curve order by well, curve",
    "select * from samples order by value, curve",
    "select a.well from samples a join runs r on a.run = r.run where a.value > 100 limit 10",
    "select table_name, column_name from information_schema.columns",
    "select * from information_schema.df_settings",
    "show tables",
    "explain select avg(value) from samples",
    "explain analyze select avg(value) from samples",
];

/// Where a node may look at any time: the system's own views, its time zone, its libraries, and how
/// names of hosts are found.
const SYSTEM: [&str; 18] = [
    "/proc",
    "/sys",
    "/dev/null",
    "/dev/urandom",
    "/dev/random",
    "/dev/shm",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/etc/resolv.conf",
    "/run/systemd/resolve",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
];

/// The path of a traced call, made absolute by the directory that it is relative to.
fn opened(line: &str) -> Option<PathBuf> {
    if !line.contains("open") && !line.contains("creat(") {
        return None;
    }
    let (before, rest) = line.split_once('"')?;
    let (path, _) = rest.split_once('"')?;
    let base = before.rsplit_once('<').and_then(|(_, base)| base.split_once('>')).map_or("/", |(base, _)| base);
    let mut whole = PathBuf::new();
    // `..` would hide where it leads.
    for part in Path::new(base).join(path).components() {
        match part {
            Component::ParentDir => drop(whole.pop()),
            part => whole.push(part),
        }
    }
    Some(whole)
}

/// Parts of paths below `/proc` that lead to other files, or to what a process keeps to itself.
const PRIVATE: [&str; 6] = ["root", "cwd", "environ", "mem", "map_files", "auxv"];

/// Whether a path below `/proc` is a view of the system, and no way around it.
fn is_view(path: &Path) -> bool {
    let parts: Vec<_> = path.components().map(Component::as_os_str).collect();
    // What a descriptor stands for is no view either; which ones there are is.
    let behind_descriptor = parts.iter().position(|part| *part == "fd").is_some_and(|at| at + 1 < parts.len());
    !behind_descriptor && !parts.iter().any(|part| PRIVATE.iter().any(|private| part == private))
}

fn is_allowed(path: &Path, place: &Path) -> bool {
    path.starts_with(place)
        || path == dataforge_tests::program::program()
        || SYSTEM.iter().any(|allowed| path.starts_with(allowed)) && (!path.starts_with("/proc") || is_view(path))
}

fn lines(log: &Path) -> Vec<String> {
    std::fs::read_to_string(log).unwrap().lines().map(str::to_owned).collect()
}

/// Waits until nothing more is traced; returns how many lines there are.
fn at_rest(log: &Path) -> usize {
    let mut count = 0;
    wait_until("the node is at rest", || {
        std::thread::sleep(Duration::from_millis(500));
        let now = lines(log).len();
        std::mem::replace(&mut count, now) == now
    });
    count
}

/// Ends the node, also when the test fails: without the tracer alone it would go on.
struct Down<'a>(&'a Place);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        drop(self.0.run(["down"]));
    }
}

#[test]
fn statements_open_no_file_outside_of_the_data_directory() {
    if !trace::works() {
        return skip("statements_open_no_file_outside_of_the_data_directory", "strace");
    }
    let (place, logs) = (Place::new("ada"), tempfile::tempdir().unwrap());
    place.json(&["init", "Field"]);
    for number in 0..3 {
        write_las(logs.path(), number, 2000, 8, 7);
    }
    place.json(&["import", logs.path().to_str().unwrap()]);
    let log = logs.path().join("trace");
    let up = Up::start(trace::follow(&place, "open,openat,openat2,creat", &log, &["--json", "up"]));
    let down = Down(&place);
    // What it opens to come up is over once nothing more is opened for a while.
    let before = at_rest(&log);
    for sql in USUAL {
        place.ok(["query", sql, "--format", "csv"]);
    }
    let (mut refused, mut answered) = (0, 0);
    for line in FILES.lines().filter(|line| !line.starts_with('#')) {
        let Some((outcome, sql)) = line.split_once('\t') else { continue };
        let done = place.run(["query", "--format", "csv", "--", &sql.replace("\\n", "\n")]);
        assert_eq!(done.status.success(), outcome == "harmless", "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        if done.status.success() { answered += 1 } else { refused += 1 }
    }
    assert!(refused >= 140 && answered >= 3, "{refused} and {answered}");
    drop(down);
    at_rest(&log);
    drop(up);
    let opened: Vec<PathBuf> = lines(&log).iter().skip(before).filter_map(|line| opened(line)).collect();
    let own = place.path().canonicalize().unwrap();
    let inside = opened.iter().filter(|path| path.starts_with(&own)).count();
    assert!(inside > 0, "reading samples opens blobs: the trace is blind, {} calls", opened.len());
    let outside: Vec<_> = opened.iter().filter(|path| !is_allowed(path, &own)).collect();
    assert!(outside.is_empty(), "{outside:?}");
    assert!(!Path::new("/tmp/stolen.csv").exists());
}

#[test]
fn paths_of_traced_calls_are_read() {
    let path = |line: &str| opened(line).map(|path| path.display().to_string());
    let absolute = r#"12 openat(AT_FDCWD</home/ada>, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3</etc/passwd>"#;
    assert_eq!(path(absolute).as_deref(), Some("/etc/passwd"));
    let relative = r#"12 openat(AT_FDCWD</home/ada>, "../bob/x", O_RDONLY <unfinished ...>"#;
    assert_eq!(path(relative).as_deref(), Some("/home/bob/x"));
    assert_eq!(path("12 +++ exited with 0 +++"), None);
    assert!(!is_allowed(Path::new("/etc/passwd"), Path::new("/tmp/df")));
    assert!(!is_allowed(Path::new("/tmp/stolen.csv"), Path::new("/tmp/df")));
    for way in
        ["self/root/etc/passwd", "self/cwd/x", "self/environ", "1/mem", "self/fd/3", "self/task/7/root/etc/shadow"]
    {
        assert!(!is_allowed(&Path::new("/proc").join(way), Path::new("/tmp/df")), "{way}");
    }
    assert!(is_allowed(Path::new("/proc/self/cgroup"), Path::new("/tmp/df")));
    assert!(is_allowed(Path::new("/tmp/df/blobs/data/x"), Path::new("/tmp/df")));
}
