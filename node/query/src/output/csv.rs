//! Batches as CSV: a header, null as nothing, and text that no spreadsheet runs.

use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::csv;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::Sink;
use crate::formula::defuse;

/// What becomes of text that a spreadsheet would run as a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formulas {
    /// It begins with an apostrophe; [`restore`](crate::formula::restore) takes it off again.
    Defused,
    /// It is written as it is.
    AsTheyAre,
}

/// Writes batches of one schema as CSV.
#[derive(Debug)]
pub struct CsvWriter<W: Write> {
    writer: csv::Writer<W>,
    schema: SchemaRef,
    formulas: Formulas,
}

impl<W: Write> CsvWriter<W> {
    /// Starts with the header, which is there also when no rows follow.
    ///
    /// # Errors
    /// When it cannot be written, or a column is of a kind that CSV has no form for, such as lists.
    pub fn new(out: W, schema: &Schema, formulas: Formulas) -> Result<Self, ArrowError> {
        if let Some(field) = schema.fields().iter().find(|field| field.data_type().is_nested()) {
            let name = field.name();
            let told = format!(
                "column {name} has lists or maps, for which there is no form; array_to_string makes text of a list"
            );
            return Err(ArrowError::CsvError(told));
        }
        let field = |field: &Field| {
            let name = guarded(field.name(), formulas).into_owned();
            let kind = if is_text(field.data_type()) { DataType::Utf8 } else { field.data_type().clone() };
            Field::new(name, kind, true)
        };
        let schema = Arc::new(Schema::new(schema.fields().iter().map(|one| field(one)).collect::<Vec<_>>()));
        let mut writer = csv::WriterBuilder::new().with_header(true).build(out);
        writer.write(&RecordBatch::new_empty(Arc::clone(&schema)))?;
        Ok(Self { writer, schema, formulas })
    }

    /// Writes the rows of a batch.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        let columns = batch.columns().iter().map(|column| self.column(column)).collect::<Result<Vec<_>, _>>()?;
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    fn column(&self, column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        if !is_text(column.data_type()) {
            return Ok(Arc::clone(column));
        }
        let column = cast(column, &DataType::Utf8)?;
        let texts = column.as_string::<i32>();
        let needed =
            |text: Option<&str>| text.is_some_and(|text| matches!(guarded(text, self.formulas), Cow::Owned(_)));
        if !texts.iter().any(needed) {
            return Ok(column);
        }
        let texts = texts.iter().map(|text| text.map(|text| guarded(text, self.formulas)));
        Ok(Arc::new(texts.collect::<StringArray>()))
    }
}

fn guarded(text: &str, formulas: Formulas) -> Cow<'_, str> {
    match formulas {
        Formulas::Defused => defuse(text),
        Formulas::AsTheyAre => Cow::Borrowed(text),
    }
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// CSV as one of the formats.
pub(super) struct Csv<W: Write>(CsvWriter<W>);

impl<W: Write> Csv<W> {
    pub(super) fn new(out: W, schema: &Schema, formulas: Formulas) -> Result<Self, ArrowError> {
        CsvWriter::new(out, schema, formulas).map(Self)
    }
}

impl<W: Write + Send> Sink for Csv<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<usize, ArrowError> {
        self.0.write(batch)?;
        Ok(batch.num_rows())
    }

    fn finish(self: Box<Self>) -> Result<(), ArrowError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{DictionaryArray, Float64Array, StringViewArray};
    use arrow::datatypes::Int32Type;

    use super::*;

    fn text(columns: Vec<(&str, ArrayRef)>, formulas: Formulas) -> String {
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)));
        let batch = batch.unwrap();
        let mut out = Vec::new();
        CsvWriter::new(&mut out, &batch.schema(), formulas).unwrap().write(&batch).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn texts_and_names_are_defused_and_numbers_are_not() {
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![Some(-1.5), None, Some(2.0)]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("=1+1"), None, Some("-2")]));
        let columns = || vec![("value", Arc::clone(&numbers)), ("=name", Arc::clone(&texts))];
        assert_eq!(text(columns(), Formulas::Defused), "value,'=name\n-1.5,'=1+1\n,\n2.0,-2\n");
        assert_eq!(text(columns(), Formulas::AsTheyAre), "value,=name\n-1.5,=1+1\n,\n2.0,-2\n");
    }

    #[test]
    fn lists_are_refused_before_the_header() {
        let list = DataType::new_list(DataType::Float64, true);
        let schema = Schema::new(vec![Field::new("a", DataType::Utf8, true), Field::new("b", list, true)]);
        let mut out = Vec::new();
        let error = CsvWriter::new(&mut out, &schema, Formulas::Defused).unwrap_err().to_string();
        assert!(error.contains("column b has lists") && out.is_empty(), "{error}");
    }

    #[test]
    fn every_kind_of_text_is_defused() {
        let view: ArrayRef = Arc::new(StringViewArray::from(vec!["@a", "b"]));
        let repeated: ArrayRef = Arc::new(vec!["+a+b", "c"].into_iter().collect::<DictionaryArray<Int32Type>>());
        let large: ArrayRef = Arc::new(arrow::array::LargeStringArray::from(vec!["\"=x", "d"]));
        let written = text(vec![("v", view), ("r", repeated), ("l", large)], Formulas::Defused);
        assert_eq!(written, "v,r,l\n'@a,'+a+b,\"'\"\"=x\"\nb,c,d\n");
    }
}
