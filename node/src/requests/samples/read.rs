//! All samples of some curves, or those between two index values.

use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Float64Type, SchemaRef};
use dataforge_protocol::id::WorkspaceId;
use dataforge_query::{QueryError, QueryErrorKind, TableStream};
use futures::StreamExt as _;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::choose::Chosen;
use super::stream::Stream;
use crate::api::{ApiError, ErrorKind, SampleForm, SamplesReply};
use crate::client::Output;
use crate::node::Node;

/// What is wanted.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) run: String,
    pub(super) curves: Vec<u32>,
    pub(super) form: SampleForm,
    pub(super) from: Option<f64>,
    pub(super) to: Option<f64>,
}

/// Sends samples.
///
/// # Errors
/// `NotFound` when the table is nowhere to be had, with who holds it; as [`Chosen::find`].
pub(super) async fn read(
    node: &Node,
    workspace: WorkspaceId,
    wanted: Wanted,
    out: &mpsc::Sender<Output>,
) -> Result<SamplesReply, ApiError> {
    let bounds = bounds(wanted.from, wanted.to)?;
    let chosen =
        node.with_core(move |core| Chosen::find(core, workspace, &wanted.run, &wanted.curves, wanted.form)).await?;
    let (node, out) = (node.clone(), out.clone());
    blocking(async move {
        let mut batches = open(&node, &chosen, bounds).await?;
        let schema = chosen.schema();
        let mut stream = Stream::new(&schema, &out)?;
        let mut rows = 0;
        while let Some(batch) = batches.next().await {
            let batch = within(&ordered(&batch.map_err(|error| read_failed(&error))?, &schema)?, bounds)?;
            if batch.num_rows() > 0 {
                rows += batch.num_rows() as u64;
                stream.send(&batch).await?;
            }
        }
        let bytes = stream.finish().await?;
        Ok(chosen.reply(rows, 1, bytes))
    })
    .await
}

/// Starts to read the columns of what was chosen.
///
/// # Errors
/// As [`read`].
pub(super) async fn open(node: &Node, chosen: &Chosen, bounds: Option<(f64, f64)>) -> Result<TableStream, ApiError> {
    let tables = node.engines().tables(node);
    tables.read(chosen.file.clone(), &chosen.columns(), bounds).await.map_err(|error| read_failed(&error))
}

/// Works on a thread of its own: decoding takes long.
///
/// # Errors
/// Those of the work, `Internal` when it is interrupted.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    let handle = Handle::current();
    let done = tokio::task::spawn_blocking(move || handle.block_on(work)).await;
    done.map_err(|error| ApiError::new(ErrorKind::Internal, format!("reading was interrupted: {error}")))?
}

/// Returns the columns of a batch in the order of a schema, by name.
///
/// # Errors
/// `Damaged` when it lacks one or holds no numbers there.
pub(super) fn ordered(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ApiError> {
    let column = |name: &str| -> Result<ArrayRef, ApiError> {
        let found = batch.column_by_name(name).filter(|column| column.as_primitive_opt::<Float64Type>().is_some());
        found.cloned().ok_or_else(|| {
            ApiError::new(ErrorKind::Damaged, format!("the table holds no numbers in its column {name}"))
        })
    };
    let columns = schema.fields().iter().map(|field| column(field.name())).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(SchemaRef::clone(schema), columns)
        .map_err(|error| ApiError::from_error(ErrorKind::Damaged, &error))
}

/// Keeps the rows whose index, which comes first, lies within bounds that both count.
fn within(batch: &RecordBatch, bounds: Option<(f64, f64)>) -> Result<RecordBatch, ApiError> {
    let Some((low, high)) = bounds else { return Ok(batch.clone()) };
    let index = batch.column(0).as_primitive::<Float64Type>();
    let kept: BooleanArray =
        (0..index.len()).map(|row| Some(index.is_valid(row) && (low..=high).contains(&index.value(row)))).collect();
    filter_record_batch(batch, &kept).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}

/// Reads the bounds of the index; none when there are none.
fn bounds(from: Option<f64>, to: Option<f64>) -> Result<Option<(f64, f64)>, ApiError> {
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    let (low, high) = (from.unwrap_or(f64::NEG_INFINITY), to.unwrap_or(f64::INFINITY));
    if low <= high {
        return Ok(Some((low, high)));
    }
    Err(ApiError::new(ErrorKind::Usage, format!("nothing lies between {low} and {high}"))
        .hint("the smaller index comes first"))
}

pub(super) fn read_failed(error: &QueryError) -> ApiError {
    match error.kind {
        QueryErrorKind::NotHeld => ApiError::new(ErrorKind::NotFound, error.message.clone())
            .hint("it is fetched when one who has it is up; dataforge where tells who has what"),
        _ => ApiError::new(ErrorKind::Damaged, error.message.clone()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Float64Array;
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    fn table(names: [&str; 2]) -> RecordBatch {
        let fields = names.map(|name| Field::new(name, DataType::Float64, true)).to_vec();
        let index = Float64Array::from(vec![Some(1.0), None, Some(2.0), Some(3.0)]);
        let values = Float64Array::from(vec![10.0, 20.0, 30.0, 40.0]);
        RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(index), Arc::new(values)]).unwrap()
    }

    #[test]
    fn bounds_count_and_rows_without_an_index_lie_nowhere() {
        let values = |from, to| {
            let batch = within(&table(["dept", "gr"]), bounds(from, to).unwrap()).unwrap();
            batch.column(1).as_primitive::<Float64Type>().values().to_vec()
        };
        assert_eq!(values(Some(1.0), Some(2.0)), [10.0, 30.0]);
        assert_eq!(values(Some(2.5), None), [40.0]);
        assert_eq!(values(None, None), [10.0, 20.0, 30.0, 40.0]);
        assert_eq!(bounds(Some(2.0), Some(1.0)).unwrap_err().kind, ErrorKind::Usage);
        assert_eq!(bounds(Some(f64::NAN), None).unwrap_err().kind, ErrorKind::Usage);
    }

    #[test]
    fn columns_come_in_the_order_that_was_asked_for() {
        let schema = table(["gr", "dept"]).schema();
        let batch = ordered(&table(["dept", "gr"]), &schema).unwrap();
        assert_eq!(batch.column(0).as_primitive::<Float64Type>().value(0), 10.0);
        let other = table(["gr", "rhob"]).schema();
        assert_eq!(ordered(&table(["dept", "gr"]), &other).unwrap_err().kind, ErrorKind::Damaged);
    }
}
