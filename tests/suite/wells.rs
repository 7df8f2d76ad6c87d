//! Wells in SQL: the curves of their runs side by side by depth, and functions over them.

use std::path::Path;

use dataforge_tests::program::Place;

/// A log of 30 ft or metres with a hole of 10, whose depths lie between the points of usual grids.
fn log(first: f64, unit: &str, curves: &str, extra: &str, rows: u32) -> String {
    let mut text = format!(
        "~Version\n VERS. 2.0 :\n WRAP. NO :\n~Well\n STRT.{unit} {first} :\n STOP.{unit} {} :\n STEP.{unit} 0 :\n \
         NULL. -999.25 :\n WELL. Alpha 1 :\n UWI. 42501201300300 :\n{extra}~Curve\n DEPT.{unit} :\n{curves}\n~A\n",
        first + 0.5 * f64::from(rows - 1)
    );
    for row in 0..rows {
        if !(20..40).contains(&row) {
            let values: Vec<String> = curves.lines().map(|curve| value(curve, row).to_string()).collect();
            text.push_str(&format!("{} {}\n", first + 0.5 * f64::from(row), values.join(" ")));
        }
    }
    text
}

/// A value as a curve may have it.
fn value(curve: &str, row: u32) -> f64 {
    let row = f64::from(row);
    match curve.trim().split('.').next() {
        Some("GR") => 40.0 + row,
        Some("RHOB") => 2_300.0 + row,
        Some("LITHOLOGY") => (row / 20.0).floor(),
        Some("CALI") => 8.0 + row / 10.0,
        Some("SP") => -20.0 - row,
        other => panic!("no values of {other:?}"),
    }
}

fn import(place: &Place, dir: &Path, name: &str, text: &str) -> String {
    std::fs::write(dir.join(name), text).unwrap();
    let run = &place.json(&["import", dir.join(name).to_str().unwrap()])["files"][0]["runs"][0];
    run.as_str().unwrap().to_owned()
}

fn csv(place: &Place, sql: &str) -> String {
    String::from_utf8(place.ok(["query", sql, "--format", "csv"])).unwrap()
}

/// Rows of a query as numbers, NaN for none.
fn numbers(place: &Place, sql: &str) -> Vec<Vec<f64>> {
    let cell = |text: &str| if text.is_empty() { f64::NAN } else { text.parse().unwrap() };
    csv(place, sql).lines().skip(1).map(|line| line.split(',').map(cell).collect()).collect()
}

/// Returns what a query that fails says.
fn said(place: &Place, sql: &str) -> String {
    let output = place.run(["query", sql]);
    assert!(!output.status.success(), "{sql}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_well_with_a_step_is_what_its_gridded_copy_is() {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    let curves = " GR.GAPI : gamma ray\n RHOB.K/M3 : density\n LITHOLOGY. : lithology code";
    let run = import(&ada, dir.path(), "a.las", &log(1000.1, "FT", curves, "", 61));
    ada.json(&["grid", &run]);
    let sql = format!("select dept * 0.3048, gr, rhob, lithology from run('{run}', 'gridded') order by dept");
    let gridded = numbers(&ada, &sql);
    let sql = "select depth_m, gamma_ray, bulk_density, lithology_code from well('Alpha 1', step => 0.1524) \
               order by depth_m";
    let wide = numbers(&ada, sql);
    assert_eq!((wide.len(), wide.len()), (gridded.len(), 60));
    for (wide, gridded) in wide.iter().zip(&gridded) {
        for (one, other) in wide.iter().zip(gridded) {
            assert!((one - other).abs() < 1e-9 || (one.is_nan() && other.is_nan()), "{wide:?} {gridded:?}");
        }
    }
    // By name or by the start of an id, and as delivered without a step.
    let id = csv(&ada, "select well_id from wells");
    let id = id.lines().nth(1).unwrap();
    for name in ["Alpha 1", "ALPHA-1", id, &id[..8]] {
        assert_eq!(csv(&ada, &format!("select count(*) as n from well('{name}', 'gr')")), "n\n41\n", "{name}");
    }
    assert_eq!(csv(&ada, "select sum(bulk_density) > 95 as ok from well('Alpha 1')"), "ok\ntrue\n");
    let unknown = said(&ada, "select * from well('Alpha 2')");
    assert!(unknown.contains("no well is called 'Alpha 2'; did you mean Alpha 1?"), "{unknown}");
    let unknown = said(&ada, "select * from well('Alpha 1', 'rhov')");
    assert!(unknown.contains("no curve called 'rhov'; did you mean RHOB"), "{unknown}");
}

#[test]
fn runs_are_joined_by_the_curve_that_stands_for_each_property() {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    import(&ada, dir.path(), "a.las", &log(1000.1, "FT", " GR.GAPI : gamma ray", "", 61));
    let short = import(&ada, dir.path(), "b.las", &log(305.3, "M", " GR.GAPI : gamma ray\n SP.MV : potential", "", 10));
    let counts = "select count(*) as n, count(gamma_ray) as g from well('Alpha 1', 'gamma_ray,sp')";
    assert_eq!(csv(&ada, counts), "n,g\n51,41\n");
    let curve =
        csv(&ada, &format!("select run || ':' || ordinal from curves where curve = 'GR' and run_id = '{short}'"));
    ada.json(&["prefer", "Alpha 1", "gamma_ray", curve.lines().nth(1).unwrap()]);
    assert_eq!(csv(&ada, counts), "n,g\n10,10\n");
}

#[test]
fn depths_from_another_datum_have_no_place_until_the_shift_is_stated() {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    let kelly = " DREF. KB :\n EREF.M 30.48 :\n";
    let ground = " DREF. GL :\n EREF.M 27.432 :\n";
    let runs = [
        ("cali", import(&ada, dir.path(), "a.las", &log(1000.0, "FT", " CALI.IN : caliper", kelly, 10))),
        ("sp", import(&ada, dir.path(), "b.las", &log(1000.0, "FT", " SP.MV : potential", ground, 10))),
    ];
    let sql = |curve: &str| format!("select min(depth_m) as top from well('Alpha 1', '{curve}')");
    let refused: Vec<_> = runs.iter().filter(|(curve, _)| !ada.run(["query", &sql(curve)]).status.success()).collect();
    let [(curve, run)] = refused.as_slice() else { panic!("one of two: {refused:?}") };
    let why = said(&ada, &sql(curve));
    assert!(why.contains("counts depths from") && why.contains("depth_shift_m"), "{why}");
    ada.json(&["set", run, "depth_shift_m", "3.048"]);
    let top: f64 = csv(&ada, &sql(curve)).lines().nth(1).unwrap().parse().unwrap();
    assert!((top - 307.848).abs() < 1e-9, "{top}");
}

#[test]
fn functions_know_the_units_of_the_node() {
    let ada = Place::new("ada");
    ada.json(&["init", "Field"]);
    let sql = "select convert(12, 'IN', 'FT') as a, convert(68, 'F', 'degC') as b, convert(1, 'F', 'm') as c, \
               convert(2.65, 'g/cc', 'K/M3') as d";
    assert_eq!(csv(&ada, sql), "a,b,c,d\n1.0,20.0,0.3048,2650.0\n");
    let unknown = said(&ada, "select convert(1, 'g/cmm3', 'K/M3')");
    assert!(unknown.contains("there is no unit 'g/cmm3'; did you mean g/cm3"), "{unknown}");
    let kinds = said(&ada, "select convert(1, 'gAPI', 'm')");
    assert!(kinds.contains("no conversion from radioactivity_api (gAPI) to length (m)"), "{kinds}");
}
