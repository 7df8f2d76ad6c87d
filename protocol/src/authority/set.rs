//! Sets of ops.

/// A set of membership ops; comparable only with sets of the same [`super::Membership`].
///
/// Bits by the number under which an op was added here, which never leaves this node.
#[derive(Debug, Clone, Default)]
pub struct OpSet(Vec<u64>);

impl PartialEq for OpSet {
    fn eq(&self, other: &Self) -> bool {
        let len = self.0.len().max(other.0.len());
        (0..len).all(|place| self.word(place) == other.word(place))
    }
}

impl Eq for OpSet {}

impl OpSet {
    /// Returns whether all ops of this set are in another.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().enumerate().all(|(place, bits)| bits & !other.word(place) == 0)
    }

    /// Returns the number of ops.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    /// Returns whether there is no op.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }

    /// Returns whether the op of a number is in the set.
    #[must_use]
    pub fn contains(&self, number: usize) -> bool {
        self.word(number / 64) >> (number % 64) & 1 == 1
    }

    /// Returns whether an op is in both sets.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(bits, others)| bits & others != 0)
    }

    /// Returns the ops of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(bits, others)| bits & others).collect())
    }

    /// Returns the ops of this set that are not in another.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.iter().enumerate().map(|(place, bits)| bits & !other.word(place)).collect())
    }

    /// Adds the op of a number.
    pub fn insert(&mut self, number: usize) {
        if self.0.len() <= number / 64 {
            self.0.resize(number / 64 + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(number / 64) {
            *bits |= 1 << (number % 64);
        }
    }

    /// Adds all ops of another set.
    pub fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (bits, others) in self.0.iter_mut().zip(&other.0) {
            *bits |= others;
        }
    }

    /// Returns the numbers of the ops, the lowest first.
    pub fn numbers(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(place, bits)| {
            let mut rest = *bits;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.wrapping_sub(1);
                (bit < 64).then_some(place * 64 + bit)
            })
        })
    }

    fn word(&self, place: usize) -> u64 {
        self.0.get(place).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: &[usize]) -> OpSet {
        let mut set = OpSet::default();
        numbers.iter().for_each(|number| set.insert(*number));
        set
    }

    #[test]
    fn sets_of_other_lengths_compare_by_what_is_in_them() {
        let (short, long) = (set(&[0, 63]), set(&[0, 63, 64, 500]));
        assert!(short.is_subset(&long) && !long.is_subset(&short));
        assert_eq!(long.intersection(&set(&[0, 63])), short);
        assert_eq!(short, long.intersection(&short));
        assert_eq!(long.difference(&short).numbers().collect::<Vec<_>>(), [64, 500]);
        assert!(short.difference(&long).is_empty());
        assert_eq!(long.numbers().collect::<Vec<_>>(), [0, 63, 64, 500]);
        assert_eq!((long.len(), long.contains(500), long.contains(501), long.contains(9999)), (4, true, false, false));
    }
}
