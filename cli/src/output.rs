//! Printing: JSON for programs, text for people. Everything on standard output passes here.

mod number;
mod table;

use std::io::Write as _;

use dataforge_node::api::API_VERSION;
use serde::Serialize;

pub(crate) use self::number::{bytes, count, decimal, duration, interval, percent, plural, thousandths, value};
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

/// Writes text and a line end; nothing when it is empty. Whatever is in it cannot steer the terminal.
pub(crate) fn write_text(text: &str) -> Result<(), Failure> {
    if text.is_empty() { Ok(()) } else { write(format!("{}\n", printable(text)).as_bytes()) }
}

/// Writes JSON and a line end. What could steer a terminal is escaped in it, so that it says the same.
pub(crate) fn write_json_text(json: &str) -> Result<(), Failure> {
    write(format!("{}\n", escaped(json)).as_bytes())
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
    write_json_text(&json.map_err(|error| Failure::from_output(error.into()))?)
}

/// Writes a remark to standard error.
pub(crate) fn write_note(text: &str) {
    // A broken standard error leaves nobody to tell.
    drop(writeln!(std::io::stderr(), "{}", printable(text)));
}

/// Writes a question to standard error, without a line end.
pub(crate) fn write_prompt(text: &str) {
    let mut stderr = std::io::stderr();
    drop(stderr.write_all(printable(text).as_bytes()).and_then(|()| stderr.flush()));
}

/// Whether a sign could steer a terminal, or reorder what is read.
fn steers(sign: char) -> bool {
    sign.is_control() || matches!(sign, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns text from outside with everything replaced that could steer a terminal or reorder what
/// is read.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|sign| if steers(sign) { '\u{fffd}' } else { sign }).collect()
}

/// Returns text of several lines, made safe as [`clean`] does.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|sign| if steers(sign) && !matches!(sign, '\n' | '\t') { '\u{fffd}' } else { sign }).collect()
}

/// Returns JSON with all signs escaped that could steer a terminal: in JSON they are in texts only, but for
/// the ends of lines.
pub(crate) fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for sign in json.chars() {
        if steers(sign) && !matches!(sign, '\n' | '\r' | '\t') {
            text.push_str(&format!("\\u{:04x}", u32::from(sign)));
        } else {
            text.push(sign);
        }
    }
    text
}

/// Returns a title, made safe to print: peers can write longer ones than any program lets people write.
pub(crate) fn title(text: &str) -> String {
    /// As long as a title may be.
    const MOST: usize = 200;
    table::shorten(&clean(text), MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_others_cannot_steer_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
        assert_eq!(clean("Øst 13/7–2 井"), "Øst 13/7–2 井");
        assert_eq!(printable("a\u{9b}2J\n\tb\r"), "a\u{fffd}2J\n\tb\u{fffd}");
    }

    #[test]
    fn json_says_the_same_and_cannot_steer_the_terminal() {
        let value = serde_json::json!({ "title": "a\u{1b}[2J\u{9b}2J\u{202e}ä", "long": "x".repeat(500) });
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let told = escaped(&json);
            assert!(!told.chars().any(|sign| steers(sign) && sign != '\n'), "{told}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&told).unwrap(), value);
        }
    }

    #[test]
    fn a_title_of_any_length_is_cut() {
        assert_eq!(title(&"x".repeat(200)), "x".repeat(200));
        assert_eq!(title(&"x\u{1b}".repeat(5_000)).chars().count(), 200);
        assert!(title(&"x".repeat(201)).ends_with('…'));
    }
}
