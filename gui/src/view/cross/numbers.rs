//! Numbers behind crossplots and histograms: pairs of samples, what they say together, and what of
//! them is drawn. No window.

use std::sync::Arc;

/// Points drawn at most before they are thinned.
pub const MOST_POINTS: usize = 50_000;

/// Cells along each side of the grid by which points are thinned.
const CELLS: usize = 256;

/// Groups that points are put into by a third curve.
pub const GROUPS: usize = 6;

/// The samples of a curve, in the order of its run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    /// The run.
    pub run: String,
    /// Depths in metres, or what the index is.
    pub at: Vec<f64>,
    /// Values, NaN where there is none.
    pub value: Vec<f64>,
}

/// Numbers in a few words.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stats {
    /// How many.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation of the sample; NaN for a single one.
    pub deviation: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
    /// Value that a tenth of them are below.
    pub p10: f64,
    /// Median.
    pub p50: f64,
    /// Value that nine tenths are below.
    pub p90: f64,
}

impl Stats {
    /// Returns those of numbers, NaN left out; none when none is left.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let count = sorted.len() as f64;
        let mean = sorted.iter().sum::<f64>() / count;
        // In two passes: values far from 0 with a small spread keep their digits.
        let squares: f64 = sorted.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / (count - 1.0)).sqrt();
        let at = |share| percentile(&sorted, share);
        Some(Self { count: sorted.len(), mean, deviation, min, max, p10: at(0.1), p50: at(0.5), p90: at(0.9) })
    }
}

/// Returns the value below which a share of ascending numbers is, on the line between neighbours.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    let (one, other) = (sorted[low], sorted[(low + 1).min(sorted.len() - 1)]);
    one + (other - one) * part
}

/// What is plotted.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Values of x.
    pub x: Arc<Samples>,
    /// Values of y; none for a histogram.
    pub y: Option<Arc<Samples>>,
    /// Values that points are grouped by.
    pub group: Option<Arc<Samples>>,
    /// Whether x is spread by its logarithm.
    pub x_log: bool,
    /// Whether y is.
    pub y_log: bool,
    /// Only from this depth on.
    pub from: Option<f64>,
    /// Only to this depth.
    pub to: Option<f64>,
    /// Bins of a histogram.
    pub bins: usize,
}

/// What is drawn and told.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// Points by group, as they are drawn: logarithms where asked for.
    pub groups: Vec<Vec<[f64; 2]>>,
    /// The values between which each group is.
    pub edges: Vec<(f64, f64)>,
    /// Points there are; more than are drawn when they are thinned.
    pub points: usize,
    /// Rows without a value of x or y.
    pub without: usize,
    /// Rows left out because a logarithm needs values above 0.
    pub not_positive: usize,
    /// Points that are not drawn because they have no value to be grouped by.
    pub ungrouped: usize,
    /// How far apart in depth values of different runs are at most that are paired.
    pub tolerance: Option<f64>,
    /// Of x.
    pub x: Option<Stats>,
    /// Of y.
    pub y: Option<Stats>,
    /// How strongly x and y go together, -1 to 1.
    pub correlation: Option<f64>,
    /// Bins: where each begins and ends as it is drawn, and how many values are in it.
    pub bars: Vec<(f64, f64, usize)>,
}

impl Made {
    /// Returns how many points are drawn.
    #[must_use]
    pub fn drawn(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }
}

/// Makes what is drawn and told of samples.
#[must_use]
pub fn make(ask: &Ask) -> Made {
    let mut made = Made::default();
    let mut tolerance: Option<f64> = None;
    let mut beside = |other: &Option<Arc<Samples>>| -> Option<Vec<f64>> {
        let (values, apart) = matched(&ask.x, other.as_deref()?);
        if let Some(apart) = apart {
            tolerance = Some(tolerance.map_or(apart, |known| known.max(apart)));
        }
        Some(values)
    };
    let (y, group) = (beside(&ask.y), beside(&ask.group));
    made.tolerance = tolerance;
    let mut rows: Vec<[f64; 3]> = Vec::new();
    for (row, (&at, &x)) in ask.x.at.iter().zip(&ask.x.value).enumerate() {
        let is_inside = ask.from.is_none_or(|from| at >= from) && ask.to.is_none_or(|to| at <= to);
        if !is_inside {
            continue;
        }
        let of = |values: &Option<Vec<f64>>| values.as_ref().map_or(0.0, |values| values[row]);
        let (y, group) = (of(&y), of(&group));
        if x.is_nan() || y.is_nan() {
            made.without += 1;
        } else if ask.x_log && x <= 0.0 || ask.y_log && ask.y.is_some() && y <= 0.0 {
            made.not_positive += 1;
        } else {
            rows.push([x, y, group]);
        }
    }
    let column = |place: usize| rows.iter().map(|row| row[place]).collect::<Vec<f64>>();
    made.x = Stats::of(&column(0));
    made.points = rows.len();
    if ask.y.is_some() {
        made.y = Stats::of(&column(1));
        made.correlation = correlation(&rows);
        points(ask, &rows, &mut made);
    } else {
        bars(ask, &column(0), &mut made);
    }
    made
}

/// Returns the values of a curve at the rows of another, and how far apart their depths may be: of one
/// run row by row, of another the nearest within half a step.
fn matched(x: &Samples, other: &Samples) -> (Vec<f64>, Option<f64>) {
    if x.run == other.run && x.at.len() == other.value.len() {
        return (other.value.clone(), None);
    }
    let mut sorted: Vec<(f64, f64)> = other.at.iter().copied().zip(other.value.iter().copied()).collect();
    sorted.retain(|(at, _)| !at.is_nan());
    sorted.sort_by(|one, next| one.0.total_cmp(&next.0));
    let tolerance = step(&x.at).max(step(&other.at)) / 2.0;
    let near = |at: f64| {
        let place = sorted.partition_point(|(other, _)| *other < at);
        let beside = [place.checked_sub(1), Some(place)].into_iter().flatten().filter_map(|place| sorted.get(place));
        let nearest = beside.min_by(|one, next| (one.0 - at).abs().total_cmp(&(next.0 - at).abs()));
        // Depths carry rounding noise.
        nearest
            .filter(|(other, _)| (other - at).abs() <= tolerance * (1.0 + 1e-9))
            .map_or(f64::NAN, |(_, value)| *value)
    };
    (x.at.iter().map(|&at| if at.is_nan() { f64::NAN } else { near(at) }).collect(), Some(tolerance))
}

/// Returns the median distance of neighbours.
fn step(at: &[f64]) -> f64 {
    let mut steps: Vec<f64> = at.windows(2).map(|pair| (pair[1] - pair[0]).abs()).filter(|step| *step > 0.0).collect();
    let middle = steps.len() / 2;
    if steps.is_empty() { 0.0 } else { *steps.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

fn correlation(rows: &[[f64; 3]]) -> Option<f64> {
    let count = rows.len() as f64;
    let mean = |place: usize| rows.iter().map(|row| row[place]).sum::<f64>() / count;
    let (x, y) = (mean(0), mean(1));
    let sum = |of: &dyn Fn(&[f64; 3]) -> f64| rows.iter().map(of).sum::<f64>();
    let both = sum(&|row| (row[0] - x) * (row[1] - y));
    let scale = (sum(&|row| (row[0] - x).powi(2)) * sum(&|row| (row[1] - y).powi(2))).sqrt();
    (scale > 0.0).then(|| both / scale)
}

/// Returns a value as it is drawn.
#[must_use]
pub fn drawn(value: f64, log: bool) -> f64 {
    if log { value.log10() } else { value }
}

fn points(ask: &Ask, rows: &[[f64; 3]], made: &mut Made) {
    let groups = if ask.group.is_some() { GROUPS } else { 1 };
    made.groups = vec![Vec::new(); groups];
    made.ungrouped = rows.iter().filter(|row| row[2].is_nan()).count();
    let values: Vec<f64> = rows.iter().map(|row| row[2]).collect();
    let (low, high) = Stats::of(&values).map_or((0.0, 0.0), |stats| (stats.p10.min(stats.p90), stats.p90));
    let width = (high - low) / GROUPS as f64;
    if ask.group.is_some() {
        made.edges = (0..GROUPS).map(|group| (low + width * group as f64, low + width * (group + 1) as f64)).collect();
    }
    let drawn_at = |row: &[f64; 3]| [drawn(row[0], ask.x_log), drawn(row[1], ask.y_log)];
    let all: Vec<[f64; 2]> = rows.iter().map(drawn_at).collect();
    for place in thinned(&all) {
        let value = rows[place][2];
        if value.is_nan() {
            continue;
        }
        let group =
            if width > 0.0 { ((value - low) / width).floor().clamp(0.0, groups as f64 - 1.0) as usize } else { 0 };
        made.groups[group.min(groups - 1)].push(all[place]);
    }
}

/// Returns which points are drawn: all, or of too many one for each cell of a grid that has any.
fn thinned(points: &[[f64; 2]]) -> Vec<usize> {
    if points.len() <= MOST_POINTS {
        return (0..points.len()).collect();
    }
    let range = |axis: usize| {
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        points.iter().map(|point| point[axis]).fold(ends, |(low, high), value| (low.min(value), high.max(value)))
    };
    let ranges = [range(0), range(1)];
    let cell = |point: &[f64; 2], axis: usize| {
        let (low, high) = ranges[axis];
        let share = if high > low { (point[axis] - low) / (high - low) } else { 0.0 };
        ((share * CELLS as f64) as usize).min(CELLS - 1)
    };
    let mut taken = vec![false; CELLS * CELLS];
    let mut kept = Vec::new();
    for (place, point) in points.iter().enumerate() {
        let cell = cell(point, 1) * CELLS + cell(point, 0);
        if !std::mem::replace(&mut taken[cell], true) {
            kept.push(place);
        }
    }
    kept
}

fn bars(ask: &Ask, values: &[f64], made: &mut Made) {
    let Some(stats) = made.x else { return };
    let (low, high) = (drawn(stats.min, ask.x_log), drawn(stats.max, ask.x_log));
    let bins = ask.bins.clamp(1, 1000);
    // Of values that are all equal one bin has some width.
    let width = if high > low { (high - low) / bins as f64 } else { 1.0 };
    let mut counts = vec![0_usize; if high > low { bins } else { 1 }];
    let last = counts.len() - 1;
    for value in values {
        // The largest value belongs to the last bin.
        counts[(((drawn(*value, ask.x_log) - low) / width) as usize).min(last)] += 1;
    }
    let edge = |bin: usize| low + width * bin as f64;
    made.bars = counts.into_iter().enumerate().map(|(bin, count)| (edge(bin), edge(bin + 1), count)).collect();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Ask, MOST_POINTS, Samples, Stats, make, thinned};

    fn samples(run: &str, from: f64, step: f64, values: &[f64]) -> Arc<Samples> {
        let at = (0..values.len()).map(|row| from + step * row as f64).collect();
        Arc::new(Samples { run: run.to_owned(), at, value: values.to_vec() })
    }

    #[test]
    fn statistics_leave_nan_out() {
        let stats = Stats::of(&[4.0, f64::NAN, 1.0, 2.0, 3.0, 5.0]).unwrap();
        assert_eq!((stats.count, stats.mean, stats.min, stats.max), (5, 3.0, 1.0, 5.0));
        assert!((stats.deviation - 2.5_f64.sqrt()).abs() < 1e-12);
        assert!((stats.p10 - 1.4).abs() < 1e-12 && stats.p50 == 3.0 && (stats.p90 - 4.6).abs() < 1e-12);
        assert_eq!(Stats::of(&[f64::NAN]), None);
        assert!(Stats::of(&[7.0]).unwrap().deviation.is_nan());
    }

    #[test]
    fn rows_without_a_value_are_counted_and_not_drawn() {
        let nan = f64::NAN;
        let ask = Ask {
            x: samples("a", 1000.0, 0.5, &[1.0, nan, 3.0, -4.0, 5.0]),
            y: Some(samples("a", 1000.0, 0.5, &[2.0, 4.0, nan, -8.0, 10.0])),
            x_log: true,
            ..Ask::default()
        };
        let made = make(&ask);
        assert_eq!((made.points, made.without, made.not_positive), (2, 2, 1));
        assert_eq!(made.groups, [[[0.0, 2.0], [5.0_f64.log10(), 10.0]]]);
        assert_eq!(made.tolerance, None, "rows of one run belong together");
        assert!((make(&Ask { x_log: false, ..ask }).correlation.unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_value_to_be_grouped_by_is_in_no_group() {
        let ask = Ask {
            x: samples("a", 1000.0, 0.5, &[1.0, 2.0, 3.0]),
            y: Some(samples("a", 1000.0, 0.5, &[1.0, 2.0, 3.0])),
            group: Some(samples("a", 1000.0, 0.5, &[5.0, f64::NAN, 50.0])),
            ..Ask::default()
        };
        let made = make(&ask);
        assert_eq!((made.points, made.ungrouped, made.drawn()), (3, 1, 2));
        assert_eq!(made.groups[0], [[1.0, 1.0]]);
        assert_eq!(made.groups[5], [[3.0, 3.0]]);
    }

    #[test]
    fn only_depths_asked_for_count() {
        let ask = Ask {
            x: samples("a", 1000.0, 1.0, &[1.0, 2.0, 3.0, 4.0]),
            from: Some(1001.0),
            to: Some(1002.0),
            bins: 2,
            ..Ask::default()
        };
        assert_eq!(make(&ask).points, 2);
    }

    #[test]
    fn runs_meet_at_the_nearest_depth_within_half_a_step() {
        let ask = Ask {
            x: samples("a", 1000.0, 1.0, &[1.0, 2.0, 3.0, 4.0]),
            y: Some(samples("b", 1001.2, 1.0, &[10.0, 20.0])),
            ..Ask::default()
        };
        let made = make(&ask);
        assert_eq!(made.tolerance, Some(0.5));
        assert_eq!(made.groups, [[[2.0, 10.0], [3.0, 20.0]]]);
        assert_eq!(made.without, 2);
    }

    #[test]
    fn bins_hold_every_value_once() {
        let ask = Ask { x: samples("a", 0.0, 1.0, &[0.0, 1.0, 1.5, 2.0, 4.0]), bins: 4, ..Ask::default() };
        let counts: Vec<usize> = make(&ask).bars.iter().map(|bar| bar.2).collect();
        assert_eq!(counts, [1, 2, 1, 1]);
        let equal = Ask { x: samples("a", 0.0, 1.0, &[2.0, 2.0]), bins: 4, ..Ask::default() };
        assert_eq!(make(&equal).bars, [(2.0, 3.0, 2)]);
    }

    #[test]
    fn too_many_points_are_thinned_to_cells_that_have_any() {
        let count = MOST_POINTS * 2;
        let points: Vec<[f64; 2]> = (0..count).map(|point| [(point % 100) as f64, (point % 10) as f64]).collect();
        let kept = thinned(&points);
        assert_eq!(kept.len(), 100, "each of the hundred places once");
        assert_eq!(thinned(&points[..MOST_POINTS]).len(), MOST_POINTS, "few enough are all drawn");
    }
}
