//! Wrapped rows: lines → rows, without ever taking the beginning of a row for the end of the one
//! before.

use std::collections::VecDeque;

use crate::data::fit::is_run;
use crate::data::layout::{Layout, Wrapping};
use crate::data::token::{Token, is_comment, is_skipped, split};
use crate::error::ReadError;
use crate::lines::{Line, Lines};
use crate::nulls::Nulls;

/// The lines of wrapped rows, one of them looked at ahead.
#[derive(Debug)]
pub(crate) struct WrappedRows<'a> {
    text: &'a [u8],
    lines: Lines<'a>,
    layout: &'a Layout,
    nulls: &'a Nulls,
    wrapping: Wrapping,
    next: Vec<Token>,
    next_line: u32,
    /// Comments passed while looking ahead, and not yet told.
    comments: VecDeque<Line<'a>>,
}

/// A row as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrappedRow {
    /// The line it begins on.
    pub(crate) line: u32,
    /// Whether the text ends with it.
    pub(crate) is_last: bool,
}

impl<'a> WrappedRows<'a> {
    /// Returns the rows of `text`, whose first line has the number `line`.
    pub(crate) fn new(text: &'a [u8], line: u32, layout: &'a Layout, nulls: &'a Nulls, wrapping: Wrapping) -> Self {
        let lines = Lines::new(text, line);
        let (next, comments) = (Vec::new(), VecDeque::new());
        let mut rows = Self { text, lines, layout, nulls, wrapping, next, next_line: 0, comments };
        rows.look_ahead();
        rows
    }

    /// Returns the next comment in front of the next row.
    pub(crate) fn next_comment(&mut self) -> Option<Line<'a>> {
        let is_near = self.next.is_empty() || self.comments.front()?.number < self.next_line;
        if is_near { self.comments.pop_front() } else { None }
    }

    /// Reads the next row into `tokens`; they may be fewer or more than a row has.
    ///
    /// # Errors
    ///
    /// [`ReadError::WrappedRow`] when rows cannot be told apart any more.
    pub(crate) fn next_row(&mut self, tokens: &mut Vec<Token>) -> Result<Option<WrappedRow>, ReadError> {
        tokens.clear();
        if self.next.is_empty() {
            return Ok(None);
        }
        let line = self.next_line;
        let mut found = self.take(tokens, 0);
        while !self.next.is_empty() && self.belongs(found) {
            found = self.take(tokens, found);
        }
        if found > self.layout.width && self.wrapping == Wrapping::Loose {
            return Err(ReadError::WrappedRow { line, found, expected: self.layout.width });
        }
        Ok(Some(WrappedRow { line, is_last: self.next.is_empty() }))
    }

    /// Returns whether the next line belongs to a row that has `found` values so far.
    fn belongs(&self, found: usize) -> bool {
        let width = self.layout.width;
        if self.wrapping != Wrapping::IndexAlone {
            return found < width;
        }
        match self.next.as_slice() {
            // The last value may stand alone just as an index does; what follows tells.
            [one] if !is_run(one, self.text, self.nulls) => {
                let completes = found + 1 == width;
                completes && (width == 2 || self.after_next() <= 1)
            }
            // Values that are too many still belong to this row, not to the next one.
            _ => true,
        }
    }

    /// Moves the next line into the row; a row far too long is only counted.
    fn take(&mut self, tokens: &mut Vec<Token>, found: usize) -> usize {
        let found = found + self.next.len();
        if tokens.len() <= self.layout.width {
            tokens.append(&mut self.next);
        }
        self.look_ahead();
        found
    }

    fn look_ahead(&mut self) {
        self.next.clear();
        for line in self.lines.by_ref() {
            if is_comment(line.bytes) {
                self.comments.push_back(line);
            } else if !is_skipped(line.bytes) {
                split(&line, self.layout.delimiter, &mut self.next);
                self.next_line = line.number;
                break;
            }
        }
    }

    /// Returns the number of values on the line after the next.
    fn after_next(&self) -> usize {
        let mut tokens = Vec::new();
        if let Some(line) = self.lines.clone().find(|line| !is_skipped(line.bytes)) {
            split(&line, self.layout.delimiter, &mut tokens);
        }
        tokens.len()
    }
}
