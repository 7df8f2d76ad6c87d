//! Words → cells: what has to stand in quotes, and what cannot stand in a row at all.

use std::borrow::Cow;

use crate::lines::is_blank;
use crate::model::Delimiter;

/// Returns how a word stands in a row.
///
/// # Errors
///
/// What keeps it from standing there; whether it is read back as it is, only reading tells.
pub(super) fn cell(text: &str, delimiter: Delimiter, is_3: bool) -> Result<Cow<'_, str>, &'static str> {
    let bytes = text.as_bytes();
    let has_line_end = text.contains(['\n', '\r']);
    if has_line_end && !is_3 {
        return Err("is a text of several lines, which only LAS 3.0 can hold");
    }
    if text.contains('\r') {
        return Err("has a carriage return, which no row can hold");
    }
    // A line that begins so would be a section.
    if text.lines().skip(1).any(|line| line.trim_start_matches(|c: char| c <= ' ').starts_with('~')) {
        return Err("has a line that begins with ~, which begins a section");
    }
    let separates = |&byte: &u8| match delimiter {
        Delimiter::Space => is_blank(byte),
        Delimiter::Comma => byte == b',',
        Delimiter::Tab => byte == b'\t',
    };
    let is_padded =
        bytes.first().is_none_or(|&byte| is_blank(byte)) || bytes.last().is_some_and(|&byte| is_blank(byte));
    let begins_line = text.starts_with(['#', '~']);
    let needs_quotes = is_padded || has_line_end || begins_line || bytes.iter().any(separates);
    if text.starts_with('"') {
        return Err("begins with a quote, which would quote what follows");
    }
    if !needs_quotes {
        return Ok(Cow::Borrowed(text));
    }
    if text.contains('"') {
        return Err("has a quote and needs quotes around it");
    }
    Ok(Cow::Owned(format!("\"{text}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_stand_where_they_are_needed() {
        let space = |text| cell(text, Delimiter::Space, false).map(Cow::into_owned);
        assert_eq!(space("SAND"), Ok("SAND".to_owned()));
        assert_eq!(space("5/8\""), Ok("5/8\"".to_owned()));
        for text in ["pick gamma", "", " a", "a\t", "#1", "~x"] {
            assert_eq!(space(text), Ok(format!("\"{text}\"")));
        }
        let comma = |text| cell(text, Delimiter::Comma, true).map(Cow::into_owned);
        assert_eq!(comma("a b"), Ok("a b".to_owned()));
        assert_eq!(comma("a,b"), Ok("\"a,b\"".to_owned()));
        assert_eq!(comma("a\nb"), Ok("\"a\nb\"".to_owned()));
    }

    #[test]
    fn what_no_quotes_help_is_refused() {
        for text in ["\"a\"", "9 5/8\"", "a\nb", "a\rb"] {
            assert!(cell(text, Delimiter::Space, false).is_err(), "{text:?}");
        }
        assert!(cell("a\n ~b", Delimiter::Comma, true).is_err());
    }
}
