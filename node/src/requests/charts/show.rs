//! Charts as they are listed and shown.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use dataforge_protocol::document::chart::{ChartState, Sheet, Source};
use dataforge_protocol::id::{DocId, WorkspaceId};

use super::known::Here;
use super::{find, find_chart};
use crate::api::{
    ApiError, ChartCurve, ChartFileReply, ChartInfo, ChartProblem, ChartReply, ChartSource, ChartTemplate, ErrorKind,
    ListCharts, Reply,
};
use crate::chart::{Problem, check, templates as built_in, write};
use crate::clock::rfc3339;
use crate::core::Core;
use crate::index::{ChartFilter, ChartRow, Index, SHORT, SourceRow, materialise};
use crate::node::Node;
use crate::requests::People;

pub(super) async fn list(node: &Node, workspace: WorkspaceId, list: ListCharts) -> Result<Reply, ApiError> {
    let charts = node.with_core(move |core| {
        let people = People::of(core, &workspace)?;
        let index = Index::new(core.store.connection(), workspace);
        let filter = ChartFilter {
            well: list.well.map(|well| index.find_well(&well)).transpose()?,
            project: list.project.map(|project| index.find_project(&project)).transpose()?,
            curve: list.curve.map(|curve| find::curve(&index, &curve)).transpose()?,
            tag: list.tag,
            templates: false,
            archived: list.archived,
        };
        Ok(index.charts(&filter)?.into_iter().map(|row| info(row, &people)).collect())
    });
    Ok(Reply::Charts { charts: charts.await? })
}

fn info(row: ChartRow, people: &People) -> ChartInfo {
    let id = row.id.to_string();
    let (well_id, well) = row.well.map(|(id, name)| (id.to_string(), name)).unzip();
    let (project_id, project) = row.project.map(|(id, name)| (id.to_string(), name)).unzip();
    ChartInfo {
        short: id.chars().take(SHORT).collect(),
        id,
        title: row.title,
        description: row.description,
        kind: row.kind,
        well_id,
        well,
        project_id,
        project,
        template: row.template,
        archived: row.archived,
        tags: row.tags,
        series: row.series,
        author: row.author.map_or_else(String::new, |person| people.name(&person)),
        created: rfc3339(row.created_ms),
        changed: rfc3339(row.changed_ms),
    }
}

pub(super) async fn templates(node: &Node, workspace: WorkspaceId) -> Result<Reply, ApiError> {
    let filter = ChartFilter { templates: true, ..ChartFilter::default() };
    let own = node.with_core(move |core| Index::new(core.store.connection(), workspace).charts(&filter)).await?;
    let ours = built_in().iter().map(|template| {
        let state = template.state();
        ChartTemplate {
            name: template.name.to_owned(),
            title: state.title,
            description: state.description,
            kind: state.kind.as_str().to_owned(),
            built_in: true,
        }
    });
    let own = own.into_iter().map(|row| ChartTemplate {
        name: row.id.to_string(),
        title: row.title,
        description: row.description,
        kind: row.kind,
        built_in: false,
    });
    Ok(Reply::ChartTemplates { templates: ours.chain(own).collect() })
}

/// Reads a chart that is listed.
///
/// # Errors
/// `NotFound`, `Storage`.
pub(in crate::requests) fn read(
    core: &mut Core,
    workspace: WorkspaceId,
    target: &str,
) -> Result<(DocId, ChartState), ApiError> {
    let doc = find_chart(&Index::new(core.store.connection(), workspace), target)?;
    let (ledger, store) = core.ledger_and_store(&workspace)?;
    let missing = || ApiError::new(ErrorKind::NotFound, format!("chart {} is not open", doc.fmt_short()));
    let document = materialise(store, ledger, &doc)?.ok_or_else(missing)?;
    Ok((doc, ChartState::of(&Sheet::read(&document))))
}

pub(super) async fn export(node: &Node, workspace: WorkspaceId, chart: String) -> Result<Reply, ApiError> {
    let (doc, state) = node.with_core(move |core| read(core, workspace, &chart)).await?;
    Ok(Reply::ChartFile(ChartFileReply { chart: doc.to_string(), text: write(&state) }))
}

pub(super) async fn show(node: &Node, workspace: WorkspaceId, chart: String) -> Result<Reply, ApiError> {
    let reply = node.with_core(move |core| {
        let (doc, chart) = read(core, workspace, &chart)?;
        let people = People::of(core, &workspace)?;
        let index = Index::new(core.store.connection(), workspace);
        let missing = || ApiError::new(ErrorKind::NotFound, format!("chart {} is not listed", doc.fmt_short()));
        let row = index.chart(&doc)?.ok_or_else(missing)?;
        let here = Here::gather(&index, [&chart])?;
        let problems = check(&chart, &here).into_iter().map(told);
        Ok(ChartReply {
            info: info(row, &people),
            sources: sources(&index, &chart)?,
            problems: problems.collect(),
            chart,
        })
    });
    Ok(Reply::Chart(Box::new(reply.await?)))
}

/// Puts a finding into the words of a reply.
pub(super) fn told(problem: Problem) -> ChartProblem {
    ChartProblem { at: problem.at, message: problem.message, gone: problem.gone }
}

/// Finds the curves that a chart takes values from.
///
/// # Errors
/// `Storage`.
pub(in crate::requests) fn sources(index: &Index<'_>, chart: &ChartState) -> Result<Vec<ChartSource>, ApiError> {
    let mut standing: BTreeMap<DocId, BTreeMap<String, SourceRow>> = BTreeMap::new();
    let mut found = Vec::new();
    for one in chart.sources() {
        let well = one.well.and_then(|well| well.parse::<DocId>().ok());
        let row = match (one.source, well) {
            (Source::Curve(curve), _) => index.source_of(curve)?,
            (Source::Property(_), None) => None,
            (Source::Property(property), Some(well)) => {
                let curves = match standing.entry(well) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(room) => room.insert(index.standing_for(&well)?),
                };
                curves.get(property).cloned()
            }
        };
        let is_property = matches!(one.source, Source::Property(_));
        let well = if is_property { well } else { row.as_ref().and_then(|row| row.well) };
        found.push(ChartSource {
            part: one.part.as_str().to_owned(),
            item: one.id.to_owned(),
            field: one.field.to_owned(),
            source: one.source.to_string(),
            well_id: well.map(|well| well.to_string()),
            curve: row.map(curve),
        });
    }
    Ok(found)
}

fn curve(row: SourceRow) -> ChartCurve {
    ChartCurve {
        run: row.curve.run.to_string(),
        ordinal: row.curve.ordinal,
        label: row.label,
        column: row.column,
        unit: row.unit,
        property: row.property,
        blob: row.blob,
        held: row.held,
    }
}
