//! [`WriteError`]: why a file cannot be written, where, and what to do about it.

use std::io;

use thiserror::Error;

/// Why a file cannot be written. Rows count from 1.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Writing failed.
    #[error("the file cannot be written")]
    Io(#[from] io::Error),
    /// There is no data set, or not the one asked for.
    #[error("there is no such data set to write: choose one of those the file has")]
    NoData,
    /// A data set has no rows or no columns.
    #[error("nothing to write, the data set has no rows or no columns: {set}")]
    Empty {
        /// The name of the data set.
        set: String,
    },
    /// The columns of a data set differ in length.
    #[error("column {column} has {found} rows where the data set has {expected}: {set}")]
    Uneven {
        /// The name of the data set.
        set: String,
        /// The mnemonic of the column.
        column: String,
        /// Its rows.
        found: usize,
        /// The rows of the data set.
        expected: usize,
    },
    /// More columns than are read again.
    #[error("a data set with {found} columns, at most {limit} are read again: write fewer")]
    TooManyColumns {
        /// Columns of the data set.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// Wrapped rows where there are none.
    #[error("wrapped rows are of LAS 1.2 and 2.0, delimited by blanks: write them unwrapped")]
    Wrapped,
    /// A spelling of no value that cannot stand in a row.
    #[error("this cannot stand for no value in a row, use a number such as -999.25: '{text}'")]
    Null {
        /// The spelling.
        text: String,
    },
    /// A value that would be read as none.
    #[error("row {row} of {column} has the value {null}, which stands for no value: choose another null")]
    NullIsValue {
        /// The mnemonic of the column.
        column: String,
        /// The row.
        row: usize,
        /// The spelling of no value.
        null: String,
    },
    /// A number that no LAS file can hold.
    #[error("row {row} of {column} is infinite, which LAS cannot say: write it as null")]
    Infinite {
        /// The mnemonic of the column.
        column: String,
        /// The row.
        row: usize,
    },
    /// A value that would be read as another, or get into another column.
    #[error("row {row} of {column} {why}: choose another delimiter or version, or leave out the column")]
    Value {
        /// The mnemonic of the column.
        column: String,
        /// The row.
        row: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A line of the header that would be read as something else.
    #[error("this line of the header would not be read as it is meant, correct it: {section}: {line}")]
    HeaderLine {
        /// The title of the section.
        section: String,
        /// The line, shortened.
        line: String,
    },
    /// A beginning that would be taken for another encoding.
    #[error(
        "the file would begin like one of another encoding: remove zero bytes and byte order marks from its first lines"
    )]
    Encoding,
    /// A section that would be read as something else.
    #[error("this section would not be read as what it is, give it another title: {title}")]
    Section {
        /// The title.
        title: String,
    },
}
