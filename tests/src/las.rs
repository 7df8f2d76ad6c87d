//! LAS files written by us, seeded: sources for tests that need many or large ones.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Writes an unwrapped LAS 2.0 file of a well: an index in metres and `curves` curves.
///
/// # Panics
/// When the file cannot be written.
pub fn write_las(dir: &Path, number: u32, rows: usize, curves: usize, seed: u64) -> PathBuf {
    let path = dir.join(format!("well-{number:05}.las"));
    std::fs::write(&path, las_text(number, rows, curves, seed)).expect("a test file");
    path
}

/// Returns the text of such a file.
#[must_use]
pub fn las_text(number: u32, rows: usize, curves: usize, seed: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed ^ u64::from(number));
    let mut text = String::new();
    let stop = 1000.0 + 0.5 * rows.saturating_sub(1) as f64;
    let mut line = |args: std::fmt::Arguments<'_>| writeln!(text, "{args}").expect("text grows");
    line(format_args!("~Version\n VERS. 2.0 : CWLS LAS 2.0\n WRAP. NO : one line per depth step\n~Well"));
    line(format_args!(" STRT.M 1000.0 : START\n STOP.M {stop} : STOP\n STEP.M 0.5 : STEP\n NULL. -999.25 : NULL"));
    line(format_args!(
        " WELL. Test {number} : WELL\n UWI. 9{number:013} : UNIQUE WELL ID\n FLD. Harness : FIELD\n~Curve\n DEPT.M : depth"
    ));
    for curve in 0..curves {
        line(format_args!(" C{curve}.GAPI : curve {curve}"));
    }
    line(format_args!("~A"));
    for row in 0..rows {
        let mut cells = format!("{:.1}", 1000.0 + 0.5 * row as f64);
        for _ in 0..curves {
            let value = if random.u32(0..40) == 0 { -999.25 } else { random.f64() * 150.0 };
            write!(cells, " {value:.4}").expect("text grows");
        }
        line(format_args!("{cells}"));
    }
    text
}
