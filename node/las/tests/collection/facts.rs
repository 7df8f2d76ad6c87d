//! What is compared of the values of a column.

/// Facts about numbers.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// How many are not null.
    pub(crate) count: usize,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    /// The exact sum, rounded once, as Python's `math.fsum` gives it.
    pub(crate) sum: f64,
    pub(crate) first: Option<f64>,
    pub(crate) last: Option<f64>,
}

impl Facts {
    pub(crate) fn of(numbers: &[f64]) -> Self {
        let is_value = |number: &f64| !number.is_nan();
        let values = || numbers.iter().copied().filter(is_value);
        Self {
            count: values().count(),
            min: values().reduce(f64::min),
            max: values().reduce(f64::max),
            sum: exact_sum(values()),
            first: numbers.first().copied().filter(is_value),
            last: numbers.last().copied().filter(is_value),
        }
    }
}

/// Sums without rounding in between, by partial sums that do not overlap (Shewchuk).
fn exact_sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for value in values {
        let mut carry = value;
        let mut kept = Vec::with_capacity(partials.len() + 1);
        for &partial in &partials {
            let (large, small) = if carry.abs() < partial.abs() { (partial, carry) } else { (carry, partial) };
            let high = large + small;
            let low = small - (high - large);
            if low != 0.0 {
                kept.push(low);
            }
            carry = high;
        }
        kept.push(carry);
        partials = kept;
    }
    round(&partials)
}

/// Adds partial sums, smallest first, rounding half to even only once.
fn round(partials: &[f64]) -> f64 {
    let mut rest = partials.iter().rev();
    let Some(&first) = rest.next() else { return 0.0 };
    let (mut high, mut low) = (first, 0.0);
    for &partial in rest.by_ref() {
        let sum = high + partial;
        low = partial - (sum - high);
        high = sum;
        if low != 0.0 {
            break;
        }
    }
    // A half is rounded by what lies beyond it.
    let beyond = rest.next().copied().unwrap_or_default();
    if low < 0.0 && beyond < 0.0 || low > 0.0 && beyond > 0.0 {
        let twice = low * 2.0;
        let next = high + twice;
        if next - high == twice {
            high = next;
        }
    }
    high
}

#[test]
fn sums_are_rounded_once() {
    assert_eq!(exact_sum([1e100, 1.0, -1e100, 1.0].into_iter()), 2.0);
    assert_eq!(exact_sum([0.1; 10].into_iter()), 1.0);
    assert_eq!(exact_sum([1e16, 1.0, 1e-16].into_iter()), 1e16 + 2.0);
    assert_eq!(exact_sum(std::iter::empty()), 0.0);
}
