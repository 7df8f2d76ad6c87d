//! Changes of Parquet files, most of them where the footer says what the rest means.

use fastrand::Rng;

use super::{Change, bytes, place};

pub(super) const CHANGES: &[Change] =
    &[in_footer, in_footer, in_footer, edge_in_footer, edge_in_footer, footer_length, other_footer, in_pages];

/// The mark at both ends.
const MAGIC: &[u8] = b"PAR1";

/// Returns where the footer begins, by the length that stands behind it.
fn footer_start(input: &[u8]) -> usize {
    let end = input.len().saturating_sub(8);
    let length = input.get(end..).and_then(|tail| tail.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes));
    end.saturating_sub(length as usize)
}

/// Writes the length of the footer, and the mark, as they should be.
fn finish(input: &mut Vec<u8>, footer: usize) {
    let length = u32::try_from(input.len().saturating_sub(footer)).unwrap_or(u32::MAX);
    input.extend_from_slice(&length.to_le_bytes());
    input.extend_from_slice(MAGIC);
}

/// Changes bytes of the footer and makes its length fit again.
fn in_footer(input: &mut Vec<u8>, other: &[u8], words: &[&str], random: &mut Rng) {
    let (start, end) = (footer_start(input), input.len().saturating_sub(8));
    let mut footer = input[start.min(end)..end].to_vec();
    if let Some(change) = random.choice(bytes::CHANGES) {
        change(&mut footer, &other[footer_start(other)..], words, random);
    }
    input.truncate(start);
    input.extend(footer);
    finish(input, start);
}

/// Sets a number of the footer to one at the edge: numbers are zigzag, seven bits a byte.
fn edge_in_footer(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let edges: [&[u8]; 8] = [
        b"\0",
        b"\x01",
        b"\x02",
        b"\x7F",
        b"\xFF\xFF\xFF\xFF\x0F",
        b"\xFE\xFF\xFF\xFF\x0F",
        b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
        b"\x80\x80\x80\x80\x08",
    ];
    let (start, end) = (footer_start(input), input.len().saturating_sub(8));
    let edge = random.choice(edges).unwrap_or_default();
    let at = start + place(end.saturating_sub(start), random);
    let old = input.get(at..end).map_or(0, |rest| rest.iter().take_while(|&&byte| byte >= 0x80).count() + 1);
    input.truncate(end);
    input.splice(at..(at + old).min(end), edge.iter().copied());
    finish(input, start);
}

fn footer_length(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let length = if random.bool() { random.u32(..) } else { random.u32(..2_000) };
    let at = input.len().saturating_sub(8);
    if let Some(bytes) = input.get_mut(at..at + 4) {
        bytes.copy_from_slice(&length.to_le_bytes());
    }
}

/// The pages of one, the footer of another.
fn other_footer(input: &mut Vec<u8>, other: &[u8], _words: &[&str], random: &mut Rng) {
    let start = if random.bool() { footer_start(input) } else { place(input.len() + 1, random) };
    input.truncate(start);
    input.extend_from_slice(&other[footer_start(other)..]);
}

fn in_pages(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let at = place(footer_start(input), random);
    if let Some(byte) = input.get_mut(at) {
        *byte = random.u8(..);
    }
}
