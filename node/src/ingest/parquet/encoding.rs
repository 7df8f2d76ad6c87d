//! Which encoding makes a column of numbers smaller, by its first page.
//!
//! The page is laid out both ways and compressed here, without the writer: one that writes a file
//! for each trial takes a hundred times as long for a short column, and files of others have
//! thousands of these.

use std::io;

use ::parquet::basic::Encoding;
use arrow::array::Float64Array;
use zstd::bulk::Compressor;

use super::{PAGE_ROWS, ZSTD_LEVEL};

/// Bytes of a double.
const WIDTH: usize = size_of::<f64>();

/// Chooses for the columns of one table.
pub(super) struct Chooser {
    compressor: Compressor<'static>,
    plain: Vec<u8>,
    split: Vec<u8>,
}

impl Chooser {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { compressor: Compressor::new(ZSTD_LEVEL)?, plain: Vec::new(), split: Vec::new() })
    }

    /// Returns the encoding for a column.
    pub(super) fn choose(&mut self, column: &Float64Array) -> io::Result<Encoding> {
        self.lay_out(&column.slice(0, column.len().min(PAGE_ROWS)));
        let plain = self.compressor.compress(&self.plain)?.len();
        let split = self.compressor.compress(&self.split)?.len();
        Ok(if split < plain { Encoding::BYTE_STREAM_SPLIT } else { Encoding::PLAIN })
    }

    /// Lays out the values that are not null: one after the other, and all first bytes before all
    /// second ones.
    fn lay_out(&mut self, page: &Float64Array) {
        self.plain.clear();
        for value in page.iter().flatten() {
            self.plain.extend_from_slice(&value.to_le_bytes());
        }
        self.split.clear();
        for byte in 0..WIDTH {
            self.split.extend(self.plain.iter().skip(byte).step_by(WIDTH));
        }
    }
}
