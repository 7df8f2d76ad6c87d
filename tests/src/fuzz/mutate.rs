//! Damage: one change to an input, by what kind of file it is.
//!
//! Most changes know the form of a file, so that they get past its first checks; the rest are
//! changes of bytes. Rarely an input swells to megabytes, since that is where time and memory that
//! grow faster than the input show.

#![expect(clippy::ptr_arg, reason = "mutations have one type, and most change the length")]

mod bytes;
mod footer;
mod text;
mod words;
mod zip;

use fastrand::Rng;

use super::target::Kind;

/// A change in place; `other` is another kept input to take parts from.
type Change = fn(&mut Vec<u8>, other: &[u8], words: &[&str], random: &mut Rng);

/// Largest input, in bytes, before it is cut again.
const MAX_BYTES: usize = 4 << 20;

/// One change in so many is one that swells.
const SWELL_ONCE_IN: u32 = 2_000;

/// Changes an input once.
pub fn mutate(kind: Kind, input: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    let (formed, words): (&[Change], &[&str]) = match kind {
        Kind::Las => (text::CHANGES, words::LAS),
        Kind::Table => (text::CHANGES, words::TABLE),
        Kind::Mapping => (text::CHANGES, words::MAPPING),
        Kind::Xlsx => (zip::CHANGES, words::XML),
        Kind::Parquet => (footer::CHANGES, &[]),
        Kind::Wire | Kind::Accept => (bytes::CHANGES, &[]),
    };
    let changes = if random.u8(..5) == 0 { bytes::CHANGES } else { formed };
    let swells = matches!(kind, Kind::Las | Kind::Table | Kind::Mapping) && random.u32(..SWELL_ONCE_IN) == 0;
    let changes = if swells { text::SWELLS } else { changes };
    if let Some(change) = random.choice(changes) {
        change(input, other, words, random);
    }
    input.truncate(MAX_BYTES);
}

/// Returns a place in so many bytes; 0 when there are none.
fn place(length: usize, random: &mut Rng) -> usize {
    if length == 0 { 0 } else { random.usize(..length) }
}

/// Returns a stretch of so many bytes, mostly a short one.
fn stretch(length: usize, random: &mut Rng) -> std::ops::Range<usize> {
    let start = place(length, random);
    let most = if random.u8(..4) == 0 { length - start } else { (length - start).min(32) };
    start..start + if most == 0 { 0 } else { random.usize(..=most) }
}
