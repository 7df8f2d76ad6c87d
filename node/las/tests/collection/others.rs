//! Other readers: what we write, lasio (1.2, 2.0) and the independent reader of LAS 3.0 read as
//! we do.
//!
//! They are Python programs; `DATAFORGE_PYTHON` names a Python that has lasio.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dataforge_las::{LasVersion, LineEnd, LogFile, ReadOptions, WriteOptions, read, write};
use serde_json::Value;

use crate::collection::{self, Differences};
use crate::{expected, las3};

/// Reads many files in one Python: each line of a list is the reader, a tab, and the file.
const BATCH: &str = "
import json, sys
sys.path.insert(0, sys.argv[1])
import las3_oracle
readers = {'las3': las3_oracle.read}
if sys.argv[3] == 'lasio':
    import lasio_oracle
    readers['lasio'] = lasio_oracle.oracle
for line in open(sys.argv[2]):
    reader, path = line.rstrip('\\n').split('\\t')
    try:
        text = json.dumps(readers[reader](path), allow_nan=False)
    except BaseException as error:
        text = json.dumps({'ok': False, 'error': repr(error)})
    print(text)
";

/// Larger files are only written in one way, since lasio reads some 2 MB a second.
const SMALL: usize = 300_000;

/// Files that lasio reads differently, though they are right: file, ways, reason.
const LASIO_IS_WRONG: [(&str, &[&str], &str); 13] = [
    ("glasio/test_files/~1251.las", WRAPPED, TWO_CURVES),
    ("glasio/test_files/~utf-8.las", WRAPPED, TWO_CURVES),
    ("lasio-examples/autodepthindex_F.las", WRAPPED, TWO_CURVES),
    ("lasio-examples/autodepthindex_FT.las", WRAPPED, TWO_CURVES),
    ("lasio-examples/autodepthindex_M.las", WRAPPED, TWO_CURVES),
    ("lasio-examples/autodepthindex_M_FT.las", WRAPPED, TWO_CURVES),
    ("las-js/sample/A10.las", &["1.2"], COLON),
    ("las-js/sample/C1.las", &["1.2"], COLON),
    ("lasio-examples/3.0/Curve-Param Unknown #1(SS).las", &["1.2"], COLON),
    ("traps/t24_header_colons.las", &["1.2"], COLON),
    ("lasio-examples/3.0/Good File (SS).las", ALL, "it reads the name 777_6 as the number 7776"),
    ("las-js/sample_v3/E1.las", ALL, NO_PERIOD),
    ("lasio-examples/dodgy_param_sect.las", ALL, NO_PERIOD),
];

const WRAPPED: &[&str] = &["wrapped"];
const ALL: &[&str] = &["2.0", "1.2", "wrapped"];
const TWO_CURVES: &str = "it flattens wrapped rows of two curves into one";
const COLON: &str = "it divides ~W of 1.2 at the last colon, also within a time";
const NO_PERIOD: &str = "it refuses header lines without a period, which are kept as they were";

/// Files that the reader of LAS 3.0 reads differently, though they are right: file, reason.
const LAS3_IS_WRONG: [(&str, &str); 3] = [
    ("kgs-infected/ex3_1044839000.las", "it divides at the last colon, also within a description"),
    ("lasio-examples/1.2/issue-264-dot-delimiter.las", "it divides names that hold a period"),
    ("lasio-examples/mnemonic_leading_period.las", "it takes a leading period for the end of the name"),
];

/// A file that was written.
struct Written {
    name: String,
    way: &'static str,
    file: LogFile,
    path: PathBuf,
}

#[test]
fn lasio_reads_what_we_write() {
    let Some(root) = collection::root() else { return };
    let Some(python) = python_with_lasio() else { return };
    let ways =
        [("2.0", LasVersion::V2_0, false), ("1.2", LasVersion::V1_2, false), ("wrapped", LasVersion::V2_0, true)];
    let written = write_all(&root, "lasio", &ways);
    let found = read_all(&python, &root, "lasio", &written);
    let mut differences = Differences::default();
    let (mut compared, mut excepted) = (0, Vec::new());
    for (written, theirs) in written.iter().zip(&found) {
        let place = format!("{} as {}", written.name, written.way);
        let mut own = Differences::default();
        if theirs["ok"] == true {
            expected::compare_file(&place, &written.file, theirs, &mut own);
        } else {
            own.0.push(format!("{place}: {}", theirs["error"]));
        }
        let reason = LASIO_IS_WRONG.iter().find(|(name, ways, _)| *name == written.name && ways.contains(&written.way));
        match reason {
            Some((name, _, _)) if !own.0.is_empty() => excepted.push(*name),
            Some(_) => own.0.push(format!("{place} is listed as read wrongly, and is not")),
            None => compared += 1,
        }
        if reason.is_none() || own.0.last().is_some_and(|last| last.contains("is listed")) {
            differences.0.append(&mut own.0);
        }
    }
    eprintln!("lasio read {compared} files as we do, {} otherwise", excepted.len());
    differences.assert_none();
    assert!(compared >= 600, "only {compared} files were compared");
}

#[test]
fn the_other_reader_of_las3_reads_what_we_write() {
    let Some(root) = collection::root() else { return };
    let Some(python) = collection::python() else { return };
    let written = write_all(&root, "las3", &[("3.0", LasVersion::V3_0, false)]);
    let found = read_all(&python, &root, "las3", &written);
    let mut differences = Differences::default();
    let mut compared = 0;
    for (written, theirs) in written.iter().zip(&found) {
        let mut own = Differences::default();
        if theirs["error"].is_null() {
            las3::compare_file(&written.name, &written.file, theirs, &mut own);
        } else {
            own.0.push(format!("{}: {}", written.name, theirs["error"]));
        }
        let is_excepted = LAS3_IS_WRONG.iter().any(|(name, _)| *name == written.name);
        if is_excepted && own.0.is_empty() {
            differences.0.push(format!("{} is listed as read wrongly, and is not", written.name));
        } else if !is_excepted {
            compared += 1;
            differences.0.append(&mut own.0);
        }
    }
    eprintln!("the other reader of LAS 3.0 read {compared} files as we do");
    differences.assert_none();
    assert!(compared >= 220, "only {compared} files were compared");
}

/// Returns a Python that has lasio.
fn python_with_lasio() -> Option<PathBuf> {
    let python = collection::python()?;
    let has_lasio = Command::new(&python).args(["-c", "import lasio"]).output().is_ok_and(|o| o.status.success());
    if !has_lasio {
        collection::skip("DATAFORGE_PYTHON names no Python with lasio, NOTHING WAS COMPARED WITH LASIO");
    }
    has_lasio.then_some(python)
}

/// Writes every file that is read, in every one of `ways`, and reads it again.
fn write_all(root: &Path, folder: &str, ways: &[(&'static str, LasVersion, bool)]) -> Vec<Written> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&folder).expect("the folder of tests is writable");
    let mut written = Vec::new();
    for (name, path) in collection::las_files(root) {
        let bytes = fs::read(&path).expect("files of the collection can be read");
        let Ok(reading) = read(&bytes, &ReadOptions::default()) else { continue };
        let ways = if bytes.len() > SMALL { &ways[..1] } else { ways };
        for &(way, version, wrapped) in ways {
            let options = WriteOptions { version, wrapped, line_end: LineEnd::Lf, ..WriteOptions::default() };
            let mut bytes = Vec::new();
            // What cannot be written is on the list of another test.
            if write(&reading.file, &options, &mut bytes).is_err() {
                continue;
            }
            let file = read(&bytes, &ReadOptions::default()).expect("it is read again").file;
            let path = folder.join(format!("{}.las", written.len()));
            fs::write(&path, &bytes).expect("the folder of tests is writable");
            written.push(Written { name: name.clone(), way, file, path });
        }
    }
    written
}

/// Returns what a reader makes of each file.
fn read_all(python: &Path, root: &Path, reader: &str, written: &[Written]) -> Vec<Value> {
    let list = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{reader}.txt"));
    let lines: String = written.iter().map(|file| format!("{reader}\t{}\n", file.path.display())).collect();
    fs::write(&list, lines).expect("the folder of tests is writable");
    let mut command = Command::new(python);
    let output =
        command.args(["-c", BATCH]).arg(root.join("tools")).arg(&list).arg(reader).output().expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("answers are text");
    let found: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("answers are JSON")).collect();
    assert_eq!(found.len(), written.len(), "an answer a file");
    found
}
