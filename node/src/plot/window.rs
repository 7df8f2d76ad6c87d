//! Which depths stand where on screen or sheet.

use crate::series::View;

/// Points in a metre of paper.
pub const POINTS_PER_METRE: f64 = 72.0 / 0.0254;

/// Returns how many points a metre of hole takes at a depth scale of one to so many.
#[must_use]
pub fn points_per_metre(scale: f64) -> f64 {
    POINTS_PER_METRE / scale
}

/// A stretch of the depth axis and where it stands: y is 0 at its upper edge.
///
/// Depths are in the unit of the axis. All sums with depths are in `f64` and from the upper edge, so that
/// what is 5 km down stands as exactly as what is at the surface.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// The smallest depth in it.
    pub from: f64,
    /// Points to a unit of depth.
    pub per_unit: f64,
    /// How high it is, in points.
    pub height: f64,
    /// Height of a pixel row of the screen or printer, in points.
    pub row: f64,
    /// Whether depths grow upwards.
    pub reversed: bool,
}

impl Window {
    /// Makes a window that shows `from..to` over a height; none when these are no stretch or no height.
    #[must_use]
    pub fn showing(from: f64, to: f64, height: f64, row: f64) -> Option<Self> {
        let per_unit = height / (to - from);
        let fits = from.is_finite() && per_unit.is_finite() && per_unit > 0.0 && row > 0.0;
        fits.then_some(Self { from, per_unit, height, row, reversed: false })
    }

    /// The largest depth in it.
    #[must_use]
    pub fn to(&self) -> f64 {
        self.from + self.height / self.per_unit
    }

    /// Returns where a depth stands, in points from the upper edge.
    #[must_use]
    pub fn y(&self, depth: f64) -> f32 {
        let below = (depth - self.from) * self.per_unit;
        (if self.reversed { self.height - below } else { below }) as f32
    }

    /// Returns the depth that stands at a place.
    #[must_use]
    pub fn depth(&self, y: f32) -> f64 {
        let y = f64::from(y);
        let below = if self.reversed { self.height - y } else { y };
        self.from + below / self.per_unit
    }

    /// Returns the rows of a log in it: `per_index` is how many units of the axis one unit of its index is,
    /// `shift` how much deeper it is shown, in units of the axis. None for what has no rows.
    #[must_use]
    pub fn rows(&self, per_index: f64, shift: f64) -> Option<View> {
        let at = |depth: f64| (depth - shift) / per_index;
        View::covering(at(self.from), at(self.to()), self.row / self.per_unit / per_index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metre_of_paper_is_a_metre_at_one_to_one() {
        assert_eq!(points_per_metre(1.0), 72.0 / 0.0254);
        // 1:500 is 2 mm to a metre of hole, 1:240 five inches to 100 feet.
        assert!((points_per_metre(500.0) - 0.002 * 72.0 / 0.0254).abs() < 1e-12);
        assert!((points_per_metre(240.0) * 0.3048 * 100.0 - 5.0 * 72.0).abs() < 1e-9);
    }

    #[test]
    fn depths_come_back_from_where_they_stand() {
        let mut window = Window::showing(5000.0, 5100.0, 500.0, 1.0).unwrap();
        for reversed in [false, true] {
            window.reversed = reversed;
            for depth in [5000.0, 5033.3, 5100.0] {
                assert!((window.depth(window.y(depth)) - depth).abs() < 1e-4, "{depth}");
            }
        }
        assert_eq!((window.y(5000.0), window.y(5100.0)), (500.0, 0.0), "it is turned round");
        assert!(Window::showing(1.0, 1.0, 10.0, 1.0).is_none() && Window::showing(2.0, 1.0, 10.0, 1.0).is_none());
    }

    #[test]
    fn rows_are_those_of_the_index_and_stay_while_it_moves() {
        let feet = 0.3048;
        let window = Window::showing(1000.0, 1100.0, 500.0, 1.0).unwrap();
        let rows = window.rows(feet, 0.0).unwrap();
        assert!(rows.top() <= 1000.0 / feet && rows.bottom() >= 1100.0 / feet);
        assert!((rows.height() - 0.2 / feet).abs() < 1e-12, "a row is a fifth of a metre");
        // Both begin within one row, which is from 1000 to 1000.2.
        let within = |by: f64| Window { from: window.from + by, ..window }.rows(feet, 0.0).unwrap();
        assert_eq!(within(0.05).edge(3), within(0.15).edge(3), "less than a row moves no edge");
        let shifted = window.rows(1.0, 10.0).unwrap();
        assert!((shifted.top() - 990.0).abs() < 0.2001);
    }
}
