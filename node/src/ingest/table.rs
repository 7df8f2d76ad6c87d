//! A data set as an Arrow table: the index column first, then one column per curve.
//!
//! Values are as delivered: doubles or text, null where the source has none, never a sentinel or
//! NaN. The mnemonic is a label and may repeat, so a column has a name of its own: lower case,
//! safe in SQL, unique. What the `~C` line says goes into the field's metadata.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use dataforge_las::{Column, DataSet, Values};

#[cfg(test)]
mod tests;

/// Most curves of one data set, index not counted.
pub const MAX_CURVES: usize = 4_096;

/// Longest column name in characters, before a number is added.
pub const MAX_NAME_CHARS: usize = 64;

/// Field metadata: the mnemonic as delivered.
pub const MNEMONIC: &str = "dataforge.mnemonic";
/// Field metadata: the unit as delivered.
pub const UNIT: &str = "dataforge.unit";
/// Field metadata: the description as delivered.
pub const DESCRIPTION: &str = "dataforge.description";
/// Field metadata: the position in the data set; the index is 0.
pub const ORDINAL: &str = "dataforge.ordinal";

/// A data set does not make a table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// There is not even an index.
    #[error("data set at line {line} has no columns")]
    NoColumns {
        /// 1-based line of the section title.
        line: u32,
    },
    /// There are more curves than a run may have.
    #[error("data set at line {line} has {curves} curves, at most {MAX_CURVES} are taken")]
    TooManyCurves {
        /// 1-based line of the section title.
        line: u32,
        /// Curves found.
        curves: usize,
    },
    /// A column has more or fewer values than the data set has rows.
    #[error("column {ordinal} of the data set at line {line} has {found} values for {rows} rows")]
    Ragged {
        /// 1-based line of the section title.
        line: u32,
        /// Position of the column; the index is 0.
        ordinal: usize,
        /// Values found.
        found: usize,
        /// Rows of the data set.
        rows: usize,
    },
    /// The text of one column is larger than a column can hold.
    #[error("column {ordinal} of the data set at line {line} has more than 2 GiB of text")]
    TooMuchText {
        /// 1-based line of the section title.
        line: u32,
        /// Position of the column; the index is 0.
        ordinal: usize,
    },
    /// Arrow refused the table.
    #[error("data set at line {line} does not fit an arrow table")]
    Arrow {
        /// 1-based line of the section title.
        line: u32,
        /// What Arrow says.
        source: arrow::error::ArrowError,
    },
}

/// Returns the data set as a table.
///
/// # Errors
/// When it has no columns, too many of them, or columns of different length.
pub fn record_batch(data: &DataSet) -> Result<RecordBatch, TableError> {
    let line = data.line;
    let Some(curves) = data.columns.len().checked_sub(1) else {
        return Err(TableError::NoColumns { line });
    };
    if curves > MAX_CURVES {
        return Err(TableError::TooManyCurves { line, curves });
    }
    let names = column_names(data.columns.iter().map(|column| &*column.definition.mnemonic));
    let mut fields = Vec::with_capacity(names.len());
    let mut arrays = Vec::with_capacity(names.len());
    for (ordinal, (column, name)) in data.columns.iter().zip(names).enumerate() {
        let array =
            array(&column.values).ok_or(TableError::TooMuchText { line, ordinal }).and_then(|array| {
                match array.len() {
                    found if found == data.rows => Ok(array),
                    found => Err(TableError::Ragged { line, ordinal, found, rows: data.rows }),
                }
            })?;
        fields.push(field(name, ordinal, column, array.data_type()));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|source| TableError::Arrow { line, source })
}

/// Returns the Arrow field of a column, its header line kept as metadata.
fn field(name: String, ordinal: usize, column: &Column, kind: &DataType) -> Field {
    let definition = &column.definition;
    Field::new(name, kind.clone(), true).with_metadata(HashMap::from([
        (MNEMONIC.to_owned(), definition.mnemonic.clone()),
        (UNIT.to_owned(), definition.unit.clone()),
        (DESCRIPTION.to_owned(), definition.description.clone()),
        (ORDINAL.to_owned(), ordinal.to_string()),
    ]))
}

/// Returns the values as an Arrow array; `None` for more text than 32-bit offsets reach.
fn array(values: &Values) -> Option<ArrayRef> {
    match values {
        Values::Number(numbers) => {
            let valid: Vec<bool> = numbers.iter().map(|number| !number.is_nan()).collect();
            let nulls = Some(NullBuffer::from(valid)).filter(|nulls| nulls.null_count() > 0);
            // The slot under a null is zero, so that no two NaN payloads make a difference.
            let numbers: ScalarBuffer<f64> =
                numbers.iter().map(|&number| if number.is_nan() { 0.0 } else { number }).collect();
            Some(Arc::new(Float64Array::new(numbers, nulls)))
        }
        Values::Text(texts) => {
            let bytes: usize = texts.iter().flatten().map(String::len).sum();
            i32::try_from(bytes).ok()?;
            Some(Arc::new(StringArray::from_iter(texts.iter().map(Option::as_deref))))
        }
    }
}

/// Returns a unique column name for each mnemonic, in order.
///
/// The first bearer of a name keeps it; repeats get `_2`, `_3`…, passing over names that another
/// mnemonic of the data set has by itself.
pub fn column_names<'a>(mnemonics: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let plain: Vec<String> = mnemonics.into_iter().map(column_name).collect();
    let own: BTreeSet<&str> = plain.iter().map(String::as_str).collect();
    let mut given = BTreeSet::new();
    // The number to try next for a name, so that thousands of repeats stay cheap.
    let mut next: HashMap<&str, usize> = HashMap::new();
    let mut names = Vec::with_capacity(plain.len());
    for name in &plain {
        let unique = if given.insert(name.clone()) {
            name.clone()
        } else {
            let number = next.entry(name).or_insert(2);
            loop {
                let candidate = format!("{name}_{number}");
                *number += 1;
                if !own.contains(&*candidate) && given.insert(candidate.clone()) {
                    break candidate;
                }
            }
        };
        names.push(unique);
    }
    names
}

/// Returns the column name of one mnemonic: lower-case letters, digits and `_`, not first a digit.
///
/// Letters of any script stay letters; a mnemonic without letter or digit becomes `unknown`.
#[must_use]
pub fn column_name(mnemonic: &str) -> String {
    let mut name: String = mnemonic
        .trim()
        .chars()
        .flat_map(char::to_lowercase)
        .map(|ch| if ch.is_alphabetic() || ch.is_ascii_digit() { ch } else { '_' })
        .take(MAX_NAME_CHARS)
        .collect();
    if name.chars().all(|ch| ch == '_') {
        "unknown".clone_into(&mut name);
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}
