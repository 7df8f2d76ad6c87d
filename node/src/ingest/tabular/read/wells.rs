//! Rows → the wells they belong to.

use std::collections::{BTreeMap, HashMap};

use crate::ingest::tabular::error::ReadTableError;
use crate::ingest::tabular::limits::MAX_WELLS;
use crate::ingest::tabular::mapping::Role;
use crate::ingest::tabular::notice::{Notices, Place, TableNoticeKind};
use crate::ingest::tabular::plan::{ColumnPlan, TablePlan};
use crate::ingest::tabular::sheet::RawSheet;

/// A well as a table names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Well {
    pub(super) name: Option<String>,
    pub(super) uwi: Option<String>,
}

/// The rows of a well.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) well: Well,
    /// Positions among the rows of data.
    pub(super) rows: Vec<u32>,
}

/// Whether a merged cell of a column counts for all its rows.
pub(super) const fn repeats_merged(column: &ColumnPlan) -> bool {
    matches!(column.role, Role::Well | Role::Uwi)
}

/// Returns the rows of each well in the order the table first names them; `None` when no column
/// names wells.
///
/// # Errors
/// When there are more than [`MAX_WELLS`].
pub(super) fn split(
    sheet: &RawSheet,
    table: &TablePlan,
    notices: &mut Notices,
) -> Result<Option<Vec<Group>>, ReadTableError> {
    let (name, uwi) = (table.with_role(Role::Well), table.with_role(Role::Uwi));
    let Some(column) = name.or(uwi) else { return Ok(None) };
    let mut names = name.map(|column| Names::new(sheet, column));
    let mut uwis = uwi.map(|column| Names::new(sheet, column));
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<Well, usize> = HashMap::new();
    let mut nameless: Option<(u32, u64)> = None;
    for (position, &row) in (0..).zip(&table.rows) {
        let row = row as usize;
        let well = Well {
            name: names.as_mut().and_then(|names| names.at(row)),
            uwi: uwis.as_mut().and_then(|uwis| uwis.at(row)),
        };
        if well == Well::default() {
            nameless.get_or_insert((sheet.line(row), 0)).1 += 1;
        }
        let group = *known.entry(well.clone()).or_insert(groups.len());
        if group == groups.len() {
            if group == MAX_WELLS {
                return Err(ReadTableError::TooManyWells { column: column.name.clone() });
            }
            groups.push(Group { well, rows: Vec::new() });
        }
        groups[group].rows.push(position);
    }
    if let Some((line, count)) = nameless {
        let place = Place { sheet: &sheet.name, line, column: u32::try_from(column.position + 1).unwrap_or(u32::MAX) };
        notices.add(place, TableNoticeKind::NoWell, || {
            format!(
                "rows without a well in {}: {count}, the first one here; \
                 fill_down = true in the mapping repeats the one above",
                column.name
            )
        });
    }
    Ok(Some(groups))
}

/// The names a column gives, row by row.
struct Names<'a> {
    sheet: &'a RawSheet,
    column: &'a ColumnPlan,
    above: Option<String>,
    /// Last lines of the merged cells of the column, by their first.
    merged: BTreeMap<u32, u32>,
    /// The last line that a merged cell with the name above reaches to.
    merged_to: u32,
}

impl<'a> Names<'a> {
    fn new(sheet: &'a RawSheet, column: &'a ColumnPlan) -> Self {
        let own = sheet.merged.iter().filter(|merged| merged.first_column as usize == column.position);
        let merged = own.map(|merged| (merged.first_row, merged.last_row)).collect();
        Self { sheet, column, above: None, merged, merged_to: 0 }
    }

    /// Returns the name in a row; rows come in order.
    fn at(&mut self, row: usize) -> Option<String> {
        let own = Some(self.sheet.value(row, self.column.position).shown()).filter(|text| !text.is_empty());
        let line = self.sheet.line(row);
        if let Some(own) = own {
            self.merged_to = self.merged.get(&line).copied().unwrap_or_default();
            self.above = Some(own.clone());
            return Some(own);
        }
        self.above.clone().filter(|_| self.column.fill_down || line <= self.merged_to)
    }
}
