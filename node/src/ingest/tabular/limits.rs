//! Bounds of what is read as a table, so that no file costs more than a small multiple of itself.
//!
//! A table needs its bytes, its text once more, some nine bytes for each cell and eight for each
//! number that comes out, which is about four times the file; a text that comes out costs some
//! forty bytes besides its characters. `docs/tables.md` lists the bounds.

/// Largest text file (CSV and its kin), in bytes.
pub const MAX_TEXT_BYTES: usize = 512 << 20;

/// Largest workbook (Excel and its kin), in bytes.
pub const MAX_WORKBOOK_BYTES: usize = 256 << 20;

/// Most rows of a sheet.
pub const MAX_ROWS: usize = 20_000_000;

/// Most columns of a sheet: what Excel has, the widest there are.
pub const MAX_COLUMNS: usize = 16_384;

/// Most cells of all sheets of a file together, empty ones between others included.
pub const MAX_CELLS: usize = 50_000_000;

/// Most bytes of text of all cells of a sheet together.
pub const MAX_CELL_TEXT: usize = MAX_TEXT_BYTES;

/// Most sheets of a workbook.
pub const MAX_SHEETS: usize = 256;

/// Rows in which the header is looked for.
pub const HEADER_SEARCH_ROWS: usize = 50;

/// Rows that a guess about the whole table is built on.
pub const SAMPLE_ROWS: usize = 300;

/// Most lines that one quoted cell may run over; more means that a quote is never closed.
pub const MAX_LINES_OF_A_CELL: usize = 1_000;

/// Most wells that one table is split into.
pub const MAX_WELLS: usize = 10_000;

/// Notices kept per kind; the rest are only counted.
pub const MAX_NOTICES: usize = 100;

/// Largest mapping file, in bytes.
pub const MAX_MAPPING_BYTES: usize = 4 << 20;
