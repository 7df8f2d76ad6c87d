//! Overviews: of the stored pyramid, which is fetched where it is not here, else of the table.

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Float64Type;
use dataforge_protocol::id::{BlobHash, WorkspaceId};
use dataforge_query::RunFile;
use futures::StreamExt as _;
use rusqlite::{OptionalExtension as _, params};
use tokio::sync::mpsc;

use super::choose::Chosen;
use super::read::{blocking, open, ordered, read_failed};
use super::stream::Stream;
use crate::api::{ApiError, ErrorKind, MAX_BUCKETS, SampleForm, SamplesReply};
use crate::client::Output;
use crate::core::Core;
use crate::ingest::pyramid;
use crate::node::Node;
use crate::series::Buckets;
use crate::table::{bring, see_that_held};

/// What is wanted.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) run: String,
    pub(super) curves: Vec<u32>,
    pub(super) buckets: u32,
}

/// Bytes that a pyramid has for a curve at most, or for the index: its columns as they are, and what is
/// told of them.
const CURVE_BYTES: u64 = 128 << 10;
/// Bytes that it has besides at most.
const OTHER_BYTES: u64 = 1 << 20;

/// A pyramid that a run has.
#[derive(Debug, Clone, Copy)]
struct Stored {
    blob: BlobHash,
    bucket_rows: u64,
    is_held: bool,
}

/// Sends an overview.
///
/// # Errors
/// `Usage` for no buckets or too many, `NotFound` when neither pyramid nor table can be had, with who holds
/// them; as [`Chosen::find`].
pub(super) async fn overview(
    node: &Node,
    workspace: WorkspaceId,
    wanted: Wanted,
    out: &mpsc::Sender<Output>,
) -> Result<SamplesReply, ApiError> {
    if !(1..=MAX_BUCKETS).contains(&wanted.buckets) {
        return Err(ApiError::new(ErrorKind::Usage, format!("an overview has 1 to {MAX_BUCKETS} stretches")));
    }
    let most = usize::try_from(wanted.buckets).unwrap_or(usize::MAX);
    let (chosen, stored) = node
        .with_core(move |core| {
            let chosen = Chosen::find(core, workspace, &wanted.run, &wanted.curves, SampleForm::Native)?;
            // Nobody is waited for where the table is here.
            let stored = stored(core, workspace, &chosen)?.filter(|stored| stored.is_held || !chosen.is_held);
            Ok((chosen, stored))
        })
        .await?;
    let (node, out) = (node.clone(), out.clone());
    blocking(async move {
        let small = match stored {
            Some(stored) => from_pyramid(&node, &chosen, stored).await,
            None => Ok(None),
        };
        let (mut buckets, bucket_rows) = match small {
            Ok(Some(buckets)) => (buckets, stored.map_or(1, |stored| stored.bucket_rows)),
            Ok(None) => from_table(&node, &chosen, most).await?,
            // A table that is here needs nobody.
            Err(_without) if chosen.is_held => from_table(&node, &chosen, most).await?,
            Err(error) => return Err(error),
        };
        let together = buckets.shrink(most);
        let unwritten = |error| ApiError::from_error(ErrorKind::Internal, &error);
        let batch = buckets.to_batch(|ordinal| chosen.describe(ordinal)).map_err(unwritten)?;
        let mut stream = Stream::new(&batch.schema(), &out)?;
        stream.send(&batch).await?;
        let bytes = stream.finish().await?;
        Ok(chosen.reply(buckets.len() as u64, bucket_rows.saturating_mul(together as u64), bytes))
    })
    .await
}

/// Returns the pyramid of a run's present table. What somebody else calls one and is larger than any can be
/// is none: it is read as a whole.
fn stored(core: &Core, workspace: WorkspaceId, chosen: &Chosen) -> Result<Option<Stored>, ApiError> {
    let mut statement = core.store.connection().prepare_cached(
        "SELECT blob, bucket_rows,
             EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = p.blob AND h.workspace = p.workspace) AS is_held
         FROM pyramids AS p
         WHERE workspace = ?1 AND run = ?2 AND native = ?3 AND maker = ?4
         AND bucket_count <= ?5
         AND (SELECT b.size FROM blob_refs AS b WHERE b.workspace = p.workspace AND b.hash = p.blob) <= ?6
         AND NOT EXISTS
             (SELECT 1 FROM checks AS c WHERE c.blob = p.blob AND c.expected = p.expected AND c.refused IS NOT NULL)
         ORDER BY is_held DESC, blob
         LIMIT 1",
    )?;
    let buckets = pyramid::MOST_BUCKETS as u64;
    let bytes = (chosen.file.curves.len() as u64 + 1) * CURVE_BYTES + OTHER_BYTES;
    let key = params![workspace.as_bytes(), chosen.run.as_bytes(), chosen.file.blob, pyramid::MAKER, buckets, bytes];
    let found = statement.query_row(key, |row| {
        Ok(Stored { blob: BlobHash(row.get(0)?), bucket_rows: row.get(1)?, is_held: row.get(2)? })
    });
    Ok(found.optional()?)
}

/// Reads a pyramid, fetching it where it is not here; none when it is not
/// what one of this run can be.
async fn from_pyramid(node: &Node, chosen: &Chosen, stored: Stored) -> Result<Option<Buckets>, ApiError> {
    bring(node, &chosen.workspace, &stored.blob).await?;
    node.locked(|core| see_that_held(core, &chosen.workspace, &stored.blob))?;
    let bytes = node.blobs().read_all(&stored.blob)?;
    let ordinals = chosen.ordinals();
    let read = pyramid::read(bytes, &ordinals).map_err(|error| ApiError::from_error(ErrorKind::Damaged, &error))?;
    Ok(read.filter(|buckets| fits(buckets, &chosen.file, &ordinals)))
}

/// Whether buckets say nothing that the run does not: a pyramid of somebody else is checked as to its form,
/// not against a table that may not be here.
fn fits(buckets: &Buckets, file: &RunFile, ordinals: &[u32]) -> bool {
    let is_within = |ordinal: u32, min: Option<f64>, max: Option<f64>, most: u64| {
        let Some(extent) = buckets.extent(ordinal) else { return false };
        extent.is_none()
            || (min.is_some_and(|min| min <= extent.min)
                && max.is_some_and(|max| extent.max <= max)
                && extent.count as u64 <= most)
    };
    let of = |ordinal: &u32| file.curves.iter().find(|curve| curve.ordinal == *ordinal);
    is_within(0, file.index.min, file.index.max, file.rows)
        && ordinals
            .iter()
            .all(|ordinal| of(ordinal).is_some_and(|curve| is_within(*ordinal, curve.min, curve.max, curve.count)))
}

/// Makes buckets of a table, about as many as are wanted; returns how many rows each has.
async fn from_table(node: &Node, chosen: &Chosen, most: usize) -> Result<(Buckets, u64), ApiError> {
    let schema = chosen.schema();
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); schema.fields().len()];
    let mut batches = open(node, chosen, None).await?;
    while let Some(batch) = batches.next().await {
        let batch = ordered(&batch.map_err(|error| read_failed(&error))?, &schema)?;
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            let array = array.as_primitive::<Float64Type>();
            column.extend((0..array.len()).map(|row| if array.is_null(row) { f64::NAN } else { array.value(row) }));
        }
    }
    let Some((index, values)) = columns.split_first() else { return Ok((Buckets::new(&[], &[], 1), 1)) };
    let rows = index.len().div_ceil(most).max(1);
    let curves: Vec<_> = chosen.ordinals().into_iter().zip(values.iter().map(Vec::as_slice)).collect();
    Ok((Buckets::new(index, &curves, rows), rows as u64))
}

#[cfg(test)]
mod tests {
    use dataforge_query::{CurveColumn, IndexColumn, IndexKind};

    use super::*;

    fn file(max: f64, count: u64) -> RunFile {
        let index = IndexColumn {
            name: "dept".into(),
            kind: IndexKind::Depth,
            text: false,
            unit: "m".into(),
            to_si: Some(1.0),
            min: Some(1.0),
            max: Some(3.0),
        };
        let curve = CurveColumn {
            ordinal: 2,
            mnemonic: "GR".into(),
            label: "GR".into(),
            column: "gr".into(),
            unit: String::new(),
            text: false,
            property: None,
            count,
            min: Some(10.0),
            max: Some(max),
        };
        RunFile {
            run: String::new(),
            run_id: String::new(),
            well: String::new(),
            well_id: String::new(),
            is_log: true,
            blob: [0; 32],
            size: 0,
            rows: 3,
            index,
            curves: vec![curve],
        }
    }

    #[test]
    fn a_pyramid_that_says_more_than_its_run_is_not_drawn() {
        let buckets = Buckets::new(&[1.0, 2.0, 3.0], &[(2, &[10.0, f64::NAN, 30.0])], 2);
        assert!(fits(&buckets, &file(30.0, 2), &[2]));
        assert!(!fits(&buckets, &file(29.0, 2), &[2]), "it says too large a value");
        assert!(!fits(&buckets, &file(30.0, 1), &[2]), "it says too many values");
        assert!(!fits(&buckets, &file(30.0, 2), &[3]), "it lacks a curve");
        let elsewhere = Buckets::new(&[0.5, 2.0, 3.0], &[(2, &[10.0, f64::NAN, 30.0])], 2);
        assert!(!fits(&elsewhere, &file(30.0, 2), &[2]), "it says that it begins above its table");
    }
}
