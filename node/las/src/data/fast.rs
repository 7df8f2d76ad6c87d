//! The hot loop: a line of plain numbers → one value for each column, without allocation.
//!
//! Whatever is not plain is left to the slow way, which is the same for all of it.

use crate::lines::{is_blank, trim_start};

/// [`row`] with blanks between the values.
pub(crate) const BLANKS: u8 = b' ';

/// Appends the values of a line to `columns`, NaN where `is_null` says so of a column's position
/// and value. Returns whether the line was a complete row of plain numbers; else nothing was
/// appended.
#[inline]
pub(crate) fn row<const DELIMITER: u8>(
    line: &[u8],
    columns: &mut [Vec<f64>],
    is_null: impl Fn(usize, f64) -> bool,
) -> bool {
    let mut rest = line;
    let mut filled = 0;
    for column in columns.iter_mut() {
        let Some(value) = value::<DELIMITER>(&mut rest, filled == 0) else { break };
        column.push(if is_null(filled, value) { f64::NAN } else { value });
        filled += 1;
    }
    let complete = filled == columns.len() && rest.iter().all(|&byte| is_blank(byte));
    if !complete {
        for column in columns.iter_mut().take(filled) {
            column.pop();
        }
    }
    complete
}

/// Takes the next value off `rest`.
#[inline]
fn value<const DELIMITER: u8>(rest: &mut &[u8], is_index: bool) -> Option<f64> {
    if DELIMITER == BLANKS {
        let (value, tail) = number(trim_start(rest))?;
        *rest = tail;
        return tail.first().is_none_or(|&byte| is_blank(byte)).then_some(value);
    }
    if !is_index {
        *rest = rest.strip_prefix(&[DELIMITER])?;
    }
    *rest = unpadded::<DELIMITER>(rest);
    if !is_index && rest.first().is_none_or(|&byte| byte == DELIMITER) {
        return Some(f64::NAN);
    }
    let (value, tail) = number(rest)?;
    *rest = unpadded::<DELIMITER>(tail);
    Some(value)
}

/// Reads the number that `bytes` begin with.
#[inline]
fn number(bytes: &[u8]) -> Option<(f64, &[u8])> {
    let (value, length) = fast_float2::parse_partial::<f64, _>(bytes).ok()?;
    value.is_finite().then_some((value, bytes.get(length..)?))
}

#[inline]
fn unpadded<const DELIMITER: u8>(bytes: &[u8]) -> &[u8] {
    let pads = |&&byte: &&u8| is_blank(byte) && byte != DELIMITER;
    bytes.get(bytes.iter().take_while(pads).count()..).unwrap_or_default()
}
