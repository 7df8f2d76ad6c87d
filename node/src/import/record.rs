//! Recording a file: its wells, runs and attachments as documents.

use std::collections::BTreeSet;
use std::path::Path;

use dataforge_protocol::document::{AttachmentState, Document, EngineError, Map, RunState, WellState, rendition_id};
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::facts::{Facts, WellFacts};
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};

use super::fill::{Fill, fill};
use super::read::{Content, Read};
use super::{ALREADY_HERE, ATTACHED, IMPORTED, RESTORABLE, result};
use crate::api::{ApiError, ErrorKind, FileResult};
use crate::core::{Core, Writer};
use crate::index::Index;
use crate::ingest::{Prepared, PreparedRun, WellHeader};
use crate::worker::Expected;

/// Warnings listed per file; the rest are counted.
const MAX_WARNINGS: usize = 20;

/// Where files are filed.
#[derive(Debug, Clone, Default)]
pub(super) struct Filing {
    /// The well a person named for all of them.
    pub(super) well: Option<DocId>,
    /// The project that wells which are in none are filed under, and that attachments belong to.
    pub(super) project: Option<DocId>,
    /// Whether a well that is the only one of its name is the one a file means.
    pub(super) match_names: bool,
    /// What a person says about attachments.
    pub(super) description: Option<String>,
}

/// Where a run would be filed.
#[derive(Debug)]
pub(super) struct Place {
    /// The well.
    pub(super) id: DocId,
    /// The well's name.
    pub(super) name: Option<String>,
    /// Whether it would be made.
    pub(super) is_new: bool,
}

impl Filing {
    /// Returns the well that is known already for what a header says.
    fn known_well(&self, index: &Index<'_>, header: &WellHeader) -> Option<DocId> {
        let by_name = || header.name.as_deref().filter(|_| self.match_names).and_then(|name| index.well_named(name));
        self.well.or_else(|| if header.uwi_key.is_none() { by_name() } else { None })
    }

    /// Says where a run would be filed.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn place(
        &self,
        core: &Core,
        workspace: WorkspaceId,
        described: &Described<'_>,
    ) -> Result<Place, ApiError> {
        let index = Index::new(core.store.connection(), workspace);
        let header = described.header;
        let id = self.known_well(&index, header).unwrap_or_else(|| Facts::Well(described.own_well.clone()).doc_id());
        Ok(match index.well(&id) {
            Ok(well) => Place { id, name: Some(well.name), is_new: false },
            Err(error) if error.kind == ErrorKind::NotFound => {
                Place { id, name: header.name.clone().or_else(|| header.uwi.clone()), is_new: true }
            }
            Err(error) => return Err(error),
        })
    }
}

/// Writes the entries of one file, and returns the runs it made. The same file twice, here or on
/// another node, is one run.
///
/// # Errors
/// Those of [`Writer`].
pub(super) fn record(
    writer: &mut Writer<'_>,
    workspace: WorkspaceId,
    filing: &Filing,
    read: &Read,
) -> Result<(FileResult, Vec<DocId>), ApiError> {
    let source = BlobRef { hash: BlobHash::of(&read.bytes), size: read.bytes.len() as u64 };
    let prepared = match &read.content {
        Ok(Content::Runs(prepared)) => prepared,
        Ok(Content::Attachment) => return Ok((record_attachment(writer, filing, &read.path, source)?, Vec::new())),
        Err(error) => return Err(ApiError::new(ErrorKind::Internal, format!("a failed file was recorded: {error}"))),
    };
    let mut file = result(&read.path, ALREADY_HERE);
    let (mut made, mut remarks) = (Vec::new(), BTreeSet::new());
    for described in described(&read.path, prepared, source.hash) {
        let run = described.run;
        let outcome = record_run(writer, workspace, filing, &described, source)?;
        if file.outcome != IMPORTED {
            file.outcome = outcome.word.to_owned();
        }
        if outcome.word == IMPORTED {
            made.push(outcome.run);
        }
        file.runs.push(outcome.run.to_string());
        file.new_wells.extend(outcome.new_well.map(|well| well.to_string()));
        if let (Some(project), Some(well)) = (filing.project, outcome.well) {
            remarks.extend(file_under(writer, workspace, well, project)?);
        }
        file.curves += run.facts.curves.len() as u64;
        file.rows += run.facts.rows;
    }
    let named = prepared.runs.iter().find_map(|run| run.well.as_ref()?.name.clone());
    file.well = prepared.well.name.clone().or(named);
    note_warnings(&mut file, prepared);
    file.warnings_total += remarks.len() as u64;
    file.warnings.extend(remarks);
    Ok((file, made))
}

/// Notes what was odd about a file.
pub(super) fn note_warnings(file: &mut FileResult, prepared: &Prepared) {
    let unfilled: Vec<_> = prepared.runs.iter().flat_map(|run| &run.unfilled).cloned().collect();
    file.warnings_total = (prepared.warnings.len() + unfilled.len()) as u64;
    let warnings = prepared.warnings.iter().map(|w| format!("{}:{}: {}", w.line, w.column, w.message));
    // What is missing as a document weighs more than what was odd in a cell.
    file.warnings = unfilled.into_iter().chain(warnings).take(MAX_WARNINGS).collect();
}

/// What a file says about a run.
pub(super) struct Described<'a> {
    path: &'a Path,
    pub(super) run: &'a PreparedRun,
    pub(super) facts: Facts,
    /// Its well.
    pub(super) header: &'a WellHeader,
    /// The well it makes, unless there is a better one. One without an identifier is known by the
    /// first run of the file that is of it.
    own_well: WellFacts,
}

/// Returns the runs of a file.
pub(super) fn described<'a>(path: &'a Path, prepared: &'a Prepared, source: BlobHash) -> Vec<Described<'a>> {
    let mut firsts: Vec<(&WellHeader, DocId)> = Vec::new();
    let describe = |run: &'a PreparedRun| {
        let header = run.well.as_ref().unwrap_or(&prepared.well);
        let facts = Facts::Run { source, data_set: run.data_set };
        let known = firsts.iter().find(|(known, _)| *known == header).map(|(_, first)| *first);
        let first = known.unwrap_or_else(|| {
            firsts.push((header, facts.doc_id()));
            facts.doc_id()
        });
        let own_well = header.uwi_key.clone().map_or(WellFacts::FirstRun(first), WellFacts::Uwi);
        Described { path, run, facts, header, own_well }
    };
    prepared.runs.iter().map(describe).collect()
}

struct RunOutcome {
    run: DocId,
    word: &'static str,
    /// The well it is filed under.
    well: Option<DocId>,
    new_well: Option<DocId>,
}

fn record_run(
    writer: &mut Writer<'_>,
    workspace: WorkspaceId,
    filing: &Filing,
    described: &Described<'_>,
    source: BlobRef,
) -> Result<RunOutcome, ApiError> {
    let Described { facts, run, .. } = described;
    let doc = facts.doc_id();
    let before = writer.document(&doc)?.map(|document| RunState::read(&document));
    let mut blobs = vec![source, BlobRef { hash: run.facts.blob, size: run.facts.blob_size }];
    blobs.extend(run.pyramid.iter().map(|one| BlobRef { hash: one.facts.blob, size: one.facts.blob_size }));
    if let Some(before) = before.filter(|before| before.deleted || !before.renditions.is_empty()) {
        let word = again(writer, doc, &before, run, blobs)?;
        if let Some(well) = before.well.filter(|_| !before.deleted) {
            let how = if word == IMPORTED { Fill::Again } else { Fill::New };
            fill(writer, doc, &well, before.source_name.as_deref(), run, how)?;
        }
        return Ok(RunOutcome { run: doc, word, well: before.well, new_well: None });
    }
    let (well, is_new) = open_well(writer, workspace, filing, described)?;
    let deps: Vec<_> = writer.opening(&well).into_iter().collect();
    writer.open(facts, deps.clone())?;
    let state = RunState {
        well: Some(well),
        source_name: described.path.file_name().map(|name| name.to_string_lossy().into_owned()),
        renditions: vec![run.facts.clone()],
        ..RunState::default()
    };
    writer.edit(doc, &deps, blobs, |document, actor| {
        let mut changes = document.write_run(actor, &state)?;
        changes.extend(add_pyramid(document, actor, run)?);
        Ok(changes)
    })?;
    fill(writer, doc, &well, state.source_name.as_deref(), run, Fill::New)?;
    note_own(writer, run)?;
    Ok(RunOutcome { run: doc, word: IMPORTED, well: Some(well), new_well: is_new.then_some(well) })
}

/// Deals with a source that is here already: another reader version's table stands beside ours,
/// and one that was read in another way on purpose becomes the default, as one does where the default
/// is not what it should be.
fn again(
    writer: &mut Writer<'_>,
    doc: DocId,
    before: &RunState,
    run: &PreparedRun,
    blobs: Vec<BlobRef>,
) -> Result<&'static str, ApiError> {
    let default = before.renditions.first();
    if before.deleted {
        return Ok(RESTORABLE);
    }
    if default == Some(&run.facts) {
        // What an earlier version imported has no pyramid yet.
        let lacks = run.pyramid.as_ref().is_some_and(|pyramid| !before.pyramids.contains(&pyramid.facts));
        if lacks {
            writer.edit(doc, &[], blobs, |document, actor| {
                Ok(add_pyramid(document, actor, run)?.into_iter().collect())
            })?;
            note_own(writer, run)?;
        }
        return Ok(ALREADY_HERE);
    }
    let chosen = match default {
        Some(default) if default.reader != run.facts.reader => {
            writer.store().is_refused(&default.blob, &Expected::native(default).id())?
        }
        _ => true,
    };
    writer.edit(doc, &[], blobs, |document, actor| {
        let mut changes = document.add_rendition(actor, run.facts.clone())?;
        if chosen {
            let id = rendition_id(&run.facts);
            changes.extend(document.edit(actor, |edit| edit.choose_rendition(&id))?);
        }
        changes.extend(add_pyramid(document, actor, run)?);
        Ok(changes)
    })?;
    note_own(writer, run)?;
    Ok(IMPORTED)
}

/// Files a well under a project, unless it is filed already; one that is in another project stays there,
/// which is returned in words.
fn file_under(
    writer: &mut Writer<'_>,
    workspace: WorkspaceId,
    well: DocId,
    project: DocId,
) -> Result<Option<String>, ApiError> {
    match Index::new(writer.store().connection(), workspace).project_of(&well)? {
        Some((other, name)) if other != project => {
            return Ok(Some(format!("its well is filed under the project {name} and stays there")));
        }
        _ => {}
    }
    let Some(document) = writer.document(&well)? else { return Ok(None) };
    if WellState::read(&document).project != Some(project) {
        let deps: Vec<_> = writer.opening(&project).into_iter().collect();
        let id = project.to_string();
        writer.edit(well, &deps, Vec::new(), |document, actor| {
            Ok(document.edit(actor, |edit| edit.set_text(Map::Root, "project", Some(&id)))?.into_iter().collect())
        })?;
    }
    Ok(None)
}

/// Adds the pyramid of a run to its document, where it has one and that is not there.
pub(crate) fn add_pyramid(
    document: &mut Document,
    actor: [u8; 16],
    run: &PreparedRun,
) -> Result<Option<Vec<u8>>, EngineError> {
    run.pyramid.as_ref().map_or(Ok(None), |pyramid| document.add_pyramid(actor, &pyramid.facts))
}

/// Notes that a table and its pyramid need no check, because they were made here.
pub(crate) fn note_own(writer: &Writer<'_>, run: &PreparedRun) -> Result<(), ApiError> {
    writer.store().note_check(&run.facts.blob, &Expected::native(&run.facts).id(), None)?;
    run.pyramid.as_ref().map_or(Ok(()), |pyramid| {
        let expected = Expected::pyramid(&pyramid.facts, &run.facts).id();
        writer.store().note_check(&pyramid.facts.blob, &expected, None)
    })
}

/// Opens the well a header names, and fills in what is not known of it yet; what people set is
/// never overwritten. Returns whether it is new.
fn open_well(
    writer: &mut Writer<'_>,
    workspace: WorkspaceId,
    filing: &Filing,
    described: &Described<'_>,
) -> Result<(DocId, bool), ApiError> {
    let Described { path, header, own_well, .. } = described;
    let index = Index::new(writer.store().connection(), workspace);
    if let Some(well) = filing.known_well(&index, header) {
        return Ok((well, false));
    }
    let facts = Facts::Well(own_well.clone());
    let (well, is_new) = writer.open(&facts, Vec::new())?;
    let Some(document) = writer.document(&well)? else { return Ok((well, is_new)) };
    let before = WellState::read(&document);
    let mut state = before.clone();
    let fill = |slot: &mut Option<String>, value: &Option<String>| {
        if slot.is_none() {
            slot.clone_from(value);
        }
    };
    // A well that nothing names is called by its first file, which people know.
    let stem = header.uwi.is_none().then(|| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    fill(&mut state.name, &header.name.clone().or(stem.flatten()));
    fill(&mut state.uwi, &header.uwi);
    fill(&mut state.field, &header.field);
    fill(&mut state.company, &header.company);
    fill(&mut state.country, &header.country);
    // One that is new goes there with its first change; the others are looked at one by one.
    if is_new {
        state.project = filing.project;
    }
    for (key, value) in attributes(header) {
        state.attributes.entry(key).or_insert(value);
    }
    if state != before {
        let deps: Vec<_> = state.project.and_then(|project| writer.opening(&project)).into_iter().collect();
        writer.edit(well, &deps, Vec::new(), |document, actor| {
            Ok(document.edit(actor, |edit| state.write(edit))?.into_iter().collect())
        })?;
    }
    Ok((well, is_new))
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
    let mut attributes: Vec<_> =
        texts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))).collect();
    attributes.extend(header.datum.iter().cloned());
    attributes.extend(location(header));
    attributes
}

/// Where the well is, as numbers, as far as the header is certain.
fn location(header: &WellHeader) -> Vec<(String, String)> {
    let mut numbers = Vec::new();
    let mut add = |key: &str, value: String| numbers.push((key.to_owned(), value));
    if let Some(place) = &header.location.geographic {
        add("latitude_deg", place.latitude.to_string());
        add("longitude_deg", place.longitude.to_string());
        if let Some(crs) = &place.crs {
            add("geographic_crs", crs.clone());
        }
    }
    if let Some(place) = &header.location.projected {
        add("x_m", place.x_m.to_string());
        add("y_m", place.y_m.to_string());
        add("projected_crs", place.crs.clone());
    }
    numbers
}

fn record_attachment(
    writer: &mut Writer<'_>,
    filing: &Filing,
    path: &Path,
    source: BlobRef,
) -> Result<FileResult, ApiError> {
    let facts = Facts::Attachment { blob: source.hash };
    let doc = facts.doc_id();
    let before = writer.document(&doc)?.map(|document| AttachmentState::read(&document));
    let mut file = match before {
        Some(before) if before.deleted => result(path, RESTORABLE),
        Some(before) if before.name.is_some() => result(path, ALREADY_HERE),
        _ => {
            let of = filing.well.or(filing.project);
            let deps: Vec<_> = of.and_then(|of| writer.opening(&of)).into_iter().collect();
            writer.open(&facts, deps.clone())?;
            let state = AttachmentState {
                name: path.file_name().map(|name| name.to_string_lossy().into_owned()),
                description: filing.description.clone(),
                well: filing.well,
                project: filing.project.filter(|_| filing.well.is_none()),
                size: Some(source.size),
                deleted: false,
            };
            writer.edit(doc, &deps, vec![source], |document, actor| {
                Ok(document.edit(actor, |edit| state.write(edit))?.into_iter().collect())
            })?;
            result(path, ATTACHED)
        }
    };
    file.runs.push(doc.to_string());
    Ok(file)
}
