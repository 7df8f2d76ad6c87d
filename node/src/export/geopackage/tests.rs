use std::process::Command;

use rusqlite::types::Value;

use super::*;

/// 2026-11-25T12:00:00.250Z
const CHANGED: u64 = 1_795_608_000_250;

fn well(id: &str, position: Option<(f64, f64, u32)>) -> WellLocation {
    WellLocation {
        id: id.to_owned(),
        name: format!("Well {id}"),
        uwi: Some("100'; DROP TABLE wells".to_owned()),
        position: position.map(|(x, y, epsg)| Position { x, y, epsg }),
        ..WellLocation::default()
    }
}

fn written(wells: &[WellLocation]) -> (tempfile::TempDir, PathBuf, WrittenWells) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wells.gpkg");
    let report = write_wells(&path, wells, CHANGED).unwrap();
    (dir, path, report)
}

fn ask<T: rusqlite::types::FromSql>(path: &Path, sql: &str) -> T {
    Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Returns the columns of a table: name, type, whether it must have a value, place in the key.
fn columns(path: &Path, table: &str) -> Vec<(String, String, bool, u32)> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare(&format!("PRAGMA table_info({table})")).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(1)?, row.get(2)?, row.get(3)?, row.get(5)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn column(name: &str, kind: &str, required: bool, key: u32) -> (String, String, bool, u32) {
    (name.to_owned(), kind.to_owned(), required, key)
}

#[test]
fn the_tables_are_those_of_the_standard() {
    let (_dir, path, _) = written(&[well("a", Some((12.5, 55.25, 4326)))]);
    assert_eq!(&std::fs::read(&path).unwrap()[..16], b"SQLite format 3\0");
    assert_eq!(ask::<i64>(&path, "PRAGMA application_id"), 0x4750_4B47);
    assert_eq!(ask::<i64>(&path, "PRAGMA user_version"), 10_300);
    assert_eq!(ask::<String>(&path, "PRAGMA integrity_check"), "ok");
    let broken = "SELECT count(*) FROM pragma_foreign_key_check";
    assert_eq!(ask::<i64>(&path, broken), 0);
    let systems = [
        column("srs_name", "TEXT", true, 0),
        column("srs_id", "INTEGER", true, 1),
        column("organization", "TEXT", true, 0),
        column("organization_coordsys_id", "INTEGER", true, 0),
        column("definition", "TEXT", true, 0),
        column("description", "TEXT", false, 0),
    ];
    assert_eq!(columns(&path, "gpkg_spatial_ref_sys"), systems);
    let contents = columns(&path, "gpkg_contents");
    let names: Vec<&str> = contents.iter().map(|column| &*column.0).collect();
    let expected = [
        "table_name",
        "data_type",
        "identifier",
        "description",
        "last_change",
        "min_x",
        "min_y",
        "max_x",
        "max_y",
        "srs_id",
    ];
    assert_eq!(names, expected);
    assert_eq!(contents[4], column("last_change", "DATETIME", true, 0));
    let geometry = [
        column("table_name", "TEXT", true, 1),
        column("column_name", "TEXT", true, 2),
        column("geometry_type_name", "TEXT", true, 0),
        column("srs_id", "INTEGER", true, 0),
        column("z", "TINYINT", true, 0),
        column("m", "TINYINT", true, 0),
    ];
    assert_eq!(columns(&path, "gpkg_geometry_columns"), geometry);
    assert_eq!(columns(&path, "wells")[0], column("fid", "INTEGER", true, 1));
    assert_eq!(columns(&path, "wells")[1], column("geom", "POINT", false, 0));
    let required = "SELECT count(*) FROM gpkg_spatial_ref_sys WHERE (srs_id IN (-1, 0) AND organization = 'NONE') \
        OR (srs_id = 4326 AND organization_coordsys_id = 4326 AND definition LIKE 'GEOGCS%')";
    assert_eq!(ask::<i64>(&path, required), 3);
}

#[test]
fn points_are_where_the_wells_are() {
    let wells = [well("a", Some((12.5, 55.25, 4326))), well("b", None), well("c", Some((-1.0, 60.0, 4326)))];
    let (_dir, path, report) = written(&wells);
    assert_eq!(report, WrittenWells { points: 2, without_position: 1, implausible: 0, layers: 1 });
    let blob: Vec<u8> = ask(&path, "SELECT geom FROM wells WHERE id = 'a'");
    let mut expected = b"GP\0\x01\xE6\x10\0\0\x01\x01\0\0\0".to_vec();
    expected.extend(12.5_f64.to_le_bytes());
    expected.extend(55.25_f64.to_le_bytes());
    assert_eq!(blob, expected);
    assert_eq!(ask::<String>(&path, "SELECT uwi FROM wells WHERE id = 'a'"), "100'; DROP TABLE wells");
    assert_eq!(ask::<Value>(&path, "SELECT field FROM wells WHERE id = 'a'"), Value::Null);
    let bounds = "SELECT min_x || ' ' || min_y || ' ' || max_x || ' ' || max_y FROM gpkg_contents";
    assert_eq!(ask::<String>(&path, bounds), "-1.0 55.25 12.5 60.0");
    assert_eq!(ask::<String>(&path, "SELECT last_change FROM gpkg_contents"), "2026-11-25T12:00:00.250Z");
}

#[test]
fn each_system_has_a_layer_and_nothing_is_transformed() {
    let wells = [
        well("a", Some((500_000.0, 6_000_000.0, 32_633))),
        well("b", Some((12.5, 55.25, 4326))),
        well("c", Some((300_000.0, 100_000.0, 23_031))),
    ];
    let (_dir, path, report) = written(&wells);
    assert_eq!((report.points, report.layers), (3, 3));
    let layers =
        "SELECT group_concat(table_name || ':' || srs_id, ' ') FROM (SELECT * FROM gpkg_contents ORDER BY srs_id)";
    assert_eq!(ask::<String>(&path, layers), "wells_4326:4326 wells_23031:23031 wells_32633:32633");
    let undefined = "SELECT definition FROM gpkg_spatial_ref_sys WHERE srs_id = 23031";
    assert_eq!(ask::<String>(&path, undefined), "undefined");
}

#[test]
fn positions_that_are_none_are_counted() {
    let wells = [
        well("a", Some((f64::NAN, 0.0, 4326))),
        well("b", Some((12.0, 91.0, 4326))),
        well("c", Some((1.0, 1.0, 0))),
        well("d", Some((1.0, 1.0, 100_000))),
    ];
    let (_dir, path, report) = written(&wells);
    assert_eq!((report.points, report.implausible, report.layers), (0, 4, 1));
    assert_eq!(ask::<i64>(&path, "SELECT count(*) FROM wells"), 0);
    assert_eq!(ask::<Value>(&path, "SELECT min_x FROM gpkg_contents"), Value::Null);
}

#[test]
fn a_file_that_is_there_is_kept_and_a_failed_one_is_not_left() {
    let (dir, path, _) = written(&[]);
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(write_wells(&path, &[], CHANGED), Err(GeoPackageError::Create { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let twice = [well("a", Some((1.0, 1.0, 4326))), well("a", Some((1.0, 1.0, 4326)))];
    let failed = dir.path().join("failed.gpkg");
    assert!(matches!(write_wells(&failed, &twice, CHANGED), Err(GeoPackageError::Write { .. })));
    assert!(!failed.exists());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no journal either");
}

#[test]
fn gdal_reads_it_where_it_is_installed() {
    let (_dir, path, _) = written(&[well("a", Some((12.5, 55.25, 4326)))]);
    let Ok(output) = Command::new("ogrinfo").args(["-al", "-ro"]).arg(&path).output() else {
        // Nothing to compare with; the tables are checked above.
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("POINT (12.5 55.25)") && said.contains("Feature Count: 1"), "{said}");
}
