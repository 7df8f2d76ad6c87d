//! Derived runs: what a tool computes on one machine is a run on all, with what it was made of; the same again
//! is the same run, whoever does it and wherever.

use std::path::{Path, PathBuf};

use dataforge_node::ingest::sample::demo_files;
use dataforge_tests::program::{Place, join};
use serde_json::Value;

/// Makes a workspace with the demo's logs.
fn field(place: &Place, dir: &Path) {
    place.json(&["init", "Field"]);
    for (name, text) in demo_files() {
        std::fs::write(dir.join(name), text).unwrap();
    }
    place.json(&["import", dir.to_str().unwrap()]);
}

fn run(place: &Place, name: &str) -> Value {
    let runs = place.json(&["runs"]);
    let found = runs["runs"].as_array().unwrap().iter().find(|run| run["name"] == name || run["id"] == name);
    found.cloned().unwrap_or_else(|| panic!("no run {name}: {runs}"))
}

/// A table of a run's depths, each with a value that its place makes.
fn table(dir: &Path, source: &Value, rows: u32) -> PathBuf {
    let (from, step) = (source["index_min"].as_f64().unwrap(), source["step"].as_f64().unwrap().abs());
    let mut text = "DEPT,VSH,GR,LITH\n".to_owned();
    for row in 0..rows {
        let value = if row % 7 == 3 { String::new() } else { (f64::from(row) / f64::from(rows)).to_string() };
        let rock = if row % 2 == 0 { "sand" } else { "" };
        text.push_str(&format!("{},{value},50,{rock}\n", from + f64::from(row) * step));
    }
    let path = dir.join("vsh.csv");
    std::fs::write(&path, text).unwrap();
    path
}

/// The words of `derive` for a table made of the first curve of a run.
fn words(path: &Path, source: &Value) -> Vec<String> {
    let of = format!("{}:1@{}", source["id"].as_str().unwrap(), source["blob"].as_str().unwrap());
    let unit = source["index_unit"].as_str().unwrap();
    let words = ["derive", path.to_str().unwrap(), "--well", source["well_id"].as_str().unwrap(), "--name", "Vshale"];
    let more = ["--from", &of, "--tool", "vshale", "--tool-version", "1.2", "--unit", "VSH=v/v", "--index-unit", unit];
    let parameters = ["--parameters", "{\"method\": \"larionov\", \"clean\": 20}"];
    words.iter().chain(&more).chain(&parameters).map(|word| (*word).to_owned()).collect()
}

fn derive(place: &Place, words: &[String], more: &[&str]) -> Value {
    let all: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
    place.json(&all)
}

fn refused(place: &Place, words: &[String], more: &[&str], code: i32, word: &str) {
    let all: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
    let said = place.fails(&all, code);
    assert!(said.contains(word), "{more:?}: {said}");
}

fn csv(place: &Place, sql: &str) -> String {
    String::from_utf8(place.ok(["query", sql, "--format", "csv"])).unwrap()
}

#[test]
fn a_derived_run_is_the_same_on_every_machine_with_what_it_was_made_of() {
    let dir = tempfile::tempdir().unwrap();
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    field(&ada, dir.path());
    let (source, conflicts) = (run(&ada, "north-1.las"), ada.json(&["conflicts"]));
    let path = table(dir.path(), &source, 200);
    let words = words(&path, &source);
    let made = derive(&ada, &words, &[]);
    let told = (&made["outcome"], &made["rows"], &made["curves"], &made["name"]);
    assert_eq!(told, (&"derived".into(), &200.into(), &3.into(), &"Vshale".into()), "{made}");
    let id = made["run"].as_str().unwrap();
    let _up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);

    // The same answers there, from the same bytes.
    assert_eq!(run(&bob, "Vshale")["blob"], made["blob"]);
    let sql = format!("select count(*), count(vsh), count(lith), sum(vsh) from run('{id}')");
    assert_eq!(csv(&ada, &sql), csv(&bob, &sql));
    assert!(csv(&bob, &sql).lines().nth(1).unwrap().starts_with("200,171,100,"), "{}", csv(&bob, &sql));
    let lineage = "select run_id, source_run_id, source_curve, source_ordinal, source_blob, tool, version, parameters \
        from lineage order by 1, 2";
    assert_eq!(csv(&ada, lineage), csv(&bob, lineage));
    let rows = csv(&bob, lineage);
    for word in [id, source["id"].as_str().unwrap(), source["blob"].as_str().unwrap(), "vshale,1.2", "larionov"] {
        assert!(rows.contains(word), "{word}: {rows}");
    }
    let shown = bob.json(&["show", id]);
    assert_eq!(shown["lineage"], ada.json(&["show", id])["lineage"]);
    assert_eq!(shown["lineage"][0]["sources"][0]["name"], "north-1.las");
    let text = String::from_utf8(bob.ok(["show", id])).unwrap();
    assert!(text.contains("is derived by vshale 1.2") && text.contains("north-1.las"), "{text}");

    // Who computes the same there makes no other run, also from another form of the same numbers.
    let again = derive(&bob, &words, &["--description", ""]);
    assert_eq!((&again["run"], &again["outcome"]), (&made["run"], &"already here".into()));
    let entries = bob.verify();
    derive(&bob, &words, &[]);
    assert_eq!(bob.verify(), entries, "nothing is written");
    // Other parameters make another one, which comes back.
    let other = derive(&bob, &words, &["--description", "with another cut"]);
    assert_eq!(other["outcome"], "derived");
    bob.json(&["sync"]);
    assert_eq!(run(&ada, other["run"].as_str().unwrap())["name"], "Vshale");
    assert_eq!(run(&ada, "north-1.las"), source, "what it was made of is as it was");
    assert_eq!(ada.json(&["conflicts"]), conflicts, "a gamma ray that was computed is no second one to decide about");

    // What it was made of comes out as its source file, whose hash the index keeps.
    let file = dir.path().join("lineage.json");
    bob.json(&["export", id, "--original", "--out", file.to_str().unwrap()]);
    let said: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!((&said["tool"], &said["parameters"]["clean"]), (&"vshale".into(), &20.into()));
    bob.json(&["rebuild"]);
    assert_eq!(csv(&bob, lineage), csv(&ada, lineage), "it follows from the chains");
    ada.verify();
    bob.verify();
}

#[test]
fn two_who_compute_the_same_apart_make_one_run() {
    let dir = tempfile::tempdir().unwrap();
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    field(&ada, dir.path());
    let source = run(&ada, "north-1.las");
    let path = table(dir.path(), &source, 50);
    let words = words(&path, &source);
    let _up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);
    // His node is not up: what he makes stays with him until he syncs.
    let (hers, his) = (derive(&ada, &words, &[]), derive(&bob, &words, &[]));
    assert_eq!((&hers["run"], &hers["blob"]), (&his["run"], &his["blob"]));
    assert_eq!((&hers["outcome"], &his["outcome"]), (&"derived".into(), &"derived".into()));
    bob.json(&["sync"]);
    for place in [&ada, &bob] {
        let runs = place.json(&["runs"]);
        let same = runs["runs"].as_array().unwrap().iter().filter(|run| run["id"] == hers["run"]).count();
        assert_eq!(same, 1, "{runs}");
        let conflicts = place.json(&["conflicts"]);
        let about = conflicts["conflicts"].as_array().unwrap().iter().filter(|one| one["document_id"] == hers["run"]);
        assert_eq!(about.count(), 0, "they said the same: {conflicts}");
        place.verify();
    }
}

#[test]
fn what_is_wrong_is_refused_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (ada, eve) = (Place::new("ada"), Place::new("eve"));
    field(&ada, dir.path());
    let source = run(&ada, "north-1.las");
    let path = table(dir.path(), &source, 50);
    let words = words(&path, &source);
    let _up = join(&ada, &eve, "viewer");
    eve.json(&["sync"]);
    let (before, entries) = (ada.json(&["runs"]), ada.verify());

    refused(&eve, &words, &[], 5, "role");
    refused(&ada, &words, &["--from", "no such run"], 3, "no such run");
    refused(&ada, &words, &["--from", "north-1.las:NOTHING"], 3, "NOTHING");
    let stale = format!("north-1.las@{}", "0".repeat(64));
    refused(&ada, &words, &["--from", &stale], 4, "0000000000");
    refused(&ada, &words, &["--unit", "PHIE=%"], 2, "PHIE");
    refused(&ada, &words, &["--index", "LITH"], 4, "LITH is text");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    write("DEPT,VSH\n1000,0.1\n1001,0.2\n1001,0.3\n");
    refused(&ada, &words, &[], 4, "index DEPT, row 3");
    write("DEPT,VSH\n1000,0.1\n1001,many\n");
    refused(&ada, &words, &[], 4, "column VSH, row 2");
    write("DEPT,VSH\n1000,0.1\n1001\n");
    refused(&ada, &words, &[], 4, "csv");
    std::fs::write(&path, b"PAR1 and then nothing").unwrap();
    refused(&ada, &words, &[], 4, "parquet");
    std::fs::remove_file(&path).unwrap();
    refused(&ada, &words, &[], 4, "vsh.csv");

    assert_eq!(ada.json(&["runs"]), before);
    assert_eq!(ada.verify(), entries);
    assert_eq!(csv(&ada, "select count(*) from lineage").lines().nth(1), Some("0"));
    eve.verify();
}
