//! LAS 1.2 and 2.0: what lasio reads, where another independent reader agrees with it.

use std::fs;

use dataforge_las::{Column, HeaderItem, LogFile, ReadOptions, Reading, SectionKind, Values, read};
use serde_json::Value;

use crate::collection::{self, Differences, json, list, walk};
use crate::facts::Facts;

/// Files that the other reader agreed on, at the least; fewer mean that the walk went wrong.
const LEAST_EXPECTED: usize = 200;

#[test]
fn files_read_as_the_other_reader_reads_them() {
    let Some(root) = collection::root() else { return };
    let mut differences = Differences::default();
    let (mut files, mut curves, mut values) = (0, 0, 0);
    for path in walk(&root.join("expected"), ".json") {
        let expected = json(&path);
        let relative = path.strip_prefix(root.join("expected")).unwrap().with_extension("");
        let name = relative.to_string_lossy().into_owned();
        let bytes = fs::read(root.join("files").join(&relative)).unwrap();
        if expected["vers"].as_str().is_some_and(|vers| vers.starts_with('3')) {
            continue;
        }
        match read(&bytes, &ReadOptions::default()) {
            Ok(Reading { file, .. }) => {
                compare_file(&name, &file, &expected, &mut differences);
                files += 1;
                curves += file.data.iter().map(|set| set.columns.len()).sum::<usize>();
                values += file.data.iter().map(|set| set.columns.len() * set.rows).sum::<usize>();
            }
            Err(error) => differences.0.push(format!("{name}: {error}")),
        }
    }
    eprintln!("compared {files} files, {curves} curves, {values} values");
    differences.assert_none();
    assert!(files >= LEAST_EXPECTED, "only {files} files were compared");
}

/// Compares a file with what lasio made of it.
pub(crate) fn compare_file(name: &str, file: &LogFile, expected: &Value, differences: &mut Differences) {
    let [set] = file.data.as_slice() else {
        differences.0.push(format!("{name}: {} data sets", file.data.len()));
        return;
    };
    let columns = &set.columns;
    let rows = &expected["rows"];
    differences.check(rows == set.rows, &format!("{name}: rows"), &set.rows, rows);
    let count = &expected["n_curves"];
    differences.check(count == columns.len(), &format!("{name}: curves"), &columns.len(), count);
    for (column, theirs) in columns.iter().zip(list(&expected["curves"])) {
        compare_curve(name, column, theirs, differences);
    }
    let well: Vec<&HeaderItem> = items(file, SectionKind::Well).collect();
    if !file.sections.iter().any(|section| section.kind == SectionKind::Well) {
        // They make up a ~W where there is none.
        return;
    }
    let theirs = list(&expected["well"]);
    let count = Value::from(theirs.len());
    differences.check(well.len() == theirs.len(), &format!("{name}: ~W"), &well.len(), &count);
    for (item, theirs) in well.into_iter().zip(theirs) {
        let place = format!("{name}: ~W {}", item.mnemonic);
        compare_names(&place, item, theirs, differences);
        let same = same_value(&item.value, &theirs["value"]);
        differences.check(same, &place, &item.value, &theirs["value"]);
    }
}

fn items(file: &LogFile, kind: SectionKind) -> impl Iterator<Item = &HeaderItem> {
    file.sections.iter().filter(move |section| section.kind == kind).flat_map(|s| &s.items)
}

fn compare_names(place: &str, item: &HeaderItem, theirs: &Value, differences: &mut Differences) {
    let original = &theirs["original_mnemonic"];
    // What has no ~C line has no name either; we call it UNKNOWN.
    // Where we wrote that name, they take its colon for the description's.
    let made_up = (original == "" || original == "UNKNOWN") && item.mnemonic.starts_with("UNKNOWN:");
    let same = original == item.mnemonic.as_str() || made_up || original.as_str().is_some_and(is_garbled);
    differences.check(same, place, &item.mnemonic, original);
    // They drop the brackets of `[M]`; we keep what was delivered.
    let unit = item.unit.trim_matches(['[', ']', '(', ')']);
    let their_unit = theirs["unit"].as_str().unwrap_or_default().trim_matches(['[', ']', '(', ')']);
    let same = unit == their_unit || is_garbled(their_unit);
    differences.check(same, &format!("{place} unit"), &item.unit, &theirs["unit"]);
}

/// Returns whether a header value is theirs: they read what looks like a number as one.
fn same_value(ours: &str, theirs: &Value) -> bool {
    match theirs {
        Value::String(theirs) => ours == theirs.trim() || is_garbled(theirs) || differ_at_colon(ours, theirs),
        Value::Null => ours.is_empty() || ours.eq_ignore_ascii_case("nan"),
        number => number.as_f64() == ours.replace(',', ".").parse().ok(),
    }
}

/// Returns whether text is not trustworthy as they read it: they guess the encoding from the
/// first 4,000 bytes, and take degree signs for something else.
fn is_garbled(theirs: &str) -> bool {
    !theirs.is_ascii()
}

/// Returns whether one text is the other and more behind or before a colon: they always divide
/// at the last colon of 2.0 and the first of 1.2, also when it belongs to a time or a remark.
fn differ_at_colon(ours: &str, theirs: &str) -> bool {
    let (short, long) = if ours.len() < theirs.len() { (ours, theirs) } else { (theirs, ours) };
    let after = long.strip_prefix(short).is_some_and(|rest| rest.trim_start().starts_with(':'));
    let before = long.strip_suffix(short).is_some_and(|rest| rest.trim_end().ends_with(':'));
    after || before
}

fn compare_curve(name: &str, column: &Column, theirs: &Value, differences: &mut Differences) {
    let place = format!("{name}: {}", column.definition.mnemonic);
    compare_names(&place, &column.definition, theirs, differences);
    let Values::Number(numbers) = &column.values else {
        differences.check(theirs["kind"] == "text", &place, &"text", &theirs["kind"]);
        return;
    };
    let facts = Facts::of(numbers);
    let mut check = |what: &str, ours: Option<f64>| {
        let same = ours == theirs[what].as_f64();
        differences.check(same, &format!("{place} {what}"), &ours, &theirs[what]);
    };
    check("count_non_null", Some(facts.count as f64));
    check("count_null", Some((numbers.len() - facts.count) as f64));
    check("min", facts.min);
    check("max", facts.max);
    check("first", facts.first);
    check("last", facts.last);
    let hash = &theirs["f64le_sha256"];
    let ours = collection::hash(numbers.iter().flat_map(|number| number.to_le_bytes()).collect());
    differences.check(hash.is_null() || *hash == ours, &format!("{place} bits"), &ours, hash);
    let mut check = |what: &str, ours: Option<f64>| {
        let same = ours == theirs[what].as_f64();
        differences.check(same, &format!("{place} {what}"), &ours, &theirs[what]);
    };
    check("sum", Some(facts.sum).filter(|_| facts.count > 0));
}
