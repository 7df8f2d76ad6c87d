//! Read, write, read: nothing of any file of the collection may be lost on the way.

use std::collections::BTreeMap;
use std::fs;

use dataforge_las::{
    DataSet, HeaderItem, LasVersion, LogFile, ReadOptions, Reading, Section, SectionKind, SectionLine, Values,
    WriteError, WriteOptions, WriteReport, read, write,
};

use crate::collection;

/// Ways to write a file.
const WAYS: [(&str, LasVersion, bool); 5] = [
    ("1.2", LasVersion::V1_2, false),
    ("1.2 wrapped", LasVersion::V1_2, true),
    ("2.0", LasVersion::V2_0, false),
    ("2.0 wrapped", LasVersion::V2_0, true),
    ("3.0", LasVersion::V3_0, false),
];

/// What no version can hold as it is: file, ways, reason.
const NOT_REPRESENTABLE: [(&str, &[&str], &str); 6] = [
    ("lascheck/missing_version_section.las", OLD, LABELS),
    ("lascheck/sample.las", OLD, LABELS),
    ("lascheck/sample_invalid_start_step.las", OLD, LABELS),
    ("lascheck/sample_invalid_step.las", OLD, LABELS),
    ("lascheck/sample_invalid_stop_step.las", OLD, LABELS),
    ("lasio-examples/missing_vers.las", OLD, LABELS),
];

const OLD: &[&str] = &["1.2", "1.2 wrapped"];

/// They call themselves 2.0 and have the values of `~W` where 1.2 has them, so that by the letter
/// the label is the value. A reader of 1.2 finds them in the order of 2.0, and reads them so.
const LABELS: &str = "the values of ~W are its labels";

#[test]
fn what_was_read_is_written_and_read_again() {
    let Some(root) = collection::root() else { return };
    let mut wrong: Vec<String> = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, path) in collection::las_files(&root) {
        let Ok(Reading { file, .. }) = read(&fs::read(&path).unwrap(), &ReadOptions::default()) else { continue };
        for (way, version, wrapped) in WAYS {
            let options = WriteOptions { version, wrapped, ..WriteOptions::default() };
            let excepted = NOT_REPRESENTABLE.iter().any(|(file, ways, _)| *file == name && ways.contains(&way));
            match round_trip(&file, &options) {
                Ok(differences) => {
                    *counts.entry(way).or_default() += 1;
                    wrong.extend(differences.into_iter().map(|difference| format!("{name} as {way}: {difference}")));
                    if excepted {
                        wrong.push(format!("{name} as {way} is listed as not representable, and is written"));
                    }
                }
                Err(error) if !excepted => wrong.push(format!("{name} as {way}: {error}")),
                Err(_) => {}
            }
        }
    }
    eprintln!("written and read again: {counts:?}");
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    assert!(counts.values().all(|&count| count >= 230), "{counts:?}");
}

/// Writes a file, reads it, and returns what differs.
fn round_trip(file: &LogFile, options: &WriteOptions) -> Result<Vec<String>, WriteError> {
    let mut bytes = Vec::new();
    let report = write(file, options, &mut bytes)?;
    let again = match read(&bytes, &ReadOptions::default()) {
        Ok(reading) => reading.file,
        Err(error) => return Ok(vec![format!("not read again: {error}")]),
    };
    let mut differences = Vec::new();
    if report.bytes != bytes.len() as u64 {
        differences.push(format!("{} bytes reported, {} written", report.bytes, bytes.len()));
    }
    let mut twice = Vec::new();
    write(&again, options, &mut twice)?;
    // Words that 2.0 reads as numbers are written as those.
    if twice != bytes && report.notes.is_empty() {
        differences.push("written again, it is another file".to_owned());
    }
    compare_sets(file, &again, options, &mut differences);
    compare_headers(file, &again, options, &report, &mut differences);
    Ok(differences)
}

fn compare_sets(file: &LogFile, again: &LogFile, options: &WriteOptions, differences: &mut Vec<String>) {
    let is_3 = options.version == LasVersion::V3_0;
    let log = file.data.iter().position(|set| set.kind == dataforge_las::SetKind::Log).unwrap_or_default();
    let written: Vec<&DataSet> = if is_3 { file.data.iter().collect() } else { vec![&file.data[log]] };
    if written.len() != again.data.len() {
        return differences.push(format!("{} data sets of {}", again.data.len(), written.len()));
    }
    for (set, found) in written.into_iter().zip(&again.data) {
        if is_3 && (set.kind, &set.name) != (found.kind, &found.name) {
            differences.push(format!("{} became {}", set.title, found.title));
        }
        let comments = |set: &DataSet| set.comments.iter().map(|c| (c.row, c.text.clone())).collect::<Vec<_>>();
        if comments(set) != comments(found) {
            differences.push("comments among the rows".to_owned());
        }
        if set.columns.len() != found.columns.len() {
            differences.push(format!("{} columns of {}", found.columns.len(), set.columns.len()));
        }
        for (column, again) in set.columns.iter().zip(&found.columns) {
            if !same_values(&column.values, &again.values) {
                differences.push(format!("values of {}", column.definition.mnemonic));
            }
            if !same_item(&column.definition, &again.definition) {
                differences.push(format!("definition {:?} became {:?}", column.definition, again.definition));
            }
        }
    }
}

/// Returns whether values are equal bit by bit. Words that all look like numbers are numbers where
/// no format can say otherwise.
fn same_values(one: &Values, other: &Values) -> bool {
    match (one, other) {
        (Values::Number(one), Values::Number(other)) => {
            let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
            one.len() == other.len() && one.iter().zip(other).all(same)
        }
        (Values::Text(one), Values::Text(other)) => one == other,
        (Values::Text(one), Values::Number(other)) => {
            let same = |(a, b): (&Option<String>, &f64)| match a {
                Some(text) => text.parse() == Ok(*b),
                None => b.is_nan(),
            };
            one.len() == other.len() && one.iter().zip(other).all(same)
        }
        (Values::Number(_), Values::Text(_)) => false,
    }
}

/// Returns whether items say the same. A format that only LAS 3.0 asks for may be new, and what
/// LAS 3.0 has behind a description is part of it elsewhere.
fn same_item(one: &HeaderItem, other: &HeaderItem) -> bool {
    let full = |item: &HeaderItem, format: bool| {
        let format = item.format.as_ref().filter(|_| format).map(|format| format!("{{{}}}", format.as_str()));
        let bar = if item.associations.is_empty() { "" } else { "|" };
        let text = format!("{}{}{bar}{}", item.description, format.unwrap_or_default(), item.associations.join(","));
        text.split_whitespace().collect::<String>()
    };
    let is_new = one.format.is_none() && !full(one, true).contains('{');
    one.mnemonic == other.mnemonic
        && one.unit == other.unit
        && one.value == other.value
        && full(one, true) == full(other, !is_new)
}

fn compare_headers(
    file: &LogFile,
    again: &LogFile,
    options: &WriteOptions,
    report: &WriteReport,
    differences: &mut Vec<String>,
) {
    let left_out = |section: &Section| report.left_out.iter().any(|left| left.line == section.line);
    let is_definition = |file: &LogFile, section: &Section| {
        file.data.iter().any(|set| set.definition.iter().any(|&at| std::ptr::eq(&file.sections[at], section)))
    };
    for kind in
        [SectionKind::Version, SectionKind::Well, SectionKind::Parameter, SectionKind::Other, SectionKind::Custom]
    {
        let before = file.sections.iter().filter(|s| s.kind == kind && !left_out(s) && !is_definition(file, s));
        let after = again.sections.iter().filter(|s| s.kind == kind && !is_definition(again, s));
        let lines = |sections: Vec<&Section>| {
            let items = sections.iter().flat_map(|s| s.items.clone()).collect::<Vec<_>>();
            let text = sections.iter().flat_map(|s| s.lines()).filter_map(|line| match line {
                SectionLine::Text(text) => Some(text.to_owned()),
                SectionLine::Item(_) => None,
            });
            (items, text.collect::<Vec<_>>())
        };
        let ((before, text_before), (after, text_after)) = (lines(before.collect()), lines(after.collect()));
        let updated = |item: &&HeaderItem| !report.updated.iter().any(|updated| updated.mnemonic == item.mnemonic);
        let (before, after): (Vec<_>, Vec<_>) =
            (before.iter().filter(updated).collect(), after.iter().filter(updated).collect());
        if before.len() != after.len() {
            differences.push(format!("{} {kind:?} items of {}", after.len(), before.len()));
        }
        for (one, other) in before.iter().zip(&after) {
            if !same_item(one, other) {
                differences.push(format!("{kind:?} {one:?} became {other:?}"));
            }
        }
        if text_before != text_after {
            differences.push(format!("{kind:?} text {text_before:?} became {text_after:?}"));
        }
    }
    let comments = |file: &LogFile, written: &dyn Fn(&Section) -> bool| -> Vec<String> {
        let sections = file.sections.iter().filter(|s| is_definition(file, s) && written(s));
        sections.flat_map(|s| s.text.iter().map(|(_, text)| text.clone())).collect()
    };
    let (before, after) = (comments(file, &|s| !left_out(s)), comments(again, &|_| true));
    if before != after && options.version == LasVersion::V3_0 {
        differences.push(format!("comments of definitions: {before:?} became {after:?}"));
    }
}
