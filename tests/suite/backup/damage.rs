//! Backups that are damaged, interrupted or not what they should be, and people who are in a hurry.

use std::path::{Path, PathBuf};

use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, wait_until};
use dataforge_tests::trace::{self, Cut};
use serde_json::Value;

use super::{PASSPHRASE, fails, field, files, json, rows, run};

/// The objects, the largest first: blobs come before manifests.
fn objects(target: &str) -> Vec<PathBuf> {
    let mut objects = files(&Path::new(target).join("objects"));
    objects.sort_by_key(|path| std::cmp::Reverse(std::fs::metadata(path).unwrap().len()));
    objects
}

fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn one_flipped_bit_is_found_told_and_written_again() {
    let field = field();
    let target = field.target();
    json(&field.ada, &["backup", &target]);
    let largest = objects(&target)[0].clone();
    flip(&largest);
    // Where there is nothing but the backup.
    let nobody = Place::new("nobody");
    let quick = fails(&nobody, &["backup", "verify", &target, "--quick"], 9);
    let name = largest.file_name().unwrap().to_str().unwrap();
    assert!(quick.contains(name) && quick.contains("checksum"), "{quick}");
    let full = fails(&nobody, &["backup", "verify", &target], 9);
    assert!(full.contains(name) && full.contains("blob") && full.contains("snapshot 1"), "{full}");
    // What of it is whole comes back, and the rest is told.
    let to = field.path("part");
    let told = fails(&nobody, &["restore", &target, "--to", to.to_str().unwrap()], 9);
    assert!(told.contains(name) && told.contains("is lost, unless a peer has it"), "{told}");
    let part = Place::restored(&to, "ada");
    part.verify();
    let held = |place: &Place| {
        let runs = place.json(&["runs"])["runs"].clone();
        runs.as_array().unwrap().iter().filter(|run| run["held"] == true).count()
    };
    assert!(held(&part) >= 1, "one of the wells is whole");

    let repaired = fails(&nobody, &["backup", "verify", &target, "--repair"], 9);
    assert!(repaired.contains("set aside"), "{repaired}");
    let again = field.ada.json(&["backup", &target]);
    assert!(again["new_objects"].as_u64().unwrap() >= 2, "{again}");
    let checked = json(&nobody, &["backup", "verify", &target]);
    assert_eq!(checked["problems"], Value::Array(Vec::new()), "also of the snapshot that lost it");
}

#[test]
fn an_entry_a_manifest_and_a_snapshot_are_checked_as_blobs_are() {
    let field = field();
    let target = field.target();
    json(&field.ada, &["backup", &target]);
    let mut lost = Vec::new();
    for path in objects(&target) {
        let good = std::fs::read(&path).unwrap();
        flip(&path);
        let told = fails(&field.ada, &["backup", "verify", &target], 9);
        assert!(told.contains(path.file_name().unwrap().to_str().unwrap()), "{told}");
        for what in ["blob ", "entries", "everything", "settings"] {
            if told.contains(what) {
                lost.push(what);
            }
        }
        std::fs::write(&path, good).unwrap();
    }
    for what in ["blob ", "entries", "everything"] {
        assert!(lost.contains(&what), "{what}: {lost:?}");
    }
    let snapshot = Path::new(&target).join("snapshots/00000001");
    flip(&snapshot);
    let to = field.path("new");
    let told = fails(&field.ada, &["restore", &target, "--to", to.to_str().unwrap()], 9);
    assert!(told.contains("snapshot 1") && told.contains("--snapshot") && !to.exists(), "{told}");
}

#[test]
fn wrong_words_wrong_places_and_wrong_files_are_told_with_what_to_do() {
    let field = field();
    let target = field.target();
    // Nobody can be asked here.
    let told = field.ada.fails(&["backup", &target], 11);
    assert!(told.contains("--backup-passphrase-file"), "{told}");
    let short = field.path("short");
    std::fs::write(&short, "short").unwrap();
    let told = field.ada.fails(&["backup", &target, "--backup-passphrase-file", short.to_str().unwrap()], 2);
    assert!(told.contains("8 or more"), "{told}");
    json(&field.ada, &["backup", &target]);

    let wrong = field.path("wrong");
    std::fs::write(&wrong, "five other words").unwrap();
    let wrong = ["--backup-passphrase-file", wrong.to_str().unwrap()];
    let to = field.path("new");
    let new = to.to_str().unwrap();
    for args in [&["backup", "verify", &target][..], &["restore", &target, "--to", new], &["backup", "list", &target]] {
        let told = field.ada.fails(&[args, &wrong].concat(), 11);
        assert!(told.contains("not the passphrase") && told.contains(&target), "{told}");
        assert!(!to.exists());
    }
    // A directory with something in it stays as it is.
    std::fs::create_dir(&to).unwrap();
    std::fs::write(to.join("thesis.txt"), "precious").unwrap();
    assert!(fails(&field.ada, &["restore", &target, "--to", new], 2).contains("not empty"));
    assert!(fails(&field.ada, &["backup", new], 2).contains("other files"));
    assert_eq!(files(&to), [to.join("thesis.txt")]);
    assert!(
        fails(&field.ada, &["restore", &target, "--to", field.ada.path().to_str().unwrap()], 2).contains("not empty")
    );
    assert!(fails(&field.ada, &["backup", "verify", new], 4).contains("no backup"));
    assert!(fails(&field.ada, &["backup", "verify", "/nowhere/at/all"], 3).contains("plugged in"));
    assert!(fails(&field.ada, &["restore", &target, "--to", new, "--snapshot", "9"], 2).contains("not empty"));
    std::fs::remove_dir_all(&to).unwrap();
    assert!(fails(&field.ada, &["restore", &target, "--to", new, "--snapshot", "9"], 3).contains("snapshot 9"));
    let within = field.ada.path().join("backup/here");
    assert!(fails(&field.ada, &["backup", within.to_str().unwrap()], 2).contains("within the data directory"));
    // A later version.
    for name in ["key", "key.2"] {
        let key = Path::new(&target).join(name);
        let mut bytes = std::fs::read(&key).unwrap();
        bytes[16] = 9;
        std::fs::write(key, bytes).unwrap();
    }
    let told = fails(&field.ada, &["restore", &target, "--to", new], 4);
    assert!(told.contains("version 9") && told.contains("newer"), "{told}");
    assert!(!to.exists());
}

#[test]
fn keys_that_somebody_else_put_there_are_not_written_with() {
    let field = field();
    let (target, other) = (field.target(), field.path("other").to_str().unwrap().to_owned());
    json(&field.ada, &["backup", &target]);
    json(&field.ada, &["backup", &other]);
    for name in ["key", "key.2"] {
        std::fs::copy(Path::new(&other).join(name), Path::new(&target).join(name)).unwrap();
    }
    // It would be a backup of which nobody can tell what opens it.
    let told = field.ada.run(["backup", &target]);
    assert_eq!(told.status.code(), Some(9), "{told:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_backup_that_is_killed_leaves_the_earlier_ones_whole_and_the_next_goes_on() {
    if !trace::works() {
        return dataforge_tests::program::skip("a killed backup", "strace");
    }
    let field = field();
    let target = field.target();
    json(&field.ada, &["backup", &target]);
    for number in 10..30 {
        write_las(&field.path("logs"), number, 300, 3, 7);
    }
    field.ada.json(&["import", field.path("logs").to_str().unwrap()]);
    let mut kills = 0;
    for count in [3, 9, 5] {
        let at = Cut { calls: "rename,renameat,renameat2", path: None, count };
        let (output, killed) = trace::run_cut(&field.ada, at, &["backup", &target]);
        kills += u32::from(killed);
        assert!(killed || output.status.success(), "{output:?}");
        let checked = json(&field.ada, &["backup", "verify", &target]);
        assert_eq!(checked["snapshots"], 1, "{checked}");
        field.ada.verify();
    }
    assert!(kills >= 2, "{kills}");
    let before = objects(&target).len() as u64;
    let made = field.ada.json(&["backup", &target]);
    let blobs = made["blobs"].as_u64().unwrap();
    assert!(made["new_objects"].as_u64().unwrap() < blobs && before > 8, "what was written is taken up: {made}");
    let checked = json(&field.ada, &["backup", "verify", &target]);
    assert_eq!((checked["snapshots"].as_u64(), checked["left_over"].as_u64()), (Some(2), Some(0)), "{checked}");
    let (new, _) = field.restore("new");
    assert_eq!((rows(&new), new.verify()), (rows(&field.ada), field.ada.verify()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_restore_that_is_killed_leaves_no_data_directory_and_is_done_again() {
    if !trace::works() {
        return dataforge_tests::program::skip("a killed restore", "strace");
    }
    let field = field();
    let target = field.target();
    json(&field.ada, &["backup", &target]);
    let passphrase = field.path("passphrase");
    std::fs::write(&passphrase, PASSPHRASE).unwrap();
    let to = field.path("new");
    let args =
        ["restore", &target, "--to", to.to_str().unwrap(), "--backup-passphrase-file", passphrase.to_str().unwrap()];
    let at = Cut { calls: "fsync,fdatasync", path: None, count: 5 };
    let (output, killed) = trace::run_cut(&field.ada, at, &args);
    assert!(killed && !to.exists(), "{output:?}");
    assert!(field.path("new.restoring").exists());
    field.ada.json(&args);
    assert!(!field.path("new.restoring").exists());
    let new = Place::restored(&to, "ada");
    assert_eq!(rows(&new), rows(&field.ada));
    new.verify();
}

#[test]
fn a_backup_while_an_import_runs_is_of_one_moment() {
    let field = field();
    let target = field.target();
    json(&field.ada, &["backup", &target]);
    let logs = field.path("many");
    std::fs::create_dir(&logs).unwrap();
    for number in 100..220 {
        write_las(&logs, number, 400, 4, 7);
    }
    let _up = field.ada.up();
    let mut import = field.ada.command(["import", logs.to_str().unwrap()]).spawn().unwrap();
    let wells = || field.ada.json(&["wells"])["wells"].as_array().unwrap().len();
    wait_until("the import is under way", || wells() > 4);
    let mut during = 0;
    let mut made = Value::Null;
    while import.try_wait().unwrap().is_none() {
        made = field.ada.json(&["backup", &target]);
        during += 1;
    }
    assert!(import.wait().unwrap().success());
    assert!(during > 0, "the import was too fast");
    assert_eq!(made["problems"], Value::Array(Vec::new()), "{made}");
    let checked = json(&field.ada, &["backup", "verify", &target]);
    assert_eq!(checked["snapshots"], during + 1, "{checked}");
    // The first that was made meanwhile: every run in it has its data.
    let to = field.path("new");
    json(&field.ada, &["restore", &target, "--to", to.to_str().unwrap(), "--snapshot", "2"]);
    let new = Place::restored(&to, "ada");
    new.verify();
    let runs = new.json(&["runs"])["runs"].clone();
    assert!(runs.as_array().unwrap().iter().all(|run| run["held"] == true), "{runs}");
    assert!(runs.as_array().unwrap().len() > 2);
    assert!(run(&field.ada, &["wells"]).status.success());
}
