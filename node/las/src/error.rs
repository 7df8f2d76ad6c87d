//! [`ReadError`]: why a file cannot be read, where, and what to do about it.
//!
//! Oddities that can be told apart from damage are not here: they are notices of the report,
//! unless reading is strict.

use thiserror::Error;

use crate::model::NoticeKind;

/// Why a file cannot be read. Lines are 1-based; 0 where the whole file is meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file has no bytes, or only blanks.
    #[error("the file is empty: fetch it again from its source")]
    Empty,
    /// A point cloud of the other format called LAS.
    #[error("a LiDAR point cloud, not a well log: choose a Log ASCII Standard file")]
    Lidar,
    /// No section of the standard was found.
    #[error("not a LAS file, no ~V, ~W, ~C or ~A section found: choose a Log ASCII Standard file")]
    NotLas,
    /// There is a header and nothing else.
    #[error("no data rows{}: ask for the complete file", place_of_rows(*line))]
    NoData {
        /// The title of the empty `~A`, or 0 when there is none.
        line: u32,
    },
    /// The last row is incomplete; only when strict.
    #[error(
        "line {line}: the last row has {found} of {expected} values: fetch the complete file, or read it without strict"
    )]
    Truncated {
        /// Where the row begins.
        line: u32,
        /// Values found.
        found: usize,
        /// Values of a complete row.
        expected: usize,
    },
    /// Wrapped rows that cannot be told apart any more.
    #[error(
        "line {line}: a wrapped row has {found} values instead of {expected} and nothing tells where the next one begins: correct it, or export the file unwrapped"
    )]
    WrappedRow {
        /// Where the row begins.
        line: u32,
        /// Values found.
        found: usize,
        /// Values of a complete row.
        expected: usize,
    },
    /// The first notice; only when strict.
    #[error("line {line}, column {column}: {message} ({kind}): correct it, or read without strict")]
    StrictViolation {
        /// The line.
        line: u32,
        /// 1-based column in characters; 0 when the whole line is meant.
        column: u32,
        /// What kind of oddity.
        kind: NoticeKind,
        /// What was found.
        message: String,
    },
    /// More of something than is read.
    #[error("line {line}: more than {limit} {what}: split the file, or correct the header")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// Where it was passed.
        line: u32,
    },
    /// [`ReadOptions::encoding`](crate::ReadOptions::encoding) is not a known name.
    #[error("unknown encoding, use a name such as utf-8, windows-1252 or windows-1251: {name}")]
    UnknownEncoding {
        /// The name as given.
        name: String,
    },
}

/// Names the title that has nothing below it.
fn place_of_rows(line: u32) -> String {
    if line == 0 { ", there is no ~A section".to_owned() } else { format!(" below line {line}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_where_and_what_to_do() {
        assert_eq!(ReadError::NoData { line: 20 }.to_string(), "no data rows below line 20: ask for the complete file");
        assert!(ReadError::NoData { line: 0 }.to_string().starts_with("no data rows, there is no ~A section: "));
        assert!(ReadError::Lidar.to_string().starts_with("a LiDAR point cloud, not a well log"));
    }
}
