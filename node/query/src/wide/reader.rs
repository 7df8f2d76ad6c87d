//! Reading the runs of a well from their top down, a bounded number of rows at a time.
//!
//! The pieces of all runs are read in the order of their smallest depths, each once; what has a
//! smaller depth than the next piece is complete and becomes rows ([`super::rows`]). A run that goes
//! up and down in depth keeps many rows waiting, which the query's memory must hold.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, BooleanArray, Float64Array, new_empty_array};
use arrow::compute::{cast, concat, filter};
use arrow::datatypes::{DataType, Float64Type, SchemaRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryReservation;
use futures::StreamExt as _;
use futures::future::try_join_all;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;

use super::Steps;
use super::buffer::{Buffer, Rows};
use super::choice::{Column, Layout, Placed};
use super::segments::{Segment, segments, selection};
use crate::functions::Convert;
use crate::parquet_file::{Source, TableFile};
use crate::reading::Reading;
use crate::resample::{LIMIT_STEPS, Points, Reach};
use crate::samples::{Bounds, projection};

/// Rows read at first: little, for those who want few rows.
const FIRST_ROUND_ROWS: usize = 8_192;
/// Most rows that are read in one round, but for a last page.
const MAX_ROUND_ROWS: usize = 131_072;

/// What is read.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    pub(super) layout: Arc<Layout>,
    pub(super) source: Arc<Source>,
    /// What the query may read.
    pub(super) reading: Arc<Reading>,
    pub(super) steps: Arc<Steps>,
    /// Positions in the layout's schema.
    pub(super) fields: Arc<[usize]>,
    /// Those fields.
    pub(super) schema: SchemaRef,
    /// Depths wanted; rows outside may be left out.
    pub(super) bounds: Bounds,
}

/// A run while it is read.
pub(super) struct Run {
    /// Position in the layout.
    at: usize,
    file: TableFile,
    table: ArrowReaderMetadata,
    /// Columns that are read, as positions in the layout; the buffer has them in this order.
    pub(super) columns: Vec<usize>,
    /// Depths that are read.
    bounds: Bounds,
    /// How far samples reach, when rows are spaced.
    pub(super) reach: Reach,
    pub(super) buffer: Buffer,
}

/// The points of spaced rows, and how many of them are done.
pub(super) struct Spaced {
    pub(super) points: Points,
    pub(super) done: u64,
}

/// The state of a scan.
pub(super) struct Reader {
    pub(super) scan: Scan,
    pub(super) runs: Vec<Run>,
    pub(super) spaced: Option<Spaced>,
    pub(super) batch_rows: usize,
    /// Position in `runs`, and a piece of it; by smallest depth.
    pending: Vec<(usize, Segment)>,
    /// Pieces in front that were read.
    read: usize,
    round_rows: usize,
    reservation: MemoryReservation,
}

impl Reader {
    pub(super) async fn open(scan: Scan, batch_rows: usize, reservation: MemoryReservation) -> Result<Self> {
        let spaced = points(&scan)?.map(|points| Spaced { points, done: 0 });
        let nothing = spaced.as_ref().is_some_and(|spaced| spaced.points.count() == 0);
        let runs = if nothing { 0..0 } else { 0..scan.layout.runs.len() };
        let opened = try_join_all(runs.map(|at| open_run(&scan, at))).await?;
        let (mut runs, mut pending) = (Vec::new(), Vec::new());
        for (run, pieces) in opened.into_iter().flatten() {
            pending.extend(pieces.into_iter().map(|piece| (runs.len(), piece)));
            runs.push(run);
        }
        pending.sort_by(|(one, piece), (other, second)| {
            piece.min.total_cmp(&second.min).then_with(|| (one, piece.number).cmp(&(other, second.number)))
        });
        let round_rows = FIRST_ROUND_ROWS;
        Ok(Self { scan, runs, spaced, batch_rows, pending, read: 0, round_rows, reservation })
    }

    /// Returns the depth up to which, itself excluded, everything was read.
    pub(super) fn complete_to(&self) -> f64 {
        self.pending.get(self.read).map_or(f64::INFINITY, |(_, piece)| piece.min)
    }

    /// Returns whether all pieces were read.
    pub(super) fn is_read(&self) -> bool {
        self.read >= self.pending.len()
    }

    /// Reads the next pieces.
    pub(super) async fn load(&mut self) -> Result<()> {
        let (start, mut rows) = (self.read, 0);
        while rows < self.round_rows
            && let Some((_, piece)) = self.pending.get(self.read)
        {
            rows += piece.rows;
            self.read += 1;
        }
        self.round_rows = (self.round_rows * 2).min(MAX_ROUND_ROWS);
        let widest = self.runs.iter().map(|run| run.columns.len() + 2).max().unwrap_or_default();
        self.reservation.try_resize(self.held() + rows * widest * size_of::<f64>())?;
        let round = &self.pending[start..self.read];
        let reads = self.runs.iter().enumerate().map(|(position, run)| {
            let here = round.iter().filter(move |(of, _)| *of == position).map(|(_, piece)| *piece);
            let mut pieces: Vec<Segment> = here.collect();
            pieces.sort_by_key(|piece| piece.number);
            let layout = &self.scan.layout;
            let columns = run.columns.iter().map(|at| &layout.columns[*at]).collect();
            read(&run.file, &run.table, &layout.runs[run.at], columns, pieces, run.bounds)
        });
        let loaded = try_join_all(reads).await?;
        for (run, rows) in self.runs.iter_mut().zip(loaded) {
            run.buffer.add(rows)?;
        }
        self.reservation.try_resize(self.held())
    }

    fn held(&self) -> usize {
        self.runs.iter().map(|run| run.buffer.bytes()).sum()
    }
}

/// Returns the points of spaced rows: those of the whole table that are wanted.
fn points(scan: &Scan) -> Result<Option<Points>> {
    let Some(spacing) = scan.layout.spacing else { return Ok(None) };
    let ends = scan.layout.runs.iter().filter_map(Placed::ends);
    let hull = ends.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    // Without a depth there are no rows: the range is empty.
    let (min, max) = hull.unwrap_or((spacing.step, 0.0));
    let Some(points) = Points::within(spacing.step, 0.0, min, max) else {
        return Err(DataFusionError::Plan(format!(
            "well() cannot number its rows with a step of {} m from {min} to {max} m; give a larger step",
            spacing.step
        )));
    };
    Ok(Some(points.narrowed(scan.bounds.low, scan.bounds.high)))
}

/// Opens a run; nothing when no row of it can matter.
async fn open_run(scan: &Scan, at: usize) -> Result<Option<(Run, Vec<Segment>)>> {
    let layout = &scan.layout;
    let placed = &layout.runs[at];
    let columns = scan.fields.iter().filter_map(|field| field.checked_sub(1));
    let columns: Vec<usize> = columns.filter(|column| layout.columns[*column].run == at).collect();
    let Some((min, max)) = placed.ends() else { return Ok(None) };
    if layout.spacing.is_some() && columns.is_empty() {
        return Ok(None);
    }
    let reach = match layout.spacing {
        None => Reach::new(0.0, 0.0),
        Some(spacing) => {
            let limit = match (spacing.max_gap, placed.step_m) {
                (Some(limit), _) => limit,
                (None, Some(step)) => LIMIT_STEPS * step.max(spacing.step),
                (None, None) => LIMIT_STEPS * median_step(scan, placed).await?.max(spacing.step),
            };
            Reach::new(spacing.step, limit)
        }
    };
    let margin = reach.margin();
    let bounds = Bounds { low: scan.bounds.low - margin, high: scan.bounds.high + margin };
    if bounds.low > max || bounds.high < min {
        return Ok(None);
    }
    let (file, table) = open_table(scan, placed).await?;
    let pieces = segments(&table, placed, bounds)?;
    let types = columns.iter().map(|column| data_type(&layout.columns[*column]));
    let buffer = Buffer::new(types);
    Ok(Some((Run { at, file, table, columns, bounds, reach, buffer }, pieces)))
}

/// The type of columns of numbers.
static NUMBER: DataType = DataType::Float64;
/// The type of columns of text.
static TEXT: DataType = DataType::Utf8;

fn data_type(column: &Column) -> &'static DataType {
    if column.text { &TEXT } else { &NUMBER }
}

async fn open_table(scan: &Scan, placed: &Placed) -> Result<(TableFile, ArrowReaderMetadata)> {
    let mut file = scan.source.open(Arc::clone(&placed.file), &scan.reading);
    let table = file.footer().await?;
    Ok((file, table))
}

/// Returns the median step of a run in metres; reads its index once for an engine.
async fn median_step(scan: &Scan, placed: &Placed) -> Result<f64> {
    if let Some(step) = scan.steps.get(placed.file.blob, placed.to_m) {
        return Ok(step);
    }
    let (file, table) = open_table(scan, placed).await?;
    let pieces = segments(&table, placed, Bounds::ALL)?;
    let mut depths = read(&file, &table, placed, Vec::new(), pieces, Bounds::ALL).await?.depths;
    depths.sort_unstable_by(f64::total_cmp);
    let step = crate::resample::median_step(depths);
    scan.steps.put(placed.file.blob, placed.to_m, step);
    Ok(step)
}

/// Reads pieces of a run, which are in the order of the table; rows outside of the bounds are left out.
async fn read(
    file: &TableFile,
    table: &ArrowReaderMetadata,
    placed: &Placed,
    columns: Vec<&Column>,
    pieces: Vec<Segment>,
    bounds: Bounds,
) -> Result<Rows> {
    let (mut depths, mut kept) = (Vec::new(), Vec::new());
    let mut parts: Vec<Vec<ArrayRef>> = vec![Vec::new(); columns.len()];
    if !pieces.is_empty() {
        let index = placed.file.index.name.as_str();
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).chain([index]).collect();
        let mask = projection(table, &names, file)?;
        let (groups, selected) = selection(table, &pieces);
        let mut batches = ParquetRecordBatchStreamBuilder::new_with_metadata(file.clone(), table.clone())
            .with_batch_size(FIRST_ROUND_ROWS)
            .with_row_groups(groups)
            .with_projection(mask)
            .with_row_selection(selected)
            .build()?;
        let mut numbers = pieces.iter().flat_map(|piece| piece.number..piece.number + piece.rows as u64);
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            let column = |name: &str| {
                let found = batch.column_by_name(name);
                found.ok_or_else(|| DataFusionError::from(file.mismatch(format!("it has no column {name}"))))
            };
            let index = cast(column(index)?, &DataType::Float64)?;
            let places = index.as_primitive::<Float64Type>().iter();
            let places: Vec<Option<f64>> = places.map(|index| place(placed, index, bounds)).collect();
            let keep: BooleanArray = places.iter().map(|depth| Some(depth.is_some())).collect();
            for (depth, number) in places.iter().zip(numbers.by_ref()) {
                if let Some(depth) = depth {
                    depths.push(*depth);
                    kept.push(number);
                }
            }
            for (part, wanted) in parts.iter_mut().zip(&columns) {
                part.push(values(column(&wanted.name)?, &keep, wanted)?);
            }
            // Bytes that are at hand are read without a pause, and a query must be stoppable.
            tokio::task::yield_now().await;
        }
    }
    let columns = parts.iter().zip(columns).map(|(parts, column)| joined(parts, column)).collect::<Result<_>>()?;
    Ok(Rows { depths, numbers: kept, columns })
}

/// Returns the parts of a column as one array.
fn joined(parts: &[ArrayRef], column: &Column) -> Result<ArrayRef> {
    if parts.is_empty() {
        return Ok(new_empty_array(data_type(column)));
    }
    let parts: Vec<&dyn Array> = parts.iter().map(|part| part.as_ref()).collect();
    Ok(concat(&parts)?)
}

/// Returns the depth of an index, if it has one within bounds.
fn place(placed: &Placed, index: Option<f64>, bounds: Bounds) -> Option<f64> {
    let depth = placed.metres(index?);
    (depth.is_finite() && depth >= bounds.low && depth <= bounds.high).then_some(depth)
}

/// Returns the kept values of a column in the unit it has here.
fn values(array: &ArrayRef, keep: &BooleanArray, column: &Column) -> Result<ArrayRef> {
    let array = if keep.true_count() == keep.len() { Arc::clone(array) } else { filter(array, keep)? };
    let array = cast(&array, data_type(column))?;
    Ok(match &column.conversion {
        Some(conversion) if !column.text => Arc::new(convert(array.as_primitive(), conversion.as_ref())),
        _ => array,
    })
}

/// Converts the values of an array; what is null stays so.
pub(crate) fn convert(array: &Float64Array, conversion: &dyn Convert) -> Float64Array {
    let mut values = array.values().to_vec();
    conversion.apply_all(&mut values);
    Float64Array::new(values.into(), array.nulls().cloned())
}
