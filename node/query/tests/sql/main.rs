//! Queries over a workspace of three small runs in memory: feet, metres and time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod cancels;
mod costs;
mod fixture;
mod functions;
mod hostile;
mod postgres;
mod schemas;
mod tables;
mod wide;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arrow::datatypes::DataType;
use bytes::Bytes;
use dataforge_query::{Engine, Format, Limits, OutputError, QueryErrorKind, write};
use futures::{StreamExt, TryStreamExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use self::fixture::{Blobs, FEET, Fixture, Workspace, metres, tops};

// ---- what tables hold ----

#[tokio::test]
async fn samples_give_every_run_in_long_form() {
    let fixture = Fixture::new();
    let csv = fixture
        .csv(
            "SELECT run, curve, index_value, depth_m, time_s, index_unit, value, text FROM samples WHERE well = 'Beta'",
        )
        .await;
    let expected = "run,curve,index_value,depth_m,time_s,index_unit,value,text\n\
                    bb22,GR,100.0,100.0,,m,45.5,\n\
                    bb22,GR,101.0,101.0,,m,,\n\
                    bb22,GR,102.0,102.0,,m,0.1,\n\
                    bb22,RHOB,100.0,100.0,,m,2.65,\n\
                    bb22,RHOB,101.0,101.0,,m,2.7,\n\
                    bb22,RHOB,102.0,102.0,,m,1e21,\n\
                    bb33,HKLA,0.0,,0.0,ms,7.0,\n\
                    bb33,HKLA,500.0,,0.5,ms,8.0,\n";
    assert_eq!(csv, expected);
}

#[tokio::test]
async fn feet_become_metres_and_text_stays_text() {
    let fixture = Fixture::new();
    let csv = fixture
        .csv(
            "SELECT curve, index_value, depth_m, value IS NULL AS empty, text FROM samples \
              WHERE run = 'aa11' AND curve IN ('LITH', 'GR') AND index_value < 1 ORDER BY curve, index_value",
        )
        .await;
    let expected = "curve,index_value,depth_m,empty,text\n\
                    GR,0.0,0.0,false,\n\
                    GR,0.5,0.1524,false,\n\
                    LITH,0.0,0.0,true,shale\n\
                    LITH,0.5,0.1524,true,\n";
    assert_eq!(csv, expected);
}

#[tokio::test]
async fn repeated_mnemonics_are_separate_curves() {
    let fixture = Fixture::new();
    let csv = fixture
        .csv(
            "SELECT curve, mnemonic, property, count(*) AS n, count(value) AS filled FROM samples \
              WHERE mnemonic = 'GR' AND well = 'Alpha' GROUP BY curve, mnemonic, property ORDER BY curve",
        )
        .await;
    let expected = "curve,mnemonic,property,n,filled\n\
                    GR,GR,gamma_ray,20000,18000\n\
                    GR_2,GR,gamma_ray,20000,20000\n";
    assert_eq!(csv, expected);
}

#[tokio::test]
async fn counting_reads_nothing() {
    let fixture = Fixture::new();
    let csv = fixture.csv("SELECT count(*) AS n FROM samples").await;
    assert_eq!(csv, "n\n60008\n");
    let csv = fixture.csv("SELECT well, count(*) AS n FROM samples GROUP BY well ORDER BY well").await;
    assert_eq!(csv, "well,n\nAlpha,60000\nBeta,8\n");
    assert_eq!(fixture.blobs.calls.load(Ordering::SeqCst), 0);
    let csv = fixture.csv("SELECT count(*) AS n FROM samples WHERE index_value >= 9999").await;
    assert_eq!(csv, "n\n6\n");
}

#[tokio::test]
async fn run_is_the_wide_table_by_short_and_full_id() {
    let fixture = Fixture::new();
    let short = fixture.csv("SELECT * FROM run('bb22')").await;
    let expected = "depth,gr,rhob\n100.0,45.5,2.65\n101.0,,2.7\n102.0,0.1,1e21\n";
    assert_eq!(short, expected);
    assert_eq!(fixture.csv("SELECT * FROM RUN('bb22')").await, expected);
    let full = format!("SELECT * FROM run('{:0<64}')", "bb22");
    assert_eq!(fixture.csv(&full).await, expected);
    let csv = fixture
        .csv("SELECT dept, gr, gr_2 > gr AS more, lith FROM run('AA') WHERE dept BETWEEN 1 AND 2 ORDER BY dept DESC")
        .await;
    assert_eq!(csv.lines().count(), 4);
    let csv = fixture.csv("SELECT count(*) AS n FROM run('aa11') WHERE gr IS NULL").await;
    assert_eq!(csv, "n\n2000\n");
}

#[tokio::test]
async fn metadata_tables_join_with_samples() {
    let fixture = Fixture::new();
    let csv = fixture
        .csv(
            "SELECT r.run, r.rows, count(s.value) AS n FROM runs r JOIN samples s ON s.run_id = r.run_id \
              WHERE r.index_kind = 'depth' GROUP BY r.run, r.rows ORDER BY r.run",
        )
        .await;
    assert_eq!(csv, "run,rows,n\naa11,20000,38000\nbb22,3,5\n");
    assert_eq!(fixture.csv("SELECT count(*) AS n FROM entries").await, "n\n0\n");
}

#[tokio::test]
async fn the_same_query_gives_the_same_bytes_on_two_engines() {
    let sql = "SELECT run, curve, sum(value) AS total, avg(value) AS mean, stddev(value) AS spread \
               FROM samples GROUP BY run, curve ORDER BY run, curve";
    let first = Fixture::new().csv(sql).await;
    assert_eq!(first, Fixture::new().csv(sql).await);
    assert_eq!(first.lines().count(), 7);
}

#[tokio::test]
async fn show_describe_and_explain_work() {
    let fixture = Fixture::new();
    let tables = fixture
        .csv("SELECT table_name FROM information_schema.tables WHERE table_schema = 'workspace' ORDER BY 1")
        .await;
    assert_eq!(
        tables,
        "table_name\nattachments\nblobs\ncharts\nconflicts\ncurves\ndevices\ndictionary\nentries\nholdings\nlineage\nmembers\nnotices\npeers\nprojects\nproperties\nruns\nsamples\nselections\nsurveys\ntables\ntops\ntransfers\nunits\nwellbores\nwells\n"
    );
    assert!(fixture.csv("SHOW TABLES").await.contains("samples"));
    assert!(fixture.csv("DESCRIBE samples").await.contains("depth_m"));
    assert!(fixture.csv("SHOW COLUMNS FROM wells").await.contains("top_m"));
    let plan = fixture.csv("EXPLAIN SELECT value FROM samples WHERE curve = 'RHOB'").await;
    assert!(plan.contains("runs=1, curves=1, columns=[value]"), "{plan}");
    let sql = "EXPLAIN ANALYZE SELECT count(*) FROM samples a JOIN samples b ON a.value < b.value WHERE a.well = 'Beta' AND b.well = 'Beta'";
    assert!(fixture.csv(sql).await.contains("NestedLoopJoin"));
}

#[tokio::test]
async fn a_table_is_read_whole_and_is_no_sample() {
    let fixture = Fixture::of([metres(), tops()], Limits::default(), &[]);
    let rows = fixture.csv("SELECT topn, topt FROM run('cc44') WHERE topt > 101 ORDER BY topt").await;
    assert_eq!(rows, "topn,topt\nViking,101.5\n,102.5\nMannville,105.0\n");
    assert_eq!(fixture.csv("SELECT DISTINCT run FROM samples").await, "run\nbb22\n");
}

#[tokio::test]
async fn the_gridded_copy_of_a_run_is_a_form_of_it() {
    let fixture = Fixture::new();
    assert_eq!(
        fixture.csv("SELECT * FROM run('aa11', 'gridded') WHERE depth >= 0.5").await,
        "depth,gr\n0.5,\n1.0,80.0\n"
    );
    let native = fixture.csv("SELECT count(*) FROM run('aa11', 'native')").await;
    assert_eq!(native, fixture.csv("SELECT count(*) FROM run('aa11')").await);
    let none = fixture.error("SELECT * FROM run('bb22', 'gridded')").await;
    assert!(none.message.contains("dataforge grid"), "{none}");
    assert!(fixture.error("SELECT * FROM run('aa11', 'other')").await.message.contains("form"));
}

// ---- what is read ----

#[tokio::test]
async fn conditions_on_names_prune_before_a_byte_is_read() {
    let fixture = Fixture::new();
    for sql in [
        "SELECT sum(value) FROM samples WHERE curve = 'NOPE'",
        "SELECT sum(value) FROM samples WHERE well = 'Alpha' AND mnemonic = 'RHOB'",
        "SELECT sum(value) FROM samples WHERE well = 'Alpha' AND well = 'Beta'",
        "SELECT sum(value) FROM samples WHERE lower(curve) LIKE 'x%'",
        "SELECT sum(value) FROM samples WHERE well_id = 'none' OR run_id IN ('none', 'nobody')",
        "SELECT sum(value) FROM samples WHERE depth_m > 99000",
        "SELECT sum(value) FROM samples WHERE time_s > 0.6",
    ] {
        assert_eq!(fixture.bytes(sql).await, 0, "{sql}");
    }
    fixture.csv("SELECT count(value) FROM samples WHERE well = 'Beta' AND curve IN ('GR', 'RHOB')").await;
    let asked = fixture.workspace.asked.lock().unwrap().pop().unwrap();
    assert_eq!(asked.wells, Some(vec!["Beta".into()]));
    assert_eq!(asked.curves, Some(vec!["GR".into(), "RHOB".into()]));
}

#[tokio::test]
async fn one_curve_reads_its_own_columns_only() {
    let fixture = Fixture::new();
    let size = fixture.workspace.runs[0].size;
    fixture.csv("SELECT max(value) FROM samples WHERE well = 'Alpha' AND index_value < 1").await;
    let all = fixture.bytes("SELECT max(value), max(text) FROM samples WHERE well = 'Alpha'").await;
    let one = fixture.bytes("SELECT max(value) FROM samples WHERE well = 'Alpha' AND curve = 'GR'").await;
    let text = fixture.bytes("SELECT max(text) FROM samples WHERE well = 'Alpha' AND curve = 'GR'").await;
    assert!(all > size / 2, "{all} of {size}");
    assert!(one < all / 2, "{one} of {all}");
    assert_eq!(text, 0);
}

#[tokio::test]
async fn a_range_of_depth_reads_its_pages_only() {
    let fixture = Fixture::new();
    fixture.csv("SELECT max(value) FROM samples WHERE well = 'Alpha' AND index_value < 1").await;
    let all = fixture.bytes("SELECT sum(value) FROM samples WHERE well = 'Alpha'").await;
    // 1,000 ft and a little more; a page covers 100 ft.
    let sql = "FROM samples WHERE well = 'Alpha' AND depth_m BETWEEN 304.8 AND 308";
    let range = fixture.bytes(&format!("SELECT sum(value) {sql}")).await;
    assert!(range > 0 && range < all / 20, "{range} of {all}");
    let csv =
        fixture.csv(&format!("SELECT count(*) AS n, min(index_value) AS low, max(index_value) AS high {sql}")).await;
    assert_eq!(csv, "n,low,high\n63,1000.0,1010.0\n");
    fixture.csv("SELECT gr FROM run('aa') WHERE dept < 1").await;
    let wide = fixture.bytes("SELECT gr FROM run('aa') WHERE dept BETWEEN 1000 AND 1010").await;
    assert!(wide > 0 && wide < all / 20, "{wide} of {all}");
}

#[tokio::test]
async fn a_limit_reads_little() {
    let fixture = Fixture::new();
    fixture.csv("SELECT max(value) FROM samples WHERE well = 'Alpha' AND index_value < 1").await;
    let all = fixture.bytes("SELECT sum(value) FROM samples WHERE well = 'Alpha'").await;
    let some = fixture.bytes("SELECT * FROM samples WHERE well = 'Alpha' LIMIT 10").await;
    assert!(some > 0 && some < all / 20, "{some} of {all}");
    let csv = fixture.csv("SELECT curve FROM samples LIMIT 3").await;
    assert_eq!(csv, "curve\nGR\nGR\nGR\n");
}

// ---- what is refused ----

#[tokio::test]
async fn statements_that_write_are_refused() {
    let fixture = Fixture::new();
    let target = std::env::temp_dir().join("dataforge-query-must-not-exist.csv");
    let copy = format!("COPY (SELECT 1) TO '{}'", target.display());
    for sql in [
        copy.as_str(),
        &format!("EXPLAIN ANALYZE {copy}"),
        &format!("EXPLAIN EXPLAIN ANALYZE {copy}"),
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "CREATE TABLE t AS SELECT 1",
        "CREATE VIEW v AS SELECT 1",
        "SELECT 1 INTO t",
        "INSERT INTO wells VALUES ('x')",
        "WITH a AS (SELECT 1) INSERT INTO wells SELECT 'x'",
        "UPDATE wells SET name = 'x'",
        "DELETE FROM wells",
        "TRUNCATE wells",
        "DROP TABLE wells",
        "SET datafusion.execution.target_partitions = 4",
        "RESET datafusion.execution.target_partitions",
        "PREPARE p AS SELECT 1",
        "BEGIN",
        "USE x",
        "SELECT 1; SELECT 2",
    ] {
        let error = fixture.error(sql).await;
        assert_eq!(error.kind, QueryErrorKind::NotAllowed, "{sql}: {error}");
    }
    assert!(!target.exists());
    assert_eq!(fixture.csv("SELECT count(*) AS n FROM wells").await, "n\n0\n");
}

#[tokio::test]
async fn files_are_not_tables() {
    let fixture = Fixture::new();
    for sql in [
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM 'file:///etc/passwd.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
    ] {
        let error = fixture.error(sql).await;
        assert_eq!(error.kind, QueryErrorKind::UnknownName, "{sql}: {error}");
    }
}

#[tokio::test]
async fn errors_say_what_to_do() {
    let fixture = Fixture::new();
    for (sql, kind, part) in [
        ("SELEC 1", QueryErrorKind::Syntax, "SELEC"),
        ("", QueryErrorKind::Syntax, "the query is empty"),
        ("SELECT 'a", QueryErrorKind::Syntax, "unterminated"),
        ("SELECT * FROM wels", QueryErrorKind::UnknownName, "tables are attachments, blobs, charts"),
        ("SELECT depthm FROM samples", QueryErrorKind::UnknownName, "did you mean depth_m? at Line: 1, Column: 8"),
        ("SELECT gr1 FROM run('bb22')", QueryErrorKind::UnknownName, "did you mean gr?"),
        ("SELECT \"GR\" FROM run('bb22')", QueryErrorKind::UnknownName, "did you mean gr?"),
        ("SELECT nosuch FROM run('bb22')", QueryErrorKind::UnknownName, "no field named nosuch; there are "),
        (
            "SELECT well FROM samples AS s WHERE x.well = 'a'",
            QueryErrorKind::UnknownName,
            "x.well; well is one of s at Line: 1, Column: 37",
        ),
        ("SELECT row_number() FROM wells", QueryErrorKind::UnknownName, "'row_number' without OVER"),
        ("SELECT sum(name) FROM wells", QueryErrorKind::Other, "function 'sum' takes no arguments of these types"),
        ("SELECT 1\nFROM wels", QueryErrorKind::UnknownName, "did you mean wells?"),
        ("SELECT medan(value) FROM samples", QueryErrorKind::UnknownName, "did you mean mean, median"),
        ("SELECT * FROM rum('bb22')", QueryErrorKind::UnknownName, "did you mean run"),
        ("SELECT * FROM run('77')", QueryErrorKind::UnknownName, "see the table runs"),
        ("SELECT * FROM run('bb23')", QueryErrorKind::UnknownName, "did you mean bb22"),
        ("SELECT * FROM run('alpha')", QueryErrorKind::UnknownName, "a well with the runs aa11"),
        ("SELECT * FROM run('bb')", QueryErrorKind::Other, "bb22 (well Beta), bb33 (well Beta)"),
        ("SELECT * FROM run(7)", QueryErrorKind::Other, "takes an id"),
    ] {
        let error = fixture.error(sql).await;
        assert_eq!(error.kind, kind, "{sql}: {error}");
        let message = error.to_string();
        let found = message.to_lowercase().contains(&part.to_lowercase());
        assert!(found, "{sql}: {message}");
        assert!(!message.contains("dataforge."), "{message}");
    }
}

#[tokio::test]
async fn a_blob_that_is_not_held_is_named() {
    let fixture = Fixture::with(Limits::default(), &[FEET]);
    for sql in
        ["SELECT sum(value) FROM samples", "SELECT * FROM run('aa')", "SELECT * FROM run('aa') ORDER BY gr LIMIT 3"]
    {
        let error = fixture.error(sql).await;
        assert_eq!(error.kind, QueryErrorKind::NotHeld, "{sql}: {error}");
        for part in ["aa11", "Alpha", "rig-7", &"fe".repeat(32)] {
            assert!(error.message.contains(part), "{sql}: {error}");
        }
    }
    let csv = fixture.csv("SELECT count(value) AS n FROM samples WHERE well = 'Beta'").await;
    assert_eq!(csv, "n\n7\n");
}

#[tokio::test]
async fn a_table_that_differs_from_the_catalog_is_an_error() {
    let (mut run, bytes) = metres();
    run.rows += 1;
    let mut blobs = Blobs::default();
    blobs.held.insert(run.blob, bytes);
    let workspace = Workspace { runs: vec![run], asked: Mutex::default(), gridded: Default::default() };
    let engine = Engine::new(Arc::new(workspace), Arc::new(blobs), Limits::default()).unwrap();
    for sql in ["SELECT value FROM samples", "SELECT gr FROM run('bb')"] {
        let stream = engine.query(sql).await.unwrap();
        let error = stream.try_collect::<Vec<_>>().await.unwrap_err();
        assert!(error.message.contains("3 rows instead of 4"), "{error}");
    }
}

// ---- limits and cancellation ----

#[tokio::test]
async fn large_texts_and_plans_are_refused() {
    let fixture = Fixture::new();
    let sum = |count: usize| format!("SELECT 1{} AS n", " + 1".repeat(count));
    let tables = format!("SELECT 1 FROM wells{}", ", wells".repeat(2_000));
    let deep = |count: usize| format!("SELECT {}1{} AS n", "(".repeat(count), ")".repeat(count));
    for sql in [
        sum(5_000),
        tables,
        deep(2_000),
        format!("SELECT {}true", "NOT ".repeat(900)),
        format!("SELECT '{}'", "x".repeat(70_000)),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(3_000)),
    ] {
        let error = fixture.error(&sql).await;
        assert_eq!(error.kind, QueryErrorKind::Limit, "{error}");
    }
    // What is just within the limits is computed.
    assert_eq!(fixture.csv(&sum(990)).await, "n\n991\n");
    assert_eq!(fixture.csv(&deep(38)).await, "n\n1\n");
    let list = (0..9_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let sql = format!("SELECT count(*) AS n FROM samples WHERE value IN ({list})");
    assert_eq!(fixture.csv(&sql).await.lines().count(), 2);
}

#[tokio::test]
async fn the_largest_plans_within_the_limits_do_not_overflow_the_stack() {
    let fixture = Fixture::new();
    let nots = format!("SELECT value FROM samples WHERE {}", vec!["value <> 1"; 450].join(" OR "));
    let unions = format!("SELECT 1 AS n{}", " UNION ALL SELECT 1".repeat(450));
    let cases = format!("SELECT {}1{} AS n", "CASE WHEN true THEN ".repeat(35), " END".repeat(35));
    for sql in [nots, unions, cases] {
        let stream = fixture.engine.query(&sql).await.unwrap();
        stream.try_collect::<Vec<_>>().await.unwrap();
    }
}

#[tokio::test]
async fn memory_is_bounded() {
    let limits = Limits { memory_bytes: 1024 * 1024, ..Limits::default() };
    let fixture = Fixture::with(limits, &[]);
    let error = fixture.error("SELECT * FROM samples ORDER BY value, text").await;
    assert_eq!(error.kind, QueryErrorKind::Limit, "{error}");
    assert!(error.message.contains("needs more memory"), "{error}");
}

#[tokio::test]
async fn a_sort_larger_than_memory_spills_into_the_given_folder() {
    let sql = "SELECT x FROM generate_series(1, 5000000) t(x) ORDER BY x * 7919 % 1000003, x";
    let limits = Limits { memory_bytes: 64 * 1024 * 1024, concurrency: 1, ..Limits::default() };
    let error = Fixture::with(limits.clone(), &[]).error(sql).await;
    assert_eq!(error.kind, QueryErrorKind::Limit, "{error}");

    let folder = std::env::temp_dir().join(format!("dataforge-query-spill-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let limits = Limits { spill_dir: Some(folder.clone()), ..limits };
    let fixture = Fixture::with(limits, &[]);
    let stream = fixture.engine.query(sql).await.unwrap();
    let batches: Vec<_> = stream.try_collect().await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 5_000_000);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Joins that match nothing: DataFusion computes them for minutes without yielding.
const ENDLESS: [&str; 3] = [
    "SELECT count(*) FROM generate_series(1, 3000000) a(x) JOIN generate_series(1, 3000000) b(y) ON a.x * b.y + 1 < a.x - b.y",
    "SELECT count(*) FROM generate_series(1, 3000000) a(x) CROSS JOIN generate_series(1, 3000000) b(y)",
    "SELECT count(*) FROM generate_series(1, 3000000) a(x) JOIN generate_series(1, 3000000) b(y) ON a.x % 2 = b.y % 2 AND a.x * b.y + 1 < a.x - b.y",
];

#[tokio::test]
async fn time_is_bounded_also_in_joins_that_never_yield() {
    let limits = Limits { timeout: Duration::from_millis(700), concurrency: 1, ..Limits::default() };
    let fixture = Fixture::with(limits, &[]);
    for sql in ENDLESS {
        let start = Instant::now();
        let error = fixture.error(sql).await;
        assert_eq!(error.kind, QueryErrorKind::Limit, "{sql}: {error}");
        assert!(error.message.contains("took longer"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(5), "{sql}");
    }
}

#[tokio::test]
async fn dropping_the_stream_frees_the_only_turn() {
    let limits = Limits { concurrency: 1, ..Limits::default() };
    let fixture = Fixture::with(limits, &[]);
    for sql in ENDLESS {
        let mut stream = fixture.engine.query(sql).await.unwrap();
        let first = tokio::time::timeout(Duration::from_millis(500), stream.next()).await;
        assert!(first.is_err(), "{sql}");
        drop(stream);
        // Runs only when the dropped query has given back its turn.
        let next = fixture.csv("SELECT 1 AS n");
        let csv = tokio::time::timeout(Duration::from_secs(10), next).await;
        assert_eq!(csv.expect(sql), "n\n1\n");
    }
}

#[tokio::test]
async fn a_reader_that_hangs_is_cancelled_by_drop() {
    let limits = Limits { concurrency: 1, ..Limits::default() };
    let fixture = Fixture::with(limits, &[]);
    fixture.blobs.stuck.store(true, Ordering::SeqCst);
    let mut stream = fixture.engine.query("SELECT value FROM samples").await.unwrap();
    let first = tokio::time::timeout(Duration::from_millis(200), stream.next()).await;
    assert!(first.is_err());
    drop(stream);
    fixture.blobs.stuck.store(false, Ordering::SeqCst);
    assert_eq!(fixture.csv("SELECT count(value) AS n FROM samples WHERE curve = 'HKLA'").await, "n\n2\n");
}

#[tokio::test]
async fn a_panic_is_an_error_and_never_a_short_result() {
    let limits = Limits { concurrency: 1, ..Limits::default() };
    let fixture = Fixture::with(limits, &[]);
    fixture.blobs.broken.store(true, Ordering::SeqCst);
    let error = fixture.error("SELECT value FROM samples").await;
    assert_eq!(error.kind, QueryErrorKind::Other);
    assert!(error.message.contains("ended early"), "{error}");
    assert_eq!(fixture.csv("SELECT 1 AS n").await, "n\n1\n");
}

#[tokio::test]
async fn a_query_goes_on_when_its_engine_is_dropped() {
    let Fixture { engine, .. } = Fixture::new();
    let stream = engine.query("SELECT x FROM generate_series(1, 200000) t(x) ORDER BY x DESC").await.unwrap();
    drop(engine);
    let batches: Vec<_> = stream.try_collect().await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 200_000);
}

// ---- how results are written ----

#[tokio::test]
async fn every_format_carries_the_same_rows() {
    let fixture = Fixture::new();
    let sql = "SELECT a.well, a.value, b.value FROM samples a JOIN samples b \
               ON a.run = b.run AND a.curve = b.curve AND a.index_value = b.index_value \
               WHERE a.run = 'bb22' AND a.curve = 'GR' ORDER BY a.index_value";
    assert_eq!(fixture.text(sql, Format::Csv).await, "well,value,value_2\nBeta,45.5,45.5\nBeta,,\nBeta,0.1,0.1\n");
    assert_eq!(
        fixture.text(sql, Format::Json).await,
        r#"[{"well":"Beta","value":45.5,"value_2":45.5},{"well":"Beta","value":null,"value_2":null},{"well":"Beta","value":0.1,"value_2":0.1}]"#
    );
    let ndjson = fixture.text(sql, Format::Ndjson).await;
    assert_eq!(ndjson.lines().nth(1), Some(r#"{"well":"Beta","value":null,"value_2":null}"#));
    assert!(fixture.text(sql, Format::Table).await.contains("| Beta | 45.5  | 45.5    |"));

    let mut parquet = Vec::new();
    let stream = fixture.engine.query(sql).await.unwrap();
    let written = write(stream, Format::Parquet, &mut parquet).await.unwrap();
    assert_eq!(written.rows, 3);
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(parquet)).unwrap();
    let rows: usize = reader.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows, 3);

    let mut ipc = Vec::new();
    let stream = fixture.engine.query(sql).await.unwrap();
    write(stream, Format::Arrow, &mut ipc).await.unwrap();
    let reader = arrow::ipc::reader::StreamReader::try_new(ipc.as_slice(), None).unwrap();
    assert_eq!(reader.schema().field(1).data_type(), &DataType::Float64);
    assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 3);
}

#[tokio::test]
async fn empty_results_are_whole_documents() {
    let fixture = Fixture::new();
    let sql = "SELECT well, value FROM samples WHERE curve = 'NOPE'";
    assert_eq!(fixture.text(sql, Format::Csv).await, "well,value\n");
    assert_eq!(fixture.text(sql, Format::Json).await, "[]");
    assert_eq!(fixture.text(sql, Format::Ndjson).await, "");
    assert!(fixture.text(sql, Format::Table).await.contains("| well | value |"));
}

#[tokio::test]
async fn a_table_for_people_is_cut_with_a_note() {
    let fixture = Fixture::new();
    let mut out = Vec::new();
    let stream = fixture.engine.query("SELECT value FROM samples").await.unwrap();
    let written = write(stream, Format::Table, &mut out).await.unwrap();
    assert_eq!((written.rows, written.cut), (1_000, true));
    let text = String::from_utf8(out).unwrap();
    assert!(text.ends_with("only the first 1000 rows are shown; write csv or parquet to get all\n"));
}

#[tokio::test]
async fn formulas_are_defused_in_csv_unless_it_is_raw_and_text_in_a_workbook() {
    let fixture = Fixture::new();
    let sql = "SELECT '=1+1' AS remark, value FROM samples WHERE value = 0.1";
    assert_eq!(fixture.text(sql, Format::Csv).await, "remark,value\n'=1+1,0.1\n");
    assert_eq!(fixture.text(sql, Format::CsvRaw).await, "remark,value\n=1+1,0.1\n");
    let (stream, mut workbook) = (fixture.engine.query(sql).await.unwrap(), Vec::new());
    let written = write(stream, Format::Xlsx, &mut workbook).await.unwrap();
    assert_eq!((written.rows, &workbook[..2]), (1, b"PK".as_slice()));
}

#[tokio::test]
async fn a_closed_pipe_is_told_apart() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _bytes: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let fixture = Fixture::new();
    for format in Format::ALL {
        let stream = fixture.engine.query("SELECT value FROM samples").await.unwrap();
        let error = write(stream, format, &mut Closed).await.unwrap_err();
        let OutputError::Io(error) = error else {
            panic!("{format}: {error}");
        };
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe, "{format}");
    }
}
