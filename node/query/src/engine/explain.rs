//! What `EXPLAIN` adds to the plans: a row `reads` that says which bytes come from where.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt as _;

use crate::error::QueryError;
use crate::planned::PlannedRead;
use crate::reading::Reading;

/// Runs that are described one by one; for each its footer is read, if it is held here.
const MOST_RUNS: usize = 100;

/// Says what the scans of a plan take, run by run.
pub(super) async fn planned(reads: &[PlannedRead]) -> String {
    if reads.is_empty() {
        return "no table of a run".to_owned();
    }
    let mut text = String::new();
    let (mut tables, mut most, mut remote) = (0_u64, 0_u64, 0_u64);
    for read in reads.iter().take(MOST_RUNS) {
        let run = &read.run;
        let _ = write!(text, "run {} (well {}): table of {} bytes, ", run.run, run.well, run.size);
        let whole = || std::iter::once(0..run.size).collect();
        let pages: Vec<_> = match read.pages().await {
            Ok(Some(pages)) => {
                let _ = write!(text, "at most {} of them and its footer, ", total(&pages));
                pages
            }
            Ok(None) => {
                text.push_str("footer not here, ");
                whole()
            }
            Err(error) => {
                let error = QueryError::from(error);
                let _ = write!(text, "footer cannot be read ({error}), ");
                whole()
            }
        };
        tables = tables.saturating_add(run.size);
        most = most.saturating_add(total(&pages));
        remote = remote.saturating_add(place(read, &pages, &mut text).await);
    }
    let rest = reads.get(MOST_RUNS..).unwrap_or_default();
    if !rest.is_empty() {
        let bytes = rest.iter().fold(0_u64, |sum, read| sum.saturating_add(read.run.size));
        let _ = writeln!(text, "and {} more: tables of {bytes} bytes", rest.len());
    }
    let _ = write!(text, "together: tables of {tables} bytes, at most {most} of them, {remote} from peers");
    if !rest.is_empty() {
        text.push_str(", without those not listed");
    }
    text
}

fn total(ranges: &[Range<u64>]) -> u64 {
    ranges.iter().fold(0, |sum, range| sum.saturating_add(range.end.saturating_sub(range.start)))
}

/// Ends a line with where the table is; returns the bytes of its pages that would come from peers.
async fn place(read: &PlannedRead, pages: &[Range<u64>], text: &mut String) -> u64 {
    let place = match read.source.whereabouts(&read.run, pages).await {
        Ok(place) => place,
        Err(error) => {
            let _ = writeln!(text, "held by whom cannot be told ({error})");
            return total(pages);
        }
    };
    if place.is_held {
        text.push_str("held here\n");
        return 0;
    }
    let holders = if place.holders.is_empty() { "nobody who is known".to_owned() } else { place.holders.join(", ") };
    let _ = writeln!(text, "{} from peers, held by {holders}", place.missing);
    place.missing
}

/// Says what a query has read.
fn done(reading: &Reading) -> String {
    format!("\nread: {} bytes here, {} from peers", reading.here(), reading.remote())
}

/// Adds the row to the result of `EXPLAIN`; with a reading it says at the end what was read.
pub(super) fn with_reads(
    stream: SendableRecordBatchStream,
    mut text: String,
    reading: Option<Arc<Reading>>,
) -> SendableRecordBatchStream {
    let schema = stream.schema();
    let of_row = Arc::clone(&schema);
    let row = async move {
        if let Some(reading) = reading {
            text.push_str(&done(&reading));
        }
        let columns: Vec<ArrayRef> =
            vec![Arc::new(StringArray::from(vec!["reads"])), Arc::new(StringArray::from(vec![text]))];
        Ok::<_, DataFusionError>(RecordBatch::try_new(of_row, columns)?)
    };
    let all = stream.chain(futures::stream::once(row));
    Box::pin(RecordBatchStreamAdapter::new(schema, all))
}
