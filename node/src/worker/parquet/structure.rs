//! What the footer of a Parquet file says, before any page is read: types, sizes, places.

use arrow::datatypes::DataType;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::Length as _;

use super::source::Source;
use super::{refused, unreadable};
use crate::ingest::table::MAX_CURVES;
use crate::worker::child::Stop;

/// What a Parquet file begins and ends with.
const MAGIC: &[u8] = b"PAR1";

/// Largest footer: that of 4,096 curves in 100 row groups is some 40 MiB.
const MAX_FOOTER: u32 = 64 << 20;

/// Most row groups.
const MAX_ROW_GROUPS: usize = 20_000;

/// Most rows of a row group. Ours have a fortieth of it.
const MAX_GROUP_ROWS: i64 = 10_000_000;

/// Most bytes that a column chunk may decode to.
const MAX_CHUNK: i64 = 1 << 30;

/// Checks the frame of the file and the length of its footer, before the footer is read.
pub(super) fn check_footer(source: &Source) -> Result<(), Stop> {
    if source.len() >= 12 && source.bytes(0, 4).map_err(unreadable)? != MAGIC {
        return Err(refused("not a parquet file: its marks are missing"));
    }
    check_tail(source)
}

/// Checks the end of the file alone.
pub(super) fn check_tail(source: &Source) -> Result<(), Stop> {
    let length = source.len();
    if length < 12 {
        return Err(refused("not a parquet file: too short"));
    }
    let tail = source.bytes(length - 8, 8).map_err(unreadable)?;
    if !tail.ends_with(MAGIC) {
        return Err(refused("not a parquet file: its marks are missing"));
    }
    let footer = tail.first_chunk().map_or(u32::MAX, |bytes| u32::from_le_bytes(*bytes));
    if footer > MAX_FOOTER || u64::from(footer) > length - 12 {
        return Err(refused(format!("the footer says that it has {footer} bytes")));
    }
    Ok(())
}

/// Whether a column holds text.
pub(super) const fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8)
}

/// Checks that a table is one of ours in kind: flat, of doubles and text, within bounds, its chunks
/// each at a place of its own.
pub(super) fn check(metadata: &ArrowReaderMetadata, source: &Source) -> Result<(), Stop> {
    let fields = metadata.schema().fields();
    if fields.is_empty() || fields.len() > MAX_CURVES + 1 {
        return Err(refused(format!("{} columns, at most {} are read", fields.len(), MAX_CURVES + 1)));
    }
    if metadata.parquet_schema().num_columns() != fields.len() {
        return Err(refused("nested columns"));
    }
    for field in fields {
        if !is_text(field.data_type()) && field.data_type() != &DataType::Float64 {
            return Err(refused(format!("column {:?} is of type {}", field.name(), field.data_type())));
        }
    }
    let parquet = metadata.metadata();
    let groups = parquet.row_groups();
    if groups.len() > MAX_ROW_GROUPS {
        return Err(refused(format!("{} row groups, at most {MAX_ROW_GROUPS} are read", groups.len())));
    }
    let rows: i64 = groups.iter().map(RowGroupMetaData::num_rows).fold(0, i64::saturating_add);
    if rows != parquet.file_metadata().num_rows() {
        return Err(refused(format!("row groups of {rows} rows, {} in all", parquet.file_metadata().num_rows())));
    }
    let mut places = Vec::new();
    for (group, number) in groups.iter().zip(1..) {
        if !(1..=MAX_GROUP_ROWS).contains(&group.num_rows()) || group.columns().len() != fields.len() {
            return Err(refused(format!("row group {number} has {} rows", group.num_rows())));
        }
        for chunk in group.columns() {
            check_chunk(chunk, group.num_rows()).map_err(|what| refused(format!("row group {number}: {what}")))?;
            let (start, length) = chunk.byte_range();
            places.push((start, start.saturating_add(length)));
        }
    }
    places.sort_unstable();
    let apart = places.windows(2).all(|pair| pair[0].1 <= pair[1].0);
    let inside = places.first().is_none_or(|place| place.0 >= 4)
        && places.last().is_none_or(|place| place.1 <= source.len() - 8);
    if apart && inside { Ok(()) } else { Err(refused("columns that overlap, or lie outside of the file")) }
}

fn check_chunk(chunk: &ColumnChunkMetaData, rows: i64) -> Result<(), String> {
    let name = chunk.column_path();
    if chunk.num_values() != rows {
        return Err(format!("{} values of {name} in {rows} rows", chunk.num_values()));
    }
    let sizes = [chunk.compressed_size(), chunk.uncompressed_size()];
    let offsets = [Some(chunk.data_page_offset()), chunk.dictionary_page_offset()];
    let inside = offsets.iter().flatten().all(|&offset| offset >= 4);
    if !inside || sizes.iter().any(|size| !(0..=MAX_CHUNK).contains(size)) {
        return Err(format!("{name} is said to have {} bytes", chunk.uncompressed_size()));
    }
    if !matches!(chunk.compression(), Compression::ZSTD(_) | Compression::UNCOMPRESSED) {
        return Err(format!("{name} is compressed by {}", chunk.compression()));
    }
    if chunk.bloom_filter_offset().is_some() {
        return Err(format!("{name} has a bloom filter, which is not checked"));
    }
    Ok(())
}
