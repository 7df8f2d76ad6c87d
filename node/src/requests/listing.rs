//! Lists: wells, runs, curves, one of them in full.

use arrow::array::{Array as _, RecordBatch};
use dataforge_protocol::id::{DocId, WorkspaceId};

use crate::api::{ApiError, CoverageInfo, CurveInfo, ErrorKind, Reply, RunInfo, ShowReply};
use crate::core::Core;
use crate::index::{Found, Index};
use crate::ingest::coverage::{self, CurveInput, LeftOut, Options, RunInput};
use crate::ingest::units;
use crate::node::Node;
use crate::table::read_table;

/// Cells of a coverage bar.
const BAR: usize = 60;

fn index(core: &Core, workspace: WorkspaceId) -> Index<'_> {
    Index::new(core.store.connection(), workspace)
}

pub(super) async fn wells(node: &Node, workspace: WorkspaceId) -> Result<Reply, ApiError> {
    let wells = node.with_core(move |core| index(core, workspace).wells()).await?;
    Ok(Reply::Wells { wells })
}

pub(super) async fn runs(node: &Node, workspace: WorkspaceId, well: Option<String>) -> Result<Reply, ApiError> {
    let runs = node.with_core(move |core| {
        let index = index(core, workspace);
        let well = well.map(|well| index.find_well(&well)).transpose()?;
        index.runs(well.as_ref())
    });
    Ok(Reply::Runs { runs: runs.await? })
}

pub(super) async fn curves(node: &Node, workspace: WorkspaceId, run: Option<String>) -> Result<Reply, ApiError> {
    let curves = node.with_core(move |core| {
        let index = index(core, workspace);
        let run = run.map(|run| index.find_run(&run)).transpose()?;
        index.curves(run.as_ref())
    });
    Ok(Reply::Curves { curves: curves.await? })
}

pub(super) async fn show(node: &Node, workspace: WorkspaceId, target: String) -> Result<Reply, ApiError> {
    let mut reply = node.with_core(move |core| gather(core, workspace, &target)).await?;
    for run in &reply.runs {
        if run.held {
            let curves: Vec<_> = reply.curves.iter().filter(|curve| curve.run == run.short).cloned().collect();
            reply.coverage.extend(run_coverage(node, &workspace, run, &curves)?);
        }
    }
    Ok(Reply::Show(reply))
}

fn gather(core: &Core, workspace: WorkspaceId, target: &str) -> Result<ShowReply, ApiError> {
    let index = index(core, workspace);
    let found = index.find(target, false)?;
    let (runs, attributes) = match found {
        Found::Well(id) => (index.runs(Some(&id))?, index.attributes(&id)?),
        Found::Run(id) | Found::Curve(id, _) => (vec![index.run(&id)?], Vec::new()),
        Found::Project(_) | Found::Described(..) => {
            return Err(ApiError::new(ErrorKind::Usage, format!("{target:?} is no well and no run"))
                .hint("dataforge projects, charts, selections, tops and surveys show the others"));
        }
        Found::Attachment(_) => {
            return Err(ApiError::new(ErrorKind::Usage, format!("{target:?} is a file that is kept as it is"))
                .hint("dataforge attachments lists it; dataforge export writes it"));
        }
    };
    let well_id = match found {
        Found::Well(id) => Some(id),
        _ => runs.first().and_then(|run: &RunInfo| run.well_id.parse().ok()),
    };
    let missing = || ApiError::new(ErrorKind::NotFound, format!("the well of {target:?} has not arrived yet"));
    let well = index.well(&well_id.ok_or_else(missing)?).map_err(|_not_found| missing())?;
    let (mut curves, mut lineage) = (Vec::new(), Vec::new());
    for run in &runs {
        if let Ok(id) = run.id.parse::<DocId>() {
            curves.extend(index.curves(Some(&id))?);
            lineage.extend(index.lineage(&id)?);
        }
    }
    if let Found::Curve(_, ordinal) = found {
        curves.retain(|curve| curve.ordinal == ordinal);
    }
    Ok(ShowReply {
        well,
        runs,
        curves,
        lineage,
        coverage: Vec::new(),
        attributes,
        conflicts: crate::conflicts::values(&core.store, &workspace, &found.doc())?,
    })
}

/// Reads a run's table and finds where its curves have values.
fn run_coverage(
    node: &Node,
    workspace: &WorkspaceId,
    run: &RunInfo,
    curves: &[CurveInfo],
) -> Result<Vec<CoverageInfo>, ApiError> {
    let found = tokio::task::block_in_place(|| curve_inputs(node, workspace, run, curves, Options::default()))?;
    let info = |curve: &CurveInput| CoverageInfo {
        run: run.short.clone(),
        curve: curve.label.clone(),
        unit: run.index_unit.clone(),
        intervals: curve.coverage.intervals.iter().map(|span| (span.top, span.base)).collect(),
        gaps: curve.coverage.gaps.iter().map(|gap| (gap.span.top, gap.span.base)).collect(),
        filled: curve.coverage.share(),
        bar: curve.coverage.bar(BAR),
    };
    Ok(found.iter().map(info).collect())
}

/// Returns the coverage of a run's curves, in the unit of its index.
fn curve_inputs(
    node: &Node,
    workspace: &WorkspaceId,
    run: &RunInfo,
    curves: &[CurveInfo],
    options: Options,
) -> Result<Vec<CurveInput>, ApiError> {
    let hash = run.blob.parse().map_err(|_error| ApiError::new(ErrorKind::Internal, "a stored hash is malformed"))?;
    let table = read_table(node, workspace, &hash)?;
    let index = numbers(&table, 0);
    let mut found = Vec::new();
    for curve in curves {
        let Some(column) = table.column_by_name(&curve.column) else { continue };
        let valid: Vec<_> = (0..column.len()).map(|row| column.is_valid(row)).collect();
        let coverage = coverage::coverage(&index, &valid, options);
        found.push(CurveInput { label: curve.curve.clone(), property: curve.property.clone(), coverage });
    }
    Ok(found)
}

/// Says where the curves of a well have values, over all its logs.
pub(super) async fn well_coverage(
    node: &Node,
    workspace: WorkspaceId,
    well: String,
    gap_m: Option<f64>,
) -> Result<Reply, ApiError> {
    let runs = node.with_core(move |core| {
        let index = index(core, workspace);
        let well = index.find_well(&well)?;
        let runs = index.runs(Some(&well))?.into_iter().filter(|run| run.kind == "log");
        let with_curves = runs.map(|run| {
            let id: DocId =
                run.id.parse().map_err(|_error| ApiError::new(ErrorKind::Internal, "a stored id is malformed"))?;
            let (curves, shift) = (index.curves(Some(&id))?, index.depth_shift_m(&id)?);
            Ok((run, curves, shift))
        });
        with_curves.collect::<Result<Vec<_>, ApiError>>()
    });
    let mut inputs = Vec::new();
    let mut missing = Vec::new();
    for (run, curves, shift_m) in runs.await? {
        if !run.held {
            missing.push(LeftOut { run: run.short, reason: "its table is not here yet".to_owned() });
            continue;
        }
        let to_m = units::resolve(&run.index_unit, Some("length")).and_then(|unit| unit.factor);
        let to_m = to_m.filter(|_| run.index_kind == "depth");
        let threshold = gap_m.zip(to_m).map(|(gap, to_m)| gap / to_m);
        let options = Options { threshold, to_m };
        let found = tokio::task::block_in_place(|| curve_inputs(node, &workspace, &run, &curves, options))?;
        inputs.push(RunInput { run: run.short, to_m, shift_m: shift_m.unwrap_or(0.0), curves: found });
    }
    let mut coverage = coverage::well_coverage(&inputs, gap_m);
    coverage.left_out.extend(missing);
    Ok(Reply::Coverage(coverage))
}

/// The values of a numeric column; NaN where it is null or text.
fn numbers(table: &RecordBatch, column: usize) -> Vec<f64> {
    use arrow::array::AsArray as _;
    let column = table.column(column);
    match column.as_primitive_opt::<arrow::datatypes::Float64Type>() {
        Some(values) => values.iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
        None => vec![f64::NAN; column.len()],
    }
}
