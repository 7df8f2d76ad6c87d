//! The generator's files: every value as printed, checked by what it wrote down beside them.
//!
//! The generator is a Python program of the collection; without Python nothing is compared.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dataforge_las::{Column, ReadOptions, Values, read};
use serde_json::Value;

use crate::collection::{self, Differences, json, list};
use crate::facts::Facts;

/// Seeds of each set of options.
const SEEDS: usize = 20;

/// The options of the generator that say what the file is like; each with every one of
/// [`VARIATIONS`].
const DIALECTS: [&[&str]; 9] = [
    &["--version", "1.2"],
    &["--version", "1.2", "--wrapped"],
    &["--version", "2.0"],
    &["--version", "2.0", "--wrapped"],
    &["--version", "2.0", "--dlm", "COMMA", "--strings", "1"],
    &["--version", "2.0", "--dlm", "TAB"],
    &["--version", "3.0", "--dlm", "SPACE", "--strings", "2"],
    &["--version", "3.0", "--dlm", "COMMA", "--strings", "3"],
    &["--version", "3.0", "--dlm", "TAB", "--strings", "2"],
];

/// Options that change how values are printed.
const VARIATIONS: [&[&str]; 4] = [
    &[],
    &["--eol", "crlf", "--null-rate", "0.4"],
    &["--empty-nulls", "--index", "time", "--step", "0.1"],
    &["--decimals", "2", "--width", "9", "--step", "-0.5", "--eol", "crlf", "--empty-nulls"],
];

/// Runs the generator many times in one Python: each line of its input is one list of arguments.
const BATCH: &str = "
import json, runpy, sys
generator = sys.argv[1]
for line in sys.stdin:
    sys.argv = [generator] + json.loads(line)
    runpy.run_path(generator, run_name='__main__')
";

#[test]
fn generated_files_read_as_they_were_written() {
    let Some(root) = collection::root() else { return };
    let Some(python) = collection::python() else { return };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("generated");
    fs::create_dir_all(&folder).unwrap();
    let mut differences = Differences::default();
    let mut files = 0;
    for seed in 0..SEEDS {
        let all: Vec<Vec<String>> = (0..DIALECTS.len()).map(|dialect| options(seed, dialect)).collect();
        let path = |dialect: usize| folder.join(format!("{dialect}.las"));
        generate(&python, &root, all.iter().enumerate().map(|(dialect, options)| (path(dialect), options)));
        for (dialect, options) in all.iter().enumerate() {
            compare(&options.join(" "), &path(dialect), &mut differences);
            files += 1;
        }
    }
    eprintln!("compared {files} generated files");
    differences.assert_none();
}

/// Returns the arguments of one file. Over the seeds, every dialect meets every variation.
fn options(seed: usize, dialect: usize) -> Vec<String> {
    let variation = VARIATIONS[(dialect + seed) % VARIATIONS.len()];
    let (rows, curves) = (20 + seed * 31, 4 + (seed * 7 + dialect) % 30);
    let shape = format!("--seed {seed} --rows {rows} --curves {curves}");
    let options = DIALECTS[dialect].iter().chain(variation).copied();
    shape.split(' ').chain(options).map(str::to_owned).collect()
}

fn generate<'a>(python: &Path, root: &Path, files: impl Iterator<Item = (PathBuf, &'a Vec<String>)>) {
    let mut input = String::new();
    for (path, options) in files {
        let arguments: Vec<Value> =
            std::iter::once(path.to_string_lossy().into()).chain(options.iter().map(|o| o.as_str().into())).collect();
        input.push_str(&format!("{}\n", Value::from(arguments)));
    }
    let mut command = Command::new(python);
    let command = command.args(["-c", BATCH]).arg(root.join("tools/gen_las.py")).stdin(Stdio::piped());
    let mut child = command.spawn().expect("python runs");
    child.stdin.take().expect("it is piped").write_all(input.as_bytes()).expect("python reads its input");
    assert!(child.wait().expect("python ends").success(), "the generator failed");
}

fn compare(name: &str, path: &Path, differences: &mut Differences) {
    let truth = json(&path.with_extension("las.truth.json"));
    let reading = match read(&fs::read(path).expect("it was just written"), &ReadOptions::default()) {
        Ok(reading) => reading,
        Err(error) => return differences.0.push(format!("{name}: {error}")),
    };
    if let Some(notice) = reading.report.notices.first()
        && !name.contains("2.0 --dlm COMMA")
    {
        differences.0.push(format!("{name}: {notice:?}"));
    }
    let [set] = reading.file.data.as_slice() else {
        return differences.0.push(format!("{name}: {} data sets", reading.file.data.len()));
    };
    differences.check(truth["rows"] == set.rows, &format!("{name}: rows"), &set.rows, &truth["rows"]);
    let curves = list(&truth["curves"]);
    let count = Value::from(curves.len());
    differences.check(curves.len() == set.columns.len(), &format!("{name}: curves"), &set.columns.len(), &count);
    for (column, theirs) in set.columns.iter().zip(curves) {
        compare_column(name, column, theirs, differences);
    }
}

fn compare_column(name: &str, column: &Column, theirs: &Value, differences: &mut Differences) {
    let mnemonic = &column.definition.mnemonic;
    let mut check = |what: &str, ours: Value| {
        let same = ours == theirs[what] || ours.as_f64().is_some_and(|ours| theirs[what].as_f64() == Some(ours));
        differences.check(same, &format!("{name}: {mnemonic} {what}"), &ours, &theirs[what]);
    };
    check("mnemonic", mnemonic.as_str().into());
    match &column.values {
        Values::Number(numbers) => {
            let facts = Facts::of(numbers);
            check("non_null", facts.count.into());
            check("null", (numbers.len() - facts.count).into());
            check("min", facts.min.into());
            check("max", facts.max.into());
            check("sum", Some(facts.sum).filter(|_| facts.count > 0).into());
        }
        Values::Text(texts) => {
            check("kind", "text".into());
            check("count", texts.iter().flatten().count().into());
        }
    }
}
