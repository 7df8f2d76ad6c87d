//! Facts of a rendition: what can be said about a run's columns without reading them again.
//!
//! Statistics are exact and over the values as delivered. Rows keep their order: the top of a
//! curve is the index of its first value in the file, also in a log that runs upwards.

use dataforge_las::{Column, DataSet, Values};
use dataforge_protocol::facts::{CurveFacts, IndexFacts};

use crate::ingest::index::{Meaning, Shape};

#[cfg(test)]
mod tests;

/// Returns the facts of the index column.
#[must_use]
pub fn index_facts(index: &Column, column: &str, meaning: &Meaning, shape: &Shape) -> IndexFacts {
    IndexFacts {
        mnemonic: index.definition.mnemonic.clone(),
        column: column.to_owned(),
        unit: meaning.unit.clone(),
        kind: meaning.kind,
        text: matches!(index.values, Values::Text(_)),
        to_si: meaning.to_si(),
        min: shape.min,
        max: shape.max,
        step: shape.step,
        reversals: shape.reversals,
    }
}

/// Returns the facts of all curves of a data set, given the names of all its columns.
#[must_use]
pub fn curve_facts(data: &DataSet, names: &[String]) -> Vec<CurveFacts> {
    let index = data.columns.first().map(|column| &column.values);
    data.columns
        .iter()
        .zip(names)
        .zip(0..)
        .skip(1)
        .map(|((column, name), ordinal)| one_curve(column, name, ordinal, index))
        .collect()
}

fn one_curve(column: &Column, name: &str, ordinal: u32, index: Option<&Values>) -> CurveFacts {
    let mut stats = Statistics::default();
    let at = |row: usize| match index {
        Some(Values::Number(values)) => values.get(row).copied().filter(|depth| !depth.is_nan()),
        _ => None,
    };
    match &column.values {
        Values::Number(values) => {
            for (row, value) in values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
                stats.min = Some(stats.min.map_or(*value, |min| min.min(*value)));
                stats.max = Some(stats.max.map_or(*value, |max| max.max(*value)));
                stats.sum += value;
                stats.add(at(row));
            }
        }
        Values::Text(texts) => {
            for (row, _) in texts.iter().enumerate().filter(|(_, text)| text.is_some()) {
                stats.add(at(row));
            }
        }
    }
    let definition = &column.definition;
    CurveFacts {
        ordinal,
        mnemonic: definition.mnemonic.clone(),
        column: name.to_owned(),
        unit: definition.unit.clone(),
        description: definition.description.clone(),
        text: matches!(column.values, Values::Text(_)),
        count: stats.count,
        min: stats.min,
        max: stats.max,
        mean: stats.min.map(|_| stats.sum / stats.count as f64).filter(|mean| mean.is_finite()),
        top: stats.top,
        base: stats.base,
    }
}

#[derive(Default)]
struct Statistics {
    count: u64,
    min: Option<f64>,
    max: Option<f64>,
    /// Added up in file order, so that it is the same everywhere.
    sum: f64,
    top: Option<f64>,
    base: Option<f64>,
}

impl Statistics {
    /// Counts one value at an index; a row without index has no place.
    fn add(&mut self, at: Option<f64>) {
        self.count += 1;
        self.top = self.top.or(at);
        self.base = at.or(self.base);
    }
}
