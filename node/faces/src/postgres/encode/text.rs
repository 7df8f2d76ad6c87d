//! Values as PostgreSQL writes them in text.

use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef, AsArray as _, LargeStringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::{BufMut as _, BytesMut};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Exponents from which a number is written with one.
const FLOAT4_WIDE: i32 = 6;
/// The same for double precision.
const FLOAT8_WIDE: i32 = 15;

/// Writes a number of single precision.
pub(super) fn put_float4(buffer: &mut BytesMut, value: f32) {
    if put_special(buffer, value.into()) {
        return;
    }
    put_shortest(buffer, &format!("{value:e}"), &value.to_string(), FLOAT4_WIDE);
}

/// Writes a number of double precision.
pub(super) fn put_float8(buffer: &mut BytesMut, value: f64) {
    if put_special(buffer, value) {
        return;
    }
    put_shortest(buffer, &format!("{value:e}"), &value.to_string(), FLOAT8_WIDE);
}

fn put_special(buffer: &mut BytesMut, value: f64) -> bool {
    let name: &[u8] = match value {
        value if value.is_nan() => b"NaN",
        f64::INFINITY => b"Infinity",
        f64::NEG_INFINITY => b"-Infinity",
        _ => return false,
    };
    buffer.put_slice(name);
    true
}

/// Both texts are the fewest digits that read back; which is taken follows from the exponent.
fn put_shortest(buffer: &mut BytesMut, scientific: &str, plain: &str, wide: i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..wide).contains(&exponent) {
        buffer.put_slice(plain.as_bytes());
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        // Writing to a buffer that grows cannot fail.
        let _ = write!(buffer, "{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
}

/// Writes a date, given in days since 1970.
pub(super) fn put_date(buffer: &mut BytesMut, days: i64) {
    let (year, month, day) = civil(days);
    if year > 0 {
        let _ = write!(buffer, "{year:04}-{month:02}-{day:02}");
    } else {
        let _ = write!(buffer, "{:04}-{month:02}-{day:02} BC", 1 - year);
    }
}

/// Writes a time, given in microseconds since 1970.
pub(super) fn put_timestamp(buffer: &mut BytesMut, microseconds: i64) {
    put_date(buffer, microseconds.div_euclid(DAY));
    let within = microseconds.rem_euclid(DAY);
    let seconds = within / 1_000_000;
    let _ = write!(buffer, " {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = within % 1_000_000;
    if fraction > 0 {
        let digits = format!("{fraction:06}");
        let _ = write!(buffer, ".{}", digits.trim_end_matches('0'));
    }
}

/// Returns year, month and day of a day counted from 1970, in the Gregorian calendar without gaps.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

/// Returns the values of any array as text: lists as PostgreSQL writes arrays, the rest as Arrow does.
pub(super) fn array_text(array: &ArrayRef) -> Result<LargeStringArray, ArrowError> {
    match array.data_type() {
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            Ok(cast(array, &DataType::LargeUtf8)?.as_string::<i64>().clone())
        }
        DataType::Dictionary(_, values) => array_text(&cast(array, values)?),
        _ => (0..array.len()).map(|row| value_text(array, row)).collect(),
    }
}

fn value_text(array: &ArrayRef, row: usize) -> Result<Option<String>, ArrowError> {
    if array.is_null(row) {
        return Ok(None);
    }
    let items = match array.data_type() {
        DataType::List(_) => array.as_list::<i32>().value(row),
        DataType::LargeList(_) => array.as_list::<i64>().value(row),
        DataType::FixedSizeList(..) => array.as_fixed_size_list().value(row),
        _ => return scalar_text(array, row).map(Some),
    };
    let texts = (0..items.len()).map(|at| item_text(&items, at)).collect::<Result<Vec<_>, _>>()?;
    Ok(Some(format!("{{{}}}", texts.join(","))))
}

/// Returns a value in the numbers of PostgreSQL, or as Arrow writes it.
fn scalar_text(array: &ArrayRef, row: usize) -> Result<String, ArrowError> {
    let mut buffer = BytesMut::new();
    match array.data_type() {
        DataType::Float32 => put_float4(&mut buffer, array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => put_float8(&mut buffer, array.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => buffer.put_u8(if array.as_boolean().value(row) { b't' } else { b'f' }),
        _ => {
            let options = FormatOptions::default();
            return Ok(ArrayFormatter::try_new(array.as_ref(), &options)?.value(row).to_string());
        }
    }
    Ok(String::from_utf8_lossy(&buffer).into_owned())
}

/// Returns one item of an array, quoted where it could be misread.
fn item_text(items: &ArrayRef, at: usize) -> Result<String, ArrowError> {
    let nested = matches!(items.data_type(), DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..));
    let Some(text) = value_text(items, at)? else { return Ok("NULL".to_owned()) };
    let plain = !text.is_empty()
        && !text.eq_ignore_ascii_case("null")
        && !text.contains(|character: char| "{},\"\\".contains(character) || character.is_whitespace());
    if nested || plain {
        return Ok(text);
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}
