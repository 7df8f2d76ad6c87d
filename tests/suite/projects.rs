//! Projects, groups, and workspaces as the boundary of who gets what.

mod boundary;
mod copying;
mod groups;

use std::path::Path;

use dataforge_tests::las::{las_text, write_las};
use dataforge_tests::program::Place;
use serde_json::Value;

/// Imports generated wells, which are called `Test <number>`, into a workspace.
fn import(place: &Place, workspace: &str, numbers: &[u32]) {
    if numbers.is_empty() {
        return;
    }
    let logs = tempfile::tempdir().unwrap();
    for number in numbers {
        write_las(logs.path(), *number, 60, 2, 9);
    }
    place.json(&["--workspace", workspace, "import", logs.path().to_str().unwrap()]);
}

/// A command on a workspace.
fn on(place: &Place, workspace: &str, args: &[&str]) -> Value {
    place.json(&[&["--workspace", workspace][..], args].concat())
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

fn field(numbers: &[u32]) -> Place {
    let ada = Place::new("ada");
    ada.json(&["init", "Field", "--name", "Ada"]);
    import(&ada, "Field", numbers);
    ada
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_project_says_what_it_is_and_organises_wells() {
    let ada = field(&[1, 2, 3]);
    let made = ada.json(&["projects", "create", "North", "--description", "Infill wells"]);
    let project = &made["project"];
    assert_eq!(
        (&project["name"], &project["owner"], &project["created_by"]),
        (&"North".into(), &"Ada".into(), &"Ada".into())
    );
    assert!(project["created_at"].as_str().unwrap().ends_with('Z'), "{project}");
    let id = project["id"].as_str().unwrap();
    ada.json(&["projects", "file", "North", "Test 1", "Test 2"]);
    ada.json(&["projects", "tag", "North", "infill", "2026"]);
    ada.json(&["projects", "set", "North", "settings.storage_quota", "5GB"]);
    ada.json(&["projects", "set", "North", "settings.autoSave", "yes"]);
    let shown = ada.json(&["projects", "show", "North"]);
    assert_eq!(names(&shown["wells"]), ["Test 1", "Test 2"]);
    assert_eq!(shown["quota_bytes"], 5_000_000_000_u64);
    assert_eq!(shown["project"]["tags"], serde_json::json!(["2026", "infill"]));
    assert_eq!(shown["project"]["settings"]["autoSave"], "yes", "a setting that is not known is kept");
    let taken = shown["bytes"].as_u64().unwrap();
    assert!(taken > 0 && shown["held_bytes"] == taken, "{shown}");
    // A well is in one project at most; `set` files it too.
    ada.json(&["projects", "create", "South"]);
    ada.json(&["set", "Test 2", "project", "South"]);
    assert_eq!(names(&ada.json(&["projects", "show", "North"])["wells"]), ["Test 1"]);
    assert!(ada.json(&["projects", "show", "North"])["bytes"].as_u64().unwrap() < taken);
    ada.json(&["projects", "unfile", "Test 2"]);
    assert!(names(&ada.json(&["projects", "show", "South"])["wells"]).is_empty());
    assert!(ada.fails(&["projects", "file", "North", "Test 3", "Nowhere"], 3).contains("Nowhere"));
    assert_eq!(names(&ada.json(&["projects", "show", "North"])["wells"]), ["Test 1"], "all or nothing");
    let wells = ada.json(&["wells"])["wells"].clone();
    assert_eq!((&wells[0]["project_id"], &wells[1]["project_id"]), (&Value::from(id), &Value::Null));
    assert_eq!((&wells[0]["held"], &wells[0]["runs"]), (&Value::from(1), &Value::from(1)));
    assert_eq!(names(&ada.json(&["projects", "list", "--tag", "infill"])["projects"]), ["North"]);
    // What is archived takes nothing more in.
    ada.json(&["projects", "archive", "North"]);
    assert_eq!(names(&ada.json(&["projects"])["projects"]), ["South"]);
    assert_eq!(names(&ada.json(&["projects", "--archived"])["projects"]), ["North", "South"]);
    assert!(ada.fails(&["projects", "file", "North", "Test 3"], 5).contains("archived"));
    ada.json(&["projects", "unarchive", "North"]);
    // Its wells outlive it, and it comes back with them.
    ada.json(&["projects", "delete", "North"]);
    assert_eq!(names(&ada.json(&["wells"])["wells"]).len(), 3);
    assert_eq!(ada.json(&["wells"])["wells"][0]["project_id"], Value::Null, "it is in none meanwhile");
    assert!(ada.fails(&["projects", "show", "North"], 3).contains("North"));
    ada.json(&["restore", id]);
    assert_eq!(names(&ada.json(&["projects", "show", "North"])["wells"]), ["Test 1"]);
    let before = ada.json(&["projects", "--archived"]);
    ada.json(&["rebuild"]);
    assert_eq!(ada.json(&["projects", "--archived"]), before);
    ada.verify();
}

#[test]
fn names_may_repeat_and_a_project_is_named_wherever_data_are() {
    let ada = field(&[1, 2]);
    let one = ada.json(&["projects", "create", "North"])["project"]["id"].as_str().unwrap().to_owned();
    let other = ada.json(&["projects", "create", "North"])["project"]["id"].as_str().unwrap().to_owned();
    let said = ada.fails(&["projects", "file", "North", "Test 1"], 2);
    assert!(said.contains(&one[..10]) && said.contains(&other[..10]), "{said}");
    ada.json(&["projects", "file", &one[..10], "Test 1"]);
    ada.json(&["projects", "set", &other, "name", "South"]);
    ada.json(&["pin", "North"]);
    let pins = ada.json(&["pins"])["marks"].clone();
    assert_eq!((&pins[0]["target"], &pins[0]["id"]), (&"project North".into(), &one.as_str().into()));
    let bytes = ada.json(&["projects", "show", "North"])["bytes"].clone();
    assert_eq!(pins[0]["bytes"], bytes);
    assert_eq!(ada.json(&["where", "North"])["blobs"], 2, "a source and a table");
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("north");
    ada.json(&["export", "--all", text(&out), "--project", "North"]);
    let contents = std::fs::read_to_string(out.join("contents.csv")).unwrap();
    assert!(contents.contains("Test 1") && !contents.contains("Test 2"), "{contents}");
    assert!(ada.json(&["exports"])["exports"][0]["what"].as_str().unwrap().contains("project North"));
    ada.fails(&["export", "--all", text(&dir.path().join("none")), "--project", "Nowhere"], 3);
    ada.json(&["policy", "demand"]);
    for args in [&["free", "North"][..], &["cache", "clear", "North"]] {
        let freed = ada.json(args);
        assert_eq!((&freed["done"], &freed["blobs"]), (&false.into(), &0.into()), "{args:?} {freed}");
        assert_eq!(freed["kept"][0]["blobs"], 2, "{args:?} {freed}");
    }
    assert!(ada.fails(&["cache", "clear", "Nowhere"], 3).contains("Nowhere"));
}

#[test]
fn importing_into_a_project_asks_what_it_takes_and_how_much() {
    let ada = field(&[]);
    let dir = tempfile::tempdir().unwrap();
    let las = write_las(dir.path(), 1, 60, 2, 9);
    ada.json(&["projects", "create", "North"]);
    ada.json(&["projects", "set", "North", "settings.allowed_file_types", ".las, csv"]);
    let scan = dir.path().join("scan.tif");
    std::fs::write(&scan, b"II*\0 a scan").unwrap();
    let output = ada.run(["--json", "import", text(&scan), "--project", "North"]);
    assert_eq!(output.status.code(), Some(4));
    let refused: Value = serde_json::from_slice(&output.stdout).unwrap();
    let file = &refused["files"][0];
    assert!(file["path"] == text(&scan) && file["error"].to_string().contains(".tif"), "{file}");
    assert!(file["hint"].to_string().contains(".csv, .las"), "{file}");
    let summary = ada.json(&["import", text(dir.path()), "--project", "North"]);
    assert_eq!((&summary["imported"], &summary["skipped"]), (&1.into(), &1.into()), "{summary}");
    assert_eq!(names(&ada.json(&["projects", "show", "North"])["wells"]), ["Test 1"]);
    // Without room for all of a file nothing of it is stored.
    let used = ada.json(&["projects", "show", "North"])["bytes"].as_u64().unwrap();
    ada.json(&["projects", "set", "North", "settings.storage_quota", &(used + 100).to_string()]);
    let (entries, stats) = (ada.verify(), ada.json(&["cache", "stats"]));
    let second = dir.path().join("second.las");
    std::fs::write(&second, las_text(2, 60, 2, 9)).unwrap();
    for more in [&["--dry-run"][..], &[]] {
        let args = [&["--json", "import", text(&second), "--project", "North"][..], more].concat();
        let output = ada.run(&args);
        assert_eq!(output.status.code(), Some(4), "{args:?}");
        let refused: Value = serde_json::from_slice(&output.stdout).unwrap();
        let error = refused["files"][0]["error"].as_str().unwrap();
        assert!(error.contains(&format!("{used} of {} bytes", used + 100)) && error.contains("North"), "{error}");
        assert!(refused["files"][0]["hint"].to_string().contains("storage_quota"), "{refused}");
    }
    assert_eq!((ada.verify(), ada.json(&["cache", "stats"])), (entries, stats), "nothing is half written");
    // What it has already takes no room, and a raised quota lets the file in.
    assert_eq!(ada.json(&["import", text(&las), "--project", "North"])["already_here"], 1);
    ada.json(&["projects", "set", "North", "settings.storage_quota", "1GB"]);
    assert_eq!(ada.json(&["import", text(&second), "--project", "North"])["imported"], 1);
    // A well of another project stays there, and that is said.
    ada.json(&["projects", "create", "South"]);
    let again = ada.json(&["import", text(&las), "--project", "South"]);
    assert!(again["files"][0]["warnings"].to_string().contains("North"), "{again}");
    assert_eq!(names(&ada.json(&["projects", "show", "North"])["wells"]), ["Test 1", "Test 2"]);
    ada.json(&["projects", "archive", "South"]);
    assert!(ada.fails(&["import", text(&las), "--project", "South"], 5).contains("archived"));
    ada.verify();
}

#[test]
fn attachments_belong_to_a_well_a_project_or_the_workspace() {
    let ada = field(&[1]);
    ada.json(&["projects", "create", "North"]);
    ada.json(&["projects", "file", "North", "Test 1"]);
    let dir = tempfile::tempdir().unwrap();
    let attach = |name: &str, more: &[&str]| {
        let path = dir.path().join(name);
        std::fs::write(&path, name).unwrap();
        ada.json(&[&["attach", text(&path)][..], more].concat());
    };
    attach("of-well.pdf", &["--to", "Test 1"]);
    attach("of-project.pdf", &["--project", "North"]);
    attach("of-workspace.pdf", &[]);
    let all = ada.json(&["attachments"])["attachments"].clone();
    let of =
        |name: &str, key: &str| all.as_array().unwrap().iter().find(|file| file["name"] == name).unwrap()[key].clone();
    assert_eq!((of("of-well.pdf", "well"), of("of-well.pdf", "project")), ("Test 1".into(), Value::Null));
    assert_eq!((of("of-project.pdf", "well"), of("of-project.pdf", "project")), (Value::Null, "North".into()));
    assert_eq!((of("of-workspace.pdf", "well"), of("of-workspace.pdf", "project")), (Value::Null, Value::Null));
    assert_eq!(names(&ada.json(&["attachments", "--project", "North"])["attachments"]), ["of-project.pdf"]);
    assert_eq!(ada.json(&["where", "North"])["blobs"], 4, "those of the project and of its well");
    ada.json(&["set", "of-well.pdf", "project", "North"]);
    assert_eq!(names(&ada.json(&["projects", "show", "North"])["attachments"]), ["of-project.pdf", "of-well.pdf"]);
    // What belongs to something deleted is gone with it, and comes back with it.
    ada.json(&["projects", "delete", "North"]);
    assert_eq!(names(&ada.json(&["attachments"])["attachments"]), ["of-workspace.pdf"]);
    ada.json(&["restore", "North"]);
    assert_eq!(names(&ada.json(&["attachments"])["attachments"]).len(), 3);
}

#[cfg(unix)]
#[test]
fn an_attachment_of_20_gb_is_refused_in_words_before_it_is_read() {
    let ada = field(&[]);
    let dir = tempfile::tempdir().unwrap();
    let huge = dir.path().join("video.mp4");
    std::fs::File::create(&huge).unwrap().set_len(20_000_000_000).unwrap();
    let before = ada.verify();
    let output = ada.run(["--json", "attach", text(&huge)]);
    assert_eq!(output.status.code(), Some(4));
    let refused: Value = serde_json::from_slice(&output.stdout).unwrap();
    let file = &refused["files"][0];
    assert!(file["path"] == text(&huge) && file["error"].to_string().contains("20000000000 bytes"), "{file}");
    assert!(file["error"].to_string().contains("2147483648"), "the limit is told: {file}");
    assert!(file["hint"].to_string().contains("import.max_file_bytes 20000000000"), "how to raise it: {file}");
    assert_eq!((refused["bytes"].as_u64(), ada.verify()), (Some(0), before), "nothing was read or written");
    // A limit that is lower holds too.
    ada.json(&["config", "set", "import.max_file_bytes", "1000"]);
    let small = dir.path().join("small.bin");
    std::fs::write(&small, vec![1; 1001]).unwrap();
    ada.fails(&["attach", text(&small)], 4);
    ada.json(&["config", "set", "import.max_file_bytes", "1001"]);
    assert_eq!(ada.json(&["attach", text(&small)])["attached"], 1);
}
