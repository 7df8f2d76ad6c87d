//! A table as Parquet bytes: the same table gives the same bytes, on every machine.
//!
//! Laid out for reading a window of one curve over the network: row groups of at most
//! [`ROW_GROUP_ROWS`], pages of at most [`PAGE_ROWS`] with a page index, ZSTD. Numbers that come
//! from decimal text compress best plain, real 32-bit measurements best as split streams, so the
//! first page decides per column. Nothing volatile is written: no clock, no library version.
//! The header of the source goes along as JSON, so that any Parquet tool shows where a table is
//! from. A changed byte is a changed hash: see [`FORMAT`].

use ::parquet::arrow::ArrowWriter;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::{KeyValue, SortingColumn};
use ::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use ::parquet::schema::types::ColumnPath;
use arrow::array::AsArray as _;
use arrow::compute::concat_batches;
use arrow::datatypes::Float64Type;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use dataforge_las::{LogFile, SectionKind};
use serde::Serialize;

use self::encoding::Chooser;
use crate::ingest::index::Direction;

mod encoding;
#[cfg(test)]
mod tests;

/// Version of the layout and metadata; raised whenever the same table gives other bytes.
pub const FORMAT: &str = "1";
/// Most rows of a row group.
pub const ROW_GROUP_ROWS: usize = 250_000;
/// Most rows of a page.
pub const PAGE_ROWS: usize = 20_000;
/// Rows written at a time; divides [`PAGE_ROWS`], since pages end only between batches.
const BATCH_ROWS: usize = 1_000;
/// Bytes of text kept in statistics, so that a long remark does not fill the footer.
const STATISTICS_BYTES: usize = 64;
/// ZSTD level: higher ones gain little on curves and cost much.
const ZSTD_LEVEL: i32 = 3;

/// File metadata: [`FORMAT`].
pub const KEY_FORMAT: &str = "dataforge.format";
/// File metadata: `depth`, `time` or `other`.
pub const KEY_INDEX_KIND: &str = "dataforge.index.kind";
/// File metadata: the unit of the index as delivered.
pub const KEY_INDEX_UNIT: &str = "dataforge.index.unit";
/// File metadata: the header sections of the source, as JSON.
pub const KEY_HEADER: &str = "dataforge.header";

/// What is written beside the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata<'a> {
    /// `depth`, `time` or `other`.
    pub index_kind: &'a str,
    /// The unit of the index as delivered.
    pub index_unit: &'a str,
    /// The header of the source, from [`header_json`].
    pub header: &'a str,
    /// Where a strictly monotonic index runs; `None` when it is not.
    pub sorted: Option<Direction>,
}

/// Returns the table as Parquet bytes.
///
/// # Errors
/// When the Parquet writer refuses the table.
pub fn write(batch: &RecordBatch, metadata: &Metadata<'_>) -> Result<Vec<u8>, ParquetError> {
    let mut properties = properties()?
        .set_sorting_columns(metadata.sorted.map(|direction| {
            let descending = direction == Direction::Descending;
            vec![SortingColumn { column_idx: 0, descending, nulls_first: false }]
        }))
        .set_key_value_metadata(Some(vec![
            KeyValue::new(KEY_FORMAT.to_owned(), FORMAT.to_owned()),
            KeyValue::new(KEY_INDEX_KIND.to_owned(), metadata.index_kind.to_owned()),
            KeyValue::new(KEY_INDEX_UNIT.to_owned(), metadata.index_unit.to_owned()),
            KeyValue::new(KEY_HEADER.to_owned(), metadata.header.to_owned()),
        ]));
    let mut chooser = Chooser::new()?;
    for (ordinal, field) in batch.schema().fields().iter().enumerate() {
        let path = ColumnPath::from(field.name().as_str());
        properties = if let Some(numbers) = batch.column(ordinal).as_primitive_opt::<Float64Type>() {
            properties.set_column_encoding(path, chooser.choose(numbers)?)
        } else {
            // Text repeats: lithologies, remarks.
            properties.set_column_dictionary_enabled(path, true)
        };
    }
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build()))?;
    writer.write(batch)?;
    writer.close()?;
    Ok(bytes)
}

/// Returns the settings that all columns share; those with a default are set all the same, lest
/// a new default change the bytes.
fn properties() -> Result<::parquet::file::properties::WriterPropertiesBuilder, ParquetError> {
    Ok(WriterProperties::builder()
        .set_created_by("dataforge".to_owned())
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(BATCH_ROWS)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_statistics_truncate_length(Some(STATISTICS_BYTES))
        .set_column_index_truncate_length(Some(STATISTICS_BYTES))
        .set_write_page_header_statistics(false)
        .set_offset_index_disabled(false)
        .set_bloom_filter_enabled(false)
        .set_dictionary_enabled(false))
}

/// Returns the whole table of Parquet bytes.
///
/// # Errors
/// When the bytes are not a Parquet file or it does not read.
pub fn read(bytes: Bytes) -> Result<RecordBatch, ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    let schema = builder.schema().clone();
    let batches = builder.build()?.collect::<Result<Vec<_>, _>>()?;
    Ok(concat_batches(&schema, &batches)?)
}

/// Returns the header sections of a file as JSON: everything its text says, in file order.
///
/// # Errors
/// When serialising fails, which it does not for text and numbers.
pub fn header_json(file: &LogFile) -> Result<String, serde_json::Error> {
    let sections = file.sections.iter().map(|section| Section {
        title: &section.title,
        kind: kind_word(section.kind),
        line: section.line,
        items: section.items.iter().map(Item::from).collect(),
        text: &section.text,
    });
    serde_json::to_string(&Header { encoding: &file.encoding, sections: sections.collect() })
}

/// The word for a section's kind.
const fn kind_word(kind: SectionKind) -> &'static str {
    match kind {
        SectionKind::Version => "version",
        SectionKind::Well => "well",
        SectionKind::Curve => "curve",
        SectionKind::Parameter => "parameter",
        SectionKind::Other => "other",
        SectionKind::Custom => "custom",
    }
}

// Types of our own, so that a change to the reader's types does not change the bytes.

#[derive(Serialize)]
struct Header<'a> {
    encoding: &'a str,
    sections: Vec<Section<'a>>,
}

#[derive(Serialize)]
struct Section<'a> {
    title: &'a str,
    kind: &'static str,
    line: u32,
    items: Vec<Item<'a>>,
    text: &'a [(u32, String)],
}

#[derive(Serialize)]
struct Item<'a> {
    mnemonic: &'a str,
    unit: &'a str,
    value: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    associations: &'a [String],
    line: u32,
}

impl<'a> From<&'a dataforge_las::HeaderItem> for Item<'a> {
    fn from(item: &'a dataforge_las::HeaderItem) -> Self {
        Self {
            mnemonic: &item.mnemonic,
            unit: &item.unit,
            value: &item.value,
            description: &item.description,
            format: item.format.as_ref().map(dataforge_las::Format::as_str),
            associations: &item.associations,
            line: item.line,
        }
    }
}
