//! What a LAS file says, as values: [`LogFile`] and the [`ImportReport`] beside it.
//!
//! The types are wide enough for every dialect (1.2, 2.0, 3.0): a file holds any number of data
//! sets, a column is numbers or text, and everything odd is located in the report.
//! Nothing here interprets units or names; that is the importer's work.

use serde::{Deserialize, Serialize};

mod build;
mod data;
mod format;
pub(crate) mod item;
mod notice;

pub use self::data::{Array, Column, DataSet, RowComment, SetKind, Values};
pub use self::format::{Format, FormatKind};
pub use self::item::HeaderItem;
pub use self::notice::{ImportReport, Notice, NoticeKind};

/// One parsed LAS file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LogFile {
    /// The `~V` section, with the flags that steer reading.
    pub version: Version,
    /// Header sections in file order (`~V`, `~W`, `~P`, `~C`, `~O` and any others); the sections
    /// of rows are not among them. Text before the first title is a section without a title.
    pub sections: Vec<Section>,
    /// The data sets in file order; LAS 1.2 and 2.0 have one, unless a file repeats `~A`.
    pub data: Vec<DataSet>,
    /// How the bytes were decoded, e.g. `utf-8` or `windows-1252`.
    pub encoding: String,
}

/// What the `~V` section declares, as understood.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Version {
    /// `VERS` as written, e.g. `2.0`; empty when missing.
    pub vers: String,
    /// `WRAP`: whether a row may run over several lines.
    pub wrapped: bool,
    /// The column delimiter (`DLM`).
    pub delimiter: Delimiter,
    /// `NULL` of the `~W` section as written; `None` when missing.
    pub null: Option<String>,
}

/// The delimiter between the values of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Delimiter {
    /// Runs of blanks (and tabs): the default.
    #[default]
    Space,
    /// One comma.
    Comma,
    /// One tab.
    Tab,
}

impl Delimiter {
    /// Returns the word for it in a `DLM` line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Space => "SPACE",
            Self::Comma => "COMMA",
            Self::Tab => "TAB",
        }
    }
}

/// A header section.
///
/// Items and other lines are kept apart; [`Section::lines`] gives them in file order. Only empty
/// lines are not kept.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Section {
    /// The title line as written, from `~`.
    pub title: String,
    /// What the section is.
    pub kind: SectionKind,
    /// 1-based line of the title.
    pub line: u32,
    /// Header lines in file order.
    pub items: Vec<HeaderItem>,
    /// Lines that are not header lines (all of `~O`; comments and odd lines elsewhere), with their
    /// 1-based line number.
    pub text: Vec<(u32, String)>,
}

/// A line of a section.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SectionLine<'a> {
    /// A header line.
    Item(&'a HeaderItem),
    /// Any other line, as written.
    Text(&'a str),
}

impl Section {
    /// Returns items and other lines in file order, which is that of their line numbers; where
    /// these are equal, as in a section that was never a file, text comes first.
    pub fn lines(&self) -> impl Iterator<Item = SectionLine<'_>> {
        let (mut items, mut text) = (self.items.iter().peekable(), self.text.iter().peekable());
        std::iter::from_fn(move || match (items.peek(), text.peek()) {
            (Some(item), Some((line, _))) if item.line < *line => items.next().map(SectionLine::Item),
            (Some(_), None) => items.next().map(SectionLine::Item),
            _ => text.next().map(|(_, text)| SectionLine::Text(text)),
        })
    }
}

/// The kind of a section, by its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SectionKind {
    /// `~V`
    Version,
    /// `~W`
    Well,
    /// `~C`, and `~Log_Definition` of LAS 3.0.
    Curve,
    /// `~P`, and `~Log_Parameter` of LAS 3.0.
    Parameter,
    /// `~O`
    #[default]
    Other,
    /// Any other title, kept as delivered. Definitions and parameters of LAS 3.0 data sets other
    /// than the log are among them; [`DataSet::definition`] and [`DataSet::parameters`] say which.
    Custom,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_section_come_in_file_order() {
        let item = |line, name: &str| HeaderItem { line, mnemonic: name.to_owned(), ..HeaderItem::default() };
        let names = |section: &Section| {
            let name = |line: SectionLine<'_>| match line {
                SectionLine::Item(item) => item.mnemonic.clone(),
                SectionLine::Text(text) => text.to_owned(),
            };
            section.lines().map(name).collect::<Vec<_>>().join(" ")
        };
        let text = vec![(2, "#b".to_owned()), (4, "#d".to_owned()), (5, "#e".to_owned())];
        let items = vec![item(1, "A"), item(3, "C"), item(6, "F")];
        assert_eq!(names(&Section { items, text, ..Section::default() }), "A #b C #d #e F");
        let section = Section { items: vec![item(0, "A"), item(0, "B")], ..Section::default() };
        assert_eq!(names(&Section { text: vec![(0, "#".to_owned())], ..section }), "# A B");
    }
}
