//! A field of wells written by us, seeded: what queries, clients and benchmarks of SQL are tried on.
//!
//! Every well has a run in metres, with [`CURVES`]; every third one in feet as well, every fourth
//! drilling data over time. Values are missing here and there and over a stretch, depths over a
//! stretch of every fourth well, tops of some.

use std::fmt::Write as _;
use std::path::Path;

/// Curves of the run in metres, in their order.
pub const CURVES: [&str; 5] = ["GR", "RHOB", "NPHI", "RT", "CALI"];
/// Depth of the first sample of every well's run in metres is this and up to 60 m more.
pub const TOP_M: f64 = 1000.0;
/// Metres between samples.
const STEP_M: f64 = 0.5;
/// Samples without a value over a stretch, in each run's first curve.
const MISSING: usize = 12;
/// Names of tops, the shallowest first.
const TOPS: [&str; 4] = ["Brent", "Dunlin", "Statfjord", "Hegre"];

/// A curve: mnemonic, unit, the value in the middle and how far it goes from there.
type Curve = (&'static str, &'static str, f64, f64);

const METRIC: [Curve; 5] = [
    (CURVES[0], "GAPI", 75.0, 40.0),
    (CURVES[1], "G/C3", 2.45, 0.2),
    (CURVES[2], "V/V", 0.2, 0.1),
    (CURVES[3], "OHMM", 20.0, 12.0),
    (CURVES[4], "IN", 8.5, 0.5),
];
const IMPERIAL: [Curve; 2] = [("GR", "GAPI", 75.0, 40.0), ("DT", "US/F", 90.0, 20.0)];
const DRILLING: [Curve; 2] = [("BPOS", "M", 15.0, 9.0), ("ROP", "M/HR", 20.0, 9.0)];

/// A run to be written.
struct Run<'a> {
    /// Mnemonic and unit.
    index: (&'a str, &'a str),
    first: f64,
    step: f64,
    rows: usize,
    curves: &'a [Curve],
    /// Rows that are left out.
    gap: std::ops::Range<usize>,
}

/// Returns the name of a well.
#[must_use]
pub fn well_name(number: u32) -> String {
    format!("Well {number:04}")
}

/// Writes the files of `wells` wells, whose run in metres has `rows` rows; returns how many runs
/// of logs there are.
///
/// # Panics
/// When a file cannot be written.
pub fn write_field(dir: &Path, wells: u32, rows: usize, seed: u64) -> u32 {
    std::fs::create_dir_all(dir).expect("a directory");
    let mut tops = "WELL,UWI,TOP,MD (m)\n".to_owned();
    let mut runs = 0;
    for number in 0..wells {
        let mut random = fastrand::Rng::with_seed(seed ^ u64::from(number).wrapping_mul(0x9e37_79b9));
        let first = TOP_M + f64::from(number % 7) * 10.0;
        let gap = if number.is_multiple_of(4) { rows / 2..rows / 2 + rows / 20 } else { 0..0 };
        let metric = Run { index: ("DEPT", "M"), first, step: STEP_M, rows, curves: &METRIC, gap };
        let mut all = vec![("main", metric)];
        if number.is_multiple_of(3) {
            let index = ("DEPT", "FT");
            let run = Run { index, first: first * 3.0, step: 0.5, rows: rows / 2, curves: &IMPERIAL, gap: 0..0 };
            all.push(("feet", run));
        }
        if number % 4 == 1 {
            let index = ("TIME", "S");
            let run = Run { index, first: 0.0, step: 5.0, rows: rows / 4, curves: &DRILLING, gap: 0..0 };
            all.push(("time", run));
        }
        for (kind, run) in all {
            let path = dir.join(format!("well-{number:05}-{kind}.las"));
            std::fs::write(path, text(number, &run, &mut random)).expect("a test file");
            runs += 1;
        }
        write_tops(&mut tops, number, first, STEP_M * rows as f64);
    }
    std::fs::write(dir.join("tops.csv"), tops).expect("a test file");
    runs
}

/// A number that no other well has one like.
fn uwi(number: u32) -> String {
    format!("42{:012}", (u64::from(number) + 1) * 987_654_321 % 1_000_000_000_000)
}

fn write_tops(text: &mut String, number: u32, first: f64, length: f64) {
    for (at, name) in (0_u32..).zip(TOPS) {
        if !(number + at).is_multiple_of(5) {
            let depth = first + length * (0.1 + 0.2 * f64::from(at)) + f64::from(number % 3);
            writeln!(text, "{},{},{name},{depth:.2}", well_name(number), uwi(number)).expect("text grows");
        }
    }
}

fn text(number: u32, run: &Run<'_>, random: &mut fastrand::Rng) -> String {
    let mut text = String::new();
    let (mnemonic, unit) = run.index;
    let at = |row: usize| run.first + run.step * row as f64;
    let (stop, field) = (at(run.rows.saturating_sub(1)), ["North", "Middle", "South"][number as usize % 3]);
    let company = ["Alpha", "Beta"][number as usize % 2];
    writeln!(
        text,
        "~Version\n VERS. 2.0 : CWLS LAS 2.0\n WRAP. NO : one line per step\n~Well\n STRT.{unit} {:.2} : START\n \
         STOP.{unit} {stop:.2} : STOP\n STEP.{unit} {} : STEP\n NULL. -999.25 : NULL\n WELL. {} : WELL\n \
         UWI. {} : UNIQUE WELL ID\n FLD. {field} : FIELD\n COMP. {company} : COMPANY\n~Curve\n {mnemonic}.{unit} : index",
        run.first,
        run.step,
        well_name(number),
        uwi(number)
    )
    .expect("text grows");
    for (name, unit, ..) in run.curves {
        writeln!(text, " {name}.{unit} : {name}").expect("text grows");
    }
    text.push_str("~A\n");
    let missing = run.rows / 3..run.rows / 3 + MISSING;
    for row in (0..run.rows).filter(|row| !run.gap.contains(row)) {
        write!(text, "{:.2}", at(row)).expect("text grows");
        for (phase, (_, _, middle, reach)) in run.curves.iter().enumerate() {
            if random.u32(0..40) == 0 || (phase == 0 && missing.contains(&row)) {
                text.push_str(" -999.25");
            } else {
                let wave = (row as f64 / 37.0 + phase as f64).sin() + random.f64() - 0.5;
                write!(text, " {:.4}", middle + reach * wave).expect("text grows");
            }
        }
        text.push('\n');
    }
    text
}
