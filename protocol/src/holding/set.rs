//! Sets of numbers in the shorter of two forms: runs, or a bitmap.
//!
//! A device that has everything is one run per chain; a device that has every second blob is a
//! bitmap. Which form a set takes follows from the set alone, so that one set has one encoding; a
//! set in memory has the form it travels in, and takes no more than eight times the bytes.
//! `docs/protocol.md` gives the layout.

use std::ops::Range;

use serde::{Deserialize, Serialize, Serializer};

/// A set of numbers below `u64::MAX`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Coded")]
pub struct BlobSet(Form);

/// The shorter form; runs when both are as long.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// Sorted, none empty, none touching the next.
    Runs(Vec<Range<u64>>),
    /// A bit per number from `base`, lowest bit first. The first bit is set, and the last byte is
    /// not 0.
    Bits { base: u64, bits: Vec<u8> },
}

/// A set as it travels.
#[derive(Serialize, Deserialize)]
enum Coded {
    /// Distance from the end of the run before, or from 0, and length.
    Runs(Vec<(u64, u64)>),
    Bits(u64, Vec<u8>),
}

/// The encoding is none, or not the one of its set.
#[derive(Debug, thiserror::Error)]
#[error("a set that is not in its canonical encoding")]
struct NotCanonical;

impl Default for BlobSet {
    fn default() -> Self {
        Self(Form::Runs(Vec::new()))
    }
}

impl BlobSet {
    /// Makes a set of ascending numbers. What comes out of order is left out, and so is `u64::MAX`:
    /// to say less is safe.
    #[must_use]
    pub fn from_sorted(numbers: impl IntoIterator<Item = u64>) -> Self {
        Self::from_runs(numbers.into_iter().map(|number| number..number.saturating_add(1)))
    }

    /// Makes a set of ascending runs; they may touch. What comes out of order is left out.
    #[must_use]
    pub fn from_runs(runs: impl IntoIterator<Item = Range<u64>>) -> Self {
        let mut merged: Vec<Range<u64>> = Vec::new();
        for run in runs.into_iter().filter(|run| !run.is_empty()) {
            match merged.last_mut() {
                Some(last) if run.start < last.end => {}
                Some(last) if run.start == last.end => last.end = run.end,
                _ => merged.push(run),
            }
        }
        let measure = Measure::of(merged.iter().cloned());
        let Some(base) = measure.first.filter(|_| measure.is_bitmap()) else {
            return Self(Form::Runs(merged));
        };
        let bytes = usize::try_from(measure.bitmap_len()).expect("it is shorter than the runs, which are in memory");
        let mut bits = vec![0_u8; bytes];
        for place in merged.into_iter().flatten().map(|number| number - base) {
            bits[(place / 8) as usize] |= 1 << (place % 8);
        }
        Self(Form::Bits { base, bits })
    }

    /// Returns whether a number is in the set.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        match &self.0 {
            Form::Runs(runs) => {
                let after = runs.partition_point(|run| run.end <= number);
                runs.get(after).is_some_and(|run| run.contains(&number))
            }
            Form::Bits { base, bits } => {
                let place = number.checked_sub(*base);
                let byte = place.and_then(|place| bits.get(usize::try_from(place / 8).ok()?));
                byte.zip(place).is_some_and(|(byte, place)| byte >> (place % 8) & 1 == 1)
            }
        }
    }

    /// Returns how many numbers there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.0 {
            Form::Runs(runs) => runs.iter().map(|run| run.end - run.start).sum(),
            Form::Bits { bits, .. } => bits.iter().map(|byte| u64::from(byte.count_ones())).sum(),
        }
    }

    /// Returns whether there is no number.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(&self.0, Form::Runs(runs) if runs.is_empty())
    }

    /// Returns the runs in order; none is empty and none touches the next.
    pub fn runs(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        match &self.0 {
            Form::Runs(runs) => Runs::Listed(runs.iter()),
            Form::Bits { base, bits } => Runs::Bits { base: *base, bits, at: 0 },
        }
    }
}

impl Serialize for BlobSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let coded = match &self.0 {
            Form::Runs(runs) => {
                let mut end = 0;
                let pair = |run: &Range<u64>| (run.start - std::mem::replace(&mut end, run.end), run.end - run.start);
                Coded::Runs(runs.iter().map(pair).collect())
            }
            Form::Bits { base, bits } => Coded::Bits(*base, bits.clone()),
        };
        coded.serialize(serializer)
    }
}

impl TryFrom<Coded> for BlobSet {
    type Error = NotCanonical;

    fn try_from(coded: Coded) -> Result<Self, NotCanonical> {
        let form = match coded {
            Coded::Runs(pairs) => Form::Runs(listed(pairs)?),
            Coded::Bits(base, bits) => {
                let (first, last) = bits.first().zip(bits.last()).ok_or(NotCanonical)?;
                let end = base.checked_add(bits.len() as u64 * 8 - u64::from(last.leading_zeros()));
                if first & 1 == 0 || *last == 0 || end.is_none() {
                    return Err(NotCanonical);
                }
                Form::Bits { base, bits }
            }
        };
        let set = Self(form);
        let is_bitmap = matches!(set.0, Form::Bits { .. });
        if Measure::of(set.runs()).is_bitmap() == is_bitmap { Ok(set) } else { Err(NotCanonical) }
    }
}

/// Returns runs by their distances and lengths.
fn listed(pairs: Vec<(u64, u64)>) -> Result<Vec<Range<u64>>, NotCanonical> {
    let mut runs = Vec::with_capacity(pairs.len());
    let mut before = 0;
    for (gap, len) in pairs {
        if len == 0 || (gap == 0 && !runs.is_empty()) {
            return Err(NotCanonical);
        }
        let start = u64::checked_add(before, gap).ok_or(NotCanonical)?;
        before = start.checked_add(len).ok_or(NotCanonical)?;
        runs.push(start..before);
    }
    Ok(runs)
}

/// The runs of a set.
enum Runs<'a> {
    Listed(std::slice::Iter<'a, Range<u64>>),
    Bits { base: u64, bits: &'a [u8], at: u64 },
}

impl Iterator for Runs<'_> {
    type Item = Range<u64>;

    fn next(&mut self) -> Option<Range<u64>> {
        match self {
            Self::Listed(runs) => runs.next().cloned(),
            Self::Bits { base, bits, at } => {
                let start = find(bits, *at, true)?;
                let end = find(bits, start, false).unwrap_or(bits.len() as u64 * 8);
                *at = end;
                Some(*base + start..*base + end)
            }
        }
    }
}

/// Returns the first bit from a place on that is set, or that is not.
fn find(bits: &[u8], from: u64, set: bool) -> Option<u64> {
    let first = usize::try_from(from / 8).ok()?;
    let mut mask = u8::MAX << (from % 8);
    for (place, byte) in bits.iter().enumerate().skip(first) {
        let wanted = (if set { *byte } else { !*byte }) & mask;
        if wanted != 0 {
            return Some(place as u64 * 8 + u64::from(wanted.trailing_zeros()));
        }
        mask = u8::MAX;
    }
    None
}

/// How long the encoding of a set is, in both forms, without making one.
#[derive(Debug, Default)]
pub(super) struct Measure {
    first: Option<u64>,
    end: u64,
    count: u64,
    pairs: u64,
}

impl Measure {
    /// Measures the set of these runs, sorted and apart.
    pub(super) fn of(runs: impl IntoIterator<Item = Range<u64>>) -> Self {
        let mut measure = Self::default();
        for run in runs {
            measure.first.get_or_insert(run.start);
            measure.pairs += varint_len(run.start - measure.end) + varint_len(run.end - run.start);
            measure.end = run.end;
            measure.count += 1;
        }
        measure
    }

    /// Returns the bytes of the encoding.
    pub(super) fn bytes(&self) -> u64 {
        1 + if self.is_bitmap() { self.bitmap_bytes() } else { self.runs_bytes() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    fn is_bitmap(&self) -> bool {
        !self.is_empty() && self.bitmap_bytes() < self.runs_bytes()
    }

    const fn runs_bytes(&self) -> u64 {
        varint_len(self.count) + self.pairs
    }

    fn bitmap_len(&self) -> u64 {
        self.first.map_or(0, |first| (self.end - first).div_ceil(8))
    }

    fn bitmap_bytes(&self) -> u64 {
        varint_len(self.first.unwrap_or(0)) + varint_len(self.bitmap_len()) + self.bitmap_len()
    }
}

/// Returns the bytes of an integer in postcard.
pub(super) const fn varint_len(value: u64) -> u64 {
    (64 - (value | 1).leading_zeros()).div_ceil(7) as u64
}
