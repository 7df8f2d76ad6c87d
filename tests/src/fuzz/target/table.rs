//! Tables of text: bytes → cells → preview → mapping → the same tables again → Parquet.

use dataforge_las::Values;
use dataforge_node::ingest::prepare_tables;
use dataforge_node::ingest::tabular::{
    Decimal, Format, Mapping, MappingError, ReadTableError, SourceMapping, TableReading, preview, read, read_text,
};
use fastrand::Rng;

use super::{Scratch, Target, check_whole, note_set, random_of, same_values};
use crate::fuzz::Outcome;

/// Once in so many runs tables go the whole way.
const PREPARED_ONCE_IN: u64 = 4;

/// The target.
#[derive(Debug, Default)]
pub(super) struct Table {
    scratch: Scratch,
}

impl Target for Table {
    fn run(&mut self, input: &[u8]) -> Outcome {
        let mut outcome = Outcome::default();
        let mut random = random_of(input);
        let guessed = check(input, &SourceMapping::default(), &mut outcome);
        if let Some(reading) = guessed
            && random.u64(..PREPARED_ONCE_IN) == 0
        {
            match prepare_tables(input, &reading) {
                Ok(prepared) => self.scratch.check(&prepared),
                Err(error) => outcome.note_variant("not prepared", &error),
            }
        }
        check(input, &source(&mut random), &mut Outcome::default());
        outcome
    }
}

/// Returns something that a mapping might say of a source.
fn source(random: &mut Rng) -> SourceMapping {
    let formats = [Format::Csv, Format::Semicolon, Format::Tsv, Format::Pipe, Format::Spaces, Format::Fixed];
    let encodings = ["utf-8", "windows-1251", "ibm866", "utf-16be", "morse"];
    SourceMapping {
        format: if random.bool() { random.choice(formats) } else { None },
        encoding: (random.u8(..4) == 0).then(|| random.choice(encodings).unwrap_or_default().to_owned()),
        widths: if random.u8(..6) == 0 { vec![8, 0, 1, u32::MAX] } else { Vec::new() },
        quotes: if random.bool() { Some(random.bool()) } else { None },
        decimal: if random.bool() { random.choice([Decimal::Point, Decimal::Comma]) } else { None },
        thousands: if random.u8(..4) == 0 { random.choice(['.', ',', ' ', '\'', 'µ', '5']) } else { None },
        nulls: if random.u8(..4) == 0 { vec!["-999.25".to_owned(), "x".to_owned(), String::new()] } else { Vec::new() },
        utc_offset_minutes: if random.u8(..4) == 0 { Some(random.i32(..)) } else { None },
        keep_apostrophes: if random.bool() { Some(random.bool()) } else { None },
        ..SourceMapping::default()
    }
}

/// Reads an input, and again by the mapping that its preview gives.
fn check(input: &[u8], source: &SourceMapping, outcome: &mut Outcome) -> Option<TableReading> {
    let book = match read_text(input, source) {
        Ok(book) => book,
        Err(error) => {
            outcome.note_variant("error", &error);
            return None;
        }
    };
    outcome.note_variant("format", &book.format);
    let asked = Mapping { source: source.clone(), tables: Vec::new() };
    let reading = read(&book, &asked);
    let shown = preview(&book, &asked);
    let (reading, shown) = match (reading, shown) {
        (Ok(reading), Ok(shown)) => (reading, shown),
        (Err(error), _) => {
            outcome.note_variant("unread", &error);
            return None;
        }
        (Ok(_), Err(error)) => panic!("read and not previewed: {error}"),
    };
    note(&reading, outcome);
    let text = shown.mapping.to_toml().expect("a previewed mapping is written");
    let mapping = match Mapping::from_toml(&text) {
        Ok(mapping) => mapping,
        // That of a table with thousands of columns: it is written, and refused as too large.
        Err(MappingError::TooLarge) => return Some(reading),
        Err(error) => panic!("a written mapping is not read: {error}"),
    };
    match read(&book, &mapping) {
        Ok(again) => check_same(&reading, &again, &text),
        Err(error) => panic!("not read by its own mapping: {error}\n{text}"),
    }
    Some(reading)
}

pub(super) fn note(reading: &TableReading, outcome: &mut Outcome) {
    outcome.note("encoding", &reading.encoding);
    outcome.note_size("sets", reading.sets.len());
    outcome.note_size("titles", reading.titles.len());
    for set in reading.sets.iter().take(8) {
        assert_eq!(set.roles.len(), set.data.columns.len(), "a role for each column");
        check_whole(&set.data);
        note_set(outcome, &set.data);
        outcome.note("kind", set.kind.word());
        outcome.note("well", (set.well.is_some(), set.uwi.is_some()));
        set.roles.iter().for_each(|role| outcome.note("role", role.word()));
    }
    for notice in reading.notices.kept() {
        outcome.note("notice", notice.kind);
        outcome.note_words("message", &notice.message);
    }
}

/// Notes why tables were not read.
pub(super) fn note_error(error: &ReadTableError, outcome: &mut Outcome) {
    outcome.note_variant("error", error);
    outcome.note_words("message", &error.to_string());
}

fn check_same(one: &TableReading, other: &TableReading, mapping: &str) {
    assert_eq!(one.sets.len(), other.sets.len(), "by its own mapping, other tables:\n{mapping}");
    for (one, other) in one.sets.iter().zip(&other.sets) {
        assert_eq!((one.kind, &one.roles), (other.kind, &other.roles), "by its own mapping, another kind:\n{mapping}");
        assert_eq!((&one.well, &one.uwi), (&other.well, &other.uwi), "by its own mapping, another well:\n{mapping}");
        for (one, other) in one.data.columns.iter().zip(&other.data.columns) {
            let (name, again) = (&one.definition.mnemonic, &other.definition.mnemonic);
            assert_eq!((name, &one.definition.unit), (again, &other.definition.unit), "another name:\n{mapping}");
            let shown = || first_difference(&one.values, &other.values);
            assert!(same_values(&one.values, &other.values), "by its own mapping {name}: {}\n{mapping}", shown());
        }
    }
}

fn first_difference(one: &Values, other: &Values) -> String {
    let cells = |values: &Values| match values {
        Values::Number(numbers) => numbers.iter().map(|number| format!("{number:?}")).collect::<Vec<_>>(),
        Values::Text(texts) => texts.iter().map(|text| format!("{text:?}")).collect(),
    };
    let (one, other) = (cells(one), cells(other));
    let at = one.iter().zip(&other).position(|(one, other)| one != other).unwrap_or_default();
    format!("row {at}: {:?}, then {:?}", one.get(at), other.get(at))
}
