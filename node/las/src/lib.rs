//! Reads well logs in the Log ASCII Standard (LAS), versions 1.2 and 2.0.
//!
//! Bytes in, values out: [`read()`] makes a [`LogFile`] of a file and an [`ImportReport`] of all
//! that was odd about it. The crate is pure; it opens no files and interprets neither units nor
//! names, which is the importer's work.
//!
//! What it promises:
//!
//! * Numbers are the doubles nearest to their text, and header values stay text.
//! * No value gets into another column than its own without a located notice.
//! * No bytes make it panic, and memory stays within a small multiple of the input
//!   (see [`limits`]).
//!
//! LAS 2.1 is read as 2.0. Of LAS 3.0, the log data are read, with every delimiter; a file that
//! only has other data sets is refused.
//!
//! ```
//! use dataforge_las::{ReadOptions, Values, read};
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
//! # Ok::<(), dataforge_las::ReadError>(())
//! ```

mod data;
mod encoding;
mod error;
mod header;
pub mod limits;
mod lines;
mod model;
mod read;
mod report;
mod section;
mod version;

pub use self::error::ReadError;
pub use self::model::{
    Column, DataSet, Delimiter, HeaderItem, ImportReport, LogFile, Notice, NoticeKind, Section, SectionKind, Values,
    Version,
};
pub use self::read::{ReadOptions, Reading, read, read_header};
