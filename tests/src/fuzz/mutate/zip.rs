//! Changes of zips: fields of their records, and what their parts are called and hold.

use std::io::{Cursor, Read as _, Write as _};

use fastrand::Rng;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{Change, place, text};

pub(super) const CHANGES: &[Change] =
    &[field, field, field, field_of_another, record, record, in_part, in_part, in_part, parts, parts];

/// Most parts of a zip that is written anew, and bytes of each.
const MAX_PARTS: usize = 40;
const MAX_PART_BYTES: u64 = 1 << 20;

/// The mark of a record, and place and length of its fields.
type Record = (&'static [u8], &'static [(usize, usize)]);

/// Records of a zip: their mark, and where their fields stand with how many bytes each has.
const RECORDS: [Record; 6] = [
    // In front of each part.
    (b"PK\x03\x04", &[(4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)]),
    // The line of a part in the list at the end.
    (b"PK\x01\x02", &[(6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (34, 2), (42, 4)]),
    // The end.
    (b"PK\x05\x06", &[(4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)]),
    // The end of a large zip, and where it is.
    (b"PK\x06\x06", &[(4, 8), (24, 8), (32, 8), (40, 8), (48, 8)]),
    (b"PK\x06\x07", &[(4, 4), (8, 8), (16, 4)]),
    // Sizes behind a part.
    (b"PK\x07\x08", &[(4, 4), (8, 4), (12, 4)]),
];

/// Names of parts, some of which no workbook may have.
const NAMES: [&str; 16] = [
    "xl/workbook.xml",
    "XL/Workbook.xml",
    "xl/workbook.bin",
    "content.xml",
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
    "_rels/.rels",
    "[Content_Types].xml",
    "../x.xml",
    "/x.xml",
    "a\\b.xml",
    "c:x.xml",
    "a/./b//c.xml",
    "x\u{202e}lmx.",
    "",
];

/// Returns where the records stand that have a mark.
fn records(input: &[u8]) -> Vec<(usize, &'static [(usize, usize)])> {
    let starts = input.windows(4).enumerate().filter(|(_, bytes)| bytes.starts_with(b"PK"));
    let record = |bytes: &[u8]| RECORDS.iter().find(|(mark, _)| *mark == bytes).map(|(_, fields)| *fields);
    starts.filter_map(|(at, bytes)| Some((at, record(bytes)?))).collect()
}

/// Returns a field of some record.
fn any_field(input: &[u8], random: &mut Rng) -> Option<std::ops::Range<usize>> {
    let (at, fields) = random.choice(records(input))?;
    let (offset, size) = random.choice(fields)?;
    let field = at + offset..at + offset + size;
    (field.end <= input.len()).then_some(field)
}

fn field(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let Some(field) = any_field(input, random) else { return };
    let mut bytes = [0; 8];
    bytes[..field.len()].copy_from_slice(&input[field.clone()]);
    let old = u64::from_le_bytes(bytes);
    let value = match random.u8(..9) {
        0 => 0,
        1 => u64::MAX,
        2 => old.wrapping_add(1),
        3 => old.wrapping_sub(1),
        4 => old.wrapping_mul(2),
        5 => input.len() as u64,
        6 => 1 << random.u8(..64),
        7 => place(input.len(), random) as u64,
        _ => random.u64(..),
    };
    let size = field.len();
    input[field].copy_from_slice(&value.to_le_bytes()[..size]);
}

/// Lets a field say what another one of its size says.
fn field_of_another(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let (Some(to), Some(from)) = (any_field(input, random), any_field(input, random)) else { return };
    if to.len() == from.len() {
        let value = input[from].to_vec();
        input[to].copy_from_slice(&value);
    }
}

/// Doubles, drops or moves what stands between two records.
fn record(input: &mut Vec<u8>, other: &[u8], _words: &[&str], random: &mut Rng) {
    let starts: Vec<usize> = records(input).into_iter().map(|(at, _)| at).chain([input.len()]).collect();
    let number = place(starts.len() - 1, random);
    let Some((start, end)) = starts.get(number).copied().zip(starts.get(number + 1).copied()) else { return };
    let part = match random.u8(..4) {
        0 => other.to_vec(),
        1 => {
            input.drain(start..end);
            return;
        }
        _ => input[start..end].to_vec(),
    };
    let to = random.choice(starts).unwrap_or_default();
    input.splice(to..to, part);
}

type Part = (String, Vec<u8>);

/// Returns the parts of a zip as far as they can be read.
fn read_parts(input: &[u8]) -> Option<Vec<Part>> {
    let mut archive = ZipArchive::new(Cursor::new(input)).ok()?;
    let mut parts = Vec::new();
    for number in 0..archive.len().min(MAX_PARTS) {
        let Ok(part) = archive.by_index(number) else { continue };
        let Ok(name) = part.name().map(|name| name.into_owned()) else { continue };
        let mut bytes = Vec::new();
        // What is damaged comes as far as it goes.
        let _complete = part.take(MAX_PART_BYTES).read_to_end(&mut bytes).is_ok();
        parts.push((name, bytes));
    }
    (!parts.is_empty()).then_some(parts)
}

fn write_parts(parts: &[Part], random: &mut Rng) -> Option<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let methods = [CompressionMethod::Deflated, CompressionMethod::Stored];
        let options = SimpleFileOptions::default()
            .compression_method(random.choice(methods).unwrap_or_default())
            .large_file(random.u8(..8) == 0);
        writer.start_file(&**name, options).ok()?;
        writer.write_all(bytes).ok()?;
    }
    writer.finish().ok().map(Cursor::into_inner)
}

/// Changes what a part holds.
fn in_part(input: &mut Vec<u8>, other: &[u8], words: &[&str], random: &mut Rng) {
    let Some(mut parts) = read_parts(input) else { return };
    let number = place(parts.len(), random);
    let other = read_parts(other).and_then(|parts| random.choice(parts)).map(|(_, bytes)| bytes).unwrap_or_default();
    if let Some((_, bytes)) = parts.get_mut(number) {
        if random.u8(..30) == 0 {
            deepen(bytes, random);
        } else if let Some(change) = random.choice(text::CHANGES) {
            change(bytes, &other, words, random);
        }
        bytes.truncate(MAX_PART_BYTES as usize);
    }
    *input = write_parts(&parts, random).unwrap_or_default();
}

/// Nests elements, or repeats a stretch until the part would inflate to much.
fn deepen(bytes: &mut Vec<u8>, random: &mut Rng) {
    let at = place(bytes.len() + 1, random);
    let (piece, count): (&[u8], usize) = match random.u8(..4) {
        0 => (b"<a>", random.usize(100..200)),
        1 => (b"\0", random.usize(1 << 10..1 << 20)),
        2 => (b"<a></a>", random.usize(..10_000)),
        _ => (b"<!-", random.usize(..1_000)),
    };
    bytes.splice(at..at, piece.repeat(count));
}

/// Drops, doubles, renames parts, or takes one from another zip.
fn parts(input: &mut Vec<u8>, other: &[u8], _words: &[&str], random: &mut Rng) {
    let Some(mut parts) = read_parts(input) else { return };
    let number = place(parts.len(), random);
    match random.u8(..5) {
        0 => drop(parts.remove(number)),
        1 => parts[number].0 = random.choice(NAMES).unwrap_or_default().to_owned(),
        2 => {
            let (name, bytes) = parts[number].clone();
            parts.push((format!("{name}{}", random.u8(..)), bytes));
        }
        3 => parts[number].0 = parts[number].0.repeat(random.usize(1..60)),
        _ => parts.extend(read_parts(other).and_then(|parts| random.choice(parts))),
    }
    *input = write_parts(&parts, random).unwrap_or_default();
}
