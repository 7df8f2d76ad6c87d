//! The statistics of row groups and pages, beside the values they speak of.

use std::ops::Range;

use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::statistics::Statistics;

use super::refused;
use super::tally::{Span, Tally, merge};
use crate::worker::child::Stop;

/// Returns the pieces of a column that have statistics: its pages, or its row groups where the file
/// has no index of pages.
pub(super) fn segments(metadata: &ParquetMetaData, column: usize) -> Result<Vec<Range<u64>>, Stop> {
    let mut segments = Vec::new();
    let mut start = 0;
    for (number, group) in metadata.row_groups().iter().enumerate() {
        let rows = u64::try_from(group.num_rows()).unwrap_or_default();
        match locations(metadata, number, column) {
            Some(pages) => {
                check_places(group, column, pages)?;
                let firsts = pages.iter().map(|page| u64::try_from(page.first_row_index).unwrap_or(u64::MAX));
                let ends = firsts.clone().skip(1).chain(std::iter::once(rows));
                segments.extend(firsts.zip(ends).map(|(first, end)| start + first..start + end));
            }
            None => segments.push(start..start + rows),
        }
        start += rows;
    }
    Ok(segments)
}

fn locations(metadata: &ParquetMetaData, group: usize, column: usize) -> Option<&[PageLocation]> {
    let index = metadata.offset_index()?.get(group)?.get(column)?;
    Some(index.page_locations().as_slice()).filter(|pages| !pages.is_empty())
}

/// Checks that pages follow each other, in rows and in bytes, within their column.
fn check_places(group: &RowGroupMetaData, column: usize, pages: &[PageLocation]) -> Result<(), Stop> {
    let chunk = group.column(column);
    let (start, length) = chunk.byte_range();
    let end = start.saturating_add(length);
    let rows = pages.first().is_some_and(|page| page.first_row_index == 0)
        && pages.windows(2).all(|pair| pair[0].first_row_index < pair[1].first_row_index)
        && pages.last().is_some_and(|page| page.first_row_index < group.num_rows());
    let inside = |page: &PageLocation| {
        let (Ok(at), Ok(size)) = (u64::try_from(page.offset), u64::try_from(page.compressed_page_size)) else {
            return false;
        };
        at >= start && at.saturating_add(size) <= end
    };
    let bytes = pages.iter().all(inside) && pages.windows(2).all(|pair| pair[0].offset < pair[1].offset);
    if rows && bytes {
        Ok(())
    } else {
        Err(refused(format!("the pages of {} are not where it says", chunk.column_path())))
    }
}

/// Compares the statistics of a column with its values.
pub(super) fn compare(metadata: &ParquetMetaData, column: usize, tally: &Tally) -> Result<(), Stop> {
    let mut spans = tally.spans();
    for (number, group) in metadata.row_groups().iter().enumerate() {
        let pages = locations(metadata, number, column).map_or(1, <[PageLocation]>::len);
        let (own, rest) = spans.split_at(pages.min(spans.len()));
        spans = rest;
        let name = group.column(column).column_path();
        let lie = |what: &str| refused(format!("the statistics of {name} in row group {} lie: {what}", number + 1));
        let whole = merge(own);
        if let Some(statistics) = group.column(column).statistics() {
            check_group(statistics, &whole).map_err(lie)?;
        }
        let index = metadata.column_index().and_then(|groups| groups.get(number)?.get(column));
        if let Some(index) = index {
            check_index(index, own).map_err(lie)?;
        }
        check_order(group, column, &whole).map_err(lie)?;
    }
    Ok(())
}

type Check = Result<(), &'static str>;

fn ensure(holds: bool, what: &'static str) -> Check {
    if holds { Ok(()) } else { Err(what) }
}

fn check_group(statistics: &Statistics, whole: &Span) -> Check {
    ensure(statistics.null_count_opt().is_none_or(|nulls| nulls == whole.nulls), "the number of nulls")?;
    match statistics {
        Statistics::Double(range) => bounds_numbers(range.min_opt().copied(), range.max_opt().copied(), whole),
        Statistics::ByteArray(_) => bounds_texts(statistics.min_bytes_opt(), statistics.max_bytes_opt(), whole),
        _ => Err("the type"),
    }
}

fn check_index(index: &ColumnIndexMetaData, pages: &[Span]) -> Check {
    if matches!(index, ColumnIndexMetaData::NONE) {
        return Ok(());
    }
    ensure(index.num_pages() == pages.len() as u64, "the number of pages")?;
    for (page, span) in pages.iter().enumerate() {
        let nulls = index.null_count(page);
        ensure(nulls.is_none_or(|nulls| u64::try_from(nulls) == Ok(span.nulls)), "the nulls of a page")?;
        ensure(index.is_null_page(page) == (span.nulls == span.rows), "a page of nulls")?;
        match index {
            ColumnIndexMetaData::DOUBLE(range) => {
                bounds_numbers(range.min_value(page).copied(), range.max_value(page).copied(), span)?;
            }
            ColumnIndexMetaData::BYTE_ARRAY(range) => {
                bounds_texts(range.min_value(page), range.max_value(page), span)?;
            }
            _ => return Err("the type"),
        }
    }
    Ok(())
}

/// Statistics may be wider than the values, as cut texts are, or missing; never narrower.
fn bounds_numbers(min: Option<f64>, max: Option<f64>, span: &Span) -> Check {
    let Some((smallest, largest)) = span.number_range() else { return Ok(()) };
    ensure(min.is_none_or(|min| min <= smallest), "the smallest value")?;
    ensure(max.is_none_or(|max| max >= largest), "the largest value")
}

fn bounds_texts(min: Option<&[u8]>, max: Option<&[u8]>, span: &Span) -> Check {
    let Some((smallest, largest)) = span.text_range() else { return Ok(()) };
    ensure(min.is_none_or(|min| min <= smallest), "the smallest text")?;
    ensure(max.is_none_or(|max| max >= largest), "the largest text")
}

/// Checks what a row group says about the order of its rows.
fn check_order(group: &RowGroupMetaData, column: usize, whole: &Span) -> Check {
    let claims = group.sorting_columns().map_or([].as_slice(), Vec::as_slice);
    for claim in claims {
        ensure(claim.column_idx == 0, "an order by a column that is not the first")?;
        if column == 0 {
            ensure(whole.is_sorted(claim.descending), "the order of the rows")?;
        }
    }
    Ok(())
}
