//! What a row is: the first rows, the header's flags and the number of curves → [`Layout`].
//!
//! Flags are wrong often enough that the rows have the last word; every deviation is reported.

use crate::data::cell::{Cell, classify};
use crate::data::table::Source;
use crate::data::token::{Token, is_skipped, split};
use crate::data::{fit, quoted};
use crate::error::ReadError;
use crate::limits::MAX_COLUMNS;
use crate::lines::{Line, Lines};
use crate::model::{Delimiter, NoticeKind};
use crate::nulls::Nulls;
use crate::report::Reporter;

mod wrapping;

pub(crate) use wrapping::Wrapping;

/// Rows looked at, at least; of wrapped files as many lines as two rows can have.
const SAMPLE_LINES: usize = 256;

/// Lines looked at even when they are long.
const LEAST_LINES: usize = 32;

/// Bytes after which no more lines are looked at.
const SAMPLE_BYTES: usize = 1 << 20;

/// What a row is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    /// What separates values.
    pub(crate) delimiter: Delimiter,
    /// Values of a complete row.
    pub(crate) width: usize,
    /// Columns of the data set: the width, or the number of curves when that is more.
    pub(crate) columns: usize,
    /// How a row runs over several lines, if it does.
    pub(crate) wrapping: Option<Wrapping>,
    /// Where the values end within a line, when that is the same in all rows; else empty.
    pub(crate) edges: Vec<usize>,
    /// Whether the index is text, such as a date.
    pub(crate) index_is_text: bool,
    /// Whether quoted items may run over line ends.
    pub(crate) joins_quotes: bool,
    /// Whether every line begins with a tab that separates nothing.
    pub(crate) leads_with_tab: bool,
    /// Bytes of an average line with its end, to estimate the number of rows.
    pub(crate) line_bytes: usize,
}

/// Decides what a row is; `None` when there are no rows.
///
/// # Errors
///
/// [`ReadError::TooLarge`], and [`ReadError::StrictViolation`] when strict.
pub(crate) fn find(source: &Source<'_>, nulls: &Nulls, reporter: &mut Reporter) -> Result<Option<Layout>, ReadError> {
    let lines = first_lines(source);
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Ok(None) };
    let sample_bytes = last.start + last.bytes.len() - first.start;
    let mut sample = Sample { source, nulls, lines: &lines, delimiter: Delimiter::Space };
    sample.delimiter = sample.find_delimiter(reporter)?;
    let counts = sample.counts(sample.delimiter);
    let wrapping = wrapping::find(source, &counts, reporter)?;
    let width = match &wrapping {
        Some((_, width)) => *width,
        None => sample.width(&counts, reporter)?,
    };
    if width > MAX_COLUMNS {
        return Err(ReadError::TooLarge { what: "columns", limit: MAX_COLUMNS, line: first.number });
    }
    let mut layout = Layout {
        delimiter: sample.delimiter,
        width,
        columns: width.max(source.curves.len()),
        wrapping: wrapping.map(|(wrapping, _)| wrapping),
        edges: Vec::new(),
        index_is_text: source.is_text(0) || sample.index_is_text(&counts, width),
        joins_quotes: source.is_3,
        leads_with_tab: sample.leads_with_tab(sample.delimiter),
        line_bytes: sample_bytes / lines.len() + 1,
    };
    if layout.wrapping.is_none() && layout.delimiter == Delimiter::Space {
        layout.edges = sample.edges(width);
    }
    Ok(Some(layout))
}

/// Returns the first lines that may be rows.
fn first_lines<'a>(source: &Source<'a>) -> Vec<Line<'a>> {
    let most = SAMPLE_LINES.max(source.curves.len() * 2 + 2);
    let text = source.text.as_bytes();
    let mut lines = Lines::new(text, source.line);
    let mut first = Vec::new();
    while let Some(line) = lines.find(|line| !is_skipped(line.bytes)) {
        if first.len() >= most || first.len() >= LEAST_LINES && line.start >= SAMPLE_BYTES {
            break;
        }
        let joins = source.is_3;
        first.push(if joins { quoted::join(text, line, &mut lines, source.version.delimiter) } else { line });
    }
    first
}

/// The first rows.
struct Sample<'a> {
    source: &'a Source<'a>,
    nulls: &'a Nulls,
    lines: &'a [Line<'a>],
    delimiter: Delimiter,
}

impl Sample<'_> {
    fn text(&self) -> &[u8] {
        self.source.text.as_bytes()
    }

    /// Returns the number of values of each line, after taking apart what is glued together.
    fn counts(&self, delimiter: Delimiter) -> Vec<usize> {
        let expected = self.source.curves.len();
        let leads_with_tab = self.leads_with_tab(delimiter);
        let mut tokens = Vec::new();
        let count = |line: &Line<'_>| {
            tokens.clear();
            split(line, delimiter, &mut tokens);
            fit::drop_leading_tab(leads_with_tab, &mut tokens);
            fit::drop_empty_end(delimiter, expected, &mut tokens);
            fit::split_runs(self.text(), self.nulls, expected, &mut tokens);
            tokens.len()
        };
        self.lines.iter().map(count).collect()
    }

    /// Returns whether every line begins with a tab. An index is never empty, so that tab is not
    /// behind one.
    fn leads_with_tab(&self, delimiter: Delimiter) -> bool {
        let begins = |line: &Line<'_>| line.bytes.iter().find(|&&byte| byte != b' ') == Some(&b'\t');
        delimiter == Delimiter::Tab && self.source.has_index && self.lines.iter().all(begins)
    }

    /// Returns the delimiter that makes most rows fit; the declared one unless another does
    /// better for most of them.
    fn find_delimiter(&self, reporter: &mut Reporter) -> Result<Delimiter, ReadError> {
        let declared = self.source.version.delimiter;
        let others = [Delimiter::Space, Delimiter::Tab, Delimiter::Comma];
        let curves = self.source.curves.len();
        let fitting = |delimiter| self.counts(delimiter).iter().filter(|&&c| c == curves).count();
        let found = if curves >= 2 {
            let of_declared = fitting(declared);
            let better = others.into_iter().find(|&other| {
                let fits = fitting(other);
                fits > of_declared && fits * 2 > self.lines.len()
            });
            if of_declared == self.lines.len() { declared } else { better.unwrap_or(declared) }
        } else if curves == 0 && declared == Delimiter::Space && self.holds_comma_lists() {
            Delimiter::Comma
        } else {
            declared
        };
        if found != declared {
            let line = self.lines.first().map_or(0, |line| line.number);
            reporter.add(line, 0, NoticeKind::Delimiter, || {
                format!("rows are delimited by {} though DLM says {}", found.word(), declared.word())
            })?;
        }
        Ok(found)
    }

    /// Returns whether every line is the same number of numbers with commas between them.
    fn holds_comma_lists(&self) -> bool {
        let mut counts = self.counts(Delimiter::Comma);
        counts.dedup();
        let mut tokens = Vec::new();
        counts.len() == 1
            && counts.first().is_some_and(|&count| count >= 2)
            && self.lines.iter().all(|line| {
                tokens.clear();
                split(line, Delimiter::Comma, &mut tokens);
                tokens.iter().all(|token| !self.is_text(token, Delimiter::Comma))
            })
    }

    fn is_text(&self, token: &Token, delimiter: Delimiter) -> bool {
        classify(token, self.text(), delimiter, self.nulls) == Cell::Text
    }

    /// Returns the number of values of a row that stands on one line.
    fn width(&self, counts: &[usize], reporter: &mut Reporter) -> Result<usize, ReadError> {
        let curves = self.source.curves.len();
        let usual = most_common(counts);
        let fitting = counts.iter().filter(|&&count| count == curves).count();
        // The last line may be torn, so it does not make rows inconsistent.
        let whole = counts.split_last().map_or(counts, |(_, rest)| rest);
        let consistent = whole.iter().all(|&count| count == usual) && usual != curves;
        if curves > 0 && (fitting * 2 > counts.len() || !consistent) {
            return Ok(curves);
        }
        let line = self.lines.first().map_or(0, |line| line.number);
        if usual < curves {
            reporter.add(line, 0, NoticeKind::MissingColumns, || {
                format!("rows have {usual} values for {curves} curves, the last curves are empty")
            })?;
        } else {
            reporter.add(line, 0, NoticeKind::ExtraColumns, || {
                format!("rows have {usual} values for {curves} curves, the rest is called UNKNOWN")
            })?;
        }
        Ok(usual)
    }

    /// Returns whether the index of most complete rows is text.
    fn index_is_text(&self, counts: &[usize], width: usize) -> bool {
        let mut tokens = Vec::new();
        let (mut texts, mut complete) = (0, 0);
        for (line, _) in self.lines.iter().zip(counts).filter(|&(_, &count)| count == width) {
            tokens.clear();
            split(line, self.delimiter, &mut tokens);
            fit::drop_leading_tab(self.leads_with_tab(self.delimiter), &mut tokens);
            complete += 1;
            texts += usize::from(tokens.first().is_some_and(|t| self.is_text(t, self.delimiter)));
        }
        texts * 2 > complete
    }

    /// Returns where values end in all complete rows, if there are two and they agree.
    fn edges(&self, width: usize) -> Vec<usize> {
        let mut common: Option<Vec<usize>> = None;
        let mut complete = 0;
        let mut tokens = Vec::new();
        for line in self.lines {
            tokens.clear();
            split(line, self.delimiter, &mut tokens);
            if tokens.len() != width {
                continue;
            }
            complete += 1;
            let mut ends = tokens.iter().map(|token| token.end - line.start);
            match &common {
                None => common = Some(ends.collect()),
                Some(edges) if !ends.by_ref().eq(edges.iter().copied()) => return Vec::new(),
                Some(_) => {}
            }
        }
        common.filter(|_| complete >= 2).unwrap_or_default()
    }
}

/// Returns the most common number; of equally common ones the larger.
fn most_common(counts: &[usize]) -> usize {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    let groups = sorted.chunk_by(|a, b| a == b);
    groups.max_by_key(|group| group.len()).and_then(|group| group.first()).copied().unwrap_or(0)
}
