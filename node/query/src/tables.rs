//! Columns of one run's table without SQL: as they are, in the order of its rows.
//!
//! What draws or exports samples needs neither plans nor conditions. The same reader serves, with its
//! cache of footers and its checks, so a table that is not held is read by parts here too.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;

use crate::blob::BlobReader;
use crate::catalog::RunFile;
use crate::error::QueryError;
use crate::parquet_file::Source;
use crate::samples::{Bounds, projection, select};

/// Rows that are read at a time.
const BATCH_ROWS: usize = 65_536;

/// Rows of a table, batch by batch.
pub type TableStream = BoxStream<'static, Result<RecordBatch, QueryError>>;

/// Reads tables of runs.
#[derive(Debug, Clone)]
pub struct Tables {
    source: Arc<Source>,
}

impl Tables {
    /// Reads bytes by a reader of blobs.
    #[must_use]
    pub fn new(blobs: Arc<dyn BlobReader>) -> Self {
        Self { source: Source::new(blobs) }
    }

    /// Starts to read some columns of a run's table, given by name; they come in the order of the table.
    ///
    /// With `bounds`, which both count, row groups and pages without an index in between are left out: rows
    /// outside may come all the same. Decodes where it is polled, so not for threads that serve others.
    ///
    /// # Errors
    /// When the table cannot be had or is not what the catalog says; later errors come through the stream.
    pub async fn read(
        &self,
        run: RunFile,
        columns: &[&str],
        bounds: Option<(f64, f64)>,
    ) -> Result<TableStream, QueryError> {
        let bounds = bounds.map_or(Bounds::ALL, |(low, high)| Bounds { low, high });
        let index = run.index.name.clone();
        let mut file = self.source.open(Arc::new(run), &Arc::default());
        let table = file.footer().await.map_err(failed)?;
        let selection = select(&table, &index, bounds)?;
        if selection.row_groups.is_empty() {
            return Ok(futures::stream::empty().boxed());
        }
        let mask = projection(&table, columns, &file)?;
        let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(file, table)
            .with_batch_size(BATCH_ROWS)
            .with_row_groups(selection.row_groups)
            .with_projection(mask);
        if let Some(rows) = selection.rows {
            builder = builder.with_row_selection(rows);
        }
        Ok(builder.build().map_err(failed)?.map(|batch| batch.map_err(failed)).boxed())
    }
}

fn failed(error: parquet::errors::ParquetError) -> QueryError {
    DataFusionError::from(error).into()
}
