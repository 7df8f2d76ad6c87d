//! What of a run is exported: curves, rows, the unit of the index, a step.
//!
//! Values stay as delivered unless a step or the gridded copy is asked for; the index changes with
//! the unit that is asked for, and then only by the exact factor between the units.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, Float64Array};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Field, Float64Type, Schema};
use arrow::record_batch::RecordBatch;
use dataforge_protocol::document::{CurveOverride, RunState};
use dataforge_protocol::facts::{IndexKind, RenditionFacts};
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};

use crate::api::{ApiError, CurveInfo, ErrorKind, ExportOptions, RunInfo, WellInfo};
use crate::grid::meanings;
use crate::index::{Index, materialise, read_dictionary};
use crate::ingest::dictionary::Interpretation;
use crate::ingest::grid::{self, GridOptions, NativeRun, WellGrid};
use crate::ingest::table::UNIT;
use crate::ingest::units::{self, Conversion, Quantity, Unit};
use crate::node::Node;
use crate::table::read_table;

/// A run and what is known of it.
#[derive(Debug)]
pub(super) struct Source {
    /// Where it is.
    workspace: WorkspaceId,
    pub(super) info: RunInfo,
    /// The bytes of its source file.
    pub(super) file: BlobHash,
    /// Its position there.
    pub(super) data_set: u32,
    /// The table: the native one, or its gridded copy.
    pub(super) blob: BlobHash,
    rendition: RenditionFacts,
    meanings: Vec<Interpretation>,
    curves: Vec<CurveInfo>,
    well: Option<WellInfo>,
    names: BTreeMap<u32, String>,
    /// Unit of the index in the table.
    unit: String,
    is_gridded: bool,
}

/// What is exported.
#[derive(Debug)]
pub(super) struct Selection {
    /// Where it is from.
    pub(super) workspace: WorkspaceId,
    pub(super) info: RunInfo,
    pub(super) file: BlobHash,
    pub(super) data_set: u32,
    /// The reader that made the table, e.g. `las/2`.
    pub(super) reader: String,
    /// Its well.
    pub(super) well: Option<WellInfo>,
    /// The index first, then the chosen curves; units as they count are in the fields' metadata.
    pub(super) table: RecordBatch,
    /// The chosen curves, in the order of the columns.
    pub(super) curves: Vec<CurveInfo>,
    /// Names given to curves by hand, by their position in the run.
    pub(super) names: BTreeMap<u32, String>,
    /// Whether the rows are those of the source.
    pub(super) has_all_rows: bool,
    pub(super) remarks: Vec<String>,
}

/// Finds a run and the table that is asked for.
///
/// # Errors
/// `NotFound` when it has no table or no gridded copy, `Storage`.
pub(super) async fn source(
    node: &Node,
    workspace: WorkspaceId,
    run: DocId,
    options: &ExportOptions,
) -> Result<Source, ApiError> {
    let gridded = options.gridded;
    node.with_core(move |core| {
        let words = read_dictionary(&core.store, &workspace)?;
        let (ledger, store) = core.ledger_and_store(&workspace)?;
        let facts = crate::index::facts(store, ledger, &run);
        let document = materialise(store, ledger, &run)?;
        let missing = || ApiError::new(ErrorKind::NotFound, format!("run {} has no table yet", run.fmt_short()));
        let state = document.map(|document| RunState::read(&document)).ok_or_else(missing)?;
        let rendition = state.renditions.first().cloned().ok_or_else(missing)?;
        let Some(dataforge_protocol::facts::Facts::Run { source: file, data_set }) = facts else {
            return Err(missing());
        };
        let index = Index::new(core.store.connection(), workspace);
        let copy = state.gridded.iter().find(|copy| copy.native == rendition.blob);
        let (blob, unit) = match (gridded, copy) {
            (true, Some(copy)) => (copy.blob, copy.unit.clone()),
            (true, None) => {
                return Err(ApiError::new(ErrorKind::NotFound, format!("run {} has no gridded copy", run.fmt_short()))
                    .hint(format!("dataforge grid {} makes one", run.fmt_short())));
            }
            (false, _) => (rendition.blob, rendition.index.unit.clone()),
        };
        let info = index.run(&run)?;
        let given = |(ordinal, set): (u32, CurveOverride)| set.name.map(|name| (ordinal, name));
        Ok(Source {
            workspace,
            well: state.well.map(|well| index.well(&well)).transpose()?,
            info,
            file,
            data_set,
            blob,
            meanings: meanings(&state, &rendition, &words),
            curves: index.curves(Some(&run))?,
            names: state.overrides.into_iter().filter_map(given).collect(),
            rendition,
            unit,
            is_gridded: gridded,
        })
    })
    .await
}

/// Reads the table and takes what is asked for. For use on threads that may block.
///
/// # Errors
/// `Usage` for curves that the run does not have and units that do not fit, `NotFound` when the
/// table is not held.
pub(super) fn select(node: &Node, source: Source, options: &ExportOptions) -> Result<Selection, ApiError> {
    let mut table = read_table(node, &source.workspace, &source.blob)?;
    let mut remarks = Vec::new();
    let chosen = choose(&source.curves, &options.curves)?;
    let unit = index_unit(&source, options)?;
    if let Some(step) = options.step {
        table = resample(&source, &table, options, step, unit, &mut remarks)?;
    } else if let Some((from, to)) = unit {
        table = convert_index(&table, from, to)?;
    }
    let curves: Vec<CurveInfo> = chosen.into_iter().map(|at| source.curves[at].clone()).collect();
    let table = window(&project(&table, &curves, source.is_gridded)?, options)?;
    let has_all_rows = !source.is_gridded && options.step.is_none() && table.num_rows() as u64 == source.rendition.rows;
    let Source { workspace, info, file, data_set, rendition, well, names, .. } = source;
    let reader = rendition.reader;
    Ok(Selection { workspace, info, file, data_set, reader, well, table, curves, names, has_all_rows, remarks })
}

/// Returns the positions of the curves that are named, in the order of the run; all without names.
fn choose(curves: &[CurveInfo], names: &[String]) -> Result<Vec<usize>, ApiError> {
    if names.is_empty() {
        return Ok((0..curves.len()).collect());
    }
    let named = |curve: &CurveInfo, name: &str| {
        let texts = [Some(&curve.curve), Some(&curve.mnemonic), Some(&curve.column), curve.property.as_ref()];
        texts.into_iter().flatten().any(|text| text.eq_ignore_ascii_case(name)) || curve.ordinal.to_string() == name
    };
    if let Some(unknown) = names.iter().find(|name| !curves.iter().any(|curve| named(curve, name.trim()))) {
        let known: Vec<_> = curves.iter().take(20).map(|curve| curve.curve.as_str()).collect();
        return Err(ApiError::new(ErrorKind::Usage, format!("the run has no curve {unknown:?}"))
            .hint(format!("it has {}", known.join(", "))));
    }
    let wanted = |curve: &CurveInfo| names.iter().any(|name| named(curve, name.trim()));
    Ok((0..curves.len()).filter(|&at| wanted(&curves[at])).collect())
}

type Units = Option<(&'static Unit, &'static Unit)>;

/// Returns the unit of the index in the table, and that of the export; nothing when none is asked
/// for.
fn index_unit(source: &Source, options: &ExportOptions) -> Result<Units, ApiError> {
    let kind = match source.rendition.index.kind {
        IndexKind::Depth => Some("length"),
        IndexKind::Time => Some("time"),
        IndexKind::Other => None,
    };
    let asked = options.unit.as_deref();
    if asked.is_none() && options.step.is_none() {
        return Ok(None);
    }
    let usage = |message: String| ApiError::new(ErrorKind::Usage, message);
    let kind = kind.ok_or_else(|| usage("the index of this run is neither depth nor time".into()))?;
    let from = units::resolve(&source.unit, Some(kind)).ok_or_else(|| {
        usage(format!("the unit of the index is not known: {:?}", source.unit)).hint("leave out --unit and --step")
    })?;
    let to = match asked {
        None => from,
        Some(asked) => units::resolve(asked, Some(kind))
            .ok_or_else(|| usage(format!("{asked:?} is no unit of {kind}")).hint("use m or ft, s or min"))?,
    };
    Ok(Some((from, to)))
}

fn convert_index(table: &RecordBatch, from: &Unit, to: &Unit) -> Result<RecordBatch, ApiError> {
    if from == to {
        return Ok(table.clone());
    }
    let conversion = Conversion::new(from, to, Quantity::Absolute)
        .map_err(|error| ApiError::from_error(ErrorKind::Usage, &error))?;
    let index = table.column(0).as_primitive_opt::<Float64Type>();
    let index = index.ok_or_else(|| ApiError::new(ErrorKind::Usage, "an index of text has no unit to convert"))?;
    let converted: Float64Array = index.unary(|value| conversion.apply(value));
    replace_index(table, Arc::new(converted), to.symbol)
}

fn replace_index(table: &RecordBatch, index: ArrayRef, unit: &str) -> Result<RecordBatch, ApiError> {
    let schema = table.schema();
    let mut fields: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut columns = table.columns().to_vec();
    if let (Some(field), Some(column)) = (fields.first_mut(), columns.first_mut()) {
        let mut metadata = field.metadata().clone();
        metadata.insert(UNIT.to_owned(), unit.to_owned());
        *field = field.clone().with_metadata(metadata);
        *column = index;
    }
    RecordBatch::try_new(Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())), columns)
        .map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}

/// Puts the curves on a grid of the step that is asked for, each in its own unit.
fn resample(
    source: &Source,
    table: &RecordBatch,
    options: &ExportOptions,
    step: f64,
    units: Units,
    remarks: &mut Vec<String>,
) -> Result<RecordBatch, ApiError> {
    let usage = |error: grid::GridError| ApiError::from_error(ErrorKind::Usage, &error);
    if source.is_gridded {
        return Err(ApiError::new(ErrorKind::Usage, "a gridded copy has its step already")
            .hint("leave out --gridded, or change the well's grid_step"));
    }
    let unit = units.map_or_else(|| source.unit.clone(), |(_, to)| to.symbol.to_owned());
    let well = WellGrid { unit, step, origin: options.from.unwrap_or(0.0), datum: None };
    // Without a unit values are taken as they are, by the method of their property.
    let as_delivered: Vec<_> =
        source.meanings.iter().map(|meaning| Interpretation { unit: None, ..meaning.clone() }).collect();
    let run = NativeRun { table, index: &source.rendition.index, curves: &as_delivered, datum: None };
    let gridded = grid::grid(&run, &well, &GridOptions::default()).map_err(usage)?;
    let methods: Vec<_> =
        gridded.facts.curves.iter().map(|curve| format!("{} {}", curve.column, curve.method.as_str())).collect();
    remarks.push(format!("resampled to {step} {}: {}", gridded.facts.grid.unit, methods.join(", ")));
    let schema = Schema::new_with_metadata(gridded.table.schema().fields().clone(), table.schema().metadata().clone());
    RecordBatch::try_new(Arc::new(schema), gridded.table.columns().to_vec())
        .map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}

/// Returns the index and the curves, with the units that count: those of a gridded copy are its own.
fn project(table: &RecordBatch, curves: &[CurveInfo], is_gridded: bool) -> Result<RecordBatch, ApiError> {
    let schema = table.schema();
    let position = |curve: &CurveInfo| {
        schema.index_of(&curve.column).map_err(|_error| {
            ApiError::new(ErrorKind::Damaged, format!("the table has no column {}", curve.column))
                .hint("run dataforge verify")
        })
    };
    let columns = std::iter::once(Ok(0)).chain(curves.iter().map(position)).collect::<Result<Vec<_>, _>>()?;
    let internal = |error| ApiError::from_error(ErrorKind::Internal, &error);
    let table = table.project(&columns).map_err(internal)?;
    if is_gridded {
        return Ok(table);
    }
    let schema = table.schema();
    let mut fields: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone()).collect();
    for (field, curve) in fields.iter_mut().skip(1).zip(curves) {
        field.metadata_mut().insert(UNIT.to_owned(), curve.unit.clone());
    }
    let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
    RecordBatch::try_new(Arc::new(schema), table.columns().to_vec()).map_err(internal)
}

/// Returns the unit of a column; nothing when it has none.
pub(super) fn unit_of(field: &Field) -> &str {
    field.metadata().get(UNIT).map(String::as_str).unwrap_or_default()
}

/// Returns the rows whose index is within the window; rows without an index are in none.
fn window(table: &RecordBatch, options: &ExportOptions) -> Result<RecordBatch, ApiError> {
    if options.from.is_none() && options.to.is_none() {
        return Ok(table.clone());
    }
    let (from, to) = (options.from.unwrap_or(f64::NEG_INFINITY), options.to.unwrap_or(f64::INFINITY));
    if from > to {
        return Err(ApiError::new(ErrorKind::Usage, format!("the window ends before it begins: {from} to {to}")));
    }
    let index = table.column(0).as_primitive_opt::<Float64Type>();
    let index = index.ok_or_else(|| ApiError::new(ErrorKind::Usage, "an index of text has no window"))?;
    let within: BooleanArray =
        (0..index.len()).map(|row| Some(index.is_valid(row) && (from..=to).contains(&index.value(row)))).collect();
    filter_record_batch(table, &within).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}
