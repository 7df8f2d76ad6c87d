//! Header cells → the columns of a table: names, units and descriptions, with the mapping's wins.

use std::collections::{BTreeMap, BTreeSet};

use super::ColumnPlan;
use crate::ingest::tabular::error::MappingError;
use crate::ingest::tabular::layout::Layout;
use crate::ingest::tabular::mapping::{ColumnMapping, ColumnRef, ColumnType, Role, TableMapping};
use crate::ingest::tabular::names::{self, Label, Word, bare_unit, phrase};
use crate::ingest::tabular::notice::{Notices, Place, TableNoticeKind, column_letters};
use crate::ingest::tabular::plan::{place_at, place_of};
use crate::ingest::tabular::sheet::{Merged, RawSheet, Value};
use crate::ingest::{dictionary, units};

#[cfg(test)]
mod tests;

/// How sure a role is that the mapping gives.
const CERTAIN: u8 = 100;

/// Returns all columns of a table, without roles and types yet, and what the header says of each.
///
/// # Errors
/// When the mapping names a column that is not there, or is there twice.
pub(super) fn columns(
    sheet: &RawSheet,
    layout: &Layout,
    given: &TableMapping,
    notices: &mut Notices,
) -> Result<(Vec<ColumnPlan>, Headers), MappingError> {
    let header = Header::read(sheet, layout);
    let mut columns: Vec<ColumnPlan> =
        (0..layout.width).map(|position| column(sheet, layout, &header, position, notices)).collect();
    let headers = columns.iter().map(|column| (column.header.clone(), column.name.clone())).collect();
    let mut listed = vec![false; columns.len()];
    // All are found before any is renamed.
    let found = Finder::new(&columns, given).find_all(given)?;
    for (mapped, &position) in given.columns.iter().zip(&found) {
        if std::mem::replace(&mut listed[position], true) {
            let message = format!("column {} is listed twice", mapped.column);
            return Err(MappingError::Unfit { line: mapped.at, message });
        }
        apply(&mut columns[position], mapped);
    }
    if given.only_listed {
        let unlisted = columns.iter_mut().zip(&listed).filter(|(_, listed)| !**listed);
        unlisted.for_each(|(column, _)| column.role = Role::Skip);
    }
    name_the_nameless(sheet, layout, &mut columns, notices);
    columns.iter_mut().for_each(detect);
    for (mapped, &position) in given.columns.iter().zip(&found) {
        if let Some(role) = mapped.role {
            let column = &mut columns[position];
            (column.confidence, column.reason) = (CERTAIN, format!("the mapping says {}", role.word()));
        }
    }
    Ok((columns, headers))
}

/// What the header says of each column: all of it, and the name alone.
type Headers = Vec<(String, String)>;

/// The texts above a table.
struct Header {
    /// Rows top down, cells left to right; a merged cell stands in all its columns.
    rows: Vec<Vec<String>>,
    /// Name and unit of each column.
    labels: Vec<Label>,
    /// Which of `rows` the names are from; `None` when all of them make the name.
    names: Option<usize>,
}

impl Header {
    fn read(sheet: &RawSheet, layout: &Layout) -> Self {
        let lines = layout.header.iter().map(|&row| sheet.line(row));
        let (top, bottom) = (lines.clone().min().unwrap_or_default(), lines.max().unwrap_or_default());
        let merged = sheet.merged.iter().filter(|block| block.first_row <= bottom && block.last_row >= top);
        let merged: Vec<&Merged> = merged.collect();
        let cell = |row: usize, column: usize| {
            let own = sheet.value(row, column).shown();
            if own.is_empty() { merged_text(sheet, &merged, row, column).unwrap_or_default() } else { own }
        };
        let rows: Vec<Vec<String>> =
            layout.header.iter().map(|&row| (0..layout.width).map(|column| cell(row, column)).collect()).collect();
        let Some(last) = rows.len().checked_sub(1) else {
            return Self { rows, labels: vec![Label::default(); layout.width], names: None };
        };
        let single = |row: usize| labels_of(&rows[row]);
        let joined = || {
            let whole = |column: usize| rows.iter().map(|row| &*row[column]).collect::<Vec<_>>().join(" ");
            labels_of(&(0..layout.width).map(whole).collect::<Vec<_>>())
        };
        let mut best = (single(last), Some(last));
        if rows.len() > 1 {
            let said = |row: &[String]| row.iter().filter(|cell| !cell.is_empty()).count();
            let full = rows.iter().all(|row| said(row) * 4 > layout.width * 3);
            let distinct = |labels: &[Label]| labels.iter().map(|label| &label.name).collect::<BTreeSet<_>>().len();
            for (labels, names) in (0..last).map(|row| (single(row), Some(row))).chain([(joined(), None)]) {
                let better = recognised(&labels) > recognised(&best.0)
                    || (names.is_none() && recognised(&labels) == recognised(&best.0) && full)
                    || (names.is_none() && distinct(&best.0) < distinct(&labels) && !full);
                if better {
                    best = (labels, names);
                }
            }
        }
        Self { rows, labels: best.0, names: best.1 }
    }

    /// Returns what the header says of a column besides its name.
    fn description(&self, column: usize) -> String {
        let others = self.rows.iter().enumerate().filter(|(row, _)| self.names.is_some() && Some(*row) != self.names);
        let mut texts: Vec<&str> = others.map(|(_, row)| &*row[column]).filter(|text| !text.is_empty()).collect();
        texts.dedup();
        texts.join(" ")
    }

    fn whole(&self, column: usize) -> String {
        let texts: Vec<&str> = self.rows.iter().map(|row| &*row[column]).filter(|text| !text.is_empty()).collect();
        texts.join(" ")
    }
}

fn labels_of(cells: &[String]) -> Vec<Label> {
    names::las_labels(cells).unwrap_or_else(|| cells.iter().map(|cell| names::label(cell)).collect())
}

/// Returns how many names are known.
fn recognised(labels: &[Label]) -> usize {
    let known = |label: &&Label| {
        names::word(&label.name).is_some() || dictionary::detect(&label.name, &label.unit, &label.name).is_some()
    };
    labels.iter().filter(known).count()
}

/// Returns the text of the merged cells that a place belongs to.
fn merged_text(sheet: &RawSheet, merged: &[&Merged], row: usize, column: usize) -> Option<String> {
    let (line, column) = (sheet.line(row), u32::try_from(column).ok()?);
    let block = merged.iter().find(|merged| {
        (merged.first_row..=merged.last_row).contains(&line)
            && (merged.first_column..=merged.last_column).contains(&column)
    })?;
    let first = sheet.row_at(block.first_row);
    (sheet.line(first) == block.first_row).then(|| sheet.value(first, block.first_column as usize).shown())
}

fn column(sheet: &RawSheet, layout: &Layout, header: &Header, position: usize, notices: &mut Notices) -> ColumnPlan {
    let label = &header.labels[position];
    let mut unit = label.unit.clone();
    if let Some(row) = layout.units {
        let below = sheet.value(row, position).shown();
        let below = bare_unit(&below);
        let says = !below.is_empty() && units::resolve(below, Some("none")).is_none();
        if says && !unit.is_empty() && !below.eq_ignore_ascii_case(&unit) {
            let name = &label.name;
            notices.add(place_at(sheet, row, position), TableNoticeKind::Unit, || {
                format!("{name} is in {unit} by its name and in {below} by the row of units, which is used")
            });
        }
        if says {
            below.clone_into(&mut unit);
        }
    }
    ColumnPlan {
        position,
        header: header.whole(position),
        name: label.name.clone(),
        unit,
        description: header.description(position),
        role: Role::Curve,
        values: ColumnType::Text,
        given: None,
        percent: false,
        fill_down: false,
        property: None,
        confidence: 0,
        reason: String::new(),
    }
}

/// Finds the columns that a mapping means. Tables have thousands of columns and so may mappings, so
/// names are looked up.
struct Finder<'a> {
    columns: &'a [ColumnPlan],
    /// Positions by header and by name …
    exact: BTreeMap<&'a str, Vec<usize>>,
    /// … and by the words of them.
    alike: BTreeMap<String, Vec<usize>>,
}

impl<'a> Finder<'a> {
    fn new(columns: &'a [ColumnPlan], given: &TableMapping) -> Self {
        let mut finder = Self { columns, exact: BTreeMap::new(), alike: BTreeMap::new() };
        if !given.columns.iter().any(|mapped| matches!(mapped.column, ColumnRef::Name(_))) {
            return finder;
        }
        for column in columns {
            for text in [&column.header, &column.name] {
                add_once(finder.exact.entry(text).or_default(), column.position);
                add_once(finder.alike.entry(phrase(text)).or_default(), column.position);
            }
        }
        finder.alike.remove("");
        finder
    }

    /// Returns the position of each column of a mapping.
    fn find_all(&self, given: &TableMapping) -> Result<Vec<usize>, MappingError> {
        given.columns.iter().map(|mapped| self.find(mapped)).collect()
    }

    fn find(&self, mapped: &ColumnMapping) -> Result<usize, MappingError> {
        let unfit = |message: String| MappingError::Unfit { line: mapped.at, message };
        let columns = self.columns;
        let wanted = match &mapped.column {
            ColumnRef::Number(number) => {
                let position = (*number as usize).checked_sub(1).filter(|&position| position < columns.len());
                return position.ok_or_else(|| unfit(format!("no column {number}: there are {}", columns.len())));
            }
            ColumnRef::Name(name) => name,
        };
        let found = self.exact.get(&**wanted).or_else(|| self.alike.get(&phrase(wanted)));
        match found.map(Vec::as_slice).unwrap_or_default() {
            [one] => Ok(*one),
            [] => {
                let names: Vec<&str> =
                    columns.iter().map(|column| &*column.name).filter(|name| !name.is_empty()).take(40).collect();
                Err(unfit(format!("no column {wanted}: there are {}", names.join(", "))))
            }
            several => {
                let numbers: Vec<String> = several.iter().map(|position| (position + 1).to_string()).collect();
                Err(unfit(format!("{wanted} is the name of columns {}: use a number", numbers.join(" and "))))
            }
        }
    }
}

/// Adds a position behind all before it, unless it is the last of them already.
fn add_once(positions: &mut Vec<usize>, position: usize) {
    if positions.last() != Some(&position) {
        positions.push(position);
    }
}

fn apply(column: &mut ColumnPlan, mapped: &ColumnMapping) {
    if let Some(name) = &mapped.name {
        column.name.clone_from(name);
    }
    if let Some(unit) = &mapped.unit {
        column.unit.clone_from(unit);
    }
    if let Some(role) = mapped.role {
        column.role = role;
    }
    column.given = mapped.values;
    column.fill_down = mapped.fill_down;
}

/// Gives names to columns without one and reports names that repeat.
fn name_the_nameless(sheet: &RawSheet, layout: &Layout, columns: &mut [ColumnPlan], notices: &mut Notices) {
    let place = |position: usize| match layout.header.last() {
        Some(&row) => place_at(sheet, row, position),
        None => place_of(sheet),
    };
    if layout.header.is_empty() {
        let line = sheet.line(layout.first);
        let message = || "no header found: columns are called by their number".to_owned();
        notices.add(Place { line, ..place_of(sheet) }, TableNoticeKind::NoHeader, message);
    }
    let mut first = BTreeMap::<String, usize>::new();
    for column in columns.iter_mut().filter(|column| column.role != Role::Skip) {
        let position = column.position;
        if column.name.is_empty() {
            column.name = format!("COLUMN_{}", position + 1);
            continue;
        }
        match first.get(&column.name) {
            Some(other) => notices.add(place(position), TableNoticeKind::DuplicateName, || {
                let (here, there) = (column_letters(position), column_letters(*other));
                format!("{} is the name of column {here} and of column {there}: both are kept", column.name)
            }),
            None => {
                first.insert(column.name.clone(), position);
            }
        }
    }
}

/// Asks the dictionary what a column holds.
fn detect(column: &mut ColumnPlan) {
    let description = format!("{} {}", column.name, column.description);
    match dictionary::detect(&column.name, &column.unit, &description) {
        Some(detection) => {
            column.property = Some(detection.property.id);
            column.confidence = detection.confidence;
            column.reason = detection.reason;
        }
        None => "name unknown to the dictionary".clone_into(&mut column.reason),
    }
}

/// Returns the name of the well that a line above the header tells: `Well: A-1`, `Well | A-1`.
pub(super) fn well_of_titles(sheet: &RawSheet, layout: &Layout) -> Option<String> {
    let is_well = |text: &str| names::word(text) == Some(Word::Well);
    layout.titles.iter().find_map(|&row| {
        let texts: Vec<String> = sheet.values(row).map(Value::shown).filter(|text| !text.is_empty()).collect();
        texts.iter().enumerate().find_map(|(position, text)| {
            let text = text.trim_start_matches('#').trim();
            if let Some((name, well)) = text.split_once([':', '='])
                && is_well(name)
                && !well.trim().is_empty()
            {
                return Some(well.trim().to_owned());
            }
            let next = || texts.get(position + 1).filter(|_| is_well(text));
            next().map(|well| well.trim_start_matches([':', '=']).trim().to_owned())
        })
    })
}
