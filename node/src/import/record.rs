//! Recording a prepared file: its well and runs as documents.

use std::path::Path;

use dataforge_protocol::document::{RunState, WellState};
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::facts::{Facts, WellFacts};
use dataforge_protocol::id::{BlobHash, DocId};

use super::{ALREADY_HERE, IMPORTED, RESTORABLE, result};
use crate::api::{ApiError, FileResult};
use crate::core::Writer;
use crate::ingest::{Prepared, PreparedRun, WellHeader};

/// Warnings listed per file; the rest are counted.
const MAX_WARNINGS: usize = 20;

/// Writes the entries of one file. The same file twice, here or on another node, is one run.
pub(super) fn record(
    writer: &mut Writer<'_>,
    path: &Path,
    source: &[u8],
    prepared: &Prepared,
) -> Result<FileResult, ApiError> {
    let source = BlobRef { hash: BlobHash::of(source), size: source.len() as u64 };
    let mut file = result(path, ALREADY_HERE);
    for run in &prepared.runs {
        let outcome = record_run(writer, path, source, &prepared.well, run)?;
        if file.outcome != IMPORTED {
            file.outcome = outcome.word.to_owned();
        }
        file.runs.push(outcome.run.to_string());
        file.curves += run.facts.curves.len() as u64;
        file.rows += run.facts.rows;
    }
    file.well.clone_from(&prepared.well.name);
    file.warnings_total = prepared.warnings.len() as u64;
    file.warnings = prepared
        .warnings
        .iter()
        .take(MAX_WARNINGS)
        .map(|w| format!("{}:{}: {}", w.line, w.column, w.message))
        .collect();
    Ok(file)
}

struct RunOutcome {
    run: DocId,
    word: &'static str,
}

fn record_run(
    writer: &mut Writer<'_>,
    path: &Path,
    source: BlobRef,
    header: &WellHeader,
    run: &PreparedRun,
) -> Result<RunOutcome, ApiError> {
    let facts = Facts::Run { source: source.hash, data_set: run.data_set };
    let doc = facts.doc_id();
    let before = writer.document(&doc)?.map(|document| RunState::read(&document));
    if let Some(before) = &before {
        let known = before.renditions.iter().any(|rendition| rendition.blob == run.facts.blob);
        if before.deleted || known {
            return Ok(RunOutcome { run: doc, word: if before.deleted { RESTORABLE } else { ALREADY_HERE } });
        }
    }
    let blobs = vec![source, BlobRef { hash: run.facts.blob, size: run.facts.blob_size }];
    if before.is_some_and(|before| !before.renditions.is_empty()) {
        // Another reader version saw this file: its table stands beside ours.
        writer.edit(doc, &[], blobs, |document, actor| document.add_rendition(actor, run.facts.clone()))?;
        return Ok(RunOutcome { run: doc, word: IMPORTED });
    }
    let well = open_well(writer, header, doc)?;
    let deps: Vec<_> = writer.opening(&well).into_iter().collect();
    writer.open(&facts, deps.clone())?;
    let state = RunState {
        well: Some(well),
        source_name: path.file_name().map(|name| name.to_string_lossy().into_owned()),
        renditions: vec![run.facts.clone()],
        ..RunState::default()
    };
    writer.edit(doc, &deps, blobs, |document, actor| document.write_run(actor, &state))?;
    Ok(RunOutcome { run: doc, word: IMPORTED })
}

/// Opens the well a header names, and fills in what is not known of it yet; what people set is
/// never overwritten.
fn open_well(writer: &mut Writer<'_>, header: &WellHeader, run: DocId) -> Result<DocId, ApiError> {
    let facts = Facts::Well(header.uwi_key.clone().map_or(WellFacts::FirstRun(run), WellFacts::Uwi));
    let (well, _) = writer.open(&facts, Vec::new())?;
    let Some(document) = writer.document(&well)? else { return Ok(well) };
    let before = WellState::read(&document);
    let mut state = before.clone();
    let fill = |slot: &mut Option<String>, value: &Option<String>| {
        if slot.is_none() {
            slot.clone_from(value);
        }
    };
    fill(&mut state.name, &header.name);
    fill(&mut state.uwi, &header.uwi);
    fill(&mut state.field, &header.field);
    fill(&mut state.company, &header.company);
    fill(&mut state.country, &header.country);
    for (key, value) in attributes(header) {
        state.attributes.entry(key).or_insert(value);
    }
    if state != before {
        writer.edit(well, &[], Vec::new(), |document, actor| {
            Ok(document.edit(actor, |edit| state.write(edit))?.into_iter().collect())
        })?;
    }
    Ok(well)
}

fn attributes(header: &WellHeader) -> Vec<(String, String)> {
    let place = &header.place;
    let texts = [
        ("province", &header.province),
        ("service_company", &header.service_company),
        ("date", &header.date),
        ("latitude", &place.latitude),
        ("longitude", &place.longitude),
        ("x", &place.x),
        ("y", &place.y),
    ];
    let named = texts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?)));
    named.chain(header.datum.iter().cloned()).collect()
}
