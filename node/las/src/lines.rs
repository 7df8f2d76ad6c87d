//! Lines of a text, whatever ends them: LF, CRLF, CR or a mixture.

use memchr::{memchr2, memchr2_iter};

/// A line without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Its bytes.
    pub(crate) bytes: &'a [u8],
    /// Where it begins in the text.
    pub(crate) start: usize,
    /// Its 1-based number.
    pub(crate) number: u32,
}

/// Yields the lines of a text.
#[derive(Debug, Clone)]
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
    start: usize,
    number: u32,
}

impl<'a> Lines<'a> {
    /// Returns the lines of `text`; the first has the number `number`.
    pub(crate) fn new(text: &'a [u8], number: u32) -> Self {
        Self { rest: text, start: 0, number }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr2(b'\n', b'\r', self.rest).unwrap_or(self.rest.len());
        let (bytes, tail) = self.rest.split_at(end);
        let ending = match tail {
            [b'\r', b'\n', ..] => 2,
            [_, ..] => 1,
            [] => 0,
        };
        let line = Line { bytes, start: self.start, number: self.number };
        self.start += end + ending;
        self.rest = tail.get(ending..).unwrap_or_default();
        self.number = self.number.saturating_add(1);
        Some(line)
    }
}

/// Returns whether `byte` separates words: blanks and every control character, so that the
/// NULs and 0x1A that old systems leave behind are harmless.
#[inline]
pub(crate) fn is_blank(byte: u8) -> bool {
    byte <= b' '
}

/// Returns `text` without blanks and control characters at its ends.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character.is_control())
}

/// Returns `bytes` without leading blanks.
pub(crate) fn trim_start(bytes: &[u8]) -> &[u8] {
    let skip = bytes.iter().position(|&byte| !is_blank(byte)).unwrap_or(bytes.len());
    bytes.get(skip..).unwrap_or_default()
}

/// Returns the number of line ends in `text`.
pub(crate) fn line_ends(text: &[u8]) -> u32 {
    let ends = memchr2_iter(b'\n', b'\r', text).filter(|&at| text.get(at..at + 2) != Some(b"\r\n")).count();
    u32::try_from(ends).unwrap_or(u32::MAX)
}

/// Returns the 1-based column, in characters, of the byte `offset` of `text`.
pub(crate) fn column_of(text: &[u8], offset: usize) -> u32 {
    let before = text.get(..offset).unwrap_or(text);
    let start = memchr::memrchr2(b'\n', b'\r', before).map_or(0, |end| end + 1);
    let line = before.get(start..).unwrap_or_default();
    // Continuation bytes of UTF-8 are no characters.
    let characters = line.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
    u32::try_from(characters + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_is_one_line_end() {
        let lines: Vec<_> = Lines::new(b"a\nb\r\nc\rd\n\re", 1).collect();
        let texts: Vec<_> = lines.iter().map(|line| line.bytes).collect();
        assert_eq!(texts, [b"a".as_slice(), b"b", b"c", b"d", b"", b"e"]);
        assert_eq!(lines.iter().map(|line| line.start).collect::<Vec<_>>(), [0, 2, 5, 7, 9, 10]);
        assert_eq!(lines.last().map(|line| line.number), Some(6));
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(column_of("x\nμμ 5".as_bytes(), 7), 4);
        assert_eq!(column_of(b"abc", 0), 1);
        assert_eq!(column_of(b"abc", 99), 4);
    }
}
