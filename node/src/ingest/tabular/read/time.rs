//! A column of dates and times → seconds, whether a workbook typed its cells or they are text.

use std::borrow::Cow;

use crate::ingest::datetime::{self, NotTimes, TimeForm, TimeOptions, Times};
use crate::ingest::tabular::mapping::ColumnType;
use crate::ingest::tabular::number::{Parsed, Rules};
use crate::ingest::tabular::plan::ColumnPlan;
use crate::ingest::tabular::sheet::{RawSheet, Value};

/// Returns the seconds of a column's cells, as [`datetime::parse_column`] does.
///
/// # Errors
/// When they are not understood.
pub(in crate::ingest::tabular) fn seconds(
    sheet: &RawSheet,
    rows: &[u32],
    column: &ColumnPlan,
    rules: &Rules,
    options: TimeOptions,
) -> Result<Times, NotTimes> {
    let cells = rows.iter().map(|&row| sheet.value(row as usize, column.position));
    if column.values == ColumnType::Serial {
        return serials(cells, rules, options);
    }
    let typed = |value: &Value<'_>| matches!(value, Value::DateTime(_) | Value::Time(_));
    let texts = |value: &Value<'_>| matches!(value, Value::Text(text) if !is_null(text, rules));
    if cells.clone().any(|value| typed(&value)) && !cells.clone().any(|value| texts(&value)) {
        return moments(cells, options);
    }
    // A column in which only some cells are typed is read as it is shown.
    let shown: Vec<Option<Cow<'_, str>>> = cells
        .map(|value| match value {
            Value::Text(text) if !is_null(text, rules) => Some(Cow::Borrowed(text)),
            Value::DateTime(seconds) => Some(Cow::Owned(datetime::iso_text(seconds))),
            Value::Time(seconds) => Some(Cow::Owned(datetime::clock_text(seconds))),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        })
        .collect();
    datetime::parse_column(shown.iter().map(Option::as_deref), options)
}

fn is_null(text: &str, rules: &Rules) -> bool {
    text.trim().is_empty() || matches!(rules.parse(text), Parsed::Null | Parsed::Spelled)
}

/// Returns the seconds of cells that a workbook typed.
fn moments<'a>(cells: impl Iterator<Item = Value<'a>>, options: TimeOptions) -> Result<Times, NotTimes> {
    let ahead = f64::from(options.utc_offset_minutes) * 60.0;
    let mut form = TimeForm::default();
    let mut clocks = false;
    let mut seconds = Vec::new();
    for (row, value) in cells.enumerate() {
        seconds.push(match value {
            Value::DateTime(_) if clocks => return Err(NotTimes::Mixed { row }),
            Value::Time(_) if form.date => return Err(NotTimes::Mixed { row }),
            Value::Number(_) | Value::Percent(_) | Value::Bool(_) => return Err(NotTimes::Other { row }),
            Value::DateTime(moment) => {
                form.date = true;
                form.time |= moment % datetime::DAY != 0.0;
                moment - ahead
            }
            Value::Time(clock) => {
                clocks = true;
                form.time = true;
                clock
            }
            Value::Text(_) | Value::Empty | Value::Error(_) => f64::NAN,
        });
    }
    Ok(Times { seconds, form })
}

/// Returns the seconds of days as spreadsheets count them.
fn serials<'a>(cells: impl Iterator<Item = Value<'a>>, rules: &Rules, options: TimeOptions) -> Result<Times, NotTimes> {
    let ahead = f64::from(options.utc_offset_minutes) * 60.0;
    let mut seconds = Vec::new();
    for (row, value) in cells.enumerate() {
        let serial = match value {
            Value::Number(number) => Some(number),
            Value::DateTime(moment) => {
                seconds.push(moment - ahead);
                continue;
            }
            Value::Text(text) if !is_null(text, rules) => match rules.parse(text) {
                Parsed::Number(number) => Some(number),
                _ => return Err(NotTimes::Other { row }),
            },
            _ => None,
        };
        seconds.push(match serial {
            Some(serial) => datetime::from_serial(serial, false).ok_or(NotTimes::Other { row })? - ahead,
            None => f64::NAN,
        });
    }
    Ok(Times { seconds, form: TimeForm { date: true, time: true, ..TimeForm::default() } })
}
