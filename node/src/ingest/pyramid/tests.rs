//! Pyramids hold what their table holds, and the same bytes everywhere.

use std::fmt::Write as _;

use dataforge_las::{ReadOptions, read as read_las};

use super::*;
use crate::ingest::{Prepared, prepare as prepare_file};
use crate::series::Series;
use crate::worker::{Expected, Verdict, check_here};

/// A log of some rows that runs upwards, with holes, a text curve and an empty one.
fn log(rows: usize) -> Prepared {
    let mut text = String::from(
        "~V\n VERS. 2.0 :\n WRAP. NO :\n~W\n NULL. -999.25 :\n WELL. A :\n~C\n DEPT.M :\n GR.GAPI :\n LITH. :\n NONE. :\n \
         ILD.OHMM :\n~A\n",
    );
    for row in 0..rows {
        let depth = 5000.0 - 0.01 * row as f64;
        let gr = if row % 1_000 < 300 { -999.25 } else { (row % 777) as f64 };
        writeln!(text, "{depth:.2} {gr} sand -999.25 {}", 1.5 + (row % 13) as f64).unwrap();
    }
    prepare_file(text.as_bytes(), &read_las(text.as_bytes(), &ReadOptions::default()).unwrap()).unwrap()
}

#[test]
fn large_logs_have_one_that_says_what_their_samples_say() {
    let prepared = log(MOST_ROWS_WITHOUT + 1);
    let run = &prepared.runs[0];
    let pyramid = run.pyramid.as_ref().unwrap();
    assert_eq!(pyramid.facts.bucket_rows, 32);
    assert_eq!(pyramid.facts.buckets, 2_049);
    assert_eq!((pyramid.facts.native, pyramid.facts.blob), (run.facts.blob, BlobHash::of(&pyramid.parquet)));
    let buckets = read(pyramid.parquet.clone(), &[1, 3, 4]).unwrap().unwrap();
    let table = table::read(run.parquet.clone()).unwrap();
    let column = |name: &str| -> Vec<f64> {
        use arrow::array::AsArray as _;
        let array = table.column_by_name(name).unwrap().as_primitive::<arrow::datatypes::Float64Type>();
        array.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
    };
    for (ordinal, name) in [(1, "gr"), (3, "none"), (4, "ild")] {
        let series = Series::new(&column("dept"), &column(name)).unwrap();
        let overview = buckets.overview(ordinal).unwrap();
        assert_eq!(overview.extent(), series.minmax(0..series.len()), "{name}");
        assert_eq!(overview.bounds(), series.bounds());
        for bucket in overview.buckets() {
            let inside = series.minmax(
                series.index().partition_point(|at| *at < bucket.top)
                    ..series.index().partition_point(|at| *at <= bucket.base),
            );
            assert_eq!(inside.count as u64, bucket.count, "{name} at {}", bucket.top);
            assert!(inside.is_none() || (inside.min, inside.max) == (bucket.min, bucket.max), "{name}");
        }
    }
    assert!(read(pyramid.parquet.clone(), &[2]).unwrap().is_none(), "text has no minima");
    assert_eq!(log(MOST_ROWS_WITHOUT + 1).runs[0].pyramid, run.pyramid);
    assert!(pyramid.parquet.len() < run.parquet.len());
}

#[test]
fn one_is_what_peers_expect_of_it() {
    let prepared = log(MOST_ROWS_WITHOUT + 1);
    let run = &prepared.runs[0];
    let pyramid = run.pyramid.as_ref().unwrap();
    let expected = Expected::pyramid(&pyramid.facts, &run.facts);
    let file = |bytes: &[u8]| {
        use std::io::{Seek as _, Write as _};
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    };
    let verdict = check_here(file(&pyramid.parquet), Some(&expected));
    assert!(matches!(verdict, Verdict::Sound(_)), "{verdict:?}");
    let verdict = check_here(file(&run.parquet), Some(&expected));
    assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
}

#[test]
fn what_is_quickly_read_whole_has_none() {
    assert!(log(MOST_ROWS_WITHOUT).runs[0].pyramid.is_none());
}

#[test]
fn buckets_are_few_however_long_the_table() {
    for rows in [MOST_ROWS_WITHOUT + 1, 1_000_000, 4_194_304, 4_194_305, 1 << 33] {
        let buckets = rows.div_ceil(bucket_rows(rows));
        assert!((MOST_BUCKETS / 2..=MOST_BUCKETS).contains(&buckets), "{rows}: {buckets}");
    }
}
