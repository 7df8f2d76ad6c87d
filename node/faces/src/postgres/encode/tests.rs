use std::sync::Arc;

use arrow::array::{
    BinaryArray, Decimal128Array, DictionaryArray, Int16Array, NullArray, StringArray, TimestampMillisecondArray,
    UInt64Array,
};
use arrow::datatypes::Int32Type;

use super::*;
use crate::postgres::types::type_of;

fn bytes(array: ArrayRef, format: FieldFormat) -> Vec<Option<Vec<u8>>> {
    let of = type_of(array.data_type());
    let column = Column::new(&array, &of).expect("a column");
    (0..array.len())
        .map(|row| {
            let mut buffer = BytesMut::new();
            column.put(&mut buffer, row, format).expect("a value");
            let length = i32::from_be_bytes(buffer[..4].try_into().expect("four bytes"));
            (length >= 0).then(|| {
                assert_eq!(usize::try_from(length).expect("a length"), buffer.len() - 4);
                buffer[4..].to_vec()
            })
        })
        .collect()
}

fn texts(array: impl Array + 'static) -> Vec<String> {
    let found = bytes(Arc::new(array), FieldFormat::Text);
    found.into_iter().map(|text| text.map_or("∅".to_owned(), |text| String::from_utf8(text).expect("text"))).collect()
}

fn binary(array: impl Array + 'static) -> Vec<Option<Vec<u8>>> {
    bytes(Arc::new(array), FieldFormat::Binary)
}

#[test]
fn numbers_are_written_in_the_fewest_digits_that_read_back() {
    let values = [
        0.1,
        1.0,
        -0.0,
        1e21,
        1e15,
        123_456_789_012_345.0,
        1e-4,
        1.5e-7,
        f64::MAX,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.1 + 0.2,
    ];
    let found = texts(Float64Array::from(values.to_vec()));
    assert_eq!(
        found,
        [
            "0.1",
            "1",
            "-0",
            "1e+21",
            "1e+15",
            "123456789012345",
            "0.0001",
            "1.5e-07",
            "1.7976931348623157e+308",
            "NaN",
            "Infinity",
            "-Infinity",
            "0.30000000000000004"
        ]
    );
    for (value, text) in values.iter().zip(&found).take(9) {
        assert_eq!(text.parse::<f64>().expect("a number").to_bits(), value.to_bits());
    }
    assert_eq!(texts(Float32Array::from(vec![0.1, 123_456.0, 1e6])), ["0.1", "123456", "1e+06"]);
}

#[test]
fn numbers_in_binary_are_big_endian() {
    assert_eq!(binary(Int16Array::from(vec![Some(-2), None])), [Some(vec![0xff, 0xfe]), None]);
    assert_eq!(binary(Int64Array::from(vec![258])), [Some(vec![0, 0, 0, 0, 0, 0, 1, 2])]);
    assert_eq!(binary(Float64Array::from(vec![1.0])), [Some(vec![0x3f, 0xf0, 0, 0, 0, 0, 0, 0])]);
    assert_eq!(binary(BooleanArray::from(vec![true, false])), [Some(vec![1]), Some(vec![0])]);
}

#[test]
fn texts_bytes_and_nothing() {
    assert_eq!(texts(BooleanArray::from(vec![Some(true), Some(false), None])), ["t", "f", "∅"]);
    assert_eq!(texts(StringArray::from(vec![Some("é"), Some(""), None])), ["é", "", "∅"]);
    assert_eq!(texts(BinaryArray::from(vec![&b"\x00\xff"[..]])), ["\\x00ff"]);
    assert_eq!(texts(NullArray::new(2)), ["∅", "∅"]);
    let dictionary: DictionaryArray<Int32Type> = vec![Some("a"), None, Some("a")].into_iter().collect();
    assert_eq!(texts(dictionary), ["a", "∅", "a"]);
}

#[test]
fn dates_and_times_count_from_their_epoch() {
    assert_eq!(
        texts(Date32Array::from(vec![0, 10_957, 19_782, -1, -719_529])),
        ["1970-01-01", "2000-01-01", "2024-02-29", "1969-12-31", "0002-12-31 BC"]
    );
    assert_eq!(binary(Date32Array::from(vec![10_958])), [Some(vec![0, 0, 0, 1])]);
    let times = || TimestampMillisecondArray::from(vec![946_684_800_000, 946_684_800_120, -1]);
    assert_eq!(texts(times()), ["2000-01-01 00:00:00", "2000-01-01 00:00:00.12", "1969-12-31 23:59:59.999"]);
    assert_eq!(texts(times().with_timezone("UTC"))[0], "2000-01-01 00:00:00+00");
    assert_eq!(binary(times())[1], Some(vec![0, 0, 0, 0, 0, 1, 0xd4, 0xc0]));
}

#[test]
fn exact_numbers_keep_every_digit() {
    assert_eq!(texts(UInt64Array::from(vec![u64::MAX])), ["18446744073709551615"]);
    let decimals =
        |values: Vec<i128>| Decimal128Array::from(values).with_precision_and_scale(20, 2).expect("a decimal");
    assert_eq!(texts(decimals(vec![-12_345_678, 5, 0])), ["-123456.78", "0.05", "0.00"]);
    // 12|3456|7800 with a weight of one group before the last whole one, and two digits after the point.
    assert_eq!(
        binary(decimals(vec![-12_345_678]))[0],
        Some(vec![0, 3, 0, 1, 0x40, 0, 0, 2, 0, 12, 0x0d, 0x80, 0x1e, 0x78])
    );
    assert_eq!(binary(decimals(vec![5]))[0], Some(vec![0, 1, 0xff, 0xff, 0, 0, 0, 2, 0x01, 0xf4]));
    assert_eq!(binary(decimals(vec![0]))[0], Some(vec![0, 0, 0, 0, 0, 0, 0, 2]));
    assert!(put_numeric(&mut BytesMut::new(), "1e5").is_err());
}

#[test]
fn lists_are_arrays() {
    let floats =
        || ListArray::from_iter_primitive::<Float64Type, _, _>(vec![Some(vec![Some(1.5), None]), Some(vec![]), None]);
    assert_eq!(texts(floats()), ["{1.5,NULL}", "{}", "∅"]);
    let one = binary(floats());
    let mut expected = vec![0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 2, 189, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 8];
    expected.extend(1.5_f64.to_be_bytes());
    expected.extend([0xff; 4]);
    assert_eq!(one[0], Some(expected));
    assert_eq!(one[1], Some(vec![0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 189]));
    let integers = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None])]);
    assert_eq!(texts(integers), ["{1,NULL}"]);
    let mut words = arrow::array::ListBuilder::new(arrow::array::StringBuilder::new());
    words.values().append_value("a b");
    words.values().append_value("null");
    words.values().append_value("q\"\\");
    words.append(true);
    assert_eq!(texts(words.finish()), ["{\"a b\",\"null\",\"q\\\"\\\\\"}"]);
}
