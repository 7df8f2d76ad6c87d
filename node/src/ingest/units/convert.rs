//! Conversion of values between two units of one kind.
//!
//! Whether a value is a point on a scale or a distance on it decides about the offset of
//! temperatures, so the caller has to say it: see [`Quantity`]. The ratio of two units is taken
//! from their definitions, and a value is multiplied and divided by whole numbers wherever these
//! fit: 45 % is the double 0.45, 12 in are 1 ft, and there and back is the value itself but for
//! the last bit.

use super::Unit;
use super::exact::Exact;

/// Whole numbers up to here are doubles.
const MAX_WHOLE: i128 = 1 << 53;

/// What a value says of its quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// A point on the scale: 20 °C is 68 °F, and 1 bar absolute is no gauge pressure.
    Absolute,
    /// A distance on it: 20 °C of difference are 36 °F, wherever pressures are counted from.
    Difference,
}

/// Two units cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// They measure different things.
    #[error("no conversion from {from_kind} ({from}) to {to_kind} ({to})")]
    Kind {
        /// Symbol of the unit converted from.
        from: &'static str,
        /// Its kind.
        from_kind: &'static str,
        /// Symbol of the unit converted to.
        to: &'static str,
        /// Its kind.
        to_kind: &'static str,
    },
    /// One of them has no fixed size.
    #[error("no conversion from {from} to {to}: one has no fixed size")]
    NoSize {
        /// Symbol of the unit converted from.
        from: &'static str,
        /// Symbol of the unit converted to.
        to: &'static str,
    },
    /// One is absolute and the other gauge pressure; the site pressure is not known here.
    #[error("no conversion between absolute and gauge pressure, {from} to {to}")]
    Reference {
        /// Symbol of the unit converted from.
        from: &'static str,
        /// Symbol of the unit converted to.
        to: &'static str,
    },
}

/// How values of one unit become values of another: `(value * multiplier + shift) / divisor`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conversion {
    multiplier: f64,
    shift: f64,
    divisor: f64,
}

impl Conversion {
    /// The conversion that changes nothing.
    const IDENTITY: Self = Self { multiplier: 1.0, shift: 0.0, divisor: 1.0 };

    /// Returns the conversion from one unit to another of its kind.
    ///
    /// # Errors
    /// When the units differ in kind or one has no fixed size; for absolute values also when they
    /// differ in what pressures are counted from.
    pub fn new(from: &Unit, to: &Unit, quantity: Quantity) -> Result<Self, ConvertError> {
        if from.measurement != to.measurement {
            return Err(ConvertError::Kind {
                from: from.symbol,
                from_kind: from.measurement,
                to: to.symbol,
                to_kind: to.measurement,
            });
        }
        if from.symbol == to.symbol {
            return Ok(Self::IDENTITY);
        }
        let (Some(from_exact), Some(to_exact)) = (from.exact, to.exact) else {
            return Err(ConvertError::NoSize { from: from.symbol, to: to.symbol });
        };
        let references = from.reference.zip(to.reference).filter(|_| quantity == Quantity::Absolute);
        if references.is_some_and(|(one, other)| one != other) {
            return Err(ConvertError::Reference { from: from.symbol, to: to.symbol });
        }
        Ok(Self::whole(from_exact, to_exact, quantity).unwrap_or_else(|| {
            let (factor, offset) = (from_exact.0.to_f64(), from_exact.1.to_f64() - to_exact.1.to_f64());
            let shift = if quantity == Quantity::Absolute { offset } else { 0.0 };
            Self { multiplier: factor, shift, divisor: to_exact.0.to_f64() }
        }))
    }

    /// Returns the conversion in whole numbers, if there are such and all of them are doubles.
    fn whole(from: (Exact, Exact), to: (Exact, Exact), quantity: Quantity) -> Option<Self> {
        let ratio = from.0.over(to.0)?;
        let shift = match quantity {
            Quantity::Absolute => from.1.minus(to.1)?.over(to.0)?,
            Quantity::Difference => Exact::ZERO,
        };
        // Over one denominator, so that a value is rounded once, at the end.
        let divisor = ratio.denominator.checked_mul(shift.denominator)?;
        let multiplier = ratio.numerator.checked_mul(shift.denominator)?;
        let shifted = shift.numerator.checked_mul(ratio.denominator)?;
        let double = |whole: i128| (whole.abs() <= MAX_WHOLE).then_some(whole as f64);
        let plain = ratio.pi == 0 && shift.pi == 0;
        let whole = Self { multiplier: double(multiplier)?, shift: double(shifted)?, divisor: double(divisor)? };
        plain.then_some(whole)
    }

    /// Returns whether values stay as they are.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        *self == Self::IDENTITY
    }

    /// Returns a converted value: the double next to the exact result, give or take the last bit
    /// when the units are not a ratio of whole numbers. NaN stays NaN.
    #[must_use]
    pub fn apply(&self, value: f64) -> f64 {
        let product = value * self.multiplier;
        let product_lost = value.mul_add(self.multiplier, -product);
        let (sum, sum_lost) = two_sum(product, self.shift);
        let quotient = sum / self.divisor;
        // What the division left over, and what rounding took before it.
        let rest = (-quotient).mul_add(self.divisor, sum) + (sum_lost + product_lost);
        let result = quotient + rest / self.divisor;
        // Near the largest doubles the steps overflow although the result need not.
        if result.is_finite() { result } else { value / self.divisor * self.multiplier + self.shift / self.divisor }
    }

    /// Converts values in place, each as [`Conversion::apply`] does.
    pub fn apply_all(&self, values: &mut [f64]) {
        if self.is_identity() {
            return;
        }
        for value in values {
            *value = self.apply(*value);
        }
    }
}

/// Returns a sum and what rounding took from it.
fn two_sum(one: f64, other: f64) -> (f64, f64) {
    let sum = one + other;
    let other_part = sum - one;
    let one_part = sum - other_part;
    (sum, (one - one_part) + (other - other_part))
}

/// Returns one value converted between two units of one kind.
///
/// # Errors
/// As [`Conversion::new`].
pub fn convert(value: f64, from: &Unit, to: &Unit, quantity: Quantity) -> Result<f64, ConvertError> {
    Conversion::new(from, to, quantity).map(|conversion| conversion.apply(value))
}
