//! Cuts of power: nothing that was acknowledged is lost, and no blob is said to be held that is
//! missing or wrong.
//!
//! Half of the cuts fall at a chosen system call, where the process is killed and the disk shut down
//! at once; the others at a random time. `POWER_SEED` sets the seed, `POWER_CUTS` the number of
//! cuts of each kind of work.

mod crate_below;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use dataforge_tests::las::write_las;
use dataforge_tests::power::Disk;
use dataforge_tests::program::{Place, invite, skip};
use dataforge_tests::trace::{self, Cut};
use serde_json::Value;

/// Cuts during imports, and during downloads.
const CUTS: u32 = 50;
/// Cuts after which a data directory is begun anew, so that checks stay short.
const RENEW: u32 = 25;
const DISK_MIB: u64 = 2048;
/// Files of each piece of work.
const FILES: u32 = 3;
/// What a start with recovery takes about.
const RECOVERY: Duration = Duration::from_millis(200);
/// System calls at which a process is killed, and the last of them in one thread that is chosen.
const CALLS: [(&str, u32); 7] =
    [("fsync", 6), ("fdatasync", 4), ("rename", 8), ("pwrite64", 60), ("unlink", 4), ("openat", 60), ("write", 20)];

fn disk(test: &str) -> Option<Disk> {
    match Disk::new(DISK_MIB) {
        Ok(disk) => Some(disk),
        Err(lacking) => {
            skip(test, &lacking);
            None
        }
    }
}

fn random(test: &str) -> fastrand::Rng {
    let seed = std::env::var("POWER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("{test}: POWER_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

fn cuts() -> u32 {
    std::env::var("POWER_CUTS").ok().and_then(|cuts| cuts.parse().ok()).unwrap_or(CUTS)
}

fn write_random(path: &Path, bytes: usize, random: &mut fastrand::Rng) {
    let mut content = vec![0; bytes];
    random.fill(&mut content);
    std::fs::write(path, content).unwrap();
}

/// The runs of a node and whether each is held, by source.
fn runs(place: &Place) -> Vec<(String, bool)> {
    let runs = place.json(&["runs"]);
    let run = |run: &Value| (run["source"].as_str().unwrap().to_owned(), run["held"] == true);
    runs["runs"].as_array().unwrap().iter().map(run).collect()
}

fn held_runs(place: &Place) -> BTreeSet<String> {
    runs(place).into_iter().filter(|(_, is_held)| *is_held).map(|(name, _)| name).collect()
}

/// A node on a disk whose power is cut, and what was acknowledged there.
struct Field {
    disk: Disk,
    place: Place,
    /// Sources whose runs must be held.
    acknowledged: BTreeSet<String>,
    sources: tempfile::TempDir,
    random: fastrand::Rng,
    /// What a piece of work takes when it is not cut.
    usual: Duration,
    cuts: u32,
    finished: u32,
}

impl Field {
    fn new(test: &str) -> Option<Self> {
        if !trace::works() {
            skip(test, "strace");
            return None;
        }
        let disk = disk(test)?;
        let place = Place::at(&disk.path().join("node"), "ada");
        let sources = tempfile::tempdir().unwrap();
        let (acknowledged, usual) = (BTreeSet::new(), Duration::from_millis(500));
        Some(Self { disk, place, acknowledged, sources, random: random(test), usual, cuts: 0, finished: 0 })
    }

    /// Writes sources nobody knows yet, one of which is large enough for an outboard file now and
    /// then; and one that is known, which must not come to harm.
    fn write_sources(&mut self, number: u32) -> PathBuf {
        let folder = self.sources.path().join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        for file in 0..FILES {
            let rows = self.random.usize(20..1500);
            write_las(&folder, 10 * number + file, rows, 6, 5);
        }
        if number.is_multiple_of(5) {
            write_random(&folder.join("scan.bin"), 4_500_000, &mut self.random);
        }
        if let Some(known) = self.random.choice(&self.acknowledged).cloned() {
            let folder_of_known =
                known.trim_start_matches("well-").trim_end_matches(".las").parse::<u32>().unwrap() / 10;
            let from = self.sources.path().join(folder_of_known.to_string()).join(&known);
            std::fs::copy(from, folder.join(&known)).unwrap();
        }
        folder
    }

    /// Does a piece of work and cuts the power in the middle of it; returns its reply if that came
    /// before.
    fn cut_during(&mut self, args: &[&str]) -> Option<Value> {
        let args = [&["--json"], args].concat();
        let is_traced = self.cuts.is_multiple_of(2);
        self.cuts += 1;
        let reply = if is_traced {
            self.cut_at_call(&args)
        } else {
            let after = self.usual.mul_f64(self.random.f64() * 1.1);
            let (reply, took) = self.cut_after(&args, after);
            // So that about one in ten comes to its end.
            self.usual = took.map_or(self.usual.mul_f64(1.02), |took| self.usual.mul_f64(0.8) + took.mul_f64(0.2));
            reply
        };
        self.finished += u32::from(reply.is_some());
        // Now and then the power goes again while the node recovers.
        if self.random.u32(0..4) == 0 {
            self.disk.restore();
            let after = RECOVERY.mul_f64(self.random.f64());
            self.cut_after(&["verify"], after);
        }
        self.disk.restore();
        reply
    }

    fn cut_at_call(&mut self, args: &[&str]) -> Option<Value> {
        let (calls, most) = *self.random.choice(CALLS.iter()).unwrap();
        let at = Cut { calls, path: None, count: self.random.u32(1..=most) };
        let (output, was_killed) = trace::run_cut(&self.place, at, args);
        if self.random.bool() {
            self.disk.commit_names();
        }
        self.disk.cut();
        reply_of(&output).filter(|_| !was_killed)
    }

    /// Returns the reply if it came by then, and how long it took if the command had ended.
    fn cut_after(&self, args: &[&str], after: Duration) -> (Option<Value>, Option<Duration>) {
        let mut command: Command = self.place.command(args);
        let begun = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut ended = None;
        while begun.elapsed() < after && ended.is_none() {
            std::thread::sleep(Duration::from_millis(1));
            ended = child.try_wait().unwrap();
        }
        let took = ended.map(|_| begun.elapsed());
        self.disk.cut();
        drop(child.kill());
        // It may have come to its end in the instant of the cut.
        (reply_of(&child.wait_with_output().unwrap()), took)
    }

    /// Everything that is said to be held is there and right, and all that was acknowledged is held.
    fn check(&self) {
        self.place.verify();
        let held = held_runs(&self.place);
        let lost: Vec<_> = self.acknowledged.difference(&held).collect();
        assert!(lost.is_empty(), "after {} cuts these are lost: {lost:?}", self.cuts);
    }

    /// Begins anew, with an empty data directory.
    fn begin(&mut self) {
        std::fs::remove_dir_all(self.place.path()).unwrap();
        self.place = Place::at(self.place.path(), "ada");
        self.acknowledged.clear();
    }
}

fn reply_of(output: &Output) -> Option<Value> {
    serde_json::from_slice(&output.stdout).ok().filter(|_| output.status.success())
}

fn names(folder: &Path) -> impl Iterator<Item = String> {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    files.map(|file| file.file_name().into_string().unwrap()).filter(|name| name.ends_with(".las"))
}

#[test]
fn power_cut_during_an_import_loses_nothing_acknowledged() {
    let Some(mut field) = Field::new("power_cut_during_an_import_loses_nothing_acknowledged") else { return };
    for number in 0..cuts() {
        if number.is_multiple_of(RENEW) {
            field.begin();
            field.place.json(&["init", "Field"]);
        }
        let folder = field.write_sources(number);
        if let Some(reply) = field.cut_during(&["import", folder.to_str().unwrap()]) {
            assert_eq!(reply["failed"], 0, "{reply}");
            field.acknowledged.extend(names(&folder));
        }
        field.check();
    }
    println!("{} cuts, {} imports acknowledged before", field.cuts, field.finished);
    assert!(field.finished > 0 && field.finished < field.cuts, "cuts fall before and after");
    let all = field.sources.path().to_str().unwrap().to_owned();
    assert_eq!(field.place.json(&["import", &all])["failed"], 0, "and work goes on");
    assert_eq!(held_runs(&field.place).len() as u32, FILES * cuts());
    field.place.verify();
}

/// The crate would put an unsynced copy in the place of a durable file.
#[test]
fn importing_again_does_no_harm_to_what_is_held() {
    let Some(mut field) = Field::new("importing_again_does_no_harm_to_what_is_held") else { return };
    field.place.json(&["init", "Field"]);
    let folder = field.write_sources(1);
    let import = ["import", folder.to_str().unwrap()];
    assert_eq!(field.place.json(&import)["failed"], 0);
    field.acknowledged.extend(names(&folder));
    let data = field.place.path().canonicalize().unwrap().join("blobs/data");
    let blobs: Vec<_> = std::fs::read_dir(&data).unwrap().flatten().map(|file| file.path()).collect();
    assert_eq!(blobs.len() as u32, 2 * FILES, "sources and tables");
    for path in &blobs {
        let at = Cut { calls: "fsync", path: Some(path), count: 1 };
        let (_, was_killed) = trace::run_cut(&field.place, at, &import);
        assert!(was_killed, "it is synced");
        field.disk.commit_names();
        field.disk.cut();
        field.disk.restore();
        field.check();
    }
}

#[test]
fn power_cut_during_a_download_leaves_nothing_that_is_held_and_wrong() {
    let Some(mut field) = Field::new("power_cut_during_a_download_leaves_nothing_that_is_held_and_wrong") else {
        return;
    };
    let host = Place::new("eve");
    host.json(&["init", "Field"]);
    let _up = host.up();
    for number in 0..cuts() {
        if number.is_multiple_of(RENEW) {
            field.begin();
            invite(&host, &field.place, "editor");
        }
        let folder = field.write_sources(number);
        assert_eq!(host.json(&["import", folder.to_str().unwrap()])["failed"], 0);
        let reply = field.cut_during(&["sync", "--timeout", "20"]);
        field.check();
        let held = held_runs(&field.place);
        if reply.is_some_and(|reply| reply["blobs_missing"] == 0) {
            assert_eq!(held.len() as u32, FILES * (number + 1), "it said that everything is here");
        }
        field.acknowledged = held;
    }
    println!("{} cuts, {} downloads finished before", field.cuts, field.finished);
    assert!(field.finished > 0 && field.finished < field.cuts, "cuts fall before and after");
    let sync = field.place.json(&["sync"]);
    assert_eq!(sync["blobs_missing"], 0, "{sync}");
    assert_eq!(held_runs(&field.place).len() as u32, FILES * cuts(), "of {}: {sync}", runs(&field.place).len());
    assert_eq!(field.place.verify(), host.verify());
}

/// `ip netns exec` begins its processes in such a namespace.
#[test]
fn disk_comes_back_whatever_other_mount_namespaces_keep() {
    let Some(disk) = disk("disk_comes_back_whatever_other_mount_namespaces_keep") else { return };
    let mut bystander = Command::new("unshare");
    bystander.args(["--mount", "--propagation", "slave", "sh", "-c", "echo ready; exec sleep 60"]);
    let mut bystander = bystander.stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = [0; 6];
    bystander.stdout.take().unwrap().read_exact(&mut ready).unwrap();
    disk.cut();
    assert!(std::fs::File::create(disk.path().join("file")).is_err(), "there is no power");
    disk.restore();
    let created = std::fs::File::create(disk.path().join("file"));
    bystander.kill().unwrap();
    bystander.wait().unwrap();
    created.unwrap();
}

#[test]
fn full_disk_is_refused_and_work_goes_on_when_there_is_room() {
    let Some(disk) = disk("full_disk_is_refused_and_work_goes_on_when_there_is_room") else { return };
    let place = Place::at(&disk.path().join("node"), "ada");
    place.ok(["config", "set", "cache.reserve_bytes", "0"]);
    place.json(&["init", "Field"]);
    let sources = tempfile::tempdir().unwrap();
    // One process all along, whose databases run into the full disk and go on.
    let up = place.up();
    let (mut refused, mut number) = (0, 0);
    for left_kib in [0, 16, 48, 100, 200, 400, 700, 1100, 1600] {
        let folder = sources.path().join(left_kib.to_string());
        std::fs::create_dir(&folder).unwrap();
        for _ in 0..FILES {
            number += 1;
            write_las(&folder, number, 150, 6, 5);
        }
        let import = ["import", folder.to_str().unwrap()];
        let filler = disk.fill(left_kib << 10);
        let output = place.run(import);
        if !output.status.success() {
            refused += 1;
            let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
            assert!(said.contains("space") || said.contains("full"), "{left_kib} KiB: {said}");
        }
        let known = held_runs(&place).len() as u32;
        assert!(known == number || known == number - FILES, "{left_kib} KiB: all or nothing of a group");
        std::fs::remove_file(filler).unwrap();
        assert_eq!(place.json(&import)["failed"], 0, "{left_kib} KiB");
        assert_eq!(held_runs(&place).len() as u32, number);
    }
    assert!(refused >= 3, "only {refused} were refused");
    assert_eq!(place.json(&["verify"])["problems"].as_array().map(Vec::len), Some(0));
    drop(up);
    place.verify();
}
