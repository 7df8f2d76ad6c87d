//! Gridding of random runs, checked against an obvious way to do the same.

use proptest::prelude::*;

use super::*;

/// The value of a point, found by looking at all samples; the same rules, told plainly.
fn slow(rows: &[(f64, Option<f64>)], place: f64, method: Method, limit: f64, step: f64) -> Option<f64> {
    let snap = step * TOLERANCE;
    let limit = limit * (1.0 + TOLERANCE);
    let mut samples: Vec<(f64, f64)> = Vec::new();
    for (depth, value) in rows {
        if let Some(value) = value
            && samples.iter().all(|(known, _)| known != depth)
        {
            samples.push((*depth, *value));
        }
    }
    samples.sort_by(|one, other| one.0.total_cmp(&other.0));
    let joined: Vec<_> = samples.windows(2).filter(|pair| pair[1].0 - pair[0].0 <= limit).collect();
    let mut on: Vec<_> = samples.iter().filter(|(depth, _)| (depth - place).abs() <= snap).collect();
    on.sort_by(|one, other| (one.0 - place).abs().total_cmp(&(other.0 - place).abs()));
    let between = joined.iter().find(|pair| pair[0].0 < place && place < pair[1].0);
    if on.is_empty() && between.is_none() {
        return None;
    }
    let line = |pair: &[(f64, f64)], place: f64| {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        let share = ((place - from) / (to - from)).clamp(0.0, 1.0);
        (low * (1.0 - share) + high * share).clamp(low.min(high), low.max(high))
    };
    if method == Method::Average {
        let (top, base) = (place - step / 2.0, place + step / 2.0);
        let parts =
            joined.iter().map(|pair| (pair, top.max(pair[0].0), base.min(pair[1].0))).filter(|part| part.1 < part.2);
        let (mut sum, mut length) = (0.0, 0.0);
        for (pair, from, to) in parts {
            sum += (line(pair, from) + line(pair, to)) / 2.0 * (to - from);
            length += to - from;
        }
        return if length > 0.0 { Some(sum / length) } else { Some(on[0].1) };
    }
    if let Some((_, value)) = on.first() {
        return Some(*value);
    }
    let pair = between?;
    match method {
        Method::Linear => Some(line(pair, place)),
        _ => Some(if pair[1].0 - place < place - pair[0].0 { pair[1].1 } else { pair[0].1 }),
    }
}

/// Depths that repeat, go back, leave gaps and lie on points or beside them.
fn rows() -> impl Strategy<Value = Vec<(f64, Option<f64>)>> {
    let depth = prop_oneof![
        4 => (0_i32..400).prop_map(|tenth| f64::from(tenth) / 10.0),
        2 => (0_i32..400).prop_map(|point| f64::from(point) * 0.152_4),
        2 => 0.0..40.0_f64,
        1 => (0_i32..80).prop_map(|point| f64::from(point) * 0.5 + 1e-8),
    ];
    let value = prop_oneof![3 => (-500.0..500.0_f64).prop_map(Some), 1 => Just(None), 1 => (0_i32..5).prop_map(|n| Some(f64::from(n)))];
    prop::collection::vec((depth, value), 1..80)
}

fn gridded(
    rows: &[(f64, Option<f64>)],
    step: f64,
    method: Method,
    limit: Option<f64>,
) -> Option<Vec<(f64, Option<f64>)>> {
    let (depths, samples): (Vec<f64>, Vec<Option<f64>>) = rows.iter().copied().unzip();
    let fixture = Fixture::one("M", &depths, "QQQ", &samples);
    let options = GridOptions { limit, methods: [(0, method)].into(), ..GridOptions::default() };
    match grid(&fixture.run(), &metres(step), &options) {
        Ok(gridded) => Some(column(&gridded, 0).into_iter().flatten().zip(column(&gridded, 1)).collect()),
        Err(GridError::NoPoint { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

const METHODS: [Method; 3] = [Method::Linear, Method::Nearest, Method::Average];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_fast_way_is_the_obvious_way(rows in rows(), step in prop_oneof![Just(0.5), Just(0.152_4), Just(2.0), 0.05..3.0_f64], limit in 0.0..5.0_f64) {
        for method in METHODS {
            for (place, value) in gridded(&rows, step, method, Some(limit)).unwrap_or_default() {
                let expected = slow(&rows, place, method, limit, step);
                prop_assert_eq!(value, expected, "{:?} at {}", method, place);
            }
        }
    }

    #[test]
    fn all_methods_have_values_at_the_same_points_and_within_the_samples(rows in rows(), step in 0.05..3.0_f64) {
        let values: Vec<f64> = rows.iter().filter_map(|(_, value)| *value).collect();
        let (least, most) = (values.iter().copied().fold(f64::INFINITY, f64::min), values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        let all = METHODS.map(|method| gridded(&rows, step, method, None).unwrap_or_default());
        for ((linear, nearest), average) in all[0].iter().zip(&all[1]).zip(&all[2]) {
            prop_assert_eq!(linear.1.is_some(), nearest.1.is_some());
            prop_assert_eq!(linear.1.is_some(), average.1.is_some());
            for value in [linear.1, nearest.1].into_iter().flatten() {
                prop_assert!(least <= value && value <= most);
            }
            // A mean of many carries the rounding of all.
            prop_assert!(average.1.is_none_or(|value| least - 1e-9 <= value && value <= most + 1e-9));
            prop_assert!(nearest.1.is_none_or(|value| values.contains(&value)));
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(rows in rows(), seed in 0_u64..1_000) {
        // Of equal depths the first counts, so only one row of each depth is kept.
        let mut single = rows;
        single.sort_by(|one, other| one.0.total_cmp(&other.0));
        single.dedup_by(|one, other| one.0 == other.0);
        let mut shuffled = single.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        for method in METHODS {
            prop_assert_eq!(gridded(&single, 0.5, method, None), gridded(&shuffled, 0.5, method, None));
        }
    }

    #[test]
    fn a_run_on_the_grid_comes_back_as_it_was(start in -50_i32..5_000, values in prop::collection::vec(prop::option::of(-1e6..1e6_f64), 1..60), step in prop_oneof![Just(0.152_4), Just(0.5), Just(0.1), Just(0.3)]) {
        let points = WellGrid { step, ..metres(1.0) };
        let places = Points::within(step, points.origin, f64::from(start) * step, f64::from(start + 59) * step).unwrap();
        let rows: Vec<_> = places.iter().zip(values).collect();
        let found = gridded(&rows, step, Method::Linear, Some(0.0)).unwrap();
        let kept: Vec<_> = found.iter().filter(|(_, value)| value.is_some()).copied().collect();
        let native: Vec<_> = rows.iter().filter(|(_, value)| value.is_some()).copied().collect();
        prop_assert_eq!(kept, native);
    }
}
