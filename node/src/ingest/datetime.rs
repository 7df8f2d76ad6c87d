//! Dates and times of a column → seconds since 1970, all cells by one rule.
//!
//! A column is understood as a whole or not at all. Whether `05/06/2020` is in May or June is
//! decided by other cells of the column, where a number above 12 tells, or by the caller; never by
//! habit. Times without a zone are taken as UTC unless the caller says what they are ahead of it.

use std::fmt;

use chrono::{DateTime, NaiveDate};
use serde::{Deserialize, Serialize};

mod cell;

use self::cell::{Cell, Date};

#[cfg(test)]
mod tests;

/// Seconds of a day.
pub const DAY: f64 = 86_400.0;

/// Days from 1899-12-30, from which spreadsheets count in the 1900 system, to 1970-01-01.
const DAYS_TO_1970: f64 = 25_569.0;

/// Days by which the 1904 system is behind the 1900 system.
const DAYS_1904: f64 = 1_462.0;

/// First serial day that spreadsheets do not know: the one after 9999-12-31.
const END_OF_SERIALS: f64 = 2_958_466.0;

/// The order of day, month and year in a date of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// 31/12/2020
    #[serde(rename = "dmy")]
    DayMonthYear,
    /// 12/31/2020
    #[serde(rename = "mdy")]
    MonthDayYear,
    /// 20/12/31
    #[serde(rename = "ymd")]
    YearMonthDay,
}

impl fmt::Display for Order {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::DayMonthYear => "day/month/year",
            Self::MonthDayYear => "month/day/year",
            Self::YearMonthDay => "year/month/day",
        })
    }
}

/// What the caller knows about a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeOptions {
    /// The order of dates of numbers.
    pub order: Option<Order>,
    /// What times without a zone are ahead of UTC, in minutes.
    pub utc_offset_minutes: i32,
}

/// A column of dates, times or both.
#[derive(Debug, Clone, PartialEq)]
pub struct Times {
    /// Seconds since 1970-01-01T00:00:00Z, or since midnight where there are no dates; NaN where
    /// there is nothing.
    pub seconds: Vec<f64>,
    /// How the cells are written.
    pub form: TimeForm,
}

/// How the cells of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeForm {
    /// Whether they have a date.
    pub date: bool,
    /// Whether some have a time of day.
    pub time: bool,
    /// Whether all times name their zone.
    pub zone: bool,
    /// Whether years have two digits: 70 to 99 are in the last century.
    pub short_years: bool,
    /// The order of dates of numbers whose year does not come first.
    pub order: Option<Order>,
}

/// A column is not understood as dates or times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTimes {
    /// A cell is neither.
    #[error("not a date or time")]
    Other {
        /// Position of the cell, from 0.
        row: usize,
    },
    /// A cell is written otherwise than the ones before.
    #[error("written otherwise than the dates and times before")]
    Mixed {
        /// Position of the cell, from 0.
        row: usize,
    },
    /// No cell tells the day from the month.
    #[error("day and month cannot be told apart: give their order")]
    Ambiguous {
        /// Position of the first such cell, from 0.
        row: usize,
    },
    /// There is no cell with anything in it.
    #[error("no dates or times")]
    Empty,
}

/// Returns the seconds of a column of texts; `None` and blanks are nothing.
///
/// # Errors
/// When a cell is no date or time, cells are of different kinds, or day and month cannot be told
/// apart.
pub fn parse_column<'a, I>(cells: I, options: TimeOptions) -> Result<Times, NotTimes>
where
    I: Iterator<Item = Option<&'a str>> + Clone,
{
    let mut survey = Survey::default();
    for (row, text) in filled(cells.clone()) {
        survey.add(row, &cell::parse(text).ok_or(NotTimes::Other { row })?)?;
    }
    let form = survey.form(options)?;
    let mut seconds = Vec::with_capacity(cells.size_hint().0);
    for (row, text) in cells.enumerate() {
        let parsed = text.filter(|text| !text.trim().is_empty()).and_then(cell::parse);
        seconds.push(match parsed {
            Some(cell) => cell_seconds(&cell, form.order, options).ok_or(NotTimes::Other { row })?,
            None => f64::NAN,
        });
    }
    Ok(Times { seconds, form })
}

/// Returns the cells that say something, with their position.
fn filled<'a>(cells: impl Iterator<Item = Option<&'a str>>) -> impl Iterator<Item = (usize, &'a str)> {
    cells.enumerate().filter_map(|(row, text)| text.filter(|text| !text.trim().is_empty()).map(|text| (row, text)))
}

/// Whether a text is a date, a time or both by itself.
#[must_use]
pub fn is_date_or_time(text: &str) -> bool {
    cell::parse(text).is_some()
}

/// Returns whether a text has a date and whether it has a time of day; `None` when it has neither.
#[must_use]
pub fn parts(text: &str) -> Option<(bool, bool)> {
    cell::parse(text).map(|cell| (cell.date.is_some(), cell.seconds.is_some()))
}

/// Returns the seconds since 1970 of a day as spreadsheets count them; `None` for a day they do
/// not have.
///
/// In the 1900 system day 60 is a 29 February that never was, and earlier ones are off by one.
#[must_use]
pub fn from_serial(serial: f64, is_1904: bool) -> Option<f64> {
    let days = if is_1904 { serial + DAYS_1904 } else { serial };
    if !(0.0..END_OF_SERIALS).contains(&days) || (!is_1904 && (60.0..61.0).contains(&days)) {
        return None;
    }
    let days = if days < 60.0 { days + 1.0 } else { days };
    Some(round_to_millis((days - DAYS_TO_1970) * DAY))
}

/// Returns seconds without the noise that counting in days leaves behind their thousandths.
#[must_use]
pub fn round_to_millis(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// Returns seconds since 1970 as text: the date, and the time unless it is midnight.
#[must_use]
pub fn iso_text(seconds: f64) -> String {
    let millis = (seconds * 1000.0).round();
    // Dates beyond what the calendar can write are no dates of a well.
    let Some(moment) = DateTime::from_timestamp_millis(millis as i64) else { return seconds.to_string() };
    let form = match millis {
        millis if millis % (DAY * 1000.0) == 0.0 => "%Y-%m-%d",
        millis if millis % 1000.0 == 0.0 => "%Y-%m-%dT%H:%M:%S",
        _ => "%Y-%m-%dT%H:%M:%S%.3f",
    };
    moment.format(form).to_string()
}

/// Returns seconds of a day or a duration as text, e.g. `25:01:02.5`.
#[must_use]
pub fn clock_text(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let millis = (seconds.abs() * 1000.0).round();
    let (whole, rest) = ((millis / 1000.0).floor(), millis % 1000.0);
    let (hours, minutes, seconds) = ((whole / 3600.0).floor(), (whole / 60.0).floor() % 60.0, whole % 60.0);
    let fraction = if rest == 0.0 { String::new() } else { format!(".{rest:03}").trim_end_matches('0').to_owned() };
    format!("{sign}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

/// What the cells of a column have in common.
#[derive(Debug, Default)]
struct Survey {
    seen: bool,
    date: bool,
    time: bool,
    zone: Option<bool>,
    short_years: bool,
    /// A cell whose day and month cannot be told apart by itself.
    doubtful: Option<usize>,
    /// Cells in which only one order makes a date.
    day_first: Option<usize>,
    month_first: Option<usize>,
}

impl Survey {
    fn add(&mut self, row: usize, cell: &Cell) -> Result<(), NotTimes> {
        if self.seen && self.date != cell.date.is_some() {
            return Err(NotTimes::Mixed { row });
        }
        (self.seen, self.date) = (true, cell.date.is_some());
        if cell.seconds.is_some() {
            self.time = true;
            if self.zone.is_some_and(|zone| zone != cell.zone_minutes.is_some()) {
                return Err(NotTimes::Mixed { row });
            }
            self.zone = Some(cell.zone_minutes.is_some());
        }
        let Some(Date::Numbers { first, second, short_year, .. }) = cell.date else {
            self.short_years |= cell.date.is_some_and(Date::has_short_year);
            return Ok(());
        };
        self.short_years |= short_year;
        match (first > 12, second > 12) {
            (true, true) => return Err(NotTimes::Other { row }),
            (true, false) => self.day_first = self.day_first.or(Some(row)),
            (false, true) => self.month_first = self.month_first.or(Some(row)),
            // The fifth of May is the same either way.
            (false, false) if first == second => {}
            (false, false) => self.doubtful = self.doubtful.or(Some(row)),
        }
        Ok(())
    }

    fn form(&self, options: TimeOptions) -> Result<TimeForm, NotTimes> {
        if !self.seen {
            return Err(NotTimes::Empty);
        }
        let told = match (self.day_first, self.month_first) {
            (Some(day), Some(month)) if options.order != Some(Order::YearMonthDay) => {
                return Err(NotTimes::Mixed { row: day.max(month) });
            }
            (Some(_), _) => Some(Order::DayMonthYear),
            (_, Some(_)) => Some(Order::MonthDayYear),
            (None, None) => None,
        };
        let order = match (options.order.or(told), self.doubtful) {
            (None, Some(row)) => return Err(NotTimes::Ambiguous { row }),
            (order, _) => order,
        };
        let zone = self.zone.unwrap_or_default();
        Ok(TimeForm { date: self.date, time: self.time, zone, short_years: self.short_years, order })
    }
}

/// Returns the seconds of a cell; `None` when its date is in no calendar.
fn cell_seconds(cell: &Cell, order: Option<Order>, options: TimeOptions) -> Option<f64> {
    let clock = cell.seconds.unwrap_or_default();
    let Some(date) = cell.date else { return Some(clock) };
    let (year, month, day) = date.parts(order)?;
    let days = NaiveDate::from_ymd_opt(year, month, day)?.signed_duration_since(NaiveDate::default()).num_days();
    let ahead = match (cell.seconds, cell.zone_minutes) {
        (_, Some(minutes)) => minutes,
        _ => options.utc_offset_minutes,
    };
    Some(days as f64 * DAY + clock - f64::from(ahead) * 60.0)
}
