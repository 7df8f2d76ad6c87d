//! What was odd about a table, located: [`TableNotice`], collected within bounds by [`Notices`].

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::limits::MAX_NOTICES;
use crate::ingest::prepare::Warning;

/// One oddity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableNotice {
    /// The sheet of a workbook; empty for a text file.
    pub sheet: String,
    /// 1-based line of a text file or row of a sheet; 0 when it concerns all of it.
    pub line: u32,
    /// 1-based number of the cell in its row; 0 when it concerns the whole row.
    pub column: u32,
    /// What kind of oddity.
    pub kind: TableNoticeKind,
    /// What was found and what was done about it, lower case, no full stop.
    pub message: String,
}

/// The kinds of oddities of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TableNoticeKind {
    /// Bytes that do not belong to the encoding; they became U+FFFD.
    Encoding,
    /// No row looks like a header.
    NoHeader,
    /// A column without a name.
    EmptyName,
    /// A name that stands twice.
    DuplicateName,
    /// A column without a value, left out.
    EmptyColumn,
    /// More cells than the header has names.
    ExtraColumns,
    /// A row with too few cells.
    ShortRow,
    /// A row with too many cells.
    LongRow,
    /// A value that stands across two columns of fixed width.
    Misplaced,
    /// Empty rows among the others.
    EmptyRow,
    /// A row among the others that is no data: a remark, the header again.
    StrayRow,
    /// A remark or total below the data.
    Trailer,
    /// A comma as decimal sign.
    DecimalComma,
    /// Numbers that seem to be grouped in thousands.
    Thousands,
    /// A spelling of "no value".
    NullSpelling,
    /// A number that may mean "no value".
    NullCandidate,
    /// A number too large for a double.
    NumberRange,
    /// A column of text in which most cells are numbers.
    TextColumn,
    /// A text where the mapping asks for a number.
    NotANumber,
    /// A cell that holds the error of a formula.
    ErrorCell,
    /// Percent and other numbers in one column.
    Percent,
    /// Dates of which day and month cannot be told apart.
    AmbiguousDate,
    /// How dates and times were understood.
    DateTime,
    /// Merged cells among the data.
    Merged,
    /// A sheet that the workbook hides.
    HiddenSheet,
    /// A sheet that holds no table.
    SkippedSheet,
    /// Rows without the name of a well.
    NoWell,
    /// An index that is missing or text.
    Index,
    /// An apostrophe before a formula sign, taken off.
    Defused,
    /// A unit that two places tell differently.
    Unit,
}

impl fmt::Display for TableNoticeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}

impl From<&TableNotice> for Warning {
    fn from(notice: &TableNotice) -> Self {
        let message = match &*notice.sheet {
            "" => notice.message.clone(),
            sheet => format!("sheet {sheet}: {}", notice.message),
        };
        Self { line: notice.line, column: notice.column, kind: notice.kind.to_string(), message }
    }
}

/// Notices within bounds: at most [`MAX_NOTICES`] of a kind are kept, the rest are counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Notices {
    kept: Vec<TableNotice>,
    seen: BTreeMap<TableNoticeKind, u64>,
}

/// Where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place<'a> {
    /// The sheet; empty for a text file.
    pub(crate) sheet: &'a str,
    /// 1-based line; 0 for all of the sheet.
    pub(crate) line: u32,
    /// 1-based cell; 0 for the whole row.
    pub(crate) column: u32,
}

impl Notices {
    /// Notes an oddity. `message` is only called when the notice is kept, so that a million
    /// oddities cost no million strings.
    pub(crate) fn add(&mut self, place: Place<'_>, kind: TableNoticeKind, message: impl FnOnce() -> String) {
        let seen = self.seen.entry(kind).or_default();
        *seen += 1;
        if *seen <= MAX_NOTICES as u64 {
            let Place { sheet, line, column } = place;
            self.kept.push(TableNotice { sheet: sheet.to_owned(), line, column, kind, message: message() });
        }
    }

    /// Returns the notices that were kept, in the order they were made.
    #[must_use]
    pub fn kept(&self) -> &[TableNotice] {
        &self.kept
    }

    /// Returns how many notices of a kind there were, also those not kept.
    #[must_use]
    pub fn seen(&self, kind: TableNoticeKind) -> u64 {
        self.seen.get(&kind).copied().unwrap_or_default()
    }

    /// Returns how many notices there were, also those not kept.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.seen.values().sum()
    }
}

/// Returns the letters by which spreadsheets call a column: A, B … Z, AA.
#[must_use]
pub fn column_letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let digit = (rest - 1) % 26;
        letters.push(char::from(b'A' + u8::try_from(digit).unwrap_or_default()));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_bounded_per_kind_and_counted() {
        let mut notices = Notices::default();
        for line in 1..=250 {
            notices.add(Place { line, ..Place::default() }, TableNoticeKind::ShortRow, String::new);
        }
        notices.add(Place::default(), TableNoticeKind::NoWell, String::new);
        assert_eq!((notices.kept().len(), notices.total()), (MAX_NOTICES + 1, 251));
        assert_eq!(notices.seen(TableNoticeKind::ShortRow), 250);
    }

    #[test]
    fn columns_are_called_as_in_a_spreadsheet() {
        for (column, letters) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")] {
            assert_eq!(column_letters(column), letters);
        }
    }
}
