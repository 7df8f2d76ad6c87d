//! Changes of texts: lines, cells, numbers, delimiters, quotes, encodings.

use std::ops::Range;

use fastrand::Rng;

use super::{Change, MAX_BYTES, place, stretch};

/// What may stand between two cells.
const DELIMITERS: &[u8] = b" ,;\t|";

pub(super) const CHANGES: &[Change] = &[
    insert_word,
    insert_word,
    insert_word,
    replace_cell,
    replace_cell,
    replace_cell,
    drop_cell,
    double_cell,
    glue_cells,
    insert_delimiter,
    change_delimiters,
    spell_number,
    spell_number,
    swap_point,
    quote,
    drop_line,
    double_line,
    move_line,
    swap_lines,
    change_line_ends,
    change_case,
    encode,
    splice_lines,
    graft_lines,
    cut_lines,
];

/// Changes that make an input large.
pub(super) const SWELLS: &[Change] = &[swell_line, swell_rows, swell_cell, swell_columns, swell_all];

/// Returns the line that a byte stands in, its end included.
fn line_at(input: &[u8], at: usize) -> Range<usize> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let start = input[..at].iter().rposition(is_end).map_or(0, |end| end + 1);
    let end = input[at..].iter().position(is_end).map_or(input.len(), |end| at + end + 1);
    start..end
}

fn line(input: &[u8], random: &mut Rng) -> Range<usize> {
    line_at(input, place(input.len(), random))
}

/// Returns a stretch without blanks and delimiters.
fn cell(input: &[u8], random: &mut Rng) -> Range<usize> {
    let at = place(input.len(), random);
    let parts = |byte: &u8| byte.is_ascii_whitespace() || DELIMITERS.contains(byte);
    let start = input[..at].iter().rposition(parts).map_or(0, |end| end + 1);
    let end = input[at..].iter().position(parts).map_or(input.len(), |end| at + end);
    start..end
}

/// Returns a number as somebody might spell it.
fn number(random: &mut Rng) -> String {
    let size = random.i32(-3..20);
    let value = (random.f64() - 0.3) * 10_f64.powi(size);
    match random.u8(..12) {
        0 => format!("{value:e}"),
        1 => format!("{value:.1}").replace('.', ","),
        2 => "9".repeat(random.usize(1..400)),
        3 => format!("0.{}1", "0".repeat(random.usize(1..400))),
        4 => format!("{}e{}", random.u8(..10), random.i32(-400..400)),
        5 => random.i64(..).to_string(),
        6 => f64::from_bits(random.u64(..)).to_string(),
        7 => format!("{:+}", random.i32(-100..100)),
        8 => "-".repeat(random.usize(1..40)),
        9 => random.i32(-5..2_000).to_string(),
        _ => format!("{value:.2}"),
    }
}

fn insert_word(input: &mut Vec<u8>, _other: &[u8], words: &[&str], random: &mut Rng) {
    let word = random.choice(words).copied().unwrap_or(" ");
    // A word that is a line stands on a line of its own.
    let own = word.starts_with('\n');
    let at = if own { line(input, random).start } else { place(input.len() + 1, random) };
    let text = if own { format!("{}\n", word.trim_start_matches('\n')) } else { word.to_owned() };
    input.splice(at..at, text.into_bytes());
}

fn replace_cell(input: &mut Vec<u8>, other: &[u8], words: &[&str], random: &mut Rng) {
    let text = match random.u8(..4) {
        0 => random.choice(words).map_or_else(Vec::new, |word| word.as_bytes().to_vec()),
        1 => other[cell(other, random)].to_vec(),
        2 => number(random).into_bytes(),
        _ => input[cell(input, random)].to_vec(),
    };
    let cell = cell(input, random);
    input.splice(cell, text);
}

fn drop_cell(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let cell = cell(input, random);
    input.drain(cell);
}

fn double_cell(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let cell = cell(input, random);
    let delimiter = random.choice(DELIMITERS).copied().unwrap_or(b' ');
    let again = [&[delimiter], &input[cell.clone()]].concat();
    input.splice(cell.end..cell.end, again);
}

fn glue_cells(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let end = cell(input, random).end;
    let blanks = input[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    input.drain(end..end + blanks);
}

fn insert_delimiter(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let at = place(input.len() + 1, random);
    let delimiter = random.choice(DELIMITERS).copied().unwrap_or(b' ');
    input.insert(at, delimiter);
}

/// One delimiter for another, in a line, from a line on, or everywhere.
fn change_delimiters(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let mut one = || random.choice(DELIMITERS).copied().unwrap_or(b' ');
    let (from, to) = (one(), one());
    let line = line(input, random);
    let part = match random.u8(..3) {
        0 => line,
        1 => line.start..input.len(),
        _ => 0..input.len(),
    };
    input[part].iter_mut().filter(|byte| **byte == from).for_each(|byte| *byte = to);
}

fn spell_number(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let at = place(input.len(), random);
    let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+');
    let Some(start) = input[at..].iter().position(u8::is_ascii_digit).map(|start| at + start) else { return };
    let end = input[start..].iter().position(|byte| !is_part(byte)).map_or(input.len(), |end| start + end);
    input.splice(start..end, number(random).into_bytes());
}

fn swap_point(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let part = if random.bool() { line(input, random) } else { 0..input.len() };
    for byte in &mut input[part] {
        *byte = match *byte {
            b'.' => b',',
            b',' => b'.',
            byte => byte,
        };
    }
}

fn quote(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let part = if random.bool() { cell(input, random) } else { stretch(input.len(), random) };
    let mark = if random.u8(..4) == 0 { b'\'' } else { b'"' };
    if random.u8(..3) > 0 {
        input.insert(part.end, mark);
    }
    input.insert(part.start, mark);
}

fn drop_line(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let line = line(input, random);
    input.drain(line);
}

fn double_line(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let line = line(input, random);
    let count = if random.u8(..8) == 0 { random.usize(1..60) } else { 1 };
    let again = input[line.clone()].repeat(count);
    input.splice(line.start..line.start, again);
}

fn move_line(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let from = line(input, random);
    let text: Vec<u8> = input.drain(from).collect();
    let to = line(input, random).start;
    input.splice(to..to, text);
}

fn swap_lines(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let (one, other) = (line(input, random), line(input, random));
    if one.end <= other.start {
        let part = [&input[other.clone()], &input[one.end..other.start], &input[one.clone()]].concat();
        input.splice(one.start..other.end, part);
    }
}

fn change_line_ends(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let ends: [&[u8]; 4] = [b"\n", b"\r\n", b"\r", b"\n\r"];
    let all = random.choice(ends).unwrap_or(b"\n");
    let mixed = random.u8(..4) == 0;
    let parts = input.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec());
    let mut text: Vec<u8> = Vec::with_capacity(input.len());
    for (number, part) in parts.enumerate() {
        if number > 0 {
            text.extend_from_slice(if mixed { random.choice(ends).unwrap_or(b"\n") } else { all });
        }
        text.extend(part);
    }
    *input = text;
}

fn change_case(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let line = line(input, random);
    if random.bool() { input[line].make_ascii_uppercase() } else { input[line].make_ascii_lowercase() }
}

/// Another encoding for all of it, or a mark that claims one.
fn encode(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let text = String::from_utf8_lossy(input).into_owned();
    let marks: [&[u8]; 4] = [b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF", b"\0\0\xFE\xFF"];
    match random.u8(..8) {
        0 => *input = text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        1 => *input = text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        2 => *input = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        3 => *input = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        // One byte a letter, as code pages have it.
        4 => *input = text.chars().map(|c| u8::try_from(u32::from(c) & 0xFF).unwrap_or(b'?')).collect(),
        _ => {}
    }
    if random.bool() {
        input.splice(0..0, random.choice(marks).unwrap_or_default().iter().copied());
    }
}

fn splice_lines(input: &mut Vec<u8>, other: &[u8], _words: &[&str], random: &mut Rng) {
    let (cut, from) = (line(input, random).start, line(other, random).start);
    input.truncate(cut);
    input.extend_from_slice(&other[from..]);
}

fn graft_lines(input: &mut Vec<u8>, other: &[u8], _words: &[&str], random: &mut Rng) {
    let at = line(input, random).start;
    let (one, two) = (line(other, random), line(other, random));
    let part = &other[one.start.min(two.start)..one.end.max(two.end)];
    input.splice(at..at, part.iter().copied());
}

fn cut_lines(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let (one, two) = (line(input, random), line(input, random));
    input.drain(one.start.min(two.start)..one.end.max(two.end));
}

/// Puts a part in so often that it comes to some size between 64 KiB and all there may be.
fn repeat(input: &mut Vec<u8>, part: &[u8], at: usize, random: &mut Rng) {
    let room = MAX_BYTES.saturating_sub(input.len()) >> random.u32(..7);
    let again = part.repeat(room / part.len().max(1));
    input.splice(at..at, again);
}

/// A line without end.
fn swell_line(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let part: Vec<u8> =
        input[stretch(input.len(), random)].iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let at = place(input.len() + 1, random);
    repeat(input, &part, at, random);
}

/// Lines without end.
fn swell_rows(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let line = line(input, random);
    let (start, part) = (line.start, input[line].to_vec());
    repeat(input, &part, start, random);
}

/// One cell that is all.
fn swell_cell(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let cell = cell(input, random);
    let (end, part) = (cell.end, input[cell].to_vec());
    repeat(input, &part, end, random);
}

/// Columns without end, in all lines alike.
fn swell_columns(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let lines = input.split(|&byte| byte == b'\n').count();
    let delimiter = random.choice(DELIMITERS).copied().unwrap_or(b' ');
    let most = MAX_BYTES / lines.max(1) / 2;
    let columns = random.usize(..=most.max(1)).min(100_000);
    let more = [delimiter, b'1'].repeat(columns);
    *input = input.split(|&byte| byte == b'\n').map(|line| [line, &more].concat()).collect::<Vec<_>>().join(&b'\n');
}

/// Everything again and again.
fn swell_all(input: &mut Vec<u8>, _other: &[u8], _words: &[&str], random: &mut Rng) {
    let (part, end) = (input.clone(), input.len());
    repeat(input, &part, end, random);
}
