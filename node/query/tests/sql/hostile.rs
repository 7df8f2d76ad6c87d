//! Statements of attackers: each is refused or stays within its limits, and the engine goes on.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use dataforge_query::{Limits, QueryError, QueryErrorKind};
use futures::TryStreamExt as _;

use super::cancels::settled;
use super::fixture::Fixture;

/// What a statement has to come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// An error and no row.
    Refused,
    /// An error that names a limit.
    Limit,
    /// Rows or an error, in time.
    Bounded,
    /// Rows.
    Harmless,
}

/// Reads a list of statements: outcome, a tab, the statement.
fn statements(list: &str) -> Vec<(Outcome, String)> {
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let parsed = lines.map(|line| {
        let (outcome, sql) = line.split_once('\t').unwrap_or_else(|| panic!("no tab: {line}"));
        let outcome = match outcome {
            "refused" => Outcome::Refused,
            "limit" => Outcome::Limit,
            "bounded" => Outcome::Bounded,
            "harmless" => Outcome::Harmless,
            other => panic!("{other}"),
        };
        (outcome, expand(&sql.replace("\\n", "\n")))
    });
    parsed.collect()
}

/// Writes `{{3|ab}}` out as `ababab`.
fn expand(sql: &str) -> String {
    let mut whole = String::new();
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once("{{") {
        let (marked, next) = after.split_once("}}").unwrap();
        let (count, text) = marked.split_once('|').unwrap();
        whole.push_str(before);
        whole.push_str(&text.repeat(count.parse().unwrap()));
        rest = next;
    }
    whole + rest
}

/// Runs a statement to its end; returns the rows.
async fn run(fixture: &Fixture, sql: &str) -> Result<usize, QueryError> {
    let mut stream = fixture.engine.query(sql).await?;
    let mut rows = 0;
    while let Some(batch) = stream.try_next().await? {
        rows += batch.num_rows();
    }
    Ok(rows)
}

fn start(sql: &str) -> &str {
    sql.char_indices().nth(100).map_or(sql, |(at, _)| &sql[..at])
}

fn limits() -> Limits {
    Limits { memory_bytes: 64 << 20, timeout: Duration::from_secs(2), ..Limits::default() }
}

async fn check(fixture: &Fixture, outcome: Outcome, sql: &str) {
    let begun = Instant::now();
    let done = run(fixture, sql).await;
    let shown = start(sql);
    match outcome {
        Outcome::Refused => assert!(done.is_err(), "{shown}: {done:?}"),
        Outcome::Limit => {
            let error = done.err().unwrap_or_else(|| panic!("it ran: {shown}"));
            assert_eq!(error.kind, QueryErrorKind::Limit, "{shown}: {error}");
        }
        Outcome::Bounded => {}
        Outcome::Harmless => assert!(done.is_ok(), "{shown}: {done:?}"),
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{shown} took {:?}", begun.elapsed());
    let answer = tokio::time::timeout(Duration::from_secs(20), fixture.csv("SELECT 1 AS n")).await;
    assert_eq!(answer.as_deref(), Ok("n\n1\n"), "after {shown}");
}

#[tokio::test]
async fn what_would_touch_files_or_change_something_is_refused() {
    let fixture = Fixture::with(limits(), &[]);
    let statements = statements(include_str!("hostile/t19.txt"));
    assert!(statements.len() >= 150, "{}", statements.len());
    for (outcome, sql) in statements {
        check(&fixture, outcome, &sql).await;
    }
    assert_eq!(fixture.blobs.calls.load(Ordering::SeqCst), 0, "no table of a run is needed for any of it");
    assert!(!std::path::Path::new("/tmp/stolen.csv").exists() && !std::path::Path::new("/tmp/stolen.json").exists());
}

#[tokio::test]
async fn what_would_end_the_process_or_never_end_is_bounded() {
    let fixture = Fixture::with(limits(), &[]);
    let statements = statements(include_str!("hostile/t20.txt"));
    assert!(statements.len() >= 40, "{}", statements.len());
    for (outcome, sql) in statements {
        check(&fixture, outcome, &sql).await;
    }
    settled(&fixture).await;
}

#[tokio::test]
async fn growing_functions_still_do_what_they_are_for() {
    let fixture = Fixture::new();
    for (sql, expected) in [
        ("SELECT repeat('ab', 3) AS x", "ababab"),
        ("SELECT lpad('7', 3, '0') || '!' AS x", "007!"),
        ("SELECT replace('a-b-c', '-', '+') AS x", "a+b+c"),
        ("SELECT regexp_replace('a1b22', '[0-9]+', '#', 'g') AS x", "a#b#"),
        ("SELECT regexp_like('a1', p) AND 'a1' ~ p AS x FROM (VALUES ('^a'), ('[0-9]$')) t(p) GROUP BY 1", "true"),
        ("SELECT concat('a', NULL, 'b') AS x", "ab"),
        ("SELECT concat_ws('-', 'a', 'b') AS x", "a-b"),
        ("SELECT array_to_string(array_repeat('x', 3), ',') AS x", "\"x,x,x\""),
        ("SELECT array_to_string(range(0, 3) || [7], '') AS x", "0127"),
        ("SELECT levenshtein('kitten', 'sitting') AS x", "3"),
        ("SELECT cardinality(array_resize([1], 3, 0)) AS x", "3"),
        (
            "SELECT DISTINCT well || '/' || run AS x FROM runs WHERE run = 'bb22' GROUP BY well || '/' || run",
            "Beta/bb22",
        ),
    ] {
        assert_eq!(fixture.csv(sql).await, format!("x\n{expected}\n"), "{sql}");
    }
}

#[test]
fn lists_are_written_out() {
    assert_eq!(expand("a{{3|bc}}d{{2|e}}"), "abcbcbcdee");
    assert_eq!(expand("x{1000}"), "x{1000}");
}
