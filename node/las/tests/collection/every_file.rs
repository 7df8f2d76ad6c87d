//! Every file: read, or refused for a reason that is on a list; and none makes the reader panic.

use std::collections::BTreeMap;
use std::fs;

use dataforge_las::{DataSet, ReadError, ReadOptions, read, read_header};

use crate::collection;

/// Files that are refused and why: path below `files`, a tab, the kind of error.
const REFUSED: &str = include_str!("../refused.txt");

/// Errors that concern a whole file, so that their message names no line.
const WHOLE_FILE: [&str; 3] = ["Empty", "Lidar", "NotLas"];

#[test]
fn every_file_is_read_or_refused_for_a_known_reason() {
    let Some(root) = collection::root() else { return };
    let lines = REFUSED.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut listed: BTreeMap<&str, &str> = lines.filter_map(|line| line.split_once('\t')).collect();
    let (mut files, mut wrong) = (0, Vec::new());
    for (name, path) in collection::las_files(&root) {
        files += 1;
        let bytes = fs::read(&path).unwrap();
        let error = read(&bytes, &ReadOptions::default()).err();
        let expected = listed.remove(name.as_str());
        let found = error.as_ref().map(kind);
        if found.as_deref() != expected {
            wrong.push(format!("{name}: {found:?} is not {expected:?}"));
        }
        let Some(error) = error else { continue };
        let message = error.to_string();
        let is_located = message.contains("line ") || message.contains("no ~A");
        if !is_located && !WHOLE_FILE.contains(&kind(&error).as_str()) {
            wrong.push(format!("{name}: the message names no line: {message}"));
        }
    }
    wrong.extend(listed.keys().map(|name| format!("{name} is listed as refused and is not there")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(files >= 248, "only {files} files were read");
}

#[test]
fn no_file_panics_and_every_data_set_is_a_table() {
    let Some(root) = collection::root() else { return };
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for (name, path) in collection::las_files(&root) {
        let bytes = fs::read(&path).unwrap();
        for strict in [false, true] {
            let options = ReadOptions { strict, ..ReadOptions::default() };
            let outcome = read(&bytes, &options);
            for set in outcome.iter().flat_map(|reading| &reading.file.data) {
                assert!(is_table(set), "{name}");
            }
            if let (Ok(reading), Ok(header)) = (&outcome, read_header(&bytes, &options)) {
                assert_eq!(&header.file.version, &reading.file.version, "{name}");
                // Of a file whose rows are all that is not ASCII, the header is ASCII.
                let same_encoding = header.file.encoding == reading.file.encoding;
                let begins = reading.file.sections.starts_with(&header.file.sections);
                assert!(begins || !same_encoding, "{name}");
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
    set.rows > 0 && set.columns.iter().all(|column| column.values.len() == set.rows)
}

fn kind(error: &ReadError) -> String {
    let text = format!("{error:?}");
    text.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}
