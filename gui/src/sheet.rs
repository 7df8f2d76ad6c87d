//! A table that came from the node: record batches as they arrived, read cell by cell.
//!
//! Nothing is copied: a sheet of a million rows costs what its Arrow columns cost. Cells are turned
//! into text only when they are drawn, copied or compared.

pub mod arrange;
pub mod filter;
pub mod incoming;

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{Array, AsArray as _, RecordBatch};
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, SchemaRef, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow::util::display::array_value_to_string;

use crate::format::NOTHING;

/// A table in batches.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    schema: Option<SchemaRef>,
    batches: Arc<Vec<RecordBatch>>,
    /// The row each batch begins with.
    starts: Vec<usize>,
    rows: usize,
}

impl Sheet {
    /// Returns one of these batches, which have one schema.
    #[must_use]
    pub fn of(batches: Vec<RecordBatch>) -> Self {
        let mut sheet = Self::default();
        for batch in batches {
            sheet.push(batch);
        }
        sheet
    }

    /// Notes the columns, before the first rows come.
    pub fn set_schema(&mut self, schema: SchemaRef) {
        self.schema = Some(schema);
    }

    /// Adds rows.
    pub fn push(&mut self, batch: RecordBatch) {
        self.schema.get_or_insert_with(|| batch.schema());
        if batch.num_rows() > 0 {
            self.starts.push(self.rows);
            self.rows += batch.num_rows();
            Arc::make_mut(&mut self.batches).push(batch);
        }
    }

    /// Returns how many rows there are.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Returns how many columns there are.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.schema.as_ref().map_or(0, |schema| schema.fields().len())
    }

    /// Whether it is known which columns there are.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.schema.is_some()
    }

    /// Returns the name of a column.
    #[must_use]
    pub fn name(&self, column: usize) -> &str {
        self.schema.as_ref().and_then(|schema| schema.fields().get(column)).map_or("", |field| field.name())
    }

    /// Returns the column of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        (0..self.columns()).find(|&column| self.name(column) == name)
    }

    /// Whether a column holds numbers.
    #[must_use]
    pub fn is_number(&self, column: usize) -> bool {
        let schema = self.schema.as_ref();
        schema.and_then(|schema| schema.fields().get(column)).is_some_and(|field| field.data_type().is_numeric())
    }

    /// Returns the type of a column, as SQL people know it.
    #[must_use]
    pub fn kind(&self, column: usize) -> String {
        let schema = self.schema.as_ref();
        schema.and_then(|schema| schema.fields().get(column)).map_or_else(String::new, |field| kind(field.data_type()))
    }

    /// Returns the batches, each with the row it begins with.
    pub fn parts(&self) -> impl Iterator<Item = (usize, &RecordBatch)> {
        self.starts.iter().copied().zip(self.batches.iter())
    }

    /// Returns a cell as a number; none for null and for what is no number.
    #[must_use]
    pub fn number(&self, row: usize, column: usize) -> Option<f64> {
        let (array, row) = self.cell(row, column)?;
        number_at(array, row)
    }

    /// Returns a cell as text, exactly; none for null.
    #[must_use]
    pub fn text(&self, row: usize, column: usize) -> Option<String> {
        let (array, row) = self.cell(row, column)?;
        text_at(array, row)
    }

    /// Returns a cell as it is shown.
    #[must_use]
    pub fn shown(&self, row: usize, column: usize) -> String {
        self.text(row, column).unwrap_or_else(|| NOTHING.to_owned())
    }

    /// Returns all numbers of a column, NaN where there is none.
    #[must_use]
    pub fn numbers(&self, column: usize) -> Vec<f64> {
        let mut found = Vec::with_capacity(self.rows);
        for batch in self.batches.iter() {
            let Some(array) = batch.columns().get(column) else { continue };
            found.extend((0..array.len()).map(|row| number_at(array.as_ref(), row).unwrap_or(f64::NAN)));
        }
        found
    }

    /// Returns rows and columns as tab-separated text with a head: null is empty, and what would break
    /// the form is a blank.
    #[must_use]
    pub fn tsv(&self, rows: impl Iterator<Item = usize>, columns: &[usize], heads: &[String]) -> String {
        let mut text = heads.iter().map(|head| one_cell(head)).collect::<Vec<_>>().join("\t");
        for row in rows {
            text.push('\n');
            for (place, &column) in columns.iter().enumerate() {
                if place > 0 {
                    text.push('\t');
                }
                text.push_str(&one_cell(&self.text(row, column).unwrap_or_default()));
            }
        }
        text
    }

    fn cell(&self, row: usize, column: usize) -> Option<(&dyn Array, usize)> {
        if row >= self.rows {
            return None;
        }
        let part = self.starts.partition_point(|&start| start <= row).checked_sub(1)?;
        let array = self.batches.get(part)?.columns().get(column)?;
        Some((array.as_ref(), row - self.starts.get(part)?))
    }
}

fn one_cell(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}

fn kind(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Float32 | DataType::Float64 => "number".to_owned(),
        DataType::Boolean => "true or false".to_owned(),
        DataType::Timestamp(..) => "time".to_owned(),
        other if other.is_integer() => "whole number".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}

/// Returns a cell of an array as a number.
#[expect(clippy::cast_precision_loss, reason = "whole numbers above 2^53 are only compared, never shown so")]
pub(crate) fn number_at(array: &dyn Array, row: usize) -> Option<f64> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row),
        DataType::Float32 => f64::from(array.as_primitive::<Float32Type>().value(row)),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row) as f64,
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row) as f64,
        DataType::Int32 => f64::from(array.as_primitive::<Int32Type>().value(row)),
        DataType::UInt32 => f64::from(array.as_primitive::<UInt32Type>().value(row)),
        DataType::Int16 => f64::from(array.as_primitive::<Int16Type>().value(row)),
        DataType::UInt16 => f64::from(array.as_primitive::<UInt16Type>().value(row)),
        DataType::Int8 => f64::from(array.as_primitive::<Int8Type>().value(row)),
        DataType::UInt8 => f64::from(array.as_primitive::<UInt8Type>().value(row)),
        other if other.is_numeric() => array_value_to_string(array, row).ok()?.parse().ok()?,
        _ => return None,
    })
}

/// Returns a cell of an array as text.
pub(crate) fn text_at(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).to_owned(),
        DataType::Utf8View => array.as_string_view().value(row).to_owned(),
        DataType::Float64 => real(array.as_primitive::<Float64Type>().value(row)),
        _ => array_value_to_string(array, row).ok()?,
    })
}

/// Returns a number as the shortest text that reads back as the same number.
fn real(number: f64) -> String {
    let magnitude = number.abs();
    let mut text = String::new();
    let plain = magnitude == 0.0 || !number.is_finite() || (1e-5..1e15).contains(&magnitude);
    let written = if plain { write!(text, "{number}") } else { write!(text, "{number:e}") };
    debug_assert!(written.is_ok(), "text grows");
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};

    use super::Sheet;

    /// Returns a batch of depth, text and whole number.
    pub(crate) fn batch(rows: &[(Option<f64>, Option<&str>, i64)]) -> RecordBatch {
        let depth: Float64Array = rows.iter().map(|row| row.0).collect();
        let text: StringArray = rows.iter().map(|row| row.1).collect();
        let number: Int64Array = rows.iter().map(|row| Some(row.2)).collect();
        let depth: ArrayRef = Arc::new(depth);
        let columns =
            [("depth", depth), ("text", Arc::new(text) as ArrayRef), ("number", Arc::new(number) as ArrayRef)];
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
    }

    fn sheet() -> Sheet {
        Sheet::of(vec![
            batch(&[(Some(1000.1524), Some("a\tb"), 1), (None, None, 2)]),
            batch(&[]),
            batch(&[(Some(1e300), Some("c"), -3)]),
        ])
    }

    #[test]
    fn cells_are_found_over_batches() {
        let sheet = sheet();
        assert_eq!((sheet.rows(), sheet.columns()), (3, 3));
        assert_eq!(sheet.text(0, 0).as_deref(), Some("1000.1524"));
        assert_eq!(sheet.number(2, 2), Some(-3.0));
        assert_eq!(sheet.text(2, 1).as_deref(), Some("c"));
        assert_eq!(sheet.number(2, 1), None, "text is no number");
        assert_eq!(sheet.text(3, 0), None);
        assert_eq!(sheet.find("number"), Some(2));
        assert!(sheet.is_number(0) && !sheet.is_number(1));
    }

    #[test]
    fn null_is_shown_as_a_dash_and_copied_as_nothing() {
        let sheet = sheet();
        assert_eq!(sheet.shown(1, 0), "–");
        assert_eq!(sheet.shown(2, 0), "1e300");
        let heads = ["Depth, m".to_owned(), "Text".to_owned()];
        assert_eq!(sheet.tsv(0..2, &[0, 1], &heads), "Depth, m\tText\n1000.1524\ta b\n\t");
        assert!(sheet.numbers(0)[1].is_nan());
    }
}
