//! What an import would do with a file, without doing it.

use std::collections::BTreeSet;

use dataforge_protocol::document::RunState;
use dataforge_protocol::facts::Facts;
use dataforge_protocol::id::{BlobHash, WorkspaceId};

use super::read::{Content, Read};
use super::record::{Filing, Place};
use super::{ALREADY_HERE, ATTACHED, IMPORTED, RESTORABLE, failure, no_rows, record, result};
use crate::api::{ApiError, FileResult, PlannedCurve, PlannedRun};
use crate::core::Core;
use crate::index::{materialise, read_dictionary};
use crate::ingest::dictionary::{Clues, WorkspaceDictionary};
use crate::ingest::identity::WellIdentity;
use crate::ingest::{PreparedRun, WellHeader};

/// Says what would become of a file, and adds the wells that it would make to `wells`.
///
/// # Errors
/// `Storage`, `Damaged`.
pub(super) fn plan(
    core: &mut Core,
    workspace: WorkspaceId,
    filing: &Filing,
    read: &Read,
    wells: &mut Vec<WellIdentity>,
) -> Result<FileResult, ApiError> {
    let prepared = match &read.content {
        Ok(content) if content.is_empty() => return Ok(failure(&read.path, &no_rows())),
        Err(error) => return Ok(failure(&read.path, error)),
        Ok(Content::Attachment) => {
            let facts = Facts::Attachment { blob: BlobHash::of(&read.bytes) };
            let known = state_of(core, workspace, &facts)?;
            return Ok(result(&read.path, known.unwrap_or(ATTACHED)));
        }
        Ok(Content::Runs(prepared)) => prepared,
    };
    let mut file = result(&read.path, ALREADY_HERE);
    let source = BlobHash::of(&read.bytes);
    let dictionary = read_dictionary(&core.store, &workspace)?;
    for described in record::described(&read.path, prepared, source) {
        let run = described.run;
        match run_state(core, workspace, &described.facts, run)? {
            None => IMPORTED.clone_into(&mut file.outcome),
            Some(word) if file.outcome != IMPORTED => word.clone_into(&mut file.outcome),
            Some(_) => {}
        }
        file.runs.push(described.facts.doc_id().to_string());
        file.curves += run.facts.curves.len() as u64;
        file.rows += run.facts.rows;
        let place = filing.place(core, workspace, &described)?;
        let id = place.id.to_string();
        if place.is_new && !file.new_wells.contains(&id) {
            wells.push(identity(id.clone(), described.header, source));
            file.new_wells.push(id);
        }
        file.plan.push(planned(run, place, &dictionary));
    }
    file.well = file.plan.first().and_then(|run| run.well.clone());
    file.mapping.clone_from(&prepared.mapping);
    record::note_warnings(&mut file, prepared);
    Ok(file)
}

/// Returns what became of an earlier import of the same thing, by its document.
fn state_of(core: &mut Core, workspace: WorkspaceId, facts: &Facts) -> Result<Option<&'static str>, ApiError> {
    let (ledger, store) = core.ledger_and_store(&workspace)?;
    let document = materialise(store, ledger, &facts.doc_id())?;
    Ok(document.map(|document| if document.is_deleted() { RESTORABLE } else { ALREADY_HERE }))
}

/// As [`state_of`], for a run: one that was read in another way before is imported again.
fn run_state(
    core: &mut Core,
    workspace: WorkspaceId,
    facts: &Facts,
    run: &PreparedRun,
) -> Result<Option<&'static str>, ApiError> {
    let (ledger, store) = core.ledger_and_store(&workspace)?;
    let Some(document) = materialise(store, ledger, &facts.doc_id())? else { return Ok(None) };
    let state = RunState::read(&document);
    let is_default = state.renditions.first() == Some(&run.facts);
    Ok(match (state.deleted, is_default) {
        (true, _) => Some(RESTORABLE),
        (false, true) => Some(ALREADY_HERE),
        (false, false) => None,
    })
}

fn identity(id: String, header: &WellHeader, source: BlobHash) -> WellIdentity {
    WellIdentity {
        id,
        name: header.name.clone(),
        uwi: header.uwi.clone(),
        field: header.field.clone(),
        company: header.company.clone(),
        country: header.country.clone(),
        state: header.province.clone(),
        position: header.location.position(),
        sources: BTreeSet::from([source]),
    }
}

fn planned(run: &PreparedRun, place: Place, dictionary: &WorkspaceDictionary) -> PlannedRun {
    let facts = &run.facts;
    let curve = |curve: &dataforge_protocol::facts::CurveFacts| {
        let found = dictionary.interpret(&Clues {
            service_company: facts.header.service_company.as_deref(),
            mnemonic: &curve.mnemonic,
            unit: &curve.unit,
            description: &curve.description,
            range: curve.min.zip(curve.max),
        });
        PlannedCurve {
            mnemonic: curve.mnemonic.clone(),
            unit: curve.unit.clone(),
            property: found.property.map(|property| property.id.to_owned()),
            confidence: found.confidence,
            reason: found.reason,
            count: curve.count,
        }
    };
    PlannedRun {
        well: place.name,
        new_well: place.is_new,
        kind: facts.set.kind.as_str().to_owned(),
        set: facts.set.name.clone(),
        rows: facts.rows,
        index: facts.index.mnemonic.clone(),
        index_unit: facts.index.unit.clone(),
        index_kind: facts.index.kind.as_str().to_owned(),
        index_min: facts.index.min,
        index_max: facts.index.max,
        step: facts.index.step,
        curves: facts.curves.iter().map(curve).collect(),
    }
}
