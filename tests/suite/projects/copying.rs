//! Wells that go from one workspace into another.

use dataforge_tests::program::{Place, invite};
use serde_json::Value;

use super::{field, import, names, on, text};

fn csv(place: &Place, workspace: &str, sql: &str) -> String {
    String::from_utf8(place.ok(["--workspace", workspace, "query", sql, "--format", "csv"])).unwrap()
}

/// All about a well that is not about the workspace it is in.
fn all_of(place: &Place, workspace: &str, well: &str) -> Value {
    let mut shown = on(place, workspace, &["show", well]);
    let attributes = shown["attributes"].as_array_mut().unwrap();
    attributes.retain(|attribute| !attribute[0].as_str().unwrap().starts_with("copied_"));
    // Projects stay where they are.
    shown["well"].as_object_mut().unwrap().remove("project_id");
    shown
}

#[test]
fn a_copy_has_all_of_a_well_and_copying_again_changes_nothing() {
    let ada = field(&[1, 2]);
    ada.json(&["init", "Partner"]);
    let run = on(&ada, "Field", &["runs", "Test 1"])["runs"][0]["id"].as_str().unwrap().to_owned();
    let dir = tempfile::tempdir().unwrap();
    let scan = dir.path().join("scan.tif");
    std::fs::write(&scan, b"II*\0 a scan").unwrap();
    on(&ada, "Field", &["projects", "create", "North"]);
    for args in [
        &["grid", "Test 1"][..],
        &["set", "Test 1", "field", "Our Field"],
        &["set", "Test 1", "project", "North"],
        &["set", &run, "name", "GR main"],
        &["set", &run, "datum", "KB"],
        &["set", &format!("{run}:1"), "property", "gamma_ray"],
        &["set", &format!("{run}:1"), "quality", "good"],
        &["prefer", "Test 1", "gamma_ray", &format!("{run}:1")],
        &["attach", text(&scan), "--to", "Test 1", "--description", "the print"],
    ] {
        on(&ada, "Field", args);
    }
    let source = all_of(&ada, "Field", "Test 1");
    let copied = on(&ada, "Field", &["wells", "copy", "Test 1", "--to", "Partner"]);
    let well = &copied["wells"][0];
    assert_eq!((&copied["from"], &copied["to"], &copied["moved"]), (&"Field".into(), &"Partner".into(), &false.into()));
    assert_eq!((&well["documents"], &well["written"], &well["left"]), (&3.into(), &3.into(), &0.into()), "{copied}");
    assert_eq!(well["blobs"], 4, "source, table, gridded copy and attachment: {copied}");
    assert_eq!(well["remarks"], serde_json::json!([]));
    assert_eq!(all_of(&ada, "Partner", "Test 1"), source);
    let sql = "select * from samples order by 1, 2, 3, 4";
    let only = on(&ada, "Field", &["wells"])["wells"].as_array().unwrap().len();
    assert_eq!((only, names(&on(&ada, "Partner", &["wells"])["wells"])), (2, vec!["Test 1"]));
    assert!(csv(&ada, "Partner", sql).lines().count() > 60, "its data can be read there");
    let files = on(&ada, "Partner", &["attachments", "Test 1"])["attachments"].clone();
    assert_eq!((&files[0]["name"], &files[0]["description"]), (&"scan.tif".into(), &"the print".into()));
    // Where it came from is told; the project it was in is not there.
    let attributes = on(&ada, "Partner", &["show", "Test 1"])["attributes"].clone();
    let told = |key: &str| {
        let found = attributes.as_array().unwrap().iter().find(|attribute| attribute[0] == key);
        found.unwrap_or_else(|| panic!("{key} is not in {attributes}"))[1].as_str().unwrap().to_owned()
    };
    let workspaces = ada.json(&["workspaces"])["workspaces"].clone();
    let from = workspaces.as_array().unwrap().iter().find(|workspace| workspace["name"] == "Field").unwrap();
    assert_eq!((told("copied_from"), told("copied_from_name")), (from["id"].as_str().unwrap().into(), "Field".into()));
    assert_eq!((told("copied_by"), told("copied_authors")), ("Ada".into(), "Ada".into()));
    assert_eq!(told("copied_heads").len(), 64, "the one head of the well's document");
    assert!(names(&on(&ada, "Partner", &["projects"])["projects"]).is_empty());
    let entries = ada.verify();
    let again = on(&ada, "Field", &["wells", "copy", "Test 1", "--to", "Partner"]);
    assert_eq!((&again["wells"][0]["written"], &again["wells"][0]["blobs"]), (&0.into(), &0.into()), "{again}");
    assert_eq!(ada.verify(), entries, "nothing was written");
    // What people there said stays; what is new comes.
    on(&ada, "Partner", &["set", "Test 1", "field", "Their Field"]);
    on(&ada, "Field", &["set", "Test 1", "company", "Acme"]);
    let third = on(&ada, "Field", &["wells", "copy", "Test 1", "--to", "Partner"]);
    assert_eq!((&third["wells"][0]["written"], &third["wells"][0]["left"]), (&1.into(), &1.into()), "{third}");
    let there = on(&ada, "Partner", &["wells"])["wells"][0].clone();
    assert_eq!((&there["field"], &there["company"]), (&"Their Field".into(), &"Acme".into()));
    ada.json(&["rebuild"]);
    assert_eq!(on(&ada, "Partner", &["wells"])["wells"][0], there);
}

#[test]
fn a_move_deletes_where_it_was_and_asks_for_the_roles_first() {
    let (ada, bob) = (field(&[1, 2]), Place::new("bob"));
    bob.json(&["init", "Partner", "--name", "Bob"]);
    let up = ada.up();
    invite(&ada, &bob, "editor");
    bob.json(&["sync"]);
    let entries = bob.verify();
    assert!(bob.fails(&["--workspace", "Field", "wells", "move", "Test 1", "--to", "Partner"], 5).contains("admin"));
    assert!(
        bob.fails(&["--workspace", "Field", "wells", "copy", "Test 1", "Nowhere", "--to", "Partner"], 3)
            .contains("Nowhere")
    );
    assert!(bob.fails(&["--workspace", "Field", "wells", "copy", "Test 1", "--to", "Field"], 2).contains("--to"));
    assert_eq!(bob.verify(), entries, "what is refused wrote nothing");
    ada.json(&["role", "Bob", "viewer", "--yes"]);
    bob.json(&["--workspace", "Field", "sync"]);
    import(&bob, "Partner", &[7]);
    assert!(bob.fails(&["--workspace", "Partner", "wells", "copy", "Test 7", "--to", "Field"], 5).contains("editor"));
    on(&bob, "Field", &["wells", "copy", "Test 1", "--to", "Partner"]);
    assert_eq!(names(&on(&bob, "Partner", &["wells"])["wells"]), ["Test 1", "Test 7"], "who may read may copy");
    assert_eq!(names(&ada.json(&["wells"])["wells"]), ["Test 1", "Test 2"]);
    drop(up);

    ada.json(&["init", "Archive"]);
    let before = on(&ada, "Field", &["show", "Test 2"])["runs"].clone();
    let moved = on(&ada, "Field", &["wells", "move", "Test 2", "--to", "Archive"]);
    assert_eq!(moved["moved"], true);
    assert_eq!(names(&on(&ada, "Field", &["wells"])["wells"]), ["Test 1"]);
    assert_eq!(on(&ada, "Archive", &["show", "Test 2"])["runs"], before);
    assert!(csv(&ada, "Archive", "select count(*) from samples").lines().nth(1).is_some_and(|count| count != "0"));
    on(&ada, "Field", &["restore", "Test 2"]);
    assert_eq!(names(&on(&ada, "Field", &["wells"])["wells"]), ["Test 1", "Test 2"]);
    // One that was deleted there is not copied out of sight.
    on(&ada, "Archive", &["delete", "Test 2"]);
    assert!(ada.fails(&["--workspace", "Field", "wells", "move", "Test 2", "--to", "Archive"], 5).contains("deleted"));
    assert_eq!(names(&on(&ada, "Field", &["wells"])["wells"]).len(), 2);
    ada.verify();
    bob.verify();
}

#[test]
fn a_source_file_of_several_wells_goes_along_whole_and_that_is_said() {
    let ada = field(&[]);
    ada.json(&["init", "Partner"]);
    let dir = tempfile::tempdir().unwrap();
    let table = dir.path().join("wells.csv");
    std::fs::write(&table, "WELL,DEPT,POR\n,m,v/v\nAlpha,1,0.2\nAlpha,2,0.21\nBeta,1,0.3\nBeta,2,0.31\n").unwrap();
    on(&ada, "Field", &["import", text(&table)]);
    let copied = on(&ada, "Field", &["wells", "copy", "Alpha", "--to", "Partner"]);
    assert!(copied["wells"][0]["remarks"].to_string().contains("wells.csv"), "{copied}");
    assert_eq!(names(&on(&ada, "Partner", &["wells"])["wells"]), ["Alpha"]);
}

#[test]
fn charts_and_selections_go_along_with_what_they_name_there() {
    let ada = field(&[1, 2]);
    ada.json(&["init", "Partner"]);
    let curve = |well: &str| {
        let run = on(&ada, "Field", &["runs", well])["runs"][0]["id"].as_str().unwrap().to_owned();
        format!("{run}:1")
    };
    let (one, other) = (curve("Test 1"), curve("Test 2"));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("chart.json");
    let series =
        |id: &str, source: &str| serde_json::json!({"id": id, "kind": "values", "track": "one", "source": source});
    let chart = serde_json::json!({
        "schema": 1, "kind": "log_tracks", "title": "Both",
        "axes": [{"id": "depth", "kind": "depth", "unit": "m"}],
        "tracks": [{"id": "one", "kind": "curves", "left": 0, "right": 150}],
        "series": [series("a", &one), series("b", &other)],
    });
    std::fs::write(&file, chart.to_string()).unwrap();
    on(&ada, "Field", &["charts", "import", text(&file), "--well", "Test 1"]);
    on(&ada, "Field", &["selections", "create", "Sand", "--wells", "Test 1", "--wells", "Test 2", "--curves", &one]);
    let remarks = |copied: &Value| copied["wells"][0]["remarks"].to_string();
    let copied = on(&ada, "Field", &["wells", "copy", "Test 1", "--to", "Partner"]);
    assert_eq!(copied["wells"][0]["documents"], 4, "well, run, chart and selection: {copied}");
    let told = remarks(&copied);
    assert!(told.contains("chart Both names something in 1 place") && told.contains("selection Sand names"), "{told}");
    let sources = |place: &str| -> Vec<Value> {
        let shown = on(&ada, place, &["charts", "show", "Both"])["chart"]["series"].clone();
        shown.as_array().unwrap().iter().map(|series| series["source"].clone()).collect()
    };
    assert_eq!(sources("Partner"), [Value::from(one.as_str()), Value::Null]);
    let wells = || on(&ada, "Partner", &["selections", "list"])["selections"][0]["wells"].clone();
    assert_eq!(wells(), 1);
    assert_eq!(on(&ada, "Partner", &["selections", "list"])["selections"][0]["curves"], 1);
    // With the other well there is nothing left out, and nothing is there twice.
    let both = on(&ada, "Field", &["wells", "copy", "Test 1", "Test 2", "--to", "Partner"]);
    assert_eq!(remarks(&both), "[]", "{both}");
    assert_eq!((sources("Partner"), wells()), (sources("Field"), 2.into()));
    assert_eq!(on(&ada, "Partner", &["charts", "list"])["charts"].as_array().map(Vec::len), Some(1));
    assert_eq!(on(&ada, "Field", &["charts", "list"])["charts"].as_array().map(Vec::len), Some(1), "it stays here");
}
