//! The whole way of a file: what the reader made of it → tables, bytes, facts and the well.
//!
//! Pure: the caller stores the blobs, then writes the documents. A file without data rows still
//! has a well, so it is prepared without runs rather than refused.

use std::collections::BTreeMap;

use bytes::Bytes;
use dataforge_las::{DataSet, HeaderItem, LogFile, Reading};
use dataforge_protocol::facts::{HeaderFacts, NoticeFacts, RenditionFacts, ReportFacts, SetFacts, SetKind};
use dataforge_protocol::id::BlobHash;
use sha2::{Digest as _, Sha256};

use crate::ingest::facts::{curve_facts, index_facts};
use crate::ingest::filling::{self, Filling};
use crate::ingest::index;
use crate::ingest::parquet::{self, Metadata};
use crate::ingest::pyramid::{self, PreparedPyramid};
use crate::ingest::table::{self, TableError};
use crate::ingest::well::{self, RunHeader, WellHeader};

mod checks;
mod derived;
mod tables;
#[cfg(test)]
mod tests;

pub(crate) use self::derived::prepare_derived;
pub use self::tables::prepare_tables;

/// The reader and its version, as facts name it; raised when the same source gives other values.
pub const READER: &str = "las/2";

/// Notices of one kind that are kept with a run …
const MAX_NOTICES_A_KIND: usize = 10;
/// … and of all kinds, so that they stay small beside the facts of its curves.
const MAX_NOTICES: usize = 60;
/// Longest message kept.
const MAX_MESSAGE_CHARS: usize = 200;

/// A file read and turned into what is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// One run per data set that has columns, in file order.
    pub runs: Vec<PreparedRun>,
    /// What the file says about its well.
    pub well: WellHeader,
    /// SHA-256 of the source file.
    pub source_sha256: [u8; 32],
    /// What the reader noticed, then what we noticed; nothing here stops an import.
    pub warnings: Vec<Warning>,
    /// The mapping that reads a table as it was read, as TOML; none for a LAS file.
    pub mapping: Option<String>,
}

/// One run: its table as bytes, and the facts about it.
#[derive(Debug, Clone, PartialEq)]
pub struct PreparedRun {
    /// Position of the data set in the source file, from 0.
    pub data_set: u32,
    /// What it says about its well, when that is not what the file says.
    pub well: Option<WellHeader>,
    /// The table.
    pub parquet: Bytes,
    /// The facts of the rendition; they name the table's hash.
    pub facts: RenditionFacts,
    /// What the header declares about the index, which the rows may contradict.
    pub declared: Declared,
    /// The pyramid of a large table.
    pub pyramid: Option<PreparedPyramid>,
    /// The tops or the survey that it holds.
    pub filling: Option<Filling>,
    /// Why it holds none although it seems to, or which of its rows are not among them.
    pub unfilled: Vec<String>,
}

impl PreparedRun {
    fn fill(&mut self, data: &DataSet, hints: &filling::Hints<'_>) {
        (self.filling, self.unfilled) = filling::read(data, &self.facts, hints);
    }
}

/// `STRT`, `STOP` and `STEP` as delivered; empty where the file has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Declared {
    /// Value of `STRT`.
    pub start: String,
    /// Value of `STOP`.
    pub stop: String,
    /// Value of `STEP`.
    pub step: String,
    /// Unit of `STRT`, or of the others when it has none.
    pub unit: String,
}

/// Something odd that a person should see.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// 1-based line number; 0 when it concerns the whole file.
    pub line: u32,
    /// 1-based column in characters; 0 when it concerns the whole line.
    pub column: u32,
    /// What kind of oddity, e.g. `short-row`.
    pub kind: String,
    /// What was found and what was done about it.
    pub message: String,
}

/// A file cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A data set does not make a table.
    #[error("data set {data_set} makes no table")]
    Table {
        /// Position of the data set, from 0.
        data_set: u32,
        /// Why not.
        source: TableError,
    },
    /// A table cannot be written.
    #[error("table of data set {data_set} cannot be written")]
    Parquet {
        /// Position of the data set, from 0.
        data_set: u32,
        /// What the writer says.
        source: ::parquet::errors::ParquetError,
    },
    /// The header cannot be written as JSON.
    #[error("header cannot be written as json")]
    Header(#[from] serde_json::Error),
    /// There are more data sets than can be numbered.
    #[error("more data sets than can be numbered")]
    TooManyDataSets,
}

/// Turns a source file and what the reader made of it into tables, facts and the well.
///
/// # Errors
/// When a data set makes no table, e.g. because it has too many curves, or cannot be written.
pub fn prepare(source: &[u8], reading: &Reading) -> Result<Prepared, IngestError> {
    let file = &reading.file;
    let origin = Origin::new(source, READER, parquet::header_json(file)?);
    let well = well::well_header(file);
    let mut warnings: Vec<Warning> = reading.report.notices.iter().map(Warning::from).collect();
    let unkept = reading.report.seen.saturating_sub(warnings.len() as u64);
    checks::file(file, &well, &mut warnings);
    let declared = declared_items(file);
    let mut runs = Vec::new();
    for (position, data) in file.data.iter().enumerate().filter(|(_, data)| !data.columns.is_empty()) {
        let data_set = u32::try_from(position).map_err(|_error| IngestError::TooManyDataSets)?;
        let is_log = data.kind == dataforge_las::SetKind::Log;
        let header = header_facts(&well::run_header(file, position), &well, is_log);
        let declared = if is_log { declared } else { [None; 3] };
        let mut run = prepare_run(&origin, data_set, data, declared, header, &mut warnings)?;
        let parameters = data.parameters.iter().filter_map(|&section| file.sections.get(section));
        let items: Vec<_> = parameters.flat_map(|section| &section.items).collect();
        run.fill(data, &filling::Hints { roles: &[], parameters: &items });
        runs.push(run);
    }
    Ok(finish(origin, runs, well, warnings, unkept))
}

/// Puts the report with every run.
fn finish(
    origin: Origin,
    mut runs: Vec<PreparedRun>,
    well: WellHeader,
    warnings: Vec<Warning>,
    unkept: u64,
) -> Prepared {
    let report = report(&warnings, unkept);
    for run in &mut runs {
        run.facts.report = report.clone();
    }
    Prepared { runs, well, source_sha256: origin.sha256, warnings, mapping: None }
}

/// Returns what is said about the acquisition of a data set.
fn header_facts(run: &RunHeader, well: &WellHeader, is_log: bool) -> HeaderFacts {
    let depth = well.vertical.depth;
    let log = |text: Option<String>| text.filter(|_| is_log);
    HeaderFacts {
        service_company: run.service_company.clone(),
        date: run.date.clone(),
        run_number: log(run.number.clone()),
        pass: log(run.pass.clone()),
        acquisition: log(run.acquisition.as_ref().map(|judged| judged.value.as_str().to_owned())),
        log_type: log(run.log_type.as_ref().map(|judged| judged.value.as_str().to_owned())),
        wellbore: well.wellbore.clone(),
        datum: depth.and_then(|depth| depth.level).map(|level| level.code().to_owned()),
        elevation_m: depth.and_then(|depth| depth.elevation_m),
    }
}

/// Returns what is kept of the warnings with each run: the first of every kind.
fn report(warnings: &[Warning], unkept: u64) -> ReportFacts {
    let mut kept: BTreeMap<&str, usize> = BTreeMap::new();
    let mut notices = Vec::new();
    for warning in warnings {
        let count = kept.entry(&warning.kind).or_default();
        *count += 1;
        if *count <= MAX_NOTICES_A_KIND && notices.len() < MAX_NOTICES {
            notices.push(NoticeFacts {
                line: warning.line,
                column: warning.column,
                kind: warning.kind.clone(),
                message: warning.message.chars().take(MAX_MESSAGE_CHARS).collect(),
            });
        }
    }
    notices.sort_by_key(|notice| (notice.line, notice.column));
    ReportFacts { seen: unkept.saturating_add(warnings.len() as u64), notices }
}

/// What all runs of a file share.
struct Origin {
    reader: &'static str,
    header: String,
    sha256: [u8; 32],
    size: u64,
}

impl Origin {
    fn new(source: &[u8], reader: &'static str, header: String) -> Self {
        let size = u64::try_from(source.len()).unwrap_or(u64::MAX);
        Self { reader, header, sha256: Sha256::digest(source).into(), size }
    }
}

fn prepare_run(
    origin: &Origin,
    data_set: u32,
    data: &DataSet,
    declared: [Option<&HeaderItem>; 3],
    header: HeaderFacts,
    warnings: &mut Vec<Warning>,
) -> Result<PreparedRun, IngestError> {
    let batch = table::record_batch(data).map_err(|source| IngestError::Table { data_set, source })?;
    let names: Vec<String> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    let index = &data.columns[0];
    let meaning = index::meaning(index, declared);
    let shape = index::shape(&index.values);
    let metadata = Metadata {
        index_kind: meaning.kind.as_str(),
        index_unit: &meaning.unit,
        header: &origin.header,
        sorted: shape.strict,
    };
    let unwritten = |source| IngestError::Parquet { data_set, source };
    let parquet = parquet::write(&batch, &metadata).map_err(unwritten)?;
    checks::run(data, &names, &meaning, &shape, declared, warnings);
    let facts = RenditionFacts {
        blob: BlobHash::of(&parquet),
        blob_size: u64::try_from(parquet.len()).unwrap_or(u64::MAX),
        reader: origin.reader.to_owned(),
        source_sha256: origin.sha256,
        source_size: origin.size,
        rows: u64::try_from(data.rows).unwrap_or(u64::MAX),
        index: index_facts(index, &names[0], &meaning, &shape),
        curves: curve_facts(data, &names),
        set: set_facts(data),
        header,
        // Follows once the whole file is read.
        report: ReportFacts::default(),
    };
    let pyramid = pyramid::prepare(facts.blob, data).map_err(unwritten)?;
    let declared = Declared::from(declared);
    Ok(PreparedRun {
        data_set,
        well: None,
        parquet: parquet.into(),
        facts,
        declared,
        pyramid,
        filling: None,
        unfilled: Vec::new(),
    })
}

fn set_facts(data: &DataSet) -> SetFacts {
    use dataforge_las::SetKind as Las;
    let kind = match data.kind {
        Las::Log => SetKind::Log,
        Las::Tops => SetKind::Tops,
        Las::Inclinometry => SetKind::Survey,
        Las::Core => SetKind::Core,
        Las::Drilling => SetKind::Drilling,
        Las::Test => SetKind::Test,
        Las::Perforation => SetKind::Perforation,
        _ => SetKind::Other,
    };
    SetFacts { kind, name: data.name.clone(), number: data.number }
}

/// Returns the lines `STRT`, `STOP` and `STEP` of a file.
fn declared_items(file: &LogFile) -> [Option<&HeaderItem>; 3] {
    ["STRT", "STOP", "STEP"].map(|mnemonic| well::well_item(file, &[mnemonic]))
}

impl From<[Option<&HeaderItem>; 3]> for Declared {
    fn from(items: [Option<&HeaderItem>; 3]) -> Self {
        let unit = items.iter().flatten().map(|item| &item.unit).find(|unit| !unit.is_empty());
        let [start, stop, step] = items.map(|item| item.map(|item| item.value.clone()).unwrap_or_default());
        Self { start, stop, step, unit: unit.cloned().unwrap_or_default() }
    }
}

impl From<&dataforge_las::Notice> for Warning {
    fn from(notice: &dataforge_las::Notice) -> Self {
        Self {
            line: notice.line,
            column: notice.column,
            kind: notice.kind.to_string(),
            message: notice.message.clone(),
        }
    }
}
