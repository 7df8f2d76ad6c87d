//! The fields of a chart's parts: how they are called, what they may hold, how they are written.
//!
//! Values are texts in the document (flags are truth values), whatever they hold: numbers are
//! their shortest decimal text, so that one value has one spelling and equal edits do not conflict.

use super::source::Source;
use crate::id::DocId;

/// How a value stands in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As a text.
    Text,
    /// As a number.
    Number,
    /// As `true` or `false`.
    Flag,
}

/// A kind of value.
#[derive(Debug, Clone, Copy)]
pub(super) struct FieldType {
    pub(super) form: Form,
    pub(super) expects: &'static str,
    pub(super) check: fn(&str) -> bool,
}

/// A field of a part of a chart.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// Its name, the last word of its key.
    pub name: &'static str,
    /// How it stands in JSON.
    pub form: Form,
    /// What it may hold, for people.
    pub expects: &'static str,
    check: fn(&str) -> bool,
}

impl FieldSpec {
    pub(super) const fn new(name: &'static str, of: FieldType) -> Self {
        Self { name, form: of.form, expects: of.expects, check: of.check }
    }

    /// Returns a value as it is written, if the field may hold it.
    #[must_use]
    pub fn accept(&self, text: &str) -> Option<String> {
        let text = match self.form {
            Form::Number => number(text)?.to_string(),
            Form::Text | Form::Flag => text.to_owned(),
        };
        (self.check)(&text).then_some(text)
    }
}

/// A type of value that a field may have, as it is read.
pub(super) trait FieldValue: Sized {
    /// Reads a text that passed the check of its field.
    fn from_text(text: &str) -> Option<Self>;
}

impl FieldValue for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl FieldValue for f64 {
    fn from_text(text: &str) -> Option<Self> {
        number(text)
    }
}

impl FieldValue for u32 {
    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl FieldValue for bool {
    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// Largest number but for its sign.
const MAX_NUMBER: f64 = 1e12;
/// Smallest number but for 0 and its sign: smaller ones have long texts.
const MIN_NUMBER: f64 = 1e-12;
/// Longest text of a number.
const MAX_NUMBER_CHARS: usize = 40;

/// Reads a number that a chart may hold.
fn number(text: &str) -> Option<f64> {
    if text.len() > MAX_NUMBER_CHARS {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    // 0 has one spelling, without a sign.
    let number = if number == 0.0 { 0.0 } else { number };
    (number == 0.0 || (MIN_NUMBER..=MAX_NUMBER).contains(&number.abs())).then_some(number)
}

fn number_that(text: &str, holds: fn(f64) -> bool) -> bool {
    number(text).is_some_and(holds)
}

fn count_up_to(text: &str, most: u32) -> bool {
    text.parse::<u32>().is_ok_and(|count| count <= most)
}

/// Whether a text has so many characters at most, at least one, and none that steers but for line ends
/// where they are allowed.
pub(super) fn is_text(text: &str, most: usize, lines: bool) -> bool {
    let steers = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\t'));
    !text.is_empty() && text.chars().count() <= most && !text.chars().any(steers)
}

/// Digits of the id of an item.
pub const ITEM_ID_DIGITS: usize = 16;

/// Whether a text is the id of an item: 8 bytes in lower-case hex.
#[must_use]
pub fn is_item_id(text: &str) -> bool {
    text.len() == ITEM_ID_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

const fn text(expects: &'static str, check: fn(&str) -> bool) -> FieldType {
    FieldType { form: Form::Text, expects, check }
}

const fn numeric(expects: &'static str, check: fn(&str) -> bool) -> FieldType {
    FieldType { form: Form::Number, expects, check }
}

pub(super) const NAME: FieldType = text("a text of 1 to 120 characters", |text| is_text(text, 120, false));
pub(super) const PROSE: FieldType = text("a text of 1 to 2000 characters", |text| is_text(text, 2000, true));
pub(super) const UNIT: FieldType = text("a unit of 1 to 32 characters", |text| is_text(text, 32, false));
pub(super) const DATUM: FieldType = text("a datum of 1 to 16 characters, e.g. KB", |text| is_text(text, 16, false));
pub(super) const PATTERN: FieldType = text("a name of a-z, 0-9 and _, up to 32 characters", |text| {
    is_text(text, 32, false) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
});
pub(super) const COLOUR: FieldType = text("a colour, #rrggbb or #rrggbbaa", |text| {
    let digits = text.strip_prefix('#').unwrap_or_default();
    matches!(digits.len(), 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
});
pub(super) const ITEM: FieldType = text("the id of an item", is_item_id);
pub(super) const DOC: FieldType =
    text("an id of 64 hex digits", |text| text.parse::<DocId>().is_ok_and(|id| id.to_string() == text));
pub(super) const SOURCE: FieldType =
    text("a property, e.g. gamma_ray, or a curve, RUN:NUMBER", |text| Source::from_text(text).is_some());
pub(super) const NUMBER: FieldType = numeric("a number", |text| number(text).is_some());
pub(super) const POSITIVE: FieldType = numeric("a number above 0", |text| number_that(text, |n| n > 0.0));
pub(super) const FACTOR: FieldType = numeric("a number other than 0", |text| number_that(text, |n| n != 0.0));
pub(super) const SHARE: FieldType =
    numeric("a number from 0 to 1", |text| number_that(text, |n| (0.0..=1.0).contains(&n)));
pub(super) const THICKNESS: FieldType =
    numeric("a number above 0, at most 50", |text| number_that(text, |n| n > 0.0 && n <= 50.0));
pub(super) const WIDTH: FieldType =
    numeric("a width in centimetres, 0.5 to 100", |text| number_that(text, |n| (0.5..=100.0).contains(&n)));
pub(super) const DIVISIONS: FieldType = numeric("a whole number from 0 to 100", |text| count_up_to(text, 100));
pub(super) const BINS: FieldType =
    numeric("a whole number from 1 to 1000", |text| text != "0" && count_up_to(text, 1000));
pub(super) const WRAPS: FieldType = numeric("a whole number from 0 to 10", |text| count_up_to(text, 10));
pub(super) const FLAG: FieldType =
    FieldType { form: Form::Flag, expects: "true or false", check: |text| matches!(text, "true" | "false") };

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(of: FieldType, text: &str) -> Option<String> {
        FieldSpec::new("field", of).accept(text)
    }

    #[test]
    fn a_value_has_one_spelling() {
        for (written, stands) in [("1.50", "1.5"), ("1e3", "1000"), ("-0", "0"), ("+2", "2"), ("0.000", "0")] {
            assert_eq!(accepted(NUMBER, written).as_deref(), Some(stands), "{written}");
        }
        for bad in ["", "nan", "inf", "1e13", "1e-13", "1,5", "ten"] {
            assert_eq!(accepted(NUMBER, bad), None, "{bad}");
        }
    }

    #[test]
    fn what_a_field_does_not_hold_is_refused() {
        for (of, bad) in [
            (POSITIVE, "0"),
            (FACTOR, "0"),
            (SHARE, "1.1"),
            (WIDTH, "0.1"),
            (BINS, "0"),
            (WRAPS, "11"),
            (WRAPS, "1.5"),
            (FLAG, "yes"),
            (COLOUR, "#FF0000"),
            (COLOUR, "red"),
            (ITEM, "0123456789ABCDEF"),
            (DOC, "ab"),
            (NAME, ""),
            (NAME, "two\nlines"),
            (PATTERN, "Sand"),
            (SOURCE, "GR:x"),
        ] {
            assert_eq!(accepted(of, bad), None, "{bad}");
        }
        let long = "x".repeat(121);
        assert_eq!(accepted(NAME, &long), None);
        assert!(accepted(PROSE, "two\nlines").is_some() && accepted(COLOUR, "#ff0000").is_some());
        assert!(
            accepted(SOURCE, &format!("{}:3", DocId([7; 32]))).is_some() && accepted(SOURCE, "gamma_ray").is_some()
        );
    }
}
