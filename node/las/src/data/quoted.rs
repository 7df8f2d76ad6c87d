//! Quoted items that run over line ends: lines → one longer line.
//!
//! Only LAS 3.0 is read so. Elsewhere a lone quote is an inch sign or a ditto mark, and must not
//! swallow the rows below it.

use crate::data::token::{ends_item, quoted};
use crate::limits::MAX_QUOTED_LINES;
use crate::lines::{Line, Lines, is_blank};
use crate::model::Delimiter;

/// Returns `line` together with the lines that a quoted item of it runs over, which are taken off
/// `lines`. A quote that nothing closes stays what it is.
pub(crate) fn join<'a>(text: &'a [u8], line: Line<'a>, lines: &mut Lines<'a>, delimiter: Delimiter) -> Line<'a> {
    let mut joined = line;
    for _ in 0..MAX_QUOTED_LINES {
        let Some(open) = open_quote(joined.bytes, delimiter) else { break };
        let from = line.start + open + 1;
        let mut ahead = lines.clone();
        let Some(end) = closing_line(text, from, &mut ahead, delimiter) else { break };
        let Some(bytes) = text.get(line.start..end) else { break };
        *lines = ahead;
        joined.bytes = bytes;
    }
    joined
}

/// Returns where the line ends that closes an item whose text begins at `from`; moves `ahead`
/// behind it. `None` when the next quote closes no item.
fn closing_line(text: &[u8], from: usize, ahead: &mut Lines<'_>, delimiter: Delimiter) -> Option<usize> {
    let close = from + memchr::memchr(b'"', text.get(from..)?)?;
    if !ends_item(text.get(close + 1..)?, delimiter) {
        return None;
    }
    ahead
        .by_ref()
        .take(MAX_QUOTED_LINES)
        .find(|line| line.start + line.bytes.len() > close)
        .map(|line| line.start + line.bytes.len())
}

/// Returns whether the text behind a quote begins on its line and is not closed there. A quote that
/// stands alone is a ditto mark.
fn opens(text: &[u8]) -> bool {
    text.first().is_some_and(|&byte| !is_blank(byte)) && memchr::memchr(b'"', text).is_none()
}

/// Returns where the quote of the last item stands if the line does not close it.
fn open_quote(bytes: &[u8], delimiter: Delimiter) -> Option<usize> {
    memchr::memchr(b'"', bytes)?;
    let separates = |byte: u8| match delimiter {
        Delimiter::Space => is_blank(byte),
        Delimiter::Comma => byte == b',',
        Delimiter::Tab => byte == b'\t',
    };
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        // Blanks in front of an item are padding, and so are tabs unless they delimit.
        let skip = rest.iter().position(|&byte| !is_blank(byte) || separates(byte) && delimiter != Delimiter::Space)?;
        let item = rest.get(skip..)?;
        let mut searched = 0;
        if item.first() == Some(&b'"') {
            match quoted(item, delimiter) {
                Some(length) => searched = length + 2,
                None if opens(item.get(1..)?) => return Some(at + skip),
                None => {}
            }
        }
        let end = item.get(searched..)?.iter().position(|&byte| separates(byte))?;
        at += skip + searched + end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, delimiter: Delimiter) -> Vec<&str> {
        let mut lines = Lines::new(text.as_bytes(), 1);
        let mut rows = Vec::new();
        while let Some(line) = lines.next() {
            let line = join(text.as_bytes(), line, &mut lines, delimiter);
            rows.push(str::from_utf8(line.bytes).unwrap());
        }
        rows
    }

    #[test]
    fn an_item_in_quotes_runs_over_lines() {
        let text = "1,\"a\nb\nc\",2\n3,d,4\n";
        assert_eq!(rows(text, Delimiter::Comma), ["1,\"a\nb\nc\",2", "3,d,4"]);
        let text = "1 \"a b\r\nc\" 2\r\n3 d 4\r\n";
        assert_eq!(rows(text, Delimiter::Space), ["1 \"a b\r\nc\" 2", "3 d 4"]);
        let text = "\t1\t \"a\nb\" \t\"c\nd\"\n2\te\tf\n";
        assert_eq!(rows(text, Delimiter::Tab), ["\t1\t \"a\nb\" \t\"c\nd\"", "2\te\tf"]);
    }

    #[test]
    fn quotes_that_close_no_item_are_text() {
        for text in ["1,9 5/8\",2\n3,d,4", "1,\"a,2\n3,\"b,4", "1,\"a\n2,b", "1,\"a\" b\n2,\"c\"", "1,\"\"\n2,\"", "\""]
        {
            assert_eq!(rows(text, Delimiter::Comma), text.lines().collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn a_flood_of_open_quotes_costs_no_square() {
        let text = "\"a\n".repeat(100_000) + &"1,\"b\"\n".repeat(100_000);
        assert_eq!(rows(&text, Delimiter::Comma).len(), 200_000);
        let text = "\"a\n".repeat(10) + &"x\n".repeat(MAX_QUOTED_LINES) + "\"\n";
        assert_eq!(rows(&text, Delimiter::Comma).len(), MAX_QUOTED_LINES + 11);
    }
}
