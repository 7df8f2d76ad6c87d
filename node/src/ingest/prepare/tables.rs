//! The whole way of a table in a text file or workbook, as [`prepare`](super::prepare) is that of a
//! LAS file: every set of rows of one well becomes a run.

use dataforge_las::{DataSet, SetKind};
use dataforge_protocol::facts::HeaderFacts;
use serde::Serialize;

use super::{IngestError, Origin, Prepared, Warning, finish, prepare_run};
use crate::ingest::filling::Hints;
use crate::ingest::identity::{self, identify};
use crate::ingest::tabular::{TableKind, TableReading, TableSet};
use crate::ingest::well::WellHeader;

/// The reader of tables and its version, as facts name it.
pub(super) const READER: &str = "table/1";

/// What is written into the Parquet file of a table in place of a LAS header.
#[derive(Serialize)]
struct Header<'a> {
    encoding: Option<&'a str>,
    sheet: &'a str,
    titles: Vec<(u32, &'a [String])>,
}

/// Turns the tables of a file into runs.
///
/// # Errors
/// When a set of rows makes no table, or cannot be written.
pub fn prepare_tables(source: &[u8], reading: &TableReading) -> Result<Prepared, IngestError> {
    let mut warnings: Vec<Warning> = reading.notices.kept().iter().map(Warning::from).collect();
    let unkept = reading.notices.total().saturating_sub(warnings.len() as u64);
    let mut origin = Origin::new(source, READER, String::new());
    let mut runs = Vec::new();
    for (position, set) in reading.sets.iter().enumerate().filter(|(_, set)| !set.data.columns.is_empty()) {
        let data_set = u32::try_from(position).map_err(|_error| IngestError::TooManyDataSets)?;
        origin.header = header(reading, set)?;
        let data = DataSet { kind: kind(set.kind), name: set.sheet.clone(), ..set.data.clone() };
        let mut run = prepare_run(&origin, data_set, &data, [None; 3], HeaderFacts::default(), &mut warnings)?;
        run.well = Some(well(set, &mut warnings));
        run.fill(&data, &Hints { roles: &set.roles, parameters: &[] });
        runs.push(run);
    }
    Ok(finish(origin, runs, WellHeader::default(), warnings, unkept))
}

fn header(reading: &TableReading, set: &TableSet) -> Result<String, serde_json::Error> {
    let titles = reading.titles.iter().filter(|title| title.sheet == set.sheet);
    serde_json::to_string(&Header {
        encoding: reading.encoding.as_deref(),
        sheet: &set.sheet,
        titles: titles.map(|title| (title.line, title.cells.as_slice())).collect(),
    })
}

const fn kind(kind: TableKind) -> SetKind {
    match kind {
        TableKind::Log | TableKind::Time => SetKind::Log,
        TableKind::Deviation => SetKind::Inclinometry,
        TableKind::Tops => SetKind::Tops,
        TableKind::Core => SetKind::Core,
        TableKind::Table => SetKind::Other,
    }
}

/// Returns what a table says about the well of a set of rows.
fn well(set: &TableSet, warnings: &mut Vec<Warning>) -> WellHeader {
    let identified = set.uwi.as_deref().map(|uwi| identify(uwi, &identity::Hints::default()));
    let doubt = match &identified {
        Some(Err(error)) => Some(error.to_string()),
        _ => None,
    };
    if let (Some(doubt), Some(uwi)) = (&doubt, &set.uwi) {
        let message = format!("identifier does not count, {doubt}: {uwi}");
        warnings.push(Warning { line: set.data.line, column: 0, kind: "no-identifier".to_owned(), message });
    }
    let identifier = identified.and_then(Result::ok);
    WellHeader {
        name: set.well.clone(),
        uwi: set.uwi.clone(),
        uwi_key: identifier.as_ref().map(|found| found.key.clone()),
        uwi_doubt: doubt,
        wellbore: identifier.as_ref().and_then(|found| found.wellbore.clone()),
        completion: identifier.and_then(|found| found.completion),
        ..WellHeader::default()
    }
}
