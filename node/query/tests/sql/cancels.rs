//! Many queries at a time of which some are dropped: memory comes back and the engine goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dataforge_query::{Limits, QueryErrorKind};
use futures::StreamExt as _;

use super::fixture::Fixture;

/// Queries of all sorts; some never end.
const STATEMENTS: [&str; 8] = [
    "SELECT well, curve, avg(value) FROM samples GROUP BY well, curve",
    "SELECT * FROM samples ORDER BY value, curve",
    "SELECT a.x FROM generate_series(1, 3000000) a(x) JOIN generate_series(1, 3000000) b(y) ON a.x * b.y + 1 < a.x - b.y",
    "SELECT count(*) FROM generate_series(1, 3000000) a CROSS JOIN generate_series(1, 3000000) b",
    "SELECT * FROM run('aa11') WHERE gr > 50",
    "SELECT x % 1000, count(*) FROM generate_series(1, 2000000) t(x) GROUP BY x % 1000",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
    "SELECT s.depth_m, r.gr FROM samples s JOIN run('aa11') r ON s.index_value = r.dept WHERE s.curve = 'GR'",
];

/// Queries that are under way at once.
const AT_ONCE: usize = 100;

/// Waits until no query has memory any more: a thread in the middle of a batch notices a moment later
/// that it is to stop.
pub(crate) async fn settled(fixture: &Fixture) {
    let patience = Instant::now() + Duration::from_secs(20);
    while fixture.engine.memory_reserved() > 0 {
        assert!(Instant::now() < patience, "{} bytes are still taken", fixture.engine.memory_reserved());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Seconds that it goes on, from `SQL_CANCEL_SECS`; a release takes 300.
fn seconds() -> u64 {
    std::env::var("SQL_CANCEL_SECS").ok().and_then(|text| text.parse().ok()).unwrap_or(8)
}

/// Runs one query, and drops it after a while drawn from the seed unless it ends before.
async fn one(fixture: Arc<Fixture>, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let sql = STATEMENTS[random.usize(..STATEMENTS.len())];
    let patience = Duration::from_millis(random.u64(0..800));
    let whole = async {
        let mut stream = match fixture.engine.query(sql).await {
            Ok(stream) => stream,
            Err(error) => return assert_eq!(error.kind, QueryErrorKind::Limit, "seed {seed}: {error}"),
        };
        while let Some(batch) = stream.next().await {
            if let Err(error) = batch {
                return assert_eq!(error.kind, QueryErrorKind::Limit, "seed {seed}: {error}");
            }
        }
    };
    // That it is dropped is what is tried.
    drop(tokio::time::timeout(patience, whole).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_comes_back_from_queries_that_are_cancelled() {
    let limits = Limits { memory_bytes: 128 << 20, timeout: Duration::from_secs(5), ..Limits::default() };
    let fixture = Arc::new(Fixture::with(limits, &[]));
    let first = std::env::var("SQL_CANCEL_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1_u64);
    let until = Instant::now() + Duration::from_secs(seconds());
    let (mut running, mut seed) = (tokio::task::JoinSet::new(), first);
    while Instant::now() < until {
        while running.len() < AT_ONCE {
            running.spawn(one(Arc::clone(&fixture), seed));
            seed += 1;
        }
        if let Some(ended) = running.join_next().await {
            ended.unwrap();
        }
    }
    while let Some(ended) = running.join_next().await {
        ended.unwrap();
    }
    eprintln!("{} queries, seeds from {first}", seed - first);
    assert!(seed - first >= 100, "only {} queries", seed - first);
    let answer = tokio::time::timeout(Duration::from_secs(30), fixture.csv("SELECT 1 AS n")).await;
    assert_eq!(answer.as_deref(), Ok("n\n1\n"));
    settled(&fixture).await;
}
