//! The end of a Parquet file whose pages are not here: footer and page index.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};

use super::source::Source;
use super::{pages, refused, structure, unreadable};
use crate::worker::child::{Job, Stop};
use crate::worker::error::WorkerError;
use crate::worker::frame::{self, Frame};
use crate::worker::limits::WorkerLimits;
use crate::worker::parent::{self, Input};

/// What became of the end of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FooterVerdict {
    /// Footer and page index may be parsed.
    Sound,
    /// The page index begins here, before what was given.
    Needs(u64),
    /// It is no footer of a table.
    Refused(String),
}

/// Checks the end of a file in a child; `from` is where what was laid into the file begins.
pub(in crate::worker) fn check(
    program: &Path,
    limits: &WorkerLimits,
    file: File,
    from: u64,
) -> Result<FooterVerdict, WorkerError> {
    let again = file.try_clone().map_err(WorkerError::File)?;
    let start = match index_start(program, limits, Job::Footer, file)? {
        Ok(start) => start,
        Err(why) => return Ok(FooterVerdict::Refused(why)),
    };
    if start < from {
        return Ok(FooterVerdict::Needs(start));
    }
    let parsed = index_start(program, limits, Job::PageIndex, again)?;
    Ok(parsed.map_or_else(FooterVerdict::Refused, |_start| FooterVerdict::Sound))
}

/// Returns where the page index begins, or why the file is refused.
fn index_start(
    program: &Path,
    limits: &WorkerLimits,
    job: Job,
    file: File,
) -> Result<Result<u64, String>, WorkerError> {
    let mut found = None;
    let done = parent::run(program, limits, job, Input::File(file), |frame| match frame {
        Frame::Start(start) if found.is_none() => {
            found = Some(start);
            Ok(())
        }
        _ => Err(WorkerError::Garbled { what: "a frame of another job".to_owned() }),
    });
    match (done, found) {
        (Err(WorkerError::Refused(why)), _) => Ok(Err(why)),
        (Err(error), _) => Err(error),
        (Ok(()), None) => Err(WorkerError::Garbled { what: "it found nothing".to_owned() }),
        (Ok(()), Some(start)) => Ok(Ok(start)),
    }
}

/// The child's job: parses the footer, and the page index when that is laid in as well.
pub(in crate::worker) fn send(input: File, with_index: bool, out: &mut impl Write) -> Result<(), Stop> {
    let source = Source::new(input).map_err(|error| refused(format!("the file cannot be read: {error}")))?;
    structure::check_tail(&source)?;
    let policy = if with_index { PageIndexPolicy::Optional } else { PageIndexPolicy::Skip };
    let options = ArrowReaderOptions::new().with_page_index_policy(policy);
    let metadata = ArrowReaderMetadata::load(&source, options).map_err(unreadable)?;
    structure::check(&metadata, &source)?;
    if with_index {
        for column in 0..metadata.schema().fields().len() {
            pages::segments(metadata.metadata(), column)?;
        }
    }
    let start = start_of_index(metadata.metadata()).unwrap_or(u64::MAX);
    Ok(frame::write(out, &Frame::Start(start))?)
}

/// Where the page index begins; nothing when there is none.
fn start_of_index(metadata: &ParquetMetaData) -> Option<u64> {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    let starts = columns.flat_map(|column| [column.column_index_offset(), column.offset_index_offset()]);
    starts.flatten().map(|start| u64::try_from(start).unwrap_or(0)).min()
}
