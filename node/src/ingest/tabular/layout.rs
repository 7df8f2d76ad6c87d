//! Where a table stands on its sheet: titles, header, units, first and last row.
//!
//! The rows farther down tell what the columns hold; the first row that agrees with them is the
//! first row of data, and what stands above it names the columns. A mapping wins over all of it.

use super::dialect::usual;
use super::error::MappingError;
use super::limits::{HEADER_SEARCH_ROWS, SAMPLE_ROWS};
use super::mapping::TableMapping;
use super::names::{self, Word, bare_unit, is_unit};
use super::number::{Parsed, Rules};
use super::sheet::{Format, RawSheet, Value};
use crate::ingest::datetime;

#[cfg(test)]
mod tests;

/// Most rows of a header, one above the other.
const MAX_HEADER_ROWS: usize = 4;

/// Rows of a table that is small enough to be looked at as a whole.
const FEW_ROWS: usize = 40;

/// Most empty rows between header and data.
const MAX_EMPTY_ROWS: usize = 3;

/// The share of a row of units that must be known.
const KNOWN_UNITS: f64 = 0.6;

/// The share of rows in which a column without a name must have a value to be one.
const NAMELESS_SHARE: f64 = 0.2;

/// Where a table stands; rows are positions in the sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Layout {
    /// Rows above the header.
    pub(super) titles: Vec<usize>,
    /// Rows of the header, top down; the last one has the names.
    pub(super) header: Vec<usize>,
    /// The row of units.
    pub(super) units: Option<usize>,
    /// The first row of data.
    pub(super) first: usize,
    /// The row behind the last one of data.
    pub(super) end: usize,
    /// Number of columns.
    pub(super) width: usize,
    /// Which columns hold mostly numbers.
    pub(super) numeric: Vec<bool>,
    /// Which columns hold mostly dates or times.
    pub(super) times: Vec<bool>,
}

/// What a cell is at first sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing, or a spelling of it.
    Empty,
    /// A number.
    Number,
    /// A date or time.
    Time,
    /// Text.
    Text,
}

impl Class {
    /// Whether it is a number, date or time.
    pub(super) const fn is_value(self) -> bool {
        matches!(self, Self::Number | Self::Time)
    }
}

/// Returns what a cell is at first sight.
pub(super) fn class(value: Value<'_>, rules: &Rules) -> Class {
    match value {
        Value::Empty | Value::Error(_) => Class::Empty,
        Value::Number(_) | Value::Percent(_) | Value::Bool(_) => Class::Number,
        Value::DateTime(_) | Value::Time(_) => Class::Time,
        Value::Text(text) => match rules.parse(text) {
            Parsed::Null | Parsed::Spelled => Class::Empty,
            Parsed::Text if text.trim().is_empty() => Class::Empty,
            Parsed::Text if datetime::is_date_or_time(text) => Class::Time,
            Parsed::Text => Class::Text,
            _ => Class::Number,
        },
    }
}

/// Finds the table of a sheet; `None` when there is none.
///
/// # Errors
/// When the mapping names rows that are not there.
pub(super) fn find(
    sheet: &RawSheet,
    format: Format,
    given: &TableMapping,
    rules: &Rules,
) -> Result<Option<Layout>, MappingError> {
    let mut finder = Finder::new(sheet, given, rules)?;
    finder.survey(0, format);
    let Some(first) = finder.first_row()? else { return Ok(None) };
    if first >= finder.end {
        let message = format!("the data begins at line {}, below last_row", sheet.line(first));
        return Err(MappingError::Unfit { line: given.at, message });
    }
    // Once more from there on, as it will be when a mapping names that row.
    finder.survey(first, format);
    let header = finder.header_above(first)?;
    let units = finder.unit_row(first, &header)?;
    let header: Vec<usize> = header.into_iter().filter(|&row| Some(row) != units).collect();
    let top = header.iter().copied().chain(units).min().unwrap_or(first);
    let named = header.iter().map(|&row| sheet.extent(row)).max().unwrap_or_default();
    let width = finder.width.max(named);
    if width == 0 {
        return Ok(None);
    }
    let mut numeric = finder.numeric.clone();
    let mut times = finder.times.clone();
    numeric.resize(width, false);
    times.resize(width, false);
    let titles = (0..top).filter(|&row| sheet.extent(row) > 0).collect();
    Ok(Some(Layout { titles, header, units, first, end: finder.end, width, numeric, times }))
}

struct Finder<'a> {
    sheet: &'a RawSheet,
    rules: &'a Rules,
    given: &'a TableMapping,
    end: usize,
    width: usize,
    numeric: Vec<bool>,
    times: Vec<bool>,
    /// How many cells of a row usually say something.
    filled: usize,
}

impl<'a> Finder<'a> {
    fn new(sheet: &'a RawSheet, given: &'a TableMapping, rules: &'a Rules) -> Result<Self, MappingError> {
        let end = match given.last_row {
            Some(line) => row_of(sheet, line, given, "last_row")? + 1,
            None => sheet.rows(),
        };
        Ok(Self { sheet, rules, given, end, width: 0, numeric: vec![], times: vec![], filled: 0 })
    }

    fn class(&self, row: usize, column: usize) -> Class {
        class(self.sheet.value(row, column), self.rules)
    }

    /// Learns from the rows farther down what the columns hold.
    fn survey(&mut self, start: usize, format: Format) {
        let stop = self.end.min(start.saturating_add(SAMPLE_ROWS));
        // Titles stand at the top of a sheet, not at the top of its data.
        let whole = start > 0 || stop.saturating_sub(start) <= FEW_ROWS;
        let from = if whole { start } else { usize::midpoint(start, stop) };
        let rows: Vec<usize> = (from..stop).filter(|&row| self.sheet.extent(row) > 0).collect();
        let with_values = |row: &usize| (0..self.sheet.len(*row)).any(|column| self.class(*row, column).is_value());
        let valued: Vec<usize> = rows.iter().copied().filter(with_values).collect();
        let typical = if valued.is_empty() { &rows } else { &valued };
        self.filled = usual(typical.iter().map(|&row| self.count_filled(row))).unwrap_or_default();
        // Titles and remarks fill few cells.
        let body: Vec<usize> = rows.iter().copied().filter(|&row| self.count_filled(row) * 2 > self.filled).collect();
        let counts = self.count_classes(&body);
        self.numeric = counts.iter().map(|&[numbers, times, texts]| numbers > times && numbers >= texts).collect();
        self.times = counts.iter().map(|&[numbers, times, texts]| times > 0 && times >= numbers.max(texts)).collect();
        self.width = if format.delimiter().is_some() || format == Format::Spaces {
            usual(typical.iter().map(|&row| self.sheet.len(row))).unwrap_or_default()
        } else {
            let least = (body.len() as f64 * NAMELESS_SHARE).ceil() as usize;
            counts.iter().rposition(|count| count.iter().sum::<usize>() >= least.max(1)).map_or(0, |last| last + 1)
        };
        self.numeric.truncate(self.width);
        self.times.truncate(self.width);
    }

    fn count_filled(&self, row: usize) -> usize {
        self.sheet.values(row).filter(|value| !value.is_empty()).count()
    }

    /// Returns for each column how many numbers, times and texts some rows have.
    fn count_classes(&self, rows: &[usize]) -> Vec<[usize; 3]> {
        let columns = rows.iter().map(|&row| self.sheet.len(row)).max().unwrap_or_default();
        let mut counts = vec![[0_usize; 3]; columns];
        for &row in rows {
            for (column, count) in counts.iter_mut().enumerate().take(self.sheet.len(row)) {
                match self.class(row, column) {
                    Class::Empty => {}
                    Class::Number => count[0] += 1,
                    Class::Time => count[1] += 1,
                    Class::Text => count[2] += 1,
                }
            }
        }
        counts
    }

    /// Whether a row is as full as the ones farther down, and agrees with them.
    fn is_data(&self, row: usize) -> bool {
        self.count_filled(row) * 2 > self.filled && self.agrees(row)
    }

    /// Whether a row agrees with the ones farther down, be it ever so empty.
    fn agrees(&self, row: usize) -> bool {
        let typed = |column: &usize| {
            self.numeric.get(*column).copied().unwrap_or_default()
                || self.times.get(*column).copied().unwrap_or_default()
        };
        let expected: Vec<usize> = (0..self.width).filter(typed).collect();
        if expected.is_empty() {
            return self.count_filled(row) > 0;
        }
        let classes = expected.iter().map(|&column| self.class(row, column));
        let (mut hits, mut bad) = (0, 0);
        classes.for_each(|class| match class {
            Class::Number | Class::Time => hits += 1,
            Class::Text => bad += 1,
            Class::Empty => {}
        });
        let index_is_text = expected.first() == Some(&0) && self.class(row, 0) == Class::Text;
        hits > 0 && hits >= 3 * bad && !index_is_text
    }

    fn first_row(&self) -> Result<Option<usize>, MappingError> {
        if let Some(line) = self.given.first_row {
            return row_of(self.sheet, line, self.given, "first_row").map(Some);
        }
        let behind = [self.given.header_rows.as_deref().unwrap_or_default(), self.given.unit_row.as_slice()].concat();
        if let Some(&line) = behind.iter().filter(|&&line| line > 0).max() {
            let header = row_of(self.sheet, line, self.given, "header_rows")?;
            let next = (header + 1..self.end).find(|&row| self.sheet.extent(row) > 0);
            let units = |row: usize| self.given.unit_row.is_none() && self.is_unit_row(row);
            return Ok(next.map(|row| if units(row) { row + 1 } else { row }).filter(|&row| row < self.end));
        }
        let typed = self.numeric.iter().chain(&self.times).any(|&typed| typed);
        let search = 0..self.end.min(HEADER_SEARCH_ROWS + MAX_HEADER_ROWS + MAX_EMPTY_ROWS);
        let mut found = search.filter(|&row| self.is_data(row));
        if typed {
            // Rows that hold little more than an index may stand above the first full one.
            let up = |full: usize| (0..full).rev().take_while(|&row| self.agrees(row)).last().unwrap_or(full);
            return Ok(found.next().map(up));
        }
        // Nothing but text: the first full row has the names.
        let header = found.next();
        Ok(header.map(|header| header + 1).filter(|&row| self.width > 1 && row < self.end))
    }

    /// Returns the rows of the header, top down, with the row of units among them.
    fn header_above(&self, first: usize) -> Result<Vec<usize>, MappingError> {
        if let Some(lines) = &self.given.header_rows {
            return lines.iter().map(|&line| row_of(self.sheet, line, self.given, "header_rows")).collect();
        }
        let mut rows = Vec::new();
        let mut row = first;
        let mut skipped = 0;
        while let Some(above) = row.checked_sub(1) {
            row = above;
            if self.sheet.extent(row) == 0 {
                skipped += 1;
                if skipped > MAX_EMPTY_ROWS || !rows.is_empty() {
                    break;
                }
                continue;
            }
            if rows.len() >= MAX_HEADER_ROWS || !self.is_header(row, rows.is_empty()) {
                break;
            }
            rows.push(row);
        }
        rows.reverse();
        Ok(rows)
    }

    fn is_header(&self, row: usize, lowest: bool) -> bool {
        let classes: Vec<Class> = (0..self.sheet.len(row)).map(|column| self.class(row, column)).collect();
        let texts = classes.iter().filter(|class| **class == Class::Text).count();
        let numbers = classes.iter().filter(|class| matches!(class, Class::Number | Class::Time)).count();
        // A row above the names must be fuller than the names themselves to be more than a title.
        let full = if lowest { texts * 2 >= self.width } else { texts * 4 >= self.width * 3 };
        let wide = full && texts > numbers && texts > usize::from(self.width > 1) && (lowest || !self.is_title(row));
        let named_numbers = lowest
            && self.sheet.extent(row) >= self.width
            && classes.first() == Some(&Class::Text)
            && self.numeric.first() == Some(&true);
        let line = self.sheet.line(row);
        let groups = self.sheet.merged.iter().any(|merged| {
            merged.first_row <= line
                && line <= merged.last_row
                && merged.last_column > merged.first_column
                && (merged.last_column - merged.first_column) as usize + 1 < self.width
        });
        wide || named_numbers || (self.is_unit_row(row) && texts > 0) || (!lowest && groups && texts > 0)
    }

    /// Whether a row says one thing about the table, such as `Well: | A-1`.
    fn is_title(&self, row: usize) -> bool {
        let texts: Vec<String> = self.sheet.values(row).map(Value::shown).filter(|text| !text.is_empty()).collect();
        let key = |text: &String| text.ends_with(':') || names::word(text) == Some(Word::Well);
        texts.len() <= 2 && texts.first().is_some_and(key)
    }

    fn unit_row(&self, first: usize, header: &[usize]) -> Result<Option<usize>, MappingError> {
        match self.given.unit_row {
            Some(0) => return Ok(None),
            Some(line) => return row_of(self.sheet, line, self.given, "unit_row").map(Some),
            None => {}
        }
        if self.given.header_rows.is_some() {
            let below = header.last().map_or(0, |row| row + 1)..first;
            return Ok(below.rev().find(|&row| self.is_unit_row(row)));
        }
        // A single row names the columns, whatever it looks like.
        let below = header.get(1..).unwrap_or_default().iter().rev().find(|&&row| self.is_unit_row(row));
        let above = || header.first().filter(|&&row| header.len() > 1 && self.is_unit_row(row));
        Ok(below.or_else(above).copied())
    }

    /// Whether most of a row's cells are units.
    fn is_unit_row(&self, row: usize) -> bool {
        let (mut cells, mut known) = (0_usize, 0_usize);
        for value in self.sheet.values(row).filter(|value| !value.is_empty()) {
            cells += 1;
            if let Value::Text(text) = value {
                let unit = bare_unit(text);
                known += usize::from(unit.is_empty() || is_unit(unit));
            }
        }
        cells > 0 && known as f64 >= KNOWN_UNITS * cells as f64
    }
}

/// Returns the row at a line that a mapping names.
fn row_of(sheet: &RawSheet, line: u32, given: &TableMapping, field: &str) -> Result<usize, MappingError> {
    let row = sheet.row_at(line);
    if sheet.line(row) == line && line > 0 {
        return Ok(row);
    }
    let last = sheet.line(sheet.rows().saturating_sub(1));
    let message = format!("{field}: line {line} has no cells, the last one with any is {last}");
    Err(MappingError::Unfit { line: given.at, message })
}
