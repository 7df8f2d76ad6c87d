//! What is said about odd rows and cells.

use crate::data::cell::Cell;
use crate::data::fit::Misfit;
use crate::data::rows::Row;
use crate::data::table::Source;
use crate::data::token::Token;
use crate::error::ReadError;
use crate::header::shorten;
use crate::lines::{column_of, line_ends};
use crate::model::{Notice, NoticeKind};
use crate::report::Reporter;

/// Reports what is odd about a cell, if anything is.
///
/// # Errors
///
/// [`ReadError::StrictViolation`] when strict.
pub(super) fn report_cell(
    source: &Source<'_>,
    cell: Cell,
    token: &Token,
    position: usize,
    reporter: &mut Reporter,
) -> Result<(), ReadError> {
    let (kind, what) = match cell {
        Cell::Number(_) | Cell::Null => return Ok(()),
        Cell::Comma(_) => (NoticeKind::DecimalComma, "has a decimal comma"),
        Cell::Spelled => (NoticeKind::NullSpelling, "has no value"),
        Cell::TooLarge => (NoticeKind::NumberRange, "has no value, its number is too large"),
        Cell::Text => (NoticeKind::TextColumn, "is read as text, since it is not all numbers"),
    };
    reporter.add_with(kind, || {
        let text = source.text.as_bytes();
        let word = String::from_utf8_lossy(token.bytes(text));
        let before = text.get(..token.start).unwrap_or_default();
        Notice {
            line: line_ends(before).saturating_add(source.line),
            column: column_of(text, token.start),
            kind,
            message: format!("column {} {what}: {}", position + 1, shorten(&word)),
        }
    })
}

/// Reports a row that does not fit.
///
/// # Errors
///
/// [`ReadError::Truncated`] and [`ReadError::StrictViolation`] when strict.
pub(super) fn report_misfit(
    source: &Source<'_>,
    row: &Row,
    width: usize,
    tokens: &[Token],
    reporter: &mut Reporter,
) -> Result<(), ReadError> {
    let line = row.line;
    if row.is_joined {
        reporter.add(line, 0, NoticeKind::QuotedLines, || "a text in quotes runs over line ends".to_owned())?;
    }
    let Some(misfit) = row.misfit else { return Ok(()) };
    let (kind, found, done) = match misfit {
        Misfit::Stray => {
            return reporter.add(line, 0, NoticeKind::StrayLine, || {
                let start = tokens.first().map_or(0, |token| token.start);
                let end = tokens.last().map_or(0, |token| token.end);
                format!("no row, left out: {}", shorten(source.text.get(start..end).unwrap_or_default()))
            });
        }
        Misfit::RunOn => {
            return reporter
                .add(line, 0, NoticeKind::RunOn, || "values without a blank between them were taken apart".to_owned());
        }
        Misfit::Short { found } if row.is_torn => {
            if reporter.is_strict() {
                return Err(ReadError::Truncated { line, found, expected: width });
            }
            (NoticeKind::Truncated, found, "the rest of this last row is empty")
        }
        Misfit::Aligned { found } => (NoticeKind::ShortRow, found, "they were placed by where columns end"),
        Misfit::Short { found } => (NoticeKind::ShortRow, found, "the last columns are empty"),
        Misfit::Long { found } => (NoticeKind::LongRow, found, "those at the end were dropped"),
        Misfit::IndexOnly { found } if found > width => {
            (NoticeKind::LongRow, found, "they cannot be told apart, only the index was kept")
        }
        Misfit::IndexOnly { found } => {
            (NoticeKind::ShortRow, found, "they cannot be told apart, only the index was kept")
        }
    };
    reporter.add(line, 0, kind, || format!("{found} values for {width} columns: {done}"))
}
