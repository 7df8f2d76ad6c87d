//! Which rows of a sheet are shown, and in what order. Done on a thread of its own: a million rows
//! take longer than a frame.

use std::cmp::Ordering;

use super::filter::Filter;
use super::{Sheet, number_at};

/// How rows are to be arranged.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wish {
    /// By which column, and whether the largest come first.
    pub sort: Option<(usize, bool)>,
    /// Conditions on columns; rows meet all of them.
    pub filters: Vec<(usize, Filter)>,
}

impl Wish {
    /// Whether all rows are shown as they came.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.sort.is_none() && self.filters.is_empty()
    }
}

/// Returns the rows that a wish shows, in its order.
///
/// Sorting is stable: rows that are equal stay as they came, whichever way round. Rows without a
/// value come last, whichever way round, and NaN just before them.
#[must_use]
pub fn arrange(sheet: &Sheet, wish: &Wish) -> Vec<u32> {
    let mut rows = filtered(sheet, &wish.filters);
    if let Some((column, falling)) = wish.sort {
        if sheet.is_number(column) {
            let keys = number_keys(sheet, column);
            sort_by(
                &mut rows,
                falling,
                |row| &keys[row],
                |key: &Option<f64>| key.is_none_or(f64::is_nan),
                |one, other| one.partial_cmp(other).unwrap_or(Ordering::Equal),
            );
        } else {
            let keys: Vec<Option<String>> = (0..sheet.rows()).map(|row| sheet.text(row, column)).collect();
            sort_by(&mut rows, falling, |row| &keys[row], Option::is_none, Ord::cmp);
        }
    }
    rows
}

fn sort_by<'k, K: 'k>(
    rows: &mut [u32],
    falling: bool,
    key: impl Fn(usize) -> &'k K,
    is_last: impl Fn(&K) -> bool,
    compare: impl Fn(&K, &K) -> Ordering,
) {
    rows.sort_by(|&one, &other| {
        let (one, other) = (key(one as usize), key(other as usize));
        match (is_last(one), is_last(other)) {
            (false, false) if falling => compare(other, one),
            (false, false) => compare(one, other),
            // NaN is told from null: of two that come last, the one with a value is first.
            (true, true) => compare(other, one),
            (one, other) => one.cmp(&other),
        }
    });
}

fn number_keys(sheet: &Sheet, column: usize) -> Vec<Option<f64>> {
    let mut keys = Vec::with_capacity(sheet.rows());
    for (_, batch) in sheet.parts() {
        let array = batch.column(column).as_ref();
        keys.extend((0..batch.num_rows()).map(|row| number_at(array, row)));
    }
    keys
}

fn filtered(sheet: &Sheet, filters: &[(usize, Filter)]) -> Vec<u32> {
    let mut rows = Vec::new();
    for (start, batch) in sheet.parts() {
        for row in 0..batch.num_rows() {
            let keeps = |(column, filter): &(usize, Filter)| {
                batch.columns().get(*column).is_some_and(|array| filter.keeps(array.as_ref(), row))
            };
            if filters.iter().all(keeps)
                && let Ok(row) = u32::try_from(start + row)
            {
                rows.push(row);
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::{Wish, arrange};
    use crate::sheet::Sheet;
    use crate::sheet::filter::Filter;
    use crate::sheet::tests::batch;

    fn sheet() -> Sheet {
        Sheet::of(vec![
            batch(&[(Some(2.0), Some("b"), 7), (None, None, 7), (Some(1.0), Some("a"), 7)]),
            batch(&[(Some(2.0), Some("c"), 3), (Some(f64::NAN), Some("a"), 7)]),
        ])
    }

    fn sorted(column: usize, falling: bool) -> Vec<u32> {
        arrange(&sheet(), &Wish { sort: Some((column, falling)), filters: Vec::new() })
    }

    #[test]
    fn sorting_is_stable_both_ways_and_leaves_what_is_missing_last() {
        assert_eq!(sorted(0, false), [2, 0, 3, 4, 1]);
        assert_eq!(sorted(0, true), [0, 3, 2, 4, 1]);
        assert_eq!(sorted(1, false), [2, 4, 0, 3, 1]);
        assert_eq!(sorted(1, true), [3, 0, 2, 4, 1]);
        assert_eq!(sorted(2, false), [3, 0, 1, 2, 4]);
    }

    #[test]
    fn filters_hold_together() {
        let wish = |typed: [&str; 2]| Wish {
            sort: None,
            filters: vec![
                (2, Filter::parse(typed[0], true).unwrap().unwrap()),
                (1, Filter::parse(typed[1], false).unwrap().unwrap()),
            ],
        };
        assert_eq!(arrange(&sheet(), &wish(["7", "a"])), [2, 4]);
        assert_eq!(arrange(&sheet(), &wish(["7", "empty"])), [1]);
        assert_eq!(arrange(&sheet(), &Wish::default()), [0, 1, 2, 3, 4]);
    }
}
