//! Values at points between the samples of a curve: one rule for gridded copies and for `well()`.
//!
//! Pure: depths and values in, a value out. A point has a value only where samples are near enough on
//! both sides, or one lies on it; a sample on a point is taken as it is, but for averages; nothing is
//! bridged over a gap, whatever the way of interpolating, and nothing is said beyond the ends.
//! What is farther from a point than [`Reach::margin`] does not count for it, so that a curve may be
//! taken piece by piece.

mod points;

pub use self::points::Points;

/// A sample closer to a point than this share of the step lies on it; limits are as much wider.
pub const TOLERANCE: f64 = 1e-6;
/// How many steps apart two samples may be and still be joined: steps of the run or of the points,
/// whichever are larger.
pub const LIMIT_STEPS: f64 = 2.0;

/// Distances that decide what belongs to a point, in the unit of the depths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Samples so near lie on the point.
    pub snap: f64,
    /// Samples so far apart are joined.
    pub limit: f64,
    /// Length that a point stands for.
    pub cell: f64,
}

impl Reach {
    /// Returns the distances for points of a step, with samples joined up to a limit.
    #[must_use]
    pub const fn new(step: f64, limit: f64) -> Self {
        Self { snap: step * TOLERANCE, limit: limit * (1.0 + TOLERANCE), cell: step }
    }

    /// Returns how far from a point samples still count for it.
    #[must_use]
    pub const fn margin(self) -> f64 {
        self.limit + self.cell
    }
}

/// How values between samples are found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Interpolation {
    /// On the straight line between the samples on either side.
    Linear,
    /// That of the nearer sample, of equally near ones the shallower.
    Nearest,
    /// The mean of the straight lines over the length that the point stands for.
    Average,
    /// Along the shorter arc between the angles on either side.
    Circle {
        /// How much a whole turn is.
        turn: f64,
        /// The smallest of all values; when it is negative, angles count from minus half a turn.
        least: f64,
    },
}

/// Where a point lies among samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// On this sample.
    On(usize),
    /// Between this sample and the next, which belong together.
    Between(usize),
}

/// Returns where a point lies; `None` in a gap or beyond the ends.
///
/// `depths` are strictly ascending. `at` is the last sample not below the point before, and is moved
/// on; it begins with 0, and points come in ascending order.
#[must_use]
pub fn around(depths: &[f64], place: f64, at: &mut usize, reach: Reach) -> Option<Around> {
    while depths.get(*at + 1).is_some_and(|next| *next <= place) {
        *at += 1;
    }
    let left = *depths.get(*at)?;
    let right = depths.get(*at + 1).copied();
    let (to_left, to_right) = ((place - left).abs(), right.map_or(f64::INFINITY, |right| (right - place).abs()));
    if to_left.min(to_right) <= reach.snap {
        return Some(Around::On(if to_right < to_left { *at + 1 } else { *at }));
    }
    let right = right.filter(|_| place > left)?;
    (right - left <= reach.limit).then_some(Around::Between(*at))
}

/// Returns the sample whose value a point takes, by the nearest.
#[must_use]
pub fn nearest(depths: &[f64], place: f64, at: &mut usize, reach: Reach) -> Option<usize> {
    match around(depths, place, at, reach)? {
        Around::On(sample) => Some(sample),
        Around::Between(left) => Some(nearer(depths, left, place)),
    }
}

/// Returns the value at a point; `None` where there is none. See [`around`] for what it takes.
#[must_use]
pub fn value_at(
    (depths, values): (&[f64], &[f64]),
    interpolation: Interpolation,
    place: f64,
    at: &mut usize,
    reach: Reach,
) -> Option<f64> {
    let value = match (around(depths, place, at, reach)?, interpolation) {
        (Around::On(left) | Around::Between(left), Interpolation::Average) => mean(depths, values, left, place, reach),
        (Around::On(sample), _) => values[sample],
        (Around::Between(left), Interpolation::Nearest) => values[nearer(depths, left, place)],
        (Around::Between(left), Interpolation::Linear) => line(depths, values, left, place),
        (Around::Between(left), Interpolation::Circle { turn, least }) => {
            arc(depths, values, left, place, (turn, least))
        }
    };
    // What cannot be said, because a number overflows, is nothing rather than infinite.
    Some(value).filter(|value| value.is_finite())
}

/// Returns the median distance of different depths, which are ascending; 0 when there is only one.
pub fn median_step(depths: impl IntoIterator<Item = f64>) -> f64 {
    let mut depths = depths.into_iter();
    let Some(mut last) = depths.next() else { return 0.0 };
    let mut steps = Vec::new();
    for depth in depths {
        if depth > last {
            steps.push(depth - last);
        }
        last = depth;
    }
    let middle = steps.len() / 2;
    if steps.is_empty() { 0.0 } else { *steps.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

/// Returns the nearer of a sample and the next; of equally near ones the shallower.
fn nearer(depths: &[f64], left: usize, place: f64) -> usize {
    let (before, behind) = (place - depths[left], depths[left + 1] - place);
    if behind < before { left + 1 } else { left }
}

/// Returns how far a place is from a sample to the next, from 0 to 1.
fn share(depths: &[f64], left: usize, place: f64) -> f64 {
    let (from, to) = (depths[left], depths[left + 1]);
    ((place - from) / (to - from)).clamp(0.0, 1.0)
}

/// Returns the value on the straight line between a sample and the next.
fn line(depths: &[f64], values: &[f64], left: usize, place: f64) -> f64 {
    let (from, to) = (values[left], values[left + 1]);
    if from.is_nan() || to.is_nan() {
        return f64::NAN;
    }
    let share = share(depths, left, place);
    // Rounding must not take it out of the range of the two: equal ones give themselves.
    (from * (1.0 - share) + to * share).clamp(from.min(to), from.max(to))
}

/// Returns the angle on the shorter arc between a sample and the next, counted as the curve counts:
/// from 0 to a turn, or from minus to plus half of one when it has negative angles.
fn arc(depths: &[f64], values: &[f64], left: usize, place: f64, (turn, least): (f64, f64)) -> f64 {
    let (from, to) = (values[left], values[left + 1]);
    let start = if least < 0.0 { -turn / 2.0 } else { 0.0 };
    let across = (to - from + turn / 2.0).rem_euclid(turn) - turn / 2.0;
    (from + across * share(depths, left, place) - start).rem_euclid(turn) + start
}

/// Returns the mean over the cell around a point of the straight lines between samples that belong
/// together; of a sample without such neighbours its own value.
fn mean(depths: &[f64], values: &[f64], left: usize, place: f64, reach: Reach) -> f64 {
    let (top, base) = (place - reach.cell / 2.0, place + reach.cell / 2.0);
    let mut first = left;
    while first > 0 && depths[first] > top {
        first -= 1;
    }
    let (mut sum, mut length) = (0.0, 0.0);
    for left in (first..depths.len() - 1).take_while(|left| depths[*left] < base) {
        if depths[left + 1] - depths[left] > reach.limit {
            continue;
        }
        let (from, to) = (top.max(depths[left]), base.min(depths[left + 1]));
        if from < to {
            let middle = (line(depths, values, left, from) + line(depths, values, left, to)) / 2.0;
            sum += middle * (to - from);
            length += to - from;
        }
    }
    if length > 0.0 { sum / length } else { values[left] }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPTHS: [f64; 5] = [0.0, 1.0, 2.0, 6.0, 7.0];
    const VALUES: [f64; 5] = [10.0, 20.0, 10.0, 350.0, 10.0];

    fn at_points(interpolation: Interpolation, places: &[f64]) -> Vec<Option<f64>> {
        let (mut at, reach) = (0, Reach::new(0.5, 2.0));
        places.iter().map(|&place| value_at((&DEPTHS, &VALUES), interpolation, place, &mut at, reach)).collect()
    }

    #[test]
    fn gaps_stay_gaps_and_samples_stay_samples() {
        let places = [-0.5, 0.0, 0.25, 1.0, 1.5, 3.0, 6.0, 6.5, 7.5];
        let linear = at_points(Interpolation::Linear, &places);
        let expected = [None, Some(10.0), Some(12.5), Some(20.0), Some(15.0), None, Some(350.0), Some(180.0), None];
        assert_eq!(linear, expected);
        let nearest = at_points(Interpolation::Nearest, &places);
        let expected = [None, Some(10.0), Some(10.0), Some(20.0), Some(20.0), None, Some(350.0), Some(350.0), None];
        assert_eq!(nearest, expected);
    }

    #[test]
    fn angles_take_the_shorter_way() {
        let circle = Interpolation::Circle { turn: 360.0, least: 10.0 };
        assert_eq!(at_points(circle, &[6.5]), [Some(0.0)]);
    }

    #[test]
    fn a_piece_of_a_curve_gives_what_the_whole_gives() {
        let reach = Reach::new(0.5, 2.0);
        let place = 6.25;
        let near: Vec<usize> = (0..5).filter(|&at| (DEPTHS[at] - place).abs() <= reach.margin()).collect();
        let depths: Vec<f64> = near.iter().map(|&at| DEPTHS[at]).collect();
        let values: Vec<f64> = near.iter().map(|&at| VALUES[at]).collect();
        assert!(depths.len() < DEPTHS.len());
        for interpolation in [Interpolation::Linear, Interpolation::Nearest, Interpolation::Average] {
            let piece = value_at((&depths, &values), interpolation, place, &mut 0, reach);
            assert_eq!([piece], at_points(interpolation, &[place])[..]);
        }
    }

    #[test]
    fn the_median_step_passes_over_equal_depths() {
        assert_eq!(median_step([0.0, 1.0, 1.0, 2.0, 10.0]), 1.0);
        assert_eq!(median_step([3.0]), 0.0);
        assert_eq!(median_step([]), 0.0);
    }
}
