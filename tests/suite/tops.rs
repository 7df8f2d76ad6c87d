//! Tops, surveys and selections: filled by import, edited by several, the same for everybody.

use std::path::{Path, PathBuf};

use dataforge_tests::program::{Place, join};
use serde_json::Value;

const TOPS: &str = "Well,UWI,Formation,MD (m),Base (m),Datum,Interpreter,Remark\n\
                    A-1,42501201300300,Brent,1500.5,1612,KB,Ada,sandy\n\
                    A-1,42501201300300,Dunlin,1612,,KB,Ada,\n";
/// A slant of 60 degrees towards the east: half as deep as it is long.
const SURVEY: &str = "Well,UWI,MD (m),Inclination (deg),Azimuth (deg)\nA-1,42501201300300,0,60,90\n\
                      A-1,42501201300300,1000,60,90\nA-1,42501201300300,2000,60,90\n";
const LOG: &str = "~Version\n VERS. 2.0 :\n WRAP. NO :\n~Well\n STRT.M 100 :\n STOP.M 101 :\n STEP.M 0.5 :\n NULL. -999.25 :\n \
                   WELL. Alpha 1 :\n UWI. 42501201300300 :\n~Curve\n DEPT.M :\n RHOB.K/M3 :\n GR.GAPI :\n~A\n\
                   100 2300 10\n100.5 2400 20\n101 2500 30\n";

fn put(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn import(place: &Place, path: &Path) -> Value {
    place.json(&["import", path.to_str().unwrap()])
}

fn csv(place: &Place, sql: &str) -> String {
    String::from_utf8(place.ok(["query", sql, "--format", "csv"])).unwrap()
}

fn field() -> (Place, tempfile::TempDir) {
    let place = Place::new("ada");
    place.json(&["init", "Field"]);
    (place, tempfile::tempdir().unwrap())
}

/// A directory with tops and a survey of one well.
fn well(dir: &Path) -> PathBuf {
    let files = dir.join("files");
    std::fs::create_dir(&files).unwrap();
    put(&files, "tops.csv", TOPS);
    put(&files, "survey.csv", SURVEY);
    files
}

#[track_caller]
fn close(value: &Value, exact: f64) {
    assert!(value.as_f64().is_some_and(|value| (value - exact).abs() < 1e-6), "{value}, not {exact}");
}

#[test]
fn two_nodes_that_import_one_file_apart_make_one_document_and_edits_of_both_count() {
    let (ada, dir) = field();
    let files = well(dir.path());
    import(&ada, &files);
    ada.json(&["tops", "set", "A-1", "Brent", "depth", "1499"]);
    ada.json(&["surveys", "set-station", "A-1", "3000", "60", "90", "--unit", "m"]);
    let bob = Place::new("bob");
    let _up = join(&ada, &bob, "editor");
    assert_eq!(import(&bob, &files)["imported"], 2, "bob has not synced yet");
    bob.json(&["tops", "set", "A-1", "Dunlin", "interpreter", "Bob"]);
    bob.json(&["tops", "add", "A-1", "Statfjord", "1700", "--unit", "m", "--datum", "KB"]);
    bob.json(&["surveys", "set", "A-1", "datum", "KB"]);
    bob.json(&["surveys", "set", "A-1", "elevation_m", "25"]);
    bob.json(&["sync"]);
    let shown = |place: &Place, what: &str| place.json(&[what, "show", "A-1"]);
    for what in ["tops", "surveys"] {
        assert_eq!(ada.json(&[what, "list"]), bob.json(&[what, "list"]));
        assert_eq!(shown(&ada, what), shown(&bob, what));
    }
    assert_eq!(ada.json(&["tops", "list"])["sets"].as_array().map(Vec::len), Some(1));
    assert_eq!(ada.json(&["surveys", "list"])["surveys"].as_array().map(Vec::len), Some(1));
    let sql = "select name, kind, depth, base, datum, interpreter, remark, tvd_m, tvdss_m from tops order by depth";
    let expected = "name,kind,depth,base,datum,interpreter,remark,tvd_m,tvdss_m\n\
                    Brent,zone,1499.0,1612.0,KB,Ada,sandy,";
    for place in [&ada, &bob] {
        let answer = csv(place, sql);
        assert!(answer.starts_with(expected) && answer.contains("\nDunlin,top,1612.0,,KB,Bob,,"), "{answer}");
        assert!(answer.contains("\nStatfjord,top,1700.0,,KB,,,"), "{answer}");
        assert_eq!(answer.lines().count(), 4, "{answer}");
        let tops = shown(place, "tops");
        close(&tops["tops"][0]["tvd_m"], 749.5);
        close(&tops["tops"][0]["tvdss_m"], 724.5);
        assert_eq!(shown(place, "surveys")["stations"].as_array().map(Vec::len), Some(4));
        let path = place.json(&["surveys", "tvd", "A-1", "--md", "2500", "--unit", "m"]);
        close(&path["points"][0]["tvd_m"], 1250.0);
        close(&path["points"][0]["east_m"], 2500.0 * 60_f64.to_radians().sin());
        place.verify();
    }
    let before = (shown(&bob, "tops"), shown(&bob, "surveys"));
    bob.json(&["rebuild"]);
    assert_eq!((shown(&bob, "tops"), shown(&bob, "surveys")), before);
    let again = import(&bob, &files);
    assert_eq!(again["already_here"], 2);
    close(&shown(&bob, "tops")["tops"][0]["depth"], 1499.0);
}

#[test]
fn what_is_exported_and_imported_again_is_the_same() {
    let (ada, dir) = field();
    import(&ada, &well(dir.path()));
    ada.json(&["tops", "add", "A-1", "Cook, upper", "1800.25", "--unit", "m", "--datum", "KB", "--uncertainty", "2.5"]);
    ada.json(&["surveys", "set", "A-1", "azimuth_reference", "grid"]);
    ada.json(&["surveys", "set", "A-1", "datum", "KB"]);
    let tops = "select name, kind, depth, base, unit, datum, interpreter, remark, uncertainty from tops order by depth";
    let survey =
        "select md, unit, inclination_deg, azimuth_deg, datum, azimuth_reference, tvd_m from surveys order by md";
    let eve = Place::new("eve");
    eve.json(&["init", "Other"]);
    for (what, sql) in [("tops", tops), ("surveys", survey)] {
        let out = dir.path().join(format!("{what}.csv"));
        ada.json(&[what, "export", "A-1", "--out", out.to_str().unwrap()]);
        let summary = import(&eve, &out);
        assert_eq!(summary["imported"], 1, "{summary}");
        let (before, after) = (csv(&ada, sql), csv(&eve, sql));
        assert!(before.lines().count() > 3, "{before}");
        assert_eq!(before, after);
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_place_and_nothing_of_it_is_written() {
    let (ada, dir) = field();
    import(&ada, &well(dir.path()));
    let backwards = put(dir.path(), "back.csv", "Well,MD (m),Inc,Azi\nB-2,0,0,0\nB-2,100,1,0\nB-2,90,1,0\n");
    let summary = import(&ada, &backwards);
    let warnings = summary["files"][0]["warnings"].to_string();
    assert!(summary["imported"] == 1 && warnings.contains("station 3 goes backwards"), "{summary}");
    assert_eq!(ada.json(&["surveys", "list", "B-2"])["surveys"], Value::Array(Vec::new()));
    assert_eq!(csv(&ada, "select rows from runs where well = 'B-2'"), "rows\n3\n", "the run is as delivered");
    let before = (ada.json(&["tops", "show", "A-1"]), ada.json(&["surveys", "show", "A-1"]));
    let good = r#"{"name":"Ness","depth":1550,"unit":"m"}"#;
    let bad = put(dir.path(), "bad.json", &format!(r#"[{good},{{"name":"Etive","depth":1560,"unit":"s"}}]"#));
    for (args, part) in [
        (vec!["tops", "add", "A-1", "--file", bad.to_str().unwrap()], "top 2 (\"Etive\"): \"s\""),
        (vec!["tops", "set", "A-1", "Brent", "base", "1400"], "above where it begins"),
        (vec!["tops", "set", "A-1", "Brent", "colour", "red"], "colour"),
        (vec!["surveys", "set-station", "A-1", "500", "181", "0", "--unit", "m"], "inclination 181"),
        (vec!["surveys", "set-station", "A-1", "500", "60", "90", "--unit", "s"], "no unit of length"),
        (vec!["surveys", "tvd", "A-1", "--md", "2000.5", "--unit", "m"], "2000.5 m is not within the survey"),
        (vec!["surveys", "set", "A-1", "azimuth_reference", "up"], "true, grid, magnetic"),
    ] {
        let said = ada.fails(&args, 2);
        assert!(said.contains(part), "{args:?}: {said}");
    }
    ada.fails(&["tops", "set", "A-1", "Nowhere", "depth", "1"], 3);
    let after = (ada.json(&["tops", "show", "A-1"]), ada.json(&["surveys", "show", "A-1"]));
    assert_eq!(before, after);
}

#[test]
fn surveys_are_chosen_and_sets_come_back_when_restored() {
    let (ada, dir) = field();
    let files = well(dir.path());
    import(&ada, &files);
    let stations = put(
        dir.path(),
        "stations.json",
        r#"[{"md":0,"unit":"m","inclination_deg":0,"azimuth_deg":0},
        {"md":2000,"unit":"m","inclination_deg":0,"azimuth_deg":0}]"#,
    );
    ada.json(&["surveys", "create", "A-1", "Plan", "--file", stations.to_str().unwrap()]);
    let top = || ada.json(&["tops", "show", "A-1"])["tops"][0].clone();
    assert!(top()["unknown"].as_str().is_some_and(|why| why.contains("2 surveys")), "{}", top());
    ada.json(&["surveys", "choose", "A-1", "Plan"]);
    close(&top()["tvd_m"], 1500.5);
    ada.json(&["surveys", "choose", "A-1", "survey.csv"]);
    close(&top()["tvd_m"], 750.25);
    let id = ada.json(&["tops", "list"])["sets"][0]["id"].as_str().unwrap().to_owned();
    ada.json(&["tops", "rename", "A-1", "Picks of May"]);
    assert_eq!(ada.json(&["tops", "show", "Picks of May"])["set"]["id"], *id);
    ada.json(&["tops", "delete", "Picks of May"]);
    import(&ada, &files);
    assert_eq!(ada.json(&["tops", "list"])["sets"], Value::Array(Vec::new()), "an import takes no deletion back");
    ada.json(&["restore", &id]);
    assert_eq!(ada.json(&["tops", "list"])["sets"][0]["name"], "Picks of May");
}

#[test]
fn a_selection_is_shared_and_chooses_what_is_exported() {
    let (ada, dir) = field();
    import(&ada, &put(dir.path(), "a.las", LOG));
    ada.json(&["selections", "create", "Sand", "--properties", "gamma_ray"]);
    let bob = Place::new("bob");
    let _up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);
    for place in [&ada, &bob] {
        place.json(&["selections", "add", "Sand", "--wells", "Alpha 1"]);
    }
    ada.json(&["selections", "add", "Sand", "--interval", "Alpha 1", "100.2", "100.8", "--unit", "m"]);
    bob.json(&["sync"]);
    assert_eq!(ada.json(&["selections", "show", "Sand"]), bob.json(&["selections", "show", "Sand"]));
    let items = csv(&bob, "select part, name, from_m, to_m from selections order by part");
    assert_eq!(items, "part,name,from_m,to_m\ninterval,Alpha 1,100.2,100.8\nproperty,gamma_ray,,\nwell,Alpha 1,,\n");
    let out = dir.path().join("all");
    bob.json(&["export", "--all", out.to_str().unwrap(), "--format", "csv", "--selection", "Sand"]);
    let text = std::fs::read_to_string(out.join("Alpha 1/a 100.2 to 100.8 m.csv")).unwrap();
    assert!(text.starts_with("DEPT") && text.ends_with("\n100.5,20.0\n") && text.lines().count() == 2, "{text}");
    assert!(!out.join("Alpha 1/originals").exists(), "a source holds more than was chosen");
    let one = dir.path().join("one.csv");
    bob.json(&["export", "Alpha 1", "--out", one.to_str().unwrap(), "--selection", "Sand"]);
    assert_eq!(std::fs::read_to_string(&one).unwrap(), text);
    bob.json(&["selections", "rename", "Sand", "Upper sand"]);
    bob.json(&["selections", "remove", "Upper sand", "--properties", "gamma_ray"]);
    bob.json(&["sync"]);
    assert_eq!(ada.json(&["selections", "list"])["selections"][0]["properties"], 0);
}

#[test]
fn intervals_are_counted_as_the_gridded_copy_is() {
    let (ada, dir) = field();
    import(&ada, &put(dir.path(), "a.las", LOG));
    ada.json(&["set", "Alpha 1", "grid_unit", "ft"]);
    ada.json(&["set", "Alpha 1", "grid_step", "0.5"]);
    ada.json(&["grid", "Alpha 1"]);
    ada.json(&["selections", "create", "Sand", "--properties", "gamma_ray"]);
    ada.json(&["selections", "add", "Sand", "--interval", "Alpha 1", "100.2", "100.8", "--unit", "m"]);
    let out = dir.path().join("gridded.csv");
    ada.json(&["export", "Alpha 1", "--gridded", "--out", out.to_str().unwrap(), "--selection", "Sand"]);
    let text = std::fs::read_to_string(&out).unwrap();
    let depths: Vec<_> = text.lines().skip(1).map(|line| line.split(',').next().unwrap_or_default()).collect();
    assert_eq!(depths, ["329.0", "329.5", "330.0", "330.5"], "100.2 m are 328.7 ft: {text}");
}

#[test]
fn a_selection_across_datums_is_refused_and_one_that_became_so_is_not_used() {
    let (ada, dir) = field();
    import(&ada, &put(dir.path(), "a.las", LOG));
    ada.json(&["selections", "create", "Sand", "--wells", "Alpha 1"]);
    let bob = Place::new("bob");
    let _up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);
    let add = |place: &Place, datum: &str| {
        place.json(&[
            "selections",
            "add",
            "Sand",
            "--interval",
            "Alpha 1",
            "100",
            "101",
            "--unit",
            "m",
            "--datum",
            datum,
        ])
    };
    add(&ada, "KB");
    let interval = ["--interval", "Alpha 1", "100", "101"];
    let refused = |more: &[&str]| {
        let args: Vec<_> = ["selections", "add", "Sand"].iter().chain(&interval).chain(more).copied().collect();
        ada.fails(&args, 2)
    };
    let said = refused(&["--unit", "m", "--datum", "GL"]);
    assert!(said.contains("interval 1") && said.contains("GL") && said.contains("KB"), "{said}");
    let said = refused(&["--unit", "s", "--datum", "KB"]);
    assert!(said.contains("interval 1") && said.contains("no unit of length"), "{said}");
    add(&bob, "GL");
    bob.json(&["sync"]);
    for place in [&ada, &bob] {
        let shown = place.json(&["selections", "show", "Sand"]);
        let problem = shown["problem"].as_str().unwrap_or_default();
        assert!(problem.contains("KB") && problem.contains("GL"), "{shown}");
        let out = dir.path().join("refused");
        let said = place.fails(&["export", "--all", out.to_str().unwrap(), "--selection", "Sand"], 2);
        assert!(said.contains("GL") && !out.exists(), "{said}");
    }
    ada.json(&["selections", "remove", "Sand", "--interval", "Alpha 1", "100", "101", "--unit", "m", "--datum", "GL"]);
    assert_eq!(ada.json(&["selections", "show", "Sand"])["problem"], Value::Null);
}
