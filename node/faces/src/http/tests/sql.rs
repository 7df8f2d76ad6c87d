//! Statements and their results.

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow::ipc::reader::StreamReader;
use axum::body::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;

use super::*;

const SERIES: &str = "select x from generate_series(1, 20000) t(x) order by x";
/// One that takes far longer than anybody waits.
const ENDLESS: &str =
    "select count(*) from generate_series(1, 3000000) a(x) cross join generate_series(1, 3000000) b(y)";

fn sum(batches: impl IntoIterator<Item = RecordBatch>) -> (usize, i64) {
    let column = |batch: &RecordBatch| batch.column(0).as_primitive::<Int64Type>().values().to_vec();
    let values: Vec<_> = batches.into_iter().flat_map(|batch| column(&batch)).collect();
    (values.len(), values.iter().sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_has_the_whole_result_and_says_what_it_is() {
    let place = Place::open().await;
    let all = (20_000, 200_010_000);
    for (format, kind) in [
        ("csv", "text/csv; charset=utf-8"),
        ("csv-raw", "text/csv; charset=utf-8"),
        ("json", "application/json"),
        ("ndjson", "application/x-ndjson"),
        ("arrow", "application/vnd.apache.arrow.stream"),
        ("parquet", "application/vnd.apache.parquet"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ] {
        let answer = place.query(SERIES, format).await;
        assert_eq!((answer.status, answer.is_whole), (200, true), "{format}");
        assert_eq!(answer.header("content-type"), kind);
        assert_eq!(answer.header("transfer-encoding"), "chunked", "{format} is sent as it comes");
        let found = match format {
            "csv" | "csv-raw" => {
                let mut lines = answer.text().lines();
                assert_eq!(lines.next(), Some("x"));
                let values: Vec<i64> = lines.map(|line| line.parse().unwrap()).collect();
                (values.len(), values.iter().sum())
            }
            "json" => {
                let rows = answer.json();
                let values: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["x"].as_i64().unwrap()).collect();
                (values.len(), values.iter().sum())
            }
            "ndjson" => {
                let row = |line: &str| serde_json::from_str::<Value>(line).unwrap()["x"].as_i64().unwrap();
                let values: Vec<_> = answer.text().lines().map(row).collect();
                (values.len(), values.iter().sum())
            }
            "arrow" => sum(StreamReader::try_new(&*answer.body, None).unwrap().map(Result::unwrap)),
            "parquet" => {
                let file = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(answer.body)).unwrap();
                sum(file.build().unwrap().map(Result::unwrap))
            }
            _ => {
                assert!(answer.body.starts_with(b"PK\x03\x04"), "a workbook is a zip");
                all
            }
        };
        assert_eq!(found, all, "{format}");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_comes_by_address_as_text_and_as_json_with_parameters() {
    let place = Place::open().await;
    let sql = "select count(*) as n from runs";
    assert_eq!(place.query(sql, "json").await.json(), json!([{ "n": 2 }]));
    for kind in ["text/plain", "application/sql; charset=utf-8"] {
        let answer = place.ask("POST", "/v1/sql", &[("Content-Type", kind)], sql.as_bytes()).await;
        assert_eq!(answer.json(), json!([{ "n": 2 }]), "{kind}");
    }
    let accept = [("Content-Type", "application/sql"), ("Accept", "text/csv, */*;q=0.1")];
    assert_eq!(place.ask("POST", "/v1/sql?workspace=Field", &accept, sql.as_bytes()).await.text(), "n\n2\n");
    let body = json!({
        "sql": "select name from wells where name = $1 and 4 > $2 and 0.25 < $3",
        "parameters": ["NORTH 1", 3, 0.5],
        "workspace": "Field",
        "format": "csv",
    });
    let body = body.to_string();
    let answer = place.ask("POST", "/v1/sql", &[("Content-Type", "application/json")], body.as_bytes()).await;
    assert_eq!((answer.status, answer.text()), (200, "name\nNORTH 1\n"));
    // A result without rows is whole, and has its columns.
    let none = place.query("select name from wells where false", "csv").await;
    assert_eq!((none.status, none.is_whole, none.text()), (200, true, "name\n"));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_as_a_problem() {
    let place = Place::open().await;
    for (sql, says) in [
        ("select nonsense from wells", "nonsense"),
        ("selekt 1", "selekt"),
        ("drop table wells", ""),
        ("select 1 / (1 - x) as y from generate_series(1, 10) t(x)", "zero"),
    ] {
        let answer = place.query(sql, "csv").await;
        assert_eq!(answer.problem(), (400, "query".to_owned()), "{sql}");
        let message = answer.json()["error"]["message"].as_str().unwrap().to_lowercase();
        assert!(message.contains(says), "{message}");
    }
    let wrong = place.query("select nonsense from wells", "csv").await.json();
    assert_eq!((&wrong["error"]["line"], &wrong["error"]["column"]), (&json!(1), &json!(8)), "{wrong}");
    assert_eq!(place.query("drop table wells", "csv").await.json()["error"].get("line"), None);
    for (target, status, kind) in [
        ("/v1/sql?q=select%201&workspace=nowhere", 404, "not_found"),
        ("/v1/sql?q=select%201&format=pdf", 400, "usage"),
        ("/v1/sql?q=select%201&format=table", 400, "usage"),
        ("/v1/sql?q=select%201&colour=red", 400, "usage"),
        ("/v1/sql?q=select%201&local_only=perhaps", 400, "usage"),
        ("/v1/sql", 400, "usage"),
        ("/v1/nothing", 404, "not_found"),
    ] {
        assert_eq!(place.get(target).await.problem(), (status, kind.to_owned()), "{target}");
    }
    let json = "application/json";
    let large = vec![b' '; (1 << 20) + 1];
    let bodies: [(&str, &str, &[u8], u16); 9] = [
        ("/v1/sql", "text/html", b"select 1", 415),
        ("/v1/sql", "application/x-www-form-urlencoded", b"q=select+1", 415),
        ("/v1/sql", "text/plain", b"\xff", 400),
        ("/v1/sql?q=select%201", "text/plain", b"select 1", 400),
        ("/v1/sql", json, b"select 1", 400),
        ("/v1/sql", json, br#"{"sql": "select 1", "colour": "red"}"#, 400),
        ("/v1/sql", json, br#"{"sql": "select $1", "parameters": [[1]]}"#, 400),
        ("/v1/sql", json, b"", 400),
        ("/v1/sql", "text/plain", &large, 413),
    ];
    for (target, kind, body, status) in bodies {
        let answer = place.ask("POST", target, &[("Content-Type", kind)], body).await;
        assert_eq!(answer.problem(), (status, "usage".to_owned()), "{target} {kind}");
    }
    let answer = place.ask("GET", "/v1/sql?q=select%201", &[("Accept", "text/html")], &[]).await;
    assert_eq!(answer.problem(), (406, "usage".to_owned()));
    assert!(answer.json()["error"]["hint"].as_str().unwrap().contains("text/csv"), "it says what there is");
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_be_too_large_is_refused_before_it_is_sent() {
    let place = Place::open().await;
    let head = format!(
        "POST /v1/sql HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nContent-Type: text/plain\r\nContent-Length: \
         99999999999\r\nConnection: close\r\n\r\n",
        place.host(),
        place.bearer()
    );
    assert_eq!(exchange(place.at, "POST", head.as_bytes()).await.problem(), (413, "usage".to_owned()));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_fails_on_its_way_does_not_look_whole() {
    let place = Place::open().await;
    for format in ["csv", "ndjson", "arrow"] {
        let sql = "select 1 / (50000 - x) as y from generate_series(1, 100000) t(x)";
        let answer = place.query(sql, format).await;
        assert_eq!((answer.status, answer.is_whole), (200, false), "{format}");
        assert!(!answer.body.is_empty(), "{format}: the first rows came");
    }
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_takes_the_query_along() {
    let place = Place::open().await;
    // More than run at a time: both such that have sent nothing yet and such that wait to be taken.
    let mut clients = Vec::new();
    for number in 0..32 {
        let sql = if number % 2 == 0 { ENDLESS } else { "select x from generate_series(1, 1000000000) t(x)" };
        let (host, bearer) = (place.host(), place.bearer());
        let headers = [("Host", host.as_str()), ("Authorization", bearer.as_str())];
        let mut stream = TcpStream::connect(place.at).await.unwrap();
        let target = format!("/v1/sql?format=csv&q={}", escaped(sql));
        stream.write_all(&request("GET", &target, &headers, &[])).await.unwrap();
        clients.push(stream);
    }
    let quick = || place.query("select 1 as one", "json");
    let early = tokio::time::timeout(Duration::from_secs(2), quick()).await;
    assert!(early.is_err(), "they keep the engine busy");
    drop(clients);
    assert_eq!(quick().await.json(), json!([{ "one": 1 }]));
    place.close().await;
}
