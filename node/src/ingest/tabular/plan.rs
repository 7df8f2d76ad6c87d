//! How a table is going to be read: the mapping, and guesses where it is silent.
//!
//! A plan is complete: it says for every column what it is called, what it is for and what its
//! cells are, and which rows are data. Preview and reading are both made from it, so that what was
//! shown is what is read.

mod columns;
mod kind;
mod rows;
mod scan;

use super::error::{MappingError, ReadTableError};
use super::layout::{self, Layout};
use super::mapping::{ColumnType, Mapping, Role, TableKind, TableMapping};
use super::notice::{Notices, Place, TableNoticeKind};
use super::number::{Decimal, DecimalEvidence, Rules};
use super::sheet::{Format, RawBook, RawSheet, Value};
use crate::ingest::datetime::TimeOptions;

/// Cells of each sheet that the decimal sign is guessed from.
const DECIMAL_SAMPLE: usize = 20_000;

/// All tables of a file.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) rules: Rules,
    pub(super) decimal: Decimal,
    pub(super) times: TimeOptions,
    pub(super) keep_apostrophes: bool,
    pub(super) tables: Vec<TablePlan>,
    /// Sheets without a table, or passed over.
    pub(super) skipped: Vec<usize>,
    pub(super) notices: Notices,
}

/// One table.
#[derive(Debug)]
pub(super) struct TablePlan {
    /// Position of its sheet.
    pub(super) sheet: usize,
    pub(super) layout: Layout,
    pub(super) kind: TableKind,
    /// Why it is that kind.
    pub(super) reason: String,
    /// The name of the well, where no column has it.
    pub(super) well: Option<String>,
    /// Columns with something in them, left to right.
    pub(super) columns: Vec<ColumnPlan>,
    /// Columns that the mapping leaves out.
    pub(super) left_out: Vec<ColumnPlan>,
    /// What the header says of every column, all of it and the name alone.
    pub(super) headers: Vec<(String, String)>,
    /// Rows of data, as positions in the sheet.
    pub(super) rows: Vec<u32>,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ColumnPlan {
    /// Its position, from 0.
    pub(super) position: usize,
    /// What the header says, all of it.
    pub(super) header: String,
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) description: String,
    pub(super) role: Role,
    pub(super) values: ColumnType,
    /// What the mapping says they are.
    pub(super) given: Option<ColumnType>,
    /// Whether shown percent are read: the stored value times 100.
    pub(super) percent: bool,
    pub(super) fill_down: bool,
    /// The property of the dictionary it seems to hold.
    pub(super) property: Option<&'static str>,
    /// How sure name, unit and role are, from 0 to 100.
    pub(super) confidence: u8,
    pub(super) reason: String,
}

impl TablePlan {
    /// Returns the column with a role.
    pub(super) fn with_role(&self, role: Role) -> Option<&ColumnPlan> {
        self.columns.iter().find(|column| column.role == role)
    }
}

/// Plans how a file is read.
///
/// # Errors
/// When the mapping does not fit the file, or no sheet holds a table.
pub(super) fn plan(book: &RawBook, mapping: &Mapping) -> Result<Plan, ReadTableError> {
    let source = &mapping.source;
    let decimal = source.decimal.unwrap_or_else(|| decimal(book));
    let mut plan = Plan {
        rules: Rules::new(decimal, source.thousands, &source.nulls),
        decimal,
        times: TimeOptions {
            order: source.date_order,
            utc_offset_minutes: source.utc_offset_minutes.unwrap_or_default(),
        },
        keep_apostrophes: source.keep_apostrophes.unwrap_or_default(),
        tables: Vec::new(),
        skipped: Vec::new(),
        notices: book.notices.clone(),
    };
    if decimal == Decimal::Comma && source.decimal.is_none() {
        let message = || "numbers are written with a decimal comma".to_owned();
        plan.notices.add(Place::default(), TableNoticeKind::DecimalComma, message);
    }
    let given = given_tables(book, mapping)?;
    for (position, sheet) in book.sheets.iter().enumerate() {
        let given: Vec<&TableMapping> =
            given.iter().filter(|(sheet, _)| *sheet == position).map(|(_, table)| *table).collect();
        let any = TableMapping { skip: !mapping.tables.is_empty(), ..TableMapping::default() };
        let tables = if given.is_empty() { vec![&any] } else { given };
        for table in tables {
            add_table(&mut plan, book, position, table)?;
        }
        if sheet.hidden {
            let place = Place { sheet: &sheet.name, ..Place::default() };
            let read = plan.tables.iter().any(|table| table.sheet == position);
            let message = if read { "the sheet is hidden in the workbook" } else { "the sheet is hidden and not read" };
            plan.notices.add(place, TableNoticeKind::HiddenSheet, || message.to_owned());
        }
    }
    if plan.tables.is_empty() {
        return Err(ReadTableError::NoTable);
    }
    Ok(plan)
}

/// Returns the tables of a mapping with the sheets they are on.
fn given_tables<'m>(book: &RawBook, mapping: &'m Mapping) -> Result<Vec<(usize, &'m TableMapping)>, MappingError> {
    let place = |table: &'m TableMapping| {
        let position = match &table.sheet {
            None => Some(0),
            Some(name) => book.sheets.iter().position(|sheet| sheet.name == *name),
        };
        position.map(|position| (position, table)).ok_or_else(|| {
            let names: Vec<&str> = book.sheets.iter().map(|sheet| &*sheet.name).collect();
            let wanted = table.sheet.as_deref().unwrap_or_default();
            let message = format!("no sheet {wanted}: there are {}", names.join(", "));
            MappingError::Unfit { line: table.at, message }
        })
    };
    mapping.tables.iter().map(place).collect()
}

fn add_table(plan: &mut Plan, book: &RawBook, position: usize, given: &TableMapping) -> Result<(), ReadTableError> {
    let sheet = &book.sheets[position];
    if given.skip {
        plan.skipped.push(position);
        return Ok(());
    }
    let found = layout::find(sheet, book.format, given, &plan.rules.for_index())?.filter(|layout| layout.width > 1);
    let Some(layout) = found else {
        plan.skipped.push(position);
        // Sheets of a workbook are often notes, or empty.
        let message = || "no table on the sheet: it is passed over".to_owned();
        plan.notices.add(place_of(sheet), TableNoticeKind::SkippedSheet, message);
        return Ok(());
    };
    let table = table(plan, book, position, layout, given)?;
    plan.tables.push(table);
    Ok(())
}

fn table(
    plan: &mut Plan,
    book: &RawBook,
    position: usize,
    layout: Layout,
    given: &TableMapping,
) -> Result<TablePlan, ReadTableError> {
    let sheet = &book.sheets[position];
    let before = plan.notices.clone();
    let table = attempt(plan, book, position, layout, given, None)?;
    let Some(none) = kind::no_index(sheet, &table, &plan.rules, plan.times) else { return Ok(table) };
    // What rows are data was told by an index that is none, so all of it is told again without one:
    // a mapping that says what was found finds the same.
    plan.notices = before;
    let (line, column) = none.at;
    plan.notices.add(Place { line, column, ..place_of(sheet) }, none.kind, || none.message);
    let given = TableMapping { kind: Some(TableKind::Table), ..given.clone() };
    let mut table = attempt(plan, book, position, table.layout.clone(), &given, Some(&table))?;
    none.reason.clone_into(&mut table.reason);
    Ok(table)
}

/// Plans a table; `former` is a plan whose index turned out to be none.
fn attempt(
    plan: &mut Plan,
    book: &RawBook,
    position: usize,
    layout: Layout,
    given: &TableMapping,
    former: Option<&TablePlan>,
) -> Result<TablePlan, ReadTableError> {
    let (rules, notices) = (&plan.rules, &mut plan.notices);
    // A number is a number where rows are told apart, whatever else it means.
    let plain = &rules.for_index();
    let sheet = &book.sheets[position];
    let (mut columns, headers) = columns::columns(sheet, &layout, given, notices)?;
    if let Some(former) = former {
        kind::keep_roles(&mut columns, former);
    }
    let mut table = TablePlan {
        sheet: position,
        layout,
        kind: TableKind::Table,
        reason: String::new(),
        well: given.well.clone(),
        columns,
        left_out: Vec::new(),
        headers,
        rows: Vec::new(),
    };
    kind::assign(sheet, &mut table, given, plain)?;
    table.rows = rows::data_rows(sheet, book.format, &table, plain, notices);
    scan::types(sheet, &mut table, rules, notices);
    if table.well.is_none() && table.with_role(Role::Well).is_none() {
        table.well = columns::well_of_titles(sheet, &table.layout);
    }
    Ok(table)
}

/// Returns the decimal sign that the texts of a file agree on.
fn decimal(book: &RawBook) -> Decimal {
    let mut evidence = DecimalEvidence::default();
    // In a file separated by commas only a quoted cell can have one.
    for sheet in &book.sheets {
        let cells = (0..sheet.rows()).flat_map(|row| sheet.values(row)).take(DECIMAL_SAMPLE);
        cells.for_each(|value| {
            if let Value::Text(text) = value {
                evidence.add(text);
            }
        });
    }
    evidence.verdict()
}

/// Returns the place of a sheet as a whole.
pub(super) fn place_of(sheet: &RawSheet) -> Place<'_> {
    Place { sheet: &sheet.name, ..Place::default() }
}

/// Returns the place of a cell.
pub(super) fn place_at(sheet: &RawSheet, row: usize, column: usize) -> Place<'_> {
    Place { sheet: &sheet.name, line: sheet.line(row), column: u32::try_from(column + 1).unwrap_or(u32::MAX) }
}

/// Whether a value belongs at the place it stands at whatever else its row holds.
pub(super) const fn is_placed(format: Format) -> bool {
    matches!(format, Format::Fixed | Format::Workbook)
}
