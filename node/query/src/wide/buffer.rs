//! Rows of one run that were read and not yet passed, in order of depth.

use std::cmp::Ordering;
use std::ops::Range;

use arrow::array::{Array as _, ArrayRef, AsArray as _, UInt32Array, new_empty_array};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::error::Result;

/// Rows by depth; of equal depths in the order of the table.
#[derive(Debug)]
pub(super) struct Buffer {
    depths: Vec<f64>,
    /// Numbers of the rows in the table.
    numbers: Vec<u64>,
    columns: Vec<ArrayRef>,
    /// Rows in front that were passed.
    passed: usize,
}

/// Rows to be added: depths, their numbers, and one array a column.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) depths: Vec<f64>,
    pub(super) numbers: Vec<u64>,
    pub(super) columns: Vec<ArrayRef>,
}

impl Buffer {
    /// Makes an empty one with columns of these types.
    pub(super) fn new<'a>(types: impl IntoIterator<Item = &'a DataType>) -> Self {
        let columns = types.into_iter().map(new_empty_array).collect();
        Self { depths: Vec::new(), numbers: Vec::new(), columns, passed: 0 }
    }

    /// Returns the depths of the rows that were not passed.
    pub(super) fn depths(&self) -> &[f64] {
        &self.depths[self.passed..]
    }

    /// Returns the bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        let columns: usize = self.columns.iter().map(|column| column.get_array_memory_size()).sum();
        columns + self.depths.capacity() * size_of::<f64>() + self.numbers.capacity() * size_of::<u64>()
    }

    /// Passes rows at the front.
    pub(super) fn pass(&mut self, rows: usize) {
        self.passed = (self.passed + rows).min(self.depths.len());
    }

    /// Adds rows, which may lie anywhere among those that were not passed.
    pub(super) fn add(&mut self, rows: Rows) -> Result<()> {
        if rows.depths.is_empty() {
            return Ok(());
        }
        let left = self.depths.len() - self.passed;
        self.depths.drain(..self.passed);
        self.numbers.drain(..self.passed);
        self.depths.extend(rows.depths);
        self.numbers.extend(rows.numbers);
        let mut columns = Vec::with_capacity(rows.columns.len());
        for (at, new) in rows.columns.into_iter().enumerate() {
            columns.push(match self.columns.get(at) {
                Some(old) if left > 0 => concat(&[old.slice(self.passed, left).as_ref(), new.as_ref()])?,
                _ => new,
            });
        }
        self.columns = columns;
        self.passed = 0;
        self.sort()
    }

    fn sort(&mut self) -> Result<()> {
        let by_depth = |one: usize, other: usize| {
            let depths = self.depths[one].total_cmp(&self.depths[other]);
            depths.then_with(|| self.numbers[one].cmp(&self.numbers[other]))
        };
        if (1..self.depths.len()).all(|row| by_depth(row - 1, row) == Ordering::Less) {
            return Ok(());
        }
        let mut order: Vec<usize> = (0..self.depths.len()).collect();
        order.sort_unstable_by(|one, other| by_depth(*one, *other));
        let depths = order.iter().map(|row| self.depths[*row]).collect();
        let numbers = order.iter().map(|row| self.numbers[*row]).collect();
        // More rows than these do not fit into memory.
        let rows: UInt32Array = order.iter().map(|row| u32::try_from(*row).ok()).collect();
        let columns = self.columns.iter().map(|column| take(column, &rows, None));
        self.columns = columns.collect::<std::result::Result<_, _>>()?;
        (self.depths, self.numbers) = (depths, numbers);
        Ok(())
    }

    /// Returns the position in a column of the first value of some rows, counted from those not passed;
    /// none when all of them are null.
    pub(super) fn first_value(&self, column: usize, rows: Range<usize>) -> Option<usize> {
        let array = &self.columns[column];
        rows.map(|row| row + self.passed).find(|&row| array.is_valid(row))
    }

    /// Returns values at positions as [`Buffer::first_value`] gives them; null where there is none.
    pub(super) fn values(&self, column: usize, positions: &[Option<usize>]) -> Result<ArrayRef> {
        let rows = positions.iter().map(|position| position.and_then(|row| u32::try_from(row).ok()));
        Ok(take(&self.columns[column], &rows.collect::<UInt32Array>(), None)?)
    }

    /// Returns the samples of a column of numbers among some rows, counted from those not passed: depths,
    /// strictly ascending, and values; of equal depths the first with a value.
    pub(super) fn samples(&self, column: usize, rows: Range<usize>) -> (Vec<f64>, Vec<f64>) {
        let (mut depths, mut values) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let numbers = self.columns[column].as_primitive::<Float64Type>();
        for row in rows.start + self.passed..rows.end + self.passed {
            let depth = self.depths[row];
            if numbers.is_valid(row) && depths.last() != Some(&depth) {
                depths.push(depth);
                values.push(numbers.value(row));
            }
        }
        (depths, values)
    }

    /// Returns where a column has values among some rows, counted from those not passed: depths, strictly
    /// ascending, and positions as [`Buffer::first_value`] gives them.
    pub(super) fn places(&self, column: usize, rows: Range<usize>) -> (Vec<f64>, Vec<usize>) {
        let (mut depths, mut positions) = (Vec::new(), Vec::new());
        let array = &self.columns[column];
        for row in rows.start + self.passed..rows.end + self.passed {
            let depth = self.depths[row];
            if array.is_valid(row) && depths.last() != Some(&depth) {
                depths.push(depth);
                positions.push(row);
            }
        }
        (depths, positions)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Float64Array;

    use super::*;

    fn rows(rows: &[(f64, u64, Option<f64>)]) -> Rows {
        let values: Float64Array = rows.iter().map(|(_, _, value)| *value).collect();
        Rows {
            depths: rows.iter().map(|(depth, ..)| *depth).collect(),
            numbers: rows.iter().map(|(_, number, _)| *number).collect(),
            columns: vec![Arc::new(values)],
        }
    }

    #[test]
    fn rows_that_come_from_below_are_put_in_order() {
        let mut buffer = Buffer::new([&DataType::Float64]);
        buffer.add(rows(&[(5.0, 10, Some(1.0)), (4.0, 11, None), (4.0, 12, Some(3.0))])).unwrap();
        assert_eq!(buffer.depths(), [4.0, 4.0, 5.0]);
        assert_eq!(buffer.samples(0, 0..3), (vec![4.0, 5.0], vec![3.0, 1.0]));
        assert_eq!(buffer.first_value(0, 0..1), None);
        buffer.pass(2);
        // A row of an earlier part of the table comes first among equal depths.
        buffer.add(rows(&[(5.0, 2, Some(7.0)), (6.0, 1, Some(8.0))])).unwrap();
        assert_eq!(buffer.depths(), [5.0, 5.0, 6.0]);
        assert_eq!(buffer.samples(0, 0..3), (vec![5.0, 6.0], vec![7.0, 8.0]));
        let first = buffer.first_value(0, 0..2);
        let values = buffer.values(0, &[first, None]).unwrap();
        assert_eq!(values.as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [Some(7.0), None]);
    }
}
