//! Text → sections: finds the titles, what each one means and which text is below it.
//!
//! Nothing below a title is looked at, so that the rows of a large file cost no more than the
//! search for the next `~`.

use memchr::{memchr_iter, memrchr2};

use self::title::Seen;
use crate::error::ReadError;
use crate::limits::MAX_HEADER_LINES;
use crate::lines::{Lines, line_ends, trim};
use crate::model::SectionKind;

#[cfg(test)]
mod tests;
pub(crate) mod title;

/// A section as found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawSection<'a> {
    /// The title line from `~`; empty for text before the first title.
    pub(crate) title: &'a str,
    /// 1-based line of the title.
    pub(crate) line: u32,
    /// What it is.
    pub(crate) role: Role,
    /// Whether only its place tells what it is.
    pub(crate) guessed: bool,
    /// The lines below the title.
    pub(crate) body: &'a str,
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

/// Splits a text into sections.
/// With `header_only`, stops in front of the first rows and does not touch them.
///
/// # Errors
///
/// [`ReadError::NotLas`], [`ReadError::TooLarge`].
pub(crate) fn split(text: &str, header_only: bool) -> Result<Vec<RawSection<'_>>, ReadError> {
    let mut sections: Vec<RawSection<'_>> = Vec::new();
    let mut seen = Seen::default();
    let mut line = 1;
    let mut from = 0;
    for start in memchr_iter(b'~', text.as_bytes()).filter(|&at| begins_line(text, at)) {
        let before = text.get(from..start).unwrap_or_default();
        if let Some(previous) = sections.last_mut() {
            previous.body = below_title(before);
        } else if !trim(before).is_empty() {
            let role = Role::Header(SectionKind::Other);
            sections.push(RawSection { title: "", line: 1, role, guessed: false, body: before });
        }
        line += line_ends(before.as_bytes());
        let title = first_line(text.get(start..).unwrap_or_default());
        let (role, guessed) = seen.classify(title);
        sections.push(RawSection { title, line, role, guessed, body: "" });
        if sections.len() > MAX_HEADER_LINES {
            return Err(ReadError::TooLarge { what: "header lines", limit: MAX_HEADER_LINES, line });
        }
        from = start;
        if header_only && role == Role::Data {
            break;
        }
    }
    if let Some(last) = sections.last_mut()
        && !(header_only && last.role == Role::Data)
    {
        last.body = below_title(text.get(from..).unwrap_or_default());
    }
    if seen.known { Ok(sections) } else { Err(ReadError::NotLas) }
}

/// Returns whether only blanks stand between the byte `at` and the line end before it.
fn begins_line(text: &str, at: usize) -> bool {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let blank = |&byte: &u8| byte <= b' ' && byte != b'\n' && byte != b'\r';
    let blanks = before.iter().rev().take_while(|byte| blank(byte)).count();
    matches!(before.iter().rev().nth(blanks), None | Some(b'\n' | b'\r'))
}

/// Returns the first line of `text`, without blanks at its end.
fn first_line(text: &str) -> &str {
    text.split(['\n', '\r']).next().unwrap_or_default().trim_end()
}

/// Returns what follows the first line of `text`, up to the last line end.
fn below_title(text: &str) -> &str {
    let below = Lines::new(text.as_bytes(), 1).nth(1).map_or(text.len(), |line| line.start);
    let body = text.get(below..).unwrap_or_default();
    // Blanks that stand before the next title on its own line belong to nobody.
    match memrchr2(b'\n', b'\r', body.as_bytes()) {
        Some(end) if trim(body.get(end..).unwrap_or_default()).is_empty() => body.get(..=end).unwrap_or(body),
        _ => body,
    }
}
