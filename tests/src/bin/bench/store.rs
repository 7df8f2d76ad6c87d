//! A store of many blobs: how long a start and `status` take, how much memory, beside opening the
//! same blobs by iroh-blobs alone.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use dataforge_tests::program::{Place, Up};
use iroh_blobs::store::fs::FsStore;

use super::median;

/// Starts that are measured.
const STARTS: usize = 5;
/// Times `status` is asked.
const ASKS: usize = 20;
/// Files of a directory.
const PER_DIRECTORY: usize = 1000;

/// Writes `count` files of some hundred bytes, no two alike.
fn write_files(dir: &Path, count: usize) -> std::io::Result<()> {
    for at in 0..count {
        let within = dir.join((at / PER_DIRECTORY).to_string());
        if at.is_multiple_of(PER_DIRECTORY) {
            std::fs::create_dir_all(&within)?;
        }
        let mut text = String::new();
        for line in 0..8 {
            // Writing to a string does not fail.
            let _ = writeln!(text, "report {at} line {line} depth {}", at * 7 + line);
        }
        std::fs::write(within.join(format!("{at}.txt")), text)?;
    }
    Ok(())
}

/// A field of `/proc/PID/status` in MB.
pub(super) fn memory(pid: u32, field: &str) -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
    let kib: f64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024.0 / 1e6)
}

/// Prints what a store of `count` blobs costs.
pub(super) fn measure(dir: &Path, count: usize) -> Result<(), Box<dyn Error>> {
    let program = std::env::current_exe()?.with_file_name(format!("dataforge{}", std::env::consts::EXE_SUFFIX));
    let place = Place::at(&dir.join("node"), "ada");
    let command = |args: &[&str]| {
        let mut command = Command::new(&program);
        command.arg("--dir").arg(place.path()).arg("--json").args(args);
        place.set_environment(&mut command);
        command
    };
    let done = |args: &[&str]| -> Result<Duration, Box<dyn Error>> {
        let started = Instant::now();
        let output = command(args).output()?;
        let took = started.elapsed();
        if !output.status.success() {
            return Err(format!("{args:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(took)
    };
    done(&["init", "Field"])?;
    let files = dir.join("files");
    write_files(&files, count)?;
    let took = done(&["attach", files.to_str().ok_or("a path that is no text")?])?;
    println!("{count} blobs attached in {:.1} s, {:.0}/s", took.as_secs_f64(), count as f64 / took.as_secs_f64());
    let (mut starts, mut asks, mut most) = (Vec::new(), Vec::new(), 0_f64);
    for _ in 0..STARTS {
        let started = Instant::now();
        let up = Up::start(command(&["up"]));
        starts.push(started.elapsed().as_secs_f64());
        for _ in 0..ASKS {
            asks.push(done(&["status"])?.as_secs_f64() * 1e3);
        }
        most = most.max(memory(up.id(), "VmHWM")?);
        done(&["down"])?;
    }
    let root = place.path().join("blobs");
    let mut bare = Vec::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for _ in 0..STARTS {
        let started = Instant::now();
        let store = runtime.block_on(FsStore::load_with_opts(
            root.join("blobs.db"),
            iroh_blobs::store::fs::options::Options::new(&root),
        ))?;
        let listed = runtime.block_on(async { store.blobs().list().hashes().await })?.len();
        bare.push(started.elapsed().as_secs_f64());
        if listed < count {
            return Err(format!("only {listed} blobs are there").into());
        }
        runtime.block_on(store.shutdown())?;
    }
    let (start, bare) = (median(starts), median(bare));
    println!(
        "start {start:.2} s, iroh-blobs opened and listed {bare:.2} s ({:.1} times), status {:.0} ms, memory at most \
         {most:.0} MB",
        start / bare,
        median(asks)
    );
    Ok(())
}
