//! The table that a tool hands in → the columns of a run: a Parquet file, an Arrow stream or CSV.
//!
//! Nothing is guessed and nothing is left out: a cell that is no value of its column is an error with the
//! name of the column and the number of the row, counted from 1 without header lines. What has no value is
//! null, in whatever way the form says so.

mod check;
mod csv;
mod messages;
#[cfg(test)]
mod tests;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow::array::{Array as _, ArrayRef, AsArray as _};
use arrow::buffer::Buffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamDecoder;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use dataforge_las::{Column, DataSet, HeaderItem, Values};

use crate::api::{ApiError, ErrorKind};
use crate::ingest::table::{DESCRIPTION, UNIT};

/// Metadata of a schema: what the table is and what it was made of, as the JSON of a request.
pub(super) const REQUEST: &str = "dataforge.derive";
/// What a Parquet file begins and ends with.
const PARQUET: &[u8] = b"PAR1";
/// What an Arrow file begins with; it is the stream with an index behind.
const ARROW_FILE: &[u8] = b"ARROW1";
/// What an Arrow stream begins with.
const ARROW_STREAM: &[u8] = &[0xff; 4];
/// What an Arrow stream ends with, so that one that was cut shows.
const ARROW_END: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
/// Rows decoded at a time.
const BATCH_ROWS: usize = 8_192;
/// From here on not every whole number is a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// What is said about the columns of a table beside it.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    /// Units by the names of columns.
    pub(super) units: Vec<(String, String)>,
    /// The column that is the index.
    pub(super) index: Option<String>,
    /// Its unit.
    pub(super) index_unit: Option<String>,
    /// Bytes that the values may take.
    pub(super) most_bytes: u64,
}

/// Reads a table, the index first.
///
/// # Errors
/// `Input` for what is no table or has a cell that is no value, with its place; for an index with holes, and
/// for depths that do not rise or fall strictly. `Usage` when something is said about a column that is not
/// there.
pub(super) fn read(bytes: &Bytes, said: &Said) -> Result<DataSet, ApiError> {
    let columns = if bytes.starts_with(PARQUET) {
        parquet(bytes, said.most_bytes)?
    } else if bytes.starts_with(ARROW_STREAM) {
        stream(bytes, said.most_bytes)?
    } else if bytes.starts_with(ARROW_FILE) {
        return Err(input("the table is an arrow file, not a stream")
            .hint("write it with the stream writer (in pyarrow ipc.new_stream), or as parquet"));
    } else {
        csv::read(bytes, said.most_bytes)?
    };
    check::finish(columns, said)
}

/// Returns what a table says of itself. What cannot be read says nothing: reading it tells why.
pub(super) fn said_in(bytes: &Bytes) -> Option<String> {
    if bytes.starts_with(PARQUET) {
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).ok()?;
        return builder.schema().metadata().get(REQUEST).cloned();
    }
    if !bytes.starts_with(ARROW_STREAM) {
        return None;
    }
    messages::schema(bytes)?.metadata().get(REQUEST).cloned()
}

fn input(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::Input, message)
}

fn parquet(bytes: &Bytes, most: u64) -> Result<Vec<Column>, ApiError> {
    let failed = |error: &dyn std::error::Error| {
        input(format!("the parquet file cannot be read: {error}"))
            .hint("write it anew, without encryption, with zstd, snappy or no compression")
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes.clone()).map_err(|error| failed(&error))?;
    let mut columns = Columns::new(builder.schema(), most)?;
    // The footer says how much will come, before anything is decoded.
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(u64::MAX);
    columns.check_size(rows)?;
    let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| failed(&error))?;
    for batch in reader {
        columns.add(&batch.map_err(|error| failed(&error))?)?;
    }
    Ok(columns.columns)
}

fn stream(bytes: &Bytes, most: u64) -> Result<Vec<Column>, ApiError> {
    let failed = |error: &ArrowError| input(format!("the arrow stream cannot be read: {error}"));
    if !bytes.ends_with(ARROW_END) {
        return Err(input("the arrow stream has no end mark, so it may have been cut")
            .hint("close the writer before the bytes are taken, and send all of them"));
    }
    messages::check(bytes, most)?;
    let mut decoder = StreamDecoder::new();
    let mut buffer = Buffer::from(bytes.clone());
    let mut columns: Option<Columns> = None;
    while !buffer.is_empty() {
        let Some(batch) = decoder.decode(&mut buffer).map_err(|error| failed(&error))? else { continue };
        let columns = match &mut columns {
            Some(columns) => columns,
            none => none.insert(Columns::new(&batch.schema(), most)?),
        };
        columns.add(&batch)?;
    }
    decoder.finish().map_err(|error| failed(&error))?;
    columns.map(|columns| columns.columns).ok_or_else(no_rows)
}

fn no_rows() -> ApiError {
    input("the table has no rows").hint("a run has one row at least; is it the right frame?")
}

/// Columns as they fill.
struct Columns {
    columns: Vec<Column>,
    /// Bytes that the values may take.
    most: u64,
    /// Bytes of text so far.
    text: u64,
}

impl Columns {
    fn new(schema: &Schema, most: u64) -> Result<Self, ApiError> {
        check::count(schema.fields().len())?;
        let columns = schema.fields().iter().map(|field| column_of(field)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { columns, most, text: 0 })
    }

    /// Refuses more rows than may be held at once.
    fn check_size(&self, rows: u64) -> Result<(), ApiError> {
        check::size(rows, self.columns.len(), self.text, self.most)
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<(), ApiError> {
        let before = self.columns.first().map_or(0, |column| column.values.len());
        let rows = (before + batch.num_rows()) as u64;
        self.check_size(rows)?;
        let width = self.columns.len();
        for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
            let name = &column.definition.mnemonic;
            match &mut column.values {
                Values::Number(values) => add_numbers(name, array, values)?,
                Values::Text(values) => {
                    self.text += add_text(name, array, values)?;
                    // At once: of a few words a dictionary may make very much text, column by column.
                    check::size(rows, width, self.text, self.most)?;
                }
            }
        }
        Ok(())
    }
}

/// Returns an empty column for a field, with what the field says of it.
fn column_of(field: &Field) -> Result<Column, ApiError> {
    let said = |key: &str| field.metadata().get(key).cloned().unwrap_or_default();
    let definition = HeaderItem {
        mnemonic: field.name().trim().to_owned(),
        unit: said(UNIT),
        description: said(DESCRIPTION),
        ..HeaderItem::default()
    };
    let values = match field.data_type() {
        kind if kind.is_numeric() || matches!(kind, DataType::Boolean | DataType::Null) => Values::Number(Vec::new()),
        kind if is_text(kind) => Values::Text(Vec::new()),
        kind if kind.is_temporal() => {
            return Err(input(format!("column {} holds times ({kind}): only numbers and text are kept", field.name()))
                .hint("give seconds since a stated moment as numbers, with the unit s"));
        }
        kind => {
            return Err(input(format!("column {} holds {kind}: only numbers and text are kept", field.name()))
                .hint("leave the column out, or make columns of numbers of it"));
        }
    };
    Ok(Column { definition, values })
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn uncast(name: &str, error: &ArrowError) -> ApiError {
    input(format!("column {name} cannot be taken: {error}"))
}

fn add_numbers(name: &str, array: &ArrayRef, values: &mut Vec<f64>) -> Result<(), ApiError> {
    let is_whole = array.data_type().is_integer();
    let numbers = cast(array, &DataType::Float64).map_err(|error| uncast(name, &error))?;
    for value in numbers.as_primitive::<Float64Type>() {
        let row = values.len() + 1;
        let value = value.unwrap_or(f64::NAN);
        if is_whole && value.abs() >= EXACT {
            return Err(input(format!("column {name}, row {row}: {value} is too large to be kept to the last digit"))
                .hint("numbers are doubles; give identifiers as text"));
        }
        values.push(check::finite(name, row, value)?);
    }
    Ok(())
}

/// Adds texts; returns their bytes.
fn add_text(name: &str, array: &ArrayRef, values: &mut Vec<Option<String>>) -> Result<u64, ApiError> {
    let texts = cast(array, &DataType::Utf8).map_err(|error| uncast(name, &error))?;
    let mut bytes = 0;
    for text in texts.as_string::<i32>() {
        bytes += text.map_or(0, str::len) as u64;
        values.push(text.map(str::to_owned));
    }
    Ok(bytes)
}
