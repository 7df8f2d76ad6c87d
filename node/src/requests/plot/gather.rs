//! What is known of a chart that is printed: its curves, their runs, the well, its tops and its path.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::document::chart::{ChartKind, ChartState, Domain};
use dataforge_protocol::id::{DocId, WorkspaceId};

use crate::api::{ApiError, ChartSource, CurveInfo, ErrorKind, PlotRequest, RunInfo, TopInfo, WellInfo};
use crate::chart::template;
use crate::core::Core;
use crate::index::Index;
use crate::ingest::units;
use crate::requests::charts::find_chart;
use crate::requests::charts::preview::fit;
use crate::requests::charts::show::{read, sources};
use crate::requests::tops_in_full;
use crate::wellpath::{WellPath, offset_m};

/// The template when none is named.
const TEMPLATE: &str = "triple_combo";

/// What is known of a chart that is printed.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The workspace it is of.
    pub(super) workspace: WorkspaceId,
    /// The chart, of its well.
    pub(super) chart: ChartState,
    /// Where it takes values from.
    pub(super) sources: Vec<ChartSource>,
    /// Its well.
    pub(super) well: Option<WellInfo>,
    /// What is said of the well besides, sorted.
    pub(super) attributes: Vec<(String, String)>,
    /// The runs of its curves, by their ids.
    pub(super) runs: BTreeMap<String, RunInfo>,
    /// The curves of these runs.
    pub(super) curves: BTreeMap<String, Vec<CurveInfo>>,
    /// Tops of the well.
    pub(super) tops: Vec<TopInfo>,
    /// The path of the hole, when the chart counts straight down.
    pub(super) path: Option<WellPath>,
    /// How much deeper, in the unit of the axis, depths from other datums are than those of the axis.
    pub(super) datums: BTreeMap<String, f64>,
    /// The unit of depths when the chart has none.
    pub(super) depth_unit: String,
}

impl Gathered {
    /// Gathers it.
    ///
    /// # Errors
    /// `NotFound`, `Usage`, `Storage`.
    pub(super) fn of(core: &mut Core, workspace: WorkspaceId, ask: &PlotRequest) -> Result<Self, ApiError> {
        let mut chart = chart(core, workspace, ask)?;
        let index = Index::new(core.store.connection(), workspace);
        if let Some(well) = &ask.well {
            // What it shows of its own well is not of this one.
            fit(&index, &mut chart, &index.find_well(well)?.to_string())?;
        }
        let well_id: Option<DocId> = chart.look.well.as_ref().and_then(|id| id.parse().ok());
        if well_id.is_none() && chart.series.iter().all(|series| series.well.is_none()) {
            return Err(ApiError::new(ErrorKind::Usage, "it is not said of which well the plot is")
                .hint("dataforge plot WELL --chart CHART"));
        }
        let well = well_id.map(|well| index.well(&well)).transpose()?;
        let sources = sources(&index, &chart)?;
        let mut runs = BTreeMap::new();
        let mut curves = BTreeMap::new();
        for run in sources.iter().filter_map(|source| source.curve.as_ref()).map(|curve| &curve.run) {
            let Ok(id) = run.parse::<DocId>() else { continue };
            if let Entry::Vacant(room) = runs.entry(run.clone()) {
                match index.run(&id) {
                    Ok(info) => room.insert(info),
                    // It is under a deleted well: its series say that it is gone.
                    Err(error) if error.kind == ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                };
                curves.insert(run.clone(), index.curves(Some(&id))?);
            }
        }
        let attributes = well_id.map(|well| index.attributes(&well)).transpose()?.unwrap_or_default();
        let depth_unit = depth_unit(&chart, well.as_ref(), &runs);
        let path = path(core, workspace, &chart, well_id.as_ref())?;
        let tops = tops(core, workspace, &chart, well_id.as_ref())?;
        let datums = datums(core, workspace, &chart, ask, well_id.as_ref(), &tops, &depth_unit)?;
        Ok(Self { workspace, chart, sources, well, attributes, runs, curves, tops, path, datums, depth_unit })
    }

    /// What the print is called.
    pub(super) fn title(&self) -> String {
        match &self.well {
            Some(well) if !self.chart.title.contains(&well.name) => format!("{}, {}", self.chart.title, well.name),
            _ => self.chart.title.clone(),
        }
    }
}

/// The chart or template that is asked for.
fn chart(core: &mut Core, workspace: WorkspaceId, ask: &PlotRequest) -> Result<ChartState, ApiError> {
    let (chart, named) = match (&ask.chart, &ask.template) {
        (Some(_), Some(_)) => {
            return Err(ApiError::new(ErrorKind::Usage, "a chart and a template are two plots").hint("name one"));
        }
        (Some(chart), None) => return Ok(read(core, workspace, chart)?.1),
        (None, named) => (named.as_deref().unwrap_or(TEMPLATE), named.is_some()),
    };
    if let Some(built_in) = template(chart) {
        return Ok(built_in.state());
    }
    let found = find_chart(&Index::new(core.store.connection(), workspace), chart);
    match found {
        Err(error) if error.kind == ErrorKind::NotFound && named => {
            Err(error.hint("dataforge charts templates lists templates"))
        }
        Err(error) => Err(error),
        Ok(_) => Ok(read(core, workspace, chart)?.1),
    }
}

/// The unit of depths when the chart has none: that of the well's grid, else that of the first run.
fn depth_unit(chart: &ChartState, well: Option<&WellInfo>, runs: &BTreeMap<String, RunInfo>) -> String {
    let is_time = chart.depth_axis().and_then(|axis| axis.domain) == Some(Domain::Time);
    let measurement = if is_time { "time" } else { "length" };
    let of_well = well.and_then(|well| well.grid_unit.clone()).filter(|_| !is_time);
    let of_run = || {
        let unit = runs.values().find_map(|run| units::resolve(&run.index_unit, Some(measurement)))?;
        Some(unit.symbol.to_owned())
    };
    of_well.or_else(of_run).unwrap_or_else(|| if is_time { "s".to_owned() } else { "m".to_owned() })
}

/// The path of the hole, when the chart counts straight down.
fn path(
    core: &Core,
    workspace: WorkspaceId,
    chart: &ChartState,
    well: Option<&DocId>,
) -> Result<Option<WellPath>, ApiError> {
    let axis = chart.depth_axis();
    if !matches!(axis.and_then(|axis| axis.domain), Some(Domain::Tvd | Domain::Tvdss)) {
        return Ok(None);
    }
    let connection = core.store.connection();
    let survey = axis.and_then(|axis| axis.survey.as_ref()).and_then(|survey| survey.parse::<DocId>().ok());
    match (survey, well) {
        (Some(survey), _) => WellPath::of_survey(connection, workspace, well, &survey).map(Some),
        (None, Some(well)) => WellPath::load(connection, workspace, well).map(Some),
        (None, None) => Ok(None),
    }
}

/// The tops of the well, when the chart shows any.
fn tops(
    core: &Core,
    workspace: WorkspaceId,
    chart: &ChartState,
    well: Option<&DocId>,
) -> Result<Vec<TopInfo>, ApiError> {
    let shows = chart.look.tops == Some(true) || chart.look.zones == Some(true);
    let Some(well) = well.filter(|_| shows && chart.kind == ChartKind::LogTracks) else { return Ok(Vec::new()) };
    let index = Index::new(core.store.connection(), workspace);
    let mut found = Vec::new();
    for set in index.sets_of_tops(Some(well))? {
        if let Ok(set) = set.id.parse::<DocId>() {
            found.extend(tops_in_full(core, workspace, &set)?.tops);
        }
    }
    Ok(found)
}

/// How much deeper depths from the datums of annotations and tops are than those of the axis.
fn datums(
    core: &Core,
    workspace: WorkspaceId,
    chart: &ChartState,
    ask: &PlotRequest,
    well: Option<&DocId>,
    tops: &[TopInfo],
    depth_unit: &str,
) -> Result<BTreeMap<String, f64>, ApiError> {
    let axis = chart.depth_axis();
    let Some((well, datum)) = well.zip(axis.and_then(|axis| axis.datum.as_deref())) else { return Ok(BTreeMap::new()) };
    let of_annotations = chart.annotations.iter().filter_map(|annotation| annotation.datum.as_deref());
    let others: BTreeSet<&str> = of_annotations.chain(tops.iter().map(|top| top.datum.as_str())).collect();
    let unit = ask.unit.as_deref().or(axis.and_then(|axis| axis.unit.as_deref())).unwrap_or(depth_unit);
    let metres = units::find("length", "m").zip(units::resolve(unit, Some("length")));
    let per_metre = metres.and_then(|(from, to)| units::convert(1.0, from, to, units::Quantity::Difference).ok());
    let mut found = BTreeMap::new();
    for other in others.into_iter().filter(|other| !other.is_empty() && *other != datum) {
        let offset = offset_m(core.store.connection(), workspace, well, other, datum)?;
        found.extend(offset.zip(per_metre).map(|(metres, per_metre)| (other.to_owned(), metres * per_metre)));
    }
    Ok(found)
}
