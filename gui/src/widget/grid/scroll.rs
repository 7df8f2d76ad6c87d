//! Where a long list stands, in rows.
//!
//! Pixels of a million rows are too many for an `f32`: at 24 million the next one it knows is two
//! further on, so rows would jump. Rows are counted in `f64` and only those in sight become pixels.

use std::ops::Range;

/// How far a list is scrolled.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scroll {
    /// The row at the upper edge, with the part of it that is above.
    row: f64,
}

/// A list as it lies in its space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// How many rows there are.
    pub rows: usize,
    /// Height of a row, in points.
    pub row_height: f32,
    /// Height of the space, in points.
    pub height: f32,
}

/// Least length of the handle of a scroll bar, so that it can be taken hold of.
const HANDLE: f32 = 24.0;

#[expect(clippy::cast_precision_loss, reason = "lists end far below 2^53 rows")]
const fn as_f64(row: usize) -> f64 {
    row as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rows are not negative and below 2^53")]
const fn as_row(row: f64) -> usize {
    row as usize
}

#[expect(clippy::cast_possible_truncation, reason = "what is in sight is a few thousand points")]
const fn as_points(points: f64) -> f32 {
    points as f32
}

impl Extent {
    /// Returns how many rows fit into the space.
    #[must_use]
    pub fn shown(&self) -> f64 {
        f64::from(self.height / self.row_height)
    }

    /// Returns how far it can be scrolled.
    #[must_use]
    pub fn most(&self) -> f64 {
        (as_f64(self.rows) - self.shown()).max(0.0)
    }
}

impl Scroll {
    /// Moves by so many points, down when positive, and not beyond the ends.
    pub fn by_points(&mut self, points: f32, extent: &Extent) {
        self.to(self.row + f64::from(points / extent.row_height), extent);
    }

    /// Moves to a row, and not beyond the ends.
    pub fn to(&mut self, row: f64, extent: &Extent) {
        self.row = row.clamp(0.0, extent.most());
    }

    /// Moves as little as shows a row in full.
    pub fn reveal(&mut self, row: usize, extent: &Extent) {
        let (row, last) = (as_f64(row), as_f64(row) + 1.0 - extent.shown());
        // In a space lower than a row its upper edge counts.
        self.to(self.row.max(last).min(row), extent);
    }

    /// Returns the rows that are in sight, in part or in full.
    #[must_use]
    pub fn visible(&self, extent: &Extent) -> Range<usize> {
        let end = as_row((self.row + extent.shown()).ceil()).min(extent.rows);
        as_row(self.row.floor()).min(end)..end
    }

    /// Returns where the upper edge of a row is, in points below that of the space.
    #[must_use]
    pub fn top_of(&self, row: usize, extent: &Extent) -> f32 {
        as_points((as_f64(row) - self.row) * f64::from(extent.row_height))
    }

    /// Returns the row at so many points below the upper edge of the space.
    #[must_use]
    pub fn row_at(&self, points: f32, extent: &Extent) -> Option<usize> {
        let row = self.row + f64::from(points / extent.row_height);
        (row >= 0.0).then(|| as_row(row)).filter(|row| *row < extent.rows)
    }

    /// Returns where the handle of a scroll bar begins and how long it is, in points along a bar as
    /// long as the space; none when all is in sight.
    #[must_use]
    pub fn handle(&self, extent: &Extent) -> Option<(f32, f32)> {
        let most = extent.most();
        if most <= 0.0 {
            return None;
        }
        let part = as_points(extent.shown() / as_f64(extent.rows));
        let length = (part * extent.height).max(HANDLE).min(extent.height);
        Some((as_points(self.row / most) * (extent.height - length), length))
    }

    /// Moves so that the handle begins here.
    pub fn to_handle(&mut self, begin: f32, extent: &Extent) {
        if let Some((_, length)) = self.handle(extent) {
            let way = (extent.height - length).max(1.0);
            self.to(f64::from(begin / way) * extent.most(), extent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Extent, Scroll};

    const MILLION: Extent = Extent { rows: 1_000_000, row_height: 24.0, height: 240.0 };

    #[test]
    fn a_million_rows_lie_edge_to_edge_wherever_one_looks() {
        let mut scroll = Scroll::default();
        for row in [0.0, 0.25, 700_000.5, 999_990.0, 999_999.0] {
            scroll.to(row, &MILLION);
            let visible = scroll.visible(&MILLION);
            let tops: Vec<f32> = visible.clone().map(|row| scroll.top_of(row, &MILLION)).collect();
            assert!(tops.windows(2).all(|pair| (pair[1] - pair[0] - 24.0).abs() < 0.01), "{row}: {tops:?}");
            assert!(tops[0] <= 0.0 && tops[0] > -24.0, "{row}");
            assert!(tops[tops.len() - 1] + 24.0 >= 240.0 - 0.01, "{row}: no space is left");
            assert!(visible.len() <= 11, "{row}: only what is in sight is drawn");
        }
        assert_eq!(scroll.visible(&MILLION), 999_990..1_000_000);
    }

    #[test]
    fn a_point_of_scrolling_is_a_point_at_the_end_as_at_the_start() {
        for start in [0.0, 999_000.0] {
            let mut scroll = Scroll::default();
            scroll.to(start, &MILLION);
            let row = scroll.visible(&MILLION).start;
            let before = scroll.top_of(row, &MILLION);
            scroll.by_points(1.0, &MILLION);
            assert!((before - scroll.top_of(row, &MILLION) - 1.0).abs() < 1e-3, "{start}");
        }
    }

    #[test]
    fn rows_are_revealed_with_the_least_movement() {
        let mut scroll = Scroll::default();
        scroll.reveal(5, &MILLION);
        assert_eq!(scroll.visible(&MILLION), 0..10);
        scroll.reveal(10, &MILLION);
        assert_eq!(scroll.visible(&MILLION), 1..11);
        scroll.reveal(999_999, &MILLION);
        assert_eq!(scroll.visible(&MILLION), 999_990..1_000_000);
        scroll.reveal(500_000, &MILLION);
        assert_eq!(scroll.visible(&MILLION).start, 500_000);
    }

    #[test]
    fn what_is_under_the_pointer_is_the_row_drawn_there() {
        let mut scroll = Scroll::default();
        scroll.to(654_321.5, &MILLION);
        assert_eq!(scroll.row_at(0.0, &MILLION), Some(654_321));
        assert_eq!(scroll.row_at(12.5, &MILLION), Some(654_322));
        let short = Extent { rows: 2, ..MILLION };
        assert_eq!(Scroll::default().row_at(47.0, &short), Some(1));
        assert_eq!(Scroll::default().row_at(49.0, &short), None);
    }

    #[test]
    fn the_handle_goes_from_end_to_end_and_back() {
        let mut scroll = Scroll::default();
        assert_eq!(scroll.handle(&MILLION), Some((0.0, 24.0)));
        scroll.to(f64::MAX, &MILLION);
        assert_eq!(scroll.handle(&MILLION), Some((216.0, 24.0)));
        scroll.to_handle(108.0, &MILLION);
        assert_eq!(scroll.visible(&MILLION).start, 499_995);
        assert_eq!(scroll.handle(&Extent { rows: 10, ..MILLION }), None, "all is in sight");
    }
}
