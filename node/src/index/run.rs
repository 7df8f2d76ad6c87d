//! Rows of runs and their curves: the default rendition, with what people set on top.

use dataforge_protocol::document::{Document, HeaderField, RunState};
use dataforge_protocol::facts::{CurveFacts, Facts, NoticeFacts, RenditionFacts, SetFacts};
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use rusqlite::params;

use super::{labels, remove};
use crate::api::ApiError;
use crate::ingest::dictionary::Clues;
use crate::store::Store;
use crate::worker::Expected;

/// The quality of a curve that nobody has judged.
const UNJUDGED: &str = "raw";

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
    insert_run(store, workspace, doc, &state, rendition, source)?;
    insert_curves(store, workspace, doc, &state, rendition)?;
    insert_notices(store, workspace, doc, rendition)?;
    insert_gridded(store, workspace, doc, &state)?;
    insert_pyramids(store, workspace, doc, &state)?;
    super::lineage::insert(store, workspace, doc, document, source)
}

fn insert_run(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    state: &RunState,
    rendition: &RenditionFacts,
    source: &BlobHash,
) -> Result<(), ApiError> {
    let source_name = state.source_name.clone().unwrap_or_default();
    let name = state.name.clone().unwrap_or_else(|| source_name.clone());
    let index = &rendition.index;
    let header = |field| state.header_field(field);
    store
        .connection()
        .prepare_cached(
            "INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                                      ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37)",
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
            Expected::native(rendition).id(),
            rendition.rows,
            rendition.curves.len(),
            rendition.set.kind.as_str(),
            set_name(&rendition.set),
            index.mnemonic,
            index.column,
            index.unit,
            index.kind.as_str(),
            index.text,
            index.to_si,
            index.min,
            index.max,
            index.step,
            rendition.reader,
            header(HeaderField::ServiceCompany),
            header(HeaderField::Date),
            header(HeaderField::RunNumber),
            header(HeaderField::Pass),
            header(HeaderField::Acquisition),
            header(HeaderField::LogType),
            header(HeaderField::Wellbore),
            header(HeaderField::Datum),
            header(HeaderField::ElevationM).and_then(|text| text.parse::<f64>().ok()).filter(|metres| metres.is_finite()),
            state.depth_shift_m,
            rendition.report.seen,
            state.deleted,
        ])?;
    Ok(())
}

/// Returns the data set's name with its number, e.g. `Core[2]`.
fn set_name(set: &SetFacts) -> String {
    set.number.map_or_else(|| set.name.clone(), |number| format!("{}[{number}]", set.name))
}

fn insert_notices(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    rendition: &RenditionFacts,
) -> Result<(), ApiError> {
    let mut statement = store.connection().prepare_cached("INSERT INTO notices VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (number, notice) in (1_u32..).zip(&rendition.report.notices) {
        let NoticeFacts { line, column, kind, message } = notice;
        statement.execute(params![workspace.as_bytes(), doc.as_bytes(), number, line, column, kind, message])?;
    }
    Ok(())
}

fn insert_gridded(store: &Store, workspace: &WorkspaceId, doc: &DocId, state: &RunState) -> Result<(), ApiError> {
    let mut statement = store
        .connection()
        .prepare_cached("INSERT OR IGNORE INTO gridded VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")?;
    for copy in &state.gridded {
        let Some(native) = state.renditions.iter().find(|rendition| rendition.blob == copy.native) else { continue };
        statement.execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            copy.blob.as_bytes(),
            copy.native.as_bytes(),
            copy.blob_size,
            Expected::gridded(copy, native).id(),
            copy.maker,
            copy.unit,
            copy.step,
            copy.origin,
            copy.rows,
            serde_json::to_string(&copy.curves).expect("facts have no unserialisable part"),
        ])?;
    }
    Ok(())
}

fn insert_pyramids(store: &Store, workspace: &WorkspaceId, doc: &DocId, state: &RunState) -> Result<(), ApiError> {
    let mut statement = store
        .connection()
        .prepare_cached("INSERT OR IGNORE INTO pyramids VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
    for pyramid in &state.pyramids {
        let Some(native) = state.renditions.iter().find(|rendition| rendition.blob == pyramid.native) else { continue };
        statement.execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            pyramid.blob.as_bytes(),
            pyramid.native.as_bytes(),
            pyramid.blob_size,
            Expected::pyramid(pyramid, native).id(),
            pyramid.maker,
            pyramid.bucket_rows,
            pyramid.buckets,
        ])?;
    }
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
        "INSERT INTO curves VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                                    ?20, ?21)",
    )?;
    let words = super::dictionary::read(store, workspace)?;
    let company = state.header_field(HeaderField::ServiceCompany);
    for (curve, label) in rendition.curves.iter().zip(labels::unique(&names)) {
        let set = state.overrides.get(&curve.ordinal).cloned().unwrap_or_default();
        let found = words.interpret(&Clues {
            service_company: company.as_deref(),
            mnemonic: &curve.mnemonic,
            unit: set.unit.as_deref().unwrap_or(&curve.unit),
            description: &curve.description,
            range: curve.min.zip(curve.max),
        });
        let unit = set.unit.unwrap_or(found.unit_text);
        let (property, confidence, reason) = match set.property {
            Some(property) => (Some(property), 100, "set for this curve".to_owned()),
            None => (found.property.map(|property| property.id.to_owned()), found.confidence, found.reason),
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
            found.rank,
            curve.text,
            curve.count,
            rendition.rows.saturating_sub(curve.count),
            curve.min,
            curve.max,
            curve.mean,
            set.quality.as_deref().unwrap_or(UNJUDGED),
            reason,
            curve.top,
            curve.base,
        ])?;
    }
    Ok(())
}
