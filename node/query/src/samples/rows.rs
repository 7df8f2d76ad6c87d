//! From columns of a wide table to rows in long form.

use std::iter::repeat_n;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, RecordBatch, RecordBatchOptions, StringArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, SchemaRef};
use datafusion::error::Result;

use super::SampleColumn;
use crate::catalog::{CurveColumn, IndexColumn, IndexKind, RunFile};

/// What of a table must be read for the columns asked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Needs {
    pub(super) index: bool,
    pub(super) value: bool,
    pub(super) text: bool,
}

impl Needs {
    pub(super) fn of(columns: &[SampleColumn]) -> Self {
        Self {
            index: columns
                .iter()
                .any(|column| matches!(column, SampleColumn::IndexValue | SampleColumn::DepthM | SampleColumn::TimeS)),
            value: columns.contains(&SampleColumn::Value),
            text: columns.contains(&SampleColumn::Text),
        }
    }

    /// Whether the curve's own column must be read.
    pub(super) const fn needs(self, curve: &CurveColumn) -> bool {
        if curve.text { self.text } else { self.value }
    }
}

/// Builds the batches of some curves of one run.
#[derive(Debug)]
pub(super) struct RowBuilder {
    run: Arc<RunFile>,
    curves: Vec<usize>,
    columns: Arc<[SampleColumn]>,
    schema: SchemaRef,
    /// Constant columns of each curve, as long as the longest batch; sliced for every batch.
    constants: Vec<Vec<Option<ArrayRef>>>,
}

impl RowBuilder {
    pub(super) fn new(
        run: Arc<RunFile>,
        curves: Vec<usize>,
        columns: Arc<[SampleColumn]>,
        schema: SchemaRef,
        batch_rows: usize,
    ) -> Self {
        let mut constants: Vec<Vec<Option<ArrayRef>>> = Vec::with_capacity(curves.len());
        for &curve in &curves {
            let curve = &run.curves[curve];
            let arrays = columns.iter().enumerate().map(|(position, column)| {
                if !column.is_constant() {
                    return None;
                }
                // What belongs to the run is shared by its curves.
                match constants.first() {
                    Some(first) if column.is_of_run() => first[position].clone(),
                    _ => Some(repeat(column.constant(&run, curve), batch_rows)),
                }
            });
            let arrays = arrays.collect();
            constants.push(arrays);
        }
        Self { run, curves, columns, schema, constants }
    }

    /// Makes one batch per curve from a batch of the table.
    pub(super) fn build(&self, table: &RecordBatch) -> Result<Vec<RecordBatch>> {
        let index = match table.column_by_name(&self.run.index.name) {
            Some(column) => Some(cast(column, &DataType::Float64)?),
            None => None,
        };
        let rows = table.num_rows();
        let shared: Vec<Option<ArrayRef>> =
            self.columns.iter().map(|column| index_column(*column, index.as_ref(), &self.run.index, rows)).collect();
        (0..self.curves.len()).map(|curve| self.batch(curve, table, &shared)).collect()
    }

    /// Makes batches without reading: only constant columns are asked.
    pub(super) fn build_constant(&self, rows: usize) -> Result<Vec<RecordBatch>> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::new(arrow::datatypes::Schema::empty());
        let empty = RecordBatch::try_new_with_options(schema, Vec::new(), &options)?;
        self.build(&empty)
    }

    fn batch(&self, position: usize, table: &RecordBatch, shared: &[Option<ArrayRef>]) -> Result<RecordBatch> {
        let curve = &self.run.curves[self.curves[position]];
        let rows = table.num_rows();
        let mut arrays = Vec::with_capacity(self.columns.len());
        for (at, column) in self.columns.iter().enumerate() {
            let constant = self.constants[position][at].as_ref();
            let array = match (constant, &shared[at]) {
                (Some(constant), _) => constant.slice(0, rows),
                (None, Some(shared)) => Arc::clone(shared),
                (None, None) => sample_column(*column, curve, table)?,
            };
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?)
    }
}

fn repeat(value: Option<&str>, rows: usize) -> ArrayRef {
    match value {
        Some(value) => Arc::new(StringArray::from_iter_values(repeat_n(value, rows))),
        None => new_null_array(&DataType::Utf8, rows),
    }
}

/// Returns a column made from the index, the same for all curves.
fn index_column(column: SampleColumn, values: Option<&ArrayRef>, index: &IndexColumn, rows: usize) -> Option<ArrayRef> {
    let kind = match column {
        SampleColumn::IndexValue => return values.cloned(),
        SampleColumn::DepthM => IndexKind::Depth,
        SampleColumn::TimeS => IndexKind::Time,
        _ => return None,
    };
    match (index.to_si, values) {
        (Some(to_si), Some(values)) if index.kind == kind => {
            let values: &Float64Array = values.as_primitive::<Float64Type>();
            let scaled: Float64Array = values.unary(|value| value * to_si);
            Some(Arc::new(scaled))
        }
        _ => Some(new_null_array(&DataType::Float64, rows)),
    }
}

/// Returns the samples of a curve, null in the column of the other kind.
fn sample_column(column: SampleColumn, curve: &CurveColumn, table: &RecordBatch) -> Result<ArrayRef> {
    let data_type = column.data_type();
    let same_kind = curve.text == (column == SampleColumn::Text);
    let found = table.column_by_name(&curve.column).filter(|_| same_kind);
    Ok(match found {
        Some(values) => cast(values, &data_type)?,
        None => new_null_array(&data_type, table.num_rows()),
    })
}
