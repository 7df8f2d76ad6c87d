//! A run as a LAS file: the header of its source with what was corrected since, and the chosen
//! values.
//!
//! Lines that still hold are written as delivered. A run that is from no LAS file, or whose source
//! is not held here, gets a header of what the workspace knows.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray as _};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type};
use dataforge_las::{
    Column, DataSet, HeaderItem, LasVersion, LogFile, ReadOptions, SectionKind, SetKind, Values, WriteError,
    WriteOptions, WriteReport,
};
use serde::Deserialize;

use super::select::{Selection, unit_of};
use crate::api::{ApiError, ErrorKind, ExportOptions, WellInfo};
use crate::ingest::identity::{normal_name, uwi_key};
use crate::ingest::parquet::KEY_HEADER;
use crate::ingest::table::{DESCRIPTION, MNEMONIC};
use crate::node::Node;
use crate::sink::Sink;

/// Writes a run. For use on threads that may block. Returns what is worth knowing about the result.
///
/// # Errors
/// `Usage` for options that do not fit, `Input` for values that LAS cannot hold.
pub(super) fn write(
    node: &Node,
    selection: &Selection,
    options: &ExportOptions,
    out: &mut Sink,
) -> Result<Vec<String>, ApiError> {
    let version = version(selection, options)?;
    let mut remarks = Vec::new();
    let mut file = match delivered(node, selection)? {
        Delivered::File(file) => *file,
        Delivered::NotHeld => {
            remarks.push("the source is not held here, so the header says what the workspace knows".to_owned());
            made(selection)
        }
        Delivered::NoLas => made(selection),
    };
    put_columns(&mut file, selection)?;
    correct_well(&mut file, selection, &mut remarks);
    let options =
        WriteOptions { version, wrapped: options.wrap, null: options.null.clone(), ..WriteOptions::default() };
    let report = dataforge_las::write(&file, &options, out).map_err(write_error)?;
    describe(&report, &mut remarks);
    Ok(remarks)
}

fn version(selection: &Selection, options: &ExportOptions) -> Result<LasVersion, ApiError> {
    let is_log = selection.info.kind == dataforge_protocol::facts::SetKind::Log.as_str();
    match options.las_version.as_deref() {
        // Only LAS 3.0 knows tables that are no logs.
        None if !is_log => Ok(LasVersion::V3_0),
        None | Some("2.0" | "2") => Ok(LasVersion::V2_0),
        Some("1.2") => Ok(LasVersion::V1_2),
        Some("3.0" | "3") => Ok(LasVersion::V3_0),
        Some(other) => {
            Err(ApiError::new(ErrorKind::Usage, format!("no version of LAS that can be written: {other:?}"))
                .hint("use 1.2, 2.0 or 3.0"))
        }
    }
}

fn write_error(error: WriteError) -> ApiError {
    let kind = match error {
        WriteError::Io(_) => ErrorKind::Internal,
        WriteError::Wrapped | WriteError::Null { .. } => ErrorKind::Usage,
        _ => ErrorKind::Input,
    };
    ApiError::from_error(kind, &error)
}

/// The source of a run as far as it is a LAS file.
enum Delivered {
    File(Box<LogFile>),
    NotHeld,
    NoLas,
}

/// What of the header in a table is needed to read the source as it was read.
#[derive(Deserialize)]
struct Said {
    encoding: Option<String>,
}

/// Reads the source again, and leaves only the data set of the run.
fn delivered(node: &Node, selection: &Selection) -> Result<Delivered, ApiError> {
    if !selection.reader.starts_with("las/") {
        return Ok(Delivered::NoLas);
    }
    if !node.locked(|core| core.store.holds(&selection.workspace, &selection.file))? {
        return Ok(Delivered::NotHeld);
    }
    let schema = selection.table.schema();
    let said = schema.metadata().get(KEY_HEADER).and_then(|header| serde_json::from_str::<Said>(header).ok());
    let options = ReadOptions { encoding: said.and_then(|said| said.encoding), ..ReadOptions::default() };
    let bytes = node.blobs().read_all(&selection.file)?;
    let reading =
        dataforge_las::read(&bytes, &options).map_err(|error| ApiError::from_error(ErrorKind::Damaged, &error))?;
    let mut file = reading.file;
    keep_only(&mut file, selection.data_set as usize);
    Ok(if file.data.is_empty() { Delivered::NoLas } else { Delivered::File(Box::new(file)) })
}

/// Takes the other data sets away, with the sections that only they have.
fn keep_only(file: &mut LogFile, position: usize) {
    let owned = |set: &DataSet| set.definition.iter().chain(&set.parameters).copied().collect::<BTreeSet<_>>();
    let kept = file.data.get(position).map(owned).unwrap_or_default();
    let dropped: BTreeSet<_> = file.data.iter().flat_map(owned).filter(|section| !kept.contains(section)).collect();
    let renumbered = |at: &usize| at - dropped.range(..at).count();
    let mut sets = std::mem::take(&mut file.data);
    if position < sets.len() {
        let mut set = sets.swap_remove(position);
        set.definition = set.definition.iter().map(renumbered).collect();
        set.parameters = set.parameters.iter().map(renumbered).collect();
        file.data.push(set);
    }
    let mut at = 0;
    file.sections.retain(|_| {
        at += 1;
        !dropped.contains(&(at - 1))
    });
}

/// Returns a file with a header of what the workspace knows, and a data set without columns.
fn made(selection: &Selection) -> LogFile {
    let info = &selection.info;
    let of_well = |what: fn(&WellInfo) -> Option<String>| selection.well.as_ref().and_then(what);
    let said = |name: &str| {
        let found = info.acquisition.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.clone())
    };
    let lines = [
        ("COMP", of_well(|well| well.company.clone()), "Company"),
        ("WELL", of_well(|well| Some(well.name.clone())), "Well"),
        ("FLD", of_well(|well| well.field.clone()), "Field"),
        ("CTRY", of_well(|well| well.country.clone()), "Country"),
        ("SRVC", said("service_company"), "Service company"),
        ("DATE", said("date"), "Date"),
        ("UWI", of_well(|well| well.uwi.clone()), "Unique well identifier"),
    ];
    let item = |(mnemonic, value, description): (&str, Option<String>, &str)| {
        value.filter(|value| !value.is_empty()).map(|value| HeaderItem::new(mnemonic, "", &value, description))
    };
    let mut file = LogFile::new(lines.into_iter().filter_map(item).collect());
    let (kind, name) = match info.kind.as_str() {
        "log" => (SetKind::Log, "Log"),
        "tops" => (SetKind::Tops, "Tops"),
        "survey" => (SetKind::Inclinometry, "Inclinometry"),
        "core" => (SetKind::Core, "Core"),
        "drilling" => (SetKind::Drilling, "Drilling"),
        "test" => (SetKind::Test, "Test"),
        "perforation" => (SetKind::Perforation, "Perforation"),
        _ => (SetKind::Other, "Table"),
    };
    file.push(DataSet { kind, name: name.to_owned(), ..DataSet::default() }, Vec::new());
    file
}

/// Puts the chosen columns into the data set, under the lines that define them.
fn put_columns(file: &mut LogFile, selection: &Selection) -> Result<(), ApiError> {
    let Some(set) = file.data.first_mut() else { return Ok(()) };
    let schema = selection.table.schema();
    let ordinals = std::iter::once(0).chain(selection.curves.iter().map(|curve| curve.ordinal));
    let mut columns = Vec::with_capacity(selection.curves.len() + 1);
    for (ordinal, (field, array)) in ordinals.zip(schema.fields().iter().zip(selection.table.columns())) {
        let delivered = set.columns.get(ordinal as usize).map(|column| column.definition.clone());
        let mut definition = delivered.unwrap_or_else(|| made_definition(field));
        unit_of(field).clone_into(&mut definition.unit);
        if let Some(name) = selection.names.get(&ordinal).filter(|_| ordinal > 0) {
            definition.mnemonic.clone_from(name);
        }
        columns.push(Column { definition, values: values(array)? });
    }
    set.columns = columns;
    set.rows = selection.table.num_rows();
    if !selection.has_all_rows {
        set.comments.clear();
    }
    Ok(())
}

fn made_definition(field: &Field) -> HeaderItem {
    let said = |key| field.metadata().get(key).map(String::as_str);
    HeaderItem::new(said(MNEMONIC).unwrap_or(field.name()), "", "", said(DESCRIPTION).unwrap_or_default())
}

fn values(array: &dyn Array) -> Result<Values, ApiError> {
    if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        return Ok(Values::Number(numbers.iter().map(|number| number.unwrap_or(f64::NAN)).collect()));
    }
    let text = cast(array, &DataType::Utf8).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
    Ok(Values::Text(text.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()))
}

/// Makes the header name the well that the run belongs to, where it names another.
fn correct_well(file: &mut LogFile, selection: &Selection, remarks: &mut Vec<String>) {
    let Some(well) = &selection.well else { return };
    let is_other_name = |said: &str| normal_name(said) != normal_name(&well.name);
    correct(file, &["WELL"], &well.name, is_other_name, remarks);
    if let Some(uwi) = &well.uwi {
        let is_other = |said: &str| uwi_key(said) != uwi_key(uwi);
        correct(file, &["UWI", "API"], uwi, is_other, remarks);
    }
}

fn correct(
    file: &mut LogFile,
    mnemonics: &[&str],
    value: &str,
    is_other: impl Fn(&str) -> bool,
    remarks: &mut Vec<String>,
) {
    let is_called = |item: &&mut HeaderItem| mnemonics.iter().any(|name| item.mnemonic.eq_ignore_ascii_case(name));
    let sections = file.sections.iter_mut().filter(|section| section.kind == SectionKind::Well);
    for item in sections.flat_map(|section| &mut section.items).filter(is_called) {
        if !item.value.is_empty() && is_other(&item.value) {
            remarks.push(format!("{} is {value:?} instead of {:?} as delivered", item.mnemonic, item.value));
            value.clone_into(&mut item.value);
        }
    }
}

fn describe(report: &WriteReport, remarks: &mut Vec<String>) {
    let changed = report.updated.iter().filter_map(|line| {
        line.from.as_ref().map(|from| format!("{} is {:?} instead of {from:?} as delivered", line.mnemonic, line.to))
    });
    let left_out = report.left_out.iter().map(|section| match section.rows {
        0 => format!("left out: {}", section.title),
        rows => format!("left out: {} with {rows} rows", section.title),
    });
    remarks.extend(changed.chain(left_out).chain(report.notes.iter().cloned()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_of_other_data_sets_leave_with_them() {
        let text = "~Version\nVERS. 3.0 :\nWRAP. NO :\nDLM. COMMA :\n~Well\nNULL. -999 :\n~Core_Parameter\nC. 1 : core\n\
                    ~Core_Definition\nCORT.M : top {F}\n~Core_Data | Core_Definition\n1\n~Parameter\nP. 2 : log\n\
                    ~Curve\nDEPT.M : depth {F}\nGR.GAPI : gamma {F}\n~ASCII | Curve\n1,2\n";
        let reading = dataforge_las::read(text.as_bytes(), &ReadOptions::default()).expect("readable");
        let mut file = reading.file;
        let log = file.data.iter().position(|set| set.kind == SetKind::Log).expect("a log");
        keep_only(&mut file, log);
        let titles: Vec<_> = file.sections.iter().map(|section| &*section.title).collect();
        assert_eq!(titles, ["~Version", "~Well", "~Parameter", "~Curve"]);
        assert_eq!(file.sections[file.data[0].definition[0]].title, "~Curve");
        assert_eq!(file.sections[file.data[0].parameters[0]].title, "~Parameter");
    }
}
