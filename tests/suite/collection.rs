//! The whole collection of real and odd files, through the program: imported with every value, or
//! refused for a reason on a list; and back out again, byte for byte and value for value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dataforge_las::{LogFile, ReadOptions, Values, read};
use dataforge_tests::program::{Place, shared, skip};

/// Files that are refused, and what the message must say: a file and the reason, a tab between.
const REFUSED: &str = include_str!("collection/refused.txt");

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
    found.sort();
}

fn is_las(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("las"))
}

fn parsed(path: &Path) -> LogFile {
    let bytes = std::fs::read(path).unwrap();
    read(&bytes, &ReadOptions::default()).unwrap_or_else(|error| panic!("{}: {error}", path.display())).file
}

/// Values by their bits; a null is one whatever its bits.
fn columns(file: &LogFile, set: usize) -> Vec<Vec<String>> {
    let column = |values: &Values| match values {
        Values::Number(numbers) => numbers
            .iter()
            .map(|number| if number.is_nan() { "-".to_owned() } else { format!("{:x}", number.to_bits()) })
            .collect(),
        Values::Text(texts) => texts.iter().map(|text| text.clone().unwrap_or_else(|| "-".to_owned())).collect(),
    };
    file.data[set].columns.iter().map(|found| column(&found.values)).collect()
}

#[test]
fn every_real_file_is_imported_or_refused_for_a_listed_reason_and_comes_back() {
    let Some(root) = shared("las/files") else {
        return skip("every_real_file_is_imported_or_refused_for_a_listed_reason", "the shared LAS files");
    };
    let place = Place::new("ada");
    place.json(&["init", "Collection"]);
    let output = place.run(["--json", "import", root.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4), "some are refused");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut all = Vec::new();
    files(&root, &mut all);
    all.retain(|path| is_las(path));
    let results: BTreeMap<_, _> = summary["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (PathBuf::from(file["path"].as_str().unwrap()), file))
        .collect();
    let reasons: BTreeMap<_, _> =
        REFUSED.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t')).collect();
    let mut refused = 0;
    for path in &all {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let file = results.get(path).unwrap_or_else(|| panic!("{name} is in no result"));
        match (file["outcome"].as_str().unwrap(), reasons.get(name.as_str())) {
            ("failed", Some(reason)) => {
                assert!(file["error"].as_str().unwrap().contains(reason), "{name}: {file}");
                refused += 1;
            }
            ("imported" | "already here", None) => {}
            (outcome, reason) => panic!("{name} is {outcome}, the list says {reason:?}: {file}"),
        }
    }
    assert_eq!(refused, reasons.len(), "the list names files that are there");
    assert!(all.len() > 200, "{}", all.len());
    come_back(&place, &root, &results);
    place.verify();
}

/// Exports everything, and compares with the sources.
fn come_back(place: &Place, root: &Path, results: &BTreeMap<PathBuf, &serde_json::Value>) {
    let out = tempfile::tempdir().unwrap();
    let dir = out.path().join("all");
    let reply = place.json(&["export", "--all", dir.to_str().unwrap(), "--las-version", "3.0"]);
    assert_eq!(reply["failed"], serde_json::json!([]));
    let mut originals = Vec::new();
    files(&dir, &mut originals);
    let of = |path: &PathBuf| blake3::hash(&std::fs::read(path).unwrap());
    let hashes: std::collections::BTreeSet<_> = originals
        .iter()
        .filter(|path| path.parent().unwrap().ends_with("originals"))
        .map(|path| of(path).to_string())
        .collect();
    let mut compared = 0;
    for (path, file) in results {
        if !matches!(file["outcome"].as_str(), Some("imported" | "already here")) || !path.starts_with(root) {
            continue;
        }
        assert!(hashes.contains(&of(path).to_string()), "{} did not come back", path.display());
        compared += 1;
    }
    assert!(compared > 200, "{compared}");
    let written: Vec<_> =
        originals.iter().filter(|path| is_las(path) && !path.parent().unwrap().ends_with("originals")).collect();
    let mut tables: BTreeMap<Vec<Vec<String>>, usize> = BTreeMap::new();
    for path in &written {
        let file = parsed(path);
        assert_eq!(file.data.len(), 1, "{}", path.display());
        *tables.entry(columns(&file, 0)).or_default() += 1;
    }
    for (path, file) in results {
        if file["outcome"] != "imported" || !is_las(path) {
            continue;
        }
        let source = parsed(path);
        for set in 0..source.data.len() {
            let values = columns(&source, set);
            assert!(
                values.is_empty() || tables.contains_key(&values),
                "{} set {set} is not among what was written",
                path.display()
            );
        }
    }
}
