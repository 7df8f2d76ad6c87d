//! The text of one date, time or both, taken apart. Which number is the day is left open.

use super::Order;

/// Month names by their first three letters.
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Names of months in full, and the abbreviation of four letters in common use.
const LONG_MONTHS: [&str; 13] = [
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
    "SEPT",
];

/// Days of the week by their first three letters; they stand before a date and add nothing.
const WEEKDAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

/// The first year of two digits that is in the last century.
const LAST_CENTURY: u32 = 70;

/// Longest text that may be a date and time.
const MAX_BYTES: usize = 64;

/// A cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    /// Its date.
    pub(super) date: Option<Date>,
    /// Its time in seconds since midnight.
    pub(super) seconds: Option<f64>,
    /// What its zone is ahead of UTC.
    pub(super) zone_minutes: Option<i32>,
}

/// A date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Date {
    /// One that reads in one way only.
    Plain { year: i32, month: u32, day: u32, short_year: bool },
    /// Three numbers of which the order is open; `third` is the year unless years come first.
    Numbers { first: u32, second: u32, third: u32, short_year: bool },
}

impl Date {
    pub(super) fn has_short_year(self) -> bool {
        matches!(self, Self::Plain { short_year: true, .. } | Self::Numbers { short_year: true, .. })
    }

    /// Returns year, month and day; `None` when a year that comes first is asked of a date that
    /// ends in four digits. Without an order, day and month are the same.
    pub(super) fn parts(self, order: Option<Order>) -> Option<(i32, u32, u32)> {
        match self {
            Self::Plain { year, month, day, .. } => Some((year, month, day)),
            Self::Numbers { first, second, third, short_year } => match order {
                Some(Order::YearMonthDay) if short_year => Some((full_year(first), second, third)),
                Some(Order::YearMonthDay) => None,
                Some(Order::MonthDayYear) => Some((year_of(third, short_year), first, second)),
                Some(Order::DayMonthYear) | None => Some((year_of(third, short_year), second, first)),
            },
        }
    }
}

fn year_of(number: u32, short: bool) -> i32 {
    if short { full_year(number) } else { i32::try_from(number).unwrap_or(i32::MAX) }
}

fn full_year(short: u32) -> i32 {
    let century = if short >= LAST_CENTURY { 1900 } else { 2000 };
    century + i32::try_from(short).unwrap_or_default()
}

/// Takes a text apart; `None` when it is no date or time.
pub(super) fn parse(text: &str) -> Option<Cell> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_BYTES || !text.is_ascii() {
        return None;
    }
    let mut cursor = Cursor { rest: text };
    let date = if cursor.is_at_clock() { None } else { Some(cursor.date()?) };
    if date.is_some() {
        if cursor.rest.is_empty() {
            return Some(Cell { date, seconds: None, zone_minutes: None });
        }
        cursor.between_date_and_clock()?;
    }
    let seconds = Some(cursor.clock()?);
    let zone_minutes = cursor.zone()?;
    cursor.rest.is_empty().then_some(Cell { date, seconds, zone_minutes })
}

/// What is left of a text.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// Whether hours come next: one or two digits and a colon.
    fn is_at_clock(&self) -> bool {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        matches!(digits, 1 | 2) && self.rest[digits..].starts_with(':')
    }

    fn take(&mut self, count: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a str {
        let count = self.rest.bytes().take_while(|&byte| keep(byte)).count();
        self.take(count)
    }

    fn blanks(&mut self) -> bool {
        !self.take_while(|byte| byte == b' ').is_empty()
    }

    fn sign(&mut self, sign: char) -> bool {
        let found = self.rest.starts_with(sign);
        if found {
            self.take(sign.len_utf8());
        }
        found
    }

    /// Takes a number of `least` to `most` digits; its value and how many.
    fn number(&mut self, least: usize, most: usize) -> Option<(u32, usize)> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        (least..=most).contains(&digits.len()).then(|| digits.parse().ok().map(|number| (number, digits.len())))?
    }

    fn date(&mut self) -> Option<Date> {
        if self.rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let word = self.take_while(|byte| byte.is_ascii_alphabetic());
            if let Some(month) = month(word) {
                return self.month_day_year(month);
            }
            is_weekday(word).then_some(())?;
            self.sign(',');
            self.blanks();
            if self.rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
                let month = month(self.take_while(|byte| byte.is_ascii_alphabetic()))?;
                return self.month_day_year(month);
            }
        }
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 8 || digits == 14 {
            let (year, month, day) = (self.take(4), self.take(2), self.take(2));
            return plain(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?, false);
        }
        let (first, length) = self.number(1, 4)?;
        let separator = self.separator()?;
        if self.rest.starts_with(|next: char| next.is_ascii_alphabetic()) {
            let month = month(self.take_while(|byte| byte.is_ascii_alphabetic()))?;
            self.sign('.');
            self.separator()?;
            self.blanks();
            return match length {
                4 => plain(year_of(first, false), month, self.number(1, 2)?.0, false),
                1 | 2 => {
                    let (year, short) = self.year()?;
                    plain(year_of(year, short), month, first, short)
                }
                _ => None,
            };
        }
        let (second, _) = self.number(1, 2)?;
        self.sign(separator).then_some(())?;
        match length {
            4 => plain(year_of(first, false), second, self.number(1, 2)?.0, false),
            1 | 2 => {
                let (third, short_year) = self.year()?;
                Some(Date::Numbers { first, second, third, short_year })
            }
            _ => None,
        }
    }

    /// Takes what follows a month: `5, 2020` or `5 20`.
    fn month_day_year(&mut self, month: u32) -> Option<Date> {
        self.sign('.');
        self.separator()?;
        self.blanks();
        let (day, _) = self.number(1, 2)?;
        self.sign(',');
        self.separator()?;
        self.blanks();
        let (year, short) = self.year()?;
        plain(year_of(year, short), month, day, short)
    }

    /// Takes a year and whether it has two digits.
    fn year(&mut self) -> Option<(u32, bool)> {
        match self.number(2, 4)? {
            (_, 3) => None,
            (year, digits) => Some((year, digits == 2)),
        }
    }

    fn separator(&mut self) -> Option<char> {
        let separator = self.rest.chars().next().filter(|sign| matches!(sign, '/' | '-' | '.' | ' '))?;
        self.take(1);
        Some(separator)
    }

    fn between_date_and_clock(&mut self) -> Option<()> {
        let glued = self.rest.bytes().all(|byte| byte.is_ascii_digit()) && self.rest.len() == 6;
        let comma = self.sign(',');
        let blank = self.blanks();
        (glued || comma || blank || self.sign('T') || self.sign('t')).then_some(())
    }

    /// Takes a time of day, in seconds.
    fn clock(&mut self) -> Option<f64> {
        let glued = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if glued == 4 || glued == 6 {
            let (hours, minutes) = (self.take(2).parse().ok()?, self.take(2).parse().ok()?);
            let seconds = if glued == 6 { self.seconds()? } else { 0.0 };
            return clock(hours, minutes, seconds);
        }
        let (mut hours, _) = self.number(1, 2)?;
        self.sign(':').then_some(())?;
        let (minutes, _) = self.number(2, 2)?;
        let seconds = if self.sign(':') { self.seconds()? } else { 0.0 };
        let before = self.rest;
        self.blanks();
        let half = self.take_while(|byte| byte.is_ascii_alphabetic()).to_ascii_uppercase();
        match &*half {
            "AM" | "PM" if (1..=12).contains(&hours) => hours = hours % 12 + if half == "PM" { 12 } else { 0 },
            _ => self.rest = before,
        }
        clock(hours, minutes, seconds)
    }

    /// Takes seconds of two digits with any decimals.
    fn seconds(&mut self) -> Option<f64> {
        let whole = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let end = match self.rest[whole..].strip_prefix(['.', ',']) {
            Some(fraction) => whole + 1 + fraction.bytes().take_while(u8::is_ascii_digit).count(),
            None => whole,
        };
        (whole == 2).then(|| self.take(end).replace(',', ".").parse().ok())?
    }

    /// Takes a zone; the inner `None` when there is none.
    #[expect(clippy::option_option, reason = "a zone may be missing or wrong")]
    fn zone(&mut self) -> Option<Option<i32>> {
        self.blanks();
        if self.rest.is_empty() {
            return Some(None);
        }
        for name in ["Z", "z", "UTC", "GMT"] {
            if self.rest == name {
                self.rest = "";
                return Some(Some(0));
            }
        }
        let sign = if self.sign('+') {
            1
        } else if self.sign('-') {
            -1
        } else {
            return None;
        };
        let digits = self.rest.replacen(':', "", 1);
        let minutes = match digits.len() {
            2 => digits.parse::<i32>().ok()? * 60,
            4 => digits[..2].parse::<i32>().ok()? * 60 + digits[2..].parse::<i32>().ok()?,
            _ => return None,
        };
        let plausible = digits.bytes().all(|byte| byte.is_ascii_digit()) && minutes <= 14 * 60;
        self.rest = "";
        plausible.then_some(Some(sign * minutes))
    }
}

fn plain(year: i32, month: u32, day: u32, short_year: bool) -> Option<Date> {
    Some(Date::Plain { year, month, day, short_year })
}

/// Returns seconds since midnight; the day ends at 24:00 and may have a leap second.
fn clock(hours: u32, minutes: u32, seconds: f64) -> Option<f64> {
    let within = hours < 24 && minutes < 60 && seconds < 61.0 || hours == 24 && minutes == 0 && seconds == 0.0;
    within.then(|| f64::from(hours * 3600 + minutes * 60) + seconds)
}

fn month(word: &str) -> Option<u32> {
    let word = word.to_ascii_uppercase();
    let short = MONTHS.iter().position(|&month| word == month);
    let long = || LONG_MONTHS.iter().position(|&month| word == month).map(|found| if found == 12 { 8 } else { found });
    short.or_else(long).and_then(|found| u32::try_from(found + 1).ok())
}

fn is_weekday(word: &str) -> bool {
    word.get(..3).is_some_and(|start| WEEKDAYS.contains(&&*start.to_ascii_uppercase()))
}
