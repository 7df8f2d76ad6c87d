//! Samples as they are drawn: the same numbers as by SQL, and something to see of what is not here.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use dataforge_node::ingest::sample::demo_files;
use dataforge_node::series::{Buckets, OverviewReader, SampleReader, Samples, View};
use dataforge_tests::las::write_las;
use dataforge_tests::program::{Place, join};
use serde_json::Value;

fn samples_in(file: &Path) -> Samples {
    let mut reader = SampleReader::new();
    for part in std::fs::read(file).unwrap().chunks(1 << 16) {
        reader.push(Bytes::copy_from_slice(part)).unwrap();
    }
    reader.finish().unwrap()
}

fn overview_in(file: &Path) -> Buckets {
    let mut reader = OverviewReader::new();
    reader.push(std::fs::read(file).unwrap().into()).unwrap();
    reader.finish().unwrap()
}

/// Runs `samples` into a file; returns the reply.
fn write(place: &Place, args: &[&str], file: &Path) -> Value {
    let out = ["--out", file.to_str().unwrap(), "--force"];
    place.json(&[&["samples"][..], args, &out[..]].concat())
}

/// Rows of a query as numbers, NaN for none.
fn numbers(place: &Place, sql: &str) -> Vec<Vec<f64>> {
    let csv = String::from_utf8(place.ok(["query", sql, "--format", "csv"])).unwrap();
    let cell = |text: &str| if text.is_empty() { f64::NAN } else { text.parse().unwrap() };
    csv.lines().skip(1).map(|line| line.split(',').map(cell).collect()).collect()
}

/// Asserts that samples are what SQL says of their columns, NaN being NaN.
fn assert_same(place: &Place, samples: &Samples, reply: &Value, table: &str) {
    let curves = reply["curves"].as_array().unwrap();
    let index = reply["index"]["column"].as_str().unwrap();
    let columns: Vec<_> = curves.iter().map(|curve| format!("\"{}\"", curve["column"].as_str().unwrap())).collect();
    let rows = numbers(place, &format!("select \"{index}\", {} from {table} order by 1", columns.join(", ")));
    assert_eq!(rows.len(), samples.order.index().len());
    assert_eq!(curves.len(), samples.curves.len());
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row[0], samples.order.index()[n]);
        for (value, (ordinal, series)) in row[1..].iter().zip(&samples.curves) {
            let found = series.values()[n];
            assert!(*value == found || (value.is_nan() && found.is_nan()), "curve {ordinal} at {}: {found}", row[0]);
        }
    }
}

#[test]
fn samples_are_what_sql_says() {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    for (name, text) in demo_files() {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    ada.json(&["import", dir.path().to_str().unwrap()]);
    let out = dir.path().join("samples.arrow");
    for run in ada.json(&["runs"])["runs"].as_array().unwrap() {
        let id = run["id"].as_str().unwrap();
        let reply = write(&ada, &[id], &out);
        assert_eq!(
            (&reply["rows"], &reply["is_complete"], &reply["is_held"]),
            (&run["rows"], &true.into(), &true.into())
        );
        assert_eq!(reply["index"]["unit"], run["index_unit"]);
        assert_same(&ada, &samples_in(&out), &reply, &format!("run('{id}')"));
        // Small ones have no pyramid: their overview comes of the table.
        let reply = write(&ada, &[id, "--overview", "100"], &out);
        assert!(reply["rows"].as_u64().unwrap() <= 100 && reply["bucket_rows"].as_u64().unwrap() > 1, "{reply}");
        let (min, max) = (&reply["index"]["min"], &reply["index"]["max"]);
        let overview = overview_in(&out).overview(1).unwrap();
        assert_eq!(overview.bounds(), min.as_f64().zip(max.as_f64()));
    }
    let said = ada.fails(&["samples", "north-1.las", "--gridded", "--out", out.to_str().unwrap(), "--force"], 3);
    assert!(said.contains("gridded"), "{said}");
    ada.json(&["grid", "north-1.las"]);
    let reply = write(&ada, &["north-1.las", "--gridded"], &out);
    assert_eq!(reply["form"], "gridded");
    let id = reply["run"].as_str().unwrap();
    assert_same(&ada, &samples_in(&out), &reply, &format!("run('{id}', 'gridded')"));
}

/// A log that runs upwards, with a hole, text and an array.
const UPWARDS: &str = "~V\n VERS. 2.0 :\n WRAP. NO :\n~W\n NULL. -999.25 :\n WELL. A :\n~C\n DEPT.M :\n GR.GAPI :\n \
    LITH. :\n NMR[1].MS :\n NMR[2].MS :\n~A\n 104 4 sand 41 42\n 103 -999.25 sand 31 32\n 102 2 lime 21 22\n \
    101 1 lime 11 12\n";

#[test]
fn logs_that_run_upwards_are_turned_and_what_is_no_number_is_refused() {
    let (ada, dir) = (Place::new("ada"), tempfile::tempdir().unwrap());
    ada.json(&["init", "Field"]);
    let log = dir.path().join("up.las");
    std::fs::write(&log, UPWARDS).unwrap();
    ada.json(&["import", log.to_str().unwrap()]);
    let out = dir.path().join("samples.arrow");
    let reply = write(&ada, &["up.las"], &out);
    let of_array = |curve: &Value| curve["array"].as_str().map(str::to_owned).zip(curve["element"].as_u64());
    let arrays: Vec<_> = reply["curves"].as_array().unwrap().iter().map(of_array).collect();
    assert_eq!(arrays, [None, Some(("NMR".to_owned(), 1)), Some(("NMR".to_owned(), 2))], "{reply}");
    let samples = samples_in(&out);
    let ordinals: Vec<_> = samples.curves.iter().map(|(ordinal, _)| *ordinal).collect();
    assert_eq!((samples.order.is_reversed(), ordinals), (true, vec![1, 3, 4]));
    let gr = &samples.curves[0].1;
    assert_eq!(&gr.index()[..], [101.0, 102.0, 103.0, 104.0]);
    let rows = gr.rows(&View::from_top(101.0, 1.0, 4).unwrap()).rows;
    let drawn: Vec<_> = rows.iter().map(|row| row.map(|row| (row.min, row.max, row.is_joined))).collect();
    assert_eq!(drawn[1..], [Some((2.0, 2.0, true)), None, Some((4.0, 4.0, false))], "nothing leads across the hole");

    let reply = write(&ada, &["up.las", "--curve", "1", "--depth", "101.5", "103"], &out);
    assert_eq!((&reply["rows"], &reply["is_complete"]), (&2.into(), &false.into()));
    assert_eq!(&samples_in(&out).curves[0].1.index()[..], [102.0, 103.0]);

    let refused = |args: &[&str], code: i32, word: &str| {
        let said = ada.fails(&[&["samples"][..], args, &["--out", "no.arrow"][..]].concat(), code);
        assert!(said.contains(word), "{args:?}: {said}");
        assert!(!Path::new("no.arrow").exists());
    };
    refused(&["up.las", "--curve", "2"], 2, "is text");
    refused(&["up.las", "--curve", "9"], 3, "no curve 9");
    refused(&["up.las", "--depth", "5", "1"], 2, "nothing lies between");
    refused(&["up.las", "--overview", "0"], 2, "1 to 8192");
    refused(&["none.las"], 3, "none.las");
}

/// Bytes that others fetched from a node, as it counted them.
fn given(place: &Place) -> u64 {
    // The log is written once a second.
    std::thread::sleep(Duration::from_millis(1300));
    let audit = place.json(&["audit", "--limit", "1000"]);
    audit["accesses"].as_array().unwrap().iter().map(|access| access["bytes"].as_u64().unwrap()).sum()
}

#[test]
fn a_run_that_is_elsewhere_shows_from_its_pyramid() {
    let dir = tempfile::tempdir().unwrap();
    let log = write_las(dir.path(), 1, 100_000, 4, 9);
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    ada.json(&["import", log.to_str().unwrap()]);
    bob.json(&["config", "set", "cache.policy", "demand"]);
    let up = join(&ada, &bob, "viewer");
    bob.json(&["sync"]);
    let id = ada.json(&["runs"])["runs"][0]["id"].as_str().unwrap().to_owned();
    let place = |place: &Place| place.json(&["samples", "--where", &id])["places"][0].clone();
    let before = place(&bob);
    let told = ["is_held", "has_pyramid", "has_overview"].map(|key| before[key].as_bool().unwrap());
    assert_eq!(told, [false, true, false], "{before}");
    assert!(before["holders"][0]["name"].as_str().unwrap().contains("ada"), "{before}");

    let (mine, hers) = (dir.path().join("bob.arrow"), dir.path().join("ada.arrow"));
    let fetched = given(&ada);
    let reply = write(&bob, &[&id, "--overview", "1000"], &mine);
    assert_eq!((&reply["rows"], &reply["bucket_rows"], &reply["is_held"]), (&782.into(), &128.into(), &false.into()));
    write(&ada, &[&id, "--overview", "1000"], &hers);
    assert_eq!(std::fs::read(&mine).unwrap(), std::fs::read(&hers).unwrap());
    let cost = given(&ada) - fetched;
    let size = before["bytes"].as_u64().unwrap();
    assert!(cost > 0 && cost * 4 < size, "{cost} of {size} bytes");
    let after = place(&bob);
    assert_eq!((&after["is_held"], &after["has_overview"]), (&false.into(), &true.into()));

    // What is seen is what there is.
    write(&ada, &[&id], &hers);
    let (samples, buckets) = (samples_in(&hers), overview_in(&mine));
    for (ordinal, series) in &samples.curves {
        let overview = buckets.overview(*ordinal).unwrap();
        assert_eq!(overview.extent(), series.minmax(0..series.len()));
        assert_eq!(overview.bounds(), series.bounds());
    }
    assert_eq!(samples.curves.len(), 4);

    // Alone bob still sees it, and is told who has the samples.
    drop(up);
    let alone = write(&bob, &[&id, "--overview", "500"], &mine);
    assert_eq!(alone["bucket_rows"], 224);
    let said = bob.fails(&["samples", &id, "--out", mine.to_str().unwrap(), "--force"], 3);
    assert!(said.contains("ada") && said.contains("last seen"), "{said}");
    bob.json(&["rebuild"]);
    assert_eq!(place(&bob)["has_overview"], true, "it is found again");
    bob.verify();
    ada.verify();
}

#[test]
fn one_curve_of_a_run_that_is_elsewhere_costs_its_column() {
    let dir = tempfile::tempdir().unwrap();
    let log = write_las(dir.path(), 1, 60_000, 8, 9);
    let (ada, bob) = (Place::new("ada"), Place::new("bob"));
    ada.json(&["init", "Field"]);
    ada.json(&["import", log.to_str().unwrap()]);
    bob.json(&["config", "set", "cache.policy", "demand"]);
    let _up = join(&ada, &bob, "viewer");
    bob.json(&["sync"]);
    let (mine, hers) = (dir.path().join("bob.arrow"), dir.path().join("ada.arrow"));
    let before = given(&ada);
    let reply = write(&bob, &["well-00001.las", "--curve", "3"], &mine);
    assert_eq!((&reply["is_held"], &reply["is_complete"]), (&false.into(), &true.into()));
    let cost = given(&ada) - before;
    write(&ada, &["well-00001.las", "--curve", "3"], &hers);
    assert_eq!(std::fs::read(&mine).unwrap(), std::fs::read(&hers).unwrap());
    let place = bob.json(&["samples", "--where", "well-00001.las"])["places"][0].clone();
    assert_eq!((&place["has_pyramid"], &place["has_overview"]), (&false.into(), &false.into()));
    let size = place["bytes"].as_u64().unwrap();
    assert!(cost > 0 && cost * 2 < size, "{cost} of {size} bytes");
}
