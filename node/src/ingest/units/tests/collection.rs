//! Tests of the units table against the reference collection.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_las::{ReadOptions, read_header};

use super::*;
use crate::ingest::collection;

/// Spellings of the collection's files that no unit is known for, and how often they occur.
const UNKNOWN: &str = include_str!("unknown.txt");

/// Units whose size we leave open although the collection gives one: a ratio to a fixed power,
/// which no other unit of its kind shares.
const OPEN: &[&str] = &["dBm"];

#[test]
fn every_unit_of_the_collection_is_in_the_table() {
    let Some(rows) = collection::rows("domain/units.csv") else { return };
    assert!(rows.len() >= 168);
    for row in rows {
        let (kind, symbol) = (&*row["measurement_type"], &*row["symbol"]);
        let unit = find(kind, symbol).unwrap_or_else(|| panic!("no unit {kind} {symbol}"));
        assert_eq!(unit.base, row["base_unit"], "{kind} {symbol}");
        let number = |column: &str| row[column].parse::<f64>().ok();
        match (unit.factor, number("to_base_factor")) {
            (Some(ours), Some(theirs)) => assert!(close(ours, theirs), "{kind} {symbol} {ours} {theirs}"),
            (None, Some(_)) => assert!(OPEN.contains(&symbol), "{kind} {symbol}"),
            (ours, None) => assert_eq!(ours, None, "{kind} {symbol}"),
        }
        assert!(close(unit.offset, number("to_base_offset").unwrap_or(0.0)), "{kind} {symbol}");
        for spelling in row["las_spellings_normalised"].split('|').filter(|spelling| !spelling.is_empty()) {
            // Gauge and absolute spellings stand for a unit of their own, of the same size.
            let found = resolve(spelling, Some(kind)).map(|found| found.factor);
            assert_eq!(found, Some(unit.factor), "{kind} {symbol} {spelling}");
        }
    }
}

#[test]
fn spellings_in_files_are_known_or_listed() {
    let Some(files) = collection::las_files() else { return };
    assert!(files.len() > 200, "the walk goes wrong: {} files", files.len());
    let mut unknown: BTreeMap<String, u32> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for (_, bytes) in &files {
        let Ok(reading) = read_header(bytes, &ReadOptions::default()) else { continue };
        for item in reading.file.sections.iter().flat_map(|section| &section.items) {
            let unit = item.unit.trim();
            if unit.is_empty() {
                continue;
            }
            if meanings(unit).is_empty() {
                *unknown.entry(normalise(unit)).or_default() += 1;
            } else {
                known.insert(normalise(unit));
            }
        }
    }
    assert!(known.len() > 80, "{known:?}");
    let listed: BTreeMap<String, u32> = UNKNOWN
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').expect("a line is a count and a spelling"))
        .map(|(count, spelling)| (spelling.to_owned(), count.parse().expect("a count")))
        .collect();
    let as_listed: String = unknown.iter().map(|(spelling, count)| format!("{count} {spelling}\n")).collect();
    assert_eq!(unknown, listed, "units/tests/unknown.txt should read\n{as_listed}");
}
