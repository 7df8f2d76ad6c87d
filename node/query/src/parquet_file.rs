//! Parquet tables of runs as files that are read by range, with a cache of their footers.
//!
//! Blobs are addressed by hash, so a footer once read is right for ever; the cache is bounded by
//! bytes and shared by all queries of an engine.
//! Errors keep their type on the way through Parquet and DataFusion, so that "not held" reaches the
//! user with the names of run and well.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use datafusion::common::exec_datafusion_err;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::ParquetFileReaderFactory;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use crate::blob::{BlobError, BlobReader, hex};
use crate::catalog::RunFile;
use crate::page;

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
        Arc::new(Self { reader, footers: Mutex::new(Footers::default()) })
    }

    /// Opens the table of a run; reads nothing yet.
    pub(crate) fn open(self: &Arc<Self>, run: Arc<RunFile>) -> TableFile {
        TableFile { source: Arc::clone(self), run }
    }

    fn footers(&self) -> std::sync::MutexGuard<'_, Footers> {
        self.footers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Parsed footers, the longest unused leave first.
#[derive(Debug, Default)]
struct Footers {
    by_hash: BTreeMap<[u8; 32], (u64, Arc<ParquetMetaData>)>,
    bytes: usize,
    clock: u64,
}

impl Footers {
    fn get(&mut self, blob: &[u8; 32]) -> Option<Arc<ParquetMetaData>> {
        self.clock += 1;
        let (used, footer) = self.by_hash.get_mut(blob)?;
        *used = self.clock;
        Some(Arc::clone(footer))
    }

    fn put(&mut self, blob: [u8; 32], footer: &Arc<ParquetMetaData>) {
        self.clock += 1;
        self.bytes += footer.memory_size();
        if let Some((_, old)) = self.by_hash.insert(blob, (self.clock, Arc::clone(footer))) {
            self.bytes -= old.memory_size();
        }
        while self.bytes > FOOTER_CACHE_BYTES && self.by_hash.len() > 1 {
            let oldest = self.by_hash.iter().min_by_key(|(_, (used, _))| *used);
            let Some(key) = oldest.map(|(key, _)| *key) else {
                return;
            };
            if let Some((_, old)) = self.by_hash.remove(&key) {
                self.bytes -= old.memory_size();
            }
        }
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
        let read = self.source.reader.read(blob, ranges).await;
        let parts = read.map_err(|error| self.error(error))?;
        let fits = parts.len() == ranges.len()
            && parts.iter().zip(ranges).all(|(part, range)| part.len() as u64 == range.end - range.start);
        if fits { Ok(parts) } else { Err(self.error(BlobError::WrongRange { hash: hex(blob) })) }
    }

    async fn footer(&mut self) -> Result<Arc<ParquetMetaData>, ParquetError> {
        let cached = self.source.footers().get(&self.run.blob);
        let footer = match cached {
            Some(footer) => footer,
            None => self.fetch_footer().await?,
        };
        let rows = footer.file_metadata().num_rows();
        if u64::try_from(rows).ok() != Some(self.run.rows) {
            let told = self.run.rows;
            return Err(self.mismatch(format!("{rows} rows instead of {told}")));
        }
        Ok(footer)
    }

    async fn fetch_footer(&mut self) -> Result<Arc<ParquetMetaData>, ParquetError> {
        let size = self.run.size;
        let footer = ParquetMetaDataReader::new()
            .with_page_index_policy(PageIndexPolicy::Optional)
            .with_prefetch_hint(Some(FOOTER_GUESS))
            .load_and_finish(&mut *self, size)
            .await?;
        let footer = Arc::new(footer);
        self.source.footers().put(self.run.blob, &footer);
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
        self.footer().boxed()
    }
}

/// Opens tables for DataFusion's Parquet source; the run travels as extension of the file.
#[derive(Debug)]
pub(crate) struct TableFileFactory(pub(crate) Arc<Source>);

/// The extension that carries the run.
#[derive(Debug)]
pub(crate) struct RunExtension(pub(crate) Arc<RunFile>);

impl ParquetFileReaderFactory for TableFileFactory {
    fn create_reader(
        &self,
        _partition_index: usize,
        file: PartitionedFile,
        _metadata_size_hint: Option<usize>,
        _metrics: &ExecutionPlanMetricsSet,
    ) -> datafusion::error::Result<Box<dyn AsyncFileReader + Send>> {
        let run = file
            .extension::<RunExtension>()
            .ok_or_else(|| exec_datafusion_err!("not a table of a run: {}", file.path()))?;
        Ok(Box::new(self.0.open(Arc::clone(&run.0))))
    }
}
