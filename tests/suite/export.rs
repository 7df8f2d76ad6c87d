//! The way back: runs as LAS and tables, everything as a folder, and a record of what left.

use std::path::{Path, PathBuf};

use dataforge_las::{LogFile, ReadOptions, Values, read};
use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, join};

const LOG: &str = "# delivered by hand\n~Version Information\n VERS.   2.0 : CWLS\n WRAP.   NO  : one line\n~Well\n \
                   STRT.M   100   : START\n STOP.M   102   : STOP\n STEP.M   0.5   : STEP\n NULL.   -999.25 : NULL\n \
                   WELL.   Alpha 1 : WELL\n UWI. 42501201300300 : UWI\n# the tools\n~Parameter\n BS.IN  8.5 : bit size\n~Curve\n \
                   DEPT.M : depth\n GR.GAPI : gamma ray\n RHOB.K/M3 : density\n GR.GAPI : gamma ray, repeat\n~Other\n Good hole.\n\
                   ~A\n100 10.125 2300 11\n100.5 -999.25 2310 12\n# a bad spot\n101 30 -999.25 13\n101.5 40 2330 14\n102 50.5 2340 15\n";

fn field() -> (Place, tempfile::TempDir, String) {
    let (place, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    place.json(&["init", "Field"]);
    std::fs::write(dir.path().join("log.las"), LOG).unwrap();
    let summary = place.json(&["import", dir.path().join("log.las").to_str().unwrap()]);
    let run = summary["files"][0]["runs"][0].as_str().unwrap().to_owned();
    (place, dir, run)
}

fn export(place: &Place, dir: &Path, target: &str, name: &str, more: &[&str]) -> PathBuf {
    let out = dir.join(name);
    let mut args = vec!["export", target, "--out", out.to_str().unwrap(), "--force"];
    args.extend(more);
    place.json(&args);
    out
}

fn parsed(path: &Path) -> LogFile {
    read(&std::fs::read(path).unwrap(), &ReadOptions::default()).unwrap().file
}

fn numbers(file: &LogFile, column: usize) -> Vec<u64> {
    match &file.data[0].columns[column].values {
        // A null is one, whatever its bits.
        Values::Number(numbers) => numbers.iter().map(|n| if n.is_nan() { u64::MAX } else { n.to_bits() }).collect(),
        Values::Text(texts) => panic!("{texts:?}"),
    }
}

#[test]
fn every_version_and_form_of_las_reads_as_it_was() {
    let (place, dir, run) = field();
    let source = parsed(&dir.path().join("log.las"));
    for version in ["1.2", "2.0", "3.0"] {
        for wrap in [&[][..], &["--wrap"]] {
            let args = [&["--las-version", version][..], wrap].concat();
            if version == "3.0" && !wrap.is_empty() {
                let out = dir.path().join("no.las");
                let said = place.fails(&[&["export", &run, "--out", out.to_str().unwrap()], &args[..]].concat(), 2);
                assert!(said.contains("unwrapped") && !out.exists(), "{said}");
                continue;
            }
            let written = parsed(&export(&place, dir.path(), &run, "out.las", &args));
            assert_eq!(written.version.vers, version);
            assert_eq!(written.version.wrapped, !wrap.is_empty());
            for column in 0..4 {
                assert_eq!(numbers(&written, column), numbers(&source, column), "{version} {wrap:?} {column}");
            }
            let text = std::fs::read_to_string(dir.path().join("out.las")).unwrap();
            for kept in ["# delivered by hand", "# the tools", "Good hole.", "BS.IN", "# a bad spot"] {
                assert!(text.contains(kept), "{version} {wrap:?} lost {kept}: {text}");
            }
        }
    }
}

#[test]
fn curves_depths_units_and_null_are_as_asked() {
    let (place, dir, run) = field();
    let args = ["--curves", "bulk_density,GR", "--depth", "330", "334", "--unit", "ft", "--null", "-9999"];
    let path = export(&place, dir.path(), &run, "part.las", &args);
    let written = parsed(&path);
    let names: Vec<_> = written.data[0].columns.iter().map(|column| &*column.definition.mnemonic).collect();
    // By mnemonic both of that name.
    assert_eq!(names, ["DEPT", "GR", "RHOB", "GR"]);
    let Values::Number(depths) = &written.data[0].columns[0].values else { panic!() };
    let expected = [101.0, 101.5].map(|metres| metres / 0.3048);
    assert!(depths.iter().zip(expected).all(|(depth, expected)| (depth - expected).abs() < 1e-9), "{depths:?}");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("-9999") && !text.contains("-999.25"), "{text}");
    // Names and units that people corrected are what is written.
    place.json(&["set", &format!("{run}:1"), "name", "GR_MAIN"]);
    place.json(&["set", &format!("{run}:1"), "unit", "API"]);
    let text =
        std::fs::read_to_string(export(&place, dir.path(), &run, "named.las", &["--curves", "GR_MAIN"])).unwrap();
    assert!(text.lines().any(|line| line.trim_start().starts_with("GR_MAIN") && line.contains(".API")), "{text}");
    let resampled = parsed(&export(&place, dir.path(), &run, "step.las", &["--step", "0.25", "--curves", "GR_MAIN"]));
    assert_eq!(resampled.data[0].rows, 9);
    for (args, word) in [
        (&["--curves", "NOPE"][..], "GR_MAIN"),
        (&["--unit", "kg"], "kg"),
        (&["--las-version", "4"], "3.0"),
        (&["--gridded"], "dataforge grid"),
        (&["--depth", "5", "1"], "ends before"),
    ] {
        let out = dir.path().join("never.las");
        let output = place.run([&["export", &run, "--out", out.to_str().unwrap()], args].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(word) && !out.exists(), "{args:?}: {said}");
    }
}

#[test]
fn the_source_comes_back_byte_for_byte_also_from_another_machine() {
    let (ada, dir, run) = field();
    let bob = Place::new("bob");
    let _up = join(&ada, &bob, "viewer");
    bob.json(&["sync"]);
    for place in [&ada, &bob] {
        let out = export(place, dir.path(), &run, "back.las", &["--original"]);
        assert_eq!(std::fs::read_to_string(out).unwrap(), LOG);
    }
    let record = bob.json(&["exports"])["exports"][0].clone();
    assert_eq!((&record["format"], &record["what"]), (&"original".into(), &"log.las".into()), "{record}");
    assert_eq!(record["hash"], blake3::hash(LOG.as_bytes()).to_hex().as_str());
    let there = dir.path().join("log.las");
    let said = bob.fails(&["export", &run, "--original", "--out", there.to_str().unwrap()], 2);
    assert!(said.contains("--force"), "{said}");
    assert_eq!(std::fs::read_to_string(there).unwrap(), LOG);
}

#[test]
fn a_moved_run_names_the_well_it_is_of() {
    let (place, dir, run) = field();
    write_las(dir.path(), 7, 5, 1, 1);
    place.json(&["import", dir.path().join("well-00007.las").to_str().unwrap()]);
    place.json(&["set", &run, "well", "Test 7"]);
    let out = dir.path().join("moved.las");
    let reply = place.json(&["export", &run, "--out", out.to_str().unwrap()]);
    assert!(reply["remarks"].to_string().contains("Alpha 1"), "{reply}");
    let written = parsed(&out);
    let well = written.sections.iter().flat_map(|section| &section.items).find(|item| item.mnemonic == "WELL").unwrap();
    assert_eq!(well.value, "Test 7");
}

#[test]
fn the_whole_workspace_is_a_folder_that_another_workspace_reads() {
    let (place, dir, _run) = field();
    let inbox = dir.path().join("inbox");
    std::fs::create_dir(&inbox).unwrap();
    write_las(&inbox, 1, 20, 2, 1);
    let hostile = LOG.replace("Alpha 1", "../../escape\u{202e}gpj").replace("42501201300300", "42501201320300");
    std::fs::write(inbox.join("hostile.las"), hostile).unwrap();
    std::fs::write(inbox.join("note.pdf"), "%PDF").unwrap();
    std::fs::write(inbox.join("tops.csv"), "WELL,TOP,MD (m)\nBeta 9,Brent,1002\n").unwrap();
    place.json(&["import", inbox.to_str().unwrap()]);
    let out = dir.path().join("handover");
    let reply = place.json(&["export", "--all", out.to_str().unwrap()]);
    assert_eq!(reply["failed"], serde_json::json!([]), "{reply}");
    let mut files = Vec::new();
    let mut waiting = vec![out.clone()];
    while let Some(at) = waiting.pop() {
        for entry in std::fs::read_dir(at).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() { waiting.push(path) } else { files.push(path) }
        }
    }
    assert_eq!(reply["files"].as_u64(), Some(files.len() as u64), "{files:?}");
    let names: Vec<_> = files.iter().map(|path| path.strip_prefix(&out).unwrap().to_str().unwrap()).collect();
    for name in
        ["Alpha 1/log.las", "Alpha 1/originals/log.las", "Test 1/well-00001.las", "contents.csv", "no well/note.pdf"]
    {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    assert!(names.iter().any(|name| name.ends_with("tops.las")), "{names:?}");
    assert!(names.iter().all(|name| !name.contains("..") && !name.contains('\u{202e}')), "{names:?}");
    let beside: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(beside.len(), 3, "nothing lands beside the folder: {beside:?}");
    assert!(place.fails(&["export", "--all", out.to_str().unwrap()], 2).contains("not empty"));
    let again = Place::new("bob");
    again.json(&["init", "Copy"]);
    let mut args = vec!["import".to_owned()];
    args.extend(files.iter().filter(|path| path.extension().is_some_and(|ending| ending == "las")).filter_map(
        |path| {
            let is_original = path.parent().is_some_and(|parent| parent.ends_with("originals"));
            (!is_original).then(|| path.to_str().unwrap().to_owned())
        },
    ));
    again.ok(&args);
    let sql = "select curve, count(value), sum(value) from samples group by 1 order by 1";
    assert_eq!(again.ok(["query", sql, "--format", "csv"]), place.ok(["query", sql, "--format", "csv"]));
}
