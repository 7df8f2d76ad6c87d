//! Batches as an Excel workbook, streamed: the sheets first, what lists them last.
//!
//! Written by hand, because a zip can be streamed and a sheet is little more than its cells; a
//! general writer holds the whole workbook in memory or in temporary files. Text is always text,
//! never a formula. Numbers have all their digits. What a cell of Excel cannot hold (an integer
//! beyond 2^53, an infinity) is written as text.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type, Schema};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::Sink;

mod parts;

#[cfg(test)]
mod tests;

/// Rows of a sheet, header included.
const MAX_ROWS: u32 = 1_048_576;

/// Columns of a sheet.
const MAX_COLUMNS: usize = 16_384;

/// Characters of a cell, as Excel counts them: UTF-16 units.
const MAX_TEXT: usize = 32_767;

/// Bytes of a sheet; beyond 4 GiB a zip needs extensions that not every spreadsheet reads.
const MAX_SHEET_BYTES: u64 = 3 << 30;

/// Integers beyond this are not all doubles.
const MAX_EXACT: u64 = 1 << 53;

/// Deflate level; higher ones gain little on numbers and cost much.
const LEVEL: i64 = 3;

/// A workbook that is being written.
pub(super) struct Xlsx<W: Write> {
    /// Stands before the zip, to be dropped before it.
    mute: MuteOnDrop,
    zip: ZipWriter<StreamWriter<Muted<W>>>,
    names: Vec<String>,
    /// Letters of the columns.
    letters: Vec<String>,
    sheets: u32,
    /// Rows of the current sheet.
    rows: u32,
    bytes: u64,
    max_rows: u32,
    buffer: String,
}

/// A writer that lets go of everything once it is muted: a zip that is dropped unfinished would
/// write its directory after the error that ended it.
struct Muted<W> {
    out: W,
    muted: Arc<AtomicBool>,
}

impl<W: Write> Write for Muted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.muted.load(Ordering::Relaxed) { Ok(bytes.len()) } else { self.out.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.muted.load(Ordering::Relaxed) { Ok(()) } else { self.out.flush() }
    }
}

/// Mutes the writer of a zip.
struct MuteOnDrop(Arc<AtomicBool>);

impl Drop for MuteOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<W: Write> Xlsx<W> {
    /// Starts with a sheet that has the header.
    pub(super) fn new(out: W, schema: &Schema) -> Result<Self, ArrowError> {
        Self::with_rows(out, schema, MAX_ROWS)
    }

    fn with_rows(out: W, schema: &Schema, max_rows: u32) -> Result<Self, ArrowError> {
        let columns = schema.fields().len();
        if columns > MAX_COLUMNS {
            let message = format!("{columns} columns, a sheet of Excel has at most {MAX_COLUMNS}");
            return Err(ArrowError::InvalidArgumentError(message));
        }
        let muted = Arc::new(AtomicBool::new(false));
        let mut workbook = Self {
            zip: ZipWriter::new_stream(Muted { out, muted: Arc::clone(&muted) }),
            mute: MuteOnDrop(muted),
            names: schema.fields().iter().map(|field| field.name().clone()).collect(),
            letters: (0..columns).map(parts::letters).collect(),
            sheets: 0,
            rows: 0,
            bytes: 0,
            max_rows,
            buffer: String::new(),
        };
        workbook.start_sheet()?;
        Ok(workbook)
    }

    fn start_part(&mut self, name: &str) -> Result<(), ArrowError> {
        // One fixed time, so that the same result gives the same bytes.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .last_modified_time(DateTime::default());
        self.zip.start_file(name, options).map_err(zip_error)
    }

    fn write_part(&mut self, name: &str, text: &str) -> Result<(), ArrowError> {
        self.start_part(name)?;
        Ok(self.zip.write_all(text.as_bytes())?)
    }

    fn start_sheet(&mut self) -> Result<(), ArrowError> {
        self.sheets += 1;
        (self.rows, self.bytes) = (0, 0);
        self.start_part(&format!("xl/worksheets/sheet{}.xml", self.sheets))?;
        self.zip.write_all(parts::SHEET_START.as_bytes())?;
        self.start_row();
        for (column, name) in self.names.clone().iter().enumerate() {
            self.text_cell(column, name, parts::BOLD)?;
        }
        self.end_row()
    }

    fn end_sheet(&mut self) -> Result<(), ArrowError> {
        Ok(self.zip.write_all(parts::SHEET_END.as_bytes())?)
    }

    fn start_row(&mut self) {
        self.rows += 1;
        push(&mut self.buffer, format_args!("<row r=\"{}\">", self.rows));
    }

    fn end_row(&mut self) -> Result<(), ArrowError> {
        self.buffer.push_str("</row>");
        self.bytes += self.buffer.len() as u64;
        self.zip.write_all(self.buffer.as_bytes())?;
        self.buffer.clear();
        Ok(())
    }

    fn number_cell(&mut self, column: usize, number: &str) {
        let (letters, row) = (&self.letters[column], self.rows);
        push(&mut self.buffer, format_args!("<c r=\"{letters}{row}\"><v>{number}</v></c>"));
    }

    fn text_cell(&mut self, column: usize, text: &str, style: &str) -> Result<(), ArrowError> {
        if text.len() > MAX_TEXT && text.encode_utf16().count() > MAX_TEXT {
            let (name, row) = (&self.names[column], self.rows);
            let message = format!("the text of {name} in row {row} has more than {MAX_TEXT} characters");
            return Err(ArrowError::InvalidArgumentError(message));
        }
        let (letters, row) = (&self.letters[column], self.rows);
        push(
            &mut self.buffer,
            format_args!("<c r=\"{letters}{row}\"{style} t=\"inlineStr\"><is><t xml:space=\"preserve\">"),
        );
        parts::escape(text, &mut self.buffer);
        self.buffer.push_str("</t></is></c>");
        Ok(())
    }

    fn bool_cell(&mut self, column: usize, truth: bool) {
        let (letters, row) = (&self.letters[column], self.rows);
        push(&mut self.buffer, format_args!("<c r=\"{letters}{row}\" t=\"b\"><v>{}</v></c>", u8::from(truth)));
    }

    fn cell(&mut self, column: usize, cell: &Cell) -> Result<(), ArrowError> {
        match cell {
            Cell::Null => {}
            Cell::Number(number) => self.number_cell(column, number),
            Cell::Bool(truth) => self.bool_cell(column, *truth),
            Cell::Text(text) => self.text_cell(column, text, "")?,
        }
        Ok(())
    }

    fn write_batch(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let columns = batch.columns().iter().map(|array| Column::new(array)).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            if self.rows == self.max_rows || self.bytes >= MAX_SHEET_BYTES {
                self.end_sheet()?;
                self.start_sheet()?;
            }
            self.start_row();
            for (position, column) in columns.iter().enumerate() {
                self.cell(position, &column.cell(row)?)?;
            }
            self.end_row()?;
        }
        Ok(())
    }

    fn write_end(mut self) -> Result<(), ArrowError> {
        self.end_sheet()?;
        self.write_part("xl/workbook.xml", &parts::workbook(self.sheets))?;
        self.write_part("xl/_rels/workbook.xml.rels", &parts::workbook_relations(self.sheets))?;
        self.write_part("xl/styles.xml", parts::STYLES)?;
        self.write_part("_rels/.rels", parts::RELATIONS)?;
        self.write_part("[Content_Types].xml", &parts::content_types(self.sheets))?;
        let Self { zip, mute, .. } = self;
        zip.finish().map_err(zip_error)?;
        drop(mute);
        Ok(())
    }
}

impl<W: Write + Send> Sink for Xlsx<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<usize, ArrowError> {
        self.write_batch(batch)?;
        Ok(batch.num_rows())
    }

    fn finish(self: Box<Self>) -> Result<(), ArrowError> {
        self.write_end()
    }
}

/// What a cell holds.
enum Cell {
    Null,
    Number(String),
    Bool(bool),
    Text(String),
}

/// A column of a batch, ready to be asked for cells.
enum Column<'a> {
    Double(&'a dyn Array),
    Float(&'a dyn Array),
    Integer(Arc<dyn Array>),
    Bool(&'a dyn Array),
    Other(&'a dyn Array, ArrayFormatter<'a>),
}

impl<'a> Column<'a> {
    fn new(array: &'a dyn Array) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Float64 => Self::Double(array),
            DataType::Float32 => Self::Float(array),
            DataType::Boolean => Self::Bool(array),
            // Beyond what fits into 64 bits with a sign it is text, like all that is too large.
            kind if kind.is_integer() && *kind != DataType::UInt64 => {
                Self::Integer(arrow::compute::cast(array, &DataType::Int64)?)
            }
            _ => Self::Other(array, ArrayFormatter::try_new(array, &FORMAT)?),
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Double(array) | Self::Float(array) | Self::Bool(array) | Self::Other(array, _) => array.is_null(row),
            Self::Integer(array) => array.is_null(row),
        }
    }

    fn cell(&self, row: usize) -> Result<Cell, ArrowError> {
        if self.is_null(row) {
            return Ok(Cell::Null);
        }
        Ok(match self {
            Self::Double(array) => double(array.as_primitive::<Float64Type>().value(row)),
            Self::Float(array) => {
                // The shortest digits of the small float; those of the double made of it are noise.
                let number = array.as_primitive::<Float32Type>().value(row);
                number.to_string().parse().map_or(Cell::Null, double)
            }
            Self::Integer(array) => match array.as_primitive::<Int64Type>().value(row) {
                exact if exact.unsigned_abs() <= MAX_EXACT => Cell::Number(exact.to_string()),
                long => Cell::Text(long.to_string()),
            },
            Self::Bool(array) => Cell::Bool(array.as_boolean().value(row)),
            Self::Other(_, formatter) => Cell::Text(formatter.value(row).try_to_string()?),
        })
    }
}

/// Texts of what is neither number nor truth; a value that cannot be shown is an error.
const FORMAT: FormatOptions<'_> = FormatOptions::new().with_display_error(false);

/// Exponents between which a number is written without one.
const PLAIN: std::ops::Range<f64> = 1e-5..1e17;

fn double(number: f64) -> Cell {
    if !number.is_finite() {
        return Cell::Text(number.to_string());
    }
    Cell::Number(if number == 0.0 || PLAIN.contains(&number.abs()) {
        number.to_string()
    } else {
        format!("{number:e}")
    })
}

fn push(buffer: &mut String, text: std::fmt::Arguments<'_>) {
    buffer.write_fmt(text).expect("a text in memory takes more text");
}

fn zip_error(error: zip::result::ZipError) -> ArrowError {
    ArrowError::from_external_error(Box::new(error))
}
