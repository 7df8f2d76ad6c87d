//! Which sign stands between the cells of a text, judged by how well its first lines agree.
//!
//! Tabs, semicolons and bars hardly stand in numbers, so they are believed before commas, which
//! are decimal signs too. What agrees on none of them is set in blanks.

use super::number::Decimal;
use super::sheet::Format;

/// Bytes of text that the guess is built on.
const SAMPLE_BYTES: usize = 256 << 10;

/// The share of lines that must agree on their number of cells.
const AGREEMENT: f64 = 0.8;

/// Separators in the order they are believed.
const CANDIDATES: [Format; 4] = [Format::Tsv, Format::Semicolon, Format::Pipe, Format::Csv];

/// Returns the separator of a text; `None` when blanks separate its cells.
pub(super) fn separator(text: &str, quotes: bool, decimal: Option<Decimal>) -> Option<Format> {
    let sample = head(text);
    let scores = CANDIDATES.map(|format| (format, score(sample, format, quotes, decimal)));
    let believed = scores.iter().find(|(_, score)| *score >= AGREEMENT);
    let best = scores.iter().filter(|(_, score)| *score > 0.5).max_by(|a, b| a.1.total_cmp(&b.1));
    believed.or(best).map(|(format, _)| *format)
}

/// Returns whole lines from the beginning of a text.
pub(super) fn head(text: &str) -> &str {
    if text.len() <= SAMPLE_BYTES {
        return text;
    }
    let end = text.floor_char_boundary(SAMPLE_BYTES);
    text[..end].rfind('\n').map_or(&text[..end], |end| &text[..=end])
}

/// Returns the share of rows, from the first with the usual number of cells on, that have it.
fn score(sample: &str, format: Format, quotes: bool, decimal: Option<Decimal>) -> f64 {
    let Some(delimiter) = format.delimiter() else { return 0.0 };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(quotes)
        .flexible(true)
        .has_headers(false)
        .from_reader(sample.as_bytes());
    let mut lengths = Vec::new();
    let (mut numeric, mut torn) = (0_usize, 0_usize);
    for record in reader.byte_records().flatten() {
        lengths.push(record.len());
        numeric += usize::from(record.iter().any(|cell| cell.iter().any(u8::is_ascii_digit)));
        torn += usize::from(record.iter().any(is_torn));
    }
    // `1000,5  45,2`: the comma is not between cells but in them.
    if format == Format::Csv && (torn * 2 > numeric || (decimal == Some(Decimal::Comma) && torn > 0)) {
        return 0.0;
    }
    let Some(usual) = usual(lengths.iter().copied().filter(|&length| length > 1)) else { return 0.0 };
    let first = lengths.iter().position(|&length| length == usual).unwrap_or_default();
    let rows = &lengths[first..];
    let agreeing = rows.iter().filter(|&&length| length == usual).count();
    // One line agrees with itself.
    if agreeing < 2 { 0.0 } else { agreeing as f64 / rows.len() as f64 }
}

/// Whether a cell holds two numbers with blanks between them.
fn is_torn(cell: &[u8]) -> bool {
    let trimmed = cell.trim_ascii();
    trimmed.windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1] == b' ')
        && trimmed.iter().all(|byte| byte.is_ascii_digit() || b" .-+".contains(byte))
}

/// Returns the value that comes most often, the larger of two that tie.
pub(super) fn usual(values: impl Iterator<Item = usize>) -> Option<usize> {
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts.into_iter().max_by_key(|&(value, count)| (count, value)).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(text: &str) -> Option<Format> {
        separator(text, true, None)
    }

    #[test]
    fn each_separator_is_known() {
        assert_eq!(guess("MD,GR\n1,2\n3,4\n"), Some(Format::Csv));
        assert_eq!(guess("MD\tGR\n1\t2\n"), Some(Format::Tsv));
        assert_eq!(guess("MD|GR\n1|2\n"), Some(Format::Pipe));
        assert_eq!(guess("MD;GR\n1000,5;45,2\n1001,0;46,1\n"), Some(Format::Semicolon), "commas are decimal here");
    }

    #[test]
    fn titles_and_remarks_do_not_mislead() {
        assert_eq!(guess("Well; A-1, B-2; north\nno, this\n\nMD,GR,NPHI\n1,2,3\n4,5,6\n7,8,9\n"), Some(Format::Csv));
        let quoted = "Name,Remark\nA,\"x; y; z\"\nB,\"p; q; r\"\nC,s\n";
        assert_eq!(guess(quoted), Some(Format::Csv));
    }

    #[test]
    fn blanks_separate_what_nothing_else_does() {
        assert_eq!(guess("MD GR\n1 2\n3 4\n"), None);
        assert_eq!(
            guess("  MD      GR\n1000,5  45,2\n1001,0  46,1\n1001,5  46,3\n"),
            None,
            "commas are in the numbers"
        );
        assert_eq!(guess("one\ntwo\n"), None);
        assert_eq!(guess(""), None);
    }
}
