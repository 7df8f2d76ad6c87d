//! Which cells of a grid are picked: a rectangle from where picking began to where it is now.

use std::ops::RangeInclusive;

/// A cell by its row and its place among the columns shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Row.
    pub row: usize,
    /// Place among the columns.
    pub column: usize,
}

/// Picked cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picked {
    /// Where it began.
    pub from: Place,
    /// Where the cursor is.
    pub at: Place,
}

/// Where a key leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// So many rows up (negative) or down.
    Rows(isize),
    /// So many columns left (negative) or right.
    Columns(isize),
    /// To the first column.
    RowStart,
    /// To the last one.
    RowEnd,
    /// To the first row.
    Top,
    /// To the last one.
    Bottom,
}

impl Picked {
    /// Picks one cell.
    #[must_use]
    pub const fn one(at: Place) -> Self {
        Self { from: at, at }
    }

    /// Picks all cells of a grid.
    #[must_use]
    pub const fn all(rows: usize, columns: usize) -> Self {
        let at = Place { row: rows.saturating_sub(1), column: columns.saturating_sub(1) };
        Self { from: Place { row: 0, column: 0 }, at }
    }

    /// Picks whole rows.
    #[must_use]
    pub const fn rows_of(from: usize, to: usize, columns: usize) -> Self {
        let last = columns.saturating_sub(1);
        Self { from: Place { row: from, column: 0 }, at: Place { row: to, column: last } }
    }

    /// Moves the cursor; `extends` keeps where picking began.
    #[must_use]
    pub fn moved(self, way: Way, extends: bool, rows: usize, columns: usize) -> Self {
        let (last_row, last_column) = (rows.saturating_sub(1), columns.saturating_sub(1));
        let mut at = self.at;
        match way {
            Way::Rows(by) => at.row = at.row.saturating_add_signed(by).min(last_row),
            Way::Columns(by) => at.column = at.column.saturating_add_signed(by).min(last_column),
            Way::RowStart => at.column = 0,
            Way::RowEnd => at.column = last_column,
            Way::Top => at.row = 0,
            Way::Bottom => at.row = last_row,
        }
        Self { from: if extends { self.from } else { at }, at }
    }

    /// Returns the rows.
    #[must_use]
    pub fn rows(&self) -> RangeInclusive<usize> {
        self.from.row.min(self.at.row)..=self.from.row.max(self.at.row)
    }

    /// Returns the places of the columns.
    #[must_use]
    pub fn columns(&self) -> RangeInclusive<usize> {
        self.from.column.min(self.at.column)..=self.from.column.max(self.at.column)
    }

    /// Returns whether a cell is picked.
    #[must_use]
    pub fn contains(&self, row: usize, column: usize) -> bool {
        self.rows().contains(&row) && self.columns().contains(&column)
    }

    /// Returns the same within a grid of another size; none when that is empty.
    #[must_use]
    pub fn within(self, rows: usize, columns: usize) -> Option<Self> {
        let (last_row, last_column) = (rows.checked_sub(1)?, columns.checked_sub(1)?);
        let inside = |place: Place| Place { row: place.row.min(last_row), column: place.column.min(last_column) };
        Some(Self { from: inside(self.from), at: inside(self.at) })
    }
}

#[cfg(test)]
mod tests {
    use super::{Picked, Place, Way};

    #[test]
    fn keys_move_the_cursor_and_shift_stretches_from_where_it_began() {
        let start = Picked::one(Place { row: 2, column: 1 });
        let down = start.moved(Way::Rows(3), true, 5, 3);
        assert_eq!((down.rows(), down.columns()), (2..=4, 1..=1));
        let left = down.moved(Way::Columns(-7), true, 5, 3);
        assert_eq!((left.rows(), left.columns()), (2..=4, 0..=1));
        assert!(left.contains(3, 0) && !left.contains(3, 2) && !left.contains(1, 0));
        assert_eq!(left.moved(Way::Top, false, 5, 3), Picked::one(Place { row: 0, column: 0 }));
        assert_eq!(start.moved(Way::RowEnd, false, 5, 3).at, Place { row: 2, column: 2 });
        assert_eq!(start.moved(Way::Bottom, true, 5, 3).rows(), 2..=4);
    }

    #[test]
    fn what_is_picked_stays_inside_a_grid_that_shrinks() {
        let all = Picked::all(100, 5);
        assert_eq!(all.within(3, 2), Some(Picked::all(3, 2)));
        assert_eq!(all.within(0, 2), None);
        assert_eq!(Picked::rows_of(4, 2, 3).rows(), 2..=4);
        assert_eq!(Picked::rows_of(4, 2, 3).columns(), 0..=2);
    }
}
