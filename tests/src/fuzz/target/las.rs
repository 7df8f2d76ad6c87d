//! LAS files: bytes → reading → tables, and reading → bytes → reading.

use dataforge_las::{
    Column, DataSet, Delimiter, LasVersion, LineEnd, LogFile, NullPolicy, NumberForm, ReadError, ReadOptions, Reading,
    SetKind, Values, WriteOptions, read, read_header, write,
};
use dataforge_node::ingest::prepare;
use fastrand::Rng;

use super::{Scratch, Target, check_whole, note_set, random_of, same_values};
use crate::fuzz::Outcome;

/// Names of encodings that are asked for, one of them unknown.
const ENCODINGS: [&str; 9] =
    ["utf-8", "windows-1251", "cp866", "koi8-r", "latin1", "utf-16le", "utf-32", "shift_jis", "morse"];

/// Once in so many runs a reading goes the whole way to a table.
const PREPARED_ONCE_IN: u64 = 4;

/// The target.
#[derive(Debug, Default)]
pub(super) struct Las {
    scratch: Scratch,
}

impl Target for Las {
    fn run(&mut self, input: &[u8]) -> Outcome {
        let mut outcome = Outcome::default();
        let mut random = random_of(input);
        let plain = read_with(input, &ReadOptions::default(), &mut outcome);
        check_strict(input, plain.as_ref());
        check_header(input, plain.as_ref(), &mut outcome);
        if let Some(reading) = &plain {
            check_written(&reading.file, &mut random, &mut outcome);
            if random.u64(..PREPARED_ONCE_IN) == 0 {
                // Wells and tables make notices of their own.
                match prepare(input, reading) {
                    Ok(prepared) => self.scratch.check(&prepared),
                    Err(error) => outcome.note_variant("not prepared", &error),
                }
            }
        }
        drop(plain);
        let encoding = random.bool().then(|| random.choice(ENCODINGS).unwrap_or_default().to_owned());
        let options = ReadOptions { strict: false, encoding, nulls: policy(&mut random) };
        if let Some(reading) = read_with(input, &options, &mut Outcome::default()) {
            check_written(&reading.file, &mut random, &mut Outcome::default());
        }
        outcome
    }
}

fn policy(random: &mut Rng) -> NullPolicy {
    match random.u8(..5) {
        0 => NullPolicy::Header,
        1 => NullPolicy::None,
        2 => NullPolicy::Common,
        3 => NullPolicy::Aggressive,
        _ => NullPolicy::Also(["7", "-1e3", "x", "SAND", ""].map(str::to_owned).to_vec()),
    }
}

fn read_with(input: &[u8], options: &ReadOptions, outcome: &mut Outcome) -> Option<Reading> {
    let reading = match read(input, options) {
        Ok(reading) => reading,
        Err(error) => {
            outcome.note_variant("error", &error);
            if let ReadError::TooLarge { what, .. } = error {
                outcome.note("too large", what);
            }
            return None;
        }
    };
    outcome.note("encoding", &reading.file.encoding);
    outcome.note("delimiter", reading.file.version.delimiter.word());
    outcome.note("flags", (reading.file.version.wrapped, reading.file.version.null.is_some()));
    outcome.note_size("sections", reading.file.sections.len());
    outcome.note_size("sets", reading.file.data.len());
    for set in &reading.file.data {
        check_whole(set);
        note_set(outcome, set);
        outcome.note_variant("set", &set.kind);
        outcome.note_size("arrays", set.arrays().count());
        outcome.note_size("comments", set.comments.len());
    }
    outcome.note_size("notices", reading.report.notices.len());
    for notice in &reading.report.notices {
        outcome.note("notice", notice.kind);
        outcome.note_words("message", &notice.message);
    }
    Some(reading)
}

/// Checks that a strict reading is one without notices, and otherwise an error that names its place.
fn check_strict(input: &[u8], plain: Option<&Reading>) {
    let strict = read(input, &ReadOptions { strict: true, ..ReadOptions::default() });
    match (plain, strict) {
        (Some(plain), Ok(strict)) => {
            assert_eq!(plain.report.seen, 0, "strict passes over {:?}", plain.report.notices);
            assert_eq!(strict.file.data.len(), plain.file.data.len(), "strict reads other sets");
        }
        (Some(plain), Err(error)) => assert!(plain.report.seen > 0, "strict finds what is no notice: {error}"),
        (None, Ok(_)) => panic!("strict reads what is refused otherwise"),
        (None, Err(_)) => {}
    }
}

/// Checks that the header alone is read without rows.
fn check_header(input: &[u8], plain: Option<&Reading>, outcome: &mut Outcome) {
    match (read_header(input, &ReadOptions::default()), plain) {
        (Ok(header), Some(whole)) => {
            assert!(header.file.data.is_empty(), "a header with rows");
            outcome.note("header", header.file.sections.len() == whole.file.sections.len());
        }
        (Ok(_), None) => outcome.note("header", "alone"),
        (Err(error), _) => outcome.note_variant("header", &error),
    }
}

fn write_options(random: &mut Rng) -> WriteOptions {
    let one = |random: &mut Rng, in_all: u8| random.u8(..in_all) == 0;
    let delimiters = [Delimiter::Space, Delimiter::Comma, Delimiter::Tab];
    WriteOptions {
        version: random.choice([LasVersion::V1_2, LasVersion::V2_0, LasVersion::V3_0]).unwrap_or_default(),
        wrapped: one(random, 4),
        delimiter: if one(random, 2) { random.choice(delimiters) } else { None },
        null: one(random, 6).then(|| random.choice(["-9999", "NaN", "", "-", "1E30"]).unwrap_or_default().to_owned()),
        numbers: if one(random, 8) { NumberForm::Decimals(random.u8(..)) } else { NumberForm::Shortest },
        line_end: if random.bool() { LineEnd::Lf } else { LineEnd::CrLf },
        data_set: one(random, 8).then(|| random.usize(..3)),
    }
}

/// Checks that what is written is read back with the same values.
fn check_written(file: &LogFile, random: &mut Rng, outcome: &mut Outcome) {
    let options = write_options(random);
    let mut bytes = Vec::new();
    let report = match write(file, &options, &mut bytes) {
        Ok(report) => report,
        Err(error) => {
            assert!(bytes.is_empty(), "refused, and begun nevertheless: {error}");
            outcome.note_variant("not written", &error);
            return;
        }
    };
    assert_eq!(report.bytes, bytes.len() as u64, "bytes as counted");
    outcome.note_size("left out", report.left_out.len());
    report.updated.iter().for_each(|updated| outcome.note("updated", (&updated.mnemonic, updated.from.is_some())));
    report.notes.iter().for_each(|note| outcome.note_words("note", note));
    let again = match read(&bytes, &ReadOptions::default()) {
        Ok(again) => again.file,
        Err(error) => panic!("what was written is not read: {error}\n{}", String::from_utf8_lossy(&bytes)),
    };
    if options.numbers != NumberForm::Shortest {
        return;
    }
    let is_3 = options.version == LasVersion::V3_0;
    let log = file.data.iter().position(|set| set.kind == SetKind::Log).unwrap_or_default();
    let chosen = options.data_set.unwrap_or(log);
    let sets = if is_3 { &file.data[..] } else { &file.data[chosen..=chosen] };
    assert_eq!(again.data.len(), sets.len(), "sets as written\n{}", String::from_utf8_lossy(&bytes));
    for set in sets {
        // Logs are written last, so sets are found by what they hold.
        let found = again.data.iter().any(|other| same_set(set, other, is_3));
        assert!(found, "{set:?}\n is not in\n{}", String::from_utf8_lossy(&bytes));
    }
}

fn same_set(one: &DataSet, other: &DataSet, is_3: bool) -> bool {
    let same = |(one, other): (&Column, &Column)| {
        let (one, other) = (&one.values, &other.values);
        same_values(one, other) || !is_3 && same_as_numbers(one, other)
    };
    one.columns.len() == other.columns.len() && one.columns.iter().zip(&other.columns).all(same)
}

/// Whether words that all look like numbers became numbers, as they do in LAS without formats.
fn same_as_numbers(words: &Values, numbers: &Values) -> bool {
    let (Values::Text(words), Values::Number(numbers)) = (words, numbers) else { return false };
    let same = |(word, number): (&Option<String>, &f64)| match word {
        Some(word) => word.parse::<f64>().is_ok_and(|word| word == *number),
        None => number.is_nan(),
    };
    words.iter().zip(numbers).all(same)
}
