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

/// Makes a chart that of a well: curves of others become the properties they hold.
fn fit(index: &Index<'_>, chart: &mut ChartState, well: &str) -> Result<(), ApiError> {
    let origin = chart.look.well.replace(well.to_owned());
    chart.look.template = None;
    chart.look.archived = None;
    if origin.as_deref() == Some(well) {
        return Ok(());
    }
    for series in &mut chart.series {
        if let Some(Source::Curve(curve)) = &series.source
            && let Some(property) = index.source_of(curve)?.and_then(|row| row.property)
        {
            series.source = Some(Source::Property(property));
        }
        if series.well == origin {
            series.well = None;
        }
    }
    for axis in &mut chart.axes {
        axis.survey = None;
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
