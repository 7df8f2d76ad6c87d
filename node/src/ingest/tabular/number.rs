//! The text of a cell → a number, no value, or text, by rules that a mapping may change.
//!
//! Nothing is guessed: `1,234` may be a thousand or one and a bit, so groups of thousands are
//! refused unless the mapping names their sign. Numbers that a double cannot hold digit for digit
//! and numbers with leading zeros are names of something, and stay text.

use serde::{Deserialize, Serialize};

/// The sign before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Decimal {
    /// `1.5`
    #[default]
    #[serde(rename = ".")]
    Point,
    /// `1,5`
    #[serde(rename = ",")]
    Comma,
}

/// Texts that mean "no value" among numbers, upper case.
const NULL_SPELLINGS: &[&str] = &[
    "-", "--", "---", ".", "?", "N/A", "#N/A", "NA", "N.A.", "NAN", "-NAN", "NULL", "(NULL)", "<NULL>", "NONE", "NIL",
    "ND", "N.D.", "INF", "-INF", "#VALUE!", "#DIV/0!", "#REF!", "#NUM!", "#NAME?", "#NULL!",
];

/// Numbers that often mean "no value"; offered, never applied unasked.
pub(super) const NULL_CANDIDATES: &[f64] =
    &[-999.25, -9999.0, -999.0, -9999.25, -99999.0, -999.99, -9999.99, 999.25, 9999.0, 1e30, -1e30, 1e38];

/// Longest text that may be a number.
const MAX_NUMBER_CHARS: usize = 64;

/// How texts are read as numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Rules {
    decimal: Decimal,
    thousands: Option<char>,
    null_texts: Vec<String>,
    null_numbers: Vec<f64>,
}

/// What a text is among numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Parsed {
    /// A number.
    Number(f64),
    /// A number with a percent sign behind it.
    Percent(f64),
    /// No value, as the mapping says.
    Null,
    /// No value, in a spelling of its own.
    Spelled,
    /// A number that no double can hold.
    TooLarge,
    /// Digits in groups of three.
    Grouped,
    /// Digits that a double does not keep: leading zeros, or too many of them.
    Identifier,
    /// Anything else.
    Text,
}

impl Rules {
    /// Returns rules with these signs and texts for "no value".
    pub(super) fn new(decimal: Decimal, thousands: Option<char>, nulls: &[String]) -> Self {
        let mut rules = Self { decimal, thousands, ..Self::default() };
        for null in nulls {
            match rules.parse(null) {
                Parsed::Number(number) => rules.null_numbers.push(number),
                _ => rules.null_texts.push(null.trim().to_uppercase()),
            }
        }
        rules
    }

    /// Returns the rules for an index, of which no number means "no value".
    pub(super) fn for_index(&self) -> Self {
        Self { null_numbers: Vec::new(), ..self.clone() }
    }

    /// Whether a number of a workbook means "no value".
    pub(super) fn is_null(&self, number: f64) -> bool {
        self.null_numbers.contains(&number)
    }

    /// Returns what a text is.
    pub(super) fn parse(&self, text: &str) -> Parsed {
        let text = text.trim();
        if !self.null_texts.is_empty() && self.null_texts.contains(&text.to_uppercase()) {
            return Parsed::Null;
        }
        match self.parse_number(text) {
            Parsed::Number(number) if self.is_null(number) => Parsed::Null,
            Parsed::Text => match text.strip_suffix('%') {
                Some(share) => match self.parse_number(share.trim_end()) {
                    Parsed::Number(number) => Parsed::Percent(number),
                    _ => Parsed::Text,
                },
                None if is_null_spelling(text) => Parsed::Spelled,
                None => Parsed::Text,
            },
            parsed => parsed,
        }
    }

    fn parse_number(&self, text: &str) -> Parsed {
        let mut buffer = [0; MAX_NUMBER_CHARS];
        let Some(plain) = self.respell(text, &mut buffer) else {
            return if is_grouped(text) { Parsed::Grouped } else { Parsed::Text };
        };
        let Ok(number) = plain.parse::<f64>() else { return Parsed::Text };
        if number.is_infinite() {
            return Parsed::TooLarge;
        }
        if is_identifier(plain) { Parsed::Identifier } else { Parsed::Number(number) }
    }

    /// Writes a number as Rust spells it into `buffer`; `None` when it has other characters.
    fn respell<'b>(&self, text: &str, buffer: &'b mut [u8; MAX_NUMBER_CHARS]) -> Option<&'b str> {
        let (mut length, mut digits, mut exponent, mut point) = (0, false, false, false);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let byte = match character {
                '0'..='9' => {
                    digits = true;
                    character as u8
                }
                '+' | '-' => character as u8,
                // The minus of word processors.
                '\u{2212}' => b'-',
                '.' if self.decimal == Decimal::Point && !point && !exponent => b'.',
                ',' if self.decimal == Decimal::Comma && !point && !exponent => b'.',
                // Fortran writes double precision with a D.
                'e' | 'E' | 'd' | 'D' if digits && !exponent => {
                    exponent = true;
                    b'e'
                }
                _ if Some(character) == self.thousands && digits && !point && !exponent => {
                    let three = characters.clone().take_while(char::is_ascii_digit).count() == 3;
                    if three {
                        continue;
                    }
                    return None;
                }
                _ => return None,
            };
            point = point || byte == b'.';
            *buffer.get_mut(length)? = byte;
            length += 1;
        }
        std::str::from_utf8(&buffer[..length]).ok().filter(|_| digits)
    }
}

/// Whether digits are a name rather than a number: `007`, or more of them than a double keeps.
fn is_identifier(plain: &str) -> bool {
    let digits = plain.trim_start_matches(['+', '-']);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let padded = digits.len() > 1 && digits.starts_with('0');
    let inexact =
        digits.len() > 15 && digits.parse::<f64>().map(|number| format!("{number:.0}")).as_deref() != Ok(digits);
    padded || inexact
}

/// Whether a text is digits in groups of three between separators, perhaps with decimals.
fn is_grouped(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let Some(separator) = digits.chars().find(|character| !character.is_ascii_digit()) else { return false };
    if !matches!(separator, ',' | '.' | ' ' | '\'' | '\u{a0}' | '\u{202f}' | '\u{2019}') {
        return false;
    }
    let (whole, decimals) = match digits.rfind([',', '.']) {
        Some(at) if !digits[at..].starts_with(separator) => (&digits[..at], &digits[at + 1..]),
        _ => (digits, ""),
    };
    let mut groups = whole.split(separator);
    let first = groups.next().unwrap_or_default();
    let numeric = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    matches!(first.len(), 1..=3)
        && numeric(first)
        && numeric(decimals)
        && groups.all(|group| group.len() == 3 && numeric(group))
}

fn is_null_spelling(text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    let upper = text.to_uppercase();
    NULL_SPELLINGS.contains(&&*upper)
        || text.bytes().all(|byte| byte == b'*')
        // C of old on Windows: 1.#QNAN, -1.#IND, 1.#INF00.
        || upper.trim_start_matches(['-', '+']).strip_prefix("1.#").is_some_and(|rest| {
            rest.starts_with(|first: char| first.is_ascii_alphabetic())
                && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// What cells say about the decimal sign of a file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DecimalEvidence {
    points: usize,
    commas: usize,
}

impl DecimalEvidence {
    /// Looks at a cell. `1,234` says nothing: it may be grouped.
    pub(super) fn add(&mut self, text: &str) {
        let digits = text.trim().trim_start_matches(['+', '-', '\u{2212}']);
        let Some(at) = digits.rfind([',', '.']) else { return };
        let (whole, decimals) = (&digits[..at], &digits[at + 1..]);
        let decimals = decimals.split(['e', 'E', 'd', 'D']).next().unwrap_or_default();
        let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if decimals.is_empty() || !numeric(whole) || !numeric(decimals) {
            return;
        }
        let maybe_grouped = decimals.len() == 3 && matches!(whole.len(), 1..=3) && !whole.starts_with('0');
        match digits.as_bytes()[at] {
            b'.' => self.points += 1,
            _ if !maybe_grouped => self.commas += 1,
            _ => {}
        }
    }

    /// Returns the sign that the cells agree on; the point when they do not.
    pub(super) fn verdict(self) -> Decimal {
        if self.commas > 0 && self.points == 0 { Decimal::Comma } else { Decimal::Point }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(text: &str) -> Parsed {
        Rules::default().parse(text)
    }

    #[test]
    fn numbers_are_the_nearest_doubles() {
        for text in ["0.1", "-.5", "5.", "+1e3", "123456789.123456789", "0", "-0.0", "9007199254740993.5"] {
            let Parsed::Number(number) = point(text) else { panic!("{text}") };
            assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
        assert_eq!(point(" 1.5D+03 "), Parsed::Number(1500.0));
        assert_eq!(point("\u{2212}2.5"), Parsed::Number(-2.5));
    }

    #[test]
    fn thousands_are_refused_unless_their_sign_is_given() {
        for text in ["1,234", "1,234.5", "-12,345,678", "1 234", "1'234.5", "1\u{a0}234", "1.234,5", "1.234.567"] {
            assert_eq!(point(text), Parsed::Grouped, "{text}");
        }
        for text in ["1,23", "12,3456", "1 2", "1,234,56"] {
            assert_eq!(point(text), Parsed::Text, "{text}");
        }
        let rules = Rules::new(Decimal::Point, Some(','), &[]);
        assert_eq!(rules.parse("-12,345,678.5"), Parsed::Number(-12_345_678.5));
        assert_eq!(rules.parse("1,23"), Parsed::Text);
        assert_eq!(Rules::new(Decimal::Comma, Some('.'), &[]).parse("1.234,5"), Parsed::Number(1234.5));
    }

    #[test]
    fn decimal_commas_are_read_when_told() {
        let rules = Rules::new(Decimal::Comma, None, &[]);
        assert_eq!(rules.parse("1000,125"), Parsed::Number(1000.125));
        assert_eq!(rules.parse("1,5E-3"), Parsed::Number(0.0015));
        assert_eq!(rules.parse("1.5"), Parsed::Text);
    }

    #[test]
    fn names_made_of_digits_stay_text() {
        for text in ["007", "00", "10012345678901235", "-0123"] {
            assert_eq!(point(text), Parsed::Identifier, "{text}");
        }
        assert_eq!(point("0.5"), Parsed::Number(0.5));
        assert_eq!(point("9007199254740992"), Parsed::Number(9_007_199_254_740_992.0));
    }

    #[test]
    fn no_value_has_many_spellings_and_numbers_only_when_given() {
        for text in ["-", "N/A", "n/a", "#N/A", "NaN", "****", "1.#QNAN", "-1.#IND", "null", "inf"] {
            assert_eq!(point(text), Parsed::Spelled, "{text}");
        }
        assert_eq!(point("-999.25"), Parsed::Number(-999.25));
        let rules = Rules::new(Decimal::Point, None, &["-999.25".into(), "missing".into()]);
        assert_eq!(rules.parse("-999.2500"), Parsed::Null);
        assert_eq!(rules.parse("Missing"), Parsed::Null);
        assert!(rules.is_null(-999.25));
    }

    #[test]
    fn percent_signs_and_ranges_are_seen() {
        assert_eq!(point("45 %"), Parsed::Percent(45.0));
        assert_eq!(point("%"), Parsed::Text);
        assert_eq!(point("1e999"), Parsed::TooLarge);
        assert_eq!(point(&"1".repeat(400)), Parsed::Text);
    }

    #[test]
    fn everything_else_is_text() {
        for text in ["", "e", "e5", "d1", "1e", "2020-01-01", "00:01", "1.2.3", "0x10", "<0.01", "12 m", "1.5.", "--5"]
        {
            assert_eq!(point(text), Parsed::Text, "{text}");
        }
    }

    #[test]
    fn the_decimal_sign_follows_the_cells() {
        let verdict = |cells: &[&str]| {
            let mut evidence = DecimalEvidence::default();
            cells.iter().for_each(|cell| evidence.add(cell));
            evidence.verdict()
        };
        assert_eq!(verdict(&["1000,5", "12,25"]), Decimal::Comma);
        assert_eq!(verdict(&["0,125"]), Decimal::Comma);
        assert_eq!(verdict(&["1,234"]), Decimal::Point, "it may be grouped");
        assert_eq!(verdict(&["1,5", "2.5"]), Decimal::Point, "they disagree");
        assert_eq!(verdict(&["GR,API"]), Decimal::Point);
    }
}
