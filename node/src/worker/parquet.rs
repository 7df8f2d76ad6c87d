//! Parquet files of others: whether they are sound and what is expected, before this process or
//! its query engine opens them.
//!
//! Sound means more than that every page decodes. Queries skip what the statistics of a file say
//! holds nothing of interest, so statistics that lie make wrong answers; each is compared with the
//! values it speaks of.

pub(super) mod footer;
mod pages;
mod source;
mod structure;
mod tally;

use std::fs::File;
use std::io::Write;
use std::path::Path;

use arrow::array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::PageIndexPolicy;
use serde::{Deserialize, Serialize};

use self::source::Source;
use self::tally::Tally;
use super::child::{Job, Stop};
use super::error::WorkerError;
use super::expected::Expected;
use super::frame::{self, Frame};
use super::limits::WorkerLimits;
use super::parent::{self, Input};

/// Columns decoded at a time, so that the open pages of a wide table fit into memory.
const COLUMNS_AT_A_TIME: usize = 32;

/// Rows decoded at a time.
const BATCH_ROWS: usize = 4_096;

/// What a table holds, by its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableFacts {
    /// Number of rows.
    pub rows: u64,
    /// Columns in order.
    pub columns: Vec<ColumnFacts>,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnFacts {
    /// Its name.
    pub name: String,
    /// Whether it is text; doubles otherwise.
    pub text: bool,
    /// How many values are not null.
    pub count: u64,
    /// Smallest number.
    pub min: Option<f64>,
    /// Largest number.
    pub max: Option<f64>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is sound and what is expected.
    Sound(TableFacts),
    /// It is not.
    Refused(String),
}

/// Checks a file in a child.
pub(super) fn check(
    program: &Path,
    limits: &WorkerLimits,
    path: &Path,
    expected: &Expected,
) -> Result<Verdict, WorkerError> {
    let file = File::open(path).map_err(WorkerError::File)?;
    let mut found = None;
    let done = parent::run(program, limits, Job::Parquet, Input::File(file), |frame| match frame {
        Frame::Facts(facts) if found.is_none() => {
            found = Some(facts);
            Ok(())
        }
        _ => Err(WorkerError::Garbled { what: "a frame of another job".to_owned() }),
    });
    match (done, found) {
        (Err(WorkerError::Refused(why)), _) => Ok(Verdict::Refused(why)),
        (Err(error), _) => Err(error),
        (Ok(()), None) => Err(WorkerError::Garbled { what: "it found nothing".to_owned() }),
        (Ok(()), Some(facts)) => Ok(match difference(&facts, expected) {
            None => Verdict::Sound(facts),
            Some(why) => Verdict::Refused(why),
        }),
    }
}

/// Checks a file in this very process, which a hostile one may take down, against what is expected
/// if anything is. Not for programs: a door for fuzzing, where a process for each file is too slow.
#[must_use]
pub fn check_here(file: File, expected: Option<&Expected>) -> Verdict {
    let found = Source::new(file).map_err(Stop::Output).and_then(|source| facts(&source));
    match found {
        Err(Stop::Refused(why)) => Verdict::Refused(why),
        Err(Stop::Output(error)) => Verdict::Refused(error.to_string()),
        Ok(facts) => match expected.and_then(|expected| difference(&facts, expected)) {
            None => Verdict::Sound(facts),
            Some(why) => Verdict::Refused(why),
        },
    }
}

/// Says in what a table is not what is expected.
fn difference(found: &TableFacts, expected: &Expected) -> Option<String> {
    if found.rows != expected.rows {
        return Some(format!("{} rows instead of {}", found.rows, expected.rows));
    }
    if found.columns.len() != expected.columns.len() {
        return Some(format!("{} columns instead of {}", found.columns.len(), expected.columns.len()));
    }
    found.columns.iter().zip(&expected.columns).zip(1..).find_map(|((found, expected), number)| {
        let what = if found.name != expected.name {
            format!("is called {:?} instead of {:?}", found.name, expected.name)
        } else if found.text != expected.text {
            format!("holds {} instead of {}", kind(found.text), kind(expected.text))
        } else if expected.count.is_some_and(|count| count != found.count) {
            format!("has {} values instead of {}", found.count, expected.count.unwrap_or_default())
        } else if let Some((min, max)) =
            expected.range.filter(|&range| !expected.text && (found.min, found.max) != range)
        {
            format!("goes from {:?} to {:?} instead of {min:?} to {max:?}", found.min, found.max)
        } else {
            return None;
        };
        Some(format!("column {number} {what}"))
    })
}

const fn kind(text: bool) -> &'static str {
    if text { "text" } else { "numbers" }
}

/// The child's job: decodes every page of the file that `input` is.
pub(super) fn send(input: File, out: &mut impl Write) -> Result<(), Stop> {
    let source = Source::new(input).map_err(|error| refused(format!("the file cannot be read: {error}")))?;
    let facts = facts(&source)?;
    Ok(frame::write(out, &Frame::Facts(facts))?)
}

fn refused(why: impl Into<String>) -> Stop {
    Stop::Refused(why.into())
}

fn unreadable(error: impl std::fmt::Display) -> Stop {
    refused(format!("the parquet file cannot be read: {error}"))
}

/// Returns what a file holds, once all it says of itself is found to be true.
fn facts(source: &Source) -> Result<TableFacts, Stop> {
    structure::check_footer(source)?;
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let metadata = ArrowReaderMetadata::load(source, options).map_err(unreadable)?;
    structure::check(&metadata, source)?;
    let schema = metadata.schema().clone();
    let parquet = metadata.metadata();
    let rows = u64::try_from(parquet.file_metadata().num_rows()).unwrap_or_default();
    let mut columns = Vec::with_capacity(schema.fields().len());
    for first in (0..schema.fields().len()).step_by(COLUMNS_AT_A_TIME) {
        let wanted: Vec<usize> = (first..schema.fields().len().min(first + COLUMNS_AT_A_TIME)).collect();
        let mut tallies = Vec::with_capacity(wanted.len());
        for &column in &wanted {
            tallies.push(Tally::new(pages::segments(parquet, column)?));
        }
        let mut seen = 0;
        for batch in reader(source, &metadata, &wanted)? {
            let batch: RecordBatch = batch.map_err(unreadable)?;
            for (tally, array) in tallies.iter_mut().zip(batch.columns()) {
                tally.add(seen, array)?;
            }
            seen += batch.num_rows() as u64;
        }
        if seen != rows {
            return Err(refused(format!("{seen} rows where the footer says {rows}")));
        }
        for (column, tally) in wanted.into_iter().zip(tallies) {
            pages::compare(parquet, column, &tally)?;
            let whole = tally.whole();
            let field = schema.field(column);
            columns.push(ColumnFacts {
                name: field.name().clone(),
                text: structure::is_text(field.data_type()),
                count: rows - whole.nulls,
                min: whole.number_range().map(|range| range.0),
                max: whole.number_range().map(|range| range.1),
            });
        }
    }
    Ok(TableFacts { rows, columns })
}

fn reader(
    source: &Source,
    metadata: &ArrowReaderMetadata,
    columns: &[usize],
) -> Result<ParquetRecordBatchReader, Stop> {
    let mask = ProjectionMask::leaves(metadata.parquet_schema(), columns.iter().copied());
    ParquetRecordBatchReaderBuilder::new_with_metadata(source.clone(), metadata.clone())
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(unreadable)
}

#[cfg(test)]
mod tests;
