//! The pieces of a run's table in order of depth.
//!
//! A piece is a page of the index, or a row group when there is no page index: rows that follow each
//! other, with the depths they lie between. So a run is read from its top down however it was
//! recorded, and what lies outside the wanted depths is not read.

use arrow::array::{Array as _, AsArray as _, Float64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use datafusion::error::Result;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowSelection};

use super::choice::Placed;
use crate::samples::Bounds;

/// Rows that follow each other in a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Segment {
    pub(super) group: usize,
    /// First row within the row group.
    first: usize,
    pub(super) rows: usize,
    /// Number of the first row in the table.
    pub(super) number: u64,
    /// Smallest depth in metres; minus infinity when the footer does not tell.
    pub(super) min: f64,
    /// Largest depth.
    max: f64,
}

/// Returns the pieces of a table that may hold depths within bounds, in the order of its rows.
pub(super) fn segments(table: &ArrowReaderMetadata, run: &Placed, bounds: Bounds) -> Result<Vec<Segment>> {
    let footer = table.metadata();
    let index = &run.file.index.name;
    let statistics = StatisticsConverter::try_new(index, table.schema(), table.parquet_schema())?;
    let groups: Vec<usize> = (0..footer.num_row_groups()).collect();
    let (mut pieces, mut ends) = (Vec::new(), None);
    if let (Some(columns), Some(offsets), Some(leaf)) =
        (footer.column_index(), footer.offset_index(), statistics.parquet_column_index())
    {
        for &group in &groups {
            let starts = offsets[group][leaf].page_locations().iter().map(|page| page.first_row_index);
            let starts: Vec<usize> = starts.filter_map(|first| usize::try_from(first).ok()).collect();
            let rows = usize::try_from(footer.row_group(group).num_rows()).unwrap_or_default();
            let after = starts.iter().skip(1).copied().chain([rows]);
            pieces.extend(starts.iter().zip(after).map(|(first, end)| (group, *first, end.saturating_sub(*first))));
        }
        let mins = statistics.data_page_mins(columns, offsets, &groups)?;
        let maxs = statistics.data_page_maxes(columns, offsets, &groups)?;
        ends = Some((mins, maxs));
    }
    // A page index that does not cover the rows is not one to trust.
    let covered: usize = pieces.iter().map(|(_, _, rows)| rows).sum();
    if ends.is_none() || i64::try_from(covered) != Ok(footer.file_metadata().num_rows()) {
        let rows = |group: usize| usize::try_from(footer.row_group(group).num_rows()).unwrap_or_default();
        pieces = groups.iter().map(|&group| (group, 0, rows(group))).collect();
        ends = None;
    }
    let (mins, maxs) = match ends {
        Some(ends) => ends,
        None => (statistics.row_group_mins(footer.row_groups())?, statistics.row_group_maxes(footer.row_groups())?),
    };
    let (mins, maxs) = (cast(&mins, &DataType::Float64)?, cast(&maxs, &DataType::Float64)?);
    let (mins, maxs) = (mins.as_primitive::<Float64Type>(), maxs.as_primitive::<Float64Type>());
    let mut number = 0;
    let all = pieces.into_iter().enumerate().map(|(at, (group, first, rows))| {
        let min = get(mins, at).map_or(f64::NEG_INFINITY, |min| run.metres(min));
        let max = get(maxs, at).map_or(f64::INFINITY, |max| run.metres(max));
        let piece = Segment { group, first, rows, number, min, max };
        number += rows as u64;
        piece
    });
    Ok(all.filter(|piece| piece.rows > 0 && piece.min <= bounds.high && piece.max >= bounds.low).collect())
}

fn get(array: &Float64Array, position: usize) -> Option<f64> {
    let known = position < array.len() && array.is_valid(position);
    known.then(|| array.value(position)).filter(|value| !value.is_nan())
}

/// Returns the row groups that pieces are in, and their rows within those; the pieces are in the order
/// of the table.
pub(super) fn selection(table: &ArrowReaderMetadata, pieces: &[Segment]) -> (Vec<usize>, RowSelection) {
    let mut groups: Vec<usize> = pieces.iter().map(|piece| piece.group).collect();
    groups.dedup();
    let mut ranges = Vec::with_capacity(pieces.len());
    let (mut before, mut left) = (0, pieces);
    for &group in &groups {
        let here = left.partition_point(|piece| piece.group <= group);
        let (these, rest) = left.split_at(here);
        ranges.extend(these.iter().map(|piece| before + piece.first..before + piece.first + piece.rows));
        before += usize::try_from(table.metadata().row_group(group).num_rows()).unwrap_or_default();
        left = rest;
    }
    (groups, RowSelection::from_consecutive_ranges(ranges.into_iter(), before))
}
