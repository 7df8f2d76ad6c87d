//! What is odd about the meaning of a file: units, names, identifiers, the index.
//!
//! The reader reports oddities of form; these are the ones that need units and the dictionary.
//! Each is reported once with its line, and nothing is changed because of it.

use std::collections::BTreeMap;

use dataforge_las::{Column, DataSet, HeaderItem, LogFile, Values};

use crate::ingest::index::{self, Meaning, Shape};
use crate::ingest::prepare::Warning;
use crate::ingest::well::WellHeader;
use crate::ingest::{dictionary, units};

/// A volume fraction in percent is larger than this somewhere, or it is mislabelled `v/v`.
const LARGEST_FRACTION: f64 = 1.0;

/// How far an end of an irregular index may be off the declared one, as a share of its length.
const LOOSE_END: f64 = 1e-3;

/// How far the step may be off the declared one, as a share of it.
const LOOSE_STEP: f64 = 0.01;

/// Warns about the file as a whole.
pub(super) fn file(file: &LogFile, well: &WellHeader, warnings: &mut Vec<Warning>) {
    for data in file.data.iter().filter(|data| data.columns.is_empty()) {
        warn(warnings, "no-columns", data.line, "data section without columns is passed over".to_owned());
    }
    match (&well.uwi, &well.uwi_key) {
        (None, _) => {
            warn(warnings, "no-identifier", 0, "no uwi or api number: the well is known by this file".to_owned());
        }
        (Some(uwi), None) => {
            let doubt = well.uwi_doubt.as_deref().unwrap_or("not usable");
            let message = format!("identifier does not count, {doubt}: the well is known by this file: {uwi}");
            warn(warnings, "no-identifier", 0, message);
        }
        (Some(_), Some(_)) => {}
    }
    for doubt in &well.location.doubts {
        warn(warnings, "location", 0, format!("location as text only: {doubt}"));
    }
}

/// Warns about one run.
pub(super) fn run(
    data: &DataSet,
    names: &[String],
    meaning: &Meaning,
    shape: &Shape,
    declared: [Option<&HeaderItem>; 3],
    warnings: &mut Vec<Warning>,
) {
    let Some(index) = data.columns.first() else {
        return;
    };
    index_unit(index, meaning, declared, warnings);
    index_ends(meaning, shape, declared, warnings);
    let line = data.line;
    if let Values::Number(values) = &index.values {
        let nulls = values.iter().filter(|value| value.is_nan()).count();
        if nulls > 0 {
            warn(warnings, "index-null", line, format!("rows without an index, kept as they are: {nulls}"));
        }
    }
    if shape.reversals > 0 {
        let count = shape.reversals;
        warn(warnings, "index-order", line, format!("rows whose index turns back or repeats, kept in order: {count}"));
    }
    repeated_mnemonics(data, names, warnings);
    for column in &data.columns[1..] {
        mislabelled_percent(column, warnings);
    }
}

/// Warns when the unit of the index is unknown, or the header contradicts the `~C` line.
fn index_unit(index: &Column, meaning: &Meaning, declared: [Option<&HeaderItem>; 3], warnings: &mut Vec<Warning>) {
    let definition = &index.definition;
    if !index::says_something(&meaning.unit) {
        let name = &definition.mnemonic;
        warn(warnings, "index-unit", definition.line, format!("no unit for the index {name}"));
        return;
    }
    if meaning.resolved.is_none() {
        let unit = &meaning.unit;
        warn(warnings, "index-unit", definition.line, format!("unit of the index is neither length nor time: {unit}"));
    }
    let contradicts = |item: &&HeaderItem| {
        let found = units::resolve(&item.unit, meaning.resolved.map(|unit| unit.measurement))
            .or_else(|| units::resolve(&item.unit, None));
        !found.map_or_else(
            || item.unit.eq_ignore_ascii_case(&meaning.unit),
            |found| meaning.resolved.is_none_or(|own| own == found),
        )
    };
    let mut units = declared.into_iter().flatten().filter(|item| index::says_something(&item.unit));
    // Once is enough: the three usually agree with each other.
    if let Some(item) = units.find(contradicts) {
        let (name, unit, own) = (&item.mnemonic, &item.unit, &meaning.unit);
        let message = format!("{name} is in {unit}, the index column in {own}: the column's unit is used");
        warn(warnings, "index-unit", item.line, message);
    }
}

/// Warns when `STRT`, `STOP` or `STEP` contradict the rows, which are the truth.
fn index_ends(
    meaning: &Meaning,
    shape: &Shape,
    [start, stop, step]: [Option<&HeaderItem>; 3],
    warnings: &mut Vec<Warning>,
) {
    let (Some(first), Some(last)) = (shape.first, shape.last) else {
        return;
    };
    let slack = shape.step.map_or((last - first).abs() * LOOSE_END, |step| step.abs() / 2.0);
    let mut compare = |item: Option<&HeaderItem>, found: f64, slack: f64, what: &str| {
        let Some(item) = item else { return };
        let (Ok(plain), Some(said)) = (item.value.trim().parse::<f64>(), declared_value(item, meaning)) else {
            return;
        };
        // The number alone may be right, with a unit that is reported already.
        if (said - found).abs() > slack && (plain - found).abs() > slack {
            let (name, unit, own) = (&item.mnemonic, spaced(&item.unit), spaced(&meaning.unit));
            let message = format!("{name} says {plain}{unit}, but {what} is {found}{own}");
            warn(warnings, "index-declared", item.line, message);
        }
    };
    compare(start, first, slack, "the first row");
    compare(stop, last, slack, "the last row");
    // A STEP of zero declares an irregular index.
    let step = step.filter(|item| declared_value(item, meaning) != Some(0.0));
    if let Some(found) = shape.step {
        compare(step, found, found.abs() * LOOSE_STEP, "the step of the rows");
    }
}

/// Returns a declared number in the unit of the index.
fn declared_value(item: &HeaderItem, meaning: &Meaning) -> Option<f64> {
    let value = item.value.trim().parse().ok()?;
    let Some(to) = meaning.resolved.filter(|_| index::says_something(&item.unit)) else {
        return Some(value);
    };
    let from = units::resolve(&item.unit, Some(to.measurement))?;
    units::convert(value, from, to, units::Quantity::Absolute).ok()
}

/// Returns a unit as it stands behind a number.
fn spaced(unit: &str) -> String {
    if unit.is_empty() { String::new() } else { format!(" {unit}") }
}

fn repeated_mnemonics(data: &DataSet, names: &[String], warnings: &mut Vec<Warning>) {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for (column, name) in data.columns.iter().zip(names) {
        let mnemonic = &column.definition.mnemonic;
        if mnemonic.is_empty() {
            continue;
        }
        if let Some(other) = first.get(&**mnemonic) {
            let message = format!("mnemonic {mnemonic} stands again: column {name} beside {other}");
            warn(warnings, "repeated-mnemonic", column.definition.line, message);
        } else {
            first.insert(mnemonic, name);
        }
    }
}

/// Warns about a porosity or saturation said to be in percent whose values are fractions.
fn mislabelled_percent(column: &Column, warnings: &mut Vec<Warning>) {
    let (definition, Values::Number(values)) = (&column.definition, &column.values) else {
        return;
    };
    let percent = units::resolve(&definition.unit, Some("fraction"))
        .is_some_and(|unit| unit.factor.is_some_and(|factor| factor < 1.0));
    if !percent {
        return;
    }
    let fraction = dictionary::detect(&definition.mnemonic, &definition.unit, "")
        .is_some_and(|detection| detection.property.measurement == "fraction");
    let largest = values.iter().copied().filter(|value| !value.is_nan()).reduce(f64::max);
    if fraction && largest.is_some_and(|largest| largest > 0.0 && largest <= LARGEST_FRACTION) {
        let (name, unit) = (&definition.mnemonic, &definition.unit);
        let message = format!("{name} is said to be in {unit}, but no value is above 1");
        warn(warnings, "mislabelled-percent", definition.line, message);
    }
}

fn warn(warnings: &mut Vec<Warning>, kind: &str, line: u32, message: String) {
    warnings.push(Warning { line, column: 0, kind: kind.to_owned(), message });
}
