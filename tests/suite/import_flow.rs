//! Import as a flow: look before, map, import, read the report, keep the rest.

use std::path::{Path, PathBuf};

use dataforge_tests::las::{las_text, write_las};
use dataforge_tests::program::{Place, join, wait_until};
use serde_json::Value;

fn field() -> (Place, tempfile::TempDir) {
    let place = Place::new("ada");
    place.json(&["init", "Field"]);
    (place, tempfile::tempdir().unwrap())
}

fn put(dir: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn import(place: &Place, path: &Path, more: &[&str]) -> Value {
    let mut args = vec!["import", path.to_str().unwrap()];
    args.extend(more);
    place.json(&args)
}

fn count(place: &Place, what: &str) -> usize {
    place.json(&[what])[what].as_array().unwrap().len()
}

fn csv(place: &Place, sql: &str) -> String {
    String::from_utf8(place.ok(["query", sql, "--format", "csv"])).unwrap()
}

/// A log of a well that has a name and no identifier.
fn named(well: &str, rows: &str) -> String {
    format!(
        "~Version\n VERS. 2.0 :\n WRAP. NO :\n~Well\n STRT.M 100 :\n STOP.M 101 :\n STEP.M 0.5 :\n NULL. -999.25 :\n \
         WELL. {well} :\n FLD. Harness :\n COMP. Acme :\n~Curve\n DEPT.M :\n GR.GAPI : gamma ray\n~A\n{rows}"
    )
}

const ROWS: &str = "100 10\n100.5 20\n101 -999.25\n";

#[test]
fn a_dry_run_says_what_would_happen_and_writes_nothing() {
    let (place, dir) = field();
    put(dir.path(), "known.las", named("Alpha-1", ROWS));
    place.json(&["import", dir.path().to_str().unwrap()]);
    let before = place.verify();
    put(dir.path(), "again.las", named("ALPHA 1", "100 1\n"));
    put(dir.path(), "late.las", named("Beta-1", "100 1\n101 2\n").replace("STOP.M 101", "STOP.M 400"));
    put(dir.path(), "table.csv", "WELL,DEPT,POR\n,m,v/v\nGamma,1,0.2\nGamma,2,0.21\n");
    put(dir.path(), "photo.jpg", b"\xff\xd8\xff\xe0 a picture");
    put(dir.path(), "empty.las", "");
    let output = place.run(["--json", "import", "--dry-run", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4), "one file is empty");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let file = |name: &str| {
        let mut files = summary["files"].as_array().unwrap().iter();
        files.find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap()
    };
    let outcomes = ["known.las", "again.las", "late.las", "table.csv", "photo.jpg", "empty.las"];
    let outcomes = outcomes.map(|name| file(name)["outcome"].as_str().unwrap());
    assert_eq!(outcomes, ["already here", "imported", "imported", "imported", "attached", "failed"]);
    let run = &file("again.las")["plan"][0];
    assert_eq!((&run["well"], &run["new_well"]), (&"ALPHA 1".into(), &true.into()));
    let curve = &run["curves"][0];
    assert_eq!((&curve["property"], curve["confidence"].as_u64() > Some(80)), (&"gamma_ray".into(), true), "{curve}");
    let duplicates = file("again.las")["duplicates"].to_string();
    assert!(duplicates.contains("Alpha-1") && duplicates.contains("same name"), "{duplicates}");
    assert!(file("late.las")["warnings"].to_string().contains("STOP says 400"), "{}", file("late.las"));
    assert!(file("table.csv")["mapping"].as_str().unwrap().contains("POR"), "{}", file("table.csv"));
    assert_eq!((place.verify(), count(&place, "runs"), count(&place, "wells")), (before, 1, 1));
    assert_eq!(count(&place, "attachments"), 0);
}

#[test]
fn wells_are_never_one_by_their_name_alone() {
    let (place, dir) = field();
    put(dir.path(), "a.las", named("Alpha-1", ROWS));
    import(&place, dir.path(), &[]);
    let second = put(dir.path(), "b.las", named("ALPHA 1", "100 1\n"));
    let summary = import(&place, &second, &[]);
    assert!(summary["files"][0]["duplicates"].to_string().contains("same name"), "{summary}");
    assert_eq!(count(&place, "wells"), 2);
    let pairs = place.json(&["duplicates"]);
    assert_eq!(pairs["duplicates"].as_array().map(Vec::len), Some(1), "{pairs}");
    // A person moves the run; the emptied well is then deleted.
    let run = summary["files"][0]["runs"][0].as_str().unwrap();
    place.json(&["set", run, "well", "Alpha-1"]);
    place.json(&["delete", "ALPHA 1"]);
    assert_eq!((count(&place, "wells"), count(&place, "runs")), (1, 2));
    assert_eq!(count(&place, "duplicates"), 0);
    // Who knows that names are good enough says so.
    let third = put(dir.path(), "c.las", named("alpha-1", "100 3\n"));
    import(&place, &third, &["--match-names"]);
    assert_eq!((count(&place, "wells"), count(&place, "runs")), (1, 3));
}

#[test]
fn a_map_says_how_a_table_is_read() {
    let (place, dir) = field();
    let table = put(dir.path(), "odd.csv", "tiefe;gamma;note\n1000,5;12,5;a\n1001,0;-7777;b\n");
    let guessed = dir.path().join("guessed.toml");
    let plan = import(&place, &table, &["--write-map", guessed.to_str().unwrap()]);
    assert!(plan["dry_run"] == true && count(&place, "runs") == 0, "{plan}");
    let guessed = std::fs::read_to_string(guessed).unwrap();
    assert!(guessed.contains("tiefe") && guessed.contains("version = 1"), "{guessed}");
    let map = put(
        dir.path(),
        "map.toml",
        "version = 1\n[source]\ndecimal = \",\"\nnulls = [-7777]\n[[table]]\nkind = \"log\"\nwell = \"Odd 1\"\n\
         [[table.column]]\ncolumn = \"tiefe\"\nrole = \"index\"\nname = \"DEPT\"\nunit = \"m\"\n\
         [[table.column]]\ncolumn = \"gamma\"\nname = \"GR\"\nunit = \"gAPI\"\n\
         [[table.column]]\ncolumn = \"note\"\nrole = \"skip\"\n",
    );
    import(&place, &table, &["--map", map.to_str().unwrap()]);
    let answer = csv(&place, "select well, index_value, curve, unit, value from samples order by index_value");
    assert_eq!(answer, "well,index_value,curve,unit,value\nOdd 1,1000.5,GR,gAPI,12.5\nOdd 1,1001.0,GR,gAPI,\n");
    let wrong = put(dir.path(), "wrong.toml", "version = 1\n[[table]]\nkind = \"lug\"\n");
    let said = place.fails(&["import", table.to_str().unwrap(), "--map", wrong.to_str().unwrap()], 2);
    assert!(said.contains("line 3"), "{said}");
}

#[test]
fn the_report_is_kept_with_the_run_for_everybody() {
    let (ada, dir) = field();
    let text = las_text(1, 40, 2, 1);
    put(dir.path(), "cut.las", &text[..text.len() - 12]);
    let summary = ada.json(&["import", dir.path().to_str().unwrap()]);
    let seen = summary["files"][0]["warnings_total"].as_u64().unwrap();
    assert!(seen > 0, "{summary}");
    let bob = Place::new("bob");
    let _up = join(&ada, &bob, "viewer");
    bob.json(&["sync"]);
    let run = bob.json(&["runs"])["runs"][0]["id"].as_str().unwrap().to_owned();
    for place in [&ada, &bob] {
        let report = place.json(&["report", &run]);
        assert_eq!(report["seen"].as_u64(), Some(seen), "{report}");
        let notice = &report["notices"][0];
        assert!(notice["line"].as_u64() > Some(0) && notice["kind"].is_string(), "{report}");
        let counted = csv(place, "select count(*) as n from notices");
        assert_eq!(counted, format!("n\n{seen}\n"));
    }
}

#[test]
fn any_other_file_is_kept_and_reaches_everybody_byte_for_byte() {
    let (ada, dir) = field();
    write_las(dir.path(), 1, 20, 2, 1);
    let bytes: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    put(dir.path(), "core photo.tif", &bytes);
    let summary = import(&ada, dir.path(), &[]);
    assert_eq!((&summary["imported"], &summary["attached"]), (&1.into(), &1.into()), "{summary}");
    let letter = put(dir.path(), "letter.pdf", "%PDF");
    let args = ["attach", letter.to_str().unwrap(), "--to", "Test 1", "--description", "what the driller wrote"];
    ada.json(&args);
    assert_eq!(import(&ada, &dir.path().join("core photo.tif"), &[])["already_here"], 1);
    let bob = Place::new("bob");
    let _up = join(&ada, &bob, "viewer");
    assert_eq!(bob.json(&["sync"])["blobs_missing"], 0);
    let list = bob.json(&["attachments"])["attachments"].clone();
    assert_eq!(list.as_array().map(Vec::len), Some(2), "{list}");
    let of_well = bob.json(&["attachments", "Test 1"])["attachments"][0].clone();
    assert_eq!((&of_well["name"], &of_well["well"]), (&"letter.pdf".into(), &"Test 1".into()), "{of_well}");
    assert_eq!(of_well["description"], "what the driller wrote");
    let out = dir.path().join("back.tif");
    bob.json(&["export", "core photo.tif", "--original", "--out", out.to_str().unwrap()]);
    assert_eq!(std::fs::read(out).unwrap(), bytes);
    assert_eq!(import(&ada, dir.path(), &["--no-attachments"])["attached"], 0);
}

#[test]
fn the_data_sets_of_a_file_are_runs_of_one_well() {
    let (place, dir) = field();
    let text = "~Version\nVERS. 3.0 :\nWRAP. NO :\nDLM. COMMA :\n~Well\nSTRT.M 1 :\nSTOP.M 2 :\nSTEP.M 1 :\nNULL. -999 :\n\
                WELL. Delta 3 :\n~Parameter\nRUN. 2 : run\n~Curve\nDEPT.M : depth {F}\nGR.GAPI : gamma {F}\n\
                ~ASCII | Curve\n1,10\n2,-999\n~Tops_Definition\nTOPN. : name {S}\nTOPT.M : depth {F}\n\
                ~Tops_Data | Tops_Definition\nBrent,1500\n\"Dunlin, upper\",\n\
                ~Inclinometry_Definition\nMD.M : md {F}\nINCL.deg : inclination {F}\nAZIM.deg : azimuth {F}\n\
                ~Inclinometry_Data | Inclinometry_Definition\n0,0,0\n100,1.5,270\n";
    import(&place, &put(dir.path(), "sets.las", text), &[]);
    let runs = place.json(&["runs"])["runs"].clone();
    let kinds: Vec<_> = runs.as_array().unwrap().iter().map(|run| run["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds.len(), count(&place, "wells")), (3, 1), "{runs}");
    for kind in ["log", "tops", "survey"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let tops = runs.as_array().unwrap().iter().find(|run| run["kind"] == "tops").unwrap();
    let table = csv(&place, &format!("select * from run('{}')", tops["short"].as_str().unwrap()));
    assert_eq!(table, "topn,topt\nBrent,1500.0\n\"Dunlin, upper\",\n");
    // Only logs are curves over depth.
    assert_eq!(csv(&place, "select distinct curve from samples"), "curve\nGR\n");
}

#[test]
fn nulls_and_encodings_are_as_a_person_says() {
    let (place, dir) = field();
    let log = put(dir.path(), "nulls.las", named("Nu 1", "100 -9999\n100.5 5\n101 -999.25\n"));
    let values = || csv(&place, "select value from samples order by index_value");
    import(&place, &log, &[]);
    assert_eq!(values(), "value\n-9999.0\n5.0\n\"\"\n", "only the header's null by default");
    // Reading it in another way on purpose makes that the default; the first table stays.
    import(&place, &log, &["--nulls", "-9999"]);
    assert_eq!(values(), "value\n\"\"\n5.0\n\"\"\n");
    assert_eq!(count(&place, "runs"), 1);
    let mut text = named("Xx", ROWS).into_bytes();
    let at = text.windows(2).position(|pair| pair == b"Xx").unwrap();
    text.splice(at..at + 2, [0xd1, 0xe5, 0xe2, 0xe5, 0xf0]);
    let log = put(dir.path(), "cyrillic.las", &text);
    import(&place, &log, &["--encoding", "windows-1251"]);
    assert!(place.json(&["wells"]).to_string().contains("Север"), "{}", place.json(&["wells"]));
}

#[test]
fn what_appears_in_a_watched_folder_is_imported_once_it_is_complete() {
    let (place, dir) = field();
    let settings =
        format!("[network]\nlisten = \"127.0.0.1:0\"\n[import]\nwatch = [{:?}]\n", dir.path().to_str().unwrap());
    std::fs::write(place.path().join("dataforge.toml"), settings).unwrap();
    write_las(dir.path(), 1, 20, 2, 1);
    let _up = place.up();
    wait_until("what was there is imported", || count(&place, "runs") == 1);
    let text = las_text(2, 400, 2, 1);
    let (first, rest) = text.split_at(text.len() / 2);
    let path = put(dir.path(), "slow.las", first);
    for _ in 0..6 {
        // A copy over a slow line: it grows for longer than the watcher waits at a time.
        std::thread::sleep(std::time::Duration::from_millis(500));
        let now = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&now[..], b" "].concat()).unwrap();
        assert_eq!(count(&place, "runs"), 1, "an incomplete file is left alone");
    }
    std::fs::write(&path, [first, rest].concat()).unwrap();
    wait_until("the complete file is imported", || count(&place, "runs") == 2);
    let rows: Vec<_> =
        place.json(&["runs"])["runs"].as_array().unwrap().iter().map(|run| run["rows"].as_u64().unwrap()).collect();
    assert!(rows.contains(&400), "{rows:?}");
}
