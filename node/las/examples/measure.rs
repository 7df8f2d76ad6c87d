//! Measures the reader and the writer: `measure read|header|write FILE [TIMES]`.
//!
//! Prints MB (10^6 bytes) per second of CPU time, the wall time of a run, and the peak of memory
//! beside the sizes of the file and its columns. For figures, build it like the program itself.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::time::Instant;

use dataforge_las::{ReadOptions, Reading, Values, WriteOptions, read, read_header, write};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(what), Some(path)) = (arguments.first(), arguments.get(1)) else {
        return Err("usage: measure read|header|write FILE [TIMES]".into());
    };
    let times: u32 = arguments.get(2).map_or(Ok(1), |times| times.parse())?;
    let bytes = fs::read(path)?;
    let options = ReadOptions::default();
    let mut reading = if what == "write" { Some(read(&bytes, &options)?) } else { None };
    let (wall, cpu) = (Instant::now(), cpu_seconds()?);
    for _ in 0..times {
        if what == "write" {
            let file = reading.as_ref().map(|reading| &reading.file).ok_or("nothing was read")?;
            write(file, &WriteOptions::default(), &mut std::io::sink())?;
            continue;
        }
        // The last one must not count to the memory of the next.
        drop(reading.take());
        reading = Some(if what == "header" { read_header(&bytes, &options)? } else { read(&bytes, &options)? });
    }
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    let megabytes = bytes.len() as f64 * f64::from(times) / 1e6;
    let peak = peak_bytes()?;
    let needed = bytes.len() + reading.as_ref().map_or(0, columns);
    writeln!(
        std::io::stdout(),
        "{:.0} MB per CPU-second, {:.2} ms a run, peak {:.1} MB = {:.2} x (file and columns)",
        megabytes / cpu,
        wall * 1e3 / f64::from(times),
        peak as f64 / 1e6,
        peak as f64 / needed as f64
    )?;
    Ok(())
}

/// Returns the bytes of all values.
fn columns(reading: &Reading) -> usize {
    let bytes = |values: &Values| match values {
        Values::Number(numbers) => size_of_val(numbers.as_slice()),
        Values::Text(texts) => size_of_val(texts.as_slice()) + texts.iter().flatten().map(String::len).sum::<usize>(),
    };
    reading.file.data.iter().flat_map(|set| &set.columns).map(|column| bytes(&column.values)).sum()
}

/// Returns the time this process was on a processor.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanoseconds / 1e9)
}

/// Returns the most memory this process ever had.
fn peak_bytes() -> Result<usize, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in status")?;
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim_end().parse()?;
    Ok(kilobytes * 1024)
}
