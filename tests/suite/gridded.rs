//! Native and gridded: what was delivered stays, and a copy on the well's grid is the same for all.

use std::path::Path;

use dataforge_tests::program::{Place, join};
use serde_json::Value;

/// A log in feet over a hole of 10 ft, with a curve in metric units and one of codes.
fn log(well: &str, first: f64, extra: &str) -> String {
    let mut text = format!(
        "~Version\n VERS. 2.0 :\n WRAP. NO :\n~Well\n STRT.FT {first} :\n STOP.FT {} :\n STEP.FT 0 :\n NULL. -999.25 :\n \
         WELL. {well} :\n UWI. 42501201300300 :\n{extra}~Curve\n DEPT.FT :\n GR.GAPI : gamma ray\n RHOB.K/M3 : density\n \
         LITHOLOGY. : lithology code\n~A\n",
        first + 30.0
    );
    for row in 0..=60 {
        let depth = first + 0.5 * f64::from(row);
        if !(10.0..20.0).contains(&(depth - first)) {
            text.push_str(&format!("{depth} {} {} {}\n", 40.0 + f64::from(row), 2300.0 + f64::from(row), row / 20));
        }
    }
    text
}

fn import(place: &Place, dir: &Path, name: &str, text: &str) -> Value {
    std::fs::write(dir.join(name), text).unwrap();
    place.json(&["import", dir.join(name).to_str().unwrap()])["files"][0]["runs"][0].clone()
}

fn csv(place: &Place, sql: &str) -> String {
    String::from_utf8(place.ok(["query", sql, "--format", "csv"])).unwrap()
}

#[test]
fn a_gridded_copy_is_the_same_on_every_machine_and_the_native_table_untouched() {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    let run = import(&ada, dir.path(), "a.las", &log("Alpha 1", 1000.25, ""));
    let run = run.as_str().unwrap();
    let native = ada.json(&["runs"])["runs"][0]["blob"].clone();
    let bob = Place::new("bob");
    let _up = join(&ada, &bob, "editor");
    bob.json(&["sync"]);
    // Both make the copy without knowing of each other's: it is one.
    let copies = [&ada, &bob].map(|place| place.json(&["grid", run])["copies"][0].clone());
    assert_eq!(copies[0]["blob"], copies[1]["blob"]);
    assert_eq!((&copies[0]["unit"], &copies[0]["step"]), (&"ft".into(), &0.5.into()), "{}", copies[0]);
    bob.json(&["sync"]);
    assert_eq!(ada.json(&["grid", run])["copies"][0]["already_here"], true);
    assert_eq!(ada.json(&["runs"])["runs"][0]["blob"], native);
    let sql = format!("select * from run('{run}', 'gridded') order by dept");
    let (first, second) = (csv(&ada, &sql), csv(&bob, &sql));
    assert_eq!(first, second);
    let lines: Vec<_> = first.lines().collect();
    assert_eq!(lines[0], "dept,gr,rhob,lithology");
    // Halfway between samples: the mean, in g/cm3; a code is one of its neighbours.
    assert_eq!(lines[1], "1000.5,40.5,2.3005,0.0");
    // Nothing is invented in the hole.
    let hole: Vec<_> = lines.iter().filter(|line| line.starts_with("1015.")).collect();
    assert!(!hole.is_empty() && hole.iter().all(|line| line.ends_with(",,,")), "{hole:?}");
}

#[test]
fn the_grid_of_a_well_is_set_for_everybody() {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    let run = import(&ada, dir.path(), "a.las", &log("Alpha 1", 1000.0, ""));
    ada.json(&["set", "Alpha 1", "grid_unit", "m"]);
    ada.json(&["set", "Alpha 1", "grid_step", "0.2"]);
    let copy = ada.json(&["grid", "Alpha 1"])["copies"][0].clone();
    assert_eq!((&copy["unit"], &copy["step"]), (&"m".into(), &0.2.into()), "{copy}");
    let answer = csv(&ada, &format!("select min(dept), max(dept) from run('{}', 'gridded')", run.as_str().unwrap()));
    let numbers: Vec<f64> = answer.lines().nth(1).unwrap().split(',').map(|text| text.parse().unwrap()).collect();
    assert!((numbers[0] - 304.8).abs() < 1e-9 && (numbers[1] - 313.8).abs() < 1e-9, "{numbers:?}");
    for (field, value) in [("grid_step", "0"), ("grid_step", "x"), ("grid_unit", "km")] {
        ada.fails(&["set", "Alpha 1", field, value], 2);
    }
}

#[test]
fn depths_from_another_datum_are_refused_until_the_shift_is_stated() {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    let kelly = " DREF. KB :\n EREF.M 30.48 :\n";
    let ground = " DREF. GL :\n EREF.M 27.432 :\n";
    let (a, b) = (
        import(&ada, dir.path(), "a.las", &log("Alpha 1", 1000.0, kelly)),
        import(&ada, dir.path(), "b.las", &log("Alpha 1", 1000.0, ground)),
    );
    let copies = ada.json(&["grid", "Alpha 1"])["copies"].clone();
    let refused: Vec<_> = copies.as_array().unwrap().iter().filter(|copy| copy["blob"] == "").collect();
    assert_eq!(refused.len(), 1, "{copies}");
    let said = refused[0]["remarks"].to_string();
    assert!(said.contains("GL at 27.432 m") && said.contains("depth_shift_m"), "{said}");
    let short = refused[0]["run"].as_str().unwrap();
    let refused = [&a, &b].into_iter().find(|run| run.as_str().unwrap().starts_with(short)).unwrap().as_str().unwrap();
    ada.json(&["set", refused, "depth_shift_m", "3.048"]);
    let copy = ada.json(&["grid", refused])["copies"][0].clone();
    assert_ne!(copy["blob"], "", "{copy}");
    let answer = csv(&ada, &format!("select min(dept) from run('{refused}', 'gridded')"));
    assert!(answer.ends_with("\n1010.0\n"), "{answer}");
}
