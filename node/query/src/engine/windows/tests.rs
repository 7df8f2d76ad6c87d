//! Statements whose windows are counted, run to their end.

use super::*;
use crate::engine::watch::testing::run;

#[test]
fn rows_that_no_frame_reaches_any_more_do_not_count() {
    for sql in [
        "SELECT sum(x) OVER (ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING) FROM generate_series(1, 200000) t(x)",
        "SELECT lag(x, 3) OVER (), lead(x) OVER () FROM generate_series(1, 200000) t(x)",
        "SELECT row_number() OVER () FROM generate_series(1, 200000) t(x)",
        "SELECT sum(x) OVER (ORDER BY x) FROM generate_series(1, 50000) t(x)",
        // A hundred rows to a partition, whatever a frame of theirs reaches.
        "SELECT sum(x) OVER (PARTITION BY p ORDER BY x RANGE BETWEEN 1000000 PRECEDING AND CURRENT ROW) \
         FROM (SELECT x / 100 AS p, x FROM generate_series(1, 40000) t(x))",
        "SELECT array_agg(x) OVER (PARTITION BY x / 2) FROM generate_series(1, 2000) t(x)",
    ] {
        match run(sql, count_held) {
            Ok((rows, reserved)) => assert!(rows >= 2_000 && reserved == 0, "{sql}: {rows}, {reserved}"),
            Err(error) => panic!("{sql}: {error}"),
        }
    }
}

#[test]
fn what_is_held_or_made_of_it_beyond_the_memory_ends_the_query() {
    for sql in [
        // Everything is put together for every row.
        "SELECT array_agg(x) OVER () FROM generate_series(1, 100000) t(x)",
        "SELECT array_agg(x) OVER (ORDER BY x) FROM generate_series(1, 100000) t(x)",
        "SELECT string_agg(CAST(x AS TEXT), ',') OVER () FROM generate_series(1, 100000) t(x)",
        // The large partition is not the last one of its batch.
        "SELECT array_agg(s) OVER (PARTITION BY CASE WHEN x < 1999 THEN 0 ELSE 1 END ORDER BY x) \
         FROM (SELECT x, repeat(CAST(x AS TEXT), 20) AS s FROM generate_series(1, 2000) t(x))",
        // One long text is given for every row.
        "SELECT first_value(s) OVER () FROM (SELECT CASE WHEN x = 1 THEN repeat('x', 1000000) END AS s \
         FROM generate_series(1, 8000) t(x))",
        "SELECT max(CASE WHEN x = 1 THEN repeat('x', 1000000) END) OVER () FROM generate_series(1, 8000) t(x)",
        // Rows wait for what never comes, or are kept for a frame that reaches all of them.
        "SELECT lead(x, 1000000000) OVER () FROM generate_series(1, 1000000) t(x)",
        "SELECT lag(x, 1000000000) OVER () FROM generate_series(1, 1000000) t(x)",
        "SELECT sum(x) OVER (ROWS BETWEEN 1000000000 PRECEDING AND CURRENT ROW) FROM generate_series(1, 1000000) t(x)",
        "SELECT sum(x) OVER () FROM generate_series(1, 1000000) t(x)",
    ] {
        let error = run(sql, count_held).expect_err(sql);
        assert!(error.contains("window functions"), "{sql}: {error}");
    }
}
