//! The pyramid of a large table: what is seen of a run before its samples are here.
//!
//! One level, of at most [`MOST_BUCKETS`] buckets: about as many as a screen has rows, so a whole run is
//! drawn from it nearly exactly, and it stays below 7 % of its table however long that is. Finer levels
//! are made from the samples, which are needed by then anyway. The same table gives the same bytes on
//! every machine.

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::errors::ParquetError;
use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatchReader as _;
use bytes::Bytes;
use dataforge_las::{DataSet, SetKind, Values};
use dataforge_protocol::facts::PyramidFacts;
use dataforge_protocol::id::BlobHash;
use serde::Serialize;

use crate::ingest::parquet::{self as table, Metadata};
use crate::ingest::table::MAX_CURVES;
use crate::series::Buckets;
pub(crate) use crate::series::columns;

#[cfg(test)]
mod tests;

/// The making and its version; raised when the same table gives other buckets.
pub const MAKER: &str = "pyramid/1";
/// Tables of more rows than this get one; smaller ones are as quickly read whole.
pub const MOST_ROWS_WITHOUT: usize = 65_536;
/// Buckets it has at most.
pub const MOST_BUCKETS: usize = 4_096;

/// Curves of numbers that it takes: three columns each fit into what a table may have. Wider ones, which hold
/// arrays, have none.
pub const MOST_CURVES: usize = MAX_CURVES / 3 - 1;

/// A pyramid as bytes, and the facts about it.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparedPyramid {
    /// The table of buckets.
    pub parquet: Bytes,
    /// Its facts; they name its hash.
    pub facts: PyramidFacts,
}

/// What is written into the file in place of the header of a source.
#[derive(Serialize)]
struct Header<'a> {
    maker: &'a str,
    native: String,
    rows: usize,
    bucket_rows: usize,
}

/// Makes the pyramid of a data set whose table is `native`; none for what is not large, is no log, or has
/// no numbers over an index of numbers.
///
/// # Errors
/// When the Parquet writer refuses it.
pub fn prepare(native: BlobHash, data: &DataSet) -> Result<Option<PreparedPyramid>, ParquetError> {
    let Some((index, curves)) = data.columns.split_first() else { return Ok(None) };
    let Values::Number(index) = &index.values else { return Ok(None) };
    if data.kind != SetKind::Log || data.rows <= MOST_ROWS_WITHOUT {
        return Ok(None);
    }
    let numbers = curves.iter().zip(1_u32..).filter_map(|(curve, ordinal)| match &curve.values {
        Values::Number(values) => Some((ordinal, values.as_slice())),
        Values::Text(_) => None,
    });
    let numbers: Vec<_> = numbers.collect();
    if numbers.is_empty() || numbers.len() > MOST_CURVES {
        return Ok(None);
    }
    let bucket_rows = bucket_rows(data.rows);
    let buckets = Buckets::new(index, &numbers, bucket_rows);
    let batch = buckets.to_batch(|_| std::collections::HashMap::new())?;
    let header = Header { maker: MAKER, native: native.to_string(), rows: data.rows, bucket_rows };
    let header = serde_json::to_string(&header).map_err(|error| ParquetError::External(Box::new(error)))?;
    let metadata = Metadata { index_kind: "other", index_unit: "", header: &header, sorted: None };
    let parquet = table::write(&batch, &metadata)?;
    let facts = PyramidFacts {
        native,
        blob: BlobHash::of(&parquet),
        blob_size: parquet.len() as u64,
        maker: MAKER.to_owned(),
        bucket_rows: bucket_rows as u64,
        buckets: buckets.len() as u64,
    };
    Ok(Some(PreparedPyramid { parquet: parquet.into(), facts }))
}

/// Reads buckets of some curves, given by ordinal and in ascending order, out of Parquet bytes; none when they
/// lack one or are of something else.
///
/// # Errors
/// When the bytes are not a Parquet file or it does not read.
pub fn read(bytes: Bytes, ordinals: &[u32]) -> Result<Option<Buckets>, ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    let wanted = columns(ordinals.iter().copied());
    let places: Option<Vec<usize>> = wanted.map(|name| builder.schema().index_of(&name).ok()).collect();
    let Some(places) = places else { return Ok(None) };
    let mask = ProjectionMask::roots(builder.parquet_schema(), places);
    let reader = builder.with_projection(mask).with_batch_size(MOST_BUCKETS).build()?;
    let schema = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    Ok(Buckets::from_batch(&concat_batches(&schema, &batches)?))
}

/// Rows in a bucket of a table: the power of two by which there are no more buckets than may be.
fn bucket_rows(rows: usize) -> usize {
    rows.div_ceil(MOST_BUCKETS).next_power_of_two()
}
