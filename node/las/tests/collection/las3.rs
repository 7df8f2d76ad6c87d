//! LAS 3.0: every data set as an independent reader by the standard's text reads it.

use std::fs;

use dataforge_las::{Column, DataSet, HeaderItem, LogFile, ReadOptions, Values, read};
use serde_json::Value;

use crate::collection::{self, Differences, json, list, walk};
use crate::facts::Facts;

/// Files the other reader read.
const EXPECTED: usize = 17;

/// Data sets in which we read better, and why they are not compared.
const BETTER: [(&str, &str); 1] = [
    // The other reader drops definitions without a period, and takes what is in front of the tab
    // that every line begins with for a column.
    ("las-js/sample_v3/E1.las", "Ascii"),
];

#[test]
fn data_sets_read_as_the_other_reader_reads_them() {
    let Some(root) = collection::root() else { return };
    let mut differences = Differences::default();
    let (mut files, mut sets) = (0, 0);
    for path in walk(&root.join("expected-las3"), ".json") {
        let expected = json(&path);
        let relative = path.strip_prefix(root.join("expected-las3")).unwrap().with_extension("");
        let name = relative.to_string_lossy().into_owned();
        let bytes = fs::read(root.join("files").join(&relative)).unwrap();
        let file = match read(&bytes, &ReadOptions::default()) {
            Ok(reading) => reading.file,
            Err(error) => {
                // A title that is no title of LAS 3.0 leaves nothing to compare.
                differences.check(list(&expected["data_sets"]).is_empty(), &name, &error, &expected["data_sets"]);
                continue;
            }
        };
        files += 1;
        sets += file.data.len();
        compare_file(&name, &file, &expected, &mut differences);
    }
    eprintln!("compared {files} files, {sets} data sets");
    differences.assert_none();
    assert_eq!(files, EXPECTED, "files compared");
}

/// Compares a file with what the other reader made of it.
pub(crate) fn compare_file(name: &str, file: &LogFile, expected: &Value, differences: &mut Differences) {
    let null = file.version.null.as_deref().unwrap_or_default();
    // What one title of ours holds, theirs may hold none of.
    let theirs = list(&expected["data_sets"]);
    let count = Value::from(theirs.len());
    let same = theirs.len() == file.data.len() || theirs.is_empty();
    differences.check(same, &format!("{name}: data sets"), &file.data.len(), &count);
    for (set, theirs) in file.data.iter().zip(theirs) {
        compare_set(name, null, set, theirs, differences);
    }
}

fn compare_set(name: &str, null: &str, set: &DataSet, theirs: &Value, differences: &mut Differences) {
    let title = set.title.trim_start_matches(['~', ' ']).split([' ', '|']).next().unwrap_or_default();
    let place = format!("{name}: {title}");
    differences.check(theirs["title"] == title, &place, &title, &theirs["title"]);
    differences.check(theirs["line"] == set.line, &format!("{place}: line"), &set.line, &theirs["line"]);
    differences.check(theirs["rows"] == set.rows, &format!("{place}: rows"), &set.rows, &theirs["rows"]);
    if BETTER.contains(&(name, title)) {
        return;
    }
    let columns = list(&theirs["columns"]);
    let count = Value::from(columns.len());
    differences.check(columns.len() == set.columns.len(), &format!("{place}: columns"), &set.columns.len(), &count);
    for (column, theirs) in set.columns.iter().zip(columns) {
        let place = format!("{place}: {}", column.definition.mnemonic);
        compare_definition(&place, &column.definition, theirs, differences);
        compare_values(&place, null, column, theirs, differences);
    }
}

fn compare_definition(place: &str, item: &HeaderItem, theirs: &Value, differences: &mut Differences) {
    let parts = [
        ("mnemonic", Some(item.mnemonic.as_str())),
        ("unit", Some(&item.unit)),
        ("value", Some(&item.value)),
        ("descr", Some(&item.description)),
        ("format", item.format.as_ref().map(|format| format.as_str())),
        ("assoc", item.associations.first().map(String::as_str)),
    ];
    for (part, ours) in parts {
        let text = theirs[part].as_str().map(str::trim);
        differences.check(text == ours, &format!("{place}: {part}"), &ours, &theirs[part]);
    }
}

fn compare_values(place: &str, null: &str, column: &Column, theirs: &Value, differences: &mut Differences) {
    let mut check = |what: &str, ours: Value| {
        let same = ours == theirs[what] || ours.as_f64().is_some_and(|ours| theirs[what].as_f64() == Some(ours));
        differences.check(same, &format!("{place}: {what}"), &ours, &theirs[what]);
    };
    match &column.values {
        Values::Number(numbers) => {
            let facts = Facts::of(numbers);
            check("kind", "numeric".into());
            check("count_non_null", facts.count.into());
            check("count_null", (numbers.len() - facts.count).into());
            check("min", facts.min.into());
            check("max", facts.max.into());
            check("sum", Some(facts.sum).filter(|_| facts.count > 0).into());
            check("first", facts.first.into());
            check("last", facts.last.into());
        }
        Values::Text(texts) => {
            // They keep the null value as text where a column is text.
            let hash = |null: &str| {
                let texts: Vec<&str> = texts.iter().map(|text| text.as_deref().unwrap_or(null)).collect();
                collection::hash(texts.join("\n").into_bytes())
            };
            let (empty, spelled) = (hash(""), hash(null));
            check("kind", "text".into());
            let ours = if theirs["text_sha256"] == empty { empty } else { spelled };
            check("text_sha256", ours.into());
        }
    }
}
