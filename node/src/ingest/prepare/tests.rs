//! Tests of the whole way of a file.

use dataforge_las::{Column, ImportReport, Notice, NoticeKind, Section, SectionKind, Values, Version};
use dataforge_protocol::facts::IndexKind;

use super::*;

fn item(line: u32, mnemonic: &str, unit: &str, value: &str) -> HeaderItem {
    HeaderItem {
        mnemonic: mnemonic.to_owned(),
        unit: unit.to_owned(),
        value: value.to_owned(),
        line,
        ..HeaderItem::default()
    }
}

fn column(line: u32, mnemonic: &str, unit: &str, values: Vec<f64>) -> Column {
    Column { definition: item(line, mnemonic, unit, ""), values: Values::Number(values) }
}

fn reading() -> Reading {
    let well = Section {
        title: "~W".to_owned(),
        kind: SectionKind::Well,
        line: 3,
        items: vec![
            item(4, "STRT", "FT", "1000.0"),
            item(5, "STOP", "FT", "1002.0"),
            item(6, "STEP", "FT", "0.5"),
            item(7, "WELL", "", "North 1"),
            item(8, "UWI", "", "12-345 a"),
        ],
        text: Vec::new(),
    };
    let depths = (0..5).map(|row| 1_000.0 + f64::from(row) * 0.5).collect();
    let data = DataSet {
        columns: vec![
            column(10, "DEPT", "F", depths),
            column(11, "GR", "GAPI", vec![f64::NAN, 20.0, 30.0, 10.0, f64::NAN]),
        ],
        rows: 5,
        line: 20,
        ..DataSet::default()
    };
    let file = LogFile {
        version: Version { vers: "2.0".to_owned(), ..Version::default() },
        sections: vec![well],
        data: vec![data],
        encoding: "utf-8".to_owned(),
    };
    Reading { file, report: ImportReport::default() }
}

fn messages(reading: &Reading) -> Vec<String> {
    let prepared = prepare(b"", reading).unwrap();
    prepared.warnings.iter().map(|warning| format!("{}: {}", warning.line, warning.message)).collect()
}

#[test]
fn a_file_becomes_bytes_and_facts() {
    let source = b"the source";
    let prepared = prepare(source, &reading()).unwrap();
    assert_eq!(prepared.warnings, []);
    assert_eq!(prepared.source_sha256, <[u8; 32]>::from(Sha256::digest(source)));
    assert_eq!(prepared.well.uwi_key.as_deref(), Some("12Z345A"));
    let [run] = &prepared.runs[..] else { panic!("{} runs", prepared.runs.len()) };
    let facts = &run.facts;
    assert_eq!(facts.blob, BlobHash::of(&run.parquet));
    assert_eq!(facts.blob_size, run.parquet.len() as u64);
    assert_eq!((&*facts.reader, facts.source_size, facts.rows), ("las/2", 10, 5));
    assert_eq!(facts.source_sha256, prepared.source_sha256);
    let index = &facts.index;
    assert_eq!((&*index.mnemonic, &*index.column, &*index.unit), ("DEPT", "dept", "F"));
    assert_eq!((index.kind, index.to_si, index.step), (IndexKind::Depth, Some(0.3048), Some(0.5)));
    assert_eq!((index.min, index.max, index.reversals), (Some(1_000.0), Some(1_002.0), 0));
    let [gamma] = &facts.curves[..] else { panic!("{} curves", facts.curves.len()) };
    assert_eq!((gamma.ordinal, &*gamma.column, gamma.count), (1, "gr", 3));
    assert_eq!((gamma.top, gamma.base), (Some(1_000.5), Some(1_001.5)));
    assert_eq!((&*run.declared.start, &*run.declared.unit), ("1000.0", "FT"));
    let batch = parquet::read(run.parquet.clone()).unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (5, 2));
}

#[test]
fn the_same_source_gives_the_same_result() {
    assert_eq!(prepare(b"x", &reading()).unwrap(), prepare(b"x", &reading()).unwrap());
}

#[test]
fn every_data_set_with_columns_is_a_run() {
    let mut reading = reading();
    let again = reading.file.data[0].clone();
    reading.file.data.push(DataSet { line: 30, ..DataSet::default() });
    reading.file.data.push(again);
    let prepared = prepare(b"", &reading).unwrap();
    let ordinals: Vec<u32> = prepared.runs.iter().map(|run| run.data_set).collect();
    assert_eq!(ordinals, [0, 2]);
    assert_eq!(messages(&reading), ["30: data section without columns is passed over"]);
}

#[test]
fn a_header_alone_makes_no_run() {
    let mut reading = reading();
    reading.file.data.clear();
    let prepared = prepare(b"", &reading).unwrap();
    assert!(prepared.runs.is_empty());
    assert_eq!(prepared.well.name.as_deref(), Some("North 1"));
}

#[test]
fn the_readers_notices_come_first() {
    let mut reading = reading();
    reading.file.data[0].columns[0].definition.unit.clear();
    reading.file.sections[0].items.truncate(0);
    reading.report.notices.push(Notice {
        line: 21,
        column: 7,
        kind: NoticeKind::RunOn,
        message: "values run on".to_owned(),
    });
    assert_eq!(
        messages(&reading),
        [
            "21: values run on",
            "0: no uwi or api number: the well is known by this file",
            "10: no unit for the index DEPT",
        ]
    );
}

#[test]
fn contradictions_about_the_index_are_reported() {
    let mut reading = reading();
    let items = &mut reading.file.sections[0].items;
    items[0].unit = "M".to_owned();
    "304.8".clone_into(&mut items[0].value);
    "1100".clone_into(&mut items[1].value);
    "0.25".clone_into(&mut items[2].value);
    // 304.8 m are 1,000 ft: the units differ, the depth does not.
    assert_eq!(
        messages(&reading),
        [
            "4: STRT is in M, the index column in F: the column's unit is used",
            "5: STOP says 1100 FT, but the last row is 1002 F",
            "6: STEP says 0.25 FT, but the step of the rows is 0.5 F",
        ]
    );
}

#[test]
fn a_contradicting_unit_is_reported_once() {
    let mut reading = reading();
    for item in &mut reading.file.sections[0].items[..3] {
        item.unit = "M".to_owned();
    }
    assert_eq!(messages(&reading), ["4: STRT is in M, the index column in F: the column's unit is used"]);
}

#[test]
fn turning_and_missing_depths_are_reported() {
    let mut reading = reading();
    reading.file.sections[0].items.retain(|item| item.mnemonic == "UWI");
    reading.file.data[0].columns[0].values = Values::Number(vec![1_000.0, 1_000.5, 1_000.5, f64::NAN, 1_001.0]);
    assert_eq!(
        messages(&reading),
        [
            "20: rows without an index, kept as they are: 1",
            "20: rows whose index turns back or repeats, kept in order: 1",
        ]
    );
}

#[test]
fn repeats_and_mislabelled_percents_are_reported() {
    let mut reading = reading();
    let data = &mut reading.file.data[0];
    data.columns.push(column(12, "GR", "GAPI", vec![1.0; 5]));
    data.columns.push(column(13, "NPHI", "%", vec![0.1, 0.2, 0.3, 0.4, f64::NAN]));
    data.columns.push(column(14, "PHID", "%", vec![10.0; 5]));
    assert_eq!(
        messages(&reading),
        ["12: mnemonic GR stands again: column gr_2 beside gr", "13: NPHI is said to be in %, but no value is above 1",]
    );
    let prepared = prepare(b"", &reading).unwrap();
    let names: Vec<&str> = prepared.runs[0].facts.curves.iter().map(|curve| &*curve.column).collect();
    assert_eq!(names, ["gr", "gr_2", "nphi", "phid"]);
}

#[test]
fn a_data_set_with_too_many_curves_is_refused() {
    let mut reading = reading();
    reading.file.data[0].columns = vec![column(1, "X", "", vec![0.0; 5]); 4_098];
    let error = prepare(b"", &reading).unwrap_err();
    assert_eq!(error.to_string(), "data set 0 makes no table");
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "data set at line 20 has 4097 curves, at most 4096 are taken");
}
