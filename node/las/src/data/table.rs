//! One data section → its columns: the first run reads numbers, a second one ([`texts`]) reads
//! the columns that turned out to hold text.

use crate::data::cell::{Cell, classify};
use crate::data::fit::Misfit;
use crate::data::layout::{self, Layout, Wrapping};
use crate::data::rows::{Found, Row, Rows};
use crate::data::token::Token;
use crate::data::{fast, notices};
use crate::error::ReadError;
use crate::limits::max_rows;
use crate::lines::Line;
use crate::model::{Column, Delimiter, Format, HeaderItem, NoticeKind, RowComment, Values, Version};
use crate::nulls::Nulls;
use crate::report::Reporter;

mod texts;

/// A data section and what the header says about it.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// The lines below the title.
    pub(crate) text: &'a str,
    /// The number of the first of them.
    pub(crate) line: u32,
    /// The line of the title.
    pub(crate) title_line: u32,
    /// The flags.
    pub(crate) version: &'a Version,
    /// Whether the file is LAS 3.0, where text is nothing odd.
    pub(crate) is_3: bool,
    /// Whether the first column is an index, which has no nulls.
    pub(crate) has_index: bool,
    /// What counts as no value.
    pub(crate) nulls: &'a Nulls,
    /// The curves.
    pub(crate) curves: &'a [&'a HeaderItem],
}

impl Source<'_> {
    /// Returns whether the header says that a column is text.
    pub(crate) fn is_text(&self, position: usize) -> bool {
        self.format(position).is_some_and(Format::is_text)
    }

    /// Returns whether text in a column is nothing odd.
    fn expects_text(&self, position: usize) -> bool {
        self.is_3 && !self.format(position).is_some_and(Format::is_number)
    }

    fn format(&self, position: usize) -> Option<&Format> {
        self.curves.get(position)?.format.as_ref()
    }

    /// Returns whether a column may hold nulls.
    fn may_be_null(&self, position: usize) -> bool {
        position > 0 || !self.has_index
    }
}

/// What a data section holds.
#[derive(Debug)]
pub(crate) struct Contents {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: usize,
    pub(crate) comments: Vec<RowComment>,
}

/// Reads a data section; `None` when it has no rows. Of the comments, no more than `comments_left`
/// are kept, which is counted down.
///
/// # Errors
///
/// [`ReadError`]
pub(crate) fn read(
    source: &Source<'_>,
    comments_left: &mut usize,
    reporter: &mut Reporter,
) -> Result<Option<Contents>, ReadError> {
    let Some(layout) = layout::find(source, source.nulls, reporter)? else { return Ok(None) };
    let mut table = Table::new(source, &layout);
    table.read_numbers(comments_left, reporter)?;
    if table.rows == 0 {
        return Ok(None);
    }
    table.check_index_order(reporter)?;
    Ok(Some(table.finish()?))
}

/// A data set being read.
struct Table<'a> {
    source: &'a Source<'a>,
    layout: &'a Layout,
    /// The values by column; NaN throughout where a column is text.
    numbers: Vec<Vec<f64>>,
    /// Which columns hold text.
    is_text: Vec<bool>,
    rows: usize,
    max_rows: usize,
    comments: Vec<RowComment>,
}

impl<'a> Table<'a> {
    fn new(source: &'a Source<'a>, layout: &'a Layout) -> Self {
        let bytes = source.text.len();
        let max_rows = max_rows(layout.columns, bytes);
        // A value takes two bytes at least, so lines that begin short do not reserve too much.
        let rows = (bytes / layout.line_bytes).min(bytes / (2 * layout.width.max(1))) + 1;
        Self {
            source,
            layout,
            numbers: (0..layout.width).map(|_| Vec::with_capacity(rows)).collect(),
            is_text: (0..layout.width).map(|position| source.is_text(position)).collect(),
            rows: 0,
            max_rows,
            comments: Vec::new(),
        }
    }

    fn text(&self) -> &'a [u8] {
        self.source.text.as_bytes()
    }

    fn rows(&self) -> Rows<'a> {
        Rows::new(self.text(), self.source.line, self.layout, self.source.nulls)
    }

    /// The first run.
    fn read_numbers(&mut self, comments_left: &mut usize, reporter: &mut Reporter) -> Result<(), ReadError> {
        let mut rows = self.rows();
        let mut tokens = Vec::new();
        loop {
            let row = match self.next_fast(&mut rows, &mut tokens)? {
                None => break,
                Some(Found::Comment(line)) => {
                    self.keep_comment(line, comments_left, reporter)?;
                    continue;
                }
                Some(Found::Row(row)) => self.without_lone_number(row, &tokens),
            };
            notices::report_misfit(self.source, &row, self.layout.width, &tokens, reporter)?;
            if row.misfit == Some(Misfit::Stray) {
                continue;
            }
            self.push(&tokens, reporter)?;
            self.check_rows(row.line)?;
        }
        self.check_rows(self.source.title_line)
    }

    /// Reads lines of plain numbers, up to the first that is something else.
    fn next_fast(&mut self, rows: &mut Rows<'a>, tokens: &mut Vec<Token>) -> Result<Option<Found<'a>>, ReadError> {
        let nulls = self.source.nulls;
        let first = usize::from(self.source.has_index);
        match nulls.only() {
            Some(null) => self.next_fast_where(rows, tokens, |at, value| value == null && at >= first),
            None => self.next_fast_where(rows, tokens, |at, value| at >= first && nulls.contain(value)),
        }
    }

    fn next_fast_where(
        &mut self,
        rows: &mut Rows<'a>,
        tokens: &mut Vec<Token>,
        is_null: impl Fn(usize, f64) -> bool + Copy,
    ) -> Result<Option<Found<'a>>, ReadError> {
        let (numbers, count) = (&mut self.numbers, &mut self.rows);
        let mut read = |done: bool| {
            *count += usize::from(done);
            done
        };
        match self.layout.delimiter {
            Delimiter::Space => {
                rows.next_row(tokens, |line| read(fast::row::<{ fast::BLANKS }>(line, numbers, is_null)))
            }
            Delimiter::Comma => rows.next_row(tokens, |line| read(fast::row::<b','>(line, numbers, is_null))),
            Delimiter::Tab => {
                let leads_with_tab = self.layout.leads_with_tab;
                rows.next_row(tokens, |line| {
                    let line = line.strip_prefix(b"\t").filter(|_| leads_with_tab).unwrap_or(line);
                    read(fast::row::<b'\t'>(line, numbers, is_null))
                })
            }
        }
    }

    /// Keeps a comment.
    fn keep_comment(&mut self, line: Line<'_>, left: &mut usize, reporter: &mut Reporter) -> Result<(), ReadError> {
        let Some(rest) = left.checked_sub(1) else {
            return reporter.add(line.number, 0, NoticeKind::Comment, || {
                "too many comments among the rows, this one is not kept".to_owned()
            });
        };
        *left = rest;
        let text = String::from_utf8_lossy(line.bytes).into_owned();
        self.comments.push(RowComment { row: self.rows, line: line.number, text });
        Ok(())
    }

    fn check_rows(&self, line: u32) -> Result<(), ReadError> {
        if self.rows <= self.max_rows {
            return Ok(());
        }
        let what = "rows that lack most of their values";
        Err(ReadError::TooLarge { what, limit: self.max_rows, line })
    }

    /// Makes a last line a remark that is a single number and no next index, as some programs end
    /// a file with.
    fn without_lone_number(&self, row: Row, tokens: &[Token]) -> Row {
        let index = self.numbers.first().map(Vec::as_slice).unwrap_or_default();
        let (Some(Misfit::Short { found: 1 }), true, [.., before, last]) = (row.misfit, row.is_torn, index) else {
            return row;
        };
        let cell = tokens.first().map(|token| classify(token, self.text(), self.layout.delimiter, self.source.nulls));
        let Some(Cell::Number(number) | Cell::Comma(number)) = cell else { return row };
        let (step, next) = (last - before, number - last);
        let continues = step != 0.0 && (0.0..=2.0).contains(&(next / step)) && next != 0.0;
        if continues { row } else { Row { misfit: Some(Misfit::Stray), ..row } }
    }

    /// Appends a row.
    fn push(&mut self, tokens: &[Token], reporter: &mut Reporter) -> Result<(), ReadError> {
        let text = self.text();
        self.rows += 1;
        let columns = self.numbers.iter_mut().zip(&mut self.is_text);
        for (position, (token, (numbers, is_text))) in tokens.iter().zip(columns).enumerate() {
            if *is_text {
                numbers.push(f64::NAN);
                continue;
            }
            let cell = classify(token, text, self.layout.delimiter, self.source.nulls);
            let number = match cell {
                Cell::Number(number) | Cell::Comma(number) => number,
                _ => f64::NAN,
            };
            let is_null = self.source.may_be_null(position) && self.source.nulls.contain(number);
            numbers.push(if is_null { f64::NAN } else { number });
            *is_text = cell == Cell::Text;
            if cell != Cell::Text || !self.source.expects_text(position) {
                notices::report_cell(self.source, cell, token, position, reporter)?;
            }
        }
        Ok(())
    }

    /// Reports an index that turns round where every value stands on its own line, since one
    /// missing value then moves all that follow.
    fn check_index_order(&self, reporter: &mut Reporter) -> Result<(), ReadError> {
        let index = self.numbers.first().map(Vec::as_slice).unwrap_or_default();
        if self.layout.wrapping != Some(Wrapping::OneALine) {
            return Ok(());
        }
        let falls = matches!(index, [first, second, ..] if second < first);
        let turn = index.windows(2).position(|pair| match pair {
            [before, after] => (after < before) != falls,
            _ => false,
        });
        let Some(turn) = turn else { return Ok(()) };
        reporter.add(self.source.title_line, 0, NoticeKind::IndexOrder, || {
            let row = turn + 2;
            format!("the index turns round in row {row}: from there, columns may be mixed up")
        })
    }

    /// Puts the columns together with their definitions.
    fn finish(mut self) -> Result<Contents, ReadError> {
        for (numbers, _) in self.numbers.iter_mut().zip(&self.is_text).filter(|(_, is_text)| **is_text) {
            *numbers = Vec::new();
        }
        let has_text = self.is_text.contains(&true);
        let mut texts = if has_text { self.read_texts()? } else { Vec::new() }.into_iter();
        let (rows, curves) = (self.rows, self.source.curves);
        let mut columns = Vec::with_capacity(self.layout.columns);
        let mut unknown = 0;
        for (numbers, is_text) in self.numbers.into_iter().zip(self.is_text) {
            let values = match texts.next() {
                Some(text) if is_text => Values::Text(text),
                _ => Values::Number(numbers),
            };
            let definition = curves.get(columns.len()).copied().cloned().unwrap_or_else(|| {
                unknown += 1;
                HeaderItem { mnemonic: format!("UNKNOWN:{unknown}"), ..HeaderItem::default() }
            });
            columns.push(Column { definition, values });
        }
        let empty = curves
            .iter()
            .skip(columns.len())
            .map(|&curve| Column { definition: curve.clone(), values: Values::Number(vec![f64::NAN; rows]) });
        columns.extend(empty.collect::<Vec<_>>());
        Ok(Contents { columns, rows, comments: self.comments })
    }
}
