//! The run-length encodings of Automerge's columns, read with a bound on the rows.
//!
//! A column is a sequence of runs: a positive count and a value, a negative count and that many
//! different values, or zero and a count of nulls. Only the shortest form, the one Automerge
//! itself writes, is accepted: what it rebuilds from its own storage then has the same bytes.
//! The bound is checked at the head of each run, before a single row is made.

use super::Refusal;
use super::read::Reader;

/// A value of a run-length encoded column.
pub(super) trait Item<'a>: Copy {
    /// Reads one value.
    fn read(reader: &mut Reader<'a>) -> Result<Self, Refusal>;
}

impl Item<'_> for u64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        reader.uleb()
    }
}

impl Item<'_> for i64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        reader.leb()
    }
}

impl<'a> Item<'a> for &'a str {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Refusal> {
        reader.text()
    }
}

/// The run before the one being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Start,
    Nulls,
    Run,
    Literal,
}

/// Reads the runs of one column, checks that they are in the shortest form and counts their rows.
struct Runs<'a> {
    reader: Reader<'a>,
    before: Before,
    /// The encoded bytes of the value of the row before, empty after nulls: equal values have
    /// equal bytes.
    last: &'a [u8],
    rows: u64,
    limit: u64,
}

impl<'a> Runs<'a> {
    /// Adds to the number of rows.
    fn add(&mut self, count: u64) -> Result<(), Refusal> {
        self.rows = self.rows.checked_add(count).ok_or(Refusal::ColumnLength)?;
        if count == 0 || self.rows > self.limit {
            return Err(Refusal::ColumnLength);
        }
        Ok(())
    }

    /// Reads one value, which must differ from that of the row before.
    fn value<T: Item<'a>>(&mut self) -> Result<T, Refusal> {
        let all = self.reader.rest();
        let value = T::read(&mut self.reader)?;
        let len = all.len() - self.reader.rest().len();
        let bytes = all.get(..len).ok_or(Refusal::Truncated)?;
        if bytes == self.last {
            return Err(Refusal::NotShortest);
        }
        self.last = bytes;
        Ok(value)
    }
}

/// Calls a function with each value and its number of rows, and returns the number of rows.
///
/// # Errors
/// [`Refusal::ColumnLength`] when there are more than `limit`; whatever the function refuses.
pub(super) fn visit<'a, T: Item<'a>>(
    column: &'a [u8],
    limit: u64,
    mut each: impl FnMut(Option<T>, u64) -> Result<(), Refusal>,
) -> Result<u64, Refusal> {
    let reader = Reader::new(column);
    let mut runs = Runs { reader, before: Before::Start, last: &[], rows: 0, limit };
    let mut any_value = column.is_empty();
    while !runs.reader.is_empty() {
        let head = runs.reader.leb()?;
        let kind = match head {
            0 => Before::Nulls,
            1 => return Err(Refusal::NotShortest),
            2.. => Before::Run,
            _ => Before::Literal,
        };
        if kind == runs.before && kind != Before::Run {
            return Err(Refusal::NotShortest);
        }
        runs.before = kind;
        if kind == Before::Nulls {
            let count = runs.reader.uleb()?;
            runs.add(count)?;
            runs.last = &[];
            each(None, count)?;
            continue;
        }
        any_value = true;
        runs.add(head.unsigned_abs())?;
        if kind == Before::Run {
            let value = runs.value()?;
            each(Some(value), head.unsigned_abs())?;
        } else {
            for _ in 0..head.unsigned_abs() {
                let value = runs.value()?;
                each(Some(value), 1)?;
            }
        }
    }
    // A column of nothing but nulls is left out altogether.
    if any_value { Ok(runs.rows) } else { Err(Refusal::NotShortest) }
}

/// Returns the rows of a column; a missing column is all null.
pub(super) fn expand<'a, T: Item<'a>>(column: &'a [u8], rows: usize) -> Result<Vec<Option<T>>, Refusal> {
    if column.is_empty() {
        return Ok(vec![None; rows]);
    }
    let mut out = Vec::with_capacity(rows);
    visit(column, rows as u64, |value, count| {
        out.extend(std::iter::repeat_n(value, count as usize));
        Ok(())
    })?;
    if out.len() == rows { Ok(out) } else { Err(Refusal::ColumnLength) }
}

/// Returns the rows of a column of differences, added up; nulls do not move the sum.
pub(super) fn expand_delta(column: &[u8], rows: usize) -> Result<Vec<Option<u32>>, Refusal> {
    let mut sum = 0_i64;
    expand::<i64>(column, rows)?
        .into_iter()
        .map(|delta| {
            let Some(delta) = delta else { return Ok(None) };
            sum = sum.checked_add(delta).ok_or(Refusal::Counter)?;
            Ok(Some(u32::try_from(sum).ok().ok_or(Refusal::Counter)?))
        })
        .collect()
}

/// Returns the rows of a boolean column: counts of false and true in turn, false first.
pub(super) fn expand_bools(column: &[u8], rows: usize) -> Result<Vec<bool>, Refusal> {
    let mut reader = Reader::new(column);
    let mut out = Vec::with_capacity(rows);
    let mut value = false;
    while !reader.is_empty() {
        let count = reader.uleb()?;
        let first = !value && out.is_empty();
        if count == 0 && !first {
            return Err(Refusal::NotShortest);
        }
        if count > (rows - out.len()) as u64 {
            return Err(Refusal::ColumnLength);
        }
        out.extend(std::iter::repeat_n(value, count as usize));
        value = !value;
    }
    if out.len() == rows { Ok(out) } else { Err(Refusal::ColumnLength) }
}
