//! Parquet tables of runs as files that are read by range, with a cache of their footers.
//!
//! Blobs are addressed by hash, so a footer once read is right for ever; the cache is bounded by
//! bytes and shared by all queries of an engine.
//! Errors keep their type on the way through Parquet and DataFusion, so that "not held" reaches the
//! user with the names of run and well.

mod footers;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use datafusion::common::exec_datafusion_err;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::ParquetFileReaderFactory;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader, ParquetStatisticsPolicy,
};

use self::footers::{Footers, trimmed};
use crate::blob::{BlobError, BlobReader, hex};
use crate::catalog::RunFile;
use crate::page;
use crate::reading::{Reading, Whereabouts};

/// Bytes read at a table's end in the hope that footer and page index are in them: four chunk groups
/// of a verified fetch, enough for runs of some fifty curves.
const FOOTER_GUESS: usize = 64 * 1024;

/// Bytes of parsed footers kept.
const FOOTER_CACHE_BYTES: usize = 48 * 1024 * 1024;

/// Blobs and the footers already read from them.
#[derive(Debug)]
pub(crate) struct Source {
    reader: Arc<dyn BlobReader>,
    footers: Mutex<Footers>,
}

impl Source {
    pub(crate) fn new(reader: Arc<dyn BlobReader>) -> Arc<Self> {
        Arc::new(Self { reader, footers: Mutex::new(Footers::new(FOOTER_CACHE_BYTES)) })
    }

    /// Opens the table of a run for a query; reads nothing yet.
    pub(crate) fn open(self: &Arc<Self>, run: Arc<RunFile>, reading: &Arc<Reading>) -> TableFile {
        TableFile { source: Arc::clone(self), run, reading: Arc::clone(reading) }
    }

    /// Says where the table of a run is, and these ranges of it.
    pub(crate) async fn whereabouts(&self, run: &RunFile, ranges: &[Range<u64>]) -> Result<Whereabouts, BlobError> {
        self.reader.whereabouts(&run.blob, ranges).await
    }

    fn footers(&self) -> std::sync::MutexGuard<'_, Footers> {
        self.footers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A blob error with the run it hit.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the data of run {run} (well {well})")]
pub(crate) struct RunReadError {
    pub(crate) run: String,
    pub(crate) well: String,
    pub(crate) source: BlobError,
}

/// The table of one run, for Parquet's readers.
#[derive(Debug, Clone)]
pub(crate) struct TableFile {
    source: Arc<Source>,
    run: Arc<RunFile>,
    reading: Arc<Reading>,
}

impl TableFile {
    fn error(&self, source: BlobError) -> ParquetError {
        ParquetError::External(Box::new(RunReadError {
            run: self.run.run.clone(),
            well: self.run.well.clone(),
            source,
        }))
    }

    /// Makes the error of a table that differs from what the catalog says.
    pub(crate) fn mismatch(&self, what: String) -> ParquetError {
        let hash = hex(&self.run.blob);
        self.error(BlobError::Mismatch { hash, what })
    }

    async fn read(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, ParquetError> {
        let blob = &self.run.blob;
        let read = self.source.reader.read(blob, ranges, &self.reading).await;
        let parts = read.map_err(|error| self.error(error))?;
        let fits = parts.len() == ranges.len()
            && parts.iter().zip(ranges).all(|(part, range)| part.len() as u64 == range.end - range.start);
        if fits { Ok(parts) } else { Err(self.error(BlobError::WrongRange { hash: hex(blob) })) }
    }

    /// Returns the parsed footer with the schema of the columns.
    ///
    /// # Errors
    /// When it cannot be read, or does not fit what the catalog says.
    pub(crate) async fn footer(&mut self) -> Result<ArrowReaderMetadata, ParquetError> {
        let cached = self.source.footers().get(&self.run.blob, self.reading.number());
        let footer = match cached {
            Some(footer) => footer,
            None => self.fetch_footer().await?,
        };
        let rows = footer.metadata().file_metadata().num_rows();
        if u64::try_from(rows).ok() != Some(self.run.rows) {
            let told = self.run.rows;
            return Err(self.mismatch(format!("{rows} rows instead of {told}")));
        }
        Ok(footer)
    }

    async fn fetch_footer(&mut self) -> Result<ArrowReaderMetadata, ParquetError> {
        let size = self.run.size;
        // No reader looks at how large values are when unpacked.
        let options = ParquetMetaDataOptions::new().with_size_stats_policy(ParquetStatisticsPolicy::SkipAll);
        let footer = ParquetMetaDataReader::new()
            .with_metadata_options(Some(options))
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_prefetch_hint(Some(FOOTER_GUESS))
            .load_and_finish(&mut *self, size)
            .await?;
        let footer = ArrowReaderMetadata::try_new(Arc::new(trimmed(footer)), ArrowReaderOptions::new())?;
        self.source.footers().put(self.run.blob, self.reading.number(), &footer);
        Ok(footer)
    }
}

impl AsyncFileReader for TableFile {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        async move {
            let mut parts = self.read(std::slice::from_ref(&range)).await?;
            Ok(parts.pop().unwrap_or_default())
        }
        .boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>, ParquetError>> {
        async move {
            let parts = self.read(&ranges).await?;
            for part in &parts {
                page::check(part).map_err(|why| self.mismatch(why.to_owned()))?;
            }
            Ok(parts)
        }
        .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        async move { Ok(Arc::clone(self.footer().await?.metadata())) }.boxed()
    }
}

/// Opens tables for DataFusion's Parquet source, for one query; the run travels as extension of the file.
#[derive(Debug)]
pub(crate) struct TableFileFactory(pub(crate) Arc<Reading>);

/// The extension that carries the run, and where it is read from.
#[derive(Debug)]
pub(crate) struct RunExtension {
    pub(crate) run: Arc<RunFile>,
    pub(crate) source: Arc<Source>,
}

impl ParquetFileReaderFactory for TableFileFactory {
    fn create_reader(
        &self,
        _partition_index: usize,
        file: PartitionedFile,
        _metadata_size_hint: Option<usize>,
        _metrics: &ExecutionPlanMetricsSet,
    ) -> datafusion::error::Result<Box<dyn AsyncFileReader + Send>> {
        let RunExtension { run, source } = file
            .extension::<RunExtension>()
            .ok_or_else(|| exec_datafusion_err!("not a table of a run: {}", file.path()))?;
        Ok(Box::new(source.open(Arc::clone(run), &self.0)))
    }
}
