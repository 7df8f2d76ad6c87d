//! A planned table → sets of columns, one for each well: [`read()`].
//!
//! Columns come out as the log reader's do, so that everything behind treats a table and a log
//! alike: the index first, numbers as doubles with NaN for null, text as delivered.

pub(super) mod time;
mod values;
mod wells;

use dataforge_las::{Column, DataSet, HeaderItem, Values};

use super::error::ReadTableError;
use super::mapping::{ColumnType, Mapping, Role, TableKind};
use super::notice::{Notices, Place, TableNoticeKind};
use super::plan::{self, ColumnPlan, Plan, TablePlan};
use super::sheet::{RawBook, RawSheet, Value};
use crate::ingest::datetime::{TimeForm, TimeOptions};

#[cfg(test)]
mod tests;

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct TableReading {
    /// Its tables, split by well, in file order.
    pub sets: Vec<TableSet>,
    /// Lines above the tables: titles and remarks.
    pub titles: Vec<TitleLine>,
    /// How the text was decoded; `None` for a workbook.
    pub encoding: Option<String>,
    /// Everything odd, located.
    pub notices: Notices,
}

/// The rows of one well in one table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableSet {
    /// The sheet of a workbook; empty for a text file.
    pub sheet: String,
    /// What it holds.
    pub kind: TableKind,
    /// The name of the well as found; `None` when the table does not tell.
    pub well: Option<String>,
    /// The identifier of the well as found.
    pub uwi: Option<String>,
    /// What each column of `data` is for: [`Role::Index`] first, unless the kind is
    /// [`TableKind::Table`], which has none.
    pub roles: Vec<Role>,
    /// The columns.
    pub data: DataSet,
}

/// A line above a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleLine {
    /// The sheet of a workbook; empty for a text file.
    pub sheet: String,
    /// 1-based line.
    pub line: u32,
    /// Its cells that say something.
    pub cells: Vec<String>,
}

/// Reads the tables of a file by what the mapping says, and by guess where it is silent.
///
/// # Errors
/// When the mapping does not fit the file, there is no table, or one has more wells than
/// [`MAX_WELLS`](super::limits::MAX_WELLS).
pub fn read(book: &RawBook, mapping: &Mapping) -> Result<TableReading, ReadTableError> {
    let mut plan = plan::plan(book, mapping)?;
    let mut notices = std::mem::take(&mut plan.notices);
    let (mut sets, mut titles) = (Vec::new(), Vec::new());
    for table in &plan.tables {
        let sheet = &book.sheets[table.sheet];
        titles.extend(table.layout.titles.iter().map(|&row| TitleLine {
            sheet: sheet.name.clone(),
            line: sheet.line(row),
            cells: sheet.values(row).map(Value::shown).filter(|text| !text.is_empty()).collect(),
        }));
        let reader = Reader { sheet, plan: &plan, table };
        sets.extend(reader.sets(&mut notices)?);
    }
    Ok(TableReading { sets, titles, encoding: book.encoding.clone(), notices })
}

struct Reader<'a> {
    sheet: &'a RawSheet,
    plan: &'a Plan,
    table: &'a TablePlan,
}

impl Reader<'_> {
    fn sets(&self, notices: &mut Notices) -> Result<Vec<TableSet>, ReadTableError> {
        self.report_merged(notices);
        let wells = wells::split(self.sheet, self.table, notices)?;
        let (roles, columns) = self.columns(notices).into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
        let sheet = self.sheet;
        let header = self.table.layout.header.last().or(self.table.layout.units.as_ref());
        let line = sheet.line(header.copied().unwrap_or(self.table.layout.first));
        let set = |well: wells::Well, columns: Vec<Column>, rows: usize| TableSet {
            sheet: sheet.name.clone(),
            kind: self.table.kind,
            well: well.name.or_else(|| self.table.well.clone()),
            uwi: well.uwi,
            roles: roles.clone(),
            data: data_set(columns, rows, line),
        };
        let rows = self.table.rows.len();
        let Some(wells) = wells else {
            return Ok(vec![set(wells::Well::default(), columns, rows)]);
        };
        Ok(wells
            .into_iter()
            .map(|group| {
                let columns = columns.iter().map(|column| values::pick(column, &group.rows)).collect();
                let rows = group.rows.len();
                set(group.well, columns, rows)
            })
            .collect())
    }

    /// Returns the columns with their roles, the index first.
    fn columns(&self, notices: &mut Notices) -> Vec<(Role, Column)> {
        let mut columns = self.index(notices);
        let rest = self.table.columns.iter().filter(|column| {
            let indexed = column.role == Role::Index && column.values == ColumnType::Number;
            !indexed && !matches!(column.role, Role::Well | Role::Uwi | Role::Skip)
        });
        for column in rest {
            // The text of dates and times stands beside the seconds made of it.
            let role = match column.role {
                Role::Index | Role::Date | Role::Clock => Role::Curve,
                role => role,
            };
            columns.push((role, self.column(column, self.column_values(column, notices))));
        }
        columns
    }

    fn column_values(&self, column: &ColumnPlan, notices: &mut Notices) -> Values {
        let Plan { rules, keep_apostrophes, .. } = self.plan;
        let cells = values::Cells { sheet: self.sheet, rows: &self.table.rows, column, rules };
        match column.values {
            ColumnType::Number if column.role == Role::Index => {
                Values::Number(values::Cells { rules: &rules.for_index(), ..cells }.numbers(notices))
            }
            ColumnType::Number => Values::Number(cells.numbers(notices)),
            ColumnType::Serial => Values::Text(cells.serials(notices)),
            ColumnType::Text | ColumnType::Datetime => Values::Text(cells.texts(!keep_apostrophes, notices)),
        }
    }

    fn column(&self, column: &ColumnPlan, values: Values) -> Column {
        let header = self.table.layout.header.last().map_or(0, |&row| self.sheet.line(row));
        let definition = HeaderItem {
            mnemonic: column.name.clone(),
            unit: column.unit.clone(),
            description: column.description.clone(),
            line: header,
            raw: column.header.clone(),
            ..HeaderItem::default()
        };
        Column { definition, values }
    }

    /// Returns the index: a column of numbers, or seconds made of dates and times.
    fn index(&self, notices: &mut Notices) -> Vec<(Role, Column)> {
        let table = self.table;
        if let Some(date) = table.with_role(Role::Date) {
            let seconds = self.seconds(date);
            let clock = table.with_role(Role::Clock).map(|clock| self.seconds(clock));
            let together = match clock {
                Some((clock, _)) => seconds.0.iter().zip(clock).map(|(day, clock)| day + clock).collect(),
                None => seconds.0,
            };
            return vec![self.seconds_column(date, together, seconds.1, notices)];
        }
        let Some(index) = table.with_role(Role::Index) else { return Vec::new() };
        match index.values {
            ColumnType::Number => vec![(Role::Index, self.column(index, self.column_values(index, notices)))],
            _ => {
                let (seconds, form) = self.seconds(index);
                vec![self.seconds_column(index, seconds, form, notices)]
            }
        }
    }

    /// Returns the seconds of a column whose dates and times are known to be understood.
    fn seconds(&self, column: &ColumnPlan) -> (Vec<f64>, TimeForm) {
        let options: TimeOptions = self.plan.times;
        match time::seconds(self.sheet, &self.table.rows, column, &self.plan.rules, options) {
            Ok(times) => (times.seconds, times.form),
            // Only a clock beside dates comes here: what it does not say is null.
            Err(_) => (vec![f64::NAN; self.table.rows.len()], TimeForm::default()),
        }
    }

    fn seconds_column(
        &self,
        of: &ColumnPlan,
        seconds: Vec<f64>,
        form: TimeForm,
        notices: &mut Notices,
    ) -> (Role, Column) {
        let name = if of.name.eq_ignore_ascii_case("TIME") { "TIME_S" } else { "TIME" };
        let since = if form.date { "1970-01-01T00:00:00Z" } else { "midnight" };
        let mut message = format!("{} is read as seconds since {since}", of.name);
        if form.date && !form.zone {
            let ahead = self.plan.times.utc_offset_minutes;
            message += &format!(", no zone is named: taken as {ahead} minutes ahead of UTC");
        }
        if let Some(order) = form.order {
            message += &format!(", {order}");
        }
        if form.short_years {
            message += ", years of two digits from 70 on are in the last century";
        }
        let line = self.table.layout.header.last().map_or(0, |&row| self.sheet.line(row));
        let column = u32::try_from(of.position + 1).unwrap_or(u32::MAX);
        notices.add(Place { sheet: &self.sheet.name, line, column }, TableNoticeKind::DateTime, || message);
        let definition = HeaderItem {
            mnemonic: name.to_owned(),
            unit: "s".to_owned(),
            description: format!("seconds since {since}, from {}", of.name),
            line,
            raw: of.header.clone(),
            ..HeaderItem::default()
        };
        (Role::Index, Column { definition, values: Values::Number(seconds) })
    }

    /// Reports merged cells among the data, of which only the first has a value.
    fn report_merged(&self, notices: &mut Notices) {
        let layout = &self.table.layout;
        let (first, last) = (self.sheet.line(layout.first), self.sheet.line(layout.end.saturating_sub(1)));
        let inside = |line: u32| (first..=last).contains(&line);
        let repeating: Vec<usize> = self
            .table
            .columns
            .iter()
            .filter(|column| wells::repeats_merged(column))
            .map(|column| column.position)
            .collect();
        for merged in self.sheet.merged.iter().filter(|merged| inside(merged.first_row)) {
            let repeats = repeating.contains(&(merged.first_column as usize));
            let place = Place { sheet: &self.sheet.name, line: merged.first_row, column: merged.first_column + 1 };
            let what = if repeats { "its value counts for all its rows" } else { "only its first cell has the value" };
            notices.add(place, TableNoticeKind::Merged, || format!("a merged cell among the data: {what}"));
        }
    }
}

fn data_set(columns: Vec<Column>, rows: usize, line: u32) -> DataSet {
    let mut data = DataSet { rows, line, ..DataSet::default() };
    data.columns = columns;
    data
}
