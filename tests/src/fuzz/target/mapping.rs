//! Mappings: TOML → mapping → the same again, and what it makes of two tables.

use dataforge_node::ingest::tabular::{Mapping, RawBook, SourceMapping, read, read_text};

use super::table::{note, note_error};
use super::{Target, random_of};
use crate::fuzz::{Outcome, seeds};

/// The target, with the tables that mappings are applied to.
#[derive(Debug)]
pub(super) struct Mappings {
    books: Vec<RawBook>,
}

impl Default for Mappings {
    fn default() -> Self {
        let read = |text: &&str| read_text(text.as_bytes(), &SourceMapping::default()).expect("a sound table");
        Self { books: [seeds::LOG_TABLE, seeds::WELLS_TABLE].iter().map(read).collect() }
    }
}

impl Target for Mappings {
    fn run(&mut self, input: &[u8]) -> Outcome {
        let mut outcome = Outcome::default();
        let text = String::from_utf8_lossy(input);
        let mapping = match Mapping::from_toml(&text) {
            Ok(mapping) => mapping,
            Err(error) => {
                outcome.note_words("refused", error.to_string().split_once(": ").map_or("", |(_, what)| what));
                return outcome;
            }
        };
        check_written(&mapping);
        outcome.note_size("tables", mapping.tables.len());
        for book in &self.books {
            match read(book, &mapping) {
                Ok(reading) => note(&reading, &mut outcome),
                Err(error) => note_error(&error, &mut outcome),
            }
        }
        if random_of(input).bool() {
            // The source of a mapping decides how cells are cut.
            match read_text(seeds::LOG_TABLE.as_bytes(), &mapping.source).and_then(|book| read(&book, &mapping)) {
                Ok(reading) => note(&reading, &mut outcome),
                Err(error) => note_error(&error, &mut outcome),
            }
        }
        outcome
    }
}

/// Checks that a mapping says the same once it is written.
fn check_written(mapping: &Mapping) {
    let text = mapping.to_toml().expect("a mapping that was read is written");
    let mut again = Mapping::from_toml(&text).expect("a mapping that was written is read");
    // Where its parts stood is no part of what it says.
    for (table, original) in again.tables.iter_mut().zip(&mapping.tables) {
        table.at = original.at;
        table.columns.iter_mut().zip(&original.columns).for_each(|(column, original)| column.at = original.at);
    }
    assert_eq!(&again, mapping, "{text}");
}
