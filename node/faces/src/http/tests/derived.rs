//! Derived runs: what a program sends is a run, once.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use arrow::ipc::writer::StreamWriter;

use super::*;

const ARROW: (&str, &str) = ("Content-Type", "application/vnd.apache.arrow.stream");
const MEANT: (&str, &str) = ("X-DataForge", "1");

/// An Arrow stream of three rows.
fn table() -> Vec<u8> {
    let depths: ArrayRef = Arc::new(Float64Array::from(vec![1500.0, 1501.0, 1502.0]));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.25), None, Some(0.75)]));
    let batch = RecordBatch::try_from_iter([("DEPT", depths), ("VSH", values)]).unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

/// Where it is sent, with which headers and body, and the status of the answer.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [u8], u16);

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_sent_is_a_run_once() {
    let place = Place::open().await;
    let runs = place.get("/v1/runs").await.json();
    let text = |key: &str| runs["runs"][0][key].as_str().unwrap().to_owned();
    let (source, well) = (text("id"), text("well_id"));
    let said = format!("name=Vshale&from={source}:1&tool=t&version=1&unit=VSH%3Dv/v&index_unit=m");
    let target = format!("/v1/runs?well={well}&{said}");
    let table = table();
    let whole = table.as_slice();
    let other = format!("/v1/runs?well=nowhere&{said}");
    let misspelt = format!("{target}&tol=t");
    let cases: [Case<'_>; 5] = [
        (&target, &[ARROW], whole, 403),
        (&target, &[MEANT, ("Content-Type", "application/json")], whole, 415),
        (&misspelt, &[MEANT, ARROW], whole, 400),
        (&other, &[MEANT, ARROW], whole, 404),
        (&target, &[MEANT, ARROW], &whole[..whole.len() - 8], 400),
    ];
    for (target, headers, body, status) in cases {
        let answer = place.ask("POST", target, headers, body).await;
        assert_eq!(answer.problem().0, status, "{target} {headers:?}");
    }
    assert_eq!(place.get("/v1/runs").await.json(), runs, "what is refused leaves nothing");

    let made = place.ask("POST", &target, &[MEANT, ARROW], whole).await;
    let told = made.json();
    assert_eq!((made.status, &told["outcome"], &told["rows"]), (201, &"derived".into(), &3.into()), "{told}");
    let again = place.ask("POST", &target, &[MEANT, ARROW], whole).await;
    assert_eq!((again.status, &again.json()["outcome"]), (200, &"already here".into()));
    assert_eq!(again.json()["run"], told["run"]);
    let run = told["run"].as_str().unwrap();
    assert!(place.get(&format!("/v1/runs/{run}.parquet")).await.body.starts_with(b"PAR1"));
    let lineage = place.query("select run_id, source_run_id, tool from lineage", "csv").await;
    assert_eq!(lineage.text(), format!("run_id,source_run_id,tool\n{run},{source},t\n"));
    place.close().await;
}
