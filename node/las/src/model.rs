//! What a LAS file says, as values: [`LogFile`] and the [`ImportReport`] beside it.
//!
//! The types are wide enough for every dialect (1.2, 2.0, 3.0): a file holds any number of data
//! sets, a column is numbers or text, and everything odd is located in the report.
//! Nothing here interprets units or names; that is the importer's work.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One parsed LAS file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LogFile {
    /// The `~V` section, with the flags that steer reading.
    pub version: Version,
    /// Header sections in file order (`~V`, `~W`, `~P`, `~C`, `~O` and any others); `~A` is not
    /// among them. Text before the first title is a section without a title.
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

/// A header section.
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

/// The kind of a section, by its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SectionKind {
    /// `~V`
    Version,
    /// `~W`
    Well,
    /// `~C`
    Curve,
    /// `~P`
    Parameter,
    /// `~O`
    #[default]
    Other,
    /// Any title the standard does not know; kept as delivered.
    Custom,
}

/// One header line: `MNEM.UNIT VALUE : DESCRIPTION`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HeaderItem {
    /// The mnemonic as delivered, blanks trimmed.
    pub mnemonic: String,
    /// The unit as delivered; empty when there is none.
    pub unit: String,
    /// The value as text, never reformatted.
    /// For LAS 1.2 `~W` lines value and description are already put in this order.
    pub value: String,
    /// The description.
    pub description: String,
    /// 1-based line number.
    pub line: u32,
    /// The whole line as delivered, without its line end.
    pub raw: String,
}

/// One data set: the curves that share one index, i.e. one `~A`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DataSet {
    /// Columns in file order; the first is the index. All have the same number of rows.
    pub columns: Vec<Column>,
    /// Number of rows.
    pub rows: usize,
    /// 1-based line of the section title.
    pub line: u32,
}

/// One column of a data set with the header line that defines it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Column {
    /// The `~C` line; made up (`UNKNOWN`) when the data has more columns than `~C` has lines.
    pub definition: HeaderItem,
    /// The values.
    pub values: Values,
}

/// The values of a column. A slot without a value is null: NaN among numbers, `None` among text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Values {
    /// IEEE doubles exactly as the text says; a null is NaN (a file cannot deliver NaN as a value).
    Number(Vec<f64>),
    /// Text as delivered; `None` is null.
    Text(Vec<Option<String>>),
}

impl Default for Values {
    fn default() -> Self {
        Self::Number(Vec::new())
    }
}

/// Everything odd that was seen while reading, located.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportReport {
    /// Notices in file order; at most [`ImportReport::MAX_NOTICES`] are kept per kind.
    pub notices: Vec<Notice>,
    /// How many notices of all kinds were seen, also those not kept.
    pub seen: u64,
}

impl ImportReport {
    /// Notices kept per kind; the rest are only counted.
    pub const MAX_NOTICES: usize = 100;
}

/// One oddity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// 1-based line number; 0 when it concerns the whole file.
    pub line: u32,
    /// 1-based column in characters; 0 when it concerns the whole line.
    pub column: u32,
    /// What kind of oddity.
    pub kind: NoticeKind,
    /// What was found and what was done about it, lower case, no full stop.
    pub message: String,
}

/// The kinds of oddities. The [`Display`](fmt::Display) form and the serialised one are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NoticeKind {
    /// Bytes that do not belong to the encoding; they became U+FFFD.
    Encoding,
    /// `VERS` is missing or not a number.
    Version,
    /// `WRAP` is missing, or does not say what the rows are like.
    WrapFlag,
    /// `DLM` is unknown, or does not say what the rows are like.
    Delimiter,
    /// `NULL` is missing from `~W`, or is zero.
    NullValue,
    /// A title that only its place tells the meaning of.
    SectionTitle,
    /// A section that stands where the standard does not allow it, or stands twice.
    SectionOrder,
    /// A data section that is not read.
    SectionSkipped,
    /// A line of a header section that is not a header line.
    HeaderLine,
    /// `~W` of LAS 1.2 with values before the colon, as in 2.0.
    HeaderOrder,
    /// Names on the `~A` line that contradict `~C`.
    NamesDiffer,
    /// Rows consistently hold fewer values than `~C` has lines.
    MissingColumns,
    /// Rows consistently hold more values than `~C` has lines.
    ExtraColumns,
    /// A row with too few values.
    ShortRow,
    /// A row with too many values.
    LongRow,
    /// A line among the rows that is no row.
    StrayLine,
    /// The last row is incomplete.
    Truncated,
    /// Values without a blank between them, taken apart.
    RunOn,
    /// A comma as decimal sign.
    DecimalComma,
    /// A spelling of "no value" other than the header's `NULL`.
    NullSpelling,
    /// A number too large for a double.
    NumberRange,
    /// A column that holds text.
    TextColumn,
    /// An index that changes its direction where rows cannot be told apart otherwise.
    IndexOrder,
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Encoding => "encoding",
            Self::Version => "version",
            Self::WrapFlag => "wrap-flag",
            Self::Delimiter => "delimiter",
            Self::NullValue => "null-value",
            Self::SectionTitle => "section-title",
            Self::SectionOrder => "section-order",
            Self::SectionSkipped => "section-skipped",
            Self::HeaderLine => "header-line",
            Self::HeaderOrder => "header-order",
            Self::NamesDiffer => "names-differ",
            Self::MissingColumns => "missing-columns",
            Self::ExtraColumns => "extra-columns",
            Self::ShortRow => "short-row",
            Self::LongRow => "long-row",
            Self::StrayLine => "stray-line",
            Self::Truncated => "truncated",
            Self::RunOn => "run-on",
            Self::DecimalComma => "decimal-comma",
            Self::NullSpelling => "null-spelling",
            Self::NumberRange => "number-range",
            Self::TextColumn => "text-column",
            Self::IndexOrder => "index-order",
        })
    }
}
