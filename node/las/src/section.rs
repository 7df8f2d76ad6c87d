//! Text → sections: finds the titles, what each one means and which text is below it.
//!
//! Nothing below a title is looked at, so that the rows of a large file cost no more than the
//! search for the next `~`.

use memchr::{memchr_iter, memrchr2};

use crate::error::ReadError;
use crate::limits::MAX_HEADER_LINES;
use crate::lines::{Lines, line_ends, trim};
use crate::model::SectionKind;

#[cfg(test)]
mod tests;

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
    /// Rows: `~A` or `~Log_Data`.
    Data,
    /// Rows of a LAS 3 data set other than the log.
    OtherData,
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

/// What was found so far, to judge titles that say little.
#[derive(Debug, Default)]
struct Seen {
    known: bool,
    kinds: Vec<SectionKind>,
    data: bool,
}

/// The words of the standard by their first letters; the standard only asks for the first one.
const WORDS: [(&str, Option<SectionKind>); 6] = [
    ("VER", Some(SectionKind::Version)),
    ("WEL", Some(SectionKind::Well)),
    ("CUR", Some(SectionKind::Curve)),
    ("PAR", Some(SectionKind::Parameter)),
    ("OTH", Some(SectionKind::Other)),
    ("ASC", None),
];

impl Seen {
    /// Returns what the section titled `title` is, and whether that is a guess.
    fn classify(&mut self, title: &str) -> (Role, bool) {
        let text = title.strip_prefix('~').unwrap_or(title);
        let detached = text.starts_with(char::is_whitespace);
        let text = text.trim_start();
        let word = text.split(|c: char| c.is_whitespace() || matches!(c, '|' | '[')).next();
        let word = word.unwrap_or_default().to_ascii_uppercase();
        let (role, guessed) = if let Some(role) = las3_role(&word) {
            (role, false)
        } else if let Some(role) = self.standard_role(&word, detached) {
            (role, false)
        } else if detached && !self.data && self.kinds.contains(&SectionKind::Curve) {
            (Role::Data, true)
        } else if text.contains('|') {
            (Role::OtherData, false)
        } else {
            (Role::Header(SectionKind::Custom), false)
        };
        match role {
            Role::Data => self.data = true,
            Role::Header(kind) => self.kinds.push(kind),
            Role::OtherData => {}
        }
        let known = !matches!(role, Role::Header(SectionKind::Custom | SectionKind::Other));
        self.known = self.known || known;
        (role, guessed)
    }

    /// Returns the role of a title of LAS 1.2 and 2.0.
    fn standard_role(&self, word: &str, detached: bool) -> Option<Role> {
        let letter = word.get(..1)?;
        let (stem, kind) = WORDS.into_iter().find(|(stem, _)| stem.starts_with(letter))?;
        // `~Perforations` after a `~Parameter` is no second one, though the letter says so;
        // and after `~ ` only a word of the standard is a title, other words are curve names.
        let certain = word.len() == 1 || word.starts_with(stem);
        let taken = kind.map_or(self.data, |kind| self.kinds.contains(&kind));
        let role = kind.map_or(Role::Data, Role::Header);
        (certain || !(taken || detached)).then_some(role)
    }
}

/// Returns the role of a title such as `Log_Data`, `Core_Definition` or `Phase_data_RMDATA`.
fn las3_role(word: &str) -> Option<Role> {
    let (root, parts) = word.split_once('_')?;
    if root.is_empty() || WORDS.iter().any(|(stem, _)| root.starts_with(stem)) {
        return None;
    }
    let has = |stem: &str| parts.split('_').any(|part| part.starts_with(stem));
    let log = root == "LOG";
    if has("DEFINITION") {
        Some(Role::Header(if log { SectionKind::Curve } else { SectionKind::Custom }))
    } else if has("PARAMETER") {
        Some(Role::Header(if log { SectionKind::Parameter } else { SectionKind::Custom }))
    } else if has("DATA") {
        Some(if log { Role::Data } else { Role::OtherData })
    } else {
        None
    }
}
