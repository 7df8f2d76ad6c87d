//! The points of a grid as the decimal numbers they are meant to be.

use super::WellGrid;

/// Largest whole number that all smaller ones are doubles up to.
const MAX_WHOLE: i128 = 1 << 53;
/// Largest power of ten that is a double.
const MAX_POWER: u32 = 22;

/// The points of a grid within a run, by their number counted from the origin.
#[derive(Debug, Clone)]
pub(super) struct Points {
    first: i64,
    pub(super) count: u64,
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
    /// Returns the points from `min` to `max`, ends nearer than a share of a step included; `None`
    /// for a run so far out that its points cannot be numbered.
    pub(super) fn within(grid: &WellGrid, min: f64, max: f64, tolerance: f64) -> Option<Self> {
        let number = |depth: f64| (depth - grid.origin) / grid.step;
        let (first, last) = ((number(min) - tolerance).ceil(), (number(max) + tolerance).floor());
        let numbered = |point: f64| point.abs() <= MAX_WHOLE as f64;
        if !numbered(first) || !numbered(last) {
            return None;
        }
        let (first, last) = (first as i64, last as i64);
        let count = u64::try_from(last - first + 1).unwrap_or(0);
        Some(Self { first, count, step: grid.step, origin: grid.origin, decimal: Decimal::new(grid) })
    }

    /// Returns the depths, ascending, in the unit of the grid.
    pub(super) fn iter(&self) -> impl Iterator<Item = f64> {
        (0..self.count.cast_signed()).map(|at| self.depth(self.first + at))
    }

    fn depth(&self, number: i64) -> f64 {
        self.decimal.and_then(|decimal| decimal.depth(number)).unwrap_or(self.origin + number as f64 * self.step)
    }
}

impl Decimal {
    fn new(grid: &WellGrid) -> Option<Self> {
        let ((step, step_digits), (origin, origin_digits)) = (digits(grid.step)?, digits(grid.origin)?);
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
