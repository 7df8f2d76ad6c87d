//! Changes of bytes, whatever they mean.

use fastrand::Rng;

use super::{Change, place, stretch};

/// Bytes at the edges of what bytes can mean.
const EDGES: [u8; 12] = [0, 1, 0x09, 0x0A, 0x0D, 0x1A, 0x20, 0x7F, 0x80, 0xC3, 0xFE, 0xFF];

pub(super) const CHANGES: &[Change] =
    &[flip, set, insert, remove, double, overwrite, truncate, splice, graft, shift_halves];

fn flip(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let at = place(input.len(), random);
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << random.u8(..8);
    }
}

fn set(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let at = place(input.len(), random);
    if let Some(byte) = input.get_mut(at) {
        *byte = if random.bool() { random.u8(..) } else { random.choice(EDGES).unwrap_or_default() };
    }
}

fn insert(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let at = place(input.len() + 1, random);
    let byte = if random.bool() { random.u8(..) } else { random.choice(EDGES).unwrap_or_default() };
    let count = if random.u8(..8) == 0 { random.usize(..300) } else { 1 };
    input.splice(at..at, std::iter::repeat_n(byte, count));
}

fn remove(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    input.drain(stretch(input.len(), random));
}

fn double(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let part = input[stretch(input.len(), random)].to_vec();
    let at = place(input.len() + 1, random);
    input.splice(at..at, part);
}

fn overwrite(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let part = input[stretch(input.len(), random)].to_vec();
    let at = place(input.len() + 1, random);
    let end = (at + part.len()).min(input.len());
    input.splice(at..end, part);
}

fn truncate(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    input.truncate(place(input.len(), random));
}

/// The beginning of one, the end of another.
fn splice(input: &mut Vec<u8>, other: &[u8], _words: &[&str], random: &mut Rng) {
    input.truncate(place(input.len() + 1, random));
    input.extend_from_slice(&other[place(other.len() + 1, random)..]);
}

/// A part of another within.
fn graft(input: &mut Vec<u8>, other: &[u8], _words: &[&str], random: &mut Rng) {
    let at = place(input.len() + 1, random);
    let part = &other[stretch(other.len(), random)];
    input.splice(at..at, part.iter().copied());
}

fn shift_halves(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let at = place(input.len(), random);
    input.rotate_left(at);
}
