//! What a file's cells say before anything is understood: [`RawBook`], [`RawSheet`], [`Value`].
//!
//! Text files have one sheet of text cells; workbooks have typed cells. Cells stand where the file
//! has them: rows are ragged, and a row knows its line. A sheet keeps its text in one piece and
//! nine bytes for each cell, since a file may have millions.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::ReadTableError;
use super::limits::{MAX_CELL_TEXT, MAX_CELLS, MAX_COLUMNS, MAX_ROWS};
use super::notice::Notices;
use crate::ingest::datetime;

/// How a file lays out its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Separated by commas.
    Csv,
    /// Separated by semicolons, usually with decimal commas.
    Semicolon,
    /// Separated by tabs.
    Tsv,
    /// Separated by `|`.
    Pipe,
    /// Separated by runs of blanks.
    Spaces,
    /// Each column has its place on the line.
    Fixed,
    /// A workbook: xlsx, xlsm, xlsb, xls or ods.
    Workbook,
}

impl Format {
    /// Returns the byte between cells, for the formats that have one.
    #[must_use]
    pub const fn delimiter(self) -> Option<u8> {
        match self {
            Self::Csv => Some(b','),
            Self::Semicolon => Some(b';'),
            Self::Tsv => Some(b'\t'),
            Self::Pipe => Some(b'|'),
            Self::Spaces | Self::Fixed | Self::Workbook => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Csv => "comma-separated",
            Self::Semicolon => "semicolon-separated",
            Self::Tsv => "tab-separated",
            Self::Pipe => "pipe-separated",
            Self::Spaces => "blank-separated",
            Self::Fixed => "fixed width",
            Self::Workbook => "workbook",
        })
    }
}

/// All sheets of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct RawBook {
    /// How the cells are laid out.
    pub format: Format,
    /// How the bytes of a text file were decoded, lower case; `None` for a workbook.
    pub encoding: Option<String>,
    /// The sheets in file order; a text file has one.
    pub sheets: Vec<RawSheet>,
    /// What was odd so far.
    pub notices: Notices,
}

/// One sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RawSheet {
    /// Its name; empty for a text file.
    pub name: String,
    /// Whether the workbook hides it.
    pub hidden: bool,
    /// Merged cells.
    pub merged: Vec<Merged>,
    /// 1-based lines of fixed width with a value across two columns.
    pub torn: BTreeSet<u32>,
    text: String,
    kinds: Vec<Kind>,
    bits: Vec<u64>,
    rows: Vec<Row>,
}

/// A block of merged cells; only the first of them has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// 1-based first row.
    pub first_row: u32,
    /// 1-based last row.
    pub last_row: u32,
    /// 0-based first column.
    pub first_column: u32,
    /// 0-based last column.
    pub last_column: u32,
}

/// What one cell says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Empty,
    /// Text as delivered.
    Text(&'a str),
    /// A number of a workbook.
    Number(f64),
    /// A number that the workbook shows in percent: 0.25 is shown as 25 %.
    Percent(f64),
    /// A date of a workbook, with or without a time, in seconds since 1970.
    DateTime(f64),
    /// A time of day or a duration of a workbook, in seconds.
    Time(f64),
    /// A truth value of a workbook.
    Bool(bool),
    /// An error of a workbook, e.g. `#N/A`.
    Error(CellError),
}

/// An error that a formula of a workbook ended in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CellError {
    /// `#DIV/0!`
    DivisionByZero,
    /// `#N/A`
    NotAvailable,
    /// `#NAME?`
    Name,
    /// `#NULL!`
    Null,
    /// `#NUM!`
    Number,
    /// `#REF!`
    Reference,
    /// `#VALUE!`
    Value,
    /// `#GETTING_DATA`, `#SPILL!` and the like.
    Other,
}

impl fmt::Display for CellError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::DivisionByZero => "#DIV/0!",
            Self::NotAvailable => "#N/A",
            Self::Name => "#NAME?",
            Self::Null => "#NULL!",
            Self::Number => "#NUM!",
            Self::Reference => "#REF!",
            Self::Value => "#VALUE!",
            Self::Other => "an error",
        })
    }
}

impl Value<'_> {
    /// Returns it as text for people, blanks trimmed; empty when it says nothing.
    #[must_use]
    pub fn shown(self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(number) | Self::Percent(number) => number.to_string(),
            Self::DateTime(seconds) => datetime::iso_text(seconds),
            Self::Time(seconds) => datetime::clock_text(seconds),
            Self::Bool(truth) => if truth { "TRUE" } else { "FALSE" }.to_owned(),
            Self::Error(error) => error.to_string(),
        }
    }

    /// Whether it says nothing: no cell, or blanks only.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    Text,
    Number,
    Percent,
    DateTime,
    Time,
    Bool,
    Error(CellError),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    line: u32,
    /// Cells of all rows up to the end of this one.
    end: u32,
}

impl RawSheet {
    /// Returns an empty sheet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds a cell to the row that is being built.
    ///
    /// # Errors
    /// When the sheet gets larger than [`MAX_CELLS`] or [`MAX_CELL_TEXT`].
    pub fn push(&mut self, value: Value<'_>) -> Result<(), ReadTableError> {
        self.push_after(0, value)
    }

    /// Adds a cell to the row that is being built, `others` being the cells of other sheets.
    pub(crate) fn push_after(&mut self, others: usize, value: Value<'_>) -> Result<(), ReadTableError> {
        if self.kinds.len() + others >= MAX_CELLS {
            return Err(ReadTableError::TooManyCells);
        }
        let (kind, bits) = match value {
            Value::Empty => (Kind::Empty, 0),
            Value::Text(text) => {
                let start = self.text.len();
                if start + text.len() > MAX_CELL_TEXT {
                    return Err(ReadTableError::TooMuchText);
                }
                self.text.push_str(text);
                (Kind::Text, (start as u64) << 32 | text.len() as u64)
            }
            Value::Number(number) => (Kind::Number, number.to_bits()),
            Value::Percent(number) => (Kind::Percent, number.to_bits()),
            Value::DateTime(seconds) => (Kind::DateTime, seconds.to_bits()),
            Value::Time(seconds) => (Kind::Time, seconds.to_bits()),
            Value::Bool(truth) => (Kind::Bool, u64::from(truth)),
            Value::Error(error) => (Kind::Error(error), 0),
        };
        self.kinds.push(kind);
        self.bits.push(bits);
        Ok(())
    }

    /// Ends the row that is being built; `line` is its 1-based line or row number.
    ///
    /// # Errors
    /// When there are more than [`MAX_ROWS`] rows or more than [`MAX_COLUMNS`] cells in the row.
    pub fn end_row(&mut self, line: u32) -> Result<(), ReadTableError> {
        let start = self.rows.last().map_or(0, |row| row.end as usize);
        if self.kinds.len() - start > MAX_COLUMNS {
            return Err(ReadTableError::TooManyColumns { line });
        }
        if self.rows.len() >= MAX_ROWS {
            return Err(ReadTableError::TooManyRows);
        }
        let Ok(end) = u32::try_from(self.kinds.len()) else { return Err(ReadTableError::TooManyCells) };
        self.rows.push(Row { line, end });
        Ok(())
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Returns the number of cells, empty ones included.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.kinds.len()
    }

    /// Returns the 1-based line of a row; 0 for one that is not there.
    #[must_use]
    pub fn line(&self, row: usize) -> u32 {
        self.rows.get(row).map_or(0, |row| row.line)
    }

    /// Returns the first row that stands at a line or after it.
    #[must_use]
    pub fn row_at(&self, line: u32) -> usize {
        self.rows.partition_point(|row| row.line < line)
    }

    /// Returns how many cells a row has.
    #[must_use]
    pub fn len(&self, row: usize) -> usize {
        let (start, end) = self.bounds(row);
        end - start
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns how many cells a row has up to its last one that says something.
    #[must_use]
    pub fn extent(&self, row: usize) -> usize {
        (0..self.len(row)).rev().find(|&column| !self.value(row, column).is_empty()).map_or(0, |column| column + 1)
    }

    /// Returns what a cell says; nothing when there is no such cell.
    #[must_use]
    pub fn value(&self, row: usize, column: usize) -> Value<'_> {
        let (start, end) = self.bounds(row);
        let at = start + column;
        if at >= end {
            return Value::Empty;
        }
        let bits = self.bits[at];
        match self.kinds[at] {
            Kind::Empty => Value::Empty,
            Kind::Text => {
                let (start, length) = ((bits >> 32) as usize, (bits & 0xFFFF_FFFF) as usize);
                Value::Text(&self.text[start..start + length])
            }
            Kind::Number => Value::Number(f64::from_bits(bits)),
            Kind::Percent => Value::Percent(f64::from_bits(bits)),
            Kind::DateTime => Value::DateTime(f64::from_bits(bits)),
            Kind::Time => Value::Time(f64::from_bits(bits)),
            Kind::Bool => Value::Bool(bits != 0),
            Kind::Error(error) => Value::Error(error),
        }
    }

    /// Returns the values of a row.
    pub fn values(&self, row: usize) -> impl ExactSizeIterator<Item = Value<'_>> {
        (0..self.len(row)).map(move |column| self.value(row, column))
    }

    fn bounds(&self, row: usize) -> (usize, usize) {
        let Some(this) = self.rows.get(row) else { return (0, 0) };
        let start = row.checked_sub(1).map_or(0, |before| self.rows[before].end as usize);
        (start, this.end as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_where_they_were_put() {
        let mut sheet = RawSheet::new("Logs");
        for value in [Value::Text("MD"), Value::Empty, Value::Text("ГК")] {
            sheet.push(value).unwrap();
        }
        sheet.end_row(3).unwrap();
        sheet.end_row(4).unwrap();
        let typed =
            [Value::Number(0.1), Value::Percent(0.25), Value::Bool(true), Value::Error(CellError::NotAvailable)];
        for value in typed {
            sheet.push(value).unwrap();
        }
        sheet.push(Value::Text("  ")).unwrap();
        sheet.end_row(9).unwrap();
        assert_eq!((sheet.rows(), sheet.len(0), sheet.len(1), sheet.len(2)), (3, 3, 0, 5));
        assert_eq!(sheet.value(0, 2), Value::Text("ГК"));
        assert_eq!(sheet.values(2).take(4).collect::<Vec<_>>(), typed);
        assert_eq!(sheet.extent(2), 4, "blanks say nothing");
        assert_eq!((sheet.line(2), sheet.row_at(5), sheet.row_at(9)), (9, 2, 2));
        assert_eq!(sheet.value(0, 3), Value::Empty);
        assert_eq!(sheet.value(7, 0), Value::Empty);
    }

    #[test]
    fn rows_have_a_widest() {
        let mut sheet = RawSheet::new("");
        for _ in 0..=MAX_COLUMNS {
            sheet.push(Value::Empty).unwrap();
        }
        assert!(matches!(sheet.end_row(1), Err(ReadTableError::TooManyColumns { line: 1 })));
    }
}
