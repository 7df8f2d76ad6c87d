//! Why a file is not read as a table, or a mapping is not taken.

use super::limits::{
    MAX_CELL_TEXT, MAX_CELLS, MAX_COLUMNS, MAX_LINES_OF_A_CELL, MAX_MAPPING_BYTES, MAX_ROWS, MAX_TEXT_BYTES, MAX_WELLS,
};

/// A file cannot be read as tables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadTableError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is no text.
    #[error("not a table: binary data at byte {at}")]
    Binary {
        /// Where the first byte stands that is in no text.
        at: usize,
    },
    /// There is no encoding of that name.
    #[error("no such encoding, use e.g. utf-8, windows-1252 or ibm866: {name}")]
    UnknownEncoding {
        /// The name given.
        name: String,
    },
    /// The file is larger than [`MAX_TEXT_BYTES`].
    #[error("the file has {bytes} bytes, tables of text are read up to {MAX_TEXT_BYTES}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// More rows than [`MAX_ROWS`].
    #[error("more than {MAX_ROWS} rows: split the file")]
    TooManyRows,
    /// More columns than [`MAX_COLUMNS`].
    #[error("line {line} has more than {MAX_COLUMNS} cells")]
    TooManyColumns {
        /// 1-based line.
        line: u32,
    },
    /// More cells than [`MAX_CELLS`].
    #[error("more than {MAX_CELLS} cells: split the file")]
    TooManyCells,
    /// More text than [`MAX_CELL_TEXT`].
    #[error("more than {MAX_CELL_TEXT} bytes of text in a sheet: split the file")]
    TooMuchText,
    /// A quote is opened and never closed.
    #[error(
        "line {line}: a cell begins with a quote that is not closed within {MAX_LINES_OF_A_CELL} lines; \
         close it, or set quotes = false in the mapping"
    )]
    OpenQuote {
        /// 1-based line of the row.
        line: u32,
    },
    /// No sheet holds anything that looks like a table.
    #[error("no table found: no two rows agree on their columns; give a mapping with first_row")]
    NoTable,
    /// A table has more wells than [`MAX_WELLS`].
    #[error("the table names more than {MAX_WELLS} wells: is {column} the column of the well names?")]
    TooManyWells {
        /// The column taken for the names of wells.
        column: String,
    },
    /// The mapping does not fit the file.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

/// A mapping cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// It is larger than [`MAX_MAPPING_BYTES`].
    #[error("the mapping has more than {MAX_MAPPING_BYTES} bytes")]
    TooLarge,
    /// It is not TOML, or says something that no mapping may say.
    #[error("mapping line {line}, column {column}: {message}")]
    Syntax {
        /// 1-based line of the mapping.
        line: u32,
        /// 1-based column in characters.
        column: u32,
        /// What is wrong.
        message: String,
    },
    /// It asks for something that the file does not have.
    #[error("mapping line {line}: {message}")]
    Unfit {
        /// 1-based line of the mapping; 0 when it was not read from text.
        line: u32,
        /// What is missing, and what there is.
        message: String,
    },
    /// It cannot be written.
    #[error("the mapping cannot be written: {0}")]
    Write(String),
}
