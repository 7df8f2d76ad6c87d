//! The cells of each column → what its values are, over all rows of data.
//!
//! A column is numbers when every cell is one or means none; a single word makes it text, because
//! text keeps everything and a number that is not there keeps nothing. A mapping may insist.

use std::collections::BTreeMap;

use super::{ColumnPlan, TablePlan, place_at, place_of};
use crate::ingest::tabular::mapping::{ColumnType, Role};
use crate::ingest::tabular::notice::{Notices, Place, TableNoticeKind, column_letters};
use crate::ingest::tabular::number::{NULL_CANDIDATES, Parsed, Rules};
use crate::ingest::tabular::sheet::{RawSheet, Value};
use crate::ingest::{datetime, units};

/// Different spellings of "no value" counted in a column.
const MAX_SPELLINGS: usize = 16;

/// The share of text cells below which a column of text is reported as odd.
const FEW_TEXTS: f64 = 0.2;

/// Plans what the values of each column are, and drops columns without any.
pub(super) fn types(sheet: &RawSheet, table: &mut TablePlan, rules: &Rules, notices: &mut Notices) {
    let mut columns = std::mem::take(&mut table.columns);
    columns.retain_mut(|column| {
        if column.role == Role::Skip {
            table.left_out.push(column.clone());
            return false;
        }
        let tally = tally(sheet, &table.rows, column.position, rules);
        let settler = Settler { sheet, tally: &tally, position: column.position };
        if tally.is_empty() && column.role == Role::Curve {
            settler.drop_empty(column, notices);
            return false;
        }
        if column.header.is_empty() && column.role == Role::Curve && !table.layout.header.is_empty() {
            let name = &column.name;
            let message = || format!("a column without a name is called {name}");
            settler.note(None, TableNoticeKind::EmptyName, notices, message);
        }
        settler.settle(column, table.layout.numeric[column.position], notices);
        true
    });
    table.columns = columns;
}

/// What the cells of a column are.
#[derive(Debug, Default)]
struct Tally {
    numbers: u64,
    /// Texts with a percent sign.
    percent_texts: u64,
    /// Numbers that a workbook shows in percent.
    percent_cells: u64,
    bools: u64,
    moments: u64,
    dates_or_times: u64,
    texts: u64,
    nulls: u64,
    /// Rows of the first cells of some kinds.
    first_text: Option<u32>,
    first_grouped: Option<u32>,
    first_identifier: Option<u32>,
    first_percent: Option<u32>,
    too_large: Option<u32>,
    too_large_count: u64,
    /// Spellings of "no value" and errors: how often, and the first row.
    spellings: BTreeMap<String, (u64, u32, bool)>,
    /// Numbers that may mean "no value", by their bits.
    candidates: BTreeMap<u64, (u64, u32)>,
}

impl Tally {
    /// Whether no cell has a value.
    fn is_empty(&self) -> bool {
        self.values() == 0 && self.texts == 0 && self.spellings.is_empty() && self.nulls == 0
    }

    fn values(&self) -> u64 {
        self.numbers + self.percent_texts + self.percent_cells + self.bools + self.moments + self.too_large_count
    }

    fn are_numbers(&self) -> bool {
        self.texts == 0 && self.moments == 0
    }

    fn spelled(&mut self, spelling: String, row: u32, error: bool) {
        if self.spellings.len() < MAX_SPELLINGS || self.spellings.contains_key(&spelling) {
            self.spellings.entry(spelling).or_insert((0, row, error)).0 += 1;
        }
    }

    fn add(&mut self, value: Value<'_>, row: u32, rules: &Rules) {
        match value {
            Value::Empty => {}
            Value::Number(number) if rules.is_null(number) => self.nulls += 1,
            Value::Number(number) => self.number(number, row),
            Value::Percent(_) => {
                self.percent_cells += 1;
                self.first_percent.get_or_insert(row);
            }
            Value::Bool(_) => self.bools += 1,
            Value::DateTime(_) | Value::Time(_) => self.moments += 1,
            Value::Error(error) => self.spelled(error.to_string(), row, true),
            Value::Text(text) => self.text(text, row, rules),
        }
    }

    fn number(&mut self, number: f64, row: u32) {
        self.numbers += 1;
        if NULL_CANDIDATES.contains(&number) {
            self.candidates.entry(number.to_bits()).or_insert((0, row)).0 += 1;
        }
    }

    fn text(&mut self, text: &str, row: u32, rules: &Rules) {
        match rules.parse(text) {
            Parsed::Number(number) => self.number(number, row),
            Parsed::Percent(_) => {
                self.percent_texts += 1;
                self.first_percent.get_or_insert(row);
            }
            Parsed::Null => self.nulls += 1,
            Parsed::Spelled => self.spelled(text.trim().to_owned(), row, false),
            Parsed::TooLarge => {
                self.too_large_count += 1;
                self.too_large.get_or_insert(row);
            }
            parsed => {
                if text.trim().is_empty() {
                    return;
                }
                self.texts += 1;
                match parsed {
                    Parsed::Grouped => self.first_grouped.get_or_insert(row),
                    Parsed::Identifier => self.first_identifier.get_or_insert(row),
                    _ => self.first_text.get_or_insert(row),
                };
                self.dates_or_times += u64::from(datetime::is_date_or_time(text));
            }
        }
    }
}

fn tally(sheet: &RawSheet, rows: &[u32], column: usize, rules: &Rules) -> Tally {
    let mut tally = Tally::default();
    for &row in rows {
        tally.add(sheet.value(row as usize, column), row, rules);
    }
    tally
}

struct Settler<'a> {
    sheet: &'a RawSheet,
    tally: &'a Tally,
    position: usize,
}

impl Settler<'_> {
    fn note(&self, row: Option<u32>, kind: TableNoticeKind, notices: &mut Notices, message: impl FnOnce() -> String) {
        let place = match row {
            Some(row) => place_at(self.sheet, row as usize, self.position),
            None => Place { column: u32::try_from(self.position + 1).unwrap_or(u32::MAX), ..place_of(self.sheet) },
        };
        notices.add(place, kind, message);
    }

    /// Reports a column that has a name and nothing else.
    fn drop_empty(&self, column: &ColumnPlan, notices: &mut Notices) {
        if !column.header.is_empty() {
            let message = || format!("{} has no value: it is left out", column.header);
            self.note(None, TableNoticeKind::EmptyColumn, notices, message);
        }
    }

    /// Settles what the values of a column are.
    fn settle(&self, column: &mut ColumnPlan, numeric: bool, notices: &mut Notices) {
        let name_only = matches!(column.role, Role::Well | Role::Uwi | Role::Top);
        column.values = match column.given {
            Some(given) => given,
            None if name_only => ColumnType::Text,
            // Cells that are no numbers were reported with their rows.
            None if column.role == Role::Index && numeric => ColumnType::Number,
            None => self.guess(column, notices),
        };
        if matches!(column.values, ColumnType::Number | ColumnType::Serial) {
            self.numbers(column, notices);
        }
    }

    fn guess(&self, column: &ColumnPlan, notices: &mut Notices) -> ColumnType {
        let tally = self.tally;
        let name = &column.name;
        if tally.are_numbers() && (tally.percent_texts == 0 || tally.numbers == 0) {
            return ColumnType::Number;
        }
        let dates = tally.moments + tally.dates_or_times;
        if dates > 0 && tally.texts == tally.dates_or_times && tally.values() == tally.moments {
            return ColumnType::Datetime;
        }
        if tally.are_numbers() {
            let message = || format!("{name} has numbers with and without a percent sign: it stays text");
            self.note(tally.first_percent, TableNoticeKind::Percent, notices, message);
            return ColumnType::Text;
        }
        let letters = column_letters(self.position);
        if let Some(row) = tally.first_grouped {
            self.note(Some(row), TableNoticeKind::Thousands, notices, || {
                format!(
                    "column {letters}, {name}, seems to group thousands and stays text: \
                     name the sign in the mapping, thousands = \",\", or decimal = \",\""
                )
            });
        } else if let Some(row) = tally.first_text
            && (tally.texts as f64) < FEW_TEXTS * (tally.values() + tally.texts) as f64
        {
            let (count, all) = (tally.texts, tally.values() + tally.texts);
            self.note(Some(row), TableNoticeKind::TextColumn, notices, || {
                format!(
                    "column {letters}, {name}, stays text because of {count} of {all} cells, the first one here; \
                     type = \"number\" in the mapping makes them null"
                )
            });
        }
        ColumnType::Text
    }

    /// Reports what is odd about numbers, and settles percent.
    fn numbers(&self, column: &mut ColumnPlan, notices: &mut Notices) {
        let (tally, name) = (self.tally, column.name.clone());
        for (spelling, &(count, row, error)) in &tally.spellings {
            let kind = if error { TableNoticeKind::ErrorCell } else { TableNoticeKind::NullSpelling };
            self.note(Some(row), kind, notices, || format!("{spelling} is read as no value in {name}, {count} times"));
        }
        if let Some(row) = tally.too_large {
            let count = tally.too_large_count;
            self.note(Some(row), TableNoticeKind::NumberRange, notices, || {
                format!("a number too large for a double is null in {name}, {count} times")
            });
        }
        if column.role != Role::Index {
            for (&bits, &(count, row)) in &tally.candidates {
                let number = f64::from_bits(bits);
                self.note(Some(row), TableNoticeKind::NullCandidate, notices, || {
                    format!(
                        "{number} stands {count} times in {name}: if it means no value, \
                         say so in the mapping, nulls = [{number}]"
                    )
                });
            }
        }
        self.percent(column, notices);
    }

    /// A number shown in percent is read as shown where the unit says percent or nothing, and as
    /// stored where the unit says otherwise.
    fn percent(&self, column: &mut ColumnPlan, notices: &mut Notices) {
        let tally = self.tally;
        if tally.percent_texts + tally.percent_cells == 0 {
            return;
        }
        let in_percent = column.unit == "%"
            || units::resolve(&column.unit, Some("fraction")).is_some_and(|unit| unit.factor == Some(0.01));
        let (name, unit) = (&column.name, &column.unit);
        let mixed = tally.numbers > 0;
        if in_percent || (unit.is_empty() && !mixed) {
            column.percent = true;
            if unit.is_empty() {
                "%".clone_into(&mut column.unit);
            }
        } else if tally.percent_cells > 0 {
            let what = if mixed { "only some cells of" } else { "the cells of" };
            self.note(tally.first_percent, TableNoticeKind::Percent, notices, || {
                format!("{what} {name} are shown in percent: numbers are read as they are stored, {unit}")
            });
        } else {
            self.note(tally.first_percent, TableNoticeKind::Percent, notices, || {
                format!("{name} is said to be in {unit}, but its cells have a percent sign: the numbers are kept")
            });
        }
    }
}
