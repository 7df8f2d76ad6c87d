//! Workbooks: the child's reader and what the parent makes of its frames.

use std::fs::File;
use std::io::{Cursor, Read as _, Write};
use std::path::Path;

use bytes::Bytes;
use calamine::{CellErrorType, Data, DataRef, ExcelDateTime, Ods, Reader, SheetType, SheetVisible, Xls, Xlsb, Xlsx};

use super::child::{Job, Stop};
use super::error::WorkerError;
use super::frame::{self, Frame, WireCell, WireRow};
use super::limits::WorkerLimits;
use super::parent::{self, Input};
use super::prewalk::{self, Kind};
use crate::ingest::datetime;
use crate::ingest::tabular::limits::{MAX_COLUMNS, MAX_SHEETS, MAX_WORKBOOK_BYTES};
use crate::ingest::tabular::{CellError, Format, Merged, Notices, RawBook, RawSheet, ReadTableError, Value};

#[cfg(test)]
mod tests;

/// Rows of a frame, and the text in it, after which it is sent.
const FRAME_ROWS: usize = 512;
const FRAME_TEXT: usize = 64 << 10;

/// Longest text of a cell, in bytes. Excel's are a tenth of it.
const MAX_TEXT: usize = 1 << 20;

/// Most merged cells of a sheet that are taken; more are only looks.
const MAX_MERGED: usize = 10_000;

/// Reads a workbook in a child.
pub(super) fn read(program: &Path, limits: &WorkerLimits, bytes: Bytes) -> Result<RawBook, WorkerError> {
    if bytes.len() > MAX_WORKBOOK_BYTES {
        return Err(WorkerError::TooLarge { bytes: bytes.len() as u64, most: MAX_WORKBOOK_BYTES as u64 });
    }
    let mut gathering = Gathering::default();
    parent::run(program, limits, Job::Workbook, Input::Bytes(bytes), |frame| gathering.take(frame))?;
    Ok(gathering.finish())
}

/// The sheets as their frames come.
#[derive(Debug, Default)]
struct Gathering {
    sheets: Vec<RawSheet>,
    cells: usize,
}

impl Gathering {
    fn take(&mut self, frame: Frame) -> Result<(), WorkerError> {
        let garbled = |what: &str| WorkerError::Garbled { what: what.to_owned() };
        match frame {
            Frame::Sheet { name, hidden } => {
                if self.sheets.len() >= MAX_SHEETS {
                    return Err(garbled("more sheets than are read"));
                }
                let mut sheet = RawSheet::new(name);
                sheet.hidden = hidden;
                self.sheets.push(sheet);
                Ok(())
            }
            Frame::Rows(rows) => {
                let sheet = self.sheets.last_mut().ok_or_else(|| garbled("rows without a sheet"))?;
                let before = sheet.cells();
                for row in rows {
                    add_row(sheet, self.cells, row)?;
                }
                self.cells += sheet.cells() - before;
                Ok(())
            }
            Frame::Merged(merged) => {
                let sheet = self.sheets.last_mut().ok_or_else(|| garbled("merged cells without a sheet"))?;
                sheet.merged = merged;
                Ok(())
            }
            Frame::Facts(_) | Frame::Start(_) | Frame::Refused(_) | Frame::Broken(_) | Frame::End => {
                Err(garbled("a frame of another job"))
            }
        }
    }

    fn finish(self) -> RawBook {
        RawBook { format: Format::Workbook, encoding: None, sheets: self.sheets, notices: Notices::default() }
    }
}

/// Adds a row to a sheet; `before` is how many cells the sheets before have.
fn add_row(sheet: &mut RawSheet, before: usize, row: WireRow) -> Result<(), WorkerError> {
    let refused = |error: ReadTableError| WorkerError::Refused(error.to_string());
    if sheet.rows() > 0 && row.line <= sheet.line(sheet.rows() - 1) {
        return Err(WorkerError::Garbled { what: "rows out of order".to_owned() });
    }
    for cell in row.cells {
        let mut push = |value: Value<'_>| sheet.push_after(before, value).map_err(refused);
        match cell {
            WireCell::Empty(count) => (0..count).try_for_each(|_| push(Value::Empty))?,
            WireCell::Text(text) => push(Value::Text(&text))?,
            WireCell::Number(number) => push(Value::Number(number))?,
            WireCell::Percent(number) => push(Value::Percent(number))?,
            WireCell::DateTime(seconds) => push(Value::DateTime(seconds))?,
            WireCell::Time(seconds) => push(Value::Time(seconds))?,
            WireCell::Bool(truth) => push(Value::Bool(truth))?,
            WireCell::Error(error) => push(Value::Error(error))?,
        }
    }
    sheet.end_row(row.line).map_err(refused)
}

/// The child's job: sends the sheets of the workbook that `input` holds.
pub(super) fn send(input: File, out: &mut impl Write) -> Result<(), Stop> {
    let refused = |message: String| Stop::Refused(message);
    let mut bytes = Vec::new();
    let most = MAX_WORKBOOK_BYTES as u64;
    input
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| refused(format!("the file cannot be read: {error}")))?;
    let kind = prewalk::check(&bytes).map_err(|refusal| refused(refusal.to_string()))?;
    let source = Cursor::new(bytes);
    match kind {
        Kind::Xlsx => send_xlsx(source, out),
        Kind::Xlsb => send_ranges(Xlsb::new(source), Xlsb::has_1904_epoch, out),
        Kind::Xls => send_ranges(Xls::new(source), Xls::has_1904_epoch, out),
        Kind::Ods => send_ranges(Ods::new(source), |_| false, out),
    }
}

fn unreadable(error: impl std::fmt::Display) -> Stop {
    Stop::Refused(format!("the workbook cannot be read: {error}"))
}

/// Sends the sheets of a workbook cell by cell, with what is known of their looks.
fn send_xlsx(source: Cursor<Vec<u8>>, out: &mut impl Write) -> Result<(), Stop> {
    let mut book = Xlsx::new(source).map_err(unreadable)?;
    let is_1904 = book.has_1904_epoch();
    for (name, hidden) in sheets(book.sheets_metadata())? {
        frame::write(out, &Frame::Sheet { name: name.clone(), hidden })?;
        let mut cells = book.worksheet_cells_reader(&name).map_err(unreadable)?;
        let percent: Vec<bool> = cells.styles().iter().map(is_percent).collect();
        let mut rows = Rows::new(&name, out);
        while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(unreadable)? {
            let (row, column) = cell.get_position();
            let value = match cell.get_value() {
                DataRef::Float(number) if percent.get(style) == Some(&true) => WireCell::Percent(*number),
                value => match wire_cell(value, is_1904) {
                    Some(cell) => cell,
                    None => continue,
                },
            };
            rows.add(row, column, value)?;
        }
        rows.finish()?;
        drop(cells);
        let merged = book.merge_cells_by_sheet_name(&name).map_err(unreadable)?;
        let merged: Vec<Merged> = merged
            .iter()
            .take(MAX_MERGED)
            .map(|block| Merged {
                first_row: block.start.0.saturating_add(1),
                last_row: block.end.0.saturating_add(1),
                first_column: block.start.1,
                last_column: block.end.1,
            })
            .collect();
        frame::write(out, &Frame::Merged(merged))?;
    }
    Ok(())
}

/// Sends the sheets of a workbook whose reader gives whole sheets.
fn send_ranges<R>(
    book: Result<R, R::Error>,
    has_1904_epoch: impl Fn(&R) -> bool,
    out: &mut impl Write,
) -> Result<(), Stop>
where
    R: Reader<Cursor<Vec<u8>>>,
    R::Error: std::fmt::Display,
{
    let mut book = book.map_err(unreadable)?;
    let is_1904 = has_1904_epoch(&book);
    for (name, hidden) in sheets(book.sheets_metadata())? {
        frame::write(out, &Frame::Sheet { name: name.clone(), hidden })?;
        let range = book.worksheet_range(&name).map_err(unreadable)?;
        let (top, left) = range.start().unwrap_or_default();
        let mut rows = Rows::new(&name, out);
        for (row, column, value) in range.used_cells() {
            let place = |start: u32, offset: usize| start.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
            if let Some(cell) = wire_data(value, is_1904) {
                rows.add(place(top, row), place(left, column), cell)?;
            }
        }
        rows.finish()?;
    }
    Ok(())
}

/// Returns the names of the sheets with cells, and whether they are hidden.
fn sheets(metadata: &[calamine::Sheet]) -> Result<Vec<(String, bool)>, Stop> {
    let sheets: Vec<(String, bool)> = metadata
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible))
        .collect();
    match sheets.len() {
        0 => Err(Stop::Refused("the workbook has no sheet with cells".to_owned())),
        count if count > MAX_SHEETS => {
            Err(Stop::Refused(format!("the workbook has {count} sheets, at most {MAX_SHEETS} are read")))
        }
        _ => Ok(sheets),
    }
}

/// Whether a style shows numbers in percent: its code has a percent sign that is no literal.
fn is_percent(style: &calamine::Style) -> bool {
    let Some(format) = &style.number_format else { return false };
    let mut literal = false;
    let mut characters = format.format_code.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => literal = !literal,
            '\\' if !literal => drop(characters.next()),
            '%' if !literal => return true,
            _ => {}
        }
    }
    false
}

/// Returns a cell as it is sent; `None` when it says nothing.
fn wire_cell(value: &DataRef<'_>, is_1904: bool) -> Option<WireCell> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::Int(number) => WireCell::Number(*number as f64),
        DataRef::Float(number) => WireCell::Number(*number),
        DataRef::String(text) => wire_text(text)?,
        DataRef::SharedString(text) => wire_text(text)?,
        DataRef::Bool(truth) => WireCell::Bool(*truth),
        DataRef::DateTime(moment) => wire_moment(moment, is_1904),
        DataRef::DateTimeIso(text) => wire_iso(text),
        DataRef::DurationIso(text) => WireCell::Text(text.clone()),
        DataRef::Error(error) => WireCell::Error(cell_error(error)),
    })
}

fn wire_data(value: &Data, is_1904: bool) -> Option<WireCell> {
    Some(match value {
        Data::Empty => return None,
        Data::Int(number) => WireCell::Number(*number as f64),
        Data::Float(number) => WireCell::Number(*number),
        Data::String(text) => wire_text(text)?,
        Data::Bool(truth) => WireCell::Bool(*truth),
        Data::DateTime(moment) => wire_moment(moment, is_1904),
        Data::DateTimeIso(text) => wire_iso(text),
        Data::DurationIso(text) => WireCell::Text(text.clone()),
        Data::Error(error) => WireCell::Error(cell_error(error)),
    })
}

fn wire_text(text: &str) -> Option<WireCell> {
    (!text.is_empty()).then(|| WireCell::Text(text.to_owned()))
}

/// Returns a date with or without a time, a time of day, or a duration.
fn wire_moment(moment: &ExcelDateTime, is_1904: bool) -> WireCell {
    let value = moment.as_f64();
    let clock = moment.is_duration() || (!is_1904 && (0.0..1.0).contains(&value));
    if clock {
        return WireCell::Time(datetime::round_to_millis(value * datetime::DAY));
    }
    // A number that is formatted as a date and is none stays a number.
    datetime::from_serial(value, is_1904).map_or(WireCell::Number(value), WireCell::DateTime)
}

fn wire_iso(text: &str) -> WireCell {
    let parsed = datetime::parse_column(std::iter::once(Some(text)), datetime::TimeOptions::default());
    match parsed {
        Ok(times) if times.form.date => WireCell::DateTime(times.seconds[0]),
        Ok(times) => WireCell::Time(times.seconds[0]),
        Err(_) => WireCell::Text(text.to_owned()),
    }
}

const fn cell_error(error: &CellErrorType) -> CellError {
    match error {
        CellErrorType::Div0 => CellError::DivisionByZero,
        CellErrorType::NA => CellError::NotAvailable,
        CellErrorType::Name => CellError::Name,
        CellErrorType::Null => CellError::Null,
        CellErrorType::Num => CellError::Number,
        CellErrorType::Ref => CellError::Reference,
        CellErrorType::Value => CellError::Value,
        CellErrorType::GettingData => CellError::Other,
    }
}

/// Gathers cells into rows, and rows into frames.
struct Rows<'a, W> {
    sheet: &'a str,
    out: &'a mut W,
    rows: Vec<WireRow>,
    /// The last row, and the column behind its last cell.
    last: u32,
    next: u32,
    text: usize,
}

impl<'a, W: Write> Rows<'a, W> {
    const fn new(sheet: &'a str, out: &'a mut W) -> Self {
        Self { sheet, out, rows: Vec::new(), last: 0, next: 0, text: 0 }
    }

    /// Adds a cell; both positions count from 0. Cells come row by row, left to right.
    fn add(&mut self, row: u32, column: u32, cell: WireCell) -> Result<(), Stop> {
        let refused = |message: String| Err(Stop::Refused(message));
        let line = row.saturating_add(1);
        if column as usize >= MAX_COLUMNS {
            return refused(format!("sheet {}, row {line}: more than {MAX_COLUMNS} columns", self.sheet));
        }
        if let WireCell::Text(text) = &cell {
            if text.len() > MAX_TEXT {
                return refused(format!("sheet {}, row {line}: a text of {} bytes", self.sheet, text.len()));
            }
            self.text += text.len();
        }
        if line < self.last || (line == self.last && column < self.next) {
            return refused(format!("sheet {}, row {line}: its cells are out of order", self.sheet));
        }
        if line > self.last {
            if self.rows.len() >= FRAME_ROWS || self.text >= FRAME_TEXT {
                self.flush()?;
            }
            self.rows.push(WireRow { line, cells: Vec::new() });
            (self.last, self.next) = (line, 0);
        }
        if let Some(row) = self.rows.last_mut() {
            let gap = u16::try_from(column - self.next).unwrap_or(u16::MAX);
            if gap > 0 {
                row.cells.push(WireCell::Empty(gap));
            }
            row.cells.push(cell);
        }
        self.next = column + 1;
        Ok(())
    }

    /// Sends the rows so far.
    fn flush(&mut self) -> Result<(), Stop> {
        self.text = 0;
        Ok(frame::write(self.out, &Frame::Rows(std::mem::take(&mut self.rows)))?)
    }

    fn finish(mut self) -> Result<(), Stop> {
        self.flush()
    }
}
