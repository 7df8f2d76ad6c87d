//! What a query may cost: bytes from peers, the size of its result, what is kept of it, and what
//! `EXPLAIN` says of that.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use arrow::array::{AsArray as _, RecordBatch};
use async_trait::async_trait;
use bytes::Bytes;
use dataforge_query::{
    BlobError, BlobReader, Catalog, CatalogError, Convert, Engine, Limits, MetaTable, QueryError, QueryErrorKind,
    Question, Reading, RunFile, RunFilter, UnitError, WellMatch, Whereabouts,
};
use futures::TryStreamExt as _;

use super::fixture::{Blobs, FEET, Fixture, Workspace, metres};

/// Blobs of which one is with peers.
#[derive(Debug)]
struct Far {
    all: Arc<Blobs>,
    far: [u8; 32],
    /// What came of that.
    came: Mutex<Vec<Range<u64>>>,
}

#[async_trait]
impl BlobReader for Far {
    async fn read(
        &self,
        blob: &[u8; 32],
        ranges: &[Range<u64>],
        reading: &Arc<Reading>,
    ) -> Result<Vec<Bytes>, BlobError> {
        if *blob != self.far {
            return self.all.read(blob, ranges, reading).await;
        }
        let bytes = ranges.iter().map(|range| range.end - range.start).sum();
        let allowed = reading.ask_remote(bytes);
        allowed.map_err(|refusal| BlobError::refused(blob, refusal, vec!["rig-7".into(), "office".into()]))?;
        self.came.lock().unwrap().extend_from_slice(ranges);
        // What is counted as read here is no matter of this query.
        self.all.read(blob, ranges, &Arc::default()).await
    }

    async fn whereabouts(&self, blob: &[u8; 32], ranges: &[Range<u64>]) -> Result<Whereabouts, BlobError> {
        if *blob != self.far {
            return self.all.whereabouts(blob, ranges).await;
        }
        let came = self.came.lock().unwrap();
        let is_here = |range: &&Range<u64>| came.iter().any(|one| one.start <= range.start && range.end <= one.end);
        let missing = ranges.iter().filter(|range| !is_here(range)).map(|range| range.end - range.start).sum();
        Ok(Whereabouts { is_held: false, missing, holders: vec!["rig-7".into(), "office".into()] })
    }
}

/// A workspace that says when it changes.
#[derive(Debug)]
struct Counted {
    workspace: Arc<Workspace>,
    state: AtomicU64,
}

impl Catalog for Counted {
    fn rows(&self, table: MetaTable) -> Result<RecordBatch, CatalogError> {
        self.workspace.rows(table)
    }

    fn runs(&self, filter: &RunFilter) -> Result<Vec<Arc<RunFile>>, CatalogError> {
        self.workspace.runs(filter)
    }

    fn gridded(&self, run_id: &str) -> Result<Option<RunFile>, CatalogError> {
        self.workspace.gridded(run_id)
    }

    fn well(&self, name: &str) -> Result<WellMatch, CatalogError> {
        self.workspace.well(name)
    }

    fn conversion(&self, from: &str, to: &str) -> Result<Arc<dyn Convert>, UnitError> {
        self.workspace.conversion(from, to)
    }

    fn state(&self) -> Option<u64> {
        Some(self.state.load(Ordering::SeqCst))
    }
}

fn far() -> Engine {
    let Fixture { workspace, blobs, .. } = Fixture::new();
    Engine::new(workspace, Arc::new(Far { all: blobs, far: FEET, came: Mutex::default() }), Limits::default()).unwrap()
}

async fn rows(engine: &Engine, question: Question) -> Result<(Vec<RecordBatch>, [u64; 2], bool), QueryError> {
    let mut stream = engine.query(question).await?;
    let mut batches = Vec::new();
    while let Some(batch) = stream.try_next().await? {
        batches.push(batch);
    }
    let reading = stream.reading();
    Ok((batches, [reading.here(), reading.remote()], reading.is_cached()))
}

const SUM: &str =
    "SELECT sum(value) FROM samples WHERE run = 'aa11' AND curve = 'GR' AND index_value BETWEEN 100 AND 200";

#[tokio::test]
async fn a_query_of_what_is_here_names_run_well_and_holders_of_what_is_not() {
    let engine = far();
    for sql in [SUM, "SELECT max(gr) FROM run('aa')"] {
        let local = Question { local_only: true, ..Question::from(sql) };
        let error = rows(&engine, local).await.unwrap_err();
        assert_eq!(error.kind, QueryErrorKind::NotHeld, "{error}");
        for part in ["aa11", "Alpha", "rig-7", "office", "--local-only"] {
            assert!(error.message.contains(part), "{sql}: {error}");
        }
    }
    let local = Question { local_only: true, ..Question::from("SELECT max(gr) FROM run('bb22')") };
    let (_, [here, remote], _) = rows(&engine, local).await.unwrap();
    assert!(here > 0 && remote == 0, "what is here is read: {here}, {remote}");
}

#[tokio::test]
async fn bytes_of_peers_are_counted_and_bounded() {
    let engine = far();
    let (_, [_, needed], _) = rows(&engine, SUM.into()).await.unwrap();
    assert!(needed > 0);
    // The footer is known by now: less is needed.
    let (_, [_, again], _) = rows(&engine, SUM.into()).await.unwrap();
    assert!(again < needed, "{again} and {needed}");
    let within = Question { remote_bytes: Some(again), ..Question::from(SUM) };
    assert_eq!(rows(&engine, within).await.unwrap().1, [0, again]);
    let beyond = Question { remote_bytes: Some(again - 1), ..Question::from(SUM) };
    let error = rows(&engine, beyond).await.unwrap_err();
    assert_eq!(error.kind, QueryErrorKind::Limit, "{error}");
    let bound = format!("may take {} bytes", again - 1);
    for part in [bound.as_str(), "--remote-bytes", "aa11", "Alpha"] {
        assert!(error.message.contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_result_beyond_its_limit_ends_with_an_error_and_is_never_cut_silently() {
    let fixture = Fixture::new();
    let sql = "SELECT x FROM generate_series(1, 20000) t(x)";
    for (question, part) in [
        (Question { rows: Some(19_999), ..Question::from(sql) }, "19999 rows"),
        (Question { bytes: Some(100_000), ..Question::from(sql) }, "100000 bytes"),
    ] {
        let mut stream = fixture.engine.query(question).await.unwrap();
        let (mut came, mut last) = (0, None);
        while last.is_none() {
            match stream.try_next().await {
                Ok(Some(batch)) => came += batch.num_rows(),
                Ok(None) => panic!("it looks whole: {part}"),
                Err(error) => last = Some(error),
            }
        }
        let error = last.unwrap();
        assert!(came > 0 && came < 20_000, "{came}");
        assert_eq!(error.kind, QueryErrorKind::Limit);
        assert!(error.message.contains(part), "{error}");
        assert!(stream.try_next().await.unwrap().is_none(), "nothing follows");
    }
    let whole = Question { rows: Some(20_000), bytes: Some(160_000), ..Question::from(sql) };
    assert!(rows(&fixture.engine, whole).await.is_ok());
    let limits = Limits { max_rows: Some(5), ..Limits::default() };
    let error = Fixture::with(limits, &[]).error(sql).await;
    assert!(error.message.contains("query.max_rows"), "{error}");
}

#[tokio::test]
async fn a_result_that_is_asked_for_again_reads_nothing_until_something_changes() {
    let Fixture { workspace, blobs, .. } = Fixture::new();
    let catalog = Arc::new(Counted { workspace, state: AtomicU64::new(1) });
    let engine = Engine::new(catalog.clone(), blobs.clone(), Limits::default()).unwrap();
    let (first, [here, _], is_cached) = rows(&engine, SUM.into()).await.unwrap();
    assert!(here > 0 && !is_cached);
    let calls = blobs.calls.load(Ordering::SeqCst);
    let (second, read, is_cached) = rows(&engine, SUM.into()).await.unwrap();
    assert_eq!((&second, read, is_cached), (&first, [0, 0], true));
    assert_eq!(blobs.calls.load(Ordering::SeqCst), calls);
    let limited = Question { rows: Some(0), ..Question::from(SUM) };
    assert_eq!(rows(&engine, limited).await.unwrap_err().kind, QueryErrorKind::Limit, "limits hold for what is kept");

    catalog.state.store(2, Ordering::SeqCst);
    let (third, [here, _], is_cached) = rows(&engine, SUM.into()).await.unwrap();
    assert!(here > 0 && !is_cached);
    assert_eq!(third, first);
}

#[tokio::test]
async fn what_may_be_another_result_each_time_is_not_kept() {
    let Fixture { workspace, blobs, .. } = Fixture::new();
    let catalog = Arc::new(Counted { workspace, state: AtomicU64::new(1) });
    let engine = Engine::new(catalog, blobs, Limits::default()).unwrap();
    for (sql, is_kept) in [
        ("SELECT count(*) FROM wells", true),
        ("SELECT a.run FROM runs a JOIN runs b ON a.run = b.run", true),
        ("SELECT run FROM runs WHERE rows > (SELECT avg(rows) FROM runs)", true),
        ("SELECT random() FROM runs", false),
        ("SELECT now()", false),
        ("SELECT uuid()", false),
        ("SELECT run FROM runs WHERE rows > (SELECT random() FROM runs LIMIT 1)", false),
        ("SELECT table_name FROM information_schema.tables", false),
        ("EXPLAIN SELECT 1", false),
        ("EXPLAIN ANALYZE SELECT 1", false),
        // Larger than an eighth of what may be kept.
        ("SELECT * FROM samples WHERE run = 'aa11'", false),
    ] {
        rows(&engine, sql.into()).await.unwrap();
        let (_, _, is_cached) = rows(&engine, sql.into()).await.unwrap();
        assert_eq!(is_cached, is_kept, "{sql}");
    }
    // Neither is one that failed.
    for _ in 0..2 {
        assert!(rows(&engine, "SELECT 1 / 0".into()).await.is_err());
    }
}

/// Returns the row `reads` of an `EXPLAIN`.
async fn reads(engine: &Engine, sql: &str) -> String {
    let (batches, ..) = rows(engine, sql.into()).await.unwrap();
    let last = batches.last().unwrap();
    let cell = |column: usize| last.column(column).as_string::<i32>().value(last.num_rows() - 1).to_owned();
    assert_eq!(cell(0), "reads", "{sql}");
    cell(1)
}

#[tokio::test]
async fn explain_says_which_bytes_come_from_where() {
    let engine = far();
    let before = reads(&engine, &format!("EXPLAIN {SUM}")).await;
    assert!(before.contains("run aa11 (well Alpha): table of ") && before.contains("footer not here"), "{before}");
    assert!(before.contains("held by rig-7, office"), "{before}");
    let (_, [_, taken], _) = rows(&engine, SUM.into()).await.unwrap();
    assert!(taken > 0);

    let known = reads(&engine, &format!("EXPLAIN {SUM}")).await;
    assert!(!known.contains("footer not here"), "the query brought it: {known}");
    let number = |text: &str, after: &str| -> u64 {
        let (_, rest) = text.split_once(after).unwrap_or_else(|| panic!("{after:?} in {text}"));
        rest.split(' ').next().unwrap().parse().unwrap()
    };
    assert!(known.contains(", 0 from peers, held by rig-7, office") && known.ends_with(", 0 from peers"), "{known}");
    let other = reads(&engine, &format!("EXPLAIN {}", SUM.replace("100 AND 200", "100 AND 900"))).await;
    let (missing, whole) = (number(&other, "its footer, "), number(&other, "at most "));
    assert!(0 < missing && missing < whole, "part of it is here: {other}");
    let most = number(&known, "at most ");
    let table = number(&known, "table of ");
    let (_, [_, needed], _) = rows(&engine, SUM.into()).await.unwrap();
    assert!(needed <= most && most < table / 10, "{needed} of at most {most} of {table}");

    let all = reads(&engine, "EXPLAIN SELECT s.value, r.gr FROM samples s JOIN run('bb22') r ON s.value = r.gr").await;
    assert_eq!(all.matches("run bb22 (well Beta)").count(), 2, "{all}");
    assert!(all.contains("held here") && all.contains("together: tables of "), "{all}");
    assert_eq!(reads(&engine, "EXPLAIN SELECT 1").await, "no table of a run");
}

#[tokio::test]
async fn explain_analyze_says_what_was_read() {
    let engine = far();
    let told = reads(&engine, &format!("EXPLAIN ANALYZE {SUM}")).await;
    let (_, read) = told.rsplit_once("read: ").unwrap();
    assert!(read.starts_with("0 bytes here, ") && !read.ends_with(", 0 from peers"), "{told}");
    let told = reads(&engine, "EXPLAIN ANALYZE SELECT max(gr) FROM run('bb22')").await;
    let (_, read) = told.rsplit_once("read: ").unwrap();
    assert!(!read.starts_with("0 bytes") && read.ends_with(", 0 from peers"), "{told}");
}

/// More curves than are decided at once, so that runs are on both sides of the border.
#[tokio::test]
async fn conditions_on_curves_hold_for_each_of_many_runs() {
    let (log, bytes) = metres();
    let runs = (0..5_000).map(|number| {
        let run = format!("{number:010x}");
        (RunFile { run_id: format!("{run:0<64}"), run, ..log.clone() }, bytes.clone())
    });
    let fixture = Fixture::of(runs, Limits::default(), &[]);
    let of = |condition: &str| {
        format!(
            "SELECT min(curve) AS curve, count(DISTINCT run) AS runs, min(run) AS first, max(run) AS last, \
             count(value) AS n FROM samples WHERE {condition} AND run LIKE '%ff'"
        )
    };
    let expected = |curve: &str, values: u32| {
        format!("curve,runs,first,last,n\n{curve},19,00000000ff,00000012ff,{}\n", 19 * values)
    };
    assert_eq!(fixture.csv(&of("property = 'gamma_ray'")).await, expected("GR", 2));
    assert_eq!(fixture.csv(&of("property IS NULL AND unit = 'g/cm3'")).await, expected("RHOB", 3));
    assert_eq!(fixture.csv(&of("curve = 'GR' AND property IS NULL")).await, "curve,runs,first,last,n\n,0,,,0\n");
}
