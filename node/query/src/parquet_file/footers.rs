//! Parsed footers that are kept, within a bound of bytes.
//!
//! A query may read more tables than there is room for footers, and the next one reads them again in the
//! same order: were the longest unused to leave first, each would leave shortly before it is wanted. So a
//! query makes room only among what was last used by earlier ones. Once all that is kept is of its own, the
//! footers that follow are not kept, and the next such query finds as many as there is room for.

use std::collections::BTreeMap;

use arrow::datatypes::Field;
use parquet::arrow::ARROW_SCHEMA_META_KEY;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::file::metadata::{FileMetaData, ParquetMetaData, ParquetMetaDataBuilder};

/// When a footer was last used: the number of the query, and the count of uses.
type Use = (u64, u64);

/// Footers by the hash of their table, each with the schema that readers make of it.
#[derive(Debug)]
pub(super) struct Footers {
    limit: usize,
    bytes: usize,
    uses: u64,
    by_hash: BTreeMap<[u8; 32], Kept>,
    /// Those that leave first come first.
    by_use: BTreeMap<Use, [u8; 32]>,
}

#[derive(Debug)]
struct Kept {
    used: Use,
    bytes: usize,
    footer: ArrowReaderMetadata,
}

impl Footers {
    /// Keeps so many bytes at most.
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, bytes: 0, uses: 0, by_hash: BTreeMap::new(), by_use: BTreeMap::new() }
    }

    /// Returns the footer of a table, for a query of a number; later queries have larger ones.
    pub(super) fn get(&mut self, blob: &[u8; 32], query: u64) -> Option<ArrowReaderMetadata> {
        let kept = self.by_hash.get_mut(blob)?;
        self.uses += 1;
        self.by_use.remove(&kept.used);
        kept.used = (kept.used.0.max(query), self.uses);
        self.by_use.insert(kept.used, *blob);
        Some(kept.footer.clone())
    }

    /// Keeps a footer that a query has read, where there is room or what earlier ones used makes some.
    pub(super) fn put(&mut self, blob: [u8; 32], query: u64, footer: &ArrowReaderMetadata) {
        let bytes = bytes_of(footer);
        // Two may have read it at the same time.
        if bytes > self.limit || self.by_hash.contains_key(&blob) {
            return;
        }
        while self.bytes + bytes > self.limit {
            let oldest = self.by_use.first_entry().filter(|oldest| oldest.key().0 < query);
            let Some(oldest) = oldest.map(|oldest| oldest.remove()) else { return };
            if let Some(gone) = self.by_hash.remove(&oldest) {
                self.bytes -= gone.bytes;
            }
        }
        self.uses += 1;
        let used = (query, self.uses);
        self.bytes += bytes;
        self.by_use.insert(used, blob);
        self.by_hash.insert(blob, Kept { used, bytes, footer: footer.clone() });
    }
}

/// Returns about how many bytes of memory a footer takes with its schema.
fn bytes_of(footer: &ArrowReaderMetadata) -> usize {
    // How a column is read takes about as much as its field.
    let of_field = |name: &String| 2 * size_of::<Field>() + name.capacity();
    let schema: usize = footer.schema().fields().iter().map(|field| of_field(field.name())).sum();
    footer.metadata().memory_size() + schema
}

/// Leaves out of a footer what no reader looks at: texts of the file, of which the header of the source
/// alone is often longer than all else. The page index stays, since what lacks it is read for it again.
pub(super) fn trimmed(footer: ParquetMetaData) -> ParquetMetaData {
    let file = footer.file_metadata();
    let texts = file.key_value_metadata().into_iter().flatten();
    let schema: Vec<_> = texts.filter(|text| text.key == ARROW_SCHEMA_META_KEY).cloned().collect();
    let file = FileMetaData::new(
        file.version(),
        file.num_rows(),
        file.created_by().map(str::to_owned),
        (!schema.is_empty()).then_some(schema),
        file.schema_descr_ptr(),
        file.column_orders().cloned(),
    );
    let mut parts = footer.into_builder();
    let (columns, offsets) = (parts.take_column_index(), parts.take_offset_index());
    ParquetMetaDataBuilder::new(file)
        .set_row_groups(parts.take_row_groups())
        .set_column_index(columns)
        .set_offset_index(offsets)
        .build()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, RecordBatch};
    use bytes::Bytes;
    use parquet::arrow::ArrowWriter;
    use parquet::arrow::arrow_reader::ArrowReaderOptions;
    use parquet::file::metadata::{KeyValue, PageIndexPolicy, ParquetMetaDataReader};
    use parquet::file::properties::WriterProperties;

    use super::*;

    fn parsed(header: &str) -> ParquetMetaData {
        let numbers = Arc::new(Float64Array::from(vec![1.0, 2.0]));
        let batch = RecordBatch::try_from_iter([("dept", numbers as _)]).unwrap();
        let header = KeyValue::new("dataforge.header".to_owned(), header.to_owned());
        let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![header])).build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
        reader.parse_and_finish(&Bytes::from(bytes)).unwrap()
    }

    fn footer() -> ArrowReaderMetadata {
        ArrowReaderMetadata::try_new(Arc::new(trimmed(parsed("{}"))), ArrowReaderOptions::new()).unwrap()
    }

    fn hash(number: usize) -> [u8; 32] {
        [u8::try_from(number).unwrap(); 32]
    }

    /// Reads tables one after the other, as a query does; returns how many footers were at hand.
    fn scan(footers: &mut Footers, query: u64, tables: std::ops::Range<usize>) -> usize {
        let footer = footer();
        let mut found = 0;
        for table in tables {
            match footers.get(&hash(table), query) {
                Some(_) => found += 1,
                None => footers.put(hash(table), query, &footer),
            }
            assert!(footers.bytes <= footers.limit);
            assert_eq!(footers.bytes, footers.by_hash.values().map(|kept| kept.bytes).sum::<usize>());
            assert_eq!(footers.by_hash.len(), footers.by_use.len());
        }
        found
    }

    /// Room for so many footers.
    fn room_for(count: usize) -> Footers {
        Footers::new(count * bytes_of(&footer()))
    }

    #[test]
    fn a_scan_that_is_larger_than_the_room_finds_what_there_is_room_for() {
        let mut footers = room_for(10);
        assert_eq!(scan(&mut footers, 1, 0..12), 0);
        for query in 2..5 {
            assert_eq!(scan(&mut footers, query, 0..12), 10);
        }
        // What comes first in the scan was not kept before: it makes room for itself, once.
        let mut footers = room_for(10);
        scan(&mut footers, 1, 20..30);
        scan(&mut footers, 2, 0..30);
        assert_eq!(scan(&mut footers, 3, 0..30), 10);
    }

    #[test]
    fn what_no_later_query_used_leaves_first() {
        let mut footers = room_for(3);
        scan(&mut footers, 1, 0..3);
        assert_eq!(scan(&mut footers, 2, 0..1), 1);
        scan(&mut footers, 3, 3..5);
        assert!(footers.get(&hash(0), 4).is_some(), "it was used after the others");
        assert!(footers.get(&hash(1), 4).is_none() && footers.get(&hash(2), 4).is_none());
        // A query that began earlier takes no room from a later one.
        assert_eq!((scan(&mut footers, 2, 7..8), scan(&mut footers, 4, 3..5)), (0, 2));
        assert!(footers.get(&hash(7), 5).is_none());
    }

    #[test]
    fn a_footer_that_is_too_large_is_not_kept_and_drops_nothing() {
        let mut footers = Footers::new(bytes_of(&footer()) - 1);
        footers.put(hash(1), 1, &footer());
        assert!(footers.get(&hash(1), 1).is_none() && footers.bytes == 0);
    }

    #[test]
    fn a_trimmed_footer_reads_alike_and_lacks_the_header() {
        let whole = parsed(&"x".repeat(100_000));
        let small = trimmed(whole.clone());
        assert!(small.memory_size() + 99_000 < whole.memory_size());
        assert_eq!(small.row_groups(), whole.row_groups());
        assert_eq!((small.column_index(), small.offset_index()), (whole.column_index(), whole.offset_index()));
        let schema = |footer: ParquetMetaData| {
            let table = ArrowReaderMetadata::try_new(Arc::new(footer), ArrowReaderOptions::new()).unwrap();
            table.schema().fields().clone()
        };
        assert_eq!(schema(small), schema(whole));
    }
}
