//! Tables in and out: text and workbooks, logs and surveys, and the way back.

use std::path::{Path, PathBuf};

use dataforge_tests::program::Place;
use rust_xlsxwriter::Workbook;
use serde_json::Value;

fn field() -> (Place, tempfile::TempDir) {
    let place = Place::new("ada");
    place.json(&["init", "Field"]);
    (place, tempfile::tempdir().unwrap())
}

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

fn run_of(place: &Place, kind: &str) -> String {
    let runs = place.json(&["runs"])["runs"].clone();
    let run = runs.as_array().unwrap().iter().find(|run| run["kind"] == kind).unwrap_or_else(|| panic!("{runs}"));
    run["short"].as_str().unwrap().to_owned()
}

#[test]
fn every_kind_of_table_is_known_by_its_columns() {
    let (place, dir) = field();
    put(dir.path(), "survey.csv", "Well,MD,Inc,Azi\n,m,deg,deg\nA-1,0,0,0\nA-1,100,2.5,180\nB-2,0,0,0\n");
    put(dir.path(), "tops.tsv", "WELL\tTOP\tMD (m)\nA-1\tBrent\t1500.5\nA-1\tDunlin\t1612\n");
    put(
        dir.path(),
        "core.csv",
        "Sample,Depth (m),Porosity (%),Permeability (mD)\n1,1500.1,21.5,310\n2,1500.4,19,\n3,1500.9,22.1,280\n",
    );
    put(dir.path(), "rig.csv", "Time,WOB (klb),RPM\n2020-05-01 00:00:00,10,120\n2020-05-01 00:00:05,11,121\n");
    let summary = import(&place, dir.path());
    assert_eq!((&summary["imported"], &summary["failed"]), (&4.into(), &0.into()), "{summary}");
    let survey = csv(&place, "select well, kind, rows from runs where kind = 'survey' order by well");
    assert_eq!(survey, "well,kind,rows\nA-1,survey,2\nB-2,survey,1\n");
    let tops = csv(&place, &format!("select * from run('{}')", run_of(&place, "tops")));
    assert!(tops.contains("1500.5,Brent"), "{tops}");
    let core = run_of(&place, "core");
    let curves = place.json(&["curves", &core])["curves"].clone();
    let found: Vec<_> = curves.as_array().unwrap().iter().map(|curve| curve["property"].as_str()).collect();
    assert!(found.contains(&Some("permeability")) || found.iter().flatten().any(|id| id.contains("perm")), "{curves}");
    let time = place.json(&["runs"])["runs"].clone();
    assert!(time.as_array().unwrap().iter().any(|run| run["index_kind"] == "time"), "{time}");
}

#[test]
fn a_workbook_is_read_sheet_by_sheet_and_a_letter_is_kept() {
    let (place, dir) = field();
    let mut book = Workbook::new();
    let logs = book.add_worksheet().set_name("Logs").unwrap();
    for (column, text) in ["Depth", "GR", "Note"].into_iter().enumerate() {
        logs.write_string(0, u16::try_from(column).unwrap(), text).unwrap();
    }
    logs.write_string(1, 0, "m").unwrap();
    logs.write_string(1, 1, "gAPI").unwrap();
    for row in 0..5_u32 {
        logs.write_number(row + 2, 0, 100.0 + f64::from(row)).unwrap();
        logs.write_number(row + 2, 1, 40.5 + f64::from(row)).unwrap();
        logs.write_string(row + 2, 2, "=2+2").unwrap();
    }
    book.save(dir.path().join("logs.xlsx")).unwrap();
    let mut letter = Workbook::new();
    letter.add_worksheet().write_string(0, 0, "Dear all, see you on Monday").unwrap();
    letter.save(dir.path().join("letter.xlsx")).unwrap();
    let summary = import(&place, dir.path());
    assert_eq!((&summary["imported"], &summary["attached"]), (&1.into(), &1.into()), "{summary}");
    let values = csv(&place, "select curve, unit, sum(value) as total from samples where curve = 'GR' group by 1, 2");
    assert_eq!(values, "curve,unit,total\nGR,gAPI,212.5\n");
    let run = run_of(&place, "log");
    let out = dir.path().join("out.csv");
    place.json(&["export", &run, "--out", out.to_str().unwrap()]);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.starts_with("Depth (m),GR (gAPI),Note\n100.0,40.5,'=2+2\n"), "{text}");
    place.json(&["export", &run, "--out", out.to_str().unwrap(), "--raw", "--force"]);
    assert!(std::fs::read_to_string(&out).unwrap().contains(",=2+2\n"));
}

#[test]
fn a_table_that_was_exported_is_read_again_as_it_was() {
    let (place, dir) = field();
    let text = "Depth (m),GR (gAPI),Facies\n1000.0,45.125,sand\n1000.5,,\"shale, grey\"\n1001.0,0.1,\n";
    import(&place, &put(dir.path(), "log.csv", text));
    let run = run_of(&place, "log");
    for ending in ["csv", "xlsx", "las"] {
        let out = dir.path().join(format!("out.{ending}"));
        place.json(&["export", &run, "--out", out.to_str().unwrap()]);
        let again = Place::new("bob");
        again.json(&["init", "Other"]);
        import(&again, &out);
        let sql = |run: &str| format!("select * from run('{run}')");
        let (first, second) = (csv(&place, &sql(&run)), csv(&again, &sql(&run_of(&again, "log"))));
        assert_eq!(first, second, "{ending}");
        let units = "select mnemonic, unit from curves order by ordinal";
        assert_eq!(csv(&place, units), csv(&again, units), "{ending}");
    }
}

#[test]
fn a_table_that_is_none_is_refused_with_its_place() {
    let (place, dir) = field();
    let prose = put(dir.path(), "prose.csv", "This is a letter.\nIt has no columns.\n");
    let output = place.run(["import", prose.to_str().unwrap()]);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("dataforge attach"), "{said}");
    let ragged = put(dir.path(), "ragged.csv", "DEPT,GR\n1,2\n2,3,4\n3,4\n");
    let output = place.run(["import", "--strict", ragged.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.code() == Some(4) && said.contains("line 3"), "{said}");
    let summary = import(&place, &ragged);
    assert!(summary["files"][0]["warnings"].to_string().contains("3:"), "{summary}");
    assert_eq!(csv(&place, "select count(*) as n from samples"), "n\n2\n");
}
