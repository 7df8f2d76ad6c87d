//! [`Mapping`]: what a person says about a file's tables; what is left out is guessed.
//!
//! Written and read as TOML, so that one made for a supplier's files serves for the next ones.
//! Columns are named as the header has them, or by number where names are missing or repeat.
//! `docs/tables.md` documents the form.

mod file;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use super::number::Decimal;
use super::sheet::Format;
use crate::ingest::datetime::Order;

/// What is known about a file's tables.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    /// How the file is laid out and how its values are spelled.
    pub source: SourceMapping,
    /// Its tables. Empty: every sheet that holds one, as guessed.
    pub tables: Vec<TableMapping>,
}

/// How a file is laid out and how its values are spelled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceMapping {
    /// How cells are laid out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Encoding of a text file, e.g. `windows-1251`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Widths in characters of the columns of a fixed-width file; the last one goes on to the end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub widths: Vec<u32>,
    /// Whether quotes hold cells together; they do unless this is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quotes: Option<bool>,
    /// The decimal sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<Decimal>,
    /// The sign between groups of thousands; without it such numbers are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thousands: Option<char>,
    /// Further spellings of "no value": texts or numbers.
    /// Further spellings of "no value": texts or numbers.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "file::texts_or_numbers")]
    pub nulls: Vec<String>,
    /// The order of day and month where the dates do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<Order>,
    /// What local times are ahead of UTC, in minutes; times that name their zone are exempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utc_offset_minutes: Option<i32>,
    /// Whether an apostrophe before a formula sign is kept; it is taken off otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_apostrophes: Option<bool>,
}

/// One table of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableMapping {
    /// Line of the mapping file it begins at, for messages; 0 when it was not read from one.
    pub at: u32,
    /// The sheet it is on; `None` for the first, or the only one.
    pub sheet: Option<String>,
    /// Whether the sheet is passed over.
    pub skip: bool,
    /// What the table holds.
    pub kind: Option<TableKind>,
    /// The name of the well, where no column has it.
    pub well: Option<String>,
    /// 1-based lines of the header; the last one has the names. Empty list: none.
    pub header_rows: Option<Vec<u32>>,
    /// 1-based line of the units; 0: none.
    pub unit_row: Option<u32>,
    /// 1-based line of the first row of data.
    pub first_row: Option<u32>,
    /// 1-based line of the last row of data.
    pub last_row: Option<u32>,
    /// Whether columns that are not listed are left out.
    pub only_listed: bool,
    /// Columns, in any order.
    pub columns: Vec<ColumnMapping>,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnMapping {
    /// Line of the mapping file it begins at, for messages; 0 when it was not read from one.
    pub at: u32,
    /// Which column.
    pub column: ColumnRef,
    /// What it is for.
    pub role: Option<Role>,
    /// What it is called from now on.
    pub name: Option<String>,
    /// Its unit, instead of the header's.
    pub unit: Option<String>,
    /// What its cells are.
    pub values: Option<ColumnType>,
    /// Whether empty cells repeat the one above.
    pub fill_down: bool,
}

/// Which column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ColumnRef {
    /// Its number, from 1.
    Number(u32),
    /// Its name as the header has it, with or without its unit, in any case.
    Name(String),
}

impl Default for ColumnRef {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl fmt::Display for ColumnRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Name(name) => name.fmt(formatter),
        }
    }
}

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableKind {
    /// Curves along depth.
    Log,
    /// Curves along time.
    Time,
    /// A deviation survey: measured depth, inclination, azimuth.
    Deviation,
    /// Formation tops: names at depths.
    Tops,
    /// Measurements on core samples at depths.
    Core,
    /// Anything else.
    Table,
}

impl TableKind {
    /// Returns the word for it, as in a mapping.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Time => "time",
            Self::Deviation => "deviation",
            Self::Tops => "tops",
            Self::Core => "core",
            Self::Table => "table",
        }
    }
}

impl fmt::Display for TableKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The depth or time that the others are measured against. Dates and times become seconds.
    Index,
    /// The date of an index whose time of day stands in a column of its own.
    Date,
    /// The time of day that goes with a date.
    Clock,
    /// The name of the well; splits the table.
    Well,
    /// The identifier of the well; splits the table.
    Uwi,
    /// Inclination of a deviation survey.
    Inclination,
    /// Azimuth of a deviation survey.
    Azimuth,
    /// The name of a formation top.
    Top,
    /// Values.
    Curve,
    /// Nothing: left out.
    Skip,
}

impl Role {
    /// Returns the word for it, as in a mapping.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Date => "date",
            Self::Clock => "clock",
            Self::Well => "well",
            Self::Uwi => "uwi",
            Self::Inclination => "inclination",
            Self::Azimuth => "azimuth",
            Self::Top => "top",
            Self::Curve => "curve",
            Self::Skip => "skip",
        }
    }
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Numbers; a text among them is reported and becomes null.
    Number,
    /// Text as delivered.
    Text,
    /// Dates, times or both.
    Datetime,
    /// Days since 1900 as spreadsheets count them.
    Serial,
}
