//! How large a result has become, and how large it may.

use arrow::array::{Array as _, ArrayData, ArrayRef, AsArray as _, RecordBatch};
use arrow::datatypes::DataType;

use super::Question;
use crate::error::{QueryError, QueryErrorKind};
use crate::limits::Limits;

/// Bytes of a text that a view holds itself.
const IN_VIEW: usize = 12;

/// A bound and who set it.
#[derive(Debug, Clone, Copy)]
struct Bound {
    most: u64,
    is_asked: bool,
}

impl Bound {
    /// The tighter one of what was asked for and what is set.
    fn of(asked: Option<u64>, set: Option<u64>) -> Option<Self> {
        match (asked, set) {
            (Some(asked), set) if set.is_none_or(|set| asked <= set) => Some(Self { most: asked, is_asked: true }),
            (_, set) => set.map(|most| Self { most, is_asked: false }),
        }
    }

    fn exceeded(self, unit: &str, setting: &str) -> QueryError {
        let how = if self.is_asked {
            format!("raise --max-{unit}")
        } else {
            format!("dataforge config set {setting} raises it")
        };
        let message = format!(
            "the result has more than {} {unit}, its limit: add LIMIT, aggregate, or select fewer columns; {how}",
            self.most
        );
        QueryError::new(QueryErrorKind::Limit, message)
    }
}

/// Counts a result while it is sent.
#[derive(Debug)]
pub(super) struct Meter {
    max_rows: Option<Bound>,
    max_bytes: Option<Bound>,
    rows: u64,
    bytes: u64,
}

impl Meter {
    pub(super) fn new(question: &Question, limits: &Limits) -> Self {
        Self {
            max_rows: Bound::of(question.rows, limits.max_rows),
            max_bytes: Bound::of(question.bytes, limits.max_result_bytes),
            rows: 0,
            bytes: 0,
        }
    }

    /// Counts a batch.
    ///
    /// # Errors
    /// When the result has more than it may with it.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), QueryError> {
        self.rows = self.rows.saturating_add(batch.num_rows() as u64);
        if let Some(bound) = self.max_rows.filter(|bound| self.rows > bound.most) {
            return Err(bound.exceeded("rows", "query.max_rows"));
        }
        let Some(bound) = self.max_bytes else { return Ok(()) };
        self.bytes = self.bytes.saturating_add(size(batch));
        if self.bytes > bound.most { Err(bound.exceeded("bytes", "query.max_result_bytes")) } else { Ok(()) }
    }
}

/// Bytes of the rows of a batch, without what its columns are cut from.
pub(super) fn size(batch: &RecordBatch) -> u64 {
    batch.columns().iter().map(bytes_of).sum()
}

/// Bytes of the values of a column, without what it is cut from.
pub(super) fn bytes_of(column: &ArrayRef) -> u64 {
    let data = column.to_data();
    let bytes = data.get_slice_memory_size().unwrap_or_else(|_unknown| column.get_array_memory_size());
    (bytes as u64).saturating_add(beside(column))
}

/// Bytes of texts that stand beside the views of them, which Arrow's size of a column leaves out.
pub(super) fn beside(column: &ArrayRef) -> u64 {
    let long = |bytes: usize| if bytes > IN_VIEW { bytes as u64 } else { 0 };
    match column.data_type() {
        DataType::Utf8View => column.as_string_view().iter().flatten().map(|text| long(text.len())).sum(),
        DataType::BinaryView => column.as_binary_view().iter().flatten().map(|bytes| long(bytes.len())).sum(),
        _ => column.to_data().child_data().iter().map(shared).sum(),
    }
}

/// The same within other values, where it may be more than those have.
fn shared(data: &ArrayData) -> u64 {
    let is_view = matches!(data.data_type(), DataType::Utf8View | DataType::BinaryView);
    let buffers = data.buffers().iter().skip(1).filter(|_| is_view);
    let own: u64 = buffers.map(|buffer| buffer.len() as u64).sum();
    own.saturating_add(data.child_data().iter().map(shared).sum())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, ListArray, StringViewArray};
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::Field;

    use super::*;

    fn batch() -> RecordBatch {
        let numbers = Int64Array::from_iter_values(0..100);
        RecordBatch::try_from_iter([("n", Arc::new(numbers) as _)]).unwrap().slice(10, 10)
    }

    #[test]
    fn the_tighter_bound_counts_and_says_who_set_it() {
        let question = Question { rows: Some(25), ..Question::from("select 1") };
        let limits = Limits { max_rows: Some(15), ..Limits::default() };
        let mut meter = Meter::new(&question, &limits);
        meter.add(&batch()).unwrap();
        let error = meter.add(&batch()).unwrap_err();
        assert_eq!(error.kind, QueryErrorKind::Limit);
        assert!(error.message.contains("15 rows") && error.message.contains("query.max_rows"), "{error}");

        let mut meter = Meter::new(&question, &Limits::default());
        meter.add(&batch()).unwrap();
        meter.add(&batch()).unwrap();
        let error = meter.add(&batch()).unwrap_err();
        assert!(error.message.contains("25 rows") && error.message.contains("--max-rows"), "{error}");
    }

    #[test]
    fn bytes_are_those_of_the_rows_that_are_sent() {
        let question = Question { bytes: Some(170), ..Question::from("select 1") };
        let mut meter = Meter::new(&question, &Limits::default());
        meter.add(&batch()).unwrap();
        meter.add(&batch()).unwrap();
        let error = meter.add(&batch()).unwrap_err();
        assert!(error.message.contains("170 bytes"), "{error}");
    }

    #[test]
    fn texts_beside_their_views_count() {
        let long = "x".repeat(1_000);
        let views: ArrayRef = Arc::new(StringViewArray::from(vec![Some("short"), None, Some(long.as_str())]));
        assert!((1_048..1_060).contains(&bytes_of(&views)), "{}", bytes_of(&views));
        assert!(bytes_of(&views.slice(0, 2)) < 60, "what was cut off does not");
        let item = Arc::new(Field::new_list_field(DataType::Utf8View, true));
        let lists: ArrayRef = Arc::new(ListArray::new(item, OffsetBuffer::from_lengths([3]), views, None));
        assert!(bytes_of(&lists) >= 1_000, "{}", bytes_of(&lists));
    }
}
