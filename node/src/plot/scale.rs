//! Scales: from values to the width of a track and back, steps between grid lines, and numbers as texts.

/// How the values of a series or grid are spread between the edges of a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueScale {
    /// The value at the left edge.
    pub left: f64,
    /// The value at the right edge; less than that at the left where it runs backwards.
    pub right: f64,
    /// Whether values are spread by their logarithm. Both edges are above 0 then.
    pub log: bool,
}

/// How many widths of a track a value may lie outside before it is drawn as if it lay there: what is so
/// far off shows only as a line that leaves the track.
const FARTHEST: f64 = 64.0;

impl ValueScale {
    /// Makes a scale; none when its edges are equal, no numbers, or not above 0 for logarithms.
    #[must_use]
    pub fn new(left: f64, right: f64, log: bool) -> Option<Self> {
        let fits = left.is_finite() && right.is_finite() && left.total_cmp(&right).is_ne();
        (fits && (!log || (left > 0.0 && right > 0.0))).then_some(Self { left, right, log })
    }

    /// Returns where a value stands: 0 at the left edge and 1 at the right, outside of them beyond. None for
    /// what is no number, and on a logarithmic scale for what is not above 0.
    #[must_use]
    pub fn share(&self, value: f64) -> Option<f64> {
        let share = if self.log {
            if value <= 0.0 {
                return None;
            }
            (value / self.left).ln() / (self.right / self.left).ln()
        } else {
            (value - self.left) / (self.right - self.left)
        };
        (!share.is_nan()).then(|| share.clamp(-FARTHEST, FARTHEST))
    }

    /// Returns the value that stands at a share of the width.
    #[must_use]
    pub fn value(&self, share: f64) -> f64 {
        if self.log {
            self.left * (self.right / self.left).powf(share)
        } else {
            share.mul_add(self.right - self.left, self.left)
        }
    }

    /// Returns the smaller and the larger edge.
    #[must_use]
    pub fn limits(&self) -> (f64, f64) {
        (self.left.min(self.right), self.left.max(self.right))
    }
}

/// Most lines that a grid has: one of more would be a surface.
const MAX_LINES: f64 = 2000.0;

/// Returns the multiples of a step within a range, both ends included. None when there would be too many.
#[must_use]
pub fn multiples(from: f64, to: f64, step: f64) -> Vec<f64> {
    let count = (to - from) / step;
    if !(step > 0.0 && (0.0..=MAX_LINES).contains(&count)) {
        return Vec::new();
    }
    // What rounding takes from a multiple does not take it out of the range.
    let slack = 1e-9;
    let (first, last) = ((from / step - slack).ceil(), (to / step + slack).floor());
    (0..).map(|number| first + f64::from(number)).take_while(|&number| number <= last).map(|n| n * step).collect()
}

/// Returns the lines of a logarithmic grid within a range: the value, and whether it is a decade.
#[must_use]
pub fn decades(from: f64, to: f64) -> Vec<(f64, bool)> {
    if !(from > 0.0 && to > from && to.is_finite()) {
        return Vec::new();
    }
    let (first, last) = (from.log10().floor() as i32, to.log10().ceil() as i32);
    let within = |value: f64| value >= from * (1.0 - 1e-9) && value <= to * (1.0 + 1e-9);
    let all = (first..=last).flat_map(|power| (1..10).map(move |digit| (digit, f64::from(digit) * 10f64.powi(power))));
    all.filter(|(_, value)| within(*value)).map(|(digit, value)| (value, digit == 1)).collect()
}

/// Returns the smallest of 1, 2, 5, 10, 20… (or a tenth of these, and so on) that is at least `least`.
#[must_use]
pub fn round_step(least: f64) -> f64 {
    if !(least > 0.0 && least.is_finite()) {
        return 1.0;
    }
    let power = 10f64.powf(least.log10().floor());
    let slack = 1.0 - 1e-9;
    let steps = [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power);
    steps.into_iter().find(|step| *step >= least * slack).unwrap_or(10.0 * power)
}

/// Returns a number as it stands in headers: up to six digits, without zeros at its end.
#[must_use]
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e7).contains(&size) {
        return format!("{value:.3e}");
    }
    let before = if size >= 1.0 { size.log10().floor() as usize + 1 } else { 0 };
    let places = if size < 0.1 { 6 } else { 6_usize.saturating_sub(before).min(4) };
    trimmed(format!("{value:.places$}"))
}

/// Returns a number with as many places as steps of a size have.
#[must_use]
pub fn number_in_steps(value: f64, step: f64) -> String {
    let places = (0..6).find(|places| {
        let scaled = step * 10f64.powi(*places);
        (scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1e-9)
    });
    let places = places.unwrap_or(6) as usize;
    let text = format!("{value:.places$}");
    // -0 is no number that people read.
    if text.trim_start_matches(['-', '0', '.']).is_empty() { text.trim_start_matches('-').to_owned() } else { text }
}

fn trimmed(text: String) -> String {
    if !text.contains('.') {
        return text;
    }
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" || short.is_empty() { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edges_of_a_track_are_0_and_1_whichever_way_a_scale_runs() {
        for (left, right, log) in [(0.0, 150.0, false), (0.45, -0.15, false), (0.2, 2000.0, true), (2000.0, 0.2, true)]
        {
            let scale = ValueScale::new(left, right, log).unwrap();
            assert!(scale.share(left).unwrap().abs() < 1e-12 && (scale.share(right).unwrap() - 1.0).abs() < 1e-12);
        }
        let decade = ValueScale::new(0.2, 2000.0, true).unwrap();
        assert!((decade.share(2.0).unwrap() - 0.25).abs() < 1e-12, "each of four decades is a quarter");
        assert_eq!((decade.share(0.0), decade.share(-3.0), decade.share(f64::NAN)), (None, None, None));
        for (left, right, log) in [(1.0, 1.0, false), (0.0, 10.0, true), (f64::NAN, 1.0, false), (-1.0, 1.0, true)] {
            assert_eq!(ValueScale::new(left, right, log), None);
        }
    }

    proptest! {
        #[test]
        fn values_come_back_from_where_they_stand(
            left in 0.01f64..1e4, ratio in 1.5f64..1e4, backwards: bool, log: bool, share in 0.0f64..1.0,
        ) {
            let (left, right) = if backwards { (left * ratio, left) } else { (left, left * ratio) };
            let scale = ValueScale::new(left, right, log).unwrap();
            let value = scale.value(share);
            prop_assert!((scale.share(value).unwrap() - share).abs() < 1e-9);
        }
    }

    #[test]
    fn steps_and_their_lines_are_round() {
        for (least, step) in [(0.7, 1.0), (1.0, 1.0), (1.1, 2.0), (3.0, 5.0), (7.0, 10.0), (0.03, 0.05), (120.0, 200.0)]
        {
            assert!((round_step(least) - step).abs() < 1e-12, "{least}");
        }
        assert_eq!(multiples(-0.1, 10.0, 5.0), [0.0, 5.0, 10.0]);
        assert_eq!(multiples(1001.5, 1010.0, 5.0), [1005.0, 1010.0]);
        let tenths = multiples(0.1, 0.3, 0.1);
        assert_eq!(tenths.len(), 3, "rounding takes no line away: {tenths:?}");
        assert!(multiples(0.0, 1e9, 0.1).is_empty() && multiples(0.0, 1.0, 0.0).is_empty());
    }

    #[test]
    fn decades_have_lines_from_2_to_9() {
        let lines = decades(0.2, 20.0);
        let heavy: Vec<f64> = lines.iter().filter(|(_, heavy)| *heavy).map(|(value, _)| *value).collect();
        assert_eq!(heavy, [1.0, 10.0]);
        assert_eq!(lines.len(), 8 + 9 + 2, "0.2 to 0.9, 1 to 9, 10 and 20");
        assert!(decades(0.0, 10.0).is_empty() && decades(-1.0, 1.0).is_empty());
    }

    #[test]
    fn numbers_are_as_short_as_people_write_them() {
        let wanted = [
            (0.0, "0"),
            (150.0, "150"),
            (-0.15, "-0.15"),
            (0.2, "0.2"),
            (1.95, "1.95"),
            (2000.0, "2000"),
            (1234.5678, "1234.57"),
            (-160.0, "-160"),
            (0.000_05, "5.000e-5"),
            (0.001, "0.001"),
            (1e9, "1.000e9"),
        ];
        for (value, text) in wanted {
            assert_eq!(number(value), text);
        }
        assert_eq!(number_in_steps(1002.5, 2.5), "1002.5");
        assert_eq!(number_in_steps(1005.0, 5.0), "1005");
        assert_eq!(number_in_steps(-0.0, 5.0), "0");
    }
}
