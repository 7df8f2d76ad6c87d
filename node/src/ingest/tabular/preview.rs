//! What a file's tables look like before they are read, and the mapping that reads them so.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::ReadTableError;
use super::mapping::{
    ColumnMapping, ColumnRef, ColumnType, Decimal, Mapping, Role, SourceMapping, TableKind, TableMapping,
};
use super::notice::Notices;
use super::plan::{self, ColumnPlan, Plan, TablePlan};
use super::sheet::{Format, RawBook, RawSheet};

#[cfg(test)]
mod tests;

/// Rows that a preview shows.
const SHOWN_ROWS: usize = 10;

/// How a file's tables would be read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    /// How the cells are laid out.
    pub format: Format,
    /// How the text was decoded; `None` for a workbook.
    pub encoding: Option<String>,
    /// The decimal sign of numbers that are text.
    pub decimal: Decimal,
    /// The tables, in file order.
    pub tables: Vec<TablePreview>,
    /// Sheets that are not read.
    pub skipped: Vec<String>,
    /// Everything odd, located.
    pub notices: Notices,
    /// What was decided, complete; reading by it gives what the preview shows.
    #[serde(skip)]
    pub mapping: Mapping,
}

/// How one table would be read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TablePreview {
    /// The sheet of a workbook; empty for a text file.
    pub sheet: String,
    /// Whether the workbook hides that sheet.
    pub hidden: bool,
    /// What the table holds.
    pub kind: TableKind,
    /// Why.
    pub reason: String,
    /// The name of the well, where no column has it.
    pub well: Option<String>,
    /// Rows of data.
    pub rows: usize,
    /// 1-based lines of the header; empty when there is none.
    pub header_lines: Vec<u32>,
    /// 1-based line of the units.
    pub unit_line: Option<u32>,
    /// 1-based line of the first row of data.
    pub first_line: u32,
    /// The columns, left to right.
    pub columns: Vec<ColumnPreview>,
    /// The first rows of data as text, a cell for each of `columns`.
    pub first_rows: Vec<Vec<String>>,
}

/// How one column would be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnPreview {
    /// Its number in the file, from 1.
    pub number: u32,
    /// What the header says, all of it.
    pub header: String,
    /// What it will be called.
    pub name: String,
    /// Its unit; empty when there is none.
    pub unit: String,
    /// What it is for.
    pub role: Role,
    /// What its cells are.
    #[serde(rename = "type")]
    pub values: ColumnType,
    /// The property of the dictionary it seems to hold.
    pub property: Option<&'static str>,
    /// How sure name, unit and role are, from 0 to 100.
    pub confidence: u8,
    /// Why.
    pub reason: String,
}

/// Shows how a file's tables would be read by a mapping, and by guess where it is silent.
///
/// # Errors
/// As [`read()`](super::read()).
pub fn preview(book: &RawBook, mapping: &Mapping) -> Result<Preview, ReadTableError> {
    let plan = plan::plan(book, mapping)?;
    let tables = plan.tables.iter().map(|table| table_preview(&book.sheets[table.sheet], table)).collect();
    let skipped = plan.skipped.iter().map(|&sheet| book.sheets[sheet].name.clone()).collect();
    Ok(Preview {
        format: book.format,
        encoding: book.encoding.clone(),
        decimal: plan.decimal,
        tables,
        skipped,
        mapping: complete(book, mapping, &plan),
        notices: plan.notices,
    })
}

fn table_preview(sheet: &RawSheet, table: &TablePlan) -> TablePreview {
    let layout = &table.layout;
    let shown = |row: &u32| {
        let cell = |column: &ColumnPlan| sheet.value(*row as usize, column.position).shown();
        table.columns.iter().map(cell).collect()
    };
    TablePreview {
        sheet: sheet.name.clone(),
        hidden: sheet.hidden,
        kind: table.kind,
        reason: table.reason.clone(),
        well: table.well.clone(),
        rows: table.rows.len(),
        header_lines: layout.header.iter().map(|&row| sheet.line(row)).collect(),
        unit_line: layout.units.map(|row| sheet.line(row)),
        first_line: sheet.line(layout.first),
        columns: table.columns.iter().map(column_preview).collect(),
        first_rows: table.rows.iter().take(SHOWN_ROWS).map(shown).collect(),
    }
}

fn column_preview(column: &ColumnPlan) -> ColumnPreview {
    ColumnPreview {
        number: number(column),
        header: column.header.clone(),
        name: column.name.clone(),
        unit: column.unit.clone(),
        role: column.role,
        values: column.values,
        property: column.property,
        confidence: column.confidence,
        reason: column.reason.clone(),
    }
}

fn number(column: &ColumnPlan) -> u32 {
    u32::try_from(column.position + 1).unwrap_or(u32::MAX)
}

/// Returns the mapping with everything in it that was guessed.
fn complete(book: &RawBook, mapping: &Mapping, plan: &Plan) -> Mapping {
    let source = SourceMapping {
        format: Some(book.format),
        encoding: book.encoding.clone(),
        decimal: Some(plan.decimal),
        ..mapping.source.clone()
    };
    let named = |sheet: usize| Some(book.sheets[sheet].name.clone()).filter(|name| !name.is_empty());
    let mut tables: Vec<TableMapping> =
        plan.tables.iter().map(|table| complete_table(&book.sheets[table.sheet], table, mapping)).collect();
    let skipped =
        plan.skipped.iter().map(|&sheet| TableMapping { sheet: named(sheet), skip: true, ..TableMapping::default() });
    tables.extend(skipped);
    Mapping { source, tables }
}

fn complete_table(sheet: &RawSheet, table: &TablePlan, mapping: &Mapping) -> TableMapping {
    let layout = &table.layout;
    let name = Some(sheet.name.clone()).filter(|name| !name.is_empty());
    let given = mapping
        .tables
        .iter()
        .find(|given| given.sheet == name && given.first_row.is_none_or(|line| line == sheet.line(layout.first)));
    let named = count_names(table);
    let columns = table.columns.iter().chain(&table.left_out).map(|column| ColumnMapping {
        at: 0,
        column: reference(table, column, &named),
        role: Some(column.role),
        name: Some(column.name.clone()).filter(|_| column.role != Role::Skip),
        unit: Some(column.unit.clone()).filter(|_| column.role != Role::Skip),
        values: Some(column.values).filter(|_| column.role != Role::Skip),
        fill_down: column.fill_down,
    });
    TableMapping {
        at: 0,
        skip: false,
        kind: Some(table.kind),
        well: table.well.clone(),
        header_rows: Some(layout.header.iter().map(|&row| sheet.line(row)).collect()),
        unit_row: Some(layout.units.map_or(0, |row| sheet.line(row))),
        first_row: Some(sheet.line(layout.first)),
        last_row: given.and_then(|given| given.last_row),
        only_listed: given.is_some_and(|given| given.only_listed),
        columns: columns.collect(),
        sheet: name,
    }
}

/// Returns how a mapping names a column: by its header, if that names no other. `named` is how many
/// columns each text names.
fn reference(table: &TablePlan, column: &ColumnPlan, named: &BTreeMap<&str, usize>) -> ColumnRef {
    let (header, _) = &table.headers[column.position];
    let alike = named.get(&**header).copied().unwrap_or_default();
    if header.is_empty() || alike != 1 { ColumnRef::Number(number(column)) } else { ColumnRef::Name(header.clone()) }
}

/// Returns how many columns each text is the header or the name of.
fn count_names(table: &TablePlan) -> BTreeMap<&str, usize> {
    let mut named = BTreeMap::new();
    for (header, name) in &table.headers {
        *named.entry(&**header).or_default() += 1;
        if name != header {
            *named.entry(&**name).or_default() += 1;
        }
    }
    named
}
