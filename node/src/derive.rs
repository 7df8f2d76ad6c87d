//! Derived runs: what other tools compute, kept as runs of their own with what they were made of.
//!
//! The data's way: the table that a tool hands in → columns, checked → what it was made of and how, as
//! canonical text, whose hash is the run's identity → Parquet bytes → blobs, durable first → the run's
//! document, in one transaction. Nothing is ever overwritten: the same input is the same run on every node, and
//! any other is another run.

mod lineage;
mod source;
mod table;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use bytes::Bytes;
use dataforge_las::{DataSet, Values};
use dataforge_protocol::document::RunState;
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::facts::Facts;
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use dataforge_protocol::limits::{MAX_BLOB_BYTES, MAX_NAME_CHARS};
use dataforge_protocol::op::Role;

pub(crate) use self::lineage::Lineage;
use self::lineage::{Making, Source};
use self::table::Said;
use crate::api::{ApiError, DeriveRequest, DerivedReply, ErrorKind};
use crate::core::{Core, Writer};
use crate::import::{add_pyramid, note_own};
use crate::index::{Index, SHORT};
use crate::ingest::{PreparedRun, prepare_derived, units};
use crate::node::Node;

const DERIVED: &str = "derived";
const ALREADY_HERE: &str = "already here";
const RESTORABLE: &str = "restorable";

/// What is said when the run that is here has not the bytes that it would have now: another version of the
/// program wrote them, or somebody put another table there.
const ANOTHER_TABLE: &str = "the table that is here is written otherwise than this one: compare them before you use it";

/// Characters of a description.
const MAX_DESCRIPTION_CHARS: usize = 2_000;
/// Warnings that are returned; the rest are counted.
const MAX_WARNINGS: usize = 20;

impl Node {
    /// Appends a derived run: the table that a tool computed, as the bytes of a Parquet file, of an Arrow
    /// stream or of CSV, with what it was made of. The same input again is the run that is here.
    ///
    /// # Errors
    /// `NotAllowed` for viewers, `NotFound` for a well, run or curve that is not here, `Usage` and `Input` for
    /// what cannot be kept, with its place, `Storage` when the disk fails or is full; nothing is written then.
    pub async fn derive(
        &self,
        workspace: Option<&str>,
        ask: DeriveRequest,
        table: Bytes,
    ) -> Result<DerivedReply, ApiError> {
        let workspace = crate::requests::find(self, workspace.map(str::to_owned)).await?;
        self.flush_edits().await;
        derive(self, workspace, ask, table).await
    }
}

/// Appends a derived run whose table is in a file.
///
/// # Errors
/// As [`Node::derive`].
pub(crate) async fn derive_file(
    node: &Node,
    workspace: WorkspaceId,
    ask: DeriveRequest,
    path: &Path,
) -> Result<DerivedReply, ApiError> {
    let most = most_bytes(node);
    let bytes = tokio::task::block_in_place(|| read_file(path, most))?;
    derive(node, workspace, ask, bytes).await
}

fn most_bytes(node: &Node) -> u64 {
    node.config().import.max_file_bytes.min(MAX_BLOB_BYTES)
}

fn read_file(path: &Path, most: u64) -> Result<Bytes, ApiError> {
    let failed = |error: std::io::Error| {
        ApiError::new(ErrorKind::Input, format!("cannot read {}: {error}", path.display())).hint("check the path")
    };
    let mut bytes = Vec::new();
    // One byte more shows that there is more.
    File::open(path).map_err(failed)?.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes.into())
}

/// What a derived run will be, as far as it is known without its table.
struct Known {
    well: DocId,
    well_name: String,
    sources: Vec<Source>,
}

async fn derive(
    node: &Node,
    workspace: WorkspaceId,
    ask: DeriveRequest,
    table: Bytes,
) -> Result<DerivedReply, ApiError> {
    let most_bytes = most_bytes(node);
    if table.len() as u64 > most_bytes {
        return Err(ApiError::new(ErrorKind::Input, format!("the table has more than {most_bytes} bytes"))
            .hint("split it, or raise the limit: dataforge config set import.max_file_bytes BYTES"));
    }
    let (ask, table) = blocking(move || Ok((filled(ask, &table)?, table))).await?;
    let making = making(&ask)?;
    let DeriveRequest { well, name, sources, units, index, index_unit, .. } = ask;
    let known = node.with_core(move |core| known(core, workspace, &well, &sources)).await?;
    let said = Said { units, index, index_unit, most_bytes };
    let well = known.well;
    let prepared = blocking(move || prepare(&well, making, known.sources, &table, &said)).await?;
    let mut warnings = prepared.warnings.clone();
    let made = Box::pin(append(node, workspace, well, name, prepared)).await?;
    warnings.extend(made.warnings.iter().cloned());
    Ok(DerivedReply { well_id: well.to_string(), well: known.well_name, warnings, ..made })
}

/// Works on bytes of others, off the async threads. Their readers may fail in ways that they do not foresee.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        let message = format!("the reader failed on this table: {error}");
        Err(ApiError::new(ErrorKind::Internal, message).hint("please report it"))
    })
}

/// Fills in what the table says of itself, where nothing else does.
fn filled(ask: DeriveRequest, table: &Bytes) -> Result<DeriveRequest, ApiError> {
    let Some(text) = table::said_in(table) else { return Ok(ask) };
    let said: DeriveRequest = serde_json::from_str(&text).map_err(|error| {
        ApiError::new(ErrorKind::Input, format!("what the table says of itself cannot be read: {error}"))
            .hint(format!("{} in the metadata of its schema: docs/derived.md has the form", table::REQUEST))
    })?;
    let text = |own: String, other: String| if own.is_empty() { other } else { own };
    Ok(DeriveRequest {
        well: text(ask.well, said.well),
        name: text(ask.name, said.name),
        sources: if ask.sources.is_empty() { said.sources } else { ask.sources },
        tool: text(ask.tool, said.tool),
        version: text(ask.version, said.version),
        parameters: ask.parameters.or(said.parameters),
        description: ask.description.or(said.description),
        units: said.units.into_iter().chain(ask.units).collect(),
        index: ask.index.or(said.index),
        index_unit: ask.index_unit.or(said.index_unit),
    })
}

/// Understands how it was made.
fn making(ask: &DeriveRequest) -> Result<Making, ApiError> {
    let word = |what: &str, text: &str, most: usize| {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned()).ok_or_else(|| {
            ApiError::new(ErrorKind::Usage, format!("{what} cannot be kept: {text:?}"))
                .hint(format!("give 1 to {most} printable characters"))
        })
    };
    word("the name of the run", &ask.name, MAX_NAME_CHARS)?;
    let description = ask.description.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if description.is_some_and(|text| text.chars().count() > MAX_DESCRIPTION_CHARS) {
        return Err(ApiError::new(
            ErrorKind::Usage,
            format!("the description has more than {MAX_DESCRIPTION_CHARS} characters"),
        )
        .hint("attach a longer text as a file: dataforge attach"));
    }
    Ok(Making {
        tool: word("the name of the tool", &ask.tool, MAX_NAME_CHARS)?,
        version: word("the version of the tool", &ask.version, MAX_NAME_CHARS)?,
        parameters: lineage::parameters(ask.parameters.as_deref())?,
        description: description.map(str::to_owned),
    })
}

fn known(core: &mut Core, workspace: WorkspaceId, well: &str, sources: &[String]) -> Result<Known, ApiError> {
    if core.role(&workspace)?.is_none_or(|role| role < Role::Editor) {
        return Err(ApiError::new(ErrorKind::NotAllowed, "your role in this workspace does not allow derived runs")
            .hint("ask an admin or owner for the role of an editor"));
    }
    let index = Index::new(core.store.connection(), workspace);
    let well = index.find_well(well)?;
    Ok(Known { well, well_name: index.well(&well)?.name, sources: source::find(&index, sources)? })
}

/// A derived run, ready to be written.
struct Ready {
    /// Its lineage, which is its source file.
    text: Bytes,
    run: PreparedRun,
    warnings: Vec<String>,
}

fn prepare(well: &DocId, making: Making, sources: Vec<Source>, table: &Bytes, said: &Said) -> Result<Ready, ApiError> {
    let data = table::read(table, said)?;
    let text = Lineage::new(well, making, sources, lineage::hash_of(&data)).text()?;
    let (run, found) = prepare_derived(&text, &data).map_err(|error| ApiError::from_error(ErrorKind::Input, &error))?;
    let mut warnings: Vec<_> = found.into_iter().map(|warning| warning.message).collect();
    warnings.extend(remarks(&data));
    if let Some(more) = warnings.len().checked_sub(MAX_WARNINGS).filter(|more| *more > 0) {
        warnings.truncate(MAX_WARNINGS);
        warnings.push(format!("and {more} more"));
    }
    Ok(Ready { text: text.into(), run, warnings })
}

/// Says what of the curves is not as one might expect.
fn remarks(data: &DataSet) -> Vec<String> {
    let curve = |column: &dataforge_las::Column| {
        let definition = &column.definition;
        let (name, unit) = (&definition.mnemonic, definition.unit.trim());
        if matches!(column.values, Values::Text(_)) {
            Some(format!("curve {name} holds text"))
        } else if unit.is_empty() {
            Some(format!("curve {name} has no unit: --unit {name}=UNIT states it"))
        } else if units::meanings(unit).is_empty() {
            Some(format!("the unit of curve {name} is not known: {unit}"))
        } else {
            None
        }
    };
    data.columns.iter().skip(1).filter_map(curve).collect()
}

/// Stores the blobs and writes the document, unless the run is here.
async fn append(
    node: &Node,
    workspace: WorkspaceId,
    well: DocId,
    name: String,
    ready: Ready,
) -> Result<DerivedReply, ApiError> {
    let Ready { text, run, .. } = ready;
    let facts = Facts::Run { source: BlobHash::of(&text), data_set: 0 };
    let doc = facts.doc_id();
    let reply = |outcome: &str, called: String, run: &PreparedRun| DerivedReply {
        run: doc.to_string(),
        short: doc.to_string().chars().take(SHORT).collect(),
        outcome: outcome.to_owned(),
        name: called,
        rows: run.facts.rows,
        curves: run.facts.curves.len() as u64,
        blob: run.facts.blob.to_string(),
        ..DerivedReply::default()
    };
    let before = node.with_core(move |core| state(core, workspace, &doc)).await?;
    if let Some((state, (outcome, called))) = before.as_ref().and_then(|state| Some((state, standing(state)?))) {
        let told = reply(outcome, called.unwrap_or(name), &run);
        return Ok(match state.renditions.first().filter(|table| table.blob != run.facts.blob) {
            Some(table) => DerivedReply {
                blob: table.blob.to_string(),
                rows: table.rows,
                curves: table.curves.len() as u64,
                warnings: vec![ANOTHER_TABLE.to_owned()],
                ..told
            },
            None => told,
        });
    }
    let mut blobs = vec![text.clone(), run.parquet.clone()];
    blobs.extend(run.pyramid.iter().map(|pyramid| pyramid.parquet.clone()));
    node.check_space(blobs.iter().map(|blob| blob.len() as u64).sum())?;
    let durable = node.blobs().add(blobs).await?;
    let held: Vec<(BlobHash, u64)> = durable.iter().map(|blob| (blob.hash, blob.size)).collect();
    let called = name.trim().to_owned();
    let written = node.with_core(move |core| {
        let done = core.write(&workspace, &held, |writer| record(writer, &facts, well, &called, &text, &run))?;
        Ok((done, called, run))
    });
    let ((outcome, progress), called, run) = written.await?;
    drop(durable);
    node.on_progress(workspace, &progress);
    Ok(reply(outcome, called, &run))
}

fn state(core: &mut Core, workspace: WorkspaceId, doc: &DocId) -> Result<Option<RunState>, ApiError> {
    let (ledger, store) = core.ledger_and_store(&workspace)?;
    Ok(crate::index::materialise(store, ledger, doc)?.map(|document| RunState::read(&document)))
}

/// Returns what is said of a run that is here, and what it is called.
fn standing(state: &RunState) -> Option<(&'static str, Option<String>)> {
    if state.deleted {
        return Some((RESTORABLE, state.name.clone()));
    }
    (!state.renditions.is_empty()).then(|| (ALREADY_HERE, state.name.clone()))
}

/// Writes the entries of a derived run.
fn record(
    writer: &mut Writer<'_>,
    facts: &Facts,
    well: DocId,
    name: &str,
    text: &Bytes,
    run: &PreparedRun,
) -> Result<&'static str, ApiError> {
    let doc = facts.doc_id();
    // Somebody may have been quicker.
    let before = writer.document(&doc)?.map(|document| RunState::read(&document));
    if let Some((outcome, _)) = before.as_ref().and_then(standing) {
        return Ok(outcome);
    }
    let mut blobs = vec![
        BlobRef { hash: BlobHash::of(text), size: text.len() as u64 },
        BlobRef { hash: run.facts.blob, size: run.facts.blob_size },
    ];
    blobs.extend(run.pyramid.iter().map(|one| BlobRef { hash: one.facts.blob, size: one.facts.blob_size }));
    let deps: Vec<_> = writer.opening(&well).into_iter().collect();
    writer.open(facts, deps.clone())?;
    let state = RunState {
        well: Some(well),
        name: Some(name.to_owned()),
        source_name: Some(format!("{name}.lineage.json")),
        renditions: vec![run.facts.clone()],
        ..RunState::default()
    };
    writer.edit(doc, &deps, blobs, |document, actor| {
        // First, so that whoever sees the run sees also what it was made of.
        let mut changes: Vec<_> = document.add_lineage(actor, text)?.into_iter().collect();
        changes.extend(document.write_run(actor, &state)?);
        changes.extend(add_pyramid(document, actor, run)?);
        Ok(changes)
    })?;
    note_own(writer, run)?;
    Ok(DERIVED)
}
