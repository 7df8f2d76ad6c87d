//! Identifiers compared as they are spelt, and texts that are none.

use super::Unidentified;

/// Words of which a placeholder is made, with or without a number.
const PLACEHOLDERS: &[&str] = &[
    "UNKNOWN",
    "UNKN",
    "UNK",
    "NONE",
    "NULL",
    "NIL",
    "NAN",
    "NA",
    "TBA",
    "TBD",
    "TBC",
    "DUMMY",
    "TEST",
    "SAMPLE",
    "EXAMPLE",
    "DEMO",
    "BLANK",
    "EMPTY",
    "MISSING",
    "UNDEFINED",
    "UNASSIGNED",
    "WELL",
    "WELLNAME",
    "UNIQUE",
    "UWI",
    "API",
    "ID",
    "IDENTIFIER",
    "NUMBER",
    "NUM",
    "XX",
    "XXX",
    "XXXX",
];

/// Fewest digits of a run such as `12345` that is taken for a placeholder.
const MIN_RUN: usize = 5;

/// Marks a separator in a key, where `Y` keeps letters from being taken for marks.
const SEPARATOR: char = 'Z';
const ESCAPE: char = 'Y';

/// Checks that a text can identify a well at all.
pub(super) fn check(text: &str) -> Result<(), Unidentified> {
    let text = text.trim();
    if text.chars().any(|ch| ch.is_alphanumeric() && !ch.is_ascii()) {
        return Err(Unidentified::ForeignLetters);
    }
    let upper = text.to_ascii_uppercase();
    let characters: Vec<char> = upper.chars().filter(char::is_ascii_alphanumeric).collect();
    if !characters.iter().any(char::is_ascii_digit) {
        return Err(Unidentified::NoDigit);
    }
    // A negative number is the null value of some file.
    let null = text.parse::<f64>().is_ok_and(|number| number < 0.0);
    let same = characters.iter().all(|ch| Some(ch) == characters.first());
    if null || same || is_run(&upper) || only_placeholders(&upper) {
        return Err(Unidentified::Placeholder);
    }
    if is_rounded(&upper) { Err(Unidentified::Rounded) } else { Ok(()) }
}

/// Returns whether a text is digits that count up or down, as in `12345678`.
pub(super) fn is_run(text: &str) -> bool {
    let digits = text.as_bytes();
    let counts = |step: u8| digits.windows(2).all(|pair| (pair[0] - b'0' + step) % 10 == pair[1] - b'0');
    digits.len() >= MIN_RUN && digits.iter().all(u8::is_ascii_digit) && (counts(1) || counts(9))
}

/// Returns whether all words of a text are such as stand for something missing.
fn only_placeholders(upper: &str) -> bool {
    let mut words = upper.split(|ch: char| !ch.is_ascii_alphabetic()).filter(|word| !word.is_empty()).peekable();
    words.peek().is_some() && words.all(|word| PLACEHOLDERS.contains(&word))
}

/// Returns whether a text is a number in the notation of a spreadsheet, such as `4.2501E+13`.
fn is_rounded(upper: &str) -> bool {
    let Some((mantissa, exponent)) = upper.split_once('E') else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, part) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let signed = exponent.starts_with(['+', '-']);
    let exponent = exponent.trim_start_matches(['+', '-']);
    // Without sign and point it may be an identifier: 300E074350061450 is one.
    digits(whole) && digits(exponent) && (signed || digits(part)) && (part.is_empty() || digits(part))
}

/// Returns the key of a text in upper case: letters and digits, with a mark for separators.
///
/// Separators count, because `1/12-3` and `11/2-3` are two wells, and so are `9/13A-17` and
/// `9/13-A17`. Which ones does not, nor how many in a row; blanks before the letters at the very
/// end are none, since `15/9-19 A` and `15/9-19A` are one. Different spellings have different keys.
pub(super) fn key(text: &str) -> String {
    let end = text.trim_end_matches(|ch: char| !ch.is_ascii_alphanumeric());
    let stem = end.trim_end_matches(|ch: char| ch.is_ascii_alphabetic());
    let suffix = &end[stem.len()..];
    let joined = stem.trim_end();
    let stem = if joined.ends_with(|ch: char| ch.is_ascii_digit()) { joined } else { stem };
    let mut key = String::with_capacity(text.len());
    let mut separated = false;
    for character in stem.chars().chain(suffix.chars()) {
        if !character.is_ascii_alphanumeric() {
            separated = !key.is_empty();
            continue;
        }
        if std::mem::take(&mut separated) {
            key.push(SEPARATOR);
        }
        if character == SEPARATOR || character == ESCAPE {
            key.push(ESCAPE);
        }
        key.push(character);
    }
    key
}
