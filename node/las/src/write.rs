//! [`write()`]: a [`LogFile`] → the bytes of a LAS file, and a [`WriteReport`] beside them.
//!
//! The way of a file: [`plan`] decides which sections there are and what they are called, [`flags`]
//! brings the lines up to date that say how to read, [`compose`] makes text of the header, [`check`]
//! reads that text again, and [`rows`] writes the rows. Nothing is written before the header was
//! read back, and rows that hold text are read back too: what does not come back as it was given
//! is an error that says where.
//!
//! Lines that still say what they said are written as delivered, down to the blank.

use std::io;

use crate::encoding;
use crate::model::{Delimiter, LogFile};

mod check;
mod compose;
mod error;
mod flags;
mod index;
mod number;
mod plan;
mod rows;
#[cfg(test)]
mod tests;
mod text;
mod titles;

pub use self::error::WriteError;
use self::flags::Flags;
pub use self::number::NumberForm;
use self::plan::{Place, Plan, Style};

/// A version of the standard that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LasVersion {
    /// LAS 1.2: in `~W`, values stand behind the colon.
    V1_2,
    /// LAS 2.0.
    #[default]
    V2_0,
    /// LAS 3.0, the only one with data sets other than the log.
    V3_0,
}

impl LasVersion {
    /// Returns it as a `VERS` line says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_2 => "1.2",
            Self::V2_0 => "2.0",
            Self::V3_0 => "3.0",
        }
    }

    fn is_3(self) -> bool {
        self == Self::V3_0
    }
}

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineEnd {
    /// Carriage return and line feed, as the standard asks.
    #[default]
    CrLf,
    /// Line feed.
    Lf,
}

impl LineEnd {
    fn as_str(self) -> &'static str {
        match self {
            Self::CrLf => "\r\n",
            Self::Lf => "\n",
        }
    }
}

/// How a file is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WriteOptions {
    /// The version of the standard.
    pub version: LasVersion,
    /// Whether a row runs over several lines; only 1.2 and 2.0, delimited by blanks.
    pub wrapped: bool,
    /// What separates values. `None` means what a file of LAS 3.0 says itself if it stays one, and
    /// else blanks.
    pub delimiter: Option<Delimiter>,
    /// How no value is spelled. `None` means as the file itself does, or -999.25.
    pub null: Option<String>,
    /// How numbers are spelled.
    pub numbers: NumberForm,
    /// What ends a line.
    pub line_end: LineEnd,
    /// The data set to write as LAS 1.2 or 2.0, which have room for one, as an index into
    /// [`LogFile::data`]. `None` means the first log, or the first set when there is no log.
    pub data_set: Option<usize>,
}

/// What was done to write a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WriteReport {
    /// Bytes written.
    pub bytes: u64,
    /// Header lines that had to say something else.
    pub updated: Vec<Updated>,
    /// What the version has no room for.
    pub left_out: Vec<LeftOut>,
    /// What readers take for something else, though nothing is lost.
    pub notes: Vec<String>,
}

/// A header line that had to say something else. Values are with their unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// Its mnemonic, e.g. `STOP`.
    pub mnemonic: String,
    /// What it said; `None` when it was not there.
    pub from: Option<String>,
    /// What it says.
    pub to: String,
}

/// Something that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The title of the section.
    pub title: String,
    /// Where it stood; 0 when it comes from no file.
    pub line: u32,
    /// Rows that are left out with it; 0 of a header section.
    pub rows: usize,
}

/// Writes a file.
///
/// Sections, items, comments and their order are kept. Only `VERS`, `WRAP`, `DLM`, `STRT`, `STOP`,
/// `STEP` and `NULL` are brought up to date, where they are no longer true. Text is UTF-8.
///
/// # Errors
///
/// [`WriteError`]: the file is inconsistent, something in it cannot be written so that it is read
/// back as it is, or `out` failed.
pub fn write(file: &LogFile, options: &WriteOptions, out: &mut dyn io::Write) -> Result<WriteReport, WriteError> {
    let flags = Flags::new(file, options)?;
    let mut first_failure = None;
    // Titles stay as delivered where they still say what they should.
    for &style in Style::of(file, options) {
        let mut report = WriteReport::default();
        let mut plan = Plan::new(file, options, style, &mut report)?;
        flags.apply(&mut plan, &mut report)?;
        match compose::header(&plan, &flags).and_then(|texts| check::header(&plan, &flags, texts, &mut report)) {
            Ok(texts) => return write_parts(&plan, &flags, &texts, out, report),
            Err(error) => first_failure = first_failure.or(Some(error)),
        }
    }
    Err(first_failure.unwrap_or(WriteError::NoData))
}

/// Writes the sections of a plan, whose header sections and titles are `texts`.
fn write_parts(
    plan: &Plan<'_>,
    flags: &Flags,
    texts: &[String],
    out: &mut dyn io::Write,
    mut report: WriteReport,
) -> Result<WriteReport, WriteError> {
    let prepare = |part| rows::prepare(part, &plan.columns_of(part), flags, &mut report);
    let bodies = plan.rows.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
    let write = |out: &mut dyn io::Write| -> Result<(), WriteError> {
        let mut out = out;
        for (place, text) in plan.order.iter().zip(texts) {
            io::Write::write_all(&mut out, text.as_bytes())?;
            if let Place::Rows(at) = place
                && let Some(body) = bodies.get(*at)
            {
                body.write(&mut out)?;
            }
        }
        Ok(io::Write::flush(&mut out)?)
    };
    let mut beginning = Beginning::default();
    // It ends with an error once it has enough.
    let _is_whole = write(&mut beginning).is_ok();
    if encoding::is_ambiguous(&beginning.0) {
        return Err(WriteError::Encoding);
    }
    let mut out = Counted { out, bytes: 0 };
    write(&mut out)?;
    report.bytes = out.bytes;
    Ok(report)
}

/// Keeps what tells the encoding of a file and takes no more.
#[derive(Default)]
struct Beginning(Vec<u8>);

impl io::Write for Beginning {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = encoding::SAMPLE - self.0.len();
        self.0.extend(bytes.iter().take(room));
        // Nothing taken of something is an error to whoever writes.
        Ok(bytes.len().min(room))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts what is written.
struct Counted<'a> {
    out: &'a mut dyn io::Write,
    bytes: u64,
}

impl io::Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
