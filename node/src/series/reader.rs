//! From the output of a request for samples to series, as it comes.

use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _};
use arrow::buffer::Buffer;
use arrow::datatypes::{Float64Type, Schema};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamDecoder;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;

use super::{Buckets, Order, Series, SeriesError};
use crate::ingest::table::ORDINAL;

/// Why output makes no series.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no Arrow stream, or ends too early.
    #[error("the samples are no arrow stream")]
    Stream(#[from] ArrowError),
    /// It is a stream of something else.
    #[error("the stream holds something else than samples: {0}")]
    Other(&'static str),
    /// Columns do not fit each other.
    #[error("the samples do not fit each other")]
    Series(#[from] SeriesError),
}

/// Reads the output of `Read`: give it chunks as they come, then take the series.
#[derive(Debug, Default)]
pub struct SampleReader {
    decoder: StreamDecoder,
    /// Ordinals of the columns, 0 for the index, which is first; none before the schema came.
    ordinals: Vec<u32>,
    columns: Vec<Vec<f64>>,
}

/// The curves of a run, in order of increasing index.
#[derive(Debug, Clone)]
pub struct Samples {
    /// The order that all of them share.
    pub order: Order,
    /// Each curve with its ordinal.
    pub curves: Vec<(u32, Series)>,
}

impl SampleReader {
    /// Returns one that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`ReadError`]; it is of no use then.
    pub fn push(&mut self, bytes: Bytes) -> Result<(), ReadError> {
        let Self { decoder, ordinals, columns } = self;
        decode(decoder, bytes, |schema, batch| {
            if ordinals.is_empty() {
                *ordinals = ordinals_of(schema)?;
                *columns = vec![Vec::new(); ordinals.len()];
            }
            for (column, array) in columns.iter_mut().zip(batch.columns()) {
                let Some(array) = array.as_primitive_opt::<Float64Type>() else {
                    return Err(ReadError::Other("a column is not of doubles"));
                };
                if array.null_count() == 0 {
                    column.extend_from_slice(array.values());
                } else {
                    column.extend(array.iter().map(|value| value.unwrap_or(f64::NAN)));
                }
            }
            Ok(())
        })
    }

    /// Number of rows that came, for progress.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Makes the series, once all has come. Takes a while for millions of samples.
    ///
    /// # Errors
    /// [`ReadError`] when it ended within a message. That it ended between two shows only in the reply's
    /// number of rows.
    pub fn finish(mut self) -> Result<Samples, ReadError> {
        self.decoder.finish()?;
        if self.ordinals.is_empty() {
            let schema = self.decoder.schema().ok_or(ReadError::Other("it is empty"))?;
            self.ordinals = ordinals_of(&schema)?;
            self.columns = vec![Vec::new(); self.ordinals.len()];
        }
        let mut columns = self.ordinals.into_iter().zip(self.columns);
        let (_, index) = columns.next().ok_or(ReadError::Other("it has no index"))?;
        let order = Order::new(&index);
        let curves = columns.map(|(ordinal, values)| Ok((ordinal, order.series(&values)?)));
        let curves = curves.collect::<Result<Vec<_>, SeriesError>>()?;
        Ok(Samples { order, curves })
    }
}

/// Reads the output of `Overview`.
#[derive(Debug, Default)]
pub struct OverviewReader {
    decoder: StreamDecoder,
    buckets: Option<Buckets>,
}

impl OverviewReader {
    /// Returns one that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`ReadError`]; it is of no use then.
    pub fn push(&mut self, bytes: Bytes) -> Result<(), ReadError> {
        let Self { decoder, buckets } = self;
        decode(decoder, bytes, |_, batch| {
            let more = Buckets::from_batch(batch).ok_or(ReadError::Other("its columns are not those of buckets"))?;
            let Some(buckets) = buckets else {
                *buckets = Some(more);
                return Ok(());
            };
            if buckets.append(more) { Ok(()) } else { Err(ReadError::Other("its batches are of several curves")) }
        })
    }

    /// Returns the buckets, once all has come; [`Buckets::overview`] makes a curve's overview of them.
    ///
    /// # Errors
    /// [`ReadError`] when it ended too early.
    pub fn finish(mut self) -> Result<Buckets, ReadError> {
        self.decoder.finish()?;
        self.buckets.ok_or(ReadError::Other("it is empty"))
    }
}

fn decode(
    decoder: &mut StreamDecoder,
    bytes: Bytes,
    mut take: impl FnMut(&Schema, &RecordBatch) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut buffer = Buffer::from(bytes);
    while !buffer.is_empty() {
        if let Some(batch) = decoder.decode(&mut buffer)? {
            take(&batch.schema(), &batch)?;
        }
    }
    Ok(())
}

/// Returns the ordinals of columns, the index first.
fn ordinals_of(schema: &Schema) -> Result<Vec<u32>, ReadError> {
    let ordinal = |field: &Arc<arrow::datatypes::Field>| field.metadata().get(ORDINAL)?.parse().ok();
    let ordinals: Option<Vec<u32>> = schema.fields().iter().map(ordinal).collect();
    ordinals
        .filter(|ordinals| ordinals.first() == Some(&0))
        .ok_or(ReadError::Other("its columns do not say which curves they are"))
}
