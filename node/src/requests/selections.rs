//! Selections: listing and changing what they choose.

use dataforge_protocol::document::{CurveId, Interval, LongText, MAX_SELECTED, Range, Selected, SelectionState};
use dataforge_protocol::facts::{DocKind, Facts};
use dataforge_protocol::id::{DocId, WorkspaceId};

use super::editing::{check_property, edit};
use super::titled::{self, datum, length, new_item};
use crate::api::{ApiError, Choices, ErrorKind, NewInterval, Reply, SelectionReply, SelectionsRequest};
use crate::core::{Core, Writer};
use crate::export::selection_problem;
use crate::index::{Found, Index};
use crate::node::Node;

/// Bytes that something chosen takes in a change at most.
const THING_BYTES: usize = 400;

pub(super) async fn dispatch(node: &Node, workspace: WorkspaceId, ask: SelectionsRequest) -> Result<Reply, ApiError> {
    match ask {
        SelectionsRequest::List => {
            let selections =
                node.with_core(move |core| Index::new(core.store.connection(), workspace).selections()).await?;
            Ok(Reply::Selections { selections })
        }
        SelectionsRequest::Show { target } => show(node, workspace, find(node, workspace, target).await?).await,
        SelectionsRequest::Create { title, description, choices } => {
            create(node, workspace, (title, description), choices).await
        }
        SelectionsRequest::Add { target, choices } => {
            change(node, workspace, find(node, workspace, target).await?, choices, true).await
        }
        SelectionsRequest::Remove { target, choices } => {
            change(node, workspace, find(node, workspace, target).await?, choices, false).await
        }
        SelectionsRequest::Rename { target, title } => {
            titled::set(node, workspace, find(node, workspace, target).await?, LongText::Title, title).await
        }
        SelectionsRequest::Describe { target, description } => {
            let doc = find(node, workspace, target).await?;
            titled::set(node, workspace, doc, LongText::Description, description).await
        }
        SelectionsRequest::Delete { target } => {
            super::editing::delete(node, workspace, find(node, workspace, target).await?).await
        }
    }
}

fn usage(message: String) -> ApiError {
    ApiError::new(ErrorKind::Usage, message)
}

async fn find(node: &Node, workspace: WorkspaceId, target: String) -> Result<DocId, ApiError> {
    titled::find(node, workspace, DocKind::Selection, target).await.map_err(|error| match error.kind {
        ErrorKind::NotFound => error.hint("dataforge selections list lists what there is"),
        _ => error,
    })
}

async fn show(node: &Node, workspace: WorkspaceId, doc: DocId) -> Result<Reply, ApiError> {
    node.with_core(move |core| in_full(core, workspace, &doc)).await.map(Reply::Selection)
}

fn in_full(core: &Core, workspace: WorkspaceId, doc: &DocId) -> Result<SelectionReply, ApiError> {
    let index = Index::new(core.store.connection(), workspace);
    let (selection, items) = (index.selection(doc)?, index.selected(doc)?);
    let problem = selection_problem(&items);
    Ok(SelectionReply { selection, items, problem })
}

/// What is to be chosen, found.
#[derive(Debug, Default)]
struct Resolved {
    things: Vec<Selected>,
    intervals: Vec<Interval>,
}

/// Finds what choices name.
fn resolve(index: &Index<'_>, choices: &Choices) -> Result<Resolved, ApiError> {
    let mut resolved = Resolved::default();
    for well in &choices.wells {
        resolved.things.push(Selected::Well(index.find_well(well)?));
    }
    for curve in &choices.curves {
        match index.find(curve, false)? {
            Found::Curve(run, ordinal) => resolved.things.push(Selected::Curve(CurveId { run, ordinal })),
            _ => {
                return Err(
                    usage(format!("{curve:?} is no curve")).hint("name it as RUN:ORDINAL, as curves lists them")
                );
            }
        }
    }
    for property in &choices.properties {
        check_property(property)?;
        if property.is_empty() {
            return Err(usage("a property has no name".to_owned()).hint("write a property, e.g. gamma_ray"));
        }
        resolved.things.push(Selected::Property(property.clone()));
    }
    for (number, interval) in (1..).zip(&choices.intervals) {
        resolved.intervals.push(resolve_interval(index, number, interval)?);
    }
    if resolved.things.is_empty() && resolved.intervals.is_empty() {
        return Err(usage("nothing is chosen".to_owned()).hint("name wells, curves, properties or intervals"));
    }
    Ok(resolved)
}

fn resolve_interval(index: &Index<'_>, number: usize, interval: &NewInterval) -> Result<Interval, ApiError> {
    let what = format!("interval {number} (of {})", interval.well);
    let (unit, _) = length(&what, &interval.unit)?;
    let level = datum(&what, &interval.datum)?;
    let range = Range::new(interval.from, interval.to, unit, &level);
    let range = range.ok_or_else(|| {
        usage(format!("{what}: {} to {} is no interval", interval.from, interval.to)).hint("it begins at the top")
    })?;
    Ok(Interval { well: index.find_well(&interval.well)?, range })
}

/// Refuses intervals of several datums: depths that are counted from different levels are not one choice.
fn check_datums(state: &SelectionState, more: &[Interval]) -> Result<(), ApiError> {
    let named = |datum: &str| if datum.is_empty() { "no named datum".to_owned() } else { datum.to_owned() };
    let before = state.intervals.values().next();
    for (number, interval) in (1..).zip(more) {
        let Some(first) = before.or_else(|| more.first()) else { return Ok(()) };
        let (datum, other) = (&interval.range.datum, &first.range.datum);
        if datum != other {
            let message = format!(
                "interval {number} ({}) is counted from {}, the others from {}",
                interval.range,
                named(datum),
                named(other)
            );
            return Err(usage(message).hint("a selection has one datum; make another one, or convert the depths"));
        }
    }
    Ok(())
}

fn choose(writer: &mut Writer<'_>, doc: DocId, resolved: &Resolved) -> Result<(), ApiError> {
    let state = writer.document(&doc)?.map(|document| SelectionState::read(&document)).unwrap_or_default();
    check_datums(&state, &resolved.intervals)?;
    let present = state.wells.len() + state.curves.len() + state.properties.len() + state.intervals.len();
    if present + resolved.things.len() + resolved.intervals.len() > MAX_SELECTED {
        return Err(usage(format!("a selection holds {MAX_SELECTED} things")).hint("make another one"));
    }
    // What is chosen already is not chosen again.
    let new = resolved.intervals.iter().filter(|interval| !state.intervals.values().any(|known| known == *interval));
    let new = new.map(|interval| Ok::<_, ApiError>((new_item()?, interval))).collect::<Result<Vec<_>, _>>()?;
    writer.edit(doc, &[], Vec::new(), |document, actor| {
        let mut changes = Vec::new();
        for part in titled::divide(&resolved.things, |_| THING_BYTES) {
            changes.extend(document.edit(actor, |edit| part.iter().try_for_each(|what| edit.select(what, true)))?);
        }
        for part in titled::divide(&new, |_| THING_BYTES) {
            changes.extend(document.edit(actor, |edit| {
                part.iter().try_for_each(|(id, interval)| edit.select_interval(id, Some(interval)))
            })?);
        }
        Ok(changes)
    })?;
    Ok(())
}

fn unchoose(writer: &mut Writer<'_>, doc: DocId, resolved: &Resolved) -> Result<(), ApiError> {
    let state = writer.document(&doc)?.map(|document| SelectionState::read(&document)).unwrap_or_default();
    let mut gone = Vec::new();
    for interval in &resolved.intervals {
        let known: Vec<_> = state.intervals.iter().filter(|(_, known)| *known == interval).map(|(id, _)| id).collect();
        if known.is_empty() {
            return Err(ApiError::new(ErrorKind::NotFound, format!("{} is not chosen", interval.range))
                .hint("dataforge selections show lists what is"));
        }
        gone.extend(known);
    }
    writer.edit(doc, &[], Vec::new(), |document, actor| {
        let mut changes = Vec::new();
        for part in titled::divide(&resolved.things, |_| THING_BYTES) {
            changes.extend(document.edit(actor, |edit| part.iter().try_for_each(|what| edit.select(what, false)))?);
        }
        for part in titled::divide(&gone, |_| THING_BYTES) {
            changes.extend(document.edit(actor, |edit| part.iter().try_for_each(|id| edit.select_interval(id, None)))?);
        }
        Ok(changes)
    })?;
    Ok(())
}

async fn create(
    node: &Node,
    workspace: WorkspaceId,
    (title, description): (String, String),
    choices: Choices,
) -> Result<Reply, ApiError> {
    let facts = Facts::Selection { nonce: titled::nonce()? };
    let doc = facts.doc_id();
    edit(node, workspace, String::new(), move |writer| {
        let is_empty = choices == Choices::default();
        let resolved = if is_empty {
            Resolved::default()
        } else {
            resolve(&Index::new(writer.store().connection(), workspace), &choices)?
        };
        writer.open(&facts, Vec::new())?;
        titled::begin(writer, doc, &title, &description)?;
        if is_empty { Ok(()) } else { choose(writer, doc, &resolved) }
    })
    .await?;
    show(node, workspace, doc).await
}

async fn change(
    node: &Node,
    workspace: WorkspaceId,
    doc: DocId,
    choices: Choices,
    on: bool,
) -> Result<Reply, ApiError> {
    let message = format!("{} is changed", doc.fmt_short());
    edit(node, workspace, message, move |writer| {
        let resolved = resolve(&Index::new(writer.store().connection(), workspace), &choices)?;
        if on { choose(writer, doc, &resolved) } else { unchoose(writer, doc, &resolved) }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(from: f64, unit: &str, datum: &str) -> Interval {
        Interval { well: DocId([1; 32]), range: Range::new(from, from + 1.0, unit, datum).unwrap() }
    }

    #[test]
    fn a_selection_has_one_datum() {
        let mut state = SelectionState::default();
        assert!(check_datums(&state, &[interval(1.0, "m", "KB"), interval(5.0, "ft", "KB")]).is_ok());
        let error = check_datums(&state, &[interval(1.0, "m", "KB"), interval(5.0, "m", "GL")]).unwrap_err();
        assert!(error.message.contains("interval 2 (5 6 m GL)"), "{error}");
        state.intervals.insert("0000000000000001".into(), interval(1.0, "m", "KB"));
        assert!(check_datums(&state, &[interval(1.0, "m", "")]).unwrap_err().message.contains("no named datum"));
    }
}
