//! A disk that is full, or fails: an import or a download that meets it is refused cleanly or does
//! its work, reads go on, and the same command does the work once the disk is right again.
//!
//! *Full* is a real file system with so many blocks left, from none to more than the work takes:
//! each time another write is the first without room. *Fails* is made: of the first 100 writes and
//! syncs below the data directory one meets an I/O error, or it and all that follow on its file
//! meet a full disk. Left out there is what fills a temporary file, whose name nobody knows beforehand:
//! only a sync tells of an I/O error in such a file, and the real disk fills up under it.
//!
//! All 100 are tried, or as many as `DISK_POSITIONS` says, chosen by `DISK_SEED`.

mod killed;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use dataforge_tests::las::write_las;
use dataforge_tests::power::Disk;
use dataforge_tests::program::{PATIENCE, Place, Up, invite, skip, wait_until};
use dataforge_tests::trace::{self, Failure};
use rustix::fs::{FallocateFlags, fallocate};
use serde_json::Value;

/// Writes of which each can be the first that fails.
const WRITES: u32 = 100;
/// How many of them are tried when nobody says.
const POSITIONS: u32 = 100;
/// Files that are here before, and that are imported or downloaded.
const FILES: u32 = 3;
/// A disk of less gets blocks of 1 KiB.
const DISK_MIB: u64 = 600;
/// Room that is left on it, so that filling it takes no time.
const ROOM: u64 = 16 << 20;
const BLOCK: u64 = 4096;
/// What the first 100 are of, in the order of an undisturbed run.
const CALLS: &str = "pwrite64,ftruncate,fsync,fdatasync,rename";
/// An I/O error once, and a disk that stays full.
const ERRORS: [(&str, bool); 2] = [("EIO", false), ("ENOSPC", true)];
const QUERY: &str = "select count(value) as n, max(value) as most from samples where well = 'Test 0'";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Import,
    Download,
    /// Gives up what the host proves to hold.
    Evict,
}

/// A write or sync of an undisturbed run: the `count`th of a call in its thread on that path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Write {
    call: String,
    path: PathBuf,
    count: u32,
}

/// A data directory that can be put back to what it was before the work.
struct Field {
    place: Place,
    /// Who has everything, when it is downloaded.
    host: Option<(Up, Place)>,
    sources: tempfile::TempDir,
    args: Vec<String>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    answer: Vec<u8>,
}

fn positions(test: &str) -> Vec<u32> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("DISK_SEED").unwrap_or_else(|| fastrand::u64(..));
    let count = number("DISK_POSITIONS").map_or(POSITIONS, |count| count.clamp(2, WRITES.into()) as u32);
    println!("{test}: DISK_SEED={seed} DISK_POSITIONS={count}");
    // The ends are always among them: a disk without any room, and one with enough.
    let between = fastrand::Rng::with_seed(seed).choose_multiple(2..WRITES, count as usize - 2);
    BTreeSet::from_iter(between.into_iter().chain([1, WRITES])).into_iter().collect()
}

/// Returns a disk of blocks of 4 KiB with little room on it.
fn disk(test: &str) -> Option<Disk> {
    let disk = Disk::new(DISK_MIB).map_err(|lacking| skip(test, &lacking)).ok()?;
    let free = rustix::fs::statvfs(disk.path()).unwrap();
    assert_eq!(free.f_bsize, BLOCK);
    let ballast = File::create(disk.path().join("ballast")).unwrap();
    fallocate(&ballast, FallocateFlags::empty(), 0, free.f_bavail * free.f_frsize - ROOM).unwrap();
    Some(disk)
}

/// Runs a command to its end, which must come.
fn run(at: &str, mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            drop(child.kill());
            panic!("{at}: it hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap()
}

fn files_below(dir: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            files_below(&path, files);
        } else {
            let content = std::fs::read(&path).unwrap();
            files.insert(path, content);
        }
    }
}

impl Field {
    fn new(dir: &Path, work: Work) -> Self {
        let place = Place::at(&dir.canonicalize().unwrap().join("node"), "ada");
        place.ok(["config", "set", "cache.reserve_bytes", "0"]);
        let sources = tempfile::tempdir().unwrap();
        let [first, second] = ["first", "second"].map(|name| {
            let folder = sources.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            folder.to_str().unwrap().to_owned()
        });
        for number in 0..FILES {
            write_las(first.as_ref(), number, 150, 6, 5);
            write_las(second.as_ref(), FILES + number, 150, 6, 5);
        }
        let host = match work {
            Work::Import => {
                place.json(&["init", "Field"]);
                place.json(&["import", &first]);
                None
            }
            Work::Download | Work::Evict => {
                let host = Place::new("eve");
                host.json(&["init", "Field"]);
                host.json(&["import", &first]);
                let up = host.up();
                invite(&host, &place, "editor");
                assert_eq!(place.json(&["sync"])["blobs_missing"], 0);
                host.json(&["import", &second]);
                if work == Work::Evict {
                    assert_eq!(place.json(&["sync"])["blobs_missing"], 0);
                    place.json(&["policy", "demand"]);
                }
                Some((up, host))
            }
        };
        let args = match work {
            Work::Import => vec!["--json".to_owned(), "import".to_owned(), second],
            Work::Download => ["--json", "sync", "--timeout", "20"].map(str::to_owned).into(),
            Work::Evict => ["--json", "free", ".", "--go"].map(str::to_owned).into(),
        };
        let answer = place.ok(["query", QUERY, "--format", "json"]);
        let mut files = BTreeMap::new();
        files_below(place.path(), &mut files);
        Self { place, host, sources, args, files, answer }
    }

    fn args(&self) -> Vec<&str> {
        self.args.iter().map(String::as_str).collect()
    }

    /// Puts the data directory back. Files are written in place: a copy of the database would not
    /// sign.
    fn restore(&self) {
        let mut now = BTreeMap::new();
        files_below(self.place.path(), &mut now);
        for path in now.keys().filter(|path| !self.files.contains_key(*path)) {
            std::fs::remove_file(path).unwrap();
        }
        for (path, content) in self.files.iter().filter(|(path, content)| now.get(*path) != Some(content)) {
            std::fs::write(path, content).unwrap();
        }
    }

    /// Returns such calls of an undisturbed run that touch the data directory.
    fn writes(&self, calls: &str) -> Vec<Write> {
        let lines = trace::watch(&self.place, calls, &self.args());
        let mut counts = BTreeMap::new();
        let mut writes = Vec::new();
        for line in lines {
            let (thread, call) = line.split_once(char::is_whitespace).unwrap();
            let Some((call, rest)) = call.trim().split_once('(') else { continue };
            let (open, close) = if matches!(call, "rename" | "unlink") { ("\"", "\"") } else { ("</", ">") };
            let Some((_, rest)) = rest.split_once(open) else { continue };
            let path = Path::new("/").join(rest.split_once(close).unwrap().0);
            if path.starts_with(self.place.path()) {
                // Names in `temp` are other ones each time.
                let path = if call == "rename" { PathBuf::new() } else { path };
                let count = counts.entry((thread.to_owned(), call.to_owned(), path.clone())).or_insert(0);
                *count += 1;
                writes.push(Write { call: call.to_owned(), path, count: *count });
            }
        }
        writes
    }

    /// Looks at how the command ended: it says that it failed, or that something is missing, or has
    /// done everything. Returns whether it has, and what it said.
    fn check_end(&self, at: &str, output: &Output) -> (bool, String) {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => {
                let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
                assert!(reply["failed"].as_u64().is_none_or(|failed| failed == 0), "{at}: {reply}");
                let says_all = reply["blobs_missing"].as_u64().is_none_or(|missing| missing == 0);
                (says_all, said)
            }
            Some(8) => {
                // Warnings may stand beside it.
                let error = said.lines().find_map(|line| serde_json::from_str::<Value>(line).ok()).unwrap_or_default();
                assert!(!error["error"]["message"].as_str().unwrap_or_default().is_empty(), "{at}: {said}");
                (false, said)
            }
            _ => panic!("{at}: {} {said}", output.status),
        }
    }

    /// Returns the sources of the runs that are held, and how many runs there are.
    fn runs(&self) -> (BTreeSet<String>, usize) {
        let reply = self.place.json(&["runs"]);
        let runs = reply["runs"].as_array().unwrap();
        let held = runs.iter().filter(|run| run["held"] == true);
        (held.map(|run| run["source"].as_str().unwrap().to_owned()).collect(), runs.len())
    }

    /// What was here is still read.
    fn check_reads(&self, at: &str) {
        let wells = self.place.json(&["wells"]);
        assert!(wells["wells"].as_array().unwrap().len() >= FILES as usize, "{at}: {wells}");
        assert_eq!(self.place.ok(["query", QUERY, "--format", "json"]), self.answer, "{at}");
    }

    /// Nothing is wrong and nothing lost, what was reported is there, and the same command does the
    /// rest.
    fn check_recovery(&self, at: &str, is_done: bool) {
        self.place.verify();
        let (held, known) = self.runs();
        let all: BTreeSet<_> = (0..2 * FILES).map(|number| format!("well-{number:05}.las")).collect();
        let before: BTreeSet<_> = all.iter().take(FILES as usize).cloned().collect();
        assert!(held.is_superset(&before), "{at} lost something: {held:?}");
        assert!(!is_done || held == all, "{at}: it said that everything is here: {held:?}");
        assert!(known == before.len() || known == all.len(), "{at}: {known} runs, not all or nothing of a group");
        assert!(self.host.is_some() || held.len() == known, "{at}: what was imported is here");
        let again = run(at, self.place.command(self.args()));
        assert!(self.check_end(at, &again).0, "{at}, again: {again:?}");
        assert_eq!(self.runs().0, all, "{at}");
        self.check_reads(at);
        self.place.verify();
    }
}

/// Does the work on disks that are full sooner or later.
fn meets_a_full_disk(test: &str, work: Work) {
    let Some(disk) = disk(test) else { return };
    let field = Field::new(disk.path(), work);
    let (mut done, mut tried) = (0, 0);
    for position in positions(test) {
        field.restore();
        // Only now what was removed is free, and not in the midst of the work.
        disk.commit_names();
        let left = u64::from(position - 1) * BLOCK;
        let filler = disk.fill(left);
        let at = format!("{test}: {left} bytes left");
        let output = run(&at, field.place.command(field.args()));
        let (is_done, said) = field.check_end(&at, &output);
        let said_lower = said.to_lowercase();
        assert!(is_done || said_lower.contains("space") || said_lower.contains("full"), "{at}: {output:?}");
        field.check_reads(&at);
        std::fs::remove_file(filler).unwrap();
        field.check_recovery(&at, is_done);
        (done, tried) = (done + u32::from(is_done), tried + 1);
    }
    println!("{test}: {tried} levels, {done} with enough room");
    assert!(done > 0 && done < tried, "the disk fills up before and after the end");
}

/// Does the work while one of its writes fails.
fn meets_a_failing_write(test: &str, work: Work) {
    if !trace::works() {
        return skip(test, "strace");
    }
    let dir = tempfile::tempdir().unwrap();
    let field = Field::new(dir.path(), work);
    let log = field.sources.path().join("failures");
    let writes = field.writes(CALLS);
    assert!(writes.len() >= WRITES as usize, "only {} writes", writes.len());
    let (mut done, mut hit, mut tried) = (0, 0, 0);
    for position in positions(test) {
        let write = &writes[position as usize - 1];
        for (error, lasting) in ERRORS {
            field.restore();
            let path = Some(write.path.as_path()).filter(|path| path.is_absolute());
            let failure = Failure { calls: &write.call, error, path, count: write.count, lasting };
            let at = format!("{test}: write {position}, {failure:?}");
            let output = run(&at, trace::fail(&field.place, failure, &log, &field.args()));
            let (is_done, _) = field.check_end(&at, &output);
            field.check_reads(&at);
            field.check_recovery(&at, is_done);
            hit += u32::from(trace::failed(&log) > 0);
            (done, tried) = (done + u32::from(is_done), tried + 1);
        }
    }
    println!("{test}: {tried} failures, {hit} hit something, {done} did no harm");
    // Threads share the work in another way each time, so some are missed.
    assert!(hit * 4 >= tried * 3 && done < tried, "most writes fail");
}

#[test]
fn import_on_a_full_disk_is_refused_and_recovers() {
    meets_a_full_disk("import_on_a_full_disk_is_refused_and_recovers", Work::Import);
}

#[test]
fn download_on_a_full_disk_is_refused_and_recovers() {
    meets_a_full_disk("download_on_a_full_disk_is_refused_and_recovers", Work::Download);
}

#[test]
fn import_whose_write_fails_is_refused_and_recovers() {
    meets_a_failing_write("import_whose_write_fails_is_refused_and_recovers", Work::Import);
}

#[test]
fn download_whose_write_fails_is_refused_and_recovers() {
    meets_a_failing_write("download_whose_write_fails_is_refused_and_recovers", Work::Download);
}

/// Nobody tells a node that is up that there is room again: it looks.
#[test]
fn node_that_is_up_catches_up_when_there_is_room() {
    let test = "node_that_is_up_catches_up_when_there_is_room";
    let Some(disk) = disk(test) else { return };
    let field = Field::new(disk.path(), Work::Download);
    disk.commit_names();
    let filler = disk.fill(20 * BLOCK);
    let _up = field.place.up();
    field.check_reads(test);
    // It is asked to, so that it has surely tried.
    let output = run(test, field.place.command(field.args()));
    assert!(!field.check_end(test, &output).0, "there is no room: {output:?}");
    field.check_reads(test);
    std::fs::remove_file(filler).unwrap();
    let begun = Instant::now();
    wait_until("everything is here", || field.runs().0.len() as u32 == 2 * FILES);
    println!("{test}: {:?} after there was room", begun.elapsed());
    field.check_recovery(test, true);
}
