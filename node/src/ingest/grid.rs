//! The gridded copy of a run: its curves on the depth grid of the well, in canonical units.
//!
//! The native table is the truth and is never touched; this is a derived copy, so that curves of
//! different runs can be compared and computed with. The same table, grid and meanings give the
//! same values and the same bytes ([`to_parquet`]) on every machine.
//!
//! Invariants: a point has a value only where samples are near enough on both sides, or one lies on
//! it; a sample on a point is taken as it is; nothing is bridged over a gap, whatever the method.
//! A run that cannot be placed on the grid for certain is refused: over time, in an unknown unit,
//! along another depth, or counted from another datum without a stated shift.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::parquet::errors::ParquetError;
use arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Array};
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use arrow::record_batch::RecordBatch;
use dataforge_protocol::facts::{IndexFacts, IndexKind};
use dataforge_query::resample::{LIMIT_STEPS, Points, Reach};
use serde::{Deserialize, Serialize};

use self::curve::Resampled;
use self::samples::Depths;
use crate::ingest::dictionary::{self, Interpretation};
use crate::ingest::index::Direction;
use crate::ingest::parquet::{self, Metadata};
use crate::ingest::table::UNIT;
use crate::ingest::units::{self, Conversion, Quantity, Unit};
use crate::ingest::well::DepthDatum;

mod curve;
mod method;
mod samples;
#[cfg(test)]
mod tests;

pub use self::method::{Method, method_for};

/// Most points of a grid: 1,500 km in half feet.
pub const MAX_POINTS: u64 = 10_000_000;
/// Most values of a gridded table: 1.6 GB of numbers.
pub const MAX_VALUES: u64 = 200_000_000;

/// Field metadata: id of the property; missing when there is none.
pub const PROPERTY: &str = "dataforge.property";
/// Field metadata: how values were resampled.
pub const METHOD: &str = "dataforge.method";
/// Field metadata: the unit of the native values.
pub const NATIVE_UNIT: &str = "dataforge.native_unit";

/// Step of a metric well whose first run has none of its own, in metres.
const METRIC_STEP_M: f64 = 0.1;
/// Step of any other well, in feet.
const STEP_FT: f64 = 0.5;

/// The depth grid of a well: `origin`, `origin + step`, `origin + 2 step` and so on, both ways.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WellGrid {
    /// Symbol of the unit of length, e.g. `ft`.
    pub unit: String,
    /// Distance of points, in the unit.
    pub step: f64,
    /// Depth of one point, in the unit.
    pub origin: f64,
    /// What its depths are counted from, when that is known.
    pub datum: Option<DepthDatum>,
}

impl WellGrid {
    /// Returns the grid of a well whose first run has an index in this unit, as delivered, and this
    /// step: half feet from 0, or metres with the run's own step when the unit is metric.
    #[must_use]
    pub fn for_first_run(index_unit: &str, step: Option<f64>) -> Self {
        let unit = units::resolve(index_unit, Some("length"));
        let metric = unit.filter(|unit| matches!(unit.symbol, "m" | "mm" | "cm" | "km"));
        let Some(from) = metric else {
            return Self { unit: "ft".to_owned(), step: STEP_FT, origin: 0.0, datum: None };
        };
        let in_metres = |step: f64| units::convert(step, from, units::find("length", "m")?, Quantity::Difference).ok();
        let step = step.map(f64::abs).and_then(in_metres).filter(|step| *step > 0.0).unwrap_or(METRIC_STEP_M);
        Self { unit: "m".to_owned(), step, origin: 0.0, datum: None }
    }
}

/// A run to be gridded.
#[derive(Debug, Clone, Copy)]
pub struct NativeRun<'a> {
    /// Its native table: the index first, then the curves.
    pub table: &'a RecordBatch,
    /// What is known of the index.
    pub index: &'a IndexFacts,
    /// What the curves hold, in the order of the columns.
    pub curves: &'a [Interpretation],
    /// What its depths are counted from, when that is known.
    pub datum: Option<DepthDatum>,
}

/// How a run is gridded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GridOptions {
    /// Largest distance of samples that are joined, in the unit of the grid; `None` for twice the
    /// step of the run or of the grid, whichever is larger.
    pub limit: Option<f64>,
    /// What is added to the run's depths, in the unit of the grid, to count them from the datum of
    /// the grid; stated by a person, zero included.
    pub shift: Option<f64>,
    /// Methods of single curves by position, the first being 0, instead of those of their properties.
    pub methods: BTreeMap<usize, Method>,
}

/// A run on the grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Gridded {
    /// The table: depth first, ascending, then the curves under the names they have natively.
    pub table: RecordBatch,
    /// What was done, which is all there is to know to do it again.
    pub facts: GridFacts,
}

/// What was done to a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridFacts {
    /// The grid.
    pub grid: WellGrid,
    /// Largest distance of samples that were joined, in the unit of the grid.
    pub limit: f64,
    /// What was added to the run's depths, in the unit of the grid.
    pub shift: f64,
    /// Smallest point, in the unit of the grid.
    pub top: f64,
    /// Largest point.
    pub base: f64,
    /// Number of points.
    pub rows: u64,
    /// Native rows without a depth, which have no place.
    pub without_depth: u64,
    /// Native rows whose depth another row has too; of these the first with a value counts.
    pub repeated: u64,
    /// The curves, in the order of the columns.
    pub curves: Vec<GriddedCurve>,
}

/// One curve on the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GriddedCurve {
    /// Name of the column.
    pub column: String,
    /// Id of the property, when there is one.
    pub property: Option<String>,
    /// How its values were resampled.
    pub method: Method,
    /// Its unit: the symbol of the canonical one, or the native text when it was not converted.
    pub unit: String,
    /// Whether it is in its property's canonical unit.
    pub canonical: bool,
    /// Number of values.
    pub count: u64,
    /// Smallest point with a value, in the unit of the grid.
    pub top: Option<f64>,
    /// Largest point with a value.
    pub base: Option<f64>,
    /// Smallest number.
    pub min: Option<f64>,
    /// Largest number.
    pub max: Option<f64>,
}

/// A run cannot be gridded.
#[derive(Debug, thiserror::Error)]
pub enum GridError {
    /// Its index is no depth.
    #[error("the index {mnemonic} is no depth but {kind}: only depths have a place on the grid of a well")]
    NoDepth {
        /// Mnemonic of the index.
        mnemonic: String,
        /// What it measures.
        kind: &'static str,
    },
    /// Its index is a vertical depth; the grid is along the hole.
    #[error("the index {mnemonic} is of kind {name}, but the grid of a well is along the hole")]
    VerticalDepth {
        /// Mnemonic of the index.
        mnemonic: String,
        /// Name of its property.
        name: &'static str,
    },
    /// The unit of the index is unknown.
    #[error("the unit of the index {mnemonic} is unknown: {unit:?}; import or derive it with one that is known")]
    IndexUnit {
        /// Mnemonic of the index.
        mnemonic: String,
        /// Its unit as delivered.
        unit: String,
    },
    /// The grid is none.
    #[error("the grid of the well has no usable unit, step or origin: {step} {unit} from {origin}")]
    Grid {
        /// Its unit.
        unit: String,
        /// Its step.
        step: f64,
        /// Its origin.
        origin: f64,
    },
    /// Depths of run and grid are counted from different datums.
    #[error("depths of the run are from {run}, those of the grid from {grid}: state the shift between them")]
    Datum {
        /// Datum of the run, in words.
        run: String,
        /// Datum of the grid, in words.
        grid: String,
    },
    /// Shift or limit is no number that can be used.
    #[error("shift and limit must be finite, the limit not negative: {0}")]
    Option(f64),
    /// No point lies within the run.
    #[error("no point of the grid lies within the run, from {min} to {max}")]
    NoPoint {
        /// Smallest depth, in the unit of the grid.
        min: f64,
        /// Largest depth.
        max: f64,
    },
    /// There would be too many points or values.
    #[error("{points} points with {curves} curves are more than {MAX_POINTS} points or {MAX_VALUES} values")]
    TooLarge {
        /// Points within the run.
        points: u64,
        /// Curves of the run.
        curves: usize,
    },
    /// Facts and table do not belong together.
    #[error("the table does not fit what is said about it: {0}")]
    Table(&'static str),
    /// Arrow refused the table.
    #[error("the gridded table does not fit an arrow table")]
    Arrow(#[from] arrow::error::ArrowError),
}

/// Puts a run on the grid of its well.
///
/// # Errors
/// When it cannot be placed there for certain, or is too large: see [`GridError`].
pub fn grid(run: &NativeRun<'_>, grid: &WellGrid, options: &GridOptions) -> Result<Gridded, GridError> {
    let index_unit = check(run, grid, options)?;
    let bad_grid = || GridError::Grid { unit: grid.unit.clone(), step: grid.step, origin: grid.origin };
    let unit = units::resolve(&grid.unit, Some("length")).ok_or_else(bad_grid)?;
    let conversion = Conversion::new(index_unit, unit, Quantity::Absolute).map_err(|_error| bad_grid())?;
    let index = run.table.columns().first().and_then(|column| column.as_primitive_opt::<Float64Type>());
    let index = index.ok_or(GridError::Table("its first column is not numbers"))?;
    let shift = options.shift.unwrap_or(0.0);
    let depths = Depths::new(index, |depth| conversion.apply(depth) + shift);
    let Some((min, max)) = depths.ends() else {
        return Err(GridError::NoPoint { min: f64::NAN, max: f64::NAN });
    };
    let points = Points::within(grid.step, grid.origin, min, max).ok_or_else(bad_grid)?;
    let curves = run.curves.len();
    if points.count() > MAX_POINTS || points.count().saturating_mul(curves as u64 + 1) > MAX_VALUES {
        return Err(GridError::TooLarge { points: points.count(), curves });
    }
    let places: Vec<f64> = points.iter().collect();
    let (Some(&top), Some(&base)) = (places.first(), places.last()) else {
        return Err(GridError::NoPoint { min, max });
    };
    let run_step = run.index.step.map(f64::abs).map_or_else(
        || depths.median_step(),
        |step| Conversion::new(index_unit, unit, Quantity::Difference).map_or(0.0, |step_of| step_of.apply(step)),
    );
    let limit = options.limit.unwrap_or_else(|| LIMIT_STEPS * run_step.max(grid.step));
    let reach = Reach::new(grid.step, limit);
    let resampled = resample_all(run, options, &depths, &places, reach)?;
    let table = table(run.table, unit, places, &resampled)?;
    let facts = GridFacts {
        grid: WellGrid { unit: unit.symbol.to_owned(), ..grid.clone() },
        limit,
        shift,
        top,
        base,
        rows: points.count(),
        without_depth: depths.without,
        repeated: depths.repeated,
        curves: resampled.into_iter().map(|curve| curve.facts).collect(),
    };
    Ok(Gridded { table, facts })
}

/// Checks everything that makes a run's place on the grid uncertain, and returns its index's unit.
fn check(run: &NativeRun<'_>, grid: &WellGrid, options: &GridOptions) -> Result<&'static Unit, GridError> {
    let mnemonic = run.index.mnemonic.clone();
    if run.index.kind != IndexKind::Depth {
        return Err(GridError::NoDepth { mnemonic, kind: run.index.kind.as_str() });
    }
    let property = dictionary::detect(&run.index.mnemonic, &run.index.unit, "").map(|found| found.property);
    if let Some(vertical) = property.filter(|found| matches!(found.id, "depth_tvd" | "depth_tvdss")) {
        return Err(GridError::VerticalDepth { mnemonic, name: vertical.name });
    }
    let unit = units::resolve(&run.index.unit, Some("length"));
    let unit = unit.ok_or_else(|| GridError::IndexUnit { mnemonic, unit: run.index.unit.clone() })?;
    if !(grid.step.is_finite() && grid.step > 0.0 && grid.origin.is_finite()) {
        return Err(GridError::Grid { unit: grid.unit.clone(), step: grid.step, origin: grid.origin });
    }
    let odd = options.shift.filter(|shift| !shift.is_finite());
    if let Some(odd) = odd.or(options.limit.filter(|limit| !(limit.is_finite() && *limit >= 0.0))) {
        return Err(GridError::Option(odd));
    }
    if let (Some(here), Some(there), None) = (&run.datum, &grid.datum, options.shift)
        && here.differs_from(there)
    {
        return Err(GridError::Datum { run: here.to_string(), grid: there.to_string() });
    }
    if run.table.num_columns() != run.curves.len() + 1 {
        return Err(GridError::Table("it has not one meaning a curve"));
    }
    Ok(unit)
}

fn resample_all(
    run: &NativeRun<'_>,
    options: &GridOptions,
    depths: &Depths,
    places: &[f64],
    reach: Reach,
) -> Result<Vec<Resampled>, GridError> {
    let schema = run.table.schema();
    let columns = run.table.columns().iter().zip(schema.fields()).skip(1).zip(run.curves);
    columns
        .enumerate()
        .map(|(position, ((array, field), meaning))| {
            let set = options.methods.get(&position).copied();
            curve::resample(array, field.name(), meaning, set, depths, places, reach)
        })
        .collect()
}

/// Puts the columns together; what a native field says of its curve stays with it.
fn table(native: &RecordBatch, unit: &Unit, places: Vec<f64>, curves: &[Resampled]) -> Result<RecordBatch, GridError> {
    let schema = native.schema();
    let (Some(index), fields) = (schema.fields().first(), schema.fields().iter().skip(1)) else {
        return Err(GridError::Table("it has no columns"));
    };
    let with = |field: &Field, kind: &DataType, nullable, added: Vec<(&str, String)>| {
        let mut metadata = field.metadata().clone();
        metadata.extend(added.into_iter().map(|(key, value)| (key.to_owned(), value)));
        Field::new(field.name(), kind.clone(), nullable).with_metadata(metadata)
    };
    let native_unit = |field: &Field| field.metadata().get(UNIT).cloned().unwrap_or_default();
    let added = vec![(UNIT, unit.symbol.to_owned()), (NATIVE_UNIT, native_unit(index))];
    let mut columns = vec![with(index, &DataType::Float64, false, added)];
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(Float64Array::from(places))];
    for (field, curve) in fields.zip(curves) {
        let facts = &curve.facts;
        let mut added = vec![(UNIT, facts.unit.clone()), (NATIVE_UNIT, native_unit(field))];
        added.push((METHOD, facts.method.as_str().to_owned()));
        added.extend(facts.property.iter().map(|id| (PROPERTY, id.clone())));
        columns.push(with(field, curve.array.data_type(), true, added));
        arrays.push(Arc::clone(&curve.array));
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(columns)), arrays)?)
}

/// Returns the gridded table as Parquet bytes: the same for the same table, with what was done in
/// place of the header of a source.
///
/// # Errors
/// When the Parquet writer refuses the table.
pub fn to_parquet(gridded: &Gridded) -> Result<Vec<u8>, ParquetError> {
    let header = serde_json::to_string(&gridded.facts).map_err(|error| ParquetError::External(Box::new(error)))?;
    parquet::write(
        &gridded.table,
        &Metadata {
            index_kind: IndexKind::Depth.as_str(),
            index_unit: &gridded.facts.grid.unit,
            header: &header,
            sorted: Some(Direction::Ascending),
        },
    )
}
