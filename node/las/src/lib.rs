//! Reads and writes well logs in the Log ASCII Standard (LAS), versions 1.2, 2.0 and 3.0.
//!
//! Bytes in, values out: [`read()`] makes a [`LogFile`] of a file and an [`ImportReport`] of all
//! that was odd about it, [`write()`] makes a file of a [`LogFile`] again. The crate is pure; it
//! opens no files and interprets neither units nor names, which is the importer's work.
//!
//! What it promises:
//!
//! * Numbers are the doubles nearest to their text, and header values stay text.
//! * No value gets into another column than its own without a located notice.
//! * What is written is read back as it was given, or it is not written.
//! * No bytes make it panic, and memory stays within a small multiple of the input
//!   (see [`limits`]).
//!
//! LAS 2.1 is read as 2.0. Of LAS 3.0, every data set is read, the log and any other.
//!
//! ```
//! use dataforge_las::{LasVersion, ReadOptions, Values, WriteOptions, read, write};
//!
//! let text = "\
//! ~Version
//! VERS. 2.0 :
//! WRAP. NO  :
//! ~Well
//! NULL. -999.25 :
//! ~Curve
//! DEPT.M  : Depth
//! GR.GAPI : Gamma ray
//! ~A
//! 100.0  45.2
//! 100.5  -999.25
//! ";
//! let reading = read(text.as_bytes(), &ReadOptions::default())?;
//! let gamma = &reading.file.data[0].columns[1];
//! assert_eq!(gamma.definition.unit, "GAPI");
//! assert!(matches!(&gamma.values, Values::Number(n) if n[0] == 45.2 && n[1].is_nan()));
//! assert!(reading.report.notices.is_empty());
//!
//! let options = WriteOptions { version: LasVersion::V3_0, ..WriteOptions::default() };
//! let mut bytes = Vec::new();
//! let report = write(&reading.file, &options, &mut bytes)?;
//! assert_eq!(report.updated[0].mnemonic, "VERS");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod data;
mod encoding;
mod error;
mod header;
pub mod limits;
mod lines;
mod model;
#[cfg(test)]
mod mutants;
mod nulls;
mod read;
mod report;
mod section;
mod sets;
mod version;
mod write;

pub use self::error::ReadError;
pub use self::model::{
    Array, Column, DataSet, Delimiter, Format, FormatKind, HeaderItem, ImportReport, LogFile, Notice, NoticeKind,
    RowComment, Section, SectionKind, SectionLine, SetKind, Values, Version,
};
pub use self::nulls::NullPolicy;
pub use self::read::{ReadOptions, Reading, read, read_header};
pub use self::write::{
    LasVersion, LeftOut, LineEnd, NumberForm, Updated, WriteError, WriteOptions, WriteReport, write,
};
