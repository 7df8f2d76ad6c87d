//! Reads the shared collection of LAS files and compares with what other readers made of them.
//!
//! The collection stands beside the repository, not in it. Without it there is nothing to
//! compare: the tests say so loudly, and fail where `CI=true` promises it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dataforge_las::{
    Column, DataSet, HeaderItem, LogFile, ReadError, ReadOptions, Reading, SectionKind, Values, read, read_header,
};
use serde_json::Value;

/// Files that the other reader agreed on, at the least; fewer mean that the walk went wrong.
const LEAST_EXPECTED: usize = 200;

/// Sums may differ by this share of the sum of magnitudes.
const SUM_TOLERANCE: f64 = 1e-12;

/// Returns the collection, if it is there.
fn collection() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/las");
    if root.is_dir() {
        return Some(root);
    }
    let promised = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!promised, "CI=true, but the collection of LAS files is missing: {}", root.display());
    // Past the macro, whose output is only shown of tests that fail.
    let mut stderr = std::io::stderr();
    let root = root.display();
    writeln!(stderr, "SKIP ===== no collection of LAS files, NOTHING WAS COMPARED: {root}")
        .expect("stderr can be written");
    None
}

/// Returns all files below `folder` whose name ends in one of `endings`, in order.
fn walk(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("folders of the collection can be read") {
        let path = entry.expect("folders of the collection can be read").path();
        if path.is_dir() {
            found.extend(walk(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn json(path: &Path) -> Value {
    let bytes = fs::read(path).expect("files of the collection can be read");
    serde_json::from_slice(&bytes).expect("expectations are JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Differences, each as a line that says where it is.
#[derive(Debug, Default)]
struct Differences(Vec<String>);

impl Differences {
    fn check(&mut self, equal: bool, place: &str, ours: &dyn std::fmt::Debug, theirs: &Value) {
        if !equal {
            self.0.push(format!("{place}: ours {ours:?}, theirs {theirs}"));
        }
    }
}

#[test]
fn files_read_as_the_other_reader_reads_them() {
    let Some(root) = collection() else { return };
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
    assert!(differences.0.is_empty(), "differences:\n{}", differences.0.join("\n"));
    assert!(files >= LEAST_EXPECTED, "only {files} files were compared");
}

fn compare_file(name: &str, file: &LogFile, expected: &Value, differences: &mut Differences) {
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
    let made_up = original == "" && item.mnemonic.starts_with("UNKNOWN:");
    let same = original == item.mnemonic.as_str() || made_up;
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
    check("first", numbers.first().copied().filter(|first| !first.is_nan()));
    check("last", numbers.last().copied().filter(|last| !last.is_nan()));
    let their_sum = theirs["sum"].as_f64().unwrap_or_default();
    let close = (facts.sum - their_sum).abs() <= SUM_TOLERANCE * facts.magnitude;
    differences.check(close, &format!("{place} sum"), &facts.sum, &theirs["sum"]);
}

/// What is compared of the numbers of a curve.
#[derive(Debug, Default)]
struct Facts {
    count: usize,
    min: Option<f64>,
    max: Option<f64>,
    sum: f64,
    magnitude: f64,
}

impl Facts {
    fn of(numbers: &[f64]) -> Self {
        let mut facts = Self::default();
        // Neumaier's sum carries what is lost in the lowest bits.
        let mut lost = 0.0;
        for &number in numbers.iter().filter(|number| !number.is_nan()) {
            facts.count += 1;
            facts.min = Some(facts.min.map_or(number, |min| min.min(number)));
            facts.max = Some(facts.max.map_or(number, |max| max.max(number)));
            facts.magnitude += number.abs();
            let sum = facts.sum + number;
            lost += if facts.sum.abs() >= number.abs() { facts.sum - sum + number } else { number - sum + facts.sum };
            facts.sum = sum;
        }
        facts.sum += lost;
        facts
    }
}

#[test]
fn traps_read_as_they_should() {
    let Some(root) = collection() else { return };
    let mut traps = 0;
    for path in walk(&root.join("files/traps"), ".expect.json") {
        let expected = json(&path);
        let las = path.to_string_lossy().replace(".expect.json", ".las");
        let bytes = fs::read(&las).unwrap();
        let Reading { file, .. } = read(&bytes, &ReadOptions::default()).unwrap();
        let set = &file.data[0];
        assert_eq!(expected["rows"], set.rows, "{las}");
        let columns: BTreeMap<String, Value> = set.columns.iter().map(cells).collect();
        for (name, values) in expected["columns"].as_object().unwrap() {
            assert_eq!(columns.get(name), Some(values), "{las}: {name}");
        }
        for (name, value) in expected["well"].as_object().into_iter().flatten() {
            let item = items(&file, SectionKind::Well).find(|item| item.mnemonic == *name);
            assert_eq!(item.map(|item| item.value.as_str()), value.as_str(), "{las}: {name}");
        }
        traps += 1;
    }
    eprintln!("{traps} traps");
    assert!(traps >= 6, "only {traps} traps were read");
}

/// Returns the name of a column and its values as JSON, null for no value.
fn cells(column: &Column) -> (String, Value) {
    let values = match &column.values {
        Values::Number(numbers) => numbers.iter().map(|&number| Value::from(number)).collect(),
        Values::Text(texts) => texts.iter().map(|text| Value::from(text.as_deref())).collect(),
    };
    (column.definition.mnemonic.clone(), values)
}

#[test]
fn no_file_panics_and_every_data_set_is_a_table() {
    let Some(root) = collection() else { return };
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for path in walk(&root.join("files"), "") {
        let bytes = fs::read(&path).unwrap();
        for strict in [false, true] {
            let options = ReadOptions { strict, encoding: None };
            let outcome = read(&bytes, &options);
            for set in outcome.iter().flat_map(|reading| &reading.file.data) {
                assert!(is_table(set), "{}", path.display());
            }
            if let (Ok(reading), Ok(header)) = (&outcome, read_header(&bytes, &options)) {
                let version = &header.file.version;
                assert_eq!(version, &reading.file.version, "{}", path.display());
            }
            let outcome = outcome.map_or_else(|error| kind(&error), |_| "read".to_owned());
            *outcomes.entry(format!("strict {strict}: {outcome}")).or_default() += 1;
        }
        // A file may be torn anywhere, and may hold any bytes.
        for cut in (1..9).map(|part| bytes.len() * part / 9) {
            let _torn = read(&bytes[..cut], &ReadOptions::default());
        }
    }
    eprintln!("{outcomes:#?}");
}

fn is_table(set: &DataSet) -> bool {
    let length = |column: &Column| match &column.values {
        Values::Number(numbers) => numbers.len(),
        Values::Text(texts) => texts.len(),
    };
    set.rows > 0 && set.columns.iter().all(|column| length(column) == set.rows)
}

fn kind(error: &ReadError) -> String {
    let text = format!("{error:?}");
    text.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}
