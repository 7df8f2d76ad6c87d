//! Printing: JSON for programs, text for people. Everything on standard output passes here.

mod number;
mod table;

use std::io::Write as _;

use dataforge_node::api::API_VERSION;
use serde::Serialize;

pub(crate) use self::number::{bytes, count, decimal, duration, interval, percent, plural, value};
pub(crate) use self::table::{Align, Table};
use crate::error::Failure;

/// How something is told to people. For programs its serde form is the JSON.
pub(crate) trait Human {
    /// Returns the text, without a line end at its end.
    fn human(&self) -> String;
}

/// Writes bytes as they are.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(Failure::from_output)
}

/// Writes text and a line end; nothing when it is empty.
pub(crate) fn write_text(text: &str) -> Result<(), Failure> {
    if text.is_empty() { Ok(()) } else { write(format!("{text}\n").as_bytes()) }
}

/// Writes a value as one line of JSON, with the version of its shape.
pub(crate) fn write_json(value: &impl Serialize) -> Result<(), Failure> {
    /// A reply with the version of the API beside its fields.
    #[derive(Serialize)]
    struct Versioned<'a, T> {
        api: u32,
        #[serde(flatten)]
        value: &'a T,
    }
    let json = serde_json::to_string(&Versioned { api: API_VERSION, value });
    write_text(&json.map_err(|error| Failure::from_output(error.into()))?)
}

/// Writes a remark to standard error.
pub(crate) fn write_note(text: &str) {
    // A broken standard error leaves nobody to tell.
    drop(writeln!(std::io::stderr(), "{text}"));
}

/// Writes a question to standard error, without a line end.
pub(crate) fn write_prompt(text: &str) {
    let mut stderr = std::io::stderr();
    drop(stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()));
}

/// Returns text from outside with everything replaced that could steer a terminal or reorder what
/// is read.
pub(crate) fn clean(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_others_cannot_steer_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
        assert_eq!(clean("Øst 13/7–2 井"), "Øst 13/7–2 井");
    }
}
