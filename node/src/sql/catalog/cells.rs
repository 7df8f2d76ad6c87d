//! Cells and columns on their way from rows to Arrow.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, BooleanBuilder, Float64Array, Float64Builder, Int64Array, Int64Builder, RecordBatch,
    StringArray, StringBuilder, TimestampMillisecondArray, TimestampMillisecondBuilder,
};
use arrow::datatypes::DataType;
use chrono::DateTime;
use dataforge_query::MetaTable;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::api::{ApiError, ErrorKind};

/// One cell, as the schema's types need it.
#[derive(Debug, Clone)]
pub(super) enum Cell {
    Null,
    Text(String),
    Int(i64),
    Real(f64),
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) => Self::Int(value),
            ValueRef::Real(value) => Self::Real(value),
            ValueRef::Text(text) => Self::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Self::Text(data_encoding::HEXLOWER.encode(bytes)),
        }
    }
}

impl Cell {
    pub(super) fn text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) const fn int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "SQLite stores whole reals as integers; they come back exactly below 2^53"
    )]
    pub(super) const fn real(&self) -> Option<f64> {
        match self {
            Self::Real(value) => Some(*value),
            Self::Int(value) => Some(*value as f64),
            _ => None,
        }
    }
}

/// Returns what a statement gives, its columns in the order of the table's.
///
/// # Errors
/// `Storage`.
pub(super) fn table_of(
    connection: &Connection,
    table: MetaTable,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<RecordBatch, ApiError> {
    let schema = table.schema();
    let mut columns: Vec<Filling> = schema.fields().iter().map(|field| Filling::of(field.data_type())).collect();
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        for (at, column) in columns.iter_mut().enumerate() {
            column.push(row.get_ref(at)?);
        }
    }
    let arrays = columns.into_iter().map(Filling::finish).collect();
    RecordBatch::try_new(schema, arrays).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}

/// A column that is filled from rows of SQLite without a text of its own for each cell.
enum Filling {
    Text(StringBuilder),
    Int(Int64Builder),
    Real(Float64Builder),
    Flag(BooleanBuilder),
    Time(TimestampMillisecondBuilder),
}

impl Filling {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Int64 => Self::Int(Int64Builder::with_capacity(0)),
            DataType::Float64 => Self::Real(Float64Builder::with_capacity(0)),
            DataType::Boolean => Self::Flag(BooleanBuilder::with_capacity(0)),
            DataType::Timestamp(..) => Self::Time(TimestampMillisecondBuilder::with_capacity(0)),
            _ => Self::Text(StringBuilder::with_capacity(0, 0)),
        }
    }

    /// Adds a cell; what is of no fitting type is null.
    fn push(&mut self, value: ValueRef<'_>) {
        match self {
            Self::Text(cells) => match value {
                ValueRef::Text(text) => cells.append_value(String::from_utf8_lossy(text)),
                ValueRef::Blob(bytes) => cells.append_value(data_encoding::HEXLOWER.encode(bytes)),
                _ => cells.append_null(),
            },
            Self::Int(cells) => cells.append_option(Cell::from(value).int()),
            Self::Real(cells) => cells.append_option(Cell::from(value).real()),
            Self::Flag(cells) => cells.append_option(Cell::from(value).int().map(|value| value != 0)),
            Self::Time(cells) => cells.append_option(Cell::from(value).int()),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Text(mut cells) => Arc::new(cells.finish()),
            Self::Int(mut cells) => Arc::new(cells.finish()),
            Self::Real(mut cells) => Arc::new(cells.finish()),
            Self::Flag(mut cells) => Arc::new(cells.finish()),
            Self::Time(mut cells) => Arc::new(cells.finish().with_timezone("UTC")),
        }
    }
}

/// Makes rows of columns in the order of the table's.
///
/// # Errors
/// `Internal` when they are of different lengths, or not as many as the table's.
pub(super) fn batch(table: MetaTable, columns: Vec<Vec<Cell>>) -> Result<RecordBatch, ApiError> {
    let schema = table.schema();
    let arrays = schema.fields().iter().zip(columns).map(|(field, cells)| -> ArrayRef {
        let cells = cells.into_iter();
        match field.data_type() {
            DataType::Int64 => Arc::new(cells.map(|cell| cell.int()).collect::<Int64Array>()),
            DataType::Float64 => Arc::new(cells.map(|cell| cell.real()).collect::<Float64Array>()),
            DataType::Boolean => {
                Arc::new(cells.map(|cell| cell.int().map(|value| value != 0)).collect::<BooleanArray>())
            }
            DataType::Timestamp(..) => {
                Arc::new(cells.map(|cell| cell.int()).collect::<TimestampMillisecondArray>().with_timezone("UTC"))
            }
            _ => Arc::new(cells.map(Cell::text).collect::<StringArray>()),
        }
    });
    let arrays = arrays.collect();
    RecordBatch::try_new(schema, arrays).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Null, Self::Real)
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        // What is not known is null, also where it is an empty text elsewhere.
        text.filter(|text| !text.is_empty()).map_or(Self::Null, Self::Text)
    }
}

/// Columns that are filled row by row.
pub(super) struct Columns<const N: usize>([Vec<Cell>; N]);

impl<const N: usize> Columns<N> {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Vec::new()))
    }

    pub(super) fn row(&mut self, cells: [Cell; N]) {
        for (column, cell) in self.0.iter_mut().zip(cells) {
            column.push(cell);
        }
    }

    pub(super) fn into_columns(self) -> Vec<Vec<Cell>> {
        self.0.into()
    }
}

/// Returns text as a cell; null where it is empty.
pub(super) fn text(text: &str) -> Cell {
    Some(text.to_owned()).into()
}

/// Returns a count as a cell.
pub(super) fn count(value: u64) -> Cell {
    i64::try_from(value).map_or(Cell::Null, Cell::Int)
}

/// Returns true or false as a cell.
pub(super) fn flag(value: bool) -> Cell {
    Cell::Int(i64::from(value))
}

/// Returns milliseconds since 1970 as a cell; null where they are 0, which says that no time is known.
pub(super) fn time(ms: u64) -> Cell {
    if ms == 0 { Cell::Null } else { count(ms) }
}

/// Returns a time that is written as RFC 3339 as a cell; null where it is none.
pub(super) fn written_time(text: &str) -> Cell {
    DateTime::parse_from_rfc3339(text).map_or(Cell::Null, |time| Cell::Int(time.timestamp_millis()))
}
