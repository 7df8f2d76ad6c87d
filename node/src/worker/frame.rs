//! What a child says: frames of bounded length on its standard output.
//!
//! A mark comes first, so that the output of another program is known for what it is. Then each
//! frame is its length (four bytes, little-endian) and its value as postcard has it. The last one
//! is [`Frame::End`] or [`Frame::Refused`]; an output without either was cut off.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use super::parquet::TableFacts;
use crate::ingest::tabular::{CellError, Merged};

/// What the output of a worker begins with.
pub(super) const MARK: &[u8; 16] = b"dataforge-work-1";

/// Longest frame, in bytes.
pub(super) const MAX_FRAME: usize = 4 << 20;

/// One thing that a child says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Frame {
    /// A sheet begins.
    Sheet {
        /// Its name.
        name: String,
        /// Whether the workbook hides it.
        hidden: bool,
    },
    /// Rows of the sheet, in order.
    Rows(Vec<WireRow>),
    /// Merged cells of the sheet.
    Merged(Vec<Merged>),
    /// What a Parquet file holds.
    Facts(TableFacts),
    /// The file is not what it should be.
    Refused(String),
    /// The reader broke.
    Broken(String),
    /// All was said.
    End,
    /// Where the page index of a Parquet file begins.
    Start(u64),
}

/// A row of a sheet.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct WireRow {
    /// 1-based number.
    pub(super) line: u32,
    /// Its cells from the first column on.
    pub(super) cells: Vec<WireCell>,
}

/// Cells of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum WireCell {
    /// This many cells without a value.
    Empty(u16),
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// A number that is shown in percent.
    Percent(f64),
    /// Seconds since 1970.
    DateTime(f64),
    /// Seconds of a day or duration.
    Time(f64),
    /// A truth value.
    Bool(bool),
    /// An error.
    Error(CellError),
}

/// Writes a frame.
///
/// # Errors
/// When it is longer than [`MAX_FRAME`] or cannot be written.
pub(super) fn write(out: &mut impl Write, frame: &Frame) -> io::Result<()> {
    let bytes = postcard::to_stdvec(frame).map_err(io::Error::other)?;
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= MAX_FRAME);
    let length = length.ok_or_else(|| io::Error::other("a frame is too long"))?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&bytes)
}

/// Why no frame was read.
#[derive(Debug)]
pub(super) enum ReadFrameError {
    /// There is nothing more, or not enough.
    Ended,
    /// It is no frame.
    Malformed(&'static str),
}

/// Reads a frame and returns it with the bytes it took.
///
/// # Errors
/// When the output ends, or holds something else.
pub(super) fn read(input: &mut impl Read) -> Result<(Frame, u64), ReadFrameError> {
    let mut length = [0; 4];
    input.read_exact(&mut length).map_err(|_ended| ReadFrameError::Ended)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err(ReadFrameError::Malformed("a frame that is too long"));
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes).map_err(|_ended| ReadFrameError::Ended)?;
    match postcard::take_from_bytes(&bytes) {
        Ok((frame, [])) => Ok((frame, length as u64 + 4)),
        Ok(_) => Err(ReadFrameError::Malformed("a frame with something behind it")),
        Err(_) => Err(ReadFrameError::Malformed("something that is no frame")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(frames: &[Frame]) -> Vec<u8> {
        let mut out = Vec::new();
        frames.iter().for_each(|frame| write(&mut out, frame).unwrap());
        out
    }

    #[test]
    fn frames_come_back_as_they_went() {
        let cells = vec![WireCell::Empty(3), WireCell::Text("ГК".into()), WireCell::Number(f64::MIN_POSITIVE)];
        let frames = [
            Frame::Sheet { name: "Logs".into(), hidden: true },
            Frame::Rows(vec![WireRow { line: 7, cells }]),
            Frame::End,
        ];
        let bytes = bytes(&frames);
        let mut input = bytes.as_slice();
        for frame in frames {
            assert_eq!(read(&mut input).unwrap().0, frame);
        }
        assert!(matches!(read(&mut input), Err(ReadFrameError::Ended)));
    }

    #[test]
    fn what_is_no_frame_is_told() {
        let whole = bytes(&[Frame::Refused("x".into())]);
        assert!(matches!(read(&mut &whole[..whole.len() - 1]), Err(ReadFrameError::Ended)));
        for wrong in [&b"\xff\xff\xff\xff"[..], b"\x01\x00\x00\x00\x63", b"\x02\x00\x00\x00\x06\x00"] {
            assert!(matches!(read(&mut &wrong[..]), Err(ReadFrameError::Malformed(_))), "{wrong:?}");
        }
    }

    #[test]
    fn a_long_frame_is_not_written() {
        assert!(write(&mut Vec::new(), &Frame::Refused("x".repeat(MAX_FRAME))).is_err());
    }
}
