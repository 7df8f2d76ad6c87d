//! From columns of a wide table to rows in long form.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, RecordBatch, RecordBatchOptions, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::compute::kernels::numeric::mul;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::exec_err;
use datafusion::error::Result;

use super::SampleColumn;
use crate::catalog::{CurveColumn, IndexColumn, IndexKind, RunFile};

/// Bytes of columns of one text that are kept.
const KEPT_BYTES: usize = 4 * 1024 * 1024;

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
    /// Rows of the longest batch.
    longest: usize,
    /// Constant columns of each curve, at least as long as that; sliced for every batch.
    constants: Vec<Vec<Option<ArrayRef>>>,
}

/// Columns of one text each. They are kept while a scan goes on, since a well has several runs, and most runs
/// have the same units and properties.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    kept: BTreeMap<String, ArrayRef>,
    bytes: usize,
}

impl Repeats {
    /// Returns a column of a text, or of nulls, of at least so many rows.
    fn column(&mut self, text: Option<&str>, rows: usize) -> ArrayRef {
        let Some(text) = text else { return new_null_array(&DataType::Utf8, rows) };
        if let Some(kept) = self.kept.get(text).filter(|kept| kept.len() >= rows) {
            return Arc::clone(kept);
        }
        let made: ArrayRef = Arc::new(StringArray::new_repeated(text, rows));
        let bytes = made.get_array_memory_size();
        if self.bytes + bytes > KEPT_BYTES {
            *self = Self::default();
        }
        if bytes <= KEPT_BYTES {
            self.bytes += bytes;
            if let Some(shorter) = self.kept.insert(text.to_owned(), Arc::clone(&made)) {
                self.bytes -= shorter.get_array_memory_size();
            }
        }
        made
    }
}

impl RowBuilder {
    pub(super) fn new(
        run: Arc<RunFile>,
        curves: Vec<usize>,
        columns: Arc<[SampleColumn]>,
        schema: SchemaRef,
        batch_rows: usize,
        repeats: &mut Repeats,
    ) -> Self {
        // Most runs are shorter than a batch may be.
        let longest = usize::try_from(run.rows).unwrap_or(usize::MAX).min(batch_rows);
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
                    _ => Some(repeats.column(column.constant(&run, curve), longest)),
                }
            });
            let arrays = arrays.collect();
            constants.push(arrays);
        }
        Self { run, curves, columns, schema, longest, constants }
    }

    /// Makes one batch per curve from a batch of the table.
    pub(super) fn build(&self, table: &RecordBatch) -> Result<Vec<RecordBatch>> {
        let index = match table.column_by_name(&self.run.index.name) {
            Some(column) => Some(cast(column, &DataType::Float64)?),
            None => None,
        };
        let rows = table.num_rows();
        if rows > self.longest {
            return exec_err!("the table of run {} has more rows than it says", self.run.run);
        }
        let shared = self.columns.iter().map(|column| index_column(*column, index.as_ref(), &self.run.index, rows));
        let shared: Vec<Option<ArrayRef>> = shared.collect::<Result<_>>()?;
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

/// Returns a column made from the index, the same for all curves.
fn index_column(
    column: SampleColumn,
    values: Option<&ArrayRef>,
    index: &IndexColumn,
    rows: usize,
) -> Result<Option<ArrayRef>> {
    let kind = match column {
        SampleColumn::IndexValue => return Ok(values.cloned()),
        SampleColumn::DepthM => IndexKind::Depth,
        SampleColumn::TimeS => IndexKind::Time,
        _ => return Ok(None),
    };
    Ok(Some(match (index.to_si, values) {
        (Some(to_si), Some(values)) if index.kind == kind => mul(values, &Float64Array::new_scalar(to_si))?,
        _ => new_null_array(&DataType::Float64, rows),
    }))
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

#[cfg(test)]
mod tests {
    use arrow::array::AsArray as _;

    use super::*;

    #[test]
    fn a_column_of_one_text_serves_all_that_need_no_more_rows() {
        let mut repeats = Repeats::default();
        let first = repeats.column(Some("Alpha"), 10);
        assert!(first.len() == 10 && first.as_string::<i32>().iter().all(|text| text == Some("Alpha")));
        assert!(Arc::ptr_eq(&first, &repeats.column(Some("Alpha"), 5)));
        assert_eq!(repeats.column(Some("Alpha"), 20).len(), 20);
        assert_eq!(repeats.column(Some(""), 3).as_string::<i32>().value(2), "");
        assert_eq!(repeats.column(None, 4).null_count(), 4);
    }

    #[test]
    fn columns_are_kept_within_their_bound() {
        let mut repeats = Repeats::default();
        for number in 100..200 {
            let column = repeats.column(Some(&number.to_string().repeat(30)), 8192);
            assert!(column.len() == 8192 && repeats.bytes <= KEPT_BYTES);
            let bytes: usize = repeats.kept.values().map(|kept| kept.get_array_memory_size()).sum();
            assert_eq!(bytes, repeats.bytes);
        }
        assert!(!repeats.kept.is_empty());
        let long = "x".repeat(10_000);
        assert_eq!(repeats.column(Some(&long), 1_000).len(), 1_000);
        assert!(!repeats.kept.contains_key(&long));
    }

    #[test]
    fn a_table_of_more_rows_than_its_run_is_an_error() {
        let run = RunFile {
            run: "aa11".into(),
            run_id: "aa11".repeat(16),
            well: "Alpha".into(),
            well_id: "bb22".repeat(16),
            is_log: true,
            blob: [1; 32],
            size: 1,
            rows: 2,
            index: IndexColumn {
                name: "dept".into(),
                kind: IndexKind::Depth,
                text: false,
                unit: "ft".into(),
                to_si: Some(0.3048),
                min: None,
                max: None,
            },
            curves: Vec::new(),
        };
        let schema = super::super::sample_schema();
        let columns = SampleColumn::ALL.into();
        let rows = RowBuilder::new(Arc::new(run), Vec::new(), columns, schema, 8192, &mut Repeats::default());
        assert!(rows.build_constant(2).is_ok());
        let error = rows.build_constant(3).unwrap_err();
        assert!(error.to_string().contains("aa11 has more rows"), "{error}");
    }
}
