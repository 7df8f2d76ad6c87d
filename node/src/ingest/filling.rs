//! Tops and surveys out of tables: which columns they are in, and the facts that fill documents.
//!
//! Nothing is guessed here that the table does not say: depths without a unit fill nothing, and stations
//! that make no path fill nothing. The run itself is as delivered whatever becomes of this.

#[cfg(test)]
mod tests;

use dataforge_las::{Column, DataSet, HeaderItem, Values};
use dataforge_protocol::document::{
    MAX_ITEM_CHARS, MAX_ITEMS, Position, StationFacts, SurveyFacts, TopFacts, TopsFacts,
};
use dataforge_protocol::facts::{RenditionFacts, SetKind};

use super::tabular::{Role, Word, phrase, word};
use super::units::{self, Unit};
use super::well::Level;
use crate::trajectory::{Measured, Trajectory};

/// Names of the column of names, beside those that every table knows.
const NAME: &[&str] = &["TOPN"];
/// Names of the column where a top begins.
const TOP: &[&str] = &["TOPT"];
/// Names of the column where a zone ends.
const BASE: &[&str] = &["TOPB"];
const INTERPRETER: &[&str] = &["INTERPRETER", "INTERPRETED BY", "PICKED BY", "GEOLOGIST", "AUTHOR", "OBSERVER"];
const REMARK: &[&str] = &["REMARK", "REMARKS", "COMMENT", "COMMENTS", "NOTE", "NOTES"];
const UNCERTAINTY: &[&str] = &["UNCERTAINTY", "DEPTH UNCERTAINTY", "MD UNCERTAINTY", "ERROR"];
const DATUM: &[&str] = &["DATUM", "DEPTH DATUM", "DEPTH REFERENCE"];
const NORTH: &[&str] = &["AZIMUTH REFERENCE", "NORTH REFERENCE", "NORTH"];
/// Parameters of a LAS 3.0 set that say what its depths are counted from.
const DATUM_PARAMETERS: &[&str] = &["TOPDR", "IDREF", "SURVDREF"];
/// What a depth counted from the sea is called, beside the names of the level.
const SUBSEA: &[&str] = &["SUBSEA", "SUB SEA", "SS", "TVDSS"];
/// Rows named one by one when they are left out.
const MAX_NAMED: usize = 3;
/// Characters of a datum's code that is not one of ours.
const MAX_DATUM_CHARS: usize = 8;

/// What a table holds for documents.
#[derive(Debug, Clone, PartialEq)]
pub enum Filling {
    /// Tops and zones.
    Tops(TopsFacts),
    /// Stations.
    Survey(SurveyFacts),
}

/// What is known of a table beside its columns.
#[derive(Debug, Clone, Copy)]
pub struct Hints<'a> {
    /// What its columns are for, where that was found out or a mapping says so.
    pub roles: &'a [Role],
    /// Its parameters.
    pub parameters: &'a [&'a HeaderItem],
}

/// Returns the tops or stations of a table, and what of it is not among them, and why.
#[must_use]
pub fn read(data: &DataSet, facts: &RenditionFacts, hints: &Hints<'_>) -> (Option<Filling>, Vec<String>) {
    let table = Table { data, facts, hints };
    let (what, read) = match facts.set.kind {
        SetKind::Tops => ("tops are", table.tops()),
        SetKind::Survey => ("survey is", table.survey().map(|survey| (Filling::Survey(survey), Vec::new()))),
        _ => return (None, Vec::new()),
    };
    match read {
        Ok((filling, left_out)) => (Some(filling), left_out),
        Err(why) => (None, vec![format!("line {}: the {what} kept as a table only: {why}", data.line)]),
    }
}

struct Table<'a> {
    data: &'a DataSet,
    facts: &'a RenditionFacts,
    hints: &'a Hints<'a>,
}

impl<'a> Table<'a> {
    fn tops(&self) -> Result<(Filling, Vec<String>), String> {
        let names = self
            .column(Some(Role::Top), is_text, |column| {
                matches!(word(column), Some(Word::Formation | Word::Top)) || is_one_of(column, NAME)
            })
            .ok_or("no column of names was found")?;
        let depth = self
            .column(Some(Role::Index), is_number, |column| {
                matches!(word(column), Some(Word::Depth | Word::Top)) || is_one_of(column, TOP)
            })
            .ok_or("no column of depths was found")?;
        let unit = self.length(depth)?;
        let base = self.lengths(unit, |column| word(column) == Some(Word::Base) || is_one_of(column, BASE))?;
        let uncertainty = self.lengths(unit, |column| is_one_of(column, UNCERTAINTY))?;
        let texts = |names: &'static [&'static str]| self.column(None, is_text, |column| is_one_of(column, names));
        let (interpreter, remark, datum) = (texts(INTERPRETER), texts(REMARK), texts(DATUM));
        let common = self.datum();
        let mut facts = TopsFacts { unit: unit.symbol.to_owned(), rows: Vec::new() };
        let mut left_out = Vec::new();
        for row in 0..self.data.rows {
            let (name, value) = (text(names, row), number(depth, row));
            let (Some(name), Some(value)) = (name, value) else {
                left_out.push(row);
                continue;
            };
            if Position::new(value, unit.symbol, "").is_none() {
                return Err(format!("row {}: {value} {} is no depth", row + 1, unit.symbol));
            }
            facts.rows.push(TopFacts {
                row: u32::try_from(row).map_err(|_error| "there are too many rows")?,
                name,
                depth: value,
                base: base.and_then(|column| number(column, row)),
                datum: datum.and_then(|column| text(column, row)).map_or_else(|| common.clone(), |datum| code(&datum)),
                interpreter: interpreter.and_then(|column| text(column, row)),
                remark: remark.and_then(|column| text(column, row)),
                uncertainty: uncertainty.and_then(|column| number(column, row)),
            });
        }
        check_size(facts.rows.len(), facts.fits())?;
        Ok((Filling::Tops(facts), self.name_left_out(&left_out)))
    }

    fn survey(&self) -> Result<SurveyFacts, String> {
        let depth = self
            .column(Some(Role::Index), is_number, |column| word(column) == Some(Word::Depth))
            .ok_or("no column of measured depths was found")?;
        let (inclination, tilts_in) = self.angle(Role::Inclination, Word::Inclination, "inclinations")?;
        let (azimuth, turns_in) = self.angle(Role::Azimuth, Word::Azimuth, "azimuths")?;
        let unit = self.length(depth)?;
        let to_m = unit.factor.ok_or_else(|| format!("{} has no fixed size", unit.symbol))?;
        let mut rows = Vec::new();
        for row in 0..self.data.rows {
            let tilt = number(inclination, row).map(|value| degrees(value, tilts_in));
            let turn = number(azimuth, row).map(|value| degrees(value, turns_in));
            let station = match (number(depth, row), tilt, turn) {
                (None, None, None) => continue,
                (Some(md), Some(inclination_deg), Some(azimuth_deg)) => (md, inclination_deg, azimuth_deg),
                // Straight down no direction is measured.
                (Some(md), Some(0.0), None) => (md, 0.0, 0.0),
                _ => return Err(format!("row {} lacks depth, inclination or azimuth", row + 1)),
            };
            let row = u32::try_from(row).map_err(|_error| "there are too many rows")?;
            let (md, inclination_deg, azimuth_deg) = station;
            rows.push(StationFacts { row, md, inclination_deg, azimuth_deg });
        }
        let measured: Vec<_> = rows
            .iter()
            .map(|row| Measured {
                md_m: row.md * to_m,
                inclination_deg: row.inclination_deg,
                azimuth_deg: row.azimuth_deg,
            })
            .collect();
        Trajectory::new(&measured).map_err(|error| error.to_string())?;
        if let Some(row) = rows.iter().find(|row| Position::new(row.md, unit.symbol, "").is_none()) {
            return Err(format!("row {}: {} {} is no depth", row.row + 1, row.md, unit.symbol));
        }
        let said = |names: &'static [&'static str]| {
            self.column(None, is_text, |column| is_one_of(column, names)).and_then(|at| text(at, 0))
        };
        let north = said(NORTH).or_else(|| Some(azimuth.definition.mnemonic.clone()));
        let datum = said(DATUM).map_or_else(|| self.datum(), |datum| code(&datum));
        let header = &self.facts.header;
        let facts = SurveyFacts {
            unit: unit.symbol.to_owned(),
            // The header's elevation is that of the header's datum.
            elevation_m: header.elevation_m.filter(|_| header.datum.as_ref().is_none_or(|named| *named == datum)),
            datum,
            azimuth_reference: north.as_deref().and_then(reference).unwrap_or_default().to_owned(),
            rows,
        };
        check_size(facts.rows.len(), facts.fits())?;
        Ok(facts)
    }

    /// Returns the column of a role, or the first of a kind and name.
    fn column(
        &self,
        role: Option<Role>,
        fits: impl Fn(&Column) -> bool,
        named: impl Fn(&str) -> bool,
    ) -> Option<&'a Column> {
        let columns = &self.data.columns;
        let given = self.hints.roles.iter().zip(columns).find(|(has, column)| Some(**has) == role && fits(column));
        let found = || columns.iter().find(|column| fits(column) && named(&column.definition.mnemonic));
        given.map(|(_, column)| column).or_else(found)
    }

    /// Returns a column of lengths in the unit of the depths; none when there is none.
    fn lengths(&self, unit: &'static Unit, named: impl Fn(&str) -> bool) -> Result<Option<&'a Column>, String> {
        let Some(column) = self.column(None, is_number, named) else { return Ok(None) };
        let given = column.definition.unit.trim();
        let same = given.is_empty() || units::resolve(given, Some("length")) == Some(unit);
        let mnemonic = &column.definition.mnemonic;
        if same {
            Ok(Some(column))
        } else {
            Err(format!("{mnemonic} is in {given}, the depths are in {}", unit.symbol))
        }
    }

    /// Returns a column of angles, and its unit in radians unless its values are degrees, as they are
    /// without a unit.
    fn angle(&self, role: Role, kind: Word, what: &str) -> Result<(&'a Column, Option<f64>), String> {
        let column = self.column(Some(role), is_number, |column| word(column) == Some(kind));
        let column = column.ok_or_else(|| format!("no column of {what} was found"))?;
        let given = column.definition.unit.trim();
        let factor = match units::resolve(given, Some("angle")) {
            _ if given.is_empty() => None,
            Some(unit) if unit.symbol == "deg" => None,
            Some(unit) => unit.factor,
            None => return Err(format!("{} is in {given}, which is no angle", column.definition.mnemonic)),
        };
        Ok((column, factor))
    }

    /// Returns the unit of a column of depths.
    fn length(&self, column: &Column) -> Result<&'static Unit, String> {
        let is_index = self.data.columns.first().is_some_and(|index| std::ptr::eq(index, column));
        let given = if is_index { &self.facts.index.unit } else { &column.definition.unit };
        units::resolve(given, Some("length")).ok_or_else(|| {
            let mnemonic = &column.definition.mnemonic;
            if given.trim().is_empty() {
                format!("{mnemonic} has no unit; a mapping can give it one")
            } else {
                format!("{mnemonic} is in {given}, which is no length")
            }
        })
    }

    /// Returns what depths are counted from, as the source says.
    fn datum(&self) -> String {
        let said = self.hints.parameters.iter().find(|item| is_one_of(&item.mnemonic, DATUM_PARAMETERS));
        said.map(|item| code(&item.value)).or_else(|| self.facts.header.datum.clone()).unwrap_or_default()
    }

    fn name_left_out(&self, rows: &[usize]) -> Vec<String> {
        let named: Vec<_> = rows.iter().take(MAX_NAMED).map(|row| (row + 1).to_string()).collect();
        let more = rows.len().saturating_sub(named.len());
        match (named.is_empty(), more) {
            (true, _) => Vec::new(),
            (false, 0) => {
                vec![format!("line {}: no tops, for want of a name or depth: row {}", self.data.line, named.join(", "))]
            }
            (false, more) => vec![format!(
                "line {}: no tops, for want of a name or depth: row {} and {more} more",
                self.data.line,
                named.join(", ")
            )],
        }
    }
}

fn degrees(value: f64, radians: Option<f64>) -> f64 {
    radians.map_or(value, |radians| (value * radians).to_degrees())
}

fn number(column: &Column, row: usize) -> Option<f64> {
    match &column.values {
        Values::Number(values) => values.get(row).copied().filter(|value| value.is_finite()),
        Values::Text(_) => None,
    }
}

fn text(column: &Column, row: usize) -> Option<String> {
    let Values::Text(texts) = &column.values else { return None };
    let text = texts.get(row)?.as_deref()?.trim();
    (!text.is_empty()).then(|| text.chars().take(MAX_ITEM_CHARS).collect())
}

fn check_size(rows: usize, fits: bool) -> Result<(), String> {
    match rows {
        0 => Err("no row has all that is needed".to_owned()),
        _ if fits => Ok(()),
        _ => Err(format!("{rows} rows are too many; {MAX_ITEMS} fit")),
    }
}

fn is_text(column: &Column) -> bool {
    matches!(column.values, Values::Text(_))
}

fn is_number(column: &Column) -> bool {
    matches!(column.values, Values::Number(_))
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.contains(&&*phrase(name))
}

/// Returns the code of what depths are counted from; of one that is none of ours the text, if short.
fn code(text: &str) -> String {
    if is_one_of(text, SUBSEA) {
        return Level::MeanSeaLevel.code().to_owned();
    }
    match Level::read(text) {
        Some(level) => level.code().to_owned(),
        None => text.chars().filter(|c| c.is_alphanumeric()).take(MAX_DATUM_CHARS).collect(),
    }
}

/// Returns which north a text speaks of.
fn reference(text: &str) -> Option<&'static str> {
    let phrase = phrase(text);
    let has = |words: &[&str]| phrase.split(' ').any(|word| words.contains(&word));
    if has(&["TRUE", "TN"]) {
        Some("true")
    } else if has(&["GRID", "GN"]) {
        Some("grid")
    } else if has(&["MAGNETIC", "MAG", "MN"]) {
        Some("magnetic")
    } else {
        None
    }
}
