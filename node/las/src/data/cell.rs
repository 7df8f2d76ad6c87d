//! A token → what it means: a number, no value, or text.

use crate::data::token::{Form, Token};
use crate::model::Delimiter;
use crate::nulls::Nulls;

/// What a token means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell {
    /// A number, not yet compared with the header's `NULL`.
    Number(f64),
    /// A number with a comma as decimal sign.
    Comma(f64),
    /// No value, without doubt: an empty item, or the header's `NULL` as text.
    Null,
    /// No value, in a spelling of its own (`****`, `1.#QNAN`, `NaN`).
    Spelled,
    /// A number that no double can hold.
    TooLarge,
    /// Anything else.
    Text,
}

/// Returns what a token means in a row with this delimiter.
pub(crate) fn classify(token: &Token, text: &[u8], delimiter: Delimiter, nulls: &Nulls) -> Cell {
    let bytes = token.bytes(text);
    match token.form {
        Form::Missing => return Cell::Null,
        Form::Unknown => return Cell::Spelled,
        Form::Plain | Form::Quoted => {}
    }
    match understand(bytes) {
        Cell::Comma(_) if delimiter == Delimiter::Comma => Cell::Text,
        // Only a null value that is no number needs its text compared.
        Cell::Text | Cell::Spelled if nulls.spell(bytes) => Cell::Null,
        cell => cell,
    }
}

/// Returns what some bytes mean by themselves.
pub(crate) fn understand(bytes: &[u8]) -> Cell {
    if let Ok(number) = fast_float2::parse::<f64, _>(bytes) {
        return if number.is_finite() {
            Cell::Number(number)
        } else if bytes.iter().any(u8::is_ascii_digit) {
            Cell::TooLarge
        } else {
            Cell::Spelled
        };
    }
    if is_null_spelling(bytes) {
        return Cell::Spelled;
    }
    respell(bytes).unwrap_or(Cell::Text)
}

/// Longest number with a D exponent or a decimal comma; longer ones do not occur.
const MAX_RESPELLED: usize = 64;

/// Reads a number with a Fortran D exponent, a decimal comma or both.
fn respell(bytes: &[u8]) -> Option<Cell> {
    let mut buffer = [0; MAX_RESPELLED];
    let buffer = buffer.get_mut(..bytes.len())?;
    buffer.copy_from_slice(bytes);
    let (mut comma, mut exponent) = (false, false);
    for byte in buffer.iter_mut() {
        match *byte {
            b',' if !comma && !exponent => (*byte, comma) = (b'.', true),
            b'd' | b'D' if !exponent => (*byte, exponent) = (b'e', true),
            b'e' | b'E' if !exponent => exponent = true,
            b'+' | b'-' | b'0'..=b'9' => {}
            b'.' if !comma && !exponent => {}
            _ => return None,
        }
    }
    let number = fast_float2::parse::<f64, _>(&*buffer).ok()?;
    Some(match comma {
        _ if !number.is_finite() => Cell::TooLarge,
        true => Cell::Comma(number),
        false => Cell::Number(number),
    })
}

/// Returns whether `bytes` are how some program prints "no number".
fn is_null_spelling(bytes: &[u8]) -> bool {
    if !bytes.is_empty() && bytes.iter().all(|&byte| byte == b'*') {
        return true;
    }
    let unsigned = bytes.strip_prefix(b"-").or(bytes.strip_prefix(b"+")).unwrap_or(bytes);
    // C of old on Windows: 1.#QNAN, 1.#IND, 1.#INF00, and 1.#J when rounded to two places.
    let c = unsigned.strip_prefix(b"1.#").is_some_and(|rest| {
        rest.first().is_some_and(u8::is_ascii_alphabetic) && rest.iter().all(u8::is_ascii_alphanumeric)
    });
    let with_payload =
        unsigned.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"nan(")) && unsigned.ends_with(b")");
    c || with_payload
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> Cell {
        understand(text.as_bytes())
    }

    #[test]
    fn numbers_are_the_nearest_doubles() {
        for text in ["0.1", "-.5", "5.", "+1e3", "123456789.123456789", "2.2250738585072011e-308"] {
            assert_eq!(cell(text), Cell::Number(text.parse().unwrap()), "{text}");
        }
        assert_eq!(cell("1.5D+03"), Cell::Number(1500.0));
        assert_eq!(cell("1d2"), Cell::Number(100.0));
    }

    #[test]
    fn decimal_commas_are_told_apart_from_thousands() {
        assert_eq!(cell("123,420"), Cell::Comma(123.42));
        assert_eq!(cell("-1,5E2"), Cell::Comma(-150.0));
        assert_eq!(cell("1,234.5"), Cell::Text);
        assert_eq!(cell("1,234,567"), Cell::Text);
    }

    #[test]
    fn spellings_of_no_value_are_known() {
        for text in ["****", "*", "nan", "NaN", "-nan(ind)", "1.#QNAN", "-1.#IND", "1.#INF00", "inf"] {
            assert_eq!(cell(text), Cell::Spelled, "{text}");
        }
        assert_eq!(cell("1e999"), Cell::TooLarge);
    }

    #[test]
    fn everything_else_is_text() {
        for text in ["", "-", "--", "1e", "2020-01-01", "00:00:01", "ERR", "1.2.3", "1.#", "0x10"] {
            assert_eq!(cell(text), Cell::Text, "{text}");
        }
        assert_eq!(cell(&"1,".repeat(99)), Cell::Text);
    }
}
