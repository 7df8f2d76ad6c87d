//! Gridded copies of runs: made when asked for, kept as blobs, known to every member.
//!
//! A copy follows from the native table, the well's grid and what the curves mean, so nothing is
//! lost when it goes; one that is there already is not made again.

use dataforge_protocol::document::{HeaderField, RunState, WellState};
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::facts::{GriddedCurve, GriddedFacts, IndexKind, RenditionFacts, SetKind};
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};

use crate::api::{ApiError, ErrorKind, GriddedInfo, Reply};
use crate::core::Core;
use crate::index::{Found, Index, SHORT, materialise, read_dictionary};
use crate::ingest::dictionary::{Clues, Interpretation, WorkspaceDictionary};
use crate::ingest::grid::{self, GridOptions, Gridded, NativeRun, WellGrid};
use crate::ingest::units::{self, Conversion, Quantity};
use crate::ingest::well::{DepthDatum, Level};
use crate::node::Node;
use crate::table::read_table;
use crate::worker::Expected;

/// The gridding and its version; raised when the same table and grid give other values.
const MAKER: &str = "grid/1";

/// Makes gridded copies of a run, or of all depth logs of a well.
///
/// # Errors
/// `NotFound`, `Usage` for what has no depth log, `NotAllowed` for viewers, `Storage`.
pub(crate) async fn grid(node: &Node, workspace: WorkspaceId, target: String) -> Result<Reply, ApiError> {
    let runs = node.with_core(move |core| {
        let index = Index::new(core.store.connection(), workspace);
        match index.find(&target, false)? {
            Found::Run(run) | Found::Curve(run, _) => Ok(vec![run]),
            Found::Well(well) => depth_logs(&index, &well),
            Found::Attachment(_) | Found::Project(_) | Found::Described(..) => {
                Err(ApiError::new(ErrorKind::Usage, format!("{target:?} is no run or well"))
                    .hint("dataforge runs lists runs"))
            }
        }
    });
    let mut copies = Vec::new();
    for run in runs.await? {
        copies.push(grid_run(node, workspace, run).await?);
    }
    Ok(Reply::Gridded { copies })
}

/// Returns the runs of a well that can be on its grid.
fn depth_logs(index: &Index<'_>, well: &DocId) -> Result<Vec<DocId>, ApiError> {
    let runs = index.runs(Some(well))?;
    let logs = runs.iter().filter(|run| run.kind == SetKind::Log.as_str() && run.index_kind == "depth");
    Ok(logs.filter_map(|run| run.id.parse().ok()).collect())
}

/// What is known of a run to be gridded.
struct Ready {
    rendition: RenditionFacts,
    meanings: Vec<Interpretation>,
    datum: Option<DepthDatum>,
    grid: WellGrid,
    options: GridOptions,
    copies: Vec<GriddedFacts>,
}

/// Makes the gridded copy of a run, unless it is there already.
///
/// # Errors
/// `NotFound` when the run's table is not held, `NotAllowed` for viewers, `Storage`. A run that has
/// no place on the grid is in the reply, with the reason.
pub(crate) async fn grid_run(node: &Node, workspace: WorkspaceId, run: DocId) -> Result<GriddedInfo, ApiError> {
    let ready = node.with_core(move |core| ready(core, workspace, run)).await?;
    let native = ready.rendition.blob;
    let short: String = run.to_string().chars().take(SHORT).collect();
    if let Some(copy) = ready.copies.iter().find(|copy| is_of(copy, &native, &ready.grid)) {
        return Ok(info(short, copy, true, Vec::new()));
    }
    crate::table::bring(node, &workspace, &native).await?;
    let made = tokio::task::block_in_place(|| make(node, &workspace, &ready));
    let (gridded, bytes) = match made? {
        Ok(made) => made,
        Err(refusal) => return Ok(refused(short, &ready.grid, refusal)),
    };
    let facts = facts(native, &gridded, &bytes, &ready.rendition);
    let blob = BlobRef { hash: facts.blob, size: facts.blob_size };
    node.check_space(bytes.len() as u64)?;
    let durable = node.blobs().add(vec![bytes.into()]).await?;
    let written = facts.clone();
    let expected = Expected::gridded(&facts, &ready.rendition).id();
    let (_, progress) = node
        .with_core(move |core| {
            core.write(&workspace, &[(blob.hash, blob.size)], |writer| {
                writer.edit(run, &[], vec![blob], |document, actor| {
                    Ok(document.add_gridded(actor, &written)?.into_iter().collect())
                })?;
                writer.store().note_check(&written.blob, &expected, None)
            })
        })
        .await?;
    drop(durable);
    node.on_progress(workspace, &progress);
    Ok(info(short, &facts, false, remarks(&gridded)))
}

fn is_of(copy: &GriddedFacts, native: &BlobHash, grid: &WellGrid) -> bool {
    let same_grid = (copy.unit.as_str(), copy.step, copy.origin) == (&grid.unit, grid.step, grid.origin);
    copy.native == *native && copy.maker == MAKER && same_grid
}

fn ready(core: &mut Core, workspace: WorkspaceId, run: DocId) -> Result<Ready, ApiError> {
    let words = read_dictionary(&core.store, &workspace)?;
    let state = run_state(core, workspace, &run)?;
    let Some(rendition) = state.renditions.first().cloned() else {
        return Err(ApiError::new(ErrorKind::NotFound, format!("run {} has no table yet", run.fmt_short())));
    };
    let grid = match state.well {
        Some(well) => well_grid(core, workspace, &well)?,
        None => WellGrid::for_first_run(&rendition.index.unit, rendition.index.step),
    };
    let shift = state.depth_shift_m.map(|metres| from_metres(metres, &grid.unit));
    Ok(Ready {
        meanings: meanings(&state, &rendition, &words),
        datum: datum(&state),
        options: GridOptions { shift, ..GridOptions::default() },
        copies: state.gridded,
        rendition,
        grid,
    })
}

fn from_metres(metres: f64, unit: &str) -> f64 {
    let length = |spelling| units::resolve(spelling, Some("length"));
    let conversion = length("m").zip(length(unit)).map(|(m, unit)| Conversion::new(m, unit, Quantity::Difference));
    conversion.and_then(Result::ok).map_or(metres, |conversion| conversion.apply(metres))
}

fn run_state(core: &mut Core, workspace: WorkspaceId, run: &DocId) -> Result<RunState, ApiError> {
    let (ledger, store) = core.ledger_and_store(&workspace)?;
    let document = materialise(store, ledger, run)?;
    let missing = || ApiError::new(ErrorKind::NotFound, format!("run {} is not here", run.fmt_short()));
    Ok(RunState::read(&document.ok_or_else(missing)?))
}

/// Returns the depth grid of a well: as set, else as its first depth log asks for. The first is the
/// one whose id comes first, which every node knows.
pub(crate) fn well_grid(core: &mut Core, workspace: WorkspaceId, well: &DocId) -> Result<WellGrid, ApiError> {
    let set = {
        let (ledger, store) = core.ledger_and_store(&workspace)?;
        materialise(store, ledger, well)?.map(|document| WellState::read(&document).grid).unwrap_or_default()
    };
    let first = depth_logs(&Index::new(core.store.connection(), workspace), well)?.into_iter().min();
    let first = first.map(|run| run_state(core, workspace, &run)).transpose()?;
    let index = first.as_ref().and_then(|run| run.renditions.first()).map(|rendition| &rendition.index);
    let mut grid = index
        .map_or_else(|| WellGrid::for_first_run("", None), |index| WellGrid::for_first_run(&index.unit, index.step));
    if let Some(unit) = set.unit.filter(|unit| *unit != grid.unit) {
        // A step in another unit is none.
        grid = WellGrid::for_first_run(&unit, None);
    }
    grid.step = set.step.unwrap_or(grid.step);
    grid.origin = set.origin.unwrap_or(grid.origin);
    grid.datum = first.as_ref().and_then(datum);
    Ok(grid)
}

/// Returns what depths of a run are counted from, as far as that is known.
fn datum(state: &RunState) -> Option<DepthDatum> {
    let level = state.header_field(HeaderField::Datum).and_then(|text| Level::read(&text));
    let elevation_m = state.header_field(HeaderField::ElevationM).and_then(|text| text.parse().ok());
    let elevation_m = elevation_m.filter(|metres: &f64| metres.is_finite());
    (level.is_some() || elevation_m.is_some()).then_some(DepthDatum { level, elevation_m })
}

/// Returns what the curves of a run hold: as set for a curve, else as the dictionaries say.
pub(crate) fn meanings(
    state: &RunState,
    rendition: &RenditionFacts,
    words: &WorkspaceDictionary,
) -> Vec<Interpretation> {
    let company = state.header_field(HeaderField::ServiceCompany);
    let meaning = |curve: &dataforge_protocol::facts::CurveFacts| {
        let set = state.overrides.get(&curve.ordinal).cloned().unwrap_or_default();
        let mut found = words.interpret(&Clues {
            service_company: company.as_deref(),
            mnemonic: &curve.mnemonic,
            unit: set.unit.as_deref().unwrap_or(&curve.unit),
            description: &curve.description,
            range: curve.min.zip(curve.max),
        });
        if let Some(unit) = set.unit {
            found.unit_text = unit;
        }
        if let Some(property) = set.property.as_deref().and_then(crate::ingest::dictionary::property) {
            found.property = Some(property);
            found.unit = units::resolve(&found.unit_text, Some(property.measurement));
        }
        found
    };
    rendition.curves.iter().map(meaning).collect()
}

type Made = Result<(Gridded, Vec<u8>), String>;

/// Grids a run; the inner error says why it has no place on the grid.
fn make(node: &Node, workspace: &WorkspaceId, ready: &Ready) -> Result<Made, ApiError> {
    let rendition = &ready.rendition;
    if rendition.set.kind != SetKind::Log || rendition.index.kind != IndexKind::Depth {
        return Ok(Err(format!(
            "a {} over {} has no depth grid",
            rendition.set.kind.as_str(),
            rendition.index.kind.as_str()
        )));
    }
    let table = read_table(node, workspace, &rendition.blob)?;
    let run = NativeRun { table: &table, index: &rendition.index, curves: &ready.meanings, datum: ready.datum };
    match grid::grid(&run, &ready.grid, &ready.options) {
        Ok(gridded) => {
            let bytes =
                grid::to_parquet(&gridded).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
            Ok(Ok((gridded, bytes)))
        }
        Err(error @ grid::GridError::Datum { .. }) => {
            Ok(Err(format!("{error}; dataforge set RUN depth_shift_m METRES states it")))
        }
        Err(error) => Ok(Err(error.to_string())),
    }
}

fn facts(native: BlobHash, gridded: &Gridded, bytes: &[u8], rendition: &RenditionFacts) -> GriddedFacts {
    let done = &gridded.facts;
    let curve = |(curve, native): (&grid::GriddedCurve, &dataforge_protocol::facts::CurveFacts)| GriddedCurve {
        ordinal: native.ordinal,
        column: curve.column.clone(),
        unit: curve.unit.clone(),
        method: curve.method.as_str().to_owned(),
        count: curve.count,
        top: curve.top,
        base: curve.base,
    };
    GriddedFacts {
        native,
        blob: BlobHash::of(bytes),
        blob_size: bytes.len() as u64,
        maker: MAKER.to_owned(),
        unit: done.grid.unit.clone(),
        step: done.grid.step,
        origin: done.grid.origin,
        rows: done.rows,
        curves: done.curves.iter().zip(&rendition.curves).map(curve).collect(),
    }
}

/// Says what is not as one might expect.
fn remarks(gridded: &Gridded) -> Vec<String> {
    let done = &gridded.facts;
    let mut remarks = Vec::new();
    if done.without_depth > 0 {
        remarks.push(format!("rows without a depth, left out: {}", done.without_depth));
    }
    if done.repeated > 0 {
        remarks
            .push(format!("rows whose depth stands twice, of which the first with a value counts: {}", done.repeated));
    }
    let native: Vec<_> =
        done.curves.iter().filter(|curve| !curve.canonical).map(|curve| curve.column.as_str()).collect();
    if !native.is_empty() {
        remarks
            .push(format!("in the unit as delivered, because it or the property is not known: {}", native.join(", ")));
    }
    remarks
}

fn info(run: String, copy: &GriddedFacts, already_here: bool, remarks: Vec<String>) -> GriddedInfo {
    GriddedInfo {
        run,
        blob: copy.blob.to_string(),
        unit: copy.unit.clone(),
        step: copy.step,
        origin: copy.origin,
        rows: copy.rows,
        curves: copy.curves.len() as u64,
        already_here,
        remarks,
    }
}

fn refused(run: String, grid: &WellGrid, refusal: String) -> GriddedInfo {
    GriddedInfo {
        run,
        blob: String::new(),
        unit: grid.unit.clone(),
        step: grid.step,
        origin: grid.origin,
        rows: 0,
        curves: 0,
        already_here: false,
        remarks: vec![refusal],
    }
}
