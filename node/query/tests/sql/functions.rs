//! Functions beyond those of DataFusion, against what adding and sorting gives.

use arrow::array::AsArray as _;
use arrow::datatypes::Float64Type;
use dataforge_query::QueryErrorKind;
use futures::TryStreamExt as _;

use super::fixture::Fixture;

/// Returns the columns of numbers of a result.
async fn columns(fixture: &Fixture, sql: &str) -> Vec<Vec<Option<f64>>> {
    let batches: Vec<_> = fixture.engine.query(sql).await.unwrap().try_collect().await.unwrap();
    let width = batches.first().map_or(0, |batch| batch.num_columns());
    let column =
        |at: usize| batches.iter().flat_map(move |batch| batch.column(at).as_primitive::<Float64Type>().iter());
    (0..width).map(|at| column(at).collect()).collect()
}

#[tokio::test]
async fn units_are_converted_and_null_stays_null() {
    let fixture = Fixture::new();
    let csv = fixture.csv("SELECT convert(10, 'ft', 'm') AS a, CONVERT (NULL, 'ft', 'm') AS b, \"convert\"(1.5, 'm', 'm') AS c, convert(2, NULL, 'm') AS d").await;
    assert_eq!(csv, "a,b,c,d\n3.048,,1.5,\n");
    let csv = fixture
        .csv("SELECT convert(index_value, 'ft', 'm') = depth_m AS same, count(*) AS n FROM samples WHERE run = 'aa11' AND curve = 'GR' GROUP BY 1")
        .await;
    assert_eq!(csv, "same,n\ntrue,20000\n");
}

#[tokio::test]
async fn units_in_columns_are_converted_row_by_row() {
    let fixture = Fixture::new();
    let sql = "SELECT convert(x, u, 'm') AS m FROM (VALUES (1.0, 'ft'), (2.0, 'ft'), (3.0, 'm'), (NULL, 'ft'), (5.0, NULL), (6.0, 'ft')) t(x, u)";
    let expected = [Some(0.3048), Some(2.0 * 0.3048), Some(3.0), None, None, Some(6.0 * 0.3048)];
    assert_eq!(columns(&fixture, sql).await, [expected]);
    // A unit that no row uses is not asked for.
    let sql = "SELECT convert(x, u, 'm') AS m FROM (VALUES (1.0, 'ft'), (NULL, 'ell')) t(x, u)";
    assert_eq!(columns(&fixture, sql).await, [[Some(0.3048), None]]);
}

#[tokio::test]
async fn wrong_calls_say_what_to_do() {
    let fixture = Fixture::new();
    for (sql, part) in [
        ("SELECT convert(1, 'feet', 'm')", "there is no unit 'feet'; did you mean ft?"),
        ("SELECT convert(x, 'm', u) FROM (VALUES (1.0, 'ell')) t(x, u)", "there is no unit 'ell'"),
        ("SELECT convert(1, 'ft', 'g/cm3')", "no conversion from ft to g/cm3"),
        ("SELECT convert(1, 'ft')", "takes a number and two units"),
        ("SELECT convert('a', 'ft', 'm')", "takes a number and two units"),
        ("SELECT moving_average(value, 0) OVER (ORDER BY index_value) FROM samples", "one row or more, not 0"),
        ("SELECT moving_average(value, -3) OVER (ORDER BY index_value) FROM samples", "one row or more, not -3"),
        ("SELECT moving_average(value, 2.5) OVER (ORDER BY index_value) FROM samples", "how many rows"),
        (
            "SELECT moving_average(x, n) OVER (ORDER BY n) FROM (VALUES (1.0, 1), (2.0, 2)) t(x, n)",
            "how many rows as a constant",
        ),
        ("SELECT percentile(value, 101) FROM samples", "from 0 to 100, not 101"),
        ("SELECT percentile(value, 'x') FROM samples", "percentage from 0 to 100"),
        ("SELECT percentile(DISTINCT value, 50) FROM samples", "counts every value"),
        ("SELECT depth_shift(1, [1, 2], [1])", "not of 2 and 1"),
        ("SELECT depth_shift(1, [2, 1], [1, 2])", "2 comes before 1"),
        ("SELECT depth_shift(1, [1, NULL], [1, 2])", "missing or no number"),
        ("SELECT depth_shift('a', 1)", "takes a depth and what is added"),
    ] {
        let error = fixture.error(sql).await;
        assert!(error.message.contains(part), "{sql}: {error}");
        assert!(!error.message.contains("planning"), "{sql}: {error}");
    }
    let error = fixture.error("SELECT convert(1, 'feet', 'm')").await;
    assert_eq!(error.kind, QueryErrorKind::UnknownName, "{error}");
}

#[tokio::test]
async fn a_moving_average_is_the_mean_of_the_rows_around() {
    let fixture = Fixture::new();
    let found = columns(
        &fixture,
        "SELECT value, moving_average(value, 7) OVER (PARTITION BY curve ORDER BY index_value) AS m, \
         avg(value) OVER (PARTITION BY curve ORDER BY index_value ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING) AS a \
         FROM samples WHERE run = 'aa11' AND curve IN ('GR', 'GR_2') ORDER BY curve, index_value",
    )
    .await;
    assert_eq!(found[0].len(), 40_000);
    for (at, (mean, average)) in found[1].iter().zip(&found[2]).enumerate() {
        // The same window, but added and subtracted along the way.
        let (mean, average) = (mean.unwrap(), average.unwrap());
        assert!((mean - average).abs() <= 1e-9, "row {at}: {mean} and {average}");
    }
    let slow = |row: usize| {
        let window = &found[0][row.saturating_sub(3)..(row + 4).min(20_000)];
        let known: Vec<f64> = window.iter().flatten().copied().collect();
        known.iter().sum::<f64>() / known.len() as f64
    };
    for row in (0..20_000).step_by(111).chain([0, 1, 19_999]) {
        let mean = found[1][row].unwrap();
        assert!((mean - slow(row)).abs() <= 1e-13 * mean.abs(), "row {row}");
    }
}

#[tokio::test]
async fn a_moving_average_leaves_nulls_out_and_takes_whole_numbers() {
    let fixture = Fixture::new();
    let sql = "SELECT moving_average(x, 2) OVER (ORDER BY n) AS m FROM (VALUES (1, 10), (2, NULL), (3, NULL), (4, 40)) t(n, x)";
    assert_eq!(columns(&fixture, sql).await, [[Some(10.0), Some(10.0), None, Some(40.0)]]);
    let sql = "SELECT moving_average(value, 3) OVER (ORDER BY index_value) AS m FROM samples WHERE curve = 'NOPE'";
    assert_eq!(fixture.csv(sql).await, "m\n");
}

/// The percentile by sorting, as NumPy does it.
fn percentile(values: &[f64], percent: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len().checked_sub(1)?) as f64 * (percent / 100.0);
    let (below, share) = (rank.floor(), rank - rank.floor());
    let (low, high) = (sorted[below as usize], sorted[rank.ceil() as usize]);
    Some(if share >= 0.5 { high - (high - low) * (1.0 - share) } else { low + (high - low) * share })
}

#[tokio::test]
async fn percentiles_are_exact_over_groups_and_windows() {
    let fixture = Fixture::new();
    let all =
        columns(&fixture, "SELECT value FROM samples WHERE run = 'aa11' AND curve = 'GR' ORDER BY index_value").await;
    let known: Vec<f64> = all[0].iter().flatten().copied().collect();
    for percent in [0.0, 10.0, 33.3, 50.0, 99.9, 100.0] {
        let sql = format!("SELECT percentile(value, {percent}) AS p FROM samples WHERE run = 'aa11' AND curve = 'GR'");
        assert_eq!(columns(&fixture, &sql).await, [[percentile(&known, percent)]]);
    }
    for (frame, before, behind) in [
        ("ROWS BETWEEN 20 PRECEDING AND 10 FOLLOWING", 20, 10),
        ("ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", usize::MAX, 0),
        ("ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING", 2, usize::MAX),
    ] {
        let sql = format!(
            "SELECT percentile(value, 25) OVER (ORDER BY index_value {frame}) AS p FROM samples \
             WHERE run = 'aa11' AND curve = 'GR' AND index_value < 1000 ORDER BY index_value"
        );
        let found = columns(&fixture, &sql).await;
        assert_eq!(found[0].len(), 2_000);
        for row in 0..2_000_usize {
            let end = if behind == usize::MAX { row } else { (row + behind + 1).min(2_000) };
            let window: Vec<f64> = all[0][row.saturating_sub(before)..end].iter().flatten().copied().collect();
            assert_eq!(found[0][row], percentile(&window, 25.0), "{frame} at {row}");
        }
    }
}

#[tokio::test]
async fn percentiles_of_groups_and_of_nothing() {
    let fixture = Fixture::new();
    let csv = fixture
        .csv("SELECT curve, percentile(value, 50) AS p FROM samples WHERE run = 'bb22' GROUP BY curve ORDER BY curve")
        .await;
    assert_eq!(csv, "curve,p\nGR,22.8\nRHOB,2.7\n");
    let none = columns(&fixture, "SELECT percentile(value, 50) AS p FROM samples WHERE curve = 'NOPE'").await;
    assert_eq!(none, [[None]]);
    let csv = fixture.csv("SELECT percentile(x, 50) FILTER (WHERE x > 1) AS p FROM (VALUES (1), (2), (4)) t(x)").await;
    assert_eq!(csv, "p\n3.0\n");
}

#[tokio::test]
async fn depths_are_shifted_by_a_number_or_between_ties() {
    let fixture = Fixture::new();
    let csv = fixture
        .csv(
            "SELECT depth_shift(depth_m, 1.5) AS by, depth_shift(depth_m, [100, 102], [101.0, 104.0]) AS tied \
             FROM samples WHERE run = 'bb22' AND curve = 'GR' ORDER BY depth_m",
        )
        .await;
    assert_eq!(csv, "by,tied\n101.5,101.0\n102.5,102.5\n103.5,104.0\n");
    let csv = fixture
        .csv("SELECT depth_shift(NULL, 1) AS a, depth_shift(5, NULL) AS b, depth_shift(50, [100], [101]) AS c")
        .await;
    assert_eq!(csv, "a,b,c\n,,51.0\n");
}
