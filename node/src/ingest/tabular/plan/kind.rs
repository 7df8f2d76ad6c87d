//! What a table holds and what its columns are for: by the mapping, then names, units, contents.
//!
//! A role that the mapping gives is never taken away. The kind follows from what is there: an
//! index, inclination and azimuth, names of formations, marks of core samples.

use super::{ColumnPlan, TablePlan};
use crate::ingest::datetime::{self, NotTimes, TimeOptions};
use crate::ingest::tabular::error::MappingError;
use crate::ingest::tabular::layout::Layout;
use crate::ingest::tabular::limits::SAMPLE_ROWS;
use crate::ingest::tabular::mapping::{ColumnType, Role, TableKind, TableMapping};
use crate::ingest::tabular::names::{self, Word};
use crate::ingest::tabular::notice::TableNoticeKind;
use crate::ingest::tabular::number::{Parsed, Rules};
use crate::ingest::tabular::read::time;
use crate::ingest::tabular::sheet::{RawSheet, Value};
use crate::ingest::{dictionary, units};

#[cfg(test)]
mod tests;

/// How sure a name in our lists is, when the contents agree.
const BY_NAME: u8 = 95;

/// How sure an index is that is only known by its growth.
const BY_GROWTH: u8 = 40;

/// Numbers that a column without a name must hold, growing, to be an index.
const GROWING_ROWS: usize = 3;

/// Most columns of numbers beside depth in a list of tops: other depths, coordinates, an age.
const MAX_TOP_NUMBERS: usize = 8;

/// Digits that an identifier of a well has at least; fewer under `API` are a gravity.
const UWI_DIGITS: usize = 8;

/// Classes of the dictionary that also stand in a deviation survey.
const SURVEY_CLASSES: [&str; 2] = ["Index", "Directional"];

/// Gives the columns of a table their roles, and the table its kind.
///
/// # Errors
/// When the mapping gives a role twice or asks for a kind that the columns do not make.
pub(super) fn assign(
    sheet: &RawSheet,
    table: &mut TablePlan,
    given: &TableMapping,
    rules: &Rules,
) -> Result<(), MappingError> {
    refuse_double_roles(given)?;
    let mut assigner = Assigner { sheet, layout: &table.layout, rules, columns: &mut table.columns };
    assigner.wells();
    let index_given = assigner.columns.iter().any(|column| matches!(column.role, Role::Index | Role::Date));
    let (kind, reason) = match given.kind {
        Some(kind) => (kind, "by the mapping".to_owned()),
        None => assigner.kind(index_given),
    };
    if !index_given && kind != TableKind::Table {
        assigner.index(kind);
    }
    assigner.survey_and_tops(kind);
    (table.kind, table.reason) = (kind, reason);
    let missing = |role: Role| table.with_role(role).is_none();
    let lacks = match kind {
        TableKind::Deviation if missing(Role::Inclination) => Some(Role::Inclination),
        TableKind::Deviation if missing(Role::Azimuth) => Some(Role::Azimuth),
        TableKind::Tops if missing(Role::Top) => Some(Role::Top),
        _ if missing(Role::Index) && missing(Role::Date) && kind != TableKind::Table => Some(Role::Index),
        _ => None,
    };
    match lacks {
        Some(role) => {
            let (kind, role) = (kind.word(), role.word());
            let message = format!("no column found for a table of kind {kind}: give one the role {role}");
            Err(MappingError::Unfit { line: given.at, message })
        }
        None => Ok(()),
    }
}

fn refuse_double_roles(given: &TableMapping) -> Result<(), MappingError> {
    let once =
        [Role::Index, Role::Date, Role::Clock, Role::Well, Role::Uwi, Role::Inclination, Role::Azimuth, Role::Top];
    for role in once {
        let mut columns = given.columns.iter().filter(|column| column.role == Some(role));
        if let (Some(_), Some(second)) = (columns.next(), columns.next()) {
            let message = format!("the role {} is given twice", role.word());
            return Err(MappingError::Unfit { line: second.at, message });
        }
    }
    Ok(())
}

struct Assigner<'a> {
    sheet: &'a RawSheet,
    layout: &'a Layout,
    rules: &'a Rules,
    columns: &'a mut [ColumnPlan],
}

impl Assigner<'_> {
    fn is_numeric(&self, column: &ColumnPlan) -> bool {
        self.layout.numeric.get(column.position).copied().unwrap_or_default()
    }

    fn is_time(&self, column: &ColumnPlan) -> bool {
        self.layout.times.get(column.position).copied().unwrap_or_default()
    }

    /// Returns the first open column of numbers, or of text, with a name.
    fn named(&self, word: Word, numeric: bool) -> Option<usize> {
        self.columns.iter().position(|column| {
            let open = matches!(column.role, Role::Curve | Role::Index | Role::Inclination | Role::Azimuth | Role::Top);
            open && names::word(&column.name) == Some(word) && self.is_numeric(column) == numeric
        })
    }

    fn has_role(&self, role: Role) -> Option<usize> {
        self.columns.iter().position(|column| column.role == role)
    }

    fn give(&mut self, position: usize, role: Role, confidence: u8, reason: impl Into<String>) {
        if let Some(column) = self.columns.get_mut(position).filter(|column| column.role == Role::Curve) {
            (column.role, column.confidence, column.reason) = (role, confidence, reason.into());
        }
    }

    fn wells(&mut self) {
        for role in [Role::Well, Role::Uwi] {
            let found = self.columns.iter().position(|column| {
                let named = names::word(&column.name).and_then(Word::role) == Some(role);
                column.role == Role::Curve && named && (role == Role::Well || self.looks_like_uwi(column))
            });
            if let Some(position) = found.filter(|_| self.has_role(role).is_none()) {
                let reason = format!("named {}", self.columns[position].name);
                self.give(position, role, BY_NAME, reason);
            }
        }
    }

    fn looks_like_uwi(&self, column: &ColumnPlan) -> bool {
        let mut rows = self.layout.first..self.layout.end.min(self.layout.first + SAMPLE_ROWS);
        let first = rows.find_map(|row| match self.sheet.value(row, column.position) {
            Value::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        first.is_some_and(|text| text.chars().filter(char::is_ascii_digit).count() >= UWI_DIGITS)
    }

    /// Returns what the table seems to hold, and why.
    fn kind(&self, index_given: bool) -> (TableKind, String) {
        let depth = self.has_role(Role::Index).or_else(|| self.depth());
        let time = self.time();
        let inclination = self.has_role(Role::Inclination).or_else(|| self.directional(Word::Inclination));
        let azimuth = self.has_role(Role::Azimuth).or_else(|| self.directional(Word::Azimuth));
        let other_logs = self.columns.iter().any(|column| {
            let property = column.property.filter(|_| self.is_numeric(column) && column.confidence >= 60);
            property.and_then(dictionary::property).is_some_and(|property| !SURVEY_CLASSES.contains(&property.class))
        });
        if depth.is_some() && inclination.is_some() && azimuth.is_some() && !other_logs {
            return (TableKind::Deviation, "it has depth, inclination and azimuth".to_owned());
        }
        let numbers = self.columns.iter().filter(|column| self.is_numeric(column)).count();
        if let Some(top) = self.has_role(Role::Top).or_else(|| self.formation())
            && (depth.is_some() || self.named(Word::Top, true).is_some())
            && numbers <= MAX_TOP_NUMBERS + 1
        {
            let name = &self.columns[top].name;
            return (TableKind::Tops, format!("{name} holds names at depths"));
        }
        let core = self.columns.iter().find(|column| names::word(&column.name) == Some(Word::Core));
        if let (Some(core), Some(_)) = (core, depth.or_else(|| self.named(Word::Top, true))) {
            return (TableKind::Core, format!("{} is measured on core", core.name));
        }
        let time_given = self
            .columns
            .iter()
            .any(|column| column.role == Role::Date || (column.role == Role::Index && self.is_time(column)));
        match (depth, time) {
            _ if time_given => (TableKind::Time, "its index is a date or time".to_owned()),
            (Some(depth), Some(time)) if index_given || depth < time || self.grows(depth) => {
                (TableKind::Log, format!("{} is its depth", self.columns[depth].name))
            }
            (_, Some(time)) => (TableKind::Time, format!("{} is its time", self.columns[time].name)),
            (Some(depth), None) => (TableKind::Log, format!("{} is its depth", self.columns[depth].name)),
            (None, None) => match self.growing() {
                Some(index) => {
                    let name = &self.columns[index].name;
                    (TableKind::Log, format!("{name} is the first column, and grows"))
                }
                None => (TableKind::Table, "no depth or time was found".to_owned()),
            },
        }
    }

    /// Returns the column of measured depth.
    fn depth(&self) -> Option<usize> {
        self.named(Word::Depth, true).or_else(|| {
            self.columns.iter().position(|column| {
                column.role == Role::Curve && self.is_numeric(column) && column.property == Some("depth_md")
            })
        })
    }

    /// Returns the column of dates or times.
    fn time(&self) -> Option<usize> {
        let open = |column: &ColumnPlan| matches!(column.role, Role::Curve | Role::Index | Role::Date);
        let dated = self.columns.iter().position(|column| open(column) && self.is_time(column));
        dated.or_else(|| {
            self.columns.iter().position(|column| {
                let elapsed = units::resolve(&column.unit, Some("time")).is_some() || column.unit.is_empty();
                let named = matches!(names::word(&column.name), Some(Word::Time | Word::Date));
                open(column) && self.is_numeric(column) && named && elapsed
            })
        })
    }

    fn directional(&self, word: Word) -> Option<usize> {
        let id = if word == Word::Azimuth { "azimuth" } else { "inclination" };
        self.named(word, true).or_else(|| {
            self.columns
                .iter()
                .position(|column| column.role == Role::Curve && self.is_numeric(column) && column.property == Some(id))
        })
    }

    fn formation(&self) -> Option<usize> {
        self.named(Word::Formation, false).or_else(|| self.named(Word::Top, false))
    }

    /// Returns the values of a column that are numbers, as far as a guess looks.
    fn sample(&self, position: usize) -> Vec<f64> {
        let rows = self.layout.first..self.layout.end.min(self.layout.first + SAMPLE_ROWS);
        rows.filter_map(|row| match self.sheet.value(row, position) {
            Value::Number(number) => Some(number),
            Value::Text(text) => match self.rules.parse(text) {
                Parsed::Number(number) => Some(number),
                _ => None,
            },
            _ => None,
        })
        .collect()
    }

    /// Whether a column grows, or shrinks, from row to row.
    fn grows(&self, column: usize) -> bool {
        let values = self.sample(self.columns[column].position);
        let rising = values.windows(2).all(|pair| pair[1] > pair[0]);
        let falling = values.windows(2).all(|pair| pair[1] < pair[0]);
        values.len() >= GROWING_ROWS && (rising || falling)
    }

    /// Returns the first column of numbers, if it grows and may be a depth.
    fn growing(&self) -> Option<usize> {
        let first = self.columns.iter().position(|column| column.role == Role::Curve && self.is_numeric(column))?;
        let column = &self.columns[first];
        let unit = column.unit.trim();
        let depth = unit.is_empty() || units::resolve(unit, Some("length")).is_some();
        let otherwise = column.confidence >= 60;
        let counts = self.columns.iter().filter(|column| self.is_numeric(column)).count() > 1;
        (depth && !otherwise && counts && self.grows(first)).then_some(first)
    }

    /// Gives the index its role.
    fn index(&mut self, kind: TableKind) {
        if kind == TableKind::Time {
            return self.time_index();
        }
        let top = || self.named(Word::Top, true);
        let depth = self.depth();
        if let Some(position) = depth.or_else(top) {
            let name = &self.columns[position].name;
            let unit = &self.columns[position].unit;
            let measured = units::resolve(unit, Some("length")).is_some();
            let strange = !measured && !unit.is_empty();
            let reason = match (measured, strange) {
                (true, _) => format!("named {name}, in {unit}"),
                (_, true) => format!("named {name}, but {unit} is no length"),
                _ => format!("named {name}, without a unit"),
            };
            let confidence = if strange { BY_NAME / 2 } else { BY_NAME };
            return self.give(position, Role::Index, confidence, reason);
        }
        if let Some(position) = self.growing() {
            self.give(position, Role::Index, BY_GROWTH, "the first column of numbers, and it grows");
        }
    }

    /// Gives date, time of day or both their roles.
    fn time_index(&mut self) {
        let Some(time) = self.time() else { return };
        let parts = |column: &ColumnPlan| self.parts_of_time(column);
        let dates_only = self.columns.iter().position(|column| parts(column) == Some((true, false)));
        let clocks_only = self.columns.iter().position(|column| parts(column) == Some((false, true)));
        if let (Some(date), Some(clock)) = (dates_only, clocks_only)
            && (date == time || clock == time)
        {
            self.give(date, Role::Date, BY_NAME, "dates, and another column has the time of day");
            self.give(clock, Role::Clock, BY_NAME, "times of day, and another column has the date");
            return;
        }
        let reason = if self.is_time(&self.columns[time]) { "dates or times" } else { "elapsed time by its name" };
        self.give(time, Role::Index, BY_NAME, reason);
    }

    /// Returns whether the cells of a column have dates and whether they have times.
    fn parts_of_time(&self, column: &ColumnPlan) -> Option<(bool, bool)> {
        if column.role != Role::Curve || !self.is_time(column) {
            return None;
        }
        let rows = self.layout.first..self.layout.end.min(self.layout.first + SAMPLE_ROWS);
        let mut parts = (false, false);
        for value in rows.map(|row| self.sheet.value(row, column.position)) {
            match value {
                Value::DateTime(seconds) => {
                    parts.0 = true;
                    parts.1 |= seconds % datetime::DAY != 0.0;
                }
                Value::Time(_) => parts.1 = true,
                Value::Text(text) => {
                    let (date, clock) = datetime::parts(text).unwrap_or_default();
                    parts = (parts.0 | date, parts.1 | clock);
                }
                _ => {}
            }
        }
        Some(parts)
    }

    fn survey_and_tops(&mut self, kind: TableKind) {
        let wanted = match kind {
            TableKind::Deviation => vec![
                (Role::Inclination, self.directional(Word::Inclination)),
                (Role::Azimuth, self.directional(Word::Azimuth)),
            ],
            TableKind::Tops => vec![(Role::Top, self.formation())],
            _ => vec![],
        };
        for (role, found) in wanted {
            if let Some(position) = found.filter(|_| self.has_role(role).is_none()) {
                let reason = format!("named {}", self.columns[position].name);
                self.give(position, role, BY_NAME, reason);
            }
        }
    }
}

/// Why a table has no index after all.
#[derive(Debug)]
pub(super) struct NoIndex {
    /// 1-based line and cell; 0 for all of the sheet.
    pub(super) at: (u32, u32),
    pub(super) kind: TableNoticeKind,
    pub(super) message: String,
    /// Why the table is of no other kind.
    pub(super) reason: &'static str,
}

/// Says why the index that was found, or given, is none: its dates and times cannot be told, or it
/// holds no numbers.
pub(super) fn no_index(sheet: &RawSheet, table: &TablePlan, rules: &Rules, options: TimeOptions) -> Option<NoIndex> {
    no_times(sheet, table, rules, options).or_else(|| no_numbers(table))
}

fn no_times(sheet: &RawSheet, table: &TablePlan, rules: &Rules, options: TimeOptions) -> Option<NoIndex> {
    let roles = [Role::Index, Role::Date, Role::Clock];
    let columns = roles.iter().filter_map(|&role| table.with_role(role));
    columns.filter(|column| column.values == ColumnType::Datetime).find_map(|column| {
        let error = time::seconds(sheet, &table.rows, column, rules, options).err()?;
        let at = |row: usize| {
            let row = table.rows.get(row).map_or(0, |&row| row as usize);
            (sheet.line(row), u32::try_from(column.position + 1).unwrap_or(u32::MAX))
        };
        let (at, kind) = match error {
            NotTimes::Ambiguous { row } => (at(row), TableNoticeKind::AmbiguousDate),
            NotTimes::Other { row } | NotTimes::Mixed { row } => (at(row), TableNoticeKind::DateTime),
            NotTimes::Empty => ((0, 0), TableNoticeKind::DateTime),
        };
        let hint = if kind == TableNoticeKind::AmbiguousDate { "; give date_order in the mapping" } else { "" };
        let message = format!("{} stays text: {error}{hint}", column.name);
        Some(NoIndex { at, kind, message, reason: "its dates cannot be told" })
    })
}

fn no_numbers(table: &TablePlan) -> Option<NoIndex> {
    let usable = |column: &ColumnPlan| column.values != ColumnType::Text;
    let is_fine = table.kind == TableKind::Table
        || table.with_role(Role::Date).is_some()
        || table.with_role(Role::Index).is_some_and(usable);
    if is_fine {
        return None;
    }
    let kind = table.kind;
    let message =
        format!("the index of this table of kind {kind} holds no numbers: it is kept as a table without an index");
    Some(NoIndex { at: (0, 0), kind: TableNoticeKind::Index, message, reason: "its index holds no numbers" })
}

/// Gives columns the roles that they had in a former plan, in which the index turned out to be none.
pub(super) fn keep_roles(columns: &mut [ColumnPlan], former: &TablePlan) {
    for column in &former.columns {
        let Some(new) = columns.get_mut(column.position) else { continue };
        if matches!(column.role, Role::Index | Role::Date | Role::Clock) {
            new.role = Role::Curve;
        } else {
            (new.role, new.confidence) = (column.role, column.confidence);
            new.reason.clone_from(&column.reason);
        }
    }
}
