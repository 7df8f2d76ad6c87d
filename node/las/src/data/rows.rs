//! [`Rows`]: the rows of a section the slow way, which every row goes in the end or at least
//! could go. Two runs over the same text give the same rows.

use crate::data::cell::NullValue;
use crate::data::fit::{Misfit, fit};
use crate::data::layout::Layout;
use crate::data::token::{Token, is_skipped, split};
use crate::data::wrap::WrappedRows;
use crate::error::ReadError;
use crate::lines::{Line, Lines};

/// A row whose tokens are as many as the layout says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line it begins on.
    pub(crate) line: u32,
    /// How it did not fit.
    pub(crate) misfit: Option<Misfit>,
    /// Whether it is short because the text ends.
    pub(crate) is_torn: bool,
}

/// Reads rows one by one.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    text: &'a [u8],
    layout: &'a Layout,
    null: &'a NullValue,
    source: Source<'a>,
}

#[derive(Debug)]
enum Source<'a> {
    Lines(Lines<'a>),
    Wrapped(WrappedRows<'a>),
}

impl<'a> Rows<'a> {
    /// Returns the rows of `text`, whose first line has the number `line`.
    pub(crate) fn new(text: &'a [u8], line: u32, layout: &'a Layout, null: &'a NullValue) -> Self {
        let source = match layout.wrapping {
            Some(wrapping) => Source::Wrapped(WrappedRows::new(text, line, layout, null, wrapping)),
            None => Source::Lines(Lines::new(text, line)),
        };
        Self { text, layout, null, source }
    }

    /// Reads the next row into `tokens`. Every line is offered to `fast` first, which may deal
    /// with it.
    ///
    /// # Errors
    ///
    /// [`ReadError::WrappedRow`]
    pub(crate) fn next_row(
        &mut self,
        tokens: &mut Vec<Token>,
        mut fast: impl FnMut(&[u8]) -> bool,
    ) -> Result<Option<Row>, ReadError> {
        let (text, layout, null) = (self.text, self.layout, self.null);
        match &mut self.source {
            Source::Lines(lines) => {
                let Some(line) = lines.find(|line| !fast(line.bytes) && !is_skipped(line.bytes)) else {
                    return Ok(None);
                };
                let misfit = read_line(text, layout, null, &line, tokens);
                let is_torn = is_short(misfit) && lines.clone().all(|rest| is_skipped(rest.bytes));
                Ok(Some(Row { line: line.number, misfit, is_torn }))
            }
            Source::Wrapped(rows) => {
                let Some(row) = rows.next_row(tokens)? else { return Ok(None) };
                let misfit = fit(text, layout, null, None, tokens);
                let is_torn = is_short(misfit) && row.is_last;
                Ok(Some(Row { line: row.line, misfit, is_torn }))
            }
        }
    }
}

fn read_line(
    text: &[u8],
    layout: &Layout,
    null: &NullValue,
    line: &Line<'_>,
    tokens: &mut Vec<Token>,
) -> Option<Misfit> {
    tokens.clear();
    split(line, layout.delimiter, tokens);
    fit(text, layout, null, Some(line.start), tokens)
}

fn is_short(misfit: Option<Misfit>) -> bool {
    matches!(misfit, Some(Misfit::Short { .. }))
}
