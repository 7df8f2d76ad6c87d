//! Columns of a table without SQL.

use std::sync::atomic::Ordering;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::Float64Type;
use dataforge_query::{Limits, QueryErrorKind, RunFile, Tables};
use futures::TryStreamExt as _;

use super::fixture::{FEET, FEET_ROWS, Fixture};

fn feet_of(fixture: &Fixture) -> RunFile {
    fixture.workspace.runs.iter().find(|run| run.blob == FEET).unwrap().clone()
}

async fn rows(tables: &Tables, run: RunFile, columns: &[&str], bounds: Option<(f64, f64)>) -> Vec<RecordBatch> {
    tables.read(run, columns, bounds).await.unwrap().try_collect().await.unwrap()
}

fn index(batches: &[RecordBatch]) -> Vec<f64> {
    batches.iter().flat_map(|batch| batch["dept"].as_primitive::<Float64Type>().values().to_vec()).collect()
}

#[tokio::test]
async fn chosen_columns_come_whole_and_in_order() {
    let fixture = Fixture::new();
    let tables = Tables::new(fixture.blobs.clone());
    let batches = rows(&tables, feet_of(&fixture), &["dept", "gr_2"], None).await;
    assert_eq!(index(&batches), (0..FEET_ROWS).map(|row| row as f64 * 0.5).collect::<Vec<_>>());
    assert!(batches.iter().all(|batch| batch.num_columns() == 2));
    let whole = fixture.blobs.read.load(Ordering::SeqCst);
    let few = rows(&tables, feet_of(&fixture), &["dept", "gr_2"], Some((5_000.0, 5_010.0))).await;
    let depths = index(&few);
    assert!(depths.contains(&5_000.0) && depths.contains(&5_010.0), "both bounds count");
    assert!(depths.len() < 1_000, "{} rows for twenty", depths.len());
    assert!(fixture.blobs.read.load(Ordering::SeqCst) - whole < whole / 10, "pages that hold none are not read");
    assert!(rows(&tables, feet_of(&fixture), &["dept"], Some((-9.0, -8.0))).await.is_empty());
}

#[tokio::test]
async fn what_is_nowhere_and_what_is_no_column_are_told() {
    let fixture = Fixture::with(Limits::default(), &[FEET]);
    let tables = Tables::new(fixture.blobs.clone());
    let Err(error) = tables.read(feet_of(&fixture), &["dept"], None).await else { panic!("it is nowhere") };
    assert_eq!(error.kind, QueryErrorKind::NotHeld);
    assert!(error.message.contains("rig-7"), "{error}");
    let fixture = Fixture::new();
    let tables = Tables::new(fixture.blobs.clone());
    let Err(error) = tables.read(feet_of(&fixture), &["dept", "sp"], None).await else { panic!("there is no sp") };
    assert!(error.message.contains("no column sp"), "{error}");
}
