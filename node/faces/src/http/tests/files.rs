//! Tables of runs as files.

use axum::body::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;

async fn first_run(place: &Place) -> (String, String, String) {
    let runs = place.get("/v1/runs").await.json();
    let run = &runs["runs"][0];
    let text = |field: &str| run[field].as_str().unwrap().to_owned();
    (text("id"), text("short"), text("blob"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_given_byte_for_byte_by_ranges() {
    let place = Place::open().await;
    let (id, short, blob) = first_run(&place).await;
    let target = format!("/v1/runs/{id}.parquet");
    let whole = place.get(&target).await;
    assert_eq!((whole.status, whole.is_whole), (200, true));
    assert_eq!(whole.header("content-type"), "application/vnd.apache.parquet");
    assert_eq!(whole.header("etag"), format!("\"{blob}\""));
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("cache-control"), "no-store");
    let file = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(whole.body.clone())).unwrap();
    assert!(file.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum::<usize>() > 1_000);
    assert_eq!(place.get(&format!("/v1/runs/{short}.parquet?workspace=Field")).await.body, whole.body);

    let size = whole.body.len();
    let head = place.ask("HEAD", &target, &[("Range", "bytes=0-1")], &[]).await;
    assert_eq!((head.status, head.is_whole), (200, true), "nothing comes after it");
    assert_eq!(head.header("content-length"), size.to_string());
    for (range, from, to) in [
        ("bytes=0-3", 0, 4),
        ("bytes=-8", size - 8, size),
        ("bytes=100-", 100, size),
        ("bytes=100-99999999", 100, size),
        ("bytes=7-7", 7, 8),
    ] {
        let part = place.ask("GET", &target, &[("Range", range)], &[]).await;
        assert_eq!((part.status, part.is_whole), (206, true), "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {from}-{}/{size}", to - 1));
        assert_eq!(part.body, whole.body[from..to], "{range}");
    }
    for range in ["bytes=0-1,4-5", "lines=1-2", "bytes=9-2"] {
        let all = place.ask("GET", &target, &[("Range", range)], &[]).await;
        assert_eq!((all.status, all.body.len()), (200, size), "{range}");
    }
    let outside = place.ask("GET", &target, &[("Range", "bytes=99999999-")], &[]).await;
    assert_eq!(outside.problem(), (416, "usage".to_owned()));
    assert_eq!(outside.header("content-range"), format!("bytes */{size}"));
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_has_is_not_sent_again() {
    let place = Place::open().await;
    let (id, _, blob) = first_run(&place).await;
    let target = format!("/v1/runs/{id}.parquet");
    let tag = format!("\"{blob}\"");
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let answer = place.ask("GET", &target, &[("If-None-Match", &known)], &[]).await;
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{known}");
        assert_eq!(answer.header("etag"), tag);
    }
    assert_eq!(place.ask("GET", &target, &[("If-None-Match", "\"x\"")], &[]).await.status, 200);
    let range = ("Range", "bytes=0-3");
    assert_eq!(place.ask("GET", &target, &[range, ("If-Range", &tag)], &[]).await.status, 206);
    assert_eq!(place.ask("GET", &target, &[range, ("If-Range", "\"x\"")], &[]).await.status, 200);
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gridded_copy_is_another_file() {
    let place = Place::open().await;
    let (id, _, blob) = first_run(&place).await;
    place.state.ask(Request::Grid { workspace: None, target: id.clone() }).await.unwrap();
    let native = place.get(&format!("/v1/runs/{id}.parquet?form=native")).await;
    let gridded = place.get(&format!("/v1/runs/{id}.parquet?form=gridded")).await;
    assert_eq!((native.status, gridded.status), (200, 200));
    assert_eq!(native.header("etag"), format!("\"{blob}\""));
    assert_ne!(gridded.header("etag"), native.header("etag"));
    ParquetRecordBatchReaderBuilder::try_new(Bytes::from(gridded.body)).unwrap();
    place.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_table_is_told() {
    let place = Place::open().await;
    let (id, ..) = first_run(&place).await;
    for (file, status, kind) in [
        ("nothing.parquet".to_owned(), 404, "not_found"),
        (".parquet".to_owned(), 404, "not_found"),
        (id.clone(), 404, "not_found"),
        (format!("{id}.csv"), 404, "not_found"),
        ("..%2F..%2Fdataforge.toml.parquet".to_owned(), 404, "not_found"),
        (format!("{id}.parquet?form=long"), 400, "usage"),
        (format!("{id}.parquet?workspace=nowhere"), 404, "not_found"),
        (format!("{id}.parquet?token={}", place.token), 400, "usage"),
        ("%ff.parquet".to_owned(), 400, "usage"),
    ] {
        let answer = place.get(&format!("/v1/runs/{file}")).await;
        assert_eq!(answer.problem(), (status, kind.to_owned()), "{file}");
    }
    place.close().await;
}
