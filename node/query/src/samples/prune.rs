//! Which row groups and pages of a table can hold a range of the index.
//!
//! Uses the statistics in the footer and the page index; without them everything is read.
//! Values that are not numbers are not in the statistics and fall out with their page.

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::error::Result;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowSelection, RowSelector};
use parquet::file::metadata::ParquetMetaData;

use super::filter::Bounds;

/// What to read of a table.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) row_groups: Vec<usize>,
    /// Rows within the row groups; all if there is no page index.
    pub(crate) rows: Option<RowSelection>,
}

/// Chooses row groups and pages.
pub(crate) fn select(table: &ArrowReaderMetadata, column: &str, bounds: Bounds) -> Result<Selection> {
    let footer = table.metadata();
    let all = 0..footer.num_row_groups();
    if bounds.is_all() {
        return Ok(Selection { row_groups: all.collect(), rows: None });
    }
    let statistics = StatisticsConverter::try_new(column, table.schema(), table.parquet_schema())?;
    let mins = floats(&statistics.row_group_mins(footer.row_groups())?)?;
    let maxs = floats(&statistics.row_group_maxes(footer.row_groups())?)?;
    let row_groups: Vec<usize> = all.filter(|&group| bounds.meets(get(&mins, group), get(&maxs, group))).collect();
    let rows = select_pages(footer, &statistics, &row_groups, bounds)?;
    Ok(Selection { row_groups, rows })
}

fn select_pages(
    footer: &ParquetMetaData,
    statistics: &StatisticsConverter<'_>,
    row_groups: &[usize],
    bounds: Bounds,
) -> Result<Option<RowSelection>> {
    let (Some(columns), Some(offsets), Some(leaf)) =
        (footer.column_index(), footer.offset_index(), statistics.parquet_column_index())
    else {
        return Ok(None);
    };
    let mins = floats(&statistics.data_page_mins(columns, offsets, row_groups)?)?;
    let maxs = floats(&statistics.data_page_maxes(columns, offsets, row_groups)?)?;
    let mut selectors = Vec::new();
    let mut page = 0;
    for &group in row_groups {
        let starts: Vec<i64> =
            offsets[group][leaf].page_locations().iter().map(|location| location.first_row_index).collect();
        let ends = starts.iter().skip(1).copied();
        let ends = ends.chain(std::iter::once(footer.row_group(group).num_rows()));
        for (start, end) in starts.iter().zip(ends) {
            let Ok(count) = usize::try_from(end - start) else {
                return Ok(None);
            };
            selectors.push(if bounds.meets(get(&mins, page), get(&maxs, page)) {
                RowSelector::select(count)
            } else {
                RowSelector::skip(count)
            });
            page += 1;
        }
    }
    // A page index that does not cover the rows is not one to trust.
    let covered: usize = selectors.iter().map(|selector| selector.row_count).sum();
    let rows: i64 = row_groups.iter().map(|&group| footer.row_group(group).num_rows()).sum();
    Ok((i64::try_from(covered) == Ok(rows)).then(|| selectors.into()))
}

fn floats(array: &ArrayRef) -> Result<Float64Array> {
    Ok(cast(array, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
}

fn get(array: &Float64Array, position: usize) -> Option<f64> {
    (position < array.len() && array.is_valid(position)).then(|| array.value(position))
}
