//! The cells of a column → its values.

use dataforge_las::{Column, Values};
use dataforge_query::formula;

use crate::ingest::datetime;
use crate::ingest::tabular::notice::{Notices, TableNoticeKind};
use crate::ingest::tabular::number::{Parsed, Rules};
use crate::ingest::tabular::plan::{ColumnPlan, place_at};
use crate::ingest::tabular::sheet::{RawSheet, Value};

/// The cells of one column in the rows of data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells<'a> {
    pub(super) sheet: &'a RawSheet,
    pub(super) rows: &'a [u32],
    pub(super) column: &'a ColumnPlan,
    pub(super) rules: &'a Rules,
}

impl<'a> Cells<'a> {
    fn values(&self) -> impl Iterator<Item = (usize, Value<'a>)> + use<'a> {
        let (sheet, position) = (self.sheet, self.column.position);
        self.rows.iter().map(move |&row| (row as usize, sheet.value(row as usize, position)))
    }

    /// Returns the numbers; NaN where there is none. Texts are reported.
    pub(super) fn numbers(&self, notices: &mut Notices) -> Vec<f64> {
        let mut numbers = Vec::with_capacity(self.rows.len());
        for (row, value) in self.values() {
            numbers.push(self.number(row, value, notices));
        }
        numbers
    }

    fn number(&self, row: usize, value: Value<'_>, notices: &mut Notices) -> f64 {
        match value {
            Value::Number(number) if !self.rules.is_null(number) => number,
            Value::Percent(number) if self.column.percent => percent(number),
            Value::Percent(number) => number,
            Value::Bool(truth) => f64::from(u8::from(truth)),
            Value::Empty | Value::Error(_) | Value::Number(_) => f64::NAN,
            Value::DateTime(_) | Value::Time(_) => self.no_number(row, value, notices),
            Value::Text(text) => match self.rules.parse(text) {
                Parsed::Number(number) | Parsed::Percent(number) => number,
                Parsed::Null | Parsed::Spelled | Parsed::TooLarge => f64::NAN,
                Parsed::Identifier => text.trim().parse().unwrap_or(f64::NAN),
                Parsed::Grouped | Parsed::Text if text.trim().is_empty() => f64::NAN,
                Parsed::Grouped | Parsed::Text => self.no_number(row, value, notices),
            },
        }
    }

    fn no_number(&self, row: usize, value: Value<'_>, notices: &mut Notices) -> f64 {
        let name = &self.column.name;
        notices.add(place_at(self.sheet, row, self.column.position), TableNoticeKind::NotANumber, || {
            format!("no number in {name}, read as null: {}", value.shown())
        });
        f64::NAN
    }

    /// Returns the texts as delivered; `None` where there is none. With `restore`, apostrophes that
    /// stand before formula signs to keep spreadsheets from running them are taken off.
    pub(super) fn texts(&self, restore: bool, notices: &mut Notices) -> Vec<Option<String>> {
        let mut texts = Vec::with_capacity(self.rows.len());
        let mut above: Option<String> = None;
        for (row, value) in self.values() {
            let text = match value {
                value if value.is_empty() => above.clone().filter(|_| self.column.fill_down),
                Value::Text(text) if restore => {
                    let restored = formula::restore(text);
                    if restored.len() < text.len() {
                        let place = place_at(self.sheet, row, self.column.position);
                        notices.add(place, TableNoticeKind::Defused, || {
                            format!("an apostrophe before a formula sign is taken off: {text}")
                        });
                    }
                    Some(restored.to_owned())
                }
                Value::Text(text) => Some(text.to_owned()),
                Value::Error(_) => None,
                value => Some(value.shown()),
            };
            if self.column.fill_down {
                above.clone_from(&text);
            }
            texts.push(text);
        }
        texts
    }

    /// Returns days as spreadsheets count them as text.
    pub(super) fn serials(&self, notices: &mut Notices) -> Vec<Option<String>> {
        let mut texts = Vec::with_capacity(self.rows.len());
        for (row, value) in self.values() {
            let number = match value {
                Value::DateTime(seconds) => {
                    texts.push(Some(datetime::iso_text(seconds)));
                    continue;
                }
                value => self.number(row, value, notices),
            };
            texts.push(datetime::from_serial(number, false).map(datetime::iso_text));
        }
        texts
    }
}

/// Returns a share in percent, without the noise of multiplying: 0.07 is shown as 7 %.
fn percent(share: f64) -> f64 {
    format!("{share}e2").parse().unwrap_or(share * 100.0)
}

/// Returns a column with only some of its rows.
pub(super) fn pick(column: &Column, rows: &[u32]) -> Column {
    let values = match &column.values {
        Values::Number(numbers) => Values::Number(rows.iter().map(|&row| numbers[row as usize]).collect()),
        Values::Text(texts) => Values::Text(rows.iter().map(|&row| texts[row as usize].clone()).collect()),
    };
    Column { definition: column.definition.clone(), values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_shown_in_percent_without_noise() {
        for (share, shown) in [(0.07, 7.0), (0.29, 29.0), (1.1, 110.0), (-0.005, -0.5), (1e-7, 1e-5), (0.0, 0.0)] {
            assert_eq!(percent(share), shown);
        }
    }
}
