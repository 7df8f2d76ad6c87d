//! What was odd about a file: [`ImportReport`], [`Notice`], [`NoticeKind`].

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// A data section that names a definition the file does not have.
    SectionName,
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
    /// A text in quotes that runs over line ends.
    QuotedLines,
    /// A comment among the rows that is not kept.
    Comment,
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
            Self::SectionName => "section-name",
            Self::HeaderLine => "header-line",
            Self::HeaderOrder => "header-order",
            Self::NamesDiffer => "names-differ",
            Self::MissingColumns => "missing-columns",
            Self::ExtraColumns => "extra-columns",
            Self::ShortRow => "short-row",
            Self::LongRow => "long-row",
            Self::StrayLine => "stray-line",
            Self::QuotedLines => "quoted-lines",
            Self::Comment => "comment",
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
