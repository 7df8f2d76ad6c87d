//! Files that tests make up.
#![allow(dead_code, reason = "flows come one by one, and each uses what it needs")]

use std::fmt::Write as _;
use std::path::Path;

/// Writes a file, and the folders above it.
pub(crate) fn write(path: &Path, text: &str) {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).expect("a folder for a test");
    }
    std::fs::write(path, text).expect("a file for a test");
}

/// Returns a LAS 2.0 file of a well, from 1000 m on by half a metre: curves by mnemonic and unit, each
/// between 10 and 110 but for every fortieth value, which is absent.
pub(crate) fn las(well: &str, uwi: &str, curves: &[(&str, &str)], rows: u32) -> String {
    let mut text = String::new();
    let stop = 1000.0 + 0.5 * f64::from(rows.saturating_sub(1));
    let mut line = |told: std::fmt::Arguments<'_>| writeln!(text, "{told}").expect("text grows");
    line(format_args!("~Version\n VERS. 2.0 : CWLS LAS 2.0\n WRAP. NO : one line per depth step\n~Well"));
    line(format_args!(" STRT.M 1000.0 : START\n STOP.M {stop} : STOP\n STEP.M 0.5 : STEP\n NULL. -999.25 : NULL"));
    line(format_args!(" WELL. {well} : WELL\n UWI. {uwi} : UNIQUE WELL ID\n FLD. Harness : FIELD\n~Curve"));
    line(format_args!(" DEPT.M : depth"));
    for (mnemonic, unit) in curves {
        line(format_args!(" {mnemonic}.{unit} : {mnemonic}"));
    }
    line(format_args!("~A"));
    for row in 0..rows {
        let mut cells = format!("{:.1}", 1000.0 + 0.5 * f64::from(row));
        for curve in 0..curves.len() {
            let phase = f64::from(row) * 0.05 + f64::from(u32::try_from(curve).unwrap_or(0));
            let value = if row % 40 == 39 { -999.25 } else { 60.0 + 50.0 * phase.sin() };
            write!(cells, " {value:.4}").expect("text grows");
        }
        line(format_args!("{cells}"));
    }
    text
}

/// Returns a CSV file with these heads and rows.
pub(crate) fn csv(heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = heads.join(",");
    text.push('\n');
    for row in rows {
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text
}
