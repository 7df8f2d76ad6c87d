//! Bad input: each gets a message that says what to do, a non-zero exit, and nothing half-written.

use std::path::Path;

use dataforge_protocol::ticket::Ticket;
use dataforge_tests::las::{las_text, write_las};
use dataforge_tests::program::{Place, join, skip};

use super::worker::zip_of;

/// Exit codes, as `docs/cli.md` has them.
const INPUT: i32 = 4;

fn nothing_written(place: &Place) {
    assert_eq!(place.json(&["runs"])["runs"].as_array().map(Vec::len), Some(0));
    place.verify();
}

fn refused(place: &Place, path: &Path, word: &str) {
    let output = place.run(["import", path.to_str().unwrap()]);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(INPUT), "{said}");
    assert!(said.contains(word), "{path:?}: expected {word:?} in {said}");
}

#[test]
fn files_that_are_no_logs_are_refused_with_a_reason() {
    let (place, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    place.json(&["init", "Field"]);
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    refused(&place, &dir.path().join("gone.las"), "check the path");
    refused(&place, &file("empty.las", b""), "empty");
    refused(&place, &file("picture.las", b"\x89PNG\r\n\x1a\n no log at all"), "not a LAS file");
    refused(&place, &file("cloud.las", b"LASF\0\0\0\0\x01\x02 points"), "LiDAR");
    let text = las_text(1, 30, 3, 1);
    let header = text.split("~A").next().unwrap();
    refused(&place, &file("header.las", header.as_bytes()), "no data rows");
    nothing_written(&place);
}

#[test]
fn a_truncated_file_is_reported_and_strict_refuses_it() {
    let (place, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    place.json(&["init", "Field"]);
    let text = las_text(1, 30, 3, 1);
    let path = dir.path().join("cut.las");
    std::fs::write(&path, &text[..text.len() - 14]).unwrap();
    let path = path.to_str().unwrap();
    let said = place.run(["import", "--strict", path]);
    assert_eq!(said.status.code(), Some(INPUT));
    nothing_written(&place);
    let summary = place.json(&["import", path]);
    assert!(summary["files"][0]["warnings_total"].as_u64().unwrap() > 0, "{summary}");
}

#[test]
fn files_that_would_fill_memory_are_refused_and_the_node_goes_on() {
    let (place, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    place.json(&["init", "Field"]);
    let huge = dir.path().join("huge.las");
    // Ten gigabytes of nothing, which take no room on the disk.
    std::fs::File::create(&huge).unwrap().set_len(10 << 30).unwrap();
    refused(&place, &huge, "at most");
    let bomb = dir.path().join("bomb.xlsx");
    let sheet = vec![b' '; 200 << 20];
    std::fs::write(&bomb, zip_of(&[("xl/workbook.xml", b"<a/>"), ("xl/worksheets/sheet1.xml", &sheet)])).unwrap();
    refused(&place, &bomb, "bomb.xlsx");
    nothing_written(&place);
}

#[test]
fn in_a_mixed_folder_the_good_files_are_imported() {
    let (place, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    place.json(&["init", "Field"]);
    write_las(dir.path(), 1, 30, 3, 1);
    std::fs::write(dir.path().join("broken.las"), "nothing").unwrap();
    std::fs::write(dir.path().join("readme.txt"), "text").unwrap();
    let output = place.run(["--json", "import", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(INPUT));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&summary["imported"], &summary["failed"], &summary["attached"]),
        (&1.into(), &1.into(), &1.into()),
        "{summary}"
    );
    place.verify();
}

#[test]
fn tickets_that_are_wrong_say_what_is_wrong() {
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    let _up = ada.up();
    let ticket = ada.json(&["invite"])["ticket"].as_str().unwrap().to_owned();
    let said = bob.fails(&["join", "hello"], INPUT);
    assert!(said.contains("dforge"), "{said}");
    let said = bob.fails(&["join", &ticket[..ticket.len() - 3]], INPUT);
    assert!(said.contains("cut short"), "{said}");
    let mut expired: Ticket = ticket.parse().unwrap();
    expired.expires_ms = 1;
    let said = bob.fails(&["join", "--yes", &expired.to_string()], INPUT);
    assert!(said.contains("expired") && said.contains("new one"), "{said}");
    bob.json(&["join", "--yes", &ticket]);
    let carol = Place::new("carol");
    let said = carol.fails(&["join", "--yes", &ticket], 5);
    assert!(said.contains("already used"), "{said}");
    assert_eq!(carol.json(&["workspaces"])["workspaces"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_directory_in_use_is_served_by_the_process_that_has_it() {
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    let _up = join(&ada, &bob, "viewer");
    assert_eq!(ada.json(&["members"])["members"].as_array().map(Vec::len), Some(2));
    // A process that has the lock and serves no socket.
    let carol = Place::new("carol");
    carol.json(&["init", "Other"]);
    let lock = std::fs::File::options().write(true).open(carol.path().join("lock")).unwrap();
    lock.try_lock().unwrap();
    let said = carol.fails(&["wells"], 6);
    assert!(said.contains("another process"), "{said}");
}

#[test]
fn wrong_names_and_statements_are_refused() {
    let place = Place::new("ada");
    place.fails(&["wells"], 3);
    place.json(&["init", "Field"]);
    place.fails(&["show", "nothing"], 3);
    place.fails(&["--workspace", "Other", "wells"], 3);
    place.fails(&["query", "drop table wells"], 10);
    place.fails(&["query", "select * from '/etc/passwd'"], 10);
    place.fails(&["config", "get", "no.such"], 3);
    place.fails(&["invite", "--role", "owner"], 2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_leaves_what_was_there() {
    use std::process::Command;
    let test = "a_full_disk_is_an_error_and_leaves_what_was_there";
    let (disk, logs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"]).arg(disk.path()).status();
    if !mounted.is_ok_and(|status| status.success()) {
        return skip(test, "root, to mount a small disk");
    }
    struct Unmount<'a>(&'a Path);
    impl Drop for Unmount<'_> {
        fn drop(&mut self) {
            drop(Command::new("umount").arg(self.0).status());
        }
    }
    let _unmount = Unmount(disk.path());
    let dir = disk.path().join("data");
    let run = |args: &[&str]| {
        let mut command = Command::new(dataforge_tests::program::program());
        command.arg("--dir").arg(&dir).arg("--json").args(args);
        command.output().unwrap()
    };
    assert!(run(&["init", "Field"]).status.success());
    assert!(run(&["config", "set", "cache.reserve_bytes", "0"]).status.success());
    write_las(logs.path(), 0, 50, 3, 1);
    assert!(run(&["import", logs.path().to_str().unwrap()]).status.success());
    for number in 1..400 {
        write_las(logs.path(), number, 400, 8, 1);
    }
    let full = run(&["import", logs.path().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!(full.status.code(), Some(8), "{said} {}", String::from_utf8_lossy(&full.stdout));
    assert!(said.contains("full") || said.contains("free"), "{said}");
    let report = run(&["verify"]);
    assert!(
        report.status.success(),
        "{} {}",
        String::from_utf8_lossy(&report.stdout),
        String::from_utf8_lossy(&report.stderr)
    );
    let runs: serde_json::Value = serde_json::from_slice(&run(&["runs"]).stdout).unwrap();
    assert!(!runs["runs"].as_array().unwrap().is_empty());
}
