//! Claims about series, each against the plain computation.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const NAN: f64 = f64::NAN;

/// Samples in order: steps of an index that may repeat, jump and be crooked, and values with holes.
fn samples(most: usize) -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let step = prop_oneof![4 => Just(0.5), 2 => Just(0.0), 1 => 0.0..0.3_f64, 1 => Just(7.25)];
    let value = prop_oneof![3 => -1e3..1e3_f64, 1 => Just(NAN), 1 => Just(42.0)];
    // A run of values of one kind, so that holes of all lengths are met.
    let run = (value, 1..6_usize, -1.0..1.0_f64);
    (vec(step, 0..most), vec(run, 0..most), -50.0..50.0_f64).prop_map(|(steps, runs, start)| {
        let mut at = start;
        let index = steps.iter().map(|step| {
            at += step;
            at
        });
        let index: Vec<f64> = index.collect();
        let mut values: Vec<f64> =
            runs.into_iter().flat_map(|(value, len, slope)| (0..len).map(move |n| value + slope * n as f64)).collect();
        values.resize(index.len(), NAN);
        (index, values)
    })
}

fn views() -> impl Strategy<Value = View> {
    let height = prop_oneof![Just(0.1), Just(0.5), 0.01..20.0_f64];
    (-80.0..120.0_f64, height, 0..80_usize)
        .prop_map(|(top, height, rows)| View::from_top(top, height, rows).expect("plain numbers"))
}

fn series(index: &[f64], values: &[f64]) -> Series {
    Series::new(index, values).unwrap()
}

fn has_value(point: &Point) -> bool {
    !point.value.is_nan()
}

/// What [`Series::rows`] says, by looking at every sample for every row.
fn rows_slow(series: &Series, view: &View) -> Rows {
    let points: Vec<Point> = (0..series.len()).filter_map(|at| series.point(at)).collect();
    let mut rows = Vec::new();
    for n in 0..view.rows() {
        let is_in = |point: &Point| view.edge(n) <= point.index && point.index < view.edge(n + 1);
        let inside: Vec<(usize, Point)> =
            points.iter().copied().enumerate().filter(|(_, point)| is_in(point)).collect();
        let values: Vec<f64> = inside.iter().map(|(_, point)| point.value).filter(|value| !value.is_nan()).collect();
        rows.push(inside.first().filter(|_| !values.is_empty()).map(|(at, first)| Row {
            min: values.iter().copied().reduce(f64::min).unwrap(),
            max: values.iter().copied().reduce(f64::max).unwrap(),
            first: *first,
            last: inside.last().unwrap().1,
            samples: inside.len(),
            count: values.len(),
            is_joined: *at > 0 && has_value(&points[at - 1]) && has_value(first),
        }));
    }
    let above = points.iter().rfind(|point| point.index < view.top()).copied().filter(has_value);
    let end = points.iter().filter(|point| point.index < view.bottom()).count();
    let below = points.get(end).copied().filter(|point| end > 0 && has_value(&points[end - 1]) && has_value(point));
    Rows { rows, above, below, is_exact: true }
}

/// Compares, NaN being equal to NaN.
fn same(a: &Rows, b: &Rows) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

proptest! {
    #[test]
    fn rows_are_those_of_the_samples((index, values) in samples(300), view in views()) {
        let series = series(&index, &values);
        let (found, expected) = (series.rows(&view), rows_slow(&series, &view));
        prop_assert!(same(&found, &expected), "{found:?}\n{expected:?}");
    }

    #[test]
    fn extents_are_exact_over_any_stretch((_, values) in samples(3_000), ends in (0..3_200_usize, 0..3_200_usize)) {
        let range = ends.0.min(ends.1)..ends.0.max(ends.1);
        let pyramid = Pyramid::new(&values);
        let inside = values.get(range.start..range.end.min(values.len())).unwrap_or_default();
        let found = pyramid.minmax(&values, range);
        let numbers: Vec<f64> = inside.iter().copied().filter(|value| !value.is_nan()).collect();
        prop_assert_eq!(found.count, numbers.len());
        prop_assert_eq!(found.min, numbers.iter().copied().fold(f64::INFINITY, f64::min));
        prop_assert_eq!(found.max, numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    }

    #[test]
    fn a_view_moved_by_rows_has_the_same_rows((index, values) in samples(200), view in views(), by in 0..40_usize) {
        let series = series(&index, &values);
        let moved = View::from_top(view.edge(by.min(view.rows())), view.height(), view.rows()).unwrap();
        let (here, there) = (series.rows(&view).rows, series.rows(&moved).rows);
        let overlap = here.get(by..).unwrap_or_default();
        prop_assert_eq!(format!("{overlap:?}"), format!("{:?}", &there[..overlap.len()]));
    }

    #[test]
    fn an_index_is_in_the_row_whose_edges_are_around_it(view in views(), at in -100.0..150.0_f64) {
        match view.row_of(at) {
            Some(n) => prop_assert!(n < view.rows() && view.edge(n) <= at && at < view.edge(n + 1)),
            None => prop_assert!(at < view.top() || at >= view.bottom()),
        }
    }

    #[test]
    fn pieces_hold_every_line_and_no_hole(
        (index, values) in samples(120), top in -60.0..60.0_f64, len in 0.0..80.0_f64,
    ) {
        let (series, bottom) = (series(&index, &values), top + len);
        let pieces = series.segments(top, bottom);
        let is_in_one = |a: usize, b: usize| {
            pieces.iter().filter(|piece| piece.contains(&a) && piece.contains(&b)).count()
        };
        for piece in &pieces {
            prop_assert!(piece.clone().all(|at| !values[at].is_nan()), "{piece:?} has a hole");
        }
        for at in 0..series.len() {
            let is_in = |at: usize| top <= index[at] && index[at] < bottom;
            if is_in(at) && !values[at].is_nan() {
                prop_assert_eq!(is_in_one(at, at), 1, "sample {}", at);
            }
            let is_without_samples = !(0..series.len()).any(is_in);
            let crosses = at > 0
                && index[at - 1] < bottom
                && index[at] >= top
                && (is_in(at) || is_in(at - 1) || is_without_samples);
            if crosses && !values[at].is_nan() && !values[at - 1].is_nan() {
                prop_assert_eq!(is_in_one(at - 1, at), 1, "line to sample {}", at);
            }
        }
    }

    #[test]
    fn an_overview_says_at_least_what_the_samples_say(
        (index, values) in samples(300), rows in 1..40_usize, view in views(),
    ) {
        let exact = series(&index, &values).rows(&view);
        let buckets = Buckets::new(&index, &[(3, &values[..])], rows);
        let coarse = buckets.overview(3).unwrap().rows(&view);
        prop_assert!(!coarse.is_exact);
        for (exact, coarse) in exact.rows.iter().zip(&coarse.rows) {
            if let Some(exact) = exact {
                let coarse = coarse.expect("what has values shows");
                prop_assert!(coarse.min <= exact.min && coarse.max >= exact.max);
            }
        }
        if let Some(first) = coarse.rows.iter().flatten().next() {
            prop_assert!(!first.is_joined || coarse.above.is_some(), "a line from nowhere");
        }
    }

    #[test]
    fn buckets_come_back_as_they_went((index, values) in samples(200), rows in 1..20_usize, together in 1..5_usize) {
        let mut buckets = Buckets::new(&index, &[(2, &values[..]), (7, &index[..])], rows);
        let batch = buckets.to_batch(|_| std::collections::HashMap::new()).unwrap();
        prop_assert_eq!(&Buckets::from_batch(&batch).unwrap(), &buckets);
        let most = buckets.len().div_ceil(together).max(1);
        let joined = buckets.shrink(most);
        prop_assert!(buckets.len() <= most);
        prop_assert_eq!(buckets, Buckets::new(&index, &[(2, &values[..]), (7, &index[..])], rows * joined));
    }
}

#[test]
fn single_samples_between_holes_show_and_are_joined_to_nothing() {
    let series = series(&[1.0, 2.0, 3.0, 4.0, 5.0], &[NAN, 20.0, NAN, NAN, 50.0]);
    let rows = series.rows(&View::from_top(0.0, 1.0, 6).unwrap());
    let shown: Vec<_> = rows.rows.iter().map(|row| row.map(|row| (row.min, row.is_joined))).collect();
    assert_eq!(shown, [None, None, Some((20.0, false)), None, None, Some((50.0, false))]);
    assert_eq!(series.segments(0.0, 6.0), [1..2, 4..5]);
}

#[test]
fn lines_reach_the_edges_and_cross_a_view_without_samples() {
    let series = series(&[0.0, 10.0, 20.0], &[1.0, 2.0, 3.0]);
    let one = |top, bottom| {
        let pieces = series.segments(top, bottom);
        (pieces.len(), pieces[0].clone())
    };
    assert_eq!(one(9.0, 11.0), (1, 0..3), "one beyond either edge");
    assert_eq!(one(2.0, 4.0), (1, 0..2), "nothing but a line");
    let rows = series.rows(&View::from_top(2.0, 1.0, 2).unwrap());
    assert_eq!((rows.rows.as_slice(), rows.samples()), ([None, None].as_slice(), 0));
    let ends = (Some(Point { index: 0.0, value: 1.0 }), Some(Point { index: 10.0, value: 2.0 }));
    assert_eq!((rows.above, rows.below), ends);
    let beyond = series.rows(&View::from_top(21.0, 1.0, 3).unwrap());
    assert_eq!(beyond.below, None, "nothing comes after the last sample");
}

#[test]
fn a_log_that_runs_upwards_is_reversed_and_one_that_goes_to_and_fro_sorted() {
    let up = Order::new(&[3.0, NAN, 2.0, 2.0, 1.0]);
    assert!(up.is_reversed() && !up.is_sorted());
    let series = up.series(&[30.0, 99.0, 21.0, 20.0, 10.0]).unwrap();
    assert_eq!((&series.index()[..], &series.values()[..]), (&[1.0, 2.0, 2.0, 3.0][..], &[10.0, 20.0, 21.0, 30.0][..]));
    let crooked = Order::new(&[1.0, 3.0, 2.0, 3.0]);
    assert!(crooked.is_sorted() && !crooked.is_reversed());
    let series = crooked.series(&[1.0, 3.0, 2.0, 4.0]).unwrap();
    assert_eq!(&series.values()[..], [1.0, 2.0, 3.0, 4.0], "equal ones as they stood");
    assert!(crooked.series(&[1.0]).is_err());
    assert!(!Order::new(&[1.0, 1.0, 2.0]).is_sorted(), "repeats are in order");
}

#[test]
fn infinity_is_no_value_and_disorder_is_refused() {
    let series = series(&[1.0, 2.0], &[f64::INFINITY, 5.0]);
    assert_eq!(series.minmax(0..2), Extent { min: 5.0, max: 5.0, count: 1 });
    let ordered = |index: &[f64]| Series::from_ordered(index.into(), vec![0.0; index.len()].into());
    assert!(ordered(&[1.0, 1.0, 2.0]).is_ok());
    assert_eq!(ordered(&[1.0, 0.5]).unwrap_err(), SeriesError::Order { at: 1 });
    assert_eq!(ordered(&[NAN]).unwrap_err(), SeriesError::Order { at: 0 });
    assert!(Series::from_ordered(Arc::from([1.0]), Arc::from([])).is_err());
}

#[test]
fn the_nearest_sample_is_read_even_if_it_has_no_value() {
    let series = series(&[1.0, 2.0, 4.0], &[10.0, NAN, 40.0]);
    let nearest = |at| series.nearest(at).map(|point| point.index);
    assert_eq!([-5.0, 1.4, 1.5, 2.9, 3.1, 9.0].map(nearest), [1.0, 1.0, 1.0, 2.0, 4.0, 4.0].map(Some));
    assert!(series.nearest(2.1).unwrap().value.is_nan());
    assert_eq!(Series::new(&[], &[]).unwrap().nearest(1.0), None);
}

#[test]
fn views_that_cannot_be_are_none() {
    for (top, height) in [(0.0, 0.0), (0.0, -1.0), (NAN, 1.0), (0.0, NAN), (f64::INFINITY, 1.0), (1e300, 1e-3)] {
        assert_eq!(View::from_top(top, height, 10), None, "{top} {height}");
    }
    let view = View::covering(10.3, 20.1, 0.5).unwrap();
    assert!(view.top() <= 10.3 && view.edge(1) > 10.3, "{view:?}");
    assert!(view.bottom() >= 20.1 && view.edge(view.rows() - 1) < 20.1, "{view:?}");
    assert_eq!(View::covering(0.0, 1e12, 1.0), None, "more rows than anybody sees");
}

#[test]
fn codes_hold_to_the_next_sample_and_are_never_blended() {
    let series = series(&[0.0, 1.0, 2.0, 3.0, 4.0], &[5.0, 5.0, 9.0, NAN, 5.0]);
    let blocks = series.blocks(-1.0, 10.0);
    let told: Vec<_> = blocks.iter().map(|block| (block.top, block.base, block.value)).collect();
    assert_eq!(told, [(0.0, 2.0, 5.0), (2.0, 3.0, 9.0), (4.0, 5.0, 5.0)], "the last holds for the step before it");
    let inside = series.blocks(0.5, 0.6);
    assert_eq!(inside.len(), 1, "it began above the view: {inside:?}");
    let codes = series.dominant(&View::from_top(0.0, 2.5, 2).unwrap());
    assert_eq!(codes, [Some(5.0), Some(5.0)]);
    let codes = series.dominant(&View::from_top(2.0, 0.5, 4).unwrap());
    assert_eq!(codes, [Some(9.0), Some(9.0), None, None]);
    let tied = Series::new(&[0.0, 1.0, 2.0], &[9.0, 5.0, NAN]).unwrap();
    assert_eq!(tied.dominant(&View::from_top(0.0, 2.0, 1).unwrap()), [Some(5.0)], "the smaller of two");
}

#[test]
fn what_somebody_else_wrote_makes_no_overview_of_nonsense() {
    let bucket = |top, base, count, min, max| Bucket { top, base, samples: 4, count, min, max };
    let buckets = vec![bucket(5.0, 1.0, 4, 0.0, 1.0), bucket(NAN, 1.0, 4, 0.0, 1.0), bucket(0.0, 1.0, 9, 2.0, 1.0)];
    let overview = Overview::new(buckets);
    assert_eq!(overview.buckets().len(), 1);
    assert!(overview.extent().is_none() && overview.rows(&View::from_top(0.0, 1.0, 3).unwrap()).rows == [None; 3]);
}

#[test]
fn a_reader_takes_a_stream_in_any_pieces() {
    use arrow::array::Float64Array;
    use arrow::datatypes::{DataType, Field, Schema};
    use arrow::ipc::writer::StreamWriter;
    use arrow::record_batch::RecordBatch;
    let field = |name: &str, ordinal: &str| {
        let metadata = [(crate::ingest::table::ORDINAL.to_owned(), ordinal.to_owned())];
        Field::new(name, DataType::Float64, true).with_metadata(metadata.into())
    };
    let schema = Arc::new(Schema::new(vec![field("dept", "0"), field("gr", "4")]));
    let batch = |index: [f64; 2], values: [Option<f64>; 2]| {
        let columns: Vec<arrow::array::ArrayRef> =
            vec![Arc::new(Float64Array::from(index.to_vec())), Arc::new(Float64Array::from(values.to_vec()))];
        RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()
    };
    let mut writer = StreamWriter::try_new(Vec::new(), &schema).unwrap();
    writer.write(&batch([4.0, 3.0], [Some(40.0), None])).unwrap();
    writer.write(&batch([2.0, 1.0], [Some(20.0), Some(10.0)])).unwrap();
    let bytes = writer.into_inner().unwrap();
    for piece in [1, 7, 100, bytes.len()] {
        let mut reader = SampleReader::new();
        bytes.chunks(piece).for_each(|part| reader.push(bytes::Bytes::copy_from_slice(part)).unwrap());
        assert_eq!(reader.rows(), 4);
        let samples = reader.finish().unwrap();
        let [(4, series)] = samples.curves.as_slice() else { panic!("{samples:?}") };
        assert!(samples.order.is_reversed());
        assert_eq!(format!("{:?}", series.values()), "[10.0, 20.0, NaN, 40.0]");
    }
    let mut torn = SampleReader::new();
    // The end itself has eight bytes.
    torn.push(bytes::Bytes::copy_from_slice(&bytes[..bytes.len() - 12])).unwrap();
    assert!(torn.finish().is_err());
    assert!(OverviewReader::new().finish().is_err(), "nothing is no overview");
    let mut junk = SampleReader::new();
    assert!(junk.push(bytes::Bytes::from_static(&[7; 64])).and_then(|()| junk.finish()).is_err());
}

#[test]
fn counts_that_somebody_made_up_are_no_fewer_together() {
    let half = Extent { min: 0.0, max: 1.0, count: 1 << (usize::BITS - 1) };
    let mut both = half;
    both.join(&half);
    assert_eq!(both.count, usize::MAX);
}
