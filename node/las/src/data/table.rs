//! One data section → one [`DataSet`]: the first run reads numbers, a second one reads the
//! columns that turned out to hold text.

use crate::data::cell::{Cell, NullValue, classify};
use crate::data::fit::Misfit;
use crate::data::layout::{self, Layout, Wrapping};
use crate::data::rows::{Row, Rows};
use crate::data::token::Token;
use crate::data::{fast, notices};
use crate::error::ReadError;
use crate::limits::max_rows;
use crate::model::{Column, DataSet, Delimiter, HeaderItem, NoticeKind, Values, Version};
use crate::report::Reporter;

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
    /// The curves.
    pub(crate) curves: &'a [&'a HeaderItem],
}

/// Reads a data section; `None` when it has no rows.
///
/// # Errors
///
/// [`ReadError`]
pub(crate) fn read(source: &Source<'_>, reporter: &mut Reporter) -> Result<Option<DataSet>, ReadError> {
    let null = NullValue::new(source.version.null.as_deref());
    let Some(layout) = layout::find(source, &null, reporter)? else { return Ok(None) };
    let mut table = Table::new(source, &layout, &null);
    table.read_numbers(reporter)?;
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
    null: &'a NullValue,
    /// The values by column; NaN throughout where a column is text.
    numbers: Vec<Vec<f64>>,
    /// Which columns hold text.
    is_text: Vec<bool>,
    rows: usize,
    max_rows: usize,
}

impl<'a> Table<'a> {
    fn new(source: &'a Source<'a>, layout: &'a Layout, null: &'a NullValue) -> Self {
        let bytes = source.text.len();
        let max_rows = max_rows(layout.columns, bytes);
        // A value takes two bytes at least, so lines that begin short do not reserve too much.
        let rows = (bytes / layout.line_bytes).min(bytes / (2 * layout.width.max(1))) + 1;
        Self {
            source,
            layout,
            null,
            numbers: (0..layout.width).map(|_| Vec::with_capacity(rows)).collect(),
            is_text: vec![false; layout.width],
            rows: 0,
            max_rows,
        }
    }

    fn text(&self) -> &'a [u8] {
        self.source.text.as_bytes()
    }

    /// The first run.
    fn read_numbers(&mut self, reporter: &mut Reporter) -> Result<(), ReadError> {
        let mut rows = Rows::new(self.text(), self.source.line, self.layout, self.null);
        let mut tokens = Vec::new();
        loop {
            let null = self.null.number;
            let (numbers, count) = (&mut self.numbers, &mut self.rows);
            let read = |done: bool| {
                *count += usize::from(done);
                done
            };
            let row = next_fast(&mut rows, self.layout.delimiter, &mut tokens, numbers, null, read)?;
            let Some(row) = row else { break };
            notices::report_misfit(self.source, &row, self.layout.width, &tokens, reporter)?;
            if row.misfit == Some(Misfit::Stray) {
                continue;
            }
            self.push(&tokens, reporter)?;
            self.check_rows(row.line)?;
        }
        self.check_rows(self.source.title_line)
    }

    fn check_rows(&self, line: u32) -> Result<(), ReadError> {
        if self.rows <= self.max_rows {
            return Ok(());
        }
        let what = "rows that lack most of their values";
        Err(ReadError::TooLarge { what, limit: self.max_rows, line })
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
            let cell = classify(token, text, self.layout.delimiter, self.null);
            let number = match cell {
                Cell::Number(number) | Cell::Comma(number) => number,
                _ => f64::NAN,
            };
            numbers.push(if number == self.null.number && position > 0 { f64::NAN } else { number });
            *is_text = cell == Cell::Text;
            if !(self.source.is_3 && cell == Cell::Text) {
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

    /// The second run, for the columns that hold text.
    fn read_texts(&self) -> Result<Vec<Vec<Option<String>>>, ReadError> {
        let wanted = |is_text: &bool| if *is_text { self.rows } else { 0 };
        let mut texts: Vec<Vec<Option<String>>> =
            self.is_text.iter().map(|is_text| Vec::with_capacity(wanted(is_text))).collect();
        let mut rows = Rows::new(self.text(), self.source.line, self.layout, self.null);
        let mut tokens = Vec::new();
        while let Some(row) = rows.next_row(&mut tokens, |_| false)? {
            if row.misfit == Some(Misfit::Stray) {
                continue;
            }
            let columns = texts.iter_mut().zip(&self.is_text).zip(&tokens).enumerate();
            for (position, ((texts, _), token)) in columns.filter(|(_, ((_, is), _))| **is) {
                texts.push(self.text_of(token, position));
            }
        }
        Ok(texts)
    }

    /// Returns the text of a token in a text column.
    fn text_of(&self, token: &Token, position: usize) -> Option<String> {
        match classify(token, self.text(), self.layout.delimiter, self.null) {
            Cell::Null | Cell::Spelled => return None,
            Cell::Number(number) | Cell::Comma(number) if number == self.null.number && position > 0 => {
                return None;
            }
            _ => {}
        }
        Some(String::from_utf8_lossy(token.bytes(self.text())).into_owned())
    }

    /// Puts the columns together with their definitions.
    fn finish(mut self) -> Result<DataSet, ReadError> {
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
        Ok(DataSet { columns, rows, line: self.source.title_line })
    }
}

/// Reads lines of plain numbers into `numbers`, up to the first that is something else.
fn next_fast(
    rows: &mut Rows<'_>,
    delimiter: Delimiter,
    tokens: &mut Vec<Token>,
    numbers: &mut [Vec<f64>],
    null: f64,
    mut read: impl FnMut(bool) -> bool,
) -> Result<Option<Row>, ReadError> {
    match delimiter {
        Delimiter::Space => rows.next_row(tokens, |line| read(fast::row::<{ fast::BLANKS }>(line, numbers, null))),
        Delimiter::Comma => rows.next_row(tokens, |line| read(fast::row::<b','>(line, numbers, null))),
        Delimiter::Tab => rows.next_row(tokens, |line| read(fast::row::<b'\t'>(line, numbers, null))),
    }
}
