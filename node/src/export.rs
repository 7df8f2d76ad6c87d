//! Export: runs, wells and attachments as files that other programs read.
//!
//! The data's way back: a run's table → `select` (curves, rows, units, step) → a format → the
//! client, which writes the file. What left is noted, with its hash.

mod all;
mod choice;
pub mod geopackage;
mod las;
mod names;
mod select;
mod wells;

use std::io::Write as _;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use dataforge_protocol::facts::SetKind;
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use dataforge_query::Format;
use tokio::sync::mpsc;

pub(crate) use self::all::export_all;
use self::choice::Choice;
pub(crate) use self::choice::selection_problem;
use self::select::Selection;
use crate::api::{ApiError, ErrorKind, ExportFormat, ExportOptions, ExportReply, Reply};
use crate::client::Output;
use crate::clock::now_ms;
use crate::index::{Found, Index};
use crate::node::Node;
use crate::sink::Sink;
use crate::store::Exported;
use crate::table::not_held;

/// What is to be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Run(DocId),
    Attachment(DocId),
    Workspace,
}

/// Writes a run, a well or an attachment as output, and notes it.
///
/// # Errors
/// `NotFound` when there is no such thing or its bytes are not held here, `Usage` for options that
/// do not fit, `Input` for data that the format cannot hold.
pub(crate) async fn export(
    node: &Node,
    workspace: WorkspaceId,
    target: String,
    format: ExportFormat,
    options: ExportOptions,
    file: String,
    out: &mpsc::Sender<Output>,
) -> Result<Reply, ApiError> {
    let target = find(node, workspace, target, format).await?;
    let options = chosen(node, workspace, target, options).await?;
    let mut sink = Sink::new(out.clone());
    let written = match (target, format) {
        (Target::Workspace, _) => wells::write(node, workspace, None, &mut sink).await?,
        (Target::Attachment(doc), _) => original_attachment(node, workspace, doc, &mut sink).await?,
        (Target::Run(run), ExportFormat::Original) => original(node, workspace, run, &mut sink).await?,
        (Target::Run(run), _) => write_run(node, workspace, run, format, &options, &mut sink).await?,
    };
    tokio::task::block_in_place(|| sink.flush()).map_err(closed)?;
    let doc = match target {
        Target::Run(doc) | Target::Attachment(doc) => Some(doc),
        Target::Workspace => None,
    };
    let exported = Exported {
        what: written.what.clone(),
        doc,
        format: format.word().to_owned(),
        file,
        bytes: sink.bytes(),
        hash: sink.hash(),
    };
    let (hash, bytes) = (exported.hash, exported.bytes);
    node.with_core(move |core| core.store.note_export(&workspace, now_ms(), &exported)).await?;
    Ok(Reply::Export(ExportReply {
        what: written.what,
        rows: written.rows,
        curves: written.curves,
        bytes,
        hash: hash.to_string(),
        remarks: written.remarks,
    }))
}

/// Lists what was exported.
///
/// # Errors
/// `Storage`.
pub(crate) async fn list(node: &Node, workspace: WorkspaceId, limit: u32) -> Result<Reply, ApiError> {
    Ok(Reply::Exports { exports: node.with_core(move |core| core.store.exports(&workspace, limit)).await? })
}

/// What was written.
#[derive(Debug, Default)]
struct Written {
    what: String,
    rows: u64,
    curves: u64,
    remarks: Vec<String>,
}

impl ExportFormat {
    const fn word(self) -> &'static str {
        match self {
            Self::Original => "original",
            _ => self.extension(),
        }
    }
}

fn closed(error: std::io::Error) -> ApiError {
    ApiError::new(ErrorKind::Internal, format!("the output was closed: {error}"))
}

async fn find(node: &Node, workspace: WorkspaceId, target: String, format: ExportFormat) -> Result<Target, ApiError> {
    if format == ExportFormat::Geopackage {
        return Ok(Target::Workspace);
    }
    node.with_core(move |core| {
        let index = Index::new(core.store.connection(), workspace);
        match index.find(&target, false)? {
            Found::Run(run) | Found::Curve(run, _) => Ok(Target::Run(run)),
            Found::Attachment(doc) if format == ExportFormat::Original => Ok(Target::Attachment(doc)),
            Found::Attachment(_) => Err(ApiError::new(ErrorKind::Usage, format!("{target:?} is kept as it is"))
                .hint("export it with --original")),
            Found::Project(_) | Found::Described(..) => {
                Err(ApiError::new(ErrorKind::Usage, format!("{target:?} is no run, well or attachment"))
                    .hint("dataforge runs lists runs; export --all DIR --project NAME writes a project"))
            }
            Found::Well(well) => only_log(&index, &well, &target).map(Target::Run),
        }
    })
    .await
}

/// Puts what a selection chooses of a run in the place of its name.
async fn chosen(
    node: &Node,
    workspace: WorkspaceId,
    target: Target,
    options: ExportOptions,
) -> Result<ExportOptions, ApiError> {
    let Some(selection) = options.selection.clone() else { return Ok(options) };
    let Target::Run(run) = target else {
        return Err(ApiError::new(ErrorKind::Usage, "a selection chooses of runs")
            .hint("leave out --selection, or export a run or everything"));
    };
    node.with_core(move |core| {
        let connection = core.store.connection();
        let info = Index::new(connection, workspace).run(&run)?;
        let choice = Choice::load(connection, workspace, &selection)?;
        let mut windows = choice.of_run(connection, workspace, &info, &options)?;
        if windows.len() > 1 {
            let names: Vec<_> = windows.into_iter().map(|(name, _)| name).collect();
            return Err(ApiError::new(
                ErrorKind::Usage,
                format!("the selection chooses {} intervals of {}: {}", names.len(), info.name, names.join(", ")),
            )
            .hint("export them all, each to a file: dataforge export --all DIR --selection NAME"));
        }
        windows.pop().map(|(_, options)| options).ok_or_else(|| choice.without(&info))
    })
    .await
}

/// Returns the one log of a well.
fn only_log(index: &Index<'_>, well: &DocId, target: &str) -> Result<DocId, ApiError> {
    let logs: Vec<_> = index.runs(Some(well))?.into_iter().filter(|run| run.kind == SetKind::Log.as_str()).collect();
    match logs.as_slice() {
        [one] => one.id.parse().map_err(|_error| ApiError::new(ErrorKind::Internal, "a stored id is malformed")),
        [] => Err(ApiError::new(ErrorKind::NotFound, format!("well {target:?} has no log"))
            .hint("dataforge runs lists what it has")),
        several => {
            let ids: Vec<_> = several.iter().map(|run| format!("{} ({})", run.short, run.name)).collect();
            Err(ApiError::new(ErrorKind::Usage, format!("well {target:?} has {} logs", several.len()))
                .hint(format!("name one of them: {}", ids.join(", "))))
        }
    }
}

/// Writes the source file of a run, byte for byte.
async fn original(node: &Node, workspace: WorkspaceId, run: DocId, sink: &mut Sink) -> Result<Written, ApiError> {
    let (info, source) = node
        .with_core(move |core| {
            let index = Index::new(core.store.connection(), workspace);
            Ok((index.run(&run)?, index.blobs(&run)?.0))
        })
        .await?;
    crate::read::hold(node, &workspace, &source).await?;
    copy(node, &workspace, &source, sink)?;
    Ok(Written { what: info.source, ..Written::default() })
}

async fn original_attachment(
    node: &Node,
    workspace: WorkspaceId,
    doc: DocId,
    sink: &mut Sink,
) -> Result<Written, ApiError> {
    let info = node.with_core(move |core| {
        let id = doc.to_string();
        let all = Index::new(core.store.connection(), workspace).attachments(None)?;
        all.into_iter().find(|file| file.id == id).ok_or_else(|| ApiError::new(ErrorKind::NotFound, "it is not listed"))
    });
    let info = info.await?;
    let hash = info.blob.parse().map_err(|_error| ApiError::new(ErrorKind::Internal, "a stored hash is malformed"))?;
    crate::read::hold(node, &workspace, &hash).await?;
    copy(node, &workspace, &hash, sink)?;
    Ok(Written { what: info.name, ..Written::default() })
}

/// Sends the bytes of a blob that is held here, in parts.
fn copy(node: &Node, workspace: &WorkspaceId, hash: &BlobHash, sink: &mut Sink) -> Result<(), ApiError> {
    const PART: u64 = 4 << 20;
    let held = node.block(|core| core.store.size_held(workspace, hash))?;
    let size = held.ok_or_else(|| not_held(hash))?;
    tokio::task::block_in_place(|| {
        let mut at = 0;
        while at < size {
            let end = (at + PART).min(size);
            let part: Bytes = node.blobs().read(hash, at..end)?;
            sink.write_all(&part).map_err(closed)?;
            at = end;
        }
        Ok(())
    })
}

/// Writes a run in a format of ours.
async fn write_run(
    node: &Node,
    workspace: WorkspaceId,
    run: DocId,
    format: ExportFormat,
    options: &ExportOptions,
    sink: &mut Sink,
) -> Result<Written, ApiError> {
    let source = select::source(node, workspace, run, options).await?;
    crate::table::bring(node, &workspace, &source.blob).await?;
    if format == ExportFormat::Las
        && let Err(error) = crate::read::hold(node, &workspace, &source.file).await
        && error.kind != ErrorKind::NotFound
    {
        // Without the source the header is made from what is known of the run, which is said.
        return Err(error);
    }
    if format == ExportFormat::Parquet && options.chooses_nothing() {
        copy(node, &workspace, &source.blob, sink)?;
        let (rows, curves) = (source.info.rows, source.info.curves);
        return Ok(Written { what: source.info.name, rows, curves, remarks: Vec::new() });
    }
    let selection = tokio::task::block_in_place(|| select::select(node, source, options))?;
    let what = selection.info.name.clone();
    let (rows, curves) = (selection.table.num_rows() as u64, selection.table.num_columns() as u64 - 1);
    let mut remarks = selection.remarks.clone();
    match format {
        ExportFormat::Las => {
            remarks.extend(tokio::task::block_in_place(|| las::write(node, &selection, options, sink))?);
        }
        ExportFormat::Csv if options.raw => write_table(&selection, Format::CsvRaw, sink)?,
        ExportFormat::Csv => write_table(&selection, Format::Csv, sink)?,
        ExportFormat::Xlsx => write_table(&selection, Format::Xlsx, sink)?,
        ExportFormat::Parquet => write_table(&selection, Format::Parquet, sink)?,
        ExportFormat::Original | ExportFormat::Geopackage => {
            return Err(ApiError::new(ErrorKind::Internal, "not a format of runs"));
        }
    }
    Ok(Written { what, rows, curves, remarks })
}

fn write_table(selection: &Selection, format: Format, sink: &mut Sink) -> Result<(), ApiError> {
    let table = if format == Format::Parquet { selection.table.clone() } else { headed(selection)? };
    tokio::task::block_in_place(|| dataforge_query::write_batches(table.schema(), [Ok(table)], format, sink))
        .map_err(crate::sql::output_error)?;
    Ok(())
}

/// Returns the table with names for people: the label of the curve and its unit, e.g. `GR (gAPI)`.
fn headed(selection: &Selection) -> Result<RecordBatch, ApiError> {
    let schema = selection.table.schema();
    let labels = std::iter::once(&*selection.info.index).chain(selection.curves.iter().map(|curve| &*curve.curve));
    let field = |(field, label): (&Arc<Field>, &str)| {
        let name = match select::unit_of(field) {
            // `_` and `---` are how some say that there is no unit.
            unit if !unit.contains(|c: char| c.is_alphanumeric() || matches!(c, '%' | '°')) => label.to_owned(),
            unit => format!("{label} ({unit})"),
        };
        field.as_ref().clone().with_name(name)
    };
    let fields: Vec<_> = schema.fields().iter().zip(labels).map(field).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), selection.table.columns().to_vec())
        .map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))
}

impl ExportOptions {
    /// Whether the stored table is asked for as it is.
    fn chooses_nothing(&self) -> bool {
        let Self { curves, from, to, unit, step, .. } = self;
        curves.is_empty() && from.is_none() && to.is_none() && unit.is_none() && step.is_none()
    }
}
