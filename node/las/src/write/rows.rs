//! Rows → text. Rows that hold words are read again before they are written, since whether a word
//! is read as it was meant depends on what stands around it.

use std::io;

use crate::header::shorten;
use crate::limits::MAX_COMMENTS;
use crate::lines::{is_blank, trim};
use crate::model::{Column, Delimiter, HeaderItem, RowComment, SetKind, Values};
use crate::write::flags::Flags;
use crate::write::plan::RowsPart;
use crate::write::{NumberForm, WriteError, WriteReport, number, text};

mod verify;

/// Columns of a wrapped line.
const LINE: usize = 80;

/// The rows of one data set, ready to be written.
#[derive(Debug)]
pub(super) struct Body<'a> {
    rows: &'a RowsPart<'a>,
    flags: &'a Flags,
    /// The width of each column, where values stand below each other.
    widths: Vec<usize>,
    /// All of the text, where it was read again.
    text: Option<Vec<u8>>,
}

/// Prepares the rows whose columns are defined by `curves`.
///
/// # Errors
///
/// What cannot be written so that it is read back.
pub(super) fn prepare<'a>(
    rows: &'a RowsPart<'a>,
    curves: &[&HeaderItem],
    flags: &'a Flags,
    report: &mut WriteReport,
) -> Result<Body<'a>, WriteError> {
    let mut body = Body { rows, flags, widths: Vec::new(), text: None };
    body.check_comments()?;
    let has_words = rows.set.columns.iter().any(|column| matches!(column.values, Values::Text(_)));
    for column in &rows.set.columns {
        body.widths.push(body.check(column, has_words)?);
    }
    if has_words {
        let mut text = Vec::new();
        body.write_rows(&mut text)?;
        verify::rows(rows, curves, flags, &text, report)?;
        body.text = Some(text);
    }
    Ok(body)
}

impl Body<'_> {
    /// Writes them.
    pub(super) fn write(&self, out: &mut impl io::Write) -> Result<(), WriteError> {
        match &self.text {
            Some(text) => Ok(out.write_all(text)?),
            None => self.write_rows(out),
        }
    }

    /// Checks the values of a column before anything is written; returns how wide they are, where
    /// values stand below each other, else 0.
    fn check(&self, column: &Column, has_words: bool) -> Result<usize, WriteError> {
        let aligns = self.flags.delimiter == Delimiter::Space && !self.flags.wrapped;
        if let Values::Number(numbers) = &column.values
            && !aligns
            && !has_words
            && self.flags.numbers == NumberForm::Shortest
        {
            // Nothing but infinity can be wrong with these.
            return match numbers.iter().position(|number| number.is_infinite()) {
                Some(row) => self.cell(column, row, &mut Vec::new()).map(|()| 0),
                None => Ok(0),
            };
        }
        let (mut widest, mut cell) = (0, Vec::new());
        for row in 0..self.rows.set.rows {
            cell.clear();
            self.cell(column, row, &mut cell)?;
            widest = widest.max(cell.len());
        }
        Ok(if aligns { widest } else { 0 })
    }

    fn write_rows(&self, out: &mut impl io::Write) -> Result<(), WriteError> {
        let end = self.flags.line_end.as_str().as_bytes();
        let set = self.rows.set;
        let mut comments = set.comments.iter().peekable();
        let mut line = Vec::new();
        for row in 0..set.rows {
            while let Some(comment) = comments.next_if(|comment| comment.row <= row) {
                write_comment(comment, end, out)?;
            }
            line.clear();
            if self.flags.wrapped {
                self.wrapped_row(row, &mut line)?
            } else {
                self.row(row, &mut line)?
            }
            line.extend_from_slice(end);
            out.write_all(&line)?;
        }
        comments.try_for_each(|comment| write_comment(comment, end, out))
    }

    /// Appends a row on one line.
    fn row(&self, row: usize, line: &mut Vec<u8>) -> Result<(), WriteError> {
        let separator = match self.flags.delimiter {
            Delimiter::Space => b' ',
            Delimiter::Comma => b',',
            Delimiter::Tab => b'\t',
        };
        let mut cell = Vec::new();
        for (at, (column, width)) in self.rows.set.columns.iter().zip(&self.widths).enumerate() {
            if at > 0 {
                line.push(separator);
            }
            cell.clear();
            self.cell(column, row, &mut cell)?;
            let padding = width.saturating_sub(cell.len());
            let is_word = matches!(column.values, Values::Text(_));
            line.extend(std::iter::repeat_n(b' ', if is_word { 0 } else { padding }));
            line.extend_from_slice(&cell);
            line.extend(std::iter::repeat_n(b' ', if is_word { padding } else { 0 }));
        }
        if self.flags.delimiter == Delimiter::Space {
            let blanks = line.iter().rev().take_while(|&&byte| byte == b' ').count();
            line.truncate(line.len() - blanks);
        }
        // A line of nothing but tabs, or nothing at all, is no row.
        if line.iter().all(|&byte| is_blank(byte)) {
            self.spell_last_null(line)?;
        }
        Ok(())
    }

    /// Puts a null in words at the end of a row that is empty.
    fn spell_last_null(&self, line: &mut Vec<u8>) -> Result<(), WriteError> {
        let columns = &self.rows.set.columns;
        let is_index = columns.len() == 1 && self.has_index();
        if is_index {
            let column = columns.first().map(|column| column.definition.mnemonic.clone()).unwrap_or_default();
            return Err(WriteError::Value { column, row: 1, why: "is a row of nothing, which is no row" });
        }
        line.extend_from_slice(self.flags.null.cell.as_bytes());
        Ok(())
    }

    /// Appends a row on several lines: the index alone, then the values. No line but the last has
    /// a single value, which would be an index.
    fn wrapped_row(&self, row: usize, line: &mut Vec<u8>) -> Result<(), WriteError> {
        let end = self.flags.line_end.as_str().as_bytes();
        let mut columns = self.rows.set.columns.iter();
        if let Some(index) = columns.next() {
            self.cell(index, row, line)?;
        }
        let (mut on_line, mut width) = (0, LINE);
        let mut cell = Vec::new();
        for column in columns {
            cell.clear();
            self.cell(column, row, &mut cell)?;
            let is_full = on_line != 1 && width + 1 + cell.len() > LINE;
            if is_full {
                line.extend_from_slice(end);
                (on_line, width) = (0, 0);
            }
            line.push(b' ');
            line.extend_from_slice(&cell);
            (on_line, width) = (on_line + 1, width + 1 + cell.len());
        }
        Ok(())
    }

    fn has_index(&self) -> bool {
        self.rows.kind == SetKind::Log
    }

    fn is_index(&self, column: &Column) -> bool {
        self.has_index() && self.rows.set.columns.first().is_some_and(|first| std::ptr::eq(first, column))
    }

    /// Appends a value.
    fn cell(&self, column: &Column, row: usize, cell: &mut Vec<u8>) -> Result<(), WriteError> {
        let name = || column.definition.mnemonic.clone();
        match &column.values {
            Values::Number(numbers) => match numbers.get(row) {
                Some(number) if number.is_infinite() => {
                    return Err(WriteError::Infinite { column: name(), row: row + 1 });
                }
                Some(number) if !number.is_nan() => {
                    number::push(cell, *number, self.flags.numbers);
                    self.check_rounding(column, row, *number, cell)?;
                }
                // An index has no null; what is no number is none in any place.
                _ if self.is_index(column) => cell.extend_from_slice(b"NaN"),
                _ => cell.extend_from_slice(self.flags.null.cell.as_bytes()),
            },
            Values::Text(texts) => match texts.get(row).and_then(Option::as_deref) {
                Some(word) => {
                    let found = text::cell(word, self.flags.delimiter, self.flags.version.is_3());
                    let found = found.map_err(|why| WriteError::Value { column: name(), row: row + 1, why })?;
                    cell.extend_from_slice(found.as_bytes());
                }
                // Between commas and tabs nothing is no value, also where null is a word.
                None if self.flags.delimiter != Delimiter::Space => {}
                None => cell.extend_from_slice(self.flags.null.cell.as_bytes()),
            },
        }
        Ok(())
    }

    /// Refuses a number that is the null value only because its places were cut.
    fn check_rounding(&self, column: &Column, row: usize, number: f64, cell: &[u8]) -> Result<(), WriteError> {
        let null = self.flags.null.number;
        if (number - null).abs() > 1.0 || self.is_index(column) {
            return Ok(());
        }
        let is_null = fast_float2::parse::<f64, _>(cell).is_ok_and(|written| written == null);
        if !is_null {
            return Ok(());
        }
        let (column, null) = (column.definition.mnemonic.clone(), self.flags.null.cell.clone());
        Err(WriteError::NullIsValue { column, row: row + 1, null })
    }

    /// Refuses comments that are none.
    fn check_comments(&self) -> Result<(), WriteError> {
        let comments = &self.rows.set.comments;
        let is_comment =
            |comment: &&RowComment| !comment.text.contains(['\n', '\r']) && trim(&comment.text).starts_with('#');
        match comments.iter().find(|comment| !is_comment(comment)).or(comments.get(MAX_COMMENTS)) {
            None => Ok(()),
            Some(odd) => Err(WriteError::HeaderLine { section: self.rows.title.clone(), line: shorten(&odd.text) }),
        }
    }
}

fn write_comment(comment: &RowComment, end: &[u8], out: &mut impl io::Write) -> Result<(), WriteError> {
    out.write_all(comment.text.as_bytes())?;
    Ok(out.write_all(end)?)
}
