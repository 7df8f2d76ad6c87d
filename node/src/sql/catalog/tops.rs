//! Rows of tops, surveys, selections and charts.

use dataforge_protocol::id::{DocId, WorkspaceId};

use super::cells::{Cell, Columns, text};
use crate::api::{ApiError, ErrorKind};
use crate::core::Core;
use crate::index::{ChartFilter, Index};
use crate::ingest::units;
use crate::requests::{People, stations_of_survey, tops_of_set};

fn parsed(id: &str) -> Result<DocId, ApiError> {
    id.parse().map_err(|_error| ApiError::new(ErrorKind::Internal, "a stored id is malformed"))
}

/// Returns the rows of tops, in the order of the schema's columns.
pub(super) fn tops(core: &Core, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let mut columns = Columns::<18>::new();
    for set in Index::new(core.store.connection(), workspace).sets_of_tops(None)? {
        let reply = tops_of_set(core, workspace, &parsed(&set.id)?, set)?;
        let set = reply.set;
        for top in reply.tops {
            columns.row([
                text(&set.id),
                text(&set.name),
                text(&set.well_id),
                text(&set.well),
                text(&top.id),
                text(&top.name),
                text(&top.kind),
                Some(top.depth).into(),
                top.base.into(),
                text(&top.unit),
                text(&top.datum),
                top.depth_m.into(),
                top.base_m.into(),
                top.tvd_m.into(),
                top.tvdss_m.into(),
                top.interpreter.into(),
                top.remark.into(),
                top.uncertainty.into(),
            ]);
        }
    }
    Ok(columns.into_columns())
}

/// Returns the rows of stations, in the order of the schema's columns.
pub(super) fn surveys(core: &Core, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let mut columns = Columns::<18>::new();
    for survey in Index::new(core.store.connection(), workspace).surveys(None)? {
        let reply = stations_of_survey(core, workspace, &parsed(&survey.id)?, survey)?;
        let survey = reply.survey;
        for station in reply.stations {
            let at = station.point;
            columns.row([
                text(&survey.id),
                text(&survey.name),
                text(&survey.well_id),
                text(&survey.well),
                Cell::Int(i64::from(survey.counts)),
                text(&survey.datum),
                text(&survey.azimuth_reference),
                text(&station.id),
                Some(station.md).into(),
                text(&station.unit),
                Some(station.inclination_deg).into(),
                Some(station.azimuth_deg).into(),
                at.map(|at| at.md_m).into(),
                at.map(|at| at.tvd_m).into(),
                at.and_then(|at| at.tvdss_m).into(),
                at.map(|at| at.north_m).into(),
                at.map(|at| at.east_m).into(),
                at.map(|at| at.dogleg_deg_per_30m).into(),
            ]);
        }
    }
    Ok(columns.into_columns())
}

/// Returns the rows of selections, in the order of the schema's columns.
pub(super) fn selections(core: &Core, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let mut columns = Columns::<14>::new();
    let index = Index::new(core.store.connection(), workspace);
    for selection in index.selections()? {
        for item in index.selected(&parsed(&selection.id)?)? {
            let unit = item.unit.as_deref().and_then(|unit| units::resolve(unit, Some("length")));
            let to_m = unit.and_then(|unit| unit.factor);
            let metres = |value: Option<f64>| value.zip(to_m).map(|(value, to_m)| value * to_m);
            columns.row([
                text(&selection.id),
                text(&selection.name),
                text(&item.part),
                text(&item.name),
                item.well_id.into(),
                item.run_id.into(),
                item.ordinal.map_or(Cell::Null, |ordinal| Cell::Int(i64::from(ordinal))),
                item.property.into(),
                item.from.into(),
                item.to.into(),
                item.unit.into(),
                item.datum.into(),
                metres(item.from).into(),
                metres(item.to).into(),
            ]);
        }
    }
    Ok(columns.into_columns())
}

/// Returns the rows of charts, those that are put away and templates too, in the order of the schema's
/// columns.
pub(super) fn charts(core: &mut Core, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let people = People::of(core, &workspace)?;
    let index = Index::new(core.store.connection(), workspace);
    let mut charts = Vec::new();
    for templates in [false, true] {
        charts.extend(index.charts(&ChartFilter { templates, archived: true, ..ChartFilter::default() })?);
    }
    charts.sort_by(|one, other| (&one.title, one.id).cmp(&(&other.title, other.id)));
    let mut columns = Columns::<15>::new();
    for chart in charts {
        let named = |of: Option<(DocId, String)>| match of {
            Some((id, name)) => [text(&id.to_string()), text(&name)],
            None => [Cell::Null, Cell::Null],
        };
        let ([well_id, well], [project_id, project]) = (named(chart.well), named(chart.project));
        let at = |ms: u64| i64::try_from(ms).map_or(Cell::Null, Cell::Int);
        columns.row([
            text(&chart.id.to_string()),
            text(&chart.title),
            text(&chart.description),
            text(&chart.kind),
            well_id,
            well,
            project_id,
            project,
            Cell::Int(i64::from(chart.template)),
            Cell::Int(i64::from(chart.archived)),
            text(&chart.tags.join(", ")),
            at(chart.series),
            chart.author.map(|person| people.name(&person)).into(),
            at(chart.created_ms),
            at(chart.changed_ms),
        ]);
    }
    Ok(columns.into_columns())
}
