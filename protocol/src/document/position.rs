//! Positions: depths with their unit and what they are counted from, as one text each.
//!
//! One text, so that two people who set a position at once never make a third of a value of one
//! and a unit of the other.

use std::fmt;

/// Longest text that is read as a position.
const MAX_CHARS: usize = 96;
/// Longest unit or datum in characters.
const MAX_WORD_CHARS: usize = 16;
/// No depth of a hole is as far from its datum, in any unit of length from millimetres up.
const MAX_VALUE: f64 = 1e8;

/// A depth.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// The value, in its unit.
    pub value: f64,
    /// The unit, e.g. `ft`.
    pub unit: String,
    /// What it is counted from: `KB`, `GL`, `MSL` …; empty for the well's depths as delivered.
    pub datum: String,
}

/// Depths from one to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// Where it begins, in the unit.
    pub from: f64,
    /// Where it ends; not above its beginning.
    pub to: f64,
    /// The unit.
    pub unit: String,
    /// What both are counted from, as of a [`Position`].
    pub datum: String,
}

/// Whether a text can be a unit or a datum within a position.
fn is_word(text: &str) -> bool {
    let fitting = |c: char| !c.is_whitespace() && !c.is_control();
    !text.is_empty() && text.chars().count() <= MAX_WORD_CHARS && text.chars().all(fitting)
}

fn is_value(value: f64) -> bool {
    value.is_finite() && value.abs() <= MAX_VALUE
}

/// Splits the words after the numbers.
fn unit_and_datum(words: &[&str]) -> Option<(String, String)> {
    let (unit, datum) = match words {
        [unit] => (*unit, ""),
        [unit, datum] => (*unit, *datum),
        _ => return None,
    };
    (is_word(unit) && (datum.is_empty() || is_word(datum))).then(|| (unit.to_owned(), datum.to_owned()))
}

impl Position {
    /// Makes one; `None` when a part cannot be written.
    #[must_use]
    pub fn new(value: f64, unit: &str, datum: &str) -> Option<Self> {
        // The sign of zero would not come back as a number that is equal and a text that is not.
        let value = if value == 0.0 { 0.0 } else { value };
        let fits = is_value(value) && is_word(unit) && (datum.is_empty() || is_word(datum));
        let position = fits.then(|| Self { value, unit: unit.to_owned(), datum: datum.to_owned() });
        // A value next to 0 has a long text, which would not be read again.
        position.filter(|position| position.to_string().len() <= MAX_CHARS)
    }

    /// Reads what a [`Position`] displays; nothing else.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        if text.len() > MAX_CHARS {
            return None;
        }
        let words: Vec<_> = text.split(' ').collect();
        let (value, rest) = words.split_first()?;
        let (unit, datum) = unit_and_datum(rest)?;
        let position = Self::new(value.parse().ok()?, &unit, &datum)?;
        (position.to_string() == text).then_some(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.value, self.unit)?;
        if self.datum.is_empty() { Ok(()) } else { write!(formatter, " {}", self.datum) }
    }
}

impl Range {
    /// Makes one; `None` when it ends before it begins or a part cannot be written.
    #[must_use]
    pub fn new(from: f64, to: f64, unit: &str, datum: &str) -> Option<Self> {
        let (from, to) = (Position::new(from, unit, datum)?, Position::new(to, unit, datum)?);
        let range = Self { from: from.value, to: to.value, unit: from.unit, datum: from.datum };
        (range.from <= range.to && range.to_string().len() <= MAX_CHARS).then_some(range)
    }

    /// Reads what a [`Range`] displays; nothing else.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        if text.len() > MAX_CHARS {
            return None;
        }
        let words: Vec<_> = text.split(' ').collect();
        let [from, to, rest @ ..] = words.as_slice() else { return None };
        let (unit, datum) = unit_and_datum(rest)?;
        let range = Self::new(from.parse().ok()?, to.parse().ok()?, &unit, &datum)?;
        (range.to_string() == text).then_some(range)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.from, self.to, self.unit)?;
        if self.datum.is_empty() { Ok(()) } else { write!(formatter, " {}", self.datum) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_ranges_read_as_written() {
        for (value, unit, datum) in [(1500.25, "m", ""), (-3.5, "ft", "MSL"), (0.0, "m", "KB"), (-0.0, "m", "")] {
            let position = Position::new(value, unit, datum).unwrap();
            assert_eq!(Position::from_text(&position.to_string()), Some(position));
            let range = Range::new(value, value + 1.0, unit, datum).unwrap();
            assert_eq!(Range::from_text(&range.to_string()), Some(range));
        }
        assert_eq!(Position::new(0.1, "ft", "KB").unwrap().to_string(), "0.1 ft KB");
        assert_eq!(Range::new(10.0, 20.5, "m", "").unwrap().to_string(), "10 20.5 m");
    }

    #[test]
    fn what_is_no_position_is_none() {
        let texts =
            ["", "1500", "m 1500", "1500 m KB GL", "1500  m", "NaN m", "inf m", "1e3 m", "01 m", "1e9 m", "1 m "];
        for text in texts.into_iter().chain([&*format!("1 {}", "m".repeat(100))]) {
            assert_eq!(Position::from_text(text), None, "{text:?}");
        }
        for text in ["1 m", "2 1 m", "1 2", "1 NaN m", "1 2 m KB GL", "1 2 m "] {
            assert_eq!(Range::from_text(text), None, "{text:?}");
        }
        assert_eq!(Position::new(1.0, "m m", ""), None);
        assert_eq!(Position::new(f64::NAN, "m", ""), None);
        assert_eq!(Position::new(1e-200, "m", ""), None, "its text would be too long to be read");
        assert_eq!(Range::new(1e-60, 1.5e-60, "m", ""), None);
    }
}
