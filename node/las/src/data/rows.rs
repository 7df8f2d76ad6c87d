//! [`Rows`]: the rows of a section the slow way, which every row goes in the end or at least
//! could go. Two runs over the same text give the same rows.

use crate::data::fit::{Misfit, fit};
use crate::data::layout::Layout;
use crate::data::quoted;
use crate::data::token::{Token, is_comment, is_skipped, split};
use crate::data::wrap::WrappedRows;
use crate::error::ReadError;
use crate::lines::{Line, Lines, trim_start};
use crate::nulls::Nulls;

/// What is found among the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// A row whose tokens are as many as the layout says.
    Row(Row),
    /// A comment.
    Comment(Line<'a>),
}

/// A row whose tokens are as many as the layout says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line it begins on.
    pub(crate) line: u32,
    /// How it did not fit.
    pub(crate) misfit: Option<Misfit>,
    /// Whether it is short because the text ends.
    pub(crate) is_torn: bool,
    /// Whether an item of it runs over line ends.
    pub(crate) is_joined: bool,
}

/// Reads rows one by one.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    text: &'a [u8],
    layout: &'a Layout,
    nulls: &'a Nulls,
    source: Source<'a>,
}

#[derive(Debug)]
enum Source<'a> {
    Lines(Lines<'a>),
    Wrapped(WrappedRows<'a>),
}

impl<'a> Rows<'a> {
    /// Returns the rows of `text`, whose first line has the number `line`.
    pub(crate) fn new(text: &'a [u8], line: u32, layout: &'a Layout, nulls: &'a Nulls) -> Self {
        let source = match layout.wrapping {
            Some(wrapping) => Source::Wrapped(WrappedRows::new(text, line, layout, nulls, wrapping)),
            None => Source::Lines(Lines::new(text, line)),
        };
        Self { text, layout, nulls, source }
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
    ) -> Result<Option<Found<'a>>, ReadError> {
        let (text, layout, nulls) = (self.text, self.layout, self.nulls);
        match &mut self.source {
            Source::Lines(lines) => {
                let Some(line) = lines.find(|line| !fast(line.bytes) && !trim_start(line.bytes).is_empty()) else {
                    return Ok(None);
                };
                if is_comment(line.bytes) {
                    return Ok(Some(Found::Comment(line)));
                }
                Ok(Some(Found::Row(read_line(text, layout, nulls, line, lines, tokens))))
            }
            Source::Wrapped(rows) => {
                if let Some(comment) = rows.next_comment() {
                    return Ok(Some(Found::Comment(comment)));
                }
                let Some(row) = rows.next_row(tokens)? else { return Ok(None) };
                let misfit = fit(text, layout, nulls, None, tokens);
                let is_torn = is_short(misfit) && row.is_last;
                Ok(Some(Found::Row(Row { line: row.line, misfit, is_torn, is_joined: false })))
            }
        }
    }
}

fn read_line<'a>(
    text: &'a [u8],
    layout: &Layout,
    nulls: &Nulls,
    line: Line<'a>,
    lines: &mut Lines<'a>,
    tokens: &mut Vec<Token>,
) -> Row {
    let whole = if layout.joins_quotes { quoted::join(text, line, lines, layout.delimiter) } else { line };
    tokens.clear();
    split(&whole, layout.delimiter, tokens);
    let misfit = fit(text, layout, nulls, Some(whole.start), tokens);
    let is_torn = is_short(misfit) && lines.clone().all(|rest| is_skipped(rest.bytes));
    Row { line: line.number, misfit, is_torn, is_joined: whole.bytes.len() > line.bytes.len() }
}

fn is_short(misfit: Option<Misfit>) -> bool {
    matches!(misfit, Some(Misfit::Short { .. }))
}
