//! Files from one machine to another beside others: bare iroh-blobs, Syncthing and rsync.
//!
//! All of them transfer the same files over loopback in one run, in turn, each into a new place
//! and each with nothing left to be written when its clock starts. What is ours is durable when it
//! is done, and so is Syncthing's; bare iroh-blobs and rsync leave that to the system, so they are
//! measured with `syncfs` behind them too.
//!
//! What ours does besides: it starts as a process, dials, takes in, judges and stores the entries
//! that name the files, and hashes what the disk has.

mod bare;
mod ours;
mod process;
mod rsync;
mod syncthing;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dataforge_tests::program::{has_tool, skip};

use super::median;

/// Times each is measured, in turn.
const ROUNDS: usize = 3;
/// What the files are made of.
const SEED: u64 = 20_261_127;
/// Bytes of a file that are made at a time.
const PIECE: usize = 1 << 20;

/// How files are transferred, in the order of the table.
const OURS: &str = "ours";
const BARE: &str = "iroh-blobs";
const BARE_SYNCED: &str = "iroh-blobs + syncfs";
const SYNCTHING: &str = "Syncthing";
const RSYNC: &str = "rsync";
const RSYNC_SYNCED: &str = "rsync + syncfs";
const WAYS: [&str; 6] = [OURS, BARE, BARE_SYNCED, SYNCTHING, RSYNC, RSYNC_SYNCED];

/// Parts of ours, for the remark below the table.
const WITHIN: &str = "as ours says itself";
const NOTHING: &str = "a sync with nothing to fetch";

/// The seconds of a round, by way.
type Round = BTreeMap<&'static str, f64>;

/// Files of one size.
#[derive(Debug, Clone, Copy)]
struct Set {
    count: u32,
    bytes: usize,
    /// At least so many times as fast as another.
    goal: (&'static str, f64),
}

/// What is measured, and what is promised of it.
const SETS: [Set; 3] = [
    Set { count: 1, bytes: 500_000_000, goal: (BARE_SYNCED, 0.9) },
    Set { count: 50, bytes: 10_000_000, goal: (BARE_SYNCED, 0.9) },
    Set { count: 3_000, bytes: 60_000, goal: (SYNCTHING, 3.0) },
];
/// The same in small, to see that all of it runs.
const SMALL: [Set; 3] = [
    Set { count: 1, bytes: 50_000_000, ..SETS[0] },
    Set { count: 10, bytes: 5_000_000, ..SETS[1] },
    Set { count: 200, ..SETS[2] },
];

/// A folder of files to transfer.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    count: usize,
}

/// What is installed here.
#[derive(Debug, Clone, Copy)]
struct Installed {
    syncthing: bool,
    rsync: bool,
}

/// Measures and prints all of it.
pub(super) fn compare(dir: &Path, small: bool) -> Result<(), Box<dyn Error>> {
    let program = ours::program()?;
    process::warn_of_memory(dir)?;
    let installed = Installed { syncthing: is_installed(SYNCTHING, "syncthing"), rsync: is_installed(RSYNC, "rsync") };
    println!("{ROUNDS} rounds in turn, medians (least to most); random bytes of seed {SEED}");
    for (number, set) in if small { SMALL } else { SETS }.into_iter().enumerate() {
        let dir = dir.join(number.to_string());
        let source = set.write(&dir.join("source"))?;
        bare::import(&source, &dir.join("bare"))?;
        let rounds =
            (0..ROUNDS).map(|turn| round(&dir, turn, &source, &program, installed)).collect::<Result<Vec<_>, _>>()?;
        set.print(&rounds);
        process::empty(&dir)?;
    }
    Ok(())
}

fn is_installed(name: &str, tool: &str) -> bool {
    let found = has_tool(tool);
    if !found {
        skip(name, &format!("{tool}: apt-get install {tool}"));
    }
    found
}

/// Transfers the files once by each way.
fn round(
    dir: &Path,
    turn: usize,
    source: &Source,
    program: &Path,
    installed: Installed,
) -> Result<Round, Box<dyn Error>> {
    let mut round = Round::new();
    let place = |way: &str| dir.join(format!("{turn} {way}"));
    let mut note = |way, time: Duration| round.insert(way, time.as_secs_f64());
    let bare = process::in_new(&place(BARE), |a| bare::fetch(source, &dir.join("bare"), a))?;
    note(BARE, bare.done);
    note(BARE_SYNCED, bare.synced);
    let ours = process::in_new(&place(OURS), |a| ours::sync(program, source, a))?;
    note(OURS, ours.whole);
    note(WITHIN, ours.within);
    note(NOTHING, ours.nothing);
    if installed.syncthing {
        note(SYNCTHING, process::in_new(&place(SYNCTHING), |a| syncthing::sync(source, a))?);
    }
    if installed.rsync {
        let rsync = process::in_new(&place(RSYNC), |a| rsync::copy(source, a))?;
        note(RSYNC, rsync.done);
        note(RSYNC_SYNCED, rsync.synced);
    }
    Ok(round)
}

impl Set {
    /// Writes the files, the same with every call.
    fn write(self, dir: &Path) -> std::io::Result<Source> {
        std::fs::create_dir_all(dir)?;
        let mut random = fastrand::Rng::with_seed(SEED);
        let mut piece = vec![0; PIECE];
        for number in 0..self.count {
            // A kind of file that no reader is for.
            let mut file = std::fs::File::create(dir.join(format!("{number:04}.bin")))?;
            let mut left = self.bytes;
            while left > 0 {
                let part = piece.get_mut(..left.min(PIECE)).unwrap_or_default();
                random.fill(part);
                file.write_all(part)?;
                left -= part.len();
            }
        }
        Ok(Source { path: dir.to_owned(), count: self.count as usize })
    }

    /// Prints a table of the ways that were gone.
    fn print(self, rounds: &[Round]) {
        let all = |way: &str| rounds.iter().filter_map(|round| round.get(way)).copied().collect::<Vec<_>>();
        let megabytes = f64::from(self.count) * self.bytes as f64 / 1e6;
        println!("\n{:<22}{:>9}{:>18}{:>9}{:>10}", self.title(), "seconds", "(least – most)", "MB/s", "files/s");
        for way in WAYS {
            let times = all(way);
            if times.is_empty() {
                println!("{way:<22}{:>9}", "skipped");
                continue;
            }
            let (least, most) =
                times.iter().fold((f64::MAX, f64::MIN), |(least, most), time| (least.min(*time), most.max(*time)));
            let middle = median(times);
            println!(
                "{way:<22}{middle:>9.2}{:>18}{:>9.1}{:>10.1}",
                format!("({least:.2} – {most:.2})"),
                megabytes / middle,
                f64::from(self.count) / middle
            );
        }
        for other in [BARE_SYNCED, SYNCTHING, RSYNC_SYNCED] {
            let ratios: Vec<_> = rounds.iter().filter_map(|round| Some(round.get(other)? / round.get(OURS)?)).collect();
            if !ratios.is_empty() {
                let ratio = median(ratios);
                println!("as fast as {other}: {ratio:.2} times{}", self.verdict(other, ratio));
            }
        }
        println!("of ours: {WITHIN} {:.2} s; {NOTHING} {:.2} s", median(all(WITHIN)), median(all(NOTHING)));
    }

    fn title(self) -> String {
        let bytes = if self.bytes < 1_000_000 {
            format!("{} kB", self.bytes / 1_000)
        } else {
            format!("{} MB", self.bytes / 1_000_000)
        };
        format!("{} × {bytes}", self.count)
    }

    fn verdict(self, other: &str, ratio: f64) -> String {
        let (of, least) = self.goal;
        if of != other {
            return String::new();
        }
        format!(" (goal {least}: {})", if ratio >= least { "kept" } else { "MISSED" })
    }
}
