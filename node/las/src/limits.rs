//! Bounds of what is read, so that no input costs more than a small multiple of its length.

/// Most columns of a data set. The widest array logs have some 1,500.
pub const MAX_COLUMNS: usize = 4096;

/// Most lines of all header sections together, titles included. Real headers have up to 2,000.
pub const MAX_HEADER_LINES: usize = 65_535;

/// Most rows of a data set; line numbers and row numbers stay within 32 bits.
pub const MAX_ROWS: usize = u32::MAX as usize;

/// Most data sets of a file. Exports with one section for every run have some ten; LAS 3.0 has
/// one for every core or test.
pub const MAX_DATA_SETS: usize = 1024;

/// Most columns of all data sets of a file together, since each repeats the definition that it may
/// share with others.
pub const MAX_COLUMNS_OF_ALL: usize = 65_536;

/// Most comments kept among the rows of a file.
pub const MAX_COMMENTS: usize = 65_536;

/// Most lines that a quoted text runs over.
pub const MAX_QUOTED_LINES: usize = 100;

/// Most cells of a data set per byte of its text. A complete row spends two bytes a cell at
/// least, or one where it is empty between delimiters; only missing values cost no bytes.
pub const MAX_CELLS_PER_BYTE: usize = 2;

/// Cells granted to every data set, whatever its length, so that small odd files pass.
pub const FREE_CELLS: usize = 65_536;

/// Returns the most rows that a data set of `columns` columns in `bytes` bytes of text may have.
pub(crate) fn max_rows(columns: usize, bytes: usize) -> usize {
    let cells = bytes.saturating_mul(MAX_CELLS_PER_BYTE).saturating_add(FREE_CELLS);
    (cells / columns.max(1)).min(MAX_ROWS)
}
