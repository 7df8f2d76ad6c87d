//! Large bundles on small files, and what is interrupted.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use dataforge_tests::program::{Place, wait_until};

use super::{export, field, held, number, take, word};

/// Files that do not compress, as large as it takes.
fn attach(ada: &Place, dir: &Path, files: u64, bytes: usize) {
    let scans = dir.join("scans");
    std::fs::create_dir_all(&scans).unwrap();
    let mut random = fastrand::Rng::with_seed(files);
    for file in 0..files {
        let content: Vec<u8> = (0..bytes).map(|_| random.u8(..)).collect();
        std::fs::write(scans.join(format!("scan-{file}.bin")), content).unwrap();
    }
    ada.json(&["attach", word(&scans)]);
}

fn volume(base: &Path, number: u32) -> PathBuf {
    PathBuf::from(format!("{}.{number:03}", base.display()))
}

#[test]
fn volumes_are_as_small_as_asked_and_needed_all() {
    let bob = Place::new("bob");
    let (ada, dir) = field(&[(&bob, "editor")], 1);
    attach(&ada, dir.path(), 3, 1_700_000);
    let path = |name: &str| dir.path().join(name);
    for (name, more) in [("plain.dfb", &[][..]), ("sealed.dfb", &["--encrypt"][..])] {
        let base = path(name);
        let made = export(&ada, &base, &[&["--max-size", "2MB"][..], more].concat());
        let files = made["files"].as_array().unwrap().len() as u32;
        assert_eq!(files, 3, "{made}");
        assert!(!base.exists());
        for number in 1..=files {
            let len = std::fs::metadata(volume(&base, number)).unwrap().len();
            assert!(len <= 2_000_000 && (number == files || len > 1_900_000), "{len}");
        }
        let shown = bob.json(&["bundle", "show", word(&volume(&base, 2)), "--check"]);
        assert_eq!((&shown["volumes"], &shown["problem"]), (&3.into(), &serde_json::Value::Null), "{shown}");
    }
    let before = held(&bob);
    let (base, kept) = (path("plain.dfb"), path("kept"));
    let refused = |part: &str, code| {
        let said = bob.fails(&["bundle", "import", word(&base)], code);
        assert!(said.contains(part), "{said}");
        assert_eq!(held(&bob), before);
    };
    std::fs::rename(volume(&base, 2), &kept).unwrap();
    refused("volume 2 of 3 is missing", 3);
    std::fs::copy(volume(&base, 3), volume(&base, 2)).unwrap();
    refused("another volume", 4);
    std::fs::copy(volume(&path("sealed.dfb"), 2), volume(&base, 2)).unwrap();
    refused("another volume", 4);
    // A stick that was pulled out while it was copied to.
    let whole = std::fs::read(&kept).unwrap();
    std::fs::write(volume(&base, 2), &whole[..1_000_000]).unwrap();
    refused("cut short", 4);
    // What is whole of it can be had, and the rest when it is whole again.
    let some = bob.run(["--json", "bundle", "import", word(&base), "--salvage"]);
    assert!(!some.status.success());
    let here = number(&bob.json(&["cache", "stats"]), "files");
    assert!((1..5).contains(&here), "{here}");
    std::fs::rename(&kept, volume(&base, 2)).unwrap();
    let taken = take(&bob, &volume(&base, 3));
    assert_eq!(number(&taken, "blobs"), 5 - here, "{taken}");
    assert_eq!(bob.json(&["status"])["workspaces"][0]["blobs_missing"], 0);
    bob.verify();
    let said = ada.fails(&["bundle", "export", word(&path("tiny.dfb")), "--max-size", "1kB"], 2);
    assert!(said.contains("1 MB"), "{said}");
}

#[test]
fn an_import_that_is_killed_goes_on_where_it_was() {
    let bob = Place::new("bob");
    let (ada, dir) = field(&[(&bob, "editor")], 1);
    attach(&ada, dir.path(), 400, 60_000);
    let file = dir.path().join("large.dfb");
    let made = export(&ada, &file, &[]);
    let total = number(&made, "blobs");
    assert_eq!(total, 402);
    let mut child =
        bob.command(["bundle", "import", word(&file)]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let kept = || {
        let database = rusqlite::Connection::open(bob.path().join("node.db")).unwrap();
        database.busy_timeout(Duration::from_secs(5)).unwrap();
        database.query_row("SELECT count(*) FROM have", [], |row| row.get::<_, u64>(0)).unwrap()
    };
    wait_until("some of it is here", || kept() > 0 || child.try_wait().unwrap().is_some());
    child.kill().unwrap();
    child.wait().unwrap();
    let here = kept();
    assert!(here > 0 && here < total, "killed halfway: {here}");
    let taken = take(&bob, &file);
    assert_eq!(number(&taken, "blobs"), total - here, "{taken}");
    bob.verify();
    assert_eq!(bob.json(&["status"])["workspaces"][0]["blobs_missing"], 0);
}

#[test]
fn a_stick_that_is_pulled_out_while_it_is_read_loses_nothing_that_was_taken() {
    let bob = Place::new("bob");
    let (ada, dir) = field(&[(&bob, "editor")], 1);
    attach(&ada, dir.path(), 300, 60_000);
    let file = dir.path().join("large.dfb");
    let total = number(&export(&ada, &file, &[]), "blobs");
    let whole = std::fs::read(&file).unwrap();
    let mut child =
        bob.command(["bundle", "import", word(&file)]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let kept = || {
        let database = rusqlite::Connection::open(bob.path().join("node.db")).unwrap();
        database.query_row("SELECT count(*) FROM have", [], |row| row.get::<_, u64>(0)).unwrap()
    };
    wait_until("some of it is here", || kept() > 0 || child.try_wait().unwrap().is_some());
    // The file ends at once, as far as the reader is concerned.
    std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(1000).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let here = number(&bob.json(&["cache", "stats"]), "files");
    assert!(!output.status.success() && here > 0 && here < total, "{here} of {total}: {said}");
    assert!(said.contains("were taken before and stay") && said.contains("goes on"), "{said}");
    bob.verify();
    std::fs::write(&file, whole).unwrap();
    assert_eq!(number(&take(&bob, &file), "blobs"), total - here);
    assert_eq!(bob.json(&["status"])["workspaces"][0]["blobs_missing"], 0);
}

#[test]
fn an_export_appears_whole_or_not_at_all() {
    let (ada, dir) = field(&[], 1);
    let file = dir.path().join("field.dfb");
    let part = dir.path().join("field.dfb.part");
    // What an interrupted one left is taken up.
    std::fs::write(&part, vec![1; 5_000_000]).unwrap();
    export(&ada, &file, &[]);
    assert!(!part.exists());
    assert_eq!(ada.json(&["bundle", "show", word(&file), "--check"])["problem"], serde_json::Value::Null);
    // From several volumes to one, and back.
    attach(&ada, dir.path(), 3, 900_000);
    export(&ada, &file, &["--max-size", "1MB", "--force"]);
    assert!(!file.exists() && volume(&file, 3).exists(), "{:?}", super::listing(dir.path()));
    export(&ada, &file, &["--force"]);
    assert!(file.exists() && !volume(&file, 1).exists() && !volume(&file, 3).exists());
    let said = ada.fails(&["bundle", "export", word(&dir.path().join("nowhere/field.dfb"))], 3);
    assert!(said.contains("plugged in"), "{said}");
}

/// A disk whose files end early, as those of FAT32 do at 4 GB.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_becomes_too_long_is_told_with_what_to_do() {
    let (ada, dir) = field(&[], 1);
    attach(&ada, dir.path(), 6, 1_000_000);
    let file = dir.path().join("field.dfb");
    let mut command = std::process::Command::new("sh");
    let line = "trap '' XFSZ; ulimit -f 4000; exec \"$0\" --dir \"$1\" bundle export \"$2\"";
    command.args(["-c", line]).arg(dataforge_tests::program::program()).arg(ada.path()).arg(&file);
    ada.set_environment(&mut command);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(8), "{said}");
    assert!(said.contains("--max-size 4GB"), "{said}");
    assert!(!file.exists() && !dir.path().join("field.dfb.part").exists());
    export(&ada, &file, &["--max-size", "2MB"]);
}
