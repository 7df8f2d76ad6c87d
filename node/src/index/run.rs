//! Rows of runs and their curves: the default rendition, with what people set on top.

use dataforge_protocol::document::{Document, RunState};
use dataforge_protocol::facts::{CurveFacts, Facts, RenditionFacts};
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use rusqlite::params;

use super::{conflicts, labels, remove};
use crate::api::ApiError;
use crate::ingest::dictionary;
use crate::store::Store;

/// Fields whose concurrent values are shown.
const FIELDS: [&str; 3] = ["name", "well", "deleted"];

pub(super) fn refresh(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
    facts: Option<&Facts>,
) -> Result<(), ApiError> {
    remove(store, workspace, doc)?;
    let state = RunState::read(document);
    // A run whose first change has not arrived yet is not listed.
    let (Some(rendition), Some(Facts::Run { source, .. })) = (state.renditions.first(), facts) else { return Ok(()) };
    insert_run(store, workspace, doc, &state, rendition, source, &conflicts(document, &FIELDS))?;
    insert_curves(store, workspace, doc, &state, rendition)
}

fn insert_run(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    state: &RunState,
    rendition: &RenditionFacts,
    source: &BlobHash,
    conflicts: &str,
) -> Result<(), ApiError> {
    let source_name = state.source_name.clone().unwrap_or_default();
    let name = state.name.clone().unwrap_or_else(|| source_name.clone());
    let index = &rendition.index;
    store
        .connection()
        .prepare_cached(
            "INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)",
        )?
        .execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            state.well.as_ref().map(DocId::as_bytes),
            name,
            source_name,
            source.as_bytes(),
            rendition.source_sha256,
            rendition.source_size,
            rendition.blob.as_bytes(),
            rendition.blob_size,
            rendition.rows,
            rendition.curves.len(),
            index.mnemonic,
            index.column,
            index.unit,
            index.kind.as_str(),
            index.to_si,
            index.min,
            index.max,
            index.step,
            rendition.reader,
            conflicts,
            state.deleted,
        ])?;
    Ok(())
}

fn insert_curves(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    state: &RunState,
    rendition: &RenditionFacts,
) -> Result<(), ApiError> {
    let named = |curve: &CurveFacts| state.overrides.get(&curve.ordinal).and_then(|set| set.name.clone());
    let names: Vec<_> =
        rendition.curves.iter().map(|curve| named(curve).unwrap_or_else(|| curve.mnemonic.clone())).collect();
    let mut statement = store.connection().prepare_cached(
        "INSERT INTO curves VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?;
    for (curve, label) in rendition.curves.iter().zip(labels::unique(&names)) {
        let set = state.overrides.get(&curve.ordinal).cloned().unwrap_or_default();
        let unit = set.unit.unwrap_or_else(|| curve.unit.clone());
        let (property, confidence) = match set.property {
            Some(property) => (Some(property), 100),
            None => match dictionary::detect(&curve.mnemonic, &unit, &curve.description) {
                Some(found) => (Some(found.property.id.to_owned()), found.confidence),
                None => (None, 0),
            },
        };
        statement.execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            curve.ordinal,
            label,
            curve.mnemonic,
            curve.column,
            unit,
            curve.description,
            property,
            confidence,
            curve.text,
            curve.count,
            rendition.rows.saturating_sub(curve.count),
            curve.min,
            curve.max,
            curve.top,
            curve.base,
        ])?;
    }
    Ok(())
}
