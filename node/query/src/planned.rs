//! What a plan will read, told before it does: per run the columns and the pages.
//!
//! The numbers are bounds from above. Conditions that DataFusion's Parquet source checks against
//! statistics when it opens a table of `run('id')` are not counted, nor depths of `well()`; a limit may
//! end a scan early.

use std::ops::Range;
use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::physical_plan::{FileSource, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::RowSelection;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::page_index::offset_index::PageLocation;

use crate::blob::BlobError;
use crate::catalog::RunFile;
use crate::parquet_file::{RunExtension, RunReadError, Source};
use crate::reading::Reading;
use crate::samples::{Bounds, SamplesExec, Selection, projection, select};
use crate::wide::WellExec;

/// What is read of one run at most.
#[derive(Debug, Clone)]
pub(crate) struct PlannedRead {
    pub(crate) run: Arc<RunFile>,
    pub(crate) source: Arc<Source>,
    /// Columns that are read together; one that is in several groups is read as often.
    pub(crate) groups: Vec<Vec<String>>,
    /// Range of the index as delivered.
    pub(crate) bounds: Bounds,
}

/// Returns what the scans of a plan read, in the order of the plan.
///
/// # Errors
/// When the plan cannot be walked.
pub(crate) fn planned_reads(plan: &Arc<dyn ExecutionPlan>) -> Result<Vec<PlannedRead>> {
    let mut reads = Vec::new();
    plan.apply(|node| {
        if let Some(scan) = node.downcast_ref::<SamplesExec>() {
            reads.extend(scan.planned_reads());
        } else if let Some(scan) = node.downcast_ref::<WellExec>() {
            reads.extend(scan.planned_reads());
        } else if let Some(scan) = node.downcast_ref::<DataSourceExec>() {
            reads.extend(of_file_scan(scan));
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(reads)
}

fn of_file_scan(scan: &DataSourceExec) -> Vec<PlannedRead> {
    let Some((config, parquet)) = scan.downcast_to_file_source::<ParquetSource>() else {
        return Vec::new();
    };
    let fields = config.file_schema().fields();
    let chosen = parquet.projection().map_or_else(|| (0..fields.len()).collect(), |columns| columns.column_indices());
    let names: Vec<String> =
        chosen.into_iter().filter_map(|at| fields.get(at)).map(|field| field.name().clone()).collect();
    let files = config.file_groups.iter().flat_map(|group| group.files());
    let reads = files.filter_map(|file| {
        let RunExtension { run, source } = file.extension::<RunExtension>()?;
        Some(PlannedRead {
            run: Arc::clone(run),
            source: Arc::clone(source),
            groups: vec![names.clone()],
            bounds: Bounds::ALL,
        })
    });
    reads.collect()
}

impl PlannedRead {
    /// Returns where in the file the chosen pages are, of a column that is read twice twice; nothing when the
    /// table's footer is not here.
    ///
    /// # Errors
    /// When the footer cannot be read or is not what the catalog says.
    pub(crate) async fn pages(&self) -> Result<Option<Vec<Range<u64>>>> {
        let only_here = Arc::new(Reading::new(true, None));
        let mut file = self.source.open(Arc::clone(&self.run), &only_here);
        let table = match file.footer().await {
            Ok(table) => table,
            Err(error) if is_not_here(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let selection = select(&table, &self.run.index.name, self.bounds)?;
        let mut pages = Vec::new();
        for group in &self.groups {
            let names: Vec<&str> = group.iter().map(String::as_str).collect();
            let mask = projection(&table, &names, &file)?;
            pages.extend(chosen(table.metadata(), &mask, &selection));
        }
        Ok(Some(pages))
    }
}

fn is_not_here(error: &ParquetError) -> bool {
    let ParquetError::External(error) = error else { return false };
    error
        .downcast_ref::<RunReadError>()
        .is_some_and(|error| matches!(error.source, BlobError::NotHeld { .. } | BlobError::Refused { .. }))
}

/// Where the chosen pages of the chosen columns are.
fn chosen(footer: &ParquetMetaData, mask: &ProjectionMask, selection: &Selection) -> Vec<Range<u64>> {
    let rows = selection.rows.as_ref().map(selected);
    let mut chosen = Vec::new();
    let mut first = 0;
    for &group in &selection.row_groups {
        let meta = footer.row_group(group);
        let count = unsigned(meta.num_rows());
        for (leaf, column) in meta.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf)) {
            let pages = footer.offset_index().and_then(|index| index.get(group)?.get(leaf));
            match (&rows, pages) {
                (Some(rows), Some(pages)) => {
                    chosen.extend(with_rows(column, pages.page_locations(), first..first + count, rows));
                }
                _ => {
                    let (start, length) = column.byte_range();
                    chosen.push(start..start.saturating_add(length));
                }
            }
        }
        first += count;
    }
    chosen
}

/// Ranges of the selected rows, counted over the chosen row groups.
fn selected(selection: &RowSelection) -> Vec<Range<u64>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    for selector in selection.iter() {
        let end = at + selector.row_count as u64;
        if !selector.skip {
            ranges.push(at..end);
        }
        at = end;
    }
    ranges
}

/// Where the pages of one column of one row group are that hold selected rows, and its dictionary.
fn with_rows(
    column: &ColumnChunkMetaData,
    pages: &[PageLocation],
    group: Range<u64>,
    rows: &[Range<u64>],
) -> Vec<Range<u64>> {
    let starts = pages.iter().map(|page| group.start + unsigned(page.first_row_index));
    let ends = starts.clone().skip(1).chain(std::iter::once(group.end));
    let chosen = pages.iter().zip(starts.zip(ends)).filter(|(_, (start, end))| {
        let next = rows.partition_point(|range| range.end <= *start);
        rows.get(next).is_some_and(|range| range.start < *end)
    });
    let of_page =
        |page: &PageLocation| unsigned(page.offset)..unsigned(page.offset + i64::from(page.compressed_page_size));
    let mut found: Vec<_> = chosen.map(|(page, _)| of_page(page)).collect();
    if let (false, Some(offset), Some(first)) = (found.is_empty(), column.dictionary_page_offset(), pages.first()) {
        found.push(unsigned(offset)..unsigned(first.offset));
    }
    found
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
