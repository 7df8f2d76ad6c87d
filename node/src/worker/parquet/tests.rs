use std::io::Write as _;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::*;
use crate::ingest::index::Direction;
use crate::ingest::parquet::{Metadata, write};
use crate::worker::ExpectedColumn;

fn batch(rows: usize) -> RecordBatch {
    let index: ArrayRef = Arc::new(Float64Array::from_iter_values((0..rows).map(|row| row as f64 * 0.5)));
    let numbers: ArrayRef = Arc::new(
        (0..rows).map(|row| (row % 3 != 0).then(|| (row as f64 * 0.37).sin() * 100.0)).collect::<Float64Array>(),
    );
    let texts: ArrayRef =
        Arc::new((0..rows).map(|row| (row % 4 != 0).then(|| format!("rock {}", row % 97))).collect::<StringArray>());
    let nothing: ArrayRef = Arc::new(Float64Array::from(vec![None; rows]));
    RecordBatch::try_from_iter_with_nullable([
        ("dept", index, true),
        ("gr", numbers, true),
        ("lith", texts, true),
        ("void", nothing, true),
    ])
    .unwrap()
}

fn ours(batch: &RecordBatch) -> Vec<u8> {
    let metadata = Metadata { index_kind: "depth", index_unit: "m", header: "{}", sorted: Some(Direction::Ascending) };
    write(batch, &metadata).unwrap()
}

fn source(bytes: &[u8]) -> Source {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Source::new(file).unwrap()
}

fn found(bytes: &[u8]) -> Result<TableFacts, String> {
    facts(&source(bytes)).map_err(|stop| match stop {
        Stop::Refused(why) => why,
        Stop::Output(error) => panic!("{error}"),
    })
}

/// Writes a table with settings of one's own.
fn written(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    out
}

/// Replaces the bytes of a number in the footer and the indexes, not in the pages.
fn replace_after_pages(bytes: &mut [u8], from: f64, to: f64) -> usize {
    let start = bytes.len() / 2;
    let (from, to) = (from.to_le_bytes(), to.to_le_bytes());
    let places: Vec<usize> = (start..bytes.len() - 8).filter(|&at| bytes[at..].starts_with(&from)).collect();
    places.iter().for_each(|&at| bytes[at..at + 8].copy_from_slice(&to));
    places.len()
}

#[test]
fn a_table_of_ours_is_sound_and_known_by_its_values() {
    let facts = found(&ours(&batch(50_000))).unwrap();
    assert_eq!(facts.rows, 50_000);
    let names: Vec<_> = facts.columns.iter().map(|column| (&*column.name, column.text, column.count)).collect();
    assert_eq!(names, [("dept", false, 50_000), ("gr", false, 33_333), ("lith", true, 37_500), ("void", false, 0)]);
    assert_eq!((facts.columns[0].min, facts.columns[0].max), (Some(0.0), Some(24_999.5)));
    assert_eq!((facts.columns[2].min, facts.columns[3].max), (None, None));
    assert_eq!(found(&ours(&batch(1))).unwrap().rows, 1);
}

#[test]
fn more_columns_than_are_decoded_at_a_time_are_all_seen() {
    let columns = (0..100).map(|number| {
        let values: ArrayRef = Arc::new(Float64Array::from_iter_values([f64::from(number), 7.0]));
        (format!("c{number}"), values)
    });
    let facts = found(&ours(&RecordBatch::try_from_iter(columns).unwrap()));
    // The index falls in the columns after the seventh, but only the first one's order is claimed.
    let facts = facts.unwrap();
    assert_eq!((facts.columns.len(), facts.columns[99].max), (100, Some(99.0)));
}

#[test]
fn statistics_that_lie_are_found_out() {
    // The largest index is written in the footer and in the index of pages.
    let bytes = ours(&batch(30_000));
    let mut narrow = bytes.clone();
    assert!(replace_after_pages(&mut narrow, 14_999.5, 3.0) >= 2);
    assert!(found(&narrow).unwrap_err().contains("lie: the largest value"));
    let mut wide = bytes;
    replace_after_pages(&mut wide, 14_999.5, 1e9);
    assert!(found(&wide).is_ok(), "wider is no lie, only slow");
}

#[test]
fn an_order_that_is_not_there_is_found_out() {
    let claim = |descending| {
        let sorting = SortingColumn { column_idx: 0, descending, nulls_first: false };
        written(&batch(100), WriterProperties::builder().set_sorting_columns(Some(vec![sorting])).build())
    };
    assert!(found(&claim(false)).is_ok());
    assert!(found(&claim(true)).unwrap_err().contains("the order of the rows"));
}

#[test]
fn an_order_that_ends_where_a_page_does_is_found_out() {
    let numbers = (10..20).chain(0..10).map(f64::from);
    let index: ArrayRef = Arc::new(Float64Array::from_iter_values(numbers));
    let sorting = SortingColumn { column_idx: 0, descending: false, nulls_first: false };
    let properties = WriterProperties::builder()
        .set_data_page_row_count_limit(10)
        .set_write_batch_size(10)
        .set_sorting_columns(Some(vec![sorting]))
        .build();
    let bytes = written(&RecordBatch::try_from_iter([("dept", index)]).unwrap(), properties);
    assert!(found(&bytes).unwrap_err().contains("the order of the rows"));
}

#[test]
fn tables_of_another_kind_are_refused() {
    let integers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let bytes = written(&RecordBatch::try_from_iter([("n", integers)]).unwrap(), WriterProperties::default());
    assert!(found(&bytes).unwrap_err().contains("type Int64"));
    let nan: ArrayRef = Arc::new(Float64Array::from(vec![1.0, f64::NAN]));
    let bytes = written(&RecordBatch::try_from_iter([("n", nan)]).unwrap(), WriterProperties::default());
    assert!(found(&bytes).unwrap_err().contains("NaN"));
    let filtered = WriterProperties::builder().set_bloom_filter_enabled(true).build();
    assert!(found(&written(&batch(10), filtered)).unwrap_err().contains("bloom filter"));
}

#[test]
fn tables_without_statistics_or_with_many_groups_are_read() {
    let plain = WriterProperties::builder().set_statistics_enabled(EnabledStatistics::None).build();
    assert_eq!(found(&written(&batch(1_000), plain)).unwrap().columns[1].count, 666);
    let groups = WriterProperties::builder()
        .set_max_row_group_row_count(Some(64))
        .set_data_page_row_count_limit(16)
        .set_write_batch_size(8)
        .build();
    assert_eq!(found(&written(&batch(1_000), groups)).unwrap().columns[1].count, 666);
}

#[test]
fn what_is_no_parquet_file_is_refused() {
    assert!(found(b"PAR1").unwrap_err().contains("too short"));
    assert!(found(b"PAR1\0\0\0\0\0\0\0\0").unwrap_err().contains("marks"));
    assert!(found(b"PAR1\xff\xff\xff\x7fPAR1").unwrap_err().contains("footer says"));
    let whole = ours(&batch(100));
    assert!(found(&whole[..whole.len() - 1]).is_err());
    assert!(found(&whole[1..]).is_err());
}

#[test]
fn what_differs_from_what_is_expected_is_said() {
    let facts = found(&ours(&batch(6))).unwrap();
    let expected = || Expected {
        rows: facts.rows,
        columns: facts
            .columns
            .iter()
            .map(|column| ExpectedColumn {
                name: column.name.clone(),
                text: column.text,
                count: Some(column.count),
                range: Some((column.min, column.max)),
            })
            .collect(),
    };
    assert_eq!(difference(&facts, &expected()), None);
    let changed = |change: fn(&mut Expected)| {
        let mut expected = expected();
        change(&mut expected);
        difference(&facts, &expected).unwrap()
    };
    assert_eq!(changed(|expected| expected.rows = 7), "6 rows instead of 7");
    assert_eq!(changed(|expected| drop(expected.columns.pop())), "4 columns instead of 3");
    assert!(changed(|expected| expected.columns[1].name = "nphi".into()).contains("column 2 is called \"gr\""));
    assert!(changed(|expected| expected.columns[2].text = false).contains("column 3 holds text instead of numbers"));
    assert!(changed(|expected| expected.columns[0].range = Some((None, Some(9.0)))).contains("column 1 goes from"));
    assert!(changed(|expected| expected.columns[1].count = Some(1)).contains("column 2 has 4 values instead of 1"));
}

/// What a child says of the end of a file from a place on, with nothing before it.
fn end(bytes: &[u8], from: usize, with_index: bool) -> Result<u64, String> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&[&vec![0; from], &bytes[from..]].concat()).unwrap();
    let mut out = Vec::new();
    match footer::send(file, with_index, &mut out) {
        Ok(()) => match frame::read(&mut out.as_slice()).unwrap().0 {
            Frame::Start(start) => Ok(start),
            other => panic!("{other:?}"),
        },
        Err(Stop::Refused(why)) => Err(why),
        Err(Stop::Output(error)) => panic!("{error}"),
    }
}

#[test]
fn the_end_of_a_table_says_where_its_page_index_begins() {
    let table = ours(&batch(3000));
    let footer = u32::from_le_bytes(table[table.len() - 8..table.len() - 4].try_into().unwrap()) as usize;
    let start = end(&table, table.len() - 8 - footer, false).unwrap();
    assert!(start > 0 && (start as usize) < table.len() - 8 - footer);
    assert_eq!(end(&table, start as usize, true), Ok(start));
    assert!(end(&table, table.len() - 8 - footer + 20, false).is_err(), "half a footer");
    assert!(end(&table[..table.len() - 3], 0, false).is_err(), "without its mark");
}

#[test]
fn no_bytes_at_the_end_of_a_table_are_taken_for_more_than_they_are() {
    let table = ours(&batch(300));
    let mut random = fastrand::Rng::with_seed(11);
    let mut refused = 0;
    for _ in 0..300 {
        let mut bytes = table.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(bytes.len() / 2..bytes.len());
            bytes[at] = random.u8(..);
        }
        // Panics are caught where a child runs this; here they would be findings of another kind.
        let checked = std::panic::catch_unwind(|| end(&bytes, 0, true).is_err());
        refused += u32::from(checked.unwrap_or(true));
    }
    assert!(refused > 30, "{refused}");
}
