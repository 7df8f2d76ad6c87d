//! A text file → its one sheet: CSV and its kin, blank-separated and fixed width.
//!
//! Cells keep their text; what they mean is decided later, for whole columns. A row keeps the line
//! it begins at, also behind cells that run over several lines.

use super::blanks::{self, Setting};
use super::decode::decode;
use super::dialect;
use super::error::ReadTableError;
use super::limits::MAX_LINES_OF_A_CELL;
use super::mapping::SourceMapping;
use super::notice::{Notices, Place, TableNoticeKind};
use super::number::{DecimalEvidence, Rules};
use super::sheet::{Format, RawBook, RawSheet, Value};

#[cfg(test)]
mod tests;

/// Reads a text file into its one sheet, by what `source` says and else by guess.
///
/// # Errors
/// When the bytes are no text, are empty, leave a quote open, or are more than
/// [`limits`](super::limits) allow.
pub fn read_text(bytes: &[u8], source: &SourceMapping) -> Result<RawBook, ReadTableError> {
    let decoded = decode(bytes, source.encoding.as_deref())?;
    let text = &*decoded.text;
    if text.trim().is_empty() {
        return Err(ReadTableError::Empty);
    }
    let mut notices = Notices::default();
    if let Some(line) = decoded.damaged {
        let encoding = &decoded.encoding;
        notices.add(Place { line, ..Place::default() }, TableNoticeKind::Encoding, || {
            format!("bytes from here on are not {encoding}: they are read as \u{fffd}")
        });
    }
    let (format, sheet) = match layout(text, source)? {
        Layout::Separated(format, delimiter) => (format, separated(text, delimiter, source.quotes.unwrap_or(true))?),
        Layout::Set(Setting::Spaces) => (Format::Spaces, spaced(text)?),
        Layout::Set(Setting::Fixed(cuts)) => (Format::Fixed, fixed(text, &cuts, source.widths.is_empty())?),
    };
    Ok(RawBook { format, encoding: Some(decoded.encoding), sheets: vec![sheet], notices })
}

enum Layout {
    Separated(Format, u8),
    Set(Setting),
}

fn layout(text: &str, source: &SourceMapping) -> Result<Layout, ReadTableError> {
    if !source.widths.is_empty() {
        return Ok(Layout::Set(Setting::Fixed(cuts_of(&source.widths))));
    }
    let quotes = source.quotes.unwrap_or(true);
    let format = match source.format {
        Some(Format::Spaces) => return Ok(Layout::Set(Setting::Spaces)),
        Some(Format::Fixed) => None,
        Some(format) => Some(format),
        None => dialect::separator(text, quotes, source.decimal),
    };
    if let Some(format) = format
        && let Some(delimiter) = format.delimiter()
    {
        return Ok(Layout::Separated(format, delimiter));
    }
    let decimal = source.decimal.unwrap_or_else(|| {
        let mut evidence = DecimalEvidence::default();
        dialect::head(text).lines().flat_map(blanks::tokens).for_each(|token| evidence.add(token));
        evidence.verdict()
    });
    let rules = Rules::new(decimal, source.thousands, &source.nulls);
    blanks::setting(text, &rules).map(Layout::Set).ok_or(ReadTableError::NoTable)
}

/// Returns where columns of these widths end; the last one goes on to the end of the line.
fn cuts_of(widths: &[u32]) -> Vec<usize> {
    let mut place = 0_usize;
    let ends = widths.iter().map(|&width| {
        place = place.saturating_add(width as usize);
        place
    });
    ends.take(widths.len() - 1).collect()
}

fn separated(text: &str, delimiter: u8, quotes: bool) -> Result<RawSheet, ReadTableError> {
    let mut sheet = RawSheet::default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(quotes)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut lines = LineCounter::new(text);
    // The text is UTF-8 and comes from memory, so no read fails.
    while reader.read_record(&mut record).unwrap_or(false) {
        let start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        let line = lines.line_of_row(start);
        for cell in &record {
            sheet.push(cell_value(cell))?;
        }
        let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        if quotes && lines.is_open_quote(start, end, delimiter) {
            return Err(ReadTableError::OpenQuote { line });
        }
        sheet.end_row(line)?;
    }
    Ok(sheet)
}

fn cell_value(cell: &str) -> Value<'_> {
    if cell.is_empty() { Value::Empty } else { Value::Text(cell) }
}

/// Counts lines along a text, forwards only.
struct LineCounter<'a> {
    text: &'a [u8],
    at: usize,
    line: u32,
}

impl<'a> LineCounter<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), at: 0, line: 1 }
    }

    /// Returns the line of the row that begins at `start` or behind the line ends there: the
    /// reader takes the end of the row before for the beginning of the next.
    fn line_of_row(&mut self, start: usize) -> u32 {
        let rest = self.text.get(start..).unwrap_or_default();
        let skipped = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let to = start + skipped;
        let passed = self.text.get(self.at..to).unwrap_or_default();
        // A lone CR ends a row too, so it ends a line.
        let behind = self.text.get(self.at + 1..).unwrap_or_default().iter().chain(std::iter::once(&0));
        let lone = |(byte, next): &(&u8, &u8)| **byte == b'\n' || (**byte == b'\r' && **next != b'\n');
        let lines = passed.iter().zip(behind).filter(lone).count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.at = to;
        self.line
    }

    /// Whether the row in `start..end` swallowed what follows because a quote is never closed.
    fn is_open_quote(&self, start: usize, end: usize, delimiter: u8) -> bool {
        let row = self.text.get(start..end).unwrap_or_default().trim_ascii();
        let lines = row.iter().filter(|&&byte| byte == b'\n').count();
        lines > MAX_LINES_OF_A_CELL || (end >= self.text.len() && ends_in_quotes(row, delimiter))
    }
}

/// Whether a row ends within quotes.
fn ends_in_quotes(row: &[u8], delimiter: u8) -> bool {
    let (mut quoted, mut closed, mut at_start) = (false, false, true);
    for &byte in row {
        let quote = byte == b'"';
        // The second of a doubled quote opens again what the first one closed.
        let opens = quote && !quoted && (at_start || closed);
        closed = quote && quoted;
        quoted = opens || (quoted && !closed);
        at_start = !quoted && (byte == delimiter || byte == b'\n');
    }
    quoted
}

fn spaced(text: &str) -> Result<RawSheet, ReadTableError> {
    let mut sheet = RawSheet::default();
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() {
            continue;
        }
        for token in blanks::tokens(line) {
            sheet.push(cell_value(token))?;
        }
        sheet.end_row(number)?;
    }
    Ok(sheet)
}

/// Cuts lines at places. Where these are `guessed`, a line with a value across one is noted; given
/// ones may well part values without a blank between.
fn fixed(text: &str, cuts: &[usize], guessed: bool) -> Result<RawSheet, ReadTableError> {
    let mut sheet = RawSheet::default();
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() {
            continue;
        }
        let (cells, torn) = blanks::slices(line, cuts);
        if torn && guessed {
            sheet.torn.insert(number);
        }
        for cell in cells {
            sheet.push(cell_value(cell))?;
        }
        sheet.end_row(number)?;
    }
    Ok(sheet)
}
