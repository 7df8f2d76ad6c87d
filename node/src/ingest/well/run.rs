//! What a header says about the run: number, pass, date, company, and how it was acquired.

use dataforge_las::{HeaderItem, LogFile, SectionKind};
use serde::{Deserialize, Serialize};

use super::classify::{self, Acquisition, Judged, LogType};
use super::lookup::Lookup;
use super::{DATE, SERVICE_COMPANY};
use crate::ingest::dictionary::vendor_id;

const RUN: &[&str] = &["RUN", "RUN_NUMBER", "RUNNUMBER", "RUN_NO", "RUNNO", "RUN_NUM", "LRU1"];
const PASS: &[&str] = &["PASS", "PASS_NO", "PASS_NUMBER", "PASSNO", "RNID", "LOG_PASS"];
const DIRECTION: &[&str] = &["LOG_DIRECTION", "DIRECTION", "LDIR"];

/// Words for the numbers that headers write out.
const NUMBERS: &[&str] =
    &["ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN", "ELEVEN", "TWELVE"];

/// What a header says about a run. Text is as delivered unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunHeader {
    /// The number: `1` for `ONE` or `1.0`, and anything else as delivered.
    pub number: Option<String>,
    /// The pass, e.g. `MAIN PASS`.
    pub pass: Option<String>,
    /// The date of the log.
    pub date: Option<String>,
    /// What the date looks like, e.g. `DD/MM/YYYY`, where the header says so.
    pub date_format: Option<String>,
    /// The company that logged.
    pub service_company: Option<String>,
    /// Its id, one for all spellings: see [`vendor_id`].
    pub vendor: Option<String>,
    /// Where the tool moved, as delivered.
    pub direction: Option<String>,
    /// How the data were acquired, when anything tells.
    pub acquisition: Option<Judged<Acquisition>>,
    /// What kind of log it is, when anything tells.
    pub log_type: Option<Judged<LogType>>,
    /// The runs that a LAS 3.0 file joins in one data set, by their number.
    pub parts: Vec<RunPart>,
}

/// One of several runs in a data set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunPart {
    /// The number in its name, 2 of `RUN[2]`.
    pub position: u32,
    /// The value of its line.
    pub number: String,
    /// The interval it covers: its lines as value and unit.
    pub depth: Option<String>,
    /// Its date.
    pub date: Option<String>,
    /// Every other line that belongs to it and has a value: mnemonic, and value with unit.
    pub items: Vec<(String, String)>,
}

/// Returns what the header says about the run that is a data set of the file.
#[must_use]
pub fn run_header(file: &LogFile, data_set: usize) -> RunHeader {
    let all = Lookup::new(file, &[SectionKind::Well, SectionKind::Parameter]);
    let parameters = Lookup::new(file, &[SectionKind::Parameter, SectionKind::Well]);
    let service_company = all.text(SERVICE_COMPANY);
    let date = all.item(DATE);
    let curves: Vec<&HeaderItem> = file
        .data
        .get(data_set)
        .map(|data| data.columns.iter().skip(1).map(|column| &column.definition).collect())
        .unwrap_or_default();
    let evidence = classify::Evidence::new(&all, &curves, service_company.as_deref());
    RunHeader {
        number: all.text(RUN).and_then(|text| run_number(&text)),
        pass: all.text(PASS).map(|text| text.trim().to_owned()),
        date: date.map(|item| item.value.trim().to_owned()),
        date_format: date.and_then(format),
        vendor: service_company.as_deref().and_then(vendor_id),
        service_company,
        direction: all.text(DIRECTION).map(|text| text.trim().to_owned()),
        acquisition: evidence.acquisition(),
        log_type: evidence.log_type(),
        parts: parts(&parameters),
    }
}

/// Returns a run number as it is compared; `None` for zero, which stands where none is known.
fn run_number(text: &str) -> Option<String> {
    let text = text.trim();
    let upper = text.to_uppercase();
    if let Some(number) = NUMBERS.iter().position(|word| *word == upper) {
        return (number > 0).then(|| number.to_string());
    }
    match text.parse::<f64>() {
        Ok(0.0) => None,
        Ok(number) if number.fract() == 0.0 && (1.0..1e6).contains(&number) => Some(format!("{number}")),
        _ => Some(text.to_owned()),
    }
}

/// Returns the runs that lines such as `RUN[2]` name, with the lines associated with them.
fn parts(parameters: &Lookup<'_>) -> Vec<RunPart> {
    let mut parts: Vec<RunPart> = parameters
        .iter()
        .filter_map(|(mnemonic, item)| {
            let position = numbered(mnemonic, "RUN")?;
            Some(RunPart { position, number: item.value.trim().to_owned(), ..RunPart::default() })
        })
        .collect();
    parts.sort_by_key(|part| part.position);
    parts.dedup_by_key(|part| part.position);
    for (mnemonic, item) in parameters.iter() {
        for name in associations(item) {
            let Some(position) = numbered(&name, "RUN") else { continue };
            let Some(part) = parts.iter_mut().find(|part| part.position == position) else { continue };
            let value = with_unit(item);
            match mnemonic {
                "RUN_DEPTH" => part.depth = Some(value),
                "RUN_DATE" => part.date = Some(value),
                _ => part.items.push((mnemonic.to_owned(), value)),
            }
        }
    }
    parts
}

/// Returns the number of a name such as `RUN[2]`.
fn numbered(name: &str, stem: &str) -> Option<u32> {
    name.to_uppercase().strip_prefix(stem)?.strip_prefix('[')?.strip_suffix(']')?.trim().parse().ok()
}

/// Returns what stands behind the last bar of a line: the names it is associated with.
fn associations(item: &HeaderItem) -> Vec<String> {
    let line = if item.raw.is_empty() { &item.description } else { &item.raw };
    let names = line.rsplit_once('|').map(|(_, names)| names).unwrap_or_default();
    names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// Returns what stands in the last braces of a line.
fn format(item: &HeaderItem) -> Option<String> {
    let line = if item.raw.is_empty() { &item.description } else { &item.raw };
    let (_, behind) = line.rsplit_once('{')?;
    let (format, _) = behind.split_once('}')?;
    let format = format.trim();
    (!format.is_empty()).then(|| format.to_owned())
}

/// Returns value and unit of a line.
pub(super) fn with_unit(item: &HeaderItem) -> String {
    if item.unit.is_empty() { item.value.clone() } else { format!("{} {}", item.value, item.unit) }
}
