//! Prints how fast LAS files are read, beside other readers on the same files in the same run.
//!
//! `cargo run --bin bench_las` writes a file of 50 MB and a wrapped one of 20 MB and reads each
//! three times, every time in a process of its own, with our reader and with the Python modules
//! `las_rs`, `lasio_rs` (package `las_read_rs`) and `lasio`, as far as the Python that
//! `DATAFORGE_PYTHON` names has them. `bench_las read|header|write FILE` measures one file once.
//! Figures are MB (10^6 bytes) of the file per second of CPU time, user and system.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use dataforge_las::{ReadOptions, Reading, Values, WriteOptions, read, read_header, write};
use dataforge_tests::las::las_text;

/// Rows of the unwrapped file, 50 MB with 20 curves, and of the wrapped one.
const ROWS: usize = 305_000;
const WRAPPED_ROWS: usize = 122_000;
const CURVES: usize = 20;

/// Times each is measured.
const TURNS: usize = 3;

/// What a process prints: seconds of CPU, seconds by the clock, peak of memory and, of our own,
/// the least it needs: the file and its columns.
const PYTHON: &str = "
import importlib, resource, sys, time
module = importlib.import_module(sys.argv[1])
cpu, wall = time.process_time(), time.perf_counter()
file = module.read(sys.argv[2])
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
if len(file.curves[0].data if sys.argv[1] != 'lasio_rs' else file['DEPT']) < 1000:
    sys.exit('it read no data')
print(cpu, wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, 1)
";

/// One measurement.
#[derive(Debug, Clone, Copy)]
struct Figures {
    cpu: f64,
    wall: f64,
    peak: f64,
    needed: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => compare(),
        [what, path] => {
            let Figures { cpu, wall, peak, needed } = measure(what, Path::new(path))?;
            println!("{cpu} {wall} {peak} {needed}");
            Ok(())
        }
        _ => Err("usage: bench_las [read|header|write FILE]".into()),
    }
}

fn compare() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let (long, wrapped) = (dir.path().join("long.las"), dir.path().join("wrapped.las"));
    std::fs::write(&long, las_text(1, ROWS, CURVES, 7))?;
    write_wrapped(&wrapped)?;
    for (name, path) in [("unwrapped", &long), ("wrapped", &wrapped)] {
        let megabytes = std::fs::metadata(path)?.len() as f64 / 1e6;
        let ours = median(|| own("read", path))?;
        println!("{name}, {megabytes:.1} MB, {CURVES} curves; medians of {TURNS}");
        println!(
            "  ours: {:.0} MB per CPU-second, peak {:.0} MB = {:.2} of file and columns",
            megabytes / ours.cpu,
            ours.peak / 1e6,
            ours.peak / ours.needed
        );
        for rival in ["las_rs", "lasio_rs", "lasio"] {
            match median(|| python(rival, path)) {
                Ok(theirs) => println!(
                    "  {rival}: {:.0} MB per CPU-second, peak {:.0} MB; ratio {:.2}",
                    megabytes / theirs.cpu,
                    theirs.peak / 1e6,
                    theirs.cpu / ours.cpu
                ),
                Err(error) => println!("  {rival}: {error}"),
            }
        }
    }
    println!("header of the long file: {:.2} ms", median(|| own("header", &long))?.wall * 1e3);
    let written = median(|| own("write", &long))?;
    println!(
        "writing the long file: {:.0} MB per CPU-second",
        std::fs::metadata(&long)?.len() as f64 / 1e6 / written.cpu
    );
    Ok(())
}

fn write_wrapped(path: &Path) -> Result<(), Box<dyn Error>> {
    let text = las_text(2, WRAPPED_ROWS, CURVES, 8);
    let file = read(text.as_bytes(), &ReadOptions::default())?.file;
    let options = WriteOptions { wrapped: true, ..WriteOptions::default() };
    write(&file, &options, &mut std::io::BufWriter::new(std::fs::File::create(path)?))?;
    Ok(())
}

fn own(what: &str, path: &Path) -> Result<Figures, Box<dyn Error>> {
    run(Command::new(std::env::current_exe()?).arg(what).arg(path))
}

fn python(module: &str, path: &Path) -> Result<Figures, Box<dyn Error>> {
    let python = std::env::var_os("DATAFORGE_PYTHON").ok_or("DATAFORGE_PYTHON is not set")?;
    run(Command::new(python).args(["-c", PYTHON, module]).arg(path))
}

fn run(command: &mut Command) -> Result<Figures, Box<dyn Error>> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr });
    let last = said.lines().last().unwrap_or_default();
    let numbers: Result<Vec<f64>, _> = last.split(' ').map(str::parse).collect();
    match numbers.as_deref() {
        Ok(&[cpu, wall, peak, needed]) => Ok(Figures { cpu, wall, peak, needed }),
        _ => Err(last.into()),
    }
}

/// Returns the measurement whose CPU time is in the middle.
fn median(mut measure: impl FnMut() -> Result<Figures, Box<dyn Error>>) -> Result<Figures, Box<dyn Error>> {
    let mut all = (0..TURNS).map(|_| measure()).collect::<Result<Vec<_>, _>>()?;
    all.sort_by(|one, other| one.cpu.total_cmp(&other.cpu));
    Ok(all[TURNS / 2])
}

fn measure(what: &str, path: &Path) -> Result<Figures, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let options = ReadOptions::default();
    let before = if what == "write" { Some(read(&bytes, &options)?) } else { None };
    let (started, cpu) = (Instant::now(), cpu_time()?);
    let reading = match (what, &before) {
        ("read", _) => Some(read(&bytes, &options)?),
        ("header", _) => Some(read_header(&bytes, &options)?),
        ("write", Some(reading)) => {
            write(&reading.file, &WriteOptions::default(), &mut std::io::sink())?;
            None
        }
        _ => return Err("measure read, header or write".into()),
    };
    let (wall, cpu) = (started.elapsed(), cpu_time()?.saturating_sub(cpu));
    let needed = bytes.len() + reading.as_ref().map_or(0, columns);
    Ok(Figures { cpu: cpu.as_secs_f64(), wall: wall.as_secs_f64(), peak: peak_bytes()?, needed: needed as f64 })
}

/// Returns the bytes of all values.
fn columns(reading: &Reading) -> usize {
    let bytes = |values: &Values| match values {
        Values::Number(numbers) => size_of_val(numbers.as_slice()),
        Values::Text(texts) => size_of_val(texts.as_slice()) + texts.iter().flatten().map(String::len).sum::<usize>(),
    };
    reading.file.data.iter().flat_map(|set| &set.columns).map(|column| bytes(&column.values)).sum()
}

/// Returns the time this process was on a processor, as Linux tells it.
fn cpu_time() -> Result<Duration, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    Ok(Duration::from_nanos(text.split(' ').next().unwrap_or_default().parse()?))
}

/// Returns the most memory this process ever had, in bytes.
fn peak_bytes() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in status")?;
    Ok(line.trim().trim_end_matches("kB").trim_end().parse::<f64>()? * 1024.0)
}
