//! Numbers as definitions give them: whole numbers over whole numbers, times a power of pi.
//!
//! An inch is 254 / 10000 m and a foot 3048 / 10000 m, so a foot is 12 inches and nothing else.
//! In doubles that is 12.000000000000002; as ratios it stays exact until a value is converted.

use std::f64::consts::PI;

/// `numerator / denominator * pi^pi`, in lowest terms with a positive denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exact {
    pub(super) numerator: i128,
    pub(super) denominator: i128,
    pub(super) pi: i32,
}

impl Exact {
    pub(super) const ZERO: Self = Self { numerator: 0, denominator: 1, pi: 0 };

    /// Reads a product or quotient such as `pi/180/30.48`, taken from left to right.
    pub(super) fn parse(expression: &str) -> Option<Self> {
        let mut value = Self { numerator: 1, denominator: 1, pi: 0 };
        let mut divide = false;
        let mut rest = expression;
        loop {
            let end = rest.find(['*', '/']).unwrap_or(rest.len());
            let term = Self::term(&rest[..end])?;
            value = if divide { value.over(term)? } else { value.times(term)? };
            let Some(operator) = rest[end..].chars().next() else {
                return Some(value);
            };
            divide = operator == '/';
            rest = &rest[end + 1..];
        }
    }

    /// Reads `pi` or a decimal number, whose digits count as they stand.
    fn term(text: &str) -> Option<Self> {
        if text == "pi" {
            return Some(Self { numerator: 1, denominator: 1, pi: 1 });
        }
        let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let numerator: i128 = format!("{whole}{part}").parse().ok()?;
        let exponent = exponent.parse::<i32>().ok()? - i32::try_from(part.len()).ok()?;
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        if exponent < 0 { Self::new(numerator, power, 0) } else { Self::new(numerator.checked_mul(power)?, 1, 0) }
    }

    /// Returns the number in lowest terms; `None` for a denominator of zero.
    fn new(numerator: i128, denominator: i128, pi: i32) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let common = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let common = i128::try_from(common).ok()?.checked_mul(denominator.signum())?;
        let pi = if numerator == 0 { 0 } else { pi };
        Some(Self { numerator: numerator / common, denominator: denominator / common, pi })
    }

    /// Returns the product, unless it is too large to be held.
    pub(super) fn times(self, other: Self) -> Option<Self> {
        // Across first, so that what cancels is never multiplied.
        let one = Self::new(self.numerator, other.denominator, 0)?;
        let two = Self::new(other.numerator, self.denominator, 0)?;
        let numerator = one.numerator.checked_mul(two.numerator)?;
        Self::new(numerator, one.denominator.checked_mul(two.denominator)?, self.pi + other.pi)
    }

    /// Returns the quotient; `None` for a divisor of zero, or when it is too large to be held.
    pub(super) fn over(self, other: Self) -> Option<Self> {
        self.times(Self::new(other.denominator, other.numerator, -other.pi)?)
    }

    /// Returns the difference; `None` when powers of pi differ, or when it is too large.
    pub(super) fn minus(self, other: Self) -> Option<Self> {
        if self.pi != other.pi && self.numerator != 0 && other.numerator != 0 {
            return None;
        }
        let pi = if self.numerator == 0 { other.pi } else { self.pi };
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        Self::new(left.checked_sub(right)?, self.denominator.checked_mul(other.denominator)?, pi)
    }

    /// Returns the double next to it, give or take one.
    pub(super) fn to_f64(self) -> f64 {
        (self.numerator as f64 / self.denominator as f64) * PI.powi(self.pi)
    }
}

fn gcd(one: u128, other: u128) -> u128 {
    if other == 0 { one } else { gcd(other, one % other) }
}
