//! The two binary forms that take more than a line: exact numbers and arrays.

use arrow::array::{Array as _, Float64Array};
use bytes::{BufMut as _, BytesMut};
use pgwire::api::Type;

/// Decimal digits in one digit of the binary form.
const GROUP: usize = 4;

/// Writes a decimal number, given as text, as PostgreSQL sends `numeric`: groups of four digits with the
/// weight of the first, a sign, and how many digits follow the point.
pub(super) fn put_numeric(buffer: &mut BytesMut, text: &str) -> Result<(), String> {
    let wrong = || format!("{text} is no decimal number");
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|digit| digit.is_ascii_digit()) {
        return Err(wrong());
    }
    let mut padded = "0".repeat(whole.len().next_multiple_of(GROUP) - whole.len());
    padded.push_str(whole);
    let whole_groups = padded.len() / GROUP;
    padded.push_str(fraction);
    padded.push_str(&"0".repeat(fraction.len().next_multiple_of(GROUP) - fraction.len()));
    let mut groups = Vec::with_capacity(padded.len() / GROUP);
    for group in padded.as_bytes().chunks(GROUP) {
        groups.push(group.iter().fold(0_i16, |value, digit| value * 10 + i16::from(digit - b'0')));
    }
    let leading = groups.iter().take_while(|group| **group == 0).count();
    let used = groups.len() - groups.iter().rev().take_while(|group| **group == 0).count();
    let sent = groups.get(leading..used).unwrap_or_default();
    let weight = if sent.is_empty() { 0 } else { whole_groups.cast_signed() - 1 - leading.cast_signed() };
    buffer.put_i16(i16::try_from(sent.len()).map_err(|_error| wrong())?);
    buffer.put_i16(i16::try_from(weight).map_err(|_error| wrong())?);
    buffer.put_u16(if negative && !sent.is_empty() { 0x4000 } else { 0 });
    buffer.put_i16(i16::try_from(fraction.len()).map_err(|_error| wrong())?);
    for group in sent {
        buffer.put_i16(*group);
    }
    Ok(())
}

/// Writes numbers as PostgreSQL sends an array of one dimension: dimensions, whether one is null, the type
/// of the items, length and first index, then the items.
pub(super) fn put_array(buffer: &mut BytesMut, items: &Float64Array) -> Result<(), String> {
    let length = i32::try_from(items.len()).map_err(|_error| "an array has too many items".to_owned())?;
    buffer.put_i32(i32::from(length > 0));
    buffer.put_i32(i32::from(items.null_count() > 0));
    buffer.put_u32(Type::FLOAT8.oid());
    if length > 0 {
        buffer.put_i32(length);
        buffer.put_i32(1);
    }
    for item in items {
        match item {
            Some(value) => {
                buffer.put_i32(8);
                buffer.put_f64(value);
            }
            None => buffer.put_i32(-1),
        }
    }
    Ok(())
}
