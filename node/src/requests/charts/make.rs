//! Making charts: from nothing, from a template, from another chart, from JSON.

use std::collections::BTreeMap;

use dataforge_protocol::document::chart::{
    AxisKind, ChartKind, ChartState, KIND, MAX_TITLE_CHARS, Part, Place, Sheet, Source, TrackKind,
};
use dataforge_protocol::facts::Facts;
use dataforge_protocol::id::{DocId, WorkspaceId};

use super::{Ids, find_chart, pointer, read_chart, refuse, refuse_new, save, usage};
use crate::api::{ApiError, ChartWroteReply, CreateChart, ErrorKind, Reply};
use crate::chart::{Problem, read, template, write};
use crate::clock::random_bytes;
use crate::core::Writer;
use crate::index::Index;
use crate::node::Node;

/// JSON that becomes a chart.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) chart: Option<String>,
    pub(super) text: String,
    pub(super) well: Option<String>,
    pub(super) project: Option<String>,
}

/// Runs what writes a chart, and tells peers and listeners.
async fn written(
    node: &Node,
    workspace: WorkspaceId,
    work: impl FnOnce(&mut Writer<'_>) -> Result<ChartWroteReply, ApiError> + Send + 'static,
) -> Result<Reply, ApiError> {
    let (reply, progress) = node.with_core(move |core| core.write(&workspace, &[], work)).await?;
    node.on_progress(workspace, &progress);
    Ok(Reply::ChartWrote(reply))
}

/// Opens a document for a new chart and writes it.
fn begin(writer: &mut Writer<'_>, sheet: &Sheet) -> Result<ChartWroteReply, ApiError> {
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&random_bytes()?[..16]);
    let (doc, _) = writer.open(&Facts::Chart { nonce }, Vec::new())?;
    let changed = save(writer, doc, &Sheet::default(), sheet)?;
    let message = format!("chart {:?} is made, {}", sheet.title, doc.fmt_short());
    Ok(ChartWroteReply { chart: doc.to_string(), added: Vec::new(), changed, message })
}

/// Writes the well and project that a user named into a chart.
fn belong(
    index: &Index<'_>,
    sheet: &mut Sheet,
    well: Option<&String>,
    project: Option<&String>,
) -> Result<(), ApiError> {
    if let Some(well) = well {
        sheet.fields.insert("well".to_owned(), index.find_well(well)?.to_string());
    }
    if let Some(project) = project {
        sheet.fields.insert("project".to_owned(), index.find_project(project)?.to_string());
    }
    Ok(())
}

pub(super) async fn create(node: &Node, workspace: WorkspaceId, create: CreateChart) -> Result<Reply, ApiError> {
    written(node, workspace, move |writer| {
        let index = Index::new(writer.store().connection(), workspace);
        if create.as_template && create.well.is_some() {
            return Err(usage("a template is of no well", "leave out --well or --as-template"));
        }
        if !create.as_template && create.well.is_none() && create.project.is_none() {
            return Err(usage(
                "a chart is of a well or belongs to a project",
                "name one with --well or --project, or make a template with --as-template",
            ));
        }
        let mut ids = Ids::new()?;
        let mut sheet = match (&create.template, &create.kind) {
            (Some(_), Some(_)) => {
                return Err(usage("a template says what a chart shows", "leave out --kind or --template"));
            }
            (Some(name), None) => from_template(writer, &index, name, &mut ids)?,
            (None, kind) => blank(kind.as_deref().unwrap_or("log_tracks"), &mut ids)?,
        };
        let origin = sheet.fields.remove("well");
        sheet.fields.remove("template");
        sheet.fields.remove("archived");
        sheet.fields.remove("project");
        belong(&index, &mut sheet, create.well.as_ref(), create.project.as_ref())?;
        if create.as_template {
            sheet.fields.insert("template".to_owned(), "true".to_owned());
        }
        if create.as_template || sheet.fields.get("well") != origin.as_ref() {
            generalise(&index, &mut sheet, origin.as_ref(), create.as_template)?;
        }
        sheet.title = title(&index, &sheet, &create)?;
        refuse_new(&index, None, &sheet, ErrorKind::Usage, ToOwned::to_owned)?;
        begin(writer, &sheet)
    })
    .await
}

/// Returns what a new chart is called: as asked, else as its template, with the well.
fn title(index: &Index<'_>, sheet: &Sheet, create: &CreateChart) -> Result<String, ApiError> {
    let title = match (&create.title, sheet.fields.get("well").and_then(|id| id.parse().ok())) {
        (Some(title), _) => title.clone(),
        (None, Some(well)) if !sheet.title.is_empty() => format!("{}, {}", sheet.title, index.well(&well)?.name),
        (None, Some(well)) => index.well(&well)?.name,
        (None, None) => sheet.title.clone(),
    };
    if title.chars().count() > MAX_TITLE_CHARS {
        return Err(usage(format!("the title is longer than {MAX_TITLE_CHARS} characters"), "give one with --title"));
    }
    Ok(title)
}

/// Makes the fields of a chart like a template, or like another chart.
fn from_template(writer: &Writer<'_>, index: &Index<'_>, name: &str, ids: &mut Ids) -> Result<Sheet, ApiError> {
    if let Some(template) = template(name) {
        return Ok(template.sheet(&mut |_, _| ids.next()));
    }
    let doc = find_chart(index, name).map_err(|error| match error.kind {
        ErrorKind::NotFound => ApiError::new(ErrorKind::NotFound, format!("there is no template or chart {name:?}"))
            .hint("dataforge charts templates lists templates"),
        _ => error,
    })?;
    // By its JSON form, which gives all items ids of their own.
    let text = write(&ChartState::of(&read_chart(writer, &doc)?));
    match read(&text, &mut |_, _| ids.next()) {
        Ok(sheet) => Ok(sheet),
        Err(found) => refuse(found, ErrorKind::Usage).map(|()| Sheet::default()),
    }
}

/// Makes the fields of a chart that shows nothing yet.
fn blank(kind: &str, ids: &mut Ids) -> Result<Sheet, ApiError> {
    let words: Vec<_> = ChartKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let kind = ChartKind::from_word(kind).ok_or_else(|| {
        usage(format!("there is no kind of chart {kind:?}"), format!("use one of {}", words.join(", ")))
    })?;
    let mut sheet = Sheet::default();
    sheet.fields.insert(KIND.to_owned(), kind.as_str().to_owned());
    let axes: &[AxisKind] = match kind {
        ChartKind::LogTracks | ChartKind::Coverage => &[AxisKind::Depth],
        ChartKind::Line => &[AxisKind::Depth, AxisKind::Y],
        ChartKind::Crossplot | ChartKind::Histogram => &[AxisKind::X, AxisKind::Y],
    };
    let mut add = |part: Part, word: &str| {
        let fields = BTreeMap::from([(KIND.to_owned(), word.to_owned())]);
        sheet.add(part, &ids.next(), fields, &Place::Last)
    };
    for axis in axes {
        add(Part::Axis, axis.as_str()).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
    }
    if kind == ChartKind::LogTracks {
        add(Part::Track, TrackKind::Depth.as_str())
            .map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
    }
    Ok(sheet)
}

/// Makes a chart of one well fit others: curves become the properties they hold.
fn generalise(
    index: &Index<'_>,
    sheet: &mut Sheet,
    origin: Option<&String>,
    as_template: bool,
) -> Result<(), ApiError> {
    let mut found = Vec::new();
    for part in [Part::Axis, Part::Series] {
        let mut items = sheet.items(part).to_vec();
        for item in &mut items {
            for field in ["source", "colour_by"] {
                let Some(Source::Curve(curve)) = item.fields.get(field).and_then(|text| Source::from_text(text)) else {
                    continue;
                };
                match index.source_of(&curve)?.and_then(|row| row.property) {
                    Some(property) => drop(item.fields.insert(field.to_owned(), property)),
                    None => {
                        let at = format!("{}/{}/{field}", part.as_str(), item.id);
                        let curve = format!("{}:{}", curve.run.fmt_short(), curve.ordinal);
                        found
                            .push(Problem::at(&at, format!("curve {curve} has no property that other wells may have")));
                    }
                }
            }
            // It is of one well.
            item.fields.remove("survey");
            if as_template || item.fields.get("well").is_some_and(|well| origin == Some(well)) {
                item.fields.remove("well");
            }
        }
        sheet.replace(part, items);
    }
    refuse(found, ErrorKind::Usage)
}

pub(super) async fn import(node: &Node, workspace: WorkspaceId, import: Import) -> Result<Reply, ApiError> {
    written(node, workspace, move |writer| {
        let index = Index::new(writer.store().connection(), workspace);
        let old = match &import.chart {
            Some(chart) => {
                let doc = find_chart(&index, chart)?;
                Some((doc, read_chart(writer, &doc)?))
            }
            None => None,
        };
        let before = old.as_ref().map(|(_, sheet)| sheet);
        let mut sheet = from_json(&import.text, before)?;
        if let Some(before) = before {
            keep(&mut sheet, before)?;
        }
        belong(&index, &mut sheet, import.well.as_ref(), import.project.as_ref())?;
        refuse_new(&index, before, &sheet, ErrorKind::Input, |at| pointer(&sheet, at))?;
        match old {
            None => begin(writer, &sheet),
            Some((doc, before)) => replace(writer, doc, &before, &sheet),
        }
    })
    .await
}

/// Reads a file. Items that the chart has already keep their ids, all others get new ones.
fn from_json(text: &str, before: Option<&Sheet>) -> Result<Sheet, ApiError> {
    let mut ids = Ids::new()?;
    let mut fresh = |part: Part, named: Option<&str>| {
        let known = named.filter(|id| before.is_some_and(|before| before.item(part, id).is_ok()));
        known.map_or_else(|| ids.next(), ToOwned::to_owned)
    };
    read(text, &mut fresh).or_else(|found| refuse(found, ErrorKind::Input).map(|()| Sheet::default()))
}

/// Keeps of a chart what a file does not replace: the order of items, where that is the same, fields of
/// later versions, and where the chart belongs, unless the file says so.
fn keep(sheet: &mut Sheet, before: &Sheet) -> Result<(), ApiError> {
    let mut found = Vec::new();
    if sheet.fields.get(KIND) != before.fields.get(KIND) {
        found.push(Problem::at("/kind", "what a chart shows does not change: import it as a new one"));
    }
    for field in ["well", "project", "template", "archived"] {
        if let (None, Some(text)) = (sheet.fields.get(field), before.fields.get(field)) {
            sheet.fields.insert(field.to_owned(), text.clone());
        }
    }
    let mut kept = before.clone();
    for part in Part::ALL {
        let mut items = sheet.items(part).to_vec();
        for (position, item) in items.iter_mut().enumerate() {
            let Ok(old) = before.item(part, &item.id) else { continue };
            if old.fields.get(KIND) != item.fields.get(KIND) {
                let at = format!("/{}/{position}/kind", part.list());
                found.push(Problem::at(&at, "what an item is does not change: leave out its id for a new one"));
            }
            let later = old.fields.iter().filter(|(name, _)| part.field(name).is_none());
            item.fields.extend(later.map(|(name, text)| (name.clone(), text.clone())));
        }
        kept.replace(part, items);
    }
    refuse(found, ErrorKind::Input)?;
    kept.title = std::mem::take(&mut sheet.title);
    kept.description = std::mem::take(&mut sheet.description);
    kept.tags = std::mem::take(&mut sheet.tags);
    kept.fields = std::mem::take(&mut sheet.fields);
    *sheet = kept;
    Ok(())
}

fn replace(writer: &mut Writer<'_>, doc: DocId, before: &Sheet, sheet: &Sheet) -> Result<ChartWroteReply, ApiError> {
    let changed = save(writer, doc, before, sheet)?;
    let message = if changed {
        format!("chart {:?} is replaced", sheet.title)
    } else {
        format!("chart {:?} was so", sheet.title)
    };
    Ok(ChartWroteReply { chart: doc.to_string(), added: Vec::new(), changed, message })
}
