//! A template as it is for a well, without making a chart of it.

use dataforge_protocol::document::chart::{ChartState, Source};
use dataforge_protocol::id::WorkspaceId;

use super::known::Here;
use super::show;
use crate::api::{ApiError, ChartInfo, ChartReply, Reply};
use crate::chart::{check, template};
use crate::index::Index;
use crate::node::Node;

/// Shows a template, or any chart, as it is for a well.
///
/// # Errors
/// `NotFound` when there is no such template or well.
pub(super) async fn preview(
    node: &Node,
    workspace: WorkspaceId,
    name: String,
    well: String,
) -> Result<Reply, ApiError> {
    let reply = node.with_core(move |core| {
        // The ids of items are the same each time, so that clients may hold on to them.
        let mut chart = match template(&name) {
            Some(built_in) => built_in.state(),
            None => show::read(core, workspace, &name)?.1,
        };
        let index = Index::new(core.store.connection(), workspace);
        let well = index.find_well(&well)?;
        fit(&index, &mut chart, &well.to_string())?;
        let problems = check(&chart, &Here::gather(&index, [&chart])?);
        Ok(ChartReply {
            info: info(&chart, index.well(&well)?.name),
            sources: show::sources(&index, &chart)?,
            problems: problems.into_iter().map(show::told).collect(),
            chart,
        })
    });
    Ok(Reply::Chart(Box::new(reply.await?)))
}

/// Makes a chart that of a well: curves of others become the properties they hold, and those that hold none
/// are not shown, for they mean nothing there.
///
/// # Errors
/// `Storage`.
pub(in crate::requests) fn fit(index: &Index<'_>, chart: &mut ChartState, well: &str) -> Result<(), ApiError> {
    let origin = chart.look.well.replace(well.to_owned());
    chart.look.template = None;
    chart.look.archived = None;
    if origin.as_deref() == Some(well) {
        return Ok(());
    }
    for series in &mut chart.series {
        generalise(index, &mut series.source, well)?;
        generalise(index, &mut series.colour_by, well)?;
        if series.well == origin {
            series.well = None;
        }
    }
    for axis in &mut chart.axes {
        generalise(index, &mut axis.source, well)?;
        axis.survey = None;
    }
    Ok(())
}

/// Makes the curve of another well the property that it holds.
fn generalise(index: &Index<'_>, source: &mut Option<Source>, well: &str) -> Result<(), ApiError> {
    let Some(Source::Curve(curve)) = source else { return Ok(()) };
    let Some(row) = index.source_of(curve)? else { return Ok(()) };
    if row.well.is_none_or(|of| of.to_string() != well) {
        *source = row.property.map(Source::Property);
    }
    Ok(())
}

fn info(chart: &ChartState, well: String) -> ChartInfo {
    ChartInfo {
        id: String::new(),
        short: String::new(),
        title: chart.title.clone(),
        description: chart.description.clone(),
        kind: chart.kind.as_str().to_owned(),
        well_id: chart.look.well.clone(),
        well: Some(well),
        project_id: None,
        project: None,
        template: false,
        archived: false,
        tags: chart.tags.clone(),
        series: chart.series.len() as u64,
        author: String::new(),
        created: String::new(),
        changed: String::new(),
    }
}
