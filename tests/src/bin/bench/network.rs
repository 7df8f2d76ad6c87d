//! A file over networks of different make: ours beside a plain TCP copy, rsync, and bare QUIC, each with
//! each congestion controller.
//!
//! Both sides stand on hosts of their own, with a line between them that `impair` makes
//! (`dataforge_tests::net`); it needs root. Each way goes over the same line in turn. What is ours
//! begins with the start of a process and ends when everything is on disk; the others only carry
//! bytes, and their time begins when their processes do. TCP goes by CUBIC where nobody chose another:
//! that is what systems come with.

mod plain;
mod quic;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dataforge_tests::impair::{Loss, Profile};
use dataforge_tests::net::{End, Host, Lab};
use dataforge_tests::program::{Place, has_tool, skip};

pub(super) use self::plain::{give as tcp_give, take as tcp_take};
pub(super) use self::quic::{give as quic_give, take as quic_take};
use super::median;

/// Times each is measured, in turn.
const ROUNDS: usize = 3;
/// The longest that anything may take.
const PATIENCE_SECS: &str = "900";
/// Addresses of the two sides.
const GIVER: &str = "10.77.0.1";
const TAKER: &str = "10.77.0.2";

/// A way that took longer is gone once.
const LONG: Duration = Duration::from_secs(60);

const OURS: &str = "ours";
const TCP: &str = "TCP, CUBIC";
const TCP_BBR: &str = "TCP, BBR";
const RSYNC: &str = "rsync, CUBIC";
const RSYNC_BBR: &str = "rsync, BBR";
const CUBIC: &str = "QUIC, CUBIC";
const BBR3: &str = "QUIC, BBR3";
const WAYS: [&str; 7] = [OURS, TCP, TCP_BBR, RSYNC, RSYNC_BBR, CUBIC, BBR3];

/// By what TCP goes on a way.
fn controller(way: &str) -> &'static str {
    if matches!(way, TCP_BBR | RSYNC_BBR) { "bbr" } else { "cubic" }
}

/// A line, and what is promised on it.
struct Line {
    name: &'static str,
    profile: Profile,
    bytes: usize,
    /// At least so many times as fast as another.
    goal: Option<(&'static str, f64)>,
}

fn paths(small: bool) -> Vec<Line> {
    let bytes = |all: usize| if small { all / 10 } else { all };
    let lossy = Profile::delay_ms(50).with_loss(Loss::even(0.01));
    vec![
        Line {
            name: "1 Gbit/s, as on a LAN",
            profile: Profile { delay_us: 100, ..Profile::default() }.with_rate(1_000_000_000),
            bytes: bytes(500_000_000),
            goal: Some((TCP, 0.9)),
        },
        Line {
            name: "100 Mbit/s, 20 ms",
            profile: Profile::delay_ms(10).with_rate(100_000_000),
            bytes: bytes(100_000_000),
            goal: None,
        },
        Line { name: "100 ms and 1 % loss", profile: lossy, bytes: bytes(30_000_000), goal: Some((RSYNC, 3.0)) },
        Line {
            name: "20 Mbit/s, 100 ms, 1 % in bursts",
            profile: Profile::delay_ms(50).with_loss(Loss::bursts(0.01, 3.0)).with_rate(20_000_000),
            bytes: bytes(20_000_000),
            goal: None,
        },
    ]
}

/// Both sides, with the file to carry.
struct Sides<'a> {
    giver: &'a Host,
    taker: &'a Host,
    file: PathBuf,
    bytes: usize,
    dir: &'a Path,
}

/// Measures and prints all of it, or the lines whose names begin in one of some ways.
pub(super) fn compare(dir: &Path, small: bool, lines: &[&str]) -> Result<(), Box<dyn Error>> {
    let Some(lab) = Lab::new("bench --network") else { return Ok(()) };
    let (giver, taker) = (lab.host("giver"), lab.host("taker"));
    let (at, to) = (format!("{GIVER}/24"), format!("{TAKER}/24"));
    let wire = lab.wire(&End::Host(&giver, "eth0", &[&at]), &End::Host(&taker, "eth0", &[&to]));
    let ways = installed()?;
    println!("{ROUNDS} rounds in turn, medians (least to most); ways that take longer than {} s once", LONG.as_secs());
    let is_asked = |line: &Line| lines.is_empty() || lines.iter().any(|name| line.name.starts_with(name));
    let paths: Vec<_> = paths(small).into_iter().filter(is_asked).collect();
    if paths.is_empty() {
        return Err(format!("no line begins with {}", lines.join(" or ")).into());
    }
    for path in paths {
        let file = dir.join("file.bin");
        write(&file, path.bytes)?;
        wire.set(path.profile.clone());
        let sides = Sides { giver: &giver, taker: &taker, file, bytes: path.bytes, dir };
        let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for _ in 0..ROUNDS {
            for way in &ways {
                let times = times.entry(way).or_default();
                if times.first().is_none_or(|first| *first < LONG.as_secs_f64()) {
                    times.push(carry(&sides, way)?.as_secs_f64());
                }
            }
        }
        path.print(&times);
    }
    Ok(())
}

/// Returns the ways that can be gone on this machine.
fn installed() -> std::io::Result<Vec<&'static str>> {
    let rsync = has_tool("rsync");
    if !rsync {
        skip(RSYNC, "rsync: apt-get install rsync");
    }
    // Those that a network namespace may choose.
    let controllers = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_allowed_congestion_control")?;
    let knows = |name: &str| controllers.split_whitespace().any(|known| known == name);
    for way in [TCP, TCP_BBR].into_iter().filter(|way| !knows(controller(way))) {
        skip(way, &format!("{} in net.ipv4.tcp_allowed_congestion_control", controller(way)));
    }
    let can = |way: &&str| knows(controller(way)) && (rsync || !matches!(*way, RSYNC | RSYNC_BBR));
    Ok(WAYS.into_iter().filter(can).collect())
}

fn write(file: &Path, bytes: usize) -> std::io::Result<()> {
    let mut random = fastrand::Rng::with_seed(20_261_127);
    let mut piece = vec![0; bytes];
    random.fill(&mut piece);
    std::fs::File::create(file)?.write_all(&piece)
}

/// Carries the file once; the time it took.
fn carry(sides: &Sides<'_>, way: &str) -> Result<Duration, Box<dyn Error>> {
    let dir = sides.dir.join("round");
    std::fs::create_dir_all(&dir)?;
    for host in [sides.giver, sides.taker] {
        host.set_kernel("net/ipv4/tcp_congestion_control", controller(way));
    }
    let took = match way {
        OURS => ours(sides, &dir),
        RSYNC | RSYNC_BBR => rsync(sides, &dir),
        TCP | TCP_BBR => bare(sides, &["--tcp-give", sides.file.to_str().unwrap_or_default()], "--tcp-take"),
        CUBIC => bare(sides, &["--quic-give", "cubic", &sides.bytes.to_string()], "--quic-take"),
        _ => bare(sides, &["--quic-give", "bbr3", &sides.bytes.to_string()], "--quic-take"),
    };
    std::fs::remove_dir_all(dir)?;
    took
}

/// A process of ours; killed with the value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn check(output: &std::process::Output, what: &str) -> Result<(), Box<dyn Error>> {
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{what}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

fn ours(sides: &Sides<'_>, dir: &Path) -> Result<Duration, Box<dyn Error>> {
    let place = |name: &str, host: &Host| Place::run_by(name, host.prefix(), "0.0.0.0:7411");
    let (ada, bob) = (place("ada", sides.giver), place("bob", sides.taker));
    ada.json(&["init", "Field"]);
    let up = ada.up();
    let invite = ada.json(&["invite"]);
    // A handshake may be lost on a bad line.
    let ticket = invite["ticket"].as_str().ok_or("an invite without a ticket")?;
    if !bob.run(["join", "--yes", ticket]).status.success() {
        bob.json(&["join", "--yes", ticket]);
    }
    bob.json(&["sync"]);
    ada.json(&["attach", sides.file.to_str().ok_or("a path that is no text")?]);
    let started = Instant::now();
    while bob.json(&["sync", "--timeout", PATIENCE_SECS])["blobs_missing"] != 0 {}
    let took = started.elapsed();
    drop(up);
    let out = dir.join("out");
    let export = ["export", "file.bin", "--original", "--out", out.to_str().ok_or("a path that is no text")?];
    bob.ok(export);
    if std::fs::metadata(out)?.len() == sides.bytes as u64 { Ok(took) } else { Err("not all of it came".into()) }
}

fn rsync(sides: &Sides<'_>, dir: &Path) -> Result<Duration, Box<dyn Error>> {
    let (config, target) = (dir.join("rsyncd.conf"), dir.join("target"));
    let source = sides.file.parent().ok_or("a file in no directory")?.display();
    let text =
        format!("use chroot = no\nreverse lookup = no\nuid = 0\ngid = 0\n[files]\npath = {source}\nread only = yes\n");
    std::fs::write(&config, text)?;
    let mut daemon = sides.giver.command("rsync");
    daemon.args(["--daemon", "--no-detach", "--config"]).arg(&config).stdin(Stdio::null());
    let daemon = Running(daemon.spawn()?);
    std::thread::sleep(Duration::from_millis(500));
    let mut copy = sides.taker.command("rsync");
    copy.args(["--archive", "--whole-file", &format!("rsync://{GIVER}/files/file.bin")]).arg(&target);
    let started = Instant::now();
    let output = copy.output()?;
    let took = started.elapsed();
    drop(daemon);
    check(&output, RSYNC)?;
    Ok(took)
}

/// Gives and takes by this very program, started on both hosts.
fn bare(sides: &Sides<'_>, give: &[&str], take: &str) -> Result<Duration, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let run = |host: &Host| host.command(program.to_str().unwrap_or_default());
    let giving = Running(run(sides.giver).args(give).arg(format!("{GIVER}:7500")).spawn()?);
    std::thread::sleep(Duration::from_millis(500));
    let mut taking: Command = run(sides.taker);
    taking.args([take, &format!("{GIVER}:7500"), &sides.bytes.to_string()]);
    let started = Instant::now();
    let output = taking.output()?;
    let took = started.elapsed();
    drop(giving);
    check(&output, take)?;
    Ok(took)
}

impl Line {
    fn print(&self, times: &BTreeMap<&str, Vec<f64>>) {
        let megabytes = self.bytes as f64 / 1e6;
        println!("\n{} ({megabytes} MB)\n{:<16}{:>9}{:>20}{:>9}", self.name, "", "seconds", "(least – most)", "MB/s");
        for way in WAYS {
            let Some(all) = times.get(way) else {
                println!("{way:<16}{:>9}", "skipped");
                continue;
            };
            let least = all.iter().copied().fold(f64::MAX, f64::min);
            let most = all.iter().copied().fold(0.0, f64::max);
            let middle = median(all.clone());
            let span = format!("({least:.2} – {most:.2})");
            println!("{way:<16}{middle:>9.2}{span:>20}{:>9.2}", megabytes / middle);
        }
        let of = |way: &str| times.get(way).map(|all| median(all.clone()));
        if let Some((other, least)) = self.goal
            && let (Some(ours), Some(others)) = (of(OURS), of(other))
        {
            let ratio = others / ours;
            let verdict = if ratio >= least { "kept" } else { "MISSED" };
            println!("as fast as {other}: {ratio:.2} times (goal {least}: {verdict})");
        }
    }
}
