//! Tests of tables that tools hand in.

use std::collections::HashMap;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use arrow::array::{
    BooleanArray, DictionaryArray, Float32Array, Float64Array, Int64Array, StringArray, TimestampSecondArray,
};
use arrow::datatypes::Int8Type;
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};

use super::*;

fn said() -> Said {
    Said { most_bytes: 1 << 20, ..Said::default() }
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

fn depths(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn plain() -> RecordBatch {
    let vsh: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.1), None, Some(f64::NAN)]));
    batch(vec![("DEPT", depths(&[1.0, 2.0, 3.0])), ("VSH", vsh)])
}

fn as_parquet(batch: &RecordBatch) -> Bytes {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes.into()
}

fn as_stream(batches: &[&RecordBatch]) -> Bytes {
    let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner().unwrap().into()
}

fn numbers(data: &DataSet, at: usize) -> Vec<Option<f64>> {
    match &data.columns[at].values {
        Values::Number(values) => values.iter().map(|value| Some(*value).filter(|value| !value.is_nan())).collect(),
        Values::Text(_) => panic!("text"),
    }
}

fn refusal(bytes: &Bytes, said: &Said) -> String {
    let error = read(bytes, said).unwrap_err();
    format!("{} | {}", error.message, error.hint.unwrap_or_default())
}

fn csv_refusal(text: &str) -> String {
    refusal(&Bytes::from(text.to_owned()), &said())
}

#[test]
fn all_three_forms_of_a_table_are_the_same() {
    let csv = Bytes::from("\u{feff}DEPT, VSH\n1,0.1\n2,\n3,NaN\n");
    for bytes in [as_parquet(&plain()), as_stream(&[&plain()]), csv] {
        let data = read(&bytes, &said()).unwrap();
        assert_eq!(data.rows, 3);
        let names: Vec<_> = data.columns.iter().map(|column| column.definition.mnemonic.as_str()).collect();
        assert_eq!(names, ["DEPT", "VSH"]);
        assert_eq!(numbers(&data, 0), [Some(1.0), Some(2.0), Some(3.0)]);
        assert_eq!(numbers(&data, 1), [Some(0.1), None, None]);
    }
}

#[test]
fn batches_follow_each_other_and_rows_are_counted_through() {
    let more = batch(vec![("DEPT", depths(&[4.0, 5.0])), ("VSH", depths(&[0.4, f64::INFINITY]))]);
    let said_of = refusal(&as_stream(&[&plain(), &more]), &said());
    assert!(said_of.starts_with("column VSH, row 5: inf is no value"), "{said_of}");
}

#[test]
fn numbers_of_other_kinds_and_text_are_taken() {
    let text: ArrayRef = Arc::new(StringArray::from(vec![Some("sand"), None]));
    let words: DictionaryArray<Int8Type> = vec![Some("a"), Some("b")].into_iter().collect();
    let table = batch(vec![
        ("DEPT", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
        ("GR", Arc::new(Float32Array::from(vec![0.5, 1.5])) as ArrayRef),
        ("PAY", Arc::new(BooleanArray::from(vec![true, false])) as ArrayRef),
        ("LITH", text),
        ("ZONE", Arc::new(words) as ArrayRef),
    ]);
    let data = read(&as_stream(&[&table]), &said()).unwrap();
    assert_eq!((numbers(&data, 0)[1], numbers(&data, 1)[0], numbers(&data, 2)[0]), (Some(2.0), Some(0.5), Some(1.0)));
    assert_eq!(data.columns[3].values, Values::Text(vec![Some("sand".into()), None]));
    assert_eq!(data.columns[4].values, Values::Text(vec![Some("a".into()), Some("b".into())]));
    let csv = Bytes::from("DEPT,LITH\n1,sand\n2,\n");
    let data = read(&csv, &said()).unwrap();
    assert_eq!(data.columns[1].values, Values::Text(vec![Some("sand".into()), None]));
}

#[test]
fn times_and_numbers_that_no_double_holds_are_refused_with_their_place() {
    let times: ArrayRef = Arc::new(TimestampSecondArray::from(vec![1, 2, 3]));
    let told = refusal(&as_stream(&[&batch(vec![("T", times), ("GR", depths(&[1.0, 2.0, 3.0]))])]), &said());
    assert!(told.contains("column T holds times") && told.contains("seconds"), "{told}");
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 9_007_199_254_740_993]));
    let told = refusal(&as_stream(&[&batch(vec![("DEPT", depths(&[1.0, 2.0])), ("ID", ids)])]), &said());
    assert!(told.contains("column ID, row 2"), "{told}");
}

#[test]
fn units_come_with_the_table_or_beside_it() {
    let with = |name: &str, unit: &str| {
        Field::new(name, DataType::Float64, true).with_metadata(HashMap::from([(UNIT.to_owned(), unit.to_owned())]))
    };
    let schema = Schema::new(vec![with("GR", "gAPI"), with("VSH", "%"), with("DEPT", "ft")]);
    let columns = vec![depths(&[5.0, 6.0]), depths(&[0.1, 0.2]), depths(&[2.0, 1.0])];
    let bytes = as_stream(&[&RecordBatch::try_new(Arc::new(schema), columns).unwrap()]);
    let told = Said {
        units: vec![("VSH".into(), "v/v".into())],
        index: Some("DEPT".into()),
        index_unit: Some("m".into()),
        ..said()
    };
    let data = read(&bytes, &told).unwrap();
    let found: Vec<_> = data.columns.iter().map(|one| (&*one.definition.mnemonic, &*one.definition.unit)).collect();
    assert_eq!(found, [("DEPT", "m"), ("GR", "gAPI"), ("VSH", "v/v")]);
    let wrong = refusal(&bytes, &Said { units: vec![("PHIE".into(), "%".into())], ..said() });
    assert!(wrong.contains("no column \"PHIE\"") && wrong.contains("GR, VSH, DEPT"), "{wrong}");
    assert!(refusal(&bytes, &Said { index: Some("MD".into()), ..said() }).contains("no column \"MD\""));
}

#[test]
fn depths_rise_or_fall_strictly_and_have_a_value_in_every_row() {
    for (csv, word) in [
        ("DEPT,GR\n1,1\n3,2\n2,3\n", "index DEPT, row 3: 2 comes after 3"),
        ("DEPT,GR\n3,1\n2,2\n2,3\n", "index DEPT, row 3: 2 comes after 2"),
        ("DEPT,GR\n3,1\n,2\n1,3\n", "index DEPT, row 2: there is no value"),
        ("LITH,GR\nsand,1\n", "the index LITH is text"),
    ] {
        let told = csv_refusal(csv);
        assert!(told.starts_with(word), "{told}");
    }
    assert!(read(&Bytes::from("DEPT,GR\n3,1\n2,2\n1,3\n"), &said()).is_ok(), "a log that runs upwards");
    assert!(read(&Bytes::from("DEPT,GR\n3,1\n"), &said()).is_ok(), "one row");
    assert!(read(&Bytes::from("STATION,GR\n3,1\n3,2\n"), &said()).is_ok(), "what is no depth may repeat");
}

#[test]
fn names_are_given_and_unique_also_in_sql() {
    for (csv, word) in [
        ("DEPT,\n1,1\n", "column 2 has no name"),
        ("DEPT,GR,gr\n1,1,1\n", "columns 2 and 3 have the same name in sql: GR, gr"),
        ("DEPT,GR 1,GR-1\n1,1,1\n", "columns 2 and 3"),
        ("DEPT\n1\n", "an index and no curve"),
        ("DEPT,GR\n", "no rows"),
        ("DEPT,GR\n1\n", "csv"),
        ("DEPT,GR\n1,5\n2,n/a\n", "column GR, row 2: \"n/a\" is no number"),
    ] {
        let told = csv_refusal(csv);
        assert!(told.contains(word), "{told}");
    }
    let long = format!("DEPT,{}\n1,1\n", "x".repeat(65));
    assert!(csv_refusal(&long).contains("at most 64 characters"));
}

#[test]
fn what_is_cut_or_no_table_is_refused() {
    let stream = as_stream(&[&plain()]);
    assert!(refusal(&stream.slice(..stream.len() - 8), &said()).contains("no end mark"));
    for end in [9, 40, stream.len() / 2] {
        assert!(read(&stream.slice(..end), &said()).is_err(), "{end}");
    }
    let parquet = as_parquet(&plain());
    assert!(refusal(&parquet.slice(..parquet.len() - 1), &said()).contains("parquet file cannot be read"));
    let mut writer = FileWriter::try_new(Vec::new(), &plain().schema()).unwrap();
    writer.write(&plain()).unwrap();
    writer.finish().unwrap();
    let told = refusal(&writer.into_inner().unwrap().into(), &said());
    assert!(told.contains("not a stream"), "{told}");
    assert!(read(&Bytes::from_static(b"\x89PNG\r\n\x1a\n\0\0\0"), &said()).is_err());
    assert!(read(&Bytes::new(), &said()).is_err());
}

#[test]
fn more_than_may_be_held_is_refused_before_it_is_decoded() {
    let small = Said { most_bytes: 40, ..said() };
    for bytes in [as_parquet(&plain()), as_stream(&[&plain()]), Bytes::from("DEPT,VSH\n1,1\n2,2\n3,3\n")] {
        let told = refusal(&bytes, &small);
        assert!(told.contains("at most 40") && told.contains("import.max_file_bytes"), "{told}");
    }
}

#[test]
fn a_compressed_stream_is_no_larger_than_what_may_be_held() {
    let depths = depths(&(1..=10_000).map(f64::from).collect::<Vec<_>>());
    let table = batch(vec![("DEPT", depths), ("VSH", Arc::new(Float64Array::from(vec![0.5; 10_000])) as ArrayRef)]);
    let stream = |compression| {
        let options = IpcWriteOptions::default().try_with_compression(Some(compression)).unwrap();
        let mut writer = StreamWriter::try_new_with_options(Vec::new(), &table.schema(), options).unwrap();
        writer.write(&table).unwrap();
        writer.finish().unwrap();
        Bytes::from(writer.into_inner().unwrap())
    };
    let zstd = stream(CompressionType::ZSTD);
    assert!(zstd.len() < 100_000, "{}", zstd.len());
    assert_eq!(read(&zstd, &said()).unwrap().rows, 10_000);
    let told = refusal(&zstd, &Said { most_bytes: 100_000, ..said() });
    assert!(told.contains("bytes decompressed; at most 100000"), "{told}");
    let told = refusal(&stream(CompressionType::LZ4_FRAME), &said());
    assert!(told.contains("lz4") && told.contains("zstd"), "{told}");
}

#[test]
fn what_columns_say_of_themselves_is_short() {
    let told = |key: &str, text: String| {
        let field = Field::new("VSH", DataType::Float64, true);
        let field = field.with_metadata(HashMap::from([(key.to_owned(), text)]));
        let schema = Schema::new(vec![Field::new("DEPT", DataType::Float64, true), field]);
        let columns = vec![depths(&[1.0, 2.0]), depths(&[0.1, 0.2])];
        as_stream(&[&RecordBatch::try_new(Arc::new(schema), columns).unwrap()])
    };
    assert!(read(&told(DESCRIPTION, "Larionov, Tertiary".into()), &said()).is_ok());
    for (key, word) in [(UNIT, "the unit of column VSH"), (DESCRIPTION, "the description of column VSH")] {
        assert!(refusal(&told(key, "m".repeat(1_001)), &said()).contains(word));
    }
}
