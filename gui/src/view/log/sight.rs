//! Which depths are in sight: scrolling, zooming and fitting as sums.
//!
//! Depths are in the unit of the chart's axis, heights in points. What is shown begins at whole pixel
//! rows counted from depth 0, so that a curve has the same rows wherever it is scrolled to.

use dataforge_node::plot::Window;

/// Most that a row of pixels may stand for is the whole range; least is this, in units of the axis.
const FINEST: f64 = 1e-6;
/// Rows of pixels that may lie outside of the range at either end when all of it is shown.
const MARGIN: f64 = 0.02;

/// The depths in sight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// The smallest depth.
    pub from: f64,
    /// Points to a unit of depth.
    pub per_unit: f64,
    /// Whether depths grow upwards.
    pub reversed: bool,
}

impl Sight {
    /// Shows a range over a height, with a little room at its ends.
    #[must_use]
    pub fn fit(range: (f64, f64), height: f64, reversed: bool) -> Self {
        let (from, to) = range;
        let span = if to > from { to - from } else { 1.0 };
        let room = span * MARGIN;
        let per_unit = height.max(1.0) / (span + 2.0 * room);
        Self { from: from - room, per_unit, reversed }
    }

    /// Returns the largest depth in sight.
    #[must_use]
    pub fn to(&self, height: f64) -> f64 {
        self.from + height / self.per_unit
    }

    /// Returns the depth at a place, in points from the upper edge.
    #[must_use]
    pub fn depth(&self, y: f64, height: f64) -> f64 {
        let below = if self.reversed { height - y } else { y };
        self.from + below / self.per_unit
    }

    /// Returns where a depth stands.
    #[must_use]
    pub fn y(&self, depth: f64, height: f64) -> f64 {
        let below = (depth - self.from) * self.per_unit;
        if self.reversed { height - below } else { below }
    }

    /// Moves the content down by so many points.
    #[must_use]
    pub fn moved(self, points: f64) -> Self {
        let points = if self.reversed { -points } else { points };
        Self { from: self.from - points / self.per_unit, ..self }
    }

    /// Makes everything so many times as large; the depth at a place stays there.
    #[must_use]
    pub fn zoomed(self, factor: f64, y: f64, height: f64) -> Self {
        let factor = if factor.is_finite() && factor > 0.0 { factor } else { 1.0 };
        let depth = self.depth(y, height);
        let per_unit = self.per_unit * factor;
        let below = if self.reversed { height - y } else { y };
        Self { from: depth - below / per_unit, per_unit, ..self }
    }

    /// Shows another scale; the middle stays.
    #[must_use]
    pub fn scaled(self, per_unit: f64, height: f64) -> Self {
        self.zoomed(per_unit / self.per_unit, height / 2.0, height)
    }

    /// Puts a depth into the middle.
    #[must_use]
    pub fn centred(self, depth: f64, height: f64) -> Self {
        Self { from: depth - height / self.per_unit / 2.0, ..self }
    }

    /// Keeps it near the range: never smaller than all of it, never beyond its ends by more than half of
    /// what is in sight.
    #[must_use]
    pub fn within(self, range: (f64, f64), height: f64) -> Self {
        let all = Self::fit(range, height, self.reversed);
        let finest = height / (FINEST * height.max(1.0));
        let mut sight = self;
        if !(sight.per_unit >= all.per_unit && sight.from.is_finite()) {
            return all;
        }
        if sight.per_unit > finest {
            sight = sight.zoomed(finest / sight.per_unit, height / 2.0, height);
        }
        let span = height / sight.per_unit;
        let (least, most) = (all.from.min(range.0 - span / 2.0), all.to(height).max(range.1 + span / 2.0) - span);
        sight.from = sight.from.clamp(least, most.max(least));
        sight
    }

    /// Begins at a whole row of pixels, `row` points high.
    #[must_use]
    pub fn snapped(self, row: f64) -> Self {
        let unit = row / self.per_unit;
        let rows = (self.from / unit).round();
        if !(unit > 0.0 && rows.is_finite()) {
            return self;
        }
        Self { from: rows * unit, ..self }
    }

    /// Returns the window that the drawing takes.
    #[must_use]
    pub fn window(&self, height: f64, row: f64) -> Option<Window> {
        let fits = self.from.is_finite() && self.per_unit.is_finite() && self.per_unit > 0.0 && height > 0.0;
        fits.then_some(Window { from: self.from, per_unit: self.per_unit, height, row, reversed: self.reversed })
    }
}

#[cfg(test)]
mod tests {
    use super::Sight;

    const HEIGHT: f64 = 800.0;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-6 * one.abs().max(1.0)
    }

    #[test]
    fn zooming_keeps_the_depth_under_the_pointer() {
        for reversed in [false, true] {
            let sight = Sight { from: 4000.0, per_unit: 2.0, reversed };
            for (y, factor) in [(0.0, 1.5), (123.0, 0.4), (HEIGHT, 8.0), (401.5, 1.0)] {
                let zoomed = sight.zoomed(factor, y, HEIGHT);
                assert!(near(sight.depth(y, HEIGHT), zoomed.depth(y, HEIGHT)), "{reversed} {y} {factor}");
                assert!(near(zoomed.per_unit, 2.0 * factor));
            }
            assert_eq!(sight.zoomed(f64::NAN, 10.0, HEIGHT), sight.zoomed(1.0, 10.0, HEIGHT));
        }
    }

    #[test]
    fn moving_takes_the_content_along() {
        for reversed in [false, true] {
            let sight = Sight { from: 100.0, per_unit: 4.0, reversed };
            let depth = sight.depth(50.0, HEIGHT);
            assert!(near(sight.moved(30.0).y(depth, HEIGHT), 80.0), "{reversed}");
        }
    }

    #[test]
    fn depths_come_back_from_their_places() {
        for reversed in [false, true] {
            let sight = Sight { from: 1234.5, per_unit: 3.7, reversed };
            assert!(near(sight.y(sight.depth(77.0, HEIGHT), HEIGHT), 77.0));
        }
    }

    #[test]
    fn rows_stay_where_they_are_while_it_is_panned() {
        let sight = Sight { from: 1000.03, per_unit: 3.0, reversed: false };
        let row = 0.5;
        let unit = row / sight.per_unit;
        let rows = |sight: Sight| sight.snapped(row).from / unit;
        for step in 0..50 {
            let moved = rows(sight.moved(f64::from(step) * 0.13));
            assert!((moved - moved.round()).abs() < 1e-6, "row {moved} is whole");
        }
        let snapped = sight.snapped(row);
        assert!((snapped.from - sight.from).abs() <= unit / 2.0 + 1e-12, "by half a row at most");
        assert_eq!(snapped.snapped(row), snapped, "it stays there");
    }

    #[test]
    fn it_stays_near_the_range_and_never_shows_less_than_fits() {
        let range = (1000.0, 2000.0);
        let all = Sight::fit(range, HEIGHT, false);
        assert!(all.from < 1000.0 && all.to(HEIGHT) > 2000.0);
        assert_eq!(all.zoomed(0.1, 10.0, HEIGHT).within(range, HEIGHT), all, "nothing is smaller than all");
        let far = Sight { from: 1e9, per_unit: 8.0, reversed: false }.within(range, HEIGHT);
        assert!(far.from <= 2000.0 && far.to(HEIGHT) >= 2000.0, "its end is in sight: {far:?}");
        let odd = Sight { from: f64::NAN, per_unit: 8.0, reversed: false };
        assert_eq!(odd.within(range, HEIGHT), all);
        let inside = Sight { from: 1400.0, per_unit: 8.0, reversed: false };
        assert_eq!(inside.within(range, HEIGHT), inside);
    }

    #[test]
    fn another_scale_keeps_the_middle() {
        let sight = Sight { from: 500.0, per_unit: 2.0, reversed: false };
        let scaled = sight.scaled(10.0, HEIGHT);
        assert!(near(scaled.depth(400.0, HEIGHT), sight.depth(400.0, HEIGHT)) && near(scaled.per_unit, 10.0));
        assert!(near(sight.centred(900.0, HEIGHT).depth(400.0, HEIGHT), 900.0));
    }
}
