//! Points a step apart as the decimal numbers they are meant to be.

use super::TOLERANCE;

/// Largest whole number that all smaller ones are doubles up to.
const MAX_WHOLE: i128 = 1 << 53;
/// Largest power of ten that is a double.
const MAX_POWER: u32 = 22;

/// Points `origin + n · step` of some length, by their number counted from the origin.
#[derive(Debug, Clone)]
pub struct Points {
    first: i64,
    count: u64,
    step: f64,
    origin: f64,
    decimal: Option<Decimal>,
}

/// Step and origin in units of a power of ten.
#[derive(Debug, Clone, Copy)]
struct Decimal {
    step: i128,
    origin: i128,
    digits: u32,
}

impl Points {
    /// Returns the points from `min` to `max`, ends nearer than a millionth of a step included; `None`
    /// when they cannot be numbered because they are too far out.
    #[must_use]
    pub fn within(step: f64, origin: f64, min: f64, max: f64) -> Option<Self> {
        let number = |depth: f64| (depth - origin) / step;
        let (first, last) = ((number(min) - TOLERANCE).ceil(), (number(max) + TOLERANCE).floor());
        let numbered = |point: f64| point.abs() <= MAX_WHOLE as f64;
        if !numbered(first) || !numbered(last) {
            return None;
        }
        let (first, last) = (first as i64, last as i64);
        let count = u64::try_from(last - first + 1).unwrap_or(0);
        Some(Self { first, count, step, origin, decimal: Decimal::new(step, origin) })
    }

    /// Returns those from `low` to `high`, ends nearer than a millionth of a step included.
    #[must_use]
    pub fn narrowed(&self, low: f64, high: f64) -> Self {
        let number = |depth: f64| (depth - self.origin) / self.step;
        let end = self.first.saturating_add_unsigned(self.count);
        // A cast of what is too large, or infinite, ends at the largest whole number.
        let first = ((number(low) - TOLERANCE).ceil() as i64).max(self.first);
        let last = ((number(high) + TOLERANCE).floor() as i64).min(end.saturating_sub(1));
        let count = u64::try_from(last.saturating_sub(first).saturating_add(1)).unwrap_or(0);
        Self { first, count, ..self.clone() }
    }

    /// Returns how many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Returns the depths, ascending.
    pub fn iter(&self) -> impl Iterator<Item = f64> {
        (0..self.count).map(|at| self.place(at))
    }

    /// Returns the depth of a point, the first being 0.
    #[must_use]
    pub fn place(&self, at: u64) -> f64 {
        let number = self.first.saturating_add_unsigned(at);
        self.decimal.and_then(|decimal| decimal.depth(number)).unwrap_or(self.origin + number as f64 * self.step)
    }
}

impl Decimal {
    fn new(step: f64, origin: f64) -> Option<Self> {
        let ((step, step_digits), (origin, origin_digits)) = (digits(step)?, digits(origin)?);
        let digits = step_digits.max(origin_digits);
        let scaled = |number: i128, own: u32| number.checked_mul(10_i128.checked_pow(digits - own)?);
        Some(Self { step: scaled(step, step_digits)?, origin: scaled(origin, origin_digits)?, digits })
    }

    /// Returns the double next to a point: point 6562 of step 0.1524 is 1000.0488, not a digit more.
    fn depth(self, number: i64) -> Option<f64> {
        let whole = i128::from(number).checked_mul(self.step)?.checked_add(self.origin)?;
        if whole.abs() <= MAX_WHOLE && self.digits <= MAX_POWER {
            // Both are exact, so the quotient is rounded once.
            return Some(whole as f64 / 10_f64.powi(self.digits.cast_signed()));
        }
        format!("{whole}e-{}", self.digits).parse().ok()
    }
}

/// Returns a number as a whole number and how many of its digits are decimals.
fn digits(number: f64) -> Option<(i128, u32)> {
    let text = number.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    Some((format!("{whole}{part}").parse().ok()?, u32::try_from(part.len()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_decimal_and_narrowing_only_leaves_out() {
        let points = Points::within(0.1524, 0.0, 999.9, 1001.0).unwrap();
        assert!(points.iter().any(|place| place == 1000.0488));
        let all: Vec<f64> = points.iter().collect();
        let few: Vec<f64> = points.narrowed(1000.0, 1000.5).iter().collect();
        let kept: Vec<f64> = all.iter().copied().filter(|place| (1000.0..=1000.5).contains(place)).collect();
        assert_eq!(few, kept);
        assert_eq!(points.narrowed(f64::NEG_INFINITY, f64::INFINITY).iter().collect::<Vec<_>>(), all);
        assert_eq!(points.narrowed(2000.0, 3000.0).count(), 0);
        assert_eq!(points.narrowed(5.0, 4.0).count(), 0);
    }

    #[test]
    fn points_too_far_out_are_none() {
        assert!(Points::within(1e-300, 0.0, 0.0, 1.0).is_none());
        assert!(Points::within(1.0, 0.0, f64::NAN, 1.0).is_none());
        assert_eq!(Points::within(1.0, 0.0, 0.2, 0.8).unwrap().count(), 0);
    }
}
