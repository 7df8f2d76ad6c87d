//! The values of a column, counted piece by piece: the pages of the file, or its row groups.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray as _};
use arrow::datatypes::{DataType, Float64Type};

use super::refused;
use crate::worker::child::Stop;

/// What some rows of a column hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Span {
    /// Rows without a value.
    pub(super) nulls: u64,
    /// Rows.
    pub(super) rows: u64,
    numbers: Option<(f64, f64)>,
    texts: Option<(Vec<u8>, Vec<u8>)>,
    first: Option<f64>,
    last: Option<f64>,
    falls: bool,
    rises: bool,
}

impl Span {
    /// Returns the smallest and the largest number.
    pub(super) const fn number_range(&self) -> Option<(f64, f64)> {
        self.numbers
    }

    /// Returns the first and the last text, as bytes are ordered.
    pub(super) fn text_range(&self) -> Option<(&[u8], &[u8])> {
        self.texts.as_ref().map(|(min, max)| (min.as_slice(), max.as_slice()))
    }

    /// Whether the numbers come in an order, and none is missing.
    pub(super) const fn is_sorted(&self, descending: bool) -> bool {
        self.nulls == 0 && !(if descending { self.rises } else { self.falls })
    }

    fn add_number(&mut self, number: f64) {
        let (min, max) = self.numbers.unwrap_or((number, number));
        self.numbers = Some((min.min(number), max.max(number)));
        self.step(Some(number));
        self.last = Some(number);
        self.first = self.first.or(self.last);
    }

    /// Notes whether the numbers rise or fall to the next one.
    fn step(&mut self, next: Option<f64>) {
        if let (Some(last), Some(next)) = (self.last, next) {
            self.rises |= next > last;
            self.falls |= next < last;
        }
    }

    fn add_text(&mut self, text: &[u8]) {
        match &mut self.texts {
            None => self.texts = Some((text.to_vec(), text.to_vec())),
            Some((min, max)) => {
                if text < min.as_slice() {
                    *min = text.to_vec();
                } else if text > max.as_slice() {
                    *max = text.to_vec();
                }
            }
        }
    }

    /// Takes the rows that follow.
    pub(super) fn append(&mut self, next: &Self) {
        self.nulls += next.nulls;
        self.rows += next.rows;
        self.rises |= next.rises;
        self.falls |= next.falls;
        self.step(next.first);
        self.first = self.first.or(next.first);
        self.last = next.last.or(self.last);
        if let Some((min, max)) = next.numbers {
            let (own_min, own_max) = self.numbers.unwrap_or((min, max));
            self.numbers = Some((own_min.min(min), own_max.max(max)));
        }
        if let Some((min, max)) = &next.texts {
            self.add_text(min);
            self.add_text(max);
        }
    }
}

/// A column's spans, in row order.
#[derive(Debug)]
pub(super) struct Tally {
    pieces: Vec<Range<u64>>,
    spans: Vec<Span>,
    /// The piece that the next row belongs to.
    at: usize,
}

impl Tally {
    /// Returns one for pieces that follow each other without a gap.
    pub(super) fn new(pieces: Vec<Range<u64>>) -> Self {
        let spans = vec![Span::default(); pieces.len()];
        Self { pieces, spans, at: 0 }
    }

    /// Counts the values of the rows from `row` on; batches come in order.
    pub(super) fn add(&mut self, row: u64, array: &ArrayRef) -> Result<(), Stop> {
        let mut from = 0;
        while from < array.len() {
            let at = row + from as u64;
            while self.pieces.get(self.at).is_some_and(|piece| piece.end <= at) {
                self.at += 1;
            }
            let (Some(piece), Some(span)) = (self.pieces.get(self.at), self.spans.get_mut(self.at)) else {
                return Err(refused("more rows than the footer says"));
            };
            let left = usize::try_from(piece.end - at).unwrap_or(usize::MAX);
            let count = left.min(array.len() - from);
            add_slice(span, &array.slice(from, count))?;
            from += count;
        }
        Ok(())
    }

    /// Returns the spans.
    pub(super) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Returns what all rows hold.
    pub(super) fn whole(&self) -> Span {
        merge(&self.spans)
    }
}

/// Returns what some spans hold together.
pub(super) fn merge(spans: &[Span]) -> Span {
    let mut whole = Span::default();
    spans.iter().for_each(|span| whole.append(span));
    whole
}

fn add_slice(span: &mut Span, array: &ArrayRef) -> Result<(), Stop> {
    span.rows += array.len() as u64;
    span.nulls += array.null_count() as u64;
    match array.data_type() {
        DataType::Float64 => {
            for number in array.as_primitive::<Float64Type>().iter().flatten() {
                if number.is_nan() {
                    return Err(refused("a column with NaN where a null should be"));
                }
                span.add_number(number);
            }
        }
        _ => array.as_string::<i32>().iter().flatten().for_each(|text| span.add_text(text.as_bytes())),
    }
    Ok(())
}
