//! Texts that a spreadsheet would run as a formula when it opens a CSV file.
//!
//! A cell such as `=HYPERLINK("http://…")`, put into a remark by whoever, runs on the machine of
//! whoever opens the file. [`defuse`] puts an apostrophe before such a text, as OWASP advises for
//! "CSV injection"; [`restore`] takes it off again, so that nothing is lost on the way through CSV.
//! Numbers are no formulas, also when they are text.

use std::borrow::Cow;

/// What stands before the text of a formula to keep it from being run.
const GUARD: char = '\'';

/// Characters that begin a formula in some spreadsheet, the full-width ones where East Asian input
/// is usual.
const TRIGGERS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Returns a text as a spreadsheet takes it for text.
#[must_use]
pub fn defuse(text: &str) -> Cow<'_, str> {
    if needs_guard(text) { Cow::Owned(format!("{GUARD}{text}")) } else { Cow::Borrowed(text) }
}

/// Returns what [`defuse`] made a text of.
#[must_use]
pub fn restore(text: &str) -> &str {
    text.strip_prefix(GUARD).filter(|rest| needs_guard(rest)).unwrap_or(text)
}

/// Whether a text begins a formula, or would be taken for a defused one.
///
/// Spreadsheets trim blanks and quotes, so those before the sign count for nothing; guards before
/// it count for nothing so that taking one off is always right.
fn needs_guard(text: &str) -> bool {
    let bare = text.trim_start_matches([GUARD, '"', ' ', '\u{a0}']);
    bare.starts_with(TRIGGERS) && !is_number(text)
}

/// Whether a text is a plain number such as `-1.5e3`.
fn is_number(text: &str) -> bool {
    text.trim_matches(' ').bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && text.trim_matches(' ').parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_get_an_apostrophe_and_lose_it_again() {
        for text in [
            "=1+1",
            "=cmd|' /C calc'!A0",
            "+1+cmd",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            " =1",
            "\"=1",
            "\" '=1",
            "\u{ff1d}1",
            "'=1",
            "''-x",
            "-",
            "+44 20 7946 0000",
        ] {
            let defused = defuse(text);
            assert_eq!(&*defused, format!("'{text}"), "{text:?}");
            assert_eq!(restore(&defused), text);
        }
    }

    #[test]
    fn all_else_stays_as_it_is() {
        for text in ["", "GR", "-999.25", "+1.5e-3", " -5", "a=b", "1-2", "'quoted'", "O'Hara", "°C", "\"", " "] {
            assert_eq!(defuse(text), text, "{text:?}");
            assert_eq!(restore(text), text, "{text:?}");
        }
    }
}
