//! What each curve says at a depth.

use dataforge_node::plot::layout::{Layout, SeriesLayout};
use dataforge_node::series::{Series, Trace, View};

use crate::format;

/// A value at the cursor.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    /// The series, by its id.
    pub(super) series: String,
    /// What it is called.
    pub(super) label: String,
    /// Its value, or a dash where it has none.
    pub(super) value: String,
    /// The unit of the value.
    pub(super) unit: String,
    /// Where it stands across its track, as a share.
    pub(super) share: Option<f64>,
    /// The track, as a position in the layout.
    pub(super) track: usize,
}

/// What there is of a curve at an index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// A sample.
    Sample(f64),
    /// Only the smallest and the largest of many samples are known.
    Between(f64, f64),
    /// Nothing was measured there.
    Gap,
}

/// Returns the value of a curve at an index. A sample counts for half the way to its neighbours, as far as
/// curves usually have samples, or for a row of pixels, `reach` high, when that is more; codes count until
/// the next one.
pub(super) fn value_at(trace: &Trace, index: f64, reach: f64, holds: bool) -> Value {
    match trace {
        Trace::Samples(series) if holds => held(series, index),
        Trace::Samples(series) => nearest(series, index, reach),
        Trace::Overview(_) => {
            let rows = View::from_top(index, reach.max(f64::MIN_POSITIVE), 1).map(|view| trace.rows(&view));
            let row = rows.and_then(|rows| rows.rows.first().copied().flatten());
            row.map_or(Value::Gap, |row| Value::Between(row.min, row.max))
        }
    }
}

fn nearest(series: &Series, index: f64, reach: f64) -> Value {
    let (Some(point), Some((first, last))) = (series.nearest(index), series.bounds()) else { return Value::Gap };
    #[expect(clippy::cast_precision_loss, reason = "a curve has fewer samples than a double has integers")]
    let usual = (last - first) / (series.len().max(2) - 1) as f64;
    let is_near = (point.index - index).abs() <= reach.max(usual * 0.75);
    if is_near && !point.value.is_nan() { Value::Sample(point.value) } else { Value::Gap }
}

fn held(series: &Series, index: f64) -> Value {
    // The stretch that reaches over the index, which is none where the code before it is absent.
    let blocks = series.blocks(index, index.next_up());
    let over = blocks.iter().find(|block| block.top <= index && index < block.base);
    over.map_or(Value::Gap, |block| Value::Sample(block.value))
}

/// Says what a series reads.
pub(super) fn reading(series: &SeriesLayout, value: Value) -> Reading {
    let shown = |value: f64| format::value(Some(series.shown(value)));
    let text = match value {
        Value::Sample(value) => shown(value),
        Value::Between(min, max) => format!("{} … {}", shown(min), shown(max)),
        Value::Gap => format::NOTHING.to_owned(),
    };
    let share = match value {
        Value::Sample(value) => series.share(value),
        Value::Between(..) | Value::Gap => None,
    };
    Reading {
        series: series.id.clone(),
        label: series.label.clone(),
        value: text,
        unit: series.unit.clone(),
        share,
        track: series.track,
    }
}

/// Returns readings in the order of tracks.
pub(super) fn in_order(layout: &Layout, mut readings: Vec<Reading>) -> Vec<Reading> {
    readings.retain(|reading| reading.track < layout.tracks.len());
    readings.sort_by_key(|reading| reading.track);
    readings
}

#[cfg(test)]
mod tests {
    use dataforge_node::series::{Series, Trace};

    use super::{Value, value_at};

    fn trace(index: &[f64], values: &[f64]) -> Trace {
        Trace::Samples(Series::new(index, values).unwrap())
    }

    #[test]
    fn a_reading_is_the_nearest_sample() {
        let curve = trace(&[1000.0, 1000.5, 1001.0], &[10.0, 20.0, 30.0]);
        assert_eq!(value_at(&curve, 1000.2, 0.01, false), Value::Sample(10.0));
        assert_eq!(value_at(&curve, 1000.3, 0.01, false), Value::Sample(20.0));
        assert_eq!(value_at(&curve, 1002.0, 0.01, false), Value::Gap, "below the last one");
        assert_eq!(value_at(&curve, 1001.9, 2.0, false), Value::Sample(30.0), "a row of pixels reaches further");
    }

    #[test]
    fn gaps_have_no_value() {
        let nan = f64::NAN;
        let curve = trace(&[1000.0, 1000.5, 1001.0, 1001.5], &[10.0, nan, nan, 40.0]);
        assert_eq!(value_at(&curve, 1000.6, 0.01, false), Value::Gap);
        assert_eq!(value_at(&curve, 1000.1, 0.01, false), Value::Sample(10.0));
        // Rows that are missing altogether are a gap as well.
        let index: Vec<f64> = (0..100).map(f64::from).chain((300..400).map(f64::from)).collect();
        let torn = trace(&index, &vec![1.0; 200]);
        assert_eq!(value_at(&torn, 200.0, 0.01, false), Value::Gap);
    }

    #[test]
    fn codes_hold_until_the_next() {
        let codes = trace(&[10.0, 20.0, 30.0], &[1.0, 2.0, f64::NAN]);
        assert_eq!(value_at(&codes, 19.9, 0.01, true), Value::Sample(1.0));
        assert_eq!(value_at(&codes, 20.0, 0.01, true), Value::Sample(2.0));
        assert_eq!(value_at(&codes, 31.0, 0.01, true), Value::Gap);
        assert_eq!(value_at(&codes, 5.0, 0.01, true), Value::Gap);
    }
}
