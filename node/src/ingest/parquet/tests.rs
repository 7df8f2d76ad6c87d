//! Tests of the Parquet writer: same bytes, small reads, nothing lost.

use ::parquet::basic::Encoding;
use ::parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use arrow::array::AsArray as _;
use arrow::datatypes::Float64Type;
use dataforge_las::{Column, DataSet, HeaderItem, Section as LasSection, Values};
use dataforge_protocol::id::BlobHash;

use super::*;
use crate::ingest::table;

/// Hash of [`fixture`] in the format of today. If this test fails, either undo what changed the
/// bytes or raise [`FORMAT`] and say so in the changelog: old and new blobs differ in hash.
const GOLDEN: &str = "8a35bcf1abf1c84bc0534602d1911fd503917e1412d546ba449c59ca302f0261";

const METADATA: Metadata<'_> = Metadata {
    index_kind: "depth",
    index_unit: "M",
    header: r#"{"encoding":"utf-8","sections":[]}"#,
    sorted: Some(Direction::Ascending),
};

fn column(mnemonic: &str, unit: &str, values: Values) -> Column {
    let definition = HeaderItem { mnemonic: mnemonic.to_owned(), unit: unit.to_owned(), ..HeaderItem::default() };
    Column { definition, values }
}

fn fixture(rows: u32) -> RecordBatch {
    let depth = (0..rows).map(|row| 1_500.0 + f64::from(row) * 0.5).collect();
    let gamma = (0..rows).map(|row| if row % 7 == 3 { f64::NAN } else { f64::from(row * 37 % 1_500) / 10.0 }).collect();
    let rocks = ["sand", "shale", "coal"];
    let rock = (0..rows as usize).map(|row| rocks.get(row / 5 % 4).map(|rock| (*rock).to_owned())).collect();
    table::record_batch(&DataSet {
        columns: vec![
            column("DEPT", "M", Values::Number(depth)),
            column("GR", "GAPI", Values::Number(gamma)),
            column("ROCK", "", Values::Text(rock)),
            column("EMPTY", "", Values::Number(vec![f64::NAN; rows as usize])),
        ],
        rows: rows as usize,
        line: 1,
        ..DataSet::default()
    })
    .unwrap()
}

fn metadata_of(bytes: &[u8]) -> ParquetMetaData {
    ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Required)
        .parse_and_finish(&Bytes::copy_from_slice(bytes))
        .unwrap()
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    let bytes = write(&fixture(1_000), &METADATA).unwrap();
    // Built anew, with other hash seeds in every map.
    assert_eq!(write(&fixture(1_000), &METADATA).unwrap(), bytes);
    let other = Metadata { index_unit: "F", ..METADATA };
    assert_ne!(write(&fixture(1_000), &other).unwrap(), bytes);
}

#[test]
fn the_format_has_not_changed() {
    let bytes = write(&fixture(100), &METADATA).unwrap();
    assert_eq!(BlobHash::of(&bytes).to_string(), GOLDEN, "{} bytes", bytes.len());
}

#[test]
fn a_table_reads_back_identically() {
    for rows in [0, 1, 2, 20_001] {
        let batch = fixture(rows);
        let read = read(write(&batch, &METADATA).unwrap().into()).unwrap();
        assert_eq!(read.columns(), batch.columns(), "{rows} rows");
        assert_eq!(read.schema().fields(), batch.schema().fields());
    }
}

#[test]
fn odd_numbers_survive_bit_by_bit() {
    let values = vec![-0.0, f64::MIN_POSITIVE / 3.0, f64::MAX, f64::INFINITY, -1e-300, 0.1 + 0.2];
    let data = DataSet {
        columns: vec![column("X", "", Values::Number(values.clone()))],
        rows: values.len(),
        line: 1,
        ..DataSet::default()
    };
    let batch = table::record_batch(&data).unwrap();
    let read = read(write(&batch, &METADATA).unwrap().into()).unwrap();
    let read = read.column(0).as_primitive::<Float64Type>().values();
    let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(read), bits(&values));
}

#[test]
fn row_groups_and_pages_are_bounded() {
    let bytes = write(&fixture(250_001), &METADATA).unwrap();
    let metadata = metadata_of(&bytes);
    let rows: Vec<i64> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [250_000, 1]);
    let pages = metadata.offset_index().unwrap();
    for column in &pages[0] {
        let starts: Vec<i64> = column.page_locations().iter().map(|page| page.first_row_index).collect();
        assert!(starts.len() >= 13, "{starts:?}");
        assert!(starts.windows(2).all(|pair| pair[1] - pair[0] <= 20_000), "{starts:?}");
        assert!(250_000 - starts.last().unwrap() <= 20_000);
    }
    assert!(metadata.column_index().is_some());
}

#[test]
fn nothing_volatile_is_written() {
    let bytes = write(&fixture(50), &METADATA).unwrap();
    let metadata = metadata_of(&bytes);
    let file = metadata.file_metadata();
    assert_eq!(file.created_by(), Some("dataforge"));
    let pairs = file.key_value_metadata().unwrap();
    let keys: Vec<&str> = pairs.iter().map(|pair| &*pair.key).collect();
    assert_eq!(keys, [KEY_FORMAT, KEY_INDEX_KIND, KEY_INDEX_UNIT, KEY_HEADER, "ARROW:schema"]);
    assert_eq!(pairs[3].value.as_deref(), Some(METADATA.header));
}

#[test]
fn only_a_strict_index_is_said_to_be_sorted() {
    let sorted = |sorted| {
        let bytes = write(&fixture(50), &Metadata { sorted, ..METADATA }).unwrap();
        metadata_of(&bytes).row_group(0).sorting_columns().cloned()
    };
    assert_eq!(sorted(None), None);
    assert!(!sorted(Some(Direction::Ascending)).unwrap()[0].descending);
    assert!(sorted(Some(Direction::Descending)).unwrap()[0].descending);
}

#[test]
fn encodings_are_chosen_by_size() {
    // Decimal text compresses best plain; measurements of 32 bits best as split streams.
    let mut state = 12_345_u32;
    let mut walk = 0.0_f32;
    let mut single = Vec::new();
    for _ in 0..5_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        walk += (state >> 8) as f32 / 16_777_216.0 - 0.5;
        single.push(f64::from(100.0 + walk));
    }
    let decimal = single.iter().map(|value| (value * 10.0).round() / 10.0).collect();
    let batch = table::record_batch(&DataSet {
        columns: vec![column("A", "", Values::Number(decimal)), column("B", "", Values::Number(single))],
        rows: 5_000,
        line: 1,
        ..DataSet::default()
    })
    .unwrap();
    let choose =
        |ordinal: usize| Chooser::new().unwrap().choose(batch.column(ordinal).as_primitive::<Float64Type>()).unwrap();
    assert_eq!((choose(0), choose(1)), (Encoding::PLAIN, Encoding::BYTE_STREAM_SPLIT));
    let metadata = metadata_of(&write(&batch, &METADATA).unwrap());
    let has =
        |column: usize, wanted| metadata.row_group(0).column(column).encodings().any(|encoding| encoding == wanted);
    assert!(has(0, Encoding::PLAIN) && has(1, Encoding::BYTE_STREAM_SPLIT));
    assert!(!has(0, Encoding::RLE_DICTIONARY) && !has(1, Encoding::RLE_DICTIONARY));
}

#[test]
fn the_header_is_kept_in_file_order() {
    let item = HeaderItem {
        mnemonic: "WELL".to_owned(),
        value: "N \"1\"".to_owned(),
        description: "WELL".to_owned(),
        line: 5,
        raw: "WELL. N \"1\" : WELL".to_owned(),
        ..HeaderItem::default()
    };
    let file = LogFile {
        encoding: "utf-8".to_owned(),
        sections: vec![LasSection {
            title: "~W".to_owned(),
            kind: SectionKind::Well,
            line: 4,
            items: vec![item],
            text: vec![(6, "# remark".to_owned())],
        }],
        ..LogFile::default()
    };
    assert_eq!(
        header_json(&file).unwrap(),
        "{\"encoding\":\"utf-8\",\"sections\":[{\"title\":\"~W\",\"kind\":\"well\",\"line\":4,\
         \"items\":[{\"mnemonic\":\"WELL\",\"unit\":\"\",\"value\":\"N \\\"1\\\"\",\
         \"description\":\"WELL\",\"line\":5}],\"text\":[[6,\"# remark\"]]}]}"
    );
}
