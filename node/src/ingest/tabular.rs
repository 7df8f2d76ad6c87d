//! Tables in text files and workbooks: CSV and its kin, fixed width, Excel.
//!
//! One type per step: bytes → [`RawBook`] ([`read_text()`] here; workbooks are opened by the
//! [`worker`](crate::worker), since their formats are too rich to be trusted) →
//! [`preview()`], which guesses what the tables are and says why → [`Mapping`], which a person may
//! correct → [`read()`] → [`TableSet`]s, whose columns go the same way as those of a log.
//!
//! What it promises:
//!
//! * A value is never moved to another column than its own; a row that does not fit its table is
//!   reported and left out.
//! * Nothing that may be read in two ways is guessed: grouped thousands, the order of day and
//!   month, numbers that may mean "no value". It stays text, or a value, and is reported.
//! * Guesses are reported or shown, and a mapping wins over each of them.
//! * Bytes cost no more than [`limits`] say, and nothing makes it panic.
//!
//! Pure, but for the process that opens workbooks.

mod blanks;
mod decode;
mod dialect;
mod error;
mod layout;
pub mod limits;
mod mapping;
mod names;
mod notice;
mod number;
mod plan;
mod preview;
mod read;
mod sheet;
mod text;

#[cfg(test)]
mod tests;

pub use self::error::{MappingError, ReadTableError};
pub use self::mapping::{
    ColumnMapping, ColumnRef, ColumnType, Decimal, Mapping, Role, SourceMapping, TableKind, TableMapping,
};
pub(in crate::ingest) use self::names::{Word, phrase, word};
pub use self::notice::{Notices, TableNotice, TableNoticeKind, column_letters};
pub use self::preview::{ColumnPreview, Preview, TablePreview, preview};
pub use self::read::{TableReading, TableSet, TitleLine, read};
pub use self::sheet::{CellError, Format, Merged, RawBook, RawSheet, Value};
pub use self::text::read_text;
