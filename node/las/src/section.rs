//! Text → sections: finds the titles, what each one means and which text is below it.
//!
//! Nothing below a title is looked at, so that the rows of a large file cost no more than the
//! search for the next `~`.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr_iter, memrchr2};

use self::title::Seen;
use crate::encoding::Text;
use crate::error::ReadError;
use crate::limits::MAX_HEADER_LINES;
use crate::lines::{Lines, is_blank, line_ends, trim};
use crate::model::SectionKind;

#[cfg(test)]
mod tests;
pub(crate) mod title;

/// A section as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawSection<'a> {
    /// The title line from `~`; empty for text before the first title.
    pub(crate) title: Cow<'a, str>,
    /// 1-based line of the title.
    pub(crate) line: u32,
    /// What it is.
    pub(crate) role: Role,
    /// Whether only its place tells what it is.
    pub(crate) guessed: bool,
    /// The lines below the title.
    pub(crate) body: Cow<'a, str>,
}

impl RawSection<'_> {
    /// Returns the number of the first line below the title.
    pub(crate) fn body_line(&self) -> u32 {
        if self.title.is_empty() { self.line } else { self.line.saturating_add(1) }
    }
}

/// What a section is to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Header lines.
    Header(SectionKind),
    /// Header lines that define the columns of a LAS 3 data set other than the log.
    OtherDefinition,
    /// Header lines that are parameters of such a data set.
    OtherParameter,
    /// Rows: `~A` or `~Log_Data`.
    Data,
    /// Rows of a LAS 3 data set other than the log.
    OtherData,
}

impl Role {
    /// Returns the kind of a section of header lines.
    pub(crate) fn header(self) -> Option<SectionKind> {
        match self {
            Self::Header(kind) => Some(kind),
            Self::OtherDefinition | Self::OtherParameter => Some(SectionKind::Custom),
            Self::Data | Self::OtherData => None,
        }
    }

    /// Returns whether its lines define columns.
    pub(crate) fn is_definition(self) -> bool {
        matches!(self, Self::Header(SectionKind::Curve) | Self::OtherDefinition)
    }
}

/// The sections of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sections<'a> {
    /// In file order.
    pub(crate) all: Vec<RawSection<'a>>,
    /// Whether bytes of them were replaced by U+FFFD.
    pub(crate) damaged: bool,
}

/// Splits a text into sections.
/// With `header_only`, stops in front of the first rows and does not touch them.
///
/// # Errors
///
/// [`ReadError::NotLas`], [`ReadError::TooLarge`].
pub(crate) fn split<'a>(text: &'a Text<'_>, header_only: bool) -> Result<Sections<'a>, ReadError> {
    let bytes = text.bytes();
    let mut splitter = Splitter { text, sections: Sections { all: Vec::new(), damaged: false } };
    let mut seen = Seen::default();
    let mut line = 1;
    let mut from = 0;
    for start in memchr_iter(b'~', bytes).filter(|&at| begins_line(bytes, at)) {
        splitter.add_body(from..start);
        let before = bytes.get(from..start).unwrap_or_default();
        line += line_ends(before);
        let title = splitter.piece(title(bytes, start));
        let (role, guessed) = seen.classify(&title);
        splitter.sections.all.push(RawSection { title, line, role, guessed, body: Cow::Borrowed("") });
        if splitter.sections.all.len() > MAX_HEADER_LINES {
            return Err(ReadError::TooLarge { what: "header lines", limit: MAX_HEADER_LINES, line });
        }
        from = start;
        if header_only && role == Role::Data {
            break;
        }
    }
    let stopped = header_only && splitter.sections.all.last().is_some_and(|last| last.role == Role::Data);
    if !stopped && !splitter.sections.all.is_empty() {
        splitter.add_body(from..bytes.len());
    }
    if seen.known { Ok(splitter.sections) } else { Err(ReadError::NotLas) }
}

/// Cuts a text into sections.
struct Splitter<'a, 'b> {
    text: &'a Text<'b>,
    sections: Sections<'a>,
}

impl<'a> Splitter<'a, '_> {
    fn piece(&mut self, range: Range<usize>) -> Cow<'a, str> {
        let (text, damaged) = self.text.piece(range);
        self.sections.damaged |= damaged;
        text
    }

    /// Gives the last section its body, which is below its title in `range`; makes text in front
    /// of the first title a section of its own.
    fn add_body(&mut self, range: Range<usize>) {
        let bytes = self.text.bytes();
        if self.sections.all.is_empty() {
            let before = self.piece(range);
            if !trim(&before).is_empty() {
                let (title, role) = (Cow::Borrowed(""), Role::Header(SectionKind::Other));
                self.sections.all.push(RawSection { title, line: 1, role, guessed: false, body: before });
            }
            return;
        }
        let body = self.piece(below_title(bytes, range));
        if let Some(last) = self.sections.all.last_mut() {
            last.body = body;
        }
    }
}

/// Returns whether only blanks stand between the byte `at` and the line end before it.
fn begins_line(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    let blank = |&byte: &u8| byte <= b' ' && byte != b'\n' && byte != b'\r';
    let blanks = before.iter().rev().take_while(|byte| blank(byte)).count();
    matches!(before.iter().rev().nth(blanks), None | Some(b'\n' | b'\r'))
}

/// Returns where the line is that begins at `start`, without blanks at its end.
fn title(bytes: &[u8], start: usize) -> Range<usize> {
    let line = Lines::new(bytes.get(start..).unwrap_or_default(), 1).next();
    let line = line.map_or(&[][..], |line| line.bytes);
    let blanks = line.iter().rev().take_while(|&&byte| is_blank(byte)).count();
    start..start + line.len() - blanks
}

/// Returns what follows the first line of `range`, up to the last line end.
fn below_title(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let text = bytes.get(range.clone()).unwrap_or_default();
    let below = Lines::new(text, 1).nth(1).map_or(text.len(), |line| line.start);
    let body = text.get(below..).unwrap_or_default();
    // Blanks that stand before the next title on its own line belong to nobody.
    let end = match memrchr2(b'\n', b'\r', body) {
        Some(end) if body.iter().skip(end).all(|&byte| is_blank(byte)) => end + 1,
        _ => body.len(),
    };
    range.start + below..range.start + below + end
}
