//! Tests of the demo's files.

use dataforge_las::ReadOptions;
use dataforge_protocol::id::BlobHash;

use super::*;
use crate::ingest::coverage::{GapPlace, coverage_of, render};
use crate::ingest::prepare::{Prepared, prepare};
use crate::ingest::{dictionary, parquet};

/// Hashes of the files; a change of theirs changes every id of the demo.
const HASHES: [&str; 2] = [
    "56186f82dc4279bdf999965fec3f2e8b7b7858c6c90539bceb4e28f5841a9102",
    "ae22f0115a0cb3f4ae39bddf24e0351b9936cdab4956245ad949b73d085d7427",
];

#[test]
fn the_files_are_the_same_everywhere() {
    let hashes: Vec<String> = demo_files().iter().map(|(_, text)| BlobHash::of(text.as_bytes()).to_string()).collect();
    assert_eq!(hashes, HASHES);
}

#[test]
fn rows_are_as_many_as_declared() {
    let files = demo_files();
    let rows = |text: &str| text.lines().skip_while(|line| !line.starts_with("~A")).count() - 1;
    assert_eq!(rows(&files[0].1), 3 * NORTH.rows);
    assert_eq!(rows(&files[1].1), SOUTH.rows);
    assert!(files.iter().all(|(_, text)| text.is_ascii() && !text.contains("{}")));
    assert!(files[0].1.lines().all(|line| line.len() <= 80));
}

#[test]
fn every_hole_holds_the_null_value() {
    for sample in [&NORTH, &SOUTH] {
        let nulls: usize = sample.curves.iter().flat_map(|curve| curve.holes).map(|(from, to)| to - from).sum();
        let text = sample.write();
        assert_eq!(text.matches(sample.null).count(), nulls + 1, "{}", sample.name);
    }
}

#[test]
fn values_are_plausible() {
    let limits = [
        ("GR", 10.0, 150.0),
        ("RHOB", 1.3, 2.8),
        ("NPHI", 0.0, 0.6),
        ("DT", 45.0, 140.0),
        ("ILD", 0.5, 500.0),
        ("CALI", 7.5, 13.0),
    ];
    for sample in [&NORTH, &SOUTH] {
        for curve in sample.curves {
            let (_, min, max) = limits.iter().find(|limit| limit.0 == curve.mnemonic).unwrap();
            for row in 0..sample.rows {
                let value = rocks::value(curve.log, row, sample.stretch, sample.seed);
                assert!((min..=max).contains(&&value), "{} {row} {value}", curve.mnemonic);
            }
        }
    }
}

fn prepared() -> Vec<Prepared> {
    demo_files()
        .into_iter()
        .map(|(name, text)| {
            let reading = dataforge_las::read(text.as_bytes(), &ReadOptions::default())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            prepare(text.as_bytes(), &reading).unwrap()
        })
        .collect()
}

#[test]
fn the_files_are_read_without_a_warning() {
    for (prepared, sample) in prepared().iter().zip([&NORTH, &SOUTH]) {
        assert_eq!(prepared.warnings, [], "{}", sample.name);
        let [run] = &prepared.runs[..] else { panic!("{} runs", prepared.runs.len()) };
        assert_eq!(run.facts.rows, sample.rows as u64);
        assert_eq!((run.facts.index.reversals, &*run.facts.index.mnemonic), (0, "DEPT"));
        for (facts, curve) in run.facts.curves.iter().zip(sample.curves) {
            let nulls: usize = curve.holes.iter().map(|(from, to)| to - from).sum();
            assert_eq!((&*facts.mnemonic, &*facts.unit), (curve.mnemonic, curve.unit));
            assert_eq!(facts.count, (sample.rows - nulls) as u64, "{}", curve.mnemonic);
        }
    }
}

#[test]
fn the_wells_are_known_by_their_identifiers() {
    let [north, south] = &prepared()[..] else { panic!("two files") };
    assert_eq!(north.well.uwi_key.as_deref(), Some("100163699934W9"));
    assert_eq!(south.well.uwi_key.as_deref(), Some("4299990002"));
    assert_eq!(north.well.name.as_deref(), Some("NORTH 1"));
    // LAS 1.2 has value and description the other way round.
    assert_eq!(south.well.name.as_deref(), Some("SOUTH 2"));
    assert_eq!(south.well.province.as_deref(), Some("TEXAS"));
    assert_eq!(south.well.datum, [("EKB".to_owned(), "1534.0 F".to_owned())]);
    let steps = [north, south].map(|prepared| {
        let index = &prepared.runs[0].facts.index;
        (index.step, index.to_si)
    });
    assert_eq!(steps, [(Some(0.1524), Some(1.0)), (Some(0.5), Some(0.3048))]);
}

#[test]
fn every_curve_is_recognised() {
    for sample in [&NORTH, &SOUTH] {
        for curve in sample.curves {
            let found = dictionary::detect(curve.mnemonic, curve.unit, curve.description).unwrap();
            assert!(found.confidence >= 90 && found.unit.is_some(), "{found:?}");
        }
    }
}

#[test]
fn holes_show_as_gaps_where_they_are() {
    for (prepared, sample) in prepared().iter().zip([&NORTH, &SOUTH]) {
        let run = &prepared.runs[0];
        let batch = parquet::read(run.parquet.clone()).unwrap();
        let curves = coverage_of(&batch, &run.facts.index, None);
        for (found, curve) in curves.iter().zip(sample.curves) {
            let long = curve.holes.iter().filter(|(from, to)| to - from > 1);
            let wanted = long.map(|&(from, to)| match (from, to) {
                (0, _) => GapPlace::Start,
                (_, to) if to == sample.rows => GapPlace::End,
                _ => GapPlace::Inside,
            });
            let places = found.coverage.gaps.iter().map(|gap| gap.place);
            assert!(places.eq(wanted), "{} {:?}", found.column, found.coverage.gaps);
            let metres = run.facts.index.to_si.unwrap();
            for gap in &found.coverage.gaps {
                assert_eq!(gap.span.base_m, Some(gap.span.base * metres));
            }
        }
        assert_eq!(render(&curves).lines().count(), sample.curves.len(), "{}", render(&curves));
    }
}
