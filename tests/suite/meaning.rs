//! What curves mean: units, dictionary, preferred curves, quality; known to everybody.

use std::path::Path;

use dataforge_tests::program::{Place, join};
use serde_json::Value;

/// A log with a mnemonic that nobody knows.
const LOG: &str = "~Version\n VERS. 2.0 :\n WRAP. NO :\n~Well\n STRT.M 100 :\n STOP.M 101 :\n STEP.M 0.5 :\n NULL. -999.25 :\n \
                   WELL. Alpha 1 :\n UWI. 42501201300300 :\n SRVC. Schlumberger :\n~Curve\n DEPT.M :\n QQX7.K/M3 :\n \
                   GR.GAPI :\n GRC.GAPI : gamma ray corrected\n~A\n100 2300 10 11\n100.5 2400 20 21\n101 2500 30 31\n";

fn field(dir: &Path) -> Place {
    let place = Place::new("ada");
    place.json(&["init", "Field"]);
    std::fs::write(dir.join("a.las"), LOG).unwrap();
    place.json(&["import", dir.to_str().unwrap()]);
    place
}

fn curve(place: &Place, mnemonic: &str) -> Value {
    let curves = place.json(&["curves"])["curves"].clone();
    curves.as_array().unwrap().iter().find(|curve| curve["mnemonic"] == mnemonic).unwrap().clone()
}

#[test]
fn what_a_person_says_about_a_mnemonic_holds_for_everybody_and_later_files() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    assert_eq!(curve(&ada, "QQX7")["property"], Value::Null);
    let candidates = ada.json(&["lookup", "QQX7", "--unit", "K/M3"]);
    assert!(candidates["candidates"].as_array().unwrap().iter().all(|one| one["confidence"].as_u64() < Some(80)));
    let (bob, eve) = (Place::new("bob"), Place::new("eve"));
    let _up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);
    bob.json(&["dictionary", "set", "QQX7", "--property", "bulk_density", "--to-unit", "kg/m3"]);
    bob.json(&["sync"]);
    dataforge_tests::program::invite(&ada, &eve, "viewer");
    eve.json(&["sync"]);
    for place in [&ada, &bob, &eve] {
        let found = curve(place, "QQX7");
        assert_eq!((&found["property"], &found["unit"]), (&"bulk_density".into(), &"kg/m3".into()), "{found}");
        assert_eq!(place.json(&["lookup", "qqx7"])["candidates"][0]["property"], "bulk_density");
        assert_eq!(place.json(&["dictionary"])["meanings"].as_array().map(Vec::len), Some(1));
    }
    std::fs::write(
        dir.path().join("b.las"),
        LOG.replace("Alpha 1", "Beta 1").replace("42501201300300", "42501201310300"),
    )
    .unwrap();
    ada.json(&["import", dir.path().join("b.las").to_str().unwrap()]);
    let sql = "select well, property from curves where mnemonic = 'QQX7' order by well";
    let answer = String::from_utf8(ada.ok(["query", sql, "--format", "csv"])).unwrap();
    assert_eq!(answer, "well,property\nAlpha 1,bulk_density\nBeta 1,bulk_density\n");
    bob.json(&["dictionary", "unset", "QQX7"]);
    assert_eq!(curve(&bob, "QQX7")["property"], Value::Null);
    let said = bob.fails(&["dictionary", "set", "QQX7", "--property", "densty"], 2);
    assert!(said.contains("densty"), "{said}");
    eve.fails(&["dictionary", "set", "QQX7", "--property", "bulk_density"], 5);
}

#[test]
fn a_curve_stands_for_a_property_by_choice_and_else_by_rule() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    let sql = "select curve from curves where property = 'gamma_ray' and preferred order by ordinal";
    let preferred = |place: &Place| String::from_utf8(place.ok(["query", sql, "--format", "csv"])).unwrap();
    let by_rule = preferred(&ada);
    assert_eq!(by_rule.lines().count(), 2, "one of both: {by_rule}");
    let other = if by_rule.contains("GRC") { "2" } else { "3" };
    let run = ada.json(&["runs"])["runs"][0]["short"].as_str().unwrap().to_owned();
    ada.json(&["prefer", "Alpha 1", "gamma_ray", &format!("{run}:{other}")]);
    let bob = Place::new("bob");
    let _up = join(&ada, &bob, "viewer");
    bob.json(&["sync"]);
    let by_choice = preferred(&bob);
    assert!(by_choice.lines().count() == 2 && by_choice != by_rule, "{by_choice}");
    ada.json(&["prefer", "Alpha 1", "gamma_ray"]);
    assert_eq!(preferred(&ada), by_rule);
    let said = ada.fails(&["prefer", "Alpha 1", "gamma_ray", &format!("{run}:9")], 3);
    assert!(said.contains('9'), "{said}");
}

#[test]
fn a_judgement_of_quality_is_kept_with_its_history() {
    let dir = tempfile::tempdir().unwrap();
    let ada = field(dir.path());
    let run = ada.json(&["runs"])["runs"][0]["short"].as_str().unwrap().to_owned();
    let target = format!("{run}:2");
    assert_eq!(curve(&ada, "GR")["quality"], "raw");
    for quality in ["suspect", "good"] {
        ada.json(&["set", &target, "quality", quality]);
        assert_eq!(curve(&ada, "GR")["quality"], quality);
    }
    let log = ada.json(&["log", &run])["entries"].clone();
    let said: Vec<_> = log
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["summary"].as_str())
        .filter(|s| s.contains("quality"))
        .collect();
    assert!(said.len() == 2 && said[0].contains("good") && said[1].contains("suspect"), "{log}");
    let said = ada.fails(&["set", &target, "quality", "so-so"], 2);
    assert!(said.contains("suspect"), "{said}");
    assert_eq!(curve(&ada, "GR")["quality"], "good");
}

#[test]
fn runs_move_between_wells_and_know_what_depths_count_from() {
    let dir = tempfile::tempdir().unwrap();
    let text = LOG.replace(
        " SRVC.",
        " EKB.M 25.3 : kelly bushing\n DREF. KB : depth reference\n LATI.DEG 60.5 :\n LONG.DEG 2.25 :\n \
                                      GDAT. ED50 :\n SRVC.",
    );
    std::fs::write(dir.path().join("a.las"), text).unwrap();
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    ada.json(&["import", dir.path().to_str().unwrap()]);
    let run = ada.json(&["runs"])["runs"][0].clone();
    let acquisition = run["acquisition"].to_string();
    for part in ["service_company", "Schlumberger", "datum", "KB", "elevation_m", "25.3"] {
        assert!(acquisition.contains(part), "{part}: {acquisition}");
    }
    let out = dir.path().join("wells.gpkg");
    ada.json(&["export", "--wells", "--out", out.to_str().unwrap()]);
    let map = rusqlite::Connection::open(&out).unwrap();
    let code: i64 = map.query_row("SELECT srs_id FROM gpkg_contents", [], |row| row.get(0)).unwrap();
    let name: String = map.query_row("SELECT name FROM wells", [], |row| row.get(0)).unwrap();
    assert_eq!((code, &*name), (4230, "Alpha 1"));
    ada.json(&["set", "Alpha 1", "geographic_crs", "EPSG:4326"]);
    ada.fails(&["set", "Alpha 1", "latitude_deg", "91"], 2);
    ada.fails(&["set", "Alpha 1", "geographic_crs", "WGS84"], 2);
    assert!(ada.json(&["show", "Alpha 1"])["attributes"].to_string().contains("EPSG:4326"));
    let sql = "select latitude_deg, longitude_deg, geographic_crs, x_m, projected_crs from wells";
    let rows = String::from_utf8(ada.ok(["query", sql, "--format", "csv"])).unwrap();
    assert_eq!(rows.lines().nth(1), Some("60.5,2.25,EPSG:4326,,"), "{rows}");
}
