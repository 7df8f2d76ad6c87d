//! A line → tokens, for lines that are not plain numbers.

use crate::limits::MAX_COLUMNS;
use crate::lines::{Line, is_blank, trim_start};
use crate::model::Delimiter;

/// A value as it stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// Where it begins in the text of the section.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// What is known about it without looking at its bytes.
    pub(crate) form: Form,
}

/// The form of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Bytes to be understood.
    Plain,
    /// Bytes from within quotes.
    Quoted,
    /// No bytes: an empty item, or a value the row does not have.
    Missing,
    /// Bytes that mean no value, such as a glued `****`.
    Unknown,
}

impl Token {
    /// A value that the row does not have.
    pub(crate) const MISSING: Self = Self { start: 0, end: 0, form: Form::Missing };

    fn new(start: usize, end: usize, form: Form) -> Self {
        let form = if start == end && form == Form::Plain { Form::Missing } else { form };
        Self { start, end, form }
    }

    /// Returns its bytes.
    pub(crate) fn bytes<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// Most tokens kept of a line: one more than any row has, which is enough to refuse it.
const MAX_TOKENS: usize = MAX_COLUMNS + 1;

/// Returns whether a line among the rows is empty or a comment.
pub(crate) fn is_skipped(line: &[u8]) -> bool {
    matches!(trim_start(line), [] | [b'#', ..])
}

/// Returns whether a line among the rows is a comment.
pub(crate) fn is_comment(line: &[u8]) -> bool {
    trim_start(line).starts_with(b"#")
}

/// Appends the tokens of a line.
pub(crate) fn split(line: &Line<'_>, delimiter: Delimiter, tokens: &mut Vec<Token>) {
    let most = tokens.len() + MAX_TOKENS;
    match delimiter {
        Delimiter::Space => split_blanks(line, most, tokens),
        Delimiter::Comma => split_items(line, delimiter, b',', most, tokens),
        Delimiter::Tab => split_items(line, delimiter, b'\t', most, tokens),
    }
}

fn split_blanks(line: &Line<'_>, most: usize, tokens: &mut Vec<Token>) {
    let bytes = line.bytes;
    let mut at = 0;
    while tokens.len() < most {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(skip) = rest.iter().position(|&byte| !is_blank(byte)) else { break };
        let (start, rest) = (at + skip, rest.get(skip..).unwrap_or_default());
        let token = match quoted(rest, Delimiter::Space) {
            Some(length) => {
                at = start + length + 2;
                Token::new(start + 1, start + 1 + length, Form::Quoted)
            }
            None => {
                at = start + rest.iter().position(|&byte| is_blank(byte)).unwrap_or(rest.len());
                Token::new(start, at, Form::Plain)
            }
        };
        tokens.push(shifted(token, line.start));
    }
}

fn split_items(line: &Line<'_>, delimiter: Delimiter, separator: u8, most: usize, tokens: &mut Vec<Token>) {
    let bytes = line.bytes;
    let pads = |byte: u8| is_blank(byte) && byte != separator;
    let mut at = 0;
    while tokens.len() < most {
        let rest = bytes.get(at..).unwrap_or_default();
        let skip = rest.iter().position(|&byte| !pads(byte)).unwrap_or(rest.len());
        let (start, rest) = (at + skip, rest.get(skip..).unwrap_or_default());
        let quoted = quoted(rest, delimiter);
        let searched = quoted.map_or(0, |length| length + 2);
        let tail = rest.get(searched..).unwrap_or_default();
        let next = memchr::memchr(separator, tail).map(|found| searched + found);
        let item = rest.get(..next.unwrap_or(rest.len())).unwrap_or(rest);
        let padding = item.iter().rev().take_while(|&&byte| pads(byte)).count();
        let token = match quoted {
            Some(length) => Token::new(start + 1, start + 1 + length, Form::Quoted),
            None => Token::new(start, start + item.len() - padding, Form::Plain),
        };
        tokens.push(shifted(token, line.start));
        match next {
            Some(next) => at = start + next + 1,
            None => break,
        }
    }
}

/// Returns the length of the text in quotes that `rest` begins with. The closing quote ends the
/// item, or else the opening one is an inch sign or the like.
pub(crate) fn quoted(rest: &[u8], delimiter: Delimiter) -> Option<usize> {
    let inner = rest.strip_prefix(b"\"")?;
    let length = memchr::memchr(b'"', inner)?;
    ends_item(inner.get(length + 1..).unwrap_or_default(), delimiter).then_some(length)
}

/// Returns whether an item is over in front of `rest`.
pub(crate) fn ends_item(rest: &[u8], delimiter: Delimiter) -> bool {
    let ends = |byte: u8| match delimiter {
        Delimiter::Space => is_blank(byte),
        Delimiter::Comma => matches!(byte, b',' | b'\n' | b'\r'),
        Delimiter::Tab => matches!(byte, b'\t' | b'\n' | b'\r'),
    };
    // Blanks behind an item are padding.
    rest.iter().find(|&&byte| ends(byte) || !is_blank(byte)).is_none_or(|&byte| ends(byte))
}

fn shifted(token: Token, by: usize) -> Token {
    Token { start: token.start + by, end: token.end + by, form: token.form }
}
