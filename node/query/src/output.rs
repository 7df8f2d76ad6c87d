//! Results as text or files: CSV, Excel, JSON, Parquet, Arrow or a table for people.
//!
//! Batches are written as they come; only the table for people is collected, up to a cap.
//! Numbers are written as the shortest text that reads back as the same number, so the same result
//! gives the same bytes. Text that a spreadsheet would run as a formula is defused in CSV
//! ([`formula`](crate::formula)) and is never a formula in a workbook.

mod csv;
mod xlsx;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use arrow::json;
use arrow::util::pretty::pretty_format_batches_with_schema;
use futures::StreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

pub use self::csv::{CsvWriter, Formulas};
use crate::engine::QueryStream;
use crate::error::QueryError;

/// Rows of a table for people; more are for programs.
const TABLE_ROWS: usize = 1_000;

/// Writes down who made a Parquet file; fixed, so that files with the same content are the same.
const CREATED_BY: &str = "dataforge";

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table for people, the first rows only.
    Table,
    /// Comma-separated values with a header; null is empty. Text that a spreadsheet would run as a
    /// formula begins with an apostrophe.
    Csv,
    /// The same with all text as it is, for programs that are no spreadsheets.
    CsvRaw,
    /// An Excel workbook; more rows than a sheet takes go on further sheets.
    Xlsx,
    /// One array of objects.
    Json,
    /// One object per line.
    Ndjson,
    /// A Parquet file.
    Parquet,
    /// An Arrow IPC stream.
    Arrow,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 8] =
        [Self::Table, Self::Csv, Self::CsvRaw, Self::Xlsx, Self::Json, Self::Ndjson, Self::Parquet, Self::Arrow];

    /// Returns the word people type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::CsvRaw => "csv-raw",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// Whether the output is bytes that a terminal should not get.
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Xlsx | Self::Parquet | Self::Arrow)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = OutputError;

    fn from_str(text: &str) -> Result<Self, OutputError> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| OutputError::UnknownFormat(text.to_owned()))
    }
}

/// Why a result could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The query failed, perhaps after part of the output was written.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The output could not be written to; a closed pipe is `ErrorKind::BrokenPipe`.
    #[error("cannot write the result")]
    Io(#[source] io::Error),
    /// The result does not fit the format.
    #[error("cannot write the result as {format}: {message}")]
    Encode {
        /// The format asked for.
        format: Format,
        /// What does not fit.
        message: String,
    },
    /// There is no such format.
    #[error("no such format, use table, csv, csv-raw, xlsx, json, ndjson, parquet or arrow: {0}")]
    UnknownFormat(String),
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Rows written.
    pub rows: u64,
    /// Whether the result had more rows than a table for people shows.
    pub cut: bool,
}

/// Writes a result.
///
/// The writer is used from async code: give it a file, a buffer or a pipe, not a slow network.
pub async fn write<W: Write + Send>(
    mut stream: QueryStream,
    format: Format,
    out: &mut W,
) -> Result<Written, OutputError> {
    let mut watched = Watched { out, failed: None };
    let written = async {
        let mut writer = BatchWriter::new(format, stream.schema(), &mut watched)?;
        while let Some(batch) = stream.next().await {
            if !writer.write(&batch?)? {
                break;
            }
        }
        writer.finish()
    };
    let written = written.await;
    watched.end(written)
}

/// Writes batches that are there already, as [`write()`] does those of a query.
///
/// # Errors
/// Those of the batches, and when they cannot be written.
pub fn write_batches<W: Write + Send>(
    schema: SchemaRef,
    batches: impl IntoIterator<Item = Result<RecordBatch, QueryError>>,
    format: Format,
    out: &mut W,
) -> Result<Written, OutputError> {
    let mut watched = Watched { out, failed: None };
    let written = (|| {
        let mut writer = BatchWriter::new(format, schema, &mut watched)?;
        for batch in batches {
            if !writer.write(&batch?)? {
                break;
            }
        }
        writer.finish()
    })();
    watched.end(written)
}

/// Writes batches one by one, and counts rows.
struct BatchWriter<'a> {
    format: Format,
    sink: Box<dyn Sink + 'a>,
    written: Written,
}

impl<'a> BatchWriter<'a> {
    fn new<W: Write + Send>(format: Format, schema: SchemaRef, out: &'a mut W) -> Result<Self, OutputError> {
        let sink = open(format, schema, out).map_err(|error| unfit(format, &error))?;
        Ok(Self { format, sink, written: Written { rows: 0, cut: false } })
    }

    /// Writes a batch; returns whether more are wanted.
    fn write(&mut self, batch: &RecordBatch) -> Result<bool, OutputError> {
        let taken = self.sink.write(batch).map_err(|error| unfit(self.format, &error))?;
        self.written.rows += taken as u64;
        self.written.cut = taken < batch.num_rows();
        Ok(!self.written.cut)
    }

    fn finish(self) -> Result<Written, OutputError> {
        self.sink.finish().map_err(|error| unfit(self.format, &error))?;
        Ok(self.written)
    }
}

fn unfit(format: Format, error: &ArrowError) -> OutputError {
    OutputError::Encode { format, message: error.to_string() }
}

/// Remembers that its writer failed.
struct Watched<'a, W> {
    out: &'a mut W,
    failed: Option<io::ErrorKind>,
}

impl<W> Watched<'_, W> {
    fn watch<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failed = Some(error.kind());
        }
        result
    }
}

impl<W: Write> Watched<'_, W> {
    /// Flushes what was written, and says what its writer says: formats wrap its errors in texts of
    /// their own.
    fn end(mut self, written: Result<Written, OutputError>) -> Result<Written, OutputError> {
        let flushed = if written.is_ok() { self.flush() } else { Ok(()) };
        match self.failed {
            Some(kind) => Err(OutputError::Io(kind.into())),
            None => flushed.map_err(OutputError::Io).and(written),
        }
    }
}

impl<W: Write> Write for Watched<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.out.write(bytes);
        self.watch(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.out.flush();
        self.watch(result)
    }
}

/// One format's way to write batches.
trait Sink: Send {
    /// Writes a batch and returns how many of its rows were taken.
    fn write(&mut self, batch: &RecordBatch) -> Result<usize, ArrowError>;

    /// Writes what closes the output.
    fn finish(self: Box<Self>) -> Result<(), ArrowError>;
}

fn open<'a, W: Write + Send>(
    format: Format,
    schema: SchemaRef,
    out: &'a mut W,
) -> Result<Box<dyn Sink + 'a>, ArrowError> {
    Ok(match format {
        Format::Table => Box::new(Table { out, schema, batches: Vec::new(), rows: 0, cut: false }),
        Format::Csv => Box::new(csv::Csv::new(out, &schema, Formulas::Defused)?),
        Format::CsvRaw => Box::new(csv::Csv::new(out, &schema, Formulas::AsTheyAre)?),
        Format::Xlsx => Box::new(xlsx::Xlsx::new(out, &schema)?),
        Format::Json => Box::new(Json(json_builder().build::<_, json::writer::JsonArray>(out))),
        Format::Ndjson => Box::new(Json(json_builder().build::<_, json::writer::LineDelimited>(out))),
        Format::Parquet => {
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::default()))
                .set_created_by(CREATED_BY.to_owned())
                .build();
            Box::new(ArrowWriter::try_new(out, schema, Some(properties))?)
        }
        Format::Arrow => Box::new(StreamWriter::try_new(out, &schema)?),
    })
}

fn json_builder() -> json::WriterBuilder {
    // Every object has every key, so that a reader sees the columns of null values.
    json::WriterBuilder::new().with_explicit_nulls(true)
}

struct Json<W: Write, F: json::writer::JsonFormat>(json::Writer<W, F>);

impl<W: Write + Send, F: json::writer::JsonFormat + Send> Sink for Json<W, F> {
    fn write(&mut self, batch: &RecordBatch) -> Result<usize, ArrowError> {
        self.0.write(batch)?;
        Ok(batch.num_rows())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ArrowError> {
        self.0.finish()
    }
}

impl<W: Write + Send> Sink for ArrowWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<usize, ArrowError> {
        Self::write(self, batch)?;
        Ok(batch.num_rows())
    }

    fn finish(self: Box<Self>) -> Result<(), ArrowError> {
        self.close()?;
        Ok(())
    }
}

impl<W: Write + Send> Sink for StreamWriter<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<usize, ArrowError> {
        Self::write(self, batch)?;
        Ok(batch.num_rows())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ArrowError> {
        Self::finish(&mut self)
    }
}

/// Returns text for people with everything replaced that could steer a terminal or reorder what is read:
/// cells may hold what anybody wrote.
fn printable(text: &str) -> String {
    let steers = |sign: char| {
        sign.is_control() || matches!(sign, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|sign| if sign != '\n' && steers(sign) { '\u{fffd}' } else { sign }).collect()
}

struct Table<'a, W> {
    out: &'a mut W,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    rows: usize,
    cut: bool,
}

impl<W: Write + Send> Sink for Table<'_, W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<usize, ArrowError> {
        let taken = batch.num_rows().min(TABLE_ROWS - self.rows);
        self.batches.push(batch.slice(0, taken));
        self.rows += taken;
        self.cut = taken < batch.num_rows();
        Ok(taken)
    }

    fn finish(self: Box<Self>) -> Result<(), ArrowError> {
        let table = pretty_format_batches_with_schema(self.schema, &self.batches)?;
        writeln!(self.out, "{}", printable(&table.to_string()))?;
        if self.cut {
            writeln!(self.out, "only the first {TABLE_ROWS} rows are shown; write csv or parquet to get all")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringArray;
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    #[test]
    fn a_table_for_people_cannot_steer_their_terminal() {
        let schema = Arc::new(Schema::new(vec![Field::new("title", DataType::Utf8, true)]));
        let column = Arc::new(StringArray::from(vec!["a\u{1b}[2J", "b\u{9b}\u{202e}c", "井"]));
        let batch = RecordBatch::try_new(schema.clone(), vec![column]).unwrap();
        let mut out = Vec::new();
        write_batches(schema, [Ok(batch)], Format::Table, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("a\u{fffd}[2J") && text.contains("b\u{fffd}\u{fffd}c") && text.contains('井'), "{text}");
        assert!(!text.chars().any(|sign| sign.is_control() && sign != '\n'), "{text:?}");
    }
}
