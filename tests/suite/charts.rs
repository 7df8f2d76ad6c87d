//! Charts: made from templates, written and read as JSON, edited by several people at once.

mod together;

use std::path::Path;

use dataforge_tests::program::{Place, join};
use serde_json::Value;

/// A log with the curves of a triple combo, and one that nobody knows.
const LOG: &str = "~Version\n VERS. 2.0 :\n WRAP. NO :\n~Well\n STRT.M 100 :\n STOP.M 101 :\n STEP.M 0.5 :\n NULL. -999.25 :\n \
                   WELL. Alpha 1 :\n UWI. 42501201300300 :\n~Curve\n DEPT.M :\n GR.GAPI :\n RHOB.G/C3 :\n NPHI.V/V :\n \
                   QQX7.K/M3 :\n~A\n100 10 2.3 0.20 1\n100.5 20 2.4 0.21 2\n101 30 2.5 0.22 3\n";

/// Ada's workspace with the wells Alpha 1 and Beta 1.
fn field(dir: &Path) -> Place {
    let ada = Place::new("ada");
    ada.json(&["init", "Field", "--name", "Ada"]);
    std::fs::write(dir.join("a.las"), LOG).unwrap();
    let other = LOG.replace("Alpha 1", "Beta 1").replace("42501201300300", "42501201310300").replace("2.3 ", "2.35 ");
    std::fs::write(dir.join("b.las"), other).unwrap();
    ada.json(&["import", dir.to_str().unwrap()]);
    ada
}

fn triple(place: &Place, title: &str) {
    let made = ["charts", "create", "--template", "triple-combo", "--well", "Alpha 1", "--title", title];
    assert_eq!(place.json(&made)["changed"], true);
}

fn show(place: &Place, chart: &str) -> Value {
    place.json(&["charts", "show", chart])
}

fn charts(place: &Place, more: &[&str]) -> Vec<String> {
    let list = place.json(&[&["charts", "list"][..], more].concat());
    let title = |chart: &Value| chart["title"].as_str().unwrap().to_owned();
    list["charts"].as_array().unwrap().iter().map(title).collect()
}

fn list<'a>(shown: &'a Value, name: &str) -> &'a Vec<Value> {
    shown["chart"][name].as_array().unwrap_or_else(|| panic!("no {name} in {shown}"))
}

fn labels(shown: &Value) -> Vec<&str> {
    list(shown, "series").iter().map(|series| series["label"].as_str().unwrap_or_default()).collect()
}

/// The run and ordinal of a curve of Alpha 1.
fn curve(place: &Place, mnemonic: &str) -> String {
    let curves = place.json(&["curves"])["curves"].clone();
    let is_it = |curve: &&Value| curve["mnemonic"] == mnemonic && curve["well"] == "Alpha 1";
    let found = curves.as_array().unwrap().iter().find(is_it).unwrap().clone();
    format!("{}:{}", found["run"].as_str().unwrap(), found["ordinal"])
}

#[test]
fn charts_are_a_table_in_sql() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    triple(&ada, "Triple");
    triple(&ada, "Old");
    ada.json(&["charts", "tag", "Triple", "shale", "first look"]);
    ada.json(&["charts", "archive", "Old"]);
    let sql = "select chart, kind, well, project, template, archived, tags, author, created_at <= changed_at as ordered \
               from charts order by chart";
    let rows = ada.json(&["query", sql])["data"].clone();
    let row = |chart: &str, archived: bool, tags: Value| {
        serde_json::json!({
            "chart": chart, "kind": "log_tracks", "well": "Alpha 1", "project": null, "template": false,
            "archived": archived, "tags": tags, "author": "Ada", "ordered": true,
        })
    };
    assert_eq!(
        rows,
        Value::from(vec![row("Old", true, Value::Null), row("Triple", false, "first look, shale".into())])
    );
    let listed = ada.json(&["charts", "list"])["charts"][0].clone();
    let sql = "select c.chart_id, c.series, w.name from charts as c join wells as w on w.well_id = c.well_id \
               where not c.archived";
    let joined = ada.json(&["query", sql])["data"][0].clone();
    assert_eq!(
        (&joined["chart_id"], &joined["series"], &joined["name"]),
        (&listed["id"], &listed["series"], &"Alpha 1".into())
    );
}

fn export(place: &Place, chart: &str, file: &Path) -> Value {
    place.ok(["charts", "export", chart, "--force", "--out", file.to_str().unwrap()]);
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// A chart's JSON with ids by position, so that two charts compare.
fn numbered(chart: &Value) -> Value {
    let mut text = chart.to_string();
    for part in ["axes", "tracks", "series", "fills", "annotations"] {
        for (position, item) in chart[part].as_array().into_iter().flatten().enumerate() {
            text = text.replace(item["id"].as_str().unwrap(), &format!("{part} {position}"));
        }
    }
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_template_becomes_a_chart_of_any_well_and_finds_its_curves() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    let templates = ada.json(&["charts", "templates"])["templates"].as_array().unwrap().clone();
    assert_eq!(templates.len(), 8, "{templates:?}");
    for template in &templates {
        let name = template["name"].as_str().unwrap();
        ada.json(&["charts", "create", "--template", name, "--well", "Beta 1", "--title", name]);
        assert_eq!(show(&ada, name)["problems"], Value::Array(Vec::new()), "{name}");
    }
    triple(&ada, "Triple");
    let shown = show(&ada, "Triple");
    let sources = shown["sources"].as_array().unwrap();
    let of = |property: &str| sources.iter().find(|one| one["source"] == property).unwrap()["curve"].clone();
    assert_eq!(of("gamma_ray")["label"], "GR");
    assert_eq!((&of("bulk_density")["column"], &of("bulk_density")["held"]), (&"rhob".into(), &true.into()));
    assert_eq!(of("photoelectric"), Value::Null, "there is none in this well");
    assert_eq!((&shown["info"]["author"], &shown["info"]["well"]), (&"Ada".into(), &"Alpha 1".into()));

    assert_eq!(charts(&ada, &["--well", "Alpha 1"]), ["Triple"]);
    assert_eq!(charts(&ada, &["--curve", &curve(&ada, "GR")]), ["Triple"], "by what it stands for");
    assert_eq!(charts(&ada, &["--curve", &curve(&ada, "QQX7")]), [""; 0]);
    ada.json(&["charts", "add-series", "Triple", &format!("source={}", curve(&ada, "QQX7")), "track=Porosity"]);
    assert_eq!(charts(&ada, &["--curve", &curve(&ada, "QQX7")]), ["Triple"], "by name");
    ada.json(&["charts", "tag", "Triple", "shale", "first look"]);
    assert_eq!(charts(&ada, &["--tag", "shale"]), ["Triple"]);
    ada.json(&["charts", "archive", "Triple"]);
    assert_eq!(charts(&ada, &["--well", "Alpha 1"]), [""; 0]);
    assert_eq!(charts(&ada, &["--well", "Alpha 1", "--archived"]), ["Triple"]);
}

#[test]
fn a_chart_saved_as_a_template_fits_other_wells() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    triple(&ada, "Triple");
    let series = format!("source={}", curve(&ada, "GR"));
    ada.json(&["charts", "add-series", "Triple", &series, "track=Porosity", "label=GR again", "--first"]);
    ada.json(&["charts", "create", "--template", "Triple", "--as-template", "--title", "Ours"]);
    let names = ada.json(&["charts", "templates"])["templates"].to_string();
    assert!(names.contains("Ours"), "{names}");
    assert_eq!(charts(&ada, &[]), ["Triple"], "a template is no chart of a well");
    ada.json(&["charts", "create", "--template", "Ours", "--well", "Beta 1"]);
    let shown = show(&ada, "Ours, Beta 1");
    assert_eq!(shown["problems"], Value::Array(Vec::new()));
    let first = &shown["chart"]["series"][0];
    assert_eq!((&first["label"], &first["source"]), (&"GR again".into(), &"gamma_ray".into()), "by what it measures");
    assert_eq!(shown["sources"][0]["well_id"], shown["info"]["well_id"]);
    // A curve that measures nothing known means nothing in another well.
    ada.json(&["charts", "add-series", "Triple", &format!("source={}", curve(&ada, "QQX7")), "track=Porosity"]);
    let said = ada.fails(&["charts", "create", "--template", "Triple", "--well", "Beta 1", "--title", "No"], 2);
    assert!(said.contains("/source: curve") && said.contains("no property"), "{said}");
    assert!(!charts(&ada, &[]).contains(&"No".to_owned()));
}

#[test]
fn charts_go_out_and_come_in_as_json() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    triple(&ada, "Triple");
    let bob = Place::new("bob");
    let _up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);
    let file = dir.path().join("chart.json");
    let out = export(&bob, "Triple", &file);
    assert_eq!(out["schema"], 1);
    let word = file.to_str().unwrap();
    bob.json(&["charts", "import", word, "--well", "Beta 1"]);
    let both = bob.json(&["charts", "list"])["charts"].as_array().unwrap().clone();
    assert_eq!(both.len(), 2, "{both:?}");
    let copy = both.iter().find(|chart| chart["well"] == "Beta 1").unwrap()["id"].as_str().unwrap().to_owned();
    let mut same = numbered(&export(&bob, &copy, &dir.path().join("copy.json")));
    same["well"] = out["well"].clone();
    assert_eq!(same, numbered(&out), "the copy is the same but for its well");
    bob.json(&["charts", "rename", &copy, "Copy"]);

    let mut changed = out.clone();
    changed["title"] = "Double".into();
    changed["tags"] = serde_json::json!(["short"]);
    let series = changed["series"].as_array_mut().unwrap();
    let gone = series.remove(1)["label"].as_str().unwrap().to_owned();
    series.rotate_left(1);
    let kept: Vec<_> = series.iter().map(|one| one["id"].clone()).collect();
    std::fs::write(&file, changed.to_string()).unwrap();
    bob.json(&["charts", "import", word, "--to", "Triple"]);
    bob.json(&["sync"]);
    let shown = show(&ada, "Double");
    assert_eq!(list(&shown, "series").iter().map(|one| one["id"].clone()).collect::<Vec<_>>(), kept);
    assert!(!labels(&shown).contains(&&*gone), "{gone}");
    assert_eq!(shown["info"]["tags"], changed["tags"]);
    assert_eq!(numbered(&export(&ada, "Double", &file)), numbered(&changed));
    let again =
        serde_json::from_slice::<Value>(&bob.ok(["--json", "charts", "import", word, "--to", "Double"])).unwrap();
    assert_eq!(again["changed"], false, "nothing differs, nothing is written");
}

#[test]
fn what_is_wrong_is_refused_with_its_place_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    triple(&ada, "Triple");
    let file = dir.path().join("chart.json");
    let out = export(&ada, "Triple", &file);
    let entries = ada.verify();
    let refused = |args: &[&str], code: i32, told: &[&str]| {
        let said = ada.fails(&[&["charts"][..], args].concat(), code);
        assert!(told.iter().all(|told| said.contains(told)), "{args:?}: {said}");
    };
    refused(&["annotate", "Triple", "depth=100", "depth_unit=gAPI", "text=Top"], 2, &["/depth_unit", "length"]);
    refused(&["set", "Triple", "--item", "RDEEP", "left=0"], 2, &["/left", "logarithmic"]);
    refused(&["set", "Triple", "--item", "RDEEP", "colour=red"], 2, &["/colour", "#rrggbb"]);
    refused(&["set", "Triple", "--item", "RDEEP", "kind=points"], 2, &["/kind"]);
    refused(&["set", "Triple", "--item", "RDEEP", "colr=#ff0000"], 2, &["colr", "fields are"]);
    refused(&["set", "Triple", "--item", "Deepest", "left=1"], 3, &["Deepest"]);
    refused(
        &["add-fill", "Triple", "kind=between", "series=GR", "other=XX", "colour_left=#ffffff"],
        3,
        &["series \"XX\""],
    );
    refused(&["add-series", "Triple", "source=gama_ray", "track=Porosity"], 2, &["/source", "gama_ray"]);
    refused(&["add-series", "Triple", "source=caliper"], 2, &["/track", "missing"]);
    refused(&["create", "--template", "none-such", "--well", "Alpha 1"], 3, &["none-such", "templates"]);
    refused(&["create", "--kind", "pie", "--well", "Alpha 1"], 2, &["pie", "crossplot"]);
    refused(&["create", "--kind", "line"], 2, &["--well"]);
    let wrong = |path: &str, value: Value, told: &[&str]| {
        let mut chart = out.clone();
        let (parent, name) = path.rsplit_once('/').unwrap();
        chart.pointer_mut(parent).unwrap()[name] = value;
        std::fs::write(&file, chart.to_string()).unwrap();
        refused(&["import", file.to_str().unwrap()], 4, &[&[path][..], told].concat());
        refused(&["import", file.to_str().unwrap(), "--to", "Triple"], 4, &[&[path][..], told].concat());
    };
    wrong("/series/0/source", format!("{}:1", "ab".repeat(32)).into(), &["curve abababab", "not here"]);
    wrong("/series/3/colr", "#ff0000".into(), &["no such field"]);
    wrong("/fills/0/series", "nobody".into(), &["no series", "nobody"]);
    wrong("/tracks/2/left", (-1).into(), &["logarithmic"]);
    wrong("/well", "cd".repeat(32).into(), &["not here"]);
    std::fs::write(&file, "{").unwrap();
    refused(&["import", file.to_str().unwrap()], 4, &["no JSON", "line 1"]);
    assert_eq!((ada.verify(), charts(&ada, &[])), (entries, vec!["Triple".to_owned()]));
}

#[test]
fn a_curve_that_goes_is_told_about_and_stands_in_nobodys_way() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    triple(&ada, "Triple");
    let gamma = curve(&ada, "GR");
    ada.json(&["charts", "add-series", "Triple", &format!("source={gamma}"), "track=Porosity", "label=Mine"]);
    let (run, _) = gamma.split_once(':').unwrap();
    ada.json(&["delete", run]);
    let shown = show(&ada, "Triple");
    let problems = shown["problems"].as_array().unwrap();
    assert!(problems.len() == 1 && problems[0]["gone"] == true, "{problems:?}");
    assert!(problems[0]["at"].as_str().unwrap().ends_with("/source"), "{problems:?}");
    let text = String::from_utf8(ada.ok(["charts", "show", "Triple"])).unwrap();
    assert!(text.contains("1 thing to see to") && text.contains("Mine"), "{text}");
    ada.json(&["charts", "set", "Triple", "--item", "Mine", "colour=#123456"]);
    ada.json(&["charts", "remove", "Triple", "Porosity"]);
    let shown = show(&ada, "Triple");
    assert_eq!(shown["problems"], Value::Array(Vec::new()), "its track went, and all that stood in it");
    assert!(!labels(&shown).contains(&"RHOB") && labels(&shown).contains(&"GR"));
    let fills = list(&shown, "fills").iter().map(|fill| fill["kind"].clone()).collect::<Vec<_>>();
    assert_eq!(fills, ["limit", "between"], "the crossover went with its series");
}

#[test]
fn the_text_of_an_annotation_keeps_what_others_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    triple(&ada, "Triple");
    ada.json(&["charts", "annotate", "Triple", "text=sand", "depth=100.5", "depth_unit=m"]);
    let say = |was: &str, text: &str| {
        let id = list(&show(&ada, "Triple"), "annotations")[0]["id"].as_str().unwrap().to_owned();
        ada.json(&["charts", "describe", "Triple", text, "--item", &format!("annotation/{id}"), "--was", was]);
        list(&show(&ada, "Triple"), "annotations")[0]["text"].clone()
    };
    assert_eq!(say("sand", "sand, oil"), "sand, oil");
    // Somebody who began before that.
    assert_eq!(say("sand", "upper sand"), "upper sand, oil");
    assert_eq!(say("upper sand, oil", ""), Value::Null);
    ada.fails(&["charts", "describe", "Triple", "x", "--item", "Porosity"], 3);
}

#[test]
fn who_may_not_write_changes_no_chart_and_deleting_needs_an_admin() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    triple(&ada, "Triple");
    let (bob, eve) = (Place::new("bob"), Place::new("eve"));
    let _up = join(&ada, &bob, "editor");
    dataforge_tests::program::invite(&ada, &eve, "viewer");
    bob.json(&["sync"]);
    eve.json(&["sync"]);
    eve.fails(&["charts", "rename", "Triple", "Mine"], 5);
    eve.fails(&["charts", "create", "--template", "histogram", "--well", "Alpha 1"], 5);
    bob.json(&["charts", "rename", "Triple", "Ours"]);
    bob.fails(&["charts", "delete", "Ours"], 5);
    bob.json(&["sync"]);
    ada.json(&["charts", "delete", "Ours"]);
    assert_eq!(charts(&ada, &[]), [""; 0]);
    ada.json(&["restore", "Ours"]);
    assert_eq!(charts(&ada, &[]), ["Ours"]);
    ada.json(&["rebuild"]);
    assert_eq!(charts(&ada, &["--well", "Alpha 1"]), ["Ours"]);
}
